"""Mini-batch sizes, compared by the clock."""

from dataclasses import dataclass

import numpy as np

from nndl import require
from nndl.search.objective import HeldOut

__all__ = ["BatchSizes", "batch_sizes"]


@dataclass(frozen=True)
class BatchSizes:
    """Validation accuracy against seconds of training, for several mini-batch sizes.

    ``curves`` maps each size to (seconds, accuracy), two arrays with a value per epoch; ``target`` is the highest
    accuracy that every size reaches; ``etas`` are the learning rates that were used.
    """

    curves: dict
    etas: dict

    @property
    def target(self):
        """The highest validation accuracy that every size reaches."""
        return float(min(accuracy.max() for _, accuracy in self.curves.values()))

    @property
    def times(self):
        """Seconds until each size first reaches the target."""
        return {
            m: float(seconds[np.argmax(accuracy >= self.target)])
            for m, (seconds, accuracy) in self.curves.items()
        }

    @property
    def fastest(self):
        """The size that reaches the target first; it depends on the machine."""
        return min(self.times, key=self.times.get)


def batch_sizes(network, train, validation, eta, sizes=(1, 5, 10, 20, 50, 100), per=10, epochs=5, **fit):
    """Return the BatchSizes of trainings that differ in mini-batch size and, in proportion, in eta; S080.

    Parameters
    ----------
    network, train, validation, epochs, fit
        As for `HeldOut`.
    eta, per : float
        The learning rate for mini-batches of ``per`` examples; a size m gets eta m / per. A step takes the mean over
        its mini-batch, so that m / per times fewer steps lead as far.
    sizes : sequence of int
        The sizes to compare, each once.

    Notes
    -----
    Trainings run one by one, since they would slow each other down, and seconds are those of training alone. A short
    training of each size comes first, so that no curve contains the time of the compiler.
    """
    eta = require.positive(eta, "eta")
    sizes = [require.integer(m, "Each mini-batch size", 1) for m in dict.fromkeys(sizes)]
    if not sizes:
        raise ValueError("sizes is empty. Give sizes to compare, such as (1, 10, 100).")
    etas = {m: eta * m / require.positive(per, "per") for m in sizes}
    few = slice(0, 2 * max(sizes))
    for m in sizes:
        HeldOut(network, train[few], validation[few], 1, **fit)(batch_size=m, eta=etas[m])
    objective = HeldOut(network, train, validation, epochs, **fit)
    histories = {m: objective(batch_size=m, eta=etas[m]) for m in sizes}
    curves = {m: (np.cumsum(h.seconds), np.array(h.validation_accuracy)) for m, h in histories.items()}
    return BatchSizes(curves, etas)
