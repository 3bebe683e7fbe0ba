"""A neuron as a step, as a straight line, and what an activation must do to make steps."""

import numpy as np

from nndl import Dense, Linear, Network, Sigmoid, require

__all__ = ["assembled", "identity_neuron", "limits", "step", "step_point", "usable", "window"]


def step(s, w=1000.0):
    """Return weight and bias of a sigmoid neuron that steps from 0 to 1 at x = s: (w, b) with b = -w s; S096, Q4.3.

    The larger w, the steeper; a negative w steps down. `window` tells how wide the slope is. s may be an array.
    """
    _steep(w)
    return w, -w * np.asarray(s, float)[()]


def step_point(w, b):
    """Return where a neuron with this weight and bias steps: s = -b / w."""
    return -b / _steep(w)


def window(w, tolerance=0.01):
    """Return how far on either side of its step a sigmoid neuron is not yet within ``tolerance`` of 0 or of 1."""
    tolerance = require.number(tolerance, "tolerance", 0.0, 0.5)
    require.positive(tolerance, "tolerance", "No sigmoid ever reaches 0 or 1: try 0.01.")
    return np.log(1 / tolerance - 1) / abs(_steep(w))


def identity_neuron(w):
    """Return a network of one hidden neuron whose output is nearly its input, for x in [0, 1].

    The middle of a sigmoid is nearly straight: 4/w (sigma(w (x - 1/2)) - 1/2) + 1/2 is x up to w^2 / 96. The 1/2 that
    is added at the end, an output bias, matters: without it no weights do better than 0.056; E048, N136.
    """
    _steep(w)
    hidden = (np.array([[w]]), np.array([-w / 2]), Sigmoid())
    return assembled(hidden, (np.array([[4 / w]]), np.array([0.5 - 2 / w]), Linear()))


def limits(activation):
    """Return (low, high), where an activation ends for z toward minus and plus infinity; None where it ends nowhere.

    Found by trying: values at 10^5 ... 10^15 that have stopped moving are taken for the limit.
    """
    far = np.power(10.0, np.arange(5, 16)) * np.sqrt(2)
    with np.errstate(over="ignore", invalid="ignore"):
        ends = [np.asarray(activation(sign * far), float) for sign in (-1, 1)]
    return tuple(float(end[-1]) if np.ptp(end) < 1e-4 else None for end in ends)


def usable(activation):
    """Tell whether steps can be made of this activation: both limits exist, finite and different; S102, Q4.9."""
    low, high = limits(activation)
    return low is not None and high is not None and abs(high - low) > 1e-3


def assembled(*layers):
    """Return a float64 network of dense layers, each given as (w, b, activation): nothing in it is drawn."""
    given = iter(layers)
    return Network(
        [Dense(w.shape[1], w.shape[0], activation) for w, _, activation in layers],
        dtype="float64",  # w (x - s) with w in the thousands leaves float32 too few digits
        initializer=lambda rng, n_out, n_in: next(given)[:2],
    )


def _steep(w):
    if require.number(w, "w") == 0:
        raise ValueError("w is the steepness of the step, got 0, which is flat. Try w = 1000.")
    return w
