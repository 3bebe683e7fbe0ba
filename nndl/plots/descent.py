"""Pictures of gradient descent: the valley, the step size, paths on contours."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from nndl.plots._style import BLUE, COLORS, FAINT, INK, ORANGE, PAPER, figure

__all__ = ["contours", "step_sizes", "valley"]


def valley(cost, path, *, lim=2.0):
    """Draw the surface cost(v1, v2) over [-lim, lim]^2 and a path (steps, 2) that rolls down on it."""
    grid = np.linspace(-lim, lim, 27)
    v1, v2 = np.meshgrid(grid, grid)
    surface = LinearSegmentedColormap.from_list("valley", [BLUE, "#9ccbe8", PAPER])
    path = np.asarray(path)
    with figure(5.6, 4.0, subplot_kw={"projection": "3d", "computed_zorder": False}) as (_, ax):
        ax.plot_surface(v1, v2, cost(v1, v2), cmap=surface, linewidth=0.15, edgecolor="white", alpha=0.9)
        height = cost(*path.T) + 0.02
        ax.plot(*path.T, height, "-", color=ORANGE, zorder=5, linewidth=1.6)
        ax.plot(*path.T, height, "o", color=ORANGE, zorder=6, markersize=4)
        ax.plot(*path[:1].T, height[:1], "o", color=ORANGE, zorder=7, markersize=9)
        ax.set_xlabel("$v_1$", labelpad=-10)
        ax.set_ylabel("$v_2$", labelpad=-10)
        ax.set_zlabel("$C$", labelpad=-12)
        ax.view_init(elev=32, azim=-58)
        ax.set_box_aspect((1, 1, 0.62), zoom=0.92)
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
            axis.pane.set_visible(False)
            axis.line.set_color(INK)
            axis.set_ticks([])
    return ax


def step_sizes(curvature, etas, *, start=-1.0, steps=12):
    """Draw descent on the bowl C = curvature v^2 / 2, one panel per learning rate; returns the axes."""
    v = np.linspace(-1.6, 1.6, 201)
    with figure(7.4, 2.5, cols=len(etas), sharey=True) as (_, axes):
        for ax, (verdict, eta) in zip(axes, etas.items()):
            at = start * (1 - eta * curvature) ** np.arange(steps + 1)
            at = at[np.abs(at) <= 1.6]
            ax.plot(v, curvature * v**2 / 2, color=FAINT, linewidth=1.4)
            ax.plot(at, curvature * at**2 / 2, "-o", color=ORANGE, markersize=4, linewidth=1.0)
            ax.plot(at[:1], curvature * at[:1] ** 2 / 2, "o", color=ORANGE, markersize=8)
            ax.set(title=f"{verdict}: $\\eta = {eta:g}$", xlabel="$v$", xticks=[], yticks=[])
        axes[0].set_ylabel("$C$")
    return axes


def contours(cost, paths, *, xlim, ylim, minimum=None):
    """Draw contours of cost(v1, v2) and paths over them; paths: name -> array (steps, 2)."""
    v1, v2 = np.meshgrid(np.linspace(*xlim, 161), np.linspace(*ylim, 161))
    with figure(5.4, 3.9) as (_, ax):
        values = cost(v1, v2)
        low, high = values.min(), values.max()
        levels = low + (high - low) * np.linspace(0.03, 1, 14) ** 2
        ax.contour(v1, v2, values, levels=levels, colors=[FAINT], linewidths=0.7, alpha=0.8)
        for color, (name, path) in zip(COLORS[1::-1], paths.items()):
            path = np.asarray(path)
            ax.plot(*path.T, "-o", color=color, markersize=2.6, linewidth=1.3, label=name)
            ax.plot(*path[:1].T, "o", color=color, markersize=7)
        if minimum is not None:
            ax.plot(*minimum, "+", color=INK, markersize=15, markeredgewidth=2, zorder=5)
        for row, (color, name) in enumerate(zip(COLORS[1::-1], paths)):
            ax.text(0.98, 0.03 + 0.07 * row, name, color=color, transform=ax.transAxes, ha="right")
        ax.set(xlabel="$v_1$", ylabel="$v_2$", xlim=xlim, ylim=ylim)
    return ax
