"""More examples out of those there are: digits moved, turned, skewed and warped, every one keeping its label.

`shift`, `rotate`, `skew` and `elastic` make one given change; `Distort` draws a fresh one for every image; `expand`
lays the changed images beside the originals. What comes in at an edge is paper, 0; nothing wraps around.
"""

import warnings
from functools import cache

import numpy as np

from nndl import kernels, require
from nndl.data import Data

__all__ = ["Distort", "MayChangeLabel", "elastic", "expand", "rotate", "shift", "skew"]

LARGE_ANGLE = 30.0  # degrees; from here on a slanted 1 lies down like the stroke of a 7
AT_ONCE = 1000  # images; what changes them takes 6 MB


class MayChangeLabel(UserWarning):
    """An image is changed so much that its label may no longer be true: a 6 on its head is a 9."""


def shift(data, rows=0, cols=0):
    """Return the data with every image moved down by ``rows`` and right by ``cols`` pixels; S143.

    rows and cols are whole numbers, or arrays (n,) with one for each image; negative ones move up and left.
    """
    images = data.images
    moves = np.stack([_each(rows, "rows", len(data), int), _each(cols, "cols", len(data), int)], axis=1)
    out = np.zeros_like(images)
    for row, col in np.unique(moves, axis=0):
        here = (moves == (row, col)).all(axis=1)
        _move(images[here], row, col, out, here)
    return _with_images(data, out)


def rotate(data, degrees):
    """Return the data with every image turned about its center, counterclockwise; S142.

    degrees is a number, or an array (n,). Warns with `MayChangeLabel` above 30 degrees either way.
    """
    degrees = _each(degrees, "degrees", len(data))
    _flag(np.abs(degrees).max())
    return _with_images(data, _resampled(data.images, _turned(degrees)))


def skew(data, slope):
    """Return the data leaning to the right, as italics do: each row is moved by ``slope`` times its height; S144.

    slope, the tangent of the angle, is a number, or an array (n,). The middle of the image stays where it is.
    """
    return _with_images(data, _resampled(data.images, _skewed(_each(slope, "slope", len(data)))))


def elastic(data, alpha=34.0, sigma=4.0, seed=0):
    """Return the data as an unsteady hand would have written it: every image warped by a smooth random field; S145.

    Each pixel is fetched from a place up to ``alpha`` pixels away each way, drawn at random; a Gaussian of width
    ``sigma`` pixels, over which the draws are averaged, makes neighbors move together. alpha = 34 and sigma = 4,
    which move a pixel by 1.4 in the root mean square, are the values of Simard, Steinkraus and Platt (2003).
    seed is a number or a NumPy generator.
    """
    return Distort(alpha=alpha, sigma=sigma)(data, np.random.default_rng(seed))


class Distort:
    """A change drawn afresh for every image: call it with data and a generator, and it returns Data.

    Parameters
    ----------
    shift : int
        Largest number of pixels by which an image moves, each way, in whole pixels.
    rotate : float
        Largest angle, in degrees either way. Warns with `MayChangeLabel` above 30.
    skew : float
        Largest slope, to the right or to the left.
    alpha, sigma : float
        Strength and width of the warp in pixels, as in `elastic`. alpha = 0 leaves it out.

    Notes
    -----
    Shifts, angles and slopes are drawn evenly between their largest values. All changes of an image are made in one
    go, so that it is interpolated, and blurred by that, only once. With nothing but a shift no pixel is interpolated.
    ``net.fit(..., augment=Distort(shift=1))`` shows the network every image changed anew in each epoch, at no cost in
    memory; `expand` fixes the changes once.
    """

    def __init__(self, shift=0, rotate=0.0, skew=0.0, alpha=0.0, sigma=4.0):
        self.shift = require.integer(shift, "shift", 0, "It is the largest shift, in pixels, either way.")
        self.rotate = require.number(rotate, "rotate", low=0, advice="It is the largest angle, either way.")
        self.skew = require.number(skew, "skew", low=0, advice="It is the largest slope, either way.")
        self.alpha = require.number(alpha, "alpha", low=0, advice="alpha = 0 leaves the warp out.")
        self.sigma = require.positive(sigma, "sigma", "It is the width of the Gaussian, in pixels: try 4.")
        _flag(self.rotate)

    def __call__(self, data, rng):
        """Return the data with every image changed; the generator rng decides how."""
        n, side = len(data), data.images.shape[1]
        moves = self.shift - rng.integers(0, 2 * self.shift + 1, (n, 2))
        if not (self.rotate or self.skew or self.alpha):
            return shift(data, *moves.T)
        angles = self.rotate * rng.uniform(-1, 1, n)
        slopes = self.skew * rng.uniform(-1, 1, n)
        matrices = _skewed(slopes) @ _turned(angles)
        if not self.alpha:
            return _with_images(data, _resampled(data.images, matrices, moves))
        out = np.empty_like(data.images)
        for part in _parts(n):
            field = self.alpha * _smooth_noise(rng, len(out[part]), side, self.sigma)
            out[part] = _resampled(data.images[part], matrices[part], moves[part], field)
        return _with_images(data, out)

    def __repr__(self):
        given = {"shift": self.shift, "rotate": self.rotate, "skew": self.skew, "alpha": self.alpha}
        if self.alpha:
            given["sigma"] = self.sigma
        return f"Distort({', '.join(f'{name}={value!r}' for name, value in given.items() if value)})"


