"""How the gradient changes: the Hessian of a network, exact, one product at a time.

Backpropagation is a formula for the gradient; differentiate that formula along a direction v, and what comes out is H v
(Pearlmutter 1994). ``r_z``, for instance, is how fast z changes when all weights and biases move along v.
"""

import numpy as np

from nndl import Dense, Linear, ReLU, Sigmoid, Softmax, Tanh, require

__all__ = ["hessian_bytes", "hessian_product", "refuse_large"]

LARGEST = 10**9  # bytes of a Hessian

SECOND = {  # sigma''(z)
    Sigmoid: lambda z: Sigmoid().prime(z) * (1 - 2 * Sigmoid()(z)),
    Tanh: lambda z: -2 * np.tanh(z) * Tanh().prime(z),
    ReLU: np.zeros_like,
    Linear: np.zeros_like,
}


def hessian_bytes(n):
    """Return the memory that the Hessian of n parameters takes in float64: n^2 entries, 10^14 of them for 10^7."""
    return 8 * require.integer(n, "n", 1) ** 2


def refuse_large(n):
    """Raise ValueError if the Hessian of n parameters is too large to be written down."""
    if hessian_bytes(n) > LARGEST:
        raise ValueError(
            f"The Hessian of {n:,} parameters has {n * n:.3g} entries, {hessian_bytes(n) / 1e9:.3g} GB. Take a smaller "
            'network, or a method that never writes it down: minimize(net, train, method="Newton-CG").'
        )


def hessian_product(net, x, y, directions):
    """Return H v as [(for w, for b), …] for v given in the same way, the cost being the mean over the rows of x.

    x (m, n_in), y targets (m, n_out), directions [(like w, like b), …]. Raises TypeError for layers that are not dense.
    """
    for layer in net.layers:
        if not isinstance(layer, Dense):
            raise TypeError(f"A Hessian is for networks of dense layers, got {layer!r}.")
    inputs, zs, r_zs = _forward(net.layers, x, directions)
    delta, r_delta = _output(net.cost, net.layers[-1].activation, zs[-1], r_zs[-1], y)
    found = []
    for depth in reversed(range(len(net.layers))):
        (a, r_a), (v_w, _), w = inputs[depth], directions[depth], net.layers[depth].w
        found.insert(0, ((r_delta.T @ a + delta.T @ r_a) / len(x), r_delta.mean(axis=0)))  # BP4, BP3, along v
        if depth:
            sigma, z, r_z = net.layers[depth - 1].activation, zs[depth - 1], r_zs[depth - 1]
            back, r_back = delta @ w, r_delta @ w + delta @ v_w  # BP2, and along v
            delta = back * sigma.prime(z)
            r_delta = r_back * sigma.prime(z) + back * SECOND[type(sigma)](z) * r_z
    return found


def _forward(layers, x, directions):
    """Return for each layer what goes in and how fast that changes; z; and how fast z changes."""
    a, r_a, inputs, zs, r_zs = x, np.zeros_like(x), [], [], []
    for layer, (v_w, v_b) in zip(layers, directions):
        inputs.append((a, r_a))
        zs.append(a @ layer.w.T + layer.b)
        r_zs.append(r_a @ layer.w.T + a @ v_w.T + v_b)
        if layer is not layers[-1]:
            a, r_a = layer.activation(zs[-1]), layer.activation.prime(zs[-1]) * r_zs[-1]
    return inputs, zs, r_zs


def _output(cost, sigma, z, r_z, y):
    """Return delta = dC/dz of the output layer, and how fast it changes."""
    a = sigma(z)
    if isinstance(sigma, Softmax):
        return a - y, a * (r_z - (a * r_z).sum(axis=1, keepdims=True))
    slope = sigma.prime(z)
    if cost.matched(sigma):
        return a - y, slope * r_z
    return (a - y) * slope, (slope**2 + (a - y) * SECOND[type(sigma)](z)) * r_z
