"""Frames between grader and worker: JSON of a closed list of types, arrays as bytes behind it. Never pickle.

A frame is two lengths (4 bytes of JSON, 4 bytes of array data, big-endian), the JSON, the data. Scalars are themselves;
everything else is ``[tag, ...]``. Both ends use this module, and neither trusts the other: lengths are checked before
memory is taken, dtypes come from a list, and whatever is malformed raises WireError.
"""

import json
import struct
import time

import numpy as np

__all__ = ["MAX_FRAME", "MAX_TEXT", "Decoder", "Encoder", "Unsendable", "WireError", "receive", "send"]

MAX_FRAME = 32_000_000  # bytes of arrays
MAX_TEXT = 8_000_000  # bytes of JSON; as objects they take up many times that
MAX_DEPTH = 40
MAX_ITEMS = 500_000  # of all containers in a value together
MAX_BITS = 10_000  # of an integer
DTYPES = frozenset(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    + ["float16", "float32", "float64", "complex64", "complex128"]
)
_HEADER = struct.Struct(">II")


class WireError(Exception):
    """The other end sent something that is no frame of ours."""


class Unsendable(TypeError):
    """The value is not of a type that crosses; the message says what would."""


def send(channel, message, blobs=()):
    """Send one message (already encoded, JSON's own types) and its array data over a socket."""
    text = json.dumps(message, separators=(",", ":")).encode()
    size = sum(blob.nbytes for blob in blobs)
    if len(text) > MAX_TEXT or size > MAX_FRAME:
        raise Unsendable(
            f"more than {MAX_TEXT // 1_000_000} MB of text or {MAX_FRAME // 1_000_000} MB of arrays"
        )
    channel.sendall(b"".join([_HEADER.pack(len(text), size), text, *(blob.tobytes() for blob in blobs)]))


def receive(channel, deadline=None):
    """Receive one frame -> (message, array data).

    Raises EOFError where the other end is gone, WireError for nonsense, and TimeoutError where the whole frame is not
    there at ``deadline`` (of time.monotonic), however slowly it drips.
    """
    n_text, n_data = _HEADER.unpack(_exactly(channel, _HEADER.size, deadline))
    if n_text > MAX_TEXT or n_data > MAX_FRAME:
        raise WireError("a frame beyond the limit")
    text, data = _exactly(channel, n_text, deadline), _exactly(channel, n_data, deadline)
    try:
        return json.loads(text.decode()), data
    except (ValueError, RecursionError) as error:
        raise WireError(f"a frame that is not JSON: {error}") from None


def _exactly(channel, n, deadline):
    parts, missing = [], n
    while missing:
        if deadline is not None:
            channel.settimeout(max(deadline - time.monotonic(), 0.001))
        part = channel.recv(min(missing, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


class Encoder:
    """Turns values into JSON's types; ``blobs`` collects the arrays. ``other(value)`` may encode further types."""

    def __init__(self, other=None):
        self.blobs = []
        self.other = other
        self._offset = self._items = 0

    def encode(self, value, depth=0):
        """The encoded value; raises Unsendable for a type that is not on the list."""
        if depth > MAX_DEPTH:
            raise Unsendable("the value is nested too deeply, or contains itself")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.ndarray):
            return ["array", *self._array(np.asarray(value)), bool(value.flags.writeable)]
        if isinstance(value, np.generic) and not isinstance(value, str):
            return ["scalar", *self._array(np.asarray(value))]
        if isinstance(value, int):
            return self._integer(int(value))
        if isinstance(value, float):
            return float(value)
        if isinstance(value, complex):
            return ["complex", value.real, value.imag]
        if isinstance(value, str):
            return _text(value)
        return self._container(value, depth)

    def _container(self, value, depth):
        self._items += len(value) if isinstance(value, (list, tuple, dict, set, frozenset)) else 0
        if self._items > MAX_ITEMS:
            raise Unsendable(f"more than {MAX_ITEMS:,} items. Use a NumPy array")
        for tag, kind in (("list", list), ("tuple", tuple), ("set", set), ("frozenset", frozenset)):
            if isinstance(value, kind):
                return [tag, [self.encode(item, depth + 1) for item in value]]
        if isinstance(value, dict):
            return ["dict", [[self.encode(x, depth + 1) for x in pair] for pair in value.items()]]
        encoded = self.other(value) if self.other else None
        if encoded is None:
            raise Unsendable(_not_sendable(value))
        return encoded

    def _integer(self, value):
        if value.bit_length() > MAX_BITS:
            raise Unsendable(f"an integer of more than {MAX_BITS:,} bits")
        return value if value.bit_length() < 64 else ["int", hex(value)]

    def _array(self, array):
        if array.dtype.name not in DTYPES:
            advice = "Use an array of numbers or bools"
            raise Unsendable(f"a NumPy array of dtype {array.dtype} ({_shape(array)}). {advice}")
        array = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))).reshape(array.shape)
        place = self._offset
        self._offset += array.nbytes
        if self._offset > MAX_FRAME:
            raise Unsendable(f"the arrays are larger than {MAX_FRAME // 1_000_000} MB. Return less")
        self.blobs.append(array)
        return [array.dtype.name, list(array.shape), place]


