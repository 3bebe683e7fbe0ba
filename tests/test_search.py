"""Searches on surfaces whose best point is known, and on small trainings; none of them can see test data."""

import inspect
import math
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from nndl import CrossEntropy, Data, Dense, History, Network, NoImprovement, search
from nndl.search import HeldOut, LogUniform, Uniform

SPACE = {"a": Uniform(0, 1), "b": LogUniform(0.01, 100)}


def hill(a, b):
    """A surface with its top, 1, at a = 0.3, b = 2."""
    return math.exp(-8 * (a - 0.3) ** 2 - 0.5 * math.log10(b / 2) ** 2)


@pytest.fixture(scope="module")
def parts():
    """Training and validation data of three kinds."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 120)
    data = Data(rng.random((120, 5)) + np.eye(3, 5)[y], y, classes=3)
    return data[:80], data[80:]


def small(hidden=4, seed=0):
    return Network([Dense(5, hidden), Dense(hidden, 3)], cost=CrossEntropy(), seed=seed)


# Ranges ----------------------------------------------------------------------------------------------------------


@given(st.floats(0, 1))
def test_ranges_go_from_low_to_high(u):
    assert Uniform(2, 4).at(u) == pytest.approx(2 + 2 * u)
    assert math.log10(LogUniform(0.01, 100).at(u)) == pytest.approx(-2 + 4 * u, abs=1e-9)
    assert Uniform(1, 3, integer=True).at(u) in (1, 2, 3)


def test_draws_of_a_logarithmic_range_spread_over_its_decades(rng):
    drawn = [LogUniform(1e-3, 1e3).draw(rng) for _ in range(600)]
    counts = np.histogram(np.log10(drawn), bins=6, range=(-3, 3))[0]
    assert counts.sum() == 600
    assert_allclose(counts, 100, atol=40)  # 4 standard deviations


def test_whole_numbers_are_equally_likely(rng):
    drawn = [Uniform(1, 4, integer=True).draw(rng) for _ in range(400)]
    assert all(isinstance(value, int) for value in drawn)
    assert_allclose(np.bincount(drawn, minlength=5), [0, 100, 100, 100, 100], atol=40)


def test_a_range_gives_the_axis_of_a_grid():
    assert_allclose(LogUniform(0.01, 100).values(5), [0.01, 0.1, 1, 10, 100])
    assert Uniform(0, 1).values(3) == [0, 0.5, 1]
    assert LogUniform(1, 4, integer=True).values(9) == [1, 2, 3, 4]


# Grid and random search ------------------------------------------------------------------------------------------


def test_a_grid_tries_every_combination_once():
    result = search.grid(hill, {"a": [0.1, 0.3, 0.5], "b": (0.2, 2, 20, 2)})
    assert [t.settings for t in result] == [{"a": a, "b": b} for a in (0.1, 0.3, 0.5) for b in (0.2, 2, 20)]
    assert result.settings == {"a": 0.3, "b": 2}
    assert result.best.score == 1.0
    scores = [t.score for t in result.sorted()]
    assert scores == sorted(scores, reverse=True)
    assert len(str(result).splitlines()) == 1 + len(result) == 10
    assert str(result).splitlines()[1].split()[:3] == ["0.3", "2", "1.0000"]


def test_two_settings_make_a_picture():
    rows, cols, scores = search.grid(hill, {"a": [0.5, 0.1], "b": [2, 0.2, 20]}).matrix("a", "b")
    assert (rows, cols) == ([0.1, 0.5], [0.2, 2, 20])
    assert_allclose(scores, [[hill(a, b) for b in cols] for a in rows])


def test_random_search_depends_on_its_seed_alone():
    a, b, c = (search.random(hill, SPACE, 8, seed=seed) for seed in (1, 1, 2))
    assert [t.settings for t in a] == [t.settings for t in b] != [t.settings for t in c]
    longer = search.random(hill, SPACE, 12, seed=1)
    assert [t.settings for t in longer][:8] == [t.settings for t in a]
    assert all(0 <= t.settings["a"] <= 1 and 0.01 <= t.settings["b"] <= 100 for t in longer)
    assert len({t.settings["a"] for t in longer}) == 12  # where a grid of 12 tries three or four
    assert search.random(hill, {"a": [0.3], "b": [1, 2]}, 3).best.score > 0.9


def test_a_failure_is_the_worst_and_of_equals_the_first_is_best():
    scores = {0.0: math.nan, 1.0: 0.5, 2.0: 0.5, 3.0: -math.inf}
    result = search.grid(lambda a: scores[a], {"a": list(scores)})
    assert [t.settings["a"] for t in result.sorted()][:2] == [1.0, 2.0]
    assert math.isnan(result.sorted()[-1].score) or math.isnan(result.sorted()[-2].score)


def test_an_exception_says_which_trial_it_was():
    with pytest.raises(ZeroDivisionError) as caught:
        search.grid(lambda a: 1 / a, {"a": [1, 0]})
    assert caught.value.__notes__ == ["This was the trial with a=0."]


@pytest.mark.slow
def test_two_processes_find_what_one_finds(parts):
    objective = HeldOut(small, *parts, epochs=3)
    space = {"eta": [0.1, 1.0], "hidden": [3, 5]}
    one, two = (search.grid(objective, space, jobs=jobs) for jobs in (1, 2))
    assert [(t.settings, t.score) for t in one] == [(t.settings, t.score) for t in two]


@pytest.mark.slow
def test_a_dask_cluster_finds_what_one_process_finds(parts):
    distributed = pytest.importorskip("distributed")
    objective = HeldOut(small, *parts, epochs=3)
    space = {"eta": LogUniform(0.1, 10)}
    one = search.random(objective, space, 4)
    with (
        distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = search.random(objective, space, 4, jobs=client)
        again = search.random(objective, space, 4, jobs=cluster.scheduler_address)
    assert [(t.settings, t.score) for t in one] == [(t.settings, t.score) for t in there]
    assert [t.score for t in one] == [t.score for t in again]


# Trainings -------------------------------------------------------------------------------------------------------


def test_held_out_gives_each_setting_to_whom_it_belongs(parts):
    history = HeldOut(small, *parts, epochs=3, batch_size=8)(hidden=6, eta=0.5, lmbda=0.1)
    net = small(hidden=6)
    want = net.fit(parts[0], 3, batch_size=8, eta=0.5, lmbda=0.1, validation=parts[1])
    assert history.validation_accuracy == want.validation_accuracy
    assert HeldOut(small, *parts, eta=0.5)(epochs=2).epochs == 2


def test_a_trial_is_worth_its_best_validation_accuracy(parts):
    [trial] = search.grid(HeldOut(small, *parts, epochs=5, stop=NoImprovement(2)), {"eta": [0.7]})
    assert trial.score == max(trial.history.validation_accuracy)
    assert trial.seconds == sum(trial.history.seconds)


def test_a_training_that_diverges_is_a_bad_answer_and_no_failure(parts):
    from nndl import Linear

    objective = HeldOut(lambda: Network([Dense(5, 3, Linear())]), *parts, epochs=5)
    result = search.grid(objective, {"eta": [1e12, 0.05]})
    assert result.settings == {"eta": 0.05}
    assert result.trials[0].history.diverged


def test_no_search_takes_test_data(parts):
    for name in search.__all__:
        tool = getattr(search, name)
        if inspect.isfunction(tool) or name == "HeldOut":
            assert not any("test" in p for p in inspect.signature(tool).parameters), name
    for call in (
        lambda: HeldOut(small, *parts, test=parts[1]),
        lambda: HeldOut(small, *parts, eta=0.5)(test=parts[1]),
        lambda: search.batch_sizes(small, *parts, eta=0.5, test=parts[1]),
    ):
        with pytest.raises(TypeError, match="does not take test data.*Evaluate the winner once"):
            call()
    with pytest.raises(TypeError, match="Leave out test, validation"):
        search.learning_rate_threshold(small, parts[0], validation=parts[1], test=parts[1])

    def peeks(eta):
        return small().fit(parts[0], 1, eta=eta, validation=parts[1], test=parts[1])

    with pytest.raises(ValueError, match="Leave test= out, and give validation="):
        search.grid(peeks, {"eta": [0.5]})


# The learning rate -----------------------------------------------------------------------------------------------


def bowl(curvature, steps=6):
    """Gradient descent on curvature / 2 w^2: the costs, beginning with that of w = 1."""

    def costs(eta):
        return [curvature / 2 * (1 - eta * curvature) ** (2 * t) for t in range(steps)]

    return costs


@pytest.mark.parametrize("curvature", [0.003, 0.7, 4.0, 20.0, 150.0, 3e5])
def test_the_threshold_of_a_bowl_is_two_over_its_curvature(curvature):
    found = search.threshold(bowl(curvature), refine=12)
    assert_allclose(found.threshold, 2 / curvature, rtol=0.01)
    low, high = found.bracket
    assert low < 2 / curvature <= high
    assert found.suggestion == found.threshold / 2
    assert found.order <= found.threshold < 10 * found.order
    assert math.log10(found.order) == pytest.approx(round(math.log10(found.order)))


def test_four_refinements_leave_fifteen_percent():
    low, high = search.threshold(bowl(4.0)).bracket
    assert low < 0.5 <= high
    assert high / low == pytest.approx(10 ** (1 / 16), rel=0.02)
    assert search.threshold(bowl(4.0), refine=0).bracket == (0.1, 1.0)


def test_small_rises_are_overlooked_on_request():
    def costs(eta):
        return [9.0, 0.5, 0.4, 0.402, 0.39] if eta < 0.5 else [9.0, 0.5, 0.6, 0.5, 0.6]

    assert search.threshold(costs, jitter=0.01).order == 0.1
    with pytest.raises(ValueError, match="falls at no eta down to"):
        search.threshold(costs)
    with pytest.raises(ValueError, match="falls at no eta"):
        search.threshold(lambda eta: [1.0, 1.001], jitter=0.01)  # it has to fall all the same


def test_a_descent_without_a_threshold_is_said_to_have_none():
    with pytest.raises(ValueError, match=r"falls at every eta up to 1e\+10"):
        search.threshold(lambda eta: [2.0, 1.0])
    with pytest.raises(ValueError, match="before the descent and after a step or more"):
        search.threshold(lambda eta: [2.0])


def test_costs_that_overflow_do_not_fall():
    assert search.threshold(lambda eta: [1.0, 0.5 if eta < 3 else math.nan]).order == 1.0
    assert search.threshold(lambda eta: [1.0, 0.5 if eta < 3 else -math.inf]).order == 1.0


def test_the_threshold_of_a_linear_network_is_that_of_its_hessian(rng):
    from nndl import Linear, Quadratic

    x = rng.standard_normal((60, 3)).astype(np.float32)
    data = Data(
        x, rng.standard_normal((60, 2)).astype(np.float32)
    )  # no fit is perfect, so the cost has a floor

    def network():
        return Network([Dense(3, 2, Linear())], cost=Quadratic(), dtype="float64")

    hessian = np.cov(np.c_[x, np.ones(60)].T, bias=True) + np.outer(m := np.r_[x.mean(axis=0), 1], m)
    hessian[3, 3] = 1.0
    want = 2 / np.linalg.eigvalsh(hessian).max()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = search.learning_rate_threshold(network, data, epochs=60, batch_size=60, refine=8, jitter=1e-9)
    assert found.bracket[0] < want * 1.02
    assert found.bracket[1] > want * 0.98
    assert str(found).splitlines()[-1].startswith(f"order {found.order:g}, threshold {found.threshold:g}")


def test_the_training_cost_that_decides_includes_the_penalty(parts):
    found = search.learning_rate_threshold(small, parts[0], epochs=2, refine=0, lmbda=3.0)
    net = small()
    costs = [net.evaluate(parts[0], lmbda=3.0).cost]
    net.fit(parts[0], 2, eta=0.01, lmbda=3.0)
    costs += [net.history.training_cost[k] for k in range(2)]
    assert_allclose(found.costs[0.01], costs, rtol=1e-6)


# Regularization --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("top", [0.002, 0.1, 1.0, 40.0, 3000.0])
def test_lambda_is_found_by_tens_and_then_between(top):
    def score(lmbda):
        return 0.5 - abs(math.log10(lmbda / top)) / 100 if lmbda else 0.1

    result = search.lambda_search(score)
    tried = [t.settings["lmbda"] for t in result]
    assert tried[:3] == [0.0, 1.0, 10.0]
    assert len(tried) == len(set(tried))
    assert abs(math.log10(result.settings["lmbda"] / top)) <= 0.25 / 2 + 0.01


def test_no_regularization_is_a_choice_too():
    result = search.lambda_search(lambda lmbda: 0.9 if lmbda == 0 else 0.8)
    assert result.settings == {"lmbda": 0.0}


def test_lambda_search_on_a_network_moves_lmbda_alone(parts):
    result = search.lambda_search(HeldOut(small, *parts, epochs=2, eta=0.5), refine=1)
    for trial in result:
        history = small().fit(parts[0], 2, eta=0.5, validation=parts[1], **trial.settings)
        assert trial.score == max(history.validation_accuracy)


def test_the_same_decay_keeps_lambda_over_n():
    assert search.same_decay(1000, 50_000, 1_000) == 20.0
    assert search.same_decay(5.0, 50_000, 50_000) == 5.0


# Mini-batches ----------------------------------------------------------------------------------------------------


def test_batch_sizes_are_compared_by_the_clock(parts):
    study = search.batch_sizes(small, *parts, eta=0.5, sizes=(1, 5, 20, 80, 5), epochs=4)
    assert study.etas == {1: 0.05, 5: 0.25, 20: 1.0, 80: 4.0}
    for m, (seconds, accuracy) in study.curves.items():
        want = small().fit(parts[0], 4, batch_size=m, eta=0.5 * m / 10, validation=parts[1])
        assert accuracy.tolist() == want.validation_accuracy
        assert len(seconds) == 4
        assert (np.diff(seconds) > 0).all()
    assert study.fastest in study.curves


def test_the_fastest_size_reaches_first_what_all_reach():
    curves = {
        1: (np.array([1.0, 2.0, 3.0]), np.array([0.90, 0.95, 0.96])),
        10: (np.array([0.4, 0.8, 1.2]), np.array([0.80, 0.92, 0.94])),
        100: (np.array([0.3, 0.6, 0.9]), np.array([0.70, 0.80, 0.92])),
    }
    study = search.BatchSizes(curves, {})
    assert study.target == 0.92
    assert study.times == {1: 2.0, 10: 0.8, 100: 0.9}
    assert study.fastest == 10


# Bayesian optimization -------------------------------------------------------------------------------------------


def test_the_process_passes_through_the_values_it_was_given(rng):
    x = rng.random((12, 2))
    y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2
    mean, sd = search.GaussianProcess(x, y, noises=(1e-5,))(x)
    assert_allclose(mean, y, atol=1e-4)
    assert (sd < 1e-3).all()
    away = search.GaussianProcess(x, y, scales=(0.2,))(x + 50)
    assert_allclose(away[0], y.mean(), atol=1e-6)
    assert_allclose(away[1], y.std(), rtol=1e-6)


def test_the_process_agrees_with_another_implementation(rng):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    x, y, new = rng.random((10, 2)), rng.random(10), rng.random((7, 2))
    ours = search.GaussianProcess(x, y, scales=(0.4,), noises=(0.1,))
    theirs = GaussianProcessRegressor(
        Matern(0.4, "fixed", nu=2.5), alpha=0.01, optimizer=None, normalize_y=True
    )
    want, sd = theirs.fit(x, y).predict(new, return_std=True)
    mean, spread = ours(new)
    assert_allclose(mean, want, rtol=1e-6)
    assert_allclose(spread, sd, rtol=1e-6)


def test_the_likelier_scale_and_noise_are_taken(rng):
    x = np.linspace(0, 1, 30)[:, None]
    calm = search.GaussianProcess(x, np.sin(3 * x[:, 0]))
    noisy = search.GaussianProcess(x, rng.standard_normal(30))
    assert calm.noise < 0.05 < noisy.noise
    assert calm.scale >= 0.4


@given(st.floats(-3, 3), st.floats(0, 3), st.floats(-3, 3))
def test_expected_improvement_is_never_negative_and_grows_with_doubt(mean, sd, best):
    value = search.expected_improvement(mean, sd, best)
    assert value >= max(mean - best, 0) - 1e-12
    assert search.expected_improvement(mean, sd + 0.5, best) >= value - 1e-12


def test_expected_improvement_is_the_mean_of_the_improvement(rng):
    values = rng.normal(0.3, 0.8, 400_000)
    want = np.maximum(values - 0.5, 0)
    error = 5 * want.std() / np.sqrt(len(values))
    assert_allclose(search.expected_improvement(0.3, 0.8, 0.5), want.mean(), atol=error)
    assert search.expected_improvement(1.0, 0.0, 0.25) == 0.75


@pytest.mark.slow
def test_bayesian_search_beats_chance_on_average():
    seeds = range(20)
    model = [search.bayesian(hill, SPACE, 15, seed).best.score for seed in seeds]
    chance = [search.random(hill, SPACE, 15, seed).best.score for seed in seeds]
    assert np.mean(model) > np.mean(chance)
    assert np.mean(model) > 0.98


def test_bayesian_search_depends_on_its_seed_alone():
    a, b, c = (search.bayesian(hill, SPACE, 8, seed=seed) for seed in (1, 1, 2))
    assert [t.settings for t in a] == [t.settings for t in b] != [t.settings for t in c]


def test_bayesian_search_outlives_failures():
    result = search.bayesian(lambda a: math.nan if a < 0.5 else a, {"a": Uniform(0, 1)}, 12)
    assert result.settings["a"] > 0.9
    assert len(search.bayesian(lambda a: math.nan, {"a": Uniform(0, 1)}, 7)) == 7


def test_optuna_takes_the_place_of_the_process():
    pytest.importorskip("optuna")
    space = {**SPACE, "c": Uniform(1, 3, integer=True)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a, b = (
            search.bayesian(lambda a, b, c: hill(a, b) - c, space, 12, seed=3, engine="optuna")
            for _ in range(2)
        )
    assert [t.settings for t in a] == [t.settings for t in b]
    assert a.settings["c"] == 1
    assert all(0.01 <= t.settings["b"] <= 100 for t in a)


@pytest.mark.parametrize(
    ("name", "call", "advice"),
    [
        ("optuna", lambda: search.bayesian(hill, SPACE, engine="optuna"), "pip install optuna"),
        (
            "distributed",
            lambda: search.grid(hill, {"a": [1], "b": [1]}, jobs="tcp://x:8786"),
            "pip install distributed",
        ),
    ],
)
def test_what_is_not_installed_is_named(name, call, advice, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=advice):
        call()


# Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda: Uniform(3, 1), "low is below high, got 3 and 1. Swap them"),
        (lambda: LogUniform(0, 1), "No factor leads from 0 to anything: try 1e-4"),
        (lambda: search.grid(hill, {"a": LogUniform(1, 2), "b": [1]}), r"Write LogUniform\(1, 2\).values\(5\)"),
        (lambda: search.grid(hill, {"a": 3}), "A grid takes a list of values for a, got 3"),
        (lambda: search.grid(hill, {"a": []}), "The list of values for a is empty"),
        (lambda: search.grid(hill, {}), "The space is a dict such as"),
        (lambda: search.grid(0.5, {"a": [1]}), "The objective is a function of the settings, got 0.5. See HeldOut"),
        (lambda: search.grid(lambda a: "good", {"a": [1]}), "returns a number or the History of a training, got 'good'"),
        (lambda: search.grid(lambda a: History(seconds=[1.0], training_cost=[1.0]), {"a": [1]}), "Give fit validation= data"),
        (lambda: search.grid(hill, {"a": [1], "b": [1]}, jobs=0), "jobs is at least 1, got 0"),
        (lambda: search.random(hill, {"a": 3}, 2), "a list of values or a range such as LogUniform"),
        (lambda: search.random(hill, SPACE, 0), "trials is at least 1"),
        (lambda: search.bayesian(hill, {"a": [1, 2]}), "a is searched in a range such as LogUniform"),
        (lambda: search.bayesian(hill, SPACE, engine="magic"), "engine is one of 'gaussian process', 'optuna'"),
        (lambda: search.threshold(bowl(1.0), start=0), "start is above 0, got 0. The usual one is 0.01"),
        (lambda: search.lambda_search(hill, start=-1), "start is above 0, got -1. The usual one is 1"),
        (lambda: search.same_decay(1.0, 0, 5), "n is at least 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_with_advice(call, advice):
    with pytest.raises((ValueError, TypeError), match=advice):
        call()


def test_a_setting_nobody_knows_is_named_with_those_that_are_known(parts):
    with pytest.raises(
        TypeError, match="knows etta. The function takes hidden, seed, fit .*batch_size, .*eta"
    ):
        search.grid(HeldOut(small, *parts), {"etta": [1.0]})
    with pytest.raises(TypeError, match="knows rate"):
        HeldOut(small, *parts, rate=1.0)
    with pytest.raises(TypeError, match="search for eta, or give HeldOut eta=0.5"):
        search.grid(HeldOut(small, *parts), {"lmbda": [1.0]})
    with pytest.raises(TypeError, match="Write lambda: Network"):
        HeldOut(small(), *parts)
    with pytest.raises(ValueError, match="sizes is empty"):
        search.batch_sizes(small, *parts, eta=0.5, sizes=())
