"""Examples as the old programs have them, a list of pairs (x, y), brought into arrays and checked."""

import numpy as np

from nndl import kernels, require

__all__ = ["Pairs", "vectorized_result"]


def vectorized_result(j, classes=10):
    """Return the unit vector (classes, 1), float64, with its 1.0 at index j.

    Raises ValueError for a j outside 0 ... classes - 1, TypeError for one that is not a whole number.
    """
    j = require.integer(j, "A label")
    if j >= classes:
        raise ValueError(f"Labels lie between 0 and {classes - 1}, got {j}. Pass classes={j + 1} for more.")
    return np.eye(classes)[:, j : j + 1]


class Pairs:
    """A list of pairs (x, y) for a net with n_in inputs and n_out outputs, kept as two arrays of rows.

    Parameters
    ----------
    data : iterable of pairs
        x of shape (n_in, 1); y a unit vector or any target (n_out, 1), or else a label 0 ... n_out - 1.
    n_in, n_out : int
        Of the net that is to read them.
    what : str
        What the caller calls them.

    Raises
    ------
    ValueError, TypeError
        If there is no pair, or one does not fit.

    Notes
    -----
    ``x`` is (n, n_in), ``y`` (n, n_out) or, for labels, (n,). Length, index and iteration are those of the list.
    """

    def __init__(self, data, n_in, n_out, what):
        pairs = list(data)
        if not pairs:
            raise ValueError(f"{what} is a list of pairs (x, y), got none. mnist_loader makes such lists.")
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
            raise TypeError(
                f"{what} is a list of pairs (x, y). Two arrays of rows? Write zip(x[:, :, None], y)."
            )
        xs, ys = zip(*pairs)
        self._rows = None
        self.x = _rows(xs, n_in, f"Each x in {what}", " Write x[:, None]." if np.ndim(xs[0]) == 1 else "")
        if all(np.ndim(y) == 0 for y in ys):
            self.y = _labels(np.array(ys), n_out, what)
        else:
            advice = " Labels and targets are mixed." if any(np.ndim(y) == 0 for y in ys) else ""
            self.y = _rows(ys, n_out, f"Each y in {what}", advice)

    @classmethod
    def of(cls, data, n_in, n_out, what):
        """Return data itself if it is Pairs already, else as Pairs."""
        return data if isinstance(data, cls) else cls(data, n_in, n_out, what)

    def rows(self, dtype):
        """Return x as the kernels read it fastest; made once, and kept."""
        if dtype != np.float32:
            return self.x
        if self._rows is None:
            self._rows = kernels.sparse_rows(np.ascontiguousarray(self.x, np.float32))
        return self._rows

    @property
    def labeled(self):
        """Whether y holds labels."""
        return self.y.ndim == 1

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i][:, None], self.y[i] if self.labeled else self.y[i][:, None]

    def __iter__(self):
        return (self[i] for i in range(len(self)))


def _rows(columns, n, what, advice):
    """Return many columns (n, 1) as an array of rows."""
    shapes = {np.shape(column) for column in columns}
    if shapes != {(n, 1)}:
        wrong = min(shapes - {(n, 1)})
        raise ValueError(f"{what} has shape ({n}, 1), got {wrong}.{advice}")
    stacked = np.concatenate(columns).reshape(len(columns), n)
    return require.array(stacked, what, stacked.dtype if stacked.dtype.kind == "f" else np.float64)


def _labels(y, n_out, what):
    if y.dtype.kind not in "iu":
        raise TypeError(f"Labels in {what} are whole numbers, got {y.dtype} values. Write int(y).")
    if y.min() < 0 or y.max() >= n_out:
        bad = y.min() if y.min() < 0 else y.max()
        raise ValueError(
            f"Labels in {what} lie between 0 and {n_out - 1}, as the net has {n_out} outputs; got {bad}."
        )
    return y.astype(np.int64)
