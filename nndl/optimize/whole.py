"""A whole network trained by the methods of numerical optimization, all the data in every step."""

from typing import NamedTuple

import numpy as np
from scipy import optimize

from nndl import require
from nndl.optimize.newton import newton
from nndl.optimize.problems import NetworkCost

__all__ = ["Minimum", "minimize"]

METHODS = {"CG": "CG", "BFGS": "BFGS", "L-BFGS": "L-BFGS-B", "Newton-CG": "Newton-CG"}  # SciPy's names


class Minimum(NamedTuple):
    """The cost before every step and at the end; the largest entry of the gradient there, and whether it is small."""

    costs: list
    slope: float
    reached: bool


def minimize(net, train, *, method="L-BFGS", steps=100, lmbda=0.0, penalty=None, tolerance=1e-5):
    """Train a network, in place, on all of train at once, and return the Minimum it came to.

    Parameters
    ----------
    net : Network
        In float64.
    train : Data, or a pair (x, y)
        The examples to learn from.
    method : "CG", "BFGS", "L-BFGS", "Newton-CG" or "Newton"
        The first four are SciPy's: nonlinear conjugate gradient; BFGS, whose estimate has a square of the number of
        parameters in entries; the same with limited memory; Newton's method that solves for each step by conjugate
        gradient, with exact products H v. "Newton" is `newton`, with the whole Hessian.
    steps : int
        At most so many; a step may look at the data several times.
    lmbda, penalty : float, Penalty
        As in ``net.fit``.
    tolerance : float
        Done once no entry of the gradient exceeds it.

    Raises
    ------
    ValueError
        For float32, an unknown method, or a Hessian too large to be written down.
    """
    problem = NetworkCost(net, train, lmbda, penalty)
    require.one_of(method, "method", [*METHODS, "Newton"])
    steps, tolerance = require.integer(steps, "steps", 1), require.positive(tolerance, "tolerance")
    if method == "Newton":
        problem.theta, costs = _newton(problem, steps, tolerance)
    else:
        problem.theta, costs = _scipy(problem, METHODS[method], steps, tolerance)
    net.n_train = len(problem.data)
    slope = float(np.abs(problem.gradient(problem.theta)).max())
    return Minimum(costs, slope, slope <= tolerance)


def _newton(problem, steps, tolerance):
    found = newton(problem, problem.theta, steps=steps, tolerance=tolerance)
    return found.w, found.costs.tolist()


def _scipy(problem, method, steps, tolerance):
    """Return the last place, and the costs on the way. L-BFGS-B would stop early at small gains: not here."""
    start = problem.theta
    costs = [problem.cost(start)]
    options = {"maxiter": steps}
    options |= {"xtol": tolerance / 100} if method == "Newton-CG" else {"gtol": tolerance}
    options |= {"ftol": 0.0, "maxfun": 100 * steps} if method == "L-BFGS-B" else {}
    found = optimize.minimize(
        problem.cost,
        start,
        jac=problem.gradient,
        hessp=problem.hessian_product if method == "Newton-CG" else None,
        method=method,
        callback=lambda w: costs.append(problem.cost(w)),
        options=options,
    )
    return found.x, costs
