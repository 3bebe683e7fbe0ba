"""Convolution, pooling and dropout: against direct loops, against the slope, in every stack and file."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import (  # fmt: skip
    L1,
    Conv,
    ConvPool,
    CrossEntropy,
    Data,
    Dense,
    Dropout,
    Linear,
    LogLikelihood,
    Network,
    Pool,
    Quadratic,
    ReLU,
    Sigmoid,
    Softmax,
    SoftmaxLayer,
    Tanh,
    grad_check,
)
from nndl.kernels import reference_conv
from nndl.layers.stack import backpropagate, masks


def two_convolutions(n_out=10, **options):
    """The net of the course: two layers of feature maps, then dense ones."""
    layers = [
        ConvPool(maps=20, field=5, pool=2, activation=ReLU()),
        ConvPool(maps=40, field=5, pool=2, activation=ReLU()),
        Dense(640, 100, ReLU()),
        SoftmaxLayer(100, n_out),
    ]
    return Network(layers, cost=LogLikelihood(), **options)


def small(make, dtype="float64", **options):
    """A net of three classes: the layers that make() makes, a softmax on top."""
    below = [layer for layer in make() if not isinstance(layer, Dropout)]  # dropout is no top of a network
    top = SoftmaxLayer(Network(below).sizes[-1], 3)
    return Network([*make(), top], cost=LogLikelihood(), dtype=dtype, **options)


# By hand ------------------------------------------------------------------------------------------------------


def by_loops(a, w, b, stride, pool, pooling):
    """Neuron by neuron: convolution, pooling, bias."""
    m, _, n_rows, n_cols = a.shape
    maps, _, field, _ = w.shape
    rows, cols = (n_rows - field) // stride + 1, (n_cols - field) // stride + 1
    out = np.zeros((m, maps, rows // pool, cols // pool))
    for i, q, j, k in np.ndindex(out.shape):
        block = []
        for row in range(j * pool, (j + 1) * pool):
            for col in range(k * pool, (k + 1) * pool):
                seen = a[i, :, row * stride : row * stride + field, col * stride : col * stride + field]
                block.append((w[q] * seen).sum())
        out[i, q, j, k] = (max(block) if pooling == "max" else np.sqrt(np.square(block).sum())) + b[q]
    return out


@pytest.mark.parametrize("pooling", ["max", "l2"])
@pytest.mark.parametrize(
    ("maps", "field", "stride", "pool"),
    [(3, 5, 1, 2), (2, 3, 2, 1), (1, 1, 1, 3), (4, 2, 3, 2), (2, 4, 1, 2)],
)
@pytest.mark.parametrize("image", [(1, 9, 9), (3, 7, 10)])
def test_a_layer_of_maps_is_what_loops_compute(image, maps, field, stride, pool, pooling, rng):
    layer = ConvPool(maps, field, pool, Tanh(), stride, pooling, image)
    net = Network([layer], dtype="float64")
    x = rng.standard_normal((2, net.sizes[0]))
    want = np.tanh(by_loops(x.reshape(2, *image), layer.w, layer.b, stride, pool, pooling))
    assert want.shape[1:] == layer.shape_out
    assert_allclose(net.feedforward(x), want.reshape(2, -1), atol=1e-12)


def test_one_layer_equals_its_parts(rng):
    whole = Network([ConvPool(3, 5, 2, Tanh(), image=(2, 10, 10))], dtype="float64", seed=1)
    parts = Network([Conv(3, 5, Tanh(), image=(2, 10, 10)), Pool(2)], dtype="float64", seed=1)
    x, y = rng.standard_normal((4, 200)), rng.random((4, 27))
    assert_array_equal(whole.layers[0].w, parts.layers[0].w)
    assert_allclose(
        whole.feedforward(x), parts.feedforward(x), atol=1e-12
    )  # tanh increases: the order does not matter
    target = Network([Conv(3, 5, Linear(), image=(2, 10, 10)), Pool(2)], dtype="float64", seed=1)
    linear = Network([ConvPool(3, 5, 2, Linear(), image=(2, 10, 10))], dtype="float64", seed=1)
    for a, b in zip(target.gradients(x, y)[0], linear.gradients(x, y)[0]):
        assert_allclose(a, b, atol=1e-12)


def test_the_filter_is_not_turned_around_and_a_shifted_image_gives_shifted_maps():
    net = Network([Conv(1, 2, Linear(), image=(1, 3, 3))], dtype="float64")
    net.layers[0].w[:] = [[[[1, 2], [3, 4]]]]
    net.layers[0].b[:] = 0
    spot = np.zeros((3, 3))
    spot[1, 1] = 1
    assert_array_equal(net.feedforward(spot).reshape(2, 2), [[4, 3], [2, 1]])
    wide = Network([Conv(2, 3, ReLU(), image=(1, 6, 8))])
    x = np.zeros((2, 1, 6, 8))
    x[0, 0, 2:4, 2:4] = x[1, 0, 2:4, 3:5] = [[1, 2], [3, 4]]
    maps = wide.feedforward(x).reshape(2, 2, 4, 6)
    assert_allclose(maps[0, :, :, :-1], maps[1, :, :, 1:], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_pooling_by_hand_the_first_of_equals_wins_and_a_border_is_left_out(dtype):
    a = np.array([[[[1, 1, 0, 2, 9], [1, 0, 5, 3, 9], [9, 9, 9, 9, 9]]]], dtype)
    pooled, where = reference_conv.max_pool(a, 2)
    assert_array_equal(pooled, [[[[1, 5]]]])
    assert_array_equal(where, [[[[0, 2]]]])
    back = reference_conv.max_unpool(np.array([[[[7, 8]]]], dtype), where, 2, a.shape)
    assert_array_equal(back[0, 0], [[7, 0, 0, 0, 0], [0, 0, 8, 0, 0], [0, 0, 0, 0, 0]])
    assert back.dtype == dtype


def test_l2_pooling_by_hand_and_a_block_of_zeros_has_no_slope():
    a = np.array([[[[3.0, 0, 0, 0], [0, 4, 0, 0]]]])
    pooled = reference_conv.l2_pool(a, 2)
    assert_array_equal(pooled, [[[[5, 0]]]])
    back = reference_conv.l2_unpool(np.array([[[[10.0, 10]]]]), a, pooled, 2)
    assert_array_equal(back[0, 0], [[6, 0, 0, 0], [0, 8, 0, 0]])


def test_a_nan_stays_a_nan(rng):
    net = Network([ConvPool(2, 3, 2, ReLU(), image=(1, 6, 6)), Dense(8, 3, Linear())])
    net.layers[0].w[1, 0, 0, 0] = np.nan
    assert np.isnan(net.feedforward(rng.random((1, 36)))).all()


# Slopes -------------------------------------------------------------------------------------------------------

STACKS = {
    "convpool": lambda: [ConvPool(3, 3, 2, Sigmoid(), image=(1, 8, 8))],
    "two": lambda: [ConvPool(3, 3, 1, Tanh(), image=(1, 8, 8)), ConvPool(2, 3, 2, ReLU())],
    "l2": lambda: [ConvPool(2, 3, 2, Tanh(), pooling="l2", image=(1, 8, 8)), Pool(2, "l2")],
    "stride": lambda: [Conv(2, 3, ReLU(), stride=2, image=(1, 8, 8)), Conv(3, 2, Linear())],
    "border": lambda: [Conv(2, 4, Sigmoid(), stride=3, image=(1, 8, 8)), ConvPool(2, 1, 2, Linear())],
    "colors": lambda: [ConvPool(2, 3, 2, ReLU(), image=(4, 4, 4))],
    "parts": lambda: [Conv(3, 3, ReLU(), image=(1, 8, 8)), Pool(3), Dense(12, 5, Tanh())],
    "pool first": lambda: [Pool(2, image=(1, 8, 8)), Dense(16, 4)],
    "above dense": lambda: [Dense(64, 36, Tanh()), ConvPool(2, 3, 2, Sigmoid()), Dense(8, 4)],
    "dropout": lambda: [Dense(64, 6), Dropout(0.5), Dense(6, 4, ReLU()), Dropout(0.3)],
}


@pytest.mark.parametrize("stack", STACKS)
def test_gradients_are_slopes(stack, rng):
    net = small(STACKS[stack], seed=2)
    assert max(grad_check(net, rng.standard_normal((5, 64)), rng.integers(0, 3, 5))) < 1e-6


def test_gradients_are_slopes_with_neurons_dropped(rng):
    net = small(
        lambda: [
            ConvPool(2, 3, 2, Tanh(), image=(1, 8, 8)),
            Dropout(0.5),
            Dense(18, 6, Sigmoid()),
            Dropout(0.25),
        ]
    )
    x, y = rng.standard_normal((5, 64)), np.eye(3)[rng.integers(0, 3, 5)]
    dropped = masks(net.layers, 5, rng, np.float64)

    def cost():
        a = x
        for layer, mask in zip(net.layers, dropped):
            a = layer.forward(a) if mask is None else a * mask
        return net.cost(a, y)

    found = backpropagate(net.layers, net.cost, x, y, dropped)
    learned = [layer for layer in net.layers if layer.w is not None]
    for layer, pair in zip(learned, found, strict=True):
        for p, nabla in zip((layer.w, layer.b), pair):
            at = tuple(rng.integers(0, p.shape))
            kept, p[at] = p[at], p[at] + 1e-6
            above, p[at] = cost(), kept - 1e-6
            assert_allclose(nabla[at], (above - cost()) / 2e-6, atol=1e-8)
            p[at] = kept


# Shapes -------------------------------------------------------------------------------------------------------


def test_the_net_of_the_course_has_the_shapes_and_counts_of_the_course():
    net = two_convolutions()
    assert [layer.shape_out for layer in net.layers] == [(20, 12, 12), (40, 4, 4), (100,), (10,)]
    assert [layer.w.shape for layer in net.layers] == [(20, 1, 5, 5), (40, 20, 5, 5), (100, 640), (10, 100)]
    assert [layer.n_parameters for layer in net.layers] == [520, 20_040, 64_100, 1_010]
    assert net.count_parameters() == 85_670
    assert net.sizes == [784, 2880, 640, 100, 10]
    one = Network([ConvPool(20, 5, 2), Dense(2880, 100), SoftmaxLayer(100, 10)], cost=LogLikelihood())
    assert one.count_parameters() == 289_630
    assert (
        Network([ConvPool(20, 5, 2), SoftmaxLayer(2880, 10)], cost=LogLikelihood()).count_parameters()
        == 29_330
    )
    assert Network([Dense(784, 30), Dense(30, 10)]).count_parameters() == 23_860


def test_a_summary_is_a_table():
    lines = two_convolutions().summary().splitlines()
    assert [line.split()[-1] for line in lines] == [
        "parameters",
        "28",
        "520",
        "20,040",
        "64,100",
        "1,010",
        "85,670",
    ]
    assert "20 x 12 x 12" in lines[2]
    assert len(set(map(len, lines[2:]))) == 1


def test_filters_start_with_a_spread_of_one_over_the_root_of_what_a_neuron_sees():
    layer = Network([ConvPool(400, 5, 2, image=(4, 28, 28))]).layers[0]
    assert_allclose(layer.w.std(), 0.1, rtol=0.02)
    assert_allclose(layer.b.std(), 1, rtol=0.1)


def test_examples_come_as_rows_images_maps_or_alone(rng):
    net = two_convolutions()
    x = rng.random((3, 784), np.float32)
    want = net.feedforward(x)
    for form in (x.reshape(3, 28, 28), x.reshape(3, 1, 28, 28)):
        assert_allclose(net.feedforward(form), want)
    assert_allclose(net.feedforward(x[0]), want[0], rtol=1e-4)
    assert net.feedforward(x[0].reshape(1, 28, 28)).shape == (1, 10)
    colors = Network([ConvPool(2, 3, 2, image=(3, 6, 6))])
    assert colors.feedforward(np.zeros((3, 6, 6))).shape == (8,)
    assert colors.feedforward(np.zeros((5, 3, 6, 6))).shape == (5, 8)
    assert [a.shape for a in net.activations(x)] == [(3, 784), (3, 2880), (3, 640), (3, 100), (3, 10)]


def test_many_examples_pass_in_parts(rng):
    net = Network([ConvPool(2, 3, 2, image=(1, 6, 6)), Dense(8, 3)])
    x = rng.random((250, 36), np.float32)
    assert_allclose(
        net.feedforward(x), np.concatenate([net.feedforward(x[:99]), net.feedforward(x[99:])]), rtol=1e-5
    )


# Training -----------------------------------------------------------------------------------------------------


@pytest.fixture
def data(rng):
    """Forty 8 x 8 images with a bright bar, across, upright or slanted."""
    x, y = rng.random((40, 8, 8)) * 0.3, rng.integers(0, 3, 40)
    for image, label, at in zip(x, y, rng.integers(1, 6, 40)):
        if label == 0:
            image[at] += 0.7
        elif label == 1:
            image[:, at] += 0.7
        else:
            image[np.arange(8), np.arange(8)] += 0.7
    return Data(x.reshape(40, 64), y, classes=3)


def by_hand(net, data, batches, eta, lmbda=0.0, l1=0.0, mu=0.0, nesterov=False):
    """Steps of the book, from net.gradients, as an independent route."""
    learned = [layer for layer in net.layers if layer.w is not None]
    velocity = [[np.zeros_like(layer.w), np.zeros_like(layer.b)] for layer in learned]
    for rows in batches:
        ahead = mu if nesterov else 0.0
        kept = [(layer.w.copy(), layer.b.copy()) for layer in learned]
        for layer, v in zip(learned, velocity):
            layer.w, layer.b = layer.w + ahead * v[0], layer.b + ahead * v[1]
        net_pairs = backpropagate(net.layers, net.cost, data.x[rows].astype(float), data.targets[rows])
        for layer, (g, h), v, (w, b) in zip(learned, net_pairs, velocity, kept):
            slope = g + lmbda / len(data) * layer.w + l1 / len(data) * np.sign(layer.w)
            v[0], v[1] = mu * v[0] - eta * slope, mu * v[1] - eta * h
            layer.w, layer.b = w + v[0], b + v[1]


@pytest.mark.parametrize(
    ("fit", "hand"),
    [
        ({}, {}),
        ({"lmbda": 3.0}, {"lmbda": 3.0}),
        ({"penalty": L1(2.0)}, {"l1": 2.0}),
        ({"mu": 0.8, "lmbda": 1.0}, {"mu": 0.8, "lmbda": 1.0}),
        ({"mu": 0.8, "nesterov": True, "lmbda": 1.0}, {"mu": 0.8, "nesterov": True, "lmbda": 1.0}),
    ],
    ids=["plain", "L2", "L1", "momentum", "nesterov"],
)  # fmt: skip
def test_an_epoch_is_the_steps_of_the_book(data, fit, hand):
    net, twin = (small(STACKS["two"]) for _ in range(2))
    net.fit(data, 1, batch_size=7, eta=0.2, **fit)
    order = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[1]).permutation(40)
    by_hand(twin, data, [order[i : i + 7] for i in range(0, 40, 7)], 0.2, **hand)
    for p, q in zip(net.layers, twin.layers):
        assert_allclose(p.w, q.w, rtol=1e-9)
        assert_allclose(p.b, q.b, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_learns(data, stack, dtype):
    net = small(STACKS[stack], dtype)
    before = net.evaluate(data).cost
    history = net.fit(data, 3, eta=0.05, validation=data[:10])
    assert net.evaluate(data).cost < before
    assert len(history.validation_accuracy) == 3
    assert all(p.dtype == dtype for group in net.parameters for p in group)


def test_float_targets_and_other_costs_go_with_maps(data):
    for cost, output in ((CrossEntropy(), Sigmoid()), (Quadratic(), Linear())):
        net = Network([ConvPool(3, 3, 2, Tanh(), image=(1, 8, 8)), Dense(27, 3, output)], cost=cost)
        before = net.evaluate(data).cost
        net.fit((data.x, data.targets), 2, eta=0.02)
        assert net.evaluate(data).cost < before


def test_a_small_net_of_maps_tells_the_bars_apart(data):
    net = Network([ConvPool(4, 3, 2, ReLU(), image=(1, 8, 8)), SoftmaxLayer(36, 3)], cost=LogLikelihood())
    net.fit(data, 30, eta=0.2)
    assert net.accuracy(data) == 1.0


def test_one_seed_one_result_masks_included(data):
    def weights(seed=0, epochs=(2,)):
        layers = [ConvPool(2, 3, 2, ReLU(), image=(1, 8, 8)), Dropout(0.5), SoftmaxLayer(18, 3)]
        net = Network(layers, cost=LogLikelihood(), seed=seed)
        for count in epochs:
            net.fit(data, count, eta=0.1)
        return np.concatenate([p.ravel() for group in net.parameters for p in group])

    assert_array_equal(weights(), weights())
    assert_array_equal(weights(), weights(epochs=(1, 1)))
    assert not np.array_equal(weights(), weights(seed=1))


# Dropout ------------------------------------------------------------------------------------------------------


def test_dropout_does_nothing_in_use(data):
    net = small(lambda: [Dense(64, 6), Dropout(0.5)])
    assert_array_equal(net.activations(data.x)[1], net.activations(data.x)[2])


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_a_mask_drops_its_share_and_keeps_the_mean(p, rng):
    layer = Network([Dense(5, 1000), Dropout(p), Dense(1000, 2)]).layers[1]
    mask = layer.mask(rng, 50, np.float32)
    assert mask.shape == (50, 1000)
    assert mask.dtype == np.float32
    assert_allclose((mask == 0).mean(), p, atol=0.01)
    assert_allclose(mask.mean(), 1, atol=0.03)
    assert_allclose(np.unique(mask)[-1], 1 / (1 - p))


def test_the_exact_form_drops_one_set_of_exactly_half_for_the_whole_mini_batch(rng):
    layer = Network([Dense(5, 30), Dropout(0.5, exact=True), Dense(30, 2)]).layers[1]
    sets = [layer.mask(rng, 10, np.float64) for _ in range(20)]
    assert {mask.shape for mask in sets} == {(1, 30)}
    assert {int((mask == 0).sum()) for mask in sets} == {15}
    assert len({mask.tobytes() for mask in sets}) > 15


def test_dropped_neurons_get_no_gradient_and_a_new_set_is_drawn_for_every_mini_batch(rng):
    net = Network([Dense(4, 6), Dropout(0.5, exact=True), Dense(6, 2)], dtype="float64")
    x, y = rng.random((3, 4)), np.eye(2)[[0, 1, 0]]
    dropped = masks(net.layers, 3, rng, np.float64)
    gone = dropped[1][0] == 0
    (w1, b1), (w2, _) = backpropagate(net.layers, net.cost, x, y, dropped)
    assert gone.sum() == 3
    assert (w1[gone] == 0).all() and (b1[gone] == 0).all() and (w2[:, gone] == 0).all()
    assert (w1[~gone] != 0).any() and (w2[:, ~gone] != 0).all()
    assert dropped[0] is dropped[2] is None


def test_dividing_while_learning_is_scaling_the_outgoing_weights_afterwards(rng):
    """The historic recipe: no division in training, w -> (1 - p) w in use. Here: w' = (1 - p) w throughout."""
    p, a, w = 0.4, rng.random((1, 50)), rng.standard_normal((3, 50))
    layer = Network([Dense(5, 50), Dropout(p), Dense(50, 3)], dtype="float64").layers[1]
    mask = layer.mask(rng, 1, np.float64)
    assert_allclose(layer.weigh(a, mask)[0] @ ((1 - p) * w).T, (a * (mask > 0)) @ w.T)
    assert_allclose(layer.forward(a) @ ((1 - p) * w).T, a @ ((1 - p) * w).T)
    many = [layer.weigh(a, layer.mask(rng, 1, np.float64))[0] @ w.T for _ in range(4000)]
    assert_allclose(np.mean(many, axis=0), a @ w.T, atol=0.3)


