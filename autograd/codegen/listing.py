"""A recording as the text of a Python module: what it needs, whether it holds, what it runs."""

from __future__ import annotations

import inspect
import itertools
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import dtypes, grad_mode
from ..memory import note_change
from ..tensor import Tensor, result, short
from ..trace import Call, Guard, Var
from . import recorder as recorders
from .guards import Conditions, check_guards
from .program import Names, Writer, block, ignoring
from .recorder import Input, ModulesThen, Recorder
from .spelling import identifier, literal
from .surroundings import Surroundings, fingerprint
from .tidy import tidied


@dataclass(frozen=True)
class Slot:
    """A place in what a function returns, which gets the computed value of this number."""

    index: int
    is_tensor: bool = True
    name: str | None = None

    @property
    def is_plain(self) -> bool:
        return self.is_tensor and self.name is None


@dataclass
class Backward:
    """The recorded backward pass of one result: the cotangent, and the gradients of leaves."""

    root: int  # which of the computed values
    cotangent: Var
    gradients: dict[Tensor, Any]  # by leaf


@dataclass
class Recording:
    """One run of a function, written down: the Trace, and what is to be had from it."""

    name: str
    function: Callable
    args: tuple
    surroundings: Surroundings
    recorder: Recorder
    modules: ModulesThen
    template: Any  # what it returned, with Slots
    values: list[Any]  # that go into the Slots
    backwards: list[Backward]
    ends: list[int]  # where the calls of the function end, and those of each backward pass

    @property
    def plain(self) -> bool:
        """Whether all it returns is one Tensor without a graph."""
        return isinstance(self.template, Slot) and self.template.is_plain and not self.backwards


again = object()  # what a program gives that does not hold; nothing was done
halfway = object()  # the same, where values decided it, and its memory has been used
warnings, ignored = ignoring()
number = itertools.count(1)  # of listings, for their file names


