"""A learning rate of 100: the first steps throw the neurons into saturation, and there they stay; N017."""

from nndl.experiments._training import Training

__all__ = ["EXPERIMENT", "load", "run"]

EXPERIMENT = Training(
    name="chapter1_fast_eta",
    ids=("N017", "X018"),
    sizes=(784, 30, 10),
    eta=100.0,
    published=0.1009,
    band=(0.0, 0.20),
    note="published: 1,009 right in four epochs, 982 in the last three; value is the best epoch of each seed",
)
run, load = EXPERIMENT.run, EXPERIMENT.load
