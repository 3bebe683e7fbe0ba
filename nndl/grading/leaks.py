"""The leak test: nothing that was taken out of a source may stand anywhere in the student version.

Trivial lines are let through (imports, brackets, ``return x``, ``for x, y in data:``), and so are numbers of fewer
than four significant digits; a test that looked for those would cry wolf on every page. What an author shows on
purpose is listed in the notebook's ``metadata.nndl.shown``.
"""

import json
import re

__all__ = ["leaks"]

MIN_LINE = 12  # characters that are not blank
MIN_DIGITS = 4  # significant ones

_NUMBER = re.compile(r"(?<![\w.])\d[\d_,]*\.?\d*(?:[eE][+-]?\d+)?(?![\w])")
_TRIVIAL = re.compile(r"^((import|from)\s.*|(for|if|elif|while|with|try|except|else)\b.{0,50}:)$")
_MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN")


def leaks(text, removed, shown=()):
    """Sentences about what survives in ``text``, a student's .ipynb file, of the ``removed`` lines."""
    shown_lines, shown_numbers = {_squeeze(str(line)) for line in shown}, _numbers(" ".join(map(str, shown)))
    strings = list(_strings(json.loads(text)))
    squeezed, there = "\n".join(_squeeze(string) for string in strings), _numbers("\n".join(strings))
    found = [f"the marker {marker!r} survives." for marker in _MARKERS if marker in text]
    lines = dict.fromkeys(line.strip() for line in removed if not _TRIVIAL.match(line.strip()))
    for line in lines:
        key = _squeeze(line)
        if len(key) >= MIN_LINE and key in squeezed and key not in shown_lines:
            found.append(f"the stripped line {line!r} survives.")
    numbers = _numbers("\n".join(removed)) & there - shown_numbers
    return found + [f"the number {number} of a stripped line survives." for number in sorted(numbers)]


def _strings(value):
    """Every string in the notebook that a student could read; the hash and the ids are of our own making."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("id", "grade_id", "sha256"):
                yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, float):
        yield repr(value)


def _squeeze(text):
    return re.sub(r"\s+", "", text)


def _numbers(text):
    """The numbers with enough significant digits, brought to one form: 2,225 and 2_225 are 2225."""
    found = (match[0].rstrip(".,_").replace(",", "").replace("_", "") for match in _NUMBER.finditer(text))
    return {number for number in found if _significant(number) >= MIN_DIGITS}


def _significant(number):
    digits = re.split("[eE]", number)[0]
    bare = digits.replace(".", "").lstrip("0")
    return len(bare) if "." in digits else len(bare.rstrip("0"))
