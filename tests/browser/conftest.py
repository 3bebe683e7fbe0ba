"""A browser without a network, opened on the built book."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Browser tests need playwright: make setup.")

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def find_chromium():
    """The program named by NNDL_CHROMIUM, else the first Chromium or Chrome on the path, else None."""
    named = os.environ.get("NNDL_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def book_tool():
    spec = importlib.util.spec_from_file_location("book_tool", ROOT / "tools" / "book.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def site():
    """The folder of the built pages; it must not be older than what it is built from."""
    if not book_tool().is_fresh(ROOT):
        pytest.skip("The built book is missing or older than its sources. Run `make book`.")
    return SITE


@pytest.fixture(scope="module")
def browser():
    # Not for the whole session: while Playwright runs, other tests cannot run event loops of their own.
    program = find_chromium()
    if program is None:
        pytest.skip("No Chromium found. Install one (apt-get install chromium) or set NNDL_CHROMIUM.")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, site):
    """visit(page, width=…, theme=…, touch=…): a Visit of that page, closed after the test."""
    from visits import Visit

    opened = []

    def open_page(page, **how):
        opened.append(Visit(browser, site, page, **how))
        return opened[-1]

    yield open_page
    for one in opened:
        one.close()
