"""Grading one submission: a pure function of the source, the submission and the rung of isolation."""

import functools
import hashlib
import time
from dataclasses import asdict, dataclass

from nndl.grading.apart import Died, apart
from nndl.grading.isolation import LADDER, rungs
from nndl.grading.names import Names
from nndl.grading.proxy import Remote, Stopped
from nndl.grading.run import Outcome, plan_tests, run_test
from nndl.grading.session import Dead, Session
from nndl.grading.submission import answered, budget, code_cells

__all__ = [
    "ExerciseResult",
    "NoIsolation",
    "Result",
    "cpu_limit",
    "find_rung",
    "grade",
    "grade_apart",
    "unreadable",
]

_WORST = ("environment", "time limit", "memory", "exit", "crash", "failed")


_SLACK = 20.0  # seconds of the grader's own
_KNOWN = """
import os
import numpy

def double(x):
    return int(numpy.full(1, x).sum()) * 2

def notebooks(folders):
    names = [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    return [name for name in names if name.endswith(".ipynb")]
"""


class NoIsolation(RuntimeError):
    """No rung of the ladder that is strict enough works on this machine."""


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise of one submission; status is one of ``format.STATUSES``, messages are for the student."""

    id: str
    score: float
    max_score: float
    status: str
    messages: tuple = ()


@dataclass(frozen=True)
class Result:
    """One submission: its exercises, or the reason why there are none to grade."""

    source: str
    source_sha256: str
    submission_sha256: str
    isolation: str
    seconds: float
    exercises: tuple
    notes: tuple = ()

    @property
    def score(self):
        """Points of all exercises together."""
        return sum(exercise.score for exercise in self.exercises)

    @property
    def max_score(self):
        """Points that there were to get."""
        return sum(exercise.max_score for exercise in self.exercises)

    def as_dict(self):
        """The result in JSON's types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored):
        """The result that ``as_dict`` was made from; raises TypeError or KeyError if it was none."""
        exercises = (
            ExerciseResult(**{**one, "messages": tuple(one["messages"])}) for one in stored["exercises"]
        )
        return cls(**{**stored, "exercises": tuple(exercises), "notes": tuple(stored["notes"])})

    @property
    def failed(self):
        """True if an exercise could not be graded for a reason that is not the student's."""
        return any(exercise.status == "environment" for exercise in self.exercises)


def grade(notebook, source, rung, seconds=None, hidden=(), check=True):
    """Grade a submission against its source.

    Parameters
    ----------
    notebook : Notebook
        The submission, already read within limits.
    source : Source
        The exercises, with their tests.
    rung : str
        Of the isolation ladder, as ``find_rung`` gives it.
    seconds : float, optional
        Time limit for cells and tests that have none of their own.
    hidden : sequence of path
        Folders that the student's code must not see.
    check : bool
        Grade the source's own answers first (once per process), and report what they fail as "environment"
        rather than as the student's failure.
    """
    broken = _broken(_Key(source), rung, seconds, tuple(hidden)) if check else {}
    began = time.perf_counter()
    touched = answered(notebook, source)
    outcomes = _run(notebook, source, touched, rung, seconds, hidden)
    exercises = tuple(_exercise(one, outcomes, broken, touched) for one in source.exercises.values())
    made_from = notebook.metadata.get("nndl")
    hashes = {notebook.sha256, made_from.get("sha256") if isinstance(made_from, dict) else None}
    known = source.sha256 in hashes
    notes = () if known else ("Made from another version of the exercises, or its metadata are gone.",)
    spent = time.perf_counter() - began
    return Result(source.name, source.sha256, notebook.sha256, rung, spent, exercises, notes)


def grade_apart(notebook, source, rung, seconds=None, hidden=(), check=True):
    """What ``grade`` does, in a child of its own; raises Died if the tests bring that down.

    What is the same for all submissions of a source is done here first, once.
    """
    _plans(_Key(source), seconds)
    if check:
        _broken(_Key(source), rung, seconds, tuple(hidden))
    arguments = notebook, source, rung, seconds, hidden, check
    return Result.from_dict(apart(_graded, arguments, cpu=cpu_limit(source, seconds)))


def _graded(arguments):
    return grade(*arguments).as_dict()


def unreadable(reason, rung="", source=None, status="unreadable"):
    """The Result of a submission that cannot be graded: no points, and the reason on every exercise there is."""
    found = source.exercises.values() if source else ()
    exercises = tuple(ExerciseResult(one.id, 0.0, one.points, status, (reason,)) for one in found)
    exercises = exercises or (ExerciseResult("", 0.0, 0.0, status, (reason,)),)
    name, sha256 = (source.name, source.sha256) if source else ("", "")
    return Result(name, sha256, "", rung, 0.0, exercises, (reason,))


