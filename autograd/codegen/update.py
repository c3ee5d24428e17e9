"""The rule of an optimizer, appended to a Recording, so that a program is a whole step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        self.recording = recording
        self.remembers: list[tuple[Tensor, str]] = []  # what must be known of which Tensor
        self.new: list[tuple[Tensor, str]] = []  # what is known afterwards, beside the updates
        self.seen = self.groups()
        groups = optimizer.param_groups
        self.parameters = {p for group in groups for p in group["params"]} & set(recording.wrt)
        self.memories = [p.memory for p in self.parameters]  # and an array of each number
        recording.trace.section = "update"
        for i, group in enumerate(groups):
            settings = {
                key: self.setting(key, lambda i=i, key=key: optimizer.param_groups[i][key])
                for key in optimizer.defaults
            }
            for p in group["params"]:
                if p in self.parameters:
                    self.append(p, group, settings)
        # What makes the rule what it is, by being 0 or not.
        asked = [x for x in recording.live if x.asked]
        self.rule = [(recording.inputs[x], recording.live[x], x.value) for x in asked]
        del self.recording  # and all the values that it holds

    def groups(self) -> list:
        """The parameters and the settings of each group."""
        return [([*map(id, x["params"])], [*x.values()]) for x in self.optimizer.param_groups]

    def setting(self, name: str, find: Callable) -> Any:
        """A setting with a Var for each number, which is found anew at each call."""
        now = find()
        if not isinstance(now, tuple):
            return self.recording.reads(name, now, find)
        return tuple(self.setting(f"{name}{k}", lambda k=k: find()[k]) for k in range(len(now)))

    def append(self, p: Tensor, group: dict, settings: dict) -> None:
        """The optimizer's rule for one parameter."""
        recording, optimizer = self.recording, self.optimizer
        state = dict(optimizer.state.get(p) or optimizer.first_state(p, group))
        for key, x in state.items():
            state[key] = recording.reads(key, x, partial(remembered, optimizer, p, group, key))
            state[key].forget()
            self.remembers.append((p, key))
        var, known = recording.tensor(p, "p"), dict(state)
        try:
            change = optimizer.change(var, recording.cotangents[p], state, **settings)
        except Untraceable:
            raise RuntimeError(
                f"compile: {self.name}: {type(optimizer).__name__}.change() asks for values: "
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
        return all(key in self.optimizer.state.get(x, ()) for x, key in self.remembers)

    def note(self, values: Iterable) -> None:
        """Note that parameters have changed, and what is remembered beside the updates."""
        note_change(self.memories, self.name)
        for (p, key), value in zip(self.new, values):
            self.optimizer.state[p][key] = value


def refuse_parameters(name: str) -> None:
    raise RuntimeError(
        f"{name}: parameters have been frozen, or put in or out of the optimizer, since they were "
        "recorded: compile anew"
    )


def remembered(optimizer: Any, p: Tensor, group: dict, key: str) -> Any:
    """What an optimizer remembers of a parameter, or will after a step."""
    known = optimizer.state.get(p, {})
    if key not in known:  # in a context of its own, an interrupt leaves no errstate behind
        known = copy_context().run(optimizer.first_state, p, group)
    return known[key]
