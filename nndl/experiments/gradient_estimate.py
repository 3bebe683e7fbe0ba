"""How well a mini-batch knows the gradient: its distance from that of all training data, against its size m; N025."""

import numpy as np

from nndl import load_mnist
from nndl.experiments import _record
from nndl.experiments.chapter1_hidden30 import EXPERIMENT

__all__ = ["load", "run"]

NAME = "gradient_estimate"
SIZES = (1, 3, 10, 30, 100, 300, 1000)
SEEDS = tuple(range(5))


def run(seeds=SEEDS, batches=200, progress=True):
    """Draw mini-batches of MNIST for untrained networks of chapter 1, one per seed, and return the record."""
    watch = _record.Stopwatch()
    train = load_mnist()[0]
    return _record.complete(
        NAME,
        [_one(seed, train, batches) for seed in seeds],
        watch,
        ids=["N025", "Q1.17"],
        settings=EXPERIMENT.settings | {
            "epochs": 0, "batch_sizes": list(SIZES), "batches_of_each_size": batches,
            "polling": {"n": 60_000, "m": 10, "cheaper_by": 60_000 // 10},
        },
        published=None,
        band=[-0.55, -0.45],
        unit="power of m with which the spread falls; -1/2 is expected",
        data=train.name,
        note=(
            "spread is the root mean square distance between the gradient of a mini-batch and that of all training "
            "images, in lengths of the latter; cosine is the mean of that of the angle between the two"
        ),
    )  # fmt: skip


def load():
    """Return the record in results/."""
    return _record.load(NAME)


def _one(seed, train, batches):
    net, rng = EXPERIMENT.network(seed), np.random.default_rng(seed)
    full = _gradient(net, train)
    length = np.linalg.norm(full)
    spread, cosine = [], []
    for m in SIZES:
        drawn = np.stack(
            [_gradient(net, train[rng.choice(len(train), m, replace=False)]) for _ in range(batches)]
        )
        spread.append(np.sqrt(np.mean(np.sum((drawn - full) ** 2, axis=1))) / length)
        cosine.append(np.mean(drawn @ full / (np.linalg.norm(drawn, axis=1) * length)))
    slope = np.polyfit(np.log(SIZES), np.log(spread), 1)[0]
    return {"seed": seed, "value": float(slope), "m": list(SIZES), "spread": spread, "cosine": cosine}


def _gradient(net, data):
    """All of nabla C in one vector."""
    return np.concatenate([part.ravel() for pair in net.gradients(data.x, data.y) for part in pair])
