"""MNIST in the shapes of the old programs: 50,000 training, 10,000 validation, 10,000 test images; S002, S003."""

import numpy as np

import nndl
from nndl.classic._pairs import vectorized_result

__all__ = ["load_data", "load_data_wrapper", "vectorized_result"]


def load_data(data=None):
    """Return training, validation and test data, each a pair: x (n, 784) float32 in [0, 1], labels (n,).

    data is a triple of Data; ``nndl.load_mnist()`` if not given, which says what to do where MNIST cannot be had.
    ``load_data(nndl.load_digits())`` needs no download. The arrays are read-only, always in the same order.
    """
    return tuple((part.x, part.y) for part in data or nndl.load_mnist())


def load_data_wrapper(data=None):
    """Return the same as three lists of pairs, x (784, 1) with what is wanted for it.

    That is the target (10, 1) in the training data, the label in the others: the old programs train on the former and
    count with the latter. The images are views, so the lists cost little memory.
    """
    training, *others = load_data(data)
    targets = np.eye(10)[training[1]]
    lists = [list(zip(_columns(training[0]), _columns(targets)))]
    return (*lists, *(list(zip(_columns(x), y)) for x, y in others))


def _columns(rows):
    return rows[:, :, None]
