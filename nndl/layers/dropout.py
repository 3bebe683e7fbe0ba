"""Dropout: neurons that are left out, by chance, while a network learns."""

import numpy as np

from nndl import require
from nndl.layers.base import Layer

__all__ = ["Dropout"]


class Dropout(Layer):
    """Sets each activation of the layer below to 0 with probability p_dropout, in every mini-batch anew.

    Parameters
    ----------
    p_dropout : float
        Probability in [0, 1) that an activation is set to 0; 0.5 drops every other one.
    exact : bool
        False: every activation of every example is dropped or kept by itself. True: as in the historic recipe, one
        set of neurons, p_dropout of them to the nearest whole number, is dropped for a whole mini-batch.

    Notes
    -----
    What is kept is divided by 1 - p_dropout, so that the layer above meets the same sum on average, and nothing needs
    scaling where a network is used: there, the layer passes everything on. This equals training without the division
    and halving (for p_dropout = 1/2) the outgoing weights afterwards. Masks come from the network's seed.
    """

    def __init__(self, p_dropout=0.5, exact=False):
        self.p_dropout = require.probability(p_dropout, "p_dropout, the probability to be set to 0,")
        if self.p_dropout == 1:
            raise ValueError("p_dropout is below 1, got 1: nothing would be left. Try 0.5.")
        self.exact = bool(exact)

    def _connect(self, below):
        if below is None:
            raise ValueError(f"{self!r} drops activations of the layer below it. Put it above a layer.")
        super()._connect(below)

    def mask(self, rng, m, dtype):
        """Draw a mask for m examples: 0 or 1 / (1 - p_dropout); (m, n_out), or (1, n_out) for all alike if exact."""
        if self.exact:
            kept = np.ones((1, self.n_out), bool)
            kept[0, rng.permutation(self.n_out)[: round(self.p_dropout * self.n_out)]] = False
        else:
            kept = rng.random((m, self.n_out), np.float32) >= self.p_dropout
        return kept.astype(dtype) / np.dtype(dtype).type(1 - self.p_dropout)

    def weigh(self, a_in, mask=None):
        """Return a_in times the mask, and the mask; a_in itself without one, as in use."""
        return (a_in, None) if mask is None else (a_in * mask, mask)

    def backward(self, delta, mask):
        """Return dC/da_in, shape (m, n_in): nothing flows through what was dropped."""
        return delta if mask is None else delta * mask

    def settings(self):
        """Return the arguments of the class, for a file."""
        return {"p_dropout": self.p_dropout, "exact": self.exact}

    def __repr__(self):
        return f"Dropout({self.p_dropout:g}{', exact=True' if self.exact else ''})"
