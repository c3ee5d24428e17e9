"""The rule of an optimizer, appended to a Recording, so that a program is a whole step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..tensors import Tensor
from .recording import Recording
from .trace import LARGE, Setting, Untraceable, Var, leaves_of, mapped


class Update:
    """What a program does for its optimizer.

    ``values`` are what it writes into which of its inputs, and ``live`` tells how those inputs
    are found at a call that are no Tensors. Both serve until the program is printed.
    """

    def __init__(self, name: str, optimizer: Any, recording: Recording, live: dict) -> None:
        self.name = name
        self.optimizer = optimizer
        self.recording = recording
        self.values: dict[Var, Var] = {}
        self.live: dict[Var, Callable[[], Any]] = live
        self.remembers: list[tuple[Tensor, str]] = []  # what must be known of which Tensor
        self.new: list[tuple[Tensor, str]] = []  # what is known afterwards, beside the values
        self.rule: list[tuple[int, str, Any]] = []  # settings that make the rule what it is
        self.seen = self.now()
        groups = optimizer.param_groups
        self.parameters = {p for x in groups for p in x["params"]}.intersection(recording.wrt)
        self.memories = [p.memory for p in self.parameters]  # and an array of each number
        recording.trace.section = "update"
        for i, group in enumerate(groups):
            settings = {key: self.setting(i, key) for key in optimizer.defaults}
            for p in group["params"]:
                if p in self.parameters:
                    self.append(p, group, settings)
            for key, x in settings.items():
                if any(v.asked for v in leaves_of(x)):
                    self.rule.append((i, key, group[key]))
        del self.recording  # and all the values that it holds

    def now(self) -> list:
        """The parameters and the settings of each group."""
        groups = self.optimizer.param_groups
        return [([*map(id, x["params"])], [*x.values()]) for x in groups]

    def setting(self, i: int, key: str) -> Any:
        """A setting of a group with a Var for each number."""
        now, trace = self.optimizer.param_groups[i][key], self.recording.trace
        if not isinstance(now, tuple):
            return self.read(Setting(trace, now, True), key, "param_groups", i, key)
        return tuple(
            self.read(Setting(trace, x, True), f"{key}{k}", "param_groups", i, key, k)
            for k, x in enumerate(now)
        )

    def read(self, var: Var, name: str, *path: Any) -> Var:
        """An input that is no Tensor, with the way to find it at each call."""
        if var.size > LARGE:
            var.forget()
        self.recording.inputs[var] = name
        self.live[var] = partial(find, self.optimizer, *path)
        return var

    def append(self, p: Tensor, group: dict, settings: dict) -> None:
        """The optimizer's rule for one parameter."""
        recording, state = self.recording, self.state(p, group)
        var = recording.tensor(p, "p")
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

    def state(self, p: Tensor, group: dict) -> dict[str, Any]:
        """What the optimizer remembers of a parameter, or will after a step, as Vars."""
        known = dict(self.optimizer.state.get(p) or self.optimizer.first_state(p, group))
        for key, x in known.items():
            var = Var(self.recording.trace, x, True)
            known[key] = self.read(var, key, "state", p, key)
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
        if [ids for ids, _ in now] != [ids for ids, _ in self.seen]:
            refuse_parameters(self.name)
        for i, key, then in self.rule:
            x = self.optimizer.param_groups[i][key]
            if mapped(bool, x) != mapped(bool, then):  # of numbers only matters which are 0
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


def find(optimizer: Any, place: str, *path: Any) -> Any:
    """A setting, or what is remembered of a parameter: ``optimizer.place[...][...]``."""
    x = getattr(optimizer, place)
    for step in path:
        x = x[step]
    return x
