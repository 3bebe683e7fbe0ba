import gzip
import hashlib
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import datasets
from nndl.datasets import center, fetch, idx, load_any, load_digits, load_mnist, mnist_is_here
from nndl.datasets.center import ink_box, resize

needs_mnist = pytest.mark.skipif(
    not mnist_is_here(), reason="MNIST is not on this machine; set NNDL_DATA to its folder"
)


# A small MNIST of noise: the loader under test, with other checksums and sizes.


@pytest.fixture
def noise(rng, monkeypatch, tmp_path):
    """The bytes of four small IDX files by name; nothing in $NNDL_DATA, an empty cache, no mirrors."""
    content, files = {}, {}
    for key, wanted in idx.FILES.items():
        shape = (70 if "train" in key else 20, *wanted.shape[1:])
        values = rng.integers(0, 256 if "images" in key else 10, shape, dtype=np.uint8)
        header = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
        content[wanted.name] = header + values.tobytes()
        files[key] = idx.IdxFile(wanted.name, hashlib.sha256(content[wanted.name]).hexdigest(), shape)
    monkeypatch.setattr(idx, "FILES", files)
    monkeypatch.setattr(datasets.mnist, "TRAIN", 50)
    monkeypatch.setattr(fetch, "MIRRORS", [])
    monkeypatch.delenv("NNDL_DATA", raising=False)
    monkeypatch.setenv("NNDL_CACHE", str(tmp_path / "cache"))
    return content


def write(folder, content, name=lambda n: n + ".gz", pack=gzip.compress):
    folder.mkdir(parents=True, exist_ok=True)
    for key, value in content.items():
        (folder / name(key)).write_bytes(pack(value))
    return folder


def agrees(parts, content):
    """Whether the loaded parts hold the bytes of the files, by another route than the loader's."""
    images = np.frombuffer(content["train-images-idx3-ubyte"][16:], np.uint8).reshape(70, 784)
    labels = np.frombuffer(content["train-labels-idx1-ubyte"][8:], np.uint8)
    train, validation, test = parts
    assert_array_equal(np.vstack([train.x, validation.x]), (images / 255).astype(np.float32))
    assert_array_equal(np.concatenate([train.y, validation.y]), labels)
    assert (len(train), len(validation), len(test)) == (50, 20, 20)
    assert_array_equal(test.y, np.frombuffer(content["t10k-labels-idx1-ubyte"][8:], np.uint8))
    return True


@pytest.fixture
def server(tmp_path):
    """Start mirrors on this machine: server(folder) serves a folder and returns its address."""
    running = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    def start(folder):
        http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        threading.Thread(target=http.serve_forever, daemon=True).start()
        running.append(http)
        return f"http://127.0.0.1:{http.server_port}/"

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzipped", "plain"])
@pytest.mark.parametrize("name", [str, lambda n: n.replace("-idx", ".idx")], ids=["-idx", ".idx"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_four_files_load_under_every_name_they_go_by(noise, tmp_path, name, pack, ending):
    folder = write(tmp_path / "here", noise, lambda n: name(n) + ending, pack)
    assert agrees(load_mnist(folder), noise)


def test_the_folder_in_nndl_data_comes_before_the_cache_and_the_cache_before_the_mirrors(
    noise, tmp_path, monkeypatch
):
    assert not mnist_is_here()
    write(tmp_path / "cache", noise)
    assert mnist_is_here()
    assert agrees(load_mnist(), noise)
    empty = tmp_path / "empty"
    monkeypatch.setenv("NNDL_DATA", str(empty))
    assert agrees(load_mnist(), noise)
    write(empty, {"train-labels-idx1-ubyte": b"other"})
    with pytest.raises(ValueError, match="empty"):
        load_mnist()


def test_pixels_are_bytes_over_255_with_paper_0_and_ink_1(noise, tmp_path):
    train, _, _ = load_mnist(write(tmp_path / "here", noise))
    assert (train.x.min(), train.x.max(), train.x.dtype) == (0, 1, np.float32)
    assert not train.x.flags.writeable


def test_a_missing_file_in_the_folder_given_is_named(noise, tmp_path):
    folder = write(tmp_path / "here", noise)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte is not in .*here.*load_digits"):
        load_mnist(folder)


@pytest.mark.parametrize(
    "damage, what",
    [
        (lambda packed, raw: packed[:-9], "is cut short: .* bytes"),
        (lambda packed, raw: packed[:40], "is cut short"),
        (lambda packed, raw: packed[:30] + b"tampered" + packed[38:], "does not unpack|is not"),
        (lambda packed, raw: gzip.compress(raw[:-1] + bytes([raw[-1] ^ 1])), "SHA-256 is [0-9a-f]{12}"),
        (lambda packed, raw: raw[:-1], "is not t10k-images-idx3-ubyte: its SHA-256"),
        (lambda packed, raw: b"<html>Forbidden</html>", "is not t10k-images-idx3-ubyte"),
        (lambda packed, raw: b"", "is not t10k-images-idx3-ubyte"),
    ],
    ids=["truncated", "cut to its head", "overwritten", "one bit", "plain and short", "a web page", "empty"],
)
def test_a_damaged_file_is_named_with_what_to_do(noise, tmp_path, damage, what):
    folder = write(tmp_path / "here", noise)
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes(), noise["t10k-images-idx3-ubyte"]))
    with pytest.raises(ValueError, match=f"t10k-images.*({what}).*Delete it and copy or download it again"):
        load_mnist(folder)


