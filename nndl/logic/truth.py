"""From a truth table to the perceptrons that compute it: a proof by construction that there always are some."""

import numpy as np

from nndl import require
from nndl.logic.bits import every_input
from nndl.logic.circuit import Circuit
from nndl.logic.perceptron import NAND, Perceptron

__all__ = ["from_truth_table"]


def from_truth_table(table, nand_only=False):
    """Return a circuit of perceptrons with this truth table: any function of zeros and ones can be built.

    table (2^k,) or (2^k, n_out), rows in counting order: for k = 2 they answer 00, 01, 10, 11. There are two layers:
    one perceptron per row that holds a 1 recognizes that row's input, and each output is the OR of its rows.
    ``nand_only`` builds the same function from two-input NANDs alone, in more layers.

    Raises ValueError if the number of rows is not 2, 4, 8, ... or a value is neither 0 nor 1.
    """
    table = _table(table)
    k = len(table).bit_length() - 1
    inputs = [f"x{i + 1}" for i in range(k)]
    gates, outputs = (_from_nands if nand_only else _from_rows)(table, inputs)
    return Circuit(" ".join(inputs), gates, " ".join(outputs))


def _table(table):
    table = require.array(table, "table")
    table = table[:, None] if table.ndim == 1 else table
    rows = len(table) if table.ndim == 2 and table.size else 0
    if rows < 2 or rows & (rows - 1):
        raise ValueError(
            f"A truth table has 2, 4, 8, ... rows, one for each input of k bits; got {rows}. Write them all."
        )
    if not np.isin(table, (0, 1)).all():
        raise ValueError("A truth table holds zeros and ones only. For truth values write table.astype(int).")
    return table.astype(bool)


def _from_rows(table, inputs):
    """Return gates and output wires: a detector for every row with a 1 in it, an OR for every column."""
    k = len(inputs)
    gates = {}
    for row, x in enumerate(every_input(k)):
        if table[row].any():
            # 2 for a bit that should be 1, -2 for one that should not: z is 1 on this input, below 0 on all others
            gates[f"row{row}"] = (Perceptron(4.0 * x - 2, 1 - 2.0 * x.sum()), *inputs)
    for column in range(table.shape[1]):
        ones = [f"row{row}" for row in np.flatnonzero(table[:, column])]
        gates[f"y{column + 1}"] = (
            (Perceptron([2] * len(ones), -1), *ones) if ones else (Perceptron([0], -1), inputs[0])
        )
    return gates, [f"y{column + 1}" for column in range(table.shape[1])]


def _from_nands(table, inputs):
    """Return gates and output wires, NANDs alone, by taking one input after the other.

    f(x1, rest) = NAND(NAND(x1, f(1, rest)), NAND(NOT x1, f(0, rest))). What is known to be 0 or 1 needs no gate,
    and no two gates do the same.
    """
    gates, made = {}, {}

    def nand(*wires):
        if False in wires:
            return True
        read = tuple(sorted(set(wires) - {True}))  # NAND(p, 1) is NAND(p, p)
        if not read:
            return False
        gate, p, q = gates.get(read[0], (None, None, None))
        if len(read) == 1 and gate and p == q:  # NOT NOT p
            return p
        if read not in made:
            made[read] = f"n{len(gates) + 1}"
            gates[made[read]] = (NAND, read[0], read[-1])
        return made[read]

    def build(column, depth):
        if column.all() or not column.any():
            return bool(column[0])
        zero, one = (build(half, depth + 1) for half in np.split(column, 2))
        if zero == one:
            return zero
        x = inputs[depth]
        return nand(nand(x, one), nand(nand(x), zero) if zero else True)

    def wire(value):
        """A wire with this value: a constant has to be made of gates as well."""
        if isinstance(value, str):
            return value
        true = nand(inputs[0], nand(inputs[0]))
        return true if value else nand(true)

    return gates, [wire(build(column, 0)) for column in table.T]
