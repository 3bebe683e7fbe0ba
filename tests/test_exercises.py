"""The exercises: sources and student versions agree, right answers pass, wrong ones learn why.

``answers/<notebook>.md`` is a catalog of answers. Under ``## X001`` stand headings ``### right: a loop`` and
``### wrong: a tie fires | 1 | "tie"``: the points that the answer keeps, and a word that the message must have. The block
below is either the whole answer (``python``: it replaces all answer cells of the exercise) or a change of the
reference answer (``diff``: each run of ``-`` lines is text that occurs there once, the ``+`` lines replace it).

Exercises do not depend on each other, so one submission carries one answer to each of a notebook's exercises:
the first right ones together, then the second, and so on.
"""

import copy
import json
import os
import re
from collections import namedtuple
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from nndl.experiments import chapter1_hidden100
from nndl.grading import grade, split
from nndl.grading.format import ANSWER, HIDDEN, READ_ONLY, TEST, lines_inside
from nndl.grading.magics import inert
from nndl.grading.notebook import Notebook
from nndl.grading.source import read_sources

ROOT = Path(__file__).parents[1]
SOURCES = read_sources(ROOT / "solutions")
EXERCISES = {
    one.id: (source, one) for source in SOURCES.values() for one in source.exercises.values() if one.tests
}
CHAPTER_1 = [f"X{number:03}" for number in range(1, 23)]

MNIST = os.environ.get("NNDL_DATA")

Answer = namedtuple("Answer", "exercise kind title points word block code")


@pytest.fixture(autouse=True)
def small_digits_only(monkeypatch, tmp_path):
    """Grade on the embedded digits, whatever data this computer has: the catalog's points hold for them."""
    monkeypatch.delenv("NNDL_DATA", raising=False)
    monkeypatch.setenv("NNDL_CACHE", str(tmp_path))


def read_catalog(path):
    """All answers of one file of the catalog, in order."""
    answers, exercise = [], None
    pattern = r'^## (X\d{3})$|^### (right|wrong): ([^|\n]+?)(?: \| ([\d.]+) \| "([^"\n]+)")?\n```(python|diff)\n(.*?)^```$'
    for found in re.finditer(pattern, path.read_text("utf8"), re.MULTILINE | re.DOTALL):
        exercise = found[1] or exercise
        if found[2]:
            answers.append(Answer(exercise, *found.groups()[1:]))
    return answers


CATALOG = {path.stem: read_catalog(path) for path in sorted((ROOT / "tests" / "answers").glob("*.md"))}
ANSWERS = [answer for answers in CATALOG.values() for answer in answers]


def with_answers(source, texts):
    """A submission: the source as students get it, with the answer cells named in ``texts`` filled in."""
    cells = []
    for raw, cell in zip(source.notebook.cells, source.cells):
        text, _ = split.student_cell(cell)
        if text is not None:
            cells.append(copy.deepcopy(raw) | {"source": texts.get(cell.name, text)})
    return Notebook(cells, {"nndl": {"source": source.name, "sha256": source.sha256}})


def reference(exercise):
    """The reference answer: texts of the answer cells by name."""
    return {cell.name: cell.text for cell in exercise.answers if cell.code}


def edits(block):
    """The (old, new) pairs of a diff block."""
    pairs, last = [], "+"
    for line in block.splitlines():
        if line[0] == "-" and last == "+":
            pairs.append(([], []))
        pairs[-1][line[0] == "+"].append(line[1:])
        last = line[0]
    return [("\n".join(old), "\n".join(new)) for old, new in pairs]


def filled_in(answer):
    """The texts of the answer cells for one entry of the catalog."""
    texts = reference(EXERCISES[answer.exercise][1])
    if answer.block == "python":
        return {name: answer.code if number == 0 else "" for number, name in enumerate(texts)}
    for old, new in edits(answer.code):
        places = [name for name, text in texts.items() if old in text]
        assert len(places) == 1 and texts[places[0]].count(old) == 1, (
            f"{answer.title}: {old!r} is not there once"
        )
        texts[places[0]] = texts[places[0]].replace(old, new)
    return texts


