"""Whether a program still holds: what its recording took for granted, as conditions in Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, grad_mode
from ..tensor import Tensor
from ..trace import Call, Guard
from .recorder import Recorder, Refused
from .spelling import literal
from .surroundings import Place, Same, fingerprint


def check_guards(forward: list[Call | Guard], backward: list[Call | Guard]) -> None:
    """Raise Refused for a branch on a value where a run could not be taken back."""
    changed = False
    for call in forward:
        if isinstance(call, Guard):
            if changed:
                raise Refused(
                    "branches (if, while, assert) on a tensor's value after a tensor outside was "
                    "changed, so a run could not be taken back. Branch first, or use where()"
                )
        elif call.writes is not None and call.writes.root.call is None:
            changed = True
    if any(isinstance(call, Guard) for call in backward):
        raise Refused("branches on a tensor's value in a hook that backward calls. Use where()")


class Conditions:
    """The conditions of a program, one text each; ``listing`` knows what things are called."""

    def __init__(self, listing: Any) -> None:
        self.listing = listing
        self.names = listing.known
        self.recorder: Recorder = listing.recorder

    def __iter__(self) -> Any:
        yield "(recorder.changes == modules.known or modules.unchanged())"
        yield f"mode.recording is {grad_mode.mode.recording}"
        yield f"dtypes._default is {self.dtype(dtypes.get_default_dtype())}"
        for name, x in zip(self.listing.arguments, self.listing.recording.args):
            yield from self.argument(name, x)
        yield from self.arguments_apart()
        for known in self.recorder.outside.values():
            yield from self.tensor(*known)
        for tensor, had in self.recorder.had_grad:
            yield f"{self.tensor_name(tensor)}._grad is {'not ' * had}None"
        yield from self.states()
        for holder, name, value in self.recorder.fixed:
            yield self.equal(self.listing.attribute(holder, name), value, fingerprint(value))
        for optimizer, _ in self.recorder.optimizers:
            params = self.listing.attribute(optimizer, "params")
            yield f"len({params}) == {len(optimizer.params)}"
        yield from self.settings()
        for place in self.listing.recording.surroundings.places:
            yield self.variable(place)

    def dtype(self, dtype: np.dtype) -> str:
        return self.names.of(dtype, dtype.name)

    def type(self, x: Any) -> str:
        kind = type(x)
        return kind.__name__ if kind in (int, float) else self.names.of(kind, kind.__name__)

    def tensor_name(self, tensor: Tensor) -> str:
        argument = self.recorder.arguments.get(id(tensor))
        if argument is not None:
            return self.listing.arguments[argument.position]
        return self.listing.owner(tensor, "tensor")

    def argument(self, name: str, x: Any) -> Any:
        if not isinstance(x, Tensor | np.ndarray):
            yield self.equal(name, x, fingerprint(x))
            return
        yield f"type({name}) is {self.type(x)}"
        data = f"{name}._data" if isinstance(x, Tensor) else name
        array = x._data if isinstance(x, Tensor) else x
        if array.ndim == 0:
            yield f"type({data}) is {self.names.of(type(array), type(array).__name__)}"
        yield f"{data}.shape == {array.shape} and {data}.strides == {array.strides}"
        yield f"{data}.dtype is {self.dtype(array.dtype)}"
        if isinstance(x, Tensor):
            yield f"{name}._requires_grad is {x._requires_grad}"
            if x._requires_grad:
                yield f"{name}.grad_fn is None"
                yield self.equal_hooks(name, x.hooks)

    def arguments_apart(self) -> Any:
        """Which arguments are one Tensor; and that those with a gradient are not used otherwise."""
        written = any(x.kind == "argument" for x in self.listing.written)
        pairs = list(zip(self.listing.arguments, self.listing.recording.args))
        tensors = [(name, x) for name, x in pairs if isinstance(x, Tensor)]
        for i, (name, x) in enumerate(tensors):
            for other, y in tensors[:i]:
                if x is y:
                    yield f"{name} is {other}"
                elif x._requires_grad or written:
                    yield f"{name} is not {other}"
            for outside in self.recorder.outside.values():
                if x._requires_grad and outside.requires_grad:
                    yield f"{name} is not {self.tensor_name(outside.tensor)}"
            if self.listing.memories:
                among = "in" if x._memory in self.listing.memories else "not in"
                alone = "" if among == "in" else f"{name}._memory is None or "  # quicker, and usual
                yield f"({alone}{name}._memory {among} memories)"

    def tensor(self, tensor: Tensor, requires_grad: bool, hooks: list) -> Any:
        name = self.tensor_name(tensor)
        x = self.recorder.inputs.get(("tensor", id(tensor), None))
        if x is not None and x.var in self.listing.names:
            yield f"{name}._data is {self.listing.names[x.var]}"
        yield f"{name}._requires_grad is {requires_grad}"
        if requires_grad:
            yield self.equal_hooks(name, hooks)

    def equal_hooks(self, name: str, hooks: Any) -> str:
        known = self.names.of(list(hooks), "hooks") if hooks else ""
        return f"list({name}.hooks) == {known}" if hooks else f"not {name}.hooks"

    def states(self) -> Any:
        """What an optimizer remembers: the same arrays, and as many."""
        for x in self.recorder.inputs.values():
            array = x.kind == "state" and isinstance(x.var.value, np.ndarray)
            if array and x.var in self.listing.names:
                owner = self.listing.owner(x.owner, "state")
                yield f"{owner}.get({str(x.key)!r}) is {self.listing.names[x.var]}"
        for state in self.recorder.states:
            if state.touched:
                yield f"len({self.listing.owner(state.real, 'state')}) == {state.size_before}"

    def settings(self) -> Any:
        """The settings of optimizers that are read: numbers of the same type, as true as before."""
        for x in self.recorder.inputs.values():
            if x.kind == "setting":
                text = self.listing.attribute(x.owner, *x.key)
                if x.var in self.listing.names:
                    yield f"type({text}) is {self.type(x.var.value)}"
                asked = [c for c in self.recorder.trace.calls if isinstance(c, Guard)]
                taken = {call.taken for call in asked if call.var is x.var}
                yield from (text if one else f"not {text}" for one in taken)

    def variable(self, place: Place) -> str:
        """That something around the function is what it was."""
        if isinstance(place.holder, dict):
            text = f"{self.names.of(place.holder, 'variables')}.get({str(place.name)!r})"
        elif hasattr(place.holder, "cell_contents"):
            text = f"{self.names.of(place.holder, f'{place.name}_cell')}.cell_contents"
        else:
            text = self.listing.attribute(place.holder, place.name)
        return self.equal(text, place.value, place.then, place.name)

    def equal(self, text: str, x: Any, then: Any, name: str = "setting") -> str:
        """That an expression gives ``x``, or what is the same to any Python."""
        if x is None or isinstance(x, bool):
            return f"{text} is {x}"
        plain = type(x) in (int, str) or (type(x) is float and x - x == 0 and x != 0)
        if plain and text.isidentifier():
            return f"type({text}) is {type(x).__name__} and {text} == {literal(x)}"
        if isinstance(then, Same):
            return f"{text} is {self.names.of(x, f'{name}_then')}"
        return f"fingerprint({text}) == {self.names.of(then, f'{name}_then')}"
