"""Why a test failed, in words for the student: what a visible test says in full, and of a hidden one only the hint."""

import ast
import builtins
import traceback

from nndl.grading.isolation import LIMITS

__all__ = ["Context", "cell_error", "clean", "stopped"]

MAX_MESSAGE = 1_500  # characters
_FATAL = ("time limit", "memory", "exit", "crash")
_OWN_INPUTS = "Try your code on more inputs of your own, small and odd ones, too."


def clean(text, length=MAX_MESSAGE):
    """The text without control characters, which could rewrite a terminal, and no longer than ``length``."""
    text = text[:length].encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def stopped(kind, seconds):
    """The sentence for a test that ended without a verdict."""
    memory = LIMITS["RLIMIT_AS"] >> 30
    return {
        "time limit": f"Stopped after {seconds:g} s. Does a loop never end, or could arrays replace a loop?",
        "memory": f"Your code asked for more than {memory} GB of memory. Which array is larger than it must be?",
        "exit": "Your code ended the program (exit, quit, os._exit). Return a value instead.",
        "crash": "The process that ran your code crashed, or stopped answering.",
        "environment": "The grader could not start a worker. This is not your fault: tell your teacher.",
    }.get(kind, "Your code failed before the test could begin.")


def cell_error(name, outcome):
    """One sentence on a cell that raised: the worker's words, cut to size."""
    kind = outcome.get("kind")
    if kind in ("time limit", "memory", "exit", "crash"):
        said = {"time limit": "ran out of time", "memory": "ran out of memory", "exit": "ended the program"}
        return f"The cell {name} {said.get(kind, 'crashed')}."
    line = outcome.get("line")
    where = f", line {line}," if type(line) is int and outcome.get("cell") == name else ""
    said = f"{str(outcome.get('type'))[:100]}: {str(outcome.get('message'))[:500]}"
    return f"The cell {name}{where} stopped with {said}"


class Context:
    """What is known about a test that has run: its plan, the cells' outcomes, the names that did not come."""

    def __init__(self, plan, session):
        self.plan, self.session = plan, session
        self.complaints = {}

    def explain(self, error):
        """The status and the message for the error with which a test ended."""
        lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if self._is_test(frame)]
        hidden = not lines or lines[0] in self.plan.hidden
        if isinstance(error, NameError) and not hasattr(error, "student") and error.name in self.plan.asked:
            return self._missing(error.name)
        if hasattr(error, "student"):
            message = self._students(error, hidden)
        elif isinstance(error, AssertionError):
            message = self._asserted(error, lines, hidden)
        elif not lines:
            message = f"What this test prepares ended with {type(error).__name__}. {self._hint()}"
        elif hidden:
            message = self._hint()
        else:
            said = f"{type(error).__name__}: {error}"
            message = f"{said}, at the line `{self._line(lines)}`. What does your code return there?"
        return "failed", clean(message)

    def _is_test(self, frame):
        return frame.f_code.co_filename == self.plan.filename

    def _missing(self, name):
        """A name that the test needs and the student's code has not given."""
        if name in self.complaints:
            return "failed", clean(self.complaints[name])
        message, status = f"`{name}` is not defined.", "failed"
        for cell, text, _ in self.session.cells:
            outcome = self.session.outcomes.get(cell)
            if isinstance(outcome, dict) and (name in text or cell == self.plan.asked[name]):
                message += f" {cell_error(cell, outcome)}"
                status = outcome.get("kind") if outcome.get("kind") in _FATAL else status
        return status, clean(message)

    def _students(self, error, hidden):
        """An exception in the student's code. In a hidden test its message may hold the hidden inputs."""
        about = error.student
        if about["kind"] == "unsendable":
            said = (
                "Your function returned what is no plain data"
                if hidden
                else f"Your function returned {error}"
            )
            return f"{said}." + (f" {self._hint()}" if hidden else "")
        known = about["type"] if hasattr(builtins, about["type"]) else "an exception of your own"
        where = self._where(about)
        if hidden:
            return f"A hidden test ended with {known} in your code{where}. {self._hint()}"
        return f"{about['type']} in your code{where}: {error}"

    def _where(self, about):
        cells = {name for name, _, _ in self.session.cells}
        line = about["line"]
        known = about["cell"] in cells and type(line) is int and 0 < line < 100_000
        return f" (cell {about['cell']}, line {line})" if known else ""

    def _asserted(self, error, lines, hidden):
        if hidden:
            constant = self._constant_message(lines)
            return constant or self._hint()
        return str(error) or f"This did not hold: `{self._line(lines)}`."

    def _constant_message(self, lines):
        """The message of the failed assert if the author wrote it without data in it."""
        for node in ast.walk(self.plan.tree):
            if isinstance(node, ast.Assert) and lines and node.lineno <= lines[-1] <= node.end_lineno:
                constant = isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str)
                return node.msg.value if constant else None
        return None

    def _hint(self):
        return self.plan.cell.extra.get("hint") or f"A hidden test failed. {_OWN_INPUTS}"

    def _line(self, lines):
        text = self.plan.cell.text.split("\n")
        return text[lines[0] - 1].strip() if lines else "?"
