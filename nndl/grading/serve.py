"""Inside the worker's child: hands the student's names to one test, and calls the student's functions for it.

Runs in a fork of the student's process, so that what one test changes no other sees. Requests are ``call``, ``get``,
``set``, ``item`` and ``len`` on numbered objects; the grader knows an object only by its number.
"""

import os
import time
import types

from nndl.grading.wire import Decoder, Encoder, Unsendable, receive, send
from nndl.grading.worker import TimeLimit, describe, limited

__all__ = ["serve"]

_MUTABLE = (list, tuple, dict, set)  # a tuple may hold a list


class _Callback:
    """A function of the test, as the student's code sees it: calls cross back to the grader."""

    def __init__(self, child, number, name):
        self._child, self._number, self.__name__ = child, number, name

    def __call__(self, *args, **kwargs):
        return self._child.call_back(self._number, args, kwargs)


def serve(channel, message, namespace):
    """Answer requests about this namespace until the grader says ``end`` or hangs up."""
    child = _Child(channel, message, namespace)
    child.offer(message["names"])
    while True:
        request, data = receive(channel)
        if request["op"] == "end":
            return
        child.answer(request, data)


class _Child:
    def __init__(self, channel, message, namespace):
        self.channel, self.namespace = channel, namespace
        self.handles = set(message["handles"])
        self.deadline = time.monotonic() + message["limit"]
        self.objects = []

    def offer(self, names):
        """Send what the test asked for by name: data, callables by number, or why there is nothing."""
        encoder, offered = Encoder(self._refer), {}
        for name in names:
            if name not in self.namespace or isinstance(self.namespace[name], types.ModuleType):
                offered[name] = ["missing"]
                continue
            offered[name] = self._offered(name, self.namespace[name], encoder)
        send(self.channel, {"names": offered}, encoder.blobs)

    def _offered(self, name, value, encoder):
        try:
            return ["value", self._encode_named(value, name, encoder)]
        except Unsendable as error:
            return ["unsendable", str(error)]

    def answer(self, request, data):
        """Carry out one request and send the value, or the error it ended with."""
        try:
            with limited(self.deadline - time.monotonic()):
                reply, blobs = self._carry_out(request, Decoder(data, self._resolve))
                send(self.channel, reply, blobs)
        except TimeLimit as error:
            send(self.channel, {"error": describe(error)})
            os._exit(0)  # a frame may be half read: this child is of no more use
        except Unsendable as error:
            send(self.channel, {"error": {**describe(error), "kind": "unsendable"}})
        except BaseException as error:
            send(self.channel, {"error": describe(error)})

    def _carry_out(self, request, decoder):
        target, encoder = self.objects[request["on"]], Encoder(self._refer)
        if request["op"] == "call":
            return self._call(target, request, decoder, encoder)
        if request["op"] == "get":
            value = self._encode_named(getattr(target, request["name"]), request["name"], encoder)
        elif request["op"] == "item":
            value = encoder.encode(target[decoder.decode(request["key"])])
        elif request["op"] == "len":
            value = encoder.encode(len(target))
        else:
            value = setattr(target, request["name"], decoder.decode(request["value"]))
        return {"value": value}, encoder.blobs

    def _call(self, function, request, decoder, encoder):
        """Call, then report which arguments look different afterwards."""
        args = [decoder.decode(arg) for arg in request["args"]]
        kwargs = {name: decoder.decode(arg) for name, arg in request["kwargs"].items()}
        places = [(n, arg) for n, arg in [*enumerate(args), *kwargs.items()] if _mutable(arg)]
        before = [self._print_of(arg) for _, arg in places]
        result = encoder.encode(function(*args, **kwargs))
        after = [self._print_of(arg) for _, arg in places]
        changed = [place for place, old, new in zip(places, before, after) if old != new]
        return {"value": result, "changed": [[n, encoder.encode(arg)] for n, arg in changed]}, encoder.blobs

    def _print_of(self, value):
        encoder = Encoder(self._refer)
        return encoder.encode(value), [blob.tobytes() for blob in encoder.blobs]

    def call_back(self, number, args, kwargs):
        """Call a function of the test; what it raises there is raised here."""
        encoder = Encoder(self._refer)
        args = [encoder.encode(arg) for arg in args]
        kwargs = {str(name): encoder.encode(arg) for name, arg in kwargs.items()}
        send(self.channel, {"callback": number, "args": args, "kwargs": kwargs}, encoder.blobs)
        reply, data = receive(self.channel)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return Decoder(data, self._resolve).decode(reply["value"])

    def _encode_named(self, value, name, encoder):
        """Encode what a name or an attribute stands for; here, unlike in results, callables are welcome."""
        if callable(value) and not self._opted_in(value):
            return ["call", self._number(value), name]
        return encoder.encode(value)

    def _refer(self, value):
        if isinstance(value, _Callback):
            return ["back", value._number]
        return ["handle", self._number(value), type(value).__name__] if self._opted_in(value) else None

    def _resolve(self, tag, number, name=""):
        return _Callback(self, number, name) if tag == "callback" else self.objects[number]

    def _opted_in(self, value):
        return any(kind.__name__ in self.handles for kind in type(value).__mro__)

    def _number(self, value):
        for number, known in enumerate(self.objects):
            if known is value:
                return number
        self.objects.append(value)
        return len(self.objects) - 1


def _mutable(value):
    return isinstance(value, _MUTABLE) or (hasattr(value, "flags") and value.flags.writeable)
