"""Curves and measured values: activations, accuracy per epoch with bands over seeds, comparisons."""

import numpy as np
from matplotlib.ticker import FuncFormatter

from nndl import require
from nndl.plots._style import BLUE, COLORS, FAINT, GREEN, INK, ORANGE, figure, name_lines

__all__ = [
    "compare",
    "curve",
    "darkness",
    "epochs",
    "runs",
    "sharpening",
    "spread",
    "stacked",
    "step_and_sigmoid",
]


def curve(f, *, xlim=(-6, 6), xlabel="$z$", ylabel="$a$", width=4.2):
    """Draw the function f, any callable on arrays, over xlim. Returns the axes."""
    z = np.linspace(*xlim, 401)
    with figure(width, width * 0.6) as (_, ax):
        ax.plot(z, f(z), color=BLUE)
        ax.set(xlabel=xlabel, ylabel=ylabel, xlim=xlim)
    return ax


def step_and_sigmoid(sigmoid):
    """Draw the step function of the perceptron and, beside it, the sigmoid; returns both axes."""
    z = np.linspace(-6, 6, 401)
    with figure(6.6, 2.5, cols=2, sharey=True) as (_, axes):
        axes[0].plot([-6, 0], [0, 0], color=ORANGE)
        axes[0].plot([0, 6], [1, 1], color=ORANGE)
        axes[0].plot([0], [0], "o", color=ORANGE, markersize=5)
        axes[0].plot([0], [1], "o", markerfacecolor="none", color=ORANGE, markersize=5)
        axes[0].set(title="perceptron", ylabel="output", xlabel="$z = w \\cdot x + b$")
        axes[1].plot(z, sigmoid(z), color=BLUE)
        axes[1].plot([0], [0.5], "o", color=BLUE, markersize=5)
        axes[1].set(title="sigmoid neuron", xlabel="$z = w \\cdot x + b$")
    return axes


def sharpening(sigmoid, scales):
    """Draw sigma(c z) for each scale c: the larger c, the nearer to a step. Returns the axes."""
    z = np.linspace(-4, 4, 801)
    with figure(5.4, 2.8) as (_, ax):
        for row, (color, c) in enumerate(zip(COLORS, scales)):
            ax.plot(z, sigmoid(c * z), color=color)
            ax.text(1.9, 0.56 - 0.12 * row, f"$c = {c:g}$", color=color, fontsize=12)
        ax.set(xlabel="$z$", ylabel="$\\sigma(cz)$", xlim=(-4, 4))
    return ax


def epochs(runs, *, percent=True, ylabel="test accuracy", ylim=None, width=6.2, height=3.1):
    """Draw one value per epoch: the mean over seeds as a line, the range over seeds as a band.

    runs: name -> array (seeds, epochs), or (epochs,) for a single run; accuracies in [0, 1] are shown
    in percent. Returns the axes.
    """
    ends = []
    with figure(width, height) as (_, ax):
        for color, (name, values) in zip(COLORS, runs.items()):
            values = np.atleast_2d(np.asarray(values, float)) * (100 if percent else 1)
            x = np.arange(1, values.shape[1] + 1)
            ax.fill_between(x, values.min(axis=0), values.max(axis=0), color=color, alpha=0.22, linewidth=0)
            ax.plot(x, values.mean(axis=0), color=color)
            ends.append((x[-1], values.mean(axis=0)[-1], name, color))
        ax.set(xlabel="epoch", ylabel=ylabel + (" (%)" if percent else ""), xlim=(1, None), ylim=ylim)
        ax.xaxis.get_major_locator().set_params(integer=True)
        name_lines(ax, ends, room=0.07)
    return ax


