"""Whose is a name in a test? Found by reading the source, never by running it.

Every top-level statement of the source is taken apart once into the names it binds and the names it needs. For a
test, ``Names.resolve`` follows the needs through the instructor's statements until only the student's names remain.
"""

import ast
import builtins
import symtable
from dataclasses import dataclass

from nndl.grading.format import ANSWER, FREE, MANUAL, READ_ONLY, TEST
from nndl.grading.magics import inert

__all__ = ["RESERVED", "Names", "Statement", "bound_names", "statements"]

RESERVED = frozenset({"rng", "seed"})  # the grader's own, fresh for every test
_BUILTINS = frozenset(vars(builtins))
_IMPORTS = (ast.Import, ast.ImportFrom)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_DEFINITIONS = (*_IMPORTS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Statement:
    """One top-level statement: its syntax tree, the names it binds or changes, and those it needs from outside."""

    tree: ast.stmt
    binds: frozenset
    needs: frozenset


def statements(text):
    """The top-level statements of a cell, magics made inert."""
    return [_statement(tree) for tree in ast.parse(inert(text)).body]


def bound_names(text):
    """Names that the top level of this text binds other than by import; none if it is not Python."""
    try:
        found = statements(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset().union(*(one.binds for one in found if not isinstance(one.tree, _IMPORTS)))


class Names:
    """The names of one source; ``owners`` says which answer cell binds a name of the student's."""

    def __init__(self, cells):
        self.owners = {
            name: cell.name for cell in cells if _is_answer(cell) for name in bound_names(cell.text)
        }
        self.places = {cell.name: place for place, cell in enumerate(cells)}
        self.cells = [
            [one for one in statements(cell.text) if _is_instructors(cell.kind, one)] if cell.code else []
            for cell in cells
        ]

    def resolve(self, test):
        """For a test cell: the instructor's statements to run first, and the names to ask the student for."""
        here = self.places[test.name]
        wanted, asked, chosen, seen = (
            [(name, here) for name in _free(statements(test.text))],
            set(),
            set(),
            set(),
        )
        while wanted:
            name, below = wanted.pop()
            if (name, below) in seen:
                continue
            seen.add((name, below))
            binding = [] if name in self.owners else self._binding(name, below, here)
            if name in self.owners or not (binding or name in _BUILTINS | RESERVED):
                asked.add(name)
            for place, n in binding:
                chosen.add((place, n))
                wanted += [(need, place + 1) for need in self.cells[place][n].needs]
        return [self.cells[place][n] for place, n in sorted(chosen)], asked

    def _binding(self, name, below, test):
        """Where the name is bound, as (cell, statement) pairs: in the last cell above that does so.

        If that cell changes what an earlier one has bound, the earlier ones count, too. Where no cell above binds
        the name, one further down may, as functions look names up late. The test's own cell does not count.
        """
        found = []
        for place in [*range(below - 1, -1, -1), *range(below, len(self.cells))]:
            inside = [n for n, one in enumerate(self.cells[place]) if name in one.binds and place != test]
            found += [(place, n) for n in inside]
            if inside and name not in self.cells[place][inside[0]].needs:
                break
        return found


def _is_answer(cell):
    return cell.code and cell.kind in (ANSWER, MANUAL)


def _is_instructors(kind, statement):
    """True for what the grader may run before a test; of tests themselves no loops and no asserts."""
    if kind == ANSWER:
        return _imports(statement)
    if kind == TEST:
        return isinstance(statement.tree, (*_DEFINITIONS, *_ASSIGNMENTS))
    return kind in (READ_ONLY, FREE)


def _imports(statement):
    return isinstance(statement.tree, _IMPORTS)


def _free(found):
    """Names that a text needs from outside: used before the text itself binds them, or never bound by it."""
    bound, free = set(), set()
    for one in found:
        free |= one.needs - bound
        bound |= one.binds
    return free


def _statement(tree):
    table = symtable.symtable(ast.unparse(tree), "<statement>", "exec")
    top = {symbol.get_name(): symbol for symbol in table.get_symbols()}
    binds = {name for name, symbol in top.items() if symbol.is_assigned() or symbol.is_imported()}
    needs = {name for name, symbol in top.items() if symbol.is_referenced() and name not in binds}
    binds |= _changed(tree)
    needs |= _assigned_from_itself(tree) | _changed(tree)
    for inner in table.get_children():
        needs |= {name for name in _globals(inner) if name not in binds}
    return Statement(tree, frozenset(binds), frozenset(needs))


def _globals(table):
    """Names that a function or class, and those within it, look up in the module."""
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced() and s.is_global()}
    for inner in table.get_children():
        found |= _globals(inner)
    return found


def _changed(tree):
    """Names whose object a statement changes: ``table[0] = 1``, ``table.sort()``."""
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        targets = [tree.value.func]
    else:
        targets = getattr(tree, "targets", [getattr(tree, "target", None)])
    found = set()
    for target in targets:
        inside = target
        while isinstance(inside, (ast.Subscript, ast.Attribute)):
            inside = inside.value
        if inside is not target and isinstance(inside, ast.Name):
            found.add(inside.id)
    return found


def _assigned_from_itself(tree):
    """For ``x = x + 1`` and ``x += 1``: the name is bound, and yet needed."""
    targets = getattr(tree, "targets", [getattr(tree, "target", None)])
    inside = (node for target in targets if target is not None for node in ast.walk(target))
    stored = {node.id for node in inside if isinstance(node, ast.Name)}
    if isinstance(tree, ast.AugAssign):
        return stored
    value = tree.value if isinstance(tree, (ast.Assign, ast.AnnAssign)) else None
    loaded = ast.walk(value) if value is not None else ()
    return {node.id for node in loaded if isinstance(node, ast.Name) and node.id in stored}
