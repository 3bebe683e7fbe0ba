"""What the tests of the book share."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "book" / "chapters").glob("*.md"))


def load(path):
    """A script or extension of the project, imported from its file."""
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module
