"""Reading digits by their amount of ink alone; N022, S009."""

from nndl import load_mnist
from nndl.baselines import AverageDarkness
from nndl.experiments import _record

__all__ = ["load", "run"]

NAME = "average_darkness"


def run(progress=True):
    """Measure the mean ink of every digit on MNIST's training data, read the test data, and return the record."""
    watch = _record.Stopwatch()
    train, _, test = load_mnist()
    fitted = AverageDarkness().fit(train)
    accuracy = fitted.accuracy(test)
    return _record.complete(
        NAME,
        [
            {
                "seed": None,
                "value": accuracy,
                "right": round(accuracy * len(test)),
                "darkness": fitted.darkness.tolist(),
            }
        ],
        watch,
        interval=_record.binomial(accuracy, len(test)),
        interval_over=f"{len(test)} test images",
        ids=["N022", "S009", "X019"],
        settings={"training_images": len(train), "ties": "to the lower digit"},
        published=0.2225,
        band=[0.2200, 0.2250],
        unit="test accuracy",
        data=train.name,
        note="nothing depends on a seed; darkness is the mean ink of each digit, in whole black pixels",
    )


def load():
    """Return the record in results/."""
    return _record.load(NAME)
