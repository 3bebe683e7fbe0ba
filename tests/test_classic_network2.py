import json

import classic_kit as kit
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import CrossEntropy, Dense
from nndl.classic import mnist_loader, network2
from nndl.classic.network2 import CrossEntropyCost, Network, QuadraticCost
from nndl.training import Diverged

SIZES = [5, 4, 3]
COSTS = pytest.mark.parametrize("cost", [CrossEntropyCost, QuadraticCost])
EVERYTHING = {
    f"monitor_{part}_{what}": True for part in ("evaluation", "training") for what in ("cost", "accuracy")
}


def assert_same(net, b, w, **tolerance):
    for got, want in zip(net.biases + net.weights, b + w):
        assert_allclose(got, want, **tolerance)


def stepwise(cost):
    """A net that learns as this module's do, by its own methods instead of the kernels."""

    class Stepwise(Network):
        def update_mini_batch(self, mini_batch, eta, lmbda, n):
            super().update_mini_batch(mini_batch, eta, lmbda, n)

    return Stepwise(SIZES, cost, seed=3)


@COSTS
@pytest.mark.parametrize("m", [1, 5, 12])
@pytest.mark.parametrize("lmbda", [0.0, 2.0])
def test_training_is_that_of_the_book_example_by_example(cost, m, lmbda):
    pairs, start = kit.small_pairs(12, SIZES), kit.first_weights(SIZES, 3, narrow=True)
    want = kit.train(*start, pairs, 3, 2, m, 0.7, lmbda, quadratic=cost is QuadraticCost)
    for net in (Network(SIZES, cost=cost, seed=3), stepwise(cost)):
        assert_same(net, *start, rtol=0)
        net.SGD(pairs, 2, m, 0.7, lmbda, verbose=False)
        assert_same(net, *want, rtol=1e-10, atol=1e-12)


@COSTS
def test_compiled_float32_follows_float64(cost, digits):
    training = mnist_loader.load_data_wrapper(digits)[0][:300]
    nets = [Network([784, 30, 10], cost, seed=1, dtype=dtype) for dtype in ("float64", "float32")]
    for net in nets:
        net.SGD(training, 1, 10, 0.5, 0.1, verbose=False)
    assert_same(nets[1], nets[0].biases, nets[0].weights, rtol=0, atol=2e-5)
    assert {p.dtype for p in nets[1].biases + nets[1].weights} == {np.dtype(np.float32)}
    assert_allclose(nets[1].total_cost(training, 0.1), nets[0].total_cost(training, 0.1), rtol=1e-4)


def test_weight_decay_by_hand_on_two_neurons():
    net = Network([1, 1], seed=0)
    net.weights, net.biases = [np.array([[2.0]])], [np.array([[0.0]])]
    net.SGD([(np.zeros((1, 1)), np.ones((1, 1)))] * 4, 1, 2, 0.5, lmbda=0.8, verbose=False)
    assert_allclose(net.weights[0], 2.0 * (1 - 0.5 * 0.8 / 4) ** 2)  # x = 0: nothing but decay, two steps
    first = 0.5 * 0.5  # eta (y - a), a = 1/2
    second = 0.5 * (1 - 1 / (1 + np.exp(-first)))
    assert_allclose(net.biases[0], first + second)  # and biases do not decay


def test_first_weights_have_the_deviations_of_their_names():
    net = Network([784, 100, 10], seed=0)
    for narrow in (True, False):
        for b, w, n_in in zip(net.biases, net.weights, (784, 100)):
            assert abs(w.std() * (n_in**0.5 if narrow else 1) - 1) < 0.06
            assert b.shape == (len(w), 1)
        assert abs(net.weights[0].std() * (28 if narrow else 1) - 1) < 0.02
        net.large_weight_initializer()
    net = Network(SIZES, seed=5)
    assert_same(net, *kit.first_weights(SIZES, 5, narrow=True), rtol=0)
    net.default_weight_initializer()
    assert not np.allclose(net.weights[0], kit.first_weights(SIZES, 5, narrow=True)[1][0])


