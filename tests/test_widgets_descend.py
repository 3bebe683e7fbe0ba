"""Descend: the page's valley and its words against NumPy."""

import contextlib
import io

import numpy as np
import pytest
from node_kit import in_node, needs_node
from numpy.testing import assert_allclose
from traitlets import TraitError

from nndl.widgets import Descend
from nndl.widgets.descend import Valley
from nndl.widgets.descend.valley import EXAMPLES


@pytest.fixture
def page(tmp_path):
    """Evaluate an expression of m, the figure's module, and d, the data, as the page would."""
    return lambda script, d=None: in_node(tmp_path, "descend", f"const m = M; return {script};", d=d)


def states(rng, n):
    """Random states of the figure, some with momentum, some with mini-batches."""
    for i in range(n):
        yield {
            "eta": float(10 ** rng.uniform(-1.5, 0.2)), "k": float(10 ** rng.uniform(-0.5, 0.7)),
            "flat": float(10 ** rng.uniform(-1, 0.5)), "tilt": float(rng.uniform(-90, 90)),
            "mu": float(rng.choice([0.0, 0.5, 0.9])), "batch_size": int(rng.choice([1, 10, EXAMPLES])),
            "seed": i, "steps": 15, "start": rng.uniform(-2.9, 2.9, 2).tolist(),
        }  # fmt: skip


def valley_of(state):
    return Valley(state["k"], state["flat"], state["tilt"], state["seed"])


def path_of(state):
    return valley_of(state).descend(
        state["start"], state["eta"], state["steps"], state["mu"], state["batch_size"]
    )


@needs_node
def test_the_page_and_numpy_walk_the_same_path(page, rng):
    cases = list(states(rng, 12))
    runs = page("d.map((s) => { const r = m.descend(s); return [r.path, r.costs]; })", cases)
    for state, (path, costs) in zip(cases, runs):
        want = path_of(state)
        assert_allclose(path, want, rtol=1e-9, atol=1e-9)
        assert_allclose(np.array(costs, float), valley_of(state).cost(want), rtol=1e-9, atol=1e-12)


def test_the_gradient_of_the_valley_is_its_slope(rng):
    valley, v, step = Valley(3.0, 0.4, 33.0), rng.standard_normal(2), 1e-6
    slope = [(valley.cost(v + step * e) - valley.cost(v - step * e)) / (2 * step) for e in np.eye(2)]
    assert_allclose(valley.gradient(v), slope, rtol=1e-8)
    assert_allclose(np.linalg.eigvalsh(valley.a), [0.4, 3.0])


def test_mini_batch_gradients_average_to_the_full_one():
    valley, v = Valley(seed=4), np.array([0.3, -0.8])
    each = np.array([valley.gradient(v, [i]) for i in range(EXAMPLES)])
    assert_allclose(each.mean(axis=0), valley.gradient(v), atol=1e-12)


@needs_node
@pytest.mark.parametrize("m", [1, 4, 25])
def test_the_spread_that_the_page_tells_is_the_spread_of_mini_batches(page, m):
    state = {"k": 4, "flat": 0.5, "tilt": 25, "seed": 2, "batch_size": m}
    valley = Valley(4, 0.5, 25, 2)
    away = [valley.gradient(np.zeros(2), batch) for batch in valley.batches(4000, m)]
    want = np.sqrt((np.array(away) ** 2).sum(axis=1).mean())
    assert_allclose(page("m.noise(d)", state), want, rtol=0.04)


@needs_node
def test_the_factor_per_step_is_the_larger_root_of_the_recursion(page, rng):
    cases = [[float(q), 1.0, mu] for mu in (0.0, 0.3, 0.9) for q in rng.uniform(0.01, 5, 12)]
    sizes = page("d.map(([eta, k, mu]) => m.factor(eta, k, mu).size)", cases)
    for (q, _, mu), size in zip(cases, sizes):
        roots = np.linalg.eigvals([[1 + mu - q, -mu], [1, 0]])
        assert_allclose(size, np.abs(roots).max(), rtol=1e-7)


