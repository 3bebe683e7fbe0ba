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
        where = nodes.paragraph()
        for i, place in enumerate(claim["where"].split()):
            where += [nodes.Text(", ")] * bool(i) + [self.place(place)]
        # Titles may hold TeX between dollars; the rest is plain text.
        title = nodes.paragraph()
        for i, part in enumerate(re.split(r"\$([^$]+)\$", claim["title"])):
            title += nodes.math(part, part) if i % 2 else nodes.Text(part)
        return nodes.paragraph("", claim["id"]), title, where

    def place(self, place):
        """A page's label becomes a link in the book, a test or notebook a link to the repository."""
        file, _, label = place.partition("#")
        if file.startswith("book/") and file.endswith(".md"):
            page = file.removesuffix(".md")
            here = self.env.docname
            target = (
                self.env.app.builder.get_relative_uri(here, page)
                if self.env.app.builder.format == "html"
                else ""
            )
            anchor = f"equation-{label}" if label.startswith("eq-") else label
            return nodes.reference("", label or file, refuri=f"{target}#{anchor}", internal=True)
        file = re.split(r"::|#", place)[0]
        if "/" in file:
            uri = f"{address.files()}/{file}"
            return nodes.reference("", "", nodes.literal(place, re.sub(r"^tests/", "", place)), refuri=uri)
        return nodes.literal(place, place.replace(":", "."))


def setup(app):
    app.add_directive("coverage", Coverage)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
