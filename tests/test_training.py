"""The training loop: what it does by hand, what it watches, when it stops, what it refuses."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import L1, CrossEntropy, Data, Dense, History, Network, Quadratic
from nndl.training import Diverged


@pytest.fixture
def data(rng):
    """Forty points of three kinds."""
    y = rng.integers(0, 3, 40)
    return Data(rng.random((40, 5)) + np.eye(3, 5)[y], y, classes=3)


def fitted(data, epochs=3, seed=0, **options):
    """The weights after training a small network."""
    net = Network(
        [Dense(5, 4), Dense(4, 3)], cost=CrossEntropy(), seed=seed, dtype=options.pop("dtype", "float64")
    )
    net.fit(data, epochs, **{"eta": 0.5, **options})
    return np.concatenate([p.ravel() for group in net.parameters for p in group])


def by_hand(net, data, batches, eta, lmbda=0.0, l1=0.0, mu=0.0, nesterov=False):
    """The same steps, written out with net.gradients, as an independent route."""
    velocity = [[np.zeros_like(l.w), np.zeros_like(l.b)] for l in net.layers]
    n = len(data)
    for rows in batches:
        if nesterov:
            for layer, v in zip(net.layers, velocity):
                layer.w += mu * v[0]
                layer.b += mu * v[1]
        pairs = net.gradients(data.x[rows], data.y[rows])
        steps = [(g + lmbda / n * l.w + l1 / n * np.sign(l.w), h) for l, (g, h) in zip(net.layers, pairs)]
        for layer, v, (g, h) in zip(net.layers, velocity, steps):
            if nesterov:
                layer.w -= mu * v[0]
                layer.b -= mu * v[1]
            v[0], v[1] = mu * v[0] - eta * g, mu * v[1] - eta * h
            layer.w += v[0]
            layer.b += v[1]


@pytest.mark.parametrize(
    ("fit", "hand"),
    [
        ({}, {}),
        ({"lmbda": 3.0}, {"lmbda": 3.0}),
        ({"penalty": L1(2.0)}, {"l1": 2.0}),
        ({"mu": 0.8}, {"mu": 0.8}),
        ({"mu": 0.8, "nesterov": True, "lmbda": 1.0}, {"mu": 0.8, "nesterov": True, "lmbda": 1.0}),
    ],
    ids=["plain", "L2", "L1", "momentum", "nesterov"],
)
def test_an_epoch_is_the_steps_of_the_book(data, fit, hand):
    net, twin = (Network([Dense(5, 4), Dense(4, 3)], cost=CrossEntropy(), dtype="float64") for _ in range(2))
    net.fit(data, 1, batch_size=7, eta=0.5, **fit)
    order = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[1]).permutation(40)
    by_hand(twin, data, [order[i : i + 7] for i in range(0, 40, 7)], 0.5, **hand)
    for a, b in zip(net.layers, twin.layers):
        assert_allclose(a.w, b.w, rtol=1e-9)
        assert_allclose(a.b, b.b, rtol=1e-9)


def test_a_batch_of_everything_is_gradient_descent(data):
    net = Network([Dense(5, 3)], dtype="float64")
    w = net.layers[0].w - 2.0 * net.gradients(data.x, data.y)[0][0]
    net.fit(data, 1, batch_size=1000, eta=2.0)
    assert_allclose(net.layers[0].w, w, rtol=1e-9)


def test_one_seed_one_result(data):
    assert_array_equal(fitted(data), fitted(data))
    assert_array_equal(fitted(data), fitted(data, progress=False, on_epoch=lambda history: None))
    assert not np.array_equal(fitted(data), fitted(data, seed=1))


def test_stopping_and_going_on_is_the_same_as_going_through(data):
    net = Network([Dense(5, 4), Dense(4, 3)], cost=CrossEntropy(), dtype="float64")
    net.fit(data, 2, eta=0.5)
    net.fit(data, 3, eta=0.5)
    assert_array_equal(np.concatenate([p.ravel() for g in net.parameters for p in g]), fitted(data, epochs=5))


def test_zero_momentum_and_zero_penalty_are_plain_sgd(data):
    assert_allclose(fitted(data, mu=1e-12), fitted(data), rtol=1e-6)
    assert_array_equal(fitted(data, penalty=L1(0.0)), fitted(data))


def test_the_data_is_left_as_it_was(data):
    x, y = data.x.copy(), data.y.copy()
    fitted(data)
    assert_array_equal(data.x, x)
    assert_array_equal(data.y, y)


def test_history_holds_one_entry_per_epoch(data):
    net = Network([Dense(5, 3)])
    history = net.fit(data, 4, eta=0.5, validation=data[:10], test=data[10:15])
    assert history is net.history
    assert history.epochs == 4
    for name in (
        "training_cost",
        "validation_cost",
        "validation_accuracy",
        "test_cost",
        "test_accuracy",
        "seconds",
    ):
        assert len(getattr(history, name)) == 4, name
    assert history.training_accuracy == []
    assert history.eta == [0.5] * 4
    assert_allclose(history.training_cost[-1], net.evaluate(data).cost, rtol=1e-5)
    assert history.validation_accuracy[-1] == net.accuracy(data[:10])
    assert set(history.as_dict()) >= {"training_cost", "seconds"}


def test_only_what_is_asked_for_is_monitored(data):
    history = Network([Dense(5, 3)]).fit(data, 2, eta=0.5, monitor=["training_accuracy"])
    assert len(history.training_accuracy) == 2
    assert history.training_cost == []


def test_monitored_costs_include_the_penalty(data):
    net = Network([Dense(5, 3)])
    history = net.fit(data, 1, eta=0.5, lmbda=4.0, validation=data[:10])
    assert_allclose(history.validation_cost[-1], net.evaluate(data[:10], lmbda=4.0).cost, rtol=1e-5)
    assert history.validation_cost[-1] > net.evaluate(data[:10]).cost


def test_a_schedule_sees_the_history_so_far(data):
    seen = []

    def halving(history):
        seen.append(history.epochs)
        return 0.8 / 2**history.epochs

    history = Network([Dense(5, 3)]).fit(data, 3, eta=halving)
    assert seen == [0, 1, 2]
    assert history.eta == [0.8, 0.4, 0.2]


def test_a_stopping_rule_ends_the_training(data):
    history = Network([Dense(5, 3)]).fit(data, 100, eta=0.5, stop=lambda history: history.epochs == 3)
    assert history.epochs == 3


def test_on_epoch_print_is_a_log(data, capsys):
    Network([Dense(5, 3)]).fit(data, 2, eta=0.5, validation=data, on_epoch=print)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 1, training cost ")
    assert "validation accuracy" in second
    assert "%" in second
    assert str(History()) == "no epoch yet"


def test_nothing_is_printed_unless_asked(data, capsys):
    fitted(data)
    assert capsys.readouterr() == ("", "")


def test_divergence_is_said_and_the_history_kept(data):
    net = Network([Dense(5, 3, nndl.Linear())], cost=Quadratic())
    with pytest.warns(Diverged, match="diverged in epoch .*Try a smaller eta than 1e.10"):
        history = net.fit(data, 50, eta=1e10)
    assert history.diverged == history.epochs < 50


def test_what_was_learned_survives_an_interrupt(data):
    def interrupt(history):
        if history.epochs == 2:
            raise KeyboardInterrupt

    net = Network([Dense(5, 3)])
    with pytest.raises(KeyboardInterrupt):
        net.fit(data, 50, eta=0.5, on_epoch=interrupt)
    assert net.history.epochs == 2
    assert_allclose(net.history.training_cost[-1], net.evaluate(data).cost, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"eta": 0}, "eta is above 0, got 0. It is a step length"),
        ({"eta": -1.0}, "eta is above 0"),
        ({"eta": np.nan}, "eta lies anywhere but at infinity or nan"),
        ({"eta": "fast"}, "eta is a number, got 'fast'"),
        ({"epochs": -1}, "epochs is at least 0"),
        ({"epochs": 2.5}, "epochs is a whole number"),
        ({"batch_size": 0}, "batch_size = 1 is online learning"),
        ({"mu": 1.5}, "mu lies between 0 and 1, got 1.5"),
        ({"lmbda": -0.1}, "lmbda lies at 0 or above"),
        ({"lmbda": 1.0, "penalty": L1(1.0)}, "not both: lmbda is short for L2"),
        ({"penalty": 5.0}, r"penalty is L1\(lmbda\) or L2\(lmbda\)"),
        ({"monitor": ["accuracy"]}, "Each name in monitor is one of 'training_cost'"),
        ({"monitor": ["test_cost"]}, "test_cost needs test data. Give test="),
        ({"stop": 3}, "stop is a function of the history"),
        ({"eta": lambda history: -1}, "The schedule's eta is above 0"),
    ],
)
def test_what_does_not_fit_is_refused_with_advice(data, options, advice):
    net = Network([Dense(5, 3)])
    before = net.layers[0].w.copy()
    with pytest.raises((ValueError, TypeError), match=advice):
        net.fit(data, **{"epochs": 1, "eta": 0.5, **options})
    assert_array_equal(net.layers[0].w, before)


@pytest.mark.parametrize("batch_size", [1, 3, 40, 100])
def test_any_batch_size_learns(data, batch_size):
    net = Network([Dense(5, 8), Dense(8, 3)], cost=CrossEntropy())
    before = net.evaluate(data).cost
    net.fit(data, 20, batch_size=batch_size, eta=0.3)
    assert net.evaluate(data).cost < before


def test_one_example_and_one_class_are_enough():
    net = Network([Dense(2, 1)], cost=CrossEntropy())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.fit((np.ones((1, 2)), [0]), 5, eta=0.5)
    assert net.accuracy((np.ones((1, 2)), [0])) == 1.0


# Looking more often, and steps that do not cross zero -----------------------------------------------------------


def test_looking_more_often_fills_the_sampled_curves(data):
    net = Network([Dense(5, 3)])
    history = net.fit(data, 2, eta=0.5, validation=data[:20], monitor_every=20, monitor_sample=7)
    assert history.sampled["examples"] == [20, 40, 60, 80]
    assert len(history.sampled["training_cost"]) == len(history.sampled["validation_accuracy"]) == 4
    assert history.sampled["validation_accuracy"][-1] == net.accuracy(data[:7])
    assert history.sampled["training_cost"][-1] == pytest.approx(net.evaluate(data[:7]).cost, rel=1e-5)
    assert len(history.training_cost) == 2


def test_looking_changes_nothing(data):
    assert_allclose(fitted(data, monitor_every=10), fitted(data), rtol=1e-12)
    assert Network([Dense(5, 3)]).fit(data, 1, eta=0.5).sampled == {}


def test_a_last_part_that_is_shorter_is_looked_at_too(data):
    history = Network([Dense(5, 3)]).fit(data[:25], 1, batch_size=10, eta=0.5, monitor_every=20)
    assert history.sampled["examples"] == [20, 25]


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"monitor_every": 15}, "whole mini-batches of 10, got 15. Try 10"),
        ({"monitor_every": 0}, "monitor_every is at least 1"),
        ({"monitor_sample": 5}, "Give both"),
        ({"monitor_every": 10, "monitor_sample": 0}, "monitor_sample is at least 1"),
    ],
)
def test_odd_ways_of_looking_are_refused(data, options, advice):
    with pytest.raises(ValueError, match=advice):
        Network([Dense(5, 3)]).fit(data, 1, eta=0.5, **options)


def test_a_truncated_l1_step_by_hand(data):
    net, twin = (Network([Dense(5, 3)], dtype="float64") for _ in range(2))
    net.fit(data, 1, batch_size=1000, eta=0.5, penalty=L1(8.0, truncated=True))
    w = twin.layers[0].w - 0.5 * twin.gradients(data.x, data.y)[0][0]
    want = np.where(np.abs(w) <= 0.1, 0.0, w - 0.1 * np.sign(w))  # 0.1 is eta lmbda / n
    assert_allclose(net.layers[0].w, want, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_penalty_alone_never_turns_a_sign_and_makes_true_zeros(data, dtype):
    idle = Data(np.zeros((40, 5)), data.y, classes=3)  # no input: the cost leaves the weights alone
    before = Network([Dense(5, 3)], dtype=dtype).layers[0].w
    net = Network([Dense(5, 3)], dtype=dtype)
    net.fit(idle, 3, eta=0.5, penalty=L1(1.0, truncated=True))
    after = net.layers[0].w
    assert np.all(after * before >= 0)
    assert (after == 0).any()
    assert not (after == 0).all()


def test_one_step_of_plain_and_truncated_l1_agree_far_from_zero(data):
    plain, truncated = (
        fitted(data, epochs=1, batch_size=1000, eta=0.05, penalty=L1(0.01, truncated=t))
        for t in (False, True)
    )  # steps so short that none leads from one side of zero to 0.1 on the other
    far = np.abs(plain) > 0.1
    assert far.sum() > 20
    assert_allclose(plain[far], truncated[far], rtol=1e-12)
