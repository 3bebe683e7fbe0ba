"""Contestants that need no framework: our kernels, their twins, NumPy, the historic program's loop, scikit-learn.

A contestant is made from a task and the training data. It is called with a list of rows, trains on them in
mini-batches, and gives its weights and biases when asked for its ``parameters``.
"""

import numpy as np

from nndl import kernels
from nndl.kernels import reference

__all__ = ["Historic", "Kernel", "KernelDense", "KernelMomentum", "NumPy", "ScikitLearn", "Twin"]


class Kernel:
    """The compiled kernels, on sparse rows, as ``Network.fit`` calls them."""

    room, mu, sparse = kernels, 0.0, True

    def __init__(self, task, train):
        self.task, self.y, self.n = task, train.y, len(train)
        self.x = self.room.sparse_rows(train.x) if self.sparse else train.x
        self.weights, self.biases = task.parameters()
        self.velocity = (
            [[np.zeros_like(p) for p in group] for group in self.parameters] if self.mu else (None, None)
        )

    @property
    def parameters(self):
        return self.weights, self.biases

    def __call__(self, rows):
        task = self.task
        rule = (task.eta * (1 - self.mu), task.lmbda / self.n, 0.0, self.mu, False)
        self.room.sgd_epoch(
            self.x,
            self.y,
            rows,
            task.batch_size,
            *self.parameters,
            *self.velocity,
            task.activations,
            True,
            *rule,
        )


class KernelMomentum(Kernel):
    """The same with momentum."""

    mu = 0.9


class KernelDense(Kernel):
    """The same without the knowledge that most pixels are zero."""

    sparse = False


class Twin(Kernel):
    """The kernels' twins in NumPy."""

    room, sparse = reference, False


class NumPy:
    """Mini-batches as matrices, written for this one net, float32, updates in place."""

    def __init__(self, task, train):
        self.task, self.x, self.n = task, train.x, len(train)
        self.y = np.eye(10, dtype=np.float32)[train.y]
        self.parameters = task.parameters()

    def __call__(self, rows):
        task, ((w1, w2), (b1, b2)) = self.task, self.parameters
        decay, step = np.float32(1 - task.eta * task.lmbda / self.n), np.float32(task.eta / task.batch_size)
        for k in range(0, len(rows), task.batch_size):
            batch = rows[k : k + task.batch_size]
            x = self.x[batch]
            a1 = 1 / (1 + np.exp(-(x @ w1.T + b1)))
            a2 = 1 / (1 + np.exp(-(a1 @ w2.T + b2)))
            delta2 = (a2 - self.y[batch]) * step
            delta1 = (delta2 @ w2) * a1 * (1 - a1)
            w2 *= decay
            w2 -= delta2.T @ a1
            w1 *= decay
            w1 -= delta1.T @ x
            b2 -= delta2.sum(axis=0)
            b1 -= delta1.sum(axis=0)


class Historic:
    """One example at a time, column vectors, float64, a fresh array for every gradient: how it was done in 2013."""

    def __init__(self, task, train):
        self.task, self.n = task, len(train)
        self.examples = [(x[:, None], np.eye(10)[:, [y]]) for x, y in zip(train.x, train.y)]
        weights, biases = task.parameters(np.float64)
        self.weights, self.biases = weights, [b[:, None] for b in biases]

    @property
    def parameters(self):
        return self.weights, [b[:, 0] for b in self.biases]

    def __call__(self, rows):
        task = self.task
        for k in range(0, len(rows), task.batch_size):
            batch = [self.examples[row] for row in rows[k : k + task.batch_size]]
            nabla_w, nabla_b = (
                [np.zeros(w.shape) for w in self.weights],
                [np.zeros(b.shape) for b in self.biases],
            )
            for x, y in batch:
                slopes_w, slopes_b = self.backprop(x, y)
                nabla_w = [total + s for total, s in zip(nabla_w, slopes_w)]
                nabla_b = [total + s for total, s in zip(nabla_b, slopes_b)]
            decay, step = 1 - task.eta * task.lmbda / self.n, task.eta / len(batch)
            self.weights = [decay * w - step * g for w, g in zip(self.weights, nabla_w)]
            self.biases = [b - step * g for b, g in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        """The gradient of one example."""
        activations, zs = [x], []
        for w, b in zip(self.weights, self.biases):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(self.sigmoid(zs[-1]))
        delta = activations[-1] - y
        nabla_w, nabla_b = [np.dot(delta, activations[-2].transpose())], [delta]
        for l in range(len(zs) - 2, -1, -1):
            slope = self.sigmoid(zs[l]) * (1 - self.sigmoid(zs[l]))
            delta = np.dot(self.weights[l + 1].transpose(), delta) * slope
            nabla_w.insert(0, np.dot(delta, activations[l].transpose()))
            nabla_b.insert(0, delta)
        return nabla_w, nabla_b

    @staticmethod
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))


class ScikitLearn:
    """MLPClassifier, one pass over the given rows; its softmax output layer is its own choice."""

    def __init__(self, task, train):
        from sklearn.neural_network import MLPClassifier

        self.x, self.y = train.x, train.y
        self.net = MLPClassifier(
            task.sizes[1:-1], activation="logistic", solver="sgd", batch_size=task.batch_size,
            alpha=task.lmbda * task.batch_size / len(train), learning_rate_init=task.eta, momentum=0.0,
            nesterovs_momentum=False, random_state=0,
        )  # fmt: skip

    @property
    def parameters(self):
        return [w.T for w in self.net.coefs_], self.net.intercepts_

    def __call__(self, rows):
        self.net.partial_fit(self.x[rows], self.y[rows], classes=range(10))
