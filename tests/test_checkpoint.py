"""A killed run goes on to the same bits; a file that is not this run's is refused and left alone."""

import json
import os
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from nndl import Data, Dense, Dropout, HalveOnPlateau, Large, Linear, Network, NoImprovement, ReLU, Tanh, load
from nndl.checkpoint import _clean
from nndl.training import Diverged

EPOCHS = 12
CALL = {"batch_size": 7, "eta": 0.4, "lmbda": 1.0, "mu": 0.7, "nesterov": True}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90)
    return Data(rng.random((90, 6)) + np.eye(3, 6)[y], y, classes=3)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def network(**options):
    return Network([Dense(6, 5), Dense(5, 3)], **{"seed": 4, **options})


def bits(net):
    return b"".join(p.tobytes() for group in net.parameters for p in group)


def straight(data, epochs=EPOCHS, **call):
    """The weights of a run that nothing interrupts and no file accompanies."""
    net = network()
    net.fit(data[:60], epochs, validation=data[60:], **CALL | call)
    return net


def interrupted(data, path, after, epochs=EPOCHS, **call):
    """A network whose training was stopped from outside after some epochs, with a checkpoint at the last of them."""

    def interrupt(history):
        if history.epochs == after:
            raise KeyboardInterrupt

    net = network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nndl.checkpoint.EVERY", 0.0)
        with pytest.raises(KeyboardInterrupt):
            net.fit(
                data[:60],
                epochs,
                validation=data[60:],
                **{"checkpoint": path, **CALL, **call},
                on_epoch=interrupt,
            )
    return net


# Going on --------------------------------------------------------------------------------------------------------


PROGRAM = """
import sys, time
import numpy as np
from nndl import *
import nndl.checkpoint
nndl.checkpoint.EVERY = 0.0
rng = np.random.default_rng(1)
y = rng.integers(0, 10, 400)
data = Data(rng.random((400, 50)) * (rng.random((400, 50)) < 0.3) + np.eye(10, 50)[y], y)
net = Network([Dense(50, 20), Dense(20, 10)], cost=CrossEntropy(), seed=2)
history = net.fit(data[:300], 40, eta=HalveOnPlateau(0.5, patience=3), mu=0.5, lmbda=0.1, validation=data[300:],
                  stop=lambda history: history.epochs == 35, checkpoint=sys.argv[1], on_epoch=lambda h: (print(h.epochs, flush=True), sys.stdin.readline()))
net.save(sys.argv[2])
print("done", history.epochs, history.validation_accuracy[-1], history.training_cost[-1], history.eta)
"""


def started(path, target):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


AT_THE_WORST_MOMENT = """
import os
real, calls = os.fsync, []
def dying(handle):
    calls.append(handle)
    real(handle)
    if len(calls) == 5:
        os.kill(os.getpid(), 9) if os.name == "posix" else os._exit(1)
os.fsync = dying
"""


@pytest.mark.slow
def test_a_process_that_dies_while_it_writes_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    program = [sys.executable, "-c", AT_THE_WORST_MOMENT + PROGRAM, str(path), str(tmp_path / "net.npz")]
    died = subprocess.run(program, capture_output=True, text=True, input="")
    assert died.returncode != 0
    assert died.stdout.split() == ["1", "2", "3"]  # the first write came before the first epoch
    assert len(os.listdir(tmp_path)) == 2  # the file, and the half-written one after it
    monkeypatch.setattr("nndl.checkpoint.LITTER", -1.0)
    with started(path, tmp_path / "net.npz") as process:
        rest = process.communicate()[0].splitlines()
    assert rest[0] == "4"
    assert rest[-1].startswith("done 35 ")
    _clean(path)
    assert sorted(os.listdir(tmp_path)) == ["net.npz", "run.npz"]


@pytest.mark.slow
def test_a_process_that_is_killed_again_and_again_ends_with_the_same_bits(tmp_path):
    calm, killed = tmp_path / "calm.npz", tmp_path / "killed.npz"
    want = started(calm, tmp_path / "calm_net.npz").communicate()[0].splitlines()[-1]
    seen = []
    for lines, pause in ((1, 0.0), (2, 0.0003), (4, 0.0011), (2, 0.0007), (3, 0.002)):
        with started(killed, tmp_path / "killed_net.npz") as process:
            for _ in range(lines):  # an epoch each; the last newline lets it into one more
                seen.append(int(process.stdout.readline()))
                process.stdin.write("\n")
                process.stdin.flush()
            time.sleep(pause)
            process.kill()  # anywhere in that epoch
            process.stdin.close()
        assert process.returncode != 0
    rest = started(killed, tmp_path / "killed_net.npz").communicate()[0].splitlines()
    assert rest[-1] == want
    assert int(rest[0]) > 5  # it went on, and did not begin again
    assert seen == sorted(seen)
    a, b = load(tmp_path / "calm_net.npz"), load(tmp_path / "killed_net.npz")
    assert bits(a) == bits(b)
    assert want.startswith("done 35 ")


