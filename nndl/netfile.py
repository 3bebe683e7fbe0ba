"""Networks on disk: a header and arrays, as JSON that a person can read or as compressed npz. Never pickle."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from nndl import require

__all__ = ["read", "write"]

FORMAT, VERSION = "nndl network", 1


def write(path, header, arrays):
    """Write header (a dict) and arrays (name -> array) to path, atomically; .json or .npz decides the form.

    Raises ValueError for another ending, or for a weight that JSON cannot hold; OSError from the disk.
    """
    header = {"format": FORMAT, "version": VERSION, **header}
    if _suffix(path) == ".json":
        if not all(np.isfinite(a).all() for a in arrays.values()):
            raise ValueError(
                "JSON has no nan or infinity, and these weights do. Save as .npz, or train with a smaller eta."
            )
        text = json.dumps(
            {**header, "arrays": {name: a.tolist() for name, a in arrays.items()}}, allow_nan=False
        )
        content = text.encode()
    else:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, header=np.array(json.dumps(header)), **arrays)
        content = buffer.getvalue()
    require.write_atomically(path, content)


def read(path):
    """Return (header, arrays) from a file that ``write`` made.

    Raises FileNotFoundError, or ValueError if the file is something else, cut short, or of a newer version.
    """
    suffix = _suffix(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}. net.save({str(path)!r}) writes one.")
    try:
        header, arrays = _read_json(path) if suffix == ".json" else _read_npz(path)
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise ValueError(
            f"{str(path)!r} is not a whole nndl network file ({error}). Save the network again."
        ) from error
    if header.get("format") != FORMAT:
        raise ValueError(f"{str(path)!r} holds no nndl network. load() reads what net.save() wrote.")
    if header.get("version") != VERSION:
        raise ValueError(
            f"{str(path)!r} has version {header.get('version')}; this nndl reads {VERSION}. Update nndl."
        )
    return header, arrays


def _read_json(path):
    header = json.loads(Path(path).read_bytes())
    return header, {name: np.array(values, np.float64) for name, values in header.pop("arrays", {}).items()}


def _read_npz(path):
    with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
        return json.loads(str(file["header"])), {name: file[name] for name in file.files if name != "header"}


def _suffix(path):
    return require.one_of(Path(path).suffix, "The ending of a network's file", (".json", ".npz"))
