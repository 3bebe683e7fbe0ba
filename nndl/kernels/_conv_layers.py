"""What a layer of feature maps does with one example, in explicit vectors: 5 x 5 fields, max-pooling 2 x 2.

Forward, a lane is a pooled neuron. The four neurons that it chooses from are computed side by side, for four maps at
once: 16 vectors that never leave their registers. The input is packed for that: for each input map, row offset and
column offset (0 to 5, since four fields of 5 x 5 cover 6 x 6), the inputs that all pooled neurons see there.

Backward, only the neuron that won its block has an error. Per map these are a list (where, how much). Their patches
lie in a second copy of the input, position by position with all its maps together, so that a lane is an input map:
``LANE`` numbers per position, the number of input maps rounded up to 16. A single input map is its own second copy,
with ``LANE`` 1; there, a lane is a column of the patch.

Weights are kept in the order of the way back: per map ``FILTER`` numbers, w[q, c, l, m] at (5 l + m) LANE + c, or, for
a single input map, at 16 l + m. ``refresh`` lays them out for the way forward: four maps together,
w[q, c, l, m] at ((q // 4 * input maps + c) * 25 + 5 l + m) * 4 + q % 4.
"""

import numpy as np

from nndl.kernels._conv_simd import evens, store_apart, vector
from nndl.kernels._functions import activate, slope
from nndl.kernels._jit import inlined
from nndl.kernels._layers import step
from nndl.kernels._memory import load, peek, poke, store
from nndl.kernels._simd import LANES, TILE, VECTORS, first_lanes, fma, select_less, zeros

FIELD = 5  # how much of an image a neuron sees: rows and columns
SPAN = FIELD + 1  # what the four neurons of a block see together
BAND = 4  # maps that are computed side by side

# Columns of the plan of the maps, int64 (layers, 18). Sizes: input maps, maps, rows and columns of the input, those of
# the output, the latter rounded up to whole vectors, LANE, FILTER; where the layer's numbers begin: weights, biases,
# weights for the way forward; output, second copy of the input and its error; winners; then the steps of the second
# copy and of the winners from one example to the next, and the code of the activation.
(IN, OUT, ROWS, COLS, P_ROWS, P_COLS, SPOTS, LANE, FILTER,
 W, B, AHEAD, T, N, E, C, N_STEP, CODE) = range(18)  # fmt: skip
COLUMNS = 18


@inlined
def describe_maps(plan, l):
    """Row l of the plan."""
    at = COLUMNS * l
    return (peek(plan, at), peek(plan, at + 1), peek(plan, at + 2), peek(plan, at + 3), peek(plan, at + 4),
            peek(plan, at + 5), peek(plan, at + 6), peek(plan, at + 7), peek(plan, at + 8), peek(plan, at + 9),
            peek(plan, at + 10), peek(plan, at + 11), peek(plan, at + 12), peek(plan, at + 13), peek(plan, at + 14),
            peek(plan, at + 15), peek(plan, at + 16), peek(plan, at + 17))  # fmt: skip


