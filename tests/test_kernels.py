"""The compiled kernels against their NumPy twins, and the twins against central differences."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nndl import kernels
from nndl.kernels import reference
from nndl.kernels.sparse import Sparse, dense_rows

COMPILED = os.environ.get("NNDL_KERNELS") != "reference" and os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
needs_compiler = pytest.mark.skipif(not COMPILED, reason="the compiled kernels are switched off")

# (sizes, activations, matched): one tile and several, widths that fill lanes and that do not, one to four layers
NETS = [
    ((12, 3), ("softmax",), True),
    ((12, 1), ("sigmoid",), False),
    ((1, 2, 2), ("tanh", "linear"), True),
    ((2, 16, 3), ("relu", "sigmoid"), True),
    ((20, 30, 10), ("sigmoid", "sigmoid"), False),
    ((33, 32, 33), ("sigmoid", "softmax"), True),
    ((40, 100, 17), ("tanh", "softmax"), False),
    ((40, 70, 33, 10), ("relu", "tanh", "sigmoid"), True),
    ((16, 8, 7, 6, 5), ("sigmoid", "relu", "linear", "tanh"), False),
    ((9, 1100, 4), ("sigmoid", "softmax"), True),
]
NET = NETS[4]
PLAIN = {"eta": 0.3, "l2": 0.0, "l1": 0.0, "mu": 0.0, "nesterov": False}
RULES = [
    {"l2": 0.05},
    {"l2": 5.0},  # eta l2 = 1.5: weights change sign at every step
    {"l1": 0.02},
    {"l1": 0.02, "l2": 0.05},
    {"mu": 0.9},
    {"mu": 0.7, "l2": 0.05, "l1": 0.01},
    {"mu": 0.7, "l2": 0.05, "l1": 0.01, "nesterov": True},
    {"mu": 0.0, "nesterov": True},
]


def make(net, rng, n=23, dtype=np.float32, targets=False, zeros=0.7):
    """Random inputs, answers and parameters for a net: (x, y, weights, biases)."""
    sizes, _, _ = net
    x = np.where(rng.random((n, sizes[0])) < zeros, 0, rng.random((n, sizes[0]))).astype(dtype)
    y = rng.random((n, sizes[-1])).astype(dtype) if targets else rng.integers(0, sizes[-1], n)
    weights = [(rng.standard_normal((k, j)) / np.sqrt(j)).astype(dtype) for j, k in zip(sizes, sizes[1:])]
    return x, y, weights, [rng.standard_normal(k).astype(dtype) for k in sizes[1:]]


def trained(room, net, parts, order, batch_size=5, **rule):
    """Weights, biases and velocities after one epoch, from copies of the given ones."""
    x, y, weights, biases = parts
    groups = [[p.copy() for p in group] for group in (weights, biases)]
    rule = {**PLAIN, **rule}
    velocity = [[np.full_like(p, 0.1) for p in group] if rule["mu"] else None for group in groups]
    room.sgd_epoch(x, y, order, batch_size, *groups, *velocity, *net[1:], *rule.values())
    return [p for group in (*groups, *velocity) for p in group or []]


def assert_twins(net, parts, order, sparse=True, **settings):
    """An epoch leaves the same parameters and velocities behind, compiled and in NumPy."""
    x, *rest = parts
    given = (reference.sparse_rows(x) if sparse else x, *rest)
    got, want = (
        trained(kernels, net, given, order, **settings),
        trained(reference, net, parts, order, **settings),
    )
    for p, q in zip(got, want, strict=True):
        assert p.dtype == q.dtype
        assert_allclose(p, q, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("net", NETS, ids=str)
def test_an_epoch_equals_its_twin_on_every_net(net, sparse, rng):
    assert_twins(net, make(net, rng), rng.permutation(23), sparse, l2=0.01)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_an_epoch_equals_its_twin_under_every_rule(rule, sparse, rng):
    assert_twins(NET, make(NET, rng), rng.permutation(23), sparse, **rule)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
@pytest.mark.parametrize("targets", [True, False])
def test_an_epoch_equals_its_twin_at_every_batch_size(batch_size, targets, sparse, rng):
    assert_twins(NET, make(NET, rng, targets=targets), rng.permutation(23), sparse, batch_size=batch_size)


@pytest.mark.parametrize("order", [[], [4], [4, 4, 4, 0], range(22, -1, -1)], ids=str)
def test_the_order_may_be_any_list_of_rows(order, rng):
    assert_twins(NET, make(NET, rng), np.array(order, np.int64))


def test_an_epoch_may_start_from_a_view_or_from_small_labels(rng):
    x, y, *parameters = make(NET, rng)
    want = trained(kernels, NET, (x, y, *parameters), np.arange(23))
    twice = np.repeat(x, 2, axis=0)[::2]
    for p, q in zip(trained(kernels, NET, (twice, y.astype(np.uint8), *parameters), np.arange(23)), want):
        assert_array_equal(p, q)


def test_lazy_decay_survives_more_steps_than_float32_has_exponents(rng):
    parts = make(NET, rng, n=400)
    assert_twins(NET, parts, rng.permutation(400), batch_size=1, l2=1.0)  # 0.7 ** 400 is 1e-62


def test_float64_is_served_by_the_twin_to_full_precision(rng):
    parts = make(NET, rng, dtype=np.float64)
    for p, q in zip(
        trained(kernels, NET, parts, np.arange(23)), trained(reference, NET, parts, np.arange(23))
    ):
        assert_array_equal(p, q)


def cost(net, x, y, weights, biases):
    """The mean cost that belongs to a net's output activation, by its definition."""
    a, n = reference.feedforward(x, weights, biases, net[1]), len(x)
    if not net[2] or net[1][-1] == "linear":
        return ((a - y) ** 2).sum() / (2 * n)
    if net[1][-1] == "softmax":
        return -(y * np.log(a)).sum() / n
    return -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum() / n


