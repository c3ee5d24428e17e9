"""``compile``: record a function once, and run its graph as a program from then on."""

from __future__ import annotations

import builtins
import inspect
import linecache
import random
import threading
import weakref
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import count
from operator import attrgetter, is_
from typing import Any, NamedTuple

import numpy as np

from .. import observers
from ..creation import DRAWS
from ..debugging import record_source
from ..graph import recorded_order
from ..memory import clock, note_change
from ..printing import short
from ..tensors import Tensor, result
from .program import ProgramPrinter
from .recording import Recording
from .spelling import identifier
from .trace import Setting, Var, leaves_of, mapped

builtin_compile = builtins.compile
number = count(1)  # of programs, for debuggers
data_of = attrgetter("_data")


def compile(function: Callable, *example: Any, optimizer: Any = None) -> Program:
    """Record what ``function(*example)`` computes, and make a program of that graph.

    ``loss = program(X, y)`` computes, sets the ``grad`` of the parameters, and gives the loss
    without a graph. With ``optimizer`` a call is a whole training step. What varies is an argument
    or a parameter, what is fixed stands in the text: arguments vary; parameters, other Tensors
    from outside and the optimizer with its numbers are read at each call; all else is as it was
    when recorded.

    ``function`` takes Tensors (and settings, which stay as they are) and returns its loss, or
    a tuple, list or dict of Tensors that begins with it. A result that needs no gradient, as
    inside ``no_grad()``, is only computed. Shapes and dtypes are those of the example.

    A result is that of the ops themselves to the bit, but for sums over rows and products of
    matrices, which may be added up in another order, and for arguments that lie in memory in
    another way than the example. Random numbers are drawn anew at each call. Checks of values
    (a probability beyond 1) are made when recorded; where an op gives no warnings, none is given.

    Raises RuntimeError, at the line, where the function asks for a value that depends on an
    argument (``item()``, ``if``, ``x[mask]``), calls ``backward()``, or changes a tensor from
    outside; TypeError for arguments that are no Tensors and ValueError for a loss that is no
    scalar. A call raises ValueError for shapes and dtypes that were not recorded.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> def loss(x):
    ...     return ((w - x) ** 2).sum()
    >>> program = autograd.compile(loss, autograd.tensor([0.0, 0.0]))
    >>> program(autograd.tensor([1.0, 1.0])), w.grad
    (tensor(1.), tensor([0., 2.]))
    """
    name = identifier(getattr(function, "__name__", type(function).__name__), set())
    try:
        names = list(inspect.signature(function).bind(*example).arguments)
    except TypeError as error:
        raise TypeError(
            f"compile: {name}: {error}. Give an example of each argument: "
            f"program = autograd.compile({name}, X, y); it returns the loss, and the program calls "
            "backward() and, with optimizer=..., its step()"
        ) from None
    except ValueError:  # a builtin has no signature
        names = [f"x{i}" for i in range(len(example))]
    names += [f"{names[-1]}{i}" for i in range(1, len(example) - len(names) + 1)]
    return Program(name, function, dict(zip(names, example)), optimizer)


@dataclass(frozen=True)
class Slot:
    """The place of a Tensor in what a function returns."""

    index: int


