"""The figures: what they draw is what they were given, in colors that follow the page."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Circle
from numpy.testing import assert_allclose, assert_array_equal

from nndl import Data, Sigmoid, plots
from nndl.plots import _style

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture
def closed_figures():
    before = dict(plt.rcParams)
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.rcParams.update(before)


def bowl(v1, v2):
    return v1**2 + v2**2


def neurons(ax):
    return [patch for patch in ax.patches if isinstance(patch, Circle) and patch.radius > 0.1]


def words(ax):
    return [text.get_text() for text in ax.texts]


DRAWN = {
    "network": lambda: plots.network([3, 2, 1], names=["a", "b", "c"], outputs=["y"]),
    "weight_index": plots.weight_index,
    "half_adder": plots.half_adder,
    "curve": lambda: plots.curve(Sigmoid()),
    "step_and_sigmoid": lambda: plots.step_and_sigmoid(Sigmoid()),
    "sharpening": lambda: plots.sharpening(Sigmoid(), [1, 2, 5]),
    "epochs": lambda: plots.epochs({"one": [0.1, 0.2], "two": [[0.3, 0.4], [0.5, 0.6]]}),
    "runs": lambda: plots.runs({"median": np.linspace(0.1, 0.9, 12).reshape(3, 4)}),
    "compare": lambda: plots.compare([("guess", 0.1, None, None), ("net", 0.95, 0.01, 0.9542)]),
    "stacked": lambda: plots.stacked([0, 1, 2], {"count": [1, 2, 2], "cost": [0.3, 0.2, 0.1]}, "w"),
    "darkness": lambda: plots.darkness(Data(np.eye(4, dtype="float32"), [0, 0, 1, 1], classes=2)),
    "spread": lambda: plots.spread([1, 10, 100], [3.0, 1.0, 0.3], [3.1, 1.0, 0.3]),
    "digits": lambda: plots.digits(np.zeros((12, 28, 28)), [str(i) for i in range(12)]),
    "strip": lambda: plots.strip(np.zeros((28, 90)), [30, 60], [1, 2, 3], [0.9, 0.8, 0.7]),
    "weights": lambda: plots.weights(np.ones((3, 16)), titles=["a", "b", "c"]),
    "confusion": lambda: plots.confusion(np.arange(9).reshape(3, 3)),
    "valley": lambda: plots.valley(bowl, [(-1.5, 1.5), (-0.5, 0.5)]),
    "step_sizes": lambda: plots.step_sizes(1.0, {"small": 0.1, "diverges": 2.5}),
    "contours": lambda: plots.contours(bowl, {"descent": [(1, 1), (0, 0)]}, xlim=(-2, 2), ylim=(-2, 2)),
}


def test_every_figure_of_the_package_is_tried_here():
    assert set(DRAWN) == set(plots.__all__) - {"circuit"}  # half_adder draws by circuit


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_figure_stands_alone_on_a_transparent_ground(name):
    DRAWN[name]()
    text = _style.svg(plt.gcf())
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r'(?:href|src)="(?!#|data:)', text), "a figure must not fetch anything"
    assert 'id="patch_1"' not in text or "fill: #ffffff" not in text.split('id="patch_1"')[1][:200]


def test_the_same_figure_is_the_same_file():
    first, second = (_style.svg(plots.curve(Sigmoid()).figure) for _ in range(2))
    assert first == second


def test_words_and_lines_have_contrast_on_both_grounds():
    def luminance(color):
        parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    def contrast(one, other):
        light, dark = sorted([luminance(one), luminance(other)], reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for day, night in _style.NIGHT.items():
        assert contrast(day, "#ffffff") >= 4.5, day
        assert contrast(night, "#14171a") >= 4.5, night
    assert contrast(_style.NODE, "#ffffff") >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_drawing_leaves_the_readers_settings_alone():
    before = dict(plt.rcParams)
    plots.curve(Sigmoid())
    assert dict(plt.rcParams) == before


@pytest.mark.parametrize(("sizes", "drawn"), [([3, 1], 4), ([6, 4, 3, 1], 14), ([784, 15, 10], 7 + 7 + 10)])
def test_a_layer_of_many_neurons_is_drawn_with_an_ellipsis(sizes, drawn):
    ax = plots.network(sizes, shown=10)
    dots = [patch for patch in ax.patches if isinstance(patch, Circle) and patch.radius < 0.1]
    assert len(neurons(ax)) == drawn
    assert len(dots) == 3 * sum(size > 10 for size in sizes)


def test_every_neuron_is_connected_to_every_neuron_of_the_next_layer():
    assert len(plots.network([4, 3, 2]).lines) == 4 * 3 + 3 * 2


def test_labels_stand_where_their_weights_and_neurons_are():
    ax = plots.network([2, 1], weights=[[["$-2$", "$-3$"]]], biases=[["7"]], inputs=["a", "b"], outputs=["y"])
    height = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert height["$-2$"] > height["$-3$"], "the first weight belongs to the upper input"
    assert height["a"] > height["7"] > height["b"]
    assert "y" in words(ax)


def test_a_layer_needs_at_least_one_neuron():
    with pytest.raises(ValueError, match="a layer's size is at least 1, got 0"):
        plots.network([3, 0, 1])


def test_the_marked_weight_leads_from_neuron_4_to_neuron_2():
    ax = plots.weight_index()
    place = {tuple(np.round(patch.center, 6)) for patch in neurons(ax)}
    marked = [line for line in ax.lines if line.get_color() == _style.ORANGE]
    (line,) = marked
    start, end = line.get_xydata()
    middle = sorted((y for x, y in place if np.isclose(x, start[0])), reverse=True)
    right = sorted((y for x, y in place if np.isclose(x, end[0])), reverse=True)
    assert start[1] == middle[3]
    assert end[1] == right[1]


@pytest.mark.parametrize(("merged", "wires"), [(False, 12), (True, 11)])
def test_the_doubled_wire_of_the_half_adder_becomes_one_weight(merged, wires):
    ax = plots.half_adder(merged=merged)
    assert len(ax.lines) == wires
    assert words(ax).count("nand") == 5
    assert ("$-4$" in words(ax)) == merged


def test_a_band_spans_the_seeds_and_the_line_is_their_mean():
    values = np.array([[0.90, 0.92], [0.94, 0.95], [0.92, 0.96]])
    ax = plots.epochs({"runs": values})
    (line,) = ax.lines
    assert_allclose(line.get_xydata(), [[1, 92.0], [2, 94 + 1 / 3]])
    corners = ax.collections[0].get_paths()[0].vertices
    for epoch, low, high in ((1, 90, 94), (2, 92, 96)):
        heights = corners[np.isclose(corners[:, 0], epoch), 1]
        assert_allclose([heights.min(), heights.max()], [low, high])


def test_runs_shows_every_seed_and_their_median():
    ax = plots.runs({"median": [[0.1, 0.2], [0.3, 0.9], [0.2, 0.4]]})
    *each, middle = ax.lines
    assert_allclose([line.get_ydata() for line in each], [[10, 20], [30, 90], [20, 40]])
    assert_allclose(middle.get_ydata(), [20, 40])


def test_names_at_the_ends_of_lines_do_not_touch():
    ax = plots.epochs({"one": [0.5, 0.900], "two": [0.5, 0.901], "three": [0.5, 0.902]})
    heights = sorted(text.xy[1] for text in ax.texts)
    low, high = ax.get_ylim()
    assert (np.diff(heights) >= 0.069 * (high - low)).all()


def test_measured_and_published_values_share_a_row():
    ax = plots.compare([("first", 0.2, None, None), ("second", 0.95, 0.01, 0.9542)])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["second", "first"]
    points = {tuple(np.round(line.get_xydata()[0], 6)) for line in ax.lines if len(line.get_xdata()) == 1}
    assert {(20, 1), (95, 0), (95.42, 0)} <= points
    assert words(ax) == ["measured here", "published"]


def test_nothing_is_called_published_where_nothing_was():
    assert words(plots.compare([("first", 0.2, None, None)])) == []


def test_the_pixels_of_a_digit_are_shown_as_given(rng):
    images = rng.random((3, 28, 28))
    axes = plots.digits(images, ["a", "b", "c"], cols=2)
    shown = [ax for ax in axes.flat if ax.images]
    for ax, image, title in zip(shown, images, "abc"):
        assert_array_equal(ax.images[0].get_array(), image)
        assert ax.get_title() == title
    assert axes.shape == (2, 2)
    assert len(shown) == 3


def test_ink_is_dark_and_paper_is_light():
    paper, black = (sum(_style.ink(value)[:3]) for value in (0.0, 1.0))
    assert paper > 2.8
    assert black < 0.4


def test_weights_of_either_sign_are_equally_strong():
    ax = plots.weights([[-1.0, 0.0, 0.0, 4.0]])[0, 0]
    assert ax.images[0].get_clim() == (-4, 4)


def test_a_strip_is_cut_between_its_digits():
    ax = plots.strip(np.zeros((28, 90)), [30, 60], [1, 2, 3], [0.9, 0.8, 0.75])
    assert [line.get_xdata()[0] for line in ax.lines] == [29.5, 59.5]
    assert [text.get_position()[0] for text in ax.texts[::2]] == [15, 45, 75]
    assert words(ax) == ["1", "0.90", "2", "0.80", "3", "0.75"]


def test_only_mistakes_are_colored_in_a_confusion_matrix():
    matrix = np.array([[90, 10, 0], [5, 80, 0], [0, 0, 70]])
    ax = plots.confusion(matrix)
    color = {tuple(np.round(cell.get_center()).astype(int)): cell.get_alpha() for cell in ax.patches}
    assert color[0, 0] == color[1, 1] == color[2, 0] == 0
    assert color[1, 0] == 2 * color[0, 1] > 0, "column 1, row 0 holds twice the mistakes of column 0, row 1"
    assert words(ax) == ["90", "10", "5", "80", "70"]


def test_darkness_shows_the_mean_of_each_class():
    x = np.array([[0.0, 0.2], [0.2, 0.4], [0.6, 1.0]], dtype="float32")
    ax = plots.darkness(Data(x, [0, 0, 1], classes=2))
    dots = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert_allclose(dots, [[0, 0.2], [1, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("eta", [0.1, 0.6, 1.7, 2.5])
def test_a_step_multiplies_the_distance_to_the_minimum(eta):
    ax = plots.step_sizes(1.0, {"any": eta, "other": 1.0}, steps=5)[0]
    v = ax.lines[1].get_xdata()
    slope_route = [-1.0]
    for _ in range(5):
        slope_route.append(slope_route[-1] - eta * slope_route[-1])  # dC/dv = v
    inside = [at for at in slope_route if abs(at) <= 1.6]
    assert_allclose(v, inside[: len(v)], atol=1e-12)


@pytest.mark.slow
def test_a_notebook_shows_every_figure_as_svg():
    import nbclient
    import nbformat

    cells = ["from nndl import plots", "plots.network([3, 1]);", "plots.half_adder();"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    shown = [set(output["data"]) for cell in notebook.cells for output in cell.outputs if "data" in output]
    assert shown == [{"text/plain", "image/svg+xml"}] * 2
