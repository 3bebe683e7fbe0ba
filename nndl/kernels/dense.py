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
from nndl.kernels._jit import inlined, kernel
from nndl.kernels._layers import describe
from nndl.kernels._memory import address, flush_denormals, restore_denormals
from nndl.kernels._pack import aligned, make_plan, pack, unpack
from nndl.kernels.sparse import INDEX, Sparse

__all__ = ["feedforward", "sgd_epoch", "sparse_rows"]

# The scale of lazy decay below which it is multiplied into the weights, lest numbers grow out of float32.
SMALLEST_SCALE = 1e-3
# Digest of the files whose code is compiled into the kernels below. The compiler's cache watches only this file; a
# test fails until the digest is renewed here, and with it the cache.
BUILT_ON = "171999243eff"
CHUNK = 64  # examples that a forward pass over a whole set takes at a time
WORTH_A_THREAD = 2e8  # multiplications; on less than some milliseconds of work a second thread gains nothing


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


# A rule: eta, l2, l1, mu, and mu again where Nesterov's momentum looks ahead.
ETA, L2, L1, MU, LOOK = range(5)
LAST = tuple(map(np.float32, (0, 0, 0, 1, 0)))  # changes nothing: after the last step nothing is prepared

# Names in the functions below, beside those of the reference: x is (start, index, value, dense), k the first of m
# examples in order, plan describes the layers 0 to last, rows tells where the m inputs of a layer begin. Arrays are
# passed as pointers.


@kernel
def _walk(examples, answers, net, scratch, batch_size, rule, matched, out):
    """Take the examples in order, a mini-batch at a time, and learn from them; or, where out has room, fill it.

    One kernel for both, since most of the time that compiling takes would go into what they share.
    """
    before = flush_denormals()
    x = address(examples.start), address(examples.index), address(examples.value), address(examples.dense)
    y = address(answers.labels), address(answers.targets), len(answers.labels) > 0
    order, n, sparse = address(examples.order), len(examples.order), len(examples.start) > 0
    plan, last = address(net.plan), len(net.plan) - 1
    theta, ahead, velocity = address(net.theta), address(net.ahead), address(net.velocity)
    rows, a, delta = address(scratch.rows), address(scratch.a), address(scratch.delta)
    learn, lazy = len(out) == 0, sparse and rule[L1] == 0.0 and rule[MU] == 0.0
    first, top, scale = describe(plan, 0), describe(plan, last), 1.0
    if learn and sparse and not lazy:
        layers.prepare(first, ahead, velocity, rule)
    for k in range(0, n, batch_size):
        m = min(batch_size, n - k)
        _forward(x, sparse, order, n, k, m, plan, last, ahead, scale, rows, a)
        if not learn:
            layers.copy_rows(top, k, m, a, address(out))
            continue
        layers.output_error(top, y, order, k, m, a, delta)
        _backward(x, sparse, order, k, m, matched, plan, last, theta, ahead, velocity, rows, a, delta, rule)
        if lazy:
            scale = _shrink(first, scale, rule, theta)
            layers.scatter(first, x, order, k, m, delta, np.float32(-rule[ETA] / (m * scale)), theta)
        elif sparse:
            layers.scatter(first, x, order, k, m, delta, -rule[ETA] / np.float32(m), velocity)
            layers.settle(first, theta, ahead, velocity, rule if k + m < n else LAST)
    if lazy and learn:
        layers.rescale(first, np.float32(scale), theta)
    restore_denormals(before)


@inlined
def _forward(x, sparse, order, n, k, m, plan, last, theta, scale, rows, a):
    """Activations of all layers for the examples order[k : k + m]."""
    for l in range(last + 1):
        layer, below = describe(plan, l), describe(plan, max(l - 1, 0))
        if l == 0 and sparse:
            layers.weigh_sparse(layer, x, order, k, m, n, theta, np.float32(scale), a)
        else:
            layers.locate(rows, m, l, below, order, k)
            layers.weigh(layer, a if l > 0 else x[3], rows, m, theta, a)
        layers.squash(layer, m, theta, a)