class Program:
    """A recorded function: call it with other values of the same shapes. ``source`` is its text."""

    def __init__(self, name: str, function: Callable, example: dict, optimizer: Any) -> None:
        self.name = name
        self.example = {key: described(key, x, name) for key, x in example.items()}
        self.kinds = [x.kind for x in self.example.values()]
        self.lock = threading.Lock()
        stand_ins = {key: stand_in(key, x) for key, x in example.items()}
        with Watch(name, list(stand_ins.values())) as watch:
            out = function(*stand_ins.values())
        watch.check_randomness()
        tensors: list[Tensor] = []
        self.template = mapped(partial(slot, tensors), out)
        self.is_single = isinstance(self.template, Slot)
        if not tensors:
            raise ValueError(f"compile: {name}: must return a Tensor, and gave {out!r}")
        check_graph(name, tensors, watch.begun)
        given = {id(x): key for key, x in stand_ins.items()}
        self.text = Text(name, tensors, given, optimizer)
        self.text.function = self.text.defined()
        self.first = Text(name, tensors, given, optimizer, True) if self.text.remembers else None
        self.source = self.text.source

    def __repr__(self) -> str:
        return f"<program {self.name}({', '.join(self.example)})>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """What the function gives for these arguments; the parameters get their ``grad``."""
        if keywords or len(args) != len(self.example):
            args = self.in_order(args, keywords)
        try:
            fit = [(x._data.shape, x._data.dtype, x._requires_grad) for x in args] == self.kinds
        except AttributeError:
            fit = False
        if not fit:
            self.check(args)
        with self.lock:
            text = self.text
            if self.first is not None and not text.knows():
                text = self.first
            out = text.run(args)
        if self.is_single:
            return result(out[0])
        return mapped(lambda x: result(out[x.index]) if isinstance(x, Slot) else x, self.template)

    def check(self, args: tuple) -> None:
        for x, recorded in zip(args, self.example.values()):
            if not recorded.fits(x):
                recorded.refuse(x, self.name)

    def in_order(self, args: tuple, keywords: dict) -> tuple:
        names = list(self.example)
        given = dict(zip(names, args), **keywords)
        if len(args) > len(names) or list(given.keys() - names) or len(given) != len(names):
            raise TypeError(f"{self.name}: takes {', '.join(names) or 'no arguments'}")
        return tuple(given[name] for name in names)


class Text:
    """The text of a program, the function it defines, and where that finds its arguments."""

    def __init__(
        self, name: str, tensors: list, given: dict[int, str], optimizer: Any, first: bool = False
    ) -> None:
        self.optimizer = optimizer
        self.groups = optimizer.param_groups if optimizer else []
        for group in self.groups:
            for p in group["params"]:
                p.memory  # which is that of an array, also where there was a number
        recording = Recording(tensors, None if tensors[0]._requires_grad else [])
        self.recording = recording
        self.others: dict[Var, Callable[[], Any]] = {}  # inputs that are no Tensors' data
        self.numbers: list[tuple[dict, str, Any, list[Setting]]] = []  # settings, as recorded
        self.remembers: list[tuple[Any, str]] = []  # what the optimizer must know of which Tensor
        self.new: list[tuple[Any, str]] = []  # what it knows afterwards, beside the updates
        for var, node in recording.drawn.items():
            self.others[var] = partial(node.op.forward, **node.keywords)
        wanted = set(recording.wrt)
        params = [x for group in self.groups for x in group["params"]]
        self.updated = {x: None for x in params if x in wanted}
        updates = self.step(first) if self.updated else {}
        for var, x in recording.tensors.items():
            if id(x) in given:
                recording.array_names[id(x._data)] = given[id(x)]
        printer = ProgramPrinter(recording, name, updates, given, self.others)
        self.source = str(printer.text())
        self.find_arguments(printer, list(given))
        self.outputs = len(recording.outputs)
        self.leaves = [x if id(x) not in given else list(given).index(id(x)) for x in recording.wrt]
        self.wants_arguments = any(type(x) is int for x in self.leaves)
        self.memories = [x.memory for x in self.updated]
        self.file = f"<compiled {short(name)} {next(number)}>"  # for debuggers
        lines = self.source.splitlines(keepends=True)
        linecache.cache[self.file] = (len(self.source), None, lines, self.file)
        weakref.finalize(self, linecache.cache.pop, self.file, None)
        self.function_name = name
        self.function: Callable | None = None
        self.settings = [(group, key) for group, key, *_ in self.numbers]
        self.seen = [group[key] for group, key in self.settings]

    # -- the optimizer ---------------------------------------------------------------------------

    def step(self, first: bool) -> dict[Var, Var]:
        """The optimizer's rule for each parameter, appended; what is to be written into which."""
        recording, updates = self.recording, {}
        recording.sections.append(("update", len(recording.trace.calls)))
        for group in self.groups:
            settings = {key: self.setting(group, key) for key in self.optimizer.defaults}
            for parameter in group["params"]:
                if parameter not in self.updated:
                    continue
                p, g = recording.tensor(parameter, "p"), recording.cotangents[parameter]
                state = {} if first else self.state(parameter, group)
                known = dict(state)
                change = self.optimizer.change(p, g, state, **settings)
                updates[p] = p - change
                for key, value in state.items():
                    old = known.get(key)
                    if value is old:
                        continue
                    value = value if isinstance(value, Var) else recording.trace.input(value)
                    if old is not None and old.is_array and value.shape == old.shape:
                        updates[old] = value
                    else:
                        self.new.append((parameter, key))
                        recording.extra.append(value)
        return updates

    def setting(self, group: dict, key: str) -> Any:
        """A setting of the optimizer with a Var for each number."""
        now = group[key]
        found: list[Setting] = []

        def varying(x: Any) -> Any:
            if isinstance(x, bool) or not isinstance(x, int | float):
                return x
            found.append(Setting(self.recording.trace, x, varies=True))
            i = len(found) - 1
            self.recording.inputs[found[i]] = f"{key}{i}" if isinstance(now, tuple) else key
            many = isinstance(now, tuple)
            self.others[found[i]] = lambda: group[key][i] if many else group[key]
            return found[i]

        out = mapped(varying, now)
        self.numbers.append((group, key, now, found))
        return out

    def state(self, parameter: Tensor, group: dict) -> dict[str, Var]:
        """What the optimizer remembers of a parameter as Vars: what it knows, or would know."""
        real = self.optimizer.state
        known = dict(real.get(parameter) or {})
        if not known:
            settings = {key: group[key] for key in self.optimizer.defaults}
            p = parameter._data.copy()
            self.optimizer.change(p, np.zeros_like(p), known, **settings)
        found = {}
        for key, value in known.items():
            found[key] = var = Var(self.recording.trace, value, varies=True)
            self.recording.inputs[var] = key
            self.others[var] = partial(lambda x, key: real[x][key], parameter, key)
            self.remembers.append((parameter, key))
        return found

    def knows(self) -> bool:
        """Whether the optimizer remembers what the text needs; it does after the first step."""
        state = self.optimizer.state
        return all(key in state.get(x, ()) for x, key in self.remembers)

    def check_settings(self) -> None:
        for group, key, then, varying in self.numbers:
            now = group[key]
            zeros = [x.is_zero for x in varying]
            numbers = [x for x in (now if isinstance(now, tuple) else [now])]
            odd = any(z is not None and z != (not x) for z, x in zip(zeros, numbers))
            if odd or (not varying and now != then):
                raise RuntimeError(
                    f"{self.function_name}: the optimizer's {key} is {now}, recorded was {then}, "
                    "and another rule follows from that. Compile anew"
                )

    # -- a call ----------------------------------------------------------------------------------

    def find_arguments(self, printer: ProgramPrinter, given: list[int]) -> None:
        """Where the arguments of the text are found: its own, Tensors, and others."""
        tensors = self.recording.tensors
        places = [tensors.get(x) for x in printer.argument_vars]
        self.positions = [given.index(id(x)) for x in places if x is not None and id(x) in given]
        self.tensors = [x for x in places if x is not None and id(x) not in given]
        self.known = [x._data for x in self.tensors]
        rest = [x for x, place in zip(printer.argument_vars, places) if place is None]
        self.finders = [self.others[x] for x in rest if x in self.others]
        self.constants = [x.value for x in rest if x not in self.others]

    def run(self, args: tuple) -> tuple:
        """Compute, set gradients, and give the results."""
        arrays = list(map(data_of, self.tensors))
        if not all(map(is_, arrays, self.known)):
            arrays = self.check_tensors()
        settings = [group[key] for group, key in self.settings]
        if settings != self.seen:
            self.check_settings()
            self.seen = settings
        function = self.function or self.defined()
        leaves = self.leaves
        if self.wants_arguments:
            leaves = [args[x] if type(x) is int else x for x in leaves]
        for leaf in leaves:
            leaf._grad = None  # its memory can be used again
        given = [args[i]._data for i in self.positions]
        out = function(*given, *arrays, *[find() for find in self.finders], *self.constants)
        if self.memories:
            note_change(self.memories, self.function_name)
        n = self.outputs
        for leaf, g in zip(leaves, out[n:]):
            leaf._grad = result(g)
        for (x, key), value in zip(self.new, out[n + len(leaves) :]):
            self.optimizer.state[x][key] = value
        return out

    def defined(self) -> Callable:
        """The function of the text, with memory of its own, which it keeps if it is run again."""
        space: dict[str, Any] = {}
        exec(builtin_compile(self.source, self.file, "exec"), space)
        function = space[self.function_name]
        if hasattr(function, "__wrapped__"):  # np.errstate around it, which this does faster
            quiet = copy_context()
            quiet.run(np.seterr, all="ignore")
            function = partial(quiet.run, function.__wrapped__)
        return function

    def check_tensors(self) -> list[np.ndarray]:
        """The arrays of the Tensors from outside, some of which are others than before."""
        arrays = [x._array() for x in self.tensors]
        for x, array, known in zip(self.tensors, arrays, self.known):
            if (array.shape, array.dtype) != (known.shape, known.dtype):
                raise ValueError(
                    f"{self.function_name}: a tensor from outside is {array.shape} {array.dtype}, "
                    f"recorded was {known.shape} {known.dtype}: compile for that, too"
                )
        self.known = arrays
        return arrays