def runs(values, *, ylabel="test accuracy", ylim=None):
    """Draw every run as a thin line over the epochs, and their median, with its name, as a thick one.

    values: name -> array (seeds, epochs), accuracies in [0, 1]. Returns the axes.
    """
    ends = []
    with figure(6.4, 3.4) as (_, ax):
        for color, (name, curves) in zip(COLORS, values.items()):
            curves = 100 * np.atleast_2d(np.asarray(curves, float))
            x, middle = np.arange(1, curves.shape[1] + 1), np.median(curves, axis=0)
            ax.plot(x, curves.T, color=color, linewidth=0.8, alpha=0.5)
            ax.plot(x, middle, color=color, linewidth=2.2)
            ends.append((x[-1], middle[-1], name, color))
        ax.set(xlabel="epoch", ylabel=f"{ylabel} (%)", xlim=(1, None), ylim=ylim)
        ax.xaxis.get_major_locator().set_params(integer=True)
        name_lines(ax, ends, room=0.07)
    return ax


def compare(rows, *, xlabel="test accuracy (%)", xlim=(0, 100)):
    """Draw measured values as dots with intervals, and published values as open circles, one per row.

    rows: (name, value, half-width of the interval or None, published value or None), all in [0, 1].
    """
    with figure(6.6, 0.36 * len(rows) + 0.9) as (_, ax):
        for row, (_name, value, interval, published) in enumerate(reversed(rows)):
            ax.axhline(row, color=FAINT, linewidth=0.4, zorder=0)
            if value is not None:
                reach = [100 * (interval or 0)]
                dots = ax.errorbar([100 * value], [row], xerr=reach, fmt="o", color=BLUE, markersize=6)
                dots.lines[0].set_clip_on(False)  # a dot at 100 % is a whole dot
            if published is not None:
                look = {"markerfacecolor": "none", "color": ORANGE, "markersize": 11, "clip_on": False}
                ax.plot([100 * published], [row], "o", **look)
        ax.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set(xlabel=xlabel, xlim=xlim, ylim=(-0.6, len(rows) - 0.4))
        if any(row[3] is not None for row in rows):
            for x, word, color in ((0.985, "measured here", BLUE), (0.66, "published", ORANGE)):
                ax.text(x, 1.01, word, color=color, transform=ax.transAxes, ha="right", va="bottom")
    return ax


def stacked(x, rows, xlabel):
    """Draw quantities over the same x in panels above one another; rows: label -> values or curves."""
    with figure(5.6, 1.75 * len(rows) + 0.3, rows=len(rows), sharex=True, squeeze=False) as (_, axes):
        for ax, color, (label, values) in zip(axes[:, 0], COLORS, rows.items()):
            for y in np.atleast_2d(values):
                ax.plot(x, y, color=color)
            ax.set(ylabel=label, xlim=(x[0], x[-1]))
        axes[-1, 0].set_xlabel(xlabel)
    return axes[:, 0]


def darkness(data):
    """Draw, for each class of the Data, its mean darkness and the range of its middle half."""
    values = data.x.mean(axis=1)
    require.positive(len(values), what="the number of images")
    with figure(5.6, 2.8) as (_, ax):
        for digit in range(data.classes):
            own = values[data.y == digit]
            low, high = np.quantile(own, [0.25, 0.75])
            ax.plot([digit, digit], [low, high], color=BLUE, alpha=0.35, linewidth=7, solid_capstyle="butt")
            ax.plot([digit], [own.mean()], "o", color=BLUE, markersize=5)
        ax.set(xlabel="digit", ylabel="darkness (mean pixel)", xticks=range(data.classes))
        ax.set_ylim(0, None)
    return ax


def spread(m, measured, predicted):
    """Draw how far mini-batch gradients of m examples lie from the full gradient, on log axes."""
    with figure(5.2, 3.0) as (_, ax):
        ax.plot(m, predicted, color=GREEN, linewidth=1.2)
        ax.plot(m, measured, "o", color=BLUE)
        ax.set(xscale="log", yscale="log", xlabel="mini-batch size $m$", ylabel="typical error / length")
        ax.set_yticks(
            [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if min(measured) / 2 <= t <= 2 * max(measured)]
        )
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter("")
        ax.axhline(1, color=INK, linewidth=0.6, linestyle=(0, (4, 4)))
        ax.annotate(
            "$\\propto 1/\\sqrt{m}$",
            (m[-1], predicted[-1]),
            (-10, 8),
            textcoords="offset points",
            color=GREEN,
        )
    return ax