@inlined
def winners(layer, i):
    """Where the winners of example i of a part are."""
    return layer[C] + i * ((layer[OUT] + BAND - 1) // BAND * BAND * layer[SPOTS])


# --- forward ---


@inlined
def copy_in(x, at, room, to, size):
    """Copy x[at : at + size] to room[to:], where vectors may read past the end."""
    whole = size // LANES * LANES
    for p in range(0, whole, LANES):
        store(room, to + p, load(1, x, at + p, LANES))
    for p in range(whole, size):
        poke(room, to + p, peek(x, at + p))


@inlined
def interleave(layer, spots, x, at, room, i):
    """The second copy of a layer's input of several maps, each of which takes this many spots in x."""
    to, maps, lane = layer[N] + i * layer[N_STEP], layer[IN], layer[LANE]
    for c in range(maps):
        for p in range(layer[ROWS] * layer[COLS]):
            poke(room, to + p * lane + c, peek(x, at + c * spots + p))


@inlined
def pack(layer, spots, x, at, packed, room):
    """The inputs, laid out map by map in x, for the way forward, to room from packed on."""
    cols, n, to = layer[COLS], layer[P_COLS], packed
    for c in range(layer[IN]):
        for row in range(SPAN):
            for col in range(SPAN):
                start = at + c * spots + row * cols + col
                for r in range(layer[P_ROWS]):  # what a vector writes too much, the next one overwrites
                    store(room, to + r * n, evens(load(2, x, start + 2 * r * cols, LANES)))
                to += layer[SPOTS]


@inlined
def keep_best(layer, q, v, up, down, out, to, room, won):
    """Store the largest of four neurons, and how far its patch is from the first one's: 0, 1, cols or cols + 1."""
    at, cols = q * layer[SPOTS] + v, np.float32(layer[COLS])
    best, other = vector(up, 0), vector(up, 1)
    where = select_less(best, other, 1.0, 0.0)
    best = select_less(best, other, other, best)
    other = vector(down, 0)
    where = select_less(best, other, cols, where)
    best = select_less(best, other, other, best)
    other = vector(down, 1)
    where = select_less(best, other, cols + np.float32(1), where)
    store(out, to + at, select_less(best, other, other, best))
    store(room, won + at, where)


@inlined
def squash_maps(layer, q, v, ahead, out, to):
    """Bias and activation for 16 neurons of a band of maps from map q on; lanes past the last neuron become 0."""
    left = layer[P_ROWS] * layer[P_COLS] - v
    for map in range(q, q + BAND):
        at = to + map * layer[SPOTS] + v
        z = load(1, out, at, LANES) + peek(ahead, layer[B] + map)
        store(out, at, first_lanes(activate(layer[CODE], z), left))


@inlined
def convolve(layer, forward, ahead, packed, room, won, out, to):
    """Activations of all maps to out[to:], and who won, from the packed inputs."""
    spots, maps = layer[SPOTS], layer[IN]
    for v in range(0, spots, LANES):
        for q in range(0, layer[OUT], BAND):
            up0, up1, up2, up3 = zeros(2), zeros(2), zeros(2), zeros(2)
            down0, down1, down2, down3 = zeros(2), zeros(2), zeros(2), zeros(2)
            w, at = layer[AHEAD] + q * maps * FIELD * FIELD, packed + v
            for _ in range(maps):
                for _ in range(FIELD):
                    for col in range(FIELD):
                        upper = load(2, room, at + col * spots, spots)
                        lower = load(2, room, at + (col + SPAN) * spots, spots)
                        w0, w1, w2, w3 = (
                            peek(forward, w), peek(forward, w + 1), peek(forward, w + 2), peek(forward, w + 3),
                        )  # fmt: skip
                        up0, down0 = fma(w0, upper, up0), fma(w0, lower, down0)
                        up1, down1 = fma(w1, upper, up1), fma(w1, lower, down1)
                        up2, down2 = fma(w2, upper, up2), fma(w2, lower, down2)
                        up3, down3 = fma(w3, upper, up3), fma(w3, lower, down3)
                        w += BAND
                    at += SPAN * spots
                at += SPAN * spots
            keep_best(layer, q, v, up0, down0, out, to, room, won)
            keep_best(layer, q + 1, v, up1, down1, out, to, room, won)
            keep_best(layer, q + 2, v, up2, down2, out, to, room, won)
            keep_best(layer, q + 3, v, up3, down3, out, to, room, won)
            squash_maps(layer, q, v, ahead, out, to)


# --- backward ---


@inlined
def list_errors(layer, q, delta, at, map_step, spot_step, room, won, where, errors):
    """Map q's neurons with an error: where their patches begin, and the errors -> their number, and the sum."""
    n, total = 0, np.float32(0)
    at += q * map_step
    won += q * layer[SPOTS]
    for row in range(layer[P_ROWS]):
        start = 2 * row * layer[COLS]
        for _ in range(layer[P_COLS]):
            error = peek(delta, at)
            poke(where, n, np.int32((start + np.intp(peek(room, won))) * layer[LANE]))
            poke(room, errors + n, error)
            total += error
            n += error != 0.0
            start += 2
            at += spot_step
            won += 1
    return n, total


@inlined
def slope_of_columns(layer, q, n, where, errors, room, i, gradient):
    """BP4 for a single input map: add the errors times their patches to the filter's gradient."""
    base, cols, at = layer[N] + i * layer[N_STEP], layer[COLS], layer[W] + q * layer[FILTER]
    g, h = load(FIELD, gradient, at, LANES), zeros(FIELD)
    for e in range(0, n - 1, 2):
        one, two = base + np.intp(peek(where, e)), base + np.intp(peek(where, e + 1))
        g = fma(peek(room, errors + e), load(FIELD, room, one, cols), g)
        h = fma(peek(room, errors + e + 1), load(FIELD, room, two, cols), h)
    if n % 2:
        g = fma(peek(room, errors + n - 1), load(FIELD, room, base + np.intp(peek(where, n - 1)), cols), g)
    store(gradient, at, g + h)


@inlined
def slope_of_maps(layer, q, n, where, errors, room, i, gradient):
    """BP4 for several input maps, 16 of them at a time."""
    lane = layer[LANE]
    step = layer[COLS] * lane
    for c in range(0, lane, LANES):
        at, base = layer[W] + q * layer[FILTER] + c, layer[N] + i * layer[N_STEP] + c
        g0, g1 = load(FIELD, gradient, at, lane), load(FIELD, gradient, at + 5 * lane, lane)
        g2, g3 = load(FIELD, gradient, at + 10 * lane, lane), load(FIELD, gradient, at + 15 * lane, lane)
        g4 = load(FIELD, gradient, at + 20 * lane, lane)
        for e in range(n):
            error, seen = peek(room, errors + e), base + np.intp(peek(where, e))
            g0 = fma(error, load(FIELD, room, seen, lane), g0)
            g1 = fma(error, load(FIELD, room, seen + step, lane), g1)
            g2 = fma(error, load(FIELD, room, seen + 2 * step, lane), g2)
            g3 = fma(error, load(FIELD, room, seen + 3 * step, lane), g3)
            g4 = fma(error, load(FIELD, room, seen + 4 * step, lane), g4)
        store_apart(gradient, at, lane, g0)
        store_apart(gradient, at + 5 * lane, lane, g1)
        store_apart(gradient, at + 10 * lane, lane, g2)
        store_apart(gradient, at + 15 * lane, lane, g3)
        store_apart(gradient, at + 20 * lane, lane, g4)


@inlined
def send_back(layer, q, n, where, errors, room, ahead):
    """BP2, first factor: add the errors times the filter to the errors of what they saw."""
    lane = layer[LANE]
    for c in range(0, lane, LANES):
        for row in range(FIELD):
            w = load(FIELD, ahead, layer[W] + q * layer[FILTER] + FIELD * row * lane + c, lane)
            base = layer[E] + row * layer[COLS] * lane + c
            for e in range(n):
                at = base + np.intp(peek(where, e))
                store_apart(room, at, lane, fma(peek(room, errors + e), w, load(FIELD, room, at, lane)))


@inlined
def clear(room, at, size):
    """Write zeros to room[at : at + size]; size is whole vectors."""
    for p in range(at, at + size, LANES):
        store(room, p, zeros(1))


@inlined
def times_slope_of_maps(layer, code, room, i):
    """BP2, second factor: sigma'(z) of the layer below, from the second copy of its activations."""
    a = layer[N] + i * layer[N_STEP]
    for p in range(0, layer[ROWS] * layer[COLS] * layer[LANE], LANES):
        factor = slope(code, load(1, room, a + p, LANES))
        store(room, layer[E] + p, factor * load(1, room, layer[E] + p, LANES))


# --- updates ---


@inlined
def descend(at, g, flat, rule):
    """One step for the tile that begins at ``at``, whose mean gradient is g; without momentum, half of the memory."""
    theta, ahead, velocity = flat
    eta, l2, l1, mu, _ = rule
    if mu == 0.0 and l1 == 0.0:
        w = load(VECTORS, theta, at, LANES)
        store(theta, at, fma(-eta, fma(l2, w, g), w))
    else:
        step(at, g, theta, ahead, velocity, rule)


@inlined
def update_maps(layer, part, parts, size, share, flat, gradient, rule):
    """A step for a part of the filters, and biases, from the gradients of both parts, which are cleared."""
    eta, l2, l1, mu, look = rule
    bands = (layer[OUT] + BAND - 1) // BAND
    first, last = bands * part // parts * BAND, min(bands * (part + 1) // parts * BAND, layer[OUT])
    begin, end = layer[W] + first * layer[FILTER], layer[W] + last * layer[FILTER]
    if part == parts - 1:  # the biases follow the filters
        end = layer[B] + (layer[OUT] + TILE - 1) // TILE * TILE
    for at in range(begin, end, TILE):
        g = load(VECTORS, gradient, at, LANES) + load(VECTORS, gradient, size + at, LANES)
        store(gradient, at, zeros(VECTORS))
        store(gradient, size + at, zeros(VECTORS))
        bias = at >= layer[B]  # no penalty
        decay, shrink = np.float32(0) if bias else l2, np.float32(0) if bias else l1
        descend(at, share * g, flat, (eta, decay, shrink, mu, look))
    return first, last


@inlined
def refresh(layer, first, last, ahead, forward):
    """Lay out the filters of maps first to last - 1 for the way forward."""
    maps, lane = layer[IN], layer[LANE]
    for q in range(first, last):
        source = layer[W] + q * layer[FILTER]
        to = layer[AHEAD] + q // BAND * BAND * maps * FIELD * FIELD + q % BAND
        for cell in range(FIELD * FIELD):
            for c in range(maps):
                at = cell * lane + c if lane > 1 else cell // FIELD * LANES + cell % FIELD
                poke(forward, to + (c * FIELD * FIELD + cell) * BAND, peek(ahead, source + at))
