"""Where the examples come from: MNIST, or real digits that need no download."""

from nndl.datasets.center import center
from nndl.datasets.digits import load_digits
from nndl.datasets.mnist import load_mnist, mnist_is_here

__all__ = ["center", "load_any", "load_digits", "load_mnist", "mnist_is_here"]


def load_any():
    """Return MNIST where it can be had without a download, else the small digits.

    The ``name`` of each Data says which: "MNIST" or "digits".
    """
    return load_mnist() if mnist_is_here() else load_digits()
