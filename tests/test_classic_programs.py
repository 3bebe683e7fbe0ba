"""The old programs around the networks: the loader, the baselines, the expanded data, and all of them together."""

import ast
import importlib
import subprocess
import sys
import tokenize
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import classic
from nndl.classic import expand_mnist, mnist_average_darkness, mnist_loader, mnist_svm
from nndl.datasets import load_mnist, mnist_is_here

needs_mnist = pytest.mark.skipif(
    not mnist_is_here(), reason="MNIST is not on this machine; set NNDL_DATA to its folder"
)


def test_load_data_gives_three_pairs_of_arrays(digits):
    for (x, y), part in zip(mnist_loader.load_data(digits), digits, strict=True):
        assert x.shape == (len(part), 784) and x.dtype == np.float32 and 0 <= x.min() < x.max() <= 1
        assert y.shape == (len(part),) and y.dtype.kind == "i"


def test_the_wrapper_gives_columns_with_targets_to_train_on_and_labels_to_count_with(digits):
    training, *others = mnist_loader.load_data_wrapper(digits)
    assert [len(part) for part in (training, *others)] == [len(part) for part in digits]
    for (x, y), (want_x, label) in zip(training, digits[0], strict=True):
        assert x.shape == (784, 1) and y.shape == (10, 1) and y.dtype == np.float64
        assert y[label] == 1 == y.sum()
        assert np.shares_memory(x, want_x)
    for pairs, part in zip(others, digits[1:], strict=True):
        for (x, y), (image, label) in zip(pairs, part, strict=True):
            assert_array_equal(x[:, 0], image)
            assert x.shape == (784, 1) and y == label and np.ndim(y) == 0
    assert type(training) is list and len(training[:100]) == 100


@needs_mnist
def test_the_wrapper_splits_mnist_as_ever():
    training, validation, test = mnist_loader.load_data_wrapper()
    assert [len(part) for part in (training, validation, test)] == [50_000, 10_000, 10_000]
    assert [np.argmax(y) for _, y in training[:5]] == [5, 0, 4, 1, 9]
    assert [int(y) for _, y in test[:5]] == [7, 2, 1, 0, 4]


def test_a_label_becomes_a_unit_vector():
    for j in range(10):
        y = mnist_loader.vectorized_result(j)
        assert y.shape == (10, 1) and y.dtype == np.float64 and y[j] == 1 == y.sum()
    assert mnist_loader.vectorized_result(np.int64(2), classes=3)[:, 0].tolist() == [0, 0, 1]
    for j in (10, -1):
        with pytest.raises(ValueError, match=str(j)):
            mnist_loader.vectorized_result(j)
    with pytest.raises(ValueError, match="Pass classes=11 for more"):
        mnist_loader.vectorized_result(10)
    with pytest.raises(TypeError, match=r"A label is a whole number, got 2\.0"):
        mnist_loader.vectorized_result(2.0)


def test_the_svm_has_the_gamma_of_its_day(digits, capsys):
    right = mnist_svm.svm_baseline(digits)
    train, _, test = digits
    assert right == (nndl.baselines.svm(train, gamma=1 / 784).predict(test.x) == test.y).sum()
    assert f"{right} of {len(test)} test images" in capsys.readouterr().out


def test_average_darkness_by_hand(digits, capsys):
    train, _, test = digits
    averages = mnist_average_darkness.avg_darknesses((train.x, train.y))
    assert list(averages) == list(range(10))
    for j, ink in averages.items():
        assert_allclose(ink, np.mean([x.sum(dtype=np.float64) for x in train.x[train.y == j]]), rtol=1e-6)
    nearest = [min(averages, key=lambda j: abs(averages[j] - x.sum(dtype=np.float64))) for x in test.x]
    right = mnist_average_darkness.main(digits)
    assert right == (np.array(nearest) == test.y).sum()
    assert f"{right} of {len(test)} test images" in capsys.readouterr().out


def test_average_darkness_knows_only_the_digits_it_has_seen_and_gives_the_lower_of_two():
    averages = mnist_average_darkness.avg_darknesses((np.eye(3)[:2] * 2, np.array([1, 7])))
    assert averages == {1: 2.0, 7: 2.0}
    assert mnist_average_darkness.guess_digit(np.ones((28, 28)), averages) == 1
    assert mnist_average_darkness.guess_digit(np.full(4, 0.25), {3: 2.0, 2: 0.0}) == 2


