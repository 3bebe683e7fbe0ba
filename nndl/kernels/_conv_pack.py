"""Where the numbers of a net of feature maps are while the compiled kernels work, and how they get there and back.

As for dense layers (``_pack.py``), the arrays that a net owns are the truth between epochs.
"""

import numpy as np

from nndl.kernels import _conv_layers as c
from nndl.kernels._functions import CODES
from nndl.kernels._pack import _round_up, aligned, make_plan, pack, unpack
from nndl.kernels._simd import LANES, TILE
from nndl.kernels._threads import PARTS

__all__ = ["Layout", "fill_out"]

SLACK = 2 * LANES  # what a vector may read or write past the end


class Layout:
    """Where everything is in a net of feature maps below dense layers, for mini-batches of this size.

    Attributes
    ----------
    plans : two arrays
        Of the maps, as ``_conv_layers.py`` says; of the dense layers, as ``_layers.py`` says, with the top maps first.
    places : array
        In a part's room: packed inputs, errors, the image; at last the length of the room.
    forward, room : int
        Lengths of the weights for the way forward, and of the activations of a mini-batch.
    """

    def __init__(self, image, weights, activations, batch_size):
        self.depth = sum(w.ndim == 4 for w in weights)
        self.batch_size = batch_size
        m = -(-batch_size // PARTS)
        maps, self.places, *sizes = _map_plan(weights[: self.depth], activations, image, m)
        self._maps_size, self.forward, top = sizes
        self._head = maps[-1]
        plan, self._dense_size, room = make_plan(self._dense(weights), activations[self.depth :], batch_size)
        first = 0, plan[0][0], top, 0, 0, room, self._head[c.CODE]
        self.plans = maps, np.vstack([np.array([first], np.int64), plan])
        self.room = room + batch_size * top

    def _dense(self, weights):
        """The dense weights, the first ones with zeros for what fills up the vectors of the maps below."""
        return [fill_out(weights[self.depth], self._head), *weights[self.depth + 1 :]]

    def pack(self, weights, biases):
        """Copy weights and biases into two new flat arrays, of the maps and of the dense layers."""
        d = self.depth
        top = _pack_maps(weights[:d], biases[:d], self.plans[0], self._maps_size)
        return top, pack(self._dense(weights), biases[d:], self.plans[1][1:], self._dense_size)

    def unpack(self, top, net, weights, biases):
        """Copy the two flat arrays back into weights and biases, in place."""
        d, dense = self.depth, self._dense(weights)
        _unpack_maps(top, self.plans[0], weights[:d], biases[:d])
        unpack(net, self.plans[1][1:], dense, biases[d:])
        weights[d][:] = _take_out(dense[0], self._head)


def _map_plan(weights, activations, image, m):
    """Lay out the layers of maps with these weights above an image (maps, rows, cols), for m examples a part."""
    layers, theta, forward, room, packed, spots_in = [], 0, 0, 0, 0, 0
    shape = image
    for l, (w, name) in enumerate(zip(weights, activations)):
        maps, maps_in = w.shape[:2]
        rows, cols = shape[1:]
        p_rows, p_cols = ((n - c.FIELD + 1) // 2 for n in (rows, cols))
        spots, bands = _round_up(p_rows * p_cols, LANES), _round_up(maps, c.BAND)
        lane = 1 if l == 0 and maps_in == 1 else _round_up(maps_in, LANES)
        size = _round_up(c.FIELD * LANES if lane == 1 else c.FIELD**2 * lane, TILE)
        n_step = _round_up(rows * cols * lane + SLACK, LANES)
        b = theta + maps * size
        t = room
        n = t + _round_up(bands * spots + SLACK, LANES)
        e = n + m * n_step
        won = e + n_step
        room = won + m * bands * spots
        layers.append((maps_in, maps, rows, cols, p_rows, p_cols, spots, lane, size,
                       theta, b, forward, t, n, e, won, n_step, CODES[name]))  # fmt: skip
        theta = b + _round_up(maps, TILE)
        forward += bands * maps_in * c.FIELD**2
        packed = max(packed, maps_in * c.SPAN**2 * spots + SLACK)
        spots_in = max(spots_in, spots)
        shape = (maps, p_rows, p_cols)
    errors = room + packed
    picture = errors + spots_in + SLACK
    end = picture + _round_up(int(np.prod(image)) + SLACK, LANES)
    plan = np.array(layers, np.int64)
    top = _round_up(_round_up(shape[0], c.BAND) * layers[-1][c.SPOTS], TILE)
    return plan, np.array([room, errors, picture, end], np.int64), theta, forward, top


def _pack_maps(weights, biases, plan, size):
    """Copy filters (maps, input maps, 5, 5) and biases into a new flat array of this size; what is padding is 0."""
    theta = aligned(size)
    for (filters, bias), w, b in zip(_views(theta, plan), weights, biases):
        filters[:], bias[:] = w.transpose(0, 2, 3, 1), b
    return theta


def _unpack_maps(theta, plan, weights, biases):
    """Copy the flat array back into filters and biases, in place."""
    for (filters, bias), w, b in zip(_views(theta, plan), weights, biases):
        w[:], b[:] = filters.transpose(0, 3, 1, 2), bias


def fill_out(w, layer):
    """Rows of numbers for each neuron of the top maps, with zeros for spots that only fill a vector."""
    n_out, spots = len(w), layer[c.P_ROWS] * layer[c.P_COLS]
    filled = np.zeros((n_out, layer[c.OUT], layer[c.SPOTS]), np.float32)
    filled[:, :, :spots] = w.reshape(n_out, layer[c.OUT], spots)
    return filled.reshape(n_out, -1)


def _take_out(filled, layer):
    """What `fill_out` was given."""
    n_out, spots = len(filled), layer[c.P_ROWS] * layer[c.P_COLS]
    return filled.reshape(n_out, layer[c.OUT], layer[c.SPOTS])[:, :, :spots].reshape(n_out, -1)


def _views(theta, plan):
    """For each layer, its filters seen as (maps, 5, 5, input maps), and its biases (maps,)."""
    for layer in plan:
        maps, lane = layer[c.OUT], layer[c.LANE]
        filters = theta[layer[c.W] : layer[c.B]].reshape(maps, layer[c.FILTER])
        if lane == 1:
            seen = filters[:, : c.FIELD * LANES].reshape(maps, c.FIELD, LANES)[:, :, : c.FIELD, None]
        else:
            seen = filters[:, : c.FIELD**2 * lane].reshape(maps, c.FIELD, c.FIELD, lane)[..., : layer[c.IN]]
        yield seen, theta[layer[c.B] : layer[c.B] + maps]