@pytest.mark.parametrize("net", NETS[:7] + NETS[8:9], ids=str)
def test_one_step_goes_down_the_slope(net, rng):
    """With one mini-batch and eta = 1, an epoch subtracts the gradient: compare it with central differences."""
    x, y, *parameters = make(net, rng, n=6, dtype=np.float64)
    y = np.eye(net[0][-1])[y]
    moved = trained(reference, net, (x, y, *parameters), np.arange(6), batch_size=6, eta=1.0)
    flat = [*parameters[0], *parameters[1]]
    for p, after in zip(flat, moved, strict=True):
        for _ in range(5):
            at, small = tuple(rng.integers(0, p.shape)), 1e-5
            middle, step = p[at], p[at] - after[at]
            p[at] = middle + small
            above = cost(net, x, y, *parameters)
            p[at] = middle - small
            slope = (above - cost(net, x, y, *parameters)) / (2 * small)
            p[at] = middle
            assert step == pytest.approx(slope, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("net", NETS, ids=str)
def test_a_forward_pass_equals_its_twin(net, sparse, rng):
    x, _, weights, biases = make(net, rng, n=150)
    got = kernels.feedforward(reference.sparse_rows(x) if sparse else x, weights, biases, net[1])
    assert got.dtype == np.float32
    assert_allclose(got, reference.feedforward(x, weights, biases, net[1]), rtol=2e-5, atol=2e-6)


def test_a_forward_pass_of_nothing_is_empty(rng):
    x, _, weights, biases = make(NET, rng)
    assert kernels.feedforward(x[:0], weights, biases, NET[1]).shape == (0, 10)


@needs_compiler
def test_threads_do_not_change_a_single_bit(rng, monkeypatch):
    import numba

    from nndl.kernels import dense

    x, _, weights, biases = make(NET, rng, n=301)
    monkeypatch.setattr(dense, "WORTH_A_THREAD", 1)
    outputs = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        outputs.append(kernels.feedforward(x, weights, biases, NET[1]))
    assert_array_equal(outputs[1], outputs[0])
    assert_array_equal(outputs[2], outputs[0])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "linear", "softmax"])
def test_activations_hold_at_the_ends_of_float32(name):
    """Weights 1 and x = z: what comes out is the activation itself, by its definition in float64."""
    z = np.array(
        [-3e38, -1e4, -100, -88, -1, -1e-3, -1e-30, 0, 1e-30, 1e-6, 0.3, 0.7, 1, 20, 88, 100, 1e4, 3e38]
    )
    x = z.astype(np.float32)[:, None]
    w, b = np.array([[1], [0]], np.float32), np.zeros(2, np.float32)
    got = kernels.feedforward(x, [w], [b], (name,))
    with np.errstate(over="ignore"):
        want = {
            "sigmoid": 1 / (1 + np.exp(-z)), "tanh": np.tanh(z), "relu": np.maximum(z, 0), "linear": z,
            "softmax": 1 / (1 + np.exp(-z)),  # against a z of 0
        }[name]  # fmt: skip
    assert_allclose(got[:, 0], want, rtol=1e-6, atol=2e-38)


@pytest.mark.parametrize("form", [np.asarray, reference.sparse_rows])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "linear", "softmax"])
def test_nan_stays_nan_and_stays_in_its_row(name, form, rng):
    x, _, weights, biases = make(NET, rng)
    clean = kernels.feedforward(form(x), weights, biases, ("relu", name))
    x[3, 5] = np.nan
    got = kernels.feedforward(form(x), weights, biases, ("relu", name))
    assert np.isnan(got[3]).all()
    assert_allclose(np.delete(got, 3, axis=0), np.delete(clean, 3, axis=0), rtol=1e-6)


@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_a_nan_input_reaches_the_weights(mu, rng):
    x, *rest = make(NET, rng)
    x[3, 5] = np.nan
    for given in (x, reference.sparse_rows(x)):
        for p in trained(kernels, NET, (given, *rest), np.arange(23), mu=mu):
            assert np.isnan(p).any()


