"""Folders of submissions: every file gets a row, whatever it is; results, tables, commands and their exit codes."""

import csv
import json
import os
import re

import pytest
from grading_kit import cell, exercise, with_answers, write

from nndl.grading import folder, grade, isolation, warm
from nndl.grading.apart import Died, apart
from nndl.grading.cli import main
from nndl.grading.format import STATUSES
from nndl.grading.grade import NoIsolation, find_rung
from nndl.grading.notebook import MAX_BYTES, Unreadable, read_notebook
from nndl.grading.output import write_csv
from nndl.grading.source import read_sources

SOURCE = [
    *exercise("X1", "def f(x): return x", "assert f(3) == 3, '<script>alert(1)</script>'", points=2),
    *exercise("X2", "b = 1", "assert b == 1"),
]
RIGHT = with_answers(SOURCE, X1="def f(x): return x", X2="b = 1")
HALF = with_answers(SOURCE, X1="def f(x): return -x", X2="b = 1")


@pytest.fixture
def course(tmp_path):
    """A source, and an empty folder for submissions; OUT is a third."""
    write(tmp_path / "solutions" / "ch1.ipynb", SOURCE)
    write(tmp_path / "solutions" / "ch2.ipynb", exercise("Y1", "c = 1", "assert c == 1"))
    (tmp_path / "in").mkdir()
    return tmp_path


def run(course, *more, where="in"):
    arguments = ["grade", course / where, "--source", course / "solutions", "-o", course / "out", *more]
    return main([str(argument) for argument in arguments])


def table(course):
    with open(course / "out" / "grades.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_submission_gets_a_row_for_every_exercise(course):
    write(course / "in" / "ann" / "ch1.ipynb", RIGHT)
    write(course / "in" / "bob" / "ch1.ipynb", HALF)
    write(course / "in" / "bob" / "ch2.ipynb", [])
    assert run(course) == 0
    rows = [(r["submission"], r["exercise"], r["score"], r["max_score"], r["status"]) for r in table(course)]
    assert rows == [
        ("ann/ch1", "X1", "2", "2", "passed"),
        ("ann/ch1", "X2", "1", "1", "passed"),
        ("bob/ch1", "X1", "0", "2", "failed"),
        ("bob/ch1", "X2", "1", "1", "passed"),
        ("bob/ch2", "Y1", "0", "1", "no answer"),
    ]
    assert {row["isolation"] for row in table(course)} == {find_rung()}
    assert all(float(row["seconds"]) >= 0 for row in table(course))


def test_results_are_gradescopes(course):
    write(course / "in" / "bob" / "ch1.ipynb", HALF)
    run(course)
    results = json.loads((course / "out" / "bob" / "ch1" / "results.json").read_text())
    assert (results["score"], results["max_score"], results["stdout_visibility"]) == (1, 3, "hidden")
    first, second = results["tests"]
    assert (first["name"], first["status"], first["tags"], first["score"]) == ("X1", "failed", ["failed"], 0)
    assert (second["status"], second["max_score"], second["visibility"]) == ("passed", 1, "visible")
    assert results["extra_data"]["isolation"] == find_rung()
    assert results["extra_data"]["status"] == {"X1": "failed", "X2": "passed"}
    assert len(results["extra_data"]["source_sha256"]) == 64


def test_the_report_escapes_every_text_and_runs_no_script(course):
    write(course / "in" / "<b>bob</b>" / "ch1.ipynb", HALF)
    run(course)
    page = (course / "out" / "report.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script" not in page
    assert "&lt;b&gt;bob&lt;/b&gt;/ch1" in page and "<b>" not in page
    assert "prefers-color-scheme: dark" in page
    assert all(
        page.count(f"<{tag}") == page.count(f"</{tag}>")
        for tag in ("table", "tr", "td", "section", "p", "span")
    )


BROKEN = {
    "empty": b"",
    "text": b"hello",
    "cut": b'{"cells": [',
    "list": b"[]",
    "no cells": b'{"nbformat": 4}',
    "new format": b'{"nbformat": 9, "cells": []}',
    "text format": b'{"nbformat": "four", "cells": []}',
    "cells are text": b'{"nbformat": 4, "cells": "none"}',
    "cell is text": b'{"nbformat": 4, "cells": ["none"]}',
    "source is a number": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}',
    "source is mixed": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a", 5]}]}',
    "nested": b"[" * 200_000,
    "numbers": b"9" * 10_000,
    "latin": b'{"nbformat": 4, "cells": [], "x": "\xe9"}',
    "format 3, no sheets": b'{"nbformat": 3}',
    "many cells": json.dumps({"nbformat": 4, "cells": [{}] * 3000}).encode(),
    "long": json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x" * 310_000}]}).encode(),
    "huge": b" " * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_unreadable_and_the_reason_is_advice(tmp_path, name):
    path = tmp_path / "ch1.ipynb"
    path.write_bytes(BROKEN[name])
    with pytest.raises(Unreadable, match=r"[Ss]ave|Clear|Hand|Remove"):
        read_notebook(path)


def test_links_pipes_and_folders_are_unreadable(tmp_path):
    write(tmp_path / "real.ipynb", RIGHT)
    (tmp_path / "link.ipynb").symlink_to("real.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    for name in ("link", "pipe", "folder", "missing"):
        with pytest.raises(Unreadable):
            read_notebook(tmp_path / f"{name}.ipynb")


def test_other_encodings_line_ends_and_format_3_are_read(tmp_path):
    path = tmp_path / "a.ipynb"
    text = json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": "code", "source": ["é = 1\r\n", "b\0 = \ud800"]}]},
        ensure_ascii=True,
    )
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read_notebook(path).cells[0]["source"] == "é = 1\nb\0 = ?"
    old = {
        "nbformat": 3,
        "metadata": {},
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["a = 1"]}]}],
    }
    path.write_text(json.dumps(old))
    assert read_notebook(path).cells[0] == {"cell_type": "code", "source": "a = 1", "metadata": {}}


