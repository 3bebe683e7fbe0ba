"""Examples: what goes in, x, with what should come out, y."""

from dataclasses import dataclass, field

import numpy as np

from nndl import require

__all__ = ["Data", "one_hot"]


def one_hot(labels, classes=10):
    """Return the target y(x) of a label j: zeros with a single 1 at index j; book, eq. `eq-one-hot`.

    One label gives shape (classes,), labels (n,) give (n, classes), float32. Raises ValueError for
    a label outside 0 ... classes - 1, TypeError for one that is not a whole number.
    """
    classes = require.integer(classes, "classes", low=1)
    labels = _labels(np.asarray(labels), classes)
    return np.eye(classes, dtype=np.float32)[labels]


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """A set of examples that nobody can change by accident: inputs x, targets y.

    Parameters
    ----------
    x : array
        One example per row, (n, d). Square images (n, side, side) are laid out as rows; where y is
        a single label, x may be a single example, (d,) or (side, side).
    y : array
        Labels 0 ... classes - 1, shape (n,); or float targets (n, k).
    classes : int
        Number of labels. Float targets have k classes, whatever is said here.
    name : str
        Where the examples come from, as in "MNIST".

    Raises
    ------
    ValueError, TypeError
        If x or y is empty, not finite, of another shape or length, holds bytes 0 ... 255 instead of
        fractions, or labels out of range.

    Notes
    -----
    x is float32 in row-major order, y int64 or float32; both are copies and read-only. A Data is cut
    like a list: ``data[:1000]``, ``data[mask]`` and ``data[indices]`` are Data, ``data[i]`` is the
    pair (x_i, y_i).
    """

    x: np.ndarray
    y: np.ndarray
    classes: int = 10
    name: str = field(default="", kw_only=True)

    def __post_init__(self):
        classes = require.integer(self.classes, "classes", low=1)
        y = np.asarray(self.y)
        x = _inputs(self.x, single=y.ndim == 0)
        y = _targets(np.atleast_1d(y), classes)
        if len(x) != len(y):
            raise ValueError(
                f"x and y belong together row by row, got {len(x)} inputs and {len(y)} targets. "
                "Give one target per input."
            )
        self._set(x, y, y.shape[1] if y.ndim == 2 else classes)

    @classmethod
    def _of(cls, x, y, classes, name):
        """Return a Data of arrays already known to be sound, without copying them."""
        data = object.__new__(cls)
        object.__setattr__(data, "name", name)
        data._set(x, y, classes)
        return data

    def _set(self, x, y, classes):
        x.flags.writeable = y.flags.writeable = False
        for key, value in (("x", x), ("y", y), ("classes", classes)):
            object.__setattr__(self, key, value)

    @property
    def targets(self):
        """The outputs asked for, float32 (n, classes): labels as unit vectors, float targets as they are."""
        return self.y if self.y.ndim == 2 else one_hot(self.y, self.classes)

    @property
    def images(self):
        """The inputs as pictures, (n, side, side), read-only. Raises ValueError if they are not square."""
        side = round(self.x.shape[1] ** 0.5)
        if side * side != self.x.shape[1]:
            raise ValueError(
                f"Square images have 784 = 28 x 28 inputs or the like, got {self.x.shape[1]}. Use x."
            )
        return self.x.reshape(-1, side, side)

    def only(self, *labels):
        """Return the examples that have one of these labels, in the same order; S006.

        The labels and their number of classes stay as they are: 0 and 1 of ten digits are still two of ten.
        """
        if self.y.ndim == 2:
            raise ValueError(
                "only() picks labels, but y holds float targets. Pick rows with a mask: data[mask]."
            )
        wanted = _labels(np.array(labels or (), None if labels else int), self.classes)
        if not (mask := np.isin(self.y, wanted)).any():
            raise ValueError(
                f"only() keeps labels that occur: {_listed(np.unique(self.y))}. Got {_listed(labels) or 'none'}."
            )
        return self[mask]

    def __len__(self):
        return len(self.x)

    def __iter__(self):
        return zip(self.x, self.y)

    def __getitem__(self, index):
        if isinstance(index, int | np.integer):
            return self.x[index], self.y[index]
        if isinstance(index, tuple):
            raise TypeError("Data is cut along its examples only. For columns write data.x[:, columns].")
        x, y = self.x[index], self.y[index]
        if len(x) == 0:
            raise ValueError(
                f"Of {len(self)} examples none is left. Widen the slice, the mask or the indices."
            )
        return Data._of(np.ascontiguousarray(x), np.ascontiguousarray(y), self.classes, self.name)

    def __repr__(self):
        name = f"{self.name}: " if self.name else ""
        return f"Data({name}{len(self):,} x {self.x.shape[1]}, {self.classes} classes)"


def _inputs(x, single):
    got = x if isinstance(x, np.ndarray) else require.array(x, "x", None)
    if got.dtype == np.uint8 and got.size and got.max() > 1:
        raise ValueError(f"x holds fractions of ink, 0 to 1, got bytes up to {got.max()}. Divide by 255.")
    x = _float32(got, "x")
    x = x[None] if single else x
    if x.ndim == 3 and x.shape[1] == x.shape[2]:
        x = x.reshape(len(x), -1) if len(x) else x
    if x.ndim != 2:
        raise ValueError(
            f"x has shape (n, d) or (n, side, side), got {got.shape}. "
            "One example? Write x[None], or give its label alone."
        )
    if x.size == 0:
        raise ValueError(f"x holds at least one example of at least one input, got shape {got.shape}.")
    return x


def _targets(y, classes):
    if y.dtype.kind in "biu":
        if y.ndim != 1:
            raise ValueError(
                f"Labels have shape (n,), got {y.shape}. Unit vectors? Write y.astype('float32')."
            )
        return _labels(y, classes)
    y = _float32(y, "y")
    if y.ndim != 2 or y.size == 0:
        raise ValueError(
            f"Float targets have shape (n, k), got {y.shape}. Labels? Write y.astype(int). "
            "One number per example? Write y[:, None]."
        )
    return y


def _labels(labels, classes):
    """Return whole numbers as a new int64 array, all of them known to be labels."""
    if labels.dtype.kind not in "biu":
        raise TypeError(f"Labels are whole numbers, got {labels.dtype} values. Write labels.astype(int).")
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        bad = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(
            f"Labels lie between 0 and {classes - 1}, got {bad}. Correct it, or pass the number of classes."
        )
    return labels.astype(np.int64)


def _float32(values, what):
    """Return a new float32 array in row-major order, finite throughout."""
    values = np.asarray(values)
    values = require.array(
        values, what, values.dtype
    )  # in its own type: 50,000 images are large enough in that
    with np.errstate(over="ignore"):
        small = np.array(values, np.float32, order="C")
    if not np.isfinite(small).all():
        raise ValueError(
            f"{what} fits into float32, up to 3.4e38, got {np.abs(values).max():g}. Scale it down."
        )
    return small


def _listed(values):
    return ", ".join(map(str, values))
