"""What the old programs share: where chance comes from, and nets whose examples are columns."""

import random

import numpy as np

from nndl import require
from nndl.activations import Sigmoid

__all__ = ["Columns", "chance", "sigmoid", "sigmoid_prime"]

SIGMA = Sigmoid()


def sigmoid(z):
    """Return 1 / (1 + exp(-z)), of the shape of z; no z is too large."""
    return SIGMA(z)


def sigmoid_prime(z):
    """Return the sigmoid's derivative at z, of the shape of z."""
    return SIGMA.prime(z)


def chance(seed=None):
    """Return two functions: one draws from N(0, 1) for a shape, the other shuffles a list.

    Without a seed they are NumPy's and Python's own, which ``np.random.seed`` and ``random.seed`` fix for a whole
    program, as it was done then. With a seed they give what these would give after being seeded with it.
    """
    if seed is None:
        return np.random.standard_normal, random.shuffle
    seed = require.integer(seed, "seed")
    return np.random.RandomState(seed).standard_normal, random.Random(seed).shuffle


class Columns:
    """A net of sigmoid neurons that takes its examples as columns: sizes, biases, weights, and the pass forward.

    Parameters
    ----------
    sizes : list of int
        Number of neurons from the input to the output, as in [784, 30, 10].
    seed : int, optional
        Fixes the first weights and every shuffle of this net; see `chance` for what happens without.
    dtype : "float64" or "float32"
        Of biases and weights.

    Notes
    -----
    ``biases[l]`` (n, 1) and ``weights[l]`` (n, n of the layer below) belong to the layer l + 1: ``weights[1]`` links
    the second layer with the third, and the input has no biases. Both lists may be replaced.
    """

    def __init__(self, sizes, seed=None, dtype="float64"):
        sizes = [require.integer(n, "Each number of neurons in sizes", 1) for n in sizes]
        if len(sizes) < 2:
            raise ValueError(f"sizes names an input and an output at least, got {sizes}. Try [784, 30, 10].")
        self.sizes, self.num_layers = sizes, len(sizes)
        self.dtype = np.dtype(require.one_of(str(np.dtype(dtype)), "dtype", ("float64", "float32")))
        self._normal, self._shuffle = chance(seed)

    def draw(self, narrow):
        """Draw biases from N(0, 1), weights from N(0, 1) too or, if narrow, from N(0, 1 / n_in).

        All biases come before all weights: the order in which the old programs drew.
        """
        pairs = list(zip(self.sizes, self.sizes[1:]))
        biases = [self._normal((n_out, 1)) for _, n_out in pairs]
        weights = [self._normal((n_out, n_in)) / (np.sqrt(n_in) if narrow else 1.0) for n_in, n_out in pairs]
        self.biases = [b.astype(self.dtype) for b in biases]
        self.weights = [w.astype(self.dtype) for w in weights]

    def feedforward(self, a):
        """Return the output (n_out, 1) for an input a (n_in, 1); m inputs side by side, (n_in, m), give (n_out, m)."""
        a = self.column(a, 0, "feedforward takes a")
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        """Return (nabla_b, nabla_w), lists shaped as ``biases`` and ``weights``, by backpropagation.

        x (n_in, 1) and y (n_out, 1) are an example; for m examples side by side the lists hold sums over the examples.
        """
        x, y = self.column(x, 0, "backprop takes x"), self.column(y, -1, "backprop takes y")
        zs, activations = [], [x]
        for b, w in zip(self.biases, self.weights):
            zs.append(w @ activations[-1] + b)
            activations.append(sigmoid(zs[-1]))
        delta = self.output_error(zs[-1], activations[-1], y)  # BP1
        nabla_b, nabla_w = [], []
        for l in reversed(range(len(zs))):
            nabla_b.insert(0, delta.sum(axis=1, keepdims=True))  # BP3
            a = activations[l]
            nabla_w.insert(0, np.dot(delta, a.T))  # BP4; @ takes four times as long for a single column
            if l:
                delta = (self.weights[l].T @ delta) * (a * (1 - a))  # BP2
        return nabla_b, nabla_w

    def column(self, values, layer, what):
        """Return values in this net's dtype if they are columns for layer 0 or -1; else say what is wanted."""
        values, n = np.asarray(values), self.sizes[layer]
        if values.ndim == 2 and len(values) == n:
            return values.astype(self.dtype, copy=False)
        advice = " Write x[:, None]." if values.shape == (n,) else ""
        if values.ndim == 2 and values.shape[1] == n:
            advice = " Its rows are examples: write x.T."
        if values.ndim == 0 and layer:
            advice = f" A label? vectorized_result({values}) makes it a unit vector."
        raise ValueError(f"{what} of shape ({n}, 1), a column, got {values.shape}.{advice}")
