"""Learning rates as functions of the history: every rate by hand, and in a real training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndl import Data, Dense, DropOnPlateau, HalveOnPlateau, History, Network, Stages, Steps
from nndl.schedules import Constant, drops


def accuracies(*values):
    """A history with these validation accuracies."""
    return History(validation_accuracy=list(values), seconds=[0.1] * len(values))


def replay(schedule, values):
    """Train on paper: the epochs that pass before the schedule has finished, and the rate of each."""
    rates = []
    for epoch in range(len(values)):
        rates.append(schedule(accuracies(*values[:epoch])))
        if schedule.finished(accuracies(*values[: epoch + 1])):
            break
    return rates


def test_halve_on_plateau():
    eta = HalveOnPlateau(0.5, patience=2)
    assert eta(accuracies()) == 0.5
    assert eta(accuracies(0.90, 0.95, 0.95)) == 0.5
    assert eta(accuracies(0.90, 0.95, 0.95, 0.94)) == 0.25


def test_a_flat_sequence_is_halved_seven_times_and_the_seventh_halving_ends_it():
    rates = replay(HalveOnPlateau(0.5, patience=10), [0.9] * 200)
    assert len(rates) == 71
    assert rates == [0.5] * 11 + [0.5 / 2**k for k in range(1, 7) for _ in range(10)]


def test_at_the_floor_training_may_go_on_for_one_more_plateau():
    rates = replay(HalveOnPlateau(0.5, patience=10, train_at_floor=True), [0.9] * 200)
    assert len(rates) == 81
    assert rates[71:] == [0.5 / 128] * 10


def test_the_best_before_a_drop_is_kept_unless_it_is_asked_to_be_forgotten():
    values = [
        0.9,
        0.8,
        0.7,
        0.85,
        0.86,
    ]  # after the drop at epoch 3, better than just before, never the best again
    assert HalveOnPlateau(1.0, patience=2)(accuracies(*values)) == 0.25
    assert HalveOnPlateau(1.0, patience=2, keep_best=False)(accuracies(*values)) == 0.5
    assert len(replay(HalveOnPlateau(1.0, patience=10, keep_best=False), [0.9] * 200)) == 7 * 11


def test_a_drop_sets_the_counter_back():
    eta = HalveOnPlateau(1.0, patience=3)
    found = [eta(accuracies(*[0.9] * n)) for n in range(1, 11)]
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]


def test_an_improvement_sets_the_counter_back_and_a_tie_does_not():
    assert HalveOnPlateau(1.0, patience=2)(accuracies(0.8, 0.7, 0.9, 0.8)) == 1.0
    assert HalveOnPlateau(1.0, patience=2)(accuracies(0.9, 0.8, 0.9)) == 0.5


@pytest.mark.parametrize(
    ("factor", "floor", "n"),
    [
        (2, 1 / 1024, 10),
        (10, 1 / 1000, 3),
        (2, 1 / 128, 7),
        (10, 1 / 1024, 4),
        (2, 0.3, 2),
        (10, 1e-5, 5),
        (5, 1 / 125, 3),
    ],
)
def test_drops_reach_the_floor_in_as_many_steps_as_it_takes(factor, floor, n):
    schedule = DropOnPlateau(3.0, patience=1, factor=factor, floor=floor)
    rates = replay(schedule, [0.5] * 50)
    assert rates == [3.0, *(3.0 / factor**k for k in range(n))]
    assert schedule(accuracies(*[0.5] * 50)) == 3.0 / factor**n  # and no further
    assert len(rates) == n + 1


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), max_size=40), st.integers(1, 4))
def test_a_drop_comes_when_neither_a_best_nor_a_drop_is_recent(values, patience):
    # Another route: go along the sequence once, as a person with a pencil would.
    best, waited, rate = -1.0, 0, 1.0
    for value in values:
        waited = 0 if value > best else waited + 1
        best = max(best, value)
        if waited == patience:
            rate, waited = rate / 2, 0
    assert DropOnPlateau(1.0, patience, floor=1e-30)(accuracies(*values)) == rate


def test_costs_improve_when_they_fall_and_nan_is_no_improvement():
    cost = History(training_cost=[3.0, 2.0, 1.0], seconds=[0.1] * 3)
    assert DropOnPlateau(1.0, patience=1, watch="training_cost")(cost) == 1.0
    cost.training_cost[1:] = [3.5, np.nan]
    assert DropOnPlateau(1.0, patience=1, watch="training_cost")(cost) == 0.25


def test_stages_change_after_so_many_epochs():
    eta = Stages(0.25, (20, 0.025))
    found = [eta(accuracies(*[0.9] * n)) for n in range(40)]
    assert found == [0.25] * 20 + [0.025] * 20
    assert Stages(1.0, (1, 0.5), (2, 0.1))(accuracies(0.9, 0.9, 0.9)) == 0.1


def test_steps_divide_by_the_clock_of_epochs():
    eta = Steps(0.8, every=3, factor=2)
    assert [eta(accuracies(*[0.9] * n)) for n in range(8)] == [0.8] * 3 + [0.4] * 3 + [0.2] * 2


def test_a_constant_is_what_a_number_means(rng):
    data = Data(rng.random((20, 4)), rng.integers(0, 2, 20), classes=2)
    a, b = Network([Dense(4, 2)]), Network([Dense(4, 2)])
    a.fit(data, 2, eta=0.5)
    b.fit(data, 2, eta=Constant(0.5))
    assert np.array_equal(a.layers[0].w, b.layers[0].w)


def test_a_real_training_follows_the_schedule_and_says_where_it_dropped(rng):
    data = Data(rng.random((20, 4)), np.zeros(20, int), classes=2)  # learned at once: accuracy 1 from then on
    schedule = HalveOnPlateau(0.5, patience=2)
    for _ in range(2):  # nothing is kept between runs
        history = Network([Dense(4, 2)]).fit(data, 100, eta=schedule, validation=data, stop=schedule.finished)
        first = history.best_epoch()
        assert history.epochs == first + 7 * 2
        assert history.eta == [0.5] * (first + 2) + [0.5 / 2**k for k in range(1, 7) for _ in range(2)]
        assert drops(history) == [(1, 0.5), *((first + 1 + 2 * k, 0.5 / 2**k) for k in range(1, 7))]


def test_a_schedule_shows_what_it_is():
    assert repr(Stages(0.25, (20, 0.025))) == "Stages(0.25, (20, 0.025))"
    assert repr(Steps(1.0, every=5)) == "Steps(1.0, every=5, factor=2.0)"
    for schedule in (HalveOnPlateau(0.5, patience=3), DropOnPlateau(2.0, factor=10, floor=1e-3)):
        assert repr(eval(repr(schedule))) == repr(schedule)


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: Constant(0), "eta is above 0, got 0. It is a step length"),
        (lambda: HalveOnPlateau(0.5, patience=0), "patience is at least 1, got 0. It counts epochs"),
        (lambda: DropOnPlateau(0.5, factor=1), "factor is above 1, got 1. The rate is divided by it"),
        (lambda: DropOnPlateau(0.5, factor=0.5), "factor is above 1, got 0.5"),
        (lambda: DropOnPlateau(0.5, floor=128), "between 0 and 1, got 128. Try 1/1024"),
        (lambda: DropOnPlateau(0.5, watch="accuracy"), "watch is one of 'training_cost'"),
        (lambda: Stages(0.5, 20, 0.05), r"A stage is a pair \(epochs, eta\) such as \(20, 0.025\), got 20"),
        (lambda: Stages(0.5, (20, 0.05), (10, 0.01)), "Put them in order"),
        (lambda: Steps(0.5, every=0), "every, the epochs at one rate, is at least 1"),
    ],
)
def test_what_makes_no_schedule_is_refused_with_advice(make, advice):
    with pytest.raises((ValueError, TypeError), match=advice):
        make()


def test_what_is_not_monitored_cannot_be_watched(rng):
    data = Data(rng.random((20, 4)), rng.integers(0, 2, 20), classes=2)
    with pytest.raises(ValueError, match="Give fit validation= data .* or watch training_cost"):
        Network([Dense(4, 2)]).fit(data, 3, eta=HalveOnPlateau(0.5))
    history = Network([Dense(4, 2)]).fit(data, 3, eta=HalveOnPlateau(0.5, watch="training_cost"))
    assert history.epochs == 3
