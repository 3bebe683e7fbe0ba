"""The loops that must be fast: arrays in, arrays out.

``dense.py``, ``conv.py`` and ``warp.py`` hold them compiled, ``reference.py``, ``reference_conv.py`` and
``reference_warp.py`` in NumPy; this file chooses. Float32 goes to the compiled kernels, anything else to their twins.
The twins do everything where ``NNDL_KERNELS=reference`` or ``NUMBA_DISABLE_JIT=1`` asks for it, or where Numba cannot
be imported (with one warning).
"""

import os
import warnings
from functools import cache

import numpy as np

from nndl.kernels import reference, reference_conv, reference_warp
from nndl.kernels.sparse import Sparse, pays

__all__ = [
    "Sparse", "conv_feedforward", "conv_serves", "conv_sgd_epoch", "feedforward", "resample", "sgd_epoch",
    "sparse_rows",
]  # fmt: skip


def sparse_rows(x):
    """The examples x (n, n_in) in the form in which the other kernels read them fastest.

    `Sparse` where x is float32 and much of it is zero; x itself otherwise. The data decide.
    """
    room = _room(x.dtype)
    return room.sparse_rows(x) if room is not reference and pays(x) else x


def sgd_epoch(x, y, order, batch_size, weights, *rest):
    """One epoch of stochastic gradient descent, in place; arguments as in `reference.sgd_epoch`."""
    _room(weights[0].dtype).sgd_epoch(x, y, order, batch_size, weights, *rest)


def feedforward(x, weights, biases, activations):
    """Output activations (n, n_out) of all examples; arguments as in `reference.feedforward`."""
    return _room(weights[0].dtype).feedforward(x, weights, biases, activations)


def conv_serves(field, stride, pool, pooling, cols):
    """Tell whether the kernels for feature maps know a layer of this kind, with so many columns after pooling."""
    return (field, stride, pool, pooling) == (5, 1, 2, "max") and cols <= 16


def conv_sgd_epoch(x, y, order, batch_size, image, weights, *rest):
    """One epoch with feature maps, in place; arguments as in `reference_conv.sgd_epoch`."""
    _conv_room(weights[0].dtype).sgd_epoch(x, y, order, batch_size, image, weights, *rest)


def conv_feedforward(x, image, weights, biases, activations):
    """Output activations (n, n_out) of all examples; arguments as in `reference_conv.feedforward`."""
    return _conv_room(weights[0].dtype).feedforward(x, image, weights, biases, activations)


def resample(images, matrices, moves, field):
    """Images fetched from between their pixels; arguments as in `reference_warp.resample`."""
    if _room(images.dtype) is reference:
        return reference_warp.resample(images, matrices, moves, field)
    from nndl.kernels import warp

    return warp.resample(images, matrices, moves, field)


def _conv_room(dtype):
    """The same as `_room`, for feature maps."""
    if _room(dtype) is reference:
        return reference_conv
    from nndl.kernels import conv

    return conv


def _room(dtype):
    """The module whose kernels serve arrays of this type."""
    return _compiled() if dtype == np.float32 else reference


@cache
def _compiled():
    """The compiled kernels, or their twins where these are not wanted or there is no compiler."""
    wanted = os.environ.get("NNDL_KERNELS", "compiled")
    if wanted not in ("compiled", "reference"):
        raise ValueError(f"NNDL_KERNELS is compiled or reference, got {wanted!r}. Unset it for compiled.")
    if wanted == "reference" or os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return reference
    try:
        from nndl.kernels import dense
    except ImportError as error:
        warnings.warn(
            f"Numba cannot be imported ({error}), so training uses NumPy and is many times slower. "
            "Try: pip install numba",
            RuntimeWarning,
            stacklevel=4,
        )
        return reference
    return dense
