"""The kernels in NumPy: what each of them computes, in as few lines as the equations need.

Read this file first. ``dense.py`` computes the same numbers, to rounding, many times faster; the tests hold
the two equal. The twins also serve where Numba cannot: float64 arrays, ``NUMBA_DISABLE_JIT=1``,
``NNDL_KERNELS=reference``.

Examples are rows. A layer has weights w (n_out, n_in) and biases b (n_out,). Kernels check nothing.
"""

import numpy as np

from nndl.kernels.sparse import INDEX, Sparse, dense_rows

__all__ = ["feedforward", "gradients", "sgd_epoch", "sparse_rows"]


def sparse_rows(x):
    """Leave the zeros out of x, float32 (n, n_in) -> `Sparse`."""
    row, col = np.nonzero(x)
    start = np.zeros(len(x) + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=len(x)), out=start[1:])
    return Sparse(start, col.astype(INDEX), x[row, col], x.shape[1])


def feedforward(x, weights, biases, activations):
    """Output activations (n, n_out) of all examples x, `Sparse` or (n, n_in); book, eq. `eq-feedforward`.

    activations names the activation of each layer: "sigmoid", "tanh", "relu", "linear", and, for the last
    layer only, "softmax".
    """
    a = dense_rows(x, slice(None)).astype(weights[0].dtype, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        for w, b, name in zip(weights, biases, activations):
            a = ACTIVATIONS[name](a @ w.T + b)
    return a


def sgd_epoch(
    x,
    y,
    order,
    batch_size,
    weights,
    biases,
    velocity_w,
    velocity_b,
    activations,
    matched,
    eta,
    l2,
    l1,
    mu,
    nesterov,
):
    """One epoch of mini-batch stochastic gradient descent; weights, biases and velocities change in place.

    Per mini-batch, with nabla the mean gradient over its examples::

        v = mu v - eta (nabla w + l2 w + l1 sgn(w)),    w = w + v

    and the same for biases, without penalties. sgn(0) = 0 and ReLU'(0) = 0.

    Parameters
    ----------
    x : Sparse or ndarray (n, n_in)
        Inputs.
    y : ndarray
        Integer labels (n,), read as one-hot rows, or float targets (n, n_out).
    order : ndarray, int64
        The rows to visit, in this order.
    batch_size : int
        How many of them make a mini-batch; the last one may be shorter.
    weights, biases : list of ndarray
        (n_out, n_in) and (n_out,), one each per layer.
    velocity_w, velocity_b : list of ndarray, or None
        Of the same shapes; None where mu is 0.
    activations : tuple of str
        As in `feedforward`.
    matched : bool
        Whether cost and output activation cancel, so that delta = a - y; otherwise delta = (a - y) sigma'(z).
    eta, l2, l1, mu : float
        Learning rate per step, penalties per weight (lambda / n), momentum coefficient.
    nesterov : bool
        Whether gradient and penalty are taken at w + mu v.
    """
    eta, l2, l1, mu = float(eta), float(l2), float(l1), float(mu)  # a NumPy scalar would widen float32
    dtype = weights[0].dtype
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(0, len(order), batch_size):
            rows = order[k : k + batch_size]
            x_batch = dense_rows(x, rows).astype(dtype, copy=False)
            ahead_w, ahead_b = weights, biases
            if nesterov and mu:
                ahead_w = [w + mu * v for w, v in zip(weights, velocity_w)]
                ahead_b = [b + mu * v for b, v in zip(biases, velocity_b)]
            nabla_w, nabla_b = gradients(x_batch, y[rows], ahead_w, ahead_b, activations, matched)
            for g, w in zip(nabla_w, ahead_w):
                g += l2 * w + l1 * np.sign(w)
            _step(weights, nabla_w, velocity_w, eta, mu)
            _step(biases, nabla_b, velocity_b, eta, mu)


def gradients(x, y, weights, biases, activations, matched):
    """Mean gradients over the examples x (m, n_in), y labels (m,) or targets (m, n_out).

    Two lists, nabla_w and nabla_b; book, eqs. `BP1` to `BP4`.
    """
    layers = [x]
    for w, b, name in zip(weights, biases, activations):
        layers.append(ACTIVATIONS[name](layers[-1] @ w.T + b))
    *layers, output = layers
    delta = _output_delta(output, y, activations[-1], matched)  # BP1
    nabla_w, nabla_b = [], []
    for l in reversed(range(len(weights))):
        nabla_b.insert(0, delta.mean(axis=0))  # BP3
        nabla_w.insert(0, delta.T @ layers[l] / len(x))  # BP4
        if l:
            delta = delta @ weights[l] * SLOPES[activations[l - 1]](layers[l])  # BP2
    return nabla_w, nabla_b


def _output_delta(a, y, name, matched):
    """Equation BP1: delta (m, n_out) at the output, from its activations and the labels or targets."""
    delta = a.copy()
    if y.ndim == 1:
        delta[np.arange(len(y)), y] -= 1
    else:
        delta -= y.astype(a.dtype, copy=False)
    if matched:
        return delta
    if name == "softmax":  # every output depends on every z
        return a * (delta - (a * delta).sum(axis=1, keepdims=True))
    return delta * SLOPES[name](a)


def _step(parameters, gradients, velocities, eta, mu):
    """One step downhill for each array of parameters, with momentum where there is any."""
    for l, (p, g) in enumerate(zip(parameters, gradients)):
        if mu:
            velocities[l] *= mu
            velocities[l] -= eta * g
            p += velocities[l]
        else:
            p -= eta * g


def _sigmoid(z):
    e = np.exp(-np.abs(z))  # never of a positive number: cannot overflow
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "linear": lambda z: z,
    "softmax": _softmax,
}

# sigma'(z), written in terms of a = sigma(z)
SLOPES = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: (a > 0).astype(a.dtype),
    "linear": np.ones_like,
}
