"""Perceptrons, and what can be computed with them: any gate, any circuit of gates, any truth table.

A perceptron answers 1 if the evidence for it outweighs the evidence against it, else 0. Copies of one that computes
NAND are enough to compute whatever can be computed with zeros and ones; the functions below build the proof.
"""

from nndl.logic.adders import XOR, adder, full_adder, half_adder
from nndl.logic.bits import every_input, from_bits, to_bits
from nndl.logic.circuit import Circuit, feedforward, scaled, sigmoid_gap
from nndl.logic.perceptron import AND, COPY, NAND, NOT, OR, Perceptron, step
from nndl.logic.truth import from_truth_table

__all__ = [
    "AND", "COPY", "NAND", "NOT", "OR", "XOR", "Circuit", "Perceptron", "adder", "every_input", "feedforward",
    "from_bits", "from_truth_table", "full_adder", "half_adder", "scaled", "sigmoid_gap", "step", "to_bits",
]  # fmt: skip
