"""Keep book/notebooks/ equal to the pages: python tools/notebooks.py copy | check.

The build writes the plain notebooks to _build/html/notebooks/. `copy` takes them over; `check` says which
ones differ. Numbers inside the text may differ by machine and data set, so `check` compares the text around
them; the source's own text must be the same to the letter.
"""

import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT, KEPT = ROOT / "_build" / "html" / "notebooks", ROOT / "book" / "notebooks"
NUMBER = re.compile(r"\d+(?:[.,\u2009]\d+)*")


def shape(path):
    """What must not drift in a notebook: its origin, its code, and its text with numbers masked."""
    notebook = json.loads(path.read_text("utf8"))
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        text = source if cell["cell_type"] == "code" else NUMBER.sub("#", source)
        cells.append((cell["id"], cell["cell_type"], text))
    return notebook["metadata"], cells


def drifted(built, kept):
    """Names of notebooks that are missing, left over or different."""
    names = {path.name for folder in (built, kept) for path in folder.glob("*.ipynb")}
    return sorted(name for name in names if not same(built / name, kept / name))


def same(one, other):
    """Whether two notebooks exist and have the same shape."""
    return one.exists() and other.exists() and shape(one) == shape(other)


def copy(built, kept):
    """Make `kept` hold the built notebooks and no others."""
    kept.mkdir(parents=True, exist_ok=True)
    for path in kept.glob("*.ipynb"):
        path.unlink()
    for path in sorted(built.glob("*.ipynb")):
        shutil.copyfile(path, kept / path.name)
        print(f"book/notebooks/{path.name}")


def main(words):
    """Run the command line; the exit code."""
    if words not in (["copy"], ["check"]):
        print("usage: python tools/notebooks.py copy | check", file=sys.stderr)
        return 2
    if not BUILT.is_dir():
        print("There is no built book. Run `make book` first.", file=sys.stderr)
        return 2
    if words == ["copy"]:
        copy(BUILT, KEPT)
        return 0
    names = drifted(BUILT, KEPT)
    if names:
        print(f"Out of date in book/notebooks: {', '.join(names)}. Run `make notebooks`.", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
