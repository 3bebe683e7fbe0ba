"""Gates with wires between them, and the layered network that every circuit is."""

import numpy as np

from nndl import require
from nndl.activations import Sigmoid
from nndl.logic.bits import every_input
from nndl.logic.perceptron import COPY, Perceptron, rows_of, step

__all__ = ["Circuit", "feedforward", "scaled", "sigmoid_gap"]


class Circuit:
    """Gates with wires between them.

    Parameters
    ----------
    inputs : str
        Names of the wires that come in, separated by spaces.
    gates : dict
        From the wire that a gate drives to (gate, wire, wire, ...), in an order in which every wire is driven
        before it is read. A gate is a Perceptron, or a Circuit, which drives a wire for each output: "sum carry".
    outputs : str
        Names of the wires that go out.

    Notes
    -----
    Called with x (n_in,) or (m, n_in) of zeros and ones, it returns (n_out,) or (m, n_out). Circuits inside are
    opened at once, so ``gates`` holds perceptrons only.

    Raises ValueError for a wire that is read but not driven, driven twice, or missing from a gate.

    >>> from nndl.logic import AND, NAND, OR
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
        """Take over a circuit's gates, its wires renamed: outside names at its ends, private ones in between."""
        ends = dict(zip(reversed(circuit.outputs), reversed(driven)))
        names = {wire: ends.get(wire, f"{driven[0]}.{wire}") for wire in circuit.gates}
        names |= dict(zip(circuit.inputs, read))
        for wire, (gate, *inner) in circuit.gates.items():
            self.gates[names[wire]] = (gate, *(names[w] for w in inner))
        for wire, name in zip(circuit.outputs, driven):
            if names[wire] != name:  # an output that is an input, or goes out twice
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
        """Return what comes out, zeros and ones, (n_out,) or (m, n_out)."""
        x = rows_of(x, self.n_in)
        signals = {wire: x[..., k] for k, wire in enumerate(self.inputs)}
        for wire, (gate, *read) in self.gates.items():
            signals[wire] = gate(np.stack([signals[w] for w in read], axis=-1))
        return np.stack([signals[wire] for wire in self.outputs], axis=-1).astype(np.int8)

    def __repr__(self):
        return f"Circuit({' '.join(self.inputs)} -> {' '.join(self.outputs)}, {len(self.gates)} gates)"

    def truth_table(self):
        """Return every input in counting order, (2^n_in, n_in), and what it leads to, (2^n_in, n_out)."""
        x = every_input(self.n_in)
        return x, self(x)

    def layers(self):
        """Return the circuit as a layered network: [(w, b), ...], w (n_out, n_in), b (n_out,), as in `Dense`.

        A gate stands one layer above the highest gate it reads; a signal that is read further up is handed on by a
        copying perceptron in each layer between. A gate that reads one wire twice has both weights in one entry of w.
        """
        depth = dict.fromkeys(self.inputs, 0)
        for wire, (_, *read) in self.gates.items():
            depth[wire] = 1 + max(depth[w] for w in read)
        top = max([1, *(depth[wire] for wire in self.outputs)])
        needed = dict.fromkeys(self.outputs, top)  # the layer up to which a signal is handed on
        for wire, (_, *read) in reversed(self.gates.items()):
            for w in read:
                needed[w] = max(needed.get(w, 0), depth[wire] - 1)
        below, layers = self.inputs, []
        for level in range(1, top + 1):
            here = (
                [w for w in depth if depth[w] <= level <= needed.get(w, 0)] if level < top else self.outputs
            )
            layers.append(self._layer(here, below, depth, level))
            below = here
        return layers

    def _layer(self, here, below, depth, level):
        """Return (w, b) of the perceptrons that drive the wires ``here`` from the wires ``below``."""
        w, b = np.zeros((len(here), len(below))), np.zeros(len(here))
        for j, wire in enumerate(here):
            gate, *read = self.gates[wire] if depth[wire] == level else (COPY, wire)
            b[j] = gate.b
            for weight, source in zip(gate.w, read):
                w[j, below.index(source)] += weight
        return w, b


def feedforward(layers, x, activation=step):
    """Return the outputs of layers [(w, b), ...], book, eq. `eq-feedforward`, with any activation.

    x (m, n_in) or (n_in,) gives (m, n_out) or (n_out,).
    """
    a = rows_of(x, layers[0][0].shape[1])
    for w, b in layers:
        a = activation(a @ w.T + b)
    return a


def scaled(layers, c):
    """Return the layers with every weight and bias multiplied by c > 0: the same perceptrons, steeper sigmoids."""
    c = require.positive(c, "c")
    return [(c * w, c * b) for w, b in layers]


def sigmoid_gap(layers, x, c):
    """Return the largest difference between what perceptrons give and what sigmoid neurons give, scaled by c.

    It goes to 0 as c grows, unless some weighted input is exactly 0: there the sigmoid stays at 1/2, whatever c.
    """
    return float(np.abs(feedforward(scaled(layers, c), x, Sigmoid()) - feedforward(layers, x)).max())
