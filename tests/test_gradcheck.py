"""Backpropagation equals the slope, for every activation and cost; and a broken one is found."""

import numpy as np
import pytest

from nndl import (
    CrossEntropy,
    Dense,
    Linear,
    LogLikelihood,
    Network,
    Quadratic,
    ReLU,
    Sigmoid,
    SoftmaxLayer,
    Tanh,
    grad_check,
)
from nndl.gradcheck import slope

OUTPUTS = [
    (Quadratic(), lambda k, n: Dense(k, n, Sigmoid())),
    (Quadratic(), lambda k, n: Dense(k, n, Tanh())),
    (Quadratic(), lambda k, n: Dense(k, n, ReLU())),
    (Quadratic(), lambda k, n: Dense(k, n, Linear())),
    (CrossEntropy(), lambda k, n: Dense(k, n, Sigmoid())),
    (LogLikelihood(), SoftmaxLayer),
]


@pytest.mark.parametrize("hidden", [Sigmoid(), Tanh(), ReLU(), Linear()], ids=repr)
@pytest.mark.parametrize(("cost", "output"), OUTPUTS)
@pytest.mark.parametrize("sizes", [[5, 3], [5, 4, 3], [5, 6, 4, 3], [5, 4, 4, 4, 3]], ids=str)
def test_gradients_are_slopes(cost, output, hidden, sizes, rng):
    layers = [Dense(k, n, hidden) for k, n in zip(sizes[:-2], sizes[1:-1])] + [output(*sizes[-2:])]
    net = Network(layers, cost=cost, seed=3, dtype="float64")
    x, y = rng.random((6, 5)), rng.integers(0, 3, 6)
    assert max(grad_check(net, x, y)) < 1e-6


def test_slopes_one_way_cost_half_the_calls_and_more_error():
    v, calls = np.array([1.0, -2.0, 0.5]), []

    def cube():
        calls.append(1)
        return float((v**3).sum())

    central = slope(cube, v)
    assert len(calls) == 6
    one_way = slope(cube, v, forward=True)
    assert len(calls) == 6 + 4
    assert np.abs(central - 3 * v**2).max() < 1e-8
    assert 1e-6 < np.abs(one_way - 3 * v**2).max() < 1e-4
    assert v.tolist() == [1.0, -2.0, 0.5]


def test_a_forgotten_slope_is_found_in_its_layer(rng):
    class Forgotten(Sigmoid):
        def prime(self, z):
            return np.ones_like(z)

    net = Network([Dense(5, 4, Forgotten()), Dense(4, 3)], dtype="float64")
    below, above = grad_check(net, rng.random((6, 5)), rng.integers(0, 3, 6))
    assert below > 0.01
    assert above < 1e-6


def test_float32_is_refused_with_advice():
    with pytest.raises(ValueError, match='dtype="float64"'):
        grad_check(Network([Dense(5, 3)]), np.zeros((1, 5)), [0])
