import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl.classic import expand_mnist, network3
from nndl.classic.network3 import ConvPoolLayer, FullyConnectedLayer, Network, SoftmaxLayer

ACTIVATIONS = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "ReLU": (lambda z: z * (z > 0), lambda a: (a > 0) * 1.0),
    "linear": (lambda z: z, np.ones_like),
}


def small(name="tanh", p=0.0, seed=1, **more):
    """2 filters of 3 x 3 on images of 6 x 6, pooled to 2 x 2 x 2, then 3 neurons and 2 outputs; float64."""
    sigma = getattr(network3, name)
    layers = [
        ConvPoolLayer((2, 1, 3, 3), (4, 1, 6, 6), (2, 2), sigma),
        FullyConnectedLayer(8, 3, activation_fn=sigma, p_dropout=p),
        SoftmaxLayer(3, 2, p_dropout=p),
    ]
    return Network(layers, 4, seed=seed, **{"dtype": "float64", **more})


def examples(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, 36)).astype(np.float32), rng.integers(0, 2, n)


def slopes(parameters, x, label, name, masks):
    """Gradients for one image by the chain rule, in loops; masks multiply the inputs of the dense layers."""
    f, slope = ACTIVATIONS[name]
    w0, b0, w1, b1, w2, b2 = parameters
    image, flat, came_from = x.reshape(6, 6), np.zeros(8), []
    for q, r, c in np.ndindex(2, 2, 2):
        block = {
            (r * 2 + i, c * 2 + j): (
                w0[q, 0] * image[r * 2 + i : r * 2 + i + 3, c * 2 + j : c * 2 + j + 3]
            ).sum()
            for i in range(2)
            for j in range(2)
        }
        top = max(block, key=block.get)
        came_from.append((q, *top))
        flat[len(came_from) - 1] = f(block[top] + b0[q])
    inputs = flat * masks[0]
    hidden = f(inputs @ w1 + b1)
    seen = hidden * masks[1]
    e = np.exp(seen @ w2 + b2)
    delta2 = e / e.sum() - np.eye(2)[label]
    delta1 = (w2 @ delta2) * masks[1] * slope(hidden)
    delta0 = (w1 @ delta1) * masks[0] * slope(flat)
    nabla_w0, nabla_b0 = np.zeros_like(w0), np.zeros(2)
    for delta, (q, r, c) in zip(delta0, came_from):
        nabla_w0[q, 0] += delta * image[r : r + 3, c : c + 3]
        nabla_b0[q] += delta
    return [nabla_w0, nabla_b0, np.outer(inputs, delta1), delta1, np.outer(seen, delta2), delta2]


def trained(net, data, m, eta, decay, name, p=0.0):
    """The parameters after an epoch, from where net is now, in the order and with the masks that its seed gives."""
    rng, parameters = copy.deepcopy(net.net._rng), [np.array(q) for q in net.params]
    order = rng.permutation(len(data[0]))
    for k in range(0, len(order), m):
        batch = order[k : k + m]
        masks = [np.ones((len(batch), n)) for n in (8, 3)]
        if p:
            masks = [(rng.random((len(batch), n), np.float32) >= p) * 1.0 for n in (8, 3)]
        each = [
            slopes(parameters, data[0][i], data[1][i], name, (masks[0][j], masks[1][j]))
            for j, i in enumerate(batch)
        ]
        for l, q in enumerate(parameters):
            weight_decay = decay * q if l % 2 == 0 else 0
            parameters[l] = q - eta * (sum(e[l] for e in each) / len(batch) + weight_decay)
    return parameters


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("p", [0.0, 0.4])
def test_an_epoch_is_that_of_loops_over_examples_and_pixels(name, p):
    net, data = small(name, p), examples(10)
    for layer in net.layers[2:]:  # zeros would hide what flows through them
        layer.w[:] = np.random.default_rng(3).standard_normal(layer.w.shape)
    start = [np.array(q) for q in net.params]
    want = trained(net, data, 4, 0.3, 0.5 / 2, name, p)  # 10 // 4 mini-batches
    net.SGD(data, 1, 4, 0.3, examples(3, 1), examples(3, 2), lmbda=0.5, verbose=False)
    for got, q, before in zip(net.params, want, start):
        assert_allclose(got, q, rtol=1e-6, atol=1e-9)
        assert not np.allclose(got, before, rtol=1e-3, atol=0)


def test_the_penalty_may_be_divided_by_examples_instead():
    net, data = small(), examples(10)
    want = trained(net, data, 5, 0.3, 0.5 / 10, "tanh")
    net.SGD(data, 1, 5, 0.3, data, data, 0.5, lmbda_per="example", verbose=False)
    for got, q in zip(net.params, want):
        assert_allclose(got, q, rtol=1e-6, atol=1e-9)