@inlined
def _backward(x, sparse, order, k, m, matched, plan, last, theta, ahead, velocity, rows, a, delta, rule):
    """BP1 to BP4 from the top, and a step for everything but the first weights of sparse inputs."""
    for l in range(last, -1, -1):
        layer, below = describe(plan, l), describe(plan, max(l - 1, 0))
        if l < last or not matched:
            layers.times_slope(layer, m, a, delta)
        if l > 0:
            layers.hidden_error(layer, below, m, ahead, a, delta)
        if l > 0 or not sparse:
            layers.locate(rows, m, l, below, order, k)
            layers.update(layer, a if l > 0 else x[3], rows, m, delta, theta, ahead, velocity, rule)
        layers.update_biases(layer, m, delta, theta, ahead, velocity, rule)


@inlined
def _shrink(layer, scale, rule, theta):
    """Lazy decay by one step -> the new scale."""
    scale *= 1.0 - np.float64(rule[ETA]) * np.float64(rule[L2])
    if scale > SMALLEST_SCALE:
        return scale
    layers.rescale(layer, np.float32(scale), theta)
    return 1.0


@kernel
def _sparse_rows(x, n_in, start, index, value):
    p = 0
    for i in range(len(start) - 1):
        for j in range(n_in):
            if x[i * n_in + j] != 0:
                index[p] = j
                value[p] = x[i * n_in + j]
                p += 1
        start[i + 1] = p


def sparse_rows(x):
    """Leave the zeros out of x; twin of `reference.sparse_rows`."""
    start = np.zeros(len(x) + 1, np.int64)
    size = np.count_nonzero(x)
    index, value = np.empty(size, INDEX), np.empty(size, np.float32)
    _sparse_rows(_flat(x), x.shape[1], start, index, value)
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
    batch_size = int(max(1, min(batch_size, len(order))))
    plan, size, room = make_plan(weights, activations, batch_size)
    theta = pack(weights, biases, plan, size)
    velocity = pack(velocity_w, velocity_b, plan, size) if mu else aligned(size)
    ahead = _aligned_copy(theta + np.float32(mu) * velocity) if mu and nesterov else theta
    scratch = Scratch(np.empty(batch_size, np.int64), aligned(room), aligned(room))
    rule = tuple(np.float32(r) for r in (eta, l2, l1, mu, mu if nesterov else 0.0))
    net = Net(plan, theta, ahead, velocity)
    _walk(_examples(x, order), _answers(y), net, scratch, batch_size, rule, bool(matched), aligned(0))
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
        scratch = Scratch(np.empty(CHUNK, np.int64), aligned(room), aligned(0))
        given = _examples(x, np.arange(begin, end)), _answers(aligned(0))
        _walk(*given, net, scratch, CHUNK, LAST, True, out[begin:end].reshape(-1))

    threads = int(max(1, min(numba.config.NUMBA_NUM_THREADS, n * size / WORTH_A_THREAD)))
    ends = np.linspace(0, n, threads + 1).astype(int)
    if threads == 1:
        part(0, n)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, ends[:-1], ends[1:]))
    return out


def _examples(x, order):
    order = _flat(order, np.int64)
    if isinstance(x, Sparse):
        return Examples(_flat(x.start, np.int64), _flat(x.index, INDEX), _flat(x.value), _flat([]), order)
    return Examples(_flat([], np.int64), _flat([], INDEX), _flat([]), _flat(x), order)


def _answers(y):
    if y.ndim == 1:
        return Answers(_flat(y, np.int64), _flat([]))
    return Answers(_flat([], np.int64), _flat(y))


def _flat(values, dtype=np.float32):
    """Values as a flat, contiguous array that is read-only: for one that is not, Numba would compile all anew."""
    flat = np.ascontiguousarray(values, dtype).reshape(-1).view()
    flat.flags.writeable = False
    return flat


def _aligned_copy(values):
    copy = aligned(len(values))
    copy[:] = values
    return copy
