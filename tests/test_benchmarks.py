"""The benchmark runs, and refuses to compare programs that do different work."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import peers, run, table
from tests.benchmarks.workload import Workload

ROOT = Path(__file__).parent.parent


def bench(*arguments):
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_all_workloads_agree_and_are_tabulated_and_drawn(tmp_path):
    pytest.importorskip("torch")
    programs = [peers.NUMPY, peers.OURS, peers.COMPILED, peers.TORCH]
    done = bench("--programs", *programs, "--markdown", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"| | {' | '.join(programs)} |"
    titles = [w.title for w in run.WORKLOADS if w.quick] + ["import, after import numpy"]
    assert [line.split(" | ")[0] for line in lines[2 : 2 + len(titles)]] == [
        f"| {title}" for title in titles
    ]
    assert "torch 2.13.0" in done.stdout
    picture = (tmp_path / "benchmarks.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 20_000


def test_different_work_is_refused():
    run.check_agreement("moons", {"a": [0.5, 0.25], "b": [0.5, 0.25001]})
    with pytest.raises(SystemExit, match="moons: b and a do different work"):
        run.check_agreement("moons", {"a": [0.5, 0.25], "b": [0.5, 0.251]})
    with pytest.raises(SystemExit, match="different work"):
        run.check_agreement("moons", {"a": [0.5, float("nan")], "b": [0.5, float("nan")]})


def test_a_peer_that_is_not_installed_is_said_to_be(monkeypatch):
    monkeypatch.setattr(peers, "DISTRIBUTIONS", {peers.JAX: "no-such-distribution"})
    assert peers.why_missing(peers.JAX) == "not installed"
    monkeypatch.setattr(run, "WORKLOADS", [Workload("moons", {peers.JAX: None}, 1, 1)])
    row = run.run_workload(0, [peers.JAX], quick=True)
    assert "jax.jit             not installed" in table.text([row])
    assert table.markdown([row]).endswith("| moons | not installed |")


def test_a_worker_that_dies_ends_the_benchmark():
    with pytest.raises(SystemExit, match=r"moons step.*: no such peer failed"):
        run.Worker(0, "no such peer")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(63.14e-6, "63.1 µs"), (1.694e-3, "1.69 ms"), (0.1694, "169 ms"), (5.719, "5.72 s")],
)
def test_times_are_shown_with_three_digits(seconds, shown):
    assert table.in_units(seconds) == shown
