"""Gradient descent with momentum, and when it is stable."""

from typing import NamedTuple

import numpy as np

from nndl import require

__all__ = ["Descent", "descend", "growth", "largest_eta", "starting"]


class Descent(NamedTuple):
    """The way down: every place (steps + 1, d) with its cost (steps + 1,), and whether the gradient vanished there."""

    places: np.ndarray
    costs: np.ndarray
    reached: bool

    @property
    def w(self):
        """Where it ended, (d,)."""
        return self.places[-1]

    @property
    def steps(self):
        """How many steps were taken."""
        return len(self.places) - 1

    @classmethod
    def of(cls, problem, places, tolerance):
        """Return the Descent through these places."""
        costs = np.array([problem.cost(w) for w in places])
        return cls(np.array(places), costs, bool(np.abs(problem.gradient(places[-1])).max() <= tolerance))


def descend(problem, start, eta, *, steps, mu=0.0, nesterov=False, tolerance=1e-8):
    """Return the Descent v' = mu v - eta grad C, w' = w + v' (Q3.47, Q3.48), the velocity v starting at 0.

    With nesterov the gradient is taken at w + mu v, where the velocity is about to lead (Q3.49). mu may be any number
    here, also one that fails: above 1 a ball on a flat floor gains speed, below 0 it turns round at every step. Ends
    after ``steps`` steps, once no entry of the gradient exceeds ``tolerance``, or where the numbers overflow.
    """
    eta, mu = require.positive(eta, "eta"), require.number(mu, "mu")
    places, v = [starting(start)], 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(require.integer(steps, "steps")):
            w = places[-1]
            slope = problem.gradient(w)
            if np.abs(slope).max() <= tolerance:
                break
            v = mu * v - eta * (problem.gradient(w + mu * v) if nesterov else slope)
            if not np.isfinite(w + v).all():
                break
            places.append(w + v)
        return Descent.of(problem, places, tolerance)


def growth(eta, k, mu=0.0, nesterov=False):
    """Return the factor by which each step of momentum finally multiplies the distance to the bottom of C = k w^2 / 2.

    Below 1 the descent converges; it is the largest |eigenvalue| of the step as a linear map of (w, v).
    """
    eta, k, mu = require.number(eta, "eta"), require.number(k, "k"), require.number(mu, "mu")
    kept = mu * (1 - eta * k) if nesterov else mu  # of the velocity: Nesterov's gradient has mu v in it
    step = np.array([[1 - eta * k, kept], [-eta * k, kept]])
    return float(np.abs(np.linalg.eigvals(step)).max())


def largest_eta(k, mu=0.0, nesterov=False):
    """Return the step length at which momentum ceases to converge on C = k w^2 / 2: below it, it does; N137.

    2 (1 + mu) / k for 0 <= mu < 1: momentum allows longer steps, nearly twice as long. Nesterov's look ahead gives up
    a part of that again, 2 (1 + mu) / ((1 + 2 mu) k). k is the largest curvature where there are several.
    """
    k, mu = require.positive(k, "k, the curvature,"), require.number(mu, "mu", 0.0, 1.0)
    if mu == 1:
        raise ValueError("Without friction, mu = 1, no step length converges. Take a mu below 1.")
    return 2 * (1 + mu) / k / (1 + 2 * mu if nesterov else 1)


def starting(start):
    """Return a starting place as a fresh float64 vector."""
    return np.atleast_1d(np.array(require.array(start, "start", np.float64), copy=True)).ravel()
