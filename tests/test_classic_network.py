import random

import classic_kit as kit
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import Dense, Large, Quadratic
from nndl.classic import mnist_loader, network, network_matrix

SIZES = [5, 4, 3]
PROGRAMS = pytest.mark.parametrize("program", [network, network_matrix])


def assert_same(net, b, w, **tolerance):
    for got, want in zip(net.biases + net.weights, b + w):
        assert_allclose(got, want, **tolerance)


@PROGRAMS
def test_shapes_and_names_are_those_of_the_book(program):
    net = program.Network([784, 30, 10])
    assert net.num_layers == 3 and net.sizes == [784, 30, 10]
    assert [b.shape for b in net.biases] == [(30, 1), (10, 1)]
    assert [w.shape for w in net.weights] == [(30, 784), (10, 30)]
    assert all(p.dtype == np.float64 for p in net.biases + net.weights)


@PROGRAMS
def test_first_weights_are_those_that_numpy_drew_then(program):
    assert_same(program.Network(SIZES, seed=5), *kit.first_weights(SIZES, 5, narrow=False), rtol=0)
    state = np.random.get_state()  # noqa: NPY002 (of the generator that the old programs drew from)
    np.random.seed(5)  # noqa: NPY002
    assert_same(program.Network(SIZES), *kit.first_weights(SIZES, 5, narrow=False), rtol=0)
    np.random.set_state(state)  # noqa: NPY002


def test_first_weights_are_normal_with_deviation_1():
    net = network.Network([784, 100, 10], seed=0)
    assert abs(net.weights[0].std() - 1) < 0.02 and abs(net.weights[0].mean()) < 0.02


@PROGRAMS
@pytest.mark.parametrize("m", [1, 4, 12, 50])
def test_training_is_that_of_the_book_example_by_example(program, m):
    pairs = kit.small_pairs(12, SIZES)
    net = program.Network(SIZES, seed=3)
    net.SGD(pairs, 2, m, 3.0, verbose=False)
    start = kit.first_weights(SIZES, 3, narrow=False)
    assert_same(net, *kit.train(*start, pairs, 3, 2, m, 3.0), rtol=1e-10, atol=1e-12)


def test_python_s_own_seed_fixes_the_order_where_no_other_is_given():
    pairs, (b, w) = kit.small_pairs(12, SIZES), kit.first_weights(SIZES, 0, narrow=False)
    net = network.Network(SIZES)
    net.biases, net.weights = b, w
    state = random.getstate()
    random.seed(9)
    net.SGD(pairs, 1, 5, 3.0, verbose=False)
    random.setstate(state)
    assert_same(net, *kit.train(b, w, pairs, 9, 1, 5, 3.0), rtol=1e-10)


def test_an_epoch_of_both_programs_is_the_same_to_10_digits(digits):
    pairs = mnist_loader.load_data_wrapper(digits)[0][:200]
    nets = [program.Network([784, 30, 10], seed=1) for program in (network, network_matrix)]
    for net in nets:
        net.SGD(pairs, 1, 10, 3.0, verbose=False)
    assert_same(nets[0], nets[1].biases, nets[1].weights, rtol=0, atol=1e-10)


@pytest.mark.parametrize("sizes", [[4, 3], [4, 5, 3], [3, 4, 4, 2], [3, 5, 4, 3, 2]])
def test_backprop_is_the_slope_of_the_quadratic_cost(sizes, rng):
    net = network.Network(sizes, seed=1)
    x, y = rng.random((sizes[0], 1)), rng.random((sizes[-1], 1))

    def cost():
        return np.square(net.feedforward(x) - y).sum() / 2

    nablas = net.backprop(x, y)
    for group, nabla in zip((net.biases, net.weights), nablas):
        for p, got in zip(group, nabla):
            want, step = np.empty_like(p), 1e-5
            for i in np.ndindex(p.shape):
                before = p[i]
                p[i] = before + step
                above = cost()
                p[i] = before - step
                want[i] = (above - cost()) / (2 * step)
                p[i] = before
            assert got.shape == p.shape
            assert np.abs(got - want).max() < 1e-6 * np.abs(want).max() + 1e-10


