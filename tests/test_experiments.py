import itertools
import json
import statistics

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import nndl
from nndl import experiments
from nndl.datasets import load_mnist, mnist_is_here
from nndl.experiments import __main__ as command
from nndl.experiments import _record
from nndl.experiments.draw_digit_weights import WEIGHTS, quantized

needs_mnist = pytest.mark.skipif(
    not mnist_is_here(), reason="MNIST is not on this machine; set NNDL_DATA to its folder"
)
RECORDS = {name: getattr(experiments, name).load() for name in experiments.__all__}
TRAINED = {name: record for name, record in RECORDS.items() if "test_accuracy" in record["runs"][0]}
SEEDED = {name: record for name, record in RECORDS.items() if len(record["seeds"]) > 1}


# The records that the book is written from


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_says_what_was_run_where_and_on_what(name):
    record = RECORDS[name]
    assert set(_record.KEYS) <= set(record)
    assert record["experiment"] == name
    assert record["data"] == "MNIST"
    assert record["ids"] and record["settings"] and record["unit"] and record["note"]
    assert record["seconds"] > 0 and record["peak_memory_mb"] > 50
    assert set(record["versions"]) == {"python", "nndl", "numpy", "numba", "scikit-learn"}
    assert all("/" not in record["machine"] for record in RECORDS.values())


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_lies_in_the_band_it_has_to(name):
    record = RECORDS[name]
    assert record["within_band"]
    low, high = record["band"]
    assert low <= record[record["judge"]] <= high


def test_what_depends_on_a_seed_was_run_with_five_or_more():
    assert set(RECORDS) - set(SEEDED) == {"average_darkness", "confusion", "digit_counts", "svm_baseline"}
    for record in SEEDED.values():
        assert len(record["seeds"]) >= 5
        assert record["seeds"] == [run["seed"] for run in record["runs"]] == list(range(len(record["seeds"])))


@pytest.mark.parametrize("name", RECORDS)
def test_mean_and_median_follow_from_the_runs(name):
    values = [run["value"] for run in RECORDS[name]["runs"]]
    assert_allclose(RECORDS[name]["mean"], statistics.fmean(values), rtol=1e-5)
    assert_allclose(RECORDS[name]["median"], statistics.median(values), rtol=1e-5)


@pytest.mark.parametrize("name", SEEDED)
def test_the_interval_is_student_s_over_seeds(name):
    values = [run["value"] for run in SEEDED[name]["runs"]]
    want = stats.t.interval(0.95, len(values) - 1, statistics.fmean(values), stats.sem(values))
    assert SEEDED[name]["interval_over"] == "seeds"
    assert_allclose(SEEDED[name]["interval"], want, rtol=1e-4)


@pytest.mark.parametrize("name", ["average_darkness", "confusion", "svm_baseline"])
def test_the_interval_without_seeds_is_that_of_an_accuracy_on_10_000_images(name):
    record = RECORDS[name]
    assert record["interval_over"] == "10000 test images"
    reach = 1.96 * np.sqrt(record["mean"] * (1 - record["mean"]) / 10_000)
    assert_allclose(record["interval"], [record["mean"] - reach, record["mean"] + reach], atol=3e-4)


@pytest.mark.parametrize("name", TRAINED)
def test_best_and_last_follow_from_the_curves(name):
    for run in TRAINED[name]["runs"]:
        accuracy = run["test_accuracy"]
        assert len(accuracy) == len(run["training_cost"]) == TRAINED[name]["settings"]["epochs"]
        assert run["value"] == max(accuracy) == accuracy[run["best_epoch"]]
        assert run["last"] == accuracy[-1]


@pytest.mark.parametrize("name", [name for name in TRAINED if "best_of_three" in TRAINED[name]])
def test_best_of_three_is_the_mean_over_all_choices_of_three(name):
    values = [run["value"] for run in TRAINED[name]["runs"]]
    best = [max(three) for three in itertools.combinations(values, 3)]
    assert_allclose(TRAINED[name]["best_of_three"], np.mean(best), rtol=1e-5)


def test_the_confusion_is_that_of_the_first_run_of_the_network_with_30_hidden_neurons():
    record = RECORDS["confusion"]
    counts = np.array(record["confusion"])
    assert counts.sum() == 10_000
    assert np.trace(counts) == 10_000 - len(record["mistakes"]) == round(record["mean"] * 10_000)
    assert record["mean"] == RECORDS["chapter1_hidden30"]["runs"][0]["last"]
    images, labels, read, sure = experiments.confusion.mistakes()
    assert images.shape == (40, 28, 28) and images.max() == 1
    assert (labels != read).all() and (np.diff(sure) <= 0).all()


def test_records_are_small_and_hold_nothing_but_json():
    def refuse(constant):
        pytest.fail(f"a record holds {constant}")

    for path in _record.RESULTS.glob("*.json"):
        assert path.stat().st_size < 60_000
        assert path.stem in experiments.__all__
        json.loads(path.read_text(), parse_constant=refuse)


# What was measured can be measured again


@needs_mnist
@pytest.mark.parametrize("name", ["average_darkness", "digit_counts"])
def test_what_depends_on_no_seed_comes_out_the_same(name):
    again = getattr(experiments, name).run(progress=False)
    assert again["runs"] == RECORDS[name]["runs"]
    assert again["interval"] == RECORDS[name]["interval"]


