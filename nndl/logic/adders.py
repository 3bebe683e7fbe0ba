"""Arithmetic from gates: perceptrons that add."""

from nndl import require
from nndl.logic.circuit import Circuit
from nndl.logic.perceptron import AND, NAND, OR, Perceptron

__all__ = ["XOR", "adder", "full_adder", "half_adder"]

XOR = Circuit("a b", {"both": (NAND, "a", "b"), "any": (OR, "a", "b"), "odd": (AND, "both", "any")}, "odd")


def half_adder(merged=False):
    """Return a circuit of five NANDs that adds two bits: a, b -> sum, carry.

    The carry is NAND(m, m), which counts one wire twice, -2 - 2; ``merged`` gives that gate a single weight of -4.
    """
    gates = {
        "m": (NAND, "a", "b"),
        "p": (NAND, "a", "m"),
        "q": (NAND, "b", "m"),
        "sum": (NAND, "p", "q"),
        "carry": (Perceptron([-4], 3), "m") if merged else (NAND, "m", "m"),
    }
    return Circuit("a b", gates, "sum carry")


def full_adder():
    """Return a circuit that adds two bits and the carry from the right: a, b, c -> sum, carry."""
    gates = {
        "s carry1": (half_adder(), "a", "b"),
        "sum carry2": (half_adder(), "s", "c"),
        "carry": (OR, "carry1", "carry2"),
    }
    return Circuit("a b c", gates, "sum carry")


def adder(bits):
    """Return a circuit that adds two binary numbers of this many bits; the sum has one bit more.

    Inputs are a, then b, outputs the sum, the most significant bit first; see `to_bits`.
    """
    places = range(require.integer(bits, "bits", low=1))
    gates = {"s0 c0": (half_adder(), "a0", "b0")}
    for k in places[1:]:
        gates[f"s{k} c{k}"] = (full_adder(), f"a{k}", f"b{k}", f"c{k - 1}")
    names = [[f"{letter}{k}" for k in reversed(places)] for letter in "abs"]
    return Circuit(" ".join(names[0] + names[1]), gates, " ".join([f"c{bits - 1}", *names[2]]))
