"""The perceptron, and the gates that a single one can be."""

import numpy as np

from nndl import require

__all__ = ["AND", "COPY", "NAND", "NOT", "OR", "Perceptron", "rows_of", "step"]


def step(z):
    """Return 1 where z > 0 and 0 elsewhere: a tie goes to 0."""
    return (np.asarray(z) > 0).astype(np.int8)


class Perceptron:
    """Output 1 if w . x + b > 0, else 0; book, eq. `eq-perceptron-bias`.

    w (n_in,) and a number b. Called with x (n_in,) or (m, n_in) it returns 0 or 1, or (m,) of them. Two perceptrons
    are equal if their w and b are. Raises ValueError where x has another number of inputs.
    """

    def __init__(self, w, b):
        self.w = require.array(w, "w", shape=(None,))
        require.integer(len(self.w), "the number of inputs", low=1)
        self.b = require.number(b, "b")

    @classmethod
    def with_threshold(cls, w, threshold):
        """Return the perceptron that answers 1 if w . x exceeds the threshold, eq. `eq-perceptron`: b = -threshold."""
        return cls(w, -require.number(threshold, "threshold"))

    @property
    def n_in(self):
        """The number of inputs."""
        return len(self.w)

    @property
    def threshold(self):
        """What w . x has to exceed."""
        return -self.b

    def weighted_input(self, x):
        """Return z = w . x + b, a number or (m,)."""
        return rows_of(x, self.n_in) @ self.w + self.b

    def __call__(self, x):
        """Return 0 or 1, or (m,) of them."""
        return step(self.weighted_input(x))

    def __eq__(self, other):
        return isinstance(other, Perceptron) and np.array_equal(self.w, other.w) and self.b == other.b

    def __hash__(self):
        return hash((self.w.tobytes(), self.b))

    def __repr__(self):
        return f"Perceptron({[float(w) for w in self.w]}, {self.b:g})"


NAND = Perceptron([-2, -2], 3)  # eq. `eq-nand`
AND = Perceptron([2, 2], -3)
OR = Perceptron([2, 2], -1)
NOT = Perceptron([-2], 1)
COPY = Perceptron([2], -1)  # hands a signal on to the next layer


def rows_of(x, n_in):
    """Return x as numbers, (n_in,) or (m, n_in), or raise ValueError."""
    x = require.array(x, "x")
    if x.ndim not in (1, 2) or x.shape[-1] != n_in:
        raise ValueError(
            f"x has shape ({n_in},) or (m, {n_in}), got {x.shape}. Give one number for each input."
        )
    return x
