import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from nndl import CrossEntropy, Data, Dense, Network
from nndl.augment import Distort, MayChangeLabel, elastic, expand, rotate, shift, skew


@pytest.fixture(scope="module")
def few(digits):
    return digits[0][:60]


def one(*pixels, side=5):
    """A blank image with single pixels of ink."""
    image = np.zeros((side, side), np.float32)
    image[tuple(np.transpose(pixels))] = 1
    return Data(image, 3)


def generator(seed=0):
    return np.random.default_rng(seed)


CHANGES = {
    "shift": lambda data: shift(data, 1, -2),
    "rotate": lambda data: rotate(data, 15),
    "skew": lambda data: skew(data, 0.3),
    "elastic": lambda data: elastic(data, seed=4),
    "everything": lambda data: Distort(2, 15, 0.2, 34)(data, generator()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_keeps_labels_shape_and_range_and_leaves_the_original_alone(few, change):
    before = few.x.copy()
    changed = change(few)
    assert_array_equal(changed.y, few.y)
    assert (changed.classes, changed.name, changed.x.shape) == (few.classes, few.name, few.x.shape)
    assert changed.x.dtype == np.float32 and not changed.x.flags.writeable
    assert changed.x.min() >= 0 and changed.x.max() <= few.x.max()
    assert_array_equal(few.x, before)
    assert (changed.x != few.x).any(axis=1).all()


@pytest.mark.parametrize("change", [
    lambda data: shift(data), lambda data: rotate(data, 0), lambda data: skew(data, 0.0),
    lambda data: elastic(data, alpha=0), lambda data: Distort()(data, generator()),
])  # fmt: skip
def test_no_change_at_all_gives_the_same_bits(few, change):
    assert_array_equal(change(few).x, few.x)


def test_a_shift_brings_in_paper_and_wraps_nothing_around():
    corner = one((0, 0), (4, 4))
    assert_array_equal(shift(corner, 1, 0).images[0], one((1, 0)).images[0])
    assert_array_equal(shift(corner, -1, -1).images[0], one((3, 3)).images[0])
    assert_array_equal(shift(corner, 0, 2).images[0], one((0, 2)).images[0])
    for far in (5, -5, 100):
        assert not shift(corner, far, 0).x.any() and not shift(corner, 0, far).x.any()


def test_every_image_may_have_its_own_shift(few):
    rows, cols = generator().integers(-3, 4, (2, len(few)))
    moved = shift(few, rows, cols)
    for i in range(len(few)):
        assert_array_equal(moved.images[i], ndimage.shift(few.images[i], (rows[i], cols[i]), order=0))


def test_positive_angles_turn_counterclockwise():
    assert_array_equal(rotate(one((2, 4)), 0).images[0], one((2, 4)).images[0])
    with pytest.warns(MayChangeLabel):
        quarter = rotate(one((2, 4)), 90)
    assert_allclose(quarter.images[0], one((0, 2)).images[0], atol=1e-6)


def test_a_positive_slope_leans_to_the_right_as_italics_do():
    stroke = one((0, 2), (1, 2), (2, 2), (3, 2), (4, 2))
    assert_array_equal(skew(stroke, 1).images[0], one((0, 4), (1, 3), (2, 2), (3, 1), (4, 0)).images[0])


def by_scipy(image, matrix):
    middle = (np.array(image.shape) - 1) / 2
    return ndimage.affine_transform(image, matrix, middle - matrix @ middle, order=1, mode="grid-constant")


@pytest.mark.parametrize("degrees", [-28, -3.5, 7, 15])
def test_rotation_agrees_with_scipy(few, degrees):
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for got, image in zip(rotate(few, degrees).images, few.images):
        assert_allclose(got, by_scipy(image.astype(float), matrix), atol=1e-5)


@pytest.mark.parametrize("slope", [-0.4, 0.13, 0.5])
def test_skewing_agrees_with_scipy(few, slope):
    for got, image in zip(skew(few, slope).images, few.images):
        assert_allclose(got, by_scipy(image.astype(float), np.array([[1, 0], [slope, 1]])), atol=1e-5)


def test_the_warp_agrees_with_scipy_given_the_same_noise(few):
    alpha, sigma = 20.0, 3.0
    changed = Distort(alpha=alpha, sigma=sigma)(few, generator(5))
    rng = generator(5)
    rng.integers(0, 1, (len(few), 2))  # what the shift, the angle and the slope would have been
    rng.uniform(-1, 1, 2 * len(few))
    noise = rng.random((len(few), 2, 28, 28), np.float32).astype(float) * 2 - 1
    for got, image, draws in zip(changed.images, few.images, noise):
        field = [ndimage.gaussian_filter(d, sigma, mode="constant", truncate=8) for d in draws]
        places = np.indices(image.shape) + alpha * np.array(field)
        assert_allclose(got, ndimage.map_coordinates(image, places, order=1, mode="grid-constant"), atol=1e-4)


def test_a_warp_is_smooth_and_of_the_strength_promised():
    rows = np.broadcast_to(np.linspace(0, 1, 28, dtype=np.float32)[:, None], (400, 28, 28))
    ramp = Data(rows, np.zeros(400, int))  # its ink tells how far up or down a pixel was fetched
    moved = (elastic(ramp, seed=1).images - rows)[:, 8:20, 8:20] * 27
    assert np.sqrt((moved**2).mean()) == pytest.approx(34 / (np.sqrt(3) * 2 * np.sqrt(np.pi) * 4), rel=0.05)
    assert np.abs(np.diff(moved, axis=2)).mean() < np.abs(moved).mean() / 3


@pytest.mark.parametrize("kinds", [{"shift": 2}, {"rotate": 15.0}, {"skew": 0.3}, {"alpha": 34.0},
                                   {"shift": 1, "rotate": 10.0, "skew": 0.1, "alpha": 20.0}])  # fmt: skip
def test_a_seed_fixes_every_change_and_another_seed_makes_others(few, kinds):
    first, again, other = (Distort(**kinds)(few, generator(seed)).x for seed in (0, 0, 1))
    assert_array_equal(first, again)
    assert (first != other).any(axis=1).mean() > 0.9


def test_the_random_shift_takes_every_value_up_to_the_largest_and_no_other():
    data = Data(np.tile(one((3, 3), side=7).x, (600, 1)), np.zeros(600, int))
    rows, cols = np.array([np.argwhere(image)[0] for image in Distort(shift=2)(data, generator()).images]).T
    assert set(zip(rows, cols)) == {(row, col) for row in range(1, 6) for col in range(1, 6)}


def test_images_shifted_at_random_have_lost_nothing_but_edges(rng):
    images = np.zeros((300, 8, 8), np.float32)
    images[:, 3, 4] = 1
    images[:, 0, 0] = 0.5
    moved = Distort(shift=2)(Data(images, np.arange(300) % 10), rng)
    rows, cols = np.array([np.argwhere(image == 1)[0] for image in moved.images]).T
    assert set(rows) == {1, 2, 3, 4, 5} and set(cols) == {2, 3, 4, 5, 6}
    corner = (moved.images == 0.5).any(axis=(1, 2))
    assert_array_equal(corner, (rows >= 3) & (cols >= 4))
    assert_array_equal(moved.y, np.arange(300) % 10)


def test_expanded_data_hold_every_image_and_its_four_neighbors_once(few):
    expanded = expand(few, seed=3)
    assert len(expanded) == 5 * len(few)
    wanted = [shift(few, *move) for move in [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]]
    rows = {(*x.tobytes(), int(y)) for data in wanted for x, y in data}
    assert {(*x.tobytes(), int(y)) for x, y in expanded} == rows
    assert len(rows) == len(expanded)
    assert_array_equal(np.bincount(expanded.y, minlength=10), 5 * np.bincount(few.y, minlength=10))


def test_expanded_data_are_shuffled_by_their_seed(few):
    assert_array_equal(expand(few, seed=3).x, expand(few, seed=3).x)
    assert (expand(few, seed=3).y != expand(few, seed=4).y).any()
    assert (expand(few).y[: len(few)] != few.y).any()


def test_expanding_by_random_changes_makes_every_copy_another(few):
    expanded = expand(few, change=Distort(rotate=10.0), copies=2)
    assert len(expanded) == 3 * len(few)
    assert len(np.unique(expanded.x, axis=0)) == 3 * len(few)
    assert {x.tobytes() for x in few.x} <= {x.tobytes() for x in expanded.x}


def test_expanding_keeps_float_targets_beside_their_images(few):
    floats = Data(few.x, few.targets, name="floats")
    by_label, by_target = expand(few), expand(floats)
    assert_array_equal(by_target.y.argmax(axis=1), by_label.y)
    assert (by_target.name, by_target.classes) == ("floats", 10)


def test_expanding_needs_little_more_memory_than_its_result(digits):
    train = digits[0]
    tracemalloc.start()
    expand(train)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * train.x.nbytes + 20e6  # for 50,000 images of MNIST: 0.8 GB


def test_a_network_shown_moved_digits_reads_moved_digits_better(digits):
    train, validation, _ = digits
    few, moved = train[:200], shift(validation, 2, 0)
    accuracies = []
    for data, epochs in ((few, 40), (expand(few, pixels=2), 8)):  # as many steps
        nets = [Network([Dense(784, 20), Dense(20, 10)], cost=CrossEntropy(), seed=s) for s in range(3)]
        for net in nets:
            net.fit(data, epochs, eta=0.5, progress=False)
        accuracies.append(np.mean([net.accuracy(moved) for net in nets]))
    assert accuracies[1] > accuracies[0] + 0.1


def small_net(**settings):
    return Network([Dense(784, 12), Dense(12, 10)], cost=CrossEntropy(), seed=2, **settings)


def weights(net):
    return np.concatenate([p.ravel() for group in net.parameters for p in group])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_epoch_of_changed_data_is_an_epoch_on_that_data(few, dtype):
    half_ink = lambda data, rng: Data(data.x / 2, data.y)  # noqa: E731
    nets = [small_net(dtype=dtype) for _ in range(3)]
    nets[0].fit(few, 4, eta=0.5, augment=half_ink, progress=False)
    nets[1].fit(Data(few.x / 2, few.y), 4, eta=0.5, progress=False)
    nets[2].fit(few, 4, eta=0.5, progress=False)
    assert_array_equal(weights(nets[0]), weights(nets[1]))
    assert (weights(nets[0]) != weights(nets[2])).any()


def test_changes_are_drawn_anew_for_every_epoch_and_again_from_the_same_seed(few):
    seen = []

    def watched(data, rng):
        seen.append(Distort(shift=2)(data, rng).x)
        return Data(seen[-1], data.y)

    runs = []
    for _ in range(2):
        net = small_net()
        net.fit(few, 3, eta=0.5, augment=watched, progress=False)
        runs.append(weights(net))
    assert_array_equal(*runs)
    assert_array_equal(seen[:3], seen[3:])
    assert (seen[0] != seen[1]).any() and (seen[1] != seen[2]).any()


def test_what_is_watched_is_not_changed(few):
    net = small_net()
    history = net.fit(
        few,
        2,
        eta=0.5,
        augment=Distort(shift=3),
        monitor=["training_cost", "training_accuracy"],
        progress=False,
    )
    assert history.training_cost[-1] == pytest.approx(net.evaluate(few).cost, rel=1e-6)
    assert history.training_accuracy[-1] == net.accuracy(few)


def test_an_interrupted_run_goes_on_with_the_changes_it_would_have_drawn(few, tmp_path):
    straight, resumed = small_net(), small_net()
    settings = {"eta": 0.5, "augment": Distort(shift=1, rotate=10.0), "progress": False}
    straight.fit(few, 4, **settings)
    small_net().fit(few, 2, checkpoint=tmp_path / "run.npz", **settings)
    resumed.fit(few, 4, checkpoint=tmp_path / "run.npz", **settings)
    assert_array_equal(weights(resumed), weights(straight))
    with pytest.raises(ValueError, match="augment Distort.*and this call has None"):
        small_net().fit(few, 4, checkpoint=tmp_path / "run.npz", eta=0.5, progress=False)


@pytest.mark.parametrize(("augment", "kind", "message"), [
    ("shift", TypeError, r"got 'shift'. Try Distort\(shift=1\)"),
    (lambda data, rng: data.x, TypeError, r"augment returns Data, got ndarray. Return Data\(x, data.y\)"),
    (lambda data, rng: data[:5], ValueError, r"\(60, 784\), got \(5, 784\).*net.fit\(expand\(train\)"),
])  # fmt: skip
def test_what_cannot_augment_is_answered_with_what_can(few, augment, kind, message):
    with pytest.raises(kind, match=message):
        small_net().fit(few, 1, eta=0.5, augment=augment, progress=False)
    small_net().fit(few, 1, eta=0.5, augment=Distort(shift=1), progress=False)


def test_large_angles_are_flagged_with_what_may_happen(few):
    with pytest.warns(MayChangeLabel, match="6 for a 9.*below 30 degrees"):
        rotate(few, np.linspace(-45, 0, len(few)))
    with pytest.warns(MayChangeLabel, match="Turned by 180"):
        Distort(rotate=180)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rotate(few, 30)
        Distort(rotate=30)


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda d: shift(d, 0.5), TypeError, "rows counts whole pixels, got 0.5"),
    (lambda d: shift(d, 0, [1, 2]), ValueError, r"cols has shape \(60,\), got \(2,\)"),
    (lambda d: rotate(d, np.nan), ValueError, "degrees is finite"),
    (lambda d: elastic(d, alpha=-1), ValueError, "alpha = 0 leaves the warp out"),
    (lambda d: elastic(d, sigma=0), ValueError, "try 4"),
    (lambda d: Distort(shift=0.5), TypeError, "largest shift, in pixels"),
    (lambda d: expand(d, pixels=0), ValueError, "pixels is at least 1"),
    (lambda d: expand(d, change="shift"), TypeError, r"Try Distort\(shift=1\)"),
    (lambda d: expand(d, change=Distort(shift=1), copies=0), ValueError, "copies is at least 1"),
    (lambda d: rotate(Data(np.ones((2, 6)), [0, 1]), 5), ValueError, "Square images"),
])  # fmt: skip
def test_wrong_arguments_are_answered_with_what_is_wanted(few, call, kind, message):
    with pytest.raises(kind, match=message):
        call(few)


def test_a_distortion_shows_what_it_does():
    assert repr(Distort(shift=1, alpha=34.0)) == "Distort(shift=1, alpha=34.0, sigma=4.0)"
    assert repr(Distort()) == "Distort()"
