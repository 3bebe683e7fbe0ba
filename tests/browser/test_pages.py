"""Every page of the built book stands on its own: from a file, without a network, wide or narrow, by day or night.

On each of them axe-core, the common checker of accessibility, finds nothing to object to.
"""

import importlib.util
from pathlib import Path

import pytest
from conftest import ROOT, SITE
from visits import Visit

PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.glob("book/**/*.html")) or ["book/intro.html"]
SCREENS = [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
VISITS = [(page, width, theme) for page in PAGES for width, theme in SCREENS]
CHAPTER = next((page for page in PAGES if "chapters" in page), PAGES[0])
SCREENSHOTS = ROOT / "screenshots"

# Formulas that MathJax has not set, or could not read.
UNSET = "[...document.querySelectorAll('.bd-article .math')].filter(e => !e.querySelector('mjx-container')).length"
# Pictures that did not load, and pictures that say nothing to those who do not see them.
UNSEEN = (
    "[...document.images].filter(i => i.checkVisibility() && i.complete && !i.naturalWidth).map(i => i.src)"
)
UNTOLD = "[...document.querySelectorAll('.bd-article img')].filter(i => !i.alt.trim()).map(i => i.src)"
# Elements that push the page wider than its window.
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('.bd-article *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`).slice(0, 12)"""


@pytest.fixture(scope="module", params=VISITS, ids=lambda visit: "-".join(map(str, visit)))
def seen(request, browser, site):
    """One page on one screen, with everything unfolded."""
    page, width, theme = request.param
    one = Visit(browser, site, page, width=width, theme=theme)
    one.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    one.name = f"{Path(page).stem}-{width}-{theme}"
    one.theme = theme
    yield one
    one.close()


def test_a_page_is_whole(seen):
    ask = seen.page.evaluate
    assert ask(UNSET) == 0, "MathJax left formulas unset."
    assert seen.count("mjx-merror") == 0
    assert ask(UNSEEN) == []
    assert ask(UNTOLD) == []
    figures = ask("[...document.querySelectorAll('.afm-view')].map(e => e.dataset.afm)")
    assert set(figures) <= {"ok"}, "A figure needs a kernel, or failed."
    assert ask(TOO_WIDE) == [], "The page scrolls sideways."
    assert ask("document.documentElement.dataset.theme") == seen.theme
    assert seen.complaints == []
    SCREENSHOTS.mkdir(exist_ok=True)
    seen.page.screenshot(path=SCREENSHOTS / f"{seen.name}.png", full_page=True)


def violations(page):
    """What axe-core objects to: (rule, what to do, where)."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None:
        pytest.skip("axe-core comes with axe-playwright-python: pip install axe-playwright-python.")
    page.evaluate((Path(spec.origin).parent / "axe.min.js").read_text("utf8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [
        (rule["id"], rule["help"], [node["target"] for node in rule["nodes"]][:5])
        for rule in found["violations"]
    ]


def test_axe_has_no_objection(seen):
    assert violations(seen.page) == []


def test_axe_objects_to_a_bad_page(visit):
    seen = visit("book/intro.html")
    seen.page.evaluate("document.querySelector('.bd-article').insertAdjacentHTML('beforeend', '<img src=x>')")
    assert "image-alt" in {rule for rule, _, _ in violations(seen.page)}


def test_every_figure_of_a_page_is_drawn(visit, site):
    wanted = {page: (site / page).read_text("utf8").count("widget-view+json") for page in PAGES}
    assert sum(wanted.values()) >= 4, "Chapter 1 has four moving figures."
    for page, count in wanted.items():
        if count:
            assert visit(page).count('.afm-view[data-afm="ok"]') == count, page


def test_the_theme_switch_changes_the_page(visit):
    seen = visit("book/intro.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = seen.page.evaluate(ground)
    seen.page.locator("button.theme-switch-button").locator("visible=true").first.click()
    seen.page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    seen.page.wait_for_function(f"before => {ground} !== before", arg=before)


def test_printing_leaves_the_text_and_drops_the_rest(visit):
    seen = visit(CHAPTER)
    seen.page.emulate_media(media="print")
    assert seen.page.locator("h1").locator("visible=true").count() == 1
    assert seen.page.locator(".bd-article p").first.is_visible()
    for gone in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-area"):
        assert not seen.page.locator(gone).first.is_visible(), gone


def test_wide_formulas_and_code_scroll_in_their_own_box(visit):
    """On a phone the page is as wide as the window; what is wider can be scrolled, by keyboard as well."""
    boxes = []
    for page in PAGES:
        if "chapters" in page:
            boxes += visit(page, width=320).page.evaluate("""() =>
              [...document.querySelectorAll('.bd-article :is(pre, mjx-container[display=true])')]
              .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
              .map(e => [getComputedStyle(e).overflowX, e.closest('[tabindex]') !== null])""")
    assert boxes, "Nothing is wider than a phone: the test looks at the wrong place."
    assert all(box == ["auto", True] for box in boxes), boxes