@COSTS
def test_costs_and_their_errors_are_those_of_the_package(cost, rng):
    z, y = rng.standard_normal((4, 1)), rng.random((4, 1))
    a = 1 / (1 + np.exp(-z))
    same = nndl.Quadratic() if cost is QuadraticCost else CrossEntropy()
    assert_allclose(cost.fn(a, y), same(a.T, y.T), rtol=1e-12)
    assert_allclose(cost.delta(z, a, y).T, same.delta(z.T, y.T, nndl.Sigmoid()), rtol=1e-12)


def test_cross_entropy_needs_no_z_and_stays_finite_at_0_and_1():
    one = np.ones((1, 1))
    assert CrossEntropyCost.delta(None, 0.7, 1.0) == pytest.approx(-0.3)
    for right in (0 * one, one):
        assert CrossEntropyCost.fn(right, right) == 0
        assert 700 < CrossEntropyCost.fn(right, 1 - right) < 710
    assert CrossEntropyCost.fn(np.array([0.5, 1.0]), np.array([1.0, 1.0])) == pytest.approx(np.log(2))


def test_four_lists_come_back_in_their_order_and_empty_without_their_flag():
    pairs, held = kit.small_pairs(12, SIZES), kit.small_pairs(7, SIZES, seed=1, labels=True)

    def run(**flags):
        return Network(SIZES, seed=2).SGD(pairs, 3, 4, 0.5, 0.3, evaluation_data=held, verbose=False, **flags)

    evaluation_cost, evaluation_accuracy, training_cost, training_accuracy = every = run(**EVERYTHING)
    assert [len(values) for values in every] == [3, 3, 3, 3]
    net = Network(SIZES, seed=2)
    net.SGD(pairs, 3, 4, 0.5, 0.3, verbose=False)
    assert evaluation_cost[-1] == net.total_cost(held, 0.3, convert=True)
    assert evaluation_accuracy[-1] == net.accuracy(held)
    assert training_cost[-1] == net.total_cost(pairs, 0.3)
    assert training_accuracy[-1] == net.accuracy(pairs, convert=True)
    for i, flag in enumerate(
        [
            "monitor_evaluation_cost",
            "monitor_evaluation_accuracy",
            "monitor_training_cost",
            "monitor_training_accuracy",
        ]
    ):
        assert run(**{flag: True}) == tuple(values if i == j else [] for j, values in enumerate(every))
    assert run() == ([], [], [], [])


def test_flags_may_be_given_by_position_as_ever():
    pairs, held = kit.small_pairs(8, SIZES), kit.small_pairs(7, SIZES, seed=1, labels=True)
    got = Network(SIZES, seed=2).SGD(pairs, 2, 4, 0.5, 0.0, held, False, True, True, False, 0, verbose=False)
    assert [len(values) for values in got] == [0, 2, 2, 0]


def test_accuracy_is_a_count_the_same_for_labels_and_targets():
    net = Network(SIZES, seed=4)
    targets, labels = kit.small_pairs(50, SIZES), kit.small_pairs(50, SIZES, labels=True)
    by_hand = sum(int(np.argmax(net.feedforward(x))) == y for x, y in labels)
    assert net.accuracy(labels) == net.accuracy(targets, convert=True) == by_hand
    assert isinstance(net.accuracy(labels), int)


@COSTS
def test_total_cost_divides_the_penalty_by_the_size_of_the_data_it_is_given(cost):
    net = Network(SIZES, cost, seed=4)
    for n in (50, 10):
        targets, labels = kit.small_pairs(n, SIZES), kit.small_pairs(n, SIZES, labels=True)
        by_hand = sum(cost.fn(net.feedforward(x), y) for x, y in targets) / n
        penalty = 3.0 / (2 * n) * sum((w**2).sum() for w in net.weights)
        assert_allclose(net.total_cost(targets, 3.0), by_hand + penalty, rtol=1e-12)
        assert_allclose(net.total_cost(labels, 3.0, convert=True), by_hand + penalty, rtol=1e-12)
        assert_allclose(net.total_cost(targets, 0.0), by_hand, rtol=1e-12)


