"""BFGS and L-BFGS: the curvature guessed from how the gradient has changed so far.

A step s that changed the gradient by y says: H s = y. Both methods keep an estimate of the inverse Hessian that agrees
with the latest steps and is positive definite as long as every y.s > 0, which the line search sees to.
"""

from collections import deque

import numpy as np

from nndl import require
from nndl.optimize.descent import Descent, starting

__all__ = ["bfgs", "lbfgs", "two_loops"]


def bfgs(problem, start, *, steps=200, tolerance=1e-8, watch=None):
    """Return the Descent of Broyden, Fletcher, Goldfarb and Shanno, whose estimate starts at the identity; S091.

    watch(inverse) is called with the estimate of the inverse Hessian (d, d) after every step.
    """
    inverse = np.eye(starting(start).size)

    def direction(slope, s, y):
        nonlocal inverse
        if s is not None:
            rho = 1 / (y @ s)
            left = np.eye(len(s)) - rho * np.outer(s, y)
            inverse = left @ inverse @ left.T + rho * np.outer(s, s)
            if watch:
                watch(inverse)
        return -inverse @ slope

    return _descent(problem, start, direction, steps, tolerance)


def lbfgs(problem, start, *, memory=10, scale=True, steps=200, tolerance=1e-8):
    """Return the Descent of BFGS with limited memory: the last ``memory`` pairs (s, y) stand for the estimate; S092.

    With scale the estimate before the first of them is y.s / y.y times the identity, the inverse curvature along the
    latest step; without, the identity itself, and with a memory for all steps this is `bfgs`.
    """
    pairs = deque(maxlen=require.integer(memory, "memory", 1))

    def direction(slope, s, y):
        if s is not None:
            pairs.append((s, y))
        first = y @ s / (y @ y) if scale and pairs else 1.0
        return -two_loops(slope, pairs, first)

    return _descent(problem, start, direction, steps, tolerance)


def two_loops(slope, pairs, first=1.0):
    """Return inverse Hessian times slope, the estimate being what pairs (s, y), oldest first, make of first * identity.

    The matrix is never written down: 4 d len(pairs) multiplications instead of d^2.
    """
    q, alphas = np.array(slope, float), []
    for s, y in reversed(pairs):
        alphas.append(s @ q / (y @ s))
        q -= alphas[-1] * y
    q *= first
    for (s, y), alpha in zip(pairs, reversed(alphas)):
        q += (alpha - y @ q / (y @ s)) * s
    return q


def _descent(problem, start, direction, steps, tolerance):
    """Go along direction(slope, s, y), as far as a line search says, until the slope vanishes."""
    places, s, y = [starting(start)], None, None
    slope = problem.gradient(places[0])
    for _ in range(require.integer(steps, "steps")):
        if np.abs(slope).max() <= tolerance:
            break
        way = direction(slope, s, y)
        length = _line_search(problem, places[-1], way, slope @ way)
        if length is None:  # as low as rounding lets it go
            break
        s = length * way
        places.append(places[-1] + s)
        before, slope = slope, problem.gradient(places[-1])
        y = slope - before
    return Descent.of(problem, places, tolerance)


def _line_search(problem, w, way, slope):
    """Return a step length after which the cost is lower and the slope less steep, as Wolfe asks; or None."""
    here, short, long, length = problem.cost(w), 0.0, np.inf, 1.0
    for _ in range(60):
        new = w + length * way
        if not problem.cost(new) <= here + 1e-4 * length * slope:
            long = length
        elif problem.gradient(new) @ way < 0.9 * slope:
            short = length
        else:
            return length
        length = (short + long) / 2 if np.isfinite(long) else 2 * length
    return None
