"""Grading a folder of submissions: find them, match each to its source, grade, and always write a row."""

import contextlib
import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nndl.grading import output
from nndl.grading.apart import Died
from nndl.grading.format import FormatError
from nndl.grading.grade import grade_apart, unreadable
from nndl.grading.notebook import MAX_BYTES, Unreadable, read_notebook
from nndl.grading.submission import grade_id

__all__ = ["Options", "find_submissions", "grade_all", "grade_file", "match"]


@dataclass(frozen=True)
class Options:
    """How to grade: the rung of isolation, seconds for cells and tests without a limit, folders kept out of sight."""

    rung: str  # "" if there is none that is strict enough: nothing runs then
    seconds: float | None = None
    hidden: tuple = ()
    check: bool = True
    fresh: bool = False  # grade again what has been graded already


def find_submissions(folder, leave_out=()):
    """Paths of everything called .ipynb below ``folder``, sorted.

    Passed over are hidden folders, ``leave_out``, and the ``._`` files that macOS adds to archives.
    """
    out = {os.path.realpath(path) for path in leave_out}
    found = []
    for where, folders, files in os.walk(folder):
        entries = [*files, *(name for name in folders if _is_notebook(name))]
        found += [Path(where, name) for name in entries if _is_notebook(name) and not name.startswith("._")]
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and not _is_notebook(name)
            and os.path.realpath(os.path.join(where, name)) not in out
        ]
    return sorted(found)


def match(notebook, path, sources):
    """The source of a submission: by its metadata, by its file's name, or by the ids of its cells; else None."""
    marks = notebook.metadata.get("nndl")
    named = marks.get("source") if isinstance(marks, dict) else None
    if isinstance(named, str) and named in sources:
        return sources[named]
    inside = [source for name, source in sources.items() if Path(name).stem.lower() in path.name.lower()]
    if inside:
        return max(inside, key=lambda source: len(source.name))
    ids = {grade_id(cell) for cell in notebook.cells}
    shared = Counter({name: len(ids & _ids(source)) for name, source in sources.items()}).most_common(1)
    return sources[shared[0][0]] if shared and shared[0][1] else None


def grade_file(path, sources, options):
    """The Result of one file; a problem of any kind becomes a Result with the reason in it."""
    try:
        notebook = read_notebook(path)
    except Unreadable as error:
        guess = [one for name, one in sources.items() if Path(name).stem.lower() in Path(path).name.lower()]
        return unreadable(str(error), options.rung, guess[0] if len(guess) == 1 else None)
    source = None
    try:
        source = match(notebook, Path(path), sources)
        if source is None:
            names = ", ".join(sources)
            return unreadable(
                f"No source fits this notebook; there are {names}. Is it an exercise?", options.rung
            )
        if not options.rung:
            return unreadable(
                "Not run: the isolation that was asked for is not to be had.", "", source, "environment"
            )
        return grade_apart(notebook, source, options.rung, options.seconds, options.hidden, options.check)
    except Died as died:
        reason = f"What this notebook returned brought the tests down: {died}."
        return unreadable(reason, options.rung, source, died.status)
    except Exception as error:  # a row is owed whatever happens; the exit code tells the instructor
        reason = f"The grader itself failed: {type(error).__name__}: {error}"
        return unreadable(reason, options.rung, source, "environment")


def grade_all(folder, sources, out, options, jobs=1, tell=lambda name, result: None):
    """Grade every submission below ``folder`` into ``out``; returns a dict from submission to Result.

    Each submission's results.json is written as soon as it is there, and reused by the next run if source, submission
    and options are the same, so a run that was stopped continues. ``tell`` hears of each Result, in order.
    """
    from joblib import Parallel, delayed

    folder, out = Path(folder), Path(out)
    paths = find_submissions(folder, leave_out=[out, *options.hidden])
    if not paths:
        raise FormatError(f"{folder}: no notebook (*.ipynb) there. Name the folder with the submissions.")
    names = [_name(path, folder) for path in paths]
    places = [out / place for place in _places(names)]
    work = (delayed(_grade_into)(*args, sources, options) for args in zip(paths, names, places))
    results = {}
    for name, result in zip(names, Parallel(n_jobs=jobs, return_as="generator")(work)):
        tell(name, result)
        results[name] = result
    output.write_csv(out / "grades.csv", results)
    output.write_report(out / "report.html", results)
    return results


def _grade_into(path, name, place, sources, options):
    file = place / "results.json"
    key = _cache_key(path, sources, options)
    if not options.fresh:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            return output.read_results(file, key)
    result = grade_file(path, sources, options)
    output.write_results(file, name, result, key)
    return result


def _cache_key(path, sources, options):
    """What the result depends on, as a hash; files that cannot be read get none that will ever fit."""
    path = Path(path)
    try:
        plain = path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_BYTES
        content = path.read_bytes() if plain else os.urandom(16)
    except OSError:
        content = os.urandom(16)
    everything = [content, repr(sorted(one.sha256 for one in sources.values())).encode()]
    everything.append(repr((options.rung, options.seconds, output.VERSION)).encode())
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in everything)).hexdigest()


def _name(path, folder):
    """The submission's name in tables: its path in the folder, without the suffix, as printable text."""
    relative = path.relative_to(folder).as_posix()
    text = os.fsencode(relative).decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f]", "?", text[: -len(".ipynb")])


def _places(names):
    """A relative folder for each name that is safe on every system, and different from all others."""
    plain = [re.sub(r"[^\w.\-/]", "_", name) for name in names]
    plain = ["/".join(part.strip(".")[:80] or "_" for part in text.split("/")) for text in plain]
    counts = Counter(text.lower() for text in plain)
    changed = (text != name or counts[text.lower()] > 1 for name, text in zip(names, plain))
    marks = (hashlib.sha256(name.encode()).hexdigest()[:8] for name in names)
    return [f"{text}-{mark}" if new else text for text, new, mark in zip(plain, changed, marks)]


def _is_notebook(name):
    return name.lower().endswith(".ipynb")


def _ids(source):
    return {cell.name for cell in source.cells}