def test_the_cost_of_saturated_outputs_is_that_of_their_weighted_inputs():
    net = Network([1, 1], seed=0)
    net.weights, net.biases = [np.array([[60.0]])], [np.array([[0.0]])]
    assert net.total_cost([(np.ones((1, 1)), np.zeros((1, 1)))], 0.0) == pytest.approx(60.0)


def test_another_cost_class_is_learned_from_watched_saved_and_loaded(tmp_path):
    class Doubled:
        @staticmethod
        def fn(a, y):
            return float(np.linalg.norm(a - y, 1))  # for a matrix this norm is not the sum over its columns

        @staticmethod
        def delta(z, a, y):
            return 2 * (a - y)

    pairs = kit.small_pairs(12, SIZES)
    doubled, faster = Network(SIZES, Doubled, seed=3), Network(SIZES, seed=3)
    costs = doubled.SGD(pairs, 1, 4, 0.5, monitor_training_cost=True, verbose=False)[2]
    faster.SGD(pairs, 1, 4, 1.0, verbose=False)
    assert_same(doubled, faster.biases, faster.weights, rtol=1e-10)
    assert_allclose(costs, [np.mean([abs(doubled.feedforward(x) - y).sum() for x, y in pairs])])
    doubled.save(tmp_path / "net.json")
    with pytest.raises(
        ValueError, match=r"the cost 'Doubled'; known are QuadraticCost.* Pass its class: load\("
    ):
        network2.load(tmp_path / "net.json")
    assert network2.load(tmp_path / "net.json", cost=Doubled).cost is Doubled


def test_a_replaced_method_is_used_for_learning_and_for_watching():
    net, pairs = Network(SIZES, seed=3), kit.small_pairs(6, SIZES, labels=True)
    net.feedforward = lambda a: np.eye(3)[:, [1]] * np.ones((1, a.shape[1]))
    assert net.accuracy(pairs) == sum(y == 1 for _, y in pairs)


def test_a_replaced_error_of_the_output_is_learned_from():
    class Doubled(Network):
        def output_error(self, z, a, y):
            return 2 * super().output_error(z, a, y)

    doubled, faster, pairs = Doubled(SIZES, seed=3), Network(SIZES, seed=3), kit.small_pairs(12, SIZES)
    doubled.SGD(pairs, 1, 4, 0.5, verbose=False)
    faster.SGD(pairs, 1, 4, 1.0, verbose=False)
    assert_same(doubled, faster.biases, faster.weights, rtol=1e-10)


class Scripted(Network):
    """A net whose accuracies on evaluation data follow a script."""

    def accuracy(self, data, convert=False):
        return self.script.pop(0)


@pytest.mark.parametrize(
    ("script", "n", "epochs"),
    [
        ([1, 2, 3, 4, 5, 6], 2, 6),  # always better: never stops
        ([5, 5, 5, 5, 5, 5], 2, 3),  # equal is not better
        ([5, 4, 6, 5, 6, 7], 2, 5),  # a late best counts anew, an equal one does not
        ([5, 4, 3, 2, 1, 0], 1, 2),
        ([5, 4, 3, 2, 1, 0], 0, 6),  # switched off
    ],
)
def test_early_stopping_waits_n_epochs_after_the_first_best(script, n, epochs):
    net = Scripted(SIZES, seed=1)
    net.script = list(script)
    pairs, held = kit.small_pairs(4, SIZES), kit.small_pairs(4, SIZES, labels=True)
    lists = net.SGD(pairs, 6, 2, 0.1, 0.0, held, False, True, early_stopping_n=n, verbose=False)
    assert lists[1] == script[:epochs]


def test_early_stopping_needs_no_flag():
    pairs, held = kit.small_pairs(4, SIZES), kit.small_pairs(4, SIZES, labels=True)
    net = Scripted(SIZES, seed=1)
    net.script = [3, 2, 1, 0]
    assert net.SGD(pairs, 4, 2, 0.1, evaluation_data=held, early_stopping_n=1, verbose=False) == (
        [],
        [],
        [],
        [],
    )
    assert net.script == [1, 0]


