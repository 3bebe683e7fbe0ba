"""The directive `records`: every experiment's record as one line of a table, published beside measured."""

import json
from pathlib import Path

import address
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FOLDER = "nndl/experiments/results"
HEADINGS = ("Experiment", "Published", "Measured", "95 % interval", "Seeds", "Time")
NO_BREAK = "\u00a0"
WIDTHS = (28, 12, 12, 20, 8, 10)


def read_records(folder):
    """The records of a folder, in order of name; their fields are described in nndl/experiments/_record.py."""
    return [json.loads(path.read_text("utf8")) for path in sorted(folder.glob("*.json"))]


def as_number(value, unit):
    """Shares and accuracies as percentages, everything else with three digits; a dash where there is none."""
    if value is None:
        return "–"
    if "accuracy" in unit or "share" in unit:
        return f"{value:.2%}".replace("%", f"{NO_BREAK}%")
    return f"{value:.3g}".replace("-", "−")


def as_time(seconds):
    return f"{seconds:.0f}{NO_BREAK}s" if seconds < 120 else f"{seconds / 60:.0f}{NO_BREAK}min"


def line(record):
    """What the table says of one record, in the order of HEADINGS without the first."""
    unit, interval = record["unit"], record["interval"]
    between = " to ".join(as_number(end, unit) for end in interval) if interval else "–"
    seeds = str(len(record["seeds"])) if record["seeds"] else "none needed"
    # Some published results are curves; they are told in the chapter.
    published = record["published"] if isinstance(record["published"], int | float) else None
    published, measured = as_number(published, unit), as_number(record["mean"], unit)
    return [published, measured, between, seeds, as_time(record["seconds"])]


class Records(SphinxDirective):
    """One table of all records."""

    def run(self):
        folder = Path(self.env.srcdir) / FOLDER
        records = read_records(folder)
        for record in records:
            self.env.note_dependency(str(folder / f"{record['experiment']}.json"))
        rows = [self.row(self.experiment(record), line(record)) for record in records]
        head = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in HEADINGS))
        columns = [nodes.colspec(colwidth=width) for width in WIDTHS]
        group = nodes.tgroup("", *columns, nodes.thead("", head), nodes.tbody("", *rows), cols=len(WIDTHS))
        return [nodes.table("", group, classes=["records"])]

    def experiment(self, record):
        """The experiment's name, a link to its record, and what was counted."""
        name = record["experiment"]
        uri = f"{address.files()}/{FOLDER}/{name}.json"
        link = nodes.reference("", "", nodes.literal(name, name), refuri=uri)
        return nodes.paragraph("", "", link, nodes.Text(f" {record['unit']}"))

    def row(self, first, texts):
        cells = [first, *(nodes.paragraph("", text) for text in texts)]
        return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def setup(app):
    app.add_directive("records", Records)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
