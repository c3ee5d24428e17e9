"""``compile``: record a function once, and run its graph as a program from then on."""

from __future__ import annotations

import builtins
import copy
import inspect
import linecache
import random
import threading
import weakref
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from operator import attrgetter, is_, itemgetter
from typing import Any

import numpy as np

from .. import observers
from ..creation import DRAWS
from ..debugging import record_source
from ..graph import Node, parent_of, recorded_order
from ..memory import clock, note_change
from ..names import identifier
from ..printing import short
from ..tensors import Tensor, result
from .program import ProgramPrinter
from .recording import Recording
from .trace import Setting, Untraceable, Var, leaves_of, mapped

number = count(1)  # of programs, for debuggers
data_of = attrgetter("_data")
wants_grad = attrgetter("_requires_grad")
params_of = itemgetter("params")


def compile(function: Callable, *example: Any, optimizer: Any = None) -> Program:
    """Record what ``function(*example)`` computes, and make a program of that graph.

    ``loss = program(X, y)`` computes, sets the ``grad`` of the parameters, and gives the loss
    without a graph. With ``optimizer`` a call is a whole training step.
    Arguments vary. Parameters and other Tensors from outside, and the optimizer with its numbers,
    are read at each call. All else is as it was when recorded.

    ``function`` takes Tensors, and settings that stay as they are; it returns its loss, or a
    tuple, list or dict of Tensors that begins with it. What needs no gradient, as inside
    ``no_grad()``, is only computed. Shapes and dtypes are those of the example. Hooks that are put
    on a parameter later are not called.

    Results are those of the ops to the bit, but for sums over rows and products of matrices, which
    may be added up in another order, and for arguments that lie otherwise in memory than the
    example. Random numbers are drawn anew at each call. Checks of values (a probability beyond 1)
    are made when recorded; where one op gives no warnings, the program gives none.

    Raises RuntimeError, at the line, where the function asks for a value that depends on an
    argument or a parameter (``item()``, ``if``, ``x[mask]``), calls ``backward()``, or changes a
    tensor from outside; TypeError for arguments that are no Tensors, ValueError for a loss that is
    no scalar. A call raises ValueError for shapes and dtypes that were not recorded.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> def loss(x):
    ...     return ((w - x) ** 2).sum()
    >>> program = autograd.compile(loss, autograd.tensor([0.0, 0.0]))
    >>> program(autograd.tensor([1.0, 1.0])), w.grad
    (tensor(1.), tensor([0., 2.]))
    """
    called = getattr(function, "forward", function)  # of a Module
    name = identifier(getattr(called, "__name__", type(called).__name__), set())
    if optimizer is not None and not isinstance(getattr(optimizer, "param_groups", None), list):
        raise TypeError(f"compile: {name}: optimizer must be one of nn.optim, got {optimizer!r}")
    try:
        signature = inspect.signature(called)
        signature.bind(*example)
    except TypeError as error:
        raise TypeError(
            f"compile: {name}: {error}. Give an example of each argument: "
            f"program = autograd.compile({name}, X, y); it returns the loss, and the program calls "
            "backward() and, with optimizer=..., its step()"
        ) from None
    names: list[str] = []
    for p in signature.parameters.values():
        rest = range(len(example) - len(names))
        names += [f"{p.name}{i}" for i in rest] if p.kind == p.VAR_POSITIONAL else [p.name]
    return Program(name, function, dict(zip(names, example)), optimizer)


@dataclass(frozen=True)
class Slot:
    """The place of a Tensor in what a function returns."""

    index: int


