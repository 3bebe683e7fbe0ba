"""The plain notebooks of the chapters, and the tools that make them and the book."""

import hashlib
import json
import os
import re

import pytest
from book_kit import CHAPTERS, ROOT, load
from docutils import nodes

NOTEBOOKS = sorted((ROOT / "book" / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def address():
    return load(ROOT / "book" / "_ext" / "address.py")


# The plain notebooks


def text_of(cell):
    return "".join(cell["source"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_plain_notebook_shows_no_raw_myst(path):
    raw = [
        r"^```\{|^:::+\s*\{?",  # a directive
        r"\{[a-z]+(?::[a-z]+)*\}`",  # a role
        r"^\([\w-]+\)=",  # a label
        r"\$\$ ?\((?:eq-)",  # a label of an equation
        r"^% |^\+\+\+",  # a comment, a break
        r"from myst_nb",
    ]
    for cell in json.loads(path.read_text("utf8"))["cells"]:
        for pattern in raw:
            found = re.search(pattern, text_of(cell), re.M)
            assert not found, f"{cell['id']}: {found and found[0]!r}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_plain_notebook_installs_the_package_in_colab_and_stores_no_output(path, address):
    notebook = json.loads(path.read_text("utf8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert f"nndl @ git+{address.repository()}" in text_of(code[0])
    assert '"google.colab" in sys.modules' in text_of(code[0])
    assert address.colab(path.name) in text_of(notebook["cells"][0])
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


def test_every_page_with_code_has_its_plain_notebook():
    """And it was made from the page as it is now: the SHA-256 of the source is in the notebook."""
    with_code = [path for path in CHAPTERS if "kernelspec:" in path.read_text("utf8")]
    assert [path.stem for path in NOTEBOOKS] == [path.stem for path in with_code]
    for page, notebook in zip(with_code, NOTEBOOKS, strict=True):
        origin = json.loads(notebook.read_text("utf8"))["metadata"]["nndl"]
        assert origin["source"] == f"book/chapters/{page.name}"
        assert origin["sha256"] == hashlib.sha256(page.read_bytes()).hexdigest(), (
            f"{page.name} has changed. Run `make notebooks`."
        )


def test_drift_is_found_and_numbers_may_differ(tmp_path):
    tool = load(ROOT / "tools" / "notebooks.py")

    def write(folder, name, text, code="x = 1"):
        cells = [
            {"id": "a", "cell_type": "markdown", "source": text},
            {"id": "b", "cell_type": "code", "source": code},
        ]
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(json.dumps({"metadata": {}, "cells": cells}))

    built, kept = tmp_path / "built", tmp_path / "kept"
    write("built", "same.ipynb", "It reads 95.1 % of 1,797.")
    write("kept", "same.ipynb", "It reads 96.02 % of 1,797.")
    assert tool.drifted(built, kept) == []
    write("built", "text.ipynb", "one thing")
    write("kept", "text.ipynb", "another thing")
    write("built", "code.ipynb", "same", code="x = 1")
    write("kept", "code.ipynb", "same", code="x = 2")
    write("built", "new.ipynb", "new")
    write("kept", "old.ipynb", "old")
    assert tool.drifted(built, kept) == ["code.ipynb", "new.ipynb", "old.ipynb", "text.ipynb"]
    tool.copy(built, kept)
    assert tool.drifted(built, kept) == []


# The tools


def test_a_change_of_the_package_forgets_the_outputs_of_cells(tmp_path):
    tool = load(ROOT / "tools" / "book.py")
    (tmp_path / "nndl").mkdir()
    module = tmp_path / "nndl" / "network.py"
    module.write_text("a = 1\n")
    outputs = tmp_path / "_build" / ".jupyter_cache"
    tool.prepare(tmp_path)
    outputs.mkdir()
    tool.prepare(tmp_path)
    assert outputs.exists(), "Nothing changed, so the outputs stay."
    module.write_text("a = 2\n")
    tool.prepare(tmp_path)
    assert not outputs.exists()


def test_a_book_is_fresh_until_a_source_is_newer(tmp_path):
    tool = load(ROOT / "tools" / "book.py")
    (tmp_path / "book" / "chapters").mkdir(parents=True)
    page = tmp_path / "book" / "chapters" / "01_a.md"
    page.write_text("# A\n")
    assert not tool.is_fresh(tmp_path), "Nothing is built."
    tool.prepare(tmp_path)
    start = tmp_path / "_build" / "html" / "book" / "intro.html"
    start.parent.mkdir(parents=True)
    start.write_text("")
    assert not tool.is_fresh(tmp_path), "The build has not finished."
    (tmp_path / "_build" / ".finished").touch()
    assert tool.is_fresh(tmp_path)
    page.write_text("# B\n")
    finished = (tmp_path / "_build" / ".finished").stat().st_mtime
    os.utime(page, (finished + 1, finished + 1))
    assert not tool.is_fresh(tmp_path)


# The Markdown


@pytest.fixture(scope="module")
def write():
    """A writer of plain Markdown for the page book/chapters/01_a."""
    markdown = load(ROOT / "book" / "_ext" / "plain_markdown.py")
    numbers = {"fig-valley": "Fig. 2"}
    return markdown.PlainMarkdown("book/chapters/01_a", "https://book", "https://files", numbers)


def test_equations_carry_their_numbers(write):
    assert write(nodes.math_block("", "a = b", number=7)) == "$$\na = b \\tag{7}\n$$"
    assert "\\begin{split}\na \\\\ b\n\\end{split}" in write(nodes.math_block("", "a \\\\ b", number=None))
    aligned = nodes.math_block("", "\\begin{align}\na &= b\n\\end{align}", nowrap=True, number=3)
    assert write(aligned) == "\\begin{align}\na &= b \\tag{3}\n\\end{align}"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"refid": "equation-eq-sgd", "internal": True}, "there"),
        ({"refid": "fig-valley", "internal": True}, "there"),
        (
            {"refid": "sec-descent", "internal": True},
            "[there](https://book/book/chapters/01_a.html#sec-descent)",
        ),
        (
            {"refuri": "01_b.html#sec-x", "internal": True},
            "[there](https://book/book/chapters/01_b.html#sec-x)",
        ),
        ({"refuri": "../notation.html", "internal": True}, "[there](https://book/book/notation.html)"),
        ({"refuri": "../r.html#id7", "internal": True}, "[there](https://book/book/r.html)"),
        ({"refuri": "https://example.org/a"}, "[there](https://example.org/a)"),
    ],
)
def test_references_become_text_here_and_links_elsewhere(write, options, wanted):
    assert write(nodes.reference("", "there", **options)) == wanted


def test_what_markdown_would_take_for_markup_is_escaped(write):
    text = nodes.paragraph("", "", nodes.Text("a_b costs $5, x[0] * 2\n# no heading\n1. no list"))
    assert write(text) == "a\\_b costs \\$5, x\\[0\\] \\* 2\n\\# no heading\n1\\. no list"


def test_boxes_become_quotations_and_folded_ones_details(write):
    tip = nodes.tip("", nodes.paragraph("", "Try it."))
    assert write(tip) == "> **Tip**\n>\n> Try it."
    tip["classes"] = ["dropdown"]
    assert write(tip) == "<details>\n<summary>Tip</summary>\n\nTry it.\n\n</details>"


def test_lists_and_tables_keep_their_shape(write):
    items = [nodes.list_item("", nodes.paragraph("", word)) for word in ("one", "two")]
    assert write(nodes.enumerated_list("", *items, start=3)) == "3. one\n4. two"
    row = nodes.row(
        "", nodes.entry("", nodes.paragraph("", "a|b")), nodes.entry("", nodes.paragraph("", "c"))
    )
    table = nodes.table("", nodes.tgroup("", nodes.thead("", row), nodes.tbody("", row.deepcopy())))
    assert write(table) == "| a\\|b | c |\n| --- | --- |\n| a\\|b | c |"


def test_glue_is_cut_out_of_cells_and_magics_are_left_alone():
    notebooks = load(ROOT / "book" / "_ext" / "plain_notebooks.py")
    source = "from myst_nb import glue\n\nfor name in names:\n    value = f(name)\n    glue(name, value)\nglue('b', 1)"
    assert notebooks.without_glue(source) == "for name in names:\n    value = f(name)"
    assert notebooks.without_glue("for n in names:\n    glue(n, 1)") == ""
    assert notebooks.without_glue("%matplotlib inline\nglue('a', 1)").startswith("%matplotlib")