def test_broken_submissions_get_rows_and_do_not_stop_the_others(course):
    for name, content in BROKEN.items():
        (course / "in" / f"{name} ch1.ipynb").write_bytes(content)
    write(course / "in" / "zoe ch1.ipynb", RIGHT)
    (course / "in" / "link ch1.ipynb").symlink_to("zoe ch1.ipynb")
    write(course / "in" / "stranger.ipynb", [])
    assert run(course) == 0
    rows = table(course)
    found = {row["submission"]: row["status"] for row in rows}
    assert found.pop("zoe ch1") == "passed"
    assert set(found.values()) == {"unreadable"} and len(found) == len(BROKEN) + 2
    assert {row["status"] for row in rows} <= set(STATUSES)
    assert [row["max_score"] for row in rows if row["submission"] == "cut ch1"] == ["2", "1"]
    assert "No source fits" in (course / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@x",
        "ünï çödé 🙂",
        "a\nb",
        "a\tb",
        "..",
        "%s{}",
        "'",
        "x" * 200,
        "a\udcff",
    ],
)
def test_odd_file_names_get_harmless_rows_and_folders(course, name):
    path = course / "in" / f"{name}.ipynb"
    try:
        write(path, RIGHT)
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    assert run(course) == 0
    row = table(course)[0]
    assert row["status"] == "passed"
    assert not row["submission"].startswith(("=", "+", "-", "@", "\t"))
    assert not re.search(r"[\n\t]", row["submission"])
    (results,) = (course / "out").rglob("results.json")
    assert (course / "out") in results.resolve().parents


def test_names_that_look_alike_do_not_share_a_folder(course):
    for name in ("a b", "a_b", "A_B"):
        write(course / "in" / f"{name}.ipynb", RIGHT)
    assert run(course) == 0
    assert len(list((course / "out").rglob("results.json"))) == 3