@needs_mnist
def test_average_darkness_reads_as_many_mnist_digits_as_published():
    assert abs(mnist_average_darkness.main(load_mnist(), verbose=False) - 2225) <= 25


def test_expanded_data_are_read_as_they_were_written(digits, tmp_path, capsys):
    path = expand_mnist.main(tmp_path / "expanded.npz", digits)
    assert f"{5 * len(digits[0]):,} training images" in capsys.readouterr().out
    (x, y), *others = expand_mnist.read(path)
    assert x.shape == (5 * len(digits[0]), 784) and x.dtype == np.float32
    assert_array_equal(np.bincount(y), 5 * np.bincount(digits[0].y))
    for (got_x, got_y), part in zip(others, digits[1:], strict=True):
        assert_array_equal(got_x, part.x)
        assert_array_equal(got_y, part.y)


def test_expanded_data_hold_each_image_and_its_four_neighbors(tmp_path):
    image = np.zeros((28, 28), np.float32)
    image[0, 5], image[13, 27] = 1.0, 0.6  # at an edge: what leaves there does not come back
    parts = [nndl.Data(image[None], [3])] * 3
    x = expand_mnist.read(expand_mnist.main(tmp_path / "one.npz", parts, verbose=False))[0][0]
    points = [
        {(0, 5): 1.0, (13, 27): 0.6}, {(12, 27): 0.6}, {(1, 5): 1.0, (14, 27): 0.6},
        {(0, 4): 1.0, (13, 26): 0.6}, {(0, 6): 1.0},
    ]  # fmt: skip
    found = [{(int(p) // 28, int(p) % 28): round(float(row[p]), 3) for p in np.flatnonzero(row)} for row in x]
    assert sorted(map(str, found)) == sorted(map(str, points))
    assert x.max() == 1.0 and np.float32(0.6) in x  # bytes give back the fraction they came from


def test_an_expanded_file_stays_and_a_damaged_one_is_named(digits, tmp_path, capsys):
    path = tmp_path / "expanded.npz"
    path.write_bytes(b"PK\x03\x04 not an archive")
    expand_mnist.main(path, digits)
    assert "is there already and stays as it is" in capsys.readouterr().out
    with pytest.raises(ValueError, match="not a whole file of expanded data .* Delete it and write it anew"):
        expand_mnist.read(path)
    with pytest.raises(FileNotFoundError, match=r"expand_mnist.main\(.*missing.npz'\) writes one"):
        expand_mnist.read(tmp_path / "missing.npz")
    with pytest.raises(ValueError, match="ending of the file is one of '.npz'; got '.gz'"):
        expand_mnist.main(tmp_path / "mnist_expanded.pkl.gz", digits)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        expand_mnist.main(tmp_path / "nowhere" / "x.npz", [part[:2] for part in digits])


def test_every_program_is_found_under_its_name():
    for name in classic.__all__:
        assert getattr(classic, name) is importlib.import_module(f"nndl.classic.{name}")
        assert getattr(classic, name).__doc__
    with pytest.raises(AttributeError, match="no module 'network4'; it has .*network2"):
        classic.network4  # noqa: B018


def test_the_package_alone_leads_to_every_program():
    code = "import nndl; print(nndl.classic.network2.Network([784, 30, 10]).num_layers, nndl.plots.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "nndl.plots"]


def test_programs_run_from_the_command_line(tmp_path):
    (tmp_path / "mnist_expanded.npz").write_bytes(b"")
    command = [sys.executable, "-m", "nndl.classic.expand_mnist"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "is there already" in done.stdout


@pytest.mark.parametrize(("program", "published"), [("network", 74), ("network2", 152)])
def test_programs_are_no_longer_than_those_of_the_book(program, published):
    """N008: lines that are neither blank nor comment nor docstring."""
    path = Path(classic.__file__).parent / f"{program}.py"
    with tokenize.open(path) as file:
        text = file.read()
    lines = {n + 1 for n, line in enumerate(text.splitlines()) if line.strip() and line.strip()[0] != "#"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    assert len(lines) <= published
