"""A source notebook, checked once: its cells, its exercises, their points."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from nndl.grading.format import ANSWER, HIDDEN, MANUAL, SOLUTION, TEST, FormatError, lines_inside, parse_cell
from nndl.grading.magics import inert, parses
from nndl.grading.notebook import Unreadable, read_notebook

__all__ = ["TIME_LIMIT", "Exercise", "Source", "read_source", "read_sources"]

TIME_LIMIT = 10.0  # seconds for a cell or a test that does not say


@dataclass(frozen=True)
class Exercise:
    """The cells that make up one exercise."""

    id: str
    answers: list = field(default_factory=list)
    tests: list = field(default_factory=list)
    manual: list = field(default_factory=list)

    @property
    def points(self):
        """Points that the tests can give; those of manual cells do not count."""
        return sum(cell.points for cell in self.tests)


@dataclass(frozen=True)
class Source:
    """One checked source notebook; ``notebook`` is the raw one, ``cells`` are Cells in the same order."""

    name: str
    notebook: object
    cells: list
    exercises: dict
    time_limit: float = TIME_LIMIT

    @property
    def sha256(self):
        """Hash of the source, outputs aside."""
        return self.notebook.sha256

    @property
    def shown(self):
        """Lines and numbers that may stand in the student version."""
        return set(self.notebook.metadata.get("nndl", {}).get("shown", ()))

    def limit(self, cell, seconds=None):
        """Seconds for this cell: its own, else those asked for, else the notebook's."""
        return float(cell.time_limit or seconds or self.time_limit)


def read_source(path):
    """Read and check one source notebook; raises FormatError with the file's name and the cell's."""
    path = Path(path)
    try:
        notebook = read_notebook(path)
        cells = [parse_cell(raw) for raw in notebook.cells]
        _check(cells)
        limit = notebook.metadata.get("nndl", {}).get("time_limit", TIME_LIMIT)
        return Source(path.name, notebook, cells, _exercises(cells), limit)
    except (FormatError, Unreadable) as error:
        raise FormatError(f"{path.name}: {error}") from None


def read_sources(path):
    """All sources of a folder, or the one in a file, as a dict from name to Source, in the order of names."""
    path = Path(path)
    paths = [path] if path.is_file() else sorted(path.glob("*.ipynb"))
    if not paths:
        raise FormatError(f"{path}: no source notebook (*.ipynb) there. Name the folder with --source.")
    return {found.name: read_source(found) for found in paths}


def _check(cells):
    counts = Counter(cell.name for cell in cells)
    for cell in cells:
        if counts[cell.name] > 1:
            raise FormatError(
                f"Cell {cell.name!r} exists {counts[cell.name]} times. Grade ids must be unique."
            )
        if cell.code and not parses(inert(cell.text)):
            raise FormatError(f"Cell {cell.name!r} is not valid Python. Run the source before building.")
        lines_inside(cell.text, SOLUTION, cell.name)
        hidden = lines_inside(cell.text, HIDDEN, cell.name)
        if hidden and cell.kind != TEST:
            raise FormatError(f"Cell {cell.name!r} has hidden tests but is not a test cell. Mark it as one.")


def _exercises(cells):
    """Exercises by id, in order. An answer cell without an id waits for the next test cell that follows it."""
    exercises, waiting = {}, []
    for cell in cells:
        if cell.kind not in (ANSWER, TEST, MANUAL) or cell.extra.get("solution_only"):
            continue
        name = cell.extra.get("id")
        if cell.kind == ANSWER and name is None:
            waiting.append(cell)
            continue
        exercise = exercises.setdefault(name or cell.name, Exercise(name or cell.name))
        {ANSWER: exercise.answers, TEST: exercise.tests, MANUAL: exercise.manual}[cell.kind].append(cell)
        if cell.kind == TEST:
            exercise.answers.extend(waiting)
            waiting = []
    return exercises