def test_the_chance_of_dropout_goes_on_too(data, path):
    def make():
        return Network([Dense(6, 8, ReLU()), Dropout(0.5), Dense(8, 3)], seed=1)

    plain, cut, rest = make(), make(), make()
    plain.fit(data, 6, eta=0.1)
    cut.fit(data, 2, eta=0.1, checkpoint=path)
    rest.fit(data, 6, eta=0.1, checkpoint=path)
    assert bits(rest) == bits(plain) != bits(cut)


def test_augmented_data_go_on_too_and_belong_to_the_run(data, path):
    def shaken(data, rng):
        return Data(data.x + rng.normal(0, 0.1, data.x.shape), data.y, classes=3)

    plain, rest = network(), network()
    plain.fit(data, 6, eta=0.1, augment=shaken)
    network().fit(data, 2, eta=0.1, augment=shaken, checkpoint=path)
    rest.fit(data, 6, eta=0.1, augment=shaken, checkpoint=path)
    assert bits(rest) == bits(plain)
    with pytest.raises(ValueError, match="a run with augment <function .*shaken>, and this call has None"):
        network().fit(data, 6, eta=0.1, checkpoint=path)


@pytest.mark.parametrize("after", [1, 5, EPOCHS])
def test_an_interrupted_run_goes_on_to_the_same_bits(data, path, after):
    interrupted(data, path, after)
    net = network()
    history = net.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    plain = straight(data)
    assert bits(net) == bits(plain)
    assert history is net.history
    for name in ("training_cost", "validation_cost", "validation_accuracy", "eta"):
        assert getattr(history, name) == getattr(plain.history, name), name
    assert history.epochs == len(history.seconds) == EPOCHS
    net.fit(data, 1, eta=0.1)
    plain.fit(data, 1, eta=0.1)
    assert bits(net) == bits(plain)  # the random numbers that come next are the same too


def test_the_same_network_goes_on_after_ctrl_c_even_in_the_middle_of_an_epoch(data, path):
    net = interrupted(data, path, 5)
    net.layers[0].w += 1.0  # as half an epoch would
    net._rng.random()
    net.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    assert bits(net) == bits(straight(data))


def test_a_finished_run_is_there_at_once(data, path):
    first = network()
    first.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    again = network()
    called = []
    history = again.fit(
        data[:60], EPOCHS, validation=data[60:], checkpoint=str(path), on_epoch=called.append, **CALL
    )
    assert called == []
    assert history == first.history
    assert bits(again) == bits(first)


def test_a_finished_run_goes_on_when_more_epochs_are_asked_for(data, path):
    network().fit(data[:60], 4, validation=data[60:], checkpoint=path, **CALL)
    net = network()
    net.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    assert bits(net) == bits(straight(data))
    with pytest.raises(
        ValueError, match=f"holds {EPOCHS} epochs, and this call asks for 4. Ask for at least as many"
    ):
        network().fit(data[:60], 4, validation=data[60:], checkpoint=path, **CALL)


def test_a_schedule_and_a_stopping_rule_go_on_where_they_were(data, path):
    call = {"eta": HalveOnPlateau(0.4, patience=2), "stop": NoImprovement(9)}
    interrupted(data, path, 6, epochs=60, **call)
    net = network()
    history = net.fit(data[:60], 60, validation=data[60:], checkpoint=path, **CALL | call)
    plain = straight(data, 60, **call)
    assert history.epochs == plain.history.epochs < 60
    assert history.eta == plain.history.eta
    assert len(set(history.eta)) > 2
    assert bits(net) == bits(plain)
    stopped = network().fit(data[:60], 60, validation=data[60:], checkpoint=path, **CALL | call)
    assert stopped.epochs == plain.history.epochs  # it had stopped, and stays so


def test_two_fits_in_a_row_have_a_file_each(data, tmp_path):
    def program():
        net = network()
        for name in ("a.npz", "b.npz"):
            net.fit(data, 3, eta=0.5, checkpoint=tmp_path / name)
        return bits(net)

    first = program()
    assert program() == first
    net = network()
    net.fit(data, 6, eta=0.5)
    assert bits(net) == first


