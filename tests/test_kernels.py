"""The compiled kernels against their NumPy twins, and the twins against central differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nndl import kernels
from nndl.kernels import reference

# (sizes, activations, matched): one tile, several tiles, widths that fill lanes exactly and that do not
NETS = [
    ((12, 3), ("softmax",), True),
    ((12, 1), ("sigmoid",), False),
    ((1, 2, 2), ("tanh", "linear"), True),
    ((2, 16, 3), ("relu", "sigmoid"), True),
    ((20, 30, 10), ("sigmoid", "sigmoid"), False),
    ((33, 32, 33), ("sigmoid", "softmax"), True),
    ((40, 100, 17), ("tanh", "softmax"), False),
    ((40, 70, 33, 10), ("relu", "tanh", "sigmoid"), True),
    ((16, 8, 7, 6, 5), ("sigmoid", "relu", "linear", "tanh"), False),
    ((9, 1100, 4), ("sigmoid", "softmax"), True),
]
PLAIN = {"eta": 0.3, "l2": 0.0, "l1": 0.0, "mu": 0.0, "nesterov": False}
RULES = [
    {},
    {"l2": 0.05},
    {"l1": 0.02},
    {"l1": 0.02, "l2": 0.05},
    {"mu": 0.9},
    {"mu": 0.7, "l2": 0.05, "l1": 0.01},
    {"mu": 0.7, "l2": 0.05, "nesterov": True},
]
PLAIN_NET = NETS[4]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def make(net, rng, n=23, dtype=np.float32, targets=False, zeros=0.7):
    """Random inputs, answers and parameters for a net: (x, y, weights, biases)."""
    sizes, _, _ = net
    x = np.where(rng.random((n, sizes[0])) < zeros, 0, rng.random((n, sizes[0]))).astype(dtype)
    y = rng.integers(0, sizes[-1], n) if not targets else rng.random((n, sizes[-1])).astype(dtype)
    weights = [(rng.standard_normal((k, j)) / np.sqrt(j)).astype(dtype) for j, k in zip(sizes, sizes[1:])]
    return x, y, weights, [rng.standard_normal(k).astype(dtype) for k in sizes[1:]]


def trained(room, net, parts, order, batch_size=5, **rule):
    """Weights, biases and velocities after one epoch, from copies of the given ones."""
    x, y, weights, biases = parts
    weights, biases = [w.copy() for w in weights], [b.copy() for b in biases]
    rule = {**PLAIN, **rule}
    v_w, v_b = ([np.full_like(p, 0.1) for p in group] if rule["mu"] else None for group in (weights, biases))
    room.sgd_epoch(x, y, order, batch_size, weights, biases, v_w, v_b, *net[1:], *rule.values())
    return [*weights, *biases, *(v_w or []), *(v_b or [])]


def assert_twins(net, parts, order, sparse=True, **settings):
    x, *rest = parts
    given = (kernels.sparse_rows(x) if sparse else x, *rest)
    for got, want in zip(
        trained(kernels, net, given, order, **settings), trained(reference, net, parts, order, **settings)
    ):
        assert got.dtype == want.dtype
        assert_allclose(got, want, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("net", NETS, ids=str)
def test_an_epoch_equals_its_twin_on_every_net(net, sparse, rng):
    assert_twins(net, make(net, rng), rng.permutation(23), sparse, l2=0.01)
