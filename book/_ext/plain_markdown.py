"""Turn a resolved page into plain Markdown that every notebook program shows.

Sphinx has already put in numbers, names and values; what remains is to write each node the simple way:
equations with their tags, boxes as quotations, references as text or as links into the public book.
"""

import posixpath
import re

from docutils import nodes
from sphinx.util import logging

log = logging.getLogger(__name__)

SKIPPED = (
    nodes.comment,
    nodes.Invisible,
    nodes.target,
    nodes.system_message,
    nodes.substitution_definition,
)
FOLDED = {"dropdown", "toggle"}


def is_skipped(node):
    return isinstance(node, SKIPPED) or type(node).__name__ in {"index", "toctree", "tabular_col_spec"}


def indent(text, first, rest):
    """Put `first` before the first line and `rest` before the others; empty lines stay empty."""
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((rest + line).rstrip() for line in lines[1:])])


def quote(text):
    return indent(text, "> ", "> ")


class PlainMarkdown:
    """Writes nodes of one page as Markdown.

    page is the page's name (book/chapters/01_x), site the public address of the book, files that of the
    repository's files; numbers maps the id of a figure or an exercise to its number. Images met on the way
    are collected in `images`.
    """

    def __init__(self, page, site, files, numbers):
        self.page, self.site, self.files, self.numbers = page, site, files, numbers
        self.images = []

    def __call__(self, node):
        """Markdown of one node: a block without a newline at its end, or a piece of a line."""
        if is_skipped(node):
            return ""
        for kind in type(node).__mro__:
            write = getattr(self, "write_" + kind.__name__, None)
            if write:
                return write(node)
        log.warning("%s: no plain Markdown for %s", self.page, type(node).__name__, type="plain_notebooks")
        return node.astext()

    def inline(self, node):
        return "".join(map(self, node.children))

    def blocks(self, node):
        return "\n\n".join(text for text in map(self, node.children) if text)

    # pieces of a line

    def write_Text(self, node):
        return re.sub(r"([*_`$<\[\]])", r"\\\1", node.astext())

    def write_emphasis(self, node):
        return f"*{self.inline(node)}*"

    def write_strong(self, node):
        return f"**{self.inline(node)}**"

    def write_literal(self, node):
        text = node.astext()
        fence = "``" if "`" in text else "`"
        return f"{fence}{text}{fence}"

    def write_math(self, node):
        return f"${node.astext().strip()}$"

    def write_superscript(self, node):
        return f"<sup>{self.inline(node)}</sup>"

    def write_subscript(self, node):
        return f"<sub>{self.inline(node)}</sub>"

    def write_inline(self, node):
        return self.inline(node)

    write_title_reference = write_emphasis
    write_abbreviation = write_caption = write_inline
    write_number_reference = write_inline

    def write_footnote_reference(self, node):
        return f"<sup>{node.astext()}</sup>"

    def write_reference(self, node):
        text = self.inline(node)
        address = node.get("refuri", "")
        if not node.get("internal"):
            return f"[{text}]({address})" if address else text
        page, _, label = address.partition("#")
        label = node.get("refid") or label
        here = not page
        # Equations and figures carry their numbers in this notebook; a link would leave it.
        if here and (label.startswith("equation-") or label in self.numbers):
            return text
        folder, name = posixpath.split(self.page)
        page = posixpath.normpath(posixpath.join(folder, page or f"{name}.html"))
        # Sphinx counts the entries of the bibliography; a new entry would shift every link.
        anchor = f"#{label}" if label and not re.fullmatch(r"id\d+", label) else ""
        return f"[{text}]({self.site}/{page}{anchor})"

    def write_download_reference(self, node):
        file = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), node["reftarget"]))
        return f"[{self.inline(node)}]({self.files}/{file})"

    def write_image(self, node):
        self.images.append(node["uri"])
        return f"![{node.get('alt', '')}](attachment:{posixpath.basename(node['uri'])})"

    def write_raw(self, node):
        html = node.astext() if "html" in node.get("format", "") else ""
        return "" if "<script" in html else html

    # blocks

    def write_paragraph(self, node):
        # A line of prose must not become a heading or a list.
        return re.sub(r"^(\s*\d*)([#+.-])(?=\s)", r"\1\\\2", self.inline(node), flags=re.M)

    write_compact_paragraph = write_paragraph

    def write_title(self, node):
        depth = sum(isinstance(parent, nodes.section) for parent in ancestors(node))
        return f"{'#' * max(depth, 1)} {self.inline(node)}"

    def write_rubric(self, node):
        return f"**{self.inline(node)}**"

    def write_math_block(self, node):
        tex, number = node.astext().strip(), node.get("number")
        tag = f" \\tag{{{number}}}" if number else ""
        if node.get("nowrap") or node.get("no-wrap"):
            return re.sub(r"\s*(\\end\{[a-z]+\*?\})\s*$", lambda end: f"{tag}\n{end[1]}", tex) if tag else tex
        if "\\\\" in tex and "\\begin" not in tex:
            tex = f"\\begin{{split}}\n{tex}\n\\end{{split}}"
        return f"$$\n{tex}{tag}\n$$"

    def write_literal_block(self, node):
        language = node.get("language", "")
        # The book's own default is Python.
        language = {"default": "python", "none": ""}.get(language, language)
        return f"```{language}\n{node.astext().rstrip()}\n```"

    write_doctest_block = write_literal_block

    def write_list_item(self, node, bullet="-"):
        text = self.blocks(node)
        return indent(text, f"{bullet} ", " " * (len(bullet) + 1))

    def write_bullet_list(self, node):
        return "\n".join(self.write_list_item(item) for item in node.children)

    def write_enumerated_list(self, node):
        start = node.get("start", 1)
        return "\n".join(self.write_list_item(item, f"{start + i}.") for i, item in enumerate(node.children))

    def write_definition_list(self, node):
        return "\n".join(self(item) for item in node.children)

    def write_definition_list_item(self, node):
        terms = [self.inline(child) for child in node.children if isinstance(child, nodes.term)]
        texts = [self.blocks(child) for child in node.children if isinstance(child, nodes.definition)]
        return indent(f"**{', '.join(terms)}**: " + "\n\n".join(texts), "- ", "  ")

    def write_block_quote(self, node):
        return quote(self.blocks(node))

    def write_attribution(self, node):
        return f"— {self.inline(node)}"

    def write_transition(self, node):
        return "---"

    def write_line_block(self, node):
        return "  \n".join(map(self.inline, node.children))

    def write_footnote(self, node):
        label, *rest = node.children
        return f"<sup>{label.astext()}</sup> " + "\n\n".join(map(self, rest))

    def write_container(self, node):
        return self.blocks(node)

    write_compound = write_section = write_glossary = write_container
    write_legend = write_only = write_container

    def write_figure(self, node):
        picture = [self(child) for child in node.children if not isinstance(child, nodes.caption)]
        return "\n\n".join([*picture, *self.captions(node)])

    def captions(self, node):
        """The captions of the figures in a node, with their numbers."""
        for caption in node.findall(nodes.caption):
            number = next((self.numbers[i] for i in caption.parent["ids"] if i in self.numbers), None)
            label = f"**{number}.** " if number else ""
            yield label + self.inline(caption)

    # boxes

    def write_Admonition(self, node):
        title, rest = self.box_title(node), [c for c in node.children if not isinstance(c, nodes.title)]
        body = "\n\n".join(text for text in map(self, rest) if text)
        if FOLDED & set(node.get("classes", [])):
            return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"
        return quote(f"**{title}**\n\n{body}" if title else body)

    write_topic = write_sidebar = write_Admonition

    def box_title(self, node):
        """The title of a box: its own, else the name of its kind (Note, Tip, ...)."""
        own = next((self.inline(child) for child in node.children if isinstance(child, nodes.title)), "")
        number = next((self.numbers[name] for name in node["ids"] if name in self.numbers), None)
        if number or own:
            return " ".join(part.strip() for part in (number, own) if part and part.strip())
        kind = type(node).__name__
        return "" if kind in {"admonition", "topic", "sidebar"} else kind.capitalize()

    # tables

    def write_table(self, node):
        rows = [[self.cell(entry) for entry in row.children] for row in node.findall(nodes.row)]
        head, *body = rows
        lines = [head, ["---"] * len(head), *body]
        title = [f"**{self.inline(child)}**\n\n" for child in node.children if isinstance(child, nodes.title)]
        return "".join(title) + "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def cell(self, entry):
        text = "<br>".join(text for text in map(self, entry.children) if text)
        return text.replace("|", "\\|").replace("\n", " ")


def ancestors(node):
    while node.parent is not None:
        node = node.parent
        yield node
