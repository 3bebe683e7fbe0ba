"""Chapter 1 on one screen is right, and the package computes the same."""

import numpy as np
from numpy.testing import assert_allclose

from nndl import Dense, Network, plain
from nndl.gradcheck import slope


def twins(sizes, rng):
    """A plain network and a package network with the same weights."""
    small = plain.PlainNetwork(sizes, rng)
    net = Network([Dense(k, n) for k, n in zip(sizes, sizes[1:])], dtype="float64")
    for layer, w, b in zip(net.layers, small.w, small.b):
        layer.w, layer.b = w.copy(), b.copy()
    return small, net


def test_backprop_is_the_slope(rng):
    small = plain.PlainNetwork([4, 3, 2], rng)
    x, y = rng.random((5, 4)), np.eye(2)[[0, 1, 1, 0, 1]]

    def cost():
        return np.square(small.feedforward(x)[-1] - y).sum(axis=1).mean() / 2

    nabla_b, nabla_w = small.backprop(x, y)
    for layer in range(2):
        assert_allclose(nabla_w[layer], slope(cost, small.w[layer]), rtol=1e-6, atol=1e-9)
        assert_allclose(nabla_b[layer], slope(cost, small.b[layer]), rtol=1e-6, atol=1e-9)


def test_the_package_gives_the_same_outputs_and_gradients(rng):
    small, net = twins([6, 5, 4, 3], rng)
    x, labels = rng.random((7, 6)), rng.integers(0, 3, 7)
    assert_allclose(net.feedforward(x), small.feedforward(x)[-1], rtol=1e-12)
    nabla_b, nabla_w = small.backprop(x, np.eye(3)[labels])
    for (got_w, got_b), w, b in zip(net.gradients(x, labels), nabla_w, nabla_b):
        assert_allclose(got_w, w, rtol=1e-12)
        assert_allclose(got_b, b, rtol=1e-12)


def test_an_epoch_of_the_package_ends_at_the_same_weights(rng):
    small, net = twins([6, 5, 3], rng)
    x, labels = rng.random((23, 6)).astype(np.float32), rng.integers(0, 3, 23)
    same = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[1])
    plain.sgd(small, x, np.eye(3)[labels], 2, 10, 3.0, same)
    net.fit((x, labels), 2, batch_size=10, eta=3.0)
    for layer, w, b in zip(net.layers, small.w, small.b):
        assert_allclose(layer.w, w, rtol=1e-9)
        assert_allclose(layer.b, b, rtol=1e-9)


def test_it_learns_the_digits(digits, rng):
    train, _, test = digits
    net = plain.PlainNetwork([784, 30, 10], rng)
    before = plain.accuracy(net, test.x, test.y)
    plain.sgd(net, train.x, train.targets, 10, 10, 3.0, rng)
    assert before < 0.3
    assert plain.accuracy(net, test.x, test.y) > 0.85
