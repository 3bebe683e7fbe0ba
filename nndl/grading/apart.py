"""Running the grader's own work in a child, so that whatever a test's text does to its process, a row is written.

The tests are the instructor's and trusted, but the values they work on are not: ``10 ** answer()`` can keep a processor
busy where no signal handler gets a word in. The child's result comes back as JSON.
"""

import json
import os
import resource
import signal
import warnings

__all__ = ["Died", "apart"]


class Died(RuntimeError):
    """The child ended without a result; ``status`` is what to report of it."""

    def __init__(self, code):
        late = code == -signal.SIGXCPU
        super().__init__("it used up its processor time" if late else f"its process ended with code {code}")
        self.status = "time limit" if late else "crash"


def apart(function, *args, cpu):
    """Call the function in a forked child that may use ``cpu`` seconds of processor time, and return its result.

    The result must be of JSON's types. Raises RuntimeError for what the function raises, and Died if the child ends
    before it has answered.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads: ours only sleep
        pid = os.fork()
    if pid == 0:
        _child(writing, function, args, cpu)
    os.close(writing)
    try:
        with open(reading, "rb") as pipe:
            answer = pipe.read()
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(pid, 0)
    if not answer:
        raise Died(os.waitstatus_to_exitcode(status))
    answer = json.loads(answer)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["value"]


def _child(writing, function, args, cpu):
    code = 1
    try:
        spent = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(spent.ru_utime + spent.ru_stime + cpu) + 1
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
        try:
            answer = json.dumps({"value": function(*args)})
        except Exception as error:
            answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
        with open(writing, "wb") as pipe:
            pipe.write(answer.encode())
        code = 0
    finally:
        os._exit(code)