def test_epochs_are_printed_unless_told_otherwise(capsys):
    pairs, held = kit.small_pairs(4, SIZES), kit.small_pairs(6, SIZES, labels=True)
    net = Network(SIZES, seed=1)
    lists = net.SGD(pairs, 1, 2, 0.1, 0.0, held, **EVERYTHING)
    assert capsys.readouterr().out == (
        f"Epoch 0: cost on evaluation data {lists[0][0]:.4f}, accuracy on evaluation data {lists[1][0]} / 6, "
        f"cost on training data {lists[2][0]:.4f}, accuracy on training data {lists[3][0]} / 4\n"
    )
    net.SGD(pairs, 1, 2, 0.1)
    assert capsys.readouterr().out == "Epoch 0: complete\n"
    net.SGD(pairs, 1, 2, 0.1, verbose=False)
    assert capsys.readouterr().out == ""


@COSTS
def test_a_saved_net_gives_the_same_outputs(cost, tmp_path, rng):
    net, x = Network(SIZES, cost, seed=6), rng.random((5, 4))
    net.save(tmp_path / "net.json")
    content = json.loads((tmp_path / "net.json").read_text())
    assert set(content) == {"sizes", "weights", "biases", "cost"}
    assert content["sizes"] == SIZES and content["cost"] == cost.__name__
    loaded = network2.load(tmp_path / "net.json")
    assert loaded.cost is cost
    assert_allclose(loaded.feedforward(x), net.feedforward(x), rtol=0, atol=1e-12)
    single = Network(SIZES, cost, seed=6, dtype="float32")
    single.save(tmp_path / "single.json")
    assert_array_equal(network2.load(tmp_path / "single.json").feedforward(x), single.feedforward(x))


def test_a_loaded_net_goes_on_as_the_saved_one_would(tmp_path):
    pairs, net = kit.small_pairs(9, SIZES), Network(SIZES, seed=6)
    net.save(tmp_path / "net.json")
    loaded, fresh = network2.load(tmp_path / "net.json", seed=8), kit.first_weights(SIZES, 6, narrow=True)
    loaded.SGD(pairs, 1, 3, 0.5, verbose=False)
    assert_same(loaded, *kit.train(*fresh, pairs, 8, 1, 3, 0.5, quadratic=False), rtol=1e-10)


def test_files_with_other_entries_load_and_damaged_ones_are_named(tmp_path):
    path = tmp_path / "net.json"
    Network(SIZES, seed=6).save(path)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "momentum": 0.9}))
    assert network2.load(path).sizes == SIZES

    def loading(changes):
        path.write_text(json.dumps({**content, **changes}))
        network2.load(path)

    with pytest.raises(ValueError, match=r"weights\[0\] has shape \(4, 6\), got \(4, 5\)"):
        loading({"sizes": [6, 4, 3]})
    with pytest.raises(ValueError, match="biases of 1 layers, but sizes of 2.* Save the network again"):
        loading({"biases": content["biases"][:1]})
    with pytest.raises(ValueError, match="dtype is one of 'float64', 'float32'; got 'object'"):
        loading({"dtype": "object"})
    with pytest.raises(ValueError, match="the cost 'os.system'; known are"):
        loading({"cost": "os.system"})
    path.write_text('{"sizes": [5, 4')
    with pytest.raises(ValueError, match="not a whole network file"):
        network2.load(path)
    with pytest.raises(FileNotFoundError, match=r"net.save\(.*\) writes one"):
        network2.load(tmp_path / "nothing.json")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_that_run_away_are_reported_once_and_training_goes_on(dtype, tmp_path):
    pairs, net = kit.small_pairs(50, SIZES), Network(SIZES, seed=1, dtype=dtype)
    with pytest.warns(
        Diverged, match="1 - eta lmbda / n = -10000 in each step. Try a smaller eta than 1000"
    ) as caught:
        lists = net.SGD(pairs, 4, 1, 1000.0, 500.05, monitor_training_accuracy=True, monitor_training_cost=True,
                        verbose=False)  # fmt: skip
    assert len(caught) == 1 and len(lists[2]) == len(lists[3]) == 4
    with pytest.raises(ValueError, match="JSON has no nan or infinity"):
        net.save(tmp_path / "net.json")


