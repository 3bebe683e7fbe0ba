"""How long the first call takes: with an empty compiler's cache, and in a new process that finds it filled."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

__all__ = ["measure"]

PROGRAM = """
import json, time
clocks = lambda: (time.perf_counter(), time.process_time())
zero = clocks()
import numpy as np
from nndl import kernels
from benchmarks.tasks import TASKS
task = TASKS["FC30"]
rng = np.random.default_rng(0)
x = (rng.random((1000, 784)) * (rng.random((1000, 784)) < 0.2)).astype(np.float32)
y = rng.integers(0, 10, 1000)
ready = clocks()
rows = kernels.sparse_rows(x)
rest = (*task.parameters(), None, None, task.activations, True, 0.5, 1e-4, 0.0, 0.0, False)
kernels.sgd_epoch(rows, y, rng.permutation(1000), 10, *rest)
kernels.feedforward(rows, *task.parameters(), task.activations)
done = clocks()
kernels.sgd_epoch(rows, y, rng.permutation(1000), 10, *rest)
again = clocks()
differ = lambda a, b: dict(zip(("seconds", "cpu"), (q - p for p, q in zip(a, b))))
print(json.dumps({"import": differ(zero, ready), "first": differ(ready, done), "second": differ(done, again)}))
"""


def measure(rounds):
    """Medians over rounds of the first calls, in seconds and in the processor's seconds: {"cold": …, "warm": …}."""
    cold, warm = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(_start(folder))
            warm.append(_start(folder))
    return {"cold": _median(cold), "warm": _median(warm)}


def _start(folder):
    env = {**os.environ, "NUMBA_CACHE_DIR": folder, "OMP_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=env, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def _median(runs):
    return {
        part: {clock: statistics.median(run[part][clock] for run in runs) for clock in ("seconds", "cpu")}
        for part in ("import", "first", "second")
    }
