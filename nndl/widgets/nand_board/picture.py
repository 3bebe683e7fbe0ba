"""The still pictures of `NandBoard`, for print and wherever no figure can move."""

import numpy as np

from nndl.widgets._base import paper

__all__ = ["board", "plane"]

BLUE, INK, GREY = "#0072B2", "#1F2328", "#57606A"
LOW, HIGH = -0.6, 1.6
CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
# Column and height of what stands on the board, by challenge, as on the page.
GATES = {
    "NOT": {"g1": (1, 0.5)},
    "AND": {"g1": (1, 0.5), "g2": (2, 0.5)},
    "OR": {"g1": (1, 0.24), "g2": (1, 0.76), "g3": (2, 0.5)},
    "XOR": {"g1": (1, 0.5), "g2": (2, 0.2), "g3": (2, 0.8), "g4": (3, 0.5)},
    "half adder": {"g1": (1, 0.47), "g2": (2, 0.14), "g3": (2, 0.5), "g5": (2, 0.86), "g4": (3, 0.32)},
}


def plane(figure):
    """The plane of the two inputs, the side of the ones shaded, the output at each corner."""
    drawing, (ax,) = paper(width=3.6, height=3.4)
    x1, x2 = np.meshgrid(*[np.linspace(LOW, HIGH, 221)] * 2)
    z = figure.w1 * x1 + figure.w2 * x2 + figure.b
    ax.contourf(x1, x2, (z > 0).astype(float), levels=[0.5, 1.5], colors=[BLUE], alpha=0.35)
    if figure.w1 or figure.w2:
        ax.contour(x1, x2, z, levels=[0], colors=[INK], linewidths=1.5)
    for corner in CORNERS:
        one = figure.w1 * corner[0] + figure.w2 * corner[1] + figure.b > 0
        ax.plot(*corner, "o", markersize=15, markerfacecolor=BLUE if one else "white", markeredgecolor=INK)
        ax.annotate(
            str(int(one)), corner, ha="center", va="center", fontsize=9, color="white" if one else INK
        )
    ax.set(xticks=[0, 1], yticks=[0, 1], xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    return drawing


def board(figure):
    """The gates of the challenge and the wires between them."""
    drawing, (ax,) = paper(width=6.0, height=2.6)
    gates = GATES[figure.challenge]
    last = max(column for column, _ in gates.values()) + 1
    inputs = {"x1": (0, 0.5)} if figure.challenge == "NOT" else {"x1": (0, 0.25), "x2": (0, 0.75)}
    outputs = (
        {"out": (last, 0.5)}
        if figure.challenge != "half adder"
        else {"sum": (last, 0.32), "carry": (last, 0.86)}
    )
    places = {**inputs, **gates, **outputs}
    for pin, source in figure.wires.items():
        if source in places and pin.split(".")[0] in places:
            shift = {"a": -0.06, "b": 0.06}.get(pin.split(".")[-1], 0.0)
            x, y = places[pin.split(".")[0]]
            ax.plot([places[source][0], x], [places[source][1], y + shift], color=GREY, linewidth=1, zorder=1)
    for name, (x, y) in places.items():
        words = f"N{name[1]}\nNAND" if name in gates else name
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": INK}
        ax.annotate(words, (x, y), ha="center", va="center", fontsize=8, bbox=box, zorder=2)
    ax.set(xlim=(-0.4, last + 0.4), ylim=(1.05, -0.05))
    ax.set_axis_off()
    return drawing