def test_relu_at_zero_passes_nothing_back():
    """All weighted inputs of the hidden layer are exactly 0, so only the output biases may move."""
    x, y = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    weights, biases = (
        [np.zeros((5, 3), np.float32), np.ones((2, 5), np.float32)],
        [np.zeros(5, "f4"), np.zeros(2, "f4")],
    )
    w1, w2, b1, b2 = trained(kernels, (None, ("relu", "linear"), True), (x, y, weights, biases), np.arange(4))
    assert_array_equal(w1, 0)
    assert_array_equal(w2, 1)
    assert_array_equal(b1, 0)
    assert (b2 > 0).all()


def test_sparse_rows_hold_the_same_numbers(rng):
    x, *_ = make(NET, rng)
    x[7] = 0
    rows = kernels.sparse_rows(x)
    if COMPILED:
        for got, want in zip(rows, reference.sparse_rows(x), strict=True):
            assert_array_equal(got, want)
            assert np.asarray(got).dtype == np.asarray(want).dtype
    assert_array_equal(dense_rows(rows, slice(None)), x)
    assert_array_equal(dense_rows(rows, np.array([7, 2, 2])), x[[7, 2, 2]])


@needs_compiler
def test_the_data_decide_whether_rows_are_sparse(rng):
    few, many = (make(NET, rng, zeros=share)[0] for share in (0.8, 0.0))
    assert isinstance(kernels.sparse_rows(few), Sparse)
    for x in (many, few.astype(np.float64), few[:0], np.zeros((2, 70_000), np.float32)):
        assert kernels.sparse_rows(x) is x


@needs_compiler
def test_the_digest_of_what_is_compiled_in_is_up_to_date():
    from nndl.kernels import dense

    folder = Path(dense.__file__).parent
    names = ["_jit.py", "_simd.py", "_memory.py", "_functions.py", "_layers.py"]
    text = "".join((folder / name).read_text(encoding="utf-8") for name in names)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert digest == dense.BUILT_ON, (
        f'Write BUILT_ON = "{digest}" in dense.py: the compiler\'s cache is out of date.'
    )


@needs_compiler
def test_the_long_compilation_is_needed_only_once(rng):
    from nndl.kernels import dense

    for targets in (True, False):
        parts = make(NET, rng, targets=targets)
        for form in (np.asarray, reference.sparse_rows):
            for writeable in (True, False):
                for p in parts[:2]:
                    p.flags.writeable = writeable
                given = (form(parts[0]), *parts[1:])
                trained(kernels, NET, given, np.arange(23))
                trained(kernels, NET, given, np.arange(23)[::-1], mu=np.float64(0.9), l1=1)
                kernels.feedforward(given[0], *parts[2:], NET[1])
        kernels.sparse_rows(parts[0])
    assert len(dense._walk.signatures) == 1
    assert len(dense._sparse_rows.signatures) == 1


@needs_compiler
def test_a_kernel_works_where_its_code_cannot_be_kept(monkeypatch):
    from nndl.kernels import _jit

    compiler = _jit.njit

    def nowhere(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return compiler(**options)

    monkeypatch.setattr(_jit, "njit", nowhere)
    assert _jit.kernel(lambda x: x + 1)(2) == 3


def run(program, **env):
    """Run a program in a new process, warnings as errors where not told otherwise."""
    command = [sys.executable, "-c", program]
    clean = {k: v for k, v in os.environ.items() if k not in ("NNDL_KERNELS", "NUMBA_DISABLE_JIT")}
    return subprocess.run(command, env={**clean, **env}, capture_output=True, text=True, check=False)


WHICH = """
import sys, numpy as np
from nndl import kernels
assert "numba" not in sys.modules
a = np.ones((2, 3), "f4")
a_out = kernels.feedforward(a, [a], [a[:, 0]], ("linear",))
print(a_out.tolist(), kernels.sparse_rows(a) is a, "numba" in sys.modules)
"""


@pytest.mark.parametrize("switch", [{"NNDL_KERNELS": "reference"}, {"NUMBA_DISABLE_JIT": "1"}], ids=str)
def test_a_switch_selects_the_twins_and_leaves_numba_alone(switch):
    done = run(WHICH, PYTHONWARNINGS="error", **switch)
    assert done.stdout.strip() == "[[4.0, 4.0], [4.0, 4.0]] True False", done.stderr


def test_without_numba_the_twins_take_over_and_say_so_once():
    program = f"import sys\nsys.modules['numba'] = None\n{WHICH.replace('assert', '0 and')}"
    done = run(program)
    assert done.stdout.startswith("[[4.0, 4.0], [4.0, 4.0]] True"), done.stderr
    assert len(re.findall("pip install numba", done.stderr)) == 1


def test_a_switch_that_means_nothing_is_refused_and_the_advice_works():
    done = run(WHICH, NNDL_KERNELS="fast")
    assert "NNDL_KERNELS is compiled or reference, got 'fast'. Unset it for compiled." in done.stderr
    assert run(WHICH, NNDL_KERNELS="compiled").returncode == 0
