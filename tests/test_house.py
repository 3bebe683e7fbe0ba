"""The house stands: floors, file sizes, one list of requirements, one address, words that do not belong."""

import ast
import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nndl

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nndl"

FLOORS = [
    {"require"},
    {"kernels"},
    {"activations", "initializers", "history", "data"},
    {"costs", "penalties", "datasets", "logic", "augment", "schedules"},
    {"layers", "stopping", "checkpoint"},
    {"engines"},
    {"training", "gradcheck", "netfile"},
    {"network", "baselines"},
    {"segmentation", "search", "classic", "ensemble", "optimize", "universality", "plots"},
    {"experiments", "grading"},
    {"widgets"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FREE = {"nndl", "plain", "__init__"}

FILES = sorted(p.relative_to(PACKAGE) for p in PACKAGE.rglob("*.py"))


def room(path):
    """The top-level module that a file of the package belongs to."""
    return path.parts[0].removesuffix(".py")


def imported(tree):
    """The top-level nndl modules that a syntax tree imports, wherever in the file."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "nndl":  # a module, or a public name
            names += [f"nndl.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    rooms = {name.split(".")[1] for name in names if name.startswith("nndl.")}
    return {nndl._WHERE[name].split(".")[1] if name in nndl._WHERE else name for name in rooms}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_module_imports_only_from_the_floors_below(path):
    if room(path) in FREE:
        return
    assert room(path) in FLOOR, (
        f"{path} stands on no floor: give it one in tests/test_house.py and CONTRIBUTING.md."
    )
    tree = ast.parse((PACKAGE / path).read_text())
    modules = imported(tree) - {"__version__"}
    lower = {name for name in modules if name == room(path) or FLOOR.get(name, 99) < FLOOR[room(path)]}
    assert modules <= lower, f"{path}, on floor {FLOOR[room(path)]}, imports {sorted(modules - lower)}."


def test_plain_stands_alone():
    importers = [p for p in FILES if "plain" in imported(ast.parse((PACKAGE / p).read_text()))]
    assert importers == []
    assert len((PACKAGE / "plain.py").read_text().splitlines()) <= 50


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_and_functions_stay_small(path):
    text = (PACKAGE / path).read_text()
    assert len(text.splitlines()) <= 300, f"{path} holds two ideas: split it."
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = node.end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{path}: {node.name} has {length} lines; 40 are the most."


def test_requirements_are_those_of_the_package_and_the_book():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    listed = [
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"
    ]
    nbval = [line for line in extras["test"] if line.startswith("nbval")]
    assert listed == project["dependencies"] + extras["book"] + nbval


def test_requirements_have_lower_bounds_only():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    capped = [line for line in every if re.search(r"<|==|~=", line)]
    assert capped == ["jupyter-book>=1.0.4,<2"], "A cap replaces packages that Colab has loaded."


def test_importing_the_package_waits_for_no_compiler():
    code = (
        "import sys, nndl, nndl.grading; print(sorted({'numba', 'matplotlib', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_resolves_and_says_what_it_is():
    for name in nndl.__all__:
        assert getattr(nndl, name).__doc__, f"nndl.{name} has no docstring."
    with pytest.raises(AttributeError, match="it has .*Network"):
        nndl.Netwrok  # noqa: B018


def test_no_pickle_in_the_package():
    for path in FILES:
        text = (PACKAGE / path).read_text()
        assert not re.search(r"^\s*(import|from) (c?pickle|dill|marshal|shelve)\b", text, re.M), path
        assert "allow_pickle=True" not in text, path


def test_equations_cited_in_the_code_stand_in_the_book():
    book = "".join(p.read_text() for p in (ROOT / "book").rglob("*.md"))
    labels = set(re.findall(r"\$\$ *\((eq-[a-z0-9-]+)\)", book))
    for path in FILES:
        cited = set(re.findall(r"`(eq-[a-z0-9-]+)`", (PACKAGE / path).read_text()))
        assert cited <= labels, f"{path} cites {sorted(cited - labels)}, which no page defines."
