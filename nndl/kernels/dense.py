"""Gradient descent and the forward pass for nets of dense layers, compiled: the fast twins of ``reference.py``.

An epoch walks through its mini-batches in the textbook's order: forward, BP1 to BP4, step. What the steps do is in
``_layers.py``; what is special here is the first layer on sparse inputs. Its gradient is zero wherever the input is,
so only the weights of the other inputs are touched. L2 decay, which concerns all weights, is kept as one factor
``scale``: the true weights are scale times the stored ones, and every so often the factor is multiplied in.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np

from nndl.kernels import _layers as layers
from nndl.kernels._jit import kernel, shared
from nndl.kernels._layers import N_IN, WIDTH, A, describe
from nndl.kernels._pack import aligned, make_plan, pack, unpack
from nndl.kernels._simd import TILE, address, flush_denormals, peek, poke, restore_denormals
from nndl.kernels.sparse import INDEX, Sparse

__all__ = ["feedforward", "sgd_epoch", "sparse_rows"]

# The scale of lazy decay below which it is multiplied into the weights, lest numbers grow out of float32.
SMALLEST_SCALE = 1e-3
CHUNK = 64  # examples that a forward pass over a whole set takes at a time
WORTH_A_THREAD = 5e7  # multiplications; about two milliseconds


class Examples(NamedTuple):
    """Inputs, sparse or dense (the other arrays are empty), and the rows to visit, all flat."""

    start: np.ndarray
    index: np.ndarray
    value: np.ndarray
    dense: np.ndarray
    order: np.ndarray


class Answers(NamedTuple):
    """Labels or flat float targets; the other array is empty."""

    labels: np.ndarray
    targets: np.ndarray


class Net(NamedTuple):
    """Plan and flat parameters; ahead is theta itself, but for Nesterov's momentum."""

    plan: np.ndarray
    theta: np.ndarray
    ahead: np.ndarray
    velocity: np.ndarray


class Scratch(NamedTuple):
    """Room for one mini-batch."""

    rows: np.ndarray
    a: np.ndarray
    delta: np.ndarray
    gradient: np.ndarray


@kernel
def _epoch(examples, answers, net, scratch, batch_size, rule, matched):
    before = flush_denormals()
    x = address(examples.start), address(examples.index), address(examples.value), address(examples.dense)
    y = address(answers.labels), address(answers.targets), len(answers.labels) > 0
    order, n = address(examples.order), len(examples.order)
    plan, last = address(net.plan), len(net.plan) - 1
    theta, ahead, velocity = address(net.theta), address(net.ahead), address(net.velocity)
    rows, a, delta = address(scratch.rows), address(scratch.a), address(scratch.delta)
    gradient = address(scratch.gradient)
    sparse, lazy = len(examples.start) > 0, len(examples.start) > 0 and len(scratch.gradient) == 0
    first = describe(plan, 0)
    scale, decay = 1.0, 1.0 - np.float64(rule[0]) * np.float64(rule[1])
    for k in range(0, n, batch_size):
        m = min(batch_size, n - k)
        _forward(x, sparse, order, n, k, m, plan, last, ahead, scale, rows, a)
        layers.output_delta(describe(plan, last), y, order, k, m, matched, a, delta)
        _backward(x, sparse, order, k, m, plan, last, theta, ahead, velocity, rows, a, delta, rule)
        if lazy:
            scale *= decay
            if not scale > SMALLEST_SCALE:
                layers.rescale(first, np.float32(scale), theta)
                scale = 1.0
            factor = np.float32(-np.float64(rule[0]) / (m * scale))
            for j in range(0, first[WIDTH], TILE):
                layers.scatter(first, j, x, order, k, m, delta, factor, theta, layers.tile_at(first, j))
        elif sparse:
            for j in range(0, first[WIDTH], TILE):
                layers.scatter(first, j, x, order, k, m, delta, np.float32(1 / m), gradient, 0)
                layers.update_dirty(first, j, gradient, theta, ahead, velocity, rule)
    if lazy:
        layers.rescale(first, np.float32(scale), theta)
    restore_denormals(before)


@shared
def _forward(x, sparse, order, n, k, m, plan, last, theta, scale, rows, a):
    """Activations of all layers for the examples order[k : k + m]."""
    for l in range(last + 1):
        layer = describe(plan, l)
        if l > 0:
            below = describe(plan, l - 1)
            layers.locate(rows, m, below[A], below[WIDTH])
            layers.weigh(layer, a, rows, m, theta, a)
        elif sparse:
            layers.weigh_sparse(layer, x, order, k, m, n, theta, np.float32(scale), a)
        else:
            _locate_examples(rows, m, order, k, layer[N_IN])
            layers.weigh(layer, x[3], rows, m, theta, a)
        layers.squash(layer, m, theta, a)


@shared
def _backward(x, sparse, order, k, m, plan, last, theta, ahead, velocity, rows, a, delta, rule):
    """BP2 to BP4 from the top, and a step for everything but the first weights of sparse inputs."""
    for l in range(last, -1, -1):
        layer = describe(plan, l)
        if l > 0:
            below = describe(plan, l - 1)
            layers.backward(layer, below, m, ahead, a, delta)
            layers.locate(rows, m, below[A], below[WIDTH])
        elif not sparse:
            _locate_examples(rows, m, order, k, layer[N_IN])
        layers.update_biases(layer, m, delta, theta, ahead, velocity, rule)
        if l > 0 or not sparse:
            layers.update(layer, a if l > 0 else x[3], rows, m, delta, theta, ahead, velocity, rule)


