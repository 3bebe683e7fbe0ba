"""The loops that must be fast: arrays in, arrays out.

``reference.py`` holds them in NumPy. Float32 may be served by compiled kernels, anything else by these twins.
"""

from nndl.kernels import reference
from nndl.kernels.sparse import Sparse, pays

__all__ = ["Sparse", "feedforward", "sgd_epoch", "sparse_rows"]


def sparse_rows(x):
    """The examples x (n, n_in) in the form in which the other kernels read them fastest.

    `Sparse` where x is float32 and most of it is zero; x itself otherwise. The data decide.
    """
    room = _room(x.dtype)
    return room.sparse_rows(x) if room is not reference and pays(x) else x


def sgd_epoch(x, y, order, batch_size, weights, *rest):
    """One epoch of stochastic gradient descent, in place; arguments as in `reference.sgd_epoch`."""
    _room(weights[0].dtype).sgd_epoch(x, y, order, batch_size, weights, *rest)


def feedforward(x, weights, biases, activations):
    """Output activations (n, n_out) of all examples; arguments as in `reference.feedforward`."""
    return _room(weights[0].dtype).feedforward(x, weights, biases, activations)


def _room(dtype):
    """The module whose kernels serve arrays of this type."""
    return reference
