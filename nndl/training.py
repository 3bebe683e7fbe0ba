"""Epochs, one after the other, and what is watched between them."""

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from nndl import require
from nndl.checkpoint import Checkpoint
from nndl.data import Data
from nndl.engines import Rule
from nndl.history import MONITORED, History
from nndl.penalties import L2, Penalty

__all__ = ["Diverged", "Run", "train"]

PATIENCE = 2.0  # seconds without a progress bar


class Diverged(RuntimeWarning):
    """A weight became nan or infinite; training stopped there."""


@dataclass
class Run:
    """What one call of ``Network.fit`` was asked to do, checked."""

    train: Data
    epochs: int
    batch_size: int
    eta: Any
    penalty: Penalty
    mu: float
    nesterov: bool
    watched: dict
    stop: Any
    on_epoch: Any
    progress: bool | float
    checkpoint: Any = None
    augment: Any = None
    monitor_every: int | None = None
    monitor_sample: int | None = None

    def __post_init__(self):
        self.epochs = require.integer(self.epochs, "epochs", 0)
        self.batch_size = require.integer(
            self.batch_size, "batch_size", 1, "batch_size = 1 is online learning."
        )
        self.mu = require.number(
            self.mu, "mu", 0.0, 1.0, "mu = 0 is plain gradient descent, 0.9 a common momentum."
        )
        if not callable(self.eta):
            require.positive(
                self.eta, "eta", "It is a step length: try 0.5, or a schedule, a function of the history."
            )
        for name in ("stop", "on_epoch"):
            if getattr(self, name) is not None and not callable(getattr(self, name)):
                raise TypeError(f"{name} is a function of the history, got {getattr(self, name)!r}.")
        self._check_monitoring()
        if self.augment is not None and not callable(self.augment):
            raise TypeError(
                f"augment is a function of data and a generator, got {self.augment!r}. Try Distort(shift=1)."
            )

    def _check_monitoring(self):
        if self.monitor_sample is not None:
            require.integer(self.monitor_sample, "monitor_sample", 1)
            if self.monitor_every is None:
                raise ValueError("monitor_sample is the size of the sample of monitor_every. Give both.")
        if self.monitor_every is not None:
            every = require.integer(self.monitor_every, "monitor_every", 1)
            if every % self.batch_size:
                near = max(1, every // self.batch_size) * self.batch_size
                raise ValueError(
                    f"monitor_every counts examples in whole mini-batches of {self.batch_size}, "
                    f"got {every}. Try {near}."
                )

    @property
    def stride(self):
        """How many examples the engine takes before something else has a turn."""
        return self.batch_size if self.penalty.stepwise else self.monitor_every or len(self.train)


def penalty_of(lmbda, penalty):
    """Return the penalty that these two arguments of ``fit`` mean together."""
    if penalty is None:
        return L2(lmbda)
    if not isinstance(penalty, Penalty):
        raise TypeError(f"penalty is L1(lmbda) or L2(lmbda), got {penalty!r}.")
    if lmbda:
        raise ValueError(
            f"Give lmbda={lmbda:g} or penalty={penalty!r}, not both: lmbda is short for L2(lmbda)."
        )
    return penalty


def watch(monitor, parts):
    """Return {name: Data} for what is to be monitored; parts maps training, validation, test to Data or None."""
    given = {part: data for part, data in parts.items() if data is not None}
    if monitor is None:
        monitor = [
            "training_cost",
            *(n for n in MONITORED if n.split("_")[0] in given and n[:8] != "training"),
        ]
    for name in monitor:
        require.one_of(name, "Each name in monitor", MONITORED)
        if name.split("_")[0] not in given:
            part = name.split("_")[0]
            raise ValueError(f"{name} needs {part} data. Give {part}=, or leave {name} out of monitor.")
    return {name: given[name.split("_")[0]] for name in monitor}


def train(net, run, rng):
    """Run the epochs on net's layers in place, and fill net.history as they end.

    Stops early when ``run.stop(history)`` is true, or with a Diverged warning when a weight is no longer finite.
    With ``run.checkpoint``, goes on where the run in that file was.
    """
    history = net.history = History()
    parts = {id(data): data for data in [run.train, *run.watched.values()]}
    rows = {name: net.engine.rows(data.x) for name, data in parts.items()}
    velocity = [[np.zeros_like(p) for p in group] for group in net.parameters] if run.mu else [None, None]
    delay = PATIENCE if run.progress is True else float(run.progress)
    samples = (
        {id(data): data[: run.monitor_sample] for data in run.watched.values()} if run.monitor_every else {}
    )
    rows |= {id(data): net.engine.rows(data.x) for data in samples.values()}
    saved = Checkpoint(run.checkpoint, net, run, velocity, rng, history)
    with tqdm(
        total=run.epochs, initial=history.epochs, unit="epoch", delay=delay, disable=not run.progress
    ) as bar:
        while not _ended(run, history):
            eta = _eta(run.eta, history)
            seconds = _epoch(net, run, rows, velocity, eta, rng, samples)
            for name, value in _measure(net, run, rows, run.watched).items():
                getattr(history, name).append(value)
            history.seconds.append(seconds)
            history.eta.append(eta)
            _check_finite(net, history, eta)
            saved.write()
            bar.set_postfix_str(_short(history), refresh=False)
            bar.update()
            if run.on_epoch:
                run.on_epoch(history)
    saved.close()
    return history


def _epoch(net, run, rows, velocity, eta, rng, samples):
    """Learn from every training example once; return the seconds it took, without looking at samples."""
    start, looking = time.perf_counter(), 0.0
    rule = Rule(eta, *run.penalty.rates(len(run.train)), run.mu, run.nesterov)
    fresh, y = _examples(net, run, rows, rng)
    order = rng.permutation(len(run.train))
    for begin in range(0, len(order), run.stride):
        part = order[begin : begin + run.stride]
        net.engine.epoch(fresh, y, part, run.batch_size, velocity, rule, rng)
        if run.penalty.stepwise:
            run.penalty.shrink(net.parameters[0], eta, len(run.train))
        done = begin + len(part)
        if samples and (done % run.monitor_every == 0 or done == len(order)):
            looked = time.perf_counter()
            _look(net, run, rows, samples, done)
            looking += time.perf_counter() - looked
    return time.perf_counter() - start - looking


def _look(net, run, rows, samples, done):
    """Add the measures on the samples to history.sampled."""
    seen = net.history.sampled
    seen.setdefault("examples", []).append(net.history.epochs * len(run.train) + done)
    watched = {name: samples[id(data)] for name, data in run.watched.items()}
    for name, value in _measure(net, run, rows, watched).items():
        seen.setdefault(name, []).append(value)


def _examples(net, run, rows, rng):
    """Return the inputs and targets of one epoch: the training data, or what ``run.augment`` makes of them now."""
    if run.augment is None:
        return rows[id(run.train)], run.train.y
    data = run.augment(run.train, rng)
    if not isinstance(data, Data):
        raise TypeError(f"augment returns Data, got {type(data).__name__}. Return Data(x, data.y).")
    if (data.x.shape, data.y.shape) != (run.train.x.shape, run.train.y.shape):
        raise ValueError(
            f"augment returns as much data as it gets, {run.train.x.shape}, got {data.x.shape}. "
            "For more examples than there are, write net.fit(expand(train), ...)."
        )
    return net.engine.rows(data.x), data.y


def _ended(run, history):
    if history.epochs >= run.epochs or history.diverged is not None:
        return True
    return bool(history.epochs and run.stop and run.stop(history))


def _eta(eta, history):
    return require.positive(eta(history), "The schedule's eta") if callable(eta) else float(eta)


def _measure(net, run, rows, watched):
    """Return {name: cost or accuracy} for what is watched, from one forward pass per part."""
    z = {id(data): net.engine.weighted_outputs(rows[id(data)]) for data in watched.values()}
    found = {}
    for name, data in watched.items():
        measure = net.cost_from_z if name.endswith("cost") else net.accuracy_from_z
        extra = run.penalty(net.parameters[0], len(run.train)) if name.endswith("cost") else 0.0
        found[name] = measure(z[id(data)], data) + extra
    return found


def _check_finite(net, history, eta):
    if all(np.isfinite(p).all() for group in net.parameters for p in group):
        return
    history.diverged = history.epochs
    warnings.warn(
        f"Training diverged in epoch {history.epochs}: weights are nan or infinite. "
        f"Try a smaller eta than {eta:g}; a third or a tenth of it is a good next guess.",
        Diverged,
        stacklevel=5,
    )


def _short(history):
    shown = next(
        (n for n in ("validation_accuracy", "test_accuracy", "training_accuracy") if getattr(history, n)),
        None,
    )
    return f"{shown.replace('_', ' ')} {getattr(history, shown)[-1]:.2%}" if shown else ""
