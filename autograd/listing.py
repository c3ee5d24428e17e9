"""A recording as the text of a Python module: what it needs, whether it holds, what it runs."""

from __future__ import annotations

import inspect
import itertools
import linecache
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from . import dtypes, grad_mode
from . import recorder as recorders
from .memory import note_change
from .program import Writer, block
from .recorder import Input, Recorder, Refused
from .spelling import identifier, literal
from .tensor import Tensor, result
from .tidy import tidied
from .trace import Call, Guard, Var

class Slot(NamedTuple):
    """A place in what a function returns, which gets the computed value of this number."""

    index: int


again = object()  # what a program gives that does not hold for these values
number = itertools.count(1)  # of listings, for their file names


class Listing:
    """The text of a program and the namespace it runs in.

    ``values`` are the results; ``gradients`` what backward finds for ``leaves`` from
    ``cotangents``, where results (``roots``, by number) require grad.
    """

    def __init__(
        self,
        function: Callable,
        args: tuple,
        recorder: Recorder,
        template: Any,
        values: list[Any],
        forward_calls: int,
        roots: list[int],
        cotangents: list[Var],
        leaves: list[Tensor],
        gradients: list[Any],
    ) -> None:
        self.recorder = recorder
        self.roots = roots
        self.count = len(values)
        self.arity = len(args)
        self.leaves = [recorder.stand_ins.get(id(x), x) for x in leaves]
        self.taken = {
            "again", "result", "backward", "saved", "np", "note_change", "recorder",
            "mode", "dtypes", "memories", "variables",
        }  # fmt: skip
        self.name = identifier(function.__name__, self.taken)
        self.arguments = [identifier(name, self.taken) for name in parameters(function, args)]
        self.owners: dict[int, str] = {}  # what the objects outside are called, by id
        self.given = names_outside(function)
        self.outside: dict[str, Any] = {}
        early = {id(call) for call in recorder.trace.calls[:forward_calls]}

        grads = recorder.new_grads
        states = [(s, key, s.set[key]) for s in recorder.states for key in s.set]
        self.values = [self.var(x) for x in values]
        self.gradients = [self.var(x) for x in gradients]
        new_grads = [None if g is None else self.var(g) for _, g in grads]
        new_states = [self.var(x) for _, _, x in states]
        lasting = [*self.values, *[x for x in new_grads if x is not None], *new_states]
        lasting += self.gradients
        calls, instead = tidied(recorder.trace, lasting)
        check_guards(calls, recorder)
        self.now = lambda x: instead.get(x, x)
        calls = [c for c in calls if not self.is_setting_guard(c)]
        forward = [c for c in calls if id(c) in early]
        late = [c for c in calls if id(c) not in early]

        self.names: dict[Var, str] = {}
        self.fixed: set[Var] = set()
        self.prologue: list[str] = []
        used = {id(x) for c in calls for x in (c.inputs if isinstance(c, Call) else [c.var])}
        used |= {id(self.now(x)) for x in lasting}
        for x in recorder.inputs.values():
            if id(x.var) in used or x.kind == "cotangent":
                self.name_input(x)
        fresh = {root for x in lasting if (root := self.now(x).root).call is not None}
        self.writer = Writer(self.names, self.taken, self.fixed, fresh)
        kept = [self.now(x) for x in lasting]
        kept += [x for c in late for x in (c.inputs if isinstance(c, Call) else [c.var])]
        statements = self.writer.statements([*forward, *late], kept)
        body = block(forward, statements)
        after = block(late, statements[len(forward) :])
        self.given_away: set[Var] = set()
        outs = [self.out(x) for x in self.values]
        body += [
            f"{self.owner(x, 'tensor')}._grad = {'None' if g is None else f'result({self.out(g)})'}"
            for (x, _), g in zip(grads, new_grads)
        ]
        body += [
            f"{self.owner(s.real, 'state')}[{key!r}] = {self.out(x)}"
            for (s, key, _), x in zip(states, new_states)
        ]
        body += self.changes(calls)
        self.saved = self.saved_for([*forward], [*late])
        saved = [f"({', '.join(self.names[x] for x in self.saved)},)"] if roots else []
        values = ", ".join([*outs, *saved])
        self.plain = template == Slot(0) and not roots
        body.append(f"return result({values})" if self.plain else f"return ({values},)")
        after.append(f"return {', '.join(self.out(x) for x in self.gradients)},")
        self.write(function, args, body, after, cotangents)

    # -- what is outside -------------------------------------------------------------------------

    def var(self, x: Any) -> Var:
        if isinstance(x, Var):
            return x
        if isinstance(x, np.ndarray):
            return self.recorder.trace.constant(x)
        return Var(self.recorder.trace, x)

    def owner(self, x: Any, kind: str) -> str:
        """The name of an object outside: a Tensor, an optimizer, what one remembers."""
        if id(x) in self.recorder.stand_ins:
            return f"{self.arguments[self.recorder.stand_ins[id(x)]]}_tensor"
        if id(x) not in self.owners:
            name = self.given.get(id(x)) or getattr(x, "name", None) or kind
            name = f"{identifier(name, set())}_tensor" if isinstance(x, Tensor) else name
            self.owners[id(x)] = identifier(name, self.taken)
            self.outside[self.owners[id(x)]] = x
        return self.owners[id(x)]

    def name_input(self, x: Input) -> None:
        """How an input is called, and how it is found at the beginning of a run."""
        if x.kind == "argument":
            self.names[x.var] = self.arguments[x.key]
            return
        if x.kind == "cotangent":
            self.names[x.var] = identifier("g", self.taken)
            return
        owner = self.owner(x.owner, {"setting": "optimizer", "state": "state"}.get(x.kind, "tensor"))
        if x.kind == "tensor":
            name = identifier(owner.removesuffix("_tensor") or "t", self.taken)
            self.outside[name] = x.var.value
            self.fixed.add(x.var)
        elif x.kind == "grad":
            name = identifier(f"{owner}_grad", self.taken)
            self.prologue.append(f"{name} = {owner}._grad._data")
        elif x.kind == "setting":
            attribute, index = x.key
            name = identifier(attribute if index is None else f"{attribute}{index}", self.taken)
            item = "" if index is None else f"[{index}]"
            self.prologue.append(f"{name} = {owner}.{attribute}{item}")
        else:
            name = identifier(f"{x.key}", self.taken)
            if isinstance(x.var.value, np.ndarray):
                self.outside[name] = x.var.value
                self.fixed.add(x.var)
            else:
                self.prologue.append(f"{name} = {owner}[{x.key!r}]")
        self.names[x.var] = name

    def out(self, x: Var) -> str:
        """A result as an expression: memory of its own, and no other result's."""
        x = self.now(x)
        if not isinstance(x.value, np.ndarray):
            return self.names.get(x) or literal(x.value) or self.writer.kept(x.value, "constant")
        mine = x.root.call is not None and x.root not in self.given_away
        self.given_away.add(x.root)
        return self.writer.name(x) if mine else f"{self.writer.name(x)}.copy()"

    def changes(self, calls: list[Call | Guard]) -> list[str]:
        """Tell those who recorded with the tensors that were changed in place."""
        roots = {c.writes.root for c in calls if isinstance(c, Call) and c.writes is not None}
        inputs = [x for x in self.recorder.inputs.values() if x.var in roots]
        memories = [x.owner.memory for x in inputs if x.kind == "tensor"]
        lines = []
        if memories:
            self.outside["memories"] = memories
            lines.append(f"note_change(memories, {self.name!r})")
        for x in inputs:
            if x.kind == "argument" and isinstance(x.owner, Tensor):
                tensor = f"{self.arguments[x.key]}_tensor"
                lines.append(f"note_change([{tensor}.memory], {self.name!r})")
        return lines

    def saved_for(self, forward: list, late: list) -> list[Var]:
        """What of the forward pass the backward pass needs."""
        known = [c.out for c in forward if isinstance(c, Call) and c.writes is None]
        known += [x.var for x in self.recorder.inputs.values() if x.kind != "cotangent"]
        views = {c.out for c in late if isinstance(c, Call)}
        used = [x for c in late for x in (c.inputs if isinstance(c, Call) else [c.var])]
        used += [self.now(x) for x in self.gradients]
        local = {x for x in known if x in self.names and x not in self.writer.made_before}
        return [x for x in dict.fromkeys(used) if x in local and x not in views]

    # -- whether it holds --------------------------------------------------------------------------

    def is_setting_guard(self, call: Call | Guard) -> bool:
        settings = {x.var for x in self.recorder.inputs.values() if x.kind == "setting"}
        return isinstance(call, Guard) and call.var in settings

    def conditions(self, function: Callable, args: tuple) -> list[str]:
        found = [
            f"recorder.outdated == {recorders.outdated}",
            f"mode.recording is {grad_mode.mode.recording}",
            f"dtypes._default is {self.dtype(dtypes.get_default_dtype())}",
        ]
        for name, x in zip(self.arguments, args):
            kind = self.writer.kept(type(x), type(x).__name__)
            found.append(f"type({name}) is {kind}")
            data = f"{name}._data" if isinstance(x, Tensor) else name
            if isinstance(x, Tensor | np.ndarray):
                array = vars(x)["_data"] if isinstance(x, Tensor) else x
                dtype = self.dtype(array.dtype)
                found.append(f"{data}.shape == {array.shape} and {data}.dtype is {dtype}")
                if isinstance(x, Tensor):
                    found.append(f"{name}._requires_grad is {x._requires_grad}")
                    if x._requires_grad:
                        found.append(f"{name}.grad_fn is None")
            else:
                found.append(f"{name} == {literal(x) or self.writer.kept(x, 'setting')}")
        for x in self.recorder.inputs.values():
            if x.kind == "tensor":
                owner, grad = self.owner(x.owner, "tensor"), x.owner._requires_grad
                if x.var in self.names:
                    found.append(f"{owner}._data is {self.names[x.var]}")
                found.append(f"{owner}._requires_grad is {grad}")
            elif x.kind == "state" and x.var in self.names and isinstance(x.var.value, np.ndarray):
                found.append(f"{self.owner(x.owner, 'state')}[{x.key!r}] is {self.names[x.var]}")
        for tensor, had in self.recorder.had_grad:
            word = "is not" if had else "is"
            found.append(f"{self.owner(tensor, 'tensor')}._grad {word} None")
        for state in [s for s in self.recorder.states if s.touched]:
            found.append(f"len({self.owner(state.real, 'state')}) == {state.size_before}")
        for holder, name, value in self.recorder.fixed:
            found.append(f"{self.owner(holder, 'optimizer')}.{name} == {value!r}")
        return [*found, *self.settings_taken(), *self.variables(function)]

    def dtype(self, dtype: np.dtype) -> str:
        return self.writer.kept(dtype, dtype.name)

    def settings_taken(self) -> list[str]:
        found = {}
        for call in self.recorder.trace.calls:
            if self.is_setting_guard(call):
                for x in self.recorder.inputs.values():
                    if x.var is call.var:
                        attribute, index = x.key
                        item = "" if index is None else f"[{index}]"
                        text = f"{self.owner(x.owner, 'optimizer')}.{attribute}{item}"
                        found[text] = "" if call.taken else "not "
        return [f"{no}{text}" for text, no in found.items()]

    def variables(self, function: Callable) -> list[str]:
        """The variables around the function that it reads must be what they were."""
        found = []
        for i, (name, x, cell) in enumerate(variables_of(function)):
            value = self.writer.kept(x, f"{name}_then")
            if cell is None:
                self.outside["variables"] = function.__globals__
                found.append(f"variables.get({name!r}) is {value}")
            else:
                self.outside[f"cell{i}"] = cell
                found.append(f"cell{i}.cell_contents is {value}")
        return found

    # -- the text ------------------------------------------------------------------------------------

    def write(
        self, function: Callable, args: tuple, body: list, after: list, cotangents: list[Var]
    ) -> None:
        writer = self.writer
        tensors = [
            name for name, x in zip(self.arguments, args) if isinstance(x, Tensor)
        ]
        head = [f"{name}_tensor = {name}" for name in tensors if any(f"{name}_tensor" in b for b in body)]
        head += [f"{name} = {name}._data" for name in tensors if self.used(name)]
        conditions = "\n        and ".join(self.conditions(function, args))
        head += [*self.prologue, *writer.beginning]
        parts = [
            f"# What {function.__name__} does for {described(self.arguments, args)}.",
            "",
            *writer.setup,
            "",
            "",
            f"def {self.name}({', '.join(self.arguments)}):",
            f"    if not (\n        {conditions}\n    ):\n        return again",
            *(f"    {line}" for line in [*head, *body]),
        ]
        if self.roots:
            names = [self.names[x] for x in cotangents]
            parts += ["", "", f"def backward({', '.join(['saved', *names])}):"]
            if self.saved:
                parts.append(f"    ({', '.join(self.names[x] for x in self.saved)},) = saved")
            parts += [f"    {line}" for line in after]
        self.source = "\n".join(parts) + "\n"
        self.namespace = {
            **writer.namespace, **self.outside, "again": again, "result": result,
            "note_change": note_change, "recorder": recorders, "mode": grad_mode.mode,
            "dtypes": dtypes,
        }  # fmt: skip
        file = f"<compiled {function.__name__} {next(number)}>"
        lines = self.source.splitlines(keepends=True)
        linecache.cache[file] = (len(self.source), None, lines, file)
        exec(compile(self.source, file, "exec"), self.namespace)

    def used(self, name: str) -> bool:
        return name in self.names.values()

    def first_run(self) -> Any:
        """What the run that was recorded gave, as ``run`` gives it."""
        for x in self.saved:  # backward reads them where later runs will leave them
            buffer = self.writer.lasting_buffer(x)
            if buffer is not None:
                np.copyto(self.namespace[buffer], x.value)
        values = [self.now(x).value for x in self.values]
        values = [x.copy() if isinstance(x, np.ndarray) else x for x in values]
        return result(values[0]) if self.plain else (*values, tuple(x.value for x in self.saved))


