"""The student version: what is taken out, what stays, and that nothing leaks."""

import json

import pytest
from grading_kit import cell, exercise, hidden, write

from nndl.grading.cli import main
from nndl.grading.format import FormatError, parse_cell, replace_regions
from nndl.grading.leaks import leaks
from nndl.grading.source import read_source
from nndl.grading.split import build, check

ANSWER = """def slope(x):
    \"\"\"The slope at x.\"\"\"
    if x > 0:
        ### BEGIN SOLUTION
        return secret_rule(x) + 1
        ### END SOLUTION
    ### BEGIN SOLUTION
    return other_secret_rule(x)
    ### END SOLUTION"""
STUB = """def slope(x):
    \"\"\"The slope at x.\"\"\"
    if x > 0:
        # YOUR CODE HERE
        raise NotImplementedError("Write your answer here, then run the cell.")
    # YOUR CODE HERE
    raise NotImplementedError("Write your answer here, then run the cell.")"""
SOURCE = [
    cell(None, "title", "# Slopes", cell_type="markdown"),
    cell("read-only", "imports", "import numpy as np"),
    cell("answer", "slope", ANSWER),
    cell(
        "test",
        "slope-test",
        "assert slope(1) == 2\n" + hidden("assert slope(-1) == 31337"),
        2,
        id="X1",
        hint="No peeking.",
    ),
    cell("answer", "why", "Because of the chain rule.", cell_type="markdown"),
    cell("test", "all-hidden", hidden("assert True"), 1),
    cell(
        None, "explained", "The secret rule, explained at length.", cell_type="markdown", solution_only=True
    ),
]


@pytest.fixture
def folders(tmp_path):
    write(tmp_path / "solutions" / "ch.ipynb", SOURCE)
    return tmp_path / "solutions", tmp_path / "exercises"


def student_cells(folders):
    build(*folders)
    notebook = json.loads((folders[1] / "ch.ipynb").read_text())
    return notebook, {one["id"]: one for one in notebook["cells"]}


def test_solutions_and_hidden_tests_are_replaced_and_the_rest_stays(folders):
    _, cells = student_cells(folders)
    assert list(cells) == ["title", "imports", "slope", "slope-test", "why", "all-hidden"]
    assert cells["slope"]["source"] == STUB
    assert cells["slope-test"]["source"] == "assert slope(1) == 2"
    assert cells["why"]["source"] == "*Write your answer here.*"
    assert cells["all-hidden"]["source"].startswith("# The tests of this exercise run")
    assert cells["title"]["source"] == "# Slopes"


def test_stubs_raise_when_they_are_run(folders):
    _, cells = student_cells(folders)
    namespace = {}
    exec(cells["slope"]["source"], namespace)
    with pytest.raises(NotImplementedError, match="Write your answer here"):
        namespace["slope"](-1)


def test_students_can_neither_delete_nor_edit_a_test_and_do_not_see_the_hint(folders):
    notebook, cells = student_cells(folders)
    test = cells["slope-test"]["metadata"]
    assert test["deletable"] is test["editable"] is False
    assert test["nndl"] == {"id": "X1"}
    assert cells["slope"]["metadata"]["deletable"] is False
    assert "editable" not in cells["slope"]["metadata"]
    assert "No peeking" not in json.dumps(notebook)


