"""Diagrams of perceptrons, circuits and networks; all drawn by ``network`` or from its parts."""

from itertools import pairwise

import numpy as np
from matplotlib.patches import Circle

from nndl import require
from nndl.plots._style import FAINT, INK, NODE, ORANGE, figure

__all__ = ["circuit", "half_adder", "network", "weight_index"]

RADIUS = 0.26


def network(sizes, *, names=(), inputs=(), outputs=(), weights=None, biases=None, shown=8, width=None):
    """Draw a feedforward network, the input layer on the left.

    sizes: neurons per layer; a layer of more than ``shown`` neurons is drawn with an ellipsis.
    names: a line of text under each layer; inputs, outputs: words beside the first and last neurons.
    weights: per layer after the input, an (n_out, n_in) table of labels for the connections;
    biases: per layer after the input, n_out labels for the neurons. Returns the axes.
    """
    for size in sizes:
        require.integer(size, what="a layer's size", low=1)
    places = [_column(size, shown) for size in sizes]
    pitch = 1.0 if max(map(len, places)) < 7 else 0.72
    places = [[(pitch * y, j) for y, j in layer] for layer in places]
    height = max(layer[0][0] - layer[-1][0] for layer in places) + 1
    gap = 2.6 if len(sizes) < 4 else 2.2
    wide = gap * (len(sizes) - 1) + 3.2
    scale = (width or min(7.6, 0.62 * wide)) / wide
    with figure(wide * scale, (height + 0.9 * bool(names)) * scale) as (_, ax):
        _edges(ax, places, gap, weights)
        _neurons(ax, places, gap, biases)
        _ends(ax, places[0], 0, inputs, side=-1)
        _ends(ax, places[-1], gap * (len(sizes) - 1), outputs, side=1)
        bottom = -height / 2 - 0.05
        for column, name in enumerate(names):
            ax.text(gap * column, bottom, name, ha="center", va="top", fontsize=9)
        _bare(ax, (-1.6, wide - 1.6), (bottom - 0.8 * bool(names), height / 2))
    return ax


def weight_index(width=4.6):
    """Draw the network [3, 4, 2] with the one weight marked that leads from neuron 4 to neuron 2."""
    places = [_column(size, 8) for size in (3, 4, 2)]
    with figure(width, width * 0.62) as (_, ax):
        _edges(ax, places, 2.6, None)
        start, end = (2.6, places[1][3][0]), (5.2, places[2][1][0])
        _wire(ax, start, end, color=ORANGE, linewidth=2.4)
        _neurons(ax, places, 2.6, [["1", "2", "3", "4"], ["1", "2"]])
        ax.text(4.45, -1.5, "$w^3_{24}$", color=ORANGE, fontsize=15, ha="center")
        for column, name in enumerate(("layer 1", "layer 2", "layer 3")):
            ax.text(2.6 * column, -2.2, name, ha="center", va="top", fontsize=9)
        _bare(ax, (-0.6, 6.0), (-2.7, 1.9))
    return ax


def circuit(places, wires, width=5.4):
    """Draw a circuit of NAND perceptrons.

    places: name -> (x, y); a name that no wire enters is an input. wires: pairs or triples
    (from, to) or (from, to, label). A name that no wire leaves is an output, drawn as a word.
    """
    targets, sources = {wire[1] for wire in wires}, {wire[0] for wire in wires}
    xs, ys = zip(*places.values())
    wide, high = max(xs) - min(xs) + 2.2, max(ys) - min(ys) + 1.2
    with figure(width, width * high / wide) as (_, ax):
        for source, target, *label in dict.fromkeys(wires):
            twice = wires.count((source, target, *label)) == 2
            for dx in (-0.07, 0.07) if twice else (0.0,):
                _wire(ax, places[source], places[target], *label, dx=dx, along=0.7)
        for name, (x, y) in places.items():
            if name in targets and name in sources:
                _neuron(ax, x, y, "nand")
            else:
                side = 0.12 if name in targets else -0.12
                ax.text(x + side, y, name, ha="left" if side > 0 else "right", va="center", fontsize=11)
        _bare(ax, (min(xs) - 1.1, max(xs) + 1.1), (min(ys) - 0.6, max(ys) + 0.6))
    return ax