def test_float32_follows_float64():
    data = examples(40)
    nets = [small(dtype=dtype) for dtype in ("float64", "float32")]
    for net in nets:
        net.SGD(data, 1, 4, 0.3, data, data, 0.1, verbose=False)
    for single, double in zip(nets[1].params, nets[0].params):
        assert single.dtype == np.float32
        assert_allclose(single, double, rtol=0, atol=2e-5)


def test_the_maps_of_the_book_learn_the_same_in_both_dtypes(digits):
    """With fields of 5 x 5 and pools of 2 x 2, float32 may go to the compiled kernels; float64 never does."""
    training, nets = (digits[0].x[:24], digits[0].y[:24]), []
    for dtype in ("float64", "float32"):
        layers = [
            ConvPoolLayer((3, 1, 5, 5), (10, 1, 28, 28), (2, 2), network3.ReLU),
            ConvPoolLayer((4, 3, 5, 5), (10, 3, 12, 12), (2, 2), network3.ReLU),
            FullyConnectedLayer(64, 9, network3.ReLU),
            SoftmaxLayer(9, 10),
        ]
        nets.append(Network(layers, 10, seed=1, dtype=dtype))
        nets[-1].SGD(training, 2, 10, 0.03, training, training, 0.1, verbose=False)
    for single, double in zip(nets[1].params, nets[0].params):
        assert_allclose(single, double, rtol=0, atol=2e-5)
    assert nets[0].layers[3].b.any()


def test_in_use_weights_count_as_often_as_they_were_seen():
    """Averaged over all masks, what a linear layer passes on is what it passes on in use."""
    layers = [FullyConnectedLayer(4, 3, network3.linear, p_dropout=0.25), SoftmaxLayer(3, 2)]
    net = Network(layers, 1, seed=2, dtype="float64")
    mask, dense = net.net.layers[:2]
    x = np.array([[0.2, -1.0, 0.7, 0.4]])
    average = 0
    for kept in np.ndindex(2, 2, 2, 2):
        share = 0.75 ** sum(kept) * 0.25 ** (4 - sum(kept))
        average = average + share * dense.forward(mask.weigh(x, np.array([kept], float))[0])
    assert_allclose(average, dense.forward(mask.forward(x)), rtol=1e-12)
    assert_allclose(dense.forward(mask.forward(x)), 0.75 * x @ layers[0].w + layers[0].b, rtol=1e-12)


def test_masks_drop_inputs_as_often_as_they_should():
    mask = small(p=0.4).net.layers[1]
    drawn = mask.mask(np.random.default_rng(0), 5000, np.float64)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert abs(drawn.mean() - 0.6) < 4 * (0.24 / drawn.size) ** 0.5


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_are_slopes(name):
    net, (x, y) = small(name, p=0.3), examples(5)
    assert max(nndl.grad_check(net.net, x, y)) < 1e-6


def test_layers_start_as_they_did_then():
    layers = [
        ConvPoolLayer((40, 1, 5, 5), (10, 1, 28, 28)),
        FullyConnectedLayer(40 * 12 * 12, 100),
        SoftmaxLayer(100, 10),
    ]
    assert layers[0].w is None and layers[1].b is None
    net = Network(layers, 10, seed=7)
    draw = np.random.RandomState(7).standard_normal
    want = [draw((40, 1, 5, 5)) / (40 * 25 / 4) ** 0.5, draw(40), draw((5760, 100)) / 10, draw(100)]
    for got, q in zip(net.params, want):
        assert_allclose(got, q, rtol=1e-6)
    assert [q.shape for q in net.params[4:]] == [(100, 10), (10,)]
    assert not net.params[4].any() and not net.params[5].any()
    narrow = Network(
        [FullyConnectedLayer(784, 100), SoftmaxLayer(100, 10)], 10, seed=7, initializer=nndl.Default()
    )
    assert abs(narrow.layers[0].w.std() * 28 - 1) < 0.02


def test_the_net_of_chapter_6_has_the_shapes_and_parameters_of_the_book():
    net = Network(
        [
            ConvPoolLayer(filter_shape=(20, 1, 5, 5), image_shape=(10, 1, 28, 28), poolsize=(2, 2)),
            ConvPoolLayer((40, 20, 5, 5), (10, 20, 12, 12), (2, 2), activation_fn=network3.ReLU),
            FullyConnectedLayer(n_in=40 * 4 * 4, n_out=100, p_dropout=0.5),
            SoftmaxLayer(n_in=100, n_out=10, p_dropout=0.5),
        ],
        10,
    )
    assert [part.n_out for part in net.net.layers] == [2880, 640, 640, 100, 100, 10]
    assert net.net.count_parameters() == sum(q.size for q in net.params) == 85_670
    assert isinstance(net.layers[0].activation_fn, nndl.Sigmoid)


def scripted(net, validation, test):
    """Replace what net.fit would measure."""

    def fit(*_, on_epoch, **__):
        history = nndl.History()
        for held, tested in zip(validation, test):
            history.validation_accuracy.append(held)
            history.test_accuracy.append(tested)
            history.seconds.append(0.0)
            if on_epoch:
                on_epoch(history)
        return history

    net.net.fit = fit
    return net


