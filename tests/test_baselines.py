import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nndl import Data
from nndl.baselines import SVM, AverageDarkness, RandomGuess, svm
from nndl.datasets import load_mnist, mnist_is_here


def test_random_guesses_are_right_once_in_ten(digits):
    train = digits[0]
    guess = RandomGuess(seed=3).fit(train)
    assert_array_equal(guess.predict(train.x), guess.predict(train.x))
    deviation = (0.1 * 0.9 / len(train)) ** 0.5
    assert abs(guess.accuracy(train) - 0.1) < 4 * deviation


def test_average_darkness_is_the_mean_ink_of_each_label(digits):
    train = digits[0]
    fitted = AverageDarkness().fit(train)
    by_hand = [np.mean([x.sum() for x, y in train if y == j]) for j in range(10)]
    assert_allclose(fitted.darkness, by_hand, rtol=1e-5)


def test_average_darkness_gives_the_nearest_label_and_the_lower_of_two(rng):
    fitted = AverageDarkness().fit(Data([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [1, 0, 2], classes=4))
    assert_array_equal(fitted.darkness, [2, 0, 4, np.inf])
    assert_array_equal(fitted.predict([[0.2, 0.3], [1.5, 1.4], [9.0, 9.0]]), [1, 0, 2])
    assert_array_equal(
        fitted.predict([[0.5, 0.5], [1.5, 1.5]]), [0, 0]
    )  # halfway between 1 and 0, and 0 and 2


def test_average_darkness_never_gives_a_label_it_has_not_seen(digits):
    fitted = AverageDarkness().fit(digits[0].only(1, 7))
    assert set(fitted.predict(digits[2].x)) <= {1, 7}


@pytest.mark.skipif(not mnist_is_here(), reason="MNIST is not on this machine; set NNDL_DATA to its folder")
def test_average_darkness_reads_as_many_mnist_digits_as_published():
    train, _, test = load_mnist()
    assert abs(AverageDarkness().fit(train).accuracy(test) * 10_000 - 2225) <= 25


def test_svm_reads_most_of_the_small_digits_and_today_s_default_reads_more(digits):
    train, _, test = digits
    old, new = svm(train), svm(train, gamma="scale")
    assert 0.85 < old.accuracy(test) <= new.accuracy(test)
    assert old.accuracy(test) == np.mean(old.predict(test.x) == test.y)


def test_svm_auto_is_one_over_the_number_of_inputs(digits):
    train, _, test = digits
    assert_array_equal(svm(train).predict(test.x), svm(train, gamma=1 / 784).predict(test.x))
    variance = train.x.astype(np.float64).var()
    assert_array_equal(
        svm(train, gamma="scale").predict(test.x), svm(train, gamma=1 / (784 * variance)).predict(test.x)
    )


def test_one_example_is_a_row(digits):
    fitted = AverageDarkness().fit(digits[0])
    assert fitted.predict(digits[2].x[0]).shape == (1,)


@pytest.mark.parametrize("baseline", [RandomGuess(), AverageDarkness(), SVM()])
def test_a_baseline_that_has_seen_nothing_says_so(baseline, digits):
    with pytest.raises(ValueError, match="has seen no examples yet. Call fit"):
        baseline.predict(digits[0].x)


def test_wrong_data_and_wrong_settings_are_refused(digits):
    fitted = AverageDarkness().fit(digits[0])
    with pytest.raises(ValueError, match=r"x has shape \(any, 784\), got \(2, 9\)"):
        fitted.predict(np.zeros((2, 9)))
    with pytest.raises(TypeError, match=r"Data is wanted, got tuple. Write Data\(x, y\)"):
        fitted.accuracy((digits[0].x, digits[0].y))
    with pytest.raises(ValueError, match="float targets. Use argmax"):
        RandomGuess().fit(Data(np.zeros((2, 3)), np.zeros((2, 2))))
    with pytest.raises(ValueError, match="gamma is one of 'auto', 'scale'; got 'old'"):
        SVM(gamma="old")
    with pytest.raises(ValueError, match="C is above 0"):
        SVM(C=0)
