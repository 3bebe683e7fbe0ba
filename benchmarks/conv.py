"""``python -m benchmarks.conv [--quick]``: nets of feature maps against their peers, on one core and on two.

One process per contestant, asked in turn. Each first proves that it computes the same: one step from the same weights
on the same ten images.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import nndl.datasets
from benchmarks import report

__all__ = ["main"]

FIELD = [("Kernel", 2), ("TorchChannelsLast", 2), ("Torch", 2), ("TorchCompiled", 2), ("Jax", 2)]
FIELD += [("Kernel", 1), ("TorchChannelsLast", 1), ("Jax", 1), ("Layers", 1)]
ABOUT = {
    "Kernel": "our kernels",
    "Layers": "our layers in NumPy",
    "Torch": "PyTorch eager",
    "TorchChannelsLast": "PyTorch eager, channels last",
    "TorchCompiled": "PyTorch, channels last, torch.compile",
    "Jax": "JAX, one compiled scan, patches by hand",
}
RESULTS = Path(__file__).parent / "results"


def serve(name, task, threads, seconds):
    """Be a contestant: say "ready", then answer each line with the images trained on, and the seconds taken."""
    if hasattr(os, "sched_setaffinity"):  # before a framework counts the cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    from benchmarks.conv_peers import CONTESTANTS, TASKS

    task = TASKS[task]
    train, _, _ = nndl.datasets.load_any()
    try:
        contestant = CONTESTANTS[name](task, train, threads)
    except ImportError as error:
        print(json.dumps({"missing": error.name}), flush=True)
        return
    contestant(np.arange(task.batch_size))
    step = np.concatenate([p.ravel()[:500] for group in contestant.parameters for p in group]).astype(float)
    rng, images = np.random.default_rng(1), 1000
    contestant(rng.permutation(len(train))[:images])
    began = time.perf_counter()
    contestant(rng.permutation(len(train))[:images])
    images = int(images * seconds / (time.perf_counter() - began)) // task.batch_size * task.batch_size
    images = max(100, min(images, len(train) // task.batch_size * task.batch_size))
    contestant(rng.permutation(len(train))[:images])  # a framework may compile for this length
    print(json.dumps({"ready": name, "step": step.tolist()}), flush=True)
    for _ in sys.stdin:
        rows = rng.permutation(len(train))[:images]
        wall, cpu = time.perf_counter(), time.process_time()
        contestant(rows)
        answer = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps({"images": images, **answer}), flush=True)


def compare(task, rounds, seconds):
    """Time all contestants on one task, in turn -> one record each."""
    workers = []
    for name, threads in FIELD:
        command = [sys.executable, "-m", "benchmarks.conv", "--serve", name, task, str(threads), str(seconds)]
        env = {**os.environ, **{f"{kind}_NUM_THREADS": str(threads) for kind in ("OMP", "OPENBLAS", "MKL")}}
        process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        workers.append((name, threads, process, json.loads(process.stdout.readline())))
    want = workers[0][3]["step"]
    timed = [[] for _ in workers]
    for _ in range(rounds):
        for (_, _, process, hello), times in zip(workers, timed):
            if "missing" not in hello:
                process.stdin.write("run\n")
                process.stdin.flush()
                times.append(json.loads(process.stdout.readline()))
    records = []
    for (name, threads, process, hello), times in zip(workers, timed):
        process.stdin.close()
        process.wait()
        if "missing" in hello:
            records.append({"name": name, "threads": threads, "missing": hello["missing"]})
            continue
        apart = float(np.abs(np.subtract(hello["step"], want)).max())
        records.append({**report.record(name, times, None), "threads": threads, "apart_after_a_step": apart})
    return records


def table(task, records):
    """One task's contestants, fastest first."""
    lines = [
        f"## {task}\n",
        "| contestant | cores | images per second | min – max | Kernel / this | by processor seconds |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    present = sorted((r for r in records if "missing" not in r), key=lambda r: -r["seconds"]["median"])
    kernels = {r["threads"]: r for r in present if r["name"] == "Kernel"}
    for r in present:
        ours = kernels[r["threads"]]  # on as many cores
        wall, cpu = (ours[clock]["median"] / r[clock]["median"] for clock in ("seconds", "cpu"))
        s = r["seconds"]
        lines.append(
            f"| {ABOUT[r['name']]} | {r['threads']} | {s['median']:,.0f} | {s['min']:,.0f} – {s['max']:,.0f} "
            f"| {wall:.1f} | {cpu:.1f} |"
        )
    missing = [r for r in records if "missing" in r]
    lines += [f"| {ABOUT[r['name']]} | | not installed ({r['missing']}) | | | |" for r in missing]
    return "\n".join(lines) + "\n"


def page(results):
    """The whole report."""
    about = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    load = f"{about['load_average_before']:.1f} before and {results['load_average_after']:.1f} after"
    text = (
        "# Nets of feature maps: training speed\n\n"
        "5 x 5 fields, 2 x 2 max-pooling, 20 maps (conv1) or 20 and 40 (conv2), a dense layer of 100, softmax,"
        " log-likelihood,\nmini-batches of 10. ReLU with eta 0.03 and lambda 0.1; sigmoid with eta 0.1. Shuffling,"
        " gathering and packing are included,\ncompiling and loading are not. All contestants make the same first step,"
        f" to rounding.\n\n{about['processor']}, {about['cores']} cores, {about['system']}, Python {about['python']};"
        f" {versions}. {about['date']}.\nOne process per contestant, asked in turn, medians of {results['rounds']}"
        f" rounds by the wall clock; load average {load}. Ratios are to our"
        " kernels\non as many cores. On a busy machine, trust the ratios on one core by processor seconds.\n"
    )
    return "\n".join([text, *(table(task, records) for task, records in results["tasks"].items())])


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conv", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per contestant (default 7)")
    parser.add_argument("--tasks", nargs="+", default=["conv1", "conv2", "conv1-sigmoid", "conv2-sigmoid"])
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, task, threads, seconds = options.serve
        serve(name, task, int(threads), float(seconds))
        return
    rounds, seconds = (3, 0.2) if options.quick else (options.rounds, 0.5)
    results = {"machine": report.machine(), "rounds": rounds, "tasks": {}}
    for task in options.tasks:
        results["tasks"][task] = compare(task, rounds, seconds)
        print(table(task, results["tasks"][task]), flush=True)
    results["load_average_after"] = os.getloadavg()[0]
    whole = all("missing" not in r for records in results["tasks"].values() for r in records)
    if options.quick or not whole:
        print("Nothing written: the rounds were short or contestants are missing.")
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "conv.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "conv.md").write_text(page(results))


if __name__ == "__main__":
    main()
