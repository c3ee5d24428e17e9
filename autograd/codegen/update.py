"""The rule of an optimizer, appended to a Recording, so that a program is a whole step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..tensors import Tensor
from .recording import Recording
from .trace import LARGE, Setting, Untraceable, Var


class Update:
    """What a program does for its optimizer.

    ``values`` are what it writes into which of its inputs, and ``live`` tells how those inputs
    are found at a call that are no Tensors. Both serve until the program is printed.
    """

    def __init__(self, name: str, optimizer: Any, recording: Recording, live: dict) -> None:
        self.name = name
        self.optimizer = optimizer
        self.values: dict[Var, Var] = {}
        self.live: dict[Var, Callable[[], Any]] = live
        self.remembers: list[tuple[Tensor, str]] = []  # what must be known of which Tensor
        self.new: list[tuple[Tensor, str]] = []  # what is known afterwards, beside the values
        self.seen = self.now()
        wanted = set(recording.wrt)
        groups = optimizer.param_groups
        self.parameters = {p for group in groups for p in group["params"] if p in wanted}
        self.memories = [p.memory for p in self.parameters]  # and an array of each number
        recording.sections.append(("update", len(recording.trace.calls)))
        numbers: list = []
        for i, group in enumerate(groups):
            settings = {k: self.setting(recording, numbers, i, k) for k in optimizer.defaults}
            for p in group["params"]:
                if p in wanted:
                    self.append(recording, p, group, settings)
        # What is no number is part of the rule, and whether one is 0 where the rule asked that.
        self.rule = [(key, find, x) for key, find, x, v in numbers if v is None or v.asked]

    def now(self) -> list:
        """The parameters and the settings of each group."""
        groups = self.optimizer.param_groups
        return [([*map(id, x["params"])], [*x.values()]) for x in groups]

    def setting(self, recording: Recording, numbers: list, group: int, key: str) -> Any:
        """A setting of a group with a Var for each number, which is read at each call."""
        now = self.optimizer.param_groups[group][key]

        def varying(k: int | None) -> Any:
            find = partial(setting_of, self.optimizer, group, key, k)
            x, var = find(), None
            if isinstance(x, int | float) and not isinstance(x, bool):
                var = Setting(recording.trace, x, varies=True)
                self.add_input(recording, var, key if k is None else f"{key}{k}", find)
            numbers.append((key, find, x, var))
            return x if var is None else var

        return tuple(map(varying, range(len(now)))) if isinstance(now, tuple) else varying(None)

    def add_input(self, recording: Recording, var: Var, name: str, find: Callable) -> None:
        recording.inputs[var] = name
        self.live[var] = find

    def append(self, recording: Recording, p: Tensor, group: dict, settings: dict) -> None:
        """The optimizer's rule for one parameter."""
        var, state = recording.tensor(p, "p"), self.state(recording, p, group)
        known = dict(state)
        try:
            change = self.optimizer.change(var, recording.cotangents[p], state, **settings)
        except Untraceable:
            raise RuntimeError(
                f"compile: {self.name}: {type(self.optimizer).__name__}.change() asks for values: "
                "use np.where in it, or compile without optimizer= and call its step()"
            ) from None
        self.values[var] = var - change
        for key, x in state.items():
            old = known.get(key)
            value = x if isinstance(x, Var) else recording.trace.input(x)
            if old is not None and old.is_array and old.shape == value.shape:
                self.values[old] = value
            elif value is not old:
                self.new.append((p, key))
                recording.extra.append(value)

    def state(self, recording: Recording, p: Tensor, group: dict) -> dict[str, Any]:
        """What the optimizer remembers of a parameter, or will after a step, as Vars."""
        known = dict(self.optimizer.state.get(p) or {})
        if not known:
            settings = {key: group[key] for key in self.optimizer.defaults}
            with np.errstate(all="ignore"):
                self.optimizer.change(p._data.copy(), np.zeros_like(p._data), known, **settings)
        for key, x in known.items():
            known[key] = var = Var(recording.trace, x, varies=True)
            if var.size > LARGE:
                var.forget()
            self.add_input(recording, var, key, partial(state_of, self.optimizer, p, key))
            self.remembers.append((p, key))
        return known

    # -- at a call -------------------------------------------------------------------------------

    def knows(self) -> bool:
        """Whether the optimizer remembers what the rule needs; it does after its first step."""
        state = self.optimizer.state
        return all(key in state.get(x, ()) for x, key in self.remembers)

    def step_by_itself(self) -> None:
        """Have the optimizer do a step with the parameters of this graph."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        others = {p: p._grad for p in parameters if p not in self.parameters}
        for p in others:
            p._grad = None
        try:
            self.optimizer.step()
        finally:
            for p, g in others.items():
                p._grad = g

    def check(self) -> None:
        """Raise RuntimeError where the rule would be another one than it was."""
        now = self.now()
        if now == self.seen:
            return
        if [parameters for parameters, _ in now] != [parameters for parameters, _ in self.seen]:
            refuse_parameters(self.name)
        for key, find, then in self.rule:
            x = find()
            if (bool(x) != bool(then)) if isinstance(then, int | float) else x != then:
                raise RuntimeError(
                    f"{self.name}: the optimizer's {key} is {x}, recorded was {then}, which makes "
                    "its rule another one: compile anew"
                )
        self.seen = now


def refuse_parameters(name: str) -> None:
    raise RuntimeError(
        f"{name}: parameters have been frozen, or put in or out of the optimizer, since they were "
        "recorded: compile anew"
    )


def setting_of(optimizer: Any, group: int, key: str, k: int | None) -> Any:
    value = optimizer.param_groups[group][key]
    return value if k is None else value[k]


def state_of(optimizer: Any, parameter: Tensor, key: str) -> Any:
    return optimizer.state[parameter][key]
