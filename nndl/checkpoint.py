"""A training run on disk: ``fit(..., checkpoint="run.npz")`` goes on where a killed run was.

The file holds what the next epoch depends on: weights, velocity, the state of the random numbers, the history.
It is replaced in one step after an epoch, so that it is whole whenever the process dies. It also says which run
it belongs to, and a call that would make another run is refused.
"""

import glob
import hashlib
import io
import json
import re
import time
import zipfile
import zlib
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from nndl import require

__all__ = ["Checkpoint"]

FORMAT, VERSION = "nndl checkpoint", 1
EVERY = 0.25  # seconds between writes: a write costs some milliseconds, an epoch of a small net not much more
LITTER = 60.0  # seconds after which a half-written file beside this one is that of a killed process
ADVICE = "Repeat the call that began it, or choose another file; remove the file to begin anew."
APART = {  # said in other words, or free to change from call to call
    "train", "watched", "penalty", "epochs", "stop", "on_epoch", "progress", "checkpoint",
}  # fmt: skip
HASHED = {
    "training_data": "on other training data",
    "validation_data": "watched on other validation data",
    "test_data": "watched on other test data",
    "start": "that began from other weights: another seed or initializer, or a network that had already learned",
}


class Checkpoint:
    """The file of one run; without a path (None) it does nothing.

    Parameters
    ----------
    path : str or Path ending in .npz, or None
        If the file is there, net, velocity, rng and history take over what it holds; if not, it is begun.
    net, run, velocity, rng, history
        What ``training.train`` works on; the arrays are read and filled in place.

    Raises
    ------
    ValueError
        If the file is something else, damaged, newer than this package or of another run; the file and the
        network are left as they were.
    OSError
        If it cannot be read or written; an old file stays as it was.
    """

    def __init__(self, path, net, run, velocity, rng, history):
        self.path = None if path is None else _path(path)
        self.net, self.rng, self.history = net, rng, history
        if path is None:
            net._began = None
            return
        self.arrays = {f"p{i}": a for i, a in enumerate(_flat(net.parameters))}
        self.arrays |= {f"v{i}": a for i, a in enumerate(_flat(velocity))}
        self.run = _describe(net, run, self.arrays, rng)
        if self.path.exists():
            self._resume(run.epochs)
        net._began = self.run["start"]
        _clean(self.path)
        self._write()  # now, so that a disk that cannot be written to is found out before the work

    def write(self):
        """Write the state after an epoch, unless the file is fresh."""
        if self.path is not None and time.monotonic() - self._written >= EVERY:
            self._write()

    def close(self):
        """Write what is not yet written: the run has ended."""
        if self.path is not None and self._epochs < self.history.epochs:
            self._write()
        self.net._began = None

    def _write(self):
        header = {
            "format": FORMAT,
            "version": VERSION,
            "run": self.run,
            "history": asdict(self.history),
            "rng": self.rng.bit_generator.state,
        }
        buffer = io.BytesIO()
        np.savez(buffer, header=np.array(json.dumps(header, default=float)), **self.arrays)
        try:
            require.write_atomically(self.path, buffer.getvalue())
        except OSError as error:
            if error.errno is None:  # already in our own words
                raise
            raise OSError(
                error.errno,
                f"The checkpoint {str(self.path)!r} cannot be written after epoch {self.history.epochs} "
                f"({error.strerror}). What it held is intact, and so is the network. "
                "Make room or give permission there and call fit again, or choose another file",
            ) from error
        self._written, self._epochs = time.monotonic(), self.history.epochs

    def _resume(self, epochs):
        """Take over what the file holds, all of it or nothing."""
        header, arrays = _read(self.path)
        try:
            run = {**header["run"]}
            generator = type(self.rng.bit_generator)()
            generator.state = header["rng"]
            history = type(self.history)(**header["history"])
            done = history.epochs
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(_damaged(self.path, error)) from error
        self._compare(run)
        for name, live in self.arrays.items():
            if name not in arrays or (arrays[name].shape, arrays[name].dtype) != (live.shape, live.dtype):
                raise ValueError(_damaged(self.path, f"{name} is not there, or of another shape"))
        if done > epochs:
            raise ValueError(
                f"{str(self.path)!r} holds {done} epochs, and this call asks for {epochs}. "
                "Ask for at least as many, or choose another file."
            )
        for name, live in self.arrays.items():
            live[...] = arrays[name]
        self.rng.bit_generator.state = generator.state
        vars(self.history).update(vars(history))

    def _compare(self, saved):
        """Raise ValueError unless the saved run is this one."""
        if self.net._began and saved.get("start") == self.net._began:  # this very network, after an interrupt
            self.run["start"] = self.net._began
        for key in self.run | saved:
            old, new = saved.get(key), self.run.get(key)
            if old == new:
                continue
            if key in HASHED and old and new:
                raise ValueError(f"{str(self.path)!r} holds a run {HASHED[key]}. {ADVICE}")
            if key in HASHED:
                old, new = (("given" if value else "not given") for value in (old, new))
            raise ValueError(
                f"{str(self.path)!r} holds a run with {key} {old}, and this call has {new}. {ADVICE}"
            )


