"""How an exercise notebook is written: cells, metadata, markers.

Sources live in ``solutions/*.ipynb`` (nbformat 4.5), with nbgrader's metadata (``schema_version`` 3) and its
markers. ``nndl exercises build`` derives ``exercises/*.ipynb`` from them, ``nndl grade`` grades with them.

Kinds of cells, by ``metadata.nbgrader``
    answer      ``{grade: false, solution: true, locked: false, grade_id}``; code or text. What stands between
                ``### BEGIN SOLUTION`` and ``### END SOLUTION`` is replaced (several regions are fine); a cell
                without markers is replaced whole. Code becomes ``# YOUR CODE HERE`` and a NotImplementedError
                at the indentation of the marker, text becomes a placeholder.
    test        ``{grade: true, solution: false, locked: true, points, grade_id}``; code. Plain asserts with
                messages. What is between ``### BEGIN HIDDEN TESTS`` and ``### END HIDDEN TESTS`` is stripped.
    read-only   ``{grade: false, solution: false, locked: true, grade_id}``; text, imports, helpers, data.
    manual      ``{grade: true, solution: true, points, grade_id}``; a text that a person reads. It is listed
                in the results and its points do not count: points that do come from a test cell (a proxy).
    free        no such metadata. Students may edit it; tests still take imports and helpers from the source.

Our own cell metadata, ``metadata.nndl``, all optional
    id              "X001". An exercise may have several test cells; its points are their sum. Without it the
                    exercise is named after the test's grade_id. An answer cell without one belongs to the
                    next test cell.
    hint            test cells: shown when a hidden test fails. Students never see the text of a hidden test.
    partial         test cells: true makes every top-level statement that contains an assert count equally.
                    Otherwise the cell's points are all or nothing.
    time_limit      seconds: on a test cell for the whole test, on an answer cell for running it; 10 if not
                    given.
    handles         test cells: names of classes whose objects may be used from afar (see below).
    solution_only   true leaves the whole cell out of the student version: explanations, derivations.
Notebook metadata, ``metadata.nndl``: ``time_limit``, for every cell and test without one; ``shown``, a list
of lines and numbers that the leak test may meet in the student version although a stripped region has them too.

How a test cell is run
    Its text runs in the grader, in a fresh namespace, never beside the student's code. Of the names it uses,
    - ``rng`` (a NumPy Generator) and ``seed`` (an int) are the grader's: others for every submission and test
      cell, the same whenever it is graded again. A notebook that uses them binds both in a read-only cell, so
      that it also runs by itself;
    - names that the source's answer cells define (imports aside) are the student's;
    - names that other cells of the source bind are executed from the source, with what they need in turn: every
      statement of read-only and free cells that binds or changes them; of other test cells imports, functions,
      classes and assignments. Where several cells bind a name, the last above the test does;
    - all others are the student's.
    Read-only cells also run beside the student's answers, as in the source, whatever the submission made of
    them. A student's cell that raises does not stop the cells after it. Each test starts from the same state.

    The student's data arrive as copies: None, bool, int, float, complex, str, list, tuple, dict, set,
    frozenset, NumPy scalars and arrays of numbers or bools. Functions and classes arrive as callables that take
    and return such data. A list, dict, set or array that the function changes in place is changed in the test,
    too. The test may pass functions of its own (``descend(lambda x: x * x, 3.0)``), which are called back, and
    the student's. An exception in the student's code is raised in the test, as the built-in of that name.
    Other objects (instances, generators, functions that are returned) raise a TypeError, unless ``handles``
    has the name of their class (``"Network"``, ``"function"``): then attributes are read and set, methods
    called, ``len`` and ``[...]`` used from afar. ``isinstance``, ``inspect`` and ``==`` do not see behind a
    handle.

Messages
    A failed assert of the visible part is shown with its message. In the hidden part the message is shown if it
    is a constant string, the author's words without data; otherwise the hint is. Write such messages as hints.
"""

import re
from dataclasses import dataclass, field

__all__ = [
    "ANSWER", "FORMAT", "FREE", "HIDDEN", "MANUAL", "READ_ONLY", "SOLUTION", "STATUSES", "TEST",
    "Cell", "FormatError", "lines_inside", "parse_cell", "replace_regions",
]  # fmt: skip

FORMAT = "1"  # raise it when the student version of an unchanged source changes

ANSWER, TEST, READ_ONLY, MANUAL, FREE = "answer", "test", "read-only", "manual", "free"
SOLUTION, HIDDEN = "SOLUTION", "HIDDEN TESTS"

