"""The commands ``nndl grade`` and ``nndl exercises build|check``; also ``python -m nndl.grading``.

Each command sets ``run``, a function of the parsed arguments that returns the exit code: 0 done, 1 failed, 2 wrong use.
"""

import argparse
import sys
from pathlib import Path

__all__ = ["add_commands", "main"]


def add_commands(subparsers):
    """Add ``grade`` and ``exercises`` to the subparsers of an argparse parser."""
    _add_exercises(subparsers)


def main(arguments=None):
    """Run ``python -m nndl.grading`` with these arguments; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nndl.grading", description="Make and grade exercises.")
    add_commands(parser.add_subparsers(required=True, metavar="COMMAND"))
    args = parser.parse_args(arguments)
    return args.run(args)


def _add_exercises(subparsers):
    exercises = subparsers.add_parser(
        "exercises", help="make the student version of the exercises, or check it"
    )
    actions = exercises.add_subparsers(required=True, metavar="ACTION")
    for run, about in ((_build, "write the student version"), (_check, "fail on drift or a leak")):
        action = actions.add_parser(run.__name__.strip("_"), help=about, description=f"Exercises: {about}.")
        action.add_argument(
            "--source", type=Path, default=Path("solutions"), help="folder (default: solutions)"
        )
        action.add_argument("--out", type=Path, default=Path("exercises"), help="folder (default: exercises)")
        action.set_defaults(run=run)


def _build(args):
    from nndl.grading.format import FormatError
    from nndl.grading.split import build

    try:
        for path in build(args.source, args.out):
            print(path)
    except FormatError as error:
        return _fail(error)
    return 0


def _check(args):
    from nndl.grading.format import FormatError
    from nndl.grading.split import check

    try:
        problems = check(args.source, args.out)
    except FormatError as error:
        return _fail(error)
    if problems:
        return _fail("\n".join([*problems, f"Run `nndl exercises build`, and look at {args.out}."]))
    print(f"{args.out} is what {args.source} gives, and nothing leaks.")
    return 0


def _fail(message):
    print(message, file=sys.stderr)
    return 1
