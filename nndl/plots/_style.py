"""The one look of all figures: colors, type, sizes, and an SVG that reads on light and on dark pages.

The palette is Okabe and Ito's, safe for color-blind eyes, darkened a little where thin lines and words
need contrast on white. A figure is saved as SVG without a ground. Inside it a style block exchanges each
color of ``NIGHT`` when the page around it is dark, so one file serves both themes.
"""

import io
import sys
from contextlib import contextmanager

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "COLORS",
    "FAINT",
    "GREEN",
    "INK",
    "NODE",
    "ORANGE",
    "PAPER",
    "PURPLE",
    "diverging",
    "figure",
    "ink",
    "name_lines",
    "style",
    "svg",
]

INK, FAINT, PAPER = "#4b5563", "#8b949e", "#faf9f5"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#bf5200", "#00805e", "#a8507f"
NODE = "#1b6ca8"  # carries white words in both themes
COLORS = (BLUE, ORANGE, GREEN, PURPLE)
NIGHT = {INK: "#b9c1cb", BLUE: "#56b4e9", ORANGE: "#f0883e", GREEN: "#2cc295", PURPLE: "#dd94bb"}

# Ink on paper for pixels, and blue - paper - orange for signed weights.
ink = LinearSegmentedColormap.from_list("ink", [PAPER, "#14181e"])
diverging = LinearSegmentedColormap.from_list("diverging", [BLUE, PAPER, ORANGE])

RC = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.transparent": True,
    "font.size": 10,
    "mathtext.fontset": "stix",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.prop_cycle": mpl.cycler(color=COLORS),
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "path",
    "svg.hashsalt": "nndl",
    "image.interpolation": "none",
}


def style():
    """Matplotlib's settings for the course's figures, as a context manager."""
    return mpl.rc_context(RC)


@contextmanager
def figure(width=5.4, height=3.0, rows=1, cols=1, **kwargs):
    """Open a figure in the course's style; yields (figure, axes), as ``plt.subplots`` gives them.

    width and height in inches; 7.6 fills the page's column of 46 rem.
    """
    plt.draw_if_interactive()  # loads the backend, whose settings would be lost on leaving ``style``
    with style():
        fig, axes = plt.subplots(rows, cols, figsize=(width, height), layout="constrained", **kwargs)
        yield fig, axes
    _show_as_svg()


def svg(fig):
    """Return the figure as SVG text whose colors follow the theme of the page around it."""
    buffer = io.StringIO()
    with style():
        fig.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.04, metadata={"Date": None})
    text = buffer.getvalue()
    head, rest = text.split("<defs>", 1)
    return f"{head}<style>{_night()}</style>\n <defs>{rest}"


def name_lines(ax, lines, room=0.04):
    """Write each line's name at its right end, in its color; names that would touch move apart.

    lines: triples (x, y, name, color), x and y of the line's last point; room: smallest distance
    between two names, as a share of the axes' height.
    """
    low, high = ax.get_ylim()
    floor = -float("inf")
    for x, y, name, color in sorted(lines, key=lambda line: line[1]):
        floor = max(y, floor + room * (high - low))
        ax.annotate(name, (x, floor), (5, 0), textcoords="offset points", color=color, va="center")


def _night():
    rules = [
        f'[style*="{what}: {day}"]{{{what}:{dark} !important}}'
        for day, dark in NIGHT.items()
        for what in ("fill", "stroke")
    ]
    return "@media (prefers-color-scheme: dark){" + "".join(rules) + "image{filter:brightness(.87)}}"


def _show_as_svg():
    """Let a notebook show figures by ``svg`` above; outside a notebook there is nothing to do."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return
    formatters = shell.display_formatter.formatters
    formatters["image/png"].pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, svg)
