"""Learning-rate schedules: call ``step()`` once after each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


class LRScheduler:
    """Sets ``optimizer.lr`` to ``rate(t)`` after the ``t``-th ``step()``; a subclass defines it."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.t = 0
        optimizer.lr = self.rate(0)

    def rate(self, t: int) -> float:
        raise NotImplementedError

    def step(self) -> None:
        """Go on to the next learning rate."""
        self.t += 1
        self.optimizer.lr = self.rate(self.t)

    def get_last_lr(self) -> list[float]:
        """The learning rate now, in a list as in torch."""
        return [self.optimizer.lr]


class LambdaLR(LRScheduler):
    """``lr * lr_lambda(t)``.

    >>> import autograd, nn
    >>> optimizer = nn.optim.SGD([autograd.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Any, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.base_lr * self.lr_lambda(t)


class StepLR(LRScheduler):
    """``lr * gamma ** (t // step_size)``."""

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.base_lr * self.gamma ** (t // self.step_size)


class ExponentialLR(LRScheduler):
    """``lr * gamma ** t``."""

    def __init__(self, optimizer: Any, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.base_lr * self.gamma**t


class CosineAnnealingLR(LRScheduler):
    """From ``lr`` down to ``eta_min`` in ``T_max`` steps, along half a cosine."""

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return (
            self.eta_min
            + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2
        )
