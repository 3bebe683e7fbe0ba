"""A learning rate of 0.001: the cost falls, and nobody lives to see it arrive; N016."""

from nndl.experiments._training import Training

__all__ = ["EXPERIMENT", "load", "run"]

EXPERIMENT = Training(
    name="chapter1_slow_eta",
    ids=("N016", "X018"),
    sizes=(784, 100, 10),
    eta=0.001,
    published=0.2142,
    band=(0.0, 0.45),
    seeds=tuple(range(5)),
    note="published: 1,139 right after the first epoch, 2,142 after the last; value is the best epoch of each seed",
)
run, load = EXPERIMENT.run, EXPERIMENT.load
