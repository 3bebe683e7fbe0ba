"""What a submission contributes: its code cells, made safe to name and to time, and which exercises it answers."""

import ast

from nndl.grading.format import ANSWER, READ_ONLY, TEST
from nndl.grading.magics import inert
from nndl.grading.names import bound_names
from nndl.grading.split import student_cell

__all__ = ["answered", "budget", "code_cells", "grade_id"]

_OWN_CELLS = 6  # cells of the student's own that may take their full time


def code_cells(notebook, source, seconds=None):
    """The (name, text, seconds) of all code that runs beside the student's answers, in order.

    Cells with the id of one of the source's tests are ignored, whatever they contain. Read-only cells are the source's:
    an edited one is put right, a deleted one comes first, a copy of one is ignored. Everything else is the
    student's. Names are the source's ids or "cell 7", never a text of the student's.
    """
    known = {cell.name: cell for cell in source.cells if cell.code and not cell.extra.get("solution_only")}
    found, counts = [], {}
    for number, raw in enumerate(notebook.cells, start=1):
        if raw["cell_type"] != "code":
            continue
        name = grade_id(raw)
        cell = known.get(name)
        kind = cell.kind if cell else None
        counts[name] = counts.get(name, 0) + 1
        if kind == TEST or (kind == READ_ONLY and counts[name] > 1):
            continue
        label = name if cell and counts[name] == 1 else f"cell {number}"
        text = cell.text if kind == READ_ONLY else raw["source"]
        limit = source.limit(cell, seconds) if cell else seconds or source.time_limit
        found.append((label, inert(text), limit))
    missing = [cell for name, cell in known.items() if cell.kind == READ_ONLY and name not in counts]
    return [(cell.name, inert(cell.text), source.limit(cell, seconds)) for cell in missing] + found


def budget(source, seconds=None):
    """Seconds for all of a submission's cells together: what the source's may take, and some for the student's own."""
    code = [cell for cell in source.cells if cell.code and cell.kind != TEST]
    return sum(source.limit(cell, seconds) for cell in code) + _OWN_CELLS * (seconds or source.time_limit)


def answered(notebook, source):
    """Ids of the exercises that the student has touched; the others are "no answer" and cost no time.

    Touched is an exercise of which an answer cell differs from its stub in more than comments and blanks,
    or whose names are bound in a cell of the student's own, and one that has no answer cell.
    """
    texts = {}
    for raw in notebook.cells:
        texts.setdefault(grade_id(raw), []).append(raw["source"])
    known = {cell.name for cell in source.cells}
    own = [text for name, found in texts.items() if name not in known for text in found]
    bound_elsewhere = frozenset().union(*map(bound_names, own))
    touched = set()
    for exercise in source.exercises.values():
        answers = [cell for cell in exercise.answers if cell.kind == ANSWER]
        changed = any(_differs(text, cell) for cell in answers for text in texts.get(cell.name, []))
        names = frozenset().union(*(bound_names(cell.text) for cell in answers if cell.code))
        if changed or not answers or names & bound_elsewhere:
            touched.add(exercise.id)
    return touched


def grade_id(raw):
    """The cell's grade_id, or its id where somebody has removed the metadata; None if there is neither."""
    marks = raw["metadata"].get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else raw.get("id")
    return name if isinstance(name, str) else None


def _differs(text, cell):
    stub = student_cell(cell)[0]
    return bool(text.strip()) and _essence(text, cell.code) != _essence(stub, cell.code)


def _essence(text, code):
    """The text without what does not matter: blanks, and in code comments and magics."""
    if code:
        try:
            return ast.dump(ast.parse(inert(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return "".join(text.split())
