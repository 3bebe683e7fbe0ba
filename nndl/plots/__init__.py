"""All figures of the course, drawn in one style (`_style.py`): diagrams, curves, digits, descent.

Every function draws one figure and returns its axes, so that a reader can go on drawing. In a notebook
the figures are SVG with a transparent ground that follow a light or a dark page.
"""

from nndl.plots.curves import (
    compare,
    curve,
    darkness,
    epochs,
    runs,
    sharpening,
    spread,
    stacked,
    step_and_sigmoid,
)
from nndl.plots.descent import contours, step_sizes, valley
from nndl.plots.digits import confusion, digits, strip, weights
from nndl.plots.networks import circuit, half_adder, network, weight_index

__all__ = [
    "circuit",
    "compare",
    "confusion",
    "contours",
    "curve",
    "darkness",
    "digits",
    "epochs",
    "half_adder",
    "network",
    "runs",
    "sharpening",
    "spread",
    "stacked",
    "step_and_sigmoid",
    "step_sizes",
    "strip",
    "valley",
    "weight_index",
    "weights",
]
