"""The files of network2: JSON with the keys sizes, weights, biases and cost, as the old program wrote them."""

import json
from pathlib import Path

import numpy as np

from nndl import require

__all__ = ["read", "write"]


def write(net, filename):
    """Write a net of network2 to a JSON file, atomically. Raises ValueError for weights that JSON cannot hold."""
    if not all(np.isfinite(p).all() for p in [*net.weights, *net.biases]):
        raise ValueError("JSON has no nan or infinity, and these weights do. Train anew with a smaller eta.")
    content = {
        "sizes": net.sizes,
        "weights": [np.asarray(w).tolist() for w in net.weights],
        "biases": [np.asarray(b).tolist() for b in net.biases],
        "cost": net.cost.__name__,
    }
    if net.dtype != np.float64:  # what the old program had no word for
        content["dtype"] = str(net.dtype)
    require.write_atomically(filename, json.dumps(content, allow_nan=False).encode())


def read(filename, costs):
    """Return sizes, cost class, dtype, weights and biases from such a file; costs are the classes that it may name.

    Entries with other keys are left alone. Raises FileNotFoundError or ValueError, saying what is wrong with the file;
    nothing in it is ever executed.
    """
    path = str(filename)
    if not Path(filename).is_file():
        raise FileNotFoundError(f"There is no file {path!r}. net.save({path!r}) writes one.")
    try:
        content = json.loads(Path(filename).read_bytes())
        sizes, name = [int(n) for n in content["sizes"]], content["cost"]
        dtype = require.one_of(content.get("dtype", "float64"), "dtype", ("float64", "float32"))
        layers = list(zip(sizes, sizes[1:]))
        weights = _arrays(content["weights"], [(n_out, n_in) for n_in, n_out in layers], "weights", dtype)
        biases = _arrays(content["biases"], [(n_out, 1) for _, n_out in layers], "biases", dtype)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path!r} is not a whole network file ({error}). Save the network again."
        ) from error
    known = {kind.__name__: kind for kind in costs}
    if name not in known:
        raise ValueError(
            f"{path!r} was saved with the cost {name!r}; known are {', '.join(known)}. "
            "Pass its class: load(filename, cost=...)."
        )
    return sizes, known[name], dtype, weights, biases


def _arrays(lists, shapes, what, dtype):
    if len(lists) != len(shapes):
        raise ValueError(f"{what} of {len(lists)} layers, but sizes of {len(shapes)}")
    return [
        require.array(values, f"{what}[{l}]", dtype, shape)
        for l, (values, shape) in enumerate(zip(lists, shapes))
    ]
