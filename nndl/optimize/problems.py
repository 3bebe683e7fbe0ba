"""What there is to be minimized: a bowl, a curved valley, the cost of a whole network."""

from typing import Any, NamedTuple

import numpy as np

from nndl import Data, Network, require
from nndl.optimize.curvature import hessian_product, refuse_large
from nndl.training import penalty_of

__all__ = ["NetworkCost", "Problem", "bowl", "rosenbrock"]


class Problem(NamedTuple):
    """Functions of a vector w (d,): the cost, its gradient (d,), and, for Newton's method, its Hessian (d, d)."""

    cost: Any
    gradient: Any
    hessian: Any = None


def bowl(a, b=None):
    """Return the quadratic Problem C = w.A w / 2 - b.w for a symmetric A (d, d); a number or a vector is a diagonal.

    Where A is positive definite it is a bowl whose bottom solves A w = b; otherwise a saddle.
    """
    a = require.array(a, "a", np.float64)
    a = np.diag(np.atleast_1d(a)) if a.ndim < 2 else a
    if a.shape != a.T.shape or not np.allclose(a, a.T):
        raise ValueError("a is a symmetric matrix (d, d). Write (a + a.T) / 2.")
    b = np.zeros(len(a)) if b is None else require.array(b, "b", np.float64, (len(a),))
    return Problem(lambda w: float(w @ a @ w / 2 - b @ w), lambda w: a @ w - b, lambda w: a)


def rosenbrock():
    """Return Rosenbrock's valley, C = (1 - x)^2 + 100 (y - x^2)^2: steep walls, a bent floor, its bottom at (1, 1)."""

    def cost(w):
        x, y = w
        return float((1 - x) ** 2 + 100 * (y - x * x) ** 2)

    def gradient(w):
        x, y = w
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    def hessian(w):
        x, y = w
        return np.array([[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200.0]])

    return Problem(cost, gradient, hessian)


class NetworkCost:
    """The cost of a network on all of some data, as a Problem: a function of theta, all weights and biases at once.

    Parameters
    ----------
    net : Network
        In float64: the methods here live on small differences. Its weights are set to theta with every call.
    train : Data, or a pair (x, y)
        The examples whose mean cost it is.
    lmbda, penalty : float, Penalty
        As in ``net.fit``.

    Notes
    -----
    Layer by layer, first the weights row by row, then the biases; ``theta`` reads them from the network and writes them
    back. The Hessian is for networks of dense layers.
    """

    def __init__(self, net, train, lmbda=0.0, penalty=None):
        if not isinstance(net, Network):
            raise TypeError(f"net is a Network, got {type(net).__name__}.")
        if net.dtype != np.float64:
            raise ValueError('The network is in float32. Write Network(..., dtype="float64").')
        self.net = net
        self.data = train if isinstance(train, Data) else Data(*train, classes=net.sizes[-1])
        net.evaluate(self.data)  # says so if the data do not fit
        self.penalty = penalty_of(lmbda, penalty)
        self.x, self.y = self.data.x.astype(np.float64), self.data.targets

    @property
    def theta(self):
        """All weights and biases of the network, (N,), a copy."""
        return self._flat(list(zip(*self.net.parameters)))

    @theta.setter
    def theta(self, vector):
        for (w, b), (new_w, new_b) in zip(zip(*self.net.parameters), self.pairs(vector)):
            w[...], b[...] = new_w, new_b

    def pairs(self, vector):
        """Return a vector (N,) as [(for w, for b), …], views of the shapes of the network's own."""
        shapes = [p.shape for pair in zip(*self.net.parameters) for p in pair]
        sizes = [int(np.prod(shape)) for shape in shapes]
        vector = require.array(vector, "theta", np.float64, (sum(sizes),))
        pieces = [p.reshape(s) for p, s in zip(np.split(vector, np.cumsum(sizes)[:-1]), shapes)]
        return list(zip(pieces[::2], pieces[1::2]))

    def cost(self, theta):
        """Return the mean cost, penalty included."""
        self.theta = theta
        z = self.net.engine.weighted_outputs(self.net.engine.rows(self.x))
        return self.net.cost_from_z(z, self.data) + self.penalty(self.net.parameters[0], len(self.data))

    def gradient(self, theta):
        """Return the gradient (N,), by backpropagation."""
        self.theta = theta
        l2, l1 = self.penalty.rates(len(self.data))
        nablas = self.net.gradients(self.x, self.y)
        weights = self.net.parameters[0]
        return self._flat([(nw + l2 * w + l1 * np.sign(w), nb) for (nw, nb), w in zip(nablas, weights)])

    def hessian_product(self, theta, vector):
        """Return H vector (N,) at the price of two gradients: H itself is never written down."""
        self.theta = theta
        l2, _ = self.penalty.rates(len(self.data))
        pairs = self.pairs(vector)
        found = hessian_product(self.net, self.x, self.y, pairs)
        return self._flat([(hw + l2 * vw, hb) for (hw, hb), (vw, _) in zip(found, pairs)])

    def hessian(self, theta):
        """Return H (N, N), column by column (Q3.44). Raises ValueError if it would be larger than a gigabyte."""
        refuse_large(len(theta))
        found = np.array([self.hessian_product(theta, unit) for unit in np.eye(len(theta))])
        return (found + found.T) / 2  # equal to rounding; now exactly

    @staticmethod
    def _flat(pairs):
        return np.concatenate([np.ravel(p) for pair in pairs for p in pair])
