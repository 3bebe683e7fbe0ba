"""Reading a notebook that a stranger wrote: limits first, then JSON, then two versions of the format."""

import codecs
import hashlib
import json
import os
import stat
from dataclasses import dataclass, field

__all__ = ["MAX_BYTES", "Notebook", "Unreadable", "read_notebook"]

MAX_BYTES = 20_000_000
MAX_CELLS = 2_000
MAX_CODE = 300_000  # characters in all code cells together; text may hold pictures
_BOMS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]


class Unreadable(ValueError):
    """The file is not a notebook that can be graded; the message says why and what to do."""


@dataclass(frozen=True)
class Notebook:
    """Cells in the shape of nbformat 4 (``cell_type``, ``source`` as one string, ``metadata``, ``id``)."""

    cells: list
    metadata: dict = field(default_factory=dict)

    @property
    def sha256(self):
        """Hash of what was written: types, ids, sources and grading metadata; outputs do not count."""
        cells = [[c["cell_type"], c.get("id"), c["source"], *_marks(c["metadata"])] for c in self.cells]
        text = json.dumps([cells, self.metadata.get("nndl")], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def read_notebook(path):
    """Read the notebook at ``path``; raises Unreadable for anything that is not one, never another error."""
    try:
        content = _content(path)
        raw = json.loads(_text(content))
    except OSError as error:
        raise Unreadable(f"The file cannot be opened: {error.strerror}.") from None
    except RecursionError:
        raise Unreadable("The file is nested too deeply. Save it again from Jupyter.") from None
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        message = str(error)[:200]
        raise Unreadable(f"The file is not valid JSON ({message}). Save it again from Jupyter.") from None
    return _notebook(raw)


def _content(path):
    # Without O_NONBLOCK a named pipe would wait for ever.
    if os.path.islink(path):
        raise Unreadable("The file is a link. Hand in the notebook itself.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unreadable("This is not a regular file. Hand in the notebook itself.")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise Unreadable(f"The file is larger than {limit} MB. Clear its outputs, save and hand in again.")
    if not content.strip():
        raise Unreadable("The file is empty. Save the notebook, then hand it in again.")
    return content


def _text(content):
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("The file is not text in UTF-8. Save it again from Jupyter.") from None


def _notebook(raw):
    if not isinstance(raw, dict):
        raise Unreadable("The file is JSON but not a notebook. Save it again from Jupyter.")
    version = raw.get("nbformat", 4)
    if version == 3:
        raw = _from_version_3(raw)
    elif version != 4:
        raise Unreadable(
            f"Notebook format {str(version)[:20]!r}: expected 3 or 4. Save it again from Jupyter."
        )
    cells, metadata = raw.get("cells"), raw.get("metadata", {})
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise Unreadable(
            f"The notebook has no list of at most {MAX_CELLS} cells. Save it again from Jupyter."
        )
    cells = [_cell(cell) for cell in cells]
    if sum(len(cell["source"]) for cell in cells if cell["cell_type"] == "code") > MAX_CODE:
        raise Unreadable(
            f"The code is longer than {MAX_CODE:,} characters. Remove pasted data, hand in again."
        )
    return Notebook(cells, metadata if isinstance(metadata, dict) else {})


def _cell(raw):
    if not isinstance(raw, dict):
        raise Unreadable("A cell of the notebook is not a JSON object. Save it again from Jupyter.")
    kind = raw.get("cell_type")
    metadata = raw.get("metadata")
    cell = {
        "cell_type": kind if kind in ("code", "markdown", "raw") else "raw",
        "source": _source(raw.get("source", "")),
        "metadata": metadata if isinstance(metadata, dict) else {},
    }
    for key, wanted in (("id", str), ("attachments", dict)):
        if isinstance(raw.get(key), wanted):
            cell[key] = raw[key]
    return cell


def _source(source):
    """One string with Unix line ends; a list of lines is joined, lone surrogates become question marks."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable("The source of a cell is not text. Save the notebook again from Jupyter.")
    source = source.encode("utf-8", "replace").decode("utf-8")
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _from_version_3(raw):
    sheets = raw.get("worksheets")
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        raise Unreadable("A notebook in format 3 without worksheets. Save it again from Jupyter.")
    lists = [sheet.get("cells") for sheet in sheets]
    if not all(isinstance(cells, list) and all(isinstance(c, dict) for c in cells) for cells in lists):
        raise Unreadable("A notebook in format 3 without cells. Save it again from Jupyter.")
    cells = [{**cell, "source": cell.get("input", cell.get("source", ""))} for part in lists for cell in part]
    return {"cells": cells, "metadata": raw.get("metadata", {})}


def _marks(metadata):
    return metadata.get("nbgrader"), metadata.get("nndl")
