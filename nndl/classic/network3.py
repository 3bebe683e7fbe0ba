"""The networks of chapter 6: convolution, max-pooling, dropout, softmax; S119-S125.

What is its own here and not the package's, and stays: the penalty is lmbda / (2 N) times the sum of squared weights
with N the number of mini-batches, so at m = 10 it decays weights ten times as fast as lmbda / (2 n) would (in a step
with eta = 0.03, lmbda = 0.1 and 50,000 images by 6e-7 instead of 6e-8 of themselves); ``lmbda_per="example"`` has the
other. Weights start as `_layers3` says. Dropout masks the inputs of fully connected and softmax layers, and weights
count 1 - p of themselves in use.

Mended: no Theano and no GPU; the training data are shuffled in each epoch; a last, shorter mini-batch is learned from
and tested like the others; the mini-batch size that SGD is given is the one that counts.
"""

import random

import nndl
from nndl import require
from nndl.activations import Linear, ReLU, Sigmoid, Tanh
from nndl.classic import expand_mnist, mnist_loader
from nndl.classic._columns import chance
from nndl.classic._layers3 import ConvPoolLayer, FullyConnectedLayer, SoftmaxLayer
from nndl.costs import LogLikelihood
from nndl.data import Data
from nndl.penalties import L2

__all__ = [
    "ConvPoolLayer",
    "FullyConnectedLayer",
    "Network",
    "ReLU",
    "SoftmaxLayer",
    "linear",
    "load_data_shared",
    "sigmoid",
    "size",
    "tanh",
]

sigmoid, tanh, ReLU, linear = Sigmoid(), Tanh(), ReLU(), Linear()


def load_data_shared(filename=None):
    """Return training, validation and test data, each a pair: x (n, 784) float32, labels (n,).

    filename is what `expand_mnist` wrote; without one, it is MNIST as ``nndl.load_mnist()`` finds it.
    """
    return mnist_loader.load_data() if filename is None else expand_mnist.read(filename)


def size(data):
    """Return the number of examples in a pair (x, y)."""
    return len(data[0])


class Network:
    """Layers from the input up, the last of them softmax, with the log-likelihood cost.

    Parameters
    ----------
    layers : list
        ConvPoolLayer, FullyConnectedLayer, SoftmaxLayer.
    mini_batch_size : int
        What SGD is going to be given; kept for the sake of the old calls.
    seed : int, optional
        Fixes first weights, shuffles and masks. Without, ``np.random.seed`` fixes the weights and ``random.seed`` the
        rest.
    dtype : "float32" or "float64"
        Of weights and activations; float32, as it was on a GPU.
    initializer : callable, optional
        As for `nndl.Network`, nndl.Default() for example; each layer's own start if not given.

    Notes
    -----
    ``net`` is the `nndl.Network` that does the work. After SGD, ``history`` is its record, ``best_epoch`` (counted from
    0) the epoch of the best validation accuracy, the latest of equals, ``best_validation_accuracy`` and
    ``test_accuracy`` the accuracies there, in [0, 1].
    """

    best_epoch = best_validation_accuracy = test_accuracy = None

    def __init__(self, layers, mini_batch_size, seed=None, dtype="float32", initializer=None):
        self.layers = list(layers)
        self.mini_batch_size = require.integer(mini_batch_size, "mini_batch_size", 1)
        for layer in self.layers:
            if not hasattr(layer, "parts"):
                raise TypeError(
                    f"Layers of network3 are wanted, FullyConnectedLayer for example; got {layer!r}."
                )
        normal, _ = chance(seed)
        starts = (layer.start(normal) for layer in self.layers)
        self.net = nndl.Network(
            [part for layer in self.layers for part in layer.parts()],
            cost=LogLikelihood(),
            seed=random.randrange(2**32) if seed is None else seed,
            dtype=dtype,
            initializer=initializer or (lambda rng, n_out, n_in: next(starts)),
        )

    @property
    def params(self):
        """The weights and biases of all layers, [w, b, w, b, …]."""
        return [p for layer in self.layers for p in layer.params]

    def SGD(
        self, training_data, epochs, mini_batch_size, eta, validation_data, test_data, lmbda=0.0,
        *, lmbda_per="mini_batch", verbose=True,
    ):  # fmt: skip
        """Learn by mini-batch gradient descent; print a line per epoch, and the accuracies that count at the end.

        Parameters
        ----------
        training_data, validation_data, test_data : pair
            x (n, n_in) and labels (n,).
        epochs, mini_batch_size : int
            Passes over the training data; examples per step.
        eta : float or callable(history) -> float
            Learning rate, per step.
        lmbda, lmbda_per : float, "mini_batch" or "example"
            L2 penalty, and by the number of what it is divided.
        verbose : bool
            Whether to print.
        """
        training, validation, self._test = map(self._data, (training_data, validation_data, test_data))
        m = self.mini_batch_size = require.integer(mini_batch_size, "mini_batch_size", 1)
        require.one_of(lmbda_per, "lmbda_per", ("mini_batch", "example"))
        share = len(training) / max(len(training) // m, 1) if lmbda_per == "mini_batch" else 1
        self.history = self.net.fit(
            training, epochs, batch_size=m, eta=eta, penalty=L2(require.number(lmbda, "lmbda", 0) * share),
            validation=validation, test=self._test, monitor=["validation_accuracy", "test_accuracy"],
            on_epoch=self._print if verbose else None, progress=False,
        )  # fmt: skip
        if self.history.epochs:
            self._note_best()
        if verbose and self.history.epochs:
            print(
                f"Best validation accuracy {self.best_validation_accuracy:.2%}, in epoch {self.best_epoch}; "
                f"test accuracy there {self.test_accuracy:.2%}"
            )

    def accuracy(self, data):
        """Return the share of a pair (x, labels) that is read right, in [0, 1]."""
        return self.net.accuracy(self._data(data))

    def predict(self, x):
        """Return the label with the largest output for each row of x."""
        return self.net.predict(x)

    def test_mb_predictions(self, i):
        """Return the predictions for mini-batch i of the test data that SGD was given."""
        return self.predict(self._test.x[i * self.mini_batch_size : (i + 1) * self.mini_batch_size])

    def _note_best(self):
        self.best_epoch = self.history.best_epoch("validation_accuracy", later=True) - 1
        self.best_validation_accuracy = self.history.validation_accuracy[self.best_epoch]
        self.test_accuracy = self.history.test_accuracy[self.best_epoch]

    def _print(self, history):
        self.history = history
        self._note_best()
        best = self.best_epoch == history.epochs - 1
        print(
            f"Epoch {history.epochs - 1}: validation accuracy {history.validation_accuracy[-1]:.2%}"
            + (f", the best so far; test accuracy {self.test_accuracy:.2%}" if best else "")
        )

    def _data(self, pair):
        return pair if isinstance(pair, Data) else Data(*pair, classes=self.layers[-1].n_out)