def parameters(function: Callable, args: tuple) -> list[str]:
    """The names of the parameters that the arguments go to."""
    names: list[str] = []
    try:
        for p in inspect.signature(function).parameters.values():
            rest = len(args) - len(names)
            names += [f"{p.name}{i}" for i in range(rest)] if p.kind == p.VAR_POSITIONAL else [p.name]
    except (TypeError, ValueError):
        names = [f"x{i}" for i in range(len(args))]
    return names[: len(args)]


def variables_of(function: Any) -> list[tuple[str, Any, Any]]:
    """The variables around a function that it reads, but for modules, classes and functions."""
    if not isinstance(function, FunctionType):
        return []
    code = function.__code__
    found: list[tuple[str, Any, Any]] = []
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        try:
            found.append((name, cell.cell_contents, cell))
        except ValueError:  # not yet assigned
            continue
    spaces = function.__globals__
    found += [(name, spaces[name], None) for name in code.co_names if name in spaces]
    passed = (ModuleType, type, FunctionType)
    return [(n, x, c) for n, x, c in found if not isinstance(x, passed) and not callable_only(x)]


def callable_only(x: Any) -> bool:
    """Whether something is called and holds nothing that changes, as far as one can tell."""
    return callable(x) and not hasattr(x, "named_parameters") and not isinstance(x, Tensor)


def names_outside(function: Any) -> dict[int, str]:
    """Names of Tensors and other objects around a function, by id."""
    found: dict[int, str] = {}
    for name, x, _ in variables_of(function):
        found.setdefault(id(x), name)
        if hasattr(x, "named_parameters"):
            for inner, p in x.named_parameters():
                found.setdefault(id(p), inner)
    return found


def check_guards(calls: list[Call | Guard], recorder: Recorder) -> None:
    """Raise Refused for a branch on a value after something outside was changed."""
    settings = {x.var for x in recorder.inputs.values() if x.kind == "setting"}
    changed = False
    for call in calls:
        if isinstance(call, Guard):
            if changed and call.var not in settings:
                raise Refused(
                    "branches (if, while, assert) on a tensor's value after a tensor outside was "
                    "changed, so a run could not be taken back. Branch first, or use where()"
                )
        elif call.writes is not None and call.writes.root.call is None:
            changed = True


def described(names: list[str], args: tuple) -> str:
    """The signature of a call: ``x (3,) float32``."""
    texts = [
        f"{name} {np.shape(x)} {x.dtype}" if hasattr(x, "dtype") else f"{name}={x!r}"
        for name, x in zip(names, args)
    ]
    return ", ".join(texts) or "no arguments"
