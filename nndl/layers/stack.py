"""Layers on top of each other: do they fit, what goes in, and the way through them and back."""

from math import prod

import numpy as np

from nndl import require
from nndl.activations import ACTIVATIONS, Softmax
from nndl.layers.base import Layer
from nndl.layers.dense import Dense, SoftmaxLayer
from nndl.layers.dropout import Dropout
from nndl.layers.maps import Conv, ConvPool, MapLayer, Pool

__all__ = ["LAYERS", "backpropagate", "batch", "connect", "layer_from", "masks"]

LAYERS = {kind.__name__: kind for kind in (Conv, ConvPool, Dense, Dropout, Pool, SoftmaxLayer)}


def layer_from(kind, **settings):
    """Return a layer from the name of its class and its ``settings``. KeyError, TypeError, ValueError if unknown."""
    kind = LAYERS[kind]
    if "activation" in settings:
        settings["activation"] = ACTIVATIONS[settings["activation"]]()
    if kind is SoftmaxLayer:
        settings.pop("activation", None)
    return kind(**settings)


def connect(layers):
    """Tell the layers their shapes. Raises unless they fit on top of each other, softmax only at the end."""
    if not layers:
        raise ValueError("A network has at least one layer, got none. Try [Dense(784, 30), Dense(30, 10)].")
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError(f"Layers are objects such as Dense(784, 30), got {layer!r}.")
    for below, layer in zip([None, *layers], layers):
        layer.connect(below)
        if below and isinstance(below.activation, Softmax):
            raise ValueError(f"{below!r} stands below {layer!r}. Softmax belongs in the last layer only.")
    if isinstance(layers[-1], Dropout):
        raise ValueError(f"{layers[-1]!r} is on top, but outputs are never dropped. Put a layer above it.")


def masks(layers, m, rng, dtype):
    """Draw what is dropped in a mini-batch of m examples: one mask per layer, None where nothing drops."""
    return [layer.mask(rng, m, dtype) if isinstance(layer, Dropout) else None for layer in layers]


def backpropagate(layers, cost, x, y, dropped=None):
    """Return [(nabla_w, nabla_b), …] for the layers with parameters, means over the rows x (m, n_in).

    y holds targets (m, n_out); ``dropped`` the masks of the Dropout layers, which do nothing without. The equations
    `BP1` to `BP4` are the same whatever the layers are.
    """
    a, zs, memories = x, [], []
    for layer, mask in zip(layers, dropped or [None] * len(layers)):
        z, memory = layer.weigh(a) if mask is None else layer.weigh(a, mask)
        zs.append(z)
        memories.append(memory)
        a = layer.activation(z)
    delta = cost.delta(zs[-1], y, layers[-1].activation)  # BP1
    nablas = []
    for depth in reversed(range(len(layers))):
        layer = layers[depth]
        if layer.w is not None:
            nablas.insert(0, layer.gradients(delta, memories[depth]))  # BP4, BP3
        if depth:
            delta = layer.backward(delta, memories[depth]) * layers[depth - 1].activation.prime(
                zs[depth - 1]
            )  # BP2
    return nablas


def batch(x, layer, dtype):
    """Return x as rows (m, n_in) for this layer, and whether it was a single example.

    Takes (n_in,), (m, n_in), and images (m, rows, cols) or (rows, cols) with rows * cols = n_in. Layers of feature
    maps also take images with their maps, (m, maps, rows, cols).
    """
    n, side = layer.n_in, int(np.sqrt(layer.n_in))
    x = require.array(x, f"The input of {layer!r}", dtype)
    if x.ndim == 1 and x.size == n:
        return x[None], True
    if x.ndim == 2 and x.shape[1] == n:
        return x, False
    if x.shape == (side, side) and side * side == n:
        return x.reshape(1, n), True
    if x.ndim == 3 and prod(x.shape[1:]) == n:
        return x.reshape(-1, n), False
    if isinstance(layer, MapLayer) and x.shape[-3:] == layer.shape_in and x.ndim in (3, 4):
        return x.reshape(-1, n), x.ndim == 3
    advice = " Its columns are examples: write x.T." if x.ndim == 2 and x.shape[0] == n else ""
    if x.ndim == 4 and x[0].size == n:
        advice = f" Write x.reshape(len(x), {n})."
    images = f", or images (m, {side}, {side})" if side * side == n and side > 1 else ""
    raise ValueError(f"{layer!r} takes shape (m, {n}){images}, or one example ({n},); got {x.shape}.{advice}")
