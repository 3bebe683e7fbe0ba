"""Gradient descent and the forward pass for feature maps below dense layers, compiled: twins of ``reference_conv.py``.

Every mini-batch is cut into two parts. Each goes forward and back by itself, with its own gradients of the filters;
then both are summed, always in the same order, and every parameter takes its step. Two threads share this: first a
part each, then half of the parameters each. One thread does the same in turn, so the numbers are the same.

Maps: 5 x 5 fields, stride 1, max-pooling 2 x 2, pooled rows of up to 16 neurons. ``_conv_layers.py`` has what they do
with an example, ``_layers.py`` what dense layers do with a mini-batch.
"""

from typing import NamedTuple

import numpy as np

from nndl.kernels import _conv_steps as steps
from nndl.kernels import _layers as layers
from nndl.kernels._conv_layers import OUT, SPOTS, describe_maps, refresh
from nndl.kernels._conv_pack import Layout, fill_out
from nndl.kernels._jit import inlined, kernel
from nndl.kernels._layers import describe
from nndl.kernels._memory import address, flush_denormals, restore_denormals
from nndl.kernels._pack import CACHE_LINE, aligned
from nndl.kernels._threads import PARTS, in_threads, meet

__all__ = ["feedforward", "sgd_epoch"]

BUILT_ON = "f984b9156fe2"  # digest of what is compiled in from other files, as in dense.py
CHUNK = 20  # examples that a forward pass takes at a time
FORWARD_ONLY = tuple(map(np.float32, (0, 0, 0, 0, 0)))


class Examples(NamedTuple):
    """Flat images, the rows to visit, labels or flat targets (the other is empty)."""

    x: np.ndarray
    order: np.ndarray
    labels: np.ndarray
    targets: np.ndarray


class Flat(NamedTuple):
    """A plan, flat parameters with their velocity, and ahead, which is theta but for Nesterov's momentum."""

    plan: np.ndarray
    theta: np.ndarray
    ahead: np.ndarray
    velocity: np.ndarray


class Scratch(NamedTuple):
    """Room for one mini-batch: gradients, room and lists of errors have one row per part."""

    places: np.ndarray
    forward: np.ndarray
    gradient: np.ndarray
    room: np.ndarray
    where: np.ndarray
    rows: np.ndarray
    a: np.ndarray
    delta: np.ndarray


class Drops(NamedTuple):
    """Masks of all examples in order, where in a row those of a layer begin (-1: none), the share that it keeps."""

    masks: np.ndarray
    offsets: np.ndarray
    kept: np.ndarray
    length: int


@kernel
def _walk(
    first, last_part, counter, threads, examples, drop, top, net, scratch, batch_size, rule, matched, out
):
    """Take parts first to last_part - 1 of every mini-batch and learn; or, where out has room, fill it."""
    before = flush_denormals()
    x, order, n = address(examples.x), address(examples.order), len(examples.order)
    y = address(examples.labels), address(examples.targets), len(examples.labels) > 0
    a, delta, meeting, arrivals = address(scratch.a), address(scratch.delta), address(counter), 0
    drops = address(drop.masks), address(drop.offsets), address(drop.kept), drop.length
    learn = len(out) == 0
    stack = address(top.plan), len(top.plan) - 1, address(net.plan), len(net.plan) - 1
    dense = address(net.theta), address(net.ahead), address(net.velocity)
    filters = address(top.theta), address(top.ahead), address(top.velocity)
    gradient, size, forward = address(scratch.gradient), len(top.theta), address(scratch.forward)
    for k in range(0, n, batch_size):
        m = min(batch_size, n - k)
        for part in range(first, last_part):
            given, begin, count = _share(part, k, m, batch_size, learn)
            own = steps.own(scratch, part)
            steps.forward(
                stack, own, x, order, given, begin, count, drops, forward, filters[1], dense[1], a, learn
            )
            head = steps.shifted(describe(stack[2], stack[3]), begin)
            if learn:
                layers.output_error(head, y, order, given, count, a, delta)
                steps.backward(
                    stack, own, given, begin, count, drops, matched, filters[1], dense[1], a, delta
                )
            else:
                layers.copy_rows(head, given, count, a, address(out))
        if not learn:
            continue
        if threads > 1:
            arrivals += threads
            meet(meeting, arrivals)
        for part in range(first, last_part):
            own = steps.own(scratch, part)
            steps.update(stack, own, part, m, filters, dense, order, a, delta, gradient, size, forward, rule)
        if threads > 1:
            arrivals += threads
            meet(meeting, arrivals)
    restore_denormals(before)


@inlined
def _share(part, k, m, batch_size, learn):
    """A part's share of the mini-batch order[k : k + m]: its first example, that one's row in the buffers, how many."""
    begin, end = m * part // PARTS, m * (part + 1) // PARTS
    row = begin if learn else (batch_size + 1) // PARTS * part  # without meetings, parts stay apart
    return k + begin, row, end - begin


