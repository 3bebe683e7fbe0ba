"""The layers of network3: what they are made from, in the old words, and the layers of the package they stand for."""

from math import prod

import numpy as np

from nndl import require
from nndl.activations import Linear, ReLU, Sigmoid, Tanh
from nndl.layers import ConvPool, Dense, Dropout
from nndl.layers import SoftmaxLayer as Softmax

__all__ = ["ConvPoolLayer", "FullyConnectedLayer", "Mask", "SoftmaxLayer"]

SIGMOID = Sigmoid()
ACTIVATIONS = (Sigmoid, Tanh, ReLU, Linear)


class Mask(Dropout):
    """Dropout as network3 has it: inputs are kept as they are or set to 0 in training, and times 1 - p in use.

    The package's `Dropout` divides by 1 - p in training instead. Both mean the same function of other weights, but
    other weights learn at another pace: with p = 1/2, the same eta moves the output here a quarter as far.
    """

    def __init__(self, p_dropout, n):
        super().__init__(p_dropout)
        self.n = n

    def _connect(self, below):
        self.shape_in = self.shape_out = below.shape_out if below else (self.n,)

    def mask(self, rng, m, dtype):
        """Draw a mask of 0 and 1 for m examples, (m, n_out)."""
        return (rng.random((m, self.n_out), np.float32) >= self.p_dropout).astype(dtype)

    def weigh(self, a_in, mask=None):
        """Return a_in times the mask, and the mask; a_in times 1 - p, on average the same, without one."""
        mask = a_in.dtype.type(1 - self.p_dropout) if mask is None else mask
        return a_in * mask, mask


class Layer:
    """The base of all. ``inner`` is the package's layer with the parameters; a network3.Network draws them.

    ``w`` and ``b`` are its arrays in the old shapes, None before a network has taken the layer in; changing them in
    place changes the layer.
    """

    p_dropout = 0.0

    def parts(self):
        """Return the package's layers that this layer stands for, from below."""
        return [Mask(self.p_dropout, self.n_in), self.inner] if self.p_dropout else [self.inner]

    @property
    def w(self):
        """The weights: (n_in, n_out) or ``filter_shape``."""
        return self.inner.w if self.inner.w is None or self.inner.w.ndim == 4 else self.inner.w.T

    @property
    def b(self):
        """The biases, (n_out,) or one per feature map."""
        return self.inner.b

    @property
    def params(self):
        """The list [w, b]."""
        return [self.w, self.b]


class ConvPoolLayer(Layer):
    """Convolution, max-pooling and activation.

    Parameters
    ----------
    filter_shape : (maps, input maps, field, field)
        Number of filters, then the shape of each; the field is square.
    image_shape : (mini-batch size, input maps, rows, cols)
        Shape of what comes in. The mini-batch size does not matter here.
    poolsize : (pool, pool)
        Shape of the blocks of which the largest is kept.
    activation_fn : sigmoid, tanh, ReLU or linear of `network3`
        Or the package's, as in nndl.ReLU().

    Notes
    -----
    Weights start as N(0, 1 / n_out) with n_out = maps field^2 / pool^2, biases as N(0, 1). Filters are not turned
    around, as Theano turned them: the same learning, other numbers.
    """

    def __init__(self, filter_shape, image_shape, poolsize=(2, 2), activation_fn=SIGMOID):
        self.filter_shape = _whole(filter_shape, "filter_shape", 4, "(maps, input maps, field, field)")
        self.image_shape = _whole(image_shape, "image_shape", 4, "(mini-batch size, input maps, rows, cols)")
        self.poolsize = _whole(poolsize, "poolsize", 2, "(pool, pool)")
        maps, n_maps, field, cols = self.filter_shape
        if field != cols or self.poolsize[0] != self.poolsize[1]:
            raise ValueError(
                f"Fields and pools are square here, got {field} x {cols} and {self.poolsize[0]} x "
                f"{self.poolsize[1]}. Make both sides equal."
            )
        if n_maps != self.image_shape[1]:
            raise ValueError(
                f"filter_shape looks at {n_maps} input maps, but image_shape has {self.image_shape[1]}. "
                "Their second entries are the same number."
            )
        self.activation_fn = _activation(activation_fn)
        image = self.image_shape[1:]
        self.inner = ConvPool(maps, field, self.poolsize[0], self.activation_fn, image=image)

    def start(self, normal):
        """Draw first weights (maps, rest) and biases (maps,)."""
        n_out = self.filter_shape[0] * prod(self.filter_shape[2:]) / prod(self.poolsize)
        w = normal(self.filter_shape) / np.sqrt(n_out)
        return w.reshape(len(w), -1), normal((len(w),))


class FullyConnectedLayer(Layer):
    """A fully connected layer; p_dropout is the probability that one of its *inputs* is set to 0 in training.

    Weights start as N(0, 1 / n_out), by the number of outputs, biases as N(0, 1). activation_fn as in `ConvPoolLayer`.
    """

    def __init__(self, n_in, n_out, activation_fn=SIGMOID, p_dropout=0.0):
        self.n_in, self.n_out, self.p_dropout = n_in, n_out, _rate(p_dropout)
        self.activation_fn = _activation(activation_fn)
        self.inner = Dense(n_in, n_out, self.activation_fn)

    def start(self, normal):
        """Draw first weights (n_out, n_in) and biases (n_out,)."""
        w = normal((self.n_in, self.n_out)) / np.sqrt(self.n_out)
        return np.ascontiguousarray(w.T), normal((self.n_out,))


class SoftmaxLayer(Layer):
    """The output layer, whose activations are shares of 1; all its weights and biases start at 0.

    p_dropout is the probability that one of its inputs is set to 0 in training.
    """

    def __init__(self, n_in, n_out, p_dropout=0.0):
        self.n_in, self.n_out, self.p_dropout = n_in, n_out, _rate(p_dropout)
        self.inner = Softmax(n_in, n_out)

    def start(self, normal):
        """Return zeros: weights (n_out, n_in) and biases (n_out,)."""
        return np.zeros((self.n_out, self.n_in)), np.zeros(self.n_out)


def _whole(shape, what, length, meaning):
    if not isinstance(shape, tuple | list) or len(shape) != length:
        raise ValueError(f"{what} is {meaning}, got {shape!r}.")
    return tuple(require.integer(n, f"Each number in {what}", 1) for n in shape)


def _rate(p_dropout):
    return Dropout(p_dropout).p_dropout if p_dropout else 0.0


def _activation(activation_fn):
    if not isinstance(activation_fn, ACTIVATIONS):
        raise TypeError(f"activation_fn is sigmoid, tanh, ReLU or linear of network3, got {activation_fn!r}.")
    return activation_fn
