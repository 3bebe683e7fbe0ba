"""The directive `coverage`: book/coverage.csv as a table, every claim a link where there is something to open."""

import csv
import re
from pathlib import Path

import address
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

KINDS = {"S": "Systems", "N": "Numbers", "Q": "Equations", "X": "Exercises"}
HEADINGS = ("Id", "What", "Where")


def read_claims(path):
    """The rows of coverage.csv: dicts with id, kind, title, where."""
    with path.open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


class Coverage(SphinxDirective):
    """One table for one kind of id: S, N, Q or X."""

    required_arguments = 1

    def run(self):
        path = Path(self.env.srcdir) / "book" / "coverage.csv"
        self.env.note_dependency(str(path))
        claims = [claim for claim in read_claims(path) if claim["kind"] == self.arguments[0]]
        body = [self.row(self.cells(claim)) for claim in claims]
        head = self.row([nodes.paragraph("", heading) for heading in HEADINGS])
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (10, 45, 45)), cols=3)
        group += [nodes.thead("", head), nodes.tbody("", *body)]
        return [nodes.table("", group, classes=["coverage"])]

    def row(self, cells):
        return nodes.row("", *(nodes.entry("", cell) for cell in cells))

    def cells(self, claim):
        where = nodes.line_block(
            "", *(nodes.line("", "", self.place(place)) for place in claim["where"].split())
        )
        # Titles may hold TeX between dollars; the rest is plain text.
        title = nodes.paragraph()
        for i, part in enumerate(re.split(r"\$([^$]+)\$", claim["title"])):
            title += nodes.math(part, part) if i % 2 else nodes.Text(part)
        return nodes.paragraph("", claim["id"]), title, where

    def place(self, place):
        """A page's label becomes a link in the book; a test, record or exercise a link into the repository."""
        file, _, label = place.partition("#")
        if file.startswith("book/"):
            return self.label(file.removesuffix(".md"), label)
        if ":" in place and "/" not in place:
            return nodes.literal(place, place.replace(":", "."))
        file, _, test = file.partition("::")
        name = Path(file).stem
        text = test.removeprefix("test_").replace("_", " ") or (
            f"{label} in {name}" if label else f"record {name}"
        )
        return nodes.reference("", text, refuri=f"{address.files()}/{file}")

    def label(self, page, label):
        builder = self.env.app.builder
        target = builder.get_relative_uri(self.env.docname, page) if builder.format == "html" else ""
        anchor = f"equation-{label}" if label.startswith("eq-") else label
        return nodes.reference("", label, refuri=f"{target}#{anchor}", internal=True)


def setup(app):
    app.add_directive("coverage", Coverage)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
