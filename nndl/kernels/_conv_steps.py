"""The way of a mini-batch through a net of feature maps and dense layers, and back; see ``conv.py``.

Names, beside those of ``dense.py``: own is what a part has for itself, and its m examples are rows begin, begin + 1,
and so on of the mini-batch. stack is (plan of the maps, its last row, plan of the dense layers, its last row); row 0
of the latter describes the top maps as if they were a dense layer.
"""

import numpy as np

from nndl.kernels import _conv_layers as maps
from nndl.kernels import _layers as layers
from nndl.kernels._conv_layers import describe_maps
from nndl.kernels._jit import inlined
from nndl.kernels._layers import describe
from nndl.kernels._memory import address, load, peek, poke
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
def forward(stack, own, x, order, k, begin, m, filters_ahead, filters, ahead, a, learn):
    """Activations of all layers for the examples of a part."""
    plan, last = stack[2], stack[3]
    for i in range(m):
        _forward_maps(stack, own, x, peek(order, k + i), i, begin, filters_ahead, filters, a, learn)
    for l in range(1, last + 1):
        layer, below = shifted(describe(plan, l), begin), shifted(describe(plan, l - 1), begin)
        layers.locate(own[2], m, l, below, order, k)
        layers.weigh(layer, a, own[2], m, ahead, a)
        layers.squash(layer, m, ahead, a)


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
def backward(stack, own, begin, m, matched, filters, ahead, a, delta):
    """BP1 to BP4 for the maps, BP1 and BP2 for the dense layers, whose gradients come with their steps."""
    plan, last = stack[2], stack[3]
    for l in range(last, -1, -1):
        layer, below = shifted(describe(plan, l), begin), shifted(describe(plan, max(l - 1, 0)), begin)
        if l < last or not matched:
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
        first, last = maps.update_filters(layer, part, PARTS, size, share, filters, gradient, rule)
        if part == 0:
            maps.update_map_biases(layer, size, share, filters, gradient, rule)
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
    theta, ahead, velocity = dense
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
            layers.step(at + p * TILE, g0 * share, theta, ahead, velocity, rule)
            if p1 > p:
                layers.step(at + p1 * TILE, g1 * share, theta, ahead, velocity, rule)
            if p2 > p1:
                layers.step(at + p2 * TILE, g2 * share, theta, ahead, velocity, rule)
            if p3 > p2:
                layers.step(at + p3 * TILE, g3 * share, theta, ahead, velocity, rule)