class Watch:
    """Has every op recorded, and refuses what a program of the graph would not do."""

    def __init__(self, name: str, stand_ins: list) -> None:
        self.name = name
        self.given = [x for x in stand_ins if isinstance(x, Tensor)]
        self.created: list[Tensor] = []
        self.thread = threading.get_ident()
        self.begun = next(clock)
        self.random = random.getstate(), repr(np.random.get_state())
        self.mode = record_source()
        self.listeners = [
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
        mode, self.mode = self.mode, None
        if mode is not None:
            mode.__exit__()

    def refuse(self, what: str) -> None:
        raise RuntimeError(f"compile: {self.name} {what}")

    def on_asked(self, x: Any, how: str) -> None:
        if threading.get_ident() != self.thread or not (x is None or self.varies(x)):
            return
        if how == "backward()":
            self.refuse(
                "calls backward(), which the program does by itself: return the loss, and give "
                "compile the optimizer=... for a whole step. For derivatives inside the loss: "
                "autograd.grad(..., create_graph=True)"
            )
        if x is None:
            self.refuse(f"draws from {how}, which a program does not see: use autograd.rand")
        self.refuse(
            f"asks for the value of a tensor that depends on an argument or a parameter: {how}. "
            "A program does not ask again: use autograd.where, return the tensor, or make what "
            "depends on the value an argument"
        )

    def varies(self, x: Tensor) -> bool:
        """Whether a value is another at another call: of an argument, a parameter, a random op."""
        order = recorded_order(x)
        leaves = [x, *[leaf for node in order for leaf in node.origins]]
        return any(node.op in DRAWS for node in order) or any(
            isinstance(leaf, Tensor)
            and (any(leaf is one for one in self.given) or (leaf._requires_grad and leaf.is_leaf))
            for leaf in leaves
        )

    def on_changed(self, x: Tensor, how: str) -> None:
        if threading.get_ident() != self.thread:
            return
        inside = x.node is not None and x.node.time > self.begun
        if not inside and not any(x is one for one in self.created):
            self.refuse(
                f"changes a tensor from outside in place ({how}), which the program would not do. "
                "Return the new value and change it outside; an optimizer= updates parameters"
            )

    def check_randomness(self) -> None:
        if self.random != (random.getstate(), repr(np.random.get_state())):
            self.refuse(
                "draws random numbers from random or np.random, which would be the same at each "
                "call. Use autograd.rand, randn or nn.Dropout"
            )


class Example(NamedTuple):
    """What an argument must be like."""

    name: str
    value: Any  # of a setting
    kind: Any  # of a Tensor: shape, dtype, whether it requires grad

    def fits(self, x: Any) -> bool:
        if self.kind is None:
            return not isinstance(x, Tensor) and type(x) is type(self.value) and x == self.value
        try:
            data = x._data
        except AttributeError:
            return False
        return (data.shape, data.dtype, x._requires_grad) == self.kind

    def refuse(self, x: Any, program: str) -> None:
        if self.kind is None:
            raise ValueError(
                f"{program}: {self.name} is {short(repr(x))}, recorded was "
                f"{short(repr(self.value))}: compile for that, too, or make it a Tensor"
            )
        if not isinstance(x, Tensor):
            raise TypeError(
                f"{program}: {self.name} must be a Tensor, got {type(x).__name__}; wrap it: "
                "autograd.tensor(...), or from_numpy"
            )
        shape, dtype, needs = self.kind
        if x._requires_grad != needs:
            way = "detach() it" if x._requires_grad else "requires_grad_() is missing"
            raise ValueError(
                f"{program}: {self.name} has requires_grad={x._requires_grad}, recorded was "
                f"{needs}: {way}"
            )
        raise ValueError(
            f"{program}: {self.name} is {x.shape} {x.dtype}, recorded was {shape} {dtype}: "
            "compile for that, too"
        )


def described(key: str, x: Any, name: str) -> Example:
    if not isinstance(x, Tensor):
        held = [type(v).__name__ for v in leaves_of(x) if isinstance(v, Tensor | np.ndarray)]
        if held:
            raise TypeError(
                f"compile: {name}: {key} is a {type(x).__name__} with a {held[0]}; give each "
                "Tensor as an argument of its own, and wrap arrays: autograd.from_numpy"
            )
        return Example(key, x, None)
    if x.grad_fn is not None:
        raise ValueError(
            f"compile: {name}: {key} is the result of {x.grad_fn.name}, whose graph would be lost. "
            "Give it tensor.detach(), or have the function compute that, too"
        )
    return Example(key, None, (x.shape, x.dtype, x._requires_grad))


def stand_in(key: str, x: Any) -> Any:
    """A Tensor of its own for an argument, so that one given twice stays two."""
    if not isinstance(x, Tensor):
        return x
    out = result(x._array()[...])
    out._requires_grad, out.name = x._requires_grad, key
    return out


def slot(tensors: list[Tensor], x: Any) -> Any:
    if not isinstance(x, Tensor):
        return x
    tensors.append(x)
    return Slot(len(tensors) - 1)


def check_graph(name: str, tensors: list[Tensor], begun: int) -> None:
    """Refuse graphs that a program cannot hold."""
    root = tensors[0]
    if root._requires_grad and root.shape != ():
        raise ValueError(
            f"compile: {name}: the result has shape {root.shape}, and only a scalar has a "
            "gradient: reduce it (.sum(), .mean()), or compute inside no_grad()"
        )
    for node in recorded_order(tensors):
        at = f", at {node.where}" if node.where else ""
        if node.time < begun:
            raise RuntimeError(
                f"compile: {name} uses the result of {node.name} from outside, whose graph would "
                "be lost. Use tensor.detach(), or compute it inside"
            )
        masks = [x for x in node.args[1:] if getattr(x, "dtype", None) == bool]
        if node.name == "getitem" and masks:
            raise RuntimeError(
                f"compile: {name} picks by a mask, and how many that gives depends on values{at}. "
                "Use autograd.where(mask, x, 0), and divide by mask.sum() for a mean"
            )
        if any(getattr(x, "hooks", None) for x in [node, *node.parents]):
            raise RuntimeError(f"compile: {name} has a hook, which a program would not call{at}")