@shared
def _locate_examples(rows, m, order, k, n_in):
    for i in range(m):
        poke(rows, i, peek(order, k + i) * n_in)


@kernel
def _forward_rows(examples, net, scratch, out, n_out):
    """Write the outputs of all examples to out (n * n_out,)."""
    before = flush_denormals()
    x = address(examples.start), address(examples.index), address(examples.value), address(examples.dense)
    order, n, plan, last = address(examples.order), len(examples.order), address(net.plan), len(net.plan) - 1
    theta, rows, a, to = address(net.theta), address(scratch.rows), address(scratch.a), address(out)
    layer = describe(plan, last)
    for k in range(0, n, CHUNK):
        m = min(CHUNK, n - k)
        _forward(x, len(examples.start) > 0, order, n, k, m, plan, last, theta, 1.0, rows, a)
        for i in range(m):
            for j in range(n_out):
                poke(to, (k + i) * n_out + j, peek(a, layer[A] + i * layer[WIDTH] + j))
    restore_denormals(before)


@kernel
def _count(x):
    start = np.zeros(len(x) + 1, np.int64)
    for i in range(len(x)):
        start[i + 1] = start[i] + np.count_nonzero(x[i])
    return start


@kernel
def _fill(x, start, index, value):
    for i in range(len(x)):
        p = start[i]
        for j in range(x.shape[1]):
            if x[i, j] != 0:
                index[p], value[p] = j, x[i, j]
                p += 1


def sparse_rows(x):
    """Leave the zeros out of x; twin of `reference.sparse_rows`."""
    x = np.ascontiguousarray(x)
    start = _count(x)
    index, value = np.empty(start[-1], INDEX), np.empty(start[-1], x.dtype)
    _fill(x, start, index, value)
    return Sparse(start, index, value, x.shape[1])


def sgd_epoch(
    x,
    y,
    order,
    batch_size,
    weights,
    biases,
    velocity_w,
    velocity_b,
    activations,
    matched,
    eta,
    l2,
    l1,
    mu,
    nesterov,
):
    """One epoch of gradient descent, in place; twin of `reference.sgd_epoch`, which says what the arguments are."""
    batch_size = max(1, min(batch_size, len(order)))
    plan, size, room = make_plan(weights, activations, batch_size)
    theta = pack(weights, biases, plan, size)
    velocity = pack(velocity_w, velocity_b, plan, size) if mu else aligned(size)
    ahead = _aligned_copy(theta + np.float32(mu) * velocity) if mu and nesterov else theta
    dirty = plan[0][N_IN] * TILE if isinstance(x, Sparse) and (mu or l1) else 0
    scratch = Scratch(np.empty(batch_size, np.int64), aligned(room), aligned(room), aligned(dirty))
    rule = tuple(np.float32(r) for r in (eta, l2, l1, mu, mu if nesterov else 0.0))
    net = Net(plan, theta, ahead, velocity)
    _epoch(_examples(x, order), _answers(y), net, scratch, batch_size, rule, bool(matched))
    unpack(theta, plan, weights, biases)
    if mu:
        unpack(velocity, plan, velocity_w, velocity_b)


def feedforward(x, weights, biases, activations):
    """Output activations (n, n_out) of all examples; twin of `reference.feedforward`.

    Large sets are shared among threads. Examples do not meet in a forward pass, so the numbers stay the same.
    """
    n = len(x.start) - 1 if isinstance(x, Sparse) else len(x)
    plan, size, room = make_plan(weights, activations, CHUNK)
    theta = pack(weights, biases, plan, size)
    net = Net(plan, theta, theta, theta)
    n_out = len(biases[-1])
    out = np.empty((n, n_out), np.float32)

    def part(begin, end):
        scratch = Scratch(np.empty(CHUNK, np.int64), aligned(room), theta, theta)
        _forward_rows(_examples(x, np.arange(begin, end)), net, scratch, out[begin:end].reshape(-1), n_out)

    threads = int(max(1, min(numba.config.NUMBA_NUM_THREADS, n * size / WORTH_A_THREAD)))
    ends = np.linspace(0, n, threads + 1).astype(int)
    if threads == 1:
        part(0, n)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, ends[:-1], ends[1:]))
    return out


def _examples(x, order):
    order = np.ascontiguousarray(order, np.int64)
    if isinstance(x, Sparse):
        return Examples(x.start, x.index, x.value, np.empty(0, np.float32), order)
    x = np.ascontiguousarray(x, np.float32).reshape(-1)
    return Examples(np.empty(0, np.int64), np.empty(0, INDEX), np.empty(0, np.float32), x, order)


def _answers(y):
    if y.ndim == 1:
        return Answers(np.ascontiguousarray(y, np.int64), np.empty(0, np.float32))
    return Answers(np.empty(0, np.int64), np.ascontiguousarray(y, np.float32).reshape(-1))


def _aligned_copy(values):
    copy = aligned(len(values))
    copy[:] = values
    return copy
