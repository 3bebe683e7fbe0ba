"""Every page of the built book stands on its own: from a file, without a network, on a screen or a phone."""

from pathlib import Path

import pytest
from conftest import ROOT, SITE

PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.glob("book/**/*.html")) or ["book/intro.html"]
SCREENS = [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
SCREENSHOTS = ROOT / "screenshots"

# Formulas that MathJax has not set, or could not read.
UNSET = "[...document.querySelectorAll('.bd-article .math')].filter(e => !e.querySelector('mjx-container')).length"
# Pictures that did not load, and pictures that say nothing to those who do not see them.
UNSEEN = (
    "[...document.images].filter(i => i.checkVisibility() && i.complete && !i.naturalWidth).map(i => i.src)"
)
UNTOLD = "[...document.querySelectorAll('.bd-article img')].filter(i => !i.alt.trim()).map(i => i.src)"
# The elements that push the page wider than its window, innermost last.
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => `${e.tagName}.${e.className}`).slice(0, 12)"""


@pytest.mark.parametrize(("width", "theme"), SCREENS, ids=lambda value: str(value))
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole(visit, page, width, theme):
    seen = visit(page, width=width, theme=theme)
    seen.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert seen.page.evaluate(UNSET) == 0, "MathJax left formulas unset."
    assert seen.count("mjx-merror, .MathJax_Error") == 0
    assert seen.page.evaluate(UNSEEN) == []
    assert seen.page.evaluate(UNTOLD) == []
    figures = seen.page.evaluate("[...document.querySelectorAll('.afm-view')].map(e => e.dataset.afm)")
    assert set(figures) <= {"ok"}, "A figure needs a kernel or failed."
    assert seen.page.evaluate(TOO_WIDE) == [], "The page scrolls sideways."
    assert seen.page.evaluate("document.documentElement.dataset.theme") == theme
    assert seen.complaints == []
    SCREENSHOTS.mkdir(exist_ok=True)
    name = f"{Path(page).stem}-{width}-{theme}.png"
    seen.page.screenshot(path=SCREENSHOTS / name, full_page=True)


def test_a_page_with_figures_draws_each_of_them(visit, site):
    drawn = 0
    for page in PAGES:
        wanted = (site / page).read_text("utf8").count("widget-view+json")
        if wanted:
            assert visit(page).count('.afm-view[data-afm="ok"]') == wanted, page
            drawn += wanted
    assert drawn >= 4, "Chapter 1 has four moving figures."


def test_the_theme_switch_changes_the_page(visit):
    seen = visit("book/intro.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = seen.page.evaluate(ground)
    seen.page.locator("button.theme-switch-button").locator("visible=true").first.click()
    for _ in range(2):  # auto, light, dark, in this order
        if seen.page.evaluate(ground) != before:
            break
        seen.page.locator("button.theme-switch-button").locator("visible=true").first.click()
    assert seen.page.evaluate(ground) != before
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_printing_leaves_the_text_and_drops_the_rest(visit):
    seen = visit(next(page for page in PAGES if "chapters" in page))
    seen.page.emulate_media(media="print")
    assert seen.page.locator(".bd-article h1").first.is_visible()
    for gone in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-area"):
        assert not seen.page.locator(gone).first.is_visible(), gone
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") in {
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    }


def test_wide_formulas_and_code_scroll_in_their_own_box(visit):
    """On a phone the page is as wide as the window; what is wider can be scrolled, by keyboard as well."""
    seen = visit(next(page for page in PAGES if "chapters" in page), width=320)
    reachable = """() => [...document.querySelectorAll('.bd-article :is(pre, mjx-container[display=true])')]
      .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
      .map(e => [getComputedStyle(e).overflowX, e.closest('[tabindex]') !== null])"""
    boxes = seen.page.evaluate(reachable)
    assert boxes, "Nothing on this page is wider than a phone: the test looks at the wrong place."
    assert all(box == ["auto", True] for box in boxes), boxes
