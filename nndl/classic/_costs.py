"""The two costs of network2: classes with a value, ``fn``, and an error of the output layer, ``delta``; S038, S039."""

import numpy as np

from nndl import costs
from nndl.classic._columns import sigmoid_prime

__all__ = ["COSTS", "CrossEntropyCost", "QuadraticCost"]

SMALLEST = np.finfo(np.float64).tiny


class QuadraticCost:
    """Half the squared distance between output and target."""

    @staticmethod
    def fn(a, y):
        """Return |a - y|^2 / 2 for an output a and a target y, both (n_out, 1)."""
        return float(np.square(np.subtract(a, y)).sum() / 2)

    @staticmethod
    def delta(z, a, y):
        """Return the error (a - y) sigma'(z), of the shape of a."""
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    """The cross-entropy of output and target, - sum_j [y_j ln a_j + (1 - y_j) ln (1 - a_j)]."""

    @staticmethod
    def fn(a, y):
        """Return the cross-entropy for an output a and a target y, both (n_out, 1); always finite.

        An output that is exactly and rightly 0 or 1 costs nothing. One that is wrongly so costs 708, as if it were the
        smallest float64 away: the old program said 1.8e308 there, which no plot survives.
        """
        a, y = np.asarray(a, np.float64), np.asarray(y, np.float64)
        logs = y * np.log(np.maximum(a, SMALLEST)) + (1 - y) * np.log(np.maximum(1 - a, SMALLEST))
        return float(0.0 - logs.sum())  # and not -0.0

    @staticmethod
    def delta(z, a, y):
        """Return the error a - y; z is not needed, and that is the point of this cost."""
        return a - y


# What each is in the package, where kernels and the costs of saturated outputs are.
COSTS = {QuadraticCost: costs.Quadratic(), CrossEntropyCost: costs.CrossEntropy()}
