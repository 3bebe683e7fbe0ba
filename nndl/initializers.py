"""Where the weights start. An initializer draws w (n_out, n_in) and b (n_out,) for one layer."""

import numpy as np

from nndl import require

__all__ = ["INITIALIZERS", "Default", "Large"]


class Default:
    """Weights N(0, 1/n_in), biases N(0, 1): z starts of order 1, so that few neurons start saturated.

    With ``bias="zero"`` all biases start at 0, as some prefer; it makes little difference.
    """

    def __init__(self, bias="normal"):
        self.bias = require.one_of(bias, "bias", ("normal", "zero"))

    def __call__(self, rng, n_out, n_in):
        """Draw w (n_out, n_in) and b (n_out,), float64."""
        w = rng.standard_normal((n_out, n_in)) * self.spread(n_in)
        return w, rng.standard_normal(n_out) if self.bias == "normal" else np.zeros(n_out)

    def spread(self, n_in):
        """Return the standard deviation of the weights into a neuron with n_in inputs."""
        return 1 / np.sqrt(n_in)

    def __repr__(self):
        return f"{type(self).__name__}({'' if self.bias == 'normal' else 'bias=' + repr(self.bias)})"


class Large(Default):
    """Weights and biases N(0, 1): the start of chapter 1, better understood and replaced in chapter 3."""

    def spread(self, n_in):
        """Return 1."""
        return 1.0


INITIALIZERS = {"Default": Default, "Large": Large}
