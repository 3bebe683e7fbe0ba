"""NandBoard: perceptrons as gates, for the section on perceptrons (`eq-perceptron-bias`, `eq-nand`, `eq-sigmoid`)."""

from graphlib import CycleError, TopologicalSorter

import traitlets

from nndl import require
from nndl.widgets._base import Figure

__all__ = ["CHALLENGES", "TARGETS", "NandBoard"]

TARGETS = ("AND", "OR", "NAND", "XOR")
CHALLENGES = ("NOT", "AND", "OR", "XOR", "half adder")
CHOICES = {
    "view": ("perceptron", "board"),
    "neuron": ("step", "sigmoid"),
    "target": TARGETS,
    "challenge": CHALLENGES,
}


class NandBoard(Figure, folder="nand_board"):
    """One perceptron with two inputs, and a board on which NANDs are wired.

    The reader and Python move the same traits: ``fig.w1`` follows the slider, ``fig.w1 = -2`` moves it.

    Parameters
    ----------
    view : str
        "perceptron" or "board".
    w1, w2, b : float
        Weights and bias; the output is 1 where w1 x1 + w2 x2 + b > 0.
    neuron : str
        "step" or "sigmoid".
    c : float
        Multiplies weights and bias of the sigmoid; above 0.
    target : str
        The gate that the perceptron is compared with: "AND", "OR", "NAND" or "XOR".
    challenge : str
        The circuit to be built: "NOT", "AND", "OR", "XOR" or "half adder".
    wires : dict
        Which source feeds which pin: {"g1.a": "x1", "g1.b": "x2", "out": "g1"}. A pin without a wire reads 0.
    inputs : list of int
        The two switches, 0 or 1.

    Raises
    ------
    ValueError, TypeError
        If a value is not one of these, at the start or when it is set later.
    """

    view = traitlets.Unicode("perceptron").tag(sync=True)
    w1 = traitlets.Float(2.0).tag(sync=True)
    w2 = traitlets.Float(1.0).tag(sync=True)
    b = traitlets.Float(-1.5).tag(sync=True)
    neuron = traitlets.Unicode("step").tag(sync=True)
    c = traitlets.Float(1.0).tag(sync=True)
    target = traitlets.Unicode("AND").tag(sync=True)
    challenge = traitlets.Unicode("XOR").tag(sync=True)
    wires = traitlets.Dict(default_value={"g1.a": "x1", "g1.b": "x2", "out": "g4"}).tag(sync=True)
    inputs = traitlets.List(traitlets.Int(), [1, 0], minlen=2, maxlen=2).tag(sync=True)

    @traitlets.validate("w1", "w2", "b")
    def _finite(self, proposal):
        return require.number(proposal["value"], proposal["trait"].name)

    @traitlets.validate("c")
    def _above_zero(self, proposal):
        return require.positive(proposal["value"], "c", "At c = 0 every output is 1/2.")

    @traitlets.validate("view", "neuron", "target", "challenge")
    def _known(self, proposal):
        name = proposal["trait"].name
        return require.one_of(proposal["value"], name, CHOICES[name])

    @traitlets.validate("inputs")
    def _bits(self, proposal):
        if not set(proposal["value"]) <= {0, 1}:
            raise ValueError(f"inputs are 0 or 1, got {proposal['value']!r}.")
        return proposal["value"]

    @traitlets.validate("wires")
    def _no_loop(self, proposal):
        wires = proposal["value"]
        feeds = {}
        for pin, source in wires.items():
            feeds.setdefault(str(pin).split(".")[0], set()).add(source)
        try:
            TopologicalSorter(feeds).prepare()
        except CycleError as loop:
            raise ValueError(
                f"wires close a loop, {' to '.join(loop.args[1])}. Take one of these out."
            ) from None
        return wires

    @property
    def alt(self):
        """What the figure shows, in a sentence."""
        if self.view == "board":
            return f"A board with NAND gates to be wired into {self.challenge}. An interactive figure."
        return (
            f"A perceptron with weights {self.w1:g} and {self.w2:g} and bias {self.b:g}: its line in the plane of the "
            "two inputs, and what it gives at the four corners. An interactive figure."
        )

    def picture(self):
        """The plane with the line, or the wired board."""
        from nndl.widgets.nand_board import picture

        return picture.board(self) if self.view == "board" else picture.plane(self)
