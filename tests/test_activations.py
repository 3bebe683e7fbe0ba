"""Activations against their formulas, their slopes and each other."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nndl import Linear, ReLU, Sigmoid, Softmax, Tanh

ELEMENTWISE = [Sigmoid(), Tanh(), ReLU(), Linear()]


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=repr)
def test_prime_is_the_slope(activation, rng):
    z = rng.uniform(-5, 5, 50)
    epsilon = 1e-5
    slope = (activation(z + epsilon) - activation(z - epsilon)) / (2 * epsilon)
    assert_allclose(activation.prime(z), slope, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [*ELEMENTWISE, Softmax()], ids=repr)
def test_shape_and_type_are_kept(activation, dtype):
    z = np.linspace(-3, 3, 12, dtype=dtype).reshape(3, 4)
    assert activation(z).dtype == dtype
    assert activation(z).shape == (3, 4)


def test_sigmoid_by_hand():
    assert Sigmoid()(0) == 0.5
    assert Sigmoid().prime(0) == 0.25
    assert_allclose(Sigmoid()(np.log(3)), 0.75)
    assert_allclose(Sigmoid()(-1.5), 1 - Sigmoid()(1.5))


def test_sigmoid_never_overflows():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(Sigmoid()(np.array([-1e4, 1e4])), [0, 1])
        assert_array_equal(Sigmoid().prime(np.array([-1e4, 1e4])), [0, 0])
        assert np.isnan(Sigmoid()(np.nan))


def test_sigmoid_becomes_the_step_as_weights_grow(rng):
    z = rng.standard_normal(1000)
    z = z[np.abs(z) > 0.01]
    assert np.abs(Sigmoid()(1e4 * z) - (z > 0)).max() < 1e-6


def test_tanh_is_a_sigmoid_stretched(rng):
    z = rng.standard_normal(20)
    assert_allclose(Tanh()(z), 2 * Sigmoid()(2 * z) - 1, atol=1e-15)


def test_relu_at_zero():
    assert_array_equal(ReLU()(np.array([-2.0, 0.0, 3.0])), [0, 0, 3])
    assert_array_equal(ReLU().prime(np.array([-2.0, 0.0, 3.0])), [0, 0, 1])


def test_softmax_gives_shares(rng):
    assert_allclose(Softmax()([2.5, -1, 3.2, 0.5]), [0.3145, 0.0095, 0.6334, 0.0426], atol=5e-5)  # N128
    z = rng.standard_normal((5, 7)) * 100
    assert_allclose(Softmax()(z).sum(axis=1), 1)
    assert_allclose(Softmax()(z), Softmax()(z + 1000), atol=1e-12)


def test_softmax_has_no_slope_element_by_element():
    with pytest.raises(TypeError, match=r"last layer, with LogLikelihood\(\)"):
        Softmax().prime(np.zeros(3))


def test_activations_of_a_kind_are_equal():
    assert Sigmoid() == Sigmoid()
    assert len({Sigmoid(), Sigmoid(), Tanh()}) == 2
