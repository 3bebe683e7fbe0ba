"""The way of a mini-batch through a net of feature maps and dense layers, and back; see ``conv.py``.

Names, beside those of ``dense.py``: own is what a part has for itself, and its m examples are rows begin, begin + 1,
and so on of the mini-batch. stack is (plan of the maps, its last row, plan of the dense layers, its last row); row 0
of the latter describes the top maps as if they were a dense layer. drops is (masks, where in a row of masks those of a
layer begin or -1, the share that a layer keeps, the length of a row of masks), layers counted as in that plan.
"""

import numpy as np

from nndl.kernels import _conv_layers as maps
from nndl.kernels import _layers as layers
from nndl.kernels._conv_layers import describe_maps
from nndl.kernels._functions import slope
from nndl.kernels._jit import inlined
from nndl.kernels._layers import describe
from nndl.kernels._memory import address, load, peek, poke, store
from nndl.kernels._simd import LANES, TILE, VECTORS, fma, zeros
from nndl.kernels._threads import PARTS


@inlined
def own(scratch, part):
    """What a part has for itself: its room and the places in it, a list of patches, rows of examples, gradients."""
    places = address(scratch.places)
    room, where = address(scratch.room[part]), address(scratch.where[part])
    rows, gradient = address(scratch.rows[part]), address(scratch.gradient[part])
    return room, where, rows, gradient, peek(places, 0), peek(places, 1), peek(places, 2)


@inlined
def shifted(layer, begin):
    """The dense layer as the part sees it whose first example is number ``begin`` of the mini-batch."""
    return layer[0], layer[1], layer[2], layer[3], layer[4], layer[5] + begin * layer[2], layer[6]


@inlined
def forward(stack, own, x, order, k, begin, m, drops, filters_ahead, filters, ahead, a, learn):
    """Activations of all layers for the examples of a part."""
    plan, last = stack[2], stack[3]
    for i in range(m):
        _forward_maps(stack, own, x, peek(order, k + i), i, begin, filters_ahead, filters, a, learn)
    if learn:
        _drop(shifted(describe(plan, 0), begin), m, k, drops, 0, a)
    for l in range(1, last + 1):
        layer, below = shifted(describe(plan, l), begin), shifted(describe(plan, l - 1), begin)
        layers.locate(own[2], m, l, below, order, k)
        _weigh(layer, own[2], m, ahead, a)
        layers.squash(layer, m, ahead, a)
        if learn:
            _drop(layer, m, k, drops, l, a)


@inlined
def _weigh(layer, rows, m, theta, a):
    """Weighted inputs without bias of m examples that begin at a[rows[i]]; five share every weight that is read."""
    out, width = layer[layers.A], layer[layers.WIDTH]
    for j in range(0, width, TILE):
        at = layers.tile_at(layer, j)
        for i in range(0, m, 5):
            i1, i2, i3, i4 = min(i + 1, m - 1), min(i + 2, m - 1), min(i + 3, m - 1), min(i + 4, m - 1)
            x0, x1, x2, x3, x4 = peek(rows, i), peek(rows, i1), peek(rows, i2), peek(rows, i3), peek(rows, i4)
            z0, z1, z2, z3, z4 = (
                zeros(VECTORS),
                zeros(VECTORS),
                zeros(VECTORS),
                zeros(VECTORS),
                zeros(VECTORS),
            )
            for p in range(layer[layers.N_IN]):
                w = load(VECTORS, theta, at + p * TILE, LANES)
                z0, z1, z2 = (
                    fma(peek(a, x0 + p), w, z0),
                    fma(peek(a, x1 + p), w, z1),
                    fma(peek(a, x2 + p), w, z2),
                )
                z3, z4 = fma(peek(a, x3 + p), w, z3), fma(peek(a, x4 + p), w, z4)
            store(a, out + i * width + j, z0)
            store(a, out + i1 * width + j, z1)
            store(a, out + i2 * width + j, z2)
            store(a, out + i3 * width + j, z3)
            store(a, out + i4 * width + j, z4)


@inlined
def _drop(layer, m, k, drops, l, a):
    """Multiply activations by the masks of examples order[k : k + m], if anything is dropped in this layer."""
    masks, offsets, _, length = drops
    offset = peek(offsets, l)
    if offset >= 0:
        for i in range(m):
            at, mask = layer[layers.A] + i * layer[layers.WIDTH], (k + i) * length + offset
            for p in range(0, layer[layers.WIDTH], LANES):
                store(a, at + p, load(1, a, at + p, LANES) * load(1, masks, mask + p, LANES))


@inlined
def _times_slope_of_kept(layer, m, k, drops, l, a, delta):
    """BP2, second factor, where some neurons are dropped: mask times sigma'(z); a holds activations times masks."""
    masks, offsets, kept, length = drops
    for i in range(m):
        at, mask = layer[layers.A] + i * layer[layers.WIDTH], (k + i) * length + peek(offsets, l)
        for p in range(0, layer[layers.WIDTH], LANES):
            factor = slope(layer[layers.CODE], peek(kept, l) * load(1, a, at + p, LANES))
            error = load(1, masks, mask + p, LANES) * load(1, delta, at + p, LANES)
            store(delta, at + p, factor * error)


