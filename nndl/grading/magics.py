"""IPython's extras made inert, so that a notebook's cell is plain Python."""

import ast
import functools
import re
import warnings

__all__ = ["inert", "parses"]

_RUNS_BODY = {"time", "timeit", "capture", "prun", "memit", "mprun"}
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
_MAX_MAGICS = 100  # in one cell; each one costs a parse


@functools.lru_cache(maxsize=512)
def inert(text):
    """The cell without its magics: ``%matplotlib inline`` and ``!pip install`` do nothing, ``%%time`` runs its body.

    Python that parses is left alone. Otherwise only a line where the parser stumbles, and which looks like a
    magic, is replaced, so that neither strings nor the operator % are ever touched. ``files = !ls`` assigns None.
    """
    head = _CELL_MAGIC.match(text)
    if head:
        first, _, body = text.partition("\n")
        if head[1] not in _RUNS_BODY:
            return ""
        text = "#" + first + "\n" + body
    lines = text.split("\n")
    for _ in range(min(len(lines), _MAX_MAGICS)):
        stumble = _stumble("\n".join(lines))
        if stumble is None or not 1 <= stumble <= len(lines):
            break
        replaced = _without_magic(lines[stumble - 1])
        if replaced is None:
            break
        lines[stumble - 1] = replaced
    return "\n".join(lines)


def parses(text):
    """True if the text is Python."""
    return _stumble(text) is None


def _stumble(text):
    """The line of the first syntax error, None if there is none, 0 where the parser gives up for other reasons."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return 0
    return None


def _without_magic(line):
    """The line with its magic made inert, or None if it has none; plain string methods, as lines may be very long."""
    bare = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
        return f"{indent}pass"
    target, sign, value = line.partition("=")
    return f"{target}= None" if sign and value.lstrip().startswith(("%", "!")) else None
