"""Layers and a cost, made into something that learns."""

from typing import NamedTuple

import numpy as np

from nndl import netfile, require, training
from nndl.costs import COSTS, Cost, Quadratic
from nndl.data import Data
from nndl.engines import engine_for
from nndl.history import History
from nndl.initializers import Default
from nndl.layers.stack import backpropagate, batch, connect, layer_from

__all__ = ["Evaluation", "Network", "load"]


class Evaluation(NamedTuple):
    """The cost on some data, and the accuracy in [0, 1]."""

    cost: float
    accuracy: float


class Network:
    """Layers on top of each other, a cost, and the seed that fixes where they start.

    Parameters
    ----------
    layers : list of layers
        From the input up; each takes as many activations as the one below gives.
    cost : Cost, optional
        Quadratic() if not given; must fit the output neurons.
    seed : int
        Fixes the first weights and every shuffle: one seed, one result, on one machine.
    dtype : "float32" or "float64"
        Of weights and activations; float64 for gradient checks.
    initializer : callable, optional
        Draws w and b of a layer; Default() if not given, Large() for the start of chapter 1.

    Raises
    ------
    ValueError
        If layers do not fit each other or the cost does not fit the output, with what does.

    Notes
    -----
    ``layers`` are the layers as given, ``sizes`` the number of neurons from the input to the output,
    ``history`` the record of the latest ``fit``, kept even if it is interrupted.
    """

    def __init__(self, layers, cost=None, seed=0, dtype="float32", initializer=None):
        self.layers = list(layers)
        connect(self.layers)
        self.cost = Quadratic() if cost is None else cost
        if not isinstance(self.cost, Cost):
            raise TypeError(f"cost is one of {', '.join(f'{name}()' for name in COSTS)}; got {cost!r}.")
        self.cost.check(self.layers[-1].activation)
        self.dtype = np.dtype(require.one_of(str(np.dtype(dtype)), "dtype", ("float32", "float64")))
        self.seed = require.integer(seed, "seed", 0)
        self.n_train = None
        self.history = History()
        self._began = None  # where a run with a checkpoint started, until it has ended
        first, self._rng = (np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(2))
        for layer in self.layers:
            layer.draw(initializer or Default(), first, self.dtype)
        self.engine = engine_for(self.layers, self.cost, self.dtype)

    @property
    def sizes(self):
        """Number of neurons from the input to the output, as in [784, 30, 10]."""
        return [self.layers[0].n_in, *(layer.n_out for layer in self.layers)]

    @property
    def parameters(self):
        """([w, …], [b, …]), the own arrays of the layers that have any."""
        return self.engine.parameters

    @property
    def activation_names(self):
        """The names of the layers' activations, from the first to the last."""
        return tuple(layer.activation.name for layer in self.layers)

    def activations(self, x):
        """Return [x, a of the first layer, …, a of the last], each of shape (m, neurons)."""
        rows, _ = batch(x, self.layers[0], self.dtype)
        found = [rows]
        for layer in self.layers:
            found.append(layer.forward(found[-1]))
        return found

    def feedforward(self, x):
        """Return the output activations: (m, n_out) for a batch, (n_out,) for a single example (n_in,)."""
        rows, single = batch(x, self.layers[0], self.dtype)
        a = self.engine.outputs(np.ascontiguousarray(rows))
        return a[0] if single else a

    def predict(self, x):
        """Return the index of the largest output, the first of equals: (m,) for a batch, a number for one example."""
        return self.feedforward(x).argmax(axis=-1)

    def accuracy(self, data):
        """Return the share of examples whose prediction is right, in [0, 1]."""
        data = self._take(data, "data")
        return self.accuracy_from_z(self._z(data), data)

    def evaluate(self, data, lmbda=0.0, penalty=None):
        """Return (cost, accuracy) on data; the penalty divides by the size of the set the network learned from."""
        data = self._take(data, "data")
        z = self._z(data)
        extra = training.penalty_of(lmbda, penalty)(self.parameters[0], self.n_train or len(data))
        return Evaluation(self.cost_from_z(z, data) + extra, self.accuracy_from_z(z, data))

    def cost_from_z(self, z, data):
        """Return the cost, without a penalty, from the weighted inputs z (m, n_out) of the output layer."""
        return self.cost.from_z(z, data.targets, self.layers[-1].activation)

    def accuracy_from_z(self, z, data):
        """Return the accuracy from the same z: the largest z is the largest activation."""
        right = data.y if data.y.ndim == 1 else data.y.argmax(axis=-1)
        return float((self.layers[-1].activation(z).argmax(axis=-1) == right).mean())

    def gradients(self, x, y):
        """Return [(nabla_w, nabla_b), …] by backpropagation, one pair per layer with parameters, means over the batch.

        x as for ``feedforward``; y labels (m,) or targets (m, n_out). Nothing is dropped.
        """
        rows, _ = batch(x, self.layers[0], self.dtype)
        return backpropagate(self.layers, self.cost, rows, self.targets(y, len(rows)))

    def fit(
        self, train, epochs, *, batch_size=10, eta, lmbda=0.0, penalty=None, mu=0.0, nesterov=False,
        validation=None, test=None, monitor=None, stop=None, on_epoch=None, progress=True,
        checkpoint=None, augment=None, monitor_every=None, monitor_sample=None,
    ):  # fmt: skip
        """Learn by stochastic gradient descent, eq. `eq-sgd`, and return the History.

        Parameters
        ----------
        train, validation, test : Data, or a pair (x, y)
            What is learned from, and what is watched.
        epochs, batch_size : int
            Passes over the training data; examples per step. A short last batch counts with its own size.
        eta : float or callable(history) -> float
            Learning rate, per step.
        lmbda, penalty : float, Penalty
            ``lmbda=5.0`` is short for ``penalty=L2(5.0)``.
        mu, nesterov : float, bool
            Momentum coefficient in [0, 1]; whether the gradient is taken a step of mu v ahead.
        monitor : list of str
            Names of History lists to fill; by default the training cost, and cost and accuracy of what else is given.
        monitor_every, monitor_sample : int, optional
            Look also every so many training examples, on the first so many of each part; see ``history.sampled``.
        stop, on_epoch : callable(history)
            Called after each epoch; a true ``stop`` ends the training. ``on_epoch=print`` is a log.
        progress : bool or float
            Show a bar once the work has taken two seconds, or this many.
        checkpoint : str or Path, optional
            A file ending in .npz that keeps the run as it goes. If the process dies, the same call goes on from
            there, to the same weights bit by bit. A file of another run is refused.
        augment : callable(data, rng) -> Data, optional
            Makes new training data out of train for every epoch, such as ``Distort(shift=1)``; what is watched stays
            as it is.

        Raises
        ------
        ValueError, TypeError
            For arguments and data that do not fit, with what to do. If weights overflow, training stops and a
            ``Diverged`` warning says so; the history and the weights are kept as they are, also on Ctrl-C.
        OSError
            If the checkpoint cannot be read or written; an older file is kept.
        """
        parts = {"training": self._take(train, "train")}
        parts |= {
            n: None if d is None else self._take(d, n)
            for n, d in (("validation", validation), ("test", test))
        }
        run = training.Run(
            parts["training"], epochs, batch_size, eta, training.penalty_of(lmbda, penalty), mu, nesterov,
            training.watch(monitor, parts), stop, on_epoch, progress, checkpoint, augment,
            monitor_every, monitor_sample,
        )  # fmt: skip
        self.n_train = len(run.train)
        return training.train(self, run, self._rng)

    def save(self, path):
        """Write layers, cost and weights to a .json or .npz file, atomically; ``nndl.load`` reads it."""
        layers = [{"kind": type(layer).__name__, **layer.settings()} for layer in self.layers]
        header = {"cost": type(self.cost).__name__, "dtype": str(self.dtype), "seed": self.seed}
        arrays = {
            f"{kind}{i}": getattr(layer, kind)
            for i, layer in enumerate(self.layers)
            for kind in "wb"
            if layer.w is not None
        }
        netfile.write(path, {**header, "n_train": self.n_train, "layers": layers}, arrays)

    def _z(self, data):
        return self.engine.weighted_outputs(
            np.ascontiguousarray(data.x, self.dtype)
        )  # once: not worth rows()

    def _take(self, data, what):
        """Return data as Data that fits this network's input and output."""
        classes = self.sizes[-1]
        if not isinstance(data, Data):
            if not (isinstance(data, tuple) and len(data) == 2):
                raise TypeError(
                    f"{what} is Data or a pair (x, y), got {type(data).__name__}. Write Data(x, y)."
                )
            data = Data(*data, classes=classes)
        if data.x.shape[1] != self.sizes[0]:
            raise ValueError(
                f"{self.layers[0]!r} takes {self.sizes[0]} inputs, but {what} has {data.x.shape[1]} columns."
            )
        if data.targets.shape[1] != classes:
            raise ValueError(
                f"{self.layers[-1]!r} has {classes} outputs, but {what} has {data.targets.shape[1]} classes."
            )
        return data

    def targets(self, y, m):
        """Return y as targets (m, n_out); labels become one-hot rows."""
        y, n_out = np.asarray(y), self.sizes[-1]
        if y.ndim == 0 or (y.ndim == 1 and m == 1 and y.shape == (n_out,) and n_out > 1):
            y = y[None]
        if y.ndim == 1 and y.dtype.kind in "iu" and len(y) == m:
            return Data(np.zeros((m, 1)), y, classes=n_out).targets.astype(self.dtype)
        advice = "Labels are whole numbers (m,), targets rows of numbers."
        return require.array(y, "y, the targets,", self.dtype, (m, n_out), advice)

    def count_parameters(self):
        """Return the number of weights and biases that the network learns."""
        return sum(layer.n_parameters for layer in self.layers)

    def summary(self):
        """Return a table as text: each layer, the shape of what it gives, the number of its parameters."""
        lines = [("layer", "gives", "parameters"), ("input", _shape(self.layers[0].shape_in), "")]
        lines += [(repr(l), _shape(l.shape_out), f"{l.n_parameters:,}") for l in self.layers]
        lines += [("total", "", f"{self.count_parameters():,}")]
        first, second, third = (max(map(len, column)) for column in zip(*lines))
        return "\n".join(f"{a:<{first}}  {b:<{second}}  {c:>{third}}".rstrip() for a, b, c in lines)

    def __repr__(self):
        return f"Network([{', '.join(map(repr, self.layers))}], cost={self.cost!r})"


def load(path):
    """Return the network that ``net.save(path)`` wrote.

    Raises FileNotFoundError or ValueError, saying what is wrong with the file; nothing in it is ever executed.
    """
    header, arrays = netfile.read(path)
    try:
        layers = [layer_from(**entry) for entry in header["layers"]]
        net = Network(layers, COSTS[header["cost"]](), seed=header["seed"], dtype=header["dtype"])
        net.n_train = header["n_train"]
        for i, layer in enumerate(layers):
            if layer.w is None:
                continue
            layer.w = require.array(arrays[f"w{i}"], f"w of {layer!r}", net.dtype, layer.w.shape)
            layer.b = require.array(arrays[f"b{i}"], f"b of {layer!r}", net.dtype, layer.b.shape)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{str(path)!r} does not describe a network: {error}. Save it again.") from error
    return net


def _shape(shape):
    return " x ".join(map(str, shape))
