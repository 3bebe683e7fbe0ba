"""The book's settings, its one address, and what its sources must not contain."""

import gzip
import re
import subprocess

import pytest
import yaml
from book_kit import CHAPTERS, ROOT, load

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))


@pytest.fixture(scope="module")
def address():
    return load(ROOT / "book" / "_ext" / "address.py")


# Settings


def test_every_asset_of_the_pages_is_local():
    text = (ROOT / "_config.yml").read_text("utf8")
    assert "cdn" not in text and "unpkg" not in text
    config = CONFIG["sphinx"]["config"]
    assert config["mathjax_path"] == "mathjax/tex-chtml.js"
    assert list(config["nb_ipywidgets_js"]) == ["afm-host.js"]
    for extension, folder in CONFIG["sphinx"]["local_extensions"].items():
        assert (ROOT / folder / f"{extension}.py").exists()


def test_every_page_of_the_contents_exists():
    contents = (ROOT / "_toc.yml").read_text("utf8")
    pages = re.findall(r"(?:file|root): (\S+)", contents)
    assert "book/intro" in pages and "book/appendix/coverage" in pages
    for page in pages:
        assert (ROOT / f"{page}.md").exists(), page
    listed = set(pages) | {
        str(path.relative_to(ROOT).with_suffix(""))
        for pattern in re.findall(r"glob: (\S+)", contents)
        for path in ROOT.glob(f"{pattern}.md")
    }
    assert {str(path.relative_to(ROOT).with_suffix("")) for path in CHAPTERS} <= listed


# The address


def test_the_address_stands_in_one_place(address):
    """Whatever file names the repository names the one of pyproject.toml."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    owner, name = address.slug().split("/")
    patterns = [
        rf"(?:github\.com|colab\.research\.google\.com/github|raw\.githubusercontent\.com)/([\w.-]+)/{name}\b",
        rf"([\w-]+)\.github\.io/{name}\b",
    ]
    for file in filter(None, files.stdout.split("\0")):
        path = ROOT / file
        if path.suffix in {".gz", ".npz", ".png"} or not path.exists() or "tests" in path.parts:
            continue
        text = path.read_text("utf8", errors="replace")
        for pattern in patterns:
            owners = {found.lower() for found in re.findall(pattern, text)}
            assert owners <= {owner.lower()}, f"{file} names another owner: {owners}."


def test_one_command_moves_the_address_everywhere(tmp_path, address):
    tool = load(ROOT / "tools" / "address.py")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    old, new = "https://github.com/someone/course", "https://github.com/Else-Where/lessons"
    text = '%pip install "nndl @ git+{0}"\n[page]({1}/book/intro.html) github.com/someone/courses-of-others\n'
    (tmp_path / "page.md").write_text(text.format(old, "https://someone.github.io/course"))
    (tmp_path / "other.md").write_text("nothing to see")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    assert tool.move(old, new, tmp_path) == ["page.md"]
    moved = text.format(new, "https://else-where.github.io/lessons")
    assert (tmp_path / "page.md").read_text() == moved


def test_a_wrong_address_is_answered_with_the_right_form(tmp_path, address):
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nRepository = "https://example.org/nndl"\n')
    with pytest.raises(
        ValueError, match=r"must be https://github\.com/OWNER/NAME, got 'https://example\.org/nndl'"
    ):
        address.repository(tmp_path)


def test_buttons_point_at_the_plain_notebooks(address):
    buttons = [
        {"url": "https://colab.research.google.com/github/x/y/blob/main/book/chapters/01_a.md"},
        {"url": "../../_sources/book/chapters/01_a.ipynb", "label": "download-notebook-button"},
        {"url": "../../_sources/book/chapters/01_a.md", "label": "download-source-button"},
    ]
    context = {"header_buttons": [{"buttons": buttons}], "pathto": lambda page, kind: f"../../{page}"}
    address.point_buttons_at_notebooks(None, "book/chapters/01_a", None, context, None)
    assert buttons[0]["url"] == address.colab("01_a.ipynb")
    assert f"{address.slug()}/blob/main/book/notebooks/01_a.ipynb" in buttons[0]["url"]
    assert buttons[1]["url"] == "../../notebooks/01_a.ipynb"
    assert buttons[2]["url"].endswith("01_a.md")


# What sources must not contain


def prose(text):
    """The lines of a chapter that a reader reads as text, with their numbers: no code, no equations."""
    text = re.sub(
        r"^---\n.*?^---\n", lambda found: "\n" * found[0].count("\n"), text, count=1, flags=re.S | re.M
    )
    blank = lambda found: "\n" * found[0].count("\n")  # noqa: E731
    text = re.sub(r"^```\{code-cell\}.*?^```$", blank, text, flags=re.S | re.M)
    text = re.sub(r"\$\$.*?\$\$", blank, text, flags=re.S)
    text = re.sub(r"\{glue[^}]*\}`[^`]*`", "", text)
    return enumerate(text.split("\n"), start=1)


MEASURED = re.compile(
    r"\d+[.,]\d+ ?(?:\\?%|percent|per cent)"  # 95.42 %
    r"|\b\d[,.]\d{3} (?:of|out of) (?:the )?10[,.]000"  # 9,542 of 10,000
    r"|\b\d+(?:\.\d+)? (?:ms|milliseconds)\b"
)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda path: path.name)
def test_no_measured_number_is_typed_by_hand(page):
    """A line that cites its source may quote the source's number; ours come from records and cells."""
    typed = [
        f"{number}: {line.strip()}"
        for number, line in prose(page.read_text("utf8"))
        if MEASURED.search(line) and "{cite" not in line
    ]
    assert typed == [], "Take these numbers from a record or a cell, with glue."


@pytest.mark.parametrize("line", ["It reads 95.42 % of them.", "9,542 of the 10,000", "in 12 ms"])
def test_the_search_for_typed_numbers_finds_them(line):
    assert MEASURED.search(line)


def test_the_search_for_typed_numbers_skips_code_and_equations():
    text = "---\na: 95.1 %\n---\n```{code-cell} python3\nx = '95.1 %'\n```\n$$ 95.1 \\% $$\n{glue:text}`a 95.1 %`\n"
    assert not any(MEASURED.search(line) for _, line in prose(text))


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda path: path.name)
def test_every_picture_of_a_chapter_has_words(page):
    """A cell that draws a captioned figure carries alt text."""
    for cell in re.findall(r"^```\{code-cell\}.*?^```$", page.read_text("utf8"), flags=re.S | re.M):
        if "caption:" in cell:
            assert re.search(r"\balt: *\S", cell), cell.split("\n")[4]


# The moving figures


def test_every_figure_weighs_at_most_60_kilobytes():
    from nndl.widgets._base import esm

    folders = sorted(path.parent.name for path in (ROOT / "nndl" / "widgets").glob("*/widget.js"))
    assert {"descend", "nand_board", "train_in_page", "draw_digit"} <= set(folders)
    for name in folders:
        weight = len(gzip.compress(esm(name).encode()))
        assert weight <= 60_000, f"{name}: {weight} bytes, gzipped."


def test_no_figure_asks_for_anything_from_elsewhere():
    from nndl.widgets._base import css, esm

    for path in (ROOT / "nndl" / "widgets").glob("*/widget.js"):
        name = path.parent.name
        assert not re.search(r"^\s*import\b|\bimport\(", esm(name), re.M), f"{name} imports."
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", esm(name) + css(name)))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name
