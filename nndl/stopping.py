"""When to stop: functions of the history, ``fit(..., stop=rule)``; and what was best when it is over.

A rule keeps nothing between calls, so one serves many runs. ``rule | other`` stops when either does.
No rule, ``stop=None``, trains for all the epochs that were asked for.
"""

from typing import NamedTuple

import numpy as np

from nndl import require
from nndl.history import MONITORED

__all__ = ["Best", "NoImprovement", "Rule", "SlowGain", "TargetAccuracy", "TimeLimit", "best"]


class Rule:
    """A function of the history that is true when training should end; rules are joined with ``|``."""

    def __call__(self, history):
        """Return whether training should stop now."""
        raise NotImplementedError(f"{type(self).__name__} must say when to stop: define __call__(history).")

    def __or__(self, other):
        return Either(self, other) if callable(other) else NotImplemented

    __ror__ = __or__

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class Either(Rule):
    """Stops as soon as one of two rules does."""

    def __init__(self, first, second):
        self.first, self.second = first, second

    def __call__(self, history):
        """Return whether one of the two says stop."""
        return bool(self.first(history) or self.second(history))

    def __repr__(self):
        return f"{self.first!r} | {self.second!r}"


class NoImprovement(Rule):
    """Stop at the first epoch e with e - e_best >= n, e_best the epoch of the best value so far; S070.

    A tie is no improvement, and the first epoch sets the best: a sequence that never improves ends after
    epoch n + 1. Costs improve when they fall. n is 10 for a quick look, 20 or 50 where accuracy is known
    to rest on plateaus before it rises again.
    """

    def __init__(self, n=10, watch="validation_accuracy"):
        self.n = require.integer(
            n, "n, the epochs without improvement,", 1, "stop=None switches stopping off."
        )
        self.watch = require.one_of(watch, "watch", MONITORED)

    def __call__(self, history):
        """Return whether the best value is n epochs old, or older."""
        values = history.watched(self.watch)
        return len(values) > 0 and len(values) - history.best_epoch(self.watch) >= self.n


class SlowGain(Rule):
    """Stop when the best value so far has risen by less than ``gain`` in the last ``n`` epochs; S071.

    Where `NoImprovement` waits on for an improvement however small, this rule puts a price on time: n epochs
    must buy ``gain``. One image in 10,000 is a gain of 0.0001, so that any smaller gain makes the two rules
    the same for 10,000 validation images. Costs gain when they fall.
    """

    def __init__(self, gain=0.001, n=5, watch="validation_accuracy"):
        self.gain = require.positive(gain, "gain", "It is what n epochs must bring, in accuracy: try 0.001.")
        self.n = require.integer(n, "n, the epochs that must bring the gain,", 1)
        self.watch = require.one_of(watch, "watch", MONITORED)

    def __call__(self, history):
        """Return whether the last n epochs brought too little."""
        values = history.watched(self.watch)
        if len(values) <= self.n:
            return False
        before, now = values[: -self.n].max(), values.max()
        # Equal values may be infinite and have no difference; 0.938 - 0.937 is a hair less than 0.001.
        return bool(now == before or now - before < self.gain * (1 - 1e-9))


class TargetAccuracy(Rule):
    """Stop when an accuracy in [0, 1] is reached."""

    def __init__(self, accuracy, watch="validation_accuracy"):
        if 1 < require.number(accuracy, "accuracy") <= 100:
            raise ValueError(f"accuracy lies in [0, 1], got {accuracy!r}. Write {accuracy / 100:g}.")
        self.accuracy = require.probability(accuracy, "accuracy")
        self.watch = require.one_of(watch, "watch", [name for name in MONITORED if name.endswith("accuracy")])

    def __call__(self, history):
        """Return whether the last epoch reached it."""
        return bool((history.watched(self.watch)[-1:] >= self.accuracy).any())


class TimeLimit(Rule):
    """Stop after the first epoch that ends beyond so many seconds of training; monitoring is not counted."""

    def __init__(self, seconds):
        self.seconds = require.positive(seconds, "seconds")

    def __call__(self, history):
        """Return whether the time is over."""
        return bool(np.sum(history.seconds) >= self.seconds)


class Best(NamedTuple):
    """The epoch, from 1, of the best validation accuracy, that accuracy, and the test accuracy then."""

    epoch: int
    validation_accuracy: float
    test_accuracy: float


def best(history, later=True):
    """Return the test accuracy at the best validation epoch: validation data choose, test data judge.

    Of equals the later epoch counts, or the first if not ``later``; Best(epoch, validation_accuracy,
    test_accuracy). Raises ValueError unless both accuracies were monitored.
    """
    test = history.watched("test_accuracy")
    epoch = history.best_epoch("validation_accuracy", later)
    return Best(epoch, history.validation_accuracy[epoch - 1], float(test[epoch - 1]))
