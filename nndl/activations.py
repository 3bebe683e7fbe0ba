"""What a neuron does with its weighted input: a = sigma(z).

An activation is called with z and gives a of the same shape; ``prime(z)`` is its derivative, element by element.
"""

import numpy as np

__all__ = ["ACTIVATIONS", "Activation", "Linear", "ReLU", "Sigmoid", "Softmax", "Tanh"]


class Activation:
    """The base of all: a subclass gives ``name``, ``__call__(z)`` and ``prime(z)``, both of the shape of z."""

    name = ""

    def __repr__(self):
        return f"{type(self).__name__}()"

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))


class Sigmoid(Activation):
    """The smooth step, sigma(z) = 1 / (1 + exp(-z)), between 0 and 1; eq. `eq-sigmoid`."""

    name = "sigmoid"

    def __call__(self, z):
        """Return 1 / (1 + exp(-z)), by the form whose exponential cannot overflow."""
        z = _floats(z)
        e = np.exp(-np.abs(z))
        return np.where(z >= 0, 1, e) / (1 + e)

    def prime(self, z):
        """Return sigma(z) (1 - sigma(z)); at most 1/4, reached at z = 0."""
        a = self(z)
        return a * (1 - a)


class Tanh(Activation):
    """The hyperbolic tangent, between -1 and 1: a sigmoid stretched and centered on 0, tanh(z) = 2 sigma(2z) - 1.

    Targets for tanh outputs lie in (-1, 1) too: scale a target y in [0, 1] to 2y - 1, and pixels likewise.
    """

    name = "tanh"

    def __call__(self, z):
        """Return tanh(z)."""
        return np.tanh(_floats(z))

    def prime(self, z):
        """Return 1 - tanh(z) ** 2."""
        return 1 - self(z) ** 2


class ReLU(Activation):
    """The rectified linear unit, max(0, z), whose derivative at 0 is taken to be 0."""

    name = "relu"

    def __call__(self, z):
        """Return max(0, z)."""
        return np.maximum(_floats(z), 0)

    def prime(self, z):
        """Return 1 where z > 0, else 0."""
        z = _floats(z)
        return (z > 0).astype(z.dtype)


class Linear(Activation):
    """No bend at all: a = z."""

    name = "linear"

    def __call__(self, z):
        """Return z."""
        return _floats(z)

    def prime(self, z):
        """Return 1 everywhere."""
        return np.ones_like(_floats(z))


class Softmax(Activation):
    """Shares of 1, a_j = exp(z_j) / sum_k exp(z_k), along the last axis; for output layers only."""

    name = "softmax"

    def __call__(self, z):
        """Return shares that sum to 1 along the last axis; z of any size is safe."""
        z = _floats(z)
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def prime(self, z):
        """Refuse: each output depends on every z, so there is no derivative element by element."""
        raise TypeError(
            "Softmax() has no element-wise derivative. Use it as the last layer, with LogLikelihood()."
        )


ACTIVATIONS = {kind.name: kind for kind in (Sigmoid, Tanh, ReLU, Linear, Softmax)}


def _floats(z):
    z = np.asarray(z)
    return z if z.dtype.kind == "f" else z.astype(np.float64)
