"""The grader's end of a worker: start it, run the cells, lend it to one test at a time, start it again if it dies."""

import contextlib
import math
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from nndl.grading import isolation
from nndl.grading.wire import WireError, receive, send
from nndl.grading.worker import GRACE

__all__ = ["Dead", "Session", "death"]

START_SECONDS = 20.0
MAX_STARTS = 8  # each cell that kills the worker costs one more


class Dead(Exception):
    """The worker hung up, talked nonsense or did not answer in time; ``kind`` is the status to report."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


def death(message):
    """The kind of end behind the worker's report that a test's process is gone."""
    status = message.get("done")
    if message.get("late") is True or (type(status) is int and status & 0x7F == signal.SIGXCPU):
        return "time limit"
    return "exit" if type(status) is int and status & 0x7F == 0 else "crash"


class Session:
    """One submission's worker. Use as a context manager; ``outcomes`` says how each cell ended.

    Parameters
    ----------
    cells : list of (name, text, seconds)
        The student's code in order. A cell that kills the worker or makes it hang is left out when
        the cells are run again, so that it costs its own exercise only.
    rung : str
        Of the isolation ladder.
    hidden : sequence of path
        Folders that the worker must not see.
    budget : float
        Seconds for all cells together; those that come later are not run.
    """

    def __init__(self, cells, rung, hidden=(), budget=math.inf):
        self.cells, self.rung, self.hidden, self.budget = cells, rung, tuple(hidden), budget
        self.outcomes = {}
        self.starts = 0
        self.process = self.channel = self.folder = None
        self._fatal = set()
        self._testing = False  # a process of the worker's serves a test

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def prepare(self):
        """A live worker that has run the cells; raises Dead if none can be had."""
        while self.process is None:
            self._start()
            self._stop_cells = time.monotonic() + self.budget
            for index, cell in enumerate(self.cells):
                if index not in self._fatal and not self._run(index, *cell):
                    break

    def begin(self, names, handles, limit):
        """Start one test of ``limit`` seconds; returns what the names stand for, still encoded, and the data."""
        self.prepare()  # nothing to do where the caller has done so
        self._send({"op": "test", "names": sorted(names), "handles": handles, "limit": limit})
        self._testing = True
        message, data = self.receive(limit)
        offered = message.get("names")
        if not isinstance(offered, dict):
            self.stop()
            raise Dead(death(message))
        return offered, data

    def end(self):
        """End the test: the worker confirms that its child is gone, or is stopped itself."""
        if self.process is None or not self._testing:
            return
        try:
            self._send({"op": "end"})
            for _ in range(3):  # a reply that nobody waited for may come first
                self.receive(2 * GRACE)
                if not self._testing:
                    return
            self.stop()
        except Dead:
            self.stop()

    def send(self, message, blobs=()):
        """Send a request to the test's process."""
        self._send(message, blobs)

    def receive(self, seconds):
        """The next message and its data; raises Dead, and stops the worker, if none comes."""
        try:
            message, data = receive(self.channel, time.monotonic() + seconds + GRACE)
        except TimeoutError:
            kind = "time limit"
        except (EOFError, OSError):
            kind = self._left()
        except WireError:
            kind = "crash"
        else:
            if isinstance(message, dict):
                self._testing = self._testing and "done" not in message
                return message, data
            kind = "crash"
        self.stop()
        raise Dead(kind)

    def stop(self):
        """Kill the worker and everything it started that can be reached, and remove its folder."""
        if self.process is not None:
            for kill in (lambda: os.killpg(self.process.pid, signal.SIGKILL), self.process.kill):
                with contextlib.suppress(OSError):
                    kill()
            self.process.wait()
            self.channel.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        self.process = self.channel = self.folder = None
        self._testing = False

    def _start(self):
        if self.starts == MAX_STARTS:
            raise Dead("crash")
        self.starts += 1
        self.folder = tempfile.mkdtemp(prefix="nndl-grade-")
        mentions = any("nndl" in text for _, text, _ in self.cells)
        room = isolation.Room(self.rung, self.folder, self.hidden, mentions)
        if room.uid is not None:
            os.chown(self.folder, room.uid, room.uid)
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = _popen(room, theirs.fileno())
        caches = isolation.kernel_caches(room)
        self._send({"limits": isolation.LIMITS, "uid": room.uid, "folder": room.inside, "caches": caches})
        try:
            ready = "ready" in self.receive(START_SECONDS)[0]
        except Dead:
            ready = False
        if not ready:
            self.stop()
            raise Dead("environment")

    def _run(self, index, name, text, seconds):
        """Run one cell; False if it took the worker with it."""
        seconds = min(seconds, self._stop_cells - time.monotonic())
        if seconds <= 0:
            self.outcomes[name] = {"kind": "time limit"}
            return True
        try:
            self._send({"op": "cell", "name": name, "text": text, "limit": seconds})
            self.outcomes[name] = self.receive(seconds)[0].get("error")
        except Dead as dead:
            self.outcomes[name] = {"kind": dead.kind}
            self._fatal.add(index)
            return False
        return True

    def _left(self):
        """How the worker hung up: by leaving, with a code of its own, or by crashing."""
        try:
            code = self.process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            return "crash"
        return "exit" if 0 <= code < 128 else "crash"

    def _send(self, message, blobs=()):
        try:
            send(self.channel, message, blobs)
        except OSError:
            self.stop()
            raise Dead("crash") from None


def _popen(room, fd):
    arguments, inherited = isolation.command(room, fd)
    try:
        return subprocess.Popen(
            arguments,
            env=isolation.environment(room),
            pass_fds=(fd, *inherited),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        for extra in inherited:
            os.close(extra)
