"""Layers whose neurons stand in feature maps: they look at patches of an image and know what is beside what."""

from math import isqrt, prod

from nndl import require
from nndl.activations import Sigmoid
from nndl.kernels import reference_conv as maps_of
from nndl.layers.base import Layer, element_wise

__all__ = ["Conv", "ConvPool", "Pool"]

POOLINGS = ("max", "l2")
MNIST = (1, 28, 28)


class MapLayer(Layer):
    """The base of all: takes maps (maps, rows, cols) from the layer below, or makes a square image of its neurons."""

    image = None

    def _take_image(self, image):
        """Check the image argument: the shape (maps, rows, cols) of what comes in, where it cannot be inferred."""
        if image is None:
            return
        advice = "Write image=(maps, rows, cols), as in (1, 28, 28)."
        if not isinstance(image, tuple | list) or len(image) != 3:
            raise ValueError(f"image is the shape of the input, got {image!r}. {advice}")
        self.image = tuple(require.integer(n, "Each number in image", 1, advice) for n in image)

    def _connect(self, below):
        given = below.shape_out if below else self.image or MNIST
        side = isqrt(prod(given))
        if len(given) == 1:
            given = self.image or ((1, side, side) if side * side == given[0] else given)
        if len(given) == 1:
            raise ValueError(
                f"{below!r} gives {below.n_out} activations, which make no square image, but {self!r} takes images. "
                "Say their shape: image=(maps, rows, cols)."
            )
        if below and (prod(given) != below.n_out or self.image not in (None, given)):
            raise ValueError(
                f"{below!r} gives activations of shape {below.shape_out}, but {self!r} takes {self.image}. "
                "Leave image out."
            )
        self.shape_in = given
        self.shape_out = self._shape_from(given)

    def _shape_from(self, shape):
        """The shape of the output for this shape of the input."""
        raise NotImplementedError

    def _images(self, rows, shape=None):
        """Rows (m, n) as maps (m, maps, rows, cols)."""
        return rows.reshape(-1, *(shape or self.shape_in))

    def _too_small(self, what, needed, shape):
        return ValueError(
            f"{self!r} needs at least {needed} rows and columns, got {what} of {shape[1]} x {shape[2]}. "
            f"Make the field or the pool smaller."
        )

    def _image_shown(self):
        return "" if self.image is None else f", image={self.image}"


