"""The network of chapter 1, with a loop over the examples of a mini-batch; S027-S029.

The loop is the point of this program: it shows what each example adds to a step. `network_matrix` takes a mini-batch
at once and gives the same numbers sooner; `nndl.Network` is faster than both by far.
"""

import numpy as np

from nndl import require
from nndl.classic._columns import Columns, sigmoid, sigmoid_prime
from nndl.classic._pairs import Pairs

__all__ = ["Network", "sigmoid", "sigmoid_prime"]


class Network(Columns):
    """Sigmoid neurons, the quadratic cost, weights and biases drawn from N(0, 1); arguments as in `Columns`.

    ``SGD`` goes through ``update_mini_batch``, ``backprop`` and ``cost_derivative``, so a subclass that replaces one
    of them, another cost for instance, learns accordingly.
    """

    def __init__(self, sizes, seed=None, dtype="float64"):
        super().__init__(sizes, seed, dtype)
        self.draw(narrow=False)

    def SGD(self, training_data, epochs, mini_batch_size, eta, test_data=None, *, verbose=True):
        """Learn by stochastic gradient descent, eq. `eq-sgd`, and print a line per epoch.

        training_data is a list of pairs, x (n_in, 1) and y (n_out, 1); test_data one of x and labels. eta is the
        learning rate, per step. Raises ValueError or TypeError for what does not fit.
        """
        epochs = require.integer(epochs, "epochs")
        size = require.integer(mini_batch_size, "mini_batch_size", 1)
        eta = require.positive(eta, "eta")
        data = self._targets(training_data, "training_data")
        tests = None if test_data is None else self._labels(test_data, "test_data")
        order = list(range(len(data)))
        for epoch in range(epochs):
            self._shuffle(order)
            for k in range(0, len(data), size):
                self.update_mini_batch([data[i] for i in order[k : k + size]], eta)
            if verbose:
                print(f"Epoch {epoch}{' complete' if tests is None else self._score(tests)}")

    def update_mini_batch(self, mini_batch, eta):
        """Take one step of length eta against the mean gradient of a list of pairs (x, y)."""
        sum_b, sum_w = ([np.zeros_like(p) for p in group] for group in (self.biases, self.weights))
        for x, y in mini_batch:
            nabla_b, nabla_w = self.backprop(x, y)
            for total, nabla in zip([*sum_b, *sum_w], [*nabla_b, *nabla_w]):
                total += nabla
        self.step(sum_b, sum_w, eta / len(mini_batch))

    def step(self, sum_b, sum_w, rate):
        """Subtract rate times these from biases and weights."""
        self.biases = [b - rate * nabla for b, nabla in zip(self.biases, sum_b)]
        self.weights = [w - rate * nabla for w, nabla in zip(self.weights, sum_w)]

    def output_error(self, z, a, y):
        """Return the error of the output layer (BP1), from its z and a (n_out, m) and the targets y."""
        return self.cost_derivative(a, y) * sigmoid_prime(z)

    def cost_derivative(self, output_activations, y):
        """Return dC/da for the quadratic cost of one example: a - y."""
        return output_activations - y

    def evaluate(self, test_data):
        """Return how many pairs (x, label) in test_data are read right: the index of the largest output counts."""
        tests = self._labels(test_data, "test_data")
        return int((self.feedforward(tests.x.T).argmax(axis=0) == tests.y).sum())

    def _score(self, tests):
        return f": {self.evaluate(tests)} / {len(tests)}"

    def _targets(self, data, what):
        pairs = Pairs.of(data, self.sizes[0], self.sizes[-1], what)
        if pairs.labeled:
            raise ValueError(
                f"{what} holds targets ({self.sizes[-1]}, 1), got labels. vectorized_result(y) makes them targets."
            )
        return pairs

    def _labels(self, data, what):
        pairs = Pairs.of(data, self.sizes[0], self.sizes[-1], what)
        if not pairs.labeled:
            raise ValueError(f"{what} holds labels, got targets {pairs[0][1].shape}. Write np.argmax(y).")
        return pairs
