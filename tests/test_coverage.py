"""Every line of the contract is answered for by something that exists, or is named as still to come."""

import ast
import csv
import importlib
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EQUATIONS = (21, 27, 58, 10, 12, 14, 9)  # in each chapter, and those that go with the survey
CONTRACT = {
    "S": [f"S{i:03}" for i in range(1, 177)],
    "N": [f"N{i:03}" for i in range(1, 152)],
    "Q": [f"Q{chapter}.{i}" for chapter, n in enumerate(EQUATIONS, 1) for i in range(1, n + 1)],
    "X": [f"X{i:03}" for i in range(1, 174)],
}
# A line leaves this list when what the contract asks of it exists; code alone is not enough where it asks for a
# figure, a notebook or an experiment as well.
TO_COME = {
    "S": "S031-S033 S036 S041 S045 S056 S059 S061-S066 S069 S071 S075-S076 S078 S080 S083 S085-S086 S093 S098 "
    "S104-S107 S110-S113 S126-S140 S146-S147 S149-S176",
    "N": "N026-N028 N031 N033-N121 N138-N151",
    "Q": "Q2.1-Q7.9",
    "X": "X023-X173",
}
with (ROOT / "book" / "coverage.csv").open(encoding="utf8", newline="") as file:
    CLAIMS = list(csv.DictReader(file))
PLACES = [(claim["id"], place) for claim in CLAIMS for place in claim["where"].split()]


@cache
def labels(page):
    """Everything on a page that can be referred to: sections, figures, equations, exercises."""
    text = (ROOT / page).read_text("utf8")
    kinds = r"^\(([\w-]+)\)=$", r"^ *(?:name: |:name: |:label: )([\w-]+)$", r"\$\$ *\(([\w-]+)\)"
    return {label for kind in kinds for label in re.findall(kind, text, re.M)}


@cache
def functions(file):
    tree = ast.parse((ROOT / file).read_text("utf8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@cache
def exercises(file):
    """The exercise ids of a notebook, as its test cells carry them."""
    cells = json.loads((ROOT / file).read_text("utf8"))["cells"]
    return {cell["metadata"].get("nndl", {}).get("id") for cell in cells}


def answers(claim, place):
    """Whether a place answers for a claim: it exists and, where it names the ids it serves, serves this one."""
    if match := re.fullmatch(r"(book/.+\.md)#([\w-]+)", place):
        page, label = match.groups()
        return (ROOT / page).exists() and label in labels(page)
    if match := re.fullmatch(r"(tests/.+\.py)::(test_\w+)", place):
        file, function = match.groups()
        return (ROOT / file).exists() and function in functions(file)
    if match := re.fullmatch(r"(solutions/.+\.ipynb)#(X\d+)", place):
        file, exercise = match.groups()
        return (ROOT / file).exists() and exercise == claim and exercise in exercises(file)
    if re.fullmatch(r"nndl/experiments/results/\w+\.json", place):
        return (ROOT / place).exists() and claim in json.loads((ROOT / place).read_text("utf8"))["ids"]
    if match := re.fullmatch(r"(nndl(?:\.\w+)*):([\w.]+)", place):
        return resolves(*match.groups())
    return False


def resolves(module, name):
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize(("claim", "place"), PLACES, ids=lambda value: value)
def test_a_claim_has_something_behind_it(claim, place):
    assert answers(claim, place), f"{claim}: {place} does not exist or does not serve {claim}."


def to_come(kind):
    """The ids of this kind that nothing answers for yet."""
    ids = CONTRACT[kind]
    for span in TO_COME[kind].split():
        first, _, last = span.partition("-")
        yield from ids[ids.index(first) : ids.index(last or first) + 1]


@pytest.mark.parametrize("kind", CONTRACT)
def test_every_id_of_the_contract_is_claimed_once_and_in_order_or_still_to_come(kind):
    missing = set(to_come(kind))
    assert [claim["id"] for claim in CLAIMS if claim["kind"] == kind] == [
        i for i in CONTRACT[kind] if i not in missing
    ]


def test_every_claim_is_complete_and_of_a_known_kind():
    for claim in CLAIMS:
        assert claim["kind"] == claim["id"][0] and claim["kind"] in CONTRACT
        assert claim["title"].strip() and claim["where"].strip(), claim["id"]


def test_equations_are_in_the_book_and_exercises_in_the_notebooks():
    for claim in CLAIMS:
        if claim["kind"] == "Q":
            assert re.search(r"book/chapters/\S+\.md#eq-", claim["where"]), claim["id"]
        if claim["kind"] == "X":
            assert claim["where"].startswith("solutions/"), claim["id"]


@pytest.mark.parametrize(
    "place",
    [
        "book/chapters/no_such_page.md#eq-perceptron",
        "book/intro.md#no-such-label",
        "tests/test_coverage.py::test_that_is_not_there",
        "nndl.network:Netwrok",
        "nndl.no_such_module:Network",
        "solutions/no_such_notebook.ipynb#X001",
        "nndl/experiments/results/no_such_record.json",
        "README.md",
    ],
)
def test_a_claim_with_nothing_behind_it_is_refused(place):
    assert not answers("X001", place)
