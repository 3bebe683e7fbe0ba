"""How a stack of layers is run fast: which kernels serve it, or, for any other stack, the layers themselves.

An engine puts examples into the form it reads fastest (``rows``), computes outputs and runs an epoch. All engines
compute the same numbers, to rounding; the layers own the weights.
"""

from typing import NamedTuple

import numpy as np

from nndl import kernels
from nndl.layers import Dense
from nndl.layers.stack import backpropagate, masks

__all__ = ["Engine", "Rule", "engine_for"]

CHUNK = 100  # examples that pass through feature maps together: patches of more would fill the memory


class Rule(NamedTuple):
    """One step downhill: v = mu v - eta (nabla + l2 w + l1 sgn(w)), w = w + v; at w + mu v with nesterov."""

    eta: float
    l2: float
    l1: float
    mu: float
    nesterov: bool


def engine_for(layers, cost, dtype):
    """Return the fastest engine for these layers."""
    kind = DenseEngine if all(isinstance(layer, Dense) for layer in layers) else Engine
    return kind(layers, cost, dtype)


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
        return np.concatenate([self._through(rows[k : k + CHUNK]) for k in range(0, len(rows), CHUNK)])

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

    def _targets(self, y):
        return y if y.ndim == 2 else np.eye(self.layers[-1].n_out, dtype=self.dtype)[y]


class DenseEngine(Engine):
    """Fully connected layers: the kernels of ``kernels/dense.py``, or their twins."""

    @property
    def _names(self):
        return tuple(layer.activation.name for layer in self.layers)

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
        matched = self.cost.matched(self.layers[-1].activation)
        kernels.sgd_epoch(
            rows, y, order, batch_size, *self.parameters, *velocity, self._names, matched, *rule
        )


def _step(parameters, nablas, velocity, rule):
    if not rule.mu:
        for p, g in zip(parameters, nablas):
            p -= rule.eta * g
        return
    for p, g, v in zip(parameters, nablas, velocity):
        v *= rule.mu
        v -= rule.eta * g
        p += v
