"""Where the weights start. An initializer draws w (n_out, n_in) and b (n_out,) for one layer."""

import numpy as np

__all__ = ["INITIALIZERS", "Default", "Large"]


class Default:
    """Weights N(0, 1/n_in), biases N(0, 1): z starts of order 1, so that few neurons start saturated."""

    def __call__(self, rng, n_out, n_in):
        """Draw w (n_out, n_in) and b (n_out,), float64."""
        return rng.standard_normal((n_out, n_in)) / np.sqrt(n_in), rng.standard_normal(n_out)

    def __repr__(self):
        return f"{type(self).__name__}()"


class Large(Default):
    """Weights and biases N(0, 1): the start of chapter 1, better understood and replaced in chapter 3."""

    def __call__(self, rng, n_out, n_in):
        """Draw w (n_out, n_in) and b (n_out,), float64."""
        return rng.standard_normal((n_out, n_in)), rng.standard_normal(n_out)


INITIALIZERS = {"Default": Default, "Large": Large}
