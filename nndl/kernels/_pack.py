"""Weights on their way into the compiled kernels and back.

Between epochs the arrays that a net owns are the truth: w (n_out, n_in) and b (n_out,). The kernels work on one flat,
aligned copy, laid out as ``_layers.py`` describes. Packing costs microseconds, an epoch milliseconds.
"""

import numpy as np

from nndl.kernels._functions import CODES
from nndl.kernels._simd import LANES, TILE

__all__ = ["aligned", "make_plan", "pack", "unpack"]

CACHE_LINE = 16  # in float32


def make_plan(weights, activations, m):
    """Where everything is: the plan (layers, 7), and the lengths of theta and of the activations of m examples."""
    plan, theta, a = [], 0, 0
    for w, name in zip(weights, activations):
        n_out, n_in = w.shape
        width, rows = _round_up(n_out, TILE), _round_up(n_in, LANES)
        plan.append((n_in, n_out, width, theta, theta + width * rows, a, CODES[name]))
        theta += width * rows + width
        a += width * m
    return np.array(plan, np.int64), theta, a


def pack(weights, biases, plan, size):
    """Copy weights and biases into a new flat array of this size; what is padding is 0."""
    theta = aligned(size)
    for (tiles, bias), w, b in zip(_views(theta, plan), weights, biases):
        bias[:] = b
        for tile, rows in zip(tiles, _tile_rows(w)):
            tile[: len(rows)] = rows
    return theta


def unpack(theta, plan, weights, biases):
    """Copy the flat array back into weights and biases, in place."""
    for (tiles, bias), w, b in zip(_views(theta, plan), weights, biases):
        b[:] = bias
        for tile, rows in zip(tiles, _tile_rows(w)):
            rows[:] = tile[: len(rows)]


def aligned(size):
    """Float32 zeros that begin at a cache line, so that no vector of 16 lies across two."""
    buffer = np.zeros(size + CACHE_LINE, np.float32)
    skip = -(buffer.ctypes.data // buffer.itemsize) % CACHE_LINE
    return buffer[skip : skip + size]


def _views(theta, plan):
    """For each layer, its tiles seen as (tiles, 32, n_in), and its biases (n_out,)."""
    for n_in, n_out, width, w, b, _, _ in plan:
        tiles = theta[w:b].reshape(width // TILE, -1, TILE)[:, :n_in]
        yield tiles.transpose(0, 2, 1), theta[b : b + n_out]


def _tile_rows(w):
    """The rows of w, 32 at a time."""
    return [w[j : j + TILE] for j in range(0, len(w), TILE)]


def _round_up(number, step):
    return -(-number // step) * step
