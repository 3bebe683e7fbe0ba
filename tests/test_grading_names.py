"""Whose names a test uses, and magics made inert."""

import ast

import pytest
from grading_kit import cell, exercise, write

from nndl.grading.magics import inert
from nndl.grading.names import Names, bound_names
from nndl.grading.source import read_source


def resolved(tmp_path, cells, name):
    source = read_source(write(tmp_path / "ch.ipynb", cells))
    test = next(one for one in source.cells if one.name == name)
    setup, asked = Names(source.cells).resolve(test)
    return [ast.unparse(one.tree) for one in setup], asked


def test_helpers_are_followed_to_the_names_they_need(tmp_path):
    cells = [
        cell(
            "read-only",
            "r",
            "import numpy as np, math\nSCALE = 3\nUNUSED = 4\ndef helper(x): return other(x) * SCALE",
        ),
        cell(None, "free", "def other(x): return np.sin(x) + f(x)"),
        *exercise("x1", "def f(x): return x", "y = helper(1)\nassert f(y) == stray"),
    ]
    setup, asked = resolved(tmp_path, cells, "x1-test")
    assert setup[0] == "import numpy as np, math"
    assert "SCALE = 3" in setup and "UNUSED = 4" not in setup and len(setup) == 4
    assert asked == {"f", "stray"}


def test_imports_of_an_answer_cell_are_the_instructors(tmp_path):
    cells = exercise("x1", "import math\nx = math.pi", "assert math.isclose(x, 3.14159, abs_tol=1e-5)")
    assert resolved(tmp_path, cells, "x1-test") == (["import math"], {"x"})


def test_a_name_that_the_test_binds_first_is_its_own(tmp_path):
    cells = [
        cell("read-only", "r", "x = 5"),
        *exercise(
            "x1",
            "def f(x): return x",
            "x = 1\nassert all(f(v) == v for v in [x])\nk = lambda z: z + late\nlate = 1",
        ),
    ]
    assert resolved(tmp_path, cells, "x1-test") == ([], {"f", "late"})


def test_statements_that_change_a_table_come_with_it(tmp_path):
    cells = [
        cell("read-only", "r", "table = {}\ntable['a'] = 1\ntable.update(b=2)\ntotal = 0"),
        cell("read-only", "s", "total += len(table)"),
        *exercise("x1", "y = 2", "assert total == y"),
    ]
    setup, _ = resolved(tmp_path, cells, "x1-test")
    assert setup == ["table = {}", "table['a'] = 1", "table.update(b=2)", "total = 0", "total += len(table)"]


def test_the_last_cell_above_binds_the_name(tmp_path):
    cells = [
        *exercise("x1", "a = 1", "v = 1\nassert a == v"),
        *exercise("x2", "b = 2", "v = 2\nassert b == v"),
        cell("test", "more", "assert v == b", 1, id="x2"),
        *exercise("x3", "c = 3", "v = 3\nassert c == v"),
    ]
    assert resolved(tmp_path, cells, "more") == (["v = 2"], {"b"})


def test_the_graders_own_names_are_never_the_students(tmp_path):
    cells = exercise("x1", "a = 1", "assert rng.random() < a + seed")
    assert resolved(tmp_path, cells, "x1-test") == ([], {"a"})


def test_bound_names_leave_out_imports_and_survive_nonsense():
    assert bound_names("import os\nx, (y, *z) = 1, (2, 3)\nclass A: pass") == {"x", "y", "z", "A"}
    assert bound_names("def f(:") == frozenset()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if a:\n    !pip install b\nc = 1", "if a:\n    pass\nc = 1"),
        ("files = !ls *.py\nx = %timeit -o y", "files = None\nx = None"),
        ("np.dot?\n?np.dot\nx", "pass\npass\nx"),
        ("%%time\nx = 1", "#%%time\nx = 1"),
        ("%%bash\nrm -rf /", ""),
        ("x = 5 \\\n% 3\ns = '''\n%magic\n'''", "x = 5 \\\n% 3\ns = '''\n%magic\n'''"),
        ("print('no end'", "print('no end'"),
    ],
)
def test_magics_are_inert_and_python_is_left_alone(text, plain):
    assert inert(text) == plain
