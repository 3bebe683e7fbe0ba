"""Terms added to the cost that keep weights small. Biases are never penalized.

Both divide by n, the size of the training set, whichever data the cost is evaluated on.
"""

import numpy as np

from nndl import require

__all__ = ["L1", "L2", "Penalty"]


class Penalty:
    """No penalty: the base of L1 and L2.

    A penalty whose step is not a gradient step is ``stepwise``: its ``shrink`` follows every mini-batch.
    """

    stepwise = False

    def __init__(self, lmbda=0.0):
        self.lmbda = require.number(lmbda, "lmbda", low=0, advice="lmbda = 0 switches the penalty off.")

    def __call__(self, weights, n):
        """Return the penalty's share of the cost for a list of weight arrays and n training examples."""
        return 0.0

    def rates(self, n):
        """Return (l2, l1), so that the penalty's gradient is l2 * w + l1 * sgn(w)."""
        return 0.0, 0.0

    def __repr__(self):
        return f"{type(self).__name__}({self.lmbda:g})"


class L2(Penalty):
    """Weight decay: lmbda / (2 n) times the sum of the squared weights."""

    def __call__(self, weights, n):
        """Return lmbda / (2 n) sum w**2."""
        return self.lmbda / (2 * n) * sum(float(np.square(w, dtype=np.float64).sum()) for w in weights)

    def rates(self, n):
        """Return (lmbda / n, 0)."""
        return self.lmbda / n, 0.0


class L1(Penalty):
    """lmbda / n times the sum of the absolute weights; its gradient at w = 0 is taken to be 0.

    With a plain gradient step a small weight jumps across 0 and back. ``truncated=True`` lets the penalty move a
    weight to 0 at most: after each step on the cost, every weight comes nearer to 0 by eta lmbda / n, and those
    that are nearer than that become 0.
    """

    def __init__(self, lmbda=0.0, truncated=False):
        super().__init__(lmbda)
        self.truncated = bool(truncated)

    @property
    def stepwise(self):
        """Whether ``shrink`` follows every mini-batch."""
        return self.truncated

    def __call__(self, weights, n):
        """Return lmbda / n sum |w|."""
        return self.lmbda / n * sum(float(np.abs(w, dtype=np.float64).sum()) for w in weights)

    def rates(self, n):
        """Return (0, lmbda / n), or (0, 0) if the step is left to ``shrink``."""
        return 0.0, 0.0 if self.truncated else self.lmbda / n

    def shrink(self, weights, eta, n):
        """Bring the weights nearer to 0 by eta lmbda / n, in place, and none across."""
        for w in weights:
            w[...] = np.sign(w) * np.maximum(np.abs(w) - w.dtype.type(eta * self.lmbda / n), 0)

    def __repr__(self):
        return f"L1({self.lmbda:g}{', truncated=True' if self.truncated else ''})"
