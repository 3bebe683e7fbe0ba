"""Several inputs: bumps in every direction, added up and cut off, make a tower; towers side by side, any landscape."""

from itertools import product

import numpy as np

from nndl import Linear, Sigmoid, require
from nndl.universality.bumps import edges_of, steepness, values
from nndl.universality.steps import assembled

__all__ = ["all_places", "round_tower", "tower", "towers"]

SURE = 100.0  # height of the bumps under a tower: a place outside leaks exp(-50)


def tower(starts, ends, *, h=10.0, w=1000.0):
    """Return a network near 1 where starts[i] < x_i < ends[i] for every input i, near 0 elsewhere; S100, Q4.7, Q4.8.

    Two hidden neurons for each of the m inputs make bumps of height h; the output neuron has the bias (-m + 1/2) h,
    so that all m bumps together are enough, and m - 1 are not. Its weighted input is h/2 inside, and at most -h/2
    outside.
    """
    starts = require.array(starts, "starts", shape=(None,))
    ends = require.array(ends, "ends", shape=starts.shape)
    if (starts >= ends).any():
        raise ValueError(f"A tower starts before it ends, got starts {starts} and ends {ends}. Swap them.")
    h, w, m = require.positive(h, "h"), require.positive(w, "w"), len(starts)
    edges = np.column_stack([starts, ends])
    signs = np.tile([h, -h], m)[None]
    return assembled((*_steps(edges, w), Sigmoid()), (signs, np.array([(0.5 - m) * h]), Sigmoid()))


def towers(f, cells, inputs, *, copies=1, domain=(0.0, 1.0), h=SURE, w=None):
    """Return a network that follows f with a tower on each of cells^inputs cells of [low, high]^inputs; S101.

    f takes places (n, inputs) and returns (n,), or (n, k) for k outputs, which share the towers. Two hidden layers: the
    steps, and the towers; the output adds up. Where four cells or more meet, no tower stands, and the output falls to
    the middle of f's range. With copies M > 1 it is the mean of M such landscapes, each moved by 1/M of a cell in every
    direction, of which at most one has a hole at any place; S103.
    """
    inputs = require.integer(inputs, "inputs", 1)
    rows = [_landscape(f, edges, inputs, domain) for edges in edges_of(cells, copies, domain)]
    middle = sum((least.min(0) + most.max(0)) / 2 for *_, least, most in rows) / copies
    w = steepness(cells, copies, domain) if w is None else require.positive(w, "w", "Try w = 1000.")
    step_w, step_b, tower_w, heights = [], [], [], []
    for edges, signs, least, most in rows:
        weights, biases = _steps(np.tile(edges, (inputs, 1)), w)
        step_w.append(weights), step_b.append(biases), tower_w.append(h * signs)
        heights.append(((least + most) / 2 - middle) / copies)
    heights = np.concatenate(heights)
    return assembled(
        (np.concatenate(step_w), np.concatenate(step_b), Sigmoid()),
        (_diagonal(tower_w), np.full(len(heights), (0.5 - inputs) * h), Sigmoid()),
        (heights.T, middle, Linear()),
    )


def round_tower(center, radius, directions, *, w=1000.0):
    """Return a network of one hidden layer that is 1 inside a circle, and less the farther out; X119.

    Bumps of width 2 radius through the center (2,), in as many ``directions``, each of height 1/directions. Outside, at
    distance r, only the share 2/pi arcsin(radius/r) of them is met, as directions grow.
    """
    center = require.array(center, "center", shape=(2,))
    radius, w = require.positive(radius, "radius"), require.positive(w, "w")
    angles = np.pi * np.arange(require.integer(directions, "directions", 1)) / directions
    along = np.repeat(np.column_stack([np.cos(angles), np.sin(angles)]), 2, axis=0)
    edges = along @ center + np.tile([-radius, radius], directions)
    heights = np.tile([1.0, -1.0], directions)[None] / directions
    return assembled((w * along, -w * edges, Sigmoid()), (heights, np.zeros(1), Linear()))


def all_places(axes):
    """Return the places (n, inputs) whose coordinates are, in every combination, those on the axes."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def _landscape(f, edges, inputs, domain):
    """Return the edges, the signs (towers, steps) with which towers take steps, and the range of f on each cell."""
    n = len(edges)
    signs, places = [], []
    per_axis = {1: 33, 2: 9, 3: 5}.get(inputs, 3)  # places to look at in each cell, along each axis
    inside = np.clip(edges, *domain)
    for cell in product(range(n - 1), repeat=inputs):
        row = np.zeros((inputs, n))
        for axis, i in enumerate(cell):
            row[axis, i], row[axis, i + 1] = 1, -1
        signs.append(row.ravel())
        axes = [np.linspace(inside[i], inside[i + 1], per_axis) for i in cell]
        places.append(all_places(axes))
    y = values(f, np.concatenate(places)).reshape(len(signs), per_axis**inputs, -1)
    return edges, np.array(signs), y.min(axis=1), y.max(axis=1)


def _steps(edges, w):
    """Return weights and biases of steps at edges (inputs, n), those of the first input first."""
    inputs, n = edges.shape
    return w * np.repeat(np.eye(inputs), n, axis=0), -w * edges.ravel()


def _diagonal(blocks):
    """Return the matrix with these blocks along its diagonal."""
    whole = np.zeros(np.sum([block.shape for block in blocks], axis=0))
    row = col = 0
    for block in blocks:
        whole[row : row + block.shape[0], col : col + block.shape[1]] = block
        row, col = row + block.shape[0], col + block.shape[1]
    return whole