STATUSES = (
    "passed", "partial", "failed", "time limit", "memory", "exit", "crash", "unreadable", "no answer",
    "environment", "manual",
)  # fmt: skip

_MARKER = re.compile(r"^\s*###\s*(BEGIN|END)\s+(SOLUTION|HIDDEN TESTS)\s*$")
_KEYS = {
    "id": str,
    "hint": str,
    "partial": bool,
    "time_limit": (int, float),
    "handles": list,
    "solution_only": bool,
}


class FormatError(ValueError):
    """A source notebook breaks the rules above; the message names the cell and the way out."""


@dataclass(frozen=True)
class Cell:
    """One cell of a source or a submission: its place, its kind and what the metadata say."""

    name: str  # grade_id, else the cell's id
    code: bool
    text: str
    kind: str = FREE
    points: float = 0.0
    extra: dict = field(default_factory=dict)  # metadata.nndl

    @property
    def time_limit(self):
        """Seconds, or None where the cell does not say."""
        return self.extra.get("time_limit")


def parse_cell(raw):
    """The Cell of one cell in nbformat 4; raises FormatError if its metadata contradict each other."""
    meta = raw.get("metadata", {})
    marks, extra = meta.get("nbgrader", {}), meta.get("nndl", {})
    name = str(marks.get("grade_id") or raw.get("id") or "?")
    code = raw["cell_type"] == "code"
    kind = _kind(marks)
    _check_extra(name, extra)
    if kind == TEST and not code:
        raise FormatError(f"Cell {name!r} is a test but not a code cell. Make it code, or grade it by hand.")
    if kind in (TEST, MANUAL) and not _is_points(marks.get("points")):
        raise FormatError(
            f"Cell {name!r} needs points >= 0 in metadata.nbgrader, got {marks.get('points')!r}."
        )
    if kind != FREE and not marks.get("grade_id"):
        raise FormatError(f"Cell {name!r} has nbgrader metadata without a grade_id. Give it a unique one.")
    return Cell(name, code, raw["source"], kind, float(marks.get("points") or 0), dict(extra))


def _kind(marks):
    if not marks:
        return FREE
    grade, solution = bool(marks.get("grade")), bool(marks.get("solution"))
    if grade or solution:
        return {(True, True): MANUAL, (True, False): TEST, (False, True): ANSWER}[grade, solution]
    return READ_ONLY if marks.get("locked") else FREE


def _is_points(points):
    return isinstance(points, (int, float)) and not isinstance(points, bool) and 0 <= points < 1e6


def _check_extra(name, extra):
    for key, value in extra.items():
        if key not in _KEYS:
            raise FormatError(f"Cell {name!r}: metadata.nndl has {key!r}, expected some of {sorted(_KEYS)}.")
        if not isinstance(value, _KEYS[key]):
            raise FormatError(f"Cell {name!r}: metadata.nndl.{key} is {value!r}, of the wrong type.")
    if not extra.get("time_limit", 1) > 0:
        raise FormatError(f"Cell {name!r}: time_limit must be positive, in seconds.")


def replace_regions(text, marker, replacement, name="?"):
    """Replace each marked region of ``text``; returns the new text and the list of removed lines.

    ``replacement`` is called with the indentation of the region and returns the lines to put there.
    Raises FormatError where BEGIN and END do not pair up; ``name`` is the cell's, for the message.
    """
    kept, removed = [], []
    for line, inside, indent in _walk(text, marker, name):
        if inside is None:
            kept.append(line)
        elif inside == "begin":
            kept.extend(replacement(indent))
        elif inside == "body":
            removed.append(line)
    return "\n".join(kept), removed


def lines_inside(text, marker, name="?"):
    """Numbers, from 1, of the lines of ``text`` within regions of this marker."""
    walk = enumerate(_walk(text, marker, name), start=1)
    return {number for number, (_, inside, _) in walk if inside is not None}


def _walk(text, marker, name):
    """Yield (line, where, indentation); where is None outside, else "begin", "body" or "end"."""
    indent = None
    for line in text.split("\n"):
        match = _MARKER.match(line)
        edge = match[1] if match and match[2] == marker else None
        if edge and (edge == "BEGIN") != (indent is None):
            raise FormatError(f"Cell {name!r}: ### {edge} {marker} without its partner before it.")
        if edge == "BEGIN":
            indent = line[: len(line) - len(line.lstrip())]
            yield line, "begin", indent
        elif edge == "END":
            yield line, "end", indent
            indent = None
        else:
            yield line, None if indent is None else "body", indent
    if indent is not None:
        raise FormatError(f"Cell {name!r}: ### BEGIN {marker} is never closed. Add ### END {marker}.")
