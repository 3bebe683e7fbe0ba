"""The bytes in which a network travels to the page, and the network that the figure brings along."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nndl.activations import ACTIVATIONS
from nndl.costs import LogLikelihood
from nndl.layers import Dense, SoftmaxLayer
from nndl.network import Network

__all__ = ["Packed", "as_network", "pack_net", "shipped"]

SHIPPED = Path(__file__).parent / "weights.npz"


@dataclass(frozen=True)
class Packed:
    """A network of one hidden layer as the page reads it.

    ``content``: for each layer w (n_out, n_in), a float32 scale for each neuron if w is int8, and b, little-endian.
    ``layout``: sizes, dtype ("int8" or "float32") and the activations' names.
    """

    content: bytes
    layout: dict
    layers: tuple  # (w, b) of each layer, float64, as the page computes with them


def pack_net(net):
    """Return a trained Network of one hidden layer over 784 inputs as Packed, in float32.

    Raises TypeError for anything but a Network, ValueError for other layers.
    """
    if not isinstance(net, Network):
        raise TypeError(f"net is a Network, got {net!r}. Train one first, or leave it out.")
    if len(net.layers) != 2 or net.sizes[0] != 784 or net.sizes[-1] != 10:
        raise ValueError(
            f"The figure draws networks [784, n, 10] with one hidden layer, got {net.sizes}. "
            "Train Network([Dense(784, 30), Dense(30, 10)])."
        )
    if not all(np.isfinite(p).all() for group in net.parameters for p in group):
        raise ValueError(
            "The network's weights are not finite: its training diverged. Train it anew with a smaller eta."
        )
    layers = tuple(
        (np.float32(layer.w).astype(float), np.float32(layer.b).astype(float)) for layer in net.layers
    )
    content = b"".join(np.asarray(part, "<f4").tobytes() for pair in layers for part in pair)
    return Packed(content, _layout(net.sizes, "float32", net.activation_names), layers)


def shipped(path=SHIPPED):
    """Return the network made by ``nndl.experiments.draw_digit_weights``, trained on MNIST, as Packed in int8."""
    with np.load(path, allow_pickle=False) as file:
        parts, layers = [], []
        for i in "01":
            w, b = file[f"w{i}"], file[f"b{i}"].astype("<f4")
            scale = np.broadcast_to(np.ravel(file[f"w{i}_scale"]), len(w)).astype("<f4")
            parts += [w.astype(np.int8).tobytes(), scale.tobytes(), b.tobytes()]
            layers.append((w * scale.astype(float)[:, None], b.astype(float)))
        names = ("sigmoid", str(file["output"]))
        sizes = [layers[0][0].shape[1], *(len(b) for _, b in layers)]
    return Packed(b"".join(parts), _layout(sizes, "int8", names), tuple(layers))


def as_network(packed):
    """Return the packed network as a Network again, in float64: the figure's second opinion in tests and pictures."""
    (n_in, hidden, n_out), names = packed.layout["sizes"], packed.layout["activations"]

    softmax = names[1] == "softmax"
    last = SoftmaxLayer(hidden, n_out) if softmax else Dense(hidden, n_out, ACTIVATIONS[names[1]]())
    cost = LogLikelihood() if softmax else None
    net = Network([Dense(n_in, hidden, ACTIVATIONS[names[0]]()), last], cost, dtype="float64")
    for layer, (w, b) in zip(net.layers, packed.layers):
        layer.w, layer.b = w, b
    return net


def _layout(sizes, dtype, activations):
    return {"sizes": list(map(int, sizes)), "dtype": dtype, "activations": list(activations)}
