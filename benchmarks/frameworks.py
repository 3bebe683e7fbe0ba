"""Contestants built on PyTorch and on JAX. They are imported only in the process that needs them."""

import numpy as np

__all__ = ["Jax", "TorchCompiled", "TorchEager", "TorchManual"]


class TorchEager:
    """PyTorch as its tutorials write it: Sequential, autograd, SGD, a mini-batch taken by index."""

    def __init__(self, task, train):
        import torch
        from torch import nn

        self.torch, self.task = torch, task
        n_in, n_hidden, n_out = task.sizes
        self.net = nn.Sequential(nn.Linear(n_in, n_hidden), nn.Sigmoid(), nn.Linear(n_hidden, n_out))
        self.layers = [self.net[0], self.net[2]]
        with torch.no_grad():
            for layer, w, b in zip(self.layers, *task.parameters()):
                layer.weight.copy_(torch.from_numpy(w))
                layer.bias.copy_(torch.from_numpy(b))
        decayed = {"params": [layer.weight for layer in self.layers], "weight_decay": task.lmbda / len(train)}
        self.optimizer = torch.optim.SGD(
            [decayed, {"params": [layer.bias for layer in self.layers]}], lr=task.eta
        )
        self.cost = nn.BCEWithLogitsLoss(reduction="sum")
        self.x = torch.from_numpy(np.array(train.x))
        self.y = nn.functional.one_hot(torch.from_numpy(np.array(train.y, np.int64)), n_out).float()
        self.decay, self.step = 1 - task.eta * task.lmbda / len(train), task.eta / task.batch_size

    @property
    def parameters(self):
        layers = self.layers
        return [p.weight.detach().numpy() for p in layers], [p.bias.detach().numpy() for p in layers]

    def __call__(self, rows):
        rows = self.torch.from_numpy(rows)
        for k in range(0, len(rows), self.task.batch_size):
            batch = rows[k : k + self.task.batch_size]
            self.learn(self.x[batch], self.y[batch])

    def learn(self, x, y):
        """One step on one mini-batch."""
        self.optimizer.zero_grad(set_to_none=True)
        (self.cost(self.net(x), y) / len(x)).backward()
        self.optimizer.step()


class TorchCompiled(TorchEager):
    """The same with the net and its cost compiled by ``torch.compile``."""

    def __init__(self, task, train):
        super().__init__(task, train)
        self.compiled = self.torch.compile(lambda x, y: self.cost(self.net(x), y) / len(x))

    def learn(self, x, y):
        """One step on one mini-batch."""
        self.optimizer.zero_grad(set_to_none=True)
        self.compiled(x, y).backward()
        self.optimizer.step()


class TorchManual(TorchEager):
    """PyTorch without autograd: the four equations by hand, fused with the updates, in inference mode."""

    def __call__(self, rows):
        torch, decay, step = self.torch, self.decay, self.step
        (w1, w2), (b1, b2) = ([getattr(p, kind).detach() for p in self.layers] for kind in ("weight", "bias"))
        rows = torch.from_numpy(rows)
        with torch.inference_mode():
            for k in range(0, len(rows), self.task.batch_size):
                batch = rows[k : k + self.task.batch_size]
                x = self.x[batch]
                a1 = torch.addmm(b1, x, w1.t()).sigmoid_()
                delta2 = torch.addmm(b2, a1, w2.t()).sigmoid_().sub_(self.y[batch])
                delta1 = torch.mm(delta2, w2).mul_(a1 * (1 - a1))
                w2.addmm_(delta2.t(), a1, beta=decay, alpha=-step)
                w1.addmm_(delta1.t(), x, beta=decay, alpha=-step)
                b2.sub_(delta2.sum(0), alpha=step)
                b1.sub_(delta1.sum(0), alpha=step)


class Jax:
    """JAX: the whole list of mini-batches in one compiled ``lax.scan``, weights donated."""

    def __init__(self, task, train):
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp, self.batch_size = jax, jnp, task.batch_size
        x, y = jnp.asarray(train.x), jax.nn.one_hot(jnp.asarray(np.array(train.y)), 10)
        weights, biases = task.parameters()
        self.net = [(jnp.asarray(w.T), jnp.asarray(b)) for w, b in zip(weights, biases)]
        decay, eta = 1 - task.eta * task.lmbda / len(train), task.eta

        def cost(net, x, y):
            (w1, b1), (w2, b2) = net
            z = jax.nn.sigmoid(x @ w1 + b1) @ w2 + b2
            return (jnp.logaddexp(0, z) - z * y).sum() / len(x)

        def step(net, batch):
            slopes = jax.grad(cost)(net, x[batch], y[batch])
            return [(w * decay - eta * g, b - eta * h) for (w, b), (g, h) in zip(net, slopes)], None

        self.epoch = jax.jit(lambda net, batches: jax.lax.scan(step, net, batches)[0], donate_argnums=0)

    @property
    def parameters(self):
        return [np.asarray(w).T for w, _ in self.net], [np.asarray(b) for _, b in self.net]

    def __call__(self, rows):
        batches = self.jnp.asarray(rows.reshape(-1, self.batch_size))
        self.net = self.jax.block_until_ready(self.epoch(self.net, batches))