def test_outputs_go_and_the_sources_hash_does_not_depend_on_them(folders):
    before, _ = student_cells(folders)
    ran = [{**one, "outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}], "execution_count": 7}
           if one["cell_type"] == "code" else one for one in SOURCE]  # fmt: skip
    write(folders[0] / "ch.ipynb", ran)
    after, cells = student_cells(folders)
    assert after == before
    assert cells["slope"]["outputs"] == []
    assert len(after["metadata"]["nndl"]["sha256"]) == 64
    write(folders[0] / "ch.ipynb", SOURCE[1:])
    assert student_cells(folders)[0]["metadata"]["nndl"]["sha256"] != after["metadata"]["nndl"]["sha256"]


def test_the_student_version_is_a_valid_notebook(folders):
    import nbformat

    (path,) = build(*folders)
    nbformat.validate(nbformat.read(path, as_version=4))


def test_check_names_missing_different_and_extra_files(folders):
    source, out = folders
    assert check(source, out) == ["ch.ipynb is missing."]
    build(source, out)
    assert check(source, out) == []
    (out / "ch.ipynb").write_text((out / "ch.ipynb").read_text().replace("Slopes", "slopes"))
    (out / "data.csv").write_text("1")
    (out / ".ipynb_checkpoints").mkdir()
    (out / ".ipynb_checkpoints" / "ch.ipynb").write_text("{}")
    assert check(source, out) == ["ch.ipynb is not what its source gives.", "data.csv has no source."]


def test_an_answer_repeated_in_the_open_is_a_leak(folders):
    source, out = folders
    open_line = cell(
        None, "oops", "For instance `return other_secret_rule( x )`, or 31,337.", cell_type="markdown"
    )
    write(source / "ch.ipynb", [*SOURCE, open_line])
    with pytest.raises(FormatError, match="other_secret_rule") as caught:
        build(source, out)
    assert "the number 31337 of a stripped line survives" in str(caught.value)
    assert not out.exists()
    shown = {"shown": ["return other_secret_rule(x)", "31337"]}
    write(source / "ch.ipynb", [*SOURCE, open_line], nndl=shown)
    build(source, out)
    assert check(source, out) == []


def test_the_leak_test_lets_idioms_through():
    def text(visible):
        return json.dumps({"cells": [{"source": visible}]})

    assert (
        leaks(
            text("import numpy as np\nfor x, y in data:\n    return x"),
            ["import numpy as np", "for x, y in data:", "return x"],
        )
        == []
    )
    assert leaks(text("784 and 50,000"), ["n = 784 * 50000"]) == []
    assert leaks(text("0.88079"), ["assert abs(a - 0.88079) < tol"]) == [
        "the number 0.88079 of a stripped line survives."
    ]
    assert "marker" in leaks(text("### BEGIN SOLUTION"), [])[0]


def test_leaks_are_found_in_metadata_too():
    text = json.dumps({"cells": [], "metadata": {"note": "return secret_rule(x) + 1"}})
    assert len(leaks(text, ["    return secret_rule(x) + 1"])) == 1


@pytest.mark.parametrize(
    ("cells", "advice"),
    [
        ([cell("answer", "a", "### BEGIN SOLUTION\n1")], "never closed"),
        ([cell("answer", "a", "### END SOLUTION")], "without its partner"),
        ([cell("answer", "a", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION")], "without its partner"),
        ([cell("answer", "a", "x = 1"), cell("answer", "a", "y = 1")], "must be unique"),
        ([cell("test", "t", "assert True")], "needs points"),
        ([cell("test", "t", "assert True", -1)], "needs points"),
        ([cell("test", "t", "text", 1, "markdown")], "Make it code"),
        ([cell("answer", "a", hidden("1"))], "Mark it as one"),
        ([cell("answer", "a", "def f(:")], "not valid Python"),
        ([cell("test", "t", "1", 1, hnit="?")], "has 'hnit'"),
        ([cell("test", "t", "1", 1, handles="Network")], "wrong type"),
        ([cell("test", "t", "1", 1, time_limit=0)], "must be positive"),
        ([cell("read-only", "r", "### BEGIN SOLUTION\n1\n### END SOLUTION")], "not an answer cell"),
    ],
)  # fmt: skip
def test_a_source_against_the_rules_is_refused_with_advice(tmp_path, cells, advice):
    write(tmp_path / "s" / "ch.ipynb", cells)
    with pytest.raises(FormatError, match=advice):
        build(tmp_path / "s", tmp_path / "out")


def test_a_folder_without_sources_is_refused(tmp_path):
    with pytest.raises(FormatError, match="Name the folder with --source"):
        build(tmp_path, tmp_path / "out")


def test_answers_belong_to_the_test_that_follows_unless_they_say_otherwise(tmp_path):
    cells = [
        cell("answer", "far", "a = 1", id="x2"),
        *exercise("x1", "b = 1", "assert b"),
        cell("answer", "near", "c = 1"),
        cell("test", "x2-test", "assert c", 3, id="x2"),
        cell("test", "x2-more", "assert a", 2, id="x2"),
    ]
    found = read_source(write(tmp_path / "ch.ipynb", cells)).exercises
    assert [one.name for one in found["x1"].answers] == ["x1-answer"]
    assert [one.name for one in found["x2"].answers] == ["far", "near"]
    assert found["x2"].points == 5


def test_regions_keep_the_indentation_of_their_marker():
    text, removed = replace_regions(
        "a\n  ### BEGIN SOLUTION\n  b\n  ### END SOLUTION", "SOLUTION", lambda s: [s + "?"]
    )
    assert (text, removed) == ("a\n  ?", ["  b"])


def test_a_cell_without_an_id_or_with_nbgraders_task_is_free():
    assert parse_cell({"cell_type": "markdown", "metadata": {}, "source": ""}).kind == "free"


def test_the_commands_exit_with_0_when_done_and_1_on_drift(folders, capsys):
    source, out = map(str, folders)
    assert main(["exercises", "build", "--source", source, "--out", out]) == 0
    assert main(["exercises", "check", "--source", source, "--out", out]) == 0
    (folders[1] / "ch.ipynb").unlink()
    assert main(["exercises", "check", "--source", source, "--out", out]) == 1
    assert "nndl exercises build" in capsys.readouterr().err
    assert main(["exercises", "build", "--source", str(folders[1]), "--out", out]) == 1
    with pytest.raises(SystemExit) as wrong:
        main(["exercises", "paint"])
    assert wrong.value.code == 2