# Files, messages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["json", "npz"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_saved_network_comes_back_the_same(tmp_path, rng, stack, ending):
    net = small(STACKS[stack], seed=4)
    net.save(tmp_path / f"net.{ending}")
    back = nndl.load(tmp_path / f"net.{ending}")
    x = rng.random((4, 64))
    assert repr(back) == repr(net)
    assert_array_equal(back.feedforward(x), net.feedforward(x))


@pytest.mark.parametrize("stack", STACKS)
def test_repr_can_be_read_back(stack):
    net = small(STACKS[stack])
    back = eval(repr(net), vars(nndl) | {name: getattr(nndl, name) for name in nndl.__all__})
    assert repr(back) == repr(net)
    assert back.sizes == net.sizes


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: Network([ConvPool(20, 5, 2), Dense(641, 10)]), r"gives 2880 activations, but Dense\(641, 10\) takes 641"),
        (lambda: Network([Dense(4, 5), Conv(2, 2)]), r"no square image.*Say their shape: image=\(maps, rows, cols\)"),
        (lambda: Network([Conv(2, 3), Conv(2, 3, image=(1, 26, 26))]), r"gives activations of shape \(2, 26, 26\).*takes \(1, 26, 26\). Leave image out"),
        (lambda: Network([Dense(4, 8), Conv(2, 2, image=(1, 3, 3))]), r"takes \(1, 3, 3\). Leave image out"),
        (lambda: Network([Conv(2, 29)]), "needs at least 29 rows and columns, got an input of 28 x 28. Make the field or the pool smaller"),
        (lambda: Network([ConvPool(2, 5, 25)]), "needs at least 25 rows and columns, got maps of 24 x 24"),
        (lambda: Network([Pool(3, image=(1, 2, 2))]), "needs at least 3 rows and columns, got maps of 2 x 2"),
        (lambda: Conv(0, 5), "maps, the number of feature maps, is at least 1"),
        (lambda: Conv(2, (5, 5)), "field, the side of a patch, is a whole number"),
        (lambda: Conv(2, 5, stride=0), "stride, the step between patches, is at least 1"),
        (lambda: Pool(0), "pool, the side of a block, is at least 1"),
        (lambda: Pool(2, "mean"), "pooling is one of 'max', 'l2'; got 'mean'"),
        (lambda: Conv(2, 5, image=784), r"image is the shape of the input, got 784. Write image=\(maps, rows, cols\)"),
        (lambda: Conv(2, 5, image=(1, 28, 0)), "Each number in image is at least 1, got 0"),
        (lambda: Conv(2, 5, Softmax()), "put a SoftmaxLayer on top of the feature maps"),
        (lambda: ConvPool(2, 5, 2, ReLU), r"Write ReLU\(\)"),
        (lambda: Dropout(1.5), "p_dropout, the probability to be set to 0, lies between 0 and 1"),
        (lambda: Dropout(1), "p_dropout is below 1, got 1: nothing would be left. Try 0.5"),
        (lambda: Network([Dropout(0.5), Dense(5, 3)]), "drops activations of the layer below it. Put it above a layer"),
        (lambda: Network([Dense(5, 3, Linear()), Dropout(0.5)]), "outputs are never dropped. Put a layer above it"),
        (lambda: Network([SoftmaxLayer(5, 4), Dropout(0.5), Dense(4, 3)]), "Softmax belongs in the last layer only"),
        (lambda: two_convolutions().feedforward(np.zeros((2, 3, 28, 28))), r"takes shape \(m, 784\), or images \(m, 28, 28\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_advice(make, advice):
    with pytest.raises((ValueError, TypeError), match=advice):
        make()


def test_every_layer_belongs_to_one_network():
    for layers in ([Dense(4, 4), Pool(2), Dense(1, 1)], [Dense(4, 4), Dropout(0.5), Dense(4, 1)]):
        Network(layers)
        with pytest.raises(ValueError, match="already belongs to a network. Make a new one"):
            Network([Dense(4, 4), layers[1], Dense(4, 4)])