class Program:
    """A recorded function: call it with other values of the same shapes.

    ``source`` is its text, and ``source.inputs`` holds its last arguments: arrays as they were when
    recorded that are too long to be written out.
    """

    def __init__(self, name: str, function: Callable, example: dict, optimizer: Any) -> None:
        self.name = name
        self.lock = threading.Lock()
        for key, x in example.items():
            check_example(f"compile: {name}: {key}", x)
        stand_ins = {key: stand_in(key, x) for key, x in example.items()}
        self.example = {key: copy.deepcopy(kind_of(x)) for key, x in stand_ins.items()}
        self.kinds = list(self.example.values())
        self.stand_ins = stand_ins
        copy_context().run(self.record, function, optimizer)  # an interrupt leaves no errstate

    def record(self, function: Callable, optimizer: Any) -> None:
        """Run the function, and write the program of its graph."""
        name, stand_ins = self.name, self.stand_ins
        del self.stand_ins
        given = {id(x): i for i, x in enumerate(stand_ins.values())}
        with Watch(name, list(stand_ins.values())) as watch:
            out = function(*stand_ins.values())
        watch.check_randomness()
        tensors: list[Tensor] = []
        self.template = mapped(partial(slot, tensors), out)
        if not tensors:
            raise ValueError(f"compile: {name}: must return a Tensor, and gave {short(repr(out))}")
        watch.check_graph(tensors)
        self.text = Text(name, tensors, watch.begun, given, optimizer)
        # Until the optimizer remembers something, it does its first step by itself.
        self.first = Text(name, tensors, watch.begun, given) if self.text.remembers else None
        self.text.function = self.text.defined()
        self.source = self.text.source

    def __repr__(self) -> str:
        return f"<program {self.name}({', '.join(self.example)})>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """What the function gives for these arguments; the parameters get their ``grad``."""
        if observers.asked:
            observers.tell(observers.asked, None, f"the program {self.name}: call its function")
        if keywords or len(args) != len(self.kinds):
            args = self.in_order(args, keywords)
        try:
            fit = [(x._data.shape, x._data.dtype, x._requires_grad) for x in args] == self.kinds
        except AttributeError:
            fit = False
        if not fit:
            self.check(args)
        with self.lock:
            if self.first is not None and not self.text.knows():
                out = self.first.run(args)
                self.text.step_by_itself()
            else:
                out = self.text.run(args)
        if type(self.template) is Slot:
            return result(out[0])
        return mapped(lambda x: result(out[x.index]) if isinstance(x, Slot) else x, self.template)

    def in_order(self, args: tuple, keywords: dict) -> tuple:
        given = {**dict(zip(self.example, args)), **keywords}
        if len(args) + len(keywords) != len(self.example) or given.keys() != self.example.keys():
            raise TypeError(f"{self.name}: takes {', '.join(self.example) or 'no arguments'}")
        return tuple(given[name] for name in self.example)

    def check(self, args: tuple) -> None:
        """Raise for the first argument that is not like its example."""
        for (key, kind), x in zip(self.example.items(), args):
            now = kind_of(x)
            if type(now) is type(kind) and (now == kind or repr(now) == repr(kind)):
                continue
            if type(kind) is Kind and not isinstance(x, Tensor):
                raise TypeError(
                    f"{self.name}: {key} must be a Tensor, got {type(x).__name__}; wrap it: "
                    "autograd.tensor(...), or from_numpy"
                )
            raise ValueError(
                f"{self.name}: {key} is {short(now, 80)}, recorded was {short(kind, 80)}: "
                "compile for that, too"
            )


class Kind(tuple):
    """What a Tensor must be like: its shape and dtype, and whether it requires grad."""

    def __str__(self) -> str:
        return f"{self[0]} {self[1]}{', requires grad' if self[2] else ''}"


def kind_of(x: Any) -> Any:
    """What must be the same at each call: of a setting all of it."""
    return Kind((x.shape, x.dtype, x._requires_grad)) if isinstance(x, Tensor) else x


class Text:
    """The text of a program, the function it defines, and where that finds its arguments."""

    def __init__(
        self, name: str, tensors: list, since: int, given: dict[int, int], optimizer: Any = None
    ) -> None:
        self.name = name
        self.optimizer = optimizer
        groups = optimizer.param_groups if optimizer is not None else []
        for group in groups:
            for p in group["params"]:
                p.memory  # noqa: B018  # which makes an array of a number
        wrt: Any = None if tensors[0]._requires_grad else []
        recording = Recording(tensors, wrt, since=since)
        live: dict[Var, Callable[[], Any]] = {  # where inputs are found that are no Tensors
            var: partial(node.op.forward, **node.keywords) for var, node in recording.drawn.items()
        }
        self.settings: list[tuple[int, str]] = []  # of a group of the optimizer
        self.remembers: list[tuple[Any, str]] = []  # what it must know of which Tensor
        self.new: list[tuple[Any, str]] = []  # what it knows afterwards, beside the updates
        wanted = set(recording.wrt)
        updates: dict[Var, Var] = {}
        numbers: list[list[Setting]] = []
        if groups:
            recording.sections.append(("update", len(recording.trace.calls)))
        for i, group in enumerate(groups):
            try:
                updates |= self.step(recording, live, i, group, numbers)
            except Untraceable:
                raise RuntimeError(
                    f"compile: {name}: {type(optimizer).__name__}.change() asks for values: use "
                    "np.where in it, or compile without optimizer= and call its step()"
                ) from None
        printer = ProgramPrinter(recording, name, updates, given, live)
        self.source = printer.text()
        places = [recording.tensors.get(x) for x in printer.argument_vars]
        self.positions = [given[id(x)] for x in places if id(x) in given]
        self.tensors = [x for x in places if x is not None and id(x) not in given]
        self.arrays = [x._data for x in self.tensors]
        rest = [x for x, place in zip(printer.argument_vars, places) if place is None]
        self.finders = [live[x] for x in rest if x in live]
        self.constants = list(self.source.inputs.values())
        self.leaves = [given.get(id(x), x) for x in recording.wrt]
        self.takes_gradients = any(type(x) is int for x in self.leaves)
        self.optimized = {x for group in groups for x in group["params"] if x in wanted}
        self.memories = [x.memory for x in self.optimized]
        self.parameters = [id(p) for group in groups for p in group["params"]]
        self.outputs = len(recording.outputs)
        self.seen = [groups[i][key] for i, key in self.settings]
        # For each setting, which of its numbers the rule asked for being zero, and the answer.
        self.zeros = [[x.is_zero for x in found] for found in numbers]
        self.file = f"<compiled {short(name)} {next(number)}>"  # for debuggers
        lines = self.source.splitlines(keepends=True)
        linecache.cache[self.file] = (len(self.source), None, lines, self.file)
        weakref.finalize(self, linecache.cache.pop, self.file, None)
        self.function: Callable | None = None

    # -- the optimizer ---------------------------------------------------------------------------

    def step(
        self, recording: Recording, live: dict, i: int, group: dict, numbers: list
    ) -> dict[Var, Var]:
        """Append the optimizer's rule for a group; what is to be written into which input."""
        updates: dict[Var, Var] = {}
        settings = {
            key: self.setting(recording, live, i, key, group[key], numbers)
            for key in self.optimizer.defaults
        }
        for parameter in [x for x in group["params"] if x in set(recording.wrt)]:
            p, g = recording.tensor(parameter, "p"), recording.cotangents[parameter]
            known = self.state(recording, live, parameter, group)
            state = dict(known)
            updates[p] = p - self.optimizer.change(p, g, state, **settings)
            for key, value in state.items():
                old = known.get(key)
                value = value if isinstance(value, Var) else recording.trace.input(value)
                if old is not None and old.is_array and old.shape == value.shape:
                    updates[old] = value
                elif value is not old:
                    self.new.append((parameter, key))
                    recording.extra.append(value)
        return updates

    def setting(
        self, recording: Recording, live: dict, i: int, key: str, now: Any, numbers: list
    ) -> Any:
        """A setting of the optimizer, with a Var for each number."""
        optimizer, many = self.optimizer, isinstance(now, tuple)
        found: list[Setting] = []

        def varying(x: Any) -> Any:
            if isinstance(x, bool) or not isinstance(x, int | float):
                return x
            k, var = len(found), Setting(recording.trace, x, varies=True)
            found.append(var)
            recording.inputs[var] = f"{key}{k}" if many else key
            live[var] = partial(setting_of, optimizer, i, key, k if many else None)
            return var

        self.settings.append((i, key))
        numbers.append(found)
        return mapped(varying, now)

    def state(
        self, recording: Recording, live: dict, parameter: Tensor, group: dict
    ) -> dict[str, Var]:
        """What the optimizer remembers of a parameter as Vars: what it knows, or would know."""
        known = dict(self.optimizer.state.get(parameter) or {})
        if not known:
            settings = {key: group[key] for key in self.optimizer.defaults}
            p = parameter._data.copy()
            with np.errstate(all="ignore"):
                self.optimizer.change(p, np.zeros_like(p), known, **settings)
        found = {}
        for key, value in known.items():
            found[key] = var = Var(recording.trace, value, varies=True)
            recording.inputs[var] = key
            live[var] = partial(state_of, self.optimizer, parameter, key)
            self.remembers.append((parameter, key))
        return found

    def knows(self) -> bool:
        """Whether the optimizer remembers what the text needs; it does after its first step."""
        state = self.optimizer.state
        return all(key in state.get(x, ()) for x, key in self.remembers)

    def step_by_itself(self) -> None:
        """Have the optimizer do a step with the parameters of this graph."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        others = {p: p._grad for p in parameters if p not in self.optimized}
        for p in others:
            p._grad = None
        try:
            self.optimizer.step()
        finally:
            for p, g in others.items():
                p._grad = g

    def check_settings(self, now: list) -> None:
        """Raise RuntimeError where other settings make the optimizer's rule another one."""
        for (_, key), then, x, zeros in zip(self.settings, self.seen, now, self.zeros):
            numbers = zip(zeros, x if isinstance(x, tuple) else [x])
            other = any(zero is not None and zero != (not i) for zero, i in numbers)
            if other or (not zeros and x != then):
                raise RuntimeError(
                    f"{self.name}: the optimizer's {key} is {x}, recorded was {then}, which makes "
                    "its rule another one: compile anew"
                )
        self.seen = now

    # -- a call ----------------------------------------------------------------------------------

    def run(self, args: tuple) -> tuple:
        """Compute, set gradients, and give the results."""
        arrays = list(map(data_of, self.tensors))
        if not all(map(is_, arrays, self.arrays)):
            arrays = self.other_arrays()
        if self.settings:
            groups = self.optimizer.param_groups
            settings = [groups[i][key] for i, key in self.settings]
            if list(map(id, chain.from_iterable(map(params_of, groups)))) != self.parameters:
                self.refuse_parameters()
            if settings != self.seen:
                self.check_settings(settings)
        function = self.function or self.defined()
        leaves: Any = self.leaves
        if self.takes_gradients:
            leaves = [args[x] if type(x) is int else x for x in leaves]
        given = [args[i]._data for i in self.positions]
        found = [find() for find in self.finders]
        if not all(map(wants_grad, leaves)):
            self.refuse_parameters()
        for leaf in leaves:
            leaf._grad = None  # its memory can be used again
        out = function(*given, *arrays, *found, *self.constants)
        if type(out) is not tuple:
            out = (out,)
        if self.memories:
            note_change(self.memories, self.name)
        n = self.outputs
        for leaf, g in zip(leaves, out[n:]):
            leaf._grad = result(g if leaf._grad is None else leaf._grad._data + g)
        for (x, key), value in zip(self.new, out[n + len(leaves) :]):
            self.optimizer.state[x][key] = value
        return out

    def defined(self) -> Callable:
        """The function of the text, which has memory of its own."""
        space: dict[str, Any] = {}
        exec(builtins.compile(self.source, self.file, "exec"), space)
        function = space[self.name]
        if not hasattr(function, "__wrapped__"):
            return function
        quiet = copy_context()  # what np.errstate does around it, only once
        quiet.run(np.seterr, all="ignore")
        return partial(quiet.run, function.__wrapped__)

    def refuse_parameters(self) -> None:
        raise RuntimeError(
            f"{self.name}: parameters have been frozen, or put in or out of the optimizer, since "
            "they were recorded: compile anew"
        )

    def other_arrays(self) -> list[np.ndarray]:
        """The arrays of the Tensors from outside, some of which are not those of before."""
        for x, known in zip(self.tensors, self.arrays):
            if (x.shape, x.dtype) != (known.shape, known.dtype):
                raise ValueError(
                    f"{self.name}: a tensor from outside is {x.shape} {x.dtype}, recorded was "
                    f"{known.shape} {known.dtype}: compile for that, too"
                )
            if isinstance(known, np.ndarray):
                x.memory  # noqa: B018  # which makes an array of a number
        self.arrays = list(map(data_of, self.tensors))
        return self.arrays


