"""Zeros and ones only: a fifth of the data, an easier question, an answer within seconds; S006, N007."""

from nndl import Data, Dense, Large, Network, Quadratic, load_mnist
from nndl.experiments import _record
from nndl.experiments._training import best_and_last

__all__ = ["load", "run"]

NAME = "zero_one"
SIZES, ETA, BATCH_SIZE, EPOCHS, SEEDS = [784, 30, 2], 3.0, 10, 3, tuple(range(10))


def run(seeds=SEEDS, epochs=EPOCHS, progress=True):
    """Train on MNIST's zeros and ones, once per seed, and return the record."""
    watch = _record.Stopwatch()
    whole = load_mnist()
    parts = [_two_classes(part) for part in whole]
    return _record.complete(
        NAME,
        [_train(seed, epochs, parts, progress) for seed in seeds],
        watch,
        ids=["S006", "N007", "X085"],
        settings={
            "sizes": SIZES, "activation": "sigmoid", "cost": "quadratic", "initializer": "Large", "eta": ETA,
            "batch_size": BATCH_SIZE, "epochs": epochs, "training_images": len(parts[0]), "test_images": len(parts[2]),
            "share_kept": len(parts[0]) / len(whole[0]),
        },
        published=None,
        band=[0.98, 1.0],
        unit="test accuracy on zeros and ones",
        data=whole[0].name,
        note="value is the best test accuracy over the epochs; seconds of a run are those of its training",
    )  # fmt: skip


def load():
    """Return the record in results/."""
    return _record.load(NAME)


def _two_classes(data):
    kept = data.only(0, 1)
    return Data(kept.x, kept.y, classes=2, name=kept.name)


def _train(seed, epochs, parts, progress):
    train, validation, test = parts
    layers = [Dense(n_in, n_out) for n_in, n_out in zip(SIZES, SIZES[1:])]
    net = Network(layers, cost=Quadratic(), seed=seed, initializer=Large())
    history = net.fit(
        train, epochs, batch_size=BATCH_SIZE, eta=ETA, validation=validation, test=test, progress=progress
    )
    return {"seed": seed, **best_and_last(history)}
