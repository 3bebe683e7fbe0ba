"""Nets of feature maps: our kernels, the layers in NumPy, PyTorch and JAX, all from the same weights.

A contestant is made from a `ConvTask`, the training data and a number of threads. It is called with a list of rows,
trains on them in mini-batches, and gives its weights and biases when asked for its ``parameters``.
"""

from dataclasses import dataclass

import numpy as np

import nndl
from nndl.engines import Engine

__all__ = ["CONTESTANTS", "TASKS", "ConvTask"]

DENSE = (100, 10)


@dataclass(frozen=True)
class ConvTask:
    """Layers of 5 x 5 fields and 2 x 2 max-pooling, a dense layer of 100, softmax; mini-batches of 10."""

    maps: tuple
    activation: str = "relu"
    eta: float = 0.03
    lmbda: float = 0.1
    batch_size: int = 10

    def network(self):
        """The net, the same weights for every contestant."""
        sigma = {"relu": nndl.ReLU, "sigmoid": nndl.Sigmoid}[self.activation]()
        below = [nndl.ConvPool(maps, 5, 2, sigma) for maps in self.maps]
        side = 12 if len(self.maps) == 1 else 4
        layers = [*below, nndl.Dense(self.maps[-1] * side * side, 100, sigma), nndl.SoftmaxLayer(100, 10)]
        return nndl.Network(layers, cost=nndl.LogLikelihood(), seed=0)


TASKS = {
    "conv1": ConvTask((20,)),
    "conv2": ConvTask((20, 40)),
    "conv1-sigmoid": ConvTask((20,), "sigmoid", 0.1, 0.0),
    "conv2-sigmoid": ConvTask((20, 40), "sigmoid", 0.1, 0.0),
}


class Kernel:
    """The compiled kernels, as ``Network.fit`` calls them, on one or two threads."""

    def __init__(self, task, train, threads):
        from nndl.kernels import conv

        self.task, self.train, self.threads, self.epoch = task, train, threads, conv.sgd_epoch
        self.net = task.network()

    @property
    def parameters(self):
        return self.net.parameters

    def __call__(self, rows):
        task, n = self.task, len(self.train)
        given = (
            self.train.x,
            self.train.y,
            rows,
            task.batch_size,
            (1, 28, 28),
            *self.net.parameters,
            None,
            None,
        )
        rule = task.eta, task.lmbda / n, 0.0, 0.0, False
        self.epoch(*given, self.net.activation_names, True, *rule, threads=self.threads)


class Layers(Kernel):
    """The layer objects in NumPy."""

    def __init__(self, task, train, threads):
        super().__init__(task, train, threads)
        self.engine = Engine(self.net.layers, self.net.cost, self.net.dtype)

    def __call__(self, rows):
        rule = nndl.engines.Rule(self.task.eta, self.task.lmbda / len(self.train), 0.0, 0.0, False)
        self.engine.epoch(self.train.x, self.train.y, rows, self.task.batch_size, (None, None), rule, None)


class Torch:
    """PyTorch eager: Sequential, autograd, SGD."""

    channels_last = False

    def __init__(self, task, train, threads):
        import torch
        from torch import nn

        torch.set_num_threads(threads)
        self.torch, self.task = torch, task
        weights, biases = task.network().parameters
        sigma = nn.ReLU if task.activation == "relu" else nn.Sigmoid
        layers = []
        for w in weights[: len(task.maps)]:
            layers += [nn.Conv2d(w.shape[1], w.shape[0], 5), nn.MaxPool2d(2), sigma()]
        layers += [nn.Flatten(), nn.Linear(weights[-2].shape[1], 100), sigma(), nn.Linear(100, 10)]
        self.net = nn.Sequential(*layers)
        self.learned = [layer for layer in layers if hasattr(layer, "weight")]
        with torch.no_grad():
            for layer, w, b in zip(self.learned, weights, biases):
                layer.weight.copy_(torch.from_numpy(w))
                layer.bias.copy_(torch.from_numpy(b))
        self.x = torch.from_numpy(np.array(train.x)).reshape(-1, 1, 28, 28)
        if self.channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
            self.x = self.x.to(memory_format=torch.channels_last)
        decayed = {"params": [l.weight for l in self.learned], "weight_decay": task.lmbda / len(train)}
        self.optimizer = torch.optim.SGD([decayed, {"params": [l.bias for l in self.learned]}], lr=task.eta)
        self.y, self.cost = torch.from_numpy(np.array(train.y, np.int64)), nn.CrossEntropyLoss()

    @property
    def parameters(self):
        pairs = [(l.weight.detach().numpy().copy(), l.bias.detach().numpy()) for l in self.learned]
        return [w for w, _ in pairs], [b for _, b in pairs]

    def __call__(self, rows):
        rows = self.torch.from_numpy(rows)
        for k in range(0, len(rows), self.task.batch_size):
            batch = rows[k : k + self.task.batch_size]
            self.optimizer.zero_grad(set_to_none=True)
            self.cost(self.net(self.x[batch]), self.y[batch]).backward()
            self.optimizer.step()


