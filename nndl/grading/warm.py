"""Compiling nndl's kernels before the first worker needs them.

A locked-in worker starts from the caches that are there and cannot leave anything behind, so without this every
submission that trains a network would compile the same kernels, for half a minute each.
"""

from pathlib import Path

from nndl.grading.apart import apart

__all__ = ["is_cold", "warm"]

_PACKAGE = Path(__file__).resolve().parent.parent


def is_cold(package=_PACKAGE):
    """True if a kernel's source is newer than every compiled kernel beside it."""
    sources = [path.stat().st_mtime for path in (package / "kernels").glob("*.py")]
    caches = [path.stat().st_mtime for path in (package / "kernels" / "__pycache__").glob("*.nbi")]
    return bool(sources) and max(sources) > max(caches, default=0.0)


def warm(sources):
    """Train a tiny network once, if an exercise uses nndl and its kernels are not compiled."""
    if not is_cold() or not any("nndl" in cell.text for one in sources.values() for cell in one.cells):
        return
    apart(_train, cpu=600.0)  # in a child, as Numba's threads and forks do not go together


def _train():
    import numpy as np

    from nndl import CrossEntropy, Data, Dense, Network, Quadratic

    rng = np.random.default_rng(0)
    data = Data(rng.random((20, 16), dtype=np.float32), np.arange(20) % 10)
    for cost in (Quadratic(), CrossEntropy()):
        net = Network([Dense(16, 12), Dense(12, 10)], cost=cost)
        net.fit(data, 1, batch_size=8, eta=0.1, lmbda=0.1, validation=data, progress=False)
        net.gradients(data.x, data.y)
