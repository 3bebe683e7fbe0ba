"""Run experiments and write their records: python -m nndl.experiments [name ...], or all but the slowest."""

import argparse

from nndl import experiments
from nndl.experiments import _record

SLOW = {"svm_baseline"}  # only when asked for by name: a quarter of an hour


def main(arguments=None):
    """Run the experiments named, print one line for each, and write their records."""
    parser = argparse.ArgumentParser(
        prog="python -m nndl.experiments", description="Measure the book's numbers again."
    )
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(experiments.__all__))
    parser.add_argument(
        "--folder", default=_record.RESULTS, help="where the records go; over the old ones by default"
    )
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.names if name not in experiments.__all__]:
        parser.error(f"no experiment is called {unknown[0]!r}; there are {', '.join(experiments.__all__)}")
    for name in asked.names or [name for name in experiments.__all__ if name not in SLOW]:
        record = getattr(experiments, name).run()
        _record.save(record, asked.folder)
        mark = "" if record["within_band"] else f"; NOT within {record['band']}"
        print(f"{name}: {record['judge']} {record[record['judge']]:.4g} {record['unit']}, "
              f"95 % {record['interval']}, published {record['published']}, {record['seconds']} s{mark}")  # fmt: skip


if __name__ == "__main__":
    main()
