"""One input: two steps make a bump, bumps in a row make any curve."""

import numpy as np

from nndl import Linear, ReLU, Sigmoid, require
from nndl.universality.steps import assembled, limits, usable

__all__ = [
    "average_deviation", "best_heights", "bumps", "cell_ranges", "edges_of", "lookup", "polyline", "squeezed",
    "steepness", "target", "values",
]  # fmt: skip

FINE = np.linspace(0, 1, 10_001)


def target(x):
    """Return the curve that chapter 4 draws with neurons, f(x) = 0.2 + 0.4 x^2 + 0.3 x sin 15x + 0.05 cos 50x; Q4.2."""
    x = np.asarray(x, float)
    return 0.2 + 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.05 * np.cos(50 * x)


def logit(y):
    """Return the z whose sigmoid is y, ln y/(1 - y); Q4.6. Raises ValueError unless all of y lies between 0 and 1."""
    y = np.asarray(y, float)
    if not ((y > 0) & (y < 1)).all():
        bad = y[~((y > 0) & (y < 1))].flat[0]
        raise ValueError(
            f"A sigmoid's output lies strictly between 0 and 1, got {bad:g} to reach. "
            "Give output=Linear(), or bring f into range with squeezed(f, low, high)."
        )
    return np.log(y / (1 - y))


def squeezed(f, low, high):
    """Return 0.1 + 0.8 (f - low)/(high - low), which a sigmoid can put out where low <= f <= high; S099.

    An error e of the squeezed function is one of e (high - low)/0.8 of f.
    """
    if not require.number(low, "low") < require.number(high, "high"):
        raise ValueError(f"low is below high, got {low} and {high}. Swap them.")
    return lambda x: 0.1 + 0.8 * (np.asarray(f(x), float) - low) / (high - low)


def bumps(edges, heights, *, w=None, activation=None, output=None):
    """Return a network that puts out heights[i] between edges[i] and edges[i + 1], and 0 beyond the ends.

    Parameters
    ----------
    edges : array (N + 1,)
        The step points, increasing.
    heights : array (N,) or (N, k)
        One number for each bump, or k of them for k outputs.
    w : float, optional
        Steepness of the steps; so large, if not given, that a slope takes a hundredth of the narrowest bump.
    activation, output : Activation, optional
        Of the two hidden neurons of each bump, Sigmoid() if not given, and of the output neurons, Linear(). Before a
        Sigmoid() output, heights are weighted inputs: `logit` of what is wanted (Q4.5).

    Notes
    -----
    S095, S097, S098. Where two bumps meet at a step, one falls as the other rises: the output goes from one height to
    the next without leaving the range between them.
    """
    edges = require.array(edges, "edges", shape=(None,))
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(f"edges increase, and there are at least two, got {edges}. Sort them.")
    heights = require.array(heights, "heights")
    if heights.ndim not in (1, 2) or len(heights) != len(edges) - 1:
        raise ValueError(
            f"{len(edges)} edges hold {len(edges) - 1} bumps, got heights of shape {heights.shape}."
        )
    w = 1000 / np.diff(edges).min() if w is None else require.positive(w, "w", "Try w = 1000.")
    return _network([(edges, heights)], w, activation, output)


def lookup(f, cells, *, copies=1, domain=(0.0, 1.0), w=None, activation=None, output=None):
    """Return a network of bumps that follows f, in ``cells`` cells of equal width: a table written as a network.

    In each cell it puts out the middle between the smallest and the largest f there. With copies M > 1 it is the
    mean of M such tables, each moved by 1/M of a cell (Q4.10): wherever x is, at most one of them is just stepping,
    and its error counts one M-th; S103. What stays is how far f bends within a cell. Other arguments as in
    `bumps`; w counts per unit of x.
    """
    tables = []
    for edges in edges_of(cells, copies, domain):
        least, most = cell_ranges(f, edges[1:-1], domain)
        middle = (least + most) / 2
        tables.append((edges, (logit(middle) if isinstance(output, Sigmoid) else middle) / copies))
    w = steepness(cells, copies, domain) if w is None else require.positive(w, "w", "Try w = 1000.")
    return _network(tables, w, activation, output)


