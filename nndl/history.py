"""What was seen while a network learned: one entry per epoch in each list."""

from dataclasses import dataclass, field, fields

__all__ = ["MONITORED", "History"]

MONITORED = tuple(
    f"{part}_{what}" for part in ("training", "validation", "test") for what in ("cost", "accuracy")
)


@dataclass
class History:
    """Costs, accuracies in [0, 1] and seconds, epoch by epoch; lists that were not monitored stay empty.

    ``seconds`` counts training alone, without monitoring. ``eta`` is the learning rate that the epoch used.
    ``diverged`` is the epoch, counted from 1, after which a weight was nan or infinite, else None.
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

    @property
    def epochs(self):
        """The number of epochs so far."""
        return len(self.seconds)

    def as_dict(self):
        """Return the lists that are not empty, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}

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