def test_download_goes_to_the_cache_and_is_used_from_there(noise, tmp_path, server, monkeypatch):
    mirror = server(write(tmp_path / "mirror", noise))
    monkeypatch.setattr(fetch, "MIRRORS", [mirror])
    assert agrees(load_mnist(progress=False), noise)
    monkeypatch.setattr(fetch, "MIRRORS", [])
    assert agrees(load_mnist(), noise)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {f"{name}.gz" for name in noise}


def test_a_mirror_that_fails_or_serves_other_bytes_is_passed_over(noise, tmp_path, server, monkeypatch):
    lying = server(write(tmp_path / "lying", dict.fromkeys(noise, b"<html>sign in first</html>"), pack=bytes))
    honest = server(write(tmp_path / "honest", noise))
    monkeypatch.setattr(
        fetch, "MIRRORS", ["http://127.0.0.1:9/", server(tmp_path / "nothing"), lying, honest]
    )
    assert agrees(load_mnist(progress=False), noise)


def test_when_every_mirror_fails_each_is_named_with_its_answer_and_a_way_on(
    noise, tmp_path, server, monkeypatch
):
    empty = server(tmp_path / "nothing")
    lying = server(write(tmp_path / "lying", dict.fromkeys(noise, b"<html>"), pack=bytes))
    monkeypatch.setattr(fetch, "MIRRORS", ["http://127.0.0.1:9/", empty, lying])
    with pytest.raises(ConnectionError) as caught:
        load_mnist(progress=False)
    message = str(caught.value)
    for part in (
        "127.0.0.1:9/",
        f"{empty}train",
        "404",
        f"{lying}train",
        "SHA-256",
        "NNDL_DATA",
        "load_digits()",
    ):
        assert part in message
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_damaged_file_in_the_cache_is_fetched_anew_with_a_warning(noise, tmp_path, server, monkeypatch):
    monkeypatch.setattr(fetch, "MIRRORS", [server(write(tmp_path / "mirror", noise))])
    cached = write(tmp_path / "cache", noise) / "train-images-idx3-ubyte.gz"
    cached.write_bytes(cached.read_bytes()[:-20])
    with pytest.warns(UserWarning, match="train-images.*cut short.*fetched anew"):
        assert agrees(load_mnist(progress=False), noise)
    assert agrees(load_mnist(), noise)


def test_a_damaged_plain_file_in_the_cache_does_not_come_up_again(noise, tmp_path, server, monkeypatch):
    monkeypatch.setattr(fetch, "MIRRORS", [server(write(tmp_path / "mirror", noise))])
    write(tmp_path / "cache", noise)
    (tmp_path / "cache" / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="t10k-labels-idx1-ubyte is not .*fetched anew"):
        load_mnist(progress=False)
    monkeypatch.setattr(fetch, "MIRRORS", [])
    assert agrees(load_mnist(), noise)


def test_processes_that_download_at_once_all_get_whole_files(noise, tmp_path, server, monkeypatch):
    mirror = server(write(tmp_path / "mirror", noise))
    files = {key: tuple(wanted) for key, wanted in idx.FILES.items()}
    program = f"""
from nndl.datasets import fetch, idx, load_mnist, mnist
idx.FILES = {{key: idx.IdxFile(*wanted) for key, wanted in {files!r}.items()}}
mnist.TRAIN, fetch.MIRRORS = 50, [{mirror!r}]
print(*(float(part.x.sum(dtype=float)) for part in load_mnist(progress=False)))
"""
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    printed = {process.communicate()[0] for process in started}
    want = " ".join(str(float(part.x.sum(dtype=float))) for part in load_mnist())
    assert printed == {want + "\n"}
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {f"{name}.gz" for name in noise}


def test_load_any_gives_mnist_where_it_is_and_digits_elsewhere(noise, tmp_path):
    assert {part.name for part in load_any()} == {"digits"}
    write(tmp_path / "cache", noise)
    assert {part.name for part in load_any()} == {"MNIST"}


# The digits that come with scikit-learn