def polyline(nodes, heights):
    """Return a network of rectified linear units that joins the points (nodes[i], heights[i]) by straight lines.

    nodes (N + 1,) increase, heights (N + 1,) or (N + 1, k). Each neuron bends the line at one node: a rectified
    linear unit has no limit on the right, and is no step, yet any curve can be made of bends; X120.
    """
    nodes = require.array(nodes, "nodes", shape=(None,))
    if len(nodes) < 2 or (np.diff(nodes) <= 0).any():
        raise ValueError(f"nodes increase, and there are at least two, got {nodes}. Sort them.")
    heights = require.array(heights, "heights").reshape(len(nodes), -1)
    slopes = np.diff(heights, axis=0) / np.diff(nodes)[:, None]
    bends = np.diff(slopes, axis=0, prepend=0)
    return assembled((np.ones((len(bends), 1)), -nodes[:-1], ReLU()), (bends.T, heights[0], Linear()))


def best_heights(f, cells):
    """Return the heights (cells,) whose mean distance from logit f on [0, 1] is smallest: its medians; N131."""
    z, cell = logit(values(f, FINE)[:, 0]), _cell(cells)
    return np.array([np.median(z[cell == i]) for i in range(cells)])


def average_deviation(heights, f):
    """Return the mean over [0, 1] of |heights(x) - logit f(x)|, the score of drawing f by hand; 0.4 is good, N132."""
    heights = require.array(heights, "heights", shape=(None,))
    return float(np.abs(heights[_cell(len(heights))] - logit(values(f, FINE)[:, 0])).mean())


def values(f, x):
    """Return f(x) as an array (n, k) for n places x, whatever of a number, (n,) or (n, k) f gives."""
    y = require.array(f(x), "What f returns")
    if y.ndim == 0:
        y = np.full(len(x), y)
    if y.ndim > 2 or len(y) != len(x):
        raise ValueError(f"f takes {len(x)} places at once and returns as many rows, got shape {y.shape}.")
    return y.reshape(len(x), -1)


def edges_of(cells, copies, domain):
    """Return the edges of each copy: cells of equal width, the first and the last reaching beyond the domain."""
    low, high = (require.number(end, "Each end of domain") for end in domain)
    if low >= high:
        raise ValueError(f"domain is (low, high), got ({low:g}, {high:g}). Swap them.")
    width = (high - low) / require.integer(cells, "cells", 1)
    copies = require.integer(copies, "copies", 1)
    found = []
    for copy in range(copies):
        inner = low + width * (np.arange(cells + 1) + copy / copies)
        inner = inner[(inner > low + width * 1e-9) & (inner < high - width * 1e-9)]
        found.append(np.array([low - width, *inner, high + width]))
    return found


def steepness(cells, copies, domain):
    """Return the w whose steps take a hundredth of the distance between neighboring edges of all copies."""
    return 1000 * cells * copies / (domain[1] - domain[0])


def cell_ranges(f, inner, domain):
    """Return the smallest and the largest f in each cell, (N, k) both, for the N - 1 edges inside the domain.

    Looked up at 10,001 places or more, the edges among them.
    """
    low, high = domain
    places = np.union1d(low + (high - low) * np.linspace(0, 1, max(10_001, 16 * len(inner) + 17)), inner)
    y, at = values(f, places), np.searchsorted(places, inner)
    least, most = (np.asarray(kind.reduceat(y, np.r_[0, at])) for kind in (np.minimum, np.maximum))
    least[:-1], most[:-1] = (
        np.minimum(least[:-1], y[at]),
        np.maximum(most[:-1], y[at]),
    )  # closed on the right too
    return least, most


def _network(tables, w, activation, output):
    """Return one network that adds up tables, each (edges, heights): two hidden neurons to a bump."""
    activation = Sigmoid() if activation is None else activation
    if not usable(activation):
        raise ValueError(
            f"A step needs an activation with two different finite limits, got {activation!r}. "
            "Take Sigmoid() or Tanh(); for ReLU() there is polyline()."
        )
    low, high = limits(activation)
    starts = np.concatenate([edges[:-1] for edges, _ in tables])
    ends = np.concatenate([edges[1:] for edges, _ in tables])
    heights = np.concatenate([h.reshape(len(h), -1) for _, h in tables]) / (high - low)
    hidden_b = -w * np.column_stack([starts, ends]).ravel()
    out_w = np.stack([heights, -heights], axis=1).reshape(-1, heights.shape[1]).T
    hidden = (np.full((len(hidden_b), 1), float(w)), hidden_b, activation)
    return assembled(hidden, (out_w, np.zeros(len(out_w)), Linear() if output is None else output))


def _cell(cells):
    return np.minimum((FINE * require.integer(cells, "cells", 1)).astype(int), cells - 1)
