"""Convolution and pooling in NumPy, forward and back: what the compiled ``conv.py`` computes, in a few lines each.

Feature maps are arrays (m, maps, rows, cols) of m examples. Strictly, a convolutional layer computes a
cross-correlation: filters are laid on the maps as they are, not turned around. Functions check nothing.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = [
    "correlate", "correlate_back", "correlate_slope", "l2_pool", "l2_unpool", "max_pool", "max_unpool", "patches",
]  # fmt: skip


def patches(a, field, stride=1):
    """Every field x field patch of all maps as one row: (m, rows_out, cols_out, maps * field * field), a copy."""
    windows = sliding_window_view(a, (field, field), axis=(2, 3))[:, :, ::stride, ::stride]
    m, maps, rows, cols = windows.shape[:4]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(m, rows, cols, maps * field * field)


def correlate(rows, w):
    """Slide the filters w (maps, input maps, field, field) over ``patches`` -> (m, maps, rows_out, cols_out)."""
    return (rows @ w.reshape(len(w), -1).T).transpose(0, 3, 1, 2)


def correlate_slope(delta, rows, shape):
    """dC/dw, of this shape, summed over examples and positions, from delta (m, maps, rows_out, cols_out)."""
    m, maps, n_rows, n_cols = delta.shape
    flat = delta.transpose(1, 0, 2, 3).reshape(maps, m * n_rows * n_cols)
    return (flat @ rows.reshape(m * n_rows * n_cols, -1)).reshape(shape)


def correlate_back(delta, w, shape, stride=1):
    """dC/da, of shape (m, input maps, rows, cols): every neuron sends its error back to what it saw."""
    field, (n_rows, n_cols) = w.shape[-1], delta.shape[2:]
    sent = (delta.transpose(0, 2, 3, 1) @ w.reshape(len(w), -1)).reshape(
        *delta.shape[:1], n_rows, n_cols, *w.shape[1:]
    )
    back = np.zeros(shape, delta.dtype)
    for row in range(field):
        for col in range(field):
            seen = back[:, :, row : row + stride * n_rows : stride, col : col + stride * n_cols : stride]
            seen += sent[..., row, col].transpose(0, 3, 1, 2)
    return back


def max_pool(a, size):
    """The largest of every size x size block, and which of its cells 0, 1, ... it was; of equals the first.

    Rows and columns that fill no whole block are left out. Both results: (m, maps, rows // size, cols // size).
    """
    blocks = _blocks(a, size)
    cells = blocks.transpose(0, 1, 2, 4, 3, 5).reshape(*_block_counts(blocks), size * size)
    where = cells.argmax(axis=-1)
    return np.take_along_axis(cells, where[..., None], axis=-1)[..., 0], where.astype(np.uint8)


def max_unpool(delta, where, size, shape):
    """dC/da of this shape from delta = dC/d(pooled): all of it belongs to the cell that won."""
    cells = np.zeros((*delta.shape, size * size), delta.dtype)
    np.put_along_axis(cells, where[..., None].astype(np.intp), delta[..., None], axis=-1)
    m, maps, rows, cols = delta.shape
    blocks = cells.reshape(m, maps, rows, cols, size, size).transpose(0, 1, 2, 4, 3, 5)
    back = np.zeros(shape, delta.dtype)
    back[:, :, : rows * size, : cols * size] = blocks.reshape(m, maps, rows * size, cols * size)
    return back


def l2_pool(a, size):
    """The root of the sum of the squares of every size x size block -> (m, maps, rows // size, cols // size)."""
    return np.sqrt(np.square(_blocks(a, size)).sum(axis=(3, 5)))


def l2_unpool(delta, a, pooled, size):
    """dC/da = delta a / pooled, block by block; 0 where a whole block is 0, which has no slope."""
    share = np.divide(delta, pooled, out=np.zeros_like(delta), where=pooled != 0)
    back = np.zeros_like(a)
    _blocks(back, size)[:] = _blocks(a, size) * share[:, :, :, None, :, None]
    return back


def _blocks(a, size):
    """A view of a as (m, maps, rows // size, size, cols // size, size), without what fills no block."""
    windows = sliding_window_view(a, (size, size), axis=(2, 3), writeable=a.flags.writeable)
    return windows[:, :, ::size, ::size].transpose(0, 1, 2, 4, 3, 5)


def _block_counts(blocks):
    m, maps, rows, _, cols, _ = blocks.shape
    return m, maps, rows, cols
