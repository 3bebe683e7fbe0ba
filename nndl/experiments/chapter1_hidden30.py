"""Chapter 1's own network, 30 hidden neurons: how well it reads digits it has not seen; N013, N014."""

from nndl.experiments._training import Training

__all__ = ["EXPERIMENT", "load", "run"]

EXPERIMENT = Training(
    name="chapter1_hidden30",
    ids=("N013", "N014", "S027", "X016"),
    sizes=(784, 30, 10),
    eta=3.0,
    published=0.9542,
    band=(0.940, 0.962),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
