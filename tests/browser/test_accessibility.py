"""axe-core finds nothing to complain about on any page, figures included, light and dark, wide and narrow."""

from pathlib import Path

import pytest
from test_pages import PAGES, SCREENS

axe = pytest.importorskip(
    "axe_playwright_python",
    reason="axe-core comes with axe-playwright-python: pip install axe-playwright-python.",
)
AXE = (Path(axe.__file__).parent / "axe.min.js").read_text("utf8")


def violations(page):
    """What axe-core objects to: a list of (rule, what to do, where)."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations'], preload: false})")[
        "violations"
    ]
    return [(rule["id"], rule["help"], [node["target"] for node in rule["nodes"]][:5]) for rule in found]


@pytest.mark.parametrize(("width", "theme"), SCREENS, ids=lambda value: str(value))
@pytest.mark.parametrize("page", PAGES)
def test_axe_has_no_objection(visit, page, width, theme):
    seen = visit(page, width=width, theme=theme)
    seen.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert violations(seen.page) == []


def test_axe_objects_to_a_bad_page(visit):
    seen = visit("book/intro.html")
    seen.page.evaluate(
        "() => document.querySelector('.bd-article').insertAdjacentHTML('beforeend', '<img src=x>')"
    )
    assert "image-alt" in {rule for rule, _, _ in violations(seen.page)}
