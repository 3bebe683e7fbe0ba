"""Write every page that runs code as a plain notebook: _build/html/notebooks/<page>.ipynb.

The book's source is MyST, which Colab and a bare Jupyter show as raw text. While Sphinx writes the pages,
this extension writes the same pages once more, as notebooks with ordinary Markdown: code from the source,
text from the resolved page. `make notebooks` copies them to book/notebooks/.
"""

import ast
import base64
import hashlib
import mimetypes
from bisect import bisect_left
from pathlib import Path

import address
import nbformat
from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from plain_markdown import PlainMarkdown, is_skipped

INSTALL = """\
# Colab has most packages; this adds the course's own. Elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install -q "nndl @ git+{repository}"
"""
BADGE = """\
[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})

*A page of [{title}]({site}/{page}.html) as a notebook: the same text, and every cell runs.*
"""
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def is_code(node):
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def leaves(node):
    """The blocks of a page in reading order: sections and boxes around code are opened, the rest is whole."""
    for child in node.children:
        if is_skipped(child):
            continue
        if not is_code(child) and (isinstance(child, nodes.section) or any(child.findall(is_code))):
            yield from leaves(child)
        else:
            yield child


def line_of(node):
    return next((part.line for part in node.findall() if getattr(part, "line", None)), 0)


def texts_by_cell(document, starts, write):
    """Markdown of the page's blocks, by the index of the source cell: ({index: [text]}, {index: [caption]}).

    starts holds the first line of every source cell. Lines inside directives may be off, so a block never
    goes before the block that stands above it, nor past the code that stands below.
    """
    blocks = list(leaves(document))
    texts, captions, here = {}, {}, 0
    for i, block in enumerate(blocks):
        if is_code(block):
            here = block["cell_index"]
            captions[here] = list(write.captions(block))
            continue
        below = next((b["cell_index"] for b in blocks[i:] if is_code(b)), len(starts))
        guess = bisect_left(starts, line_of(block)) - 1
        here = min(max(here, guess), below)
        text = write(block)
        if text:
            texts.setdefault(here, []).append(text)
    return texts, captions


def glues(statement):
    """Whether a statement only hands a value to the prose; in a notebook the prose has it already."""
    match statement:
        case ast.ImportFrom(module="myst_nb") | ast.Expr(ast.Call(ast.Name("glue"))):
            return True
        case ast.For(body=body) | ast.If(body=body, orelse=[]):
            return all(map(glues, body))
    return False


def glued_lines(statements):
    """The lines of every glueing statement, however deep: pairs of first and last."""
    for statement in statements:
        if glues(statement):
            yield statement.lineno, statement.end_lineno
        else:
            for block in ("body", "orelse"):
                yield from glued_lines(getattr(statement, block, []))


def without_glue(source):
    """The source without its glue; IPython's own syntax (%magic) is not Python and is left alone."""
    try:
        glued = list(glued_lines(ast.parse(source).body))
    except SyntaxError:
        return source
    lines = source.split("\n")
    for first, last in reversed(glued):
        del lines[first - 1 : last]
    return "\n".join(lines).strip("\n")


def code_cell(cell, number):
    """A code cell of the source as a plain one; what the page hides is folded, not lost."""
    tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith(("hide-", "remove-", "nbval-"))]
    metadata = {"tags": tags} if tags else {}
    if {"hide-input", "hide-cell", "remove-input", "remove-cell"} & set(tags):
        metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
    return nbformat.v4.new_code_cell(without_glue(cell.source), id=f"code-{number}", metadata=metadata)


def text_cell(text, name):
    return nbformat.v4.new_markdown_cell(text, id=name)


def attach(cell, images, folder):
    """Carry the images of a text cell inside the cell."""
    for image in images:
        data = base64.b64encode((folder / image).read_bytes()).decode("ascii")
        kind = mimetypes.guess_type(image)[0] or "image/png"
        cell.setdefault("attachments", {})[Path(image).name] = {kind: data}


def page_cells(source, document, write, folder):
    """The cells of one page: its code as it stands in the source, its text as Sphinx resolved it."""
    texts, captions = texts_by_cell(document, source.metadata["source_map"], write)
    for number, cell in enumerate(source.cells):
        if cell.cell_type == "code" and without_glue(cell.source):
            yield code_cell(cell, number)
        parts = captions.get(number, []) + texts.get(number, [])
        if parts:
            made = text_cell("\n\n".join(parts), f"text-{number}")
            attach(
                made,
                [image for image in write.images if f"attachment:{Path(image).name}" in made.source],
                folder,
            )
            yield made


def figure_numbers(app, page):
    """The name of everything on a page that has a number: {id: "Fig. 3"}."""
    formats, named = app.config.numfig_format, {}
    for kind, numbers in app.env.toc_fignumbers.get(page, {}).items():
        pattern = formats.get(kind, kind.capitalize() + " %s")
        named |= {name: pattern % ".".join(map(str, number)) for name, number in numbers.items()}
    return named


def plain_notebook(app, document, page):
    """The plain notebook of a page; its metadata names the source and the source's SHA-256."""
    path = Path(app.env.doc2path(page))
    text = path.read_text("utf8")
    source = read_myst_markdown_notebook(text, add_source_map=True, path=path)
    write = PlainMarkdown(page, address.site(), address.files(), figure_numbers(app, page))
    name = address.plain_name(page)
    badge = BADGE.format(
        colab=address.colab(name), title=app.config.html_title, site=address.site(), page=page
    )
    install = INSTALL.format(repository=address.repository()).rstrip()
    cells = [
        text_cell(badge.rstrip(), "colab"),
        nbformat.v4.new_code_cell(install, id="install"),
        *page_cells(source, document, write, Path(app.srcdir)),
    ]
    origin = {"source": f"{page}.md", "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return nbformat.v4.new_notebook(cells=cells, metadata={**KERNEL, "nndl": origin})


def write_notebook(app, document, page):
    if app.builder.name != "html" or "kernelspec" not in app.env.metadata.get(page, {}):
        return
    target = Path(app.outdir) / "notebooks" / address.plain_name(page)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(nbformat.writes(plain_notebook(app, document, page)) + "\n", "utf8")


def setup(app):
    app.connect("doctree-resolved", write_notebook, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
