"""``python -m benchmarks.inference [--quick]``: reading 10,000 images with a trained net, and the machine's own peaks.

One process per contestant and number of threads, asked in turn. Every contestant must give the same predictions.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import nndl
import nndl.datasets
from benchmarks import report
from benchmarks.conv_peers import TASKS as CONV
from benchmarks.conv_peers import Torch, TorchChannelsLast
from nndl.kernels._jit import kernel
from nndl.kernels._memory import address, load, store
from nndl.kernels._simd import LANES, TILE, VECTORS, fma

RESULTS = Path(__file__).parent / "results"
ABOUT = {
    "Ours": "our kernels, from raw pixels",
    "OursSparse": "our kernels, zeros already left out",
    "NumPy": "our layers in NumPy",
    "TorchEager": "PyTorch",
    "TorchLast": "PyTorch, channels last",
}
TASKS = {"FC30": (784, 30, 10), "FC100": (784, 100, 10), "conv1": None, "conv2": None}
BATCHES = (100, 1000, 10_000)  # PyTorch takes the images in pieces; its best size counts


def network(task):
    """The net, the same weights for every contestant."""
    if TASKS[task] is None:
        return CONV[task].network()
    layers = [nndl.Dense(n_in, n_out) for n_in, n_out in zip(TASKS[task], TASKS[task][1:])]
    return nndl.Network(layers, cost=nndl.CrossEntropy(), seed=0)


def contestant(name, task, data, threads):
    """A function of no arguments that returns the output of the net for all images, or None if there is no such."""
    net = network(task)
    if name == "Ours":
        return lambda: net.engine.weighted_outputs(data.x)  # as Network.feedforward does
    if name == "OursSparse":
        rows = net.engine.rows(data.x)
        return (lambda: net.engine.weighted_outputs(rows)) if rows is not data.x else None
    if name == "NumPy" and TASKS[task] is None:
        return None  # minutes for 10,000 images; `benchmarks.conv` has it
    if name == "NumPy":
        engine = nndl.engines.Engine(net.layers, net.cost, net.dtype)
        return lambda: engine.weighted_outputs(data.x)
    return _torch(net, task, data, threads, last=name == "TorchLast")


def _torch(net, task, data, threads, last):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    if TASKS[task] is None:
        peer = (TorchChannelsLast if last else Torch)(CONV[task], data, threads)
        model, x = peer.net.eval(), peer.x
    elif last:
        return None
    else:
        weights, biases = net.parameters
        linear = [nn.Linear(w.shape[1], w.shape[0]) for w in weights]
        with torch.no_grad():
            for layer, w, b in zip(linear, weights, biases):
                layer.weight.copy_(torch.from_numpy(w))
                layer.bias.copy_(torch.from_numpy(b))
        model, x = nn.Sequential(linear[0], nn.Sigmoid(), linear[1]), torch.from_numpy(np.array(data.x))

    def run(size):
        with torch.inference_mode():
            return torch.cat([model(x[k : k + size]) for k in range(0, len(x), size)]).numpy()

    best = min(BATCHES, key=lambda size: min(_seconds(lambda: run(size)) for _ in range(3)))
    return lambda: run(best)


def serve(name, task, threads):
    """Be a contestant: say "ready", then answer each line with the seconds that one pass over the images took."""
    if hasattr(os, "sched_setaffinity"):  # before a framework counts the cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    _, data, _ = nndl.datasets.load_any()
    try:
        run = contestant(name, task, data, threads)
    except ImportError as error:
        print(json.dumps({"missing": error.name}), flush=True)
        return
    if run is None:
        print(json.dumps({"missing": ""}), flush=True)
        return
    predictions = run().argmax(axis=1)
    calls = max(1, round(0.3 / _seconds(run)))
    print(json.dumps({"ready": name, "predictions": predictions.tolist()}), flush=True)
    for _ in sys.stdin:
        seconds = _seconds(lambda: [run() for _ in range(calls)])
        print(json.dumps({"images": calls * len(data), "seconds": seconds, "cpu": seconds}), flush=True)


def compare(task, rounds):
    """Time all contestants on one task, in turn -> one record each, those with no such net left out."""
    workers = []
    for name in ABOUT:
        for threads in (1, 2):
            command = [sys.executable, "-m", "benchmarks.inference", "--serve", name, task, str(threads)]
            counts = {f"{kind}_NUM_THREADS": str(threads) for kind in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
            process = subprocess.Popen(
                command,
                env={**os.environ, **counts},
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            workers.append((name, threads, process, json.loads(process.stdout.readline()), []))
    for _ in range(rounds):
        for _, _, process, hello, times in workers:
            if "missing" not in hello:
                process.stdin.write("run\n")
                process.stdin.flush()
                times.append(json.loads(process.stdout.readline()))
    want, records = workers[0][3]["predictions"], []
    for name, threads, process, hello, times in workers:
        process.stdin.close()
        process.wait()
        if "missing" in hello:
            records += (
                [{"name": name, "threads": threads, "missing": hello["missing"]}] if hello["missing"] else []
            )
            continue
        same = float(np.mean(np.equal(hello["predictions"], want)))
        records.append({**report.record(name, times, None), "threads": threads, "same_predictions": same})
    return records


@kernel
def _fmas(x, n):
    """Twelve independent chains of n vector multiply-adds, which no machine can do faster than its peak."""
    at = address(x)
    w = load(VECTORS, at, 0, LANES)
    z0, z1, z2, z3, z4, z5 = w, w, w, w, w, w
    for _ in range(n):
        z0, z1, z2 = fma(z0, w, w), fma(z1, w, w), fma(z2, w, w)
        z3, z4, z5 = fma(z3, w, w), fma(z4, w, w), fma(z5, w, w)
    store(at, 0, (z0 + z1) + (z2 + z3) + (z4 + z5))


def peaks():
    """The machine's own speed in GFLOP/s: multiply-adds on one core, and a product of matrices by NumPy's BLAS."""
    a, x, n = np.random.default_rng(0).random((2048, 2048), np.float32), np.full(TILE, 0.5, np.float32), 10**7
    fmas = min(_seconds(lambda: _fmas(x, n)) for _ in range(7))
    return {
        "fma_gflops": n * 6 * TILE * 2 / fmas / 1e9,
        "sgemm_gflops": 2 * 2048**3 / min(_seconds(lambda: a @ a) for _ in range(7)) / 1e9,
    }


def table(task, records):
    """One task's contestants, fastest first, with the ratio of ours (from raw pixels) at the same number of threads."""
    lines = [
        f"## {task}\n",
        "| contestant | threads | images per second | min – max | ours / this | same predictions |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    present = [r for r in records if "missing" not in r]
    ours = {r["threads"]: r["seconds"]["median"] for r in present if r["name"] == "Ours"}
    for r in sorted(present, key=lambda r: -r["seconds"]["median"]):
        s, ratio = r["seconds"], ours[r["threads"]] / r["seconds"]["median"]
        lines.append(
            f"| {ABOUT[r['name']]} | {r['threads']} | {s['median']:,.0f} | {s['min']:,.0f} – {s['max']:,.0f} "
            f"| {ratio:.2f} | {r['same_predictions']:.2%} |"
        )
    lines += [
        f"| {ABOUT[r['name']]} | {r['threads']} | not installed | | | |" for r in records if "missing" in r
    ]
    return "\n".join(lines) + "\n"


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; writes nothing")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per contestant (default 7)")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, task, threads = options.serve
        serve(name, task, int(threads))
        return
    results = {
        "machine": report.machine(),
        "rounds": 3 if options.quick else options.rounds,
        "peaks": peaks(),
    }
    results["tasks"] = {task: compare(task, results["rounds"]) for task in TASKS}
    results["load_average_after"] = os.getloadavg()[0]
    about = results["machine"]
    text = "\n".join([
        "# Reading images with a trained net\n",
        f"All 10,000 validation images, float32. {about['processor']}, {about['cores']} cores; "
        + ", ".join(f"{name} {version}" for name, version in about["versions"].items())
        + f". {about['date']}. Medians of {results['rounds']} rounds by the wall clock;\nload average "
        f"{about['load_average_before']:.1f} before and {results['load_average_after']:.1f} after. PyTorch takes the "
        f"images in pieces of its best size among {BATCHES}.\n"
        f"This machine's peaks: {results['peaks']['fma_gflops']:.0f} GFLOP/s of multiply-adds on one core; "
        f"{results['peaks']['sgemm_gflops']:.0f} in a product of 2,048 x 2,048 float32 matrices by NumPy's BLAS.\n",
        *(table(task, records) for task, records in results["tasks"].items()),
    ])  # fmt: skip
    print(text)
    if options.quick or any("missing" in r for records in results["tasks"].values() for r in records):
        print("Nothing written: the rounds were few or contestants are missing.")
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "inference.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "inference.md").write_text(text)


def _seconds(run):
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
