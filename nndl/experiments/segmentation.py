"""Reading strips of two to six digits by trying cuts, with networks that have seen single digits only; S013."""

import numpy as np

from nndl import CrossEntropy, Dense, Network, load_mnist
from nndl.experiments import _record
from nndl.experiments._shifts import fit_shifted
from nndl.segmentation import segment, strip

__all__ = ["load", "run", "train"]

NAME = "segmentation"
SIZES, EPOCHS, ETA, LMBDA, SEEDS = (784, 100, 10), 20, 0.5, 2.0, tuple(range(5))
GAP, LENGTHS, TOLERANCE = (1, 6), (2, 6), 2  # columns; digits; columns


def run(seeds=SEEDS, epochs=EPOCHS, strips=500, progress=True):
    """Train on MNIST, once per seed, read strips of test digits, and return the record."""
    watch = _record.Stopwatch()
    parts = load_mnist()
    return _record.complete(
        NAME,
        [_one(seed, epochs, strips, parts, progress) for seed in seeds],
        watch,
        ids=["S013", "X021"],
        settings={
            "sizes": SIZES, "activation": "sigmoid", "cost": "cross-entropy", "initializer": "Default",
            "epochs": epochs, "eta": f"{ETA}, falling to 0", "lmbda": LMBDA, "batch_size": 10,
            "shifts": "up to 1 pixel, new in every epoch",
            "strips": strips, "digits": LENGTHS, "gap": GAP, "touching": "gap 0, cuts tried at every second column",
        },
        published=None,
        band=[0.90, 1.0],
        unit="share of strips of which every digit is read right",
        data=parts[0].name,
        note=(
            "cuts: share of strips cut in all the right places, to two columns; by_length: value for strips of 2, 3, "
            "... digits; touching: value and cuts where no blank column helps; digits: accuracy on single test digits"
        ),
    )  # fmt: skip


def load():
    """Return the record in results/."""
    return _record.load(NAME)


def train(seed, epochs, parts, progress=True):
    """Return a network that reads single digits well, trained on slightly shifted ones."""
    net = Network(
        [Dense(n_in, n_out) for n_in, n_out in zip(SIZES, SIZES[1:])], cost=CrossEntropy(), seed=seed
    )
    rng = np.random.default_rng(seed)
    fit_shifted(net, *parts[:2], epochs=epochs, eta=ETA, lmbda=LMBDA, rng=rng, progress=progress)
    return net


def _one(seed, epochs, strips, parts, progress):
    net, test, rng = train(seed, epochs, parts, progress), parts[2], np.random.default_rng(seed)
    lengths = rng.integers(LENGTHS[0], LENGTHS[1] + 1, strips)
    right, cut = _read(net, test, lengths, rng, GAP)
    touching, touching_cut = _read(net, test, lengths[: strips // 5], rng, (0, 0), every=2)
    return {
        "seed": seed,
        "value": right.mean(),
        "cuts": cut.mean(),
        "by_length": [right[lengths == n].mean() for n in range(LENGTHS[0], LENGTHS[1] + 1)],
        "touching": {"value": touching.mean(), "cuts": touching_cut.mean()},
        "digits": net.accuracy(test),
    }


def _read(net, data, lengths, rng, gap, every=None):
    """Return for each strip whether all its digits were read right, and whether all cuts were in place."""
    right, cut = np.zeros(len(lengths), bool), np.zeros(len(lengths), bool)
    for k, length in enumerate(lengths):
        shown = strip(data, rng.integers(0, len(data), length), rng, gap)
        found = segment(shown.image, net, every)
        right[k] = found.digits == shown.labels
        same_number = len(found.cuts) == len(shown.cuts)
        cut[k] = same_number and all(abs(a - b) <= TOLERANCE for a, b in zip(found.cuts, shown.cuts))
    return right, cut
