"""Networks written down instead of trained: one hidden layer can come as close as we like to any continuous function.

Two caveats go with that sentence, S093. The network comes close, it need not hit: a smaller ``eps`` takes more neurons,
and ``eps = 0`` takes infinitely many. And the function is continuous: where it jumps, a network can only hurry.

``steps.py`` makes a step out of a neuron, ``bumps.py`` a bump out of two steps and any curve out of bumps,
``towers.py`` does the same with several inputs, and `approximate` keeps a promise: a network, and a measured error
below ``eps``. That such networks exist was proved by Cybenko and by Hornik, Stinchcombe and White, both in 1989, S104:
by what a functional that vanishes on every sigmoid must be, and from the theorem of Stone and Weierstrass.
"""

from nndl.universality.approximation import Approximation, approximate, sup_error
from nndl.universality.bumps import average_deviation, best_heights, bumps, lookup, polyline, squeezed, target
from nndl.universality.steps import identity_neuron, limits, step, step_point, usable, window
from nndl.universality.towers import round_tower, tower, towers

__all__ = [
    "Approximation",
    "approximate",
    "average_deviation",
    "best_heights",
    "bumps",
    "identity_neuron",
    "limits",
    "lookup",
    "polyline",
    "round_tower",
    "squeezed",
    "step",
    "step_point",
    "sup_error",
    "target",
    "tower",
    "towers",
    "usable",
    "window",
]
