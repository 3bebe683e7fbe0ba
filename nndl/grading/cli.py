"""The commands ``nndl grade`` and ``nndl exercises build|check``; also ``python -m nndl.grading``.

Each command sets ``run``, a function of the parsed arguments that returns the exit code: 0 done, 1 failed, 2 wrong use.
"""

import argparse
import sys
from pathlib import Path

__all__ = ["add_commands", "main"]


def add_commands(subparsers):
    """Add ``grade`` and ``exercises`` to the subparsers of an argparse parser."""
    _add_grade(subparsers)
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


def _add_grade(subparsers):
    grade = subparsers.add_parser(
        "grade",
        help="grade one submission, or a folder of them",
        description="Grade a notebook, or every notebook below a folder, against the exercises' sources. "
        "The students' code runs locked in; the tests run outside.",
    )
    grade.add_argument("submission", type=Path, help="a notebook, or a folder with notebooks")
    grade.add_argument("-o", "--out", type=Path, help="folder for results.json, grades.csv and report.html")
    grade.add_argument("--source", type=Path, default=Path("solutions"),
                       help="source notebook, or folder of sources (default: solutions)")  # fmt: skip
    grade.add_argument("--jobs", type=_jobs, default=1, help="submissions at a time (default: 1)")
    grade.add_argument("--time-limit", type=_seconds, metavar="S",
                       help="seconds for cells and tests that set no limit of their own (default: 10)")  # fmt: skip
    grade.add_argument("--require", choices=["bubblewrap", "namespaces", "limits"],
                       help="fail rather than run with a weaker isolation than this")  # fmt: skip
    grade.add_argument("--fresh", action="store_true", help="grade again what OUT already has results for")
    grade.set_defaults(run=_grade)


def _grade(args):
    from nndl.grading.format import FormatError

    if not args.submission.exists() and not args.submission.is_symlink():
        return _fail(f"There is no {args.submission}. Name a notebook or a folder.", 2)
    if args.submission.is_dir() and args.out is None:
        return _fail("Grading a folder needs a place for the results: add -o OUT.", 2)
    try:
        return _grade_existing(args)
    except FormatError as error:
        return _fail(error, 2)


def _grade_existing(args):
    """Grade; 0 if every submission has a row that the grader stands behind, else 1."""
    from nndl.grading import folder, grade, output, warm
    from nndl.grading.source import read_sources

    sources = read_sources(args.source)
    hidden = tuple(str(path) for path in map(_folder, (args.source, args.submission, args.out)) if path)
    try:
        rung = grade.find_rung(args.require, hidden)
    except grade.NoIsolation as error:
        _fail(error)
        rung = ""
    warm.warm(sources)
    options = folder.Options(rung, args.time_limit, hidden, fresh=args.fresh)
    if args.submission.is_dir():
        results = folder.grade_all(args.submission, sources, args.out, options, args.jobs, _tell)
        print(f"{len(results)} submissions: {args.out / 'grades.csv'}, {args.out / 'report.html'}")
    else:
        results = {args.submission.stem: folder.grade_file(args.submission, sources, options)}
        print(output.as_text(*next(iter(results.items()))))
        if args.out:
            output.write_all(args.out, results)
    failed = [name for name, result in results.items() if result.failed]
    return _fail(f"Not graded properly (status environment): {', '.join(failed)}.") if failed else 0


def _folder(path):
    return path if path is None or path.is_dir() else path.parent


def _tell(name, result):
    print(f"{result.score:>6g} / {result.max_score:<6g} {name}", flush=True)


def _jobs(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"wanted a whole number from 1 on, got {text!r}")
    return int(text)


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"wanted seconds above 0, got {text!r}")
    return seconds


def _fail(message, code=1):
    print(message, file=sys.stderr)
    return code
