"""Layers: arrays in, arrays out, one example per row."""

import numpy as np

from nndl import require
from nndl.activations import Activation, Sigmoid, Softmax

__all__ = ["Dense", "SoftmaxLayer"]


class Dense:
    """A fully connected layer, a = sigma(w a_in + b); eq. `eq-feedforward`.

    Parameters
    ----------
    n_in, n_out : int
        Number of neurons in the layer below and in this one.
    activation : Activation, optional
        Sigma; Sigmoid() if not given.

    Notes
    -----
    Shapes: w (n_out, n_in), b (n_out,), a (m, n_out). w[j, k] leads from neuron k to neuron j. Examples are
    rows, so z = a_in @ w.T + b. A network draws w and b when it takes the layer in; before that they are None.
    """

    def __init__(self, n_in, n_out, activation=None):
        self.n_in = require.integer(n_in, "n_in, the number of inputs,", 1)
        self.n_out = require.integer(n_out, "n_out, the number of neurons,", 1)
        self.activation = Sigmoid() if activation is None else activation
        if isinstance(activation, type) and issubclass(activation, Activation):
            raise TypeError(f"activation is an object, got the class. Write {activation.__name__}().")
        if not isinstance(self.activation, Activation):
            raise TypeError(
                f"activation is one of Sigmoid(), Tanh(), ReLU(), Linear(), Softmax(); got {activation!r}."
            )
        self.w = self.b = None

    def draw(self, initializer, rng, dtype):
        """Draw fresh w and b. Raises ValueError if the layer already belongs to a network."""
        if self.w is not None:
            raise ValueError(f"This {self!r} already belongs to a network. Make a new one: {self!r}.")
        w, b = initializer(rng, self.n_out, self.n_in)
        self.w = require.array(w, f"The initializer's w for {self!r}", dtype, (self.n_out, self.n_in))
        self.b = require.array(b, f"The initializer's b for {self!r}", dtype, (self.n_out,))

    def weighted_input(self, a_in):
        """Return z = w a_in + b, shape (m, n_out), for a_in of shape (m, n_in)."""
        return a_in @ self.w.T + self.b

    def forward(self, a_in):
        """Return the activations (m, n_out) for a_in (m, n_in)."""
        return self.activation(self.weighted_input(a_in))

    def gradients(self, delta, a_in):
        """Return (nabla_w, nabla_b), the means over the batch, from delta = dC/dz (m, n_out)."""
        return delta.T @ a_in / len(delta), delta.mean(axis=0)  # BP4, BP3

    def backward(self, delta):
        """Return dC/da_in, shape (m, n_in)."""
        return delta @ self.w  # BP2, before the slope of the layer below

    def __repr__(self):
        sigma = "" if self.activation == Sigmoid() else f", {self.activation!r}"
        return f"{type(self).__name__}({self.n_in}, {self.n_out}{sigma})"


class SoftmaxLayer(Dense):
    """A fully connected output layer whose activations are shares of 1; goes with LogLikelihood()."""

    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out, Softmax())

    def __repr__(self):
        return f"SoftmaxLayer({self.n_in}, {self.n_out})"


LAYERS = {"Dense": Dense, "SoftmaxLayer": SoftmaxLayer}


def check_stack(layers):
    """Raise unless these are layers that fit on top of each other, softmax only at the end."""
    if not layers:
        raise ValueError("A network has at least one layer, got none. Try [Dense(784, 30), Dense(30, 10)].")
    for layer in layers:
        if not isinstance(layer, Dense):
            raise TypeError(f"Layers are objects such as Dense(784, 30), got {layer!r}.")
    for below, above in zip(layers, layers[1:]):
        if below.n_out != above.n_in:
            raise ValueError(f"{below!r} gives {below.n_out} activations, but {above!r} takes {above.n_in}.")
        if isinstance(below.activation, Softmax):
            raise ValueError(f"{below!r} stands below {above!r}. Softmax belongs in the last layer only.")


def batch(x, layer, dtype):
    """Return x as rows (m, n_in) for this layer, and whether it was a single example.

    Takes (n_in,), (m, n_in), and images (m, rows, cols) or (rows, cols) with rows * cols = n_in.
    """
    n, side = layer.n_in, int(np.sqrt(layer.n_in))
    x = require.array(x, f"The input of {layer!r}", dtype)
    if x.ndim == 1 and x.size == n:
        return x[None], True
    if x.ndim == 2 and x.shape[1] == n:
        return x, False
    if x.shape == (side, side) and side * side == n:
        return x.reshape(1, n), True
    if x.ndim == 3 and x.shape[1] * x.shape[2] == n:
        return x.reshape(-1, n), False
    advice = " Its columns are examples: write x.T." if x.ndim == 2 and x.shape[0] == n else ""
    if x.ndim == 4 and x[0].size == n:
        advice = f" Write x.reshape(len(x), {n})."
    images = f", or images (m, {side}, {side})" if side * side == n and side > 1 else ""
    raise ValueError(f"{layer!r} takes shape (m, {n}){images}, or one example ({n},); got {x.shape}.{advice}")
