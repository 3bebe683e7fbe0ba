"""What network2 measures after each epoch, prints, and stops by."""

from nndl import require

__all__ = ["Watch"]

# In the order in which SGD returns its lists.
MEASURES = {
    "monitor_evaluation_cost": "cost on evaluation data",
    "monitor_evaluation_accuracy": "accuracy on evaluation data",
    "monitor_training_cost": "cost on training data",
    "monitor_training_accuracy": "accuracy on training data",
}
HELD_OUT = "monitor_evaluation_accuracy"  # what early stopping looks at


class Watch:
    """Four lists, one per measure, that grow by an entry per epoch where they are wanted.

    flags are four booleans in the order of MEASURES, patience the number of epochs without a new best accuracy on the
    evaluation data after which to stop, 0 for never. Raises ValueError if evaluation data (``held``) are needed and
    None; held and train are `Pairs`.
    """

    def __init__(self, flags, patience, train, held):
        self.flags, self.train, self.held = dict(zip(MEASURES, flags)), train, held
        self.patience = require.integer(patience, "early_stopping_n")
        self.found = {flag: [] for flag in MEASURES}
        needing = [flag for flag, on in self.flags.items() if on and "evaluation" in flag]
        needing += ["early_stopping_n"] if self.patience else []
        if held is None and needing:
            raise ValueError(
                f"{needing[0]} needs evaluation_data. Pass evaluation_data=validation_data, or leave it out."
            )

    def look(self, net, lmbda):
        """Measure net after an epoch; the penalty is part of the costs."""
        measures = {
            "monitor_evaluation_cost": lambda: net.total_cost(self.held, lmbda, convert=True),
            "monitor_evaluation_accuracy": lambda: net.accuracy(self.held),
            "monitor_training_cost": lambda: net.total_cost(self.train, lmbda),
            "monitor_training_accuracy": lambda: net.accuracy(self.train, convert=True),
        }
        for flag, measure in measures.items():
            if self.flags[flag] or (flag == HELD_OUT and self.patience):
                self.found[flag].append(measure())

    def line(self, epoch):
        """Return what was seen last, for people."""
        seen = []
        for flag, values in self.found.items():
            if values and flag.endswith("cost"):
                seen.append(f"{MEASURES[flag]} {values[-1]:.4f}")
            elif values:
                total = len(self.held if flag == HELD_OUT else self.train)
                seen.append(f"{MEASURES[flag]} {values[-1]} / {total}")
        return f"Epoch {epoch}: {', '.join(seen) or 'complete'}"

    def spent(self):
        """Tell whether the best accuracy on the evaluation data lies ``patience`` epochs back, the first of equals."""
        counts = self.found[HELD_OUT]
        return self.patience > 0 and len(counts) - 1 - counts.index(max(counts)) >= self.patience

    def lists(self):
        """Return the four lists; those without their flag are empty."""
        return tuple(values if self.flags[flag] else [] for flag, values in self.found.items())
