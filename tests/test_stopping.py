"""Stopping rules on sequences made by hand, against other ways to say the same, and in a real training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndl import Data, Dense, History, Network, NoImprovement, SlowGain, TargetAccuracy, TimeLimit
from nndl.stopping import Rule, best


def accuracies(*values):
    """A history with these validation accuracies."""
    return History(validation_accuracy=list(values), seconds=[0.1] * len(values))


def stops_at(rule, values):
    """The epoch after which the rule stops the training, or None."""
    return next((e for e in range(1, len(values) + 1) if rule(accuracies(*values[:e]))), None)


FEW = st.lists(st.integers(0, 20).map(lambda k: k / 20), min_size=1, max_size=30)


def test_a_rising_sequence_never_stops():
    assert stops_at(NoImprovement(1), [k / 100 for k in range(100)]) is None


@pytest.mark.parametrize("n", [1, 2, 10, 20, 50])
def test_a_constant_sequence_stops_after_n_further_epochs(n):
    assert stops_at(NoImprovement(n), [0.9] * 100) == 1 + n


def test_a_late_improvement_sets_the_counter_back():
    assert stops_at(NoImprovement(3), [0.5, 0.4, 0.4, 0.6, 0.5, 0.5, 0.5]) == 7


def test_a_tie_is_no_improvement():
    assert stops_at(NoImprovement(3), [0.5, 0.4, 0.4, 0.5, 0.6]) == 4


def test_before_the_first_epoch_no_rule_stops():
    for rule in (NoImprovement(1), SlowGain(), TargetAccuracy(0.0), TimeLimit(1)):
        assert rule(History()) is False


@given(FEW, st.integers(1, 5))
def test_no_improvement_stops_at_the_first_epoch_n_after_the_best(values, n):
    wanted = None
    for e in range(1, len(values) + 1):
        e_best = max(range(1, e + 1), key=lambda k: (values[k - 1], -k))
        if e - e_best >= n:
            wanted = e
            break
    assert stops_at(NoImprovement(n), values) == wanted


@given(FEW, st.integers(1, 5))
def test_a_gain_below_one_example_is_no_improvement(values, n):
    assert stops_at(SlowGain(0.01, n), values) == stops_at(NoImprovement(n), values)


@given(FEW, st.integers(1, 5), st.floats(0.001, 0.5), st.floats(1.0, 5.0))
def test_the_dearer_time_is_the_earlier_it_stops(values, n, gain, times):
    cheap, dear = stops_at(SlowGain(gain, n), values), stops_at(SlowGain(gain * times, n), values)
    assert (dear or 99) <= (cheap or 99)


def test_slow_gain_asks_what_the_last_epochs_brought():
    assert stops_at(SlowGain(0.1, 2), [0.1, 0.3, 0.5, 0.55, 0.59, 0.8]) == 5
    assert stops_at(SlowGain(0.01, 1), [0.90, 0.91, 0.92]) is None  # a gain of just that much is enough
    assert stops_at(SlowGain(0.001, 1), [k / 1000 for k in range(900, 1000)]) is None


def test_the_target_counts_when_it_is_reached():
    assert stops_at(TargetAccuracy(0.9), [0.8, 0.89, 0.9, 0.7]) == 3


def test_time_is_that_of_training():
    assert stops_at(TimeLimit(0.25), [0.9] * 10) == 3


def test_costs_improve_when_they_fall_and_nan_is_no_improvement():
    falling = History(validation_cost=[3.0, 2.0, np.nan, np.nan], seconds=[0.1] * 4)
    assert NoImprovement(2, watch="validation_cost")(falling)
    assert SlowGain(0.1, 2, watch="validation_cost")(falling)
    assert not NoImprovement(3, watch="validation_cost")(falling)
    nothing = History(validation_cost=[np.nan] * 3, seconds=[0.1] * 3)
    assert NoImprovement(2, watch="validation_cost")(nothing)
    assert SlowGain(0.1, 2, watch="validation_cost")(nothing)


def test_rules_are_joined():
    rule = NoImprovement(10) | TargetAccuracy(0.98) | (lambda history: history.epochs == 5)
    assert isinstance(rule, Rule)
    assert stops_at(rule, [0.9, 0.98]) == 2
    assert stops_at(rule, [0.9] * 20) == 5
    assert stops_at((lambda history: history.epochs == 2) | NoImprovement(10), [0.9] * 20) == 2
    assert repr(NoImprovement(10) | TimeLimit(60.0)) == (
        "NoImprovement(n=10, watch='validation_accuracy') | TimeLimit(seconds=60.0)"
    )
    with pytest.raises(TypeError):
        NoImprovement(10) | 3
    with pytest.raises(NotImplementedError, match="define __call__"):
        Rule()(History())


def test_a_rule_ends_a_real_training_and_none_does_not(rng):
    data = Data(rng.random((20, 4)), np.zeros(20, int), classes=2)  # learned at once: accuracy 1 from then on
    rule = NoImprovement(4)
    for _ in range(2):  # nothing is kept between runs
        history = Network([Dense(4, 2)]).fit(data, 100, eta=0.5, validation=data, stop=rule)
        assert history.epochs == history.best_epoch() + 4 < 100
    assert Network([Dense(4, 2)]).fit(data, 30, eta=0.5, validation=data, stop=None).epochs == 30


def test_a_rule_is_asked_after_each_epoch_and_not_before_the_first(rng):
    data, asked = Data(rng.random((20, 4)), rng.integers(0, 2, 20), classes=2), []

    def rule(history):
        asked.append(history.epochs)
        return history.epochs == 3

    assert Network([Dense(4, 2)]).fit(data, 10, eta=0.5, stop=rule).epochs == 3
    assert asked == [1, 2, 3]


@pytest.mark.parametrize(("later", "epoch", "test"), [(True, 4, 0.93), (False, 2, 0.91)])
def test_validation_data_choose_and_test_data_judge(later, epoch, test):
    history = History(
        validation_accuracy=[0.9, 0.95, 0.94, 0.95], test_accuracy=[0.99, 0.91, 0.92, 0.93], seconds=[0.1] * 4
    )
    assert best(history, later) == (epoch, 0.95, test)
    assert history.best_epoch(later=later) == epoch


def test_the_best_needs_what_it_compares():
    with pytest.raises(ValueError, match="Call fit first"):
        History().best_epoch()
    with pytest.raises(ValueError, match="test_accuracy was not monitored. Give fit test= data"):
        best(accuracies(0.9))
    with pytest.raises(ValueError, match="What is watched is one of"):
        History().watched("accuracy")


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: NoImprovement(0), "is at least 1, got 0. stop=None switches stopping off"),
        (lambda: NoImprovement(2.5), "is a whole number"),
        (lambda: NoImprovement(3, watch="accuracy"), "watch is one of 'training_cost'"),
        (lambda: SlowGain(0), "gain is above 0, got 0. It is what n epochs must bring"),
        (lambda: TargetAccuracy(98), r"accuracy lies in \[0, 1\], got 98. Write 0.98"),
        (lambda: TargetAccuracy(-1), "accuracy lies between 0 and 1"),
        (lambda: TargetAccuracy(0.9, watch="training_cost"), "watch is one of 'training_accuracy'"),
        (lambda: TimeLimit(0), "seconds is above 0"),
    ],
)
def test_what_makes_no_rule_is_refused_with_advice(make, advice):
    with pytest.raises((ValueError, TypeError), match=advice):
        make()
