"""Fetching MNIST over the network: from several mirrors, complete and checked, or a clear refusal."""

import os
import tempfile
from pathlib import Path

from nndl.datasets import idx

__all__ = ["MIRRORS", "cache", "download"]

MIRRORS = [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
]
PATIENCE = (5, 30)  # seconds: for a mirror to answer, and between two pieces of the file


def cache():
    """Return the folder where downloaded files are kept: $NNDL_CACHE, or the usual place on this system."""
    if folder := os.environ.get("NNDL_CACHE"):
        return Path(folder)
    import pooch  # takes a moment to import, and $NNDL_DATA users never need it

    return Path(pooch.os_cache("nndl"), "mnist")


def download(wanted, progress, advice):
    """Fetch one file from the first mirror that serves the right bytes into the cache, and return its path.

    Raises ConnectionError, with the answer of every mirror, if none does. Processes that download the same
    file at once do not disturb each other: each writes its own, and the last complete one stays.
    """
    answers = []
    for mirror in MIRRORS:
        url = f"{mirror}{wanted.name}.gz"
        try:
            return _from(url, wanted, progress)
        except (OSError, idx.DamagedFile) as error:  # requests' errors are OSErrors
            answers.append(f"- {url}: {_cause(error)}")
    raise ConnectionError(f"{wanted.name} could not be downloaded:\n" + "\n".join(answers) + f"\n{advice}")


def _cause(error):
    """What went wrong, without the errors that were wrapped around it."""
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    return getattr(error, "reason", error)


def _from(url, wanted, progress):
    import pooch

    folder = cache()
    path = folder / f"{wanted.name}.gz"
    folder.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=folder, prefix=f".{wanted.name}.")
    os.close(handle)
    try:
        pooch.HTTPDownloader(progressbar=progress, timeout=PATIENCE)(url, part, None)
        idx.read(part, wanted)
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
    return path
