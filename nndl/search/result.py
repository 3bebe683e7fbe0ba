"""Trials, one after the other or side by side, and the table they make."""

import time
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np

from nndl import require
from nndl.history import History
from nndl.training import Diverged

__all__ = ["Result", "Trial", "run", "run_all"]


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, the score they got, larger is better, and the seconds it took.

    ``seconds`` are those of training, as in the History, where the objective returned one.
    """

    settings: dict
    score: float
    seconds: float
    history: History | None = None


@dataclass(frozen=True)
class Result:
    """All trials of a search, in the order in which they were asked for; ``print`` shows them best first."""

    trials: list

    @property
    def best(self):
        """The trial with the highest score; of equals the first."""
        return self.sorted()[0]

    @property
    def settings(self):
        """The settings of the best trial."""
        return self.best.settings

    def sorted(self):
        """Return the trials, best first; nan, as of a training that diverged, comes last."""
        return sorted(
            self.trials, key=lambda trial: -np.inf if np.isnan(trial.score) else trial.score, reverse=True
        )

    def matrix(self, down, across):
        """Return (values down, values across, scores) for a picture of two settings.

        scores has shape (values down, values across): the best of all trials with these two, nan where there is none.
        """
        rows, cols = (sorted({trial.settings[name] for trial in self.trials}) for name in (down, across))
        scores = np.full((len(rows), len(cols)), np.nan)
        for trial in self.trials:
            at = rows.index(trial.settings[down]), cols.index(trial.settings[across])
            scores[at] = np.fmax(scores[at], trial.score)
        return rows, cols, scores

    def __len__(self):
        return len(self.trials)

    def __iter__(self):
        return iter(self.trials)

    def __str__(self):
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.settings))
        lines = [[*names, "score", "seconds"]]
        for trial in self.sorted():
            lines.append([_short(trial.settings.get(name, "")) for name in names])
            lines[-1] += [f"{trial.score:.4f}", f"{trial.seconds:.2f}"]
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines)


def run(objective, settings):
    """Return the Trial of an objective at these settings."""
    start = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Diverged)  # a step too long is an answer, and shows in the score
            found = objective(**settings)
    except Exception as error:
        error.add_note(f"This was the trial with {', '.join(f'{k}={v!r}' for k, v in settings.items())}.")
        raise
    seconds = time.perf_counter() - start
    if not isinstance(found, History):
        return Trial(settings, _number(found), seconds)
    if found.test_accuracy or found.test_cost:
        raise ValueError(
            "This training watched test data, and a search that sees them chooses what fits them by chance. "
            "Leave test= out, and give validation= to fit; evaluate the winner on test data once."
        )
    score = found.watched("validation_accuracy").max(initial=-np.inf)
    return Trial(settings, float(score), float(sum(found.seconds)), found)


def run_all(objective, every, jobs=1):
    """Return a Result with a Trial for each of these settings, the same whatever does the work.

    jobs : 1, a number of processes on this machine (-1: as many as it has cores), a ``dask.distributed.Client``, or the
    address of a Dask scheduler, "tcp://host:8786".
    """
    if not callable(objective):
        raise TypeError(f"The objective is a function of the settings, got {objective!r}. See HeldOut.")
    if isinstance(jobs, str):
        with _cluster(jobs) as client:
            return run_all(objective, every, client)
    if hasattr(jobs, "gather") and hasattr(jobs, "scatter"):
        [there] = jobs.scatter([objective], broadcast=True)  # the data travel once
        return Result(jobs.gather(jobs.map(_swapped, every, objective=there, pure=False)))
    if jobs != -1:
        require.integer(jobs, "jobs", 1, "It is a number of processes, -1 for all cores, or a Dask client.")
    if jobs == 1:
        return Result([run(objective, settings) for settings in every])
    from joblib import Parallel, delayed

    return Result(Parallel(n_jobs=jobs)(map(delayed(partial(run, objective)), every)))


def _swapped(settings, objective):
    return run(objective, settings)


def _cluster(address):
    try:
        from distributed import Client
    except ImportError:
        raise ImportError(
            f"Trials on the cluster at {address!r} need Dask. Install it: pip install distributed. "
            "On one machine, jobs=2 needs nothing more."
        ) from None
    return Client(address)


def _number(found):
    if isinstance(found, bool) or not np.isscalar(found) or not np.isreal(found):
        raise TypeError(f"An objective returns a number or the History of a training, got {found!r}.")
    return float(found)


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)
