import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import stats

from nndl import CrossEntropy, Data, Dense, Network
from nndl.baselines import AverageDarkness, RandomGuess
from nndl.ensemble import Ensemble, errors, train_members, vote

ballots = arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 9))


class Says:
    """A classifier that always gives the same labels."""

    def __init__(self, *labels):
        self.labels = np.array(labels)

    def predict(self, x):
        return self.labels[: len(x)]

    def __repr__(self):
        return "Says"


def make(seed):
    return Network([Dense(784, 20), Dense(20, 10)], cost=CrossEntropy(), seed=seed)


ONE = make(0)


@pytest.fixture(scope="module")
def five(digits):
    """Five networks that differ by their seed, trained on little."""
    return train_members(make, digits[0][:300], 15, eta=0.5, progress=False)


def test_a_vote_by_hand():
    predictions = [[3, 1, 0, 7], [3, 2, 5, 7], [8, 2, 0, 1]]
    assert_array_equal(vote(predictions), [3, 2, 0, 7])


def test_ties_go_to_the_lowest_label_or_to_the_earliest_member():
    predictions = [[9, 4, 6], [2, 4, 3], [2, 1, 1], [9, 1, 8]]
    assert_array_equal(vote(predictions), [2, 1, 1])
    assert_array_equal(vote(predictions, ties="first"), [9, 4, 6])
    assert_array_equal(vote(predictions[::-1], ties="first"), [9, 1, 8])


@settings(max_examples=80, deadline=None)
@given(ballots)
def test_votes_agree_with_scipys_mode_and_do_not_depend_on_the_order_of_members(predictions):
    assert_array_equal(vote(predictions), stats.mode(predictions, axis=0).mode)
    assert_array_equal(vote(predictions), vote(predictions[::-1]))


@settings(max_examples=80, deadline=None)
@given(ballots)
def test_the_earliest_member_decides_only_between_labels_with_most_votes(predictions):
    for winner, column in zip(vote(predictions, ties="first"), predictions.T):
        ballot = column.tolist()
        most = max(map(ballot.count, ballot))
        assert winner == next(label for label in ballot if ballot.count(label) == most)


@pytest.mark.parametrize("ties", ["lowest", "first"])
def test_one_member_and_many_of_the_same_are_that_member(five, digits, ties):
    test = digits[2]
    net = five.members[0]
    for ensemble in (Ensemble([net], ties), Ensemble([net] * 4, ties)):
        assert_array_equal(ensemble.predict(test.x), net.predict(test.x))
        assert ensemble.accuracy(test) == net.accuracy(test)


def test_members_differ_and_together_read_better_than_on_average(five, digits):
    test = digits[2]
    alone = five.accuracies(test)
    assert len(five) == 5 and len(np.unique(five.predictions(test.x), axis=0)) == 5
    assert list(alone) == [net.accuracy(test) for net in five.members]
    assert five.accuracy(test) > alone.mean()


def test_members_are_trained_as_each_alone_would_be(five, digits):
    net = make(3)
    net.fit(digits[0][:300], 15, eta=0.5, progress=False)
    assert_array_equal(net.layers[0].w, five.members[3].layers[0].w)


def test_votes_are_counted_for_every_label(five, digits):
    x = digits[2].x
    votes = five.votes(x)
    assert votes.shape == (len(x), 10)
    assert (votes.sum(axis=1) == 5).all()
    assert_array_equal(votes.argmax(axis=1), five.predict(x))
    for label in range(10):
        assert_array_equal(votes[:, label], (five.predictions(x) == label).sum(axis=0))


def test_anything_that_predicts_may_vote(five, digits):
    train, _, test = digits
    mixed = Ensemble([*five.members, AverageDarkness().fit(train), RandomGuess().fit(train), five])
    assert mixed.accuracy(test) > 0.8
    assert "Ensemble of 8" in repr(mixed) and "AverageDarkness" in repr(mixed)


def test_one_example_gets_one_label_as_from_a_network(five, digits):
    x = digits[2].x
    assert np.ndim(five.predict(x[0])) == 0
    assert five.predict(x[0]) == five.predict(x[:1])[0] == five.predict(digits[2].images[0])
    assert_array_equal(five.predict(digits[2].images), five.predict(x))


def test_the_gallery_shows_what_was_misread_and_nothing_else(five, digits):
    test = digits[2]
    found = errors(five, test)
    assert len(found.indices) == round(len(test) * (1 - five.accuracy(test))) > 0
    assert_array_equal(found.images, test.images[found.indices])
    assert_array_equal(found.labels, test.y[found.indices])
    assert_array_equal(found.votes, five.predict(test.x)[found.indices])
    assert (found.labels != found.votes).all()


def test_a_classifier_without_errors_has_an_empty_gallery():
    data = Data(np.ones((3, 4)), [0, 1, 2])
    found = errors(Says(0, 1, 2), data)
    assert found.images.shape == (0, 2, 2) and len(found.labels) == 0


def test_float_targets_count_as_the_label_of_their_largest(five, digits):
    test = digits[2]
    floats = Data(test.x, test.targets)
    assert five.accuracy(floats) == five.accuracy(test)
    assert_array_equal(errors(five, floats).labels, errors(five, test).labels)


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda: vote([[1, 2]], ties="random"), ValueError, "ties is one of 'lowest', 'first'"),
    (lambda: vote([[0.1, 0.9]]), TypeError, r"Take predict\(x\) of each"),
    (lambda: vote([1, 2, 3]), ValueError, "predictions has shape"),
    (lambda: vote([[1], [-1]]), ValueError, "Labels start at 0, got -1"),
    (lambda: vote([[1, 2], [3]]), ValueError, "same length"),
    (lambda: Ensemble([]), ValueError, "at least one member"),
    (lambda: Ensemble([make(0), "net"]), TypeError, r"A member has predict\(x\), got 'net'"),
    (lambda: Ensemble([Says(1), Says(1, 2)]).predict(np.ones((2, 4))), ValueError, r"got \[1, 2\]"),
    (lambda: train_members(lambda seed: ONE, None, 1), ValueError, "the same one twice"),
    (lambda: train_members(make, None, 1, members=0), ValueError, "members is at least 1"),
    (lambda: errors(Says(1), ([1], [1])), TypeError, r"Write Data\(x, y\)"),
])  # fmt: skip
def test_wrong_arguments_are_answered_with_what_is_wanted(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
