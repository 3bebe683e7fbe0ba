"""Chapter 1 on one screen: a network that learns, in NumPy alone. Read this first; nothing here is fast."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class PlainNetwork:
    def __init__(self, sizes, rng):
        self.b = [rng.standard_normal(n) for n in sizes[1:]]
        self.w = [rng.standard_normal((n, k)) for k, n in zip(sizes, sizes[1:])]

    def feedforward(self, x):
        activations = [x]
        for b, w in zip(self.b, self.w):
            activations.append(sigmoid(activations[-1] @ w.T + b))
        return activations

    def backprop(self, x, y):
        *activations, output = self.feedforward(x)
        nabla_b, nabla_w = [], []
        delta = (output - y) * output * (1 - output)  # BP1
        for a, w in zip(reversed(activations), reversed(self.w)):
            nabla_b.insert(0, delta.mean(axis=0))  # BP3
            nabla_w.insert(0, delta.T @ a / len(x))  # BP4
            delta = (delta @ w) * a * (1 - a)  # BP2
        return nabla_b, nabla_w


def sgd(net, x, y, epochs, batch_size, eta, rng):
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            nabla_b, nabla_w = net.backprop(x[batch], y[batch])
            net.b = [b - eta * nabla for b, nabla in zip(net.b, nabla_b)]
            net.w = [w - eta * nabla for w, nabla in zip(net.w, nabla_w)]


def accuracy(net, x, labels):
    return (net.feedforward(x)[-1].argmax(axis=1) == labels).mean()
