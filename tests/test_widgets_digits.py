"""Draw a digit: the JavaScript of the page against NumPy, nndl's centering and nndl's forward pass."""

import base64
import contextlib
import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from node_kit import in_node, needs_node
from numpy.testing import assert_allclose, assert_array_equal

import nndl
from nndl import CrossEntropy, Dense, LogLikelihood, Network, SoftmaxLayer
from nndl.datasets import center, load_digits
from nndl.widgets import DrawDigit
from nndl.widgets._base import esm
from nndl.widgets.draw_digit import START
from nndl.widgets.draw_digit.drawing import ink_page, shrink_page
from nndl.widgets.draw_digit.weights import as_network, pack_net, shipped


@pytest.fixture(scope="module")
def net(digits):
    net = Network([Dense(784, 12), Dense(12, 10)], cost=CrossEntropy(), seed=1)
    net.fit(digits[0], 5, batch_size=10, eta=0.5, progress=False)
    return net


@pytest.fixture
def figure(net, digits):
    return DrawDigit(net, samples=digits[2])


def drawings(rng, n, samples):
    """Random drawings of every kind of step, some of them symmetric, some partly off the page."""
    found = []
    for i in range(n):
        points = (
            rng.uniform(2, 26, (rng.integers(1, 6), 2))
            if i % 4
            else np.array([[9, 5], [9, 21], [19, 21], [19, 5.0]])
        )
        steps = [
            {
                "kind": "stroke",
                "width": round(rng.uniform(1, 4), 1),
                "points": points.round(2).ravel().tolist(),
            }
        ]
        if i % 5 == 0:
            steps = [{"kind": "sample", "index": int(rng.integers(samples))}, *steps]
        if i % 3 == 0:
            steps += [
                {"kind": "cell", "row": int(r), "col": int(c), "ink": int(r) % 2}
                for r, c in rng.integers(0, 28, (4, 2))
            ]
        if i % 2 == 0:
            steps.append({"kind": "move", "dx": int(rng.integers(-7, 8)), "dy": int(rng.integers(-7, 8))})
            steps.append({"kind": "stroke", "width": 2.0, "points": [14, 14, 15.5, 14]})
        found.append(steps)
    return found


@needs_node
def test_the_page_and_its_centering_equal_python(figure, rng, tmp_path):
    samples = np.frombuffer(figure.samples, np.uint8).reshape(-1, 784)
    steps = drawings(rng, 200, len(samples))
    body = """
        const bytes = Uint8Array.from(Buffer.from(samples, "base64"));
        return steps.map((each) => {
          const ink = M.inkPage(each, bytes);
          return { seen: [...M.shrinkPage(ink)], centered: [...M.centerImage(ink, M.PAGE, M.PAGE)] };
        });
    """
    got = in_node(
        tmp_path, "draw_digit", body, steps=steps, samples=base64.b64encode(figure.samples).decode()
    )
    for each, found in zip(steps, got):
        ink = ink_page(each, samples)
        assert_allclose(found["seen"], shrink_page(ink).ravel(), atol=1e-5)
        assert_allclose(found["centered"], center(ink).ravel(), atol=1e-3)


@needs_node
def test_the_centering_of_images_equals_python(digits, tmp_path):
    images = digits[1].images[:150]
    corners = [np.pad(image[::2, ::2], ((i % 9, 22 - i % 9), (3, 19))) for i, image in enumerate(images)]
    body = "return corners.map((page) => [...M.centerImage(page.flat(), page.length, page[0].length)]);"
    got = in_node(tmp_path, "draw_digit", body, corners=[np.float64(page).tolist() for page in corners])
    for page, found in zip(corners, got):
        assert_allclose(found, center(page).ravel(), atol=1e-3)


def nets():
    yield Network([Dense(784, 30), Dense(30, 10)], seed=2)
    yield Network([Dense(784, 7, nndl.Tanh()), SoftmaxLayer(7, 10)], cost=LogLikelihood(), seed=3)
    yield Network([Dense(784, 9, nndl.ReLU()), Dense(9, 10, nndl.Linear())], seed=4)


@needs_node
@pytest.mark.parametrize("net", [*nets(), None], ids=["sigmoid", "softmax", "relu and linear", "shipped"])
def test_the_forward_pass_equals_numpy(net, digits, tmp_path):
    packed = shipped() if net is None else pack_net(net)
    x = digits[2].x[:50]
    body = """
        const view = new DataView(Uint8Array.from(Buffer.from(content, "base64")).buffer);
        const net = M.readNet(view, layout);
        return x.map((image) => M.feedforward(net, image).map(({ a }) => [...a]));
    """
    content = base64.b64encode(packed.content).decode()
    got = in_node(tmp_path, "draw_digit", body, content=content, layout=packed.layout, x=x.tolist())
    _, hidden, output = (net or as_network(packed)).activations(x)
    assert_allclose([found[0] for found in got], hidden, atol=1e-5)
    assert_allclose([found[1] for found in got], output, atol=1e-5)


@needs_node
def test_a_shift_of_the_image_is_numpys_roll_over_an_empty_border(tmp_path, rng):
    image = np.pad(rng.random((16, 16)), 6)
    body = "return [[2, -3], [-6, 6], [0, 0]].map(([dx, dy]) => [...M.shiftImage(image, dx, dy)]);"
    got = in_node(tmp_path, "draw_digit", body, image=image.ravel().tolist())
    for found, (dx, dy) in zip(got, [(2, -3), (-6, 6), (0, 0)]):
        assert_array_equal(np.reshape(found, (28, 28)), np.roll(image, (dy, dx), axis=(0, 1)))


