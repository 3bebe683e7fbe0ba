"""Newton's method: step to the bottom of the parabola that fits the cost here."""

import warnings

import numpy as np

from nndl import require
from nndl.optimize.descent import Descent, starting

__all__ = ["NotConvex", "newton", "newton_step"]

FLOOR = 1e-3  # of the largest curvature: the least that a step is divided by once something is not convex
FLAT = 1e-10  # of the largest curvature: below this a direction counts as flat


class NotConvex(RuntimeWarning):
    """The Hessian is not positive definite, so that the parabola has no bottom; the step was damped."""


def newton_step(problem, w):
    """Return -H^-1 grad C at w, the step that minimizes the quadratic model of C if H is positive definite; Q3.45.

    Where H is not, the same formula leads to a saddle, or uphill. Raises ValueError if H has no inverse.
    """
    try:
        return -np.linalg.solve(problem.hessian(w), problem.gradient(w))
    except np.linalg.LinAlgError:
        raise ValueError(
            "The Hessian is singular: in some direction the cost does not bend at all. newton() damps such steps."
        ) from None


def newton(problem, start, *, eta=1.0, steps=100, tolerance=1e-8):
    """Return the Descent w - eta H^-1 grad C, gradient and Hessian computed anew at every place; Q3.46, S087.

    Where H is not positive definite, a multiple of the identity is added until it is, which bends the step toward plain
    gradient descent, and `NotConvex` warns, once. A step that would raise the cost is halved until it does not.
    """
    eta, places, warned = require.positive(eta, "eta"), [starting(start)], False
    for _ in range(require.integer(steps, "steps")):
        w = places[-1]
        slope = problem.gradient(w)
        if np.abs(slope).max() <= tolerance:
            break
        step, damped = _damped_step(problem.hessian(w), slope)
        if damped and not warned:
            warned = True
            warnings.warn(
                "The Hessian is not positive definite here: its parabola has no bottom. Steps are damped until it is; "
                "a start closer to the minimum needs no damping.",
                NotConvex,
                stacklevel=2,
            )
        new = _downhill(problem, w, eta * step, slope)
        if new is None:  # as low as rounding lets it go
            break
        places.append(new)
    return Descent.of(problem, places, tolerance)


def _damped_step(hessian, slope):
    curvatures, directions = np.linalg.eigh(hessian)
    steepest = max(np.abs(curvatures).max(), 1e-300)
    damped = curvatures[0] <= FLAT * steepest
    if damped:
        curvatures = curvatures + FLOOR * steepest - curvatures[0]
    return -directions @ (directions.T @ slope / curvatures), damped


def _downhill(problem, w, step, slope):
    """Return w + step, the step halved until the cost falls; None if it never does."""
    here = problem.cost(w)
    for _ in range(50):
        if problem.cost(w + step) <= here + 1e-4 * min(slope @ step, 0):
            return w + step
        step = step / 2
    return None
