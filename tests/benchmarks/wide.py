"""Forward and backward of the sum of squares of 100,000 scalar leaves, stacked."""

from typing import Any

from . import peers
from .workload import Step, Workload

N = 100_000


def wide(library: Any) -> Step:
    """torch and we differ in the import only."""
    leaves = [library.tensor(i / N, requires_grad=True) for i in range(N)]

    def step() -> tuple[float, float]:
        for leaf in leaves:
            leaf.grad = None
        x = library.stack(leaves)
        loss = (x * x).mean()
        loss.backward()
        return loss.item(), leaves[-1].grad.item() * N

    return step


def ours() -> Step:
    import autograd

    return wide(autograd)


def in_torch() -> Step:
    return wide(peers.import_torch())


WIDE = Workload(
    f"stack of {N:,} leaves",
    {peers.OURS: ours, peers.TORCH: in_torch},
    steps=1,
    rounds=7,
    checked=1,
)
