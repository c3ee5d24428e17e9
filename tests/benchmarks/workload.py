"""What is timed: programs that do the same work, each with another library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Step = Callable[[], Any]


@dataclass
class Workload:
    """One row of the table.

    ``programs`` has for each peer (of ``peers.PEERS``) a function that sets up and returns
    ``step``. What ``step()`` returns, a number or a few, must be the same for all peers: the
    first ``checked`` steps are compared, and warm up. Then ``rounds`` rounds of ``steps`` steps
    are timed. With ``memory``, the peak memory of the first step is a row too.
    """

    title: str
    programs: dict[str, Callable[[], Step]]
    steps: int
    rounds: int
    checked: int = 10
    memory: bool = False
    quick: bool = True  # small enough for --quick


def step_by_step(loss_of: Callable, *example: Any, optimizer: Any) -> Callable:
    """In the place of a compiler: the steps of training, one after the other."""

    def train(*args: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(*args)
        loss.backward()
        optimizer.step()
        return loss

    return train
