"""What was seen while a network learned: one entry per epoch in each list."""

from dataclasses import dataclass, field, fields

import numpy as np

from nndl import require

__all__ = ["MONITORED", "History"]

MONITORED = tuple(
    f"{part}_{what}" for part in ("training", "validation", "test") for what in ("cost", "accuracy")
)


@dataclass
class History:
    """Costs, accuracies in [0, 1] and seconds, epoch by epoch; lists that were not monitored stay empty.

    ``seconds`` counts training alone, without monitoring. ``eta`` is the learning rate that the epoch used.
    ``diverged`` is the epoch, counted from 1, after which a weight was nan or infinite, else None.
    ``sampled`` holds, where ``monitor_every`` asked for it, the same measures on a sample, several times an epoch,
    and under "examples" how many training examples had been seen.
    ``print(history)`` shows the last epoch, so that ``on_epoch=print`` is a log.
    """

    training_cost: list = field(default_factory=list)
    training_accuracy: list = field(default_factory=list)
    validation_cost: list = field(default_factory=list)
    validation_accuracy: list = field(default_factory=list)
    test_cost: list = field(default_factory=list)
    test_accuracy: list = field(default_factory=list)
    eta: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    diverged: int | None = None
    sampled: dict = field(default_factory=dict)

    @property
    def epochs(self):
        """The number of epochs so far."""
        return len(self.seconds)

    def as_dict(self):
        """Return the lists that are not empty, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}

    def watched(self, name="validation_accuracy"):
        """Return the list of this name as an array in which larger is better: costs change sign, nan is -inf.

        Raises ValueError if epochs have passed and the list was not monitored.
        """
        values = getattr(self, require.one_of(name, "What is watched", MONITORED))
        if self.epochs and not values:
            part = name.split("_")[0]
            raise ValueError(
                f"{name} was not monitored. Give fit {part}= data and leave {name} in monitor, or watch "
                f"{' or '.join(n for n in MONITORED if getattr(self, n)) or 'something that is monitored'}."
            )
        values = np.array(values, np.float64) * (-1.0 if name.endswith("cost") else 1.0)
        return np.where(np.isnan(values), -np.inf, values)

    def best_epoch(self, name="validation_accuracy", later=False):
        """Return the epoch, counted from 1, of the best value so far; of equals the first, or the last if later.

        Raises ValueError before the first epoch, or if the list was not monitored.
        """
        values = self.watched(name)
        if not len(values):
            raise ValueError("No epoch has been trained yet, so none is the best. Call fit first.")
        return len(values) - int(values[::-1].argmax()) if later else int(values.argmax()) + 1

    def __str__(self):
        if not self.epochs:
            return "no epoch yet"
        parts = [f"epoch {self.epochs}"]
        for name in MONITORED:
            values = getattr(self, name)
            if values:
                shown = f"{values[-1]:.2%}" if name.endswith("accuracy") else f"{values[-1]:.4f}"
                parts.append(f"{name.replace('_', ' ')} {shown}")
        return ", ".join(parts) + f" ({self.seconds[-1]:.2f} s)"
