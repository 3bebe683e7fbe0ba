"""How wrong an output is. A cost is the mean over examples, one example per row.

Each cost knows the output layers it fits, its value from the weighted inputs z (which stays finite where a
rounds to 0 or 1), and the error of the output layer, delta = dC/dz for one example.
"""

import numpy as np

from nndl.activations import Linear, ReLU, Sigmoid, Softmax, Tanh

__all__ = ["COSTS", "Cost", "CrossEntropy", "LogLikelihood", "Quadratic"]


class Cost:
    """The base of all: a subclass gives ``outputs`` and ``__call__(a, y)``, with a and y of shape (m, n_out)."""

    outputs = ()

    def from_z(self, z, y, activation):
        """Return the mean cost from the weighted inputs z (m, n_out) of the output layer."""
        return self(activation(z), y)

    def delta(self, z, y, activation):
        """Return dC_x/dz, shape (m, n_out), one row for each example x (BP1)."""
        return activation(z) - y

    def matched(self, activation):
        """Tell whether delta is a - y: the cost's slope cancels that of the output neuron."""
        return True

    def fits(self, activation):
        """Tell whether this cost goes with such output neurons."""
        return isinstance(activation, self.outputs)

    def check(self, activation):
        """Raise ValueError if this cost does not fit these output neurons."""
        if self.fits(activation):
            return
        fitting = [cost for cost in COSTS.values() if cost().fits(activation)]
        wanted = " or ".join(f"{kind.__name__}()" for kind in self.outputs)
        advice = " or ".join(f"{cost.__name__}()" for cost in fitting)
        raise ValueError(
            f"{self!r} needs {wanted} outputs, got {activation!r}. For {activation!r} outputs use {advice}."
        )

    def __repr__(self):
        return f"{type(self).__name__}()"


class Quadratic(Cost):
    """Half the squared distance, C = 1/(2n) sum_x |y - a|^2; eq. `eq-quadratic`. Any output but softmax."""

    outputs = (Sigmoid, Tanh, ReLU, Linear)

    def __call__(self, a, y):
        """Return the mean over rows of |y - a|^2 / 2."""
        return float(np.square(np.subtract(a, y, dtype=np.float64)).sum(axis=-1).mean() / 2)

    def delta(self, z, y, activation):
        """Return (a - y) sigma'(z)."""
        return (activation(z) - y) * activation.prime(z)

    def fits(self, activation):
        """Any neurons whose activations do not depend on each other."""
        return not isinstance(activation, Softmax)

    def matched(self, activation):
        """Only linear outputs have slope 1."""
        return isinstance(activation, Linear)


class CrossEntropy(Cost):
    """C = -1/n sum_x sum_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)], for sigmoid outputs and targets in [0, 1]."""

    outputs = (Sigmoid,)

    def __call__(self, a, y):
        """Return the cross-entropy; infinite where an output is exactly, and wrongly, 0 or 1."""
        a, y = np.asarray(a, np.float64), np.asarray(y, np.float64)
        return float(-(_x_log(y, a) + _x_log(1 - y, 1 - a)).sum(axis=-1).mean())

    def from_z(self, z, y, activation):
        """Return the same from z: ln(1 + e^z) - y z, which never overflows."""
        z = np.asarray(z, np.float64)
        return float((np.logaddexp(0, z) - y * z).sum(axis=-1).mean())


class LogLikelihood(Cost):
    """C = -1/n sum_x ln a_y, for softmax outputs."""

    outputs = (Softmax,)

    def __call__(self, a, y):
        """Return -ln of the share that the right answer got; infinite where it got none."""
        return float(-_x_log(np.asarray(y, np.float64), np.asarray(a, np.float64)).sum(axis=-1).mean())

    def from_z(self, z, y, activation):
        """Return the same from z: ln sum_k e^{z_k} - z_y."""
        z = np.asarray(z, np.float64)
        z = z - z.max(axis=-1, keepdims=True)
        return float((y * (np.log(np.exp(z).sum(axis=-1, keepdims=True)) - z)).sum(axis=-1).mean())


COSTS = {kind.__name__: kind for kind in (Quadratic, CrossEntropy, LogLikelihood)}


def _x_log(x, a):
    """X ln a, and 0 where x is 0, whatever a."""
    with np.errstate(divide="ignore"):
        return x * np.log(np.where(x == 0, 1.0, a))
