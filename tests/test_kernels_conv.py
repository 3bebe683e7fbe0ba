"""The compiled kernels for feature maps against their twins, the twins against layer objects, one thread against two."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl.engines
from nndl import (
    ConvPool,
    Data,
    Dense,
    Dropout,
    LogLikelihood,
    Network,
    Pool,
    Quadratic,
    ReLU,
    Sigmoid,
    SoftmaxLayer,
    Tanh,
    kernels,
)
from nndl.engines import Engine, MapEngine
from nndl.kernels import reference_conv

COMPILED = os.environ.get("NNDL_KERNELS") != "reference" and os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
needs_compiler = pytest.mark.skipif(not COMPILED, reason="the compiled kernels are switched off")

# (image, maps, dense, activations, matched): the course's nets; counts that fill lanes and bands and that do not;
# one map, many maps, colors; borders that pooling leaves out; rows of a full vector
NETS = [
    ((1, 28, 28), (20, 40), (100, 10), ("relu", "relu", "relu", "softmax"), True),
    ((1, 28, 28), (20,), (100, 10), ("sigmoid", "sigmoid", "softmax"), True),
    ((1, 16, 16), (4, 3), (7, 3), ("tanh", "sigmoid", "linear", "sigmoid"), False),
    ((1, 9, 7), (1,), (3,), ("linear", "softmax"), True),
    ((3, 18, 17), (5, 7), (9, 3), ("tanh", "relu", "linear", "softmax"), False),
    ((17, 6, 10), (6,), (40, 2), ("relu", "tanh", "linear"), True),
    ((1, 36, 36), (2, 33, 2), (4,), ("relu", "relu", "tanh", "softmax"), True),
    ((1, 28, 28), (1, 1), (2,), ("sigmoid", "relu", "softmax"), True),
]
NET = NETS[2]
RULES = [
    {},
    {"l2": 0.05},
    {"l1": 0.02, "l2": 0.05},
    {"mu": 0.9},
    {"mu": 0.7, "l2": 0.05, "l1": 0.01, "nesterov": True},
    {"mu": 0.0, "nesterov": True},
]


def make(net, rng, n=13, dtype=np.float32, targets=False):
    """Random images, answers and parameters for a net: (x, y, weights, biases)."""
    image, maps, dense, _, _ = net
    shapes, (c, rows, cols) = [], image
    for q in maps:
        shapes.append((q, c, 5, 5))
        c, rows, cols = q, (rows - 4) // 2, (cols - 4) // 2
    widths = [c * rows * cols, *dense]
    shapes += list(zip(dense, widths))
    weights = [(rng.standard_normal(s) / np.sqrt(np.prod(s[1:]))).astype(dtype) for s in shapes]
    x = np.maximum(rng.random((n, int(np.prod(image)))) - 0.3, 0).astype(dtype)
    y = rng.random((n, dense[-1])).astype(dtype) if targets else rng.integers(0, dense[-1], n)
    return x, y, weights, [rng.standard_normal(s[0]).astype(dtype) for s in shapes]


def trained(epoch, net, parts, order, batch_size=5, threads=None, masks=None, **rule):
    """Weights, biases and velocities after one epoch, from copies of the given ones."""
    x, y, weights, biases = parts
    groups = [[p.copy() for p in group] for group in (weights, biases)]
    rule = {"eta": 0.2, "l2": 0.0, "l1": 0.0, "mu": 0.0, "nesterov": False, **rule}
    velocity = [[np.full_like(p, 0.1) for p in group] if rule["mu"] else None for group in groups]
    extra = (masks,) if threads is None else (masks, threads)
    epoch(x, y, order, batch_size, net[0], *groups, *velocity, *net[3:], *rule.values(), *extra)
    return [p for group in (*groups, *velocity) for p in group or []]


def assert_twins(net, parts, order, **settings):
    """An epoch leaves the same parameters and velocities behind, compiled and in NumPy."""
    got = trained(kernels.conv_sgd_epoch, net, parts, order, **settings)
    want = trained(reference_conv.sgd_epoch, net, parts, order, **settings)
    for p, q in zip(got, want, strict=True):
        assert p.dtype == q.dtype
        assert_allclose(p, q, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("net", NETS, ids=str)
def test_an_epoch_equals_its_twin_on_every_net(net, rng):
    assert_twins(net, make(net, rng), rng.permutation(13), l2=0.01)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_an_epoch_equals_its_twin_under_every_rule(rule, rng):
    assert_twins(NET, make(NET, rng), rng.permutation(13), **rule)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 13, 100])
@pytest.mark.parametrize("targets", [True, False])
def test_an_epoch_equals_its_twin_at_every_batch_size(batch_size, targets, rng):
    assert_twins(NET, make(NET, rng, targets=targets), rng.permutation(13), batch_size=batch_size)


@pytest.mark.parametrize("order", [[], [4], [4, 4, 4, 0], range(12, -1, -1)], ids=str)
def test_the_order_may_be_any_list_of_rows(order, rng):
    assert_twins(NET, make(NET, rng), np.array(order, np.int64))


@pytest.mark.parametrize("n", [0, 1, 20, 41])
@pytest.mark.parametrize("net", NETS, ids=str)
def test_outputs_equal_those_of_the_twin(net, n, rng):
    x, _, *parameters = make(net, rng, n)
    got = kernels.conv_feedforward(x, net[0], *parameters, net[3])
    assert got.dtype == np.float32
    assert_allclose(got, reference_conv.feedforward(x, net[0], *parameters, net[3]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("where", [(0,), (1, 2), (0, 1, 2)], ids=str)
def test_an_epoch_equals_its_twin_with_neurons_dropped(where, exact, rng):
    net = ((2, 13, 12), (5,), (33, 9, 3), ("tanh", "relu", "sigmoid", "softmax"), False)
    parts, order = make(net, rng), rng.permutation(13)
    masks = [None] * 4
    for l in where:
        kept = rng.random((1 if exact else 13, parts[2][l + 1].shape[1])) > 0.4
        masks[l] = np.repeat(kept, 13, axis=0) if exact else kept
        masks[l] = (masks[l] / 0.6).astype(np.float32)
    rule = {"mu": 0.5, "l2": 0.05, "nesterov": True, "masks": masks}
    assert_twins(net, parts, order, **rule)
    for p, q in zip(
        trained(kernels.conv_sgd_epoch, net, parts, order, **rule),
        trained(kernels.conv_sgd_epoch, net, parts, order, **{**rule, "masks": None}),
    ):
        assert not np.array_equal(p, q)


@needs_compiler
@pytest.mark.parametrize("net", [NETS[0], NETS[4]], ids=str)
def test_one_thread_and_two_give_the_same_numbers_to_the_last_bit(net, rng):
    from nndl.kernels import conv

    parts, order = make(net, rng, 40), rng.permutation(40)
    rule = {"mu": 0.7, "l2": 0.05, "l1": 0.01, "nesterov": True}
    one, two = (trained(conv.sgd_epoch, net, parts, order, batch_size=7, threads=t, **rule) for t in (1, 2))
    for p, q in zip(one, two, strict=True):
        assert_array_equal(p, q)
    x, _, *parameters = parts
    one, two = (conv.feedforward(x, net[0], *parameters, net[3], threads=t) for t in (1, 2))
    assert_array_equal(one, two)


@needs_compiler
def test_several_nets_may_train_at_once(rng):
    parts, order, found = make(NET, rng, 60), rng.permutation(60), {}

    def work(name):
        found[name] = trained(kernels.conv_sgd_epoch, NET, parts, order)

    workers = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for name in range(1, 4):
        for p, q in zip(found[0], found[name], strict=True):
            assert_array_equal(p, q)


@needs_compiler
@pytest.mark.skipif(os.name != "posix" or os.cpu_count() < 2, reason="needs two threads")
@pytest.mark.parametrize("failing", [0, 1])
def test_an_interrupt_in_one_thread_leaves_no_other_waiting(failing, monkeypatch):
    from nndl.kernels import _threads

    monkeypatch.setattr(_threads.numba.config, "NUMBA_NUM_THREADS", 2)
    monkeypatch.setattr(_threads.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    ended = []

    def walk(first, last, counter, threads):
        if first == failing:
            raise KeyboardInterrupt
        while counter[0] < threads:
            time.sleep(0.001)
        ended.append(first)

    with pytest.raises(KeyboardInterrupt):
        _threads.in_threads(walk)
    assert ended == [1 - failing]


def test_an_epoch_may_start_from_a_view_or_from_small_labels(rng):
    x, y, *parameters = make(NET, rng)
    want = trained(kernels.conv_sgd_epoch, NET, (x, y, *parameters), np.arange(13))
    twice = np.repeat(x, 2, axis=0)[::2]
    got = trained(kernels.conv_sgd_epoch, NET, (twice, y.astype(np.uint8), *parameters), np.arange(13))
    for p, q in zip(got, want):
        assert_array_equal(p, q)


def test_of_equal_neurons_the_first_wins(rng):
    net = ((1, 6, 6), (1,), (2,), ("linear", "linear"), True)
    x, y, weights, biases = make(net, rng, 1, targets=True)
    x[:] = np.arange(36) == 14  # seen by all four neurons of the one block; with equal weights they are equal
    weights[0][:] = 1.0
    assert_twins(net, (x, y, weights, biases), np.array([0]))


@pytest.mark.parametrize("room", [kernels, reference_conv], ids=["compiled", "twin"])
def test_a_nan_stays_a_nan(room, rng):
    x, y, weights, biases = make(NET, rng)
    weights[0][0, 0, 0, 0] = np.nan
    feedforward = getattr(room, "conv_feedforward", None) or room.feedforward
    assert np.isnan(feedforward(x, NET[0], weights, biases, NET[3])).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", [SoftmaxLayer, lambda k, n: Dense(k, n, Sigmoid())])
def test_an_engine_of_kernels_learns_what_the_layers_themselves_learn(output, dtype, rng):
    def network():
        cost = LogLikelihood() if output is SoftmaxLayer else Quadratic()
        below = [ConvPool(3, 5, 2, ReLU(), image=(1, 16, 16)), ConvPool(4, 5, 2, Tanh())]
        return Network([*below, output(4, 3)], cost=cost, dtype=dtype, seed=1)

    data = Data(rng.random((25, 256)), rng.integers(0, 3, 25), classes=3)
    fast, plain = network(), network()
    assert type(fast.engine) is MapEngine
    plain.engine = Engine(plain.layers, plain.cost, plain.dtype)
    settings = {"eta": 0.1, "lmbda": 0.5, "mu": 0.6, "nesterov": True, "validation": data[:7]}
    got, want = (net.fit(data, 2, **settings) for net in (fast, plain))
    rtol = 1e-3 if dtype == "float32" else 1e-9
    for p, q in zip(fast.layers, plain.layers):
        assert_allclose(p.w, q.w, rtol=rtol, atol=rtol / 100)
        assert_allclose(p.b, q.b, rtol=rtol, atol=rtol / 100)
    assert_allclose(got.validation_cost, want.validation_cost, rtol=rtol)
    assert_allclose(fast.feedforward(data.x), plain.feedforward(data.x), rtol=rtol)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_engine_of_kernels_drops_what_the_layers_themselves_drop(dtype, exact, rng, monkeypatch):
    def network():
        below = [ConvPool(3, 5, 2, Tanh(), image=(1, 12, 12)), Dropout(0.3, exact), Dense(48, 20, Sigmoid())]
        return Network([*below, Dropout(0.5, exact), SoftmaxLayer(20, 3)], cost=LogLikelihood(), dtype=dtype)

    monkeypatch.setattr(nndl.engines, "PIECE", 12)  # several pieces, of two mini-batches each
    data = Data(rng.random((33, 144)), rng.integers(0, 3, 33), classes=3)
    fast, plain = network(), network()
    assert type(fast.engine) is MapEngine
    plain.engine = Engine(plain.layers, plain.cost, plain.dtype)
    settings = {"eta": 0.1, "batch_size": 5, "lmbda": 0.5, "mu": 0.6, "validation": data[:7]}
    got, want = (net.fit(data, 2, **settings) for net in (fast, plain))
    rtol = 1e-3 if dtype == "float32" else 1e-9
    for p, q in zip(fast.parameters, plain.parameters):
        for a, b in zip(p, q, strict=True):
            assert_allclose(a, b, rtol=rtol, atol=rtol / 100)
    assert_allclose(got.validation_cost, want.validation_cost, rtol=rtol)
    assert_allclose(fast.feedforward(data.x), fast.activations(data.x)[-1], rtol=rtol)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (lambda: ConvPool(2, 5, 2), MapEngine),
        (lambda: ConvPool(2, 3, 2), Engine),
        (lambda: ConvPool(2, 5, 2, stride=2), Engine),
        (lambda: ConvPool(2, 5, 2, pooling="l2"), Engine),
        (lambda: ConvPool(2, 5, 3), Engine),
        (lambda: ConvPool(2, 5, 2, image=(1, 40, 40)), Engine),
    ],
)
def test_what_the_kernels_do_not_know_the_layers_do_themselves(layer, kind):
    below = layer()
    width = Network([layer()]).sizes[-1]
    assert type(Network([below, Dense(width, 3)]).engine) is kind
    assert type(Network([layer()]).engine) is Engine
    assert type(Network([layer(), Dropout(0.5), Dense(width, 3)]).engine) is kind
    assert type(Network([layer(), Dropout(0.5), Dropout(0.5), Dense(width, 3)]).engine) is Engine
    assert type(Network([layer(), Pool(2), Dense(Network([layer(), Pool(2)]).sizes[-1], 3)]).engine) is Engine


@needs_compiler
def test_the_long_compilation_is_needed_only_once(rng):
    from nndl.kernels import conv

    for targets in (True, False):
        parts = make(NET, rng, targets=targets)
        for writeable in (True, False):
            for p in parts[:2]:
                p.flags.writeable = writeable
            trained(kernels.conv_sgd_epoch, NET, parts, np.arange(13))
            trained(kernels.conv_sgd_epoch, NET, parts, np.arange(13)[::-1], mu=np.float64(0.9), l1=1)
            kernels.conv_feedforward(parts[0], NET[0], *parts[2:], NET[3])
    assert len(conv._walk.signatures) == 1
    assert len(conv._refresh.signatures) == 1


@needs_compiler
def test_the_digest_of_what_is_compiled_in_is_up_to_date():
    from nndl.kernels import conv

    folder = Path(conv.__file__).parent
    names = ["_jit.py", "_simd.py", "_memory.py", "_functions.py", "_layers.py"]
    names += ["_conv_simd.py", "_conv_layers.py", "_conv_steps.py", "_threads.py"]
    text = "".join((folder / name).read_text(encoding="utf-8") for name in names)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert digest == conv.BUILT_ON, (
        f'Write BUILT_ON = "{digest}" in conv.py: the compiler\'s cache is out of date.'
    )


def test_a_switch_selects_the_twins_and_leaves_numba_alone():
    program = (
        "import sys, nndl, numpy as np\n"
        "net = nndl.Network([nndl.ConvPool(2, 5, 2), nndl.Dense(288, 3)])\n"
        "net.fit((np.ones((2, 784)), [0, 1]), 1, eta=0.1)\n"
        "print('numba' in sys.modules)"
    )
    env = {**os.environ, "NNDL_KERNELS": "reference"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "False", done.stderr
