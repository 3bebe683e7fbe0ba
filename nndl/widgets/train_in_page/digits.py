"""Small real digits that fit into a page: 8 x 8 pixels, from scikit-learn, no download."""

import functools

import numpy as np

from nndl.data import Data

__all__ = ["packed_digits", "small_digits"]

TRAIN, HELD_OUT = 40, 20  # of each digit
INK = 16  # the darkest pixel of the original


@functools.cache
def packed_digits():
    """Return (pixels, labels): uint8 (600, 64) from 0 to 16, and uint8 (600,); the first 400 are for training.

    Both parts hold the digits in equal numbers, each in the order of the original file.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rows = [np.flatnonzero(y == digit) for digit in range(10)]
    cuts = (slice(0, TRAIN), slice(TRAIN, TRAIN + HELD_OUT))
    order = np.concatenate([np.sort(np.concatenate([row[cut] for row in rows])) for cut in cuts])
    return x[order].astype(np.uint8), y[order].astype(np.uint8)


def small_digits():
    """Return (train, held_out), 400 and 200 real digits of 8 x 8 pixels as Data: what ``TrainInPage`` learns from."""
    pixels, labels = packed_digits()
    cut = 10 * TRAIN
    x = pixels / np.float32(INK)
    parts = (slice(0, cut), slice(cut, None))
    return tuple(Data(x[part], labels[part], name="digits, 8 x 8") for part in parts)
