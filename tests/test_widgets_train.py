"""Train in the page: its backpropagation against nndl's, and its verdicts on real runs."""

import copy
import gzip

import numpy as np
import pytest
from node_kit import in_node, needs_node
from numpy.testing import assert_allclose, assert_array_equal

from nndl import CrossEntropy, Dense, Large, Network, Quadratic
from nndl.widgets import TrainInPage
from nndl.widgets._base import esm
from nndl.widgets.train_in_page.digits import packed_digits, small_digits

COSTS = {"quadratic": Quadratic, "cross_entropy": CrossEntropy}


def settings(**changed):
    return {
        "eta": 3.0, "lmbda": 0.0, "mu": 0.0, "batch_size": 10, "hidden": 30, "epochs": 30, "seeds": 3, "seed": 0,
        "cost": "quadratic", "start": "large", "classes": 10, **changed,
    }  # fmt: skip


def page_digits():
    pixels, labels = packed_digits()
    return {"pixels": pixels.ravel().tolist(), "labels": labels.tolist()}


RUN = """
    const train = M.unpackDigits(pixels.slice(0, 400 * 64), labels.slice(0, 400));
    const heldOut = M.unpackDigits(pixels.slice(400 * 64), labels.slice(400));
    const finish = (settings) => {
      const run = M.startRun(settings, train, heldOut);
      while (!run.done) M.advanceRun(run);
      return run;
    };
"""


@needs_node
@pytest.mark.parametrize("hidden", [0, 7])
@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize(
    ("eta", "lmbda", "mu", "batch_size"),
    # Long steps of online learning blow up the last bits of a sum, in whichever language: hence the small eta there.
    [(0.3, 0.0, 0.0, 10), (0.3, 5.0, 0.0, 7), (0.3, 0.5, 0.9, 400), (0.05, 0.0, 0.5, 1)],
)
def test_epochs_in_the_page_equal_those_of_nndl(hidden, cost, eta, lmbda, mu, batch_size, tmp_path):
    train, held_out = small_digits()
    layers = [Dense(64, hidden), Dense(hidden, 10)] if hidden else [Dense(64, 10)]
    net = Network(layers, COSTS[cost](), seed=5, dtype="float64", initializer=Large())
    chance = copy.deepcopy(net._rng)
    orders = [chance.permutation(len(train)).tolist() for _ in range(2)]
    w, b = ([p.ravel().tolist() for p in group] for group in net.parameters)
    chosen = settings(eta=eta, lmbda=lmbda, mu=mu, batch_size=batch_size, hidden=hidden, cost=cost)
    body = """
        const train = M.unpackDigits(pixels.slice(0, 400 * 64), labels.slice(0, 400));
        const heldOut = M.unpackDigits(pixels.slice(400 * 64), labels.slice(400));
        const zeros = (group) => group.map((p) => new Float64Array(p.length));
        const net = { sizes, w: w.map((p) => Float64Array.from(p)), b: b.map((p) => Float64Array.from(p)), vw: zeros(w), vb: zeros(b) };
        for (const order of orders) M.trainEpoch(net, train, order, chosen);
        const seen = [train, heldOut].map((data) => M.evaluateNet(net, data, chosen, 400));
        return { w: net.w.map((p) => [...p]), b: net.b.map((p) => [...p]), seen };
    """
    got = in_node(
        tmp_path,
        "train_in_page",
        body,
        **page_digits(),
        sizes=net.sizes,
        w=w,
        b=b,
        orders=orders,
        chosen=chosen,
    )
    net.fit(train, 2, batch_size=batch_size, eta=eta, lmbda=lmbda, mu=mu, progress=False)
    for name, group in zip("wb", net.parameters):
        for found, want in zip(got[name], group):
            assert_allclose(found, want.ravel(), rtol=0, atol=1e-10)
    for found, data in zip(got["seen"], (train, held_out)):
        assert_allclose([found["cost"], found["accuracy"]], net.evaluate(data, lmbda=lmbda), rtol=1e-10)


@needs_node
def test_slope_and_missed_digits_are_what_numpy_counts(tmp_path):
    train, _ = small_digits()
    net = Network([Dense(64, 10)], seed=3, dtype="float64", initializer=Large())
    w, b = (group[0].ravel().tolist() for group in net.parameters)
    body = """
        const train = M.unpackDigits(pixels.slice(0, 400 * 64), labels.slice(0, 400));
        return M.evaluateNet({ sizes: [64, 10], w: [w], b: [b] }, train, { cost: "quadratic", lmbda: 0 }, 400);
    """
    got = in_node(tmp_path, "train_in_page", body, **page_digits(), w=w, b=b)
    a = net.feedforward(train.x)
    recall = [np.mean(a[train.y == digit].argmax(axis=1) == digit) for digit in range(10)]
    assert_allclose(got["slope"], (a * (1 - a)).mean(), rtol=1e-12)
    assert got["missed"] == sum(share < 0.25 for share in recall)


@needs_node
def test_first_weights_are_normal_and_a_seed_repeats_its_run(tmp_path):
    body = (
        RUN
        + """
        const draw = (start) => [...M.makeNet([100, 100], M.generator(1).normal, start).w[0]];
        return { large: draw("large"), small: draw("default"), runs: [finish(settings), finish(settings)].map((run) => run.seeds) };
    """
    )
    got = in_node(tmp_path, "train_in_page", body, **page_digits(), settings=settings(epochs=2, seeds=2))
    assert_allclose([np.mean(got["large"]), np.std(got["large"])], [0, 1], atol=0.03)
    assert_allclose(np.array(got["small"]) * 10, got["large"], rtol=1e-12)
    assert got["runs"][0] == got["runs"][1]
    assert got["runs"][0][0] != got["runs"][0][1]


