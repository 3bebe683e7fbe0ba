"""Numbers and laws of the chapters on learning, held by the package: what the coverage table has no other test for."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nndl import CrossEntropy, Default, Dense, Large, Linear, Network, Quadratic, Tanh, grad_check
from nndl.activations import Softmax
from nndl.gradcheck import slope
from nndl.layers import Dropout
from nndl.layers.stack import backpropagate
from nndl.penalties import L1, L2

TO_ZERO = (np.ones((1, 1)), np.zeros((1, 1)))  # one example: input 1, target 0


def neuron(w, b, cost=None):
    """One sigmoid neuron with one input."""
    net = Network([Dense(1, 1)], cost=cost or CrossEntropy(), dtype="float64")
    net.layers[0].w[:], net.layers[0].b[:] = w, b
    return net


def outputs(net, epochs, eta):
    """The output for input 1 after each of these numbers of epochs of learning that it should be 0."""
    found = []
    for done, epoch in zip([0, *epochs], epochs):
        net.fit(TO_ZERO, epoch - done, batch_size=1, eta=eta)
        found.append(net.feedforward(np.ones(1))[0])
    return found


@pytest.mark.parametrize(("start", "published"), [
    ((0.6, 0.9), [0.8176, 0.3870, 0.2110, 0.1527, 0.1237, 0.1061, 0.0940]),
    ((2.0, 2.0), [0.9820, 0.9759, 0.9641, 0.9334, 0.7887, 0.3572, 0.2028]),
])  # fmt: skip
def test_with_the_quadratic_cost_a_neuron_that_is_badly_wrong_learns_slowly_at_first(start, published):
    assert_allclose(outputs(neuron(*start, Quadratic()), range(0, 301, 50), 0.15), published, atol=6e-5)


@pytest.mark.parametrize(("start", "published"), [((0.6, 0.9), [0.0792, 0.0116]), ((2, 2), [0.0985, 0.0120])])
def test_with_the_cross_entropy_the_same_neuron_learns_at_once(start, published):
    assert_allclose(outputs(neuron(*start), [50, 300], 0.15), published, atol=6e-5)


@pytest.mark.parametrize(
    ("start", "right", "wrong"), [((0.6, 0.9), 0.4177, 0.0404), ((2, 2), 0.7796, 0.0479)]
)
def test_a_rule_that_forgets_a_slope_learns_faster_and_is_found_out(start, right, wrong):
    class Forgetful(CrossEntropy):
        def delta(self, z, y, activation):
            return 1 / (1 - activation(z))  # dC/da where y = 0, taken for dC/dz

    assert_allclose(outputs(neuron(*start), [300], 0.005), right, atol=6e-5)
    net = neuron(*start, Forgetful())
    assert grad_check(net, *TO_ZERO)[0] > 0.05 > 1e-6 > grad_check(neuron(*start), *TO_ZERO)[0]
    for _ in range(300):
        ((nabla_w, nabla_b),) = net.gradients(*TO_ZERO)
        net.layers[0].w -= 0.005 * nabla_w
        net.layers[0].b -= 0.005 * nabla_b
    assert_allclose(net.feedforward(np.ones(1)), wrong, atol=6e-5)


def test_the_slope_of_the_cross_entropy_of_one_neuron_is_error_times_input(rng):
    net = Network([Dense(3, 1)], cost=CrossEntropy(), dtype="float64")
    x, y = rng.standard_normal((8, 3)), rng.random((8, 1))
    a = net.feedforward(x)
    ((nabla_w, nabla_b),) = net.gradients(x, y)
    assert_allclose(nabla_w[0], np.mean([x_i * (a_i - y_i) for x_i, a_i, y_i in zip(x, a, y)], axis=0))
    assert_allclose(nabla_b, np.mean(a - y))
    assert_allclose(net.cost(a, y), -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))


def test_weight_decay_by_hand_in_two_steps_of_one_neuron():
    net = neuron(1.0, -1.0)
    net.fit((np.ones((4, 1)), np.zeros((4, 1))), 1, batch_size=2, eta=0.4, lmbda=0.5)
    # The factor is 1 - 0.4 * 0.5 / 4 = 0.95, with the 4 examples there are and not the 2 of a mini-batch.
    # z = 0, a = 0.5: w = 0.95 - 0.4 * 0.5 = 0.75, b = -1 - 0.4 * 0.5 = -1.2; then z = -0.45.
    a = 1 / (1 + math.exp(0.45))
    assert_allclose(net.layers[0].w, 0.95 * 0.75 - 0.4 * a)
    assert_allclose(net.layers[0].b, -1.2 - 0.4 * a)


def test_softmax_outputs_are_positive_shares_with_the_jacobian_of_the_formula(rng):
    z = 3 * rng.standard_normal(5)
    a = Softmax()(z)
    assert (a > 0).all() and abs(a.sum() - 1) < 1e-12
    by_slope = [slope(lambda j=j: Softmax()(z)[j], z) for j in range(5)]
    assert_allclose(np.diag(a) - np.outer(a, a), by_slope, atol=1e-9)


def test_the_error_of_a_linear_output_is_a_minus_y(rng):
    z, y = rng.standard_normal((2, 6, 3))
    assert_array_equal(Quadratic().delta(z, y, Linear()), z - y)
    assert_allclose(slope(lambda: Quadratic()(z[:1], y[:1]), z[:1]), z[:1] - y[:1], atol=1e-9)


@pytest.mark.parametrize(("initializer", "variance", "peak", "beyond"), [
    (Large(), 501, 0.0178, 0.823), (Default(), 1.5, 0.3257, 0.000045),
], ids=repr)  # fmt: skip
def test_with_half_of_a_thousand_inputs_on_z_spreads_as_said(initializer, variance, peak, beyond):
    net = Network([Dense(1000, 8000, Linear())], initializer=initializer, seed=1)
    on = np.arange(1000) < 500
    z = net.feedforward(np.array([on, ~on])).ravel()
    sd = math.sqrt(variance)
    assert z.std() == pytest.approx(sd, rel=0.01)
    heights, edges = np.histogram(z / sd, bins=np.linspace(-3, 3, 13), density=True)
    middles = (edges[1:] + edges[:-1]) / 2
    assert_allclose(heights, np.exp(-(middles**2) / 2) / math.sqrt(2 * math.pi), atol=0.02)
    assert 1 / (sd * math.sqrt(2 * math.pi)) == pytest.approx(peak, abs=6e-5)
    assert math.erfc(5 / sd / math.sqrt(2)) == pytest.approx(beyond, rel=0.02)
    assert np.mean(np.abs(z) > 5) == pytest.approx(beyond, abs=0.01 * beyond + 2e-4)


def test_biases_that_start_at_zero_make_little_difference(digits):
    train, validation, _ = digits
    accuracies = []
    for initializer in (Default(), Default(bias="zero")):
        layers = [[Dense(784, 20), Dense(20, 10)] for _ in range(3)]
        nets = [Network(l, CrossEntropy(), seed, initializer=initializer) for seed, l in enumerate(layers)]
        for net in nets:
            net.fit(train, 10, eta=0.5, progress=False)
        accuracies.append(np.mean([net.accuracy(validation) for net in nets]))
    assert min(accuracies) > 0.9 and abs(accuracies[0] - accuracies[1]) < 0.02


def test_l1_takes_the_same_from_every_weight_and_l2_its_share():
    w = np.array([[4.0, 1.0, 0.5, 0.0, -1.0, -3.0]])
    taken = []
    for penalty in (L1(2.0), L2(2.0)):
        net = Network([Dense(6, 1)], dtype="float64")
        net.layers[0].w[:] = w
        net.fit((np.zeros((8, 6)), np.full((8, 1), 0.5)), 1, batch_size=8, eta=0.1, penalty=penalty)
        taken.append(np.abs(w) - np.abs(net.layers[0].w))
    step = 0.1 * 2.0 / 8
    assert_allclose(taken[0], step * (w != 0))  # sgn(0) = 0
    assert_allclose(taken[1], step * np.abs(w))


def test_l1_leaves_many_more_weights_near_zero_than_l2(digits):
    shares = []
    for penalty in (L1(0.3), L2(0.3)):
        net = Network([Dense(784, 20), Dense(20, 10)], cost=CrossEntropy(), seed=0)
        net.fit(digits[0], 20, eta=0.5, penalty=penalty, progress=False)
        assert net.accuracy(digits[1]) > 0.9
        shares.append(np.mean(np.abs(net.layers[0].w) < 0.002))
    assert shares[0] > 3 * shares[1]


@pytest.mark.parametrize("penalty", [L1(1.0), L2(1.0)], ids=repr)
def test_every_mini_batch_drops_others_and_momentum_goes_on_through_it(penalty, monkeypatch, rng):
    drawn, mask = [], Dropout.mask
    monkeypatch.setattr(Dropout, "mask", lambda *given: drawn.append(mask(*given)) or drawn[-1])
    net, twin = (Network([Dense(5, 8, Tanh()), Dropout(0.4), Dense(8, 3)], dtype="float64") for _ in range(2))
    x, y = np.tile(rng.random(5).astype(np.float32), (30, 1)), np.eye(3)[[1] * 30]  # equal: in any order
    net.fit((x, y), 2, batch_size=10, eta=0.3, mu=0.7, penalty=penalty)
    assert len({kept.tobytes() for kept in drawn}) == len(drawn) == 6
    velocity, (l2, l1) = [0, 0, 0, 0], penalty.rates(30)
    learned = [p for layer in twin.layers[::2] for p in (layer.w, layer.b)]
    for kept in drawn:
        pairs = backpropagate(twin.layers, twin.cost, x[:10].astype(float), y[:10], [None, kept, None])
        for i, (p, nabla) in enumerate(zip(learned, [nabla for pair in pairs for nabla in pair])):
            decay = (l2 * p + l1 * np.sign(p)) * (i % 2 == 0)  # biases have none
            velocity[i] = 0.7 * velocity[i] - 0.3 * (nabla + decay)
            p += velocity[i]
    for p, layer, kind in zip(learned, np.repeat(net.layers[::2], 2), "wbwb"):
        assert_allclose(getattr(layer, kind), p, rtol=1e-9)


def test_one_long_step_differs_from_m_online_steps_by_the_square_of_eta(rng):
    x, y, far = rng.random((12, 4)), rng.integers(0, 3, 12), []
    for eta in (0.02, 0.01):
        online, whole = (Network([Dense(4, 5), Dense(5, 3)], dtype="float64") for _ in range(2))
        online.fit((x, y), 1, batch_size=1, eta=eta)
        whole.fit((x, y), 1, batch_size=12, eta=12 * eta)
        far.append(max(np.abs(a.w - b.w).max() for a, b in zip(online.layers, whole.layers)))
    assert far[0] / far[1] == pytest.approx(4, rel=0.1)


def test_delta_is_the_product_of_weights_and_slopes_above(rng):
    net = Network([Dense(4, 6, Tanh()), Dense(6, 5), Dense(5, 7, Tanh()), Dense(7, 3)], dtype="float64")
    x, y = rng.standard_normal(4), rng.random(3)
    a = [values[0] for values in net.activations(x)]
    slopes = [np.diag(l.activation.prime(l.w @ a_in + l.b)) for l, a_in in zip(net.layers, a)]
    for depth, (_, nabla_b) in enumerate(net.gradients(x, y[None])):
        product = slopes[depth]
        for layer, slope_above in zip(net.layers[depth + 1 :], slopes[depth + 1 :]):
            product = product @ layer.w.T @ slope_above
        assert_allclose(nabla_b, product @ (a[-1] - y), rtol=1e-10)


def test_weights_of_100_and_weighted_inputs_of_0_make_gradients_explode_by_25_a_layer():
    net = Network([Dense(1, 1) for _ in range(4)], dtype="float64")
    for layer, a_in in zip(net.layers, (0.25, 0.5, 0.5, 0.5)):
        layer.w[:], layer.b[:] = 100, -100 * a_in
    nabla_b = [b[0] for _, b in net.gradients(np.array([[0.25]]), np.zeros((1, 1)))]
    assert [lower / upper for lower, upper in zip(nabla_b, nabla_b[1:])] == [25, 25, 25]