@cache
def graded(name, texts):
    """Grade the submission to source ``name`` whose answer cells are ``texts``, pairs of name and text."""
    source = SOURCES[name]
    result = grade.grade(with_answers(source, dict(texts)), source, grade.find_rung())
    return {one.id: one for one in result.exercises}


def rounds():
    """(notebook, answers): one submission each, with at most one answer to every exercise."""
    for stem, answers in CATALOG.items():
        for kind in ("right", "wrong"):
            waiting = [one for one in answers if one.kind == kind]
            number = 0
            while waiting:
                number += 1
                now = {one.exercise: one for one in reversed(waiting)}
                waiting = [one for one in waiting if one is not now[one.exercise]]
                yield pytest.param(stem, list(now.values()), id=f"{stem}-{kind}-{number}")


@pytest.mark.slow
@pytest.mark.parametrize(("stem", "answers"), list(rounds()))
def test_right_answers_get_all_points_and_wrong_ones_a_message_that_names_the_mistake(stem, answers):
    texts = {name: text for answer in answers for name, text in filled_in(answer).items()}
    results = graded(f"{stem}.ipynb", tuple(sorted(texts.items())))
    surprises = []
    for answer in answers:
        got = results[answer.exercise]
        said = " ".join(got.messages)
        wanted = got.max_score if answer.kind == "right" else float(answer.points)
        if got.score != wanted or got.status == "environment" or (answer.word or "") not in said:
            surprises.append(
                f"{answer.exercise} {answer.title}: {got.score:g} points for {wanted:g}; said {said!r}"
            )
    assert not surprises, "\n".join(surprises)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_full_half_and_no_answers_give_all_some_and_no_points(name):
    exercises = [one for one in SOURCES[name].exercises.values() if one.tests]
    for answered in (exercises, exercises[::2], []):
        texts = {cell: text for one in answered for cell, text in reference(one).items()}
        results = graded(name, tuple(sorted(texts.items())))
        for one in exercises:
            got = results[one.id]
            wanted = (one.points, "passed") if one in answered else (0, "no answer")
            assert (got.score, got.status) == wanted, f"{one.id}: {got}"


@pytest.mark.slow
@pytest.mark.skipif(not MNIST, reason="needs MNIST: set NNDL_DATA to a folder with its four files")
@pytest.mark.parametrize("name", ["ch1_3_network.ipynb", "ch1_4_baselines.ipynb"])
def test_the_reference_answers_get_all_points_on_mnist_too(name, monkeypatch):
    monkeypatch.setenv("NNDL_DATA", MNIST)
    source = SOURCES[name]
    texts = {cell: text for one in source.exercises.values() for cell, text in reference(one).items()}
    result = grade.grade(with_answers(source, texts), source, grade.find_rung(), check=False)
    assert result.score == result.max_score, [one for one in result.exercises if one.score < one.max_score]


def test_chapter_1_is_complete():
    assert list(EXERCISES) == CHAPTER_1


def test_exercises_are_what_the_solutions_give_and_nothing_leaks():
    assert split.check(ROOT / "solutions", ROOT / "exercises") == []


@pytest.mark.parametrize("exercise", CHAPTER_1)
def test_the_catalog_has_right_and_wrong_answers_to_every_exercise(exercise):
    kinds = [answer.kind for answer in ANSWERS if answer.exercise == exercise]
    assert kinds.count("right") >= 2 and kinds.count("wrong") >= 4
    wrong = [answer for answer in ANSWERS if answer.exercise == exercise and answer.kind == "wrong"]
    assert all(answer.points and answer.word for answer in wrong)
    assert all(float(answer.points) < EXERCISES[exercise][1].points for answer in wrong)


