"""The network of chapter 3: a choice of costs and of first weights, L2, monitoring, save and load; S046-S054.

Mended beside what `nndl.classic` lists: accuracies are computed once per epoch, flags without evaluation data are
refused before training, the number of classes is that of the net. Kept: ``total_cost`` divides the penalty by the size
of the data it is given, so the costs on 10,000 evaluation and 50,000 training images hold different penalties;
``lmbda=0.0`` gives the cost alone. ``convert`` means opposite things in ``accuracy`` and ``total_cost``.
"""

import warnings

import numpy as np

from nndl import kernels, require
from nndl.classic import _file
from nndl.classic._columns import SIGMA, Columns, chance, sigmoid, sigmoid_prime
from nndl.classic._costs import COSTS, CrossEntropyCost, QuadraticCost
from nndl.classic._pairs import Pairs, vectorized_result
from nndl.classic._watch import Watch
from nndl.penalties import L2
from nndl.training import Diverged

__all__ = [
    "CrossEntropyCost",
    "Network",
    "QuadraticCost",
    "load",
    "sigmoid",
    "sigmoid_prime",
    "vectorized_result",
]

HOOKS = ("feedforward", "backprop", "output_error", "update_mini_batch")
CHUNK = 5_000  # examples that go forward at a time, so that only they are in float64


