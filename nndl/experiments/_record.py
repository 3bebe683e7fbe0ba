"""What every experiment writes down, and how: one JSON file each, complete or not there at all.

A record holds the settings, every run with its seed, and what follows from the runs: mean, median, 95 % interval.
The interval is Student's over seeds; where nothing depends on a seed, it is a bootstrap over the test images.
"""

import json
import os
import platform
import re
import time
from importlib.metadata import version
from math import comb
from pathlib import Path

import numpy as np

from nndl import require

__all__ = ["KEYS", "Stopwatch", "best_of", "binomial", "complete", "load", "rounded", "save", "student"]

RESULTS = Path(__file__).with_name("results")
KEYS = (
    "experiment", "ids", "settings", "seeds", "runs", "mean", "median", "interval", "interval_over", "published",
    "band", "within_band", "unit", "seconds", "peak_memory_mb", "machine", "versions", "data", "note",
)  # fmt: skip
PACKAGES = ("nndl", "numpy", "numba", "scikit-learn")


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.perf_counter()

    @property
    def seconds(self):
        """How long ago that is."""
        return round(time.perf_counter() - self.start, 2)


def complete(experiment, runs, watch, *, interval=None, interval_over="seeds", judge="mean", **said):
    """Return a record: what the experiment said, what follows from its runs, and where it ran.

    Each run has a "value" and, unless nothing depends on it, a "seed". ``judge`` names the entry that has to lie
    in ``band``: the mean, the median, the best of three.
    """
    values = [run["value"] for run in runs]
    record = {
        "experiment": experiment,
        "seeds": [run["seed"] for run in runs if run.get("seed") is not None],
        "runs": runs,
        "mean": float(np.mean(values)),
        "median": float(np.median(values)),
        "interval": student(values) if interval is None else interval,
        "interval_over": interval_over,
        "seconds": watch.seconds,
        "peak_memory_mb": _peak_memory_mb(),
        "machine": _machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        **said,
    }
    low, high = record["band"]
    record["judge"] = judge
    record["within_band"] = record[judge] is not None and bool(low <= record[judge] <= high)
    if missing := [key for key in KEYS if key not in record]:
        raise ValueError(f"A record has all of {', '.join(KEYS)}; {experiment} lacks {', '.join(missing)}.")
    return rounded(record)


def student(values, level=0.95):
    """Return the interval that holds the mean over all seeds with this confidence, from values of a few of them.

    None for fewer than two values, which say nothing about their spread.
    """
    if len(values) < 2:
        return None
    from scipy.special import stdtrit

    reach = stdtrit(len(values) - 1, (1 + level) / 2) * np.std(values, ddof=1) / len(values) ** 0.5
    return [float(np.mean(values) - reach), float(np.mean(values) + reach)]


def best_of(values, k):
    """Return what the best of k runs is worth on average, over all choices of k among these values.

    None for fewer than k values.
    """
    if len(values) < k:
        return None
    # the i-th smallest value is the best of as many choices as there are ways to take the others from below it
    ways = [comb(i, k - 1) for i in range(len(values))]
    return float(np.dot(np.sort(values), ways) / sum(ways))


def binomial(accuracy, n, level=0.95, seed=0):
    """Return the bootstrap interval of an accuracy measured on n images.

    Drawing n of n images with replacement and counting the right ones is drawing from a binomial distribution.
    """
    counts = np.random.default_rng(seed).binomial(n, accuracy, 10_000)
    return [float(q) for q in np.quantile(counts / n, [(1 - level) / 2, (1 + level) / 2])]


def rounded(value, digits=6):
    """Return value with every float in it at this many significant digits, so that files stay small."""
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.{digits}g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def save(record, folder=RESULTS):
    """Write the record to <folder>/<experiment>.json, so that a reader finds the old one or the new one, whole."""
    path = Path(folder, f"{record['experiment']}.json")
    text = json.dumps(record, indent=1, allow_nan=False)
    require.write_atomically(path, (_compact(text) + "\n").encode())
    return path


def load(experiment, folder=RESULTS):
    """Return the record of this experiment.

    Raises FileNotFoundError if it has not been run, with the command that runs it.
    """
    path = Path(folder, f"{experiment}.json")
    if not path.is_file():
        raise FileNotFoundError(
            f"{experiment} has no record yet. Run: python -m nndl.experiments {experiment}"
        )
    return json.loads(path.read_text())


def _compact(text):
    """Bring every list of plain numbers onto one line: curves are read by programs, the rest by people."""
    return re.sub(r"\[\s+([^][{}\"]+?)\s+\]", lambda row: f"[{' '.join(row[1].split())}]", text)


def _peak_memory_mb():
    """Return the most memory that this process has held, or None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if platform.system() == "Darwin" else 1024  # bytes there, kilobytes elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20)


def _machine():
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
