"""Forward and backward through a chain of ``n`` ops on one float32: what an op costs."""

from functools import partial
from typing import Any

from . import peers
from .workload import Step, Workload


def chain(library: Any, n: int) -> Step:
    """torch and we differ in the import only."""

    def step() -> tuple[float, float]:
        x = library.tensor(2.0, requires_grad=True)
        y = x
        for _ in range(n // 2):
            y = y * 0.999999 + 1e-6  # so that neither y nor its gradient leaves float32
        y.backward()
        return y.item(), x.grad.item()

    return step


def ours(n: int) -> Step:
    import autograd

    return chain(autograd, n)


def in_torch(n: int) -> Step:
    return chain(peers.import_torch(), n)


def workload(n: int, steps: int, rounds: int) -> Workload:
    return Workload(
        f"chain of {n:,} ops",
        {peers.OURS: partial(ours, n), peers.TORCH: partial(in_torch, n)},
        steps,
        rounds,
        checked=1,
        memory=True,
        quick=n <= 10_000,
    )


CHAINS = [workload(10**4, 2, 15), workload(10**5, 1, 7), workload(10**6, 1, 3)]
