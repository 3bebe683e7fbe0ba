"""Learning rates that change while a network learns: functions of the history, ``fit(..., eta=schedule)``.

A schedule keeps nothing between calls. It reads the rate for the next epoch off the history, so one schedule
serves many runs, and a run that was killed and goes on from its checkpoint goes on with the right rate.
"""

import math

from nndl import require
from nndl.history import MONITORED

__all__ = ["Constant", "DropOnPlateau", "HalveOnPlateau", "Stages", "Steps", "drops"]


class Constant:
    """The same rate in every epoch; a number given as ``eta`` means this."""

    def __init__(self, eta):
        self.eta = _rate(eta)

    def __call__(self, history):
        """Return the rate, per step, for the epoch that comes next."""
        return self.eta

    def __repr__(self):
        return f"{type(self).__name__}({self.eta!r})"


class Stages(Constant):
    """A first rate, and others from given epochs on: ``Stages(0.25, (20, 0.025))``.

    Parameters
    ----------
    eta : float
        The rate of the first stage.
    *stages : pairs (epochs, float)
        After so many epochs in all, the rate that follows. Raises ValueError unless the epochs rise.
    """

    def __init__(self, eta, *stages):
        super().__init__(eta)
        self.stages = tuple(_stage(stage) for stage in stages)
        ends = [0, *(after for after, _ in self.stages)]
        if any(later <= earlier for earlier, later in zip(ends, ends[1:])):
            raise ValueError(
                f"Each stage starts after the one before, got stages after {ends[1:]} epochs. Put them in order."
            )

    def __call__(self, history):
        """Return the rate, per step, for the epoch that comes next."""
        return next((eta for after, eta in reversed(self.stages) if history.epochs >= after), self.eta)

    def __repr__(self):
        return f"Stages({', '.join(map(repr, (self.eta, *self.stages)))})"


class Steps(Constant):
    """The rate divided by ``factor`` after every ``every`` epochs, whatever is seen."""

    def __init__(self, eta, every, factor=2.0):
        super().__init__(eta)
        self.every = require.integer(every, "every, the epochs at one rate,", 1)
        self.factor = _factor(factor)

    def __call__(self, history):
        """Return the rate, per step, for the epoch that comes next."""
        return self.eta / self.factor ** (history.epochs // self.every)

    def __repr__(self):
        return f"Steps({self.eta!r}, every={self.every}, factor={self.factor!r})"


class DropOnPlateau(Constant):
    """Divide the rate whenever nothing has improved for some epochs, down to a floor; S073.

    Parameters
    ----------
    eta : float
        The rate to begin with.
    patience : int
        The rate drops after epoch e when e - e_best >= patience, e_best the best epoch so far or, if that is
        later, the epoch of the last drop. A tie is no improvement, and the first epoch sets the best.
    factor : float
        What the rate is divided by: 2 or 10, as a rule.
    floor : float
        The smallest rate as a share of the first: 1/1024 with factor 2, 1/1000 with factor 10. The last drop
        is the first that reaches it.
    watch : str
        The list of the history that should improve. Costs improve when they fall.
    keep_best : bool
        Whether values before a drop still count as the best to beat; if not, every rate starts afresh.
    train_at_floor : bool
        Whether ``finished`` waits for one more plateau at the floor, instead of stopping on reaching it.

    Notes
    -----
    ``fit(..., eta=schedule, stop=schedule.finished)`` ends with the schedule; without ``stop`` the floor's
    rate goes on. On a flat sequence a drop follows epochs 1 + patience, 1 + 2 patience, …; if best values are
    forgotten, the epoch after a drop sets the best anew and each further drop takes one epoch more.
    """

    def __init__(
        self, eta, patience=10, factor=2.0, floor=1 / 1024, watch="validation_accuracy",
        keep_best=True, train_at_floor=False,
    ):  # fmt: skip
        super().__init__(eta)
        self.patience = require.integer(
            patience, "patience", 1, "It counts epochs without improvement: try 10."
        )
        self.factor = _factor(factor)
        if not 0 < require.number(floor, "floor") < 1:
            raise ValueError(
                f"floor is a share of the first eta, between 0 and 1, got {floor!r}. Try 1/1024."
            )
        self.floor = float(floor)
        self.watch = require.one_of(watch, "watch", MONITORED)
        self.keep_best, self.train_at_floor = bool(keep_best), bool(train_at_floor)
        # The rates are few and exact: a rounding error in a logarithm must not cost or add a drop.
        self.n_drops = math.ceil(-math.log(self.floor) / math.log(self.factor) - 1e-9)

    def __call__(self, history):
        """Return the rate, per step, for the epoch that comes next."""
        return self.eta / self.factor ** min(len(self._plateaus(history)), self.n_drops)

    def finished(self, history):
        """Return whether the floor is reached or, with train_at_floor, has brought nothing; made for ``stop``."""
        return len(self._plateaus(history)) >= self.n_drops + self.train_at_floor

    def _plateaus(self, history):
        """The epochs, counted from 1, after which a plateau was over."""
        best, since, found = -math.inf, None, []
        for epoch, value in enumerate(history.watched(self.watch), start=1):
            if since is None or value > best:
                best, since = value, epoch
            elif epoch - since >= self.patience:
                found.append(epoch)
                best, since = (best, epoch) if self.keep_best else (-math.inf, None)
        return found

    def __repr__(self):
        shown = (
            f"{k}={getattr(self, k)!r}"
            for k in ("patience", "factor", "floor", "watch", "keep_best", "train_at_floor")
        )
        return f"{type(self).__name__}({self.eta!r}, {', '.join(shown)})"


class HalveOnPlateau(DropOnPlateau):
    """Halve the rate on every plateau, down to 1/128 of the first: seven halvings; S072.

    The 7th halving ends the training where ``stop=schedule.finished`` is given: on a flat sequence with
    patience 10 after epoch 71, and with ``train_at_floor`` after epoch 81. Parameters as in `DropOnPlateau`.
    """

    def __init__(self, eta, patience=10, floor=1 / 128, **options):
        super().__init__(eta, patience, 2.0, floor, **options)

    def __repr__(self):
        return super().__repr__().replace("factor=2.0, ", "")


def drops(history):
    """Return [(epoch, eta), …]: every rate the training used, with the first epoch, from 1, that used it."""
    rates = [None, *history.eta]
    return [(epoch, new) for epoch, (old, new) in enumerate(zip(rates, rates[1:]), start=1) if new != old]


def _rate(eta):
    return require.positive(eta, "eta", "It is a step length: try 0.5.")


def _factor(factor):
    if require.number(factor, "factor") <= 1:
        raise ValueError(f"factor is above 1, got {factor!r}. The rate is divided by it: try 2 or 10.")
    return float(factor)


def _stage(stage):
    if not (isinstance(stage, tuple | list) and len(stage) == 2):
        raise TypeError(f"A stage is a pair (epochs, eta) such as (20, 0.025), got {stage!r}.")
    return require.integer(stage[0], "The epochs before a stage", 1), _rate(stage[1])