def setting_of(optimizer: Any, group: int, key: str, k: int | None) -> Any:
    value = optimizer.param_groups[group][key]
    return value if k is None else value[k]


def state_of(optimizer: Any, parameter: Tensor, key: str) -> Any:
    return optimizer.state[parameter][key]


class Watch:
    """Has every op recorded, and refuses what a program of the graph would not do."""

    def __init__(self, name: str, stand_ins: list) -> None:
        self.name = name
        self.given = [x for x in stand_ins if isinstance(x, Tensor)]
        self.created: list[Tensor] = []
        self.thread = threading.get_ident()
        self.begun = next(clock)
        self.random = random_state()
        self.mode: Any = record_source()
        self.listeners: list = [
            (observers.asked, self.on_asked),
            (observers.changed, self.on_changed),
            (observers.created, self.created.append),
        ]

    def __enter__(self) -> Watch:
        try:
            self.mode.__enter__()
            for listeners, listener in self.listeners:
                listeners.append(listener)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self.leave()
        except BaseException:  # an interrupt
            self.leave()
            raise

    def leave(self) -> None:
        for listeners, listener in self.listeners:
            if listener in listeners:
                listeners.remove(listener)
        if self.mode is not None:
            self.mode.__exit__()
            self.mode = None

    def refuse(self, what: str) -> None:
        raise RuntimeError(f"compile: {self.name} {what}")

    def on_asked(self, x: Any, how: str) -> None:
        if threading.get_ident() != self.thread or not (x is None or self.varies(x)):
            return
        if how == "backward":
            self.refuse(
                "calls backward() or grad(), whose results are in no graph. The program calls "
                "backward() by itself: return the loss, and give compile the optimizer=... for a "
                "whole step. For derivatives inside the loss: grad(..., create_graph=True)"
            )
        if x is None:
            self.refuse(f"uses {how}, which is not recorded")
        self.refuse(
            f"asks for the value of a tensor that depends on an argument or a parameter: {how}. "
            "A program does not ask again: use autograd.where, return the tensor, or make what "
            "depends on the value an argument"
        )

    def varies(self, x: Any) -> bool:
        """Whether a value may be another at another call: of arguments, parameters, random ops."""
        order = recorded_order(x)
        leaves = [*(x if isinstance(x, list | tuple) else [x])]
        leaves += [leaf for node in order for leaf in node.origins]
        return any(node.op in DRAWS for node in order) or any(
            any(leaf is x for x in self.given) or (leaf.is_leaf and leaf._requires_grad)
            for leaf in leaves
            if isinstance(leaf, Tensor)
        )

    def on_changed(self, x: Tensor, how: str) -> None:
        while x.node is not None and x.node.time > self.begun and x._data.base is not None:
            x = x.node.args[0]  # what it may be a view of
        inside = x.node is not None and x.node.time > self.begun
        known = inside or any(x is one for one in self.created)
        if threading.get_ident() == self.thread and not known:
            self.refuse(
                f"changes a tensor from outside in place ({how}), which the program would not do. "
                "Return the new value and change it outside. An optimizer= updates parameters; "
                "BatchNorm keeps its statistics in eval()"
            )

    def check_randomness(self) -> None:
        if self.random != random_state():
            self.refuse(
                "draws random numbers from random or np.random, which would be the same at each "
                "call. Use autograd.rand, randn or nn.Dropout"
            )

    def check_graph(self, tensors: list[Tensor]) -> None:
        """Refuse graphs that a program cannot hold."""
        root = tensors[0]
        if root._requires_grad and root.shape != ():
            raise ValueError(
                f"compile: {self.name}: the result has shape {root.shape}, and only a scalar has a "
                "gradient: reduce it (.sum(), .mean()), or compute inside no_grad()"
            )
        order = [node for node in recorded_order(tensors) if node.time > self.begun]
        used = [parent_of(x) for x in tensors] + [x for node in order for x in node.parents]
        for x in used:
            if isinstance(x, Node) and x.time < self.begun:
                self.refuse(
                    f"uses the result of {x.name} from outside, whose graph would be lost. Use "
                    "tensor.detach(), or compute it inside"
                )
        for node in order:
            at = f", at {node.where}" if node.where else ""
            masks = [x for x in node.args[1:] if getattr(x, "dtype", None) == np.bool_]
            masks = [x for x in masks if isinstance(x, Tensor) and self.varies(x)]
            if node.name == "getitem" and masks:
                self.refuse(
                    f"picks by a mask, and how many that gives depends on values{at}. Use "
                    "autograd.where(mask, x, 0), and divide by mask.sum() for a mean"
                )
            if any(getattr(x, "hooks", None) for x in [node, *node.parents]):
                self.refuse(f"has a hook, which a program would not call{at}")


