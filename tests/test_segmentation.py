from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nndl import CrossEntropy, Dense, Network
from nndl.datasets import center
from nndl.segmentation import INK, confidence, possible_cuts, segment, strip


@pytest.fixture(scope="module")
def reader(digits):
    """A network that has learned the small digits."""
    net = Network([Dense(784, 30), Dense(30, 10)], cost=CrossEntropy(), seed=0)
    net.fit(digits[0], 30, eta=0.5, lmbda=1.0, progress=False)
    return net


class Whim:
    """Stands in for a network: activations that depend on the image and mean nothing."""

    def __init__(self, rng):
        self.w = rng.standard_normal((784, 10)) / 5

    def feedforward(self, x):
        return 1 / (1 + np.exp(-x @ self.w))


def test_a_strip_shows_the_digits_in_order_with_blank_columns_between(digits, rng):
    test = digits[2]
    shown = strip(test, [5, 0, 9], rng, gap=(2, 4))
    assert shown.labels == test.y[[5, 0, 9]].tolist()
    assert shown.image.shape[0] == 28
    for piece, image in zip(np.split(shown.image, shown.cuts, axis=1), test.images[[5, 0, 9]], strict=True):
        assert_array_equal(center(piece, INK), center(image * (image > INK).any(axis=0), INK))
    blank = ~(shown.image > INK).any(axis=0)
    runs = np.diff(np.flatnonzero(np.diff(blank.astype(int), prepend=0, append=0)))[::2]
    assert all(2 <= run <= 4 for run in runs)
    assert blank[shown.cuts].all()


def test_gaps_vary_and_the_same_random_numbers_give_the_same_strip(digits):
    strips = [strip(digits[2], range(6), np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert_array_equal(strips[0].image, strips[1].image)
    assert strips[0].cuts == strips[1].cuts != strips[2].cuts


def test_digits_touch_where_the_gap_is_zero(digits, rng):
    shown = strip(digits[2].only(0, 8), [0, 1, 2], rng, gap=(0, 0))
    assert possible_cuts(shown.image) == [0, shown.image.shape[1]]


def test_possible_cuts_are_the_middles_of_gaps_and_the_ends_of_the_ink():
    image = np.zeros((28, 30), np.float32)
    image[5, 3:9] = image[8, 13:14] = image[2, 20:26] = 1
    assert possible_cuts(image) == [3, 11, 17, 26]
    assert possible_cuts(image, every=2) == [3, 4, 6, 8, 11, 17, 22, 24, 26]


def test_confidence_is_high_only_where_one_says_yes_and_all_others_no():
    a = [[0.9, 0.0, 0.0], [0.9, 0.5, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.2, 0.3, 0.5]]
    assert_allclose(confidence(a), [0.9, 0.45, 0, 0, 0.5 * 0.8 * 0.7])


def all_ways(image, net, cuts):
    """Score every choice of inner cuts by hand."""
    for k in range(len(cuts) - 1):
        for inner in combinations(cuts[1:-1], k):
            edges = [cuts[0], *inner, cuts[-1]]
            pieces = [image[:, i:j] for i, j in zip(edges, edges[1:])]
            widths = [np.ptp(np.flatnonzero((piece > INK).any(axis=0))) + 1 for piece in pieces]
            if all(
                width <= 20 or (i, j) in zip(cuts, cuts[1:]) for width, i, j in zip(widths, edges, edges[1:])
            ):
                a = net.feedforward(np.stack([center(piece, INK).ravel() for piece in pieces]))
                yield np.prod(confidence(a)), list(inner)


def test_segment_finds_the_best_of_all_ways_to_cut(digits, rng):
    for trial in range(8):
        shown, net = strip(digits[2], rng.integers(0, 200, 4), rng), Whim(rng)
        every = None if trial % 2 else 9
        found = segment(shown.image, net, every)
        score, cuts = max(all_ways(shown.image, net, possible_cuts(shown.image, every)))
        assert found.cuts == cuts
        assert_allclose(found.score, score)


def test_the_score_is_the_product_of_all_confidences_so_one_poor_piece_spoils_it(digits, rng, reader):
    good = segment(strip(digits[2], [1, 2, 3], rng).image, reader)
    assert_allclose(good.score, np.prod(good.confidences))
    blot = np.hstack(
        [strip(digits[2], [1, 2, 3], rng).image, np.pad(np.ones((20, 16), np.float32), ((4, 4), (3, 3)))]
    )
    spoiled = segment(blot, reader)
    assert spoiled.score <= min(spoiled.confidences) < 0.5 < good.score


def test_most_strips_of_the_small_digits_are_read(digits, reader):
    rng, test = np.random.default_rng(1), digits[2]
    strips = [strip(test, rng.integers(0, len(test), rng.integers(2, 7)), rng) for _ in range(60)]
    found = [segment(shown.image, reader) for shown in strips]
    alone = reader.accuracy(test)
    assert np.mean([len(f.digits) == len(s.labels) for f, s in zip(found, strips)]) > 0.9
    assert np.mean([f.digits == s.labels for f, s in zip(found, strips)]) > alone**4 - 0.15
    assert all(len(f.cuts) + 1 == len(f.digits) == len(f.confidences) for f in found)


def test_a_single_digit_is_not_cut(digits, reader, rng):
    found = [segment(strip(digits[2], [i], rng).image, reader) for i in range(20)]
    assert np.mean([f.cuts == [] for f in found]) > 0.8


@pytest.mark.parametrize(
    "image, message",
    [(np.zeros((28, 40)), "got a blank one"), (np.zeros(784), r"image has shape \(any, any\), got \(784,\)")],
)
def test_an_image_without_digits_is_refused(image, message, reader):
    with pytest.raises(ValueError, match=message):
        segment(image, reader)


def test_a_strip_of_nothing_and_a_gap_the_wrong_way_round_are_refused(digits, rng):
    with pytest.raises(ValueError, match="none is left"):
        strip(digits[2], np.zeros(0, int), rng)
    with pytest.raises(ValueError, match="got 6 and 1. Swap them"):
        strip(digits[2], [0], rng, gap=(6, 1))
    with pytest.raises(ValueError, match="every is at least 1, got 0"):
        possible_cuts(strip(digits[2], [0], rng).image, every=0)