class TorchChannelsLast(Torch):
    """The same with images laid out pixel by pixel."""

    channels_last = True


class TorchCompiled(TorchChannelsLast):
    """The same with the net and its cost compiled by ``torch.compile``."""

    def __init__(self, task, train, threads):
        super().__init__(task, train, threads)
        self.compiled = self.torch.compile(lambda x, y: self.cost(self.net(x), y))

    def __call__(self, rows):
        rows = self.torch.from_numpy(rows)
        for k in range(0, len(rows), self.task.batch_size):
            batch = rows[k : k + self.task.batch_size]
            self.optimizer.zero_grad(set_to_none=True)
            self.compiled(self.x[batch], self.y[batch]).backward()
            self.optimizer.step()


class Jax:
    """JAX: all mini-batches in one compiled ``lax.scan``; convolution as patches by shifted slices and one product."""

    def __init__(self, task, train, threads):
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp, self.batch_size = jax, jnp, task.batch_size
        x, y = jnp.asarray(train.x).reshape(-1, 28, 28, 1), jnp.asarray(np.array(train.y))
        weights, biases = task.network().parameters
        depth, sigma = len(task.maps), jax.nn.relu if task.activation == "relu" else jax.nn.sigmoid
        side = 12 if depth == 1 else 4
        first = weights[depth].reshape(100, -1, side, side).transpose(0, 2, 3, 1).reshape(100, -1)
        laid = [
            *(w.transpose(2, 3, 1, 0).reshape(-1, len(w)) for w in weights[:depth]),
            first.T,
            weights[-1].T,
        ]
        self.net, self.depth, self.side = (
            [(jnp.asarray(w), jnp.asarray(b)) for w, b in zip(laid, biases)],
            depth,
            side,
        )
        decay, eta = task.lmbda / len(train), task.eta

        def cost(net, x, y):
            a = x
            for w, b in net[:depth]:
                out = a.shape[1] - 4
                shifted = [a[:, row : row + out, col : col + out] for row in range(5) for col in range(5)]
                z = (jnp.concatenate(shifted, -1).reshape(-1, len(w)) @ w).reshape(len(x), out, out, -1)
                z = z.reshape(len(x), out // 2, 2, out // 2, 2, -1).max((2, 4))
                a = sigma(z + b)
            a = sigma(a.reshape(len(x), -1) @ net[depth][0] + net[depth][1])
            z = jax.nn.log_softmax(a @ net[-1][0] + net[-1][1])
            return -jnp.take_along_axis(z, y[:, None], 1).mean()

        def step(net, batch):
            slopes = jax.grad(cost)(net, x[batch], y[batch])
            return [(w - eta * (g + decay * w), b - eta * h) for (w, b), (g, h) in zip(net, slopes)], None

        self.epoch = jax.jit(lambda net, batches: jax.lax.scan(step, net, batches)[0], donate_argnums=0)

    @property
    def parameters(self):
        weights, biases = [np.asarray(w) for w, _ in self.net], [np.asarray(b) for _, b in self.net]
        filters = [w.reshape(5, 5, -1, w.shape[1]).transpose(3, 2, 0, 1) for w in weights[: self.depth]]
        first = (
            weights[self.depth]
            .T.reshape(100, self.side, self.side, -1)
            .transpose(0, 3, 1, 2)
            .reshape(100, -1)
        )
        return [*filters, first, weights[-1].T], biases

    def __call__(self, rows):
        batches = self.jnp.asarray(rows.reshape(-1, self.batch_size))
        self.net = self.jax.block_until_ready(self.epoch(self.net, batches))


CONTESTANTS = {kind.__name__: kind for kind in (Kernel, Layers, Torch, TorchChannelsLast, TorchCompiled, Jax)}