@functools.lru_cache
def find_rung(require=None, hidden=()):
    """The strictest rung that works here, tried with a notebook whose answer is known.

    Raises NoIsolation if none does, or none that is at least as strict as ``require``.
    """
    allowed = LADDER[: LADDER.index(require) + 1] if require else LADDER
    for rung in rungs():
        if rung in allowed and _works(rung, hidden):
            return rung
    wanted = f"{require!r} or stricter" if require else "any rung"
    raise NoIsolation(
        f"Isolation: wanted {wanted}, but no such worker gives a right answer here. "
        "Install bubblewrap (package bubblewrap) and allow user namespaces, or ask for a lower --require."
    )


def _works(rung, hidden):
    """True if a known answer comes back right and, under bubblewrap, the hidden folders are out of sight."""
    try:
        with Session([("known", _KNOWN, 10.0)], rung, hidden) as session:
            remote = Remote(session, 10.0)
            values, _ = remote.names({"double", "notebooks"}, [])
            doubled, seen = values["double"](21), values["notebooks"]([str(path) for path in hidden])
            session.end()
            return doubled == 42 and not (rung == "bubblewrap" and seen)
    except (Stopped, Dead, KeyError, OSError):
        return False


def _run(notebook, source, touched, rung, seconds, hidden):
    """An Outcome for every test of the exercises that have an answer, by the test's name."""
    plans = _plans(_Key(source), seconds)
    todo = [cell for one in source.exercises.values() if one.id in touched for cell in one.tests]
    outcomes = {}
    if not todo:
        return outcomes
    with Session(code_cells(notebook, source, seconds), rung, hidden, budget(source, seconds)) as session:
        for cell in todo:
            outcomes[cell.name] = run_test(plans[cell.name], session, _seed(source, notebook, cell))
    return outcomes


def _exercise(exercise, outcomes, broken, touched):
    if not exercise.tests:
        return ExerciseResult(exercise.id, 0.0, 0.0, "manual", ("Read by a person.",))
    if exercise.id not in touched:
        message = "No answer yet: the cell is as it was handed out."
        return ExerciseResult(exercise.id, 0.0, exercise.points, "no answer", (message,))
    score, statuses, messages = 0.0, [], []
    for cell in exercise.tests:
        outcome = outcomes[cell.name]
        if outcome.status != "passed" and cell.name in broken:
            message = f"The exercise's own answer fails this test here, too ({cell.name}). Tell your teacher."
            outcome = Outcome(0.0, "environment", f"{message} {broken[cell.name]}")
        score += outcome.share * cell.points
        statuses.append(outcome.status)
        if outcome.message and outcome.message not in messages:
            messages.append(outcome.message)
    status = _status(statuses, score)
    return ExerciseResult(exercise.id, round(score, 4), exercise.points, status, tuple(messages))


def _status(statuses, score):
    if set(statuses) == {"passed"}:
        return "passed"
    if "environment" in statuses:
        return "environment"
    return "partial" if score else next(status for status in _WORST if status in statuses)


def _seed(source, notebook, cell):
    """The seed of one test for one submission: nobody can foresee it who has not got the source."""
    text = f"{source.sha256} {notebook.sha256} {cell.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


@dataclass(frozen=True)
class _Key:
    """A source as a key of a cache: equal if the hash is."""

    source: object

    def __eq__(self, other):
        return self.source.sha256 == other.source.sha256 and self.source.name == other.source.name

    def __hash__(self):
        return hash((self.source.sha256, self.source.name))


@functools.lru_cache
def _plans(key, seconds):
    return plan_tests(key.source, Names(key.source.cells), seconds)


@functools.lru_cache
def _broken(key, rung, seconds, hidden):
    """What the source's own answers fail here: the test's name and the reason."""
    source = key.source
    try:
        return apart(_failures, source, rung, seconds, hidden, cpu=cpu_limit(source, seconds))
    except Died as died:
        names = [cell.name for one in source.exercises.values() for cell in one.tests]
        return dict.fromkeys(names, f"The source's own tests could not be run: {died}.")


def _failures(source, rung, seconds, hidden):
    outcomes = _run(source.notebook, source, set(source.exercises), rung, seconds, hidden)
    return {name: outcome.message for name, outcome in outcomes.items() if outcome.status != "passed"}


def cpu_limit(source, seconds=None):
    """Processor seconds that the tests of a source may take in the grader itself."""
    return _SLACK + sum(
        source.limit(cell, seconds) for one in source.exercises.values() for cell in one.tests
    )
