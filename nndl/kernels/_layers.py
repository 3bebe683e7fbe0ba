"""What one layer does with a mini-batch, in explicit vectors.

The buffers are flat. ``a`` and ``delta`` hold one row per example and layer, padded with zeros to whole tiles of 32
neurons; ``theta`` holds, per layer, the weights and then the biases. The weights of a tile are together, one row of 32
per input, so that an input meets all neurons of the tile in two vectors: w[j, p] is element
``W + (j // 32 * rows + p) * 32 + j % 32``, where ``rows`` is n_in rounded up to 16.
"""

import numpy as np

from nndl.kernels._functions import SOFTMAX, activate, exp, sign, slope
from nndl.kernels._jit import inlined
from nndl.kernels._memory import load, peek, poke, prefetch, store
from nndl.kernels._simd import LANES, TILE, VECTORS, first_lanes, fma, sums, zeros

# Columns of a net's plan, int64 (layers, 7): sizes, and where a layer's numbers begin in theta, and in a and delta.
N_IN, N_OUT, WIDTH, W, B, A, CODE = range(7)


@inlined
def describe(plan, l):
    """Row l of the plan."""
    at = 7 * l
    sizes = peek(plan, at + N_IN), peek(plan, at + N_OUT), peek(plan, at + WIDTH)
    return *sizes, peek(plan, at + W), peek(plan, at + B), peek(plan, at + A), peek(plan, at + CODE)


