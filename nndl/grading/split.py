"""The student version of a source: answers and hidden tests taken out, everything else as it was."""

import json
from pathlib import Path

from nndl.grading.format import (
    ANSWER,
    FORMAT,
    FREE,
    HIDDEN,
    MANUAL,
    READ_ONLY,
    SOLUTION,
    TEST,
    FormatError,
    lines_inside,
    replace_regions,
)
from nndl.grading.leaks import leaks
from nndl.grading.source import read_sources

__all__ = ["build", "check", "student_cell", "student_version"]

_KEPT = ("tags", "nbgrader", "jupyter")
_TEXT = "*Write your answer here.*"
_ALL_HIDDEN = "# The tests of this exercise run when the notebook is graded."


def student_cell(cell):
    """The text that students see in this cell, and the list of lines that were taken out."""
    if cell.extra.get("solution_only"):
        return None, cell.text.split("\n")
    text, removed = cell.text, []
    if cell.kind in (ANSWER, MANUAL):
        text, removed = _without_answer(cell)
    elif cell.kind == TEST:
        text, removed = replace_regions(text, HIDDEN, lambda indent: [], cell.name)
        text = text.strip("\n") or _ALL_HIDDEN
    elif lines_inside(text, SOLUTION, cell.name):
        raise FormatError(f"Cell {cell.name!r} has a solution but is not an answer cell. Mark it as one.")
    return text, removed


def student_version(source):
    """The student version as the text of an .ipynb file (nbformat 4.5), and the lines taken out of it."""
    import nbformat  # it takes a while, and grading does without

    cells, removed = [], []
    for raw, cell in zip(source.notebook.cells, source.cells):
        text, taken = student_cell(cell)
        removed += taken
        if text is not None:
            cells.append(_cell(raw, cell, text))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "nndl": {"source": source.name, "sha256": source.sha256, "format": FORMAT},
    }
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    try:
        nbformat.validate(nbformat.from_dict(notebook))
    except nbformat.ValidationError as error:
        raise FormatError(f"{source.name}: not a valid notebook of format 4.5: {error.message}.") from None
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", removed


def build(source, out):
    """Write the student version of every source into the folder ``out``; returns the paths.

    Raises FormatError, before anything is written, if an answer would leak.
    """
    texts = _student_versions(source)
    found = [leak for _, problems in texts.values() for leak in problems]
    if found:
        raise FormatError("Answers would leak:\n" + "\n".join(found))
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, (text, _) in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    return [out / name for name in texts]


def check(source, out):
    """What is wrong with the folder ``out``, as a list of sentences: drift from the sources, and leaks."""
    texts, out = _student_versions(source), Path(out)
    problems = []
    for name, (text, found) in texts.items():
        path = out / name
        if not path.is_file():
            problems.append(f"{name} is missing.")
        elif path.read_bytes() != text.encode():
            problems.append(f"{name} is not what its source gives.")
        problems += found
    present = (path for path in sorted(out.rglob("*")) if path.is_file() and not _is_scratch(path))
    extra = [path.relative_to(out).as_posix() for path in present]
    return problems + [f"{name} has no source." for name in extra if name not in texts]


def _student_versions(source):
    """Name -> (text of the student version, sentences about leaks)."""
    texts = {}
    for name, one in read_sources(source).items():
        text, removed = student_version(one)
        texts[name] = text, [f"{name}: {leak}" for leak in leaks(text, removed, one.shown)]
    return texts


def _is_scratch(path):
    return any(part in (".ipynb_checkpoints", "__pycache__") for part in path.parts)


def _without_answer(cell):
    if lines_inside(cell.text, SOLUTION, cell.name):
        stub = _code_stub if cell.code else lambda indent: [_TEXT]
        return replace_regions(cell.text, SOLUTION, stub, cell.name)
    return "\n".join(_code_stub("") if cell.code else [_TEXT]), cell.text.split("\n")


def _code_stub(indent):
    advice = '"Write your answer here, then run the cell."'
    return [f"{indent}# YOUR CODE HERE", f"{indent}raise NotImplementedError({advice})"]


def _cell(raw, cell, text):
    """The cell as students get it: no outputs, no hints, locked where it is not theirs to change."""
    metadata = {key: raw["metadata"][key] for key in _KEPT if key in raw["metadata"]}
    if "id" in cell.extra:
        metadata["nndl"] = {"id": cell.extra["id"]}
    if cell.kind != FREE:
        metadata["deletable"] = False
    if cell.kind in (TEST, READ_ONLY):
        metadata["editable"] = False
    student = {"cell_type": raw["cell_type"], "id": raw.get("id", ""), "metadata": metadata, "source": text}
    if cell.code:
        student |= {"execution_count": None, "outputs": []}
    if "attachments" in raw:
        student["attachments"] = raw["attachments"]
    return student