@pytest.mark.parametrize(
    ("name", "metadata", "cells", "wanted"),
    [
        ("x.ipynb", {"nndl": {"source": "ch2.ipynb"}}, [], "ch2.ipynb"),
        ("ch1.ipynb", {"nndl": {"source": "ch2.ipynb"}}, [], "ch2.ipynb"),
        ("smith_123_CH2 (1).ipynb", {}, [], "ch2.ipynb"),
        ("renamed.ipynb", {}, RIGHT, "ch1.ipynb"),
        ("renamed.ipynb", {"nndl": {"source": ["ch1.ipynb"]}}, [], None),
        (
            "renamed.ipynb",
            {"nndl": 5},
            [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": {}}}}],
            None,
        ),
        ("renamed.ipynb", {"nndl": {"source": "../../etc/passwd"}}, [], None),
    ],
)
def test_a_submission_finds_its_source(course, name, metadata, cells, wanted):
    path = write(course / "in" / name, cells, **metadata)
    found = folder.match(read_notebook(path), path, read_sources(course / "solutions"))
    assert (found.name if found else None) == wanted


def test_what_was_graded_is_not_graded_again_until_it_changes(course):
    write(course / "in" / "ch1.ipynb", HALF)
    run(course)
    file = course / "out" / "ch1" / "results.json"
    marked = file.read_text().replace('"seconds": ', '"seconds": 99')
    file.write_text(marked)
    assert run(course) == 0 and float(table(course)[0]["seconds"]) > 99
    assert run(course, "--fresh") == 0 and float(table(course)[0]["seconds"]) < 99
    write(course / "in" / "ch1.ipynb", RIGHT)
    assert run(course) == 0 and table(course)[0]["status"] == "passed"
    file.write_text("{")
    assert run(course) == 0 and table(course)[0]["status"] == "passed"


def test_hidden_folders_and_the_output_are_no_submissions(course):
    write(course / "in" / ".ipynb_checkpoints" / "ch1.ipynb", RIGHT)
    write(course / "in" / "ch1.ipynb", RIGHT)
    arguments = ["grade", course / "in", "--source", course / "solutions", "-o", course / "in" / "out"]
    write(course / "in" / "out" / "ch1.ipynb", RIGHT)
    assert main([str(argument) for argument in arguments]) == 0
    assert (course / "in" / "out" / "grades.csv").read_text().count("\n") == 3


def test_two_jobs_give_the_same_table_as_one(course):
    for n in range(4):
        write(course / "in" / f"{n}" / "ch1.ipynb", RIGHT if n % 2 else HALF)
    assert run(course, "--jobs", "2") == 0
    two = [{**row, "seconds": ""} for row in table(course)]
    assert run(course, "--fresh") == 0
    assert two == [{**row, "seconds": ""} for row in table(course)]


def test_one_notebook_is_graded_on_the_screen(course, capsys):
    path = write(course / "in" / "ch1.ipynb", HALF)
    assert main(["grade", str(path), "--source", str(course / "solutions" / "ch1.ipynb")]) == 0
    printed = capsys.readouterr().out
    assert "ch1: 1 of 3 points" in printed and "X1" in printed and "isolation" in printed
    assert not (course / "out").exists()
    assert run(course, where="in/ch1.ipynb") == 0
    assert (course / "out" / "ch1" / "results.json").exists()


def test_wrong_use_exits_with_2_and_says_what_to_do(course, capsys):
    assert main(["grade", str(course / "nowhere"), "--source", str(course / "solutions")]) == 2
    assert main(["grade", str(course / "in"), "--source", str(course / "solutions")]) == 2
    assert run(course) == 2
    write(course / "in" / "ch1.ipynb", RIGHT)
    assert main(["grade", str(course / "in" / "ch1.ipynb"), "--source", str(course / "in2")]) == 2
    said = capsys.readouterr().err
    assert "Name a notebook" in said and "add -o OUT" in said and "Name the folder with" in said
    for wrong in (["--jobs", "0"], ["--time-limit", "-1"], ["--require", "hope"]):
        with pytest.raises(SystemExit) as stopped:
            run(course, *wrong)
        assert stopped.value.code == 2


def test_without_the_isolation_that_is_required_nothing_runs_and_the_command_fails(
    course, monkeypatch, capsys
):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: None)
    find_rung.cache_clear()
    write(course / "in" / "ch1.ipynb", RIGHT)
    try:
        assert run(course, "--require", "bubblewrap") == 1
        with pytest.raises(NoIsolation, match="Install bubblewrap"):
            find_rung("namespaces")
    finally:
        find_rung.cache_clear()
    assert {row["status"] for row in table(course)} == {"environment"}
    assert "Install bubblewrap" in capsys.readouterr().err


