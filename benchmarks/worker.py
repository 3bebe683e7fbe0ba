"""One contestant in its own process: ``python -m benchmarks.worker CONTESTANT TASK SECONDS``.

It keeps to one core, warms up, prints "ready", and then answers each line "run" with the images it trained on, the
seconds that took and the processor's seconds, as JSON. "accuracy" is answered with the accuracy on the validation data.
"""

import json
import os
import sys
import time

import numpy as np

from benchmarks import frameworks, peers
from benchmarks.tasks import TASKS
from nndl.kernels import reference

CONTESTANTS = {c.__name__: c for module in (peers, frameworks) for c in map(vars(module).get, module.__all__)}
# Images per call where a smaller number than an epoch will do for timing.
SHARE = {
    "Historic": 2_000,
    "ScikitLearn": 5_000,
    "TorchEager": 10_000,
    "TorchManual": 10_000,
    "TorchCompiled": 10_000,
}
SHARE |= {"Twin": 10_000, "NumPy": 10_000}


def main(name, task, seconds):
    """Train when told to."""
    if hasattr(os, "sched_setaffinity"):  # before a framework counts the cores
        os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    task = TASKS[task]
    train, validation = task.data()
    try:
        contestant = CONTESTANTS[name](task, train)
    except ImportError as error:
        print(json.dumps({"missing": error.name}), flush=True)
        return
    rng = np.random.default_rng(1)
    images = min(SHARE.get(name, len(train)), len(train)) // task.batch_size * task.batch_size

    def once():
        contestant(rng.permutation(len(train))[:images])

    once()  # compiles
    began = time.perf_counter()
    once()
    calls = max(1, round(seconds / (time.perf_counter() - began)))
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        if line.strip() == "run":
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(calls):
                once()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            answer = {"images": calls * images, "seconds": wall, "cpu": cpu}
        else:
            output = reference.feedforward(validation.x, *contestant.parameters, task.activations)
            answer = {"accuracy": float((output.argmax(axis=1) == validation.y).mean())}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
