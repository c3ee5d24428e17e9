"""The rule of an optimizer, appended to a Recording, so that a program is a whole step."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import copy_context
from functools import partial
from typing import Any

from ..memory import note_change
from ..tensors import Tensor
from .recording import Recording
from .trace import Untraceable, Var


class Update:
    """What a program does for its optimizer."""

    def __init__(self, name: str, optimizer: Any, recording: Recording) -> None:
        self.name = name
        self.optimizer = optimizer
        self.remembers: list[tuple[Tensor, str]] = []  # what must be known of which Tensor
        self.new: list[tuple[Tensor, str]] = []  # what is known afterwards, beside the updates
        self.seen = self.groups()
        everything = {p for group in optimizer.param_groups for p in group["params"]}
        self.parameters = everything.intersection(recording.wrt)
        self.memories = [p.memory for p in self.parameters]  # and an array of each number
        recording.trace.section = "update"
        for i, group in enumerate(optimizer.param_groups):
            settings = {
                key: self.setting(recording, key, group[key], i, key) for key in optimizer.defaults
            }
            for p in group["params"]:
                if p in self.parameters:
                    self.append(recording, p, group, settings)
        # What makes the rule what it is, by being 0 or not.
        asked = [x for x in recording.live if x.asked]
        self.rule = [(recording.inputs[x], recording.live[x], x.value) for x in asked]

    def groups(self) -> list:
        """The parameters and the settings of each group."""
        groups = self.optimizer.param_groups
        return [([*map(id, x["params"])], [*x.values()]) for x in groups]

    def setting(self, recording: Recording, name: str, x: Any, *path: Any) -> Any:
        """A setting with a Var for each number, and the way to find that at each call."""
        if isinstance(x, tuple):
            return tuple(
                self.setting(recording, f"{name}{k}", number, *path, k)
                for k, number in enumerate(x)
            )
        var = Var(recording.trace, x, True)
        recording.inputs[var] = name
        recording.live[var] = partial(find, self.optimizer, *path)
        return var

    def append(self, recording: Recording, p: Tensor, group: dict, settings: dict) -> None:
        """The optimizer's rule for one parameter."""
        state = dict(self.optimizer.state.get(p) or self.optimizer.first_state(p, group))
        for key, x in state.items():
            state[key] = var = Var(recording.trace, x, True)
            recording.inputs[var] = key
            recording.live[var] = partial(remembered, self.optimizer, p, group, key)
            self.remembers.append((p, key))
        var, known = recording.tensor(p, "p"), dict(state)
        try:
            change = self.optimizer.change(var, recording.cotangents[p], state, **settings)
        except Untraceable:
            raise RuntimeError(
                f"compile: {self.name}: {type(self.optimizer).__name__}.change() asks for values: "
                "use np.where in it, or compile without optimizer= and call its step()"
            ) from None
        recording.updates[var] = var - change
        for key, x in state.items():
            old = known.get(key)
            value = x if isinstance(x, Var) else recording.trace.input(x)
            if old is not None and old.is_array and old.shape == value.shape:
                recording.updates[old] = value
            elif value is not old:
                self.new.append((p, key))
                recording.results += recording.apart([value])

    def check(self) -> None:
        """Raise RuntimeError where the rule would be another one than it was."""
        now = self.groups()
        if now == self.seen:
            return
        if [ids for ids, _ in now] != [ids for ids, _ in self.seen]:
            refuse_parameters(self.name)
        for key, setting, then in self.rule:
            if bool(setting()) != bool(then):
                raise RuntimeError(
                    f"{self.name}: the optimizer's {key} is {setting()}, recorded was {then}, "
                    "which makes its rule another one: compile anew"
                )
        self.seen = now

    def knows(self) -> bool:
        """Whether the optimizer remembers what the rule needs; it does after its first step."""
        state = self.optimizer.state
        return all(key in state.get(x, ()) for x, key in self.remembers)

    def step(self) -> None:
        """The optimizer's own step with the parameters of this graph."""
        optimizer = self.optimizer
        for group in optimizer.param_groups:
            settings = {key: group[key] for key in optimizer.defaults}
            for p in group["params"]:
                if p in self.parameters:
                    state = dict(optimizer.state[p])  # an interrupt leaves no half of it
                    p._data -= optimizer.change(p._data, p._grad._data, state, **settings)
                    optimizer.state[p] = state
        self.note()

    def note(self, values: Iterable = ()) -> None:
        """Note that parameters have changed, and what is remembered beside the updates."""
        note_change(self.memories, self.name)
        for (p, key), value in zip(self.new, values):
            self.optimizer.state[p][key] = value


def refuse_parameters(name: str) -> None:
    raise RuntimeError(
        f"{name}: parameters have been frozen, or put in or out of the optimizer, since they were "
        "recorded: compile anew"
    )


def find(optimizer: Any, *path: Any) -> Any:
    """A setting: ``optimizer.param_groups[...][...]``."""
    x = optimizer.param_groups
    for step in path:
        x = x[step]
    return x


def remembered(optimizer: Any, p: Tensor, group: dict, key: str) -> Any:
    """What an optimizer remembers of a parameter, or will after a step."""
    known = optimizer.state.get(p, {})
    if key not in known:  # in a context of its own, an interrupt leaves no errstate behind
        known = copy_context().run(optimizer.first_state, p, group)
    return known[key]
