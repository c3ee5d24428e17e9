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
        self.values: dict[Var, Var] = {}
        self.live: dict[Var, Callable[[], Any]] = live
        self.remembers: list[tuple[Tensor, str]] = []  # what must be known of which Tensor
        self.new: list[tuple[Tensor, str]] = []  # what is known afterwards, beside the values
        self.seen = self.now()
        self.ids = [list(map(id, x["params"])) for x in optimizer.param_groups]
        wanted = set(recording.wrt)
        groups = optimizer.param_groups
        self.parameters = {p for group in groups for p in group["params"] if p in wanted}
        self.memories = [p.memory for p in self.parameters]  # and an array of each number
        recording.trace.section = "update"
        self.rule: list[tuple[int, str, Any]] = []  # settings that make the rule what it is
        for i, group in enumerate(groups):
            settings = {key: self.setting(recording, i, key) for key in optimizer.defaults}
            for p in group["params"]:
                if p in wanted:
                    self.append(recording, p, group, settings)
            for key, x in settings.items():
                if any(not isinstance(v, Setting) or v.asked for v in leaves_of(x)):
                    self.rule.append((i, key, group[key]))

    def now(self) -> list:
        """The settings and the parameters of each group."""
        return [[*x.values(), *map(id, x["params"])] for x in self.optimizer.param_groups]

    def setting(self, recording: Recording, group: int, key: str) -> Any:
        """A setting of a group with a Var for each number, which is read at each call."""
        now = self.optimizer.param_groups[group][key]
        places = range(len(now)) if isinstance(now, tuple) else [None]
        found = []
        for k in places:
            x = find(self.optimizer, group, key, k)
            if isinstance(x, int | float) and not isinstance(x, bool):
                x = Setting(recording.trace, x, varies=True)
                recording.inputs[x] = key if k is None else f"{key}{k}"
                self.live[x] = partial(find, self.optimizer, group, key, k)
            found.append(x)
        return tuple(found) if isinstance(now, tuple) else found[0]

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
        known = dict(self.optimizer.state.get(p) or self.optimizer.first_state(p, group))
        for key, x in known.items():
            known[key] = var = Var(recording.trace, x, varies=True)
            if var.size > LARGE:
                var.forget()
            recording.inputs[var] = key
            self.live[var] = partial(remembered, self.optimizer, p, key)
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
        if [list(map(id, x["params"])) for x in self.optimizer.param_groups] != self.ids:
            refuse_parameters(self.name)
        for i, key, then in self.rule:
            x = self.optimizer.param_groups[i][key]
            if zeros_of(x) != zeros_of(then):
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


def zeros_of(x: Any) -> Any:
    """A setting, of whose numbers only matters which are 0."""
    return mapped(lambda v: v != 0 if isinstance(v, int | float) else v, x)


def find(optimizer: Any, group: int, key: str, k: int | None) -> Any:
    value = optimizer.param_groups[group][key]
    return value if k is None else value[k]


def remembered(optimizer: Any, parameter: Tensor, key: str) -> Any:
    return optimizer.state[parameter][key]
