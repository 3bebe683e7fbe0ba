"""MNIST: 70,000 handwritten digits, from this machine if they are here, else from a mirror."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from nndl.data import Data
from nndl.datasets import fetch, idx

__all__ = ["load_mnist", "mnist_is_here"]

TRAIN = 50_000  # of the 60,000 published training images; the rest validate

ADVICE = (
    "Put the four files of MNIST (gzipped or not) into a folder and set NNDL_DATA to it, "
    "or go on without them: nndl.load_digits() needs no download."
)


def load_mnist(folder=None, progress=True):
    """Return MNIST as training, validation and test Data: 50,000, 10,000 and 10,000 digits in file order.

    Pixels are byte / 255 as float32, 0 for paper and 1 for ink. The last 10,000 of the 60,000 images
    published for training are the validation data.

    Parameters
    ----------
    folder : path, optional
        Where the four IDX files are. If not given: in $NNDL_DATA, else in the user's cache ($NNDL_CACHE
        moves it), else they are downloaded into that cache.
    progress : bool
        Show a bar while downloading.

    Raises
    ------
    FileNotFoundError
        If a folder is given and a file is missing there.
    ValueError
        If a file there or in $NNDL_DATA is damaged. One in the cache is fetched anew, with a warning.
    ConnectionError
        If a file has to be downloaded and no mirror has it; the message says what each of them answered.
    """
    found = {key: _where(wanted, folder, progress) for key, wanted in idx.FILES.items()}
    # Unpacking, hashing and dividing all leave the interpreter to the other thread.
    with ThreadPoolExecutor(2) as pool:
        reading = {key: pool.submit(_read, path, idx.FILES[key], progress) for key, path in found.items()}
        content = {key: future.result() for key, future in reading.items()}
        x = _inputs(content["train images"], pool)
        x_test = _inputs(content["test images"], pool)
    y, y_test = (content[key].astype(np.int64) for key in ("train labels", "test labels"))
    parts = (x[:TRAIN], y[:TRAIN]), (x[TRAIN:], y[TRAIN:]), (x_test, y_test)
    return tuple(Data._of(x, y, 10, "MNIST") for x, y in parts)


def mnist_is_here():
    """Say whether load_mnist() would find all its files on this machine; damage shows only on loading."""
    return all(_path(wanted) for wanted in idx.FILES.values())


def _where(wanted, folder, progress):
    """Return the path of the file, downloaded if it has to be and no folder is given."""
    if folder is None:
        return _path(wanted) or fetch.download(wanted, progress, ADVICE)
    if (path := idx.find(folder, wanted)) is None:
        raise FileNotFoundError(f"{wanted.name} is not in {os.fspath(folder)!r}. {ADVICE}")
    return path


def _read(path, wanted, progress):
    """Return what the file holds; a damaged one is replaced in our cache, and refused elsewhere."""
    try:
        return idx.read(path, wanted)
    except idx.DamagedFile as error:
        if path.parent != fetch.cache():
            raise idx.DamagedFile(f"{error} Delete it and copy or download it again. {ADVICE}") from None
        warnings.warn(f"{error} It is fetched anew.", stacklevel=2)
    sound = fetch.download(wanted, progress, ADVICE)
    if sound != path:  # or the damaged one, under another name, would be found first the next time
        path.unlink(missing_ok=True)
    return idx.read(sound, wanted)


def _path(wanted):
    """Return where the file is on this machine, or None."""
    folders = [Path(os.environ["NNDL_DATA"])] if os.environ.get("NNDL_DATA") else []
    return next((path for folder in [*folders, fetch.cache()] if (path := idx.find(folder, wanted))), None)


def _inputs(images, pool):
    """Return byte / 255 as float32, one row per image."""
    x = np.empty((len(images), images[0].size), np.float32)
    rows = images.reshape(x.shape)
    blocks = [slice(start, start + 5_000) for start in range(0, len(x), 5_000)]
    for _ in pool.map(lambda block: np.divide(rows[block], np.float32(255), out=x[block]), blocks):
        pass  # the results are in x already; going through them brings up any error
    return x
