"""Reading several digits with a network that reads one: try every way of cutting, believe the one it is surest of.

Nobody tells the program where one digit ends. It asks the network about every piece between two cuts that
might be made, and takes the cuts whose pieces all look like digits; S013.
"""

from typing import NamedTuple

import numpy as np

from nndl import require
from nndl.datasets.center import center, ink_box

__all__ = ["INK", "Segmentation", "Strip", "confidence", "possible_cuts", "segment", "strip"]

INK = 0.1  # fainter pixels are paper
WIDEST = 20  # columns of ink in a digit of MNIST, at most


class Strip(NamedTuple):
    """Digits in a row: the image (28, width), their labels, and the columns at which one would cut them apart."""

    image: np.ndarray
    labels: list
    cuts: list


class Segmentation(NamedTuple):
    """Where an image was cut, the digit in each piece, how sure the network is of each, and of all: the product."""

    cuts: list
    digits: list
    confidences: list
    score: float


def strip(data, indices, rng, gap=(1, 6)):
    """Return the examples with these indices side by side as a Strip, blank columns between them.

    ``gap`` is the smallest and the largest number of blank columns; every gap is drawn on its own. With 0 the
    digits touch. Raises ValueError for an empty strip, and for an example without ink.
    """
    low, high = (require.integer(columns, "gap") for columns in gap)
    if low > high:
        raise ValueError(
            f"gap is the smallest and the largest number of columns, got {low} and {high}. Swap them."
        )
    shown = data[np.atleast_1d(indices)]
    pieces, cuts, width = [], [], 0
    for image in shown.images:
        _, _, left, right = ink_box(image, INK)
        blank = int(rng.integers(low, high + 1))
        cuts.append(width + blank // 2)
        pieces += [np.zeros((len(image), blank), np.float32), image[:, left:right]]
        width += blank + int(right - left)
    pieces.append(np.zeros((len(image), low), np.float32))
    return Strip(np.hstack(pieces), shown.y.tolist(), cuts[1:])


def possible_cuts(image, every=None):
    """Return columns at which the image might be cut, the ends of what is written included.

    The middle of every run of blank columns, and, for digits that touch, every ``every``-th column besides, where it
    cuts through ink. Every piece between neighboring cuts has ink in it.
    """
    ink = (image > INK).any(axis=0)
    if not ink.any():
        raise ValueError("An image with digits is needed, got a blank one.")
    edges = np.flatnonzero(np.diff(ink.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]  # of the runs of ink
    middles = (starts[1:] + ends[:-1]) // 2
    between = []
    if every is not None:
        steps = range(starts[0] + 1, ends[-1], require.integer(every, "every", low=1))
        between = [col for col in steps if ink[col - 1] and ink[col]]
    return sorted({int(cut) for cut in (starts[0], *middles, *between, ends[-1])})


def confidence(a):
    """Return how much the output activations (m, k) look like those of a digit, (m,), in [0, 1].

    The largest activation times what all the others leave of 1: near 1 only where one neuron says yes and every other
    says no.
    """
    a = np.asarray(a, np.float64)
    top = a.argmax(axis=1)[:, None]
    yes = np.take_along_axis(a, top, axis=1)
    no = 1 - a
    np.put_along_axis(no, top, 1, axis=1)
    return (yes * no.prod(axis=1, keepdims=True))[:, 0]


def segment(image, net, every=None):
    """Return the Segmentation of an image (rows, cols) of digits in a row, whose pieces the network is surest of.

    Every piece between two possible cuts is centered as MNIST's digits are and shown to ``net``; ``every`` as in
    `possible_cuts`. The score is the product of the confidences: one poor piece spoils it. The best product is found
    from left to right, each cut remembering the best way to get there.
    """
    image = require.array(image, "image", np.float32, shape=(None, None))
    cuts = possible_cuts(image, every)
    pieces = _pieces(image, cuts)
    a = net.feedforward(np.stack([center(image[:, cuts[i] : cuts[j]], INK).ravel() for i, j in pieces]))
    sure = dict(zip(pieces, zip(confidence(a), a.argmax(axis=1))))
    path, score = _best_path({piece: certainty for piece, (certainty, _) in sure.items()}, len(cuts) - 1)
    taken = [sure[piece] for piece in zip(path, path[1:])]
    return Segmentation(
        cuts=[cuts[k] for k in path[1:-1]],
        digits=[int(digit) for _, digit in taken],
        confidences=[float(certainty) for certainty, _ in taken],
        score=float(score),
    )


def _pieces(image, cuts):
    """Return the pairs of cuts (i, j) whose piece is no wider than a digit, blank edges aside.

    A piece between neighboring cuts is let through whatever its width: there is no way around it.
    """
    inked = np.flatnonzero((image > INK).any(axis=0))
    first = np.searchsorted(inked, cuts)  # the first column with ink from each cut on
    last = first - 1  # the last one before it
    return [
        (i, j)
        for j in range(len(cuts))
        for i in range(j)
        if i + 1 == j or inked[last[j]] - inked[first[i]] < WIDEST
    ]


def _best_path(scores, end):
    """Return the cuts from 0 to ``end`` whose pieces (i, j) have the largest product of scores, and that product."""
    best, before = {0: 1.0}, {}
    for i, j in sorted(scores, key=lambda piece: piece[1]):  # whatever leads to i has been seen before
        if i in best and best[i] * scores[i, j] >= best.get(j, 0.0):
            best[j], before[j] = best[i] * scores[i, j], i
    path = [end]
    while path[0] > 0:
        path.insert(0, before[path[0]])
    return path, best[end]
