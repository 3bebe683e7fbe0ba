"""``python -m benchmarks [--quick]``: time every contestant, print the tables, keep them in ``benchmarks/results``."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import report, startup
from benchmarks.tasks import TASKS

NAMES = ["Kernel", "KernelMomentum", "KernelDense", "Twin", "NumPy", "Historic", "ScikitLearn"]
NAMES += ["TorchManual", "TorchEager", "TorchCompiled", "Jax"]
RESULTS = Path(__file__).parent / "results"
ONE_THREAD = {f"{kind}_NUM_THREADS": "1" for kind in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
ONE_THREAD["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


class Worker:
    """A contestant in its own process."""

    def __init__(self, name, task, seconds):
        command = [sys.executable, "-m", "benchmarks.worker", name, task, str(seconds)]
        self.name, self.rounds = name, []
        self.process = subprocess.Popen(
            command,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD},
        )
        self.missing = self.answer().get("missing")

    def answer(self):
        """The next line of its output."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended early; its own message is above.")
        return json.loads(line)

    def ask(self, question):
        """Its answer to one question."""
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def compare(task, rounds, seconds):
    """Time all contestants on one task, in turn -> one record each."""
    workers = [Worker(name, task, seconds) for name in NAMES]
    here = [worker for worker in workers if not worker.missing]
    for _ in range(rounds):
        for worker in here:
            worker.rounds.append(worker.ask("run"))
    records = [report.record(w.name, w.rounds, w.ask("accuracy")["accuracy"]) for w in here]
    records += [{"name": w.name, "missing": w.missing} for w in workers if w.missing]
    for worker in workers:
        worker.close()
    return records


def main():
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per contestant (default 7)")
    options = parser.parse_args()
    rounds, seconds = (3, 0.1) if options.quick else (options.rounds, 0.5)
    results = {"machine": report.machine(), "rounds": rounds, "tasks": {}}
    for task in TASKS:
        results["tasks"][task] = compare(task, rounds, seconds)
        print(report.table(task, results["tasks"][task]), flush=True)
    results["start"] = startup.measure(1 if options.quick else 5)
    results["load_average_after"] = os.getloadavg()[0]
    text = report.page(results)
    print(text[text.index("## Start") :])
    missing = sorted(
        {r["missing"] for records in results["tasks"].values() for r in records if "missing" in r}
    )
    if missing and not options.quick:
        print(f"Not written to {RESULTS}, where all contestants belong; missing: {', '.join(missing)}.")
        print("Try: pip install 'nndl[bench]'")
    elif not options.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "dense.json").write_text(json.dumps(results, indent=1) + "\n")
        (RESULTS / "dense.md").write_text(text)


if __name__ == "__main__":
    main()
