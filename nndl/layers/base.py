"""What every layer answers to, so that a network need not know what it is made of."""

from math import prod

import numpy as np

from nndl import require
from nndl.activations import Activation, Linear, Softmax

__all__ = ["Layer", "element_wise", "given_activation"]


class Layer:
    """The base of all layers: without parameters, a = z = a_in, until a subclass says otherwise.

    Notes
    -----
    Between layers, activations are rows (m, n). ``shape_in`` and ``shape_out`` say what a row holds: (n,) neurons or
    (maps, rows, cols), laid out map by map. A layer learns its shapes from the layer below when a network takes it in;
    the network also draws ``w`` and ``b``, which stay None in a layer without parameters.

    Backpropagation calls ``weigh``, which returns z and a memory of whatever the way back will need, and then, with
    delta = dC/dz and that memory, ``gradients`` and ``backward``.
    """

    w = b = None
    activation = Linear()
    shape_in = shape_out = None
    taken = False

    @property
    def n_in(self):
        """Number of activations that a row brings in; None before a network knows."""
        return prod(self.shape_in) if self.shape_in else None

    @property
    def n_out(self):
        """Number of activations that a row gives; None before a network knows."""
        return prod(self.shape_out) if self.shape_out else None

    @property
    def n_parameters(self):
        """How many weights and biases there are to learn."""
        return 0 if self.w is None else self.w.size + self.b.size

    def connect(self, below):
        """Learn the shapes from the layer below, None for the first. Raises ValueError if they do not fit."""
        if self.taken:
            raise ValueError(f"This {self!r} already belongs to a network. Make a new one: {self!r}.")
        self._connect(below)

    def _connect(self, below):
        self.shape_in = self.shape_out = below.shape_out

    def draw(self, initializer, rng, dtype):
        """Draw fresh w and b, if there are any. Raises ValueError if the layer already belongs to a network."""
        if self.taken:
            raise ValueError(f"This {self!r} already belongs to a network. Make a new one: {self!r}.")
        if shape := self._shape_of_w():
            n_out, n_in = shape[0], prod(shape[1:])
            w, b = initializer(rng, n_out, n_in)
            w = require.array(w, f"The initializer's w for {self!r}", dtype, (n_out, n_in))
            b = require.array(b, f"The initializer's b for {self!r}", dtype, (n_out,))
            self.w, self.b = (
                np.array(w.reshape(shape), order="C"),
                b.copy(),
            )  # ours alone: training changes them
        self.taken = True

    def _shape_of_w(self):
        """The shape of w, outputs first; None for a layer without parameters."""

    def weigh(self, a_in):
        """Return z (m, n_out) for a_in (m, n_in), and the memory for ``gradients`` and ``backward``."""
        return a_in, a_in

    def weighted_input(self, a_in):
        """Return z, shape (m, n_out), for a_in of shape (m, n_in)."""
        return self.weigh(a_in)[0]

    def forward(self, a_in):
        """Return the activations (m, n_out) for a_in (m, n_in)."""
        return self.activation(self.weighted_input(a_in))

    def gradients(self, delta, memory):
        """Return (nabla_w, nabla_b), the means over the batch, from delta = dC/dz (m, n_out)."""

    def backward(self, delta, memory):
        """Return dC/da_in, shape (m, n_in)."""
        return delta

    def settings(self):
        """Return what the layer is made from, for a file: keyword -> number, text or list."""
        return {}


def given_activation(activation, default):
    """Return the activation asked for, or the default; TypeError for what is none."""
    if isinstance(activation, type) and issubclass(activation, Activation):
        raise TypeError(f"activation is an object, got the class. Write {activation.__name__}().")
    if activation is not None and not isinstance(activation, Activation):
        raise TypeError(
            f"activation is one of Sigmoid(), Tanh(), ReLU(), Linear(), Softmax(); got {activation!r}."
        )
    return default if activation is None else activation


def element_wise(activation, default):
    """The same for layers of feature maps, where softmax, which mixes its inputs, has no place."""
    if isinstance(activation, Softmax):
        raise ValueError(
            "Softmax() belongs in the last layer: put a SoftmaxLayer on top of the feature maps."
        )
    return given_activation(activation, default)
