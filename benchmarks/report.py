"""Records, the description of the machine, and the tables in Markdown."""

import datetime
import importlib.metadata
import os
import platform
import statistics
from pathlib import Path

__all__ = ["machine", "page", "record", "table"]

ABOUT = {
    "Kernel": "our kernels, sparse rows",
    "KernelMomentum": "our kernels, momentum 0.9",
    "KernelDense": "our kernels, zeros not skipped",
    "Twin": "our kernels' twins, NumPy",
    "NumPy": "NumPy mini-batches, written for this net",
    "Historic": "the historic loop, example by example, float64",
    "ScikitLearn": "scikit-learn, MLPClassifier",
    "TorchManual": "PyTorch without autograd, in place",
    "TorchEager": "PyTorch eager",
    "TorchCompiled": "PyTorch, torch.compile",
    "Jax": "JAX, one compiled scan",
}
PACKAGES = ["numpy", "numba", "llvmlite", "scikit-learn", "torch", "jax"]


def machine():
    """What the numbers were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "date": datetime.date.today().isoformat(),
        "load_average_before": os.getloadavg()[0],
    }


def record(name, rounds, accuracy):
    """Median, smallest and largest images per second over the rounds, by either clock."""
    by = {clock: [r["images"] / r[clock] for r in rounds] for clock in ("cpu", "seconds")}
    speeds = {
        clock: {"median": statistics.median(s), "min": min(s), "max": max(s)} for clock, s in by.items()
    }
    return {"name": name, "accuracy": accuracy, **speeds}


def table(task, records):
    """One task's contestants, fastest first."""
    lines = [
        f"## {task}\n",
        "| contestant | images per processor second | min – max | Kernel / this | by the wall clock | accuracy |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    present = [r for r in records if "missing" not in r]
    ours = next(r for r in present if r["name"] == "Kernel")
    for r in sorted(present, key=lambda r: -r["cpu"]["median"]):
        cpu, ratio = r["cpu"], ours["cpu"]["median"] / r["cpu"]["median"]
        wall = ours["seconds"]["median"] / r["seconds"]["median"]
        spread = f"{cpu['min']:,.0f} – {cpu['max']:,.0f}"
        lines.append(
            f"| {ABOUT[r['name']]} | {cpu['median']:,.0f} | {spread} | {ratio:.1f} | {wall:.1f} | {r['accuracy']:.4f} |"
        )
    lines += [
        f"| {ABOUT[r['name']]} | not installed ({r['missing']}) | | | | |" for r in records if "missing" in r
    ]
    return "\n".join(lines) + "\n"


def page(results):
    """The whole report."""
    about, start = results["machine"], results["start"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    load = f"{about['load_average_before']:.1f} before and {results['load_average_after']:.1f} after"
    rows = [
        f"| {name} | {part['import']['cpu']:.2f} | {part['first']['cpu']:.2f} | {1000 * part['second']['cpu']:.2f} |"
        for name, part in (("empty", start["cold"]), ("filled", start["warm"]))
    ]
    return "\n".join(
        [
            "# Dense nets: training speed\n",
            "Sigmoid layers, cross-entropy, L2 regularization, mini-batches of 10, 784 inputs; FC30 has 30 hidden"
            " neurons, FC100\nhas 100. Shuffling, gathering and (for our kernels) packing are included; compiling,"
            " loading and the one-time building of sparse rows are not.\n",
            f"{about['processor']}, {about['cores']} cores, {about['system']}, Python {about['python']}; {versions}."
            f" {about['date']}.\nOne process and one core per contestant, asked in turn, medians of {results['rounds']}"
            f" rounds; load average {load}.\nOn a shared machine the processor's seconds are the fair clock; on a quiet"
            " one both agree. Accuracy: on the validation\nimages after all rounds, which are not equally many epochs"
            " for everyone.\n",
            *(table(task, records) for task, records in results["tasks"].items()),
            "## Start\n",
            "Sparse rows, one epoch and one forward pass of 1,000 examples on FC30 in a new process;"
            " processor seconds.\n",
            "| compiler's cache | imports (s) | first calls (s) | second epoch (ms) |",
            "|---|---:|---:|---:|",
            *rows,
            "",
        ]
    )


def _processor():
    """The processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":")[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        if names:
            return names[0]
    return platform.processor() or "unknown processor"


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