@needs_node
@pytest.mark.parametrize("mu", [0.0, 0.5])
def test_the_verdict_is_what_the_ball_does(page, mu):
    limit = 2 * (1 + mu)
    cases = [
        {"eta": q / 4, "k": 4, "flat": 3.5, "mu": mu} for q in (0.01, 0.5, 0.99 * limit, limit, 1.01 * limit)
    ]
    words = page("d.map(m.verdict)", cases)
    assert words == ["too small", "good", "overshoots", "on the edge", "diverges"]
    costs = [Valley(4, 3.5).cost(Valley(4, 3.5).descend([1, 1], c["eta"], 1500, mu)) for c in cases]
    assert [bool(c[-1] < 0.01 * c[0]) for c in costs] == [True, True, True, False, False]
    assert costs[0][100] > 0.01 * costs[0][0] > costs[1][100]
    assert costs[4][-1] > 1e6 * costs[4][0]


@needs_node
def test_the_revealed_number_of_steps_is_the_first_below_one_percent(page, rng):
    cases = [{**s, "mu": 0.5, "eta": s["eta"] / 4} for s in states(rng, 6)]
    revealed = page("d.map(m.stepsToOnePercent)", cases)
    for state, steps in zip(cases, revealed):
        costs = valley_of(state).cost(path_of({**state, "steps": 2000}))
        below = np.flatnonzero(costs <= costs[0] / 100)
        assert steps == (below[0] if len(below) else None)


@needs_node
def test_a_ball_at_the_bottom_needs_no_step(page):
    state = {"eta": 0.3, "k": 4, "flat": 1, "tilt": 0, "mu": 0, "batch_size": 100, "seed": 0, "start": [0, 0]}
    assert page("m.stepsToOnePercent(d)", state) == 0


@needs_node
def test_what_a_small_step_promises_comes_true_and_a_large_one_breaks_it(page):
    valley, v = Valley(4, 0.5, 25), np.array([-1.0, 0.5])
    script = "d.etas.map((eta) => m.promise(d.a, d.v, eta)).map((p) => [p.promised, p.actual])"
    etas = [1e-5, 0.6]
    found = page(script, {"a": valley.a.tolist(), "v": v.tolist(), "etas": etas})
    for eta, (promised, actual) in zip(etas, found):
        gradient = valley.gradient(v)
        assert_allclose(promised, -eta * gradient @ gradient)
        assert_allclose(actual, valley.cost(v - eta * gradient) - valley.cost(v), rtol=1e-6)
    assert_allclose(*found[0], rtol=1e-4)
    assert found[1][0] < 0 < found[1][1]


@needs_node
def test_descend_copied_as_python_arrives_where_the_figure_does(page, rng):
    for state in states(rng, 3):
        names = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(page("m.descendCode(d)", state), names)
        assert_allclose(names["v"], path_of(state)[-1], rtol=1e-9)


def test_descend_follows_its_traits():
    fig = Descend(eta=0.1, steps=3)
    assert_allclose(fig.path, fig.valley.descend(fig.start, 0.1, 3))
    fig.eta = 0.6
    assert "learning rate 0.6" in fig.alt and fig.valley.cost(fig.path[-1]) > fig.valley.cost(fig.path[0])


@pytest.mark.parametrize(
    ("setting", "error", "advice"),
    [
        ({"eta": 0.0}, ValueError, "eta is above 0"),
        ({"flat": -1.0}, ValueError, "flat is above 0"),
        ({"mu": 1.0}, ValueError, "At 1 nothing ever slows the ball down"),
        ({"batch_size": 101}, ValueError, "at most 100, got 101. There are 100 examples"),
        ({"batch_size": 0}, ValueError, "at least 1"),
        ({"steps": 10**9}, ValueError, "at most 2000, got 1000000000. For more use valley.descend"),
        ({"panel": "top"}, ValueError, "one of 'side', 'cost', 'promise'"),
        ({"start": [1.0]}, TraitError, "start"),
        ({"lmbda": 1.0}, TypeError, "Descend has no setting 'lmbda'; it has .*eta.*mu"),
    ],
)
def test_descend_refuses_what_it_cannot_draw(setting, error, advice):
    with pytest.raises(error, match=advice):
        Descend(**setting)
