"""The learning rate: where training cost stops falling, and half of that."""

from dataclasses import dataclass

import numpy as np

from nndl import require
from nndl.search.result import run
from nndl.training import penalty_of

__all__ = ["Threshold", "learning_rate_threshold", "threshold"]

DECADES = 12


@dataclass(frozen=True)
class Threshold:
    """What the search for the largest useful learning rate found.

    ``order`` is the largest power of ten, times the start, at which the cost falls; ``bracket`` a rate at which it
    falls and a larger one at which it does not; ``threshold`` the lower end of it; ``suggestion`` half of that, for
    longer trainings; ``costs`` the costs seen, by rate.
    """

    order: float
    bracket: tuple
    costs: dict

    @property
    def threshold(self):
        """The largest rate at which the cost was seen to fall throughout."""
        return self.bracket[0]

    @property
    def suggestion(self):
        """Half the threshold, so that the rate is still small enough when the valley narrows."""
        return self.threshold / 2

    def __str__(self):
        lines = [f"eta {eta:<8g} cost {_shown(costs)}" for eta, costs in sorted(self.costs.items())]
        return "\n".join(
            [*lines, f"order {self.order:g}, threshold {self.threshold:g}, try {self.suggestion:g}"]
        )


def learning_rate_threshold(network, train, epochs=6, start=0.01, refine=4, jitter=0.01, **fit):
    """Return the Threshold of the learning rate for networks of this kind; S075.

    Parameters
    ----------
    network : callable -> Network
        Makes a network, the same each time: ``lambda: Network([Dense(784, 30), Dense(30, 10)])``.
    train : Data
        Training data alone: their cost tells whether steps are too long.
    epochs : int
        The first epochs, through which the cost must fall. More epochs ask for a smaller rate, and so does a penalty:
        the threshold belongs to this cost, this lambda and, since mini-batches are noisy, a little to the seed.
    start, refine, jitter
        As for `threshold`.
    **fit
        Whatever else ``fit`` takes, as ``batch_size=10, lmbda=5.0``.
    """
    epochs = require.integer(epochs, "epochs", 1)
    if bad := sorted({"eta", "validation", "test", "monitor", "stop"} & fit.keys()):
        raise TypeError(f"The search for eta looks at training cost alone. Leave out {', '.join(bad)}.")
    penalty = penalty_of(fit.get("lmbda", 0.0), fit.get("penalty"))

    def costs(eta):
        net = network()
        first = net.evaluate(train, penalty=penalty).cost
        history = net.fit(
            train, epochs, **{"progress": False, **fit}, eta=eta, monitor=["training_cost"],
            stop=lambda history: not _falls([first, *history.training_cost], jitter),
        )  # fmt: skip
        return [first, *history.training_cost]

    return threshold(costs, start, refine, jitter)


def threshold(costs, start=0.01, refine=4, jitter=0.0):
    """Return the Threshold of any descent, given as a function from eta to the costs seen: before it, and as it goes.

    If the cost falls at the start, eta is multiplied by 10 until it does not; if not, divided by 10 until it does. The
    gap between is then halved, in the logarithm, ``refine`` times: 4 leave 15 percent. A cost falls when it ends
    lower than it began and never rises; mini-batches make it tremble, and rises by no more than the share ``jitter``
    are overlooked. ValueError if twelve decades show no threshold.
    """
    start = require.positive(start, "start", "The usual one is 0.01.")
    refine = require.integer(refine, "refine", 0)
    jitter = require.number(jitter, "jitter", 0.0, 1.0)
    seen = {}

    def falls(eta):
        if eta not in seen:
            seen[eta] = _costs_at(costs, eta)
        return _falls(seen[eta], jitter)

    up = falls(start)
    for k in range(1, DECADES + 1):
        eta = start * 10.0**k if up else start / 10.0**k
        if falls(eta) != up:
            break
    else:
        always = f"falls at every eta up to {eta:g}" if up else f"falls at no eta down to {eta:g}"
        raise ValueError(f"The cost {always}. Check data and cost: {_shown(seen[eta])} at the last.")
    order, high = (start * 10.0 ** (k - 1), eta) if up else (eta, start / 10.0 ** (k - 1))
    low = order
    for _ in range(refine):
        middle = float(f"{np.sqrt(low * high):.3g}")
        low, high = (middle, high) if falls(middle) else (low, middle)
    return Threshold(order, (low, high), seen)


def _costs_at(costs, eta):
    """The costs at this eta, where a training that diverges is an answer like others."""
    found = []
    run(lambda eta: found.extend(map(float, costs(eta))) or 0.0, {"eta": eta})
    if len(found) < 2:
        raise ValueError(f"The costs before the descent and after a step or more are wanted, got {found}.")
    return found


def _falls(costs, jitter):
    costs = np.array(costs)
    if not np.isfinite(costs).all():
        return False
    steps = costs[1:] <= costs[:-1] * (1 + jitter) if jitter else costs[1:] < costs[:-1]
    return bool(steps.all() and costs[-1] < costs[0])


def _shown(costs):
    return " ".join(f"{cost:.4g}" for cost in costs)
