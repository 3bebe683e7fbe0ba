"""The command line does what its help says, and answers wrong use with advice."""

import re

import pytest

import nndl
from nndl.cli import main


def test_train_learns_and_saves(tmp_path, capsys):
    path = tmp_path / "net.json"
    code = main(["train", "--data", "digits", "--epochs", "15", "--save", str(path)])
    out = capsys.readouterr().out
    assert code == 0
    assert len(re.findall("^epoch", out, re.M)) == 15
    said = float(re.search(r"test accuracy ([\d.]+)%", out)[1])
    assert said > 80
    assert round(100 * nndl.load(path).accuracy(nndl.load_digits()[2]), 2) == said


def test_the_same_command_goes_on_from_its_checkpoint(tmp_path, capsys):
    command = ["train", "--data", "digits", "--quiet", "--checkpoint", str(tmp_path / "run.npz")]
    straight = [
        "train",
        "--data",
        "digits",
        "--quiet",
        "--epochs",
        "4",
        "--save",
        str(tmp_path / "straight.npz"),
    ]
    assert main([*command, "--epochs", "2"]) == 0
    assert main([*command, "--epochs", "4", "--save", str(tmp_path / "net.npz")]) == 0
    assert main(straight) == 0
    a, b = nndl.load(tmp_path / "net.npz"), nndl.load(tmp_path / "straight.npz")
    assert all((k.w == l.w).all() and (k.b == l.b).all() for k, l in zip(a.layers, b.layers))
    capsys.readouterr()
    assert main([*command, "--epochs", "4", "--eta", "1.0"]) == 1
    assert "eta 3.0, and this call has 1.0. Repeat the call" in capsys.readouterr().err


def test_quiet_prints_one_line(capsys):
    assert main(["train", "--data", "digits", "--epochs", "1", "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("argv", "code", "advice"),
    [
        (["train", "--data", "digits", "--sizes", "784,x"], 1, "whole numbers such as 784,30,10"),
        (
            ["train", "--data", "digits", "--sizes", "100,10"],
            1,
            "takes 100 inputs, but train has 784 columns",
        ),
        (["train", "--data", "digits", "--eta", "-1"], 1, "eta is above 0"),
        (["data", "--folder", "nowhere"], 1, "nowhere"),
    ],
)
def test_failures_say_what_to_do(argv, code, advice, capsys):
    assert main(argv) == code
    assert advice in capsys.readouterr().err


def test_wrong_use_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["trian"])
    assert stopped.value.code == 2
    assert main([]) == 2
    assert "exercises" in capsys.readouterr().out