@needs_mnist
@pytest.mark.parametrize("name", ["chapter1_hidden30", "chapter1_no_hidden", "zero_one"])
def test_two_epochs_of_a_new_seed_lie_where_those_of_the_recorded_seeds_do(name):
    again = getattr(experiments, name).run(seeds=[1000], epochs=2, progress=False)
    cost = np.array([run["training_cost"][:2] for run in RECORDS[name]["runs"]])
    spread = cost.std(axis=0, ddof=1) * np.sqrt(1 + 1 / len(cost))
    reach = (
        stats.t.ppf(0.9995, len(cost) - 1) * spread
    )  # one false alarm in a thousand, were the seed not fixed
    assert (np.abs(again["runs"][0]["training_cost"] - cost.mean(axis=0)) <= reach).all()
    assert again["settings"] == RECORDS[name]["settings"] | {"epochs": 2}


@needs_mnist
def test_few_mini_batches_show_the_same_fall_of_the_gradient_s_spread():
    again = experiments.gradient_estimate.run(seeds=[1000], batches=25, progress=False)
    assert again["within_band"]
    spread = np.array([run["spread"] for run in RECORDS["gradient_estimate"]["runs"]])
    assert_allclose(again["runs"][0]["spread"], spread.mean(axis=0), rtol=0.5)


# The network of the draw-a-digit figure


def test_the_shipped_weights_are_bytes_with_a_scale():
    with np.load(WEIGHTS) as file:
        assert (file["w0"].shape, file["w0"].dtype, file["w0"].shape[1]) == ((60, 784), np.int8, 784)
        assert (file["w1"].shape, file["w1"].dtype) == ((10, 60), np.int8)
        assert {file[name].dtype for name in ("b0", "b1", "w0_scale", "w1_scale")} == {np.dtype(np.float32)}
        assert str(file["output"]) == "softmax"
    assert WEIGHTS.stat().st_size == RECORDS["draw_digit_weights"]["settings"]["bytes"] < 200_000


@needs_mnist
def test_the_shipped_weights_read_as_well_as_their_record_says():
    test = load_mnist()[2]
    with np.load(WEIGHTS) as file:
        a = 1 / (1 + np.exp(-(test.x @ (file["w0"] * file["w0_scale"]).T + file["b0"])))
        right = ((a @ (file["w1"] * file["w1_scale"]).T + file["b1"]).argmax(axis=1) == test.y).mean()
    shipped = RECORDS["draw_digit_weights"]["shipped"]
    assert shipped in RECORDS["draw_digit_weights"]["runs"]
    assert abs(right - shipped["value"]) <= 2e-4
    assert abs(shipped["value"] - shipped["before"]) <= 5e-3


def test_rounding_to_bytes_moves_no_weight_by_more_than_half_a_step(rng):
    w = rng.standard_normal((30, 50)).astype(np.float32)
    small, scale = quantized(w)
    assert np.abs(small).max() == 127
    assert np.abs(small * scale - w).max() <= scale * 0.501


# Writing and reading records


RUNS = [{"seed": 0, "value": 0.5}, {"seed": 1, "value": 0.75}, {"seed": 2, "value": 1.0}]
SAID = {
    "ids": ["N000"], "settings": {}, "published": None, "band": [0, 1], "unit": "", "data": "", "note": "",
}  # fmt: skip


def test_a_record_survives_being_written_and_read(tmp_path):
    record = _record.complete("toy", RUNS, _record.Stopwatch(), curve=[1.0, 2.5, None, -3e-9], **SAID)
    path = _record.save(record, tmp_path)
    assert _record.load("toy", tmp_path) == record
    assert '"curve": [1.0, 2.5, null, -3e-09]' in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_a_record_that_lacks_something_is_refused():
    with pytest.raises(ValueError, match="toy lacks unit"):
        _record.complete("toy", RUNS, _record.Stopwatch(), **{k: v for k, v in SAID.items() if k != "unit"})


def test_an_experiment_that_was_not_run_says_how_to_run_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="Run: python -m nndl.experiments toy"):
        _record.load("toy", tmp_path)


def test_one_run_has_no_interval_over_seeds():
    assert _record.student([0.5]) is None
    assert _record.best_of([0.5, 0.6], 3) is None


def test_floats_are_rounded_and_what_is_not_finite_becomes_null():
    value = {"a": [1 / 3, float("nan")], "b": np.float32(0.1), "c": np.int64(3), "d": "x"}
    assert _record.rounded(value, 3) == {"a": [0.333, None], "b": 0.1, "c": 3, "d": "x"}


@needs_mnist
def test_the_command_runs_what_it_is_told_and_says_what_came_out(tmp_path, capsys):
    assert command.main(["digit_counts", "--folder", str(tmp_path)]) == 0
    assert "digit_counts: mean 0.2122" in capsys.readouterr().out
    assert _record.load("digit_counts", tmp_path)["runs"] == RECORDS["digit_counts"]["runs"]


def test_the_command_knows_its_experiments_by_name(capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(["chapter9"])
    assert "no experiment is called 'chapter9'; there are average_darkness," in capsys.readouterr().err
    with pytest.raises(
        AttributeError, match="There is no experiment 'chapter9'. There are: average_darkness"
    ):
        nndl.experiments.chapter9  # noqa: B018