def test_backprop_of_many_columns_is_the_sum_and_that_of_the_package_the_mean(rng):
    net, package = network.Network(SIZES, seed=1), nndl.Network([Dense(5, 4), Dense(4, 3)], dtype="float64")
    for layer, b, w in zip(package.layers, net.biases, net.weights):
        layer.w, layer.b = w.copy(), b[:, 0].copy()
    x, y = rng.random((5, 6)), rng.random((3, 6))
    single = [net.backprop(x[:, [i]], y[:, [i]]) for i in range(6)]
    sums_b, sums_w = net.backprop(x, y)
    for l, (nabla_w, nabla_b) in enumerate(package.gradients(x.T, y.T)):
        assert_allclose(sums_b[l], sum(s[0][l] for s in single), rtol=1e-12)
        assert_allclose(sums_w[l], sum(s[1][l] for s in single), rtol=1e-12)
        assert_allclose(sums_b[l][:, 0] / 6, nabla_b, rtol=1e-10)
        assert_allclose(sums_w[l] / 6, nabla_w, rtol=1e-10)


@PROGRAMS
def test_a_step_does_not_depend_on_the_order_of_the_mini_batch(program):
    pairs, nets = kit.small_pairs(7, SIZES), [program.Network(SIZES, seed=1) for _ in range(2)]
    nets[0].update_mini_batch(pairs, 0.5)
    nets[1].update_mini_batch(pairs[::-1], 0.5)
    assert_same(nets[0], nets[1].biases, nets[1].weights, rtol=1e-12)


@pytest.mark.parametrize(("program", "calls"), [(network, 7), (network_matrix, 2)])
def test_the_matrix_goes_back_once_per_mini_batch_the_loop_once_per_example(program, calls, monkeypatch):
    counted, backprop = [], program.Network.backprop
    monkeypatch.setattr(
        program.Network, "backprop", lambda self, x, y: counted.append(x.shape) or backprop(self, x, y)
    )
    program.Network(SIZES, seed=1).SGD(kit.small_pairs(7, SIZES), 1, 4, 1.0, verbose=False)
    assert len(counted) == calls and sum(columns for _, columns in counted) == 7


@PROGRAMS
def test_another_cost_derivative_is_learned_from(program):
    class Doubled(program.Network):
        def cost_derivative(self, output_activations, y):
            return 2 * super().cost_derivative(output_activations, y)

    pairs = kit.small_pairs(8, SIZES)
    doubled, faster = Doubled(SIZES, seed=2), program.Network(SIZES, seed=2)
    doubled.SGD(pairs, 1, 4, 0.5, verbose=False)
    faster.SGD(pairs, 1, 4, 1.0, verbose=False)
    assert_same(doubled, faster.biases, faster.weights, rtol=1e-12)


def test_feedforward_and_evaluate_agree_with_single_examples():
    net, tests = network.Network(SIZES, seed=4), kit.small_pairs(40, SIZES, labels=True)
    one_by_one = [int(np.argmax(net.feedforward(x))) == y for x, y in tests]
    assert net.evaluate(tests) == sum(one_by_one)
    assert_allclose(
        net.feedforward(tests[0][0]), kit.forward(net.biases, net.weights, tests[0][0])[-1], rtol=1e-14
    )
    side_by_side = net.feedforward(np.hstack([x for x, _ in tests]))
    assert_allclose(side_by_side[:, [3]], net.feedforward(tests[3][0]), rtol=1e-12)


@PROGRAMS
def test_the_caller_s_list_stays_in_order_and_old_weights_stay_as_they_were(program):
    pairs, net = kit.small_pairs(9, SIZES), program.Network(SIZES, seed=1)
    before, (weights, biases) = list(pairs), (net.weights, net.biases)
    copies = [p.copy() for p in weights + biases]
    net.SGD(pairs, 2, 3, 1.0, verbose=False)
    assert all(a is b for a, b in zip(before, pairs))
    for p, copy in zip(weights + biases, copies):
        assert_array_equal(p, copy)


