"""Ways downhill, by momentum, curvature and conjugate directions: on a bowl, in a valley, on a whole network.

A problem is anything with ``cost(w)`` and ``gradient(w)``, for some methods ``hessian(w)``, of a vector w: `bowl`,
`rosenbrock`, or `NetworkCost`, the cost of a network as a function of all its weights and biases. Most methods return a
`Descent`, every place on the way; `minimize` trains a network in place. All look at all the data in every step.
"""

from nndl.optimize.conjugate import conjugate_gradient
from nndl.optimize.curvature import hessian_bytes, hessian_product
from nndl.optimize.descent import Descent, descend, growth, largest_eta
from nndl.optimize.newton import NotConvex, newton, newton_step
from nndl.optimize.problems import NetworkCost, Problem, bowl, rosenbrock
from nndl.optimize.quasi import bfgs, lbfgs, two_loops
from nndl.optimize.whole import Minimum, minimize

__all__ = [
    "Descent",
    "Minimum",
    "NetworkCost",
    "NotConvex",
    "Problem",
    "bfgs",
    "bowl",
    "conjugate_gradient",
    "descend",
    "growth",
    "hessian_bytes",
    "hessian_product",
    "largest_eta",
    "lbfgs",
    "minimize",
    "newton",
    "newton_step",
    "rosenbrock",
    "two_loops",
]
