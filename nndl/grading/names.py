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
_DEFINITIONS = (*_IMPORTS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Statement:
    """One top-level statement: its syntax tree, the names it binds, and those it needs from outside."""

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
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset().union(*(one.binds for one in found if not isinstance(one.tree, _IMPORTS)))


class Names:
    """The names of one source; ``owners`` says which answer cell binds a name of the student's."""

    def __init__(self, cells):
        code = [(cell.kind, statements(cell.text)) for cell in cells if cell.code]
        self.students = frozenset().union(
            *(
                one.binds
                for kind, found in code
                if kind in (ANSWER, MANUAL)
                for one in found
                if not _imports(one)
            )
        )
        self.owners = {
            name: cell.name for cell in cells if _is_answer(cell) for name in bound_names(cell.text)
        }
        self.instructors = [one for kind, found in code for one in found if _is_instructors(kind, one)]

    def resolve(self, text):
        """For a test's text: the instructor's statements to run first, and the names to ask the student for."""
        wanted, asked, chosen = list(_free(statements(text))), set(), set()
        seen = set()
        while wanted:
            name = wanted.pop()
            if name in seen:
                continue
            seen.add(name)
            binding = [n for n, one in enumerate(self.instructors) if name in one.binds]
            if name in self.owners or (not binding and name not in _BUILTINS | RESERVED):
                asked.add(name)
                continue
            for n in binding:
                chosen.add(n)
                wanted.extend(self.instructors[n].needs)
        return [self.instructors[n] for n in sorted(chosen)], asked


def _is_answer(cell):
    return cell.code and cell.kind in (ANSWER, MANUAL)


def _is_instructors(kind, statement):
    if kind == ANSWER:
        return _imports(statement)
    if kind == TEST:
        return isinstance(statement.tree, _DEFINITIONS)
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
    needs |= _assigned_from_itself(tree)
    for inner in table.get_children():
        needs |= {name for name in _globals(inner) if name not in binds}
    return Statement(tree, frozenset(binds), frozenset(needs))


def _globals(table):
    """Names that a function or class, and those within it, look up in the module."""
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced() and s.is_global()}
    for inner in table.get_children():
        found |= _globals(inner)
    return found


def _assigned_from_itself(tree):
    """For ``x = x + 1`` and ``x += 1``: the name is bound, and yet needed."""
    if isinstance(tree, ast.AugAssign):
        return {name.id for name in ast.walk(tree.target) if isinstance(name, ast.Name)}
    if not isinstance(tree, (ast.Assign, ast.AnnAssign)) or tree.value is None:
        return set()
    loaded = (name for name in ast.walk(tree.value) if isinstance(name, ast.Name))
    stored = {
        name.id for name in ast.walk(tree) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    return {name.id for name in loaded if isinstance(name.ctx, ast.Load) and name.id in stored}
