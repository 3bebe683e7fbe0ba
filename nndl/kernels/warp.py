"""Images fetched from between their pixels; twin: ``reference_warp.py``."""

import numpy as np

from nndl.kernels._jit import kernel

__all__ = ["resample"]


@kernel
def resample(images, matrices, moves, field):
    """Return images whose pixel p is the one at center + matrix (p - center - move) + field; as its twin."""
    n, side = images.shape[0], images.shape[1]
    out = np.zeros_like(images)
    middle = (side - 1) / 2
    for i in range(n):
        for row in range(side):
            for col in range(side):
                r, c = row - middle - moves[i, 0], col - middle - moves[i, 1]
                at_row = matrices[i, 0, 0] * r + matrices[i, 0, 1] * c + middle
                at_col = matrices[i, 1, 0] * r + matrices[i, 1, 1] * c + middle
                if len(field):
                    at_row += field[i, 0, row, col]
                    at_col += field[i, 1, row, col]
                if not (-1 < at_row < side and -1 < at_col < side):
                    continue  # paper
                top, left = int(np.floor(at_row)), int(np.floor(at_col))
                down, right = np.float32(at_row - top), np.float32(at_col - left)
                one = np.float32(1)
                ink = np.float32(0)
                if top >= 0 and left >= 0:
                    ink += (one - down) * (one - right) * images[i, top, left]
                if top >= 0 and left + 1 < side:
                    ink += (one - down) * right * images[i, top, left + 1]
                if top + 1 < side and left >= 0:
                    ink += down * (one - right) * images[i, top + 1, left]
                if top + 1 < side and left + 1 < side:
                    ink += down * right * images[i, top + 1, left + 1]
                out[i, row, col] = ink
    return out
