"""The kernel of ``warp.py`` in NumPy. Kernels check nothing."""

import numpy as np

__all__ = ["resample"]

AT_ONCE = 1000  # images; their coordinates take 30 MB


def resample(images, matrices, moves, field):
    """Return images whose pixel p is the one at center + matrix (p - center - move) + field, 0 outside the image.

    images (n, side, side) float32, matrices (n, 2, 2) and moves (n, 2) float64, acting on (row, col); field
    (n, 2, side, side) float32, or (0, 2, side, side) for none. Between pixels, values are bilinear.
    """
    n, side = images.shape[:2]
    middle = (side - 1) / 2
    grid = np.indices((side, side), np.float64).reshape(2, -1) - middle
    out = np.empty_like(images)
    for start in range(0, n, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        source = matrices[part] @ (grid - moves[part, :, None]) + middle
        if len(field):
            source += field[part].reshape(source.shape)
        out[part] = _between(images[part], source).reshape(out[part].shape)
    return out


def _between(images, source):
    """Return the values of images (n, side, side) at places (n, 2, k)."""
    n, side = images.shape[:2]
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    source = np.clip(source, -1, side) + 1
    corner = source.astype(np.int32)  # rounds down: nothing is negative here
    down, right = np.moveaxis((source - corner).astype(np.float32), 1, 0)
    width = side + 3
    first = corner[:, 0] * width + corner[:, 1] + np.arange(n, dtype=np.int32)[:, None] * width**2
    flat = padded.ravel()
    upper = (1 - right) * flat[first] + right * flat[first + 1]
    lower = (1 - right) * flat[first + width] + right * flat[first + width + 1]
    return (1 - down) * upper + down * lower