def test_the_test_accuracy_that_counts_is_that_of_the_best_validation_epoch_the_latest_of_equals(capsys):
    net, data = scripted(small(), [0.90, 0.95, 0.95, 0.94], [0.91, 0.93, 0.92, 0.99]), examples(4)
    net.SGD(data, 4, 2, 0.1, data, data, verbose=False)
    assert capsys.readouterr().out == ""
    assert (net.best_epoch, net.best_validation_accuracy, net.test_accuracy) == (2, 0.95, 0.92)
    net.SGD(data, 4, 2, 0.1, data, data)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 0: validation accuracy 90.00%, the best so far; test accuracy 91.00%",
        "Epoch 1: validation accuracy 95.00%, the best so far; test accuracy 93.00%",
        "Epoch 2: validation accuracy 95.00%, the best so far; test accuracy 92.00%",
        "Epoch 3: validation accuracy 94.00%",
        "Best validation accuracy 95.00%, in epoch 2; test accuracy there 92.00%",
    ]


def test_it_learns_the_small_digits_and_predicts_them_in_mini_batches(digits):
    training, validation, test = ((part.x, part.y) for part in digits)
    net = Network([FullyConnectedLayer(784, 30, network3.ReLU), SoftmaxLayer(30, 10)], 10, seed=1)
    net.SGD(training, 8, 10, 0.1, validation, test, 0.001, verbose=False)
    assert net.accuracy(test) > 0.9
    assert (
        net.accuracy(test) == (net.predict(test[0]) == test[1]).mean()
    )  # 269 examples: the last batch is short
    in_turn = np.concatenate([net.test_mb_predictions(i) for i in range(27)])
    assert_array_equal(in_turn, net.predict(test[0]))
    assert len(net.history.validation_accuracy) == 8


def test_the_same_seed_gives_the_same_net_and_eta_may_change_by_the_epoch():
    nets, data = [small(p=0.2, seed=seed) for seed in (4, 4, 5)], examples(12)
    for net in nets:
        net.SGD(data, 3, 4, lambda history: 0.1 / (1 + history.epochs), data, data, verbose=False)
    assert_allclose(nets[0].history.eta, [0.1, 0.05, 0.1 / 3])
    same = [[np.array_equal(p, q) for p, q in zip(nets[0].params, net.params)] for net in nets[1:]]
    assert all(same[0]) and not any(same[1])


def test_data_come_as_arrays_expanded_or_not(digits, tmp_path, monkeypatch):
    path = expand_mnist.main(tmp_path / "expanded.npz", [part[:6] for part in digits], verbose=False)
    assert [network3.size(data) for data in network3.load_data_shared(path)] == [30, 6, 6]
    monkeypatch.setattr(nndl, "load_mnist", lambda: digits)
    (x, y), *_ = network3.load_data_shared()
    assert x is digits[0].x and y is digits[0].y


def test_mistakes_are_answered_with_what_to_do():
    with pytest.raises(ValueError, match=r"square here, got 5 x 3 and 2 x 2. Make both sides equal"):
        ConvPoolLayer((20, 1, 5, 3), (10, 1, 28, 28))
    with pytest.raises(
        ValueError, match="looks at 20 input maps, but image_shape has 1. Their second entries"
    ):
        ConvPoolLayer((40, 20, 5, 5), (10, 1, 12, 12))
    with pytest.raises(ValueError, match=r"poolsize is \(pool, pool\), got 2"):
        ConvPoolLayer((20, 1, 5, 5), (10, 1, 28, 28), 2)
    with pytest.raises(
        TypeError, match="activation_fn is sigmoid, tanh, ReLU or linear of network3, got <ufunc"
    ):
        FullyConnectedLayer(5, 3, activation_fn=np.tanh)
    with pytest.raises(ValueError, match="p_dropout is below 1, got 1"):
        SoftmaxLayer(5, 3, p_dropout=1)
    with pytest.raises(TypeError, match=r"Layers of network3 are wanted, .* got SoftmaxLayer\(5, 3\)"):
        Network([nndl.SoftmaxLayer(5, 3)], 10)
    with pytest.raises(ValueError, match=r"LogLikelihood\(\) needs Softmax\(\) outputs"):
        Network([FullyConnectedLayer(5, 3)], 10)
    with pytest.raises(ValueError, match="lmbda_per is one of 'mini_batch', 'example'; got 'image'"):
        small().SGD(examples(4), 1, 2, 0.1, examples(4), examples(4), 0.1, lmbda_per="image")
    with pytest.raises(ValueError, match="takes 36 inputs, but train has 5 columns"):
        small().SGD((np.zeros((4, 5)), np.zeros(4, int)), 1, 2, 0.1, examples(4), examples(4))
