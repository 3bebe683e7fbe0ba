"""The same with 100 hidden neurons: better, except for the starts from which it never recovers; N015."""

from nndl.experiments._training import BEST, Training

__all__ = ["EXPERIMENT", "load", "run"]

EXPERIMENT = Training(
    name="chapter1_hidden100",
    ids=("N015", "X016"),
    sizes=(784, 100, 10),
    eta=3.0,
    published=0.9659,
    band=(0.940, 0.975),
    seeds=tuple(range(30)),
    judge="best_of_three",
    note=f"{BEST}; many starts leave an output neuron that never learns, so that median and mean say little",
)
run, load = EXPERIMENT.run, EXPERIMENT.load
