"""The training images of MNIST, and each of them moved by a pixel up, down, left and right: 250,000; S141.

``python -m nndl.classic.expand_mnist`` writes them to ``mnist_expanded.npz``, which ``network3.load_data_shared``
reads. The file is an npz, not a pickle. Without a file, ``nndl.augment.expand`` gives the same images.
"""

import io
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

import nndl
from nndl import require
from nndl.augment import expand

__all__ = ["PATH", "main", "read"]

PATH = "mnist_expanded.npz"
PARTS = ("training", "validation", "test")


def main(path=PATH, data=None, seed=0, *, verbose=True):
    """Write the expanded training data, with validation and test data as they are, to path; return it.

    data is a triple of Data, ``nndl.load_mnist()`` if not given; seed fixes the order of the training images. A file
    that is there already stays as it is. Needs about 1.5 GB of memory for MNIST. Raises FileNotFoundError if there is
    no such folder, ValueError if the path does not end in .npz.
    """
    path = Path(path)
    require.one_of(path.suffix, "The ending of the file", (".npz",))
    if path.exists():
        say = f"{path} is there already and stays as it is."
    else:
        training, *others = data or nndl.load_mnist()
        training = expand(training, seed=seed)
        require.write_atomically(path, _packed([training, *others]))
        say = f"{len(training):,} training images are in {path}."
    if verbose:
        print(say)
    return path


def read(path):
    """Return training, validation and test data from such a file, each a pair: x (n, 784) float32, labels (n,).

    Raises FileNotFoundError or ValueError, saying what is wrong with the file; nothing in it is ever executed.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"There is no file {str(path)!r}. expand_mnist.main({str(path)!r}) writes one."
        )
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            return tuple((_fractions(file[f"{part}_x"]), file[f"{part}_y"]) for part in PARTS)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{str(path)!r} is not a whole file of expanded data ({error}). Delete it and write it anew."
        ) from error


def _packed(parts):
    arrays = {}
    for name, part in zip(PARTS, parts):
        arrays |= {f"{name}_x": _bytes(part.x), f"{name}_y": part.y}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getbuffer()


def _bytes(x):
    """Return x as bytes if that is what its pixels were, in a quarter of the room; else x itself."""
    rounded = np.empty(x.shape, np.uint8)
    for start in range(0, len(x), 5_000):  # a block at a time, for the sake of memory
        block = x[start : start + 5_000]
        np.rint(block * np.float32(255), casting="unsafe", out=rounded[start : start + 5_000])
        if not np.array_equal(_fractions(rounded[start : start + 5_000]), block):
            return x
    return rounded


def _fractions(pixels):
    return pixels / np.float32(255) if pixels.dtype == np.uint8 else pixels


if __name__ == "__main__":
    main(*sys.argv[1:2])
