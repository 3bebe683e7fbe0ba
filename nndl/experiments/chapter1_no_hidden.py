"""The same without a hidden layer: what ten neurons that look at the pixels directly can do; N018."""

from nndl.experiments._training import Training

__all__ = ["EXPERIMENT", "load", "run"]

EXPERIMENT = Training(
    name="chapter1_no_hidden",
    ids=("N018", "X017"),
    sizes=(784, 10),
    eta=3.0,
    published=None,
    band=(0.60, 0.94),
    note="no figure is published; value is the best test accuracy over the epochs, last the one after the last epoch",
)
run, load = EXPERIMENT.run, EXPERIMENT.load
