"""Real digits that need no download: scikit-learn's 1,797, brought to the size and place of MNIST's."""

import numpy as np

from nndl import require
from nndl.data import Data
from nndl.datasets.center import center

__all__ = ["load_digits"]

SHARES = (0.70, 0.15, 0.15)  # training, validation, test


def load_digits(seed=0):
    """Return scikit-learn's 1,797 digits at 28 x 28 as training, validation and test Data.

    Each 8 x 8 digit is enlarged and centered as MNIST's are, ink in [0, 1]. The three parts have 70, 15 and
    15 % of the examples of every digit, to the nearest one; ``seed`` chooses which, and their order.
    Offline; a fraction of a second.
    """
    seed = require.integer(seed, "seed")
    from sklearn import datasets  # most of the waiting time, so only where it is wanted

    small = datasets.load_digits()
    x = np.stack([center(image / 16) for image in small.images]).reshape(len(small.images), -1)
    y = small.target.astype(np.int64)
    return tuple(Data._of(x[part], y[part], 10, "digits") for part in _split(y, np.random.default_rng(seed)))


def _split(labels, rng):
    """Return three arrays of indices, shuffled, that share out every label as SHARES says."""
    parts = [], [], []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        bounds = np.rint(np.cumsum(SHARES[:-1]) * len(members)).astype(int)
        for part, piece in zip(parts, np.split(members, bounds)):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]
