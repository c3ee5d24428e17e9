"""How long importing each library takes where NumPy is there already: fresh processes."""

import os
import statistics
import subprocess
import sys
import tempfile

from . import peers

TITLE = "import, after import numpy"
MODULES = {
    peers.OURS: "autograd, nn",
    peers.TORCH: "torch",
    peers.JAX: "jax, jax.numpy",
    peers.MYGRAD: "mygrad",
    peers.HIPS: "autograd, autograd.numpy",
}
CODE = """
import sys, time, numpy
sys.path[:0] = {folders}
begun = time.perf_counter()
import {modules}
print(time.perf_counter() - begun)
"""


def seconds_to_import(peer: str, cache: str) -> float:
    folders = [str(peers.HIPS_FOLDER)] if peer == peers.HIPS else []
    code = CODE.format(folders=folders, modules=MODULES[peer])
    # What is installed has been compiled; what is worked on is compiled once, too.
    settings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    settings["PYTHONPYCACHEPREFIX"] = cache
    run = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, env=settings
    )
    return float(run.stdout)


def measure(programs: list[str], rounds: int) -> dict[str, float]:
    """The median seconds for each of ``programs``; a first round fills the disk's caches."""
    times: dict[str, list[float]] = {peer: [] for peer in programs}
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(1 + rounds):
            for peer in programs:
                times[peer].append(seconds_to_import(peer, cache))
    return {peer: statistics.median(row[1:]) for peer, row in times.items()}
