"""Properties that hold for every network, found by asking for many."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nndl import CrossEntropy, Dense, LogLikelihood, Network, Quadratic, ReLU, Sigmoid, SoftmaxLayer, Tanh
from nndl.activations import Linear

OUTPUTS = {
    "quadratic": (Quadratic, lambda k, n: Dense(k, n, Sigmoid())),
    "linear": (Quadratic, lambda k, n: Dense(k, n, Linear())),
    "cross-entropy": (CrossEntropy, lambda k, n: Dense(k, n, Sigmoid())),
    "softmax": (LogLikelihood, SoftmaxLayer),
}
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def networks(draw, dtype="float64"):
    """A network of one to four layers with any widths, activations and cost."""
    sizes = draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    cost, output = OUTPUTS[draw(st.sampled_from(sorted(OUTPUTS)))]
    hidden = [
        Dense(k, n, draw(st.sampled_from([Sigmoid(), Tanh(), ReLU()]))) for k, n in zip(sizes, sizes[1:-1])
    ]
    return Network([*hidden, output(*sizes[-2:])], cost=cost(), seed=draw(st.integers(0, 99)), dtype=dtype)


def examples(net, m, seed=0):
    """M random examples that fit the network."""
    rng = np.random.default_rng(seed)
    return rng.random((m, net.sizes[0])).astype(np.float32), rng.integers(0, net.sizes[-1], m)


@calm
@given(networks(), st.integers(1, 30))
def test_the_gradient_of_a_batch_is_the_mean_of_its_examples(net, m):
    x, y = examples(net, m)
    alone = [net.gradients(x[i], y[i : i + 1]) for i in range(m)]
    for layer, (w, b) in enumerate(net.gradients(x, y)):
        assert_allclose(w, np.mean([g[layer][0] for g in alone], axis=0), atol=1e-12)
        assert_allclose(b, np.mean([g[layer][1] for g in alone], axis=0), atol=1e-12)


@calm
@given(networks(), st.integers(2, 30))
def test_the_order_of_a_batch_does_not_matter(net, m):
    x, y = examples(net, m)
    for (w, b), (w_back, b_back) in zip(net.gradients(x, y), net.gradients(x[::-1], y[::-1])):
        assert_allclose(w, w_back, atol=1e-12)
        assert_allclose(b, b_back, atol=1e-12)


@calm
@given(networks(), st.integers(1, 12))
def test_a_small_step_downhill_lowers_the_cost(net, m):
    x, y = examples(net, m)
    gradients = net.gradients(x, y)
    before = net.evaluate((x, y)).cost
    square = sum(float((g**2).sum()) for pair in gradients for g in pair)
    eta = 1e-6 / max(1.0, square)
    for layer, (w, b) in zip(net.layers, gradients):
        layer.w -= eta * w
        layer.b -= eta * b
    assert net.evaluate((x, y)).cost <= before + 1e-15


@calm
@given(networks(dtype="float32"), st.integers(1, 30), st.integers(1, 40))
def test_training_keeps_weights_finite_and_data_untouched(net, m, batch_size):
    x, y = examples(net, m)
    kept = x.copy()
    history = net.fit((x, y), 2, batch_size=batch_size, eta=0.01, progress=False)
    assert history.diverged is None
    assert all(np.isfinite(p).all() for group in net.parameters for p in group)
    assert_array_equal(x, kept)


@calm
@given(networks(dtype="float32"), st.integers(1, 20), st.integers(1, 25), st.floats(0, 0.9), st.floats(0, 5))
def test_float32_and_float64_learn_alike(net, m, batch_size, mu, lmbda):
    """Two routes: the compiled kernels (float32) and their NumPy twins (float64), from the same start."""
    twin = Network([type(l)(l.n_in, l.n_out) if isinstance(l, SoftmaxLayer) else Dense(l.n_in, l.n_out, l.activation)
                    for l in net.layers], cost=net.cost, seed=net.seed, dtype="float64")  # fmt: skip
    for layer, same in zip(net.layers, twin.layers):
        same.w, same.b = layer.w.astype(np.float64), layer.b.astype(np.float64)
    x, y = examples(net, m)
    for network in (net, twin):
        network.fit((x, y), 2, batch_size=batch_size, eta=0.01, mu=mu, lmbda=lmbda, progress=False)
    for layer, same in zip(net.layers, twin.layers):
        assert_allclose(layer.w, same.w, atol=2e-4, rtol=1e-3)
        assert_allclose(layer.b, same.b, atol=2e-4, rtol=1e-3)


@calm
@given(networks(), st.integers(1, 10))
def test_predictions_are_the_largest_outputs_and_accuracy_counts_them(net, m):
    x, y = examples(net, m)
    out = net.feedforward(x)
    assert_array_equal(net.predict(x), out.argmax(axis=1))
    assert net.accuracy((x, y)) == np.mean(net.predict(x) == y)
    if isinstance(net.cost, LogLikelihood):
        assert_allclose(out.sum(axis=1), 1)