def test_the_failing_start_of_chapter_3_stays_at_chance_and_its_repair_does_not(digits):
    """N044 and N047, on a thousand small digits: weight factors of -9 and 0.98 per step."""
    training, held, _ = mnist_loader.load_data_wrapper(digits)
    held = held[:100]
    with pytest.warns(Diverged, match="= -9 in"):
        failing = Network([784, 10], seed=0).SGD(training[:1000], 4, 10, 10.0, 1000.0, held,
                                                 monitor_evaluation_accuracy=True, verbose=False)[1]  # fmt: skip
    repaired = Network([784, 10], seed=0).SGD(training[:1000], 4, 10, 1.0, 20.0, held,
                                              monitor_evaluation_accuracy=True, verbose=False)[1]  # fmt: skip
    assert max(failing[1:]) <= 25 and max(repaired) > 35


def test_it_learns_as_the_package_does(digits):
    training, _, test = mnist_loader.load_data_wrapper(digits)
    net = Network([784, 30, 10], seed=1, dtype="float32")
    net.SGD(training, 10, 10, 0.5, lmbda=0.1, verbose=False)
    package = nndl.Network([Dense(784, 30), Dense(30, 10)], cost=CrossEntropy(), seed=1)
    package.fit(digits[0], epochs=10, eta=0.5, lmbda=0.1, progress=False)
    assert net.accuracy(test) > 0.9 * len(test)
    assert abs(package.accuracy(digits[2]) - net.accuracy(test) / len(test)) < 0.03


def test_mistakes_are_answered_before_training_starts():
    pairs, labels = kit.small_pairs(4, SIZES), kit.small_pairs(4, SIZES, labels=True)
    net = Network(SIZES, seed=1)
    for flag in ("monitor_evaluation_cost", "monitor_evaluation_accuracy", "early_stopping_n"):
        with pytest.raises(
            ValueError, match=f"{flag} needs evaluation_data. Pass evaluation_data=validation_data"
        ):
            net.SGD(pairs, 1, 2, 0.5, **{flag: True if flag != "early_stopping_n" else 2})
    with pytest.raises(
        ValueError, match="data should hold labels here, got targets in its pairs. Pass convert=True"
    ):
        net.accuracy(pairs)
    with pytest.raises(
        ValueError, match="should hold targets here, got labels in its pairs. Pass convert=False"
    ):
        net.accuracy(labels, convert=True)
    with pytest.raises(
        ValueError, match="should hold targets here, got labels in its pairs. Pass convert=True"
    ):
        net.total_cost(labels, 0.0)
    with pytest.raises(
        ValueError, match="should hold labels here, got targets in its pairs. Pass convert=False"
    ):
        net.total_cost(pairs, 0.0, convert=True)
    with pytest.raises(
        ValueError, match=r"training_data should hold targets here, got labels .* vectorized_result"
    ):
        net.SGD(labels, 1, 2, 0.5)
    with pytest.raises(ValueError, match=r"evaluation_data should hold labels here, got targets"):
        net.SGD(pairs, 1, 2, 0.5, evaluation_data=pairs)
    with pytest.raises(TypeError, match=r"such as CrossEntropyCost; got CrossEntropy\(\)"):
        Network(SIZES, cost=CrossEntropy())
    with pytest.raises(ValueError, match="lmbda lies at 0 or above"):
        net.SGD(pairs, 1, 2, 0.5, -1.0)
    net.weights[0] = net.weights[0].T
    with pytest.raises(
        ValueError, match=r"weights have shapes \[\(4, 5\), \(3, 4\)\] .*got \[\(5, 4\), \(3, 4\)\]"
    ):
        net.SGD(pairs, 1, 2, 0.5)
