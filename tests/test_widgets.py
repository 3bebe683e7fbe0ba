"""The moving figures: what all of them share, against Python."""

import base64
import gzip
import re
import subprocess
import sys

import numpy as np
import pytest
from node_kit import in_node, needs_node
from numpy.testing import assert_allclose

from nndl import widgets
from nndl.widgets import Descend, NandBoard
from nndl.widgets._base import css, esm
from nndl.widgets._chance import Chance

FIGURES = sorted(widgets._HOMES.values())


@pytest.fixture
def page(tmp_path):
    """Evaluate an expression of m, the figure's module, and d, the data, as the page would."""
    return lambda script, d=None: in_node(tmp_path, "descend", f"const m = M; return {script};", d=d)


# ---- every figure


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_one_small_module_without_imports(figure):
    module = esm(figure)
    assert not re.search(r"^\s*import\b|\bimport\(|https?://(?!www\.w3\.org)", module, re.M)
    assert len(gzip.compress((module + css(figure)).encode())) < 60_000


@needs_node
@pytest.mark.parametrize("figure", FIGURES)
def test_a_figures_files_share_one_scope_and_offer_render(figure, tmp_path):
    assert in_node(tmp_path, figure, "return typeof M.default.render;") == "function"


@pytest.mark.parametrize("figure", FIGURES)
def test_every_rule_of_a_style_sheet_stays_inside_its_figure(figure):
    rules = re.sub(r"/\*.*?\*/", "", css(figure), flags=re.S)
    selectors = [s for s in re.findall(r"([^{}]+)\{", rules) if not s.strip().startswith("@")]
    inside = re.compile(rf"\.nndl-fig\b|\.nndl-{figure}\b")
    outside = [s.strip() for s in selectors if not all(inside.search(one) for one in parts(s))]
    assert outside == []


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figures_own_rules_outweigh_the_shared_ones_of_a_later_figure(figure):
    own = css(figure).removeprefix(css("nowhere"))
    assert own and not re.search(rf"(?<!\.nndl-fig)\.nndl-{figure}\b", own)


def parts(selector):
    """Split a list of selectors at its commas, but not inside :is(…)."""
    return re.split(r",(?![^(]*\))", selector)


def test_the_package_of_figures_imports_nothing_until_asked():
    program = "import sys, nndl.widgets; print('anywidget' in sys.modules, 'numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


def test_an_unknown_figure_is_answered_with_the_known_ones():
    with pytest.raises(AttributeError, match="has no figure 'Ascend'; it has Descend, DrawDigit"):
        _ = widgets.Ascend


@pytest.mark.parametrize("figure", [Descend(), NandBoard(), NandBoard(view="board", challenge="half adder")])
def test_where_nothing_moves_there_is_a_picture_and_a_sentence(figure):
    data, metadata = figure._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == figure.alt
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == figure.model_id


# ---- numbers


@needs_node
@pytest.mark.parametrize("seed", [0, 1, 4294967295])
def test_the_page_and_python_draw_the_same_chance(page, seed):
    draw = """(() => { const r = m.generator(d);
        return [[r.uniform(), r.uniform()], [r.normal(), r.normal(), r.normal()], r.integer(10), r.permutation(9)]; })()"""
    uniform, normal, integer, permutation = page(draw, seed)
    chance = Chance(seed)
    assert uniform == [chance.uniform(), chance.uniform()]
    assert_allclose(normal, [chance.normal() for _ in range(3)], rtol=1e-14)
    assert (integer, permutation) == (chance.integer(10), chance.permutation(9))


def test_chance_is_uniform_normal_and_permutes():
    chance = Chance(3)
    uniform = np.array([chance.uniform() for _ in range(20_000)])
    normal = np.array([chance.normal() for _ in range(20_000)])
    assert_allclose([uniform.mean(), uniform.var()], [1 / 2, 1 / 12], atol=0.01)
    assert_allclose([normal.mean(), normal.var(), (normal**4).mean()], [0, 1, 3], atol=0.15)
    assert sorted(chance.permutation(50)) == list(range(50))


@needs_node
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.1 + 0.2, "0.3"),
        (-2.5, "−2.5"),
        (123456, "123000"),
        (1.234e7, "1.23 × 10⁷"),
        (-1e-6, "−10⁻⁶"),
    ],
)
def test_numbers_are_written_for_people(page, value, words):
    assert page("m.format(d)", value) == words


@needs_node
@pytest.mark.parametrize(("lo", "hi"), [(0, 1), (-3, 3), (0, 92.5), (0.001, 0.0017), (-1e6, 2e6)])
def test_ticks_are_round_even_and_inside(page, lo, hi):
    found = np.array(page("m.ticks(d, 5)", [lo, hi]))
    assert 3 <= len(found) <= 8 and lo <= found[0] and found[-1] <= hi
    assert_allclose(np.diff(found), found[1] - found[0], rtol=1e-6)


@needs_node
def test_an_address_is_read_back_as_it_was_written(page):
    both = "m.readHash(m.writeHash(m.writeHash('#sec-one', 'a', d), 'b', {x: 2}), 'a')"
    assert page(both, {"eta": 0.3, "wires": "x1>g1.a"}) == {"eta": "0.3", "wires": "x1>g1.a"}


@needs_node
@pytest.mark.parametrize("hash", ["", "#", "#sec-one", "#a", "#a:", "#b:eta=1", "#%E0%A4%A", "#a:eta"])
def test_an_address_without_this_figures_state_says_nothing(page, hash):
    assert page("m.readHash(d, 'a')", hash) == {}


@needs_node
@pytest.mark.parametrize(
    ("reader", "said", "value"),
    [
        ("within(0.01, 10)", "0.3", 0.3),
        ("within(0.01, 10)", "1e9", 10),
        ("within(0.01, 10)", "much", None),
        ("within(0.01, 10)", "", None),
        ("wholeWithin(0, 100)", "7.4", 7),
        ("oneOf('step', 'sigmoid')", "sigmoid", "sigmoid"),
        ("oneOf('step', 'sigmoid')", "<b>", None),
    ],
)
def test_an_address_that_anybody_wrote_cannot_leave_the_range(page, reader, said, value):
    assert page(f"m.{reader}(d) ?? null", said) == value
