"""Run experiments and write their records: python -m nndl.experiments [name ...], or all but the slowest."""

import argparse
import sys

from nndl import experiments
from nndl.experiments import _record

SLOW = {"svm_baseline"}  # only when asked for by name: some ten minutes


def main(arguments=None):
    """Run those named, write their records, print a line for each; return 1 if one is not what was published."""
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
    outside = 0
    for name in asked.names or [name for name in experiments.__all__ if name not in SLOW]:
        record = getattr(experiments, name).run(progress=sys.stderr.isatty())
        _record.save(record, asked.folder)
        outside += not record["within_band"]
        print(_line(record), flush=True)
    return min(outside, 1)


def _line(record):
    judge = record["judge"]
    return (
        f"{record['experiment']}: {judge} {record[judge]:.4g} {record['unit']}, 95 % {record['interval']}, "
        f"published {record['published']}, {record['seconds']} s"
        f"{'' if record['within_band'] else '; NOT within ' + str(record['band'])}"
    )


if __name__ == "__main__":
    sys.exit(main())
