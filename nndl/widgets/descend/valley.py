"""The valley of the figure `Descend` in NumPy: what the page computes, for a notebook, a picture and the tests."""

import numpy as np

from nndl import require
from nndl.widgets._chance import Chance

__all__ = ["EXAMPLES", "Valley"]

EXAMPLES = 100
SPREAD = 0.6


class Valley:
    """A quadratic cost of two variables, C(v) = v·Av / 2, made of 100 examples; book, eq. `eq-delta-c`.

    Example i has the cost (v - p_i)·A(v - p_i) / 2 up to a constant; the points p_i have mean 0, so C is the mean
    of them all and its bottom is v = 0.

    Parameters
    ----------
    k, flat : float
        Curvatures along the two axes of the valley; above 0.
    tilt : float
        How far the valley is turned, in degrees.
    seed : int
        Fixes the examples and the mini-batches.

    Raises
    ------
    ValueError
        If a curvature is not above 0.
    """

    def __init__(self, k=4.0, flat=0.5, tilt=0.0, seed=0):
        self.k, self.flat = require.positive(k, "k"), require.positive(flat, "flat")
        self.tilt, self.seed = require.number(tilt, "tilt"), require.integer(seed, "seed")
        turn = np.radians(tilt)
        axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        self.a = axes @ np.diag([self.k, self.flat]) @ axes.T
        chance = Chance(seed)
        points = np.array([[SPREAD * chance.normal(), SPREAD * chance.normal()] for _ in range(EXAMPLES)])
        self.points = points - points.mean(axis=0)

    def cost(self, v):
        """The cost at one point (2,) or at each of many (m, 2)."""
        v = np.asarray(v)
        return ((v @ self.a) * v).sum(axis=-1) / 2

    def gradient(self, v, batch=None):
        """The gradient at v, (2,); from the examples in ``batch`` where given, eq. `eq-minibatch-gradient`."""
        middle = 0.0 if batch is None else self.points[batch].mean(axis=0)
        return self.a @ (np.asarray(v) - middle)

    def batches(self, steps, batch_size):
        """The mini-batches that the page draws: ``steps`` lists of ``batch_size`` examples; None for all of them."""
        require.integer(batch_size, "batch_size", 1)
        if batch_size >= EXAMPLES:
            return [None] * steps
        chance = Chance(self.seed + 1)
        return [chance.permutation(EXAMPLES)[:batch_size] for _ in range(steps)]

    def descend(self, start, eta, steps, mu=0.0, batch_size=EXAMPLES):
        """Walk ``steps`` steps of eq. `eq-descent` from ``start``; return the points, (steps + 1, 2)."""
        v, velocity = require.array(start, "start", shape=(2,)), np.zeros(2)
        path = [v]
        for batch in self.batches(steps, batch_size):
            velocity = mu * velocity - eta * self.gradient(v, batch)
            v = v + velocity
            path.append(v)
        return np.array(path)