def expand(train, pixels=1, change=None, copies=4, seed=0):
    """Return the training data with changed copies among the originals, shuffled; S141.

    Without ``change`` there are four copies of each image, shifted by ``pixels`` up, down, left and right: five times
    the data, 250,000 images from 50,000 in 0.8 GB. With a change, such as ``Distort(alpha=34)``, there are
    ``copies``, each changed on its own. seed fixes changes and order. Labels follow their images. Validation and test
    data stay as they are: they stand for digits yet to come, and those come as they are.
    """
    rng = np.random.default_rng(seed)
    if change is None:
        step = require.integer(pixels, "pixels", 1)
        shifts = [(0, 0), (-step, 0), (step, 0), (0, -step), (0, step)]
        versions = [lambda part, move=move: shift(part, *move) for move in shifts]
    elif callable(change):
        versions = [lambda part: part] + [lambda part: change(part, rng)] * require.integer(
            copies, "copies", 1
        )
    else:
        raise TypeError(
            f"change is a function of data and a generator, got {change!r}. Try Distort(shift=1)."
        )
    n = len(train)
    places = rng.permutation(len(versions) * n).reshape(len(versions), n)
    x = np.empty((places.size, train.x.shape[1]), np.float32)
    y = np.empty((places.size, *train.y.shape[1:]), train.y.dtype)
    for version, place in zip(versions, places):
        for part in _parts(n):  # in parts, so that no second copy of all the images is ever held
            changed = version(train[part])
            x[place[part]], y[place[part]] = changed.x, changed.y
    return Data._of(x, y, train.classes, train.name)


def _each(values, what, n, dtype=np.float64):
    """Return one value for each of n images."""
    found = np.asarray(values)
    if dtype is int and found.dtype.kind not in "iu":
        raise TypeError(f"{what} counts whole pixels, got {values!r}. Write round({what}).")
    return np.broadcast_to(require.array(found, what, dtype, () if found.ndim == 0 else (n,)), (n,))


def _flag(degrees):
    if degrees > LARGE_ANGLE:
        warnings.warn(
            f"Turned by {degrees:g} degrees, a 1 may pass for a 7 and a 6 for a 9, with the old label. "
            f"Stay below {LARGE_ANGLE:g} degrees, or ignore this for things that have no upright.",
            MayChangeLabel,
            stacklevel=3,
        )


def _move(images, row, col, out, where):
    """Write the images, moved by whole pixels, into out[where]."""
    side = images.shape[1]
    (to_rows, of_rows), (to_cols, of_cols) = _overlap(row, side), _overlap(col, side)
    moved = np.zeros_like(images)
    moved[:, to_rows, to_cols] = images[:, of_rows, of_cols]
    out[where] = moved


def _overlap(step, side):
    """Return the slices to write to and to read from along an axis of this length, moved by step."""
    step = int(np.clip(step, -side, side))
    return slice(max(step, 0), side + min(step, 0)), slice(max(-step, 0), side - max(step, 0))


def _turned(degrees):
    """Return the matrices (n, 2, 2) that lead from (row, col) about the center to where the pixel comes from."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.stack([cos, sin, -sin, cos], axis=-1).reshape(-1, 2, 2)


def _skewed(slopes):
    one, zero = np.ones_like(slopes), np.zeros_like(slopes)
    return np.stack([one, zero, slopes, one], axis=-1).reshape(-1, 2, 2)


def _smooth_noise(rng, n, side, sigma):
    """Return n fields of displacements (n, 2, side, side): even noise in [-1, 1), averaged over a Gaussian."""
    noise = rng.random((n, 2, side, side), np.float32) * 2 - 1
    blur = _blur(side, sigma)
    return blur @ noise @ blur.T


@cache
def _blur(side, sigma):
    """Return the matrix that averages along an axis; beyond the edges there is no noise to average over."""
    at = np.arange(side)
    weights = np.exp(-((at[:, None] - at) ** 2) / (2 * sigma**2))
    steps = np.arange(-side - int(8 * sigma), side + int(8 * sigma) + 1)
    return (weights / np.exp(-(steps**2) / (2 * sigma**2)).sum()).astype(np.float32)


def _resampled(images, matrices, moves=None, field=None):
    """Return images whose pixel p is the one at center + matrix (p - center - move) + field, between four neighbors."""
    n, side = images.shape[:2]
    moves = np.zeros((n, 2)) if moves is None else np.ascontiguousarray(moves, np.float64)
    field = np.empty((0, 2, side, side), np.float32) if field is None else field
    return kernels.resample(images, np.ascontiguousarray(matrices), moves, field)


def _parts(n):
    return [slice(start, min(start + AT_ONCE, n)) for start in range(0, n, AT_ONCE)]


def _with_images(data, images):
    return Data._of(images.reshape(len(images), -1), data.y, data.classes, data.name)