@pytest.mark.parametrize("exercise", CHAPTER_1)
def test_every_exercise_has_a_task_a_hint_hidden_tests_and_an_explanation(exercise):
    source, one = EXERCISES[exercise]
    cells = {cell.name: cell for cell in source.cells}
    stem = exercise.lower()
    assert re.match(
        rf"## {exercise} · .+\n\n\*{one.points:g} points? · [●○]{{3}} · \d+ minutes\*",
        cells[f"{stem}-text"].text,
    )
    assert (
        "**Your task.**" in cells[f"{stem}-text"].text
        and "<details><summary>A hint" in cells[f"{stem}-text"].text
    )
    assert cells[f"{stem}-explain"].extra["solution_only"]
    assert all(cell.extra["hint"] and lines_inside(cell.text, HIDDEN) for cell in one.tests)
    assert all(
        cell.name.startswith(stem) and raw["id"] == cell.name
        for raw, cell in zip(source.notebook.cells, source.cells)
        if cell in one.tests
    )


@pytest.mark.parametrize("name", SOURCES)
def test_the_title_states_the_points(name):
    source = SOURCES[name]
    stated = int(re.search(r"exercises, (\d+) points", source.cells[0].text)[1])
    assert stated == sum(one.points for one in source.exercises.values())


@pytest.mark.parametrize("name", SOURCES)
def test_the_link_leads_to_a_section_of_the_chapter_and_the_install_line_to_the_repository(name):
    repository = re.search(r'Repository = "https://(.+)"', (ROOT / "pyproject.toml").read_text())[1]
    owner, package = repository.split("/")[1:]
    page, label = re.search(
        rf"\(https://{owner.lower()}\.github\.io/{package}/(book/.+)\.html#(.+?)\)",
        SOURCES[name].cells[0].text,
    ).groups()
    assert f"({label})=" in (ROOT / f"{page}.md").read_text("utf8")
    install = next(cell.text for cell in SOURCES[name].cells if cell.name.endswith("-install"))
    assert f'git+https://{repository}"' in install and 'if "google.colab" in sys.modules:' in install


@pytest.mark.parametrize("name", SOURCES)
def test_a_fresh_notebook_runs_to_its_first_stub_and_says_kindly_what_to_do(name):
    cells = json.loads((ROOT / "exercises" / name).read_text("utf8"))["cells"]
    namespace = {"__name__": "__main__"}
    with pytest.raises(NotImplementedError, match="Write your answer here"):
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(inert("".join(cell["source"])), namespace)
    kinds = {cell.name: cell.kind for cell in SOURCES[name].cells}
    assert kinds[cell["id"]] in (ANSWER, TEST)
    assert any(kind == READ_ONLY for kind in kinds.values())


def test_what_x016_says_about_a_hundred_hidden_neurons_is_in_the_record():
    best = np.array([run["value"] for run in chapter1_hidden100.load()["runs"]])
    assert len(best) == 30 and 0.4 < (best > 0.96).mean() < 0.6
    assert best[best <= 0.96].max() < 0.9


def test_the_gradients_handed_out_with_x015_are_slopes(rng):
    helpers = {"np": np}
    exec(
        next(cell.text for cell in SOURCES["ch1_3_network.ipynb"].cells if cell.name == "x015-setup"), helpers
    )
    weights, biases = helpers["small_net"](rng, [4, 3, 2])
    x, y, nudge = rng.random(4), rng.random(2), 1e-6

    def cost():
        a = x
        for w, b in zip(weights, biases):
            a = 1 / (1 + np.exp(-(w @ a + b)))
        return ((y - a) ** 2).sum() / 2

    nabla_w, nabla_b = helpers["gradients"](weights, biases, x, y)
    for array, nabla in zip(weights + biases, nabla_w + nabla_b):
        for place in np.ndindex(array.shape):
            middle = array[place]
            array[place] = middle + nudge
            above = cost()
            array[place] = middle - nudge
            slope = (above - cost()) / (2 * nudge)
            array[place] = middle
            assert nabla[place] == pytest.approx(slope, rel=1e-6, abs=1e-9)
