"""Small notebooks for the tests of the grader."""

import json

from nndl.grading.grade import find_rung, grade
from nndl.grading.notebook import read_notebook
from nndl.grading.source import read_source

_MARKS = {
    "answer": {"grade": False, "solution": True, "locked": False},
    "test": {"grade": True, "solution": False, "locked": True},
    "read-only": {"grade": False, "solution": False, "locked": True},
    "manual": {"grade": True, "solution": True, "locked": False},
}


def cell(kind, name, text, points=None, cell_type="code", **extra):
    """One cell as JSON; kind as in format.py, or None for a free cell."""
    metadata = {}
    if kind:
        metadata["nbgrader"] = {**_MARKS[kind], "grade_id": name, "schema_version": 3, "task": False}
    if points is not None:
        metadata["nbgrader"]["points"] = points
    if extra:
        metadata["nndl"] = extra
    made = {"cell_type": cell_type, "id": name, "metadata": metadata, "source": text}
    return made | ({"outputs": [], "execution_count": None} if cell_type == "code" else {})


def exercise(name, solution, test, points=1, **extra):
    """An answer cell that is all solution, and its test cell."""
    answer = f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
    return [
        cell("answer", f"{name}-answer", answer),
        cell("test", f"{name}-test", test, points, id=name, **extra),
    ]


def hidden(test):
    return f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"


def write(path, cells, **metadata):
    """Write a notebook and return its path."""
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def with_answers(cells, **answers):
    """The cells with the text of some answer cells replaced; ``x1="..."`` is the answer of exercise x1."""
    texts = {f"{name}-answer": text for name, text in answers.items()}
    return [{**one, "source": texts.get(one["id"], one["source"])} for one in cells]


def graded(tmp_path, source, submission, **options):
    """Grade cells against cells, in the strictest room this machine has; returns results by exercise."""
    found = read_source(write(tmp_path / "source" / "ch.ipynb", source))
    notebook = read_notebook(write(tmp_path / "handed in" / "ch.ipynb", submission))
    options = {"check": False, "seconds": 2.0, "rung": find_rung(), **options}
    result = grade(notebook, found, hidden=(str(tmp_path / "source"),), **options)
    return {one.id: one for one in result.exercises}


def one(tmp_path, solution, test, answer, **extra):
    """Grade one answer to an exercise x1 of one test; returns its result."""
    options = {name: extra.pop(name) for name in ("rung", "seconds", "check") if name in extra}
    source = exercise("x1", solution, test, **extra)
    return graded(tmp_path, source, with_answers(source, x1=answer), **options)["x1"]