def half_adder(merged=False):
    """Draw the half adder of five NANDs; ``merged`` replaces the doubled wire by one weight of -4."""
    places = {
        "$x_1$": (0, 2),
        "$x_2$": (0, 0),
        "n1": (1.6, 1),
        "n2": (3.2, 2),
        "n3": (3.2, 0),
        "n4": (4.8, 1),
        "n5": (3.2, -1.5),
        "sum": (5.9, 1),
        "carry": (5.9, -1.5),
    }
    wires = [("$x_1$", "n1"), ("$x_2$", "n1"), ("$x_1$", "n2"), ("n1", "n2"), ("n1", "n3"), ("$x_2$", "n3")]
    wires += [("n2", "n4"), ("n3", "n4"), ("n4", "sum"), ("n5", "carry")]
    wires += [("n1", "n5", "$-4$")] if merged else [("n1", "n5"), ("n1", "n5")]
    return circuit(places, wires)


def _column(size, shown):
    """Heights of a layer's neurons, each with its number; None stands for the ellipsis."""
    if size <= shown:
        return [((size - 1) / 2 - j, j) for j in range(size)]
    top = min(shown, 8) // 2
    numbers = [*range(top), None, *range(size - top + 1, size)]
    return [((len(numbers) - 1) / 2 - row, j) for row, j in enumerate(numbers)]


def _edges(ax, places, gap, weights):
    for layer, (left, right) in enumerate(pairwise(places)):
        busy = len(left) * len(right) > 30
        look = {"linewidth": 0.45 if busy else 0.9, "alpha": 0.55 if busy else 0.9}
        for y0, k in left:
            for y1, j in right:
                if k is not None and j is not None:
                    label = [] if weights is None else [str(weights[layer][j][k])]
                    _wire(ax, (gap * layer, y0), (gap * (layer + 1), y1), *label, color=FAINT, **look)


def _neurons(ax, places, gap, biases):
    for layer, column in enumerate(places):
        for y, j in column:
            if j is None:
                for dy in (-0.16, 0, 0.16):
                    ax.add_patch(Circle((gap * layer, y + dy), 0.035, color=INK))
            elif layer == 0:
                ax.add_patch(Circle((gap * layer, y), 0.13, facecolor=FAINT, edgecolor="none"))
            else:
                _neuron(ax, gap * layer, y, "" if biases is None else str(biases[layer - 1][j]))


def _neuron(ax, x, y, text):
    radius = RADIUS if len(text) < 3 else 0.34
    ax.add_patch(Circle((x, y), radius, facecolor=NODE, edgecolor="none", zorder=3))
    ax.text(x, y, text, color="white", ha="center", va="center_baseline", fontsize=9, zorder=4)


def _wire(ax, start, end, label=None, *, dx=0.0, along=0.5, color=FAINT, linewidth=1.1, alpha=1.0):
    (x0, y0), (x1, y1) = start, end
    ax.plot([x0 + dx, x1 + dx], [y0, y1], color=color, linewidth=linewidth, alpha=alpha, zorder=1)
    if label is not None:
        x, y = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
        lift = np.array([y0 - y1, x1 - x0]) / np.hypot(x1 - x0, y1 - y0) * 0.22
        ax.text(x + lift[0], y + lift[1], label, ha="center", va="center", fontsize=11)


def _ends(ax, column, x, words, side):
    neurons = [y for y, j in column if j is not None]
    for y, word in zip(neurons, words):
        if side > 0:
            ax.annotate("", (x + 0.95, y), (x + RADIUS, y), arrowprops={"arrowstyle": "->", "color": INK})
        ax.text(
            x + (1.05 if side > 0 else -0.3),
            y,
            word,
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=11,
        )


def _bare(ax, xlim, ylim):
    ax.set(xlim=xlim, ylim=ylim, aspect="equal")
    ax.axis("off")
