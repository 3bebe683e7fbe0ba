"""Zeros and ones, all of them in order, and as the digits of numbers."""

from itertools import product

import numpy as np

from nndl import require

__all__ = ["every_input", "from_bits", "to_bits"]


def every_input(k):
    """Return all inputs of k bits in counting order, (2^k, k)."""
    return np.array(list(product([0, 1], repeat=require.integer(k, "k", low=1))), np.int8)


def to_bits(number, bits):
    """Return the binary digits of whole numbers, the most significant first, in a new last axis of this length."""
    number = np.asarray(number)
    if number.size and not (number.min() >= 0 and number.max() < 2**bits):
        raise ValueError(
            f"{bits} bits hold 0 to {2**bits - 1}, got {number.min()} to {number.max()}. Take more bits."
        )
    return (number[..., None] >> np.arange(bits)[::-1]) & 1


def from_bits(x):
    """Return the whole numbers whose binary digits stand in the last axis of x."""
    x = np.asarray(x, np.int64)
    return x @ (1 << np.arange(x.shape[-1])[::-1])
