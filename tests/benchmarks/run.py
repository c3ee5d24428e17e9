"""Run the workloads: a worker process for each program, in rounds that alternate."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import imports, peers
from .workloads import WORKLOADS

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-4


@dataclass
class Row:
    """What was measured of one workload, by peer."""

    title: str
    seconds: dict[str, float]
    memory: dict[str, float]  # MB, if the workload asks for it
    missing: dict[str, str]  # why a peer was not measured


class Worker:
    """The process of one program. Leaves the benchmark with a message if it dies."""

    def __init__(self, number: int, peer: str) -> None:
        self.name = f"{WORKLOADS[number].title}: {peer}"
        command = [sys.executable, "-m", "tests.benchmarks.worker", str(number), peer]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.started = json.loads(self.read())

    def read(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise SystemExit(f"{self.name} failed, see above")
        return line

    def seconds(self, steps: int) -> float:
        """Run that many steps; the seconds of one."""
        print(steps, file=self.process.stdin, flush=True)
        return float(self.read())

    def close(self) -> None:
        self.process.communicate()


def check_agreement(title: str, returned: dict[str, Any]) -> None:
    """Leave unless all programs returned the same: else they do different work."""
    first = next(iter(returned), None)
    for peer in returned:
        if not np.allclose(returned[peer], returned[first], rtol=TOLERANCE, atol=TOLERANCE):
            raise SystemExit(
                f"{title}: {peer} and {first} do different work. Their first steps returned\n"
                f"{returned[peer]}\n{returned[first]}"
            )


def split(programs: list[str]) -> tuple[list[str], dict[str, str]]:
    """The programs that can run here, and why the others are missing."""
    missing = {peer: why for peer in programs if (why := peers.why_missing(peer))}
    return [peer for peer in programs if peer not in missing], missing


def run_workload(number: int, programs: list[str], quick: bool) -> Row:
    """Start all programs, compare what they do, and let them take turns."""
    workload = WORKLOADS[number]
    steps, rounds = (1, 2) if quick else (workload.steps, workload.rounds)
    present, missing = split(programs)
    workers = {peer: Worker(number, peer) for peer in present}
    check_agreement(workload.title, {p: w.started["returned"] for p, w in workers.items()})
    times: dict[str, list[float]] = {peer: [] for peer in present}
    for _ in range(rounds):
        for peer, worker in workers.items():
            times[peer].append(worker.seconds(steps))
    for worker in workers.values():
        worker.close()
    medians = {peer: statistics.median(row) for peer, row in times.items()}
    memory = {peer: w.started["memory"] for peer, w in workers.items() if workload.memory}
    return Row(workload.title, medians, memory, missing)


def run_imports(programs: list[str], quick: bool) -> Row:
    present, missing = split(programs)
    return Row(imports.TITLE, imports.measure(present, 1 if quick else 7), {}, missing)


def run(words: list[str], chosen: list[str], quick: bool) -> list[Row]:
    """Time the workloads with one of ``words`` in the title, or all, for the ``chosen`` peers."""

    def wanted(title: str) -> bool:
        return not words or any(word in title for word in words)

    rows = []
    for number, workload in enumerate(WORKLOADS):
        if (workload.quick or not quick) and wanted(workload.title):
            print(workload.title, "...", file=sys.stderr)
            rows.append(run_workload(number, [p for p in workload.programs if p in chosen], quick))
    if wanted(imports.TITLE):
        print(imports.TITLE, "...", file=sys.stderr)
        rows.append(run_imports([p for p in imports.MODULES if p in chosen], quick))
    return rows