def random_state() -> Any:
    """Where the generators of random and np.random are."""
    state: Any = np.random.get_state()
    return random.getstate(), state[1].tobytes(), state[2:]


def check_example(what: str, x: Any) -> None:
    """Raise for arguments that a program could not tell apart at a call."""
    if isinstance(x, Tensor):
        if x.grad_fn is not None:
            raise ValueError(
                f"{what} is the result of {x.grad_fn.name}, whose graph would be lost. Give it "
                "tensor.detach(), or have the function compute that, too"
            )
        return
    held = [type(v).__name__ for v in leaves_of(x) if isinstance(v, Tensor | np.ndarray)]
    if held:
        raise TypeError(
            f"{what} is a {type(x).__name__} with a {held[0]}; give each Tensor as an argument "
            "of its own, and wrap arrays: autograd.from_numpy"
        )


def stand_in(key: str, x: Any) -> Any:
    """A Tensor of its own for an argument, so that one given twice stays two."""
    if not isinstance(x, Tensor):
        return x
    out = result(x._data[...] if isinstance(x._data, np.ndarray) else x._data)
    out._requires_grad, out.name = x._requires_grad, key
    return out


def slot(tensors: list[Tensor], x: Any) -> Any:
    if not isinstance(x, Tensor):
        return x
    tensors.append(x)
    return Slot(len(tensors) - 1)
