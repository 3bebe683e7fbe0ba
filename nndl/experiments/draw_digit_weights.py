"""The network that the draw-a-digit figure brings along: trained on slightly shifted MNIST, rounded to bytes."""

import io
from pathlib import Path

import numpy as np

from nndl import Dense, LogLikelihood, Network, SoftmaxLayer, load_mnist, require
from nndl.experiments import _record
from nndl.experiments._shifts import fit_shifted

__all__ = ["load", "quantized", "run"]

NAME = "draw_digit_weights"
WEIGHTS = Path(__file__).parents[1] / "widgets" / "draw_digit" / "weights.npz"
HIDDEN, EPOCHS, ETA, LMBDA, SEEDS = 60, 20, 0.3, 1.0, tuple(range(5))


def run(seeds=SEEDS, epochs=EPOCHS, progress=True, weights=WEIGHTS):
    """Train on MNIST, once per seed, write the best network by validation accuracy to ``weights``, return the record.

    Nothing is written if ``weights`` is None.
    """
    watch = _record.Stopwatch()
    parts = load_mnist()
    trained = [_one(seed, epochs, parts, progress) for seed in seeds]
    _, arrays, shipped = max(trained, key=lambda one: one[2]["validation_accuracy"])
    content = _packed(arrays)
    if weights is not None:
        require.write_atomically(weights, content)
    return _record.complete(
        NAME,
        [run for _, _, run in trained],
        watch,
        shipped=shipped,
        ids=["S001"],
        settings={
            "sizes": [784, HIDDEN, 10], "activation": "sigmoid, softmax output", "cost": "log-likelihood",
            "initializer": "Default", "epochs": epochs, "eta": f"{ETA}, falling to 0", "lmbda": LMBDA,
            "batch_size": 10, "shifts": "up to 1 pixel, new in every epoch",
            "rounding": "int8, one scale per layer", "bytes": len(content),
        },
        published=None,
        band=[0.975, 1.0],
        unit="test accuracy after rounding",
        data=parts[0].name,
        note="before: test accuracy in float32; shipped: the run with the best validation accuracy after rounding",
    )  # fmt: skip


def load():
    """Return the record in results/."""
    return _record.load(NAME)


def quantized(w):
    """Return w as int8 and the scale, float32, that brings it back: w is about scale times the bytes."""
    scale = np.float32(np.abs(w).max() / 127)
    return np.rint(w / scale).astype(np.int8), scale


def _one(seed, epochs, parts, progress):
    """Return a trained network, the arrays that are shipped of it, and its run for the record."""
    train, validation, test = parts
    net = Network([Dense(784, HIDDEN), SoftmaxLayer(HIDDEN, 10)], cost=LogLikelihood(), seed=seed)
    rng = np.random.default_rng(seed)
    fit_shifted(net, train, validation, epochs=epochs, eta=ETA, lmbda=LMBDA, rng=rng, progress=progress)
    before = net.accuracy(test)
    arrays = {"output": "softmax"}
    for k, layer in enumerate(net.layers):
        arrays[f"w{k}"], arrays[f"w{k}_scale"] = quantized(layer.w)
        arrays[f"b{k}"] = layer.b.astype(np.float32)
        layer.w[:] = arrays[f"w{k}"] * arrays[f"w{k}_scale"]
    run = {
        "seed": seed,
        "value": net.accuracy(test),
        "before": before,
        "validation_accuracy": net.accuracy(validation),
    }
    return net, arrays, run


def _packed(arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
