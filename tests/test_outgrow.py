"""demos/outgrow.py as a person runs it: one curve on one device, on many, in two processes."""

import os
import re
import signal
import subprocess
import sys

import pytest

from .environments import ROOT

pytest.importorskip("jax")


def run(*options):
    """Exit status, output and errors of the demo; nothing that it started is left running."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    demo = subprocess.Popen(
        [sys.executable, ROOT / "demos" / "outgrow.py", *options], text=True,
        env={**os.environ, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu"}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        printed, errors = demo.communicate(timeout=300)
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.pid, 0)
    except BaseException:
        os.killpg(demo.pid, signal.SIGKILL)
        raise
    return demo.returncode, printed, errors


def without_numbers(text):
    return re.sub(r" *\d[\d.,e-]*", " N", text)


def test_devices_and_processes_train_as_one():
    status, printed, errors = run("--steps=40", "--devices=2", "--processes=2")
    assert status == 0, printed + errors
    assert without_numbers(printed) in without_numbers((ROOT / "docs" / "outgrow.md").read_text())
    rows = re.findall(r"^(.+?) +([\d,]+) samples per second, (\d) all-reduce", printed, re.M)
    assert [(name, reduces) for name, speed, reduces in rows] == [
        ("one device", "0"), ("2 devices", "1"), ("2 processes", "1"),
    ]  # fmt: skip
    said = re.search(r"^(.+): one curve, at most (\S+) apart \(bound 1e-05\)$", printed, re.M)
    assert said[1] == "moongrad, one device, 2 devices, 2 processes"
    assert float(said[2]) < 1e-5
    first, last = re.search(r"^loss +(\S+) to (\S+)$", printed, re.M).groups()
    assert float(last) < float(first) / 2
    assert float(re.search(r"^accuracy +(\S+)", printed, re.M)[1]) > 0.85


def test_curves_that_differ_are_no_success():
    status, printed, _ = run("--steps=3", "--devices=1", "--lr=1e30")
    assert "moongrad, one device, 1 devices: NOT one curve" in printed
    assert status == 1


@pytest.mark.parametrize(
    "options, message",
    [
        (["--batch=30", "--devices=4"], "--batch must be at most 1500, and 4 shares of the same"),
        (["--processes=0"], "--steps, --devices and --processes must be 1 or more"),
    ],
)
def test_bad_options_get_one_clear_line(options, message):
    status, _, errors = run(*options)
    assert status == 2
    assert message in errors.splitlines()[-1]
