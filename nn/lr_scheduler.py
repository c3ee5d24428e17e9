"""Learning-rate schedules: call ``step()`` once after each epoch.

Each makes the next rate of the one that the optimizer has, so several can work on one optimizer,
and go on from a rate that was set by hand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

# What the state dicts of torch's schedules hold beside ours.
OF_TORCH = ("lr_lambdas", "verbose", "default_min_lr", "mode_worse")


class LRScheduler:
    """Sets the ``lr`` of each group of an optimizer, at once and at each ``step()``.

    A subclass defines ``rate(lr, base)``: the rate at step ``self.last_epoch``, 0 at first, from
    the one before and the one that the optimizer began with.

    >>> import autograd, nn
    >>> class Halved(LRScheduler):
    ...     def rate(self, lr, base):
    ...         return lr / 2 if self.last_epoch else lr
    >>> optimizer = nn.optim.SGD([autograd.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = Halved(optimizer)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        # Kept in the group, so that a second schedule finds the rate from before the first.
        self.base_lrs = [g.setdefault("initial_lr", g["lr"]) for g in optimizer.param_groups]
        self.last_epoch = -1
        self.step()

    def rate(self, lr: float, base: float) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no rate()")

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``, from those that the groups have."""
        groups = self.optimizer.param_groups
        later = [group["lr"] for group in groups[len(self.base_lrs) :]]
        return [self.rate(g["lr"], base) for g, base in zip(groups, [*self.base_lrs, *later])]

    def step(self) -> None:
        """Go on to the next learning rate."""
        self.last_epoch += 1
        self._last_lr = [float(lr) for lr in self.get_lr()]
        for group, lr in zip(self.optimizer.param_groups, self._last_lr):
            group["lr"] = lr

    def get_last_lr(self) -> list[float]:
        """The learning rates that ``step()`` set last, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """What this schedule knows, but for its optimizer and functions: numbers and lists."""
        left_out = ("optimizer", "lr_lambdas")
        return {name: x for name, x in vars(self).items() if name not in left_out}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``. The rates themselves are in the optimizer's.

        Raises ValueError for that of another kind of schedule.
        """
        own = self.state_dict()
        theirs = {name for name in state_dict if not (name[0] == "_" or name in OF_TORCH)}
        mine = {name for name in own if name[0] != "_"}
        if mine != theirs:
            raise ValueError(
                f"load_state_dict: {type(self).__name__} has {', '.join(sorted(mine))}, and the "
                f"state dict, of another schedule, {', '.join(sorted(theirs))}"
            )
        for name in ("base_lrs", "min_lrs"):
            if len(own.get(name, ())) != len(state_dict.get(name, ())):
                raise ValueError(
                    f"load_state_dict: {type(self).__name__}: {name} is for "
                    f"{len(state_dict[name])} groups, and here are {len(own[name])}"
                )
        vars(self).update({name: state_dict.get(name, x) for name, x in own.items()})


def at_least_one(schedule: str, name: str, steps: int) -> None:
    if not steps >= 1:
        raise ValueError(f"{schedule}: {name} must be 1 or more, got {steps}")


class LambdaLR(LRScheduler):
    """``base * lr_lambda(t)`` at step ``t``; a list has one function for each group.

    >>> import autograd, nn
    >>> optimizer = nn.optim.SGD([autograd.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Any, lr_lambda: Callable | Iterable[Callable]) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"LambdaLR: {len(self.lr_lambdas)} functions for {groups} groups")
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]


class StepLR(LRScheduler):
    """``lr * gamma`` at every ``step_size``-th step. Raises ValueError for one below 1."""

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1) -> None:
        at_least_one("StepLR", "step_size", step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        t = self.last_epoch
        return lr * self.gamma if t and t % self.step_size == 0 else lr


class MultiStepLR(LRScheduler):
    """``lr * gamma`` at each step that is in ``milestones``.

    >>> import autograd, nn
    >>> optimizer = nn.optim.SGD([autograd.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> for _ in range(4):
    ...     print(optimizer.lr)
    ...     schedule.step()
    1.0
    0.5
    0.5
    0.25
    """

    def __init__(self, optimizer: Any, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        return lr * self.gamma ** self.milestones.count(self.last_epoch)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if "milestones" in state_dict:  # torch counts them
            counted: Counter[int] = Counter(state_dict["milestones"])
            state_dict = {**state_dict, "milestones": sorted(counted.elements())}
        super().load_state_dict(state_dict)


class ExponentialLR(LRScheduler):
    """``lr * gamma`` at each step."""

    def __init__(self, optimizer: Any, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        return lr * self.gamma if self.last_epoch else lr


class LinearLR(LRScheduler):
    """From ``lr * start_factor`` to ``lr * end_factor`` along a line, in ``total_iters`` steps.

    Raises ValueError for a start outside 0 to 1 or of 0, and for an end outside 0 to 1.
    """

    def __init__(
        self,
        optimizer: Any,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                "LinearLR: start_factor must be above 0, and it and end_factor within 0 to 1; "
                f"got {start_factor} and {end_factor}"
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer)

    def factor(self, t: int) -> float:
        done = min(t / self.total_iters, 1) if self.total_iters else 1
        return self.start_factor + (self.end_factor - self.start_factor) * done

    def rate(self, lr: float, base: float) -> float:
        t = self.last_epoch
        if t == 0:
            return lr * self.start_factor
        return lr if t > self.total_iters else lr * self.factor(t) / self.factor(t - 1)


class CosineAnnealingLR(LRScheduler):
    """From ``lr`` down to ``eta_min`` in ``T_max`` steps, along half a cosine; then up again.

    Raises ValueError for a ``T_max`` below 1.
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0) -> None:
        at_least_one("CosineAnnealingLR", "T_max", T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def height(self, t: int) -> float:
        """From 1 at ``t = 0`` to 0 at ``T_max``."""
        return (1 + math.cos(math.pi * t / self.T_max)) / 2

    def rate(self, lr: float, base: float) -> float:
        t = self.last_epoch
        if t == 0:
            return lr
        if (t - 1) % (2 * self.T_max) == self.T_max:  # from the ground, which has no ratio
            return lr + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        return self.height(t) / self.height(t - 1) * (lr - self.eta_min) + self.eta_min


class ReduceLROnPlateau:
    """``lr * factor`` where a measure, such as the loss of the test data, stops getting better.

    Call ``step(measure)``. After more than ``patience`` steps without a better one the rates
    are reduced, but not below ``min_lr``, a number or one for each group, and only if that changes
    them by more than ``eps``; the next ``cooldown`` steps do not count. Better is less, or more
    with ``mode="max"``, by ``threshold``: that part of the best so far, or with
    ``threshold_mode="abs"`` the number itself.

    >>> import autograd, nn
    >>> optimizer = nn.optim.SGD([autograd.tensor(1.0, requires_grad=True)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (0.5, 0.4, 0.6, 0.5):
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.1
    """

    def __init__(
        self,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                "ReduceLROnPlateau: mode must be 'min' or 'max' and threshold_mode 'rel' or 'abs', "
                f"got {mode!r} and {threshold_mode!r}"
            )
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor}")
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        groups = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, list | tuple) else [min_lr] * groups
        if len(self.min_lrs) != groups:
            raise ValueError(f"ReduceLROnPlateau: {len(self.min_lrs)} min_lr for {groups} groups")
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0

    def is_better(self, measure: float) -> bool:
        """Whether a measure is better than the best so far by the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * measure > sign * self.best * (1 + sign * self.threshold)
        return sign * measure > sign * self.best + self.threshold

    def step(self, metrics: Any) -> None:
        """Take note of a measure, and reduce the rates if it is time."""
        measure = float(metrics)
        self.last_epoch += 1
        if self.is_better(measure):
            self.best = measure
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, min_lr in zip(self.optimizer.param_groups, self.min_lrs):
                reduced = max(group["lr"] * self.factor, min_lr)
                if group["lr"] - reduced > self.eps:
                    group["lr"] = reduced
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0

    def get_last_lr(self) -> list[float]:
        """The learning rates, one for each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    state_dict = LRScheduler.state_dict
    load_state_dict = LRScheduler.load_state_dict
