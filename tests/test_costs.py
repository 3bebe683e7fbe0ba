"""Costs and penalties by hand, by slope and at the edge of what floats can hold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nndl import L1, L2, CrossEntropy, LogLikelihood, Quadratic, Sigmoid, Softmax
from nndl.gradcheck import slope


def test_quadratic_by_hand():
    assert Quadratic()([[1.0, 0.0]], [[0.0, 0.0]]) == 0.5
    assert Quadratic()([[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]) == (1 + 4) / 4


def test_cross_entropy_by_hand():
    assert_allclose(CrossEntropy()([[0.5, 0.5]], [[1.0, 0.0]]), 2 * np.log(2))
    assert CrossEntropy()([[1.0, 0.0]], [[1.0, 0.0]]) == 0
    assert CrossEntropy()([[1.0]], [[0.0]]) == np.inf


def test_log_likelihood_by_hand():
    assert_allclose(LogLikelihood()([[0.25, 0.75]], [[1.0, 0.0]]), np.log(4))
    assert LogLikelihood()([[0.0, 1.0]], [[1.0, 0.0]]) == np.inf


@pytest.mark.parametrize(
    ("cost", "activation"),
    [(Quadratic(), Sigmoid()), (CrossEntropy(), Sigmoid()), (LogLikelihood(), Softmax())],
    ids=repr,
)
def test_cost_from_z_is_the_cost(cost, activation, rng):
    z, y = rng.standard_normal((6, 4)), np.eye(4)[rng.integers(0, 4, 6)]
    assert_allclose(cost.from_z(z, y, activation), cost(activation(z), y))


@pytest.mark.parametrize(
    ("cost", "activation"),
    [(Quadratic(), Sigmoid()), (CrossEntropy(), Sigmoid()), (LogLikelihood(), Softmax())],
    ids=repr,
)
def test_delta_is_the_slope_of_the_cost(cost, activation, rng):
    z, y = rng.standard_normal((1, 4)), np.eye(4)[[2]]
    assert_allclose(cost.delta(z, y, activation), slope(lambda: cost(activation(z), y), z), atol=1e-9)


@pytest.mark.parametrize("z", [-1e3, 1e3])
def test_confidently_wrong_stays_finite_from_z(z):
    assert CrossEntropy().from_z([[z]], np.array([[0.0]]), Sigmoid()) == max(z, 0)
    assert LogLikelihood().from_z([[z, 0.0]], np.array([[0.0, 1.0]]), Softmax()) == max(z, 0)


def test_targets_between_zero_and_one_are_taken():
    y = np.array([[0.3]])
    best = CrossEntropy()(y, y)
    assert best > 0
    assert best < CrossEntropy()(y + 0.01, y)
    assert best < CrossEntropy()(y - 0.01, y)


def test_penalties_by_hand():
    w = [np.array([[3.0, -4.0]]), np.array([[1.0]])]
    assert L2(2.0)(w, 10) == 2 / 20 * (9 + 16 + 1)
    assert_allclose(L1(2.0)(w, 10), 2 / 10 * (3 + 4 + 1))


@pytest.mark.parametrize("penalty", [L1(0.7), L2(0.7)], ids=repr)
def test_the_rates_are_the_slope_of_the_penalty(penalty, rng):
    w = rng.standard_normal((3, 2))
    l2, l1 = penalty.rates(50)
    assert_allclose(l2 * w + l1 * np.sign(w), slope(lambda: penalty([w], 50), w), rtol=1e-6)


def test_a_negative_lmbda_is_refused():
    with pytest.raises(ValueError, match=r"lmbda lies at 0 or above, got -1.*switches the penalty off"):
        L2(-1)
