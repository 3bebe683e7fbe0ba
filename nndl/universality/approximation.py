"""The promise of universality, kept: name a continuous function and an error, and have the network."""

from typing import NamedTuple

import numpy as np

from nndl import Linear, Network, ReLU, Sigmoid, require
from nndl.universality.bumps import cell_ranges, edges_of, logit, lookup, polyline, steepness, values
from nndl.universality.steps import window
from nndl.universality.towers import all_places, towers

__all__ = ["Approximation", "approximate", "sup_error"]

MOST_CELLS = 5_000
MOST_TOWERS = 12_000
AT_ONCE = 2_000_000  # activations held while an error is measured: 16 MB


class Approximation(NamedTuple):
    """A network, and the largest |g(x) - f(x)| that was found anywhere."""

    net: Network
    error: float

    @property
    def neurons(self):
        """Number of hidden neurons."""
        return sum(self.net.sizes[1:-1])


def approximate(f, eps, *, inputs=1, domain=(0.0, 1.0), activation=None, output=None):
    """Return (net, error): a network whose output is nowhere further than ``eps`` from f; S094, Q4.1.

    Parameters
    ----------
    f : callable
        A continuous function. With one input it takes places (n,), with more (n, inputs); it returns (n,), or (n, k)
        for k outputs, all of which are held to eps.
    eps : float
        The largest error allowed, in units of f.
    inputs : int
        Number of inputs. More than one takes towers, whose number grows as a power of it.
    domain : (float, float)
        Where each input lies.
    activation : Activation, optional
        Of the hidden neurons of one input: Sigmoid() if not given, Tanh(), ReLU(), or any other that makes steps.
    output : Activation, optional
        Linear() if not given; Sigmoid() for an f between 0 and 1 and one input.

    Raises
    ------
    ValueError
        If f jumps by more than eps, or turns so fast that thousands of cells are not enough: with where it does.

    Notes
    -----
    The error is measured, not derived: at 10,001 places or more, and on purpose at the worst ones, on the steps and a
    little to either side of them. Between these places f itself is taken on trust.
    """
    eps = require.positive(eps, "eps", "No network of finitely many neurons reaches eps = 0 in general.")
    inputs = require.integer(inputs, "inputs", 1)
    if inputs > 1:
        if activation not in (None, Sigmoid()) or output not in (None, Linear()):
            raise ValueError("With several inputs the hidden neurons are Sigmoid(), the output Linear().")
        return _by_towers(f, eps, inputs, domain)
    if isinstance(activation, ReLU):
        if output not in (None, Linear()):
            raise ValueError("With ReLU() hidden neurons the output is Linear(). Leave output out.")
        found = _first_good(f, eps, domain, lambda n: _lines(f, n, domain), lambda n: _bend(f, n, domain))
        reachable = 1.0  # of a jump: a line that goes up just before it is off by all of it
    else:
        table = {"domain": domain, "activation": activation, "output": output}
        found = _first_good(
            f, eps, domain, lambda n: lookup(f, n, **table), lambda n: _coarseness(f, n, domain, output)
        )
        reachable = 0.5  # a table can stay in the middle
    if found is None:
        raise ValueError(_too_steep(f, eps, domain, reachable))
    return found