def test_an_exercise_that_cannot_be_graded_makes_the_command_fail(course):
    write(course / "solutions" / "ch1.ipynb", exercise("X1", "a = 1", "assert a == 2"))
    write(course / "in" / "ch1.ipynb", exercise("X1", "a = 3", "pass"))
    assert run(course) == 1
    assert table(course)[0]["status"] == "environment"


def test_a_stopped_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "grades.csv"
    write_csv(path, {})
    before = path.read_text()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        write_csv(path, {})
    assert path.read_text() == before
    assert os.listdir(tmp_path) == ["grades.csv"]


def test_time_limits_of_the_command_and_of_the_cells(course):
    slow = "import time\ntime.sleep(0.6)\nb = 1"
    source = [
        *exercise("X1", slow, "assert b == 1"),
        cell("answer", "late", "import time\ntime.sleep(0.6)\nd = 1", time_limit=5),
    ]
    write(course / "solutions" / "ch1.ipynb", [*source, cell("test", "t", "assert d == 1", 1, id="X2")])
    write(course / "in" / "ch1.ipynb", [{**one, "source": one["source"] + "\n# mine"} for one in source])
    assert run(course, "--time-limit", "0.3") == 1  # its own answer to X1 is too slow, too
    assert [row["status"] for row in table(course)] == ["environment", "passed"]


def test_kernels_are_compiled_before_they_are_needed_and_only_then(course, monkeypatch):
    kernels = course / "kernels"
    (kernels / "__pycache__").mkdir(parents=True)
    assert not warm.is_cold(course)
    (kernels / "dense.py").write_text("")
    assert warm.is_cold(course)
    (kernels / "__pycache__" / "dense.walk.nbi").write_bytes(b"")
    os.utime(kernels / "dense.py", (1, 1))
    assert not warm.is_cold(course)
    monkeypatch.setattr(warm, "is_cold", lambda: True)
    trained = []
    monkeypatch.setattr(warm, "apart", lambda work, cpu: trained.append(work))
    warm.warm(read_sources(course / "solutions"))
    assert not trained
    write(course / "solutions" / "ch3.ipynb", exercise("Z1", "import nndl", "assert nndl"))
    warm.warm(read_sources(course / "solutions"))
    assert trained == [warm._train]
    warm._train()


def test_a_value_that_brings_the_tests_down_still_gets_a_row(course, monkeypatch):
    write(course / "solutions" / "ch1.ipynb", exercise("X1", "n = 5", "assert 10 ** 10 ** n > 0"))
    write(course / "in" / "ann ch1.ipynb", exercise("X1", "n = 12", ""))
    write(course / "in" / "bob ch1.ipynb", exercise("X1", "n = 4", ""))
    monkeypatch.setattr(grade, "_SLACK", 1.0)
    assert run(course, "--time-limit", "0.5") == 0
    assert [row["status"] for row in table(course)] == ["time limit", "passed"]


def test_work_done_apart_returns_raises_and_dies_as_told():
    assert apart(divmod, 7, 2, cpu=10) == [3, 1]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        apart(divmod, 7, 0, cpu=10)
    with pytest.raises(Died, match="ended with code 3"):
        apart(os._exit, 3, cpu=10)
    with pytest.raises(Died, match="processor time") as late:
        apart(exec, "while True: pass", {}, cpu=0)
    assert late.value.status == "time limit"
