"""The worker: runs a student's cells, then forks for every test. Nothing in this process is trusted.

The student's code shares this process, so whatever is said here may be a lie; the grader only takes values from it.
The worker knows neither the tests nor an expected value. It speaks over one socket, whose number is its argument.
"""

import contextlib
import linecache
import os
import shutil
import signal
import socket
import sys
import traceback
import types

from nndl.grading.wire import receive, send

__all__ = ["GRACE", "TimeLimit", "describe", "limited", "main"]

GRACE = 1.0  # seconds between the polite end of the time and the rude one
MAX_MESSAGE = 2_000  # characters of an error that travel


class TimeLimit(BaseException):
    """Raised in the student's code by the alarm; not an Exception, so that ``except Exception`` lets it pass."""


def main(fd):
    """Serve the grader until it hangs up."""
    from nndl.grading.serve import serve  # before the student's code can come between

    os.set_inheritable(fd, False)
    channel = socket.socket(fileno=fd)
    hello, _ = receive(channel)
    for shown, wanted in hello["caches"]:
        for name in os.listdir(shown):
            with contextlib.suppress(OSError):  # a compiler at work renames its files
                shutil.copy(os.path.join(shown, name), wanted)
    _limit(hello)
    _silence()
    namespace = _namespace()
    send(channel, {"ready": True})
    with contextlib.suppress(EOFError):
        while True:
            message, _ = receive(channel)
            if message["op"] == "cell":
                send(channel, run_cell(message, namespace))
            elif message["op"] == "test":
                fork_test(channel, message, namespace, serve)
            # "end" comes here if the test's process was gone already


def run_cell(message, namespace):
    """Run one cell -> {} or {"error": ...}; whatever it raises is described, nothing escapes."""
    name, text = message["name"], message["text"]
    filename = f"<cell {name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    try:
        with limited(message["limit"]):
            exec(compile(text, filename, "exec", dont_inherit=True), namespace)
    except BaseException as error:
        return {"error": describe(error)}
    return {}


def fork_test(channel, message, namespace, serve):
    """Serve one test in a child, and kill it when its time is over; then tell the grader how it ended."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            serve(channel, message, namespace)
        os._exit(0)
    late = []
    signal.signal(signal.SIGALRM, lambda *_: (late.append(True), _kill(pid)))
    signal.setitimer(signal.ITIMER_REAL, message["limit"] + GRACE)
    _, status = os.waitpid(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _kill(pid)  # what the child has left behind in its process group
    send(channel, {"done": status, "late": bool(late)})


@contextlib.contextmanager
def limited(seconds):
    """Raise TimeLimit in the body after so many seconds of wall time."""

    def ring(*_):
        raise TimeLimit

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def describe(error):
    """What happened, for the grader: kind, type, message, and the student's cell and line."""
    kinds = ((TimeLimit, "time limit"), (MemoryError, "memory"), (SystemExit, "exit"))
    kind = next((kind for known, kind in kinds if isinstance(error, known)), "error")
    cell, line = _place(error)
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:
        message = ""
    message = message.encode("utf-8", "replace").decode()
    return {"kind": kind, "type": type(error).__name__[:100], "message": message, "cell": cell, "line": line}


def _place(error):
    """The name of the student's cell and the line in it where the error came up, or two None."""
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell "):
        return error.filename[6:-1], error.lineno
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_code.co_filename.startswith("<cell "):
            return frame.f_code.co_filename[6:-1], line
    return None, None


def _namespace():
    """The student's ``__main__``, with what a notebook would offer: ``display`` and ``get_ipython``."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    module.__dict__.update(display=lambda *args, **kwargs: None, get_ipython=lambda: None)
    return module.__dict__


def _limit(hello):
    """Lower the resource limits and leave the privileges behind; limits a system lacks are skipped."""
    import resource

    for name, value in hello["limits"].items():
        number = getattr(resource, name, None)
        if number is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (value, value))
    if hello["uid"] is not None:
        os.setgroups([])
        os.setresgid(hello["uid"], hello["uid"], hello["uid"])
        os.setresuid(hello["uid"], hello["uid"], hello["uid"])
    os.chdir(hello["folder"])


def _silence():
    """Standard input is empty, output goes nowhere; the tests ask for values, not for prints."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)


def _kill(pid):
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