def sup_error(net, f, places):
    """Return the largest |net(x) - f(x)| over places (n,) or (n, inputs), all outputs considered."""
    places = np.asarray(places, float)
    rows = places.reshape(len(places), -1)
    size = max(1, AT_ONCE // max(net.sizes))
    parts = [slice(start, start + size) for start in range(0, len(rows), size)]
    g = np.concatenate([net.feedforward(rows[part]) for part in parts])
    return float(np.abs(g - values(f, places)).max())


def _first_good(f, eps, domain, build, promise):
    """Return the first Approximation that holds, for 1, 2, 3 … cells, a few percent more at a time; or None."""
    cells = 1
    while cells <= MOST_CELLS:
        if promise(cells) < eps:
            net = build(cells)
            error = sup_error(net, f, _worst_places(cells, domain))
            if error < eps:
                return Approximation(net, error)
        cells += 1 + cells // 20
    return None


def _worst_places(cells, domain):
    """Return places all over the domain, on the edges between cells, and within the slopes of the steps there."""
    low, high = domain
    (edges,) = edges_of(cells, 1, domain)
    slope = window(steepness(cells, 1, domain))
    around = edges[1:-1, None] + slope * np.array([-2, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 2])
    return np.union1d(np.linspace(low, high, 10_001), around)


def _coarseness(f, cells, domain, output):
    """Return half the largest range of f in a cell: what a table of so many cells must err by."""
    least, most = cell_ranges(f, edges_of(cells, 1, domain)[0][1:-1], domain)
    if isinstance(output, Sigmoid):
        logit([least, most])  # raises if f leaves (0, 1), even where the middle of a cell does not
    return (most - least).max() / 2


def _lines(f, cells, domain):
    nodes = np.linspace(*domain, cells + 1)
    return polyline(nodes, values(f, nodes))


def _bend(f, cells, domain):
    """Return how far f bends away from straight lines over so many cells."""
    x, nodes = np.linspace(*domain, 10_001), np.linspace(*domain, cells + 1)
    y = values(f, x)
    corners = values(f, nodes)
    return max(np.abs(np.interp(x, nodes, corner) - column).max() for corner, column in zip(corners.T, y.T))


def _too_steep(f, eps, domain, reachable):
    x = np.linspace(*domain, 16 * MOST_CELLS + 1)
    jumps = np.abs(np.diff(values(f, x), axis=0)).max(axis=1)
    at = jumps.argmax()
    return (
        f"{MOST_CELLS:,} cells do not bring the error below {eps:g}: f changes by {jumps[at]:.3g} between "
        f"x = {x[at]:.6g} and {x[at + 1]:.6g}. Only continuous functions can be approximated to any eps; "
        f"take an eps above {jumps[at] * reachable:.3g}, or round the corner off."
    )


def _by_towers(f, eps, inputs, domain):
    """Return the first Approximation that holds, of plans that get more and more careful."""
    for hope in (
        2.5,
        2.0,
        1.7,
        1.4,
        1.2,
        1.0,
    ):  # a plan counts on the worst; moved copies often make up for each other
        plan = _fewest_towers(f, hope * eps, inputs, domain)
        if plan is None:
            break
        cells, copies = plan
        net = towers(f, cells, inputs, copies=copies, domain=domain)
        error = sup_error(net, f, _corners_and_more(cells, copies, inputs, domain))
        if error < eps:
            return Approximation(net, error)
    raise ValueError(
        f"More than {MOST_TOWERS:,} towers on {inputs} inputs would be needed for an error below {eps:g}. "
        "Take a larger eps, a smaller domain or a calmer f: their number grows as 1/eps to the power inputs + 1."
    )


def _fewest_towers(f, eps, inputs, domain):
    """Return (cells, copies), or None: more cells make each landscape finer, more copies make its holes count less.

    In the hole of one copy that copy is off by up to half the range of f, the others by half the range in a cell.
    """
    best, cells = None, 1
    axis = np.linspace(*domain, {2: 121, 3: 31}.get(inputs, 11))
    y = values(f, all_places([axis] * inputs))
    y = y.reshape(*[len(axis)] * inputs, -1)
    hole = np.ptp(y.reshape(-1, y.shape[-1]), axis=0).max() / 2
    while cells**inputs <= MOST_TOWERS and (best is None or cells**inputs < best[0]):
        fine = _cell_range(y, cells, inputs)
        room = 0.95 * eps - fine
        if room > 0:
            copies = max(1, int(np.ceil((hole - fine) / room)))
            best = min(best or (np.inf,), (copies * (cells + 1) ** inputs, cells, copies))
        cells += 1
    return best[1:] if best and best[0] <= MOST_TOWERS else None


def _cell_range(y, cells, inputs):
    """Return half the largest range of y, on a grid, over neighboring points a cell apart."""
    reach = int(np.ceil((len(y) - 1) / cells)) + 1
    least, most = y, y
    for axis in range(inputs):
        least = np.lib.stride_tricks.sliding_window_view(least, min(reach, len(y)), axis).min(-1)
        most = np.lib.stride_tricks.sliding_window_view(most, min(reach, len(y)), axis).max(-1)
    return (most - least).max() / 2


def _corners_and_more(cells, copies, inputs, domain):
    """Return places (n, inputs): a grid, and every corner where cells of a copy meet, with a step to the side."""
    axis = np.linspace(*domain, {2: 61, 3: 15}.get(inputs, 7))
    found = [all_places([axis] * inputs)]
    aside = window(steepness(cells, copies, domain)) * np.array([0.0, -0.5])
    for edges in edges_of(cells, copies, domain):
        for offset in aside:
            corner = np.clip(np.r_[domain[0], edges[1:-1] + offset, domain[1]], *domain)
            found.append(all_places([corner] * inputs))
    return np.concatenate(found)
