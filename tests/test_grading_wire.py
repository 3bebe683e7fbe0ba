"""Frames: what crosses, what does not, and what a hostile end may send."""

import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nndl.grading import wire
from nndl.grading.proxy import write_back

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text()
    | st.complex_numbers()
)
keys = st.integers() | st.text() | st.tuples(st.integers())
arrays = hnp.arrays(
    st.sampled_from(sorted(wire.DTYPES)).map(np.dtype), hnp.array_shapes(min_dims=0, min_side=0, max_side=3)
)
values = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.sets(st.integers(), max_size=3)
        | st.frozensets(st.text(), max_size=3)
    ),
    max_leaves=8,
)


def through(value):
    encoder = wire.Encoder()
    message = json.loads(json.dumps(encoder.encode(value)))
    return wire.Decoder(b"".join(blob.tobytes() for blob in encoder.blobs)).decode(message)


def same(a, b):
    """Equal in value and in type, nan being nan."""
    if isinstance(a, np.ndarray):
        return (
            type(b) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b or repr(a) == repr(b)


@given(values)
def test_data_come_over_unchanged(value):
    clean = value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
    assert same(through(clean), clean)


@pytest.mark.parametrize(
    "value", [np.float32(1.5), np.int8(-3), np.bool_(True), np.complex128(1j), np.zeros((0, 3))]
)
def test_numpy_keeps_its_types(value):
    assert type(through(value)) is type(value) and through(value).dtype == value.dtype


def test_order_strides_and_byte_order_do_not_matter():
    a = np.arange(12.0).reshape(3, 4)
    for view in (a.T, a[::2, ::-1], np.asfortranarray(a), a.astype(">f8")):
        assert np.array_equal(through(view), view)


def test_an_array_that_is_read_only_arrives_so():
    a = np.zeros(2)
    a.flags.writeable = False
    assert not through(a).flags.writeable
    assert through(np.zeros(2)).flags.writeable


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (object(), "of type object. Return numbers"),
        (iter([]), "of type list_iterator"),
        (np.array([None]), "dtype object"),
        (np.array(["a"]), "array of numbers"),
        ([1 << 20_000], "10,000 bits"),
        ([0] * 600_000, "Use a NumPy array"),
        (np.zeros(5_000_000), "larger than 32 MB"),
    ],
)
def test_what_cannot_cross_is_refused_with_advice(value, advice):
    with pytest.raises(wire.Unsendable, match=advice):
        wire.Encoder().encode(value)


def test_a_list_that_contains_itself_is_refused():
    v = []
    v.append(v)
    with pytest.raises(wire.Unsendable, match="contains itself"):
        wire.Encoder().encode(v)


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        [1],
        ["nothing"],
        ["list"],
        ["list", 3],
        ["dict", [[1]]],
        ["dict", [[["list", []], 1]]],
        ["set", [["list", []]]],
        ["int", "0x" + "f" * 100_000],
        ["int", 5],
        ["complex", "1", []],
        ["array", "object", [1], 0, True],
        ["array", "float64", [10**9, 10**9], 0, True],
        ["array", "float64", [-1], 0, True],
        ["array", "float64", [1.5], 0, True],
        ["array", "float64", [1], -8, True],
        ["array", "float64", [1], 1, True],
        ["array", ["float64"], [1], 0, True],
        ["array", "float64", [1] * 50, 0, True],
        ["array", "float64"],
        ["array", "float64", None, 0, True],
    ],
)  # fmt: skip
def test_a_malformed_value_is_a_wire_error_and_nothing_else(message):
    with pytest.raises(wire.WireError):
        wire.Decoder(bytes(8)).decode(message)


def test_deep_nesting_is_a_wire_error():
    message = None
    for _ in range(100):
        message = ["list", [message]]
    with pytest.raises(wire.WireError):
        wire.Decoder(b"").decode(message)


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">II", 2**32 - 1, 2**32 - 1),
        struct.pack(">II", 4, 0) + b"nope",
        struct.pack(">II", 2, 0) + b"\xff\xff",
        struct.pack(">II", 9_000_000, 0),
        struct.pack(">II", 200_000, 0) + b"[" * 200_000,
        struct.pack(">II", 5000, 0) + b"9" * 5000,
    ],
)
def test_a_frame_that_is_none_is_a_wire_error(frame):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = threading.Thread(target=theirs.sendall, args=(frame,))
        writer.start()
        with pytest.raises(wire.WireError):
            wire.receive(ours)
        writer.join()


def test_a_hung_up_line_and_a_slow_one_are_told_apart():
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(b"\0")
            with pytest.raises(TimeoutError):
                wire.receive(ours, deadline=time.monotonic() + 0.05)
        with pytest.raises(EOFError):
            wire.receive(ours)


def test_write_back_keeps_views_and_inner_objects():
    base = np.zeros(4)
    inner, row = [1], {"k": [1]}
    old = [base[::2], inner, row, 5]
    write_back(old, [np.ones(2), [1, 2], {"k": [9], "n": 1}, 6, 7])
    assert base.tolist() == [1, 0, 1, 0]
    assert inner == [1, 2] and old[1] is inner
    assert row == {"k": [9], "n": 1} and old[2] is row
    assert old[3:] == [6, 7]


def test_write_back_replaces_what_has_changed_its_shape():
    old = [np.zeros(2), (1, [2])]
    nested = old[1][1]
    write_back(old, [np.zeros(3), (1, [3])])
    assert old[0].shape == (3,)
    assert nested == [3]
