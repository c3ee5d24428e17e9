"""A process for one program: sets it up, then times a round of steps whenever it is asked to.

Started by ``run.py`` as ``python -m tests.benchmarks.worker NUMBER PEER``; NUMBER counts in
``WORKLOADS``. It first says, as a line of JSON, what the checked steps returned and by how much
the first raised the peak memory. Then it reads numbers of steps, and answers the seconds of one.
"""

import json
import math
import re
import resource
import sys
import time
import warnings
from pathlib import Path

from .workloads import WORKLOADS


def peak_memory() -> float:
    """The most memory that this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where ru_maxrss counts the parent's peak too
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main(number: str, peer: str) -> None:
    warnings.filterwarnings("ignore", ".* are both stretched")  # the elementwise step means it
    workload = WORKLOADS[int(number)]
    step = workload.programs[peer]()
    before = peak_memory()
    returned = [step()]
    memory = peak_memory() - before
    returned += [step() for _ in range(workload.checked - 1)]
    print(json.dumps({"returned": returned, "memory": memory}), flush=True)
    for line in sys.stdin:
        steps = int(line)
        if steps > 1:
            step()  # bring the caches back, which the others have used since
        begun = time.perf_counter()
        for _ in range(steps):
            value = step()
        seconds = (time.perf_counter() - begun) / steps
        if isinstance(value, float) and not math.isfinite(value):
            sys.exit(f"{workload.title}: the loss of {peer} has become {value}")
        print(seconds, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