def _describe(net, run, arrays, rng):
    """Return {what: value}, fit for JSON, for everything that two calls must share to be one run."""
    parts = {"training": run.train} | {name.split("_")[0]: data for name, data in run.watched.items()}
    return {
        "network": repr(net),
        "dtype": str(net.dtype),
        **{f.name: _said(getattr(run, f.name)) for f in fields(run) if f.name not in APART},
        "penalty": f"{type(run.penalty).__name__}({', '.join(map(repr, vars(run.penalty).values()))})",
        "monitor": sorted(run.watched),
        **{f"{name}_data": _digest(data.x, data.y) for name, data in parts.items()},
        "start": _digest(*arrays.values(), np.array(str(rng.bit_generator.state))),
    }


def _said(value):
    """Return a number as it is, and anything else as it calls itself, without its address in memory."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value))


def _digest(*arrays):
    found = hashlib.blake2b(digest_size=16)
    for a in arrays:
        found.update(f"{a.dtype} {a.shape}".encode())
        found.update(np.ascontiguousarray(a).view(np.uint8).data if a.size and a.ndim else a.tobytes())
    return found.hexdigest()


def _flat(groups):
    """Return the arrays in lists of lists of arrays, in order; None stands for no arrays."""
    if groups is None:
        return []
    return [groups] if isinstance(groups, np.ndarray) else [a for group in groups for a in _flat(group)]


def _path(path):
    try:
        path = Path(path)
    except TypeError:
        raise TypeError(f"checkpoint is the name of a file such as 'run.npz', got {path!r}.") from None
    if path.suffix != ".npz":
        raise ValueError(f"checkpoint is a file that ends in .npz, got {str(path)!r}. Try 'run.npz'.")
    if path.is_dir():
        raise ValueError(f"checkpoint is a file, and {str(path)!r} is a folder. Choose another name.")
    return path


def _clean(path):
    """Remove what processes that were killed while they wrote this file have left beside it."""
    for litter in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if time.time() - litter.stat().st_mtime > LITTER:
            litter.unlink(missing_ok=True)


def _read(path):
    """Return (header, arrays) of a checkpoint; raise ValueError for anything else."""
    with path.open("rb") as file:
        is_archive = file.read(2) == b"PK"  # as npz files are
    if not is_archive:
        raise ValueError(f"{str(path)!r} is no checkpoint of fit, and is left alone. Choose another file.")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            header = json.loads(str(file["header"])) if "header" in file.files else {}
            form, version = header.get("format"), header.get("version")
            arrays = {name: file[name] for name in file.files} if form == FORMAT else {}
    except (ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(_damaged(path, error)) from error
    if form != FORMAT:
        kind = "a saved network" if form == "nndl network" else "other arrays"
        raise ValueError(f"{str(path)!r} holds {kind}, not a run of fit. Choose another file.")
    if version != VERSION:
        raise ValueError(
            f"{str(path)!r} is a checkpoint of version {version}, and this nndl reads {VERSION}. "
            "Update nndl, or choose another file."
        )
    return header, arrays


def _damaged(path, error):
    return f"{str(path)!r} is no whole checkpoint ({error}). Remove it to begin anew, or choose another file."