class Network(Columns):
    """Sigmoid neurons with a choice of cost; sizes, seed and dtype as in `Columns`.

    cost is a class with ``fn(a, y)`` and ``delta(z, a, y)``. With one of this module's, and no method replaced, the
    package's kernels do the work; otherwise ``update_mini_batch``, ``backprop`` and ``feedforward`` do.
    """

    def __init__(self, sizes, cost=CrossEntropyCost, seed=None, dtype="float64"):
        super().__init__(sizes, seed, dtype)
        if not (isinstance(cost, type) and hasattr(cost, "fn") and hasattr(cost, "delta")):
            raise TypeError(f"cost is a class with fn and delta, such as CrossEntropyCost; got {cost!r}.")
        self.cost = cost
        self.default_weight_initializer()

    def default_weight_initializer(self):
        """Draw weights from N(0, 1 / n_in), biases from N(0, 1)."""
        self.draw(narrow=True)

    def large_weight_initializer(self):
        """Draw weights and biases from N(0, 1), as in chapter 1."""
        self.draw(narrow=False)

    def SGD(
        self, training_data, epochs, mini_batch_size, eta, lmbda=0.0, evaluation_data=None,
        monitor_evaluation_cost=False, monitor_evaluation_accuracy=False,
        monitor_training_cost=False, monitor_training_accuracy=False, early_stopping_n=0, *, verbose=True,
    ):  # fmt: skip
        """Learn by stochastic gradient descent with weight decay; return what was monitored, epoch by epoch.

        Parameters
        ----------
        training_data, evaluation_data : list of pairs
            x (n_in, 1) with a target (n_out, 1); x with a label.
        epochs, mini_batch_size : int
            Passes over the training data; examples per step.
        eta, lmbda : float
            Learning rate, per step; L2 penalty, which is divided by the number of training examples.
        monitor_evaluation_cost, monitor_evaluation_accuracy, monitor_training_cost, monitor_training_accuracy : bool
            What to measure after each epoch.
        early_stopping_n : int
            Stop at the first epoch that lies n after that of the best accuracy on the evaluation data, the first of
            equals; 0 never stops.
        verbose : bool
            Print a line per epoch.

        Returns
        -------
        Four lists: evaluation cost, evaluation accuracy, training cost, training accuracy. Accuracies are counts;
        what is not monitored stays empty. Warns with Diverged once if weights overflow, and goes on, as ever.
        """
        epochs, size = (
            require.integer(epochs, "epochs"),
            require.integer(mini_batch_size, "mini_batch_size", 1),
        )
        eta, lmbda = require.positive(eta, "eta"), require.number(lmbda, "lmbda", 0)
        train = self._pairs(training_data, "training_data", labeled=False)
        held = self._pairs(evaluation_data, "evaluation_data", labeled=True) if evaluation_data else None
        flags = (monitor_evaluation_cost, monitor_evaluation_accuracy,
                 monitor_training_cost, monitor_training_accuracy)  # fmt: skip
        watch = Watch(flags, early_stopping_n, train, held)
        order, finite = list(range(len(train))), True
        for epoch in range(epochs):
            self._shuffle(order)
            self._epoch(train, order, size, eta, lmbda)
            finite = finite and self._still_finite(epoch, eta, lmbda / len(train))
            watch.look(self, lmbda)
            if verbose:
                print(watch.line(epoch))
            if watch.spent():
                break
        return watch.lists()

    def update_mini_batch(self, mini_batch, eta, lmbda, n):
        """Take one step on a list of pairs (x, target), with weight decay 1 - eta lmbda / n; n is the training set."""
        x, y = (np.hstack(columns) for columns in zip(*mini_batch))
        nabla_b, nabla_w = self.backprop(x, y)
        rate, decay = eta / len(mini_batch), 1 - eta * (lmbda / n)
        self.biases = [b - rate * nabla for b, nabla in zip(self.biases, nabla_b)]
        self.weights = [decay * w - rate * nabla for w, nabla in zip(self.weights, nabla_w)]

    def output_error(self, z, a, y):
        """Return the error of the output layer (BP1), the cost's delta, from z, a and y, all (n_out, m)."""
        return self.cost.delta(z, a, y)

    def accuracy(self, data, convert=False):
        """Return how many pairs in data are read right.

        convert=False for labels, as validation and test data have them; True for targets (n_out, 1), as training data.
        """
        pairs = self._pairs(data, "data", not convert, "convert=True" if not convert else "convert=False")
        right = pairs.y.argmax(axis=1) if convert else pairs.y
        a = sigmoid(self._z(pairs)) if self._as_written() else self.feedforward(pairs.x.T).T
        return int((a.argmax(axis=1) == right).sum())

    def total_cost(self, data, lmbda, convert=False):
        """Return the mean cost on data plus lmbda / (2 n) times the sum of squared weights, n the length of data.

        convert=False for targets (n_out, 1), as training data have them; True for labels, as validation and test data.
        """
        pairs = self._pairs(data, "data", convert, "convert=False" if convert else "convert=True")
        y = np.eye(self.sizes[-1])[pairs.y] if convert else pairs.y
        with np.errstate(over="ignore", invalid="ignore"):  # of weights that ran away
            if self._as_written():
                cost = COSTS[self.cost].from_z(self._z(pairs), y, SIGMA)
            else:
                a = self.feedforward(pairs.x.T)
                cost = sum(self.cost.fn(a[:, i : i + 1], y[i][:, None]) for i in range(len(y))) / len(y)
            return float(cost + L2(lmbda)(self.weights, len(y)))

    def save(self, filename):
        """Write sizes, weights, biases and the cost's name to a JSON file, atomically; `load` reads it."""
        _file.write(self, filename)

    def _epoch(self, train, order, size, eta, lmbda):
        if not self._as_written():
            for k in range(0, len(order), size):
                self.update_mini_batch([train[i] for i in order[k : k + size]], eta, lmbda, len(train))
            return
        weights, biases = self._parameters()
        kernels.sgd_epoch(
            train.rows(self.dtype), train.y, np.array(order), size, weights, biases, None, None,
            ("sigmoid",) * len(weights), COSTS[self.cost].matched(SIGMA), eta, lmbda / len(train), 0.0, 0.0, False,
        )  # fmt: skip
        self.weights, self.biases = weights, [b[:, None] for b in biases]

    def _z(self, pairs):
        """Return the weighted inputs (n, n_out) of the output layer."""
        rows, parameters = pairs.rows(self.dtype), self._parameters()
        names = (*("sigmoid",) * (self.num_layers - 2), "linear")
        if self.dtype == np.float32:
            return kernels.feedforward(rows, *parameters, names)
        chunks = [rows[k : k + CHUNK] for k in range(0, len(rows), CHUNK)]
        return np.concatenate([kernels.feedforward(chunk, *parameters, names) for chunk in chunks])

    def _parameters(self):
        """Return copies of weights and biases, these as (n_out,), as the kernels take them."""
        weights = [np.array(w, self.dtype, order="C") for w in self.weights]
        biases = [np.array(b, self.dtype) for b in self.biases]
        shapes = [(n_out, n_in) for n_in, n_out in zip(self.sizes, self.sizes[1:])]
        got = [w.shape for w in weights], [b.shape for b in biases]
        if got != (shapes, [(n_out, 1) for n_out, _ in shapes]):
            raise ValueError(
                f"weights have shapes {shapes} and biases (n_out, 1), got {got[0]} and {got[1]}."
            )
        return weights, [b[:, 0] for b in biases]

    def _as_written(self):
        """Tell whether this is the program of the book, so that the kernels may stand in for its methods."""
        return self.cost in COSTS and all(
            getattr(getattr(self, name), "__func__", None) is getattr(Network, name) for name in HOOKS
        )

    def _finite(self):
        return all(np.isfinite(p).all() for p in [*self.weights, *self.biases])

    def _still_finite(self, epoch, eta, rate):
        if self._finite():
            return True
        warnings.warn(
            f"Weights are nan or infinite after epoch {epoch}. Weight decay multiplies them by 1 - eta lmbda / n = "
            f"{1 - eta * rate:g} in each step. Try a smaller eta than {eta:g}.",
            Diverged,
            stacklevel=3,
        )
        return False

    def _pairs(self, data, what, labeled, fix=""):
        pairs = Pairs.of(data, self.sizes[0], self.sizes[-1], what)
        if pairs.labeled == labeled:
            return pairs
        wanted, got = ("labels", "targets") if labeled else ("targets", "labels")
        fix = f"Pass {fix}" if fix else "np.argmax(y) or vectorized_result(y) makes one of the other"
        raise ValueError(f"{what} should hold {wanted} here, got {got} in its pairs. {fix}.")


def load(filename, cost=None, seed=None):
    """Return the network that ``net.save(filename)`` wrote; entries that this version does not know are left alone.

    cost is the class of its cost, if that is not one of this module's. Raises FileNotFoundError or ValueError, saying
    what is wrong with the file; nothing in it is ever executed.
    """
    sizes, kind, dtype, weights, biases = _file.read(filename, [*COSTS, *([cost] if cost else [])])
    net = Network(sizes, kind, seed=0, dtype=dtype)  # a seed, so that nothing is drawn that others count on
    net.weights, net.biases = weights, biases
    net._normal, net._shuffle = chance(seed)
    return net