class Conv(MapLayer):
    """Feature maps: each neuron weighs one patch, and all neurons of a map share one filter and one bias.

    Parameters
    ----------
    maps, field : int
        Number of feature maps; rows and columns of the patch that a neuron sees, its local receptive field.
    activation : Activation, optional
        Sigma; Sigmoid() if not given. Anything but softmax.
    stride : int
        Steps between neighboring patches.
    image : (maps, rows, cols), optional
        Shape of the input, where it cannot be inferred. The first layer takes (1, 28, 28) if nothing is said; above
        a dense layer, whose neurons are a square number, that square.

    Notes
    -----
    Neuron (j, k) of map q: z = b_q + sum over c, l, m of w[q, c, l, m] a[c, j s + l, k s + m], with stride s: a
    cross-correlation, the filter not turned around. Shapes: w (maps, input maps, field, field), b (maps,), output
    (maps, (rows - field) // stride + 1, likewise for columns), in rows laid out map by map.
    """

    def __init__(self, maps, field, activation=None, stride=1, image=None):
        self.maps = require.integer(maps, "maps, the number of feature maps,", 1)
        self.field = require.integer(field, "field, the side of a patch,", 1)
        self.stride = require.integer(stride, "stride, the step between patches,", 1)
        self.activation = element_wise(activation, Sigmoid())
        self._take_image(image)

    def _seen_shape(self, shape):
        """The shape of the maps before any pooling."""
        if min(shape[1:]) < self.field:
            raise self._too_small("an input", self.field, shape)
        return self.maps, *((n - self.field) // self.stride + 1 for n in shape[1:])

    def _shape_from(self, shape):
        return self._seen_shape(shape)

    def _shape_of_w(self):
        return self.maps, self.shape_in[0], self.field, self.field

    def weigh(self, a_in):
        """Return z (m, n_out), and the patches that were seen."""
        seen = maps_of.patches(self._images(a_in), self.field, self.stride)
        z = maps_of.correlate(seen, self.w) + self.b[:, None, None]
        return z.reshape(len(z), self.n_out), seen

    def gradients(self, delta, seen):
        """Return (nabla_w, nabla_b), means over the batch of sums over the neurons of a map; BP4 and BP3."""
        delta = self._images(delta, self.shape_out)
        return self._slope(delta, seen), delta.sum(axis=(0, 2, 3)) / len(delta)

    def backward(self, delta, seen):
        """Return dC/da_in, shape (m, n_in); BP2, before the slope of the layer below."""
        return self._back(self._images(delta, self.shape_out))

    def _slope(self, delta, seen):
        return maps_of.correlate_slope(delta, seen, self.w.shape) / len(delta)

    def _back(self, delta):
        shape = (len(delta), *self.shape_in)
        return maps_of.correlate_back(delta, self.w, shape, self.stride).reshape(len(delta), self.n_in)

    def settings(self):
        """Return the arguments of the class, for a file."""
        image = None if self.image is None else list(self.image)
        return {"maps": self.maps, "field": self.field, "activation": self.activation.name, "stride": self.stride,
                "image": image}  # fmt: skip

    def _shown(self):
        stride = "" if self.stride == 1 else f", stride={self.stride}"
        return f"{stride}{self._image_shown()}"

    def __repr__(self):
        return f"Conv({self.maps}, {self.field}, {self.activation!r}{self._shown()})"


class Pool(MapLayer):
    """Each block of pool x pool neurons is summed up by one: its largest, or the root of its sum of squares.

    Parameters
    ----------
    pool : int
        Rows and columns of a block. Blocks do not overlap; rows and columns that fill no block are left out.
    pooling : "max" or "l2"
        What is kept of a block. Of several largest, the first gets the gradient; an L2 block of zeros gets none.
    image : (maps, rows, cols), optional
        As for `Conv`.
    """

    def __init__(self, pool=2, pooling="max", image=None):
        self.pool = require.integer(pool, "pool, the side of a block,", 1)
        self.pooling = require.one_of(pooling, "pooling", POOLINGS)
        self._take_image(image)

    def _shape_from(self, shape):
        if min(shape[1:]) < self.pool:
            raise self._too_small("maps", self.pool, shape)
        return shape[0], *(n // self.pool for n in shape[1:])

    def weigh(self, a_in):
        """Return the pooled maps (m, n_out), and how to find the way back."""
        z, memory = summarize(self._images(a_in), self.pool, self.pooling)
        return z.reshape(len(z), self.n_out), memory

    def backward(self, delta, memory):
        """Return dC/da_in, shape (m, n_in)."""
        delta = self._images(delta, self.shape_out)
        return distribute(delta, memory, self.pool, self.pooling).reshape(len(delta), self.n_in)

    def settings(self):
        """Return the arguments of the class, for a file."""
        return {"pool": self.pool, "pooling": self.pooling, "image": self.image and list(self.image)}

    def __repr__(self):
        return f"Pool({self.pool}, {self.pooling!r}{self._image_shown()})"


class ConvPool(Conv):
    """Convolution, pooling, bias and activation in one layer: a = sigma(pool(w * a_in) + b).

    Parameters
    ----------
    maps, field, activation, stride, image
        As for `Conv`.
    pool, pooling
        As for `Pool`.

    Notes
    -----
    Pooling comes before bias and activation, which saves most of both; with max-pooling and an activation that
    increases, the other order gives the same numbers. Shapes: w (maps, input maps, field, field), b (maps,).
    """

    def __init__(self, maps=20, field=5, pool=2, activation=None, stride=1, pooling="max", image=None):
        super().__init__(maps, field, activation, stride, image)
        self.pool = require.integer(pool, "pool, the side of a block,", 1)
        self.pooling = require.one_of(pooling, "pooling", POOLINGS)

    def _shape_from(self, shape):
        seen = self._seen_shape(shape)
        if min(seen[1:]) < self.pool:
            raise self._too_small("maps", self.pool, seen)
        return self.maps, *(n // self.pool for n in seen[1:])

    def weigh(self, a_in):
        """Return z (m, n_out), and the patches that were seen with the way back through the pooling."""
        seen = maps_of.patches(self._images(a_in), self.field, self.stride)
        pooled, way = summarize(maps_of.correlate(seen, self.w), self.pool, self.pooling)
        z = pooled + self.b[:, None, None]
        return z.reshape(len(z), self.n_out), (seen, way)

    def gradients(self, delta, memory):
        """Return (nabla_w, nabla_b), means over the batch of sums over the neurons of a map; BP4 and BP3."""
        seen, way = memory
        delta = self._images(delta, self.shape_out)
        spread = distribute(delta, way, self.pool, self.pooling)
        return self._slope(spread, seen), delta.sum(axis=(0, 2, 3)) / len(delta)

    def backward(self, delta, memory):
        """Return dC/da_in, shape (m, n_in); BP2, before the slope of the layer below."""
        return self._back(distribute(self._images(delta, self.shape_out), memory[1], self.pool, self.pooling))

    def settings(self):
        """Return the arguments of the class, for a file."""
        return {**super().settings(), "pool": self.pool, "pooling": self.pooling}

    def __repr__(self):
        pooling = "" if self.pooling == "max" else f", pooling={self.pooling!r}"
        start = f"maps={self.maps}, field={self.field}, pool={self.pool}, activation={self.activation!r}"
        return f"ConvPool({start}{pooling}{self._shown()})"


def summarize(a, size, pooling):
    """Pool maps a (m, maps, rows, cols) -> the pooled maps, and what `distribute` needs to go back."""
    if pooling == "max":
        pooled, where = maps_of.max_pool(a, size)
        return pooled, (where, a.shape)
    pooled = maps_of.l2_pool(a, size)
    return pooled, (a, pooled)


def distribute(delta, way, size, pooling):
    """dC/da from delta = dC/d(pooled) and what `summarize` remembered."""
    if pooling == "max":
        where, shape = way
        return maps_of.max_unpool(delta, where, size, shape)
    a, pooled = way
    return maps_of.l2_unpool(delta, a, pooled, size)
