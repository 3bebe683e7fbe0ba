"""How a stack of layers is run fast: which kernels serve it, or, for any other stack, the layers themselves.

An engine puts examples into the form it reads fastest (``rows``), computes outputs and runs an epoch. All engines
compute the same numbers, to rounding; the layers own the weights.
"""

from typing import NamedTuple

import numpy as np

from nndl import kernels
from nndl.activations import ACTIVATIONS
from nndl.costs import COSTS
from nndl.layers import ConvPool, Dense, Dropout
from nndl.layers.stack import backpropagate, masks

__all__ = ["Engine", "Rule", "engine_for"]

CHUNK = 100  # examples that pass through feature maps together: patches of more would fill the memory
PIECE = 5000  # examples whose masks are drawn together, for the same reason


class Rule(NamedTuple):
    """One step downhill: v = mu v - eta (nabla + l2 w + l1 sgn(w)), w = w + v; at w + mu v with nesterov."""

    eta: float
    l2: float
    l1: float
    mu: float
    nesterov: bool


def engine_for(layers, cost, dtype):
    """Return the fastest engine for these layers; kernels serve only costs and activations that they know."""
    known = type(cost) in COSTS.values() and all(
        layer.w is None or type(layer.activation) in ACTIVATIONS.values() for layer in layers
    )
    if not known:
        return Engine(layers, cost, dtype)
    if all(isinstance(layer, Dense) for layer in layers):
        return DenseEngine(layers, cost, dtype)
    return (MapEngine if _maps_below_dense(layers) else Engine)(layers, cost, dtype)


def _maps_below_dense(layers):
    """Tell whether these are feature maps that the kernels know, then dense layers, which may have dropout below."""
    depth = next((l for l, layer in enumerate(layers) if type(layer) is not ConvPool), len(layers))
    below, above = layers[:depth], layers[depth:]
    kinds = [(l.field, l.stride, l.pool, l.pooling, l.shape_out[-1]) for l in below]
    if not below or not above or not all(kernels.conv_serves(*kind) for kind in kinds):
        return False
    twice = any(isinstance(l, Dropout) and isinstance(k, Dropout) for l, k in zip(above, above[1:]))
    return not twice and all(isinstance(layer, Dense | Dropout) for layer in above)


class Engine:
    """Any layers, in NumPy: the textbook's mini-batch, layer by layer."""

    def __init__(self, layers, cost, dtype):
        self.layers, self.cost, self.dtype = layers, cost, dtype

    @property
    def parameters(self):
        """([w, …], [b, …]) of the layers that have any."""
        learned = [layer for layer in self.layers if layer.w is not None]
        return [layer.w for layer in learned], [layer.b for layer in learned]

    def rows(self, x):
        """Return the inputs x (n, n_in) in the form in which the other methods take them."""
        return np.ascontiguousarray(x, self.dtype)

    def weighted_outputs(self, rows):
        """Return z (n, n_out) of the output layer."""
        parts = [rows[k : k + CHUNK] for k in range(0, len(rows), CHUNK)] or [rows]
        return np.concatenate([self._through(part) for part in parts])

    def outputs(self, rows):
        """Return the output activations (n, n_out)."""
        return self.layers[-1].activation(self.weighted_outputs(rows))

    def _through(self, a):
        for layer in self.layers[:-1]:
            a = layer.forward(a)
        return self.layers[-1].weighted_input(a)

    def epoch(self, rows, y, order, batch_size, velocity, rule, rng):
        """Learn from the rows in this order, a mini-batch at a time; weights and velocities change in place.

        y holds labels (n,) or targets (n, n_out), velocity one list of arrays for w and one for b, or two None. The
        masks of Dropout layers come from rng.
        """
        parameters = [p for group in self.parameters for p in group]
        velocity = [v for group in velocity for v in group or []]
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(0, len(order), batch_size):
                batch = order[k : k + batch_size]
                dropped = masks(self.layers, len(batch), rng, self.dtype)
                kept = [p.copy() for p in parameters] if rule.nesterov and rule.mu else None
                for p, v in zip(parameters, velocity) if kept else ():
                    p += rule.mu * v
                nablas = self._nablas(rows[batch], self._targets(y[batch]), dropped, rule)
                for p, before in zip(parameters, kept or ()):
                    p[:] = before
                _step(parameters, nablas, velocity, rule)

    def _nablas(self, x, targets, dropped, rule):
        """The gradients of cost and penalty where the weights are now: first of all w, then of all b."""
        pairs = backpropagate(self.layers, self.cost, x, targets, dropped)
        nablas = [nabla for group in zip(*pairs) for nabla in group]
        for g, w in zip(nablas, self.parameters[0]):
            g += rule.l2 * w + rule.l1 * np.sign(w)
        return nablas

    @property
    def _names(self):
        return tuple(layer.activation.name for layer in self.layers)

    @property
    def _matched(self):
        """Whether the slopes of cost and output neurons cancel."""
        return self.cost.matched(self.layers[-1].activation)

    def _targets(self, y):
        return y if y.ndim == 2 else np.eye(self.layers[-1].n_out, dtype=self.dtype)[y]