def test_digits_are_split_about_70_15_15_with_the_same_share_of_every_label(digits):
    counts = np.array([np.bincount(part.y, minlength=10) for part in digits])
    assert counts.sum() == 1797
    assert_allclose(counts / counts.sum(axis=0), np.array([[0.70], [0.15], [0.15]]) * np.ones(10), atol=0.01)
    assert [part.x.shape[1] for part in digits] == [784, 784, 784]


def test_digits_are_images_of_ink_between_0_and_1(digits):
    for part in digits:
        assert part.x.dtype == np.float32
        assert part.x.min() == 0
        assert part.x.max(axis=1).min() > 0.7 and part.x.max() <= 1


def test_the_split_is_fixed_by_its_seed_and_no_digit_is_in_two_parts():
    first, again, other = load_digits(), load_digits(seed=0), load_digits(seed=1)
    for a, b in zip(first, again):
        assert_array_equal(a.x, b.x)
        assert_array_equal(a.y, b.y)
    assert not np.array_equal(first[0].y, other[0].y)
    rows = np.vstack([part.x for part in first])
    assert (
        len(np.unique(rows, axis=0)) == len(np.unique(np.vstack([part.x for part in other]), axis=0)) > 1780
    )


def test_digits_are_told_apart_by_their_nearest_neighbour(digits):
    train, _, test = digits
    distance = (train.x**2).sum(axis=1) - 2 * test.x @ train.x.T
    assert (train.y[distance.argmin(axis=1)] == test.y).mean() > 0.95


# Where MNIST puts a digit


def test_a_digit_ends_up_in_the_middle_wherever_it_was(rng):
    digit = rng.random((20, 13)).astype(np.float32)
    digit[[0, -1]] = 0.5
    want = None
    for top, left in [(0, 0), (15, 30), (29, 3)]:
        page = np.zeros((60, 50), np.float32)
        page[top : top + 20, left : left + 13] = digit
        got = center(page)
        assert want is None or np.array_equal(got, want)
        want = got
    mass = want.sum()
    assert abs(want.sum(axis=1) @ np.arange(28) / mass - 14) <= 0.5
    assert abs(want.sum(axis=0) @ np.arange(28) / mass - 14) <= 0.5
    assert want.dtype == np.float32


@pytest.mark.parametrize(
    "rows, cols, want", [(40, 20, (20, 10)), (7, 14, (10, 20)), (200, 3, (20, 1)), (1, 1, (20, 20))]
)
def test_the_longer_side_becomes_20_pixels_and_the_shorter_keeps_its_proportion(rows, cols, want):
    top, bottom, left, right = ink_box(center(np.ones((rows, cols))))
    assert (bottom - top, right - left) == want


def test_a_digit_heavy_on_one_side_stays_whole():
    page = np.zeros((20, 20))
    page[:, -1], page[0, 0] = 1, 0.01
    got = center(page)
    assert_allclose(got.sum(), page.sum(), rtol=1e-6)
    assert ink_box(got)[2:] == (0, 20)


def test_resizing_keeps_flat_ground_flat_and_does_not_skip_thin_strokes(rng):
    for shape in [(5, 9), (28, 28), (90, 61)]:
        assert_allclose(resize(np.full((28, 28), 0.3, np.float32), *shape), 0.3, rtol=1e-6)
    line = np.zeros((280, 280), np.float32)
    line[:, 137] = 1
    assert resize(line, 20, 20).max(axis=1).min() > 0.03
    assert_allclose(resize(line, 20, 20).sum() * 14**2, line.sum(), rtol=0.05)


def test_resizing_to_the_same_size_changes_nothing(rng):
    image = rng.random((8, 11)).astype(np.float32)
    assert_allclose(resize(image, 8, 11), image, rtol=1e-6)


@pytest.mark.parametrize(
    "image, message",
    [
        (np.zeros((28, 28)), "page without a pixel above 0. Write something"),
        (np.full((28, 28), 255), "Ink lies between 0 and 1, got 255 to 255. Bytes[?] Divide by 255"),
        (np.zeros(784), r"image has shape \(any, any\), got \(784,\)"),
    ],
)
def test_a_page_that_holds_no_digit_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        center(image)


# The real thing


@needs_mnist
def test_mnist_has_as_many_of_each_digit_as_published():
    train, validation, test = load_mnist()
    assert [len(part) for part in (train, validation, test)] == [50_000, 10_000, 10_000]
    assert np.bincount(train.y).tolist() == [
        4932,
        5678,
        4968,
        5101,
        4859,
        4506,
        4951,
        5175,
        4842,
        4988,
    ]  # N006
    assert len(train.only(0, 1)) == 10_610  # N007
    assert test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert nndl.load_any()[0].name == train.name == "MNIST"


@needs_mnist
def test_centering_leaves_mnist_where_its_makers_put_it():
    _, _, test = load_mnist()
    same = [np.array_equal(center(image), image) for image in test.images[:500]]
    assert np.mean(same) > 0.99
