"""Every moving figure answers to mouse, keyboard and touch, and says in words what it shows now."""

import re

import pytest
from conftest import SITE

FIGURES = ("nand_board", "descend", "draw_digit", "train_in_page")
# A slider of each figure whose every position changes the read-out.
SLIDERS = {"nand_board": "w1", "descend": "eta", "train_in_page": "eta"}
# A place in each figure that can be dragged, as fractions of the box: (control, from, to).
DRAGS = {
    "nand_board": ("plane", None, (0.95, 0.5)),
    "descend": ("map", None, (0.75, 0.3)),
    "draw_digit": ("page", (0.35, 0.25), (0.6, 0.8)),
}


def page_of(name):
    """The page that holds a figure: the state of a widget names its class."""
    for path in sorted(SITE.glob("book/**/*.html")):
        if f"nndl.widgets.{name}." in path.read_text("utf8"):
            return str(path.relative_to(SITE))
    pytest.fail(f"No page of the built book shows {name}.")


class Figure:
    """One figure on an opened page, and what its read-out says."""

    def __init__(self, seen, name):
        self.seen, self.page, self.name = seen, seen.page, name
        self.root = self.page.locator(f'[data-nndl="{name}"]').first
        self.root.scroll_into_view_if_needed()
        self.root.evaluate("el => el.querySelectorAll('details').forEach(d => { d.open = true; })")

    def control(self, name):
        return self.root.locator(f'[data-nndl="{self.name}.{name}"]').first

    def said(self):
        """What the read-out says once the figure has come to rest."""
        self.page.evaluate("() => new Promise(done => setTimeout(done, 150))")
        return self.control("readout").inner_text()

    def says_something_new_after(self, act):
        before = self.said()
        act()
        self.page.wait_for_function(
            "([name, before]) => document.querySelector(`[data-nndl='${name}.readout']`).innerText !== before",
            arg=[self.name, before],
        )
        assert self.seen.complaints == []

    def point(self, control, fraction):
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        return box["x"] + fraction[0] * box["width"], box["y"] + fraction[1] * box["height"]


@pytest.fixture
def figure(visit):
    return lambda name, **how: Figure(visit(page_of(name), **how), name)


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_answers_to_the_mouse(figure, name):
    fig = figure(name)
    slider = fig.control(SLIDERS[name])
    fig.says_something_new_after(lambda: fig.page.mouse.click(*fig.point(slider, (0.2, 0.5))))
    fig.says_something_new_after(lambda: fig.page.mouse.click(*fig.point(slider, (0.9, 0.5))))


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_answers_to_a_finger(figure, name):
    fig = figure(name, width=320, touch=True)
    slider = fig.control(SLIDERS[name])
    fig.says_something_new_after(lambda: fig.page.touchscreen.tap(*fig.point(slider, (0.2, 0.5))))
    fig.says_something_new_after(lambda: fig.page.touchscreen.tap(*fig.point(slider, (0.9, 0.5))))


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_answers_to_the_keyboard(figure, name):
    fig = figure(name)
    fig.control(SLIDERS[name]).focus()
    fig.says_something_new_after(lambda: [fig.page.keyboard.press("ArrowLeft") for _ in range(10)])


@pytest.mark.parametrize("name", FIGURES)
def test_every_slider_moves_by_the_keyboard(figure, name):
    fig = figure(name)
    for slider in fig.root.locator('input[type="range"]').all():
        if not slider.is_visible() or not slider.is_enabled():
            continue
        before, top = slider.input_value(), slider.get_attribute("max")
        slider.focus()
        fig.page.keyboard.press("ArrowLeft" if before == top else "ArrowRight")
        assert slider.input_value() != before, slider.get_attribute("data-nndl")
    assert fig.seen.complaints == []


@pytest.mark.parametrize("name", DRAGS)
def test_what_can_be_dragged_answers_to_the_mouse(figure, name):
    fig = figure(name)
    control, start, end = DRAGS[name]
    target = fig.control(control)

    def drag():
        fig.page.mouse.move(*where_to_grab(fig, target, start))
        fig.page.mouse.down()
        fig.page.mouse.move(*fig.point(target, end), steps=12)
        fig.page.mouse.up()

    fig.says_something_new_after(drag)


@pytest.mark.parametrize("name", DRAGS)
def test_what_can_be_dragged_answers_to_a_finger(figure, name):
    fig = figure(name, width=320, touch=True)
    control, start, end = DRAGS[name]
    target = fig.control(control)
    x, y = where_to_grab(fig, target, start)
    to_x, to_y = fig.point(target, end)
    session = fig.seen.context.new_cdp_session(fig.page)

    def touch(kind, points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe():
        touch("touchStart", [{"x": x, "y": y}])
        for i in range(1, 13):
            touch("touchMove", [{"x": x + (to_x - x) * i / 12, "y": y + (to_y - y) * i / 12}])
        touch("touchEnd", [])

    scrolled = fig.page.evaluate("scrollY")
    fig.says_something_new_after(swipe)
    assert fig.page.evaluate("scrollY") == scrolled, "The page scrolled under the finger."


def where_to_grab(fig, target, start):
    """The middle of the handle, where there is one to grab; else a place of the drawing."""
    if start is not None:
        return fig.point(target, start)
    target.scroll_into_view_if_needed()
    return fig.point(target.locator(":scope > g:last-child > *").first, (0.5, 0.5))


def test_a_network_trains_in_the_page_to_the_end(figure):
    fig = figure("train_in_page")
    fig.control("epochs").evaluate(
        "el => { el.value = el.min; el.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    at_rest = (
        "name => !document.querySelector(`[data-nndl='${name}.readout']`).innerText.startsWith('Epoch ')"
    )
    for _ in range(2):  # once by itself, because a slider moved; once because we ask for it
        fig.said()  # gives the slider's run the time to begin
        fig.page.wait_for_function(at_rest, arg=fig.name, timeout=60_000)
        accuracies = [float(text) for text in re.findall(r"([\d.]+)\s?%", fig.said())]
        assert 20 < max(accuracies) <= 100, "Ten digits: guessing reads 10 %."
        fig.control("run").click()
    assert fig.seen.complaints == []


def test_a_figure_keeps_its_state_while_the_theme_changes(figure):
    fig = figure("descend")
    fig.control("eta").focus()
    fig.says_something_new_after(lambda: [fig.page.keyboard.press("ArrowLeft") for _ in range(10)])
    said = fig.said()
    fig.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert fig.said() == said
