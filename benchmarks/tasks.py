"""What is trained: a net on handwritten digits, the same for every contestant."""

from dataclasses import dataclass

import numpy as np

import nndl.datasets

__all__ = ["TASKS", "Task"]


@dataclass(frozen=True)
class Task:
    """A net of sigmoid layers with the cross-entropy cost, L2 regularization, mini-batches of 10."""

    sizes: tuple
    eta: float = 0.5
    lmbda: float = 5.0
    batch_size: int = 10

    def data(self):
        """Training and validation examples: MNIST where it is at hand, else scikit-learn's digits."""
        train, validation, _ = nndl.datasets.load_any()
        return train, validation

    def parameters(self, dtype=np.float32):
        """Initial weights (n_out, n_in) and biases (n_out,), the same for every contestant."""
        rng = np.random.default_rng(0)
        pairs = list(zip(self.sizes, self.sizes[1:]))
        weights = [
            (rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)).astype(dtype) for n_in, n_out in pairs
        ]
        return weights, [rng.standard_normal(n_out).astype(dtype) for _, n_out in pairs]

    @property
    def activations(self):
        return ("sigmoid",) * (len(self.sizes) - 1)


TASKS = {"FC30": Task((784, 30, 10)), "FC100": Task((784, 100, 10))}
