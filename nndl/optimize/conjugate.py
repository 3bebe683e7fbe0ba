"""Conjugate gradient: never undo along one direction what was gained along another."""

import numpy as np

from nndl.optimize.descent import Descent, starting
from nndl.optimize.problems import bowl

__all__ = ["conjugate_gradient"]


def conjugate_gradient(a, b, start=None, *, tolerance=1e-8):
    """Return the Descent on w.A w / 2 - b.w for a symmetric positive definite A (d, d), at its bottom in d steps; S090.

    Each direction is the gradient made conjugate, p.A q = 0, to those before; a step to the lowest point along it
    stays right for good. So d directions are enough, and with only k different curvatures k; but rounding wears this
    off, and where curvatures differ a thousandfold some error is left. Raises ValueError if the curvature along some
    direction is not positive.
    """
    problem = bowl(a, b)
    w = np.zeros(len(b)) if start is None else starting(start)
    residual = -problem.gradient(w)
    direction, places = residual, [w]
    for _ in range(len(w)):
        if np.abs(residual).max() <= tolerance:
            break
        bent = problem.hessian(w) @ direction
        curvature = direction @ bent
        if curvature <= 0:
            raise ValueError(
                f"a is positive definite, but along one direction its curvature is {curvature:.3g}: a saddle has no "
                "bottom. Try bfgs or newton, which go down from it."
            )
        length = residual @ residual / curvature
        w = w + length * direction
        places.append(w)
        following = residual - length * bent
        direction = following + (following @ following) / (residual @ residual) * direction
        residual = following
    return Descent.of(problem, places, tolerance)
