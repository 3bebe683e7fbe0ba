"""Convolution and pooling in NumPy, forward and back: what the compiled ``conv.py`` computes, in a few lines each.

Feature maps are arrays (m, maps, rows, cols) of m examples. Strictly, a convolutional layer computes a
cross-correlation: filters are laid on the maps as they are, not turned around. Functions check nothing.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nndl.kernels.reference import ACTIVATIONS, SLOPES, _output_delta, _step

__all__ = [
    "correlate", "correlate_back", "correlate_slope", "feedforward", "gradients", "l2_pool", "l2_unpool", "max_pool",
    "max_unpool", "patches", "sgd_epoch",
]  # fmt: skip


CHUNK = 100  # examples that pass together: the patches of more would fill the memory


def feedforward(x, image, weights, biases, activations):
    """Output activations (n, n_out) of all examples x (n, n_in), whose rows are images (maps, rows, cols).

    The first weights, with four axes, belong to layers of maps: convolution with stride 1, the largest of every 2 x 2
    block, bias, activation. The others are dense, as in `reference.feedforward`.
    """
    x = x.astype(weights[0].dtype, copy=False)
    parts = [x[k : k + CHUNK] for k in range(0, len(x), CHUNK)] or [x]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.concatenate([_through(part, image, weights, biases, activations)[-1][0] for part in parts])


def sgd_epoch(
    x, y, order, batch_size, image, weights, biases, velocity_w, velocity_b, activations, matched, eta, l2, l1, mu,
    nesterov, masks=None,
):  # fmt: skip
    """One epoch of mini-batch stochastic gradient descent; weights, biases and velocities change in place.

    All arguments as in `reference.sgd_epoch`, but for x, which is never `Sparse`, and for image and the weights of
    maps, which are as in `feedforward`. masks, if given, holds for each layer None or what its outputs are multiplied
    by, (len(order), n_out), as in dropout: 0, or one positive number.
    """
    eta, l2, l1, mu = float(eta), float(l2), float(l1), float(mu)
    dtype = weights[0].dtype
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(0, len(order), batch_size):
            rows = order[k : k + batch_size]
            ahead_w, ahead_b = weights, biases
            if nesterov and mu:
                ahead_w = [w + mu * v for w, v in zip(weights, velocity_w)]
                ahead_b = [b + mu * v for b, v in zip(biases, velocity_b)]
            x_batch = x[rows].astype(dtype, copy=False)
            kept = [
                None if mask is None else mask[k : k + batch_size] for mask in masks or [None] * len(weights)
            ]
            nabla_w, nabla_b = gradients(
                x_batch, y[rows], image, ahead_w, ahead_b, activations, matched, kept
            )
            for g, w in zip(nabla_w, ahead_w):
                g += l2 * w + l1 * np.sign(w)
            _step(weights, nabla_w, velocity_w, eta, mu)
            _step(biases, nabla_b, velocity_b, eta, mu)


def gradients(x, y, image, weights, biases, activations, matched, masks):
    """Mean gradients over the examples x (m, n_in): nabla_w and nabla_b; book, eqs. `BP1` to `BP4`."""
    passed, m = _through(x, image, weights, biases, activations, masks), len(x)
    delta = _output_delta(passed[-1][0], y, activations[-1], matched)  # BP1
    nabla_w, nabla_b = [], []
    for l in reversed(range(len(weights))):
        below, w = passed[l][0], weights[l]
        _, seen, where, shape = passed[l + 1]
        if w.ndim == 2:
            nabla_b.insert(0, delta.mean(axis=0))  # BP3
            nabla_w.insert(0, delta.T @ _masked(below.reshape(m, -1), l, masks) / m)  # BP4
            delta = delta @ w  # BP2
        else:
            delta = delta.reshape(where.shape)
            nabla_b.insert(0, delta.sum(axis=(0, 2, 3)) / m)
            spread = max_unpool(delta, where, 2, shape)
            nabla_w.insert(0, correlate_slope(spread, seen, w.shape) / m)
            delta = correlate_back(spread, w, below.shape) if l else None
        if l:
            delta = _masked(delta.reshape(m, -1), l, masks).reshape(below.shape) * SLOPES[activations[l - 1]](
                below
            )
    return nabla_w, nabla_b


def _masked(a, l, masks):
    """The activations below layer l, or their errors, times their mask, if there is one."""
    return a if not l or masks is None or masks[l - 1] is None else a * masks[l - 1]


def _through(x, image, weights, biases, activations, masks=None):
    """For the input and each layer: activations; for maps also patches seen, winners, the shape before pooling."""
    passed = [(x.reshape(-1, *image), None, None, None)]
    for l, (w, b, name) in enumerate(zip(weights, biases, activations)):
        a, seen, where, shape = passed[-1][0], None, None, None
        if w.ndim == 4:
            seen = patches(a, w.shape[-1])
            unpooled = correlate(seen, w)
            pooled, where = max_pool(unpooled, 2)
            z, shape = pooled + b[:, None, None], unpooled.shape
        else:
            z = _masked(a.reshape(len(a), w.shape[1]), l, masks) @ w.T + b
        passed.append((ACTIVATIONS[name](z), seen, where, shape))
    return passed


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
