"""The four files of MNIST as they were published: IDX, plain or gzipped, known by their SHA-256."""

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["FILES", "DamagedFile", "IdxFile", "find", "read"]


class DamagedFile(ValueError):
    """A file that is there, but does not hold the bytes it should."""


class IdxFile(NamedTuple):
    """What one of the four files is called, what its bytes add up to, and the shape of what it holds."""

    name: str
    sha256: str  # of the decompressed bytes: mirrors compress differently
    shape: tuple


FILES = {
    "train images": IdxFile(
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        (60_000, 28, 28),
    ),
    "train labels": IdxFile(
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        (60_000,),
    ),
    "test images": IdxFile(
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        (10_000, 28, 28),
    ),
    "test labels": IdxFile(
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        (10_000,),
    ),
}


def find(folder, wanted):
    """Return the path of a file in this folder under any name it goes by, or None.

    Mirrors write ``train-images-idx3-ubyte``, some unpacking programs ``train-images.idx3-ubyte``; both may
    end in .gz.
    """
    for name in (wanted.name, wanted.name.replace("-idx", ".idx")):
        for path in (Path(folder, name), Path(folder, name + ".gz")):
            if path.is_file():
                return path
    return None


def read(path, wanted):
    """Return the file's bytes as a uint8 array of the shape wanted, checked against its SHA-256.

    Raises DamagedFile, which names the path and what is wrong with it.
    """
    content = _unpacked(path)
    if (got := hashlib.sha256(content).hexdigest()) != wanted.sha256:
        raise DamagedFile(
            f"{path} is not {wanted.name}: its SHA-256 is {got[:12]}..., not {wanted.sha256[:12]}...."
        )
    header = 4 + 4 * len(wanted.shape)  # a magic number, then one length per axis
    return np.frombuffer(content, np.uint8, math.prod(wanted.shape), offset=header).reshape(wanted.shape)


def _unpacked(path):
    packed = Path(path).read_bytes()
    if not packed.startswith(b"\x1f\x8b"):  # what every gzip file starts with, whatever its name
        return packed
    try:
        return gzip.decompress(packed)
    except EOFError:
        raise DamagedFile(
            f"{path} is cut short: {len(packed):,} bytes, and the last ones are missing."
        ) from None
    except (OSError, zlib.error) as error:
        raise DamagedFile(f"{path} does not unpack: {error}.") from None
