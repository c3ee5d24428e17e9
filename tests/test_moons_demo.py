"""demos/moons.py as a person runs it."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

import autograd
import nn

PATH = Path(__file__).parent.parent / "demos" / "moons.py"
spec = importlib.util.spec_from_file_location("moons", PATH)
moons = importlib.util.module_from_spec(spec)
spec.loader.exec_module(moons)


def test_it_learns_and_writes_its_pictures(tmp_path, capsys):
    moons.main(["--out", str(tmp_path / "new" / "folder")])
    printed = capsys.readouterr().out
    report = dict(line.split(maxsplit=1) for line in printed.splitlines() if "wrote" not in line)
    assert printed.startswith("parameters  129\n")
    assert float(printed.split("accuracy")[1].split()[0]) > 0.93
    assert "first" in report and "last" in report
    for name in ("loss.png", "boundary.png", "histograms.png", "graph.svg"):
        assert (tmp_path / "new" / "folder" / name).stat().st_size > 1000
        assert name in printed


def test_options_are_heeded(tmp_path, capsys):
    options = ["--steps=3", "--hidden=4", "--samples=10", "--noise=0", "--lr=0.5", "--seed=1"]
    moons.main([*options, "--out", str(tmp_path)])
    assert "parameters  17" in capsys.readouterr().out
    assert not (tmp_path / "training.gif").exists()


def test_animate_writes_a_film(tmp_path, capsys):
    moons.main(["--steps=12", "--animate", "--out", str(tmp_path)])
    assert "training.gif" in capsys.readouterr().out
    with Image.open(tmp_path / "training.gif") as film:
        assert film.n_frames == 12


def test_most_frames_are_early_and_the_last_step_is_one():
    steps = []
    film = SimpleNamespace(add_frame=lambda step, loss: steps.append(step))
    X, y = autograd.rand(4, 2), autograd.tensor([0.0, 1.0, 0.0, 1.0])
    moons.train(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()), X, y, 1000, 0.1, film)
    assert steps[0] == 0 and steps[-1] == 999 and 60 <= len(steps) <= 100
    assert sum(step < 250 for step in steps) > len(steps) / 3


@pytest.mark.parametrize(
    "options, message",
    [
        (["--steps", "0"], "--steps: must be above 0 and finite, got 0"),
        (["--steps", "many"], "--steps: invalid int value: 'many'"),
        (["--lr", "-1"], "--lr: must be above 0 and finite, got -1"),
        (["--lr", "nan"], "--lr: must be above 0 and finite, got nan"),
        (["--lr", "inf"], "--lr: must be above 0 and finite, got inf"),
        (["--hidden", "2.5"], "--hidden: invalid int value: '2.5'"),
        (["--noise", "-0.1"], "--noise and --seed must be 0 or more"),
        (["--seed", "-1"], "--noise and --seed must be 0 or more"),
        (["--out", str(PATH)], "--out: cannot make the folder"),
        (["--nonsense"], "unrecognized arguments"),
        (["--resume", "--animate"], "not allowed with argument"),
    ],
)
def test_bad_options_get_one_clear_line(options, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        moons.main(options)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_learning_rate_that_is_too_large_gets_one_clear_line(tmp_path):
    with pytest.raises(SystemExit, match=r"at step 1 the loss is nan: --lr 1e\+30 is too"):
        moons.main(["--lr=1e30", "--out", str(tmp_path)])


@pytest.mark.parametrize("step", [0, 3])
def test_ctrl_c_keeps_what_was_trained(tmp_path, capsys, monkeypatch, step):
    losses = iter(range(100))
    loss_of = nn.functional.binary_cross_entropy

    def stopped(p, y):
        if next(losses) == step:
            raise KeyboardInterrupt
        return loss_of(p, y)

    monkeypatch.setattr(nn.functional, "binary_cross_entropy", stopped)
    with pytest.raises(SystemExit) as end:
        moons.main(["--steps=10", "--animate", "--out", str(tmp_path)])
    assert end.value.code == 130
    assert f"Ctrl-C: stopped after {step} of 10 steps" in capsys.readouterr().out
    assert (
        (tmp_path / "boundary.png").exists() == (tmp_path / "training.gif").exists() == (step > 0)
    )


def test_ctrl_c_by_the_system(tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(PATH), "--steps=10000000", "--out", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(PATH.parent.parent)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "parameters  129\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate()
    assert process.returncode == 130 and "Traceback" not in errors
    assert "Ctrl-C: stopped after" in printed and "graph.svg" in printed


def test_resumed_it_goes_on_and_refuses_other_settings(tmp_path, capsys):
    whole, parts = str(tmp_path / "whole"), str(tmp_path / "parts")
    moons.main(["--resume", "--steps=250", "--out", whole])
    for steps in (100, 150, 250, 250):
        moons.main(["--resume", f"--steps={steps}", "--out", parts])
    ends = [nn.load(f"{out}/checkpoint.safetensors") for out in (whole, parts)]
    assert all((x == ends[1][name]).all() for name, x in ends[0].items())
    with pytest.raises(SystemExit, match=r"--resume: .* is of a run with .*'hidden': 32"):
        moons.main(["--resume", "--lr=0.5", "--steps=300", "--out", parts])
    for other in ("--samples=90", "--hidden=4"):
        with pytest.raises(SystemExit, match=r"'hidden': 32.*'samples': 100"):
            moons.main(["--resume", other, "--steps=300", "--out", parts])


def test_it_reads_as_a_lesson():
    # 100, before it could be stopped, resumed and told of a rate or file that cannot be meant.
    assert len(PATH.read_text().splitlines()) < 135


@pytest.mark.parametrize(
    "demo, option",
    [("draw_graphs.py", "--out"), ("step_backward.py", "--page"), ("moons.py", "--out")],
)
def test_a_place_where_nothing_can_be_written_gets_one_clear_line(demo, option, tmp_path):
    (tmp_path / "file").write_text("")
    run = subprocess.run(
        [sys.executable, str(PATH.parent / demo), option, str(tmp_path / "file" / "x")],
        env=os.environ | {"PYTHONPATH": str(PATH.parent.parent)}, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 2 and f"error: {option}: cannot" in run.stderr.splitlines()[-1]


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"half of a")
    with pytest.raises(SystemExit, match=r"--resume: .*checkpoint\.safetensors is not a whole"):
        moons.main(["--resume", "--steps=1", "--out", str(tmp_path)])