def test_a_run_that_diverged_stays_so(data, path):
    def fit():
        return Network([Dense(6, 3, Linear())]).fit(data, 40, eta=1e10, checkpoint=path)

    with pytest.warns(Diverged):
        first = fit()
    again = fit()
    assert again.diverged == first.diverged == again.epochs < 40


def test_a_file_is_not_written_more_often_than_pays(data, path, monkeypatch):
    monkeypatch.setattr("nndl.checkpoint.EVERY", 1e9)
    written = []
    monkeypatch.setattr("nndl.require.write_atomically", lambda p, content: written.append(len(content)))
    network().fit(data, 50, eta=0.5, checkpoint=path)
    assert len(written) == 2  # before the first epoch and after the last


# What is refused, and left as it was -----------------------------------------------------------------------------


def refused(data, path, message, error=ValueError, net=None, **call):
    """Fit raises this; the file and the network are what they were."""
    net = net or network()
    before, weights = path.read_bytes(), bits(net)
    with pytest.raises(error, match=message):
        net.fit(
            **{
                "train": data[:60],
                "epochs": EPOCHS,
                "validation": data[60:],
                "checkpoint": path,
                **CALL,
                **call,
            }
        )
    assert path.read_bytes() == before
    assert bits(net) == weights
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net": {"seed": 5}}, "from other weights: another seed or initializer"),
        ({"net": {"initializer": Large()}}, "from other weights"),
        ({"net": {"dtype": "float64"}}, "a run with dtype float32, and this call has float64"),
        ({"batch_size": 8}, "a run with batch_size 7, and this call has 8. Repeat the call that began it"),
        ({"eta": 0.5}, "a run with eta 0.4, and this call has 0.5"),
        ({"eta": lambda history: 0.4}, "this call has <function .*<lambda>>. Repeat"),
        ({"lmbda": 2.0}, r"a run with penalty L2\(1.0\), and this call has L2\(2.0\)"),
        ({"mu": 0.0, "nesterov": False}, "a run with mu 0.7, and this call has 0.0"),
        ({"nesterov": False}, "a run with nesterov True, and this call has False"),
        ({"monitor": ["training_accuracy"]}, "a run with monitor"),
        ({"train": "other"}, "holds a run on other training data"),
        ({"validation": "other"}, "holds a run watched on other validation data"),
        ({"validation": None}, "holds a run with monitor"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_another_run_is_not_mistaken_for_this_one(data, path, change, message):
    interrupted(data, path, 2)
    change = {k: data[10:50] if v == "other" else v for k, v in change.items()}
    refused(data, path, message, **{**change, "net": network(**change.get("net", {}))})


@pytest.mark.parametrize(
    "layers",
    [
        [Dense(6, 4), Dense(4, 3)],
        [Dense(6, 5, Tanh()), Dense(5, 3)],
        [Dense(6, 5), Dense(5, 5, ReLU()), Dense(5, 3)],
    ],
    ids=["width", "activation", "depth"],
)
def test_another_architecture_is_named_beside_this_one(data, path, layers):
    interrupted(data, path, 2)
    message = r"a run with network Network\(\[Dense\(6, 5\), Dense\(5, 3\)\], .*this call has Network\("
    refused(data, path, message, net=Network(layers, seed=4))


def test_weights_that_changed_since_the_run_began_are_other_weights(data, path):
    net = network()
    net.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    refused(data, path, "or a network that had already learned", net=net)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97, 0.999])
def test_a_truncated_file_is_called_damaged(data, path, share):
    interrupted(data, path, 2)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(data, path, "is no whole checkpoint .*Remove it to begin anew")


def test_a_flipped_bit_is_found(data, path):
    interrupted(data, path, 2)
    with zipfile.ZipFile(path) as file:
        where = file.getinfo("p0.npy").header_offset + 200
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    refused(data, path, "is no whole checkpoint .*Bad CRC")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (
            lambda p: p.write_text("a letter"),
            "is no checkpoint of fit, and is left alone. Choose another file",
        ),
        (lambda p: p.write_bytes(b""), "is no checkpoint of fit"),
        (lambda p: np.savez(p, results=np.ones(3)), "holds other arrays, not a run of fit"),
        (lambda p: network().save(p), "holds a saved network, not a run of fit"),
        (lambda p: np.savez(p, header=np.array([None])), "is no whole checkpoint"),
        (lambda p: np.savez(p, header=np.array("[1, 2]")), "is no whole checkpoint"),
    ],
    ids=["text", "empty", "arrays", "network", "pickle", "list"],
)
def test_a_foreign_file_is_never_overwritten(data, path, write, message):
    write(path)
    refused(data, path, message)


