"""What chapter 1's network takes for what: every test digit it misreads, the surest of these mistakes as pictures."""

import base64
import zlib

import numpy as np

from nndl import load_mnist
from nndl.experiments import _record
from nndl.experiments.chapter1_hidden30 import EXPERIMENT

__all__ = ["load", "mistakes", "run"]

NAME = "confusion"
SEED = 0
PICTURES = 40


def run(epochs=30, progress=True):
    """Train chapter 1's network once on MNIST and return the record of its mistakes on the test data."""
    watch = _record.Stopwatch()
    parts = load_mnist()
    net, _ = EXPERIMENT.train(SEED, epochs, parts, progress)
    test = parts[2]
    a = net.feedforward(test.x)
    read = a.argmax(axis=1)
    accuracy = float((read == test.y).mean())
    return _record.complete(
        NAME,
        [{"seed": SEED, "value": accuracy}],
        watch,
        interval=_record.binomial(accuracy, len(test)),
        interval_over=f"{len(test)} test images",
        confusion=_count(test.y, read).tolist(),
        **_mistakes(test, a, read),
        ids=["N013", "S027"],
        settings=EXPERIMENT.settings | {"epochs": epochs},
        published=0.9534,
        band=[0.93, 0.962],
        unit="test accuracy after the last epoch",
        data=test.name,
        note=(
            "confusion[i][j] counts test digits i that were read as j. mistakes are all the misread ones, the surest "
            "first: index, label, what was read, its activation; pictures are the first of them, packed"
        ),
    )


def load():
    """Return the record in results/."""
    return _record.load(NAME)


def mistakes(record=None):
    """Return images (k, 28, 28), labels (k,), what was read (k,) and its activation (k,) of the surest mistakes."""
    record = load() if record is None else record
    packed = zlib.decompress(base64.b64decode(record["pictures"]))
    images = np.frombuffer(packed, np.uint8).reshape(-1, 28, 28) / np.float32(255)
    _, labels, read, sure = (np.array(column) for column in zip(*record["mistakes"][: len(images)]))
    return images, labels, read, sure


def _count(labels, read):
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, read), 1)
    return counts


def _mistakes(test, a, read):
    wrong = np.flatnonzero(read != test.y)
    wrong = wrong[np.argsort(-a[wrong, read[wrong]], kind="stable")]
    rows = [[int(i), int(test.y[i]), int(read[i]), round(float(a[i, read[i]]), 4)] for i in wrong]
    images = np.rint(test.x[wrong[:PICTURES]] * 255).astype(np.uint8)
    return {"mistakes": rows, "pictures": base64.b64encode(zlib.compress(images.tobytes(), 9)).decode()}