@inlined
def tile_at(layer, j):
    """Where the weights of neurons j to j + 31 begin."""
    return layer[W] + j * ((layer[N_IN] + 15) // 16 * 16)


@inlined
def locate(rows, m, l, below, order, k):
    """Let rows[i] be where the inputs of layer l begin, in a or, for l = 0, in the data."""
    for i in range(m):
        if l > 0:
            poke(rows, i, below[A] + i * below[WIDTH])
        else:
            poke(rows, i, peek(order, k + i) * below[N_IN])


# --- forward ---


@inlined
def weigh_sparse(layer, x, order, k, m, n, theta, scale, a):
    """Weighted inputs without bias of examples order[k : k + m], sparse; meanwhile asks memory for the next ones."""
    start, index, value, _ = x
    for j in range(0, layer[WIDTH], TILE):
        at = tile_at(layer, j)
        for i in range(m):
            row = peek(order, k + i)
            if j == 0 and k + i + m < n:
                soon = peek(order, k + i + m)
                for p in range(peek(start, soon), peek(start, soon + 1), LANES):
                    prefetch(value, p)
                    prefetch(index, p)
            z = gather(index, value, peek(start, row), peek(start, row + 1), theta, at)
            store(a, layer[A] + i * layer[WIDTH] + j, scale * z)


@inlined
def gather(index, value, begin, end, theta, at):
    """Sum of value times the weights' row of its index; four sums, so that one need not wait for another."""
    z0, z1, z2, z3 = zeros(VECTORS), zeros(VECTORS), zeros(VECTORS), zeros(VECTORS)
    fours = begin + (end - begin) // 4 * 4
    for p in range(begin, fours, 4):
        z0 = fma(peek(value, p), load(VECTORS, theta, at + np.intp(peek(index, p)) * TILE, LANES), z0)
        z1 = fma(peek(value, p + 1), load(VECTORS, theta, at + np.intp(peek(index, p + 1)) * TILE, LANES), z1)
        z2 = fma(peek(value, p + 2), load(VECTORS, theta, at + np.intp(peek(index, p + 2)) * TILE, LANES), z2)
        z3 = fma(peek(value, p + 3), load(VECTORS, theta, at + np.intp(peek(index, p + 3)) * TILE, LANES), z3)
    for p in range(fours, end):
        z0 = fma(peek(value, p), load(VECTORS, theta, at + np.intp(peek(index, p)) * TILE, LANES), z0)
    return (z0 + z1) + (z2 + z3)


@inlined
def weigh(layer, x, rows, m, theta, a):
    """Weighted inputs without bias of m examples that begin at x[rows[i]]; four share every weight that is read."""
    out = layer[A]
    for j in range(0, layer[WIDTH], TILE):
        at = tile_at(layer, j)
        for i in range(0, m, 4):
            i1, i2, i3 = min(i + 1, m - 1), min(i + 2, m - 1), min(i + 3, m - 1)  # some twice, if need be
            x0, x1, x2, x3 = peek(rows, i), peek(rows, i1), peek(rows, i2), peek(rows, i3)
            z0, z1, z2, z3 = zeros(VECTORS), zeros(VECTORS), zeros(VECTORS), zeros(VECTORS)
            for p in range(layer[N_IN]):
                w = load(VECTORS, theta, at + p * TILE, LANES)
                z0 = fma(peek(x, x0 + p), w, z0)
                z1 = fma(peek(x, x1 + p), w, z1)
                z2 = fma(peek(x, x2 + p), w, z2)
                z3 = fma(peek(x, x3 + p), w, z3)
            store(a, out + i * layer[WIDTH] + j, z0)
            store(a, out + i1 * layer[WIDTH] + j, z1)
            store(a, out + i2 * layer[WIDTH] + j, z2)
            store(a, out + i3 * layer[WIDTH] + j, z3)


@inlined
def squash(layer, m, theta, a):
    """Turn z without bias into activations, in place; lanes past the last neuron become 0."""
    for j in range(0, layer[WIDTH], TILE):
        bias = load(VECTORS, theta, layer[B] + j, LANES)
        for i in range(m):
            at = layer[A] + i * layer[WIDTH] + j
            z = activate(layer[CODE], load(VECTORS, a, at, LANES) + bias)
            store(a, at, first_lanes(z, layer[N_OUT] - j))
    if layer[CODE] == SOFTMAX:
        for i in range(m):
            softmax(a, layer[A] + i * layer[WIDTH], layer[N_OUT])


@inlined
def softmax(a, at, n_out):
    """Turn one row of weighted inputs into e ** z / sum e ** z, in place."""
    largest = peek(a, at)
    for j in range(1, n_out):
        largest = max(largest, peek(a, at + j))
    total = np.float32(0)
    for j in range(0, n_out, LANES):
        store(a, at + j, first_lanes(exp(load(1, a, at + j, LANES) - largest), n_out - j))
    for j in range(n_out):
        total += peek(a, at + j)
    for j in range(0, n_out, LANES):
        store(a, at + j, load(1, a, at + j, LANES) / total)


@inlined
def copy_rows(layer, k, m, a, out):
    """Write the activations of a mini-batch of outputs to out, from its row k on."""
    for i in range(m):
        for j in range(layer[N_OUT]):
            poke(out, (k + i) * layer[N_OUT] + j, peek(a, layer[A] + i * layer[WIDTH] + j))


# --- backward ---


@inlined
def output_error(layer, y, order, k, m, a, delta):
    """BP1, first factor: a - y. y holds labels or targets, the other one is empty."""
    labels, targets, use_labels = y
    n_out = layer[N_OUT]
    for i in range(m):
        at, example = layer[A] + i * layer[WIDTH], peek(order, k + i)
        label = peek(labels, example) if use_labels else -1
        for j in range(n_out):
            target = np.float32(j == label) if use_labels else peek(targets, example * n_out + j)
            poke(delta, at + j, peek(a, at + j) - target)


@inlined
def hidden_error(layer, below, m, theta, a, delta):
    """BP2, first factor: the errors of the layer below, 16 of its neurons at a time."""
    for p in range(0, below[N_OUT], LANES):
        for i in range(m):
            e = zeros(LANES)
            for j in range(0, layer[N_OUT], LANES):
                weights = tile_at(layer, j // TILE * TILE) + p * TILE + j % TILE
                d = load(1, delta, layer[A] + i * layer[WIDTH] + j, LANES)
                e = fma(d, load(LANES, theta, weights, TILE), e)
            store(delta, below[A] + i * below[WIDTH] + p, sums(e))


@inlined
def times_slope(layer, m, a, delta):
    """BP1 and BP2, second factor: sigma'(z); for softmax, a matrix, a_j times the error less the mean error."""
    for i in range(m):
        row = layer[A] + i * layer[WIDTH]
        mean = np.float32(0)
        if layer[CODE] == SOFTMAX:
            for j in range(layer[N_OUT]):
                mean += peek(a, row + j) * peek(delta, row + j)
        for at in range(row, row + layer[WIDTH], TILE):
            activation = load(VECTORS, a, at, LANES)
            factor = slope(layer[CODE], activation)
            store(delta, at, factor * (load(VECTORS, delta, at, LANES) - mean))


# --- updates ---


@inlined
def step(at, g, theta, ahead, velocity, rule):
    """One step downhill for the tile's row that begins at theta[at], whose mean gradient is g.

    ahead is theta itself, or with Nesterov's momentum theta + mu v, where gradient and penalty are taken. Nothing here
    asks whether there is any penalty or momentum: compiling every case apart takes longer than computing with zeros.
    """
    eta, l2, l1, mu, look = rule
    w = load(VECTORS, ahead, at, LANES)
    g = fma(l1, sign(w), fma(l2, w, g))
    v = fma(-eta, g, mu * load(VECTORS, velocity, at, LANES))
    w = load(VECTORS, theta, at, LANES) + v
    store(velocity, at, v)
    store(theta, at, w)
    store(ahead, at, fma(look, v, w))


@inlined
def update_biases(layer, m, delta, theta, ahead, velocity, rule):
    """BP3, and a step without penalty."""
    eta, _, _, mu, look = rule
    none = np.float32(0)
    for j in range(0, layer[WIDTH], TILE):
        g = zeros(VECTORS)
        for i in range(m):
            g = g + load(VECTORS, delta, layer[A] + i * layer[WIDTH] + j, LANES)
        step(layer[B] + j, g * np.float32(1 / m), theta, ahead, velocity, (eta, none, none, mu, look))


@inlined
def update(layer, x, rows, m, delta, theta, ahead, velocity, rule):
    """BP4, and a step, for inputs that begin at x[rows[i]]; two inputs share every delta that is read."""
    share = np.float32(1 / m)
    for j in range(0, layer[WIDTH], TILE):
        at = tile_at(layer, j)
        for p in range(0, layer[N_IN], 2):
            other = min(p + 1, layer[N_IN] - 1)
            g0, g1 = zeros(VECTORS), zeros(VECTORS)
            for i in range(m):
                row = peek(rows, i)
                e = load(VECTORS, delta, layer[A] + i * layer[WIDTH] + j, LANES)
                g0 = fma(peek(x, row + p), e, g0)
                g1 = fma(peek(x, row + other), e, g1)
            step(at + p * TILE, g0 * share, theta, ahead, velocity, rule)
            if other > p:
                step(at + other * TILE, g1 * share, theta, ahead, velocity, rule)


@inlined
def scatter(layer, x, order, k, m, delta, factor, target):
    """Add factor times the sum of BP4 over sparse inputs to target, theta or velocity, a tile at a time."""
    start, index, value, _ = x
    for j in range(0, layer[WIDTH], TILE):
        at = tile_at(layer, j)
        for i in range(m):
            row = peek(order, k + i)
            e = factor * load(VECTORS, delta, layer[A] + i * layer[WIDTH] + j, LANES)
            for p in range(peek(start, row), peek(start, row + 1)):
                o = at + np.intp(peek(index, p)) * TILE
                store(target, o, fma(peek(value, p), e, load(VECTORS, target, o, LANES)))


@inlined
def prepare(layer, ahead, velocity, rule):
    """What a step of sparse inputs does to all velocities before any gradient: v = mu v - eta (l2 w + l1 sgn(w))."""
    eta, l2, l1, mu, _ = rule
    for at in range(layer[W], layer[B], TILE):
        w, v = load(VECTORS, ahead, at, LANES), load(VECTORS, velocity, at, LANES)
        store(velocity, at, fma(-eta * l2, w, fma(-eta * l1, sign(w), mu * v)))


@inlined
def settle(layer, theta, ahead, velocity, rule):
    """What a step of sparse inputs does to all weights in the end, w = w + v, and then `prepare` for the next one."""
    eta, l2, l1, mu, look = rule
    for at in range(layer[W], layer[B], TILE):
        v = load(VECTORS, velocity, at, LANES)
        w = load(VECTORS, theta, at, LANES) + v
        store(theta, at, w)
        if look != 0.0:
            w = fma(look, v, w)
            store(ahead, at, w)
        store(velocity, at, fma(-eta * l2, w, fma(-eta * l1, sign(w), mu * v)))


@inlined
def rescale(layer, scale, theta):
    """Multiply the weights of a layer by scale."""
    for o in range(layer[W], layer[B], TILE):
        store(theta, o, scale * load(VECTORS, theta, o, LANES))
