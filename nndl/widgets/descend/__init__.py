"""Descend: a ball in a valley, for the section on gradient descent (`eq-descent`, `eq-decrease`, `eq-sgd`)."""

import traitlets

from nndl import require
from nndl.widgets._base import Figure
from nndl.widgets.descend.valley import EXAMPLES, Valley

__all__ = ["Descend", "Valley"]

MOST_STEPS = 2000


class Descend(Figure, folder="descend"):
    """A ball in a quadratic valley: learning rate against curvature, mini-batch noise, momentum.

    The reader and Python move the same traits: ``fig.eta`` follows the slider, ``fig.eta = 0.3`` moves it.

    Parameters
    ----------
    eta : float
        Learning rate, per step; above 0.
    k, flat : float
        Curvatures across and along the valley; above 0. The ball diverges where eta k > 2 (1 + mu).
    tilt : float
        How far the valley is turned, in degrees.
    batch_size : int
        How many of the 100 examples estimate the gradient; eq. `eq-minibatch-gradient`.
    mu : float
        Momentum coefficient in [0, 1).
    steps : int
        Steps taken so far.
    start : pair of float
        Where the ball begins.
    seed : int
        Fixes the examples and the mini-batches.
    panel : str
        The view beside the map: "side", "cost" or "promise".

    Raises
    ------
    ValueError, TypeError
        If a number lies outside its range, at the start or when it is set later.
    """

    eta = traitlets.Float(0.45).tag(sync=True)
    k = traitlets.Float(4.0).tag(sync=True)
    flat = traitlets.Float(0.5).tag(sync=True)
    tilt = traitlets.Float(25.0).tag(sync=True)
    batch_size = traitlets.Int(EXAMPLES).tag(sync=True)
    mu = traitlets.Float(0.0).tag(sync=True)
    steps = traitlets.Int(6).tag(sync=True)
    start = traitlets.List(traitlets.Float(), [-2.2, 1.6], minlen=2, maxlen=2).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    panel = traitlets.Unicode("side").tag(sync=True)

    @traitlets.validate("eta", "k", "flat")
    def _above_zero(self, proposal):
        return require.positive(proposal["value"], proposal["trait"].name)

    @traitlets.validate("mu")
    def _momentum(self, proposal):
        advice = "At 1 nothing ever slows the ball down."
        return require.number(proposal["value"], "mu", 0.0, 0.99, advice)

    @traitlets.validate("batch_size")
    def _batch(self, proposal):
        advice = f"There are {EXAMPLES} examples; {EXAMPLES} means the full gradient."
        if require.integer(proposal["value"], "batch_size", 1, advice) > EXAMPLES:
            raise ValueError(f"batch_size is at most {EXAMPLES}, got {proposal['value']}. {advice}")
        return proposal["value"]

    @traitlets.validate("steps")
    def _steps(self, proposal):
        if require.integer(proposal["value"], "steps") > MOST_STEPS:
            raise ValueError(
                f"steps is at most {MOST_STEPS}, got {proposal['value']}. For more use valley.descend."
            )
        return proposal["value"]

    @traitlets.validate("seed")
    def _not_negative(self, proposal):
        return require.integer(proposal["value"], "seed")

    @traitlets.validate("panel")
    def _known(self, proposal):
        return require.one_of(proposal["value"], "panel", ("side", "cost", "promise"))

    @property
    def valley(self):
        """The valley as it stands."""
        return Valley(self.k, self.flat, self.tilt, self.seed)

    @property
    def path(self):
        """Where the ball has been, shape (steps + 1, 2)."""
        return self.valley.descend(self.start, self.eta, self.steps, self.mu, self.batch_size)

    @property
    def alt(self):
        """What the figure shows, in a sentence."""
        return (
            f"Gradient descent in a valley of curvatures {self.k:g} and {self.flat:g}: learning rate {self.eta:g}, "
            f"{self.steps} steps, cost {self.valley.cost(self.path[0]):.3g} at first "
            f"and {self.valley.cost(self.path[-1]):.3g} now. An interactive figure."
        )

    def picture(self):
        """The map with the path, and the cost after each step."""
        from nndl.widgets.descend.picture import draw

        return draw(self.valley, self.path)
