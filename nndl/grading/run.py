"""Running the text of one test in the grader, with the student's names bound to proxies."""

import ast
import contextlib
import io
import resource
import signal
import threading
import types
import warnings
from dataclasses import dataclass

import numpy as np

from nndl.grading import explain
from nndl.grading.format import HIDDEN, lines_inside
from nndl.grading.magics import inert
from nndl.grading.proxy import Remote, Stopped
from nndl.grading.session import Dead
from nndl.grading.worker import GRACE

__all__ = ["Outcome", "Plan", "plan_tests", "run_test"]

MAX_MEMORY = 2 << 30  # bytes that the grader may take for one test


@dataclass(frozen=True)
class Plan:
    """A test made ready once per source: what runs before it, and which names are the student's."""

    cell: object
    limit: float
    setup: list
    asked: dict  # name of the student's -> the cell that is to bind it, or None
    tree: ast.Module
    hidden: frozenset

    @property
    def filename(self):
        """The name under which the test's lines appear in tracebacks."""
        return f"<test {self.cell.name}>"


@dataclass(frozen=True)
class Outcome:
    """How one test ended: the share of its points in [0, 1], a status, and a message for the student."""

    share: float
    status: str
    message: str = ""


def plan_tests(source, names, seconds=None):
    """A Plan for every test cell of a source, by the cell's name."""
    plans = {}
    for exercise in source.exercises.values():
        for cell in exercise.tests:
            setup, asked = names.resolve(cell)
            tree, hidden = ast.parse(inert(cell.text)), frozenset(lines_inside(cell.text, HIDDEN))
            limit = source.limit(cell, seconds)
            owners = {name: names.owners.get(name) for name in asked}
            plans[cell.name] = Plan(cell, limit, [one.tree for one in setup], owners, tree, hidden)
    return plans


def run_test(plan, session, seed):
    """Run one test against a session's worker; whatever happens becomes an Outcome."""
    context = explain.Context(plan, session)
    try:
        session.prepare()  # cells have limits of their own
        remote = Remote(session, plan.limit)
        with _alarm(plan.limit + GRACE / 2), _bounded_memory(), _quiet():
            values, context.complaints = remote.names(plan.asked, plan.cell.extra.get("handles", []))
            done, failures = _run_statements(plan, values, seed)
    except (Stopped, Dead) as stopped:
        return Outcome(0.0, stopped.kind, explain.stopped(stopped.kind, plan.limit))
    finally:
        session.end()
    if not failures:
        return Outcome(1.0, "passed")
    status, message = context.explain(failures[0])
    share = done / (done + len(failures)) if plan.cell.extra.get("partial") else 0.0
    return Outcome(share, "partial" if share else status, message)


def _run_statements(plan, values, seed):
    """Run the test -> (statements with asserts that held, errors). Unless partial, the first error ends it."""
    namespace, done, failures = types.ModuleType("__main__").__dict__, 0, []
    namespace.update(values)
    try:
        _execute(plan.setup, f"<before {plan.cell.name}>", namespace)
    except Exception as error:
        return 0, [error]
    namespace.update(seed=seed, rng=np.random.default_rng(seed))
    for statement in plan.tree.body:
        try:
            _execute([statement], plan.filename, namespace)
        except Exception as error:
            failures.append(error)
            if not plan.cell.extra.get("partial"):
                break
        else:
            done += _has_assert(statement)
    return done, failures


def _execute(trees, filename, namespace):
    exec(compile(ast.Module(trees, []), filename, "exec", dont_inherit=True), namespace)


def _has_assert(statement):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return not isinstance(statement, functions) and any(
        isinstance(n, ast.Assert) for n in ast.walk(statement)
    )


@contextlib.contextmanager
def _quiet():
    """Neither prints nor warnings of a test reach anybody; an author sees them in the notebook."""
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _bounded_memory():
    """Keep a test from filling the grader's memory with what a student's number asked for (``np.ones(f())``)."""
    try:
        with open("/proc/self/statm", "rb") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # no such file on this system: no bound
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = now + MAX_MEMORY
    resource.setrlimit(
        resource.RLIMIT_AS, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def _alarm(seconds):
    """End a test that loops in the grader itself, on what the student returned; needs the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_):
        raise Stopped("time limit")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
