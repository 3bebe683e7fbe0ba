"""Where to look: ranges of numbers, and lists of values."""

import numpy as np

from nndl import require

__all__ = ["LogUniform", "Uniform", "listed", "ranges"]


class Uniform:
    """All numbers between low and high, equally likely; whole numbers only, both ends included, if ``integer``."""

    least = -np.inf

    def __init__(self, low, high, integer=False):
        self.low = require.number(low, "low", self.least)
        self.high = require.number(high, "high", self.least)
        if not self.low < self.high:
            raise ValueError(f"low is below high, got {low!r} and {high!r}. Swap them, or fix the setting.")
        self.integer = bool(integer)

    def at(self, u):
        """Return the value at the share u, in [0, 1], of the way from low to high."""
        low, high = (self.low - 0.5, self.high + 0.5) if self.integer else (self.low, self.high)
        value = self._between(low, high, u)
        value = float(min(max(round(value) if self.integer else value, self.low), self.high))
        return int(value) if self.integer else value

    def _between(self, low, high, u):
        return low + (high - low) * u

    def draw(self, rng):
        """Return a value by chance."""
        return self.at(rng.random())

    def values(self, n):
        """Return n values at equal distances, both ends among them: an axis of a grid."""
        require.integer(n, "n, the number of values,", 2)
        found = [self._between(self.low, self.high, k / (n - 1)) for k in range(n)]
        return list(dict.fromkeys(map(round, found))) if self.integer else found

    def __repr__(self):
        return f"{type(self).__name__}({self.low:g}, {self.high:g}{', integer=True' if self.integer else ''})"


class LogUniform(Uniform):
    """Numbers above 0 between low and high, every factor equally likely: for eta, lmbda, sizes of layers."""

    least = np.finfo(float).tiny

    def __init__(self, low, high, integer=False):
        for value, what in ((low, "low"), (high, "high")):
            require.positive(
                value, f"{what}, in LogUniform,", "No factor leads from 0 to anything: try 1e-4."
            )
        super().__init__(low, high, integer)

    def _between(self, low, high, u):
        return low * (high / low) ** u


def ranges(space, also_lists=False):
    """Return the space if every setting has a range, or a list where these will do, else raise TypeError."""
    for name, where in _settings(space).items():
        if isinstance(where, Uniform) or (also_lists and _is_list(where)):
            continue
        kinds = "a list of values or a range" if also_lists else "a range"
        raise TypeError(f"{name} is searched in {kinds} such as LogUniform(0.01, 10), got {where!r}.")
    return space


def listed(space):
    """Return the space if every setting has a list of values, else raise TypeError."""
    for name, where in _settings(space).items():
        if not _is_list(where):
            advice = f" Write {where!r}.values(5)." if isinstance(where, Uniform) else ""
            raise TypeError(f"A grid takes a list of values for {name}, got {where!r}.{advice}")
        if len(where) == 0:
            raise ValueError(f"The list of values for {name} is empty. Give at least one value.")
    return space


def _settings(space):
    if not isinstance(space, dict) or not space:
        raise TypeError(
            f"The space is a dict such as {{'eta': LogUniform(0.01, 10)}}, with a setting or more; got {space!r}."
        )
    return space


def _is_list(where):
    return isinstance(where, list | tuple | range | np.ndarray)
