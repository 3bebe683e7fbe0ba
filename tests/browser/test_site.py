"""The built site as files: every link leads somewhere, every button has its file, nothing is heavy."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest


class Links(HTMLParser):
    """What a page links to and loads, and the names it can be linked by."""

    def __init__(self, path):
        super().__init__()
        self.targets, self.names, self.loads = [], set(), []
        self.feed(path.read_text("utf8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.names |= {attrs[key] for key in ("id", "name") if attrs.get(key)}
        if tag == "a" and attrs.get("href"):
            self.targets.append(attrs["href"])
        if tag in {"script", "img", "source", "iframe"} and attrs.get("src"):
            self.loads.append(attrs["src"])
        if tag == "link" and attrs.get("rel") in {"stylesheet", "icon", "preload"}:
            self.loads.append(attrs["href"])


@pytest.fixture(scope="module")
def pages(site):
    return {path: Links(path) for path in sorted(site.glob("book/**/*.html"))}


def is_elsewhere(address):
    return bool(urlsplit(address).scheme or urlsplit(address).netloc)


def test_every_link_within_the_book_leads_to_a_page_and_a_place(pages, site):
    broken = []
    for path, links in pages.items():
        for target in filter(lambda address: not is_elsewhere(address), links.targets):
            parts = urlsplit(target)
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            names = pages[there].names if there in pages else None
            if not there.exists() or (parts.fragment and names is not None and parts.fragment not in names):
                broken.append(f"{path.relative_to(site)} -> {target}")
    assert broken == []


def test_everything_a_page_loads_is_in_the_site(pages):
    for path, links in pages.items():
        for address in links.loads:
            assert address.startswith("data:") or not is_elsewhere(address), f"{path.name}: {address}"
            if not address.startswith("data:"):
                assert (path.parent / unquote(urlsplit(address).path)).exists(), f"{path.name}: {address}"


def test_a_page_with_code_offers_its_plain_notebook(pages):
    offered = {
        Path(target).name
        for links in pages.values()
        for target in links.targets
        if target.startswith("../../notebooks/")
    }
    colab = {
        Path(target).name
        for links in pages.values()
        for target in links.targets
        if target.startswith("https://colab.research.google.com/")
    }
    assert offered == colab == {path.stem + ".ipynb" for path in pages if path.parent.name == "chapters"}


def test_a_figure_leaves_a_picture_where_no_script_runs(pages):
    for path in pages:
        text = path.read_text("utf8")
        assert text.count("<noscript><img") == text.count("widget-view+json"), path.name


def test_the_site_is_small(site):
    total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert total < 20_000_000, f"{total / 1e6:.0f} MB; what was copied that no page asks for?"
