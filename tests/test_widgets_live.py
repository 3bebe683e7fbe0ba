"""Train in the page with a live kernel: requests that replace each other, and runs that are nndl's own."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nndl import Data, Dense, Large, Network, Quadratic
from nndl.widgets import TrainInPage
from nndl.widgets.train_in_page.retrainer import Retrainer


def test_only_the_latest_request_is_worked_on():
    done, begun, release = [], threading.Event(), threading.Event()

    def work(number, stale):
        begun.set()
        release.wait(10)
        done.append((number, stale()))

    retrainer = Retrainer(work, pause=0.01)
    retrainer.request(1)
    assert begun.wait(10)
    for number in (2, 3, 4):
        retrainer.request(number)
    release.set()
    retrainer.wait(10)
    assert done == [(1, True), (4, False)]
    assert not retrainer.busy


def test_requests_in_quick_succession_are_one():
    done = []
    retrainer = Retrainer(lambda number, stale: done.append(number), pause=0.2)
    for number in range(5):
        retrainer.request(number)
    retrainer.wait(10)
    assert done == [4]


def test_a_stopped_retrainer_does_nothing_more():
    done = []
    retrainer = Retrainer(lambda number, stale: done.append(number), pause=0.05)
    retrainer.request(1)
    retrainer.stop()
    retrainer.wait(10)
    assert done == []


def test_what_goes_wrong_in_the_thread_is_told_by_wait():
    def work(number, stale):
        raise ArithmeticError(f"run {number}")

    retrainer = Retrainer(work, pause=0.0)
    retrainer.request(7)
    with pytest.raises(ArithmeticError, match="run 7"):
        retrainer.wait(10)
    retrainer.wait(10)


def test_waiting_is_not_forever():
    retrainer = Retrainer(lambda number, stale: None, pause=5.0)
    retrainer.request(1)
    with pytest.raises(TimeoutError, match=r"call stop\(\)"):
        retrainer.wait(0.01)
    retrainer.stop()
    retrainer.wait(10)


@pytest.fixture
def live(digits):
    train, validation, _ = digits
    figure = TrainInPage(train[:300], validation, epochs=3, hidden=8, eta=1.0)
    yield figure
    figure.close()
    figure.wait(30)


def watch(figure):
    """Every state of the kernel's run that the page is sent."""
    sent = []
    figure.observe(lambda change: sent.append(change["new"]), "kernel_run")
    return sent


def test_a_kernel_answers_the_page(live):
    live.set_trait("ping", 41)
    assert live.pong == 41


def test_the_kernels_run_is_nndls_own(live, digits):
    sent = watch(live)
    live.wanted = 1
    live.wait(60)
    train, validation, _ = digits
    net = Network([Dense(784, 8), Dense(8, 10)], Quadratic(), seed=0, initializer=Large())
    want = net.fit(train[:300], 3, batch_size=10, eta=1.0, validation=validation, progress=False)
    assert [len(run["curves"]["training_cost"]) for run in sent] == [0, 1, 2, 3, 3]
    assert [run["state"] for run in sent] == ["running"] * 4 + ["done"]
    assert_allclose(sent[-1]["curves"]["validation_accuracy"], want.validation_accuracy, atol=1e-6)
    assert_allclose(live.history.training_cost, want.training_cost)
    shown = np.frombuffer(live.kernel_weights, np.int8).reshape(8, 784).astype(float)
    for found, row in zip(shown, net.layers[0].w):
        assert_allclose(found * np.abs(row).max() / 127, row, atol=np.abs(row).max() / 127)


@pytest.mark.parametrize(("name", "value"), [("eta", 0.1), ("lmbda", 2.0), ("mu", 0.5)])
def test_a_moved_slider_retrains(live, name, value):
    live.wanted = 1
    live.wait(60)
    before = live.history
    sent = watch(live)
    setattr(live, name, value)
    live.wait(60)
    assert live.history is not before
    assert sent[-1]["settings"][name] == value and sent[-1]["state"] == "done"


def test_a_run_that_a_slider_made_stale_falls_silent(live):
    live.epochs = 10_000
    begun = threading.Event()
    live.observe(lambda change: change["new"]["curves"]["training_cost"] and begun.set(), "kernel_run")
    live.wanted = 1
    assert begun.wait(60)
    live.epochs = 2
    live.wait(60)
    assert live.history.epochs == 2
    assert live.kernel_run["settings"]["epochs"] == 2


def test_without_a_wish_or_without_data_nothing_is_trained(live):
    live.eta = 0.3
    assert not live._retrainer.busy
    alone = TrainInPage()
    alone.wanted = 1
    assert not alone._retrainer.busy and alone.kernel_data == {}


def test_closing_the_figure_ends_its_thread(live):
    live.epochs = 10_000
    live.wanted = 1
    live.close()
    live.wait(60)
    assert not any(thread.name == "nndl-retrainer" for thread in threading.enumerate())
    assert live.net is None


def test_a_run_that_fails_says_so_in_the_page_and_in_python(digits):
    train, validation, _ = digits
    figure = TrainInPage(
        Data(train.x[:50], np.full((50, 10), 2.0)), Data(validation.x, np.full((len(validation), 10), 2.0))
    )
    figure._data = (figure._data[0], None)
    figure.wanted = 1
    with pytest.raises(ValueError) as error:
        figure.wait(60)
    assert figure.kernel_run["state"] == "failed"
    assert figure.kernel_run["error"] == str(error.value)


LIVE = """
import nndl
from nndl.widgets import TrainInPage
train, validation, _ = nndl.load_digits()
figure = TrainInPage(train[:300], validation, epochs=2, hidden=8)
figure
"""


@pytest.mark.slow
def test_a_real_kernel_answers_and_trains_when_the_page_asks():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        shown = []
        client.execute_interactive(LIVE, timeout=60, output_hook=shown.append)
        views = [m["content"]["data"] for m in shown if m["msg_type"] == "execute_result"]
        comm = views[0]["application/vnd.jupyter.widget-view+json"]["model_id"]

        def put(**state):
            data = {"method": "update", "state": state, "buffer_paths": []}
            client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm, "data": data}))

        def heard(name, ready):
            while True:
                message = client.get_iopub_msg(timeout=60)
                state = (
                    message["content"].get("data", {}).get("state", {})
                    if message["msg_type"] == "comm_msg"
                    else {}
                )
                if name in state and ready(state[name]):
                    return state[name]

        put(ping=7)
        assert heard("pong", bool) == 7
        put(wanted=1)
        assert heard("kernel_run", lambda run: run["state"] == "done")["settings"]["eta"] == 3.0
        put(eta=0.5)
        run = heard("kernel_run", lambda run: run["state"] == "done")
        assert run["settings"]["eta"] == 0.5 and len(run["curves"]["validation_accuracy"]) == 2
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
