"""Digits told apart by their amount of ink: 2,225 of 10,000 test images; S009.

``python -m nndl.classic.mnist_average_darkness`` runs it.
"""

import numpy as np

import nndl
from nndl.baselines import AverageDarkness
from nndl.data import Data

__all__ = ["avg_darknesses", "guess_digit", "main"]


def main(data=None, *, verbose=True):
    """Learn the average darkness of each digit, print how many test images it tells, and return that number.

    data is a triple of Data, ``nndl.load_mnist()`` if not given.
    """
    train, _, test = data or nndl.load_mnist()
    averages = avg_darknesses((train.x, train.y))
    right = sum(guess_digit(image, averages) == label for image, label in test)
    if verbose:
        print(f"Average darkness tells {right} of {len(test)} test images.")
    return int(right)


def avg_darknesses(training_data):
    """Return {digit: mean sum of the pixels of its images}, from a pair x (n, 784) and labels (n,)."""
    x, y = training_data
    found = AverageDarkness().fit(Data(x, y, classes=int(np.max(y)) + 1)).darkness
    return {digit: float(ink) for digit, ink in enumerate(found) if np.isfinite(ink)}


def guess_digit(image, avgs):
    """Return the digit whose average in avgs is nearest to the sum of the pixels of image; of equals, the lower one."""
    ink = float(np.sum(image, dtype=np.float64))
    return min(sorted(avgs), key=lambda digit: abs(avgs[digit] - ink))


if __name__ == "__main__":
    main()
