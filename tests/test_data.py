import numpy as np
import pytest
from numpy.testing import assert_array_equal

from nndl import Data
from nndl.data import one_hot


@pytest.fixture
def data(rng):
    return Data(rng.random((12, 9)), np.arange(12) % 4, classes=4, name="toy")


def test_one_hot_puts_a_single_one_at_the_label():
    assert_array_equal(one_hot(3), np.eye(10)[3])
    assert_array_equal(one_hot([2, 0], classes=3), [[0, 0, 1], [1, 0, 0]])
    assert one_hot(3).dtype == np.float32


@pytest.mark.parametrize(
    "j, error", [(10, ValueError), (-1, ValueError), (1.0, TypeError), ("one", TypeError)]
)
def test_one_hot_refuses_what_is_not_a_label(j, error):
    with pytest.raises(error, match="Labels"):
        one_hot(j)


def test_data_is_float32_rows_and_whole_labels(data):
    assert (data.x.dtype, data.x.shape, data.x.flags.c_contiguous) == (np.float32, (12, 9), True)
    assert (data.y.dtype, data.y.shape) == (np.int64, (12,))
    assert (len(data), data.classes, data.name) == (12, 4, "toy")
    assert repr(data) == "Data(toy: 12 x 9, 4 classes)"


def test_nobody_can_change_data(data, rng):
    with pytest.raises(ValueError, match="read-only"):
        data.x[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        data[2:5].y[0] = 1
    with pytest.raises(AttributeError):
        data.x = data.x
    mine = rng.random((3, 4)).astype(np.float32)
    copy = Data(mine, [0, 1, 2])
    mine[:] = 7
    assert copy.x.max() < 1


@pytest.mark.parametrize("index", [slice(2, 7), slice(None, None, -1), np.arange(12) > 8, [3, 1, 1]], ids=str)
def test_data_is_cut_like_its_arrays(data, index):
    part = data[index]
    assert_array_equal(part.x, data.x[index])
    assert_array_equal(part.y, data.y[index])
    assert (part.classes, part.name, part.x.flags.c_contiguous) == (4, "toy", True)


def test_a_slice_shares_the_memory_of_the_whole(data):
    assert np.shares_memory(data[3:8].x, data.x)


def test_one_example_and_a_walk_through_all_are_pairs(data):
    x, y = data[-1]
    assert_array_equal(x, data.x[11])
    assert y == 3
    assert [y for _, y in data] == data.y.tolist()
    assert all((x == row).all() for (x, _), row in zip(data, data.x, strict=True))


def test_only_keeps_the_labels_asked_for_in_order(data):
    kept = data.only(2, 0)
    assert_array_equal(kept.x, [x for x, y in data if y in (0, 2)])
    assert kept.classes == 4


def test_targets_are_unit_vectors_or_what_was_given(data, rng):
    assert_array_equal(data.targets.argmax(axis=1), data.y)
    assert_array_equal(data.targets.sum(axis=1), 1)
    y = rng.random((12, 2)).astype(np.float32)
    given = Data(data.x, y)
    assert_array_equal(given.targets, y)
    assert given.classes == 2


def test_images_are_laid_out_as_rows_and_back(rng):
    images = rng.random((5, 28, 28)).astype(np.float32)
    data = Data(images, np.zeros(5, int))
    assert_array_equal(data.x, images.reshape(5, 784))
    assert_array_equal(data.images, images)


def test_one_example_may_come_alone(rng):
    image = rng.random((28, 28)).astype(np.float32)
    for x in (image, image.ravel()):
        assert_array_equal(Data(x, 7).images, [image])
        assert Data(x, 7).y.tolist() == [7]


def test_a_square_table_is_rows_unless_its_label_stands_alone():
    assert Data(np.eye(3), [0, 1, 2]).x.shape == (3, 3)
    assert Data(np.eye(3), 2).x.shape == (1, 9)


@pytest.mark.parametrize(
    "x, y, message",
    [
        (np.zeros((3, 4)), [0, 1], "got 3 inputs and 2 targets. Give one target per input"),
        (np.zeros(4), [0, 1], r"shape \(n, d\).* got \(4,\). One example\? Write x\[None\]"),
        (np.zeros((2, 3, 4)), [0, 1], r"or \(n, side, side\), got \(2, 3, 4\)"),
        (np.zeros((0, 4)), np.zeros(0, int), "at least one example"),
        (np.zeros((0, 4, 4)), np.zeros(0, int), "shape"),
        (np.zeros((2, 0)), [0, 1], "at least one example of at least one input"),
        (np.full((2, 3), np.nan), [0, 1], "x is finite everywhere, got nan at index"),
        (np.full((2, 3), np.inf), [0, 1], "x is finite everywhere, got inf"),
        (np.full((2, 3), 1e300), [0, 1], "x fits into float32, .* Scale it down"),
        (np.full((2, 3), 200, np.uint8), [0, 1], "bytes up to 200. Divide by 255"),
        (np.zeros((2, 3)), [0, 10], "between 0 and 9, got 10"),
        (np.zeros((2, 3)), [0, -1], "between 0 and 9, got -1"),
        (
            np.zeros((2, 3)),
            [0.0, 1.0],
            r"Float targets have shape \(n, k\), got \(2,\). Labels\? Write y.astype\(int\)",
        ),
        (np.zeros((2, 3)), np.eye(2, dtype=int), r"Labels have shape \(n,\).*y.astype\('float32'\)"),
        (np.zeros((2, 3)), [[0.0], [np.nan]], "y is finite everywhere, got nan"),
        ([[1, 2], [3]], [0, 1], "rows of unequal length"),
    ],
)
def test_unsound_examples_are_refused_with_advice(x, y, message):
    with pytest.raises(ValueError, match=message):
        Data(x, y)


def test_what_the_refusals_advise_is_accepted():
    Data(np.zeros(4)[None], [1])
    Data(np.full((2, 3), 200, np.uint8) / 255, [0, 1])
    Data(np.zeros((2, 3)), np.array([0.0, 1.0]).astype(int))
    Data(np.zeros((2, 3)), np.array([0.0, 1.0])[:, None])
    Data(np.zeros((2, 3)), np.eye(2, dtype=int).astype("float32"))
    Data(np.zeros((2, 3)), [0, 10], classes=11)


def test_text_is_refused():
    with pytest.raises(TypeError, match="x holds numbers"):
        Data([["a"]], [0])
    with pytest.raises(TypeError, match="y holds numbers"):
        Data([[1.0]], ["seven"])


def test_a_cut_that_leaves_nothing_or_takes_columns_is_refused(data):
    with pytest.raises(ValueError, match="Of 12 examples none is left. Widen"):
        data[12:]
    with pytest.raises(TypeError, match=r"data.x\[:, columns\]"):
        data[:, 0]
    with pytest.raises(IndexError):
        data[12]


def test_only_says_which_labels_there_are(data):
    with pytest.raises(ValueError, match="labels that occur: 0, 1. Got 2"):
        data.only(0, 1).only(2)
    with pytest.raises(ValueError, match="Got none"):
        data.only()
    with pytest.raises(ValueError, match="mask"):
        Data(np.zeros((2, 3)), np.zeros((2, 1))).only(0)


def test_images_that_are_not_square_are_refused(rng):
    with pytest.raises(ValueError, match="784 = 28 x 28 inputs or the like, got 5"):
        Data(rng.random((2, 5)), [0, 1]).images  # noqa: B018