def test_a_line_per_epoch_is_printed_unless_told_otherwise(capsys):
    pairs, tests = kit.small_pairs(9, SIZES), kit.small_pairs(6, SIZES, labels=True)
    net = network.Network(SIZES, seed=1)
    net.SGD(pairs, 2, 3, 1.0, test_data=tests)
    net.SGD(pairs, 1, 3, 1.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"Epoch 1: {lines[1].split()[2]} / 6" and lines[2] == "Epoch 0 complete"
    net.SGD(pairs, 1, 3, 1.0, tests, verbose=False)
    assert capsys.readouterr().out == ""


def test_the_run_of_chapter_1_learns_the_small_digits_as_the_package_does(digits):
    training, _, test = mnist_loader.load_data_wrapper(digits)
    net = network_matrix.Network([784, 30, 10], seed=1)
    package = nndl.Network([Dense(784, 30), Dense(30, 10)], cost=Quadratic(), initializer=Large())
    for layer, b, w in zip(package.layers, net.biases, net.weights):
        layer.w, layer.b = w.astype(np.float32), b[:, 0].astype(np.float32)
    package.fit(digits[0], epochs=20, eta=3.0, progress=False)
    before = net.evaluate(test)
    net.SGD(training, 20, 10, 3.0, verbose=False)
    assert before < 0.3 * len(test) < 0.9 * len(test) < net.evaluate(test)
    assert abs(package.accuracy(digits[2]) - net.evaluate(test) / len(test)) < 0.05


def test_sigmoids_never_overflow():
    z = np.array([[-1e4], [0.0], [1e4]])
    assert_array_equal(network.sigmoid(z), [[0], [0.5], [1]])
    assert_array_equal(network.sigmoid_prime(z), [[0], [0.25], [0]])


def test_float32_stays_float32():
    net = network_matrix.Network(SIZES, seed=1, dtype="float32")
    net.SGD([(x.astype(np.float32), y) for x, y in kit.small_pairs(6, SIZES)], 1, 3, 1.0, verbose=False)
    double = network_matrix.Network(SIZES, seed=1)
    double.SGD(kit.small_pairs(6, SIZES), 1, 3, 1.0, verbose=False)
    assert_same(net, double.biases, double.weights, rtol=1e-4)
    assert {p.dtype for p in net.biases + net.weights} == {np.dtype(np.float32)}


PAIR = (np.zeros((5, 1)), np.eye(3)[:, :1])


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        ([], "got none. mnist_loader makes such lists"),
        ([(np.zeros(5), PAIR[1])], r"has shape \(5, 1\), got \(5,\). Write x\[:, None\]"),
        ([([0.0] * 5, PAIR[1])], r"has shape \(5, 1\), got \(5,\). Write x\[:, None\]"),
        ([PAIR, (np.zeros((4, 1)), PAIR[1])], r"Each x in training_data has shape \(5, 1\), got \(4, 1\)"),
        ([(PAIR[0], np.zeros((2, 1)))], r"Each y in training_data has shape \(3, 1\), got \(2, 1\)"),
        ([(PAIR[0], 2)], r"got labels. vectorized_result\(y\) makes them targets"),
        ([PAIR, (PAIR[0], 2)], "Labels and targets are mixed"),
        ([(PAIR[0], 3), (PAIR[0], 3)], "between 0 and 2, as the net has 3 outputs; got 3"),
        ([(np.full((5, 1), np.nan), PAIR[1])], "finite everywhere, got nan"),
    ],
)
def test_training_data_that_do_not_fit_are_refused_before_training(data, advice):
    with pytest.raises(ValueError, match=advice):
        network.Network(SIZES).SGD(data, 1, 1, 1.0)


def test_other_mistakes_are_answered_with_what_to_do(digits):
    net = network.Network(SIZES)
    with pytest.raises(TypeError, match=r"is a list of pairs \(x, y\). Two arrays of rows\? Write zip"):
        net.SGD((np.zeros((9, 5)), np.zeros(9)), 1, 1, 1.0)
    with pytest.raises(ValueError, match=r"holds labels, got targets \(3, 1\). Write np.argmax\(y\)"):
        net.SGD([PAIR], 1, 1, 1.0, test_data=[PAIR])
    with pytest.raises(TypeError, match="are whole numbers, got float64 values"):
        net.evaluate([(PAIR[0], 1.0)])
    with pytest.raises(ValueError, match=r"a column, got \(5,\). Write x\[:, None\]"):
        net.feedforward(np.zeros(5))
    with pytest.raises(ValueError, match=r"Its rows are examples: write x.T"):
        net.feedforward(np.zeros((9, 5)))
    with pytest.raises(ValueError, match=r"A label\? vectorized_result\(2\)"):
        net.backprop(PAIR[0], 2)
    with pytest.raises(ValueError, match=r"an input and an output at least, got \[784\]. Try"):
        network.Network([784])
    with pytest.raises(ValueError, match="eta is above 0"):
        net.SGD([PAIR], 1, 1, 0.0)
    with pytest.raises(ValueError, match="mini_batch_size is at least 1"):
        net.SGD([PAIR], 1, 0, 1.0)
