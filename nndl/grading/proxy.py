"""The student's names as a test sees them: copies of data, and callables and handles that act from afar.

Everything here runs in the grader. A proxy never asks the object behind it for ``==``, ``bool`` or its representation,
so an object cannot lie about them.
"""

import builtins
import time

import numpy as np

from nndl.grading.session import Dead, death
from nndl.grading.wire import Decoder, Encoder, WireError
from nndl.grading.worker import GRACE

__all__ = ["Handle", "Remote", "Stopped", "StudentError", "StudentFunction"]


class Stopped(BaseException):
    """The test cannot go on; ``kind`` is the status to report. Not an Exception: a test must not swallow it."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class StudentError(Exception):
    """An exception in the student's code whose type is not one of Python's own."""


class StudentFunction:
    """A function or class of the student's, called from afar."""

    def __init__(self, remote, number, name):
        self._remote, self._number = remote, number
        self.__name__ = name

    def __call__(self, *args, **kwargs):
        """Call it with copies of the arguments; what it changes in place is changed in the originals."""
        return self._remote.call(self, args, kwargs)

    def __repr__(self):
        return f"<{self.__name__} of the submission>"


class Handle:
    """An object of the student's of a class that the test opted into."""

    def __init__(self, remote, number, name):
        vars(self).update(_remote=remote, _number=number, _name=name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._remote.request({"op": "get", "on": self._number, "name": name})

    def __setattr__(self, name, value):
        self._remote.request({"op": "set", "on": self._number, "name": name}, value=value)

    def __getitem__(self, key):
        return self._remote.request({"op": "item", "on": self._number}, key=key)

    def __len__(self):
        length = self._remote.request({"op": "len", "on": self._number})
        return length if type(length) is int and length >= 0 else 0

    def __bool__(self):
        return True

    def __call__(self, *args, **kwargs):
        """Call the object, as a StudentFunction is called."""
        return self._remote.call(self, args, kwargs)

    def __repr__(self):
        return f"<{self._name} of the submission>"


class Remote:
    """One test's line to the worker: requests, replies, and calls back into the test in between.

    Raises what the student's code raised, as the built-in exception of that name with an attribute ``student``
    (a dict: kind, cell, line), and Stopped where there is no going on.
    """

    def __init__(self, session, limit):
        self.session, self.limit = session, limit
        self.deadline = time.monotonic() + limit + GRACE
        self._passed = []  # the test's own functions, by number
        self._raised = None  # what the last of them raised

    def names(self, names, handles):
        """The student's values -> (dict of values, dict of complaints about the others)."""
        try:
            offered, data = self.session.begin(names, sorted(handles), self.limit)
        except Dead as dead:
            raise Stopped(dead.kind) from None
        values, complaints, decoder = {}, {}, Decoder(data, self._resolve)
        for name in names:
            kind, *rest = _pair(offered.get(name))
            if kind == "value":
                values[name] = _guarded(decoder.decode, *rest)
            elif kind == "unsendable":
                complaints[name] = f"`{name}` is {str(rest[0])[:500]}."
        return values, complaints

    def call(self, function, args, kwargs):
        """Call a StudentFunction or Handle, and carry its in-place changes over to the arguments."""
        encoder = Encoder(self._refer)
        request = {
            "op": "call",
            "on": vars(function)["_number"],
            "args": [encoder.encode(arg) for arg in args],
            "kwargs": {name: encoder.encode(arg) for name, arg in kwargs.items()},
        }
        reply, decoder = self._exchange(request, encoder.blobs)
        changed = reply.get("changed", [])
        _guarded(lambda: [self._write_back(args, kwargs, n, decoder.decode(new)) for n, new in changed])
        return _guarded(decoder.decode, reply.get("value"))

    def request(self, request, **values):
        """Any other request; ``values`` are encoded into it."""
        encoder = Encoder(self._refer)
        request |= {name: encoder.encode(value) for name, value in values.items()}
        reply, decoder = self._exchange(request, encoder.blobs)
        return _guarded(decoder.decode, reply.get("value"))

    def _exchange(self, request, blobs):
        try:
            self.session.send(request, blobs)
            while True:
                reply, data = self.session.receive(self.limit)
                if time.monotonic() > self.deadline:
                    raise Stopped("time limit")
                if "callback" not in reply:
                    break
                self._call_back(reply, data)
        except Dead as dead:
            raise Stopped(dead.kind) from None
        if "done" in reply:
            raise Stopped(death(reply))
        if "error" in reply:
            self._raise(reply["error"])
        return reply, Decoder(data, self._resolve)

    def _call_back(self, message, data):
        """Run one of the test's own functions for the student's code."""
        number, decoder, encoder = message["callback"], Decoder(data, self._resolve), Encoder(self._refer)
        args, kwargs = message.get("args"), message.get("kwargs")
        function = _guarded(lambda: self._passed[number])
        args = _guarded(lambda: [decoder.decode(arg) for arg in args])
        kwargs = _guarded(lambda: {str(name): decoder.decode(arg) for name, arg in kwargs.items()})
        try:
            reply = {"value": encoder.encode(function(*args, **kwargs))}
        except Exception as error:
            self._raised = error
            reply = {"error": f"the function that was passed in raised {type(error).__name__}"}
            encoder = Encoder()
        self.session.send(reply, encoder.blobs)

    def _raise(self, error):
        """Raise in the test what the student's code raised; the worker's description is not trusted."""
        error = error if isinstance(error, dict) else {}
        kind, name = error.get("kind"), str(error.get("type"))
        message = str(error.get("message"))[:2000]
        if kind in ("time limit", "memory", "exit"):
            raise Stopped(kind)
        if name == "RuntimeError" and self._raised and message.startswith("the function that was passed in"):
            raise self._raised
        raised = _exception(name, message)
        raised.student = {"kind": kind, "type": name, "cell": error.get("cell"), "line": error.get("line")}
        raise raised

    def _refer(self, value):
        """How the test's arguments cross that are no data: the student's own things, and functions."""
        if isinstance(value, (StudentFunction, Handle)):
            return ["ref", vars(value)["_number"]]
        if not callable(value):
            return None
        self._passed.append(value)
        return ["callback", len(self._passed) - 1, str(getattr(value, "__name__", "function"))]

    def _resolve(self, tag, number, name=""):
        if tag == "back":
            return self._passed[number]
        kinds = {"call": StudentFunction, "handle": Handle}
        if tag not in kinds or type(number) is not int:
            raise WireError(f"an unknown tag {str(tag)[:20]!r}")
        return kinds[tag](self, number, str(name)[:100])

    def _write_back(self, args, kwargs, place, new):
        write_back(args[place] if isinstance(place, int) else kwargs[place], new)


def write_back(old, new):
    """Make ``old`` equal to ``new`` in place, as deep as the two are alike, so that views and aliases live on."""
    if type(old) is not type(new):
        return
    if isinstance(old, np.ndarray):
        if old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
            old[...] = new
    elif isinstance(old, (list, tuple)):
        _write_back_items(old, new)
    elif isinstance(old, dict):
        kept = {key: _merged(old[key], value) if key in old else value for key, value in new.items()}
        old.clear()
        old.update(kept)
    elif isinstance(old, set):
        old.clear()
        old.update(new)


def _write_back_items(old, new):
    merged = [_merged(a, b) for a, b in zip(old, new)] + list(new[len(old) :])
    if isinstance(old, list):
        old[:] = merged


def _merged(old, new):
    """The old object brought up to date where that is possible, else the new one."""
    alike = type(old) is type(new) and isinstance(old, (np.ndarray, list, dict, set, tuple))
    if alike and not (isinstance(old, np.ndarray) and (old.shape != new.shape or old.dtype != new.dtype)):
        write_back(old, new)
        return old if not isinstance(old, tuple) else new
    return new


def _exception(name, message):
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except TypeError:  # UnicodeDecodeError and its like want more than a message
            return StudentError(f"{name}: {message}")
    return StudentError(f"{name}: {message}")


def _pair(value):
    return value if isinstance(value, list) and value and isinstance(value[0], str) else ["missing"]


def _guarded(function, *args):
    """Call it; what the worker has sent amiss ends the test instead of looking like a mistake in the test."""
    try:
        return function(*args)
    except (WireError, TypeError, ValueError, LookupError, AttributeError):
        raise Stopped("crash") from None
