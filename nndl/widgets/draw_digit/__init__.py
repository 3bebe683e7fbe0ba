"""Draw a digit: the reader's stroke, centered as MNIST was or not, through a trained network."""

import functools
import math

import numpy as np
import traitlets as t

from nndl import require
from nndl.data import Data
from nndl.datasets import center, load_any
from nndl.widgets._base import Figure, paper
from nndl.widgets.draw_digit.drawing import check_steps, ink_page, shrink_page
from nndl.widgets.draw_digit.weights import as_network, pack_net, shipped

__all__ = ["START", "DrawDigit"]

MISREAD = 3  # samples that the network gets wrong


def _start():
    """Two arcs that make a small 3 in the upper right corner: well read when centered, and only then."""
    turns = [(20.5, 6.0, a) for a in range(-150, 81, 10)] + [(20.5, 11.4, a) for a in range(-80, 151, 10)]
    points = [(x + 3.0 * math.cos(math.radians(a)), y + 2.7 * math.sin(math.radians(a))) for x, y, a in turns]
    return [{"kind": "stroke", "width": 2.0, "points": [round(v, 2) for point in points for v in point]}]


START = _start()


class DrawDigit(Figure, folder="draw_digit"):
    """A page for mouse, finger, pen or keys, and what a network of one hidden layer reads on it.

    Parameters
    ----------
    net : Network, optional
        Any trained [784, n, 10]; without one, the network that the package brings along.
    samples : Data, optional
        Where the digits to load come from, the first of each label and the first few that the net misreads;
        without it, MNIST's test images if they are at hand, else scikit-learn's digits.
    steps : list of dict
        The drawing, as ``drawing.py`` explains; a small 3 to begin with.
    centered : bool
        Whether the drawing is scaled and centered as MNIST's digits were.
    brush : float
        Width of a stroke, in pixels of the 28 x 28 image.

    Raises
    ------
    TypeError, ValueError
        For a net or samples that do not fit, with what does.

    Notes
    -----
    ``steps``, ``centered`` and ``brush`` are traits that follow the page. ``fig.image`` (28, 28) is what the network
    sees, ``fig.output`` (10,) what it answers, ``fig.digit`` its verdict, None for an empty page.
    """

    steps = t.List(t.Dict()).tag(sync=True)
    centered = t.Bool(True).tag(sync=True)
    brush = t.Float(2.4).tag(sync=True)

    weights = t.Bytes().tag(sync=True)
    net_layout = t.Dict().tag(sync=True)
    samples = t.Bytes().tag(sync=True)  # (n, 784), uint8
    sample_labels = t.List(t.Int()).tag(sync=True)

    def __init__(self, net=None, samples=None, **settings):
        packed = shipped() if net is None else pack_net(net)
        self.net = as_network(packed) if net is None else net
        pixels, labels = _samples(self.net, samples)
        self._pixels = pixels
        settings.setdefault("steps", START)
        super().__init__(
            weights=packed.content, net_layout=packed.layout, samples=pixels.tobytes(),
            sample_labels=labels.tolist(), **settings,
        )  # fmt: skip

    @t.validate("steps")
    def _check_steps(self, proposal):
        return check_steps(proposal["value"], len(self._pixels))

    @t.validate("brush")
    def _check_brush(self, proposal):
        return require.number(proposal["value"], "brush", 0.5, 10, "It is a width in pixels of 28: try 2.4.")

    @property
    def image(self):
        """What the network sees of the drawing: (28, 28), 0 for paper and 1 for ink."""
        ink = ink_page(self.steps, self._pixels)
        return center(ink) if self.centered and ink.any() else shrink_page(ink)

    @property
    def output(self):
        """The ten output activations for the drawing, (10,)."""
        return self.net.feedforward(self.image.reshape(784))

    @property
    def digit(self):
        """The digit that the network reads, None on an empty page."""
        image = self.image
        return int(self.net.predict(image.reshape(784))) if image.any() else None

    @property
    def alt(self):
        """What the figure shows, in words."""
        if self.digit is None:
            return "An empty page to draw a digit on, and the ten outputs of a network that would read it."
        how = "centered as in MNIST" if self.centered else "where it was drawn"
        return f"A page with a drawn digit, {how}, and the ten outputs of a network, which reads it as {self.digit}."

    def picture(self):
        """The page, the image that the network sees, and its outputs."""
        drawing, (page, seen, bars) = paper(3)
        panels = (
            (page, ink_page(self.steps, self._pixels), "drawn"),
            (seen, self.image, "seen by the network"),
        )
        for ax, image, title in panels:
            ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.set_title(title, fontsize=10)
            ax.spines[:].set_visible(True)
        bars.barh(
            range(10), self.output, color=["#0072b2" if j == self.digit else "#8b949e" for j in range(10)]
        )
        bars.set(yticks=range(10))
        bars.invert_yaxis()
        bars.set_title("outputs", fontsize=10)
        return drawing


@functools.cache
def _test_images():
    return load_any()[2]


def _samples(net, data):
    """Return (pixels uint8 (n, 784), labels): the first example of each label, then the first few misread ones."""
    data = _test_images() if data is None else data
    if not isinstance(data, Data) or data.x.shape[1] != 784 or data.y.ndim != 1:
        raise ValueError(
            f"samples is Data of 28 x 28 images with labels, got {data!r}. Leave it out for MNIST's."
        )
    data = data[:2000]
    firsts = np.unique(data.y, return_index=True)[1]
    wrong = np.flatnonzero(net.predict(data.x) != data.y)[:MISREAD]
    chosen = data[np.concatenate([firsts, wrong[~np.isin(wrong, firsts)]])]
    return np.round(255 * chosen.x).astype(np.uint8), chosen.y
