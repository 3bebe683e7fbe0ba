"""The old programs' mathematics once more, example by example and sum by sum, to compare with."""

import random

import numpy as np


def first_weights(sizes, seed, narrow):
    """Biases and weights as a seeded NumPy of that time draws them: all biases, then all weights."""
    rng = np.random.RandomState(seed)
    b = [rng.randn(n, 1) for n in sizes[1:]]
    w = [rng.randn(n, k) / (k**0.5 if narrow else 1) for k, n in zip(sizes, sizes[1:])]
    return b, w


def squash(z):
    return 1 / (1 + np.exp(-z))


def forward(b, w, x):
    a = [x]
    for l in range(len(w)):
        a.append(squash(w[l].dot(a[-1]) + b[l]))
    return a


def slopes(b, w, x, y, quadratic):
    """The gradient for one example, from the chain rule written out neuron by neuron."""
    a = forward(b, w, x)
    grad_a = a[-1] - y if quadratic else (a[-1] - y) / (a[-1] * (1 - a[-1]))
    nabla_b, nabla_w = [None] * len(w), [None] * len(w)
    for l in range(len(w) - 1, -1, -1):
        dz = grad_a * a[l + 1] * (1 - a[l + 1])
        nabla_b[l] = dz
        nabla_w[l] = np.array([[dz[j, 0] * a[l][k, 0] for k in range(len(a[l]))] for j in range(len(dz))])
        grad_a = np.array([[sum(w[l][j, k] * dz[j, 0] for j in range(len(dz)))] for k in range(len(a[l]))])
    return nabla_b, nabla_w


def train(b, w, pairs, seed, epochs, m, eta, lmbda=0.0, quadratic=True):
    """Mini-batch descent with weight decay; the list is shuffled on and on, as Python 3's shuffle does it."""
    pairs, shuffler, n = list(pairs), random.Random(seed), len(pairs)
    for _ in range(epochs):
        shuffler.shuffle(pairs)
        for k in range(0, n, m):
            batch = pairs[k : k + m]
            each = [slopes(b, w, x, y, quadratic) for x, y in batch]
            b = [p - eta / len(batch) * sum(e[0][l] for e in each) for l, p in enumerate(b)]
            w = [p - eta * (sum(e[1][l] for e in each) / len(batch) + lmbda / n * p) for l, p in enumerate(w)]
    return b, w


def small_pairs(n, sizes, seed=0, labels=False):
    """Random examples for a small net: columns with targets, or with labels."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, sizes[-1], n)
    return [(rng.random((sizes[0], 1)), int(j) if labels else np.eye(sizes[-1])[:, [j]]) for j in label]