class DenseEngine(Engine):
    """Fully connected layers: the kernels of ``kernels/dense.py``, or their twins."""

    def rows(self, x):
        """Return the inputs x (n, n_in) in the form in which the other methods take them."""
        return kernels.sparse_rows(super().rows(x))

    def weighted_outputs(self, rows):
        """Return z (n, n_out) of the output layer."""
        return kernels.feedforward(rows, *self.parameters, (*self._names[:-1], "linear"))

    def outputs(self, rows):
        """Return the output activations (n, n_out)."""
        return kernels.feedforward(rows, *self.parameters, self._names)

    def epoch(self, rows, y, order, batch_size, velocity, rule, rng):
        """Learn from the rows in this order, a mini-batch at a time; as `Engine.epoch`, which says more."""
        given = rows, y, order, batch_size, *self.parameters, *velocity
        kernels.sgd_epoch(*given, self._names, self._matched, *rule)


class MapEngine(Engine):
    """Feature maps of the course's kind below dense layers: the kernels of ``kernels/conv.py``, or their twins."""

    @property
    def _names(self):
        return tuple(layer.activation.name for layer in self.layers if layer.w is not None)

    def weighted_outputs(self, rows):
        """Return z (n, n_out) of the output layer."""
        image, names = self.layers[0].shape_in, (*self._names[:-1], "linear")
        return kernels.conv_feedforward(rows, image, *self.parameters, names)

    def epoch(self, rows, y, order, batch_size, velocity, rule, rng):
        """Learn from the rows in this order, a mini-batch at a time; as `Engine.epoch`, which says more."""
        drops = any(isinstance(layer, Dropout) for layer in self.layers)
        size = PIECE // batch_size * batch_size or batch_size if drops else max(len(order), 1)
        for k in range(0, len(order), size):
            part = order[k : k + size]
            given = rows, y, part, batch_size, self.layers[0].shape_in, *self.parameters, *velocity
            dropped = self._masks(len(part), batch_size, rng) if drops else None
            kernels.conv_sgd_epoch(*given, self._names, self._matched, *rule, dropped)

    def _masks(self, n, batch_size, rng):
        """For each layer with parameters the masks of its outputs (n, n_out), or None; drawn as `Engine.epoch` does."""
        sizes = [min(batch_size, n - k) for k in range(0, n, batch_size)]
        drawn = zip(*(masks(self.layers, m, rng, self.dtype) for m in sizes))
        found = []
        for layer, parts in zip(self.layers, drawn):
            if layer.w is not None:
                found.append(None)
            else:
                rows = (np.broadcast_to(part, (m, layer.n_out)) for part, m in zip(parts, sizes))
                found[-1] = np.concatenate([*rows])
        return found


def _step(parameters, nablas, velocity, rule):
    if not rule.mu:
        for p, g in zip(parameters, nablas):
            p -= rule.eta * g
        return
    for p, g, v in zip(parameters, nablas, velocity):
        v *= rule.mu
        v -= rule.eta * g
        p += v
