"""demos/moons.py as a person runs it."""

import importlib.util
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
        (["--steps", "0"], "--steps: must be above 0, got 0"),
        (["--steps", "many"], "--steps: invalid int value: 'many'"),
        (["--lr", "-1"], "--lr: must be above 0, got -1"),
        (["--lr", "nan"], "--lr: must be above 0, got nan"),
        (["--hidden", "2.5"], "--hidden: invalid int value: '2.5'"),
        (["--noise", "-0.1"], "--noise and --seed must be 0 or more"),
        (["--seed", "-1"], "--noise and --seed must be 0 or more"),
        (["--out", str(PATH)], "--out: cannot make the folder"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_bad_options_get_one_clear_line(options, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        moons.main(options)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_it_reads_as_a_lesson():
    assert len(PATH.read_text().splitlines()) < 100
