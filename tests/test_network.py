"""A network takes what it should, refuses the rest with advice, and gives the same each time."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import (  # fmt: skip
    CrossEntropy,
    Data,
    Dense,
    Large,
    Linear,
    LogLikelihood,
    Network,
    Quadratic,
    ReLU,
    Sigmoid,
    Softmax,
    SoftmaxLayer,
    Tanh,
)


@pytest.fixture
def net():
    return Network([Dense(784, 30), Dense(30, 10)])


# Construction -------------------------------------------------------------------------------------------------


def test_sizes_and_weights_have_the_shapes_of_the_book(net):
    assert net.sizes == [784, 30, 10]
    assert [layer.w.shape for layer in net.layers] == [(30, 784), (10, 30)]
    assert [layer.b.shape for layer in net.layers] == [(30,), (10,)]
    assert net.layers[0].w.dtype == np.float32


@pytest.mark.parametrize(
    ("initializer", "sd_of_w"), [(nndl.Default(), 1 / np.sqrt(400)), (Large(), 1.0)], ids=["default", "large"]
)
def test_initial_weights_have_the_right_spread(initializer, sd_of_w):
    layer = Network([Dense(400, 500)], initializer=initializer).layers[0]
    assert_allclose(layer.w.std(), sd_of_w, rtol=0.01)
    assert_allclose(layer.b.std(), 1, rtol=0.1)
    assert abs(layer.w.mean()) < 0.01 * sd_of_w


def test_biases_may_start_at_zero():
    layer = Network([Dense(400, 500)], initializer=nndl.Default(bias="zero")).layers[0]
    assert_array_equal(layer.b, 0)
    assert_allclose(layer.w.std(), 1 / 20, rtol=0.01)
    with pytest.raises(ValueError, match="bias is one of 'normal', 'zero'"):
        Large(bias=0)


def test_one_seed_one_network():
    a, b, c = (Network([Dense(5, 3)], seed=seed).layers[0].w for seed in (1, 1, 2))
    assert_array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: Network([Dense(784, 30), Dense(31, 10)]), r"Dense\(784, 30\) gives 30 activations, but Dense\(31, 10\) takes 31"),
        (lambda: Network([]), r"Try \[Dense\(784, 30\), Dense\(30, 10\)\]"),
        (lambda: Network([784, 30, 10]), r"Layers are objects such as Dense\(784, 30\), got 784"),
        (lambda: Network([Dense(5, 3, Softmax())], cost=CrossEntropy()), r"For Softmax\(\) outputs use LogLikelihood\(\)"),
        (lambda: Network([Dense(5, 3, Softmax())]), r"Quadratic\(\) needs .*For Softmax\(\) outputs use LogLikelihood\(\)"),
        (lambda: Network([Dense(5, 3, Tanh())], cost=CrossEntropy()), r"For Tanh\(\) outputs use Quadratic\(\)"),
        (lambda: Network([Dense(5, 3)], cost=LogLikelihood()), r"For Sigmoid\(\) outputs use Quadratic\(\) or CrossEntropy\(\)"),
        (lambda: Network([Dense(5, 3)], cost=CrossEntropy), "cost is one of Quadratic"),
        (lambda: Network([Dense(5, 4, Softmax()), Dense(4, 3)]), "Softmax belongs in the last layer only"),
        (lambda: Network([Dense(5, 3)], dtype="float16"), "dtype is one of 'float32', 'float64'; got 'float16'"),
        (lambda: Network([Dense(5, 3)], seed=-1), "seed is at least 0"),
        (lambda: Network([Dense(5, 3)], initializer=lambda rng, n, k: (np.zeros((k, n)), np.zeros(n))), r"has shape \(3, 5\), got \(5, 3\)"),
        (lambda: Dense(0, 3), "n_in, the number of inputs, is at least 1, got 0"),
        (lambda: Dense(5, 2.5), "n_out, the number of neurons, is a whole number, got 2.5"),
        (lambda: Dense(5, 3, ReLU), r"Write ReLU\(\)"),
        (lambda: Dense(5, 3, "relu"), r"activation is one of Sigmoid\(\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_advice(make, advice):
    with pytest.raises((ValueError, TypeError), match=advice):
        make()


def test_an_initializer_may_return_the_same_array_twice():
    kept = np.zeros((3, 3)), np.zeros(3)
    net = Network([Dense(3, 3), Dense(3, 3)], initializer=lambda rng, n, k: kept, dtype="float64")
    net.fit((np.ones((4, 3)), [0, 1, 2, 0]), 1, eta=1.0)
    assert not kept[0].any()
    assert not np.array_equal(net.layers[0].b, net.layers[1].b)


def test_costs_and_activations_of_ones_own_are_trained_as_they_say(rng):
    class Doubled(Quadratic):
        def delta(self, z, y, activation):
            return 2 * super().delta(z, y, activation)

    class Flat(Sigmoid):
        def prime(self, z):
            return np.ones_like(z)

    x, y = rng.random((10, 4)), rng.integers(0, 3, 10)
    for cost, sigma in ((Doubled(), Sigmoid()), (Quadratic(), Flat())):
        net = Network([Dense(4, 3, sigma)], cost=cost, dtype="float64")
        want = net.layers[0].w - 0.5 * net.gradients(x, y)[0][0]
        net.fit((x, y), 1, batch_size=10, eta=0.5)
        assert_allclose(net.layers[0].w, want, rtol=1e-6)


def test_a_layer_belongs_to_one_network():
    layer = Dense(5, 3)
    Network([layer])
    with pytest.raises(ValueError, match=r"already belongs to a network. Make a new one: Dense\(5, 3\)"):
        Network([layer])


# Inputs -------------------------------------------------------------------------------------------------------


def test_examples_come_as_rows_images_or_alone(net, rng):
    x = rng.random((3, 784))
    out = net.feedforward(x)
    assert out.shape == (3, 10)
    assert_allclose(net.feedforward(x.reshape(3, 28, 28)), out)
    assert_allclose(net.feedforward(x[0]), out[0], rtol=1e-5)
    assert_allclose(net.feedforward(x[0].reshape(28, 28)), out[0], rtol=1e-5)
    assert_array_equal(net.predict(x), out.argmax(axis=1))
    assert net.predict(x[0]) == out[0].argmax()


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x.astype(np.float16),
        lambda x: x > 0.5,
        lambda x: (x * 255).astype(np.uint8),
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: x.tolist(),
    ],
    ids=["float16", "bool", "uint8", "fortran", "strided", "list"],
)
def test_every_numeric_form_of_input_is_taken(net, rng, form):
    x = form(rng.random((3, 784)))
    want = net.feedforward(np.ascontiguousarray(x, np.float32))
    assert_allclose(net.feedforward(x), want, rtol=1e-5)


@pytest.mark.parametrize(
    ("x", "advice"),
    [
        (np.zeros(783), r"Dense\(784, 30\) takes shape \(m, 784\), or images \(m, 28, 28\), or one example \(784,\); got \(783,\)|images"),
        (np.zeros((784, 3)), r"got \(784, 3\). Its columns are examples: write x.T"),
        (np.zeros((3, 1, 28, 28)), r"got \(3, 1, 28, 28\). Write x.reshape\(len\(x\), 784\)"),
        (np.full((1, 784), np.nan), r"finite everywhere, got nan at index \(0, 0\)"),
        ([["a"] * 784], "holds numbers"),
        ([[1, 2], [3]], "Give every row the same length"),
    ],
)  # fmt: skip
def test_every_other_input_is_refused_with_advice(net, x, advice):
    for method in (net.feedforward, net.predict, net.activations, lambda x: net.gradients(x, [0])):
        with pytest.raises((ValueError, TypeError), match=advice):
            method(x)


def test_data_of_another_width_or_other_classes_is_refused():
    net = Network([Dense(784, 10)])
    with pytest.raises(ValueError, match="takes 784 inputs, but data has 5 columns"):
        net.accuracy((np.zeros((2, 5)), [0, 1]))
    with pytest.raises(ValueError, match="has 10 outputs, but train has 3 classes"):
        net.fit(Data(np.zeros((2, 784)), [0, 1], classes=3), 1, eta=1)
    with pytest.raises(TypeError, match=r"data is Data or a pair \(x, y\), got ndarray"):
        net.accuracy(np.zeros((2, 784)))
    with pytest.raises(ValueError, match="Labels lie between 0 and 9, got 11"):
        net.accuracy((np.zeros((2, 784)), [0, 11]))


# Outputs ------------------------------------------------------------------------------------------------------


def test_feedforward_is_the_last_of_the_activations(net, rng):
    x = rng.random((4, 784), np.float32)
    found = net.activations(x)
    assert [a.shape for a in found] == [(4, 784), (4, 30), (4, 10)]
    assert_allclose(net.feedforward(x), found[-1], rtol=1e-5)


def test_evaluate_by_hand(rng):
    net = Network([Dense(4, 3)], cost=CrossEntropy(), dtype="float64")
    x, y = rng.random((7, 4)).astype(np.float32), rng.integers(0, 3, 7)
    a = net.feedforward(x)
    cost, accuracy = net.evaluate((x, y))
    assert_allclose(cost, CrossEntropy()(a, np.eye(3)[y]))
    assert accuracy == net.accuracy((x, y)) == (a.argmax(axis=1) == y).mean()
    w = net.layers[0].w
    assert_allclose(net.evaluate((x, y), lmbda=2.0).cost, cost + 2 / 14 * (w**2).sum())
    assert_allclose(net.evaluate((x, y), penalty=nndl.L1(2.0)).cost, cost + 2 / 7 * np.abs(w).sum())


def test_the_penalty_divides_by_the_training_set_wherever_it_is_evaluated(rng):
    net = Network([Dense(4, 3)])
    x, y = rng.random((10, 4)), rng.integers(0, 3, 10)
    net.fit((x, y), 1, eta=0.1)
    plain, penalized = net.evaluate((x[:2], y[:2])), net.evaluate((x[:2], y[:2]), lmbda=1.0)
    assert_allclose(penalized.cost - plain.cost, (net.layers[0].w.astype(float) ** 2).sum() / 20)


def test_gradients_take_labels_and_targets(rng):
    net = Network([Dense(4, 5), Dense(5, 3)], dtype="float64")
    x, labels = rng.random((6, 4)), rng.integers(0, 3, 6)
    for a, b in zip(net.gradients(x, labels), net.gradients(x, np.eye(3)[labels])):
        assert_array_equal(a[0], b[0])
    single = net.gradients(x[0], labels[0])
    assert_allclose(single[0][0], net.gradients(x[:1], labels[:1])[0][0])
    mean = np.mean([net.gradients(x[i], labels[i])[0][0] for i in range(6)], axis=0)
    assert_allclose(net.gradients(x, labels)[0][0], mean)


def test_targets_of_another_shape_are_refused(rng):
    net = Network([Dense(4, 3)])
    with pytest.raises(ValueError, match=r"shape \(6, 3\), got \(6, 2\)"):
        net.gradients(np.zeros((6, 4)), np.zeros((6, 2)))
    with pytest.raises(ValueError, match="Labels lie between 0 and 2, got 3"):
        net.gradients(np.zeros((1, 4)), [3])


def test_regression_with_a_linear_output(rng):
    x = rng.random((200, 2))
    y = (x @ [[2.0], [-1.0]]) + 0.5
    net = Network([Dense(2, 1, Linear())], cost=Quadratic())
    net.fit((x, y), 100, eta=0.3)
    assert_allclose(net.layers[0].w, [[2, -1]], atol=1e-3)
    assert_allclose(net.layers[0].b, [0.5], atol=1e-3)


# Files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["json", "npz"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_saved_network_comes_back_the_same(tmp_path, rng, ending, dtype):
    net = Network([Dense(6, 5, Tanh()), SoftmaxLayer(5, 3)], cost=LogLikelihood(), seed=4, dtype=dtype)
    x, y = rng.random((8, 6)), rng.integers(0, 3, 8)
    net.fit((x, y), 2, eta=0.1)
    net.save(tmp_path / f"net.{ending}")
    back = nndl.load(tmp_path / f"net.{ending}")
    assert repr(back) == repr(net)
    assert_array_equal(back.feedforward(x), net.feedforward(x))
    assert back.evaluate((x, y), lmbda=1.0) == net.evaluate((x, y), lmbda=1.0)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "is not a whole nndl network file"),
        (b"{", "is not a whole nndl network file"),
        (b"[1, 2]", "is not a whole nndl network file"),
        (b"{}", "holds no nndl network"),
        (b'{"format": "nndl network", "version": 99}', "has version 99; this nndl reads 1. Update nndl"),
        (b'{"format": "nndl network", "version": 1}', "does not describe a network"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_advice(tmp_path, content, advice):
    (tmp_path / "net.json").write_bytes(content)
    with pytest.raises(ValueError, match=advice):
        nndl.load(tmp_path / "net.json")


def test_a_truncated_npz_and_other_names_are_refused(tmp_path, net):
    net.save(tmp_path / "net.npz")
    whole = (tmp_path / "net.npz").read_bytes()
    (tmp_path / "net.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a whole nndl network file"):
        nndl.load(tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r"one of '.json', '.npz'; got '.pkl'"):
        net.save(tmp_path / "net.pkl")
    with pytest.raises(FileNotFoundError, match="net.save"):
        nndl.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError, match="Make it first"):
        net.save(tmp_path / "nowhere" / "net.npz")


def test_weights_of_another_shape_are_refused(tmp_path):
    net = Network([Dense(3, 2)])
    net.save(tmp_path / "net.json")
    content = json.loads((tmp_path / "net.json").read_text())
    content["arrays"]["w0"] = [[1.0]]
    (tmp_path / "net.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"w of Dense\(3, 2\) has shape \(2, 3\), got \(1, 1\)"):
        nndl.load(tmp_path / "net.json")


def test_a_failed_save_leaves_the_old_file(tmp_path, net, monkeypatch):
    path = tmp_path / "net.json"
    net.save(path)
    old = path.read_bytes()
    net.layers[0].w[0, 0] = np.nan
    with pytest.raises(ValueError, match="Save as .npz, or train with a smaller eta"):
        net.save(path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_repr_can_be_read_back():
    net = Network([Dense(6, 5, ReLU()), Dense(5, 3)], cost=CrossEntropy())
    assert repr(net) == "Network([Dense(6, 5, ReLU()), Dense(5, 3)], cost=CrossEntropy())"
    assert eval(repr(net)).sizes == net.sizes
    assert Sigmoid() == net.layers[1].activation
