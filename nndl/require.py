"""Argument checks whose messages teach: what is wanted, what came, what to do."""

import numbers
import operator
import os
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["array", "integer", "number", "one_of", "positive", "probability", "write_atomically"]


def number(value, what, low=-np.inf, high=np.inf, advice=""):
    """Return value as a float if it is a finite number with low <= value <= high."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real | np.floating | np.integer):
        raise TypeError(f"{what} is a number, got {value!r}.{_space(advice)}")
    if not (np.isfinite(value) and low <= value <= high):
        raise ValueError(f"{what} lies {_between(low, high)}, got {value!r}.{_space(advice)}")
    return float(value)


def positive(value, what, advice=""):
    """Return value as a float if it is a finite number above 0."""
    if number(value, what, advice=advice) <= 0:
        raise ValueError(f"{what} is above 0, got {value!r}.{_space(advice)}")
    return float(value)


def probability(value, what):
    """Return value as a float if it lies in [0, 1]."""
    return number(value, what, 0.0, 1.0)


def integer(value, what, low=0, advice=""):
    """Return value as an int if it is a whole number of at least low."""
    try:
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is a whole number, got {value!r}.{_space(advice)}") from None
    if isinstance(value, bool):
        raise TypeError(f"{what} is a whole number, got {value!r}.{_space(advice)}")
    if whole < low:
        raise ValueError(f"{what} is at least {low}, got {whole}.{_space(advice)}")
    return whole


def one_of(value, what, choices):
    """Return value if it is among the choices."""
    if value not in choices:
        raise ValueError(f"{what} is one of {', '.join(map(repr, choices))}; got {value!r}.")
    return value


def array(value, what, dtype=np.float64, shape=None, advice=""):
    """Return value as a numeric array of this dtype, finite throughout.

    ``shape`` holds a length per axis, None where any length will do.
    """
    try:
        got = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{what} is an array, got rows of unequal length. Give every row the same length."
        ) from None
    if got.dtype.kind not in "buif":
        raise TypeError(f"{what} holds numbers, got {got.dtype} values.{_space(advice)}")
    if shape is not None and not _fits(got.shape, shape):
        wanted = tuple("any" if n is None else n for n in shape)
        raise ValueError(f"{what} has shape {_tuple(wanted)}, got {got.shape}.{_space(advice)}")
    if got.dtype.kind == "f" and not np.isfinite(got).all():
        bad = np.argwhere(~np.isfinite(got))[0]
        raise ValueError(
            f"{what} is finite everywhere, got {got[tuple(bad)]} at index {_tuple(map(int, bad))}. "
            "Remove or replace the missing values first."
        )
    return got.astype(dtype, copy=False)


def write_atomically(path, content):
    """Write bytes to path so that a reader sees the old file or the new one, never a part.

    Raises OSError, the old file intact, if the folder is missing or the disk is full.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r} for {path.name!r}. Make it first.")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves the new name with nothing in it
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _fits(got, wanted):
    return len(got) == len(wanted) and all(w is None or g == w for g, w in zip(got, wanted))


def _tuple(values):
    values = [str(v) for v in values]
    return f"({', '.join(values)}{',' if len(values) == 1 else ''})"


def _between(low, high):
    if np.isinf(low) and np.isinf(high):
        return "anywhere but at infinity or nan"
    return f"between {low:g} and {high:g}" if np.isfinite(high) else f"at {low:g} or above"


def _space(advice):
    return f" {advice}" if advice else ""
