"""Build the book: python tools/book.py [--root FOLDER]. Prints where the start page is.

Jupyter Book keeps the outputs of cells for as long as a page's own text stays the same. Our pages run on
nndl, so this script forgets those outputs whenever a file of nndl/ or the data behind the pages changed.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a page shows depends on these; what it looks like also depends on the extensions and the coverage table.
RUNS_ON = ("nndl/**/*.py", "nndl/**/*.js", "nndl/**/*.css", "nndl/**/*.json", "nndl/**/*.npz")
READS = ("book/_ext/*.py", "book/coverage.csv", "pyproject.toml", "_config.yml", "_toc.yml")


def digest(root, patterns, *more):
    """SHA-256 over names and bytes of the files that match."""
    total = hashlib.sha256(repr(more).encode())
    for file in sorted({file for pattern in patterns for file in root.glob(pattern)}):
        total.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def forget_if_changed(stamp, digest, *folders):
    """Remove the folders where the stamp holds another digest, then write the new one."""
    if not stamp.exists() or stamp.read_text() != digest:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
    stamp.write_text(digest)


def prepare(root):
    """Remove from _build what is out of date in ways that Jupyter Book does not see."""
    build = root / "_build"
    build.mkdir(exist_ok=True)
    doctrees = build / ".doctrees"
    runs_on = digest(root, RUNS_ON, sys.version, os.environ.get("NNDL_DATA", ""))
    forget_if_changed(build / ".runs-on", runs_on, build / ".jupyter_cache", doctrees)
    forget_if_changed(build / ".reads", digest(root, READS), doctrees)


def build(root):
    """Run Jupyter Book, warnings as errors; its exit code."""
    prepare(root)
    program = Path(sys.executable).with_name("jupyter-book")
    code = subprocess.call([program, "build", root, "-W", "-n", "--keep-going", "--quiet"])
    start = root / "_build" / "html" / "index.html"
    if code == 0:
        print(f"The book is built. Open {start.resolve().as_uri()}")
    else:
        print("The book was not built; the warnings above say what is wrong.", file=sys.stderr)
    return code


def main():
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).parents[1], help="the folder of _config.yml"
    )
    return build(parser.parse_args().root)


if __name__ == "__main__":
    sys.exit(main())