@needs_node
@pytest.mark.parametrize(
    ("kind", "word", "changed"),
    [
        ("healthy", "overfitting", {"cost": "cross_entropy", "eta": 0.5}),
        ("slow", "Raise η", {"eta": 0.01}),
        ("slow", "Raise η", {"eta": 0.1}),
        ("dead", "saturated", {"eta": 30.0}),
        ("dead", "λ/n outweighs", {"lmbda": 20.0}),
        ("oscillating", "Lower η", {"cost": "cross_entropy", "eta": 3.0, "lmbda": 5.0}),
        ("stuck", "hardly ever recognized", {"seeds": 1, "seed": 1}),
        ("stuck", "Add neurons", {"hidden": 2, "epochs": 150}),
        ("diverged", "1 − ηλ/n", {"eta": 10.0, "lmbda": 100.0}),
        ("early", "Too early", {"epochs": 3}),
    ],
)
def test_a_verdict_names_what_happened_and_why(kind, word, changed, tmp_path):
    body = RUN + "const run = finish(settings); return M.verdictOf(M.medianRun(run), run.settings);"
    got = in_node(tmp_path, "train_in_page", body, **page_digits(), settings=settings(**changed))
    assert got["kind"] == kind
    assert word in got["text"]


@needs_node
def test_a_run_that_diverges_rests_and_ends(tmp_path):
    body = RUN + "return finish(settings).seeds.map((curves) => curves.training_cost);"
    got = in_node(tmp_path, "train_in_page", body, **page_digits(), settings=settings(eta=100.0, lmbda=100.0))
    assert all(len(costs) < 31 and costs[-1] is None for costs in got)


@needs_node
def test_medians_axes_and_words_are_right(tmp_path):
    body = """
        const lmbda = M.zeroLog(0.01);
        const values = [0, 0.01, 0.1, 1, 5, 100];
        return {
          medians: [M.medianOf([3, 1, 2]), M.medianOf([4, 1, 2, 3]), M.medianCurve([[1, 5], [3], [2]])],
          back: values.map((v) => lmbda.value(lmbda.position(v))),
          ticks: [M.logTicks(0.02, 1.5), M.logTicks(1e-4, 2e3), M.logTicks(0.044, 0.058)],
          said: M.differenceOf({ eta: 3, cost: "cross_entropy", hidden: 30 }, { eta: 1, cost: "quadratic", hidden: 30 }),
        };
    """
    got = in_node(tmp_path, "train_in_page", body)
    assert got["medians"] == [2, 2.5, [2, 5]]
    assert_allclose(got["back"], [0, 0.01, 0.1, 1, 5, 100])
    assert got["ticks"] == [[0.03, 0.1, 0.3, 1], [1e-4, 1e-2, 1, 100], [0.045, 0.05, 0.055]]
    assert got["said"] == "η = 3, cost cross-entropy"


@needs_node
def test_the_copied_program_trains_the_same_kind_of_network(tmp_path, capsys):
    page = {"name": "page", "inputs": 64, "classes": 10}
    chosen = settings(hidden=5, epochs=2, lmbda=1.0, cost="cross_entropy", start="default")
    names = {}
    exec(
        in_node(tmp_path, "train_in_page", "return M.programOf(chosen, page);", chosen=chosen, page=page),
        names,
    )
    net, history = names["net"], names["history"]
    assert net.sizes == [64, 5, 10] and isinstance(net.cost, CrossEntropy) and history.epochs == 2
    assert capsys.readouterr().out.strip() == f"{net.accuracy(names['held_out']):.1%}"


def test_the_small_digits_are_stratified_and_do_not_overlap():
    train, held_out = small_digits()
    assert_array_equal(np.bincount(train.y), np.full(10, 40))
    assert_array_equal(np.bincount(held_out.y), np.full(10, 20))
    assert not {x.tobytes() for x in train.x} & {x.tobytes() for x in held_out.x}
    pixels, labels = packed_digits()
    assert_array_equal(np.concatenate([train.x, held_out.x]) * 16, pixels)
    assert_array_equal(np.concatenate([train.y, held_out.y]), labels)


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("eta", 0.0, "try 3.0"),
        ("mu", 1.5, "between 0 and 1"),
        ("batch_size", 0, "at least 1"),
        ("cost", "hinge", "one of 'quadratic'"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(name, value, advice):
    with pytest.raises(ValueError, match=advice):
        TrainInPage(**{name: value})


def test_data_that_does_not_fit_is_refused(digits):
    with pytest.raises(TypeError, match=r"validation is Data, got None"):
        TrainInPage(digits[0])
    with pytest.raises(ValueError, match="Cut both from one set"):
        TrainInPage(digits[0], small_digits()[1])


def test_print_shows_curves_and_words():
    figure = TrainInPage(epochs=2)
    data, metadata = figure._repr_mimebundle_()
    assert data["text/plain"] == metadata["image/png"]["alt"] == figure.alt
    assert "30 hidden neurons" in figure.alt
    assert [len(line.get_xdata()) for ax in figure.picture().axes for line in ax.lines] == [2, 2, 2, 2]


def test_the_module_is_small():
    assert len(gzip.compress(esm("train_in_page").encode())) < 60_000
