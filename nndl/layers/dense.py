"""Fully connected layers: arrays in, arrays out, one example per row."""

from nndl import require
from nndl.activations import Sigmoid, Softmax
from nndl.layers.base import Layer, given_activation

__all__ = ["Dense", "SoftmaxLayer"]


class Dense(Layer):
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
        self.shape_in = (require.integer(n_in, "n_in, the number of inputs,", 1),)
        self.shape_out = (require.integer(n_out, "n_out, the number of neurons,", 1),)
        self.activation = given_activation(activation, Sigmoid())

    def _connect(self, below):
        if below and below.n_out != self.n_in:
            raise ValueError(f"{below!r} gives {below.n_out} activations, but {self!r} takes {self.n_in}.")

    def _shape_of_w(self):
        return self.n_out, self.n_in

    def weigh(self, a_in):
        """Return z = w a_in + b, shape (m, n_out), and a_in itself."""
        return a_in @ self.w.T + self.b, a_in

    def gradients(self, delta, a_in):
        """Return (nabla_w, nabla_b), the means over the batch, from delta = dC/dz (m, n_out)."""
        return delta.T @ a_in / len(delta), delta.mean(axis=0)  # BP4, BP3

    def backward(self, delta, a_in):
        """Return dC/da_in, shape (m, n_in)."""
        return delta @ self.w  # BP2, before the slope of the layer below

    def settings(self):
        """Return the arguments of the class, for a file."""
        return {"n_in": self.n_in, "n_out": self.n_out, "activation": self.activation.name}

    def __repr__(self):
        sigma = "" if self.activation == Sigmoid() else f", {self.activation!r}"
        return f"{type(self).__name__}({self.n_in}, {self.n_out}{sigma})"


class SoftmaxLayer(Dense):
    """A fully connected output layer whose activations are shares of 1; goes with LogLikelihood()."""

    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out, Softmax())

    def settings(self):
        """Return the arguments of the class, for a file."""
        return {"n_in": self.n_in, "n_out": self.n_out}

    def __repr__(self):
        return f"SoftmaxLayer({self.n_in}, {self.n_out})"
