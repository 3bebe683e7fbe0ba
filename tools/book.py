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
import time
from pathlib import Path

# What a page shows depends on these; what it looks like also depends on the extensions and the coverage table.
RUNS_ON = ("nndl/**/*.py", "nndl/**/*.js", "nndl/**/*.css", "nndl/**/*.json", "nndl/**/*.npz")
READS = (
    "book/_ext/*.py",
    "book/coverage.csv",
    "pyproject.toml",
    "_config.yml",
    "_toc.yml",
    "book/_templates/*",
)


def digest(root, patterns, *more):
    """SHA-256 over names and bytes of the files that match."""
    total = hashlib.sha256(repr(more).encode())
    for file in sorted({file for pattern in patterns for file in root.glob(pattern)}):
        total.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def what_it_runs_on(root):
    """Digest of all that decides what the cells of the pages print and draw."""
    return digest(root, RUNS_ON, sys.version, os.environ.get("NNDL_DATA", ""))


def is_fresh(root):
    """Whether _build/html is the book as it stands: same package, same settings, no newer source."""
    build = root / "_build"
    start = build / "html" / "book" / "intro.html"
    stamps = {".runs-on": what_it_runs_on(root), ".reads": digest(root, READS)}
    if not start.exists() or any(not (build / name).exists() for name in stamps):
        return False
    if any((build / name).read_text() != value for name, value in stamps.items()):
        return False
    finished = (build / ".finished").stat().st_mtime if (build / ".finished").exists() else 0
    sources = [*root.glob("book/*.*"), *root.glob("book/chapters/*"), *root.glob("book/appendix/*")]
    return all(source.stat().st_mtime <= finished for source in [*sources, *root.glob("book/_static/*")])


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
    (build / ".finished").unlink(missing_ok=True)
    forget_if_changed(build / ".runs-on", what_it_runs_on(root), build / ".jupyter_cache", doctrees)
    forget_if_changed(build / ".reads", digest(root, READS), doctrees)


def run(command):
    """Run Jupyter Book and pass on its warnings, not what every kernel says about itself; its exit code."""
    book = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in book.stderr:
        if line.strip() and not line.startswith("[IPKernelApp]"):
            print(line, end="", file=sys.stderr, flush=True)
    return book.wait()


def build(root):
    """Run Jupyter Book, warnings as errors; its exit code."""
    prepare(root)
    print("Building the book; the first time, every cell runs, which takes a few minutes.", flush=True)
    began = time.time()
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", root, "-W", "-n", "--keep-going", "--quiet"]
    code = run(command)
    if code:
        print("The book was not built; the warnings above say what is wrong.", file=sys.stderr)
        return code
    finished = root / "_build" / ".finished"
    finished.touch()
    os.utime(finished, (began, began))  # a source that changed meanwhile is newer
    start = root / "_build" / "html" / "index.html"
    print(f"The book is built. Open {start.resolve().as_uri()}")
    return 0


def main():
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).parents[1], help="the folder of _config.yml"
    )
    return build(parser.parse_args().root)


if __name__ == "__main__":
    sys.exit(main())