@needs_node
def test_of_equal_outputs_the_smaller_digit_wins(tmp_path):
    assert in_node(tmp_path, "draw_digit", "return M.ranking([0.1, 0.7, 0.2, 0.7]);") == [1, 3, 2, 0]


@needs_node
def test_undo_reaches_one_page_back_and_no_further(tmp_path):
    body = """
        const kinds = ["stroke", "clear", "cell", "sample", "move"];
        const steps = kinds.reduce((all, kind) => M.withStep(all, { kind }), []);
        return steps.map((step) => step.kind);
    """
    assert in_node(tmp_path, "draw_digit", body) == ["clear", "cell", "sample", "move"]


@needs_node
def test_a_drawing_travels_in_an_address_and_nothing_else_does(figure, tmp_path, rng):
    steps = [*START, *(step for drawing in drawings(rng, 6, 10) for step in drawing), {"kind": "clear"}]
    broken = ["q1", "s2,3", "s0,1,1", "m1", "m0.5,1", "c1,2,3", "i13", "i-1", "m1,nan", "m1,1e9", "x1", "~"]
    body = """
        return { back: M.stepsOfText(M.textOfSteps(steps), 13), none: M.stepsOfText("", 13),
          broken: broken.map((said) => M.stepsOfText(said, 13) ?? null) };
    """
    got = in_node(tmp_path, "draw_digit", body, steps=steps, broken=broken)
    assert got == {"back": steps, "none": [], "broken": [None] * len(broken)}


@needs_node
def test_the_copied_program_reads_the_same_image(tmp_path, rng):
    image = np.round(255 * rng.random(784)) / 255
    program = in_node(tmp_path, "draw_digit", "return M.programOf(image);", image=image.tolist())
    names = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(program, names)
    assert_allclose(names["image"].ravel(), image, atol=1e-12)
    assert out.getvalue().startswith(str(DrawDigit().net.predict(image)))


def test_moving_a_drawing_changes_what_is_seen_only_without_centering(figure):
    centered = figure.image
    figure.steps = [*figure.steps, {"kind": "move", "dx": -5, "dy": 4}]
    assert_allclose(figure.image, centered, atol=1e-6)
    figure.centered = False
    assert_array_equal(figure.image, np.roll(shrink_page(ink_page(START, None)), (4, -5), axis=(0, 1)))


def test_a_centered_digit_stays_where_it_is(digits):
    for image in digits[2].images[:20]:
        assert_allclose(center(center(image)), center(image), atol=1e-6)


def test_a_move_off_the_page_and_back_loses_nothing():
    there, back = {"kind": "move", "dx": 40, "dy": 0}, {"kind": "move", "dx": -40, "dy": 0}
    assert not ink_page([*START, there], None).any()
    assert_array_equal(ink_page([*START, there, back], None), ink_page(START, None))


def test_the_figure_starts_with_a_3_that_only_centering_saves():
    figure = DrawDigit(samples=load_digits()[2])
    assert figure.digit == 3
    assert "reads it as 3" in figure.alt
    figure.centered = False
    assert figure.digit != 3 or figure.output.max() < 0.5


def test_the_samples_are_one_of_each_and_some_that_the_net_misreads(figure, digits):
    x = np.frombuffer(figure.samples, np.uint8).reshape(-1, 784) / 255
    assert figure.sample_labels[:10] == list(range(10))
    reads = figure.net.predict(x[10:])
    assert len(x) == len(figure.sample_labels) and (reads != figure.sample_labels[10:]).all()


def test_an_empty_page_has_no_verdict(figure):
    figure.steps = []
    assert figure.digit is None and not figure.image.any()
    assert "empty page" in figure.alt.lower()


def test_print_shows_a_picture_and_words(figure):
    data, metadata = figure._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == figure.alt


@pytest.mark.parametrize(
    ("steps", "advice"),
    [
        ([{"kind": "scribble"}], "is one of 'stroke'"),
        ([{"kind": "move", "dx": 1}], "needs dy"),
        ([{"kind": "stroke", "width": 2, "points": [1, 2, 3]}], "in pairs"),
        ([{"kind": "sample", "index": 99}], "Choose one of these"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(figure, steps, advice):
    with pytest.raises(ValueError, match=advice):
        figure.steps = steps


def test_a_network_that_does_not_fit_is_refused(net, digits):
    with pytest.raises(TypeError, match="Train one first"):
        DrawDigit("my network", samples=digits[2])
    with pytest.raises(ValueError, match=r"Train Network\(\[Dense\(784, 30\), Dense\(30, 10\)\]\)"):
        DrawDigit(Network([Dense(784, 10)]), samples=digits[2])
    broken = Network([Dense(784, 3), Dense(3, 10)])
    broken.layers[0].w[0, 0] = np.nan
    with pytest.raises(ValueError, match="smaller eta"):
        DrawDigit(broken, samples=digits[2])


def test_samples_and_brush_that_do_not_fit_are_refused(net, figure):
    with pytest.raises(ValueError, match="Leave it out"):
        DrawDigit(net, samples=[1, 2])
    with pytest.raises(ValueError, match="try 2.4"):
        figure.brush = 0.0


def test_the_module_is_small_and_the_weights_are_too(figure):
    assert len(gzip.compress(esm("draw_digit").encode())) < 60_000
    path = Path(nndl.__file__).parent / "widgets/draw_digit/weights.npz"
    assert path.stat().st_size < 200_000
