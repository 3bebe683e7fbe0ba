"""Perceptrons, and what can be computed with them: any gate, any circuit of gates, any truth table.

A perceptron answers 1 if the evidence for it outweighs the evidence against it, else 0. One that computes NAND is enough
to compute anything that can be computed with zeros and ones; the functions below build the proof.
"""

from itertools import product

import numpy as np

from nndl import require
from nndl.activations import Sigmoid

__all__ = [
    "AND", "NAND", "NOT", "OR", "XOR", "Circuit", "Perceptron", "adder", "feedforward", "from_truth_table",
    "full_adder", "half_adder", "scaled", "sigmoid_gap", "step",
]  # fmt: skip


def step(z):
    """Return 1 where z > 0 and 0 elsewhere: a tie goes to 0; book, eq. `eq-perceptron`."""
    return (np.asarray(z) > 0).astype(np.int8)


class Perceptron:
    """Output 1 if w . x + b > 0, else 0; book, eq. `eq-perceptron`.

    w (n_in,) and a number b. Called with x (n_in,) or (m, n_in) it returns 0 or 1, or (m,) of them. Two perceptrons are equal
    if their w and b are. Raises ValueError where x has another number of inputs.
    """

    def __init__(self, w, b):
        self.w = require.array(w, "w", shape=(None,))
        self.b = require.number(b, "b")

    @classmethod
    def with_threshold(cls, w, threshold):
        """Return the perceptron that answers 1 if w . x exceeds the threshold: the same thing, b = -threshold."""
        return cls(w, -require.number(threshold, "threshold"))

    @property
    def n_in(self):
        """The number of inputs."""
        return len(self.w)

    @property
    def threshold(self):
        """What w . x has to exceed."""
        return -self.b

    def weighted_input(self, x):
        """Return z = w . x + b, a number or (m,)."""
        return _rows(x, self.n_in) @ self.w + self.b

    def __call__(self, x):
        return step(self.weighted_input(x))

    def __eq__(self, other):
        return isinstance(other, Perceptron) and np.array_equal(self.w, other.w) and self.b == other.b

    def __hash__(self):
        return hash((self.w.tobytes(), self.b))

    def __repr__(self):
        return f"Perceptron({[float(w) for w in self.w]}, {self.b:g})"


NAND = Perceptron([-2, -2], 3)
AND = Perceptron([2, 2], -3)
OR = Perceptron([2, 2], -1)
NOT = Perceptron([-2], 1)
COPY = Perceptron([2], -1)  # hands a signal on to the next layer


class Circuit:
    """Gates with wires between them.

    Parameters
    ----------
    inputs : str
        Names of the wires that come in, separated by spaces.
    gates : dict
        From the wire that a gate drives to (gate, wire, wire, ...), in an order in which every wire is driven before it
        is read. A gate is a Perceptron, or a Circuit, which drives as many wires as it has outputs: "sum carry".
    outputs : str
        Names of the wires that go out.

    Notes
    -----
    Called with x (n_in,) or (m, n_in) of zeros and ones, it returns (n_out,) or (m, n_out). Circuits inside are
    opened at once, so ``gates`` holds perceptrons only.

    Raises ValueError for a wire that is read but not driven, driven twice, or missing from a gate.

    >>> xor = Circuit("a b", {"both": (NAND, "a", "b"), "any": (OR, "a", "b"), "odd": (AND, "both", "any")}, "odd")
    >>> xor([1, 0])
    array([1], dtype=int8)
    """

    def __init__(self, inputs, gates, outputs):
        self.inputs, self.outputs = inputs.split(), outputs.split()
        self.gates = {}
        for driven, (gate, *read) in gates.items():
            self._add(driven.split(), gate, read)
        self._need(self.outputs, "The output")

    def _add(self, driven, gate, read):
        n_out = len(gate.outputs) if isinstance(gate, Circuit) else 1
        if len(read) != gate.n_in or len(driven) != n_out:
            raise ValueError(
                f"The gate that drives {' '.join(driven)!r} reads {gate.n_in} wires and drives {n_out}, "
                f"got {len(read)} and {len(driven)}. Name one wire for each."
            )
        self._need(read, f"The gate that drives {' '.join(driven)!r}")
        if twice := [wire for wire in driven if wire in self.inputs or wire in self.gates]:
            raise ValueError(f"Wire {twice[0]!r} is driven twice. Give each gate a wire of its own.")
        if isinstance(gate, Perceptron):
            self.gates[driven[0]] = (gate, *read)
        else:
            self._open(gate, driven, read)

    def _open(self, circuit, driven, read):
        """Take over the gates of a circuit, its wires renamed: outside names for its ends, private ones between."""
        names = dict(zip(circuit.inputs, read)) | dict(zip(circuit.outputs, driven))
        for wire, (gate, *inner) in circuit.gates.items():
            names.setdefault(wire, f"{driven[0]}.{wire}")
            self.gates[names[wire]] = (gate, *(names[w] for w in inner))
        for wire, name in zip(circuit.outputs, driven):
            if name not in self.gates:  # an output that is an input, or goes out twice
                self.gates[name] = (COPY, names[wire])

    def _need(self, wires, reader):
        if missing := [wire for wire in wires if wire not in self.inputs and wire not in self.gates]:
            raise ValueError(
                f"{reader} reads wire {missing[0]!r}, which nothing drives yet. Put its gate before."
            )

    @property
    def n_in(self):
        """The number of inputs."""
        return len(self.inputs)

    def __call__(self, x):
        x = _rows(x, self.n_in)
        signals = {wire: x[..., k] for k, wire in enumerate(self.inputs)}
        for wire, (gate, *read) in self.gates.items():
            signals[wire] = gate(np.stack([signals[w] for w in read], axis=-1))
        return np.stack([signals[wire] for wire in self.outputs], axis=-1).astype(np.int8)

    def truth_table(self):
        """Return x (2^n_in, n_in), every input in counting order, and what comes out, (2^n_in, n_out)."""
        x = every_input(self.n_in)
        return x, self(x)
