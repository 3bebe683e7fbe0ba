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
    judge="median",
    note=f"{BEST}; the band is for the median, as some starts leave output neurons that never learn",
)
run, load = EXPERIMENT.run, EXPERIMENT.load
