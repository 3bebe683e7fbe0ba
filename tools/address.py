"""Change the project's public address everywhere: python tools/address.py https://github.com/OWNER/NAME.

The address stands once, as Repository in pyproject.toml. Files that must carry it in their text (README,
notebooks with their install cells) are rewritten here, all tracked files at once. Run `make notebooks` and
`make exercises` afterwards.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import address  # noqa: E402


def tracked_texts(root):
    """Every tracked file that is text, with its text."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True)
    for name in filter(None, names.stdout.split("\0")):
        try:
            yield root / name, (root / name).read_text("utf8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def spellings(repository):
    """The forms in which an address occurs: OWNER/NAME on GitHub and Colab, and the public book."""
    slug = repository.removeprefix("https://github.com/")
    owner, name = slug.split("/")
    return [
        f"github.com/{slug}",
        f"/github/{slug}",
        f"raw.githubusercontent.com/{slug}",
        f"{owner.lower()}.github.io/{name}",
    ]


def move(old, new, root=ROOT):
    """Replace the old address by the new one in every tracked text; the names of the files that changed."""
    changed = []
    for path, text in tracked_texts(root):
        moved = text
        for before, after in zip(spellings(old), spellings(new), strict=True):
            moved = re.sub(re.escape(before) + r"(?![\w-])", after, moved)
        if moved != text:
            path.write_text(moved, "utf8")
            changed.append(str(path.relative_to(root)))
    return changed


def main(words):
    """Run the command line; the exit code."""
    if len(words) != 1 or not words[0].startswith("https://github.com/") or words[0].count("/") != 4:
        print("usage: python tools/address.py https://github.com/OWNER/NAME", file=sys.stderr)
        return 2
    print("\n".join(move(address.repository(), words[0].rstrip("/"))) or "Nothing to change.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
