"""The still picture of `Descend`, for print and wherever no figure can move."""

import numpy as np

from nndl.widgets._base import paper

__all__ = ["draw"]

BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#57606A"
REACH = 3.0


def draw(valley, path):
    """The valley from above with the path (steps + 1, 2), and the cost after each step; a matplotlib figure."""
    drawing, (above, beside) = paper(cols=2, height=3.2)
    grid = np.linspace(-REACH, REACH, 121)
    points = np.stack(np.meshgrid(grid, grid), axis=-1)
    above.contour(grid, grid, np.sqrt(valley.cost(points)), levels=12, colors=BLUE, linewidths=0.6, alpha=0.5)
    above.plot(*path.T, ".-", color=VERMILLION, linewidth=1.2)
    above.plot(*path[-1], "o", color=VERMILLION, markersize=9)
    above.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="$v_1$", ylabel="$v_2$")
    costs = valley.cost(path)
    beside.semilogy(costs, ".-", color=VERMILLION)
    beside.axhline(costs[0] / 100, color=GREY, linewidth=0.8, linestyle=":")
    beside.set(xlabel="step", ylabel="cost $C$")
    return drawing
