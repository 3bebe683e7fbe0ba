"""The network of chapter 1, a mini-batch at a time: examples side by side in one matrix; S030.

The same numbers as `network`, to rounding, without its loop over examples: the biases are added to every column, and
their gradient is the sum of the columns of delta.
"""

import numpy as np

from nndl.classic import network

__all__ = ["Network"]


class Network(network.Network):
    """As `network.Network`, but ``backprop`` is called once per mini-batch, with all its examples as columns."""

    def update_mini_batch(self, mini_batch, eta):
        """Take one step of length eta against the mean gradient of a list of pairs (x, y)."""
        x, y = (np.hstack(columns) for columns in zip(*mini_batch))
        self.step(*self.backprop(x, y), eta / len(mini_batch))
