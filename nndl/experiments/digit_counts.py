"""How many there are of each digit, and how many are left when only zeros and ones are kept; N006, N007."""

import numpy as np

from nndl import load_mnist
from nndl.experiments import _record

__all__ = ["load", "run"]

NAME = "digit_counts"
PUBLISHED = [4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988]


def run(progress=True):
    """Count the digits of MNIST's three parts and return the record."""
    watch = _record.Stopwatch()
    parts = dict(zip(("training", "validation", "test"), load_mnist()))
    counts = {part: np.bincount(data.y, minlength=data.classes).tolist() for part, data in parts.items()}
    kept = len(parts["training"].only(0, 1)) / len(parts["training"])
    return _record.complete(
        NAME,
        [{"seed": None, "value": kept, "counts": counts}],
        watch,
        interval_over="nothing: these are counts",
        ids=["N001", "N002", "N006", "N007"],
        settings={"published_training_counts": PUBLISHED, "as_published": counts["training"] == PUBLISHED},
        published=0.2122,
        band=[0.2122, 0.2122],
        unit="share of zeros and ones among the training images",
        data=parts["training"].name,
        note="counts of digits 0 to 9; value is the share that is left of the training data for quick experiments",
    )


def load():
    """Return the record in results/."""
    return _record.load(NAME)