def sgd_epoch(
    x, y, order, batch_size, image, weights, biases, velocity_w, velocity_b, activations, matched, eta, l2, l1, mu,
    nesterov, masks=None, threads=None,
):  # fmt: skip
    """One epoch of gradient descent, in place; twin of `reference_conv.sgd_epoch`, which explains the arguments."""
    batch_size = int(max(1, min(batch_size, len(order))))
    ahead = mu if nesterov else 0.0
    layout = Layout(image, weights, activations, batch_size)
    top, net = _flats(layout, (weights, biases), (velocity_w, velocity_b) if mu else None, ahead)
    scratch = _scratch(layout, top)
    rule = tuple(np.float32(r) for r in (eta, l2, l1, mu, ahead))
    examples = Examples(_flat(x), _flat(order, np.int64), *_answers(y))

    given = examples, _drops(layout, masks), top, net, scratch, batch_size, rule, bool(matched), aligned(0)
    in_threads(lambda *part: _walk(*part, *given), threads)
    layout.unpack(top.theta, net.theta, weights, biases)
    if mu:
        layout.unpack(top.velocity, net.velocity, velocity_w, velocity_b)


def feedforward(x, image, weights, biases, activations, threads=None):
    """Output activations (n, n_out) of all examples; twin of `reference_conv.feedforward`."""
    layout = Layout(image, weights, activations, CHUNK)
    top, net = _flats(layout, (weights, biases), None, 0.0)
    scratch = _scratch(layout, top)
    examples = Examples(_flat(x), _flat(np.arange(len(x)), np.int64), *_answers(np.empty((0, 1))))
    out = np.empty((len(x), len(biases[-1])), np.float32)
    given = examples, _drops(layout, None), top, net, scratch, CHUNK, FORWARD_ONLY, True, out.reshape(-1)
    if len(x):
        in_threads(lambda *part: _walk(*part, *given), threads)
    return out


@kernel
def _refresh(plan, ahead, forward):
    for l in range(len(plan)):
        layer = describe_maps(address(plan), l)
        refresh(layer, 0, layer[OUT], address(ahead), address(forward))


def _flats(layout, parameters, velocities, look):
    """The maps and the dense layers as `Flat`; without velocities, these are zero."""
    theta = layout.pack(*parameters)
    velocity = layout.pack(*velocities) if velocities else [aligned(len(t)) for t in theta]
    ahead = theta
    if look:
        ahead = [aligned(len(t)) for t in theta]
        for to, t, v in zip(ahead, theta, velocity):
            to[:] = t + np.float32(look) * v
    return [Flat(*four) for four in zip(layout.plans, theta, ahead, velocity)]


def _scratch(layout, top):
    """Room for one mini-batch, with the filters laid out for the way forward."""
    forward = aligned(layout.forward)
    _refresh(top.plan, top.ahead, forward)
    where = np.zeros((PARTS, int(top.plan[:, SPOTS].max()) + CACHE_LINE), np.int32)
    rows = np.zeros((PARTS, layout.batch_size + CACHE_LINE), np.int64)
    room, gradient = _rows(int(layout.places[-1])), _rows(len(top.theta))
    return Scratch(
        layout.places, forward, gradient, room, where, rows, aligned(layout.room), aligned(layout.room)
    )


def _drops(layout, masks):
    """The masks of the layers' outputs, (n, n_out) or None each, side by side."""
    top, plan = layout.plans
    offsets, kept, columns, length = np.full(len(plan), -1), np.ones(len(plan), np.float32), [], 0
    for l, mask in enumerate((masks or [])[layout.depth - 1 :]):
        if mask is None:
            continue
        width = plan[l][layers.WIDTH]
        column = np.zeros((len(mask), width), np.float32)
        filled = fill_out(mask, top[-1]) if l == 0 else mask
        column[:, : filled.shape[1]] = filled
        offsets[l], length = length, length + width
        kept[l] = 1 / max(float(mask.max(initial=0)), 1.0)
        columns.append(column)
    flat = np.hstack(columns).reshape(-1) if columns else aligned(0)
    return Drops(_flat(flat), offsets, kept, int(length))


def _rows(size):
    return aligned(PARTS * size).reshape(PARTS, size)


def _answers(y):
    if y.ndim == 1:
        return _flat(y, np.int64), _flat([])
    return _flat([], np.int64), _flat(y)


def _flat(values, dtype=np.float32):
    """Values as a flat, contiguous array that is read-only: for one that is not, Numba would compile all anew."""
    flat = np.ascontiguousarray(values, dtype).reshape(-1).view()
    flat.flags.writeable = False
    return flat
