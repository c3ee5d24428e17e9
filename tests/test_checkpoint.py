"""A run that is stopped and goes on: nn.save_checkpoint, demos/moons.py --resume, kill -9."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn

ROOT = Path(__file__).parent.parent


def run_of(kind="Adam"):
    """A model with dropout and a running mean, its optimizer and its schedule."""
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
    optimizer = getattr(nn.optim, kind)(model.parameters(), lr=0.1)
    schedule = nn.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
    return {"model": model, "optimizer": optimizer, "schedule": schedule}


def go_on(run, steps):
    for _ in range(steps):
        run["optimizer"].zero_grad()
        (run["model"](autograd.rand(4, 2)) ** 2).mean().backward()
        run["optimizer"].step()
        run["schedule"].step()
    state = run["model"].state_dict() | {"lr": autograd.tensor(run["optimizer"].lr)}
    return {name: x.numpy().tobytes() for name, x in state.items()}


@pytest.mark.parametrize("kind", ["Adam", "AdamW", "RMSprop", "SGD"])
def test_a_run_goes_on_to_the_same_bits(tmp_path, kind):
    autograd.manual_seed(0)
    run = run_of(kind)
    go_on(run, 3)
    best = autograd.tensor([1.5])
    nn.save_checkpoint(tmp_path / "c", **run, step=3, losses=[1.0, 0.1 + 0.2], best=best, note=None)
    expected = go_on(run, 3)
    autograd.manual_seed(1)
    other = run_of(kind)
    rest = nn.load_checkpoint(tmp_path / "c", **other)
    assert go_on(other, 3) == expected
    assert rest.pop("best").tolist() == [1.5]
    assert rest == {"step": 3, "losses": [1.0, 0.1 + 0.2], "note": None}


def test_a_checkpoint_holds_weights_that_torch_reads(tmp_path):
    load_file = pytest.importorskip("safetensors.torch").load_file

    run = run_of()
    nn.save_checkpoint(tmp_path / "c", **run)
    weights = load_file(tmp_path / "c")
    np.testing.assert_array_equal(weights["model.0.weight"].numpy(), run["model"][0].weight.data)


def test_what_is_no_checkpoint_or_cannot_be_kept(tmp_path):
    run = run_of()
    nn.save(run["model"].state_dict(), tmp_path / "w")
    with pytest.raises(ValueError, match="has weights, but is no checkpoint"):
        nn.load_checkpoint(tmp_path / "w", **run)
    nn.save_checkpoint(tmp_path / "c", model=run["model"], step=1)
    with pytest.raises(ValueError, match="has no optimizer; it has model, step"):
        nn.load_checkpoint(tmp_path / "c", model=run["model"], optimizer=run["optimizer"])
    with pytest.raises(TypeError, match=r"save_checkpoint: made\.1 is a set, which cannot be kept"):
        nn.save_checkpoint(tmp_path / "c", made=[1, {2}])
    with pytest.raises(TypeError, match=r"made has the key \(1, 2\); keys are strings or numbers"):
        nn.save_checkpoint(tmp_path / "c", made={(1, 2): 3})
    with pytest.raises(TypeError, match="step is a int, which has no load_state_dict"):
        nn.load_checkpoint(tmp_path / "c", model=run["model"], step=0)
    assert nn.load_checkpoint(tmp_path / "c", model=run["model"]) == {"step": 1}


def test_each_tensor_comes_back_under_its_own_name(tmp_path):
    x = [autograd.tensor([float(i)]) for i in range(6)]
    parts = {
        "a": {"b.c": x[1], "b": {"c": x[2]}, np.int64(1): x[3], "1": x[4], "1'": x[5]},
        "a.b": x[0],
        "losses": [np.float32(0.1), np.int64(2), np.bool_(True), (float("inf"), None)],
    }
    nn.save_checkpoint(tmp_path / "c", **parts)
    back = nn.load_checkpoint(tmp_path / "c")
    assert back.pop("losses") == [float(np.float32(0.1)), 2, True, [float("inf"), None]]
    expected = {"a": {int(k) if k == 1 else k: v for k, v in parts["a"].items()}, "a.b": x[0]}
    assert str(back) == str(expected)


@pytest.mark.parametrize("first", ["optimizer", "model"])
def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path, first):
    saved, run = run_of("Adam"), run_of("SGD")
    go_on(saved, 2)
    nn.save_checkpoint(tmp_path / "c", **saved)
    go_on(run, 3)
    before, numbers = str(states(run)), str(autograd.generator().bit_generator.state)
    order = sorted(run, key=lambda name: name != first)
    with pytest.raises(ValueError, match="settings missing"):
        nn.load_checkpoint(tmp_path / "c", **{name: run[name] for name in order})
    assert str(states(run)) == before
    assert str(autograd.generator().bit_generator.state) == numbers


def states(run):
    return {name: part.state_dict() for name, part in run.items()}


# -- kill -9 -------------------------------------------------------------------------------

STEPS = 6000  # a second or two


def moons(out):
    """demos/moons.py --resume as a process of its own, training already."""
    process = subprocess.Popen(
        [sys.executable, "demos/moons.py", "--resume", f"--steps={STEPS}", "--out", str(out)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "parameters  129\n", process.stderr.read()
    return process


def test_killed_twenty_times_it_ends_with_the_same_weights_to_the_bit(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    start = time.perf_counter()
    process = moons(whole)
    started = time.perf_counter()
    process.communicate()
    training = time.perf_counter() - started
    print(f"imports {started - start:.1f} s, training and pictures {training:.1f} s")
    chance = random.Random(0)
    came = []
    for _ in range(20):
        process = moons(killed)
        time.sleep(chance.uniform(0, training / 20))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:  # the machine has become quicker meanwhile: at the end already
            break
        assert process.returncode == -signal.SIGKILL
        checkpoint = killed / "checkpoint.safetensors"
        came.append(len(steps_of(checkpoint)) if checkpoint.exists() else 0)
    assert came == sorted(came) and came[-1] > 0 and came[0] < STEPS and len(came) > 9, came
    _, errors = moons(killed).communicate()
    assert "Error" not in errors
    ends = [nn.load(folder / "checkpoint.safetensors") for folder in (whole, killed)]
    assert ends[0].keys() == ends[1].keys() and len(ends[0]) == 4
    for name, x in ends[0].items():
        assert x.numpy().tobytes() == ends[1][name].numpy().tobytes()
    losses = [steps_of(folder / "checkpoint.safetensors") for folder in (whole, killed)]
    assert losses[0] == losses[1] and len(losses[0]) == STEPS
    left = {path.name for path in killed.iterdir()}
    assert {"loss.png", "boundary.png", "histograms.png", "graph.svg"} <= left


def steps_of(checkpoint):
    """The losses that a checkpoint of the moons has."""
    return nn.load_checkpoint(checkpoint)["history"]