def edited(path, **changes):
    """Write the checkpoint again with other entries in its header, or without those that are None."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = {**json.loads(str(arrays.pop("header"))), **changes}
    header = {k: v for k, v in header.items() if v is not None}
    np.savez(path, header=np.array(json.dumps(header)), **arrays)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "is a checkpoint of version 2, and this nndl reads 1. Update nndl"),
        ({"rng": None}, "is no whole checkpoint .*'rng'"),
        ({"rng": {"bit_generator": "PCG64"}}, "is no whole checkpoint"),
        ({"rng": {"bit_generator": "MT19937"}}, "is no whole checkpoint"),
        ({"history": {"future_cost": []}}, "is no whole checkpoint .*future_cost"),
        ({"history": [1]}, "is no whole checkpoint"),
        ({"run": None}, "is no whole checkpoint .*'run'"),
        ({"run": []}, "is no whole checkpoint"),
    ],
)
def test_a_file_of_a_newer_version_or_with_holes_is_refused(data, path, changes, message):
    interrupted(data, path, 2)
    edited(path, **changes)
    refused(data, path, message)


@pytest.mark.parametrize(
    ("checkpoint", "error", "message"),
    [
        ("run.json", ValueError, r"ends in .npz, got '.*run.json'. Try 'run.npz'"),
        ("folder.npz", ValueError, "is a folder. Choose another name"),
        ("missing/run.npz", FileNotFoundError, "There is no folder '.*missing' for 'run.npz'. Make it first"),
        ("file.txt/run.npz", OSError, "There is no folder"),
        (3, TypeError, "checkpoint is the name of a file such as 'run.npz', got 3"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_found_out_before_the_work(
    data, tmp_path, checkpoint, error, message
):
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "file.txt").touch()
    net = network()
    before = bits(net)
    with pytest.raises(error, match=message):
        net.fit(
            data, 3, eta=0.5, checkpoint=tmp_path / checkpoint if isinstance(checkpoint, str) else checkpoint
        )
    assert bits(net) == before


@pytest.fixture
def full_disk():
    """A function that makes every file larger than 1,000 bytes fail to be written, and one that undoes it."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def undo():
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1])), undo
    undo()


def test_a_disk_without_room_keeps_the_old_file_and_says_so(data, path, full_disk):
    fill, make_room = full_disk
    interrupted(data, path, 2)
    before = path.read_bytes()
    fill()
    with pytest.raises(OSError, match="cannot be written after epoch 2 .*What it held is intact.*Make room"):
        network().fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    make_room()
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]
    net = network()
    net.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)  # "and call fit again"
    assert bits(net) == bits(straight(data))


def test_a_disk_that_fills_up_on_the_way_leaves_the_last_whole_file(data, path, full_disk, monkeypatch):
    monkeypatch.setattr("nndl.checkpoint.EVERY", 0.0)
    fill, make_room = full_disk
    net = network()
    call = {"validation": data[60:], "checkpoint": path, **CALL}
    with pytest.raises(OSError, match="cannot be written after epoch 4"):
        net.fit(data[:60], EPOCHS, on_epoch=lambda history: fill() if history.epochs == 3 else None, **call)
    make_room()
    assert net.history.epochs == 4
    net.fit(data[:60], EPOCHS, **call)  # the same network, from the file of epoch 3
    assert bits(net) == bits(straight(data))


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 0)() == 0,
    reason="root may write everywhere; run the tests as another user",
)
def test_a_folder_without_permission_is_named(data, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="cannot be written after epoch 0 .*give permission"):
            network().fit(data, 3, eta=0.5, checkpoint=tmp_path / "run.npz")
    finally:
        tmp_path.chmod(0o700)


def test_without_a_checkpoint_nothing_is_written(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network().fit(data, 2, eta=0.5)
    assert os.listdir(tmp_path) == []


def test_a_checkpoint_changes_nothing_in_the_training(data, path):
    net = network()
    net.fit(data[:60], EPOCHS, validation=data[60:], checkpoint=path, **CALL)
    assert_array_equal(np.frombuffer(bits(net), "f4"), np.frombuffer(bits(straight(data)), "f4"))