def _text(value):
    return str(value).encode("utf-8", "replace").decode()


def _shape(array):
    return (
        f"shape {array.shape}; rows of different lengths give dtype object"
        if array.dtype == object
        else array.shape
    )


def _not_sendable(value):
    name = type(value).__name__
    return f"an object of type {name}. Return numbers, strings, lists, tuples, dicts or NumPy arrays"


class Decoder:
    """Turns a received message back into values. ``other(tag, *rest)`` decodes tags that are not data."""

    def __init__(self, data, other=None):
        self.data = memoryview(data)
        self.other = other

    def decode(self, value, depth=0):
        """The value; arrays are copies of their own. Raises WireError for anything malformed."""
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if depth > MAX_DEPTH or not isinstance(value, list) or not value or not isinstance(value[0], str):
            raise WireError("a value that is malformed or nested too deeply")
        try:
            return self._tagged(value[0], value[1:], depth)
        except (TypeError, ValueError, OverflowError, MemoryError) as error:
            raise WireError(f"a malformed value: {error}") from None

    def _tagged(self, tag, rest, depth):
        if tag in ("list", "tuple", "set", "frozenset", "dict"):
            return self._container(tag, *rest, depth)
        if tag in ("array", "scalar"):
            array = self._array(*rest[:3])
            array.flags.writeable = tag == "scalar" or rest[3] is True
            return array[()] if tag == "scalar" else array
        if tag == "complex":
            return complex(*rest)
        if tag == "int":
            (digits,) = rest
            if len(digits) > MAX_BITS // 4 + 8:
                raise WireError("an integer beyond the limit")
            return int(digits, 16)
        if self.other is None:
            raise WireError(f"an unknown tag {tag!r}")
        return self.other(tag, *rest)

    def _container(self, tag, items, depth):
        if tag == "dict":
            return {self.decode(key, depth + 1): self.decode(item, depth + 1) for key, item in items}
        decoded = [self.decode(item, depth + 1) for item in items]
        if tag in ("list", "tuple"):
            return tuple(decoded) if tag == "tuple" else decoded
        found = set()
        for (
            item
        ) in decoded:  # not set(decoded): values chosen to collide take for ever, and a loop can be stopped
            found.add(item)
        return frozenset(found) if tag == "frozenset" else found

    def _array(self, dtype, shape, place):
        if (
            dtype not in DTYPES
            or len(shape) > 32
            or not all(type(n) is int and n >= 0 for n in [*shape, place])
        ):
            raise WireError("a malformed array")
        size = np.dtype(dtype).itemsize
        for n in shape:
            size *= n
        if place + size > len(self.data):
            raise WireError("an array without its data")
        return np.frombuffer(self.data[place : place + size], dtype).reshape(shape).copy()