class Listing:
    """The text of a program, ``source``, and the ``namespace`` in which it was run."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.recorder = recording.recorder
        self.known = Names(
            again=again, halfway=halfway, result=result, note_change=note_change,
            fingerprint=fingerprint, recorder=recorders, modules=recording.modules,
            mode=grad_mode.mode, dtypes=dtypes, warnings=warnings, ignored=ignored,
        )  # fmt: skip
        self.known.taken |= {"saved", "g", "memories", "drawn", "loud"}
        self.name = self.known.new(recording.name)
        self.arguments = [self.known.new(x) for x in parameters(recording)]
        self.given_away: set[Var] = set()  # roots of results that have one owner
        self.kept_tensors: set[str] = set()  # of arguments of which more than the array is used

        self.collect_results()
        self.tidy()
        self.name_inputs()
        self.write_calls()
        lines = [
            *self.header(),
            *self.writer.setup, "", "",
            *self.main(), *self.backwards(),
        ]  # fmt: skip
        self.source = "\n".join(lines) + "\n"
        self.namespace = self.known.namespace
        self.file = f"<compiled {short(recording.name)} {next(number)}>"  # for debuggers
        text = self.source.splitlines(keepends=True)
        linecache.cache[self.file] = (len(self.source), None, text, self.file)
        exec(compile(self.source, self.file, "exec"), self.namespace)

    # -- what is to be computed ---------------------------------------------------------------

    def collect_results(self) -> None:
        """Note the Vars of what is returned, of gradients, and of what optimizers remember."""
        self.values = [self.var(x) for x in self.recording.values]
        self.new_grads = [
            (x, grad if grad is None or isinstance(grad, Tensor) else self.var(grad))
            for x, grad in self.recorder.new_grads
        ]
        self.new_states = [
            (state.real, key, self.var(x))
            for state in self.recorder.states
            for key, x in state.set.items()
        ]
        self.gradients = [
            [self.var(g) for g in b.gradients.values()] for b in self.recording.backwards
        ]
        grads = [x for _, x in self.new_grads if isinstance(x, Var)]
        given = [x for found in self.gradients for x in found]
        self.results = [*self.values, *grads, *[x for *_, x in self.new_states], *given]

    def var(self, x: Any) -> Var:
        if isinstance(x, Var):
            return x
        if isinstance(x, np.ndarray):
            return self.recorder.trace.constant(x)
        return Var(self.recorder.trace, x)

    def tidy(self) -> None:
        """Leave out what need not be done; refuse what cannot be taken back."""
        trace = self.recorder.trace
        sections, instead = tidied(trace, self.recording.ends, self.results)
        self.instead = instead
        settings = {x.var for x in self.recorder.inputs.values() if x.kind == "setting"}
        sections = [
            [c for c in calls if isinstance(c, Call) or c.var not in settings] for calls in sections
        ]
        self.forward, *self.late = sections
        check_guards(self.forward, [call for calls in self.late for call in calls])
        changes = [c for c in self.forward if isinstance(c, Call) and c.writes is not None]
        roots = {c.out.root for c in changes}
        written = [x for x in self.recorder.inputs.values() if x.var in roots]
        self.written = [x for x in written if x.kind in ("tensor", "argument")]
        self.memories = {x.owner.memory for x in self.written if x.kind == "tensor"}
        if self.memories:
            self.known.namespace["memories"] = self.memories

    def now(self, x: Var) -> Var:
        """What takes the place of a Var that was left out."""
        return self.instead.get(x, x)

    # -- what is outside ----------------------------------------------------------------------

    def name_inputs(self) -> None:
        """What the program begins with is called, and how it is found."""
        self.names: dict[Var, str] = {}
        self.fixed: set[Var] = set()
        self.prologue: list[str] = []
        calls = [call for calls in (self.forward, *self.late) for call in calls]
        used = {x for call in calls for x in inputs_of(call)} | {self.now(x) for x in self.results}
        used |= {call.out.root for call in calls if isinstance(call, Call)}
        for x in self.recorder.inputs.values():
            if x.var in used:
                self.names[x.var] = self.input_name(x)
        for b in self.recording.backwards:
            self.names[b.cotangent] = "g"

    def input_name(self, x: Input) -> str:
        if x.kind == "argument":
            return self.arguments[x.key]
        if x.kind == "tensor":
            self.fixed.add(x.var)
            owner = self.owner(x.owner, "tensor")
            return self.known.of(x.var.value, owner.removesuffix("_tensor") or "t")
        if x.kind == "grad":
            owner = self.owner(x.owner, "tensor")
            name = self.known.new(f"{owner}_grad")
            self.prologue.append(f"{name} = {owner}._grad._data")
        elif x.kind == "setting":
            attribute, index = x.key
            name = self.known.new(attribute if index is None else f"{attribute}{index}")
            self.prologue.append(f"{name} = {self.attribute(x.owner, attribute, index)}")
        elif isinstance(x.var.value, np.ndarray):
            self.fixed.add(x.var)
            return self.known.of(x.var.value, str(x.key))
        else:
            name = self.known.new(str(x.key))
            self.prologue.append(f"{name} = {self.owner(x.owner, 'state')}[{str(x.key)!r}]")
        return name

    def owner(self, x: Any, kind: str) -> str:
        """The name of an object outside: a Tensor, an optimizer, what one remembers."""
        position = self.position_or_self(x)
        if isinstance(position, int):
            name = f"{self.arguments[position]}_tensor"
            self.kept_tensors.add(name)
            return name
        name = self.recording.surroundings.names.get(id(x)) or getattr(x, "name", None) or kind
        return self.known.of(x, f"{identifier(name, set())}_tensor" if kind == "tensor" else name)

    def position(self, x: Any) -> int | None:
        """Which argument a Tensor is, if it is one."""
        if isinstance(x, Tensor):
            for i, arg in enumerate(self.recording.args):
                if arg is x:
                    return i
        return None

    def position_or_self(self, x: Tensor) -> Any:
        """A Tensor from outside; of an argument, its position."""
        argument = self.recorder.arguments.get(id(x))
        position = argument.position if argument else self.position(x)
        return x if position is None else position

    def attribute(self, x: Any, name: str, index: int | None = None) -> str:
        """An attribute of an object outside, or an item of it, as an expression."""
        owner = self.owner(x, type(x).__name__.lower())
        text = f"{owner}.{name}" if name.isidentifier() else f"vars({owner}).get({str(name)!r})"
        return text if index is None else f"{text}[{index}]"

    # -- what is done -------------------------------------------------------------------------

    def write_calls(self) -> None:
        """The lines of the forward and the backward passes, without what is around them."""
        late = [call for calls in self.late for call in calls]
        lasting = [self.now(x) for x in self.results] + [x for c in late for x in inputs_of(c)]
        fresh = {root for x in self.results if (root := self.now(x).root).call is not None}
        self.writer = Writer(self.known, self.names, self.fixed, fresh)
        draws = any(isinstance(call, Call) and call.draws for call in self.forward)
        if draws and any(isinstance(call, Guard) for call in self.forward):
            self.prologue.append("drawn = recorder.random_state()")
            self.writer.failing = "recorder.put_back(drawn); return halfway"
        lines = iter(self.writer.statements([*self.forward, *late], lasting))
        self.body = block(self.forward, lines)
        self.late_bodies = [block(calls, lines) for calls in self.late]
        self.saved = self.saved_for(late)

    def saved_for(self, late: list[Call | Guard]) -> list[Var]:
        """What of the forward pass the backward passes need."""
        made_late = {call.out for call in late if isinstance(call, Call)}
        used = [x for call in late for x in inputs_of(call)]
        used += [self.now(x) for found in self.gradients for x in found]
        there = set(self.names) - made_late - self.writer.made_before - self.fixed_inputs()
        cotangents = {b.cotangent for b in self.recording.backwards}
        return [x for x in dict.fromkeys(used) if x in there and x not in cotangents]

    def fixed_inputs(self) -> set[Var]:
        return {x.var for x in self.recorder.inputs.values() if x.var in self.fixed}

    def needed_tensors(self) -> list[Tensor]:
        """The Tensors from outside whose values the backward passes need unchanged."""
        late = [call for calls in self.late for call in calls]
        roots = {x.root for call in late for x in inputs_of(call)}
        inputs = [x for x in self.recorder.inputs.values() if x.var in roots]
        return [x.owner for x in inputs if isinstance(x.owner, Tensor) and x.kind != "grad"]

    # -- the text -----------------------------------------------------------------------------

    def header(self) -> list[str]:
        name = short(self.recording.name)
        return [f"# What {name} does for {described(self.arguments, self.recording.args)}.", ""]

    def main(self) -> list[str]:
        """The program itself, as a function of the arguments."""
        ends = [*self.body, *self.ends()]
        conditions = list(Conditions(self))
        lines = [
            "if not (", *[f"    {'and ' * (i > 0)}{c}" for i, c in enumerate(conditions)], "):",
            "    return again",
            *self.arrays_of_arguments(), *self.prologue, *self.writer.beginning, *ends,
        ]  # fmt: skip
        return [f"def {self.name}({', '.join(self.arguments)}):", *[f"    {x}" for x in lines]]

    def arrays_of_arguments(self) -> list[str]:
        names = set(self.names.values())
        written = {x.key for x in self.written if x.kind == "argument"}
        lines = []
        for i, (name, x) in enumerate(zip(self.arguments, self.recording.args)):
            if isinstance(x, Tensor):
                lines += [f"{name}_tensor = {name}"] * (f"{name}_tensor" in self.kept_tensors)
                data = "data" if i in written else "_data"
                lines += [f"{name} = {name}.{data}"] * (name in names)
        return lines

    def ends(self) -> list[str]:
        """What a run leaves behind, and what it returns."""
        outs = [self.out(x) for x in self.values]
        lines = []
        for x, grad in self.new_grads:
            if isinstance(grad, Var):
                text = f"result({self.out(grad)})"
            else:
                text = "None" if grad is None else self.owner(grad, "tensor")
            lines.append(f"{self.owner(x, 'tensor')}._grad = {text}")
        for state, key, value in self.new_states:
            lines.append(f"{self.owner(state, 'state')}[{str(key)!r}] = {self.out(value)}")
        if self.memories:
            lines.append(f"note_change(memories, {self.name!r})")
        for place in self.written:
            if place.kind == "argument" and isinstance(place.owner, Tensor):
                tensor = self.owner(place.owner, "tensor")
                lines.append(f"note_change([{tensor}.memory], {self.name!r})")
        if self.recording.plain:
            return [*lines, f"return result({outs[0]})"]
        if self.recording.backwards:
            outs.append(self.tuple(self.names[x] for x in self.saved))
        return [*lines, f"return {self.tuple(outs)}"]

    def tuple(self, items: Any) -> str:
        return f"({''.join(f'{x}, ' for x in items).rstrip()})"

    def out(self, x: Var) -> str:
        """A result as an expression: memory of its own, and no other result's."""
        x = self.now(x)
        if not isinstance(x.value, np.ndarray):
            plain = literal(x.value) if type(x.value) in (int, float, bool) else None
            return self.names.get(x) or plain or self.known.of(x.value, "constant")
        mine = x.root.call is not None and x.root not in self.given_away
        mine = mine and x.root not in {saved.root for saved in self.saved}
        self.given_away.add(x.root)
        return self.writer.name(x) if mine else f"{self.writer.name(x)}.copy()"

    def backwards(self) -> list[str]:
        """The backward pass of each result: the cotangents of its leaves, for its own."""
        lines = []
        for b, body, found in zip(self.recording.backwards, self.late_bodies, self.gradients):
            self.given_away = set()
            outs = [self.out(x) for x in found]
            lines += ["", "", f"def backward{b.root}(saved, g):"]
            if self.saved:
                lines.append(f"    {self.tuple(self.names[x] for x in self.saved)} = saved")
            lines += [f"    {line}" for line in [*body, f"return {self.tuple(outs)}"]]
        return lines

    def first_run(self) -> Any:
        """What the run that was recorded gave, as the program gives it."""
        late = [call for calls in self.late for call in calls]
        for x in {x.root for call in late for x in inputs_of(call)}:
            if x in self.writer.buffers:  # backward reads it there
                np.copyto(self.namespace[self.writer.buffers[x][0]], x.value)
        values = [self.now(x).value for x in self.values]
        values = [x.copy() if isinstance(x, np.ndarray) else x for x in values]
        if self.recording.plain:
            return result(values[0])
        return (*values, tuple(x.value for x in self.saved))


def inputs_of(call: Call | Guard) -> list[Var]:
    return [call.var] if isinstance(call, Guard) else call.inputs


def parameters(recording: Recording) -> list[str]:
    """The names of the parameters that the arguments go to."""
    args = recording.args
    names: list[str] = []
    try:
        for p in inspect.signature(recording.function).parameters.values():
            rest = range(len(args) - len(names))
            names += [f"{p.name}{i}" for i in rest] if p.kind == p.VAR_POSITIONAL else [p.name]
    except (TypeError, ValueError):
        names = [f"x{i}" for i in range(len(args))]
    return names[: len(args)]


def described(names: list[str], args: tuple) -> str:
    """The signature of a call: ``x (3,) float32``."""
    texts = [
        f"{name} {np.shape(x)} {x.dtype}"
        if isinstance(x, Tensor | np.ndarray)
        else f"{name}={short(repr(x))}"
        for name, x in zip(names, args)
    ]
    return ", ".join(texts) or "no arguments"
