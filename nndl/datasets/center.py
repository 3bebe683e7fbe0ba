"""Putting a digit where MNIST puts it: 20 pixels tall or wide, its center of mass in the middle of 28 x 28.

A network that has seen centered digits only is at a loss with one in the corner. Wherever a digit comes from
(scikit-learn's small ones, a strip of several, a reader's finger), it passes through here first.
"""

import numpy as np

from nndl import require

__all__ = ["SIDE", "center", "ink_box", "resize"]

SIDE = 28  # of the whole image
BOX = 20  # of the digit in it
MIDDLE = 14  # row and column, counted from 0, of the center of mass, to half a pixel


def center(image, ink=0.0):
    """Return a picture of one digit as a 28 x 28 image in the manner of MNIST, float32 in [0, 1].

    image (rows, cols), 0 for paper, 1 for ink; pixels above ``ink`` count as written on. The longer side of
    the written part becomes 20 pixels and the shorter one keeps its proportion. Then the digit moves by whole
    pixels, until its center of mass is within half a pixel of row 14, column 14, or it meets the edge.
    Raises ValueError for an empty page and for ink outside [0, 1].
    """
    image = require.array(image, "image", np.float32, shape=(None, None))
    if image.size and (image.min() < 0 or image.max() > 1):
        raise ValueError(
            f"Ink lies between 0 and 1, got {image.min():g} to {image.max():g}. Bytes? Divide by 255."
        )
    top, bottom, left, right = ink_box(image, ink)
    digit = image[top:bottom, left:right]
    scale = BOX / max(digit.shape)
    digit = resize(digit, *(max(1, round(side * scale)) for side in digit.shape))
    page = np.zeros((SIDE, SIDE), np.float32)
    row, col = (_start(digit, axis) for axis in (0, 1))
    page[row : row + digit.shape[0], col : col + digit.shape[1]] = digit
    return page


def ink_box(image, ink=0.0):
    """Return (top, bottom, left, right) of the pixels above ``ink``, bottom and right exclusive.

    Raises ValueError if there are none.
    """
    rows, cols = (np.flatnonzero((image > ink).any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        raise ValueError(
            f"A digit is needed, got a page without a pixel above {ink:g}. Write something on it."
        )
    return rows[0], rows[-1] + 1, cols[0], cols[-1] + 1


def resize(image, rows, cols):
    """Return the image brought to (rows, cols): straight lines between pixels, averages where it shrinks."""
    return _stretch(image.shape[0], rows) @ image @ _stretch(image.shape[1], cols).T


def _stretch(n_in, n_out):
    """Return the weights (n_out, n_in) with which each new pixel looks at the old ones; rows sum to 1.

    The weight falls off in a straight line over one old pixel, or over one new pixel if that is wider:
    without this second rule shrinking would skip pixels, and thin strokes with them.
    """
    width = max(1.0, n_in / n_out)
    middles = (np.arange(n_out) + 0.5) * n_in / n_out
    weights = np.maximum(0, 1 - np.abs(middles[:, None] - (np.arange(n_in) + 0.5)) / width)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _start(digit, axis):
    """Return where the digit starts on the page, so that its center of mass comes to the middle."""
    mass = digit.sum(axis=1 - axis, dtype=np.float64)
    middle = mass @ np.arange(len(mass)) / mass.sum()
    # Rounded first: where a symmetric digit goes must not hang on the last bit of a sum.
    return int(np.clip(np.ceil(np.round(MIDDLE - 0.5 - middle, 4)), 0, SIDE - len(mass)))
