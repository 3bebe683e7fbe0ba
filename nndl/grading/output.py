"""What a run leaves behind: results.json for each submission, grades.csv, report.html. Written whole or not at all."""

import csv
import io
import json
import os
import tempfile
from pathlib import Path

from nndl.grading.format import FORMAT
from nndl.grading.grade import Result

__all__ = ["VERSION", "as_text", "read_results", "write_all", "write_csv", "write_report", "write_results"]

VERSION = f"{FORMAT}.2"  # raise it when the same submission would get another result
COLUMNS = ("submission", "exercise", "score", "max_score", "status", "isolation", "seconds")


def write_results(path, name, result, key=""):
    """Write Gradescope's results.json of one submission; ``key`` says what the result depends on."""
    write_whole(path, json.dumps(_gradescope(name, result, key), indent=1, ensure_ascii=False) + "\n")


def read_results(path, key):
    """The Result in a results.json that was written for the same key; raises KeyError for another key."""
    stored = json.loads(Path(path).read_text(encoding="utf-8"))["extra_data"]
    if not key or stored["key"] != key:
        raise KeyError(key)
    return Result.from_dict(stored["result"])


def write_csv(path, results):
    """Write one row for every submission and exercise."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, result in results.items():
        seconds = f"{result.seconds:.2f}"
        for one in result.exercises:
            row = (
                name,
                one.id,
                f"{one.score:g}",
                f"{one.max_score:g}",
                one.status,
                result.isolation,
                seconds,
            )
            writer.writerow([_harmless(cell) for cell in row])
    write_whole(path, text.getvalue())


def write_report(path, results):
    """Write the page for the instructor: a table of all submissions, and each one's exercises with reasons."""
    from nndl.grading.report import page

    write_whole(path, page(results))


def write_all(out, results):
    """Write everything about results that were not written one by one."""
    for name, result in results.items():
        write_results(Path(out) / name / "results.json", name, result)
    write_csv(Path(out) / "grades.csv", results)
    write_report(Path(out) / "report.html", results)


def as_text(name, result):
    """The result as it is printed: a line per exercise, the reasons below it."""
    points = f"{result.score:g} of {result.max_score:g} points"
    lines = [f"{name}: {points} (isolation: {result.isolation or 'none'}, {result.seconds:.1f} s)"]
    for one in result.exercises:
        lines.append(f"  {one.id or '-':8} {one.score:>4g} / {one.max_score:<4g} {one.status}")
        lines += [f"           {line}" for message in one.messages for line in message.splitlines()]
    return "\n".join(lines + [f"  Note: {note}" for note in result.notes if _is_news(note, result)])


def write_whole(path, text):
    """Write a file so that it is there whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _gradescope(name, result, key):
    return {
        "score": result.score,
        "max_score": result.max_score,
        "output": "\n".join(note for note in result.notes if _is_news(note, result)),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": round(result.seconds, 3),
        "tests": [_test(one) for one in result.exercises],
        "extra_data": {
            "submission": name,
            "isolation": result.isolation,
            "source": result.source,
            "source_sha256": result.source_sha256,
            "status": {one.id: one.status for one in result.exercises},
            "key": key,
            "result": result.as_dict(),
        },
    }


def _test(one):
    test = {
        "name": one.id or "submission",
        "score": one.score,
        "max_score": one.max_score,
        "status": "passed" if one.status == "passed" else "failed",
        "output": "\n".join(one.messages),
        "visibility": "visible",
        "tags": [one.status],
    }
    if one.status == "manual":
        for key in ("score", "max_score", "status"):
            del test[key]
    return test


def _harmless(cell):
    """A spreadsheet takes what begins with one of these characters for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _is_news(note, result):
    return all(note not in one.messages for one in result.exercises)