@inlined
def _forward_maps(stack, own, x, row, i, begin, forward, filters, a, learn):
    """Activations of all maps for example i of the part, which is row ``row`` of the data."""
    room, packed, picture = own[0], own[4], own[6]
    last, head = stack[1], describe(stack[2], 0)
    source, spots = picture, 0
    for l in range(last + 1):
        layer = describe_maps(stack[0], l)
        if l == 0:
            spots = layer[maps.ROWS] * layer[maps.COLS]
            if layer[maps.LANE] == 1:
                source = layer[maps.N] + i * layer[maps.N_STEP]
            maps.copy_in(x, row * layer[maps.IN] * spots, room, source, layer[maps.IN] * spots)
        if learn and layer[maps.LANE] > 1:
            maps.interleave(layer, spots, room, source, room, i)
        maps.pack(layer, spots, room, source, packed, room)
        out, to = (
            (a, head[layers.A] + (begin + i) * head[layers.WIDTH]) if l == last else (room, layer[maps.T])
        )
        maps.convolve(layer, forward, filters, packed, room, maps.winners(layer, i), out, to)
        source, spots = layer[maps.T], layer[maps.SPOTS]


@inlined
def backward(stack, own, k, begin, m, drops, matched, filters, ahead, a, delta):
    """BP1 to BP4 for the maps, BP1 and BP2 for the dense layers, whose gradients come with their steps."""
    plan, last = stack[2], stack[3]
    for l in range(last, -1, -1):
        layer, below = shifted(describe(plan, l), begin), shifted(describe(plan, max(l - 1, 0)), begin)
        if peek(drops[1], l) >= 0:
            _times_slope_of_kept(layer, m, k, drops, l, a, delta)
        elif l < last or not matched:
            layers.times_slope(layer, m, a, delta)
        if l > 0:
            layers.hidden_error(layer, below, m, ahead, a, delta)
    head = shifted(describe(plan, 0), begin)
    for i in range(m):
        _backward_maps(stack, own, i, head[layers.A] + i * head[layers.WIDTH], filters, delta)


@inlined
def _backward_maps(stack, own, i, at, filters, delta):
    """BP2 to BP4 for the maps and example i of the part, whose errors begin at delta[at]."""
    room, where, _, gradient, _, errors, _ = own
    last = stack[1]
    source, map_step, spot_step = delta, describe_maps(stack[0], last)[maps.SPOTS], 1
    for l in range(last, -1, -1):
        layer = describe_maps(stack[0], l)
        if l > 0:
            maps.clear(room, layer[maps.E], layer[maps.N_STEP])
        for q in range(layer[maps.OUT]):
            n, total = maps.list_errors(
                layer, q, source, at, map_step, spot_step, room, maps.winners(layer, i), where, errors
            )
            bias = layer[maps.B] + q
            poke(gradient, bias, peek(gradient, bias) + total)
            if layer[maps.LANE] == 1:
                maps.slope_of_columns(layer, q, n, where, errors, room, i, gradient)
            else:
                maps.slope_of_maps(layer, q, n, where, errors, room, i, gradient)
                if l > 0:
                    maps.send_back(layer, q, n, where, errors, room, filters)
        if l > 0:
            maps.times_slope_of_maps(layer, describe_maps(stack[0], l - 1)[maps.CODE], room, i)
            source, at, map_step, spot_step = room, layer[maps.E], 1, layer[maps.LANE]


@inlined
def update(stack, own, part, m, filters, dense, order, a, delta, gradient, size, forward, rule):
    """A part's share of the steps: half of the filters, half of the inputs of each dense layer."""
    share = np.float32(1 / m)
    for l in range(stack[1] + 1):
        layer = describe_maps(stack[0], l)
        first, last = maps.update_maps(layer, part, PARTS, size, share, filters, gradient, rule)
        maps.refresh(layer, first, last, filters[1], forward)
    for l in range(1, stack[3] + 1):
        layer, below = describe(stack[2], l), describe(stack[2], l - 1)
        layers.locate(own[2], m, l, below, order, 0)
        first, last = layer[layers.N_IN] * part // PARTS, layer[layers.N_IN] * (part + 1) // PARTS
        _update_inputs(layer, first, last, a, own[2], m, delta, dense, rule)
        if part == PARTS - 1:
            layers.update_biases(layer, m, delta, dense[0], dense[1], dense[2], rule)


@inlined
def _update_inputs(layer, first, last, a, rows, m, delta, dense, rule):
    """BP4, and a step, for inputs first to last - 1 of a dense layer; four of them share every delta that is read."""
    share = np.float32(1 / m)
    for j in range(0, layer[layers.WIDTH], TILE):
        at = layers.tile_at(layer, j)
        for p in range(first, last, 4):
            p1, p2, p3 = min(p + 1, last - 1), min(p + 2, last - 1), min(p + 3, last - 1)
            g0, g1, g2, g3 = zeros(VECTORS), zeros(VECTORS), zeros(VECTORS), zeros(VECTORS)
            for i in range(m):
                row = peek(rows, i)
                e = load(VECTORS, delta, layer[layers.A] + i * layer[layers.WIDTH] + j, LANES)
                g0 = fma(peek(a, row + p), e, g0)
                g1 = fma(peek(a, row + p1), e, g1)
                g2 = fma(peek(a, row + p2), e, g2)
                g3 = fma(peek(a, row + p3), e, g3)
            for u in range(min(4, last - p)):
                g = g0 if u == 0 else g1 if u == 1 else g2 if u == 2 else g3
                maps.descend(at + (p + u) * TILE, g * share, dense, rule)
