"""``compile``: record a function once, and from then on run it as straight NumPy."""

from __future__ import annotations

import inspect
import linecache
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from types import MethodType, SimpleNamespace
from typing import Any

import numpy as np

from .. import debugging
from ..backward import walk
from ..graph import Node, topological_order
from ..memory import check_usable
from ..tensor import Tensor, result
from ..trace import ASKED, Untraceable, Var, mapped
from . import recorder as recorders
from .listing import Backward, Listing, Recording, Slot, again, halfway
from .recorder import ModulesThen, Recorder, Refused
from .surroundings import Surroundings

MOST = 64  # programs of one function


def compile(function: Callable) -> Compiled:
    """Record what ``function`` computes, and run that as straight NumPy from then on.

    ``function`` takes Tensors, ndarrays, and settings, and uses any other Tensors, such as the
    parameters of a model. It may be a whole training step, with ``backward()`` and the
    optimizer's ``step()``, or only compute a loss, of which ``backward()`` can be called.
    The first call records: from then on the NumPy calls that it made are made again, into the
    same memory, without Tensors and graph between them. ``.source`` shows them, and a debugger
    can step through them.

    A call with other shapes, dtypes or settings records anew. So does one where an ``if`` on a
    tensor's value would go another way, and one where a variable, an attribute or a list that the
    function reads is not what it was. All other Python in the function runs while it is recorded
    and not again. An ndarray whose numbers change must be an argument.
    Inside ``break_on``, ``detect_anomaly`` and ``record_source``, which look at ops, the function
    itself runs. Results have memory of their own, and no graph if ``backward()`` was called inside.

    Raises RuntimeError, when it records, for what a program could not repeat: asking for a value
    (``item()``, ``float()``), random numbers that are not autograd's, changes of what is outside
    other than of Tensors, tensors with a graph from outside, and an ``if`` on values after a
    tensor was changed.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> @autograd.compile
    ... def step(x):
    ...     w.grad = None
    ...     loss = ((w - x) ** 2).sum()
    ...     loss.backward()
    ...     with autograd.no_grad():
    ...         w.add_(-0.1 * w.grad)
    ...     return loss
    >>> for _ in range(3):
    ...     print(step(autograd.tensor([0.0, 0.0])))
    tensor(5.)
    tensor(3.2000)
    tensor(2.0480)
    """
    return Compiled(function)


class Compiled:
    """A function that runs as the programs recorded of it; ``source`` is that of the last."""

    def __init__(self, function: Callable) -> None:
        update_wrapper(self, function)
        self.name: str = getattr(function, "__name__", type(function).__name__)
        self.function = function
        self.lock = threading.Lock()
        self.programs: list[Program] = []  # the last used is first

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if recorders.recording is not None and recorders.active():  # inside another recording
            return self.function(*args, **keywords)
        if debugging.watching or debugging.recording_source:  # for which there must be ops
            return self.function(*args, **keywords)
        if keywords:
            args = self.in_order(args, keywords)
        with self.lock:  # programs write into memory that is there once
            for program in self.programs:
                if program.arity == len(args):
                    values = program.run(*args)
                    if values is halfway:
                        program.runs += 1
                    elif values is not again:
                        return values if program.plain else self.results(program, values, args)
            return self.record(args)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """As a method: the object is the first argument."""
        return self if owner is None else MethodType(self, owner)

    def results(self, program: Program, values: tuple, args: tuple) -> Any:
        if program is not self.programs[0]:
            self.programs.remove(program)
            self.programs.insert(0, program)
        return program.results(values, args)

    def in_order(self, args: tuple, keywords: dict) -> tuple:
        """The positional arguments that a call with keywords amounts to."""
        bound = inspect.signature(self.function).bind(*args, **keywords)
        if bound.kwargs:
            raise TypeError(
                f"{self.name}: takes {', '.join(bound.kwargs)} by keyword only, or after an "
                "argument that is left to its default, which compile cannot. Give it by position"
            )
        return bound.args

    @property
    def source(self) -> str:
        """The Python that runs. Raises RuntimeError before the first call, which records."""
        if not self.programs:
            raise RuntimeError(f"{self.name}: nothing is recorded before the first call")
        return self.programs[0].source

    def record(self, args: tuple) -> Any:
        """Run the function and keep what it did as a program."""
        if len(self.programs) >= MOST:
            self.programs = [p for p in self.programs if p.modules.unchanged()]
        if len(self.programs) >= MOST:
            raise RuntimeError(
                f"{self.name}: was recorded {len(self.programs)} times, for other shapes, "
                "settings or branches each. Call it without compile"
            )
        try:
            program, out = recorded(self.name, self.function, args)
        except Untraceable as error:
            raise RuntimeError(
                f"compile: {self.name}: {error}, but while a function is recorded its values "
                "are not settled. Return the tensor and ask outside, or use where()"
            ) from None
        except Refused as error:
            raise RuntimeError(f"compile: {self.name} {error}") from None
        self.programs.insert(0, program)
        return out


def recorded(name: str, function: Callable, args: tuple) -> tuple[Program, Any]:
    """Run ``function`` and write down what it does: a Program, and what this run gave."""
    recorder = Recorder()
    modules = ModulesThen()
    surroundings = Surroundings(function, args)
    computed: list[Any] = []
    with recorder:
        stand_ins = [recorder.argument(i, x) for i, x in enumerate(args)]
        out = function(*stand_ins)
        if recorder.trace.shown:
            raise Untraceable(ASKED)
        template = mapped(partial(slot, computed, recorder), out)
        backwards, ends = backwards_of(computed, recorder)
        inner = inner_results(computed)
        values = [vars(x)["_data"] if isinstance(x, Tensor) else x for x in computed]
    del out, computed, stand_ins
    changed = surroundings.changed()
    if changed:
        raise Refused(f"changes {changed}, which would not happen at the next run. Do it outside")
    recording = Recording(
        name, function, args, surroundings, recorder, modules, template, values, backwards, ends
    )
    listing = Listing(recording)
    recorder.check()
    program = Program(listing, inner)
    return program, program.results(listing.first_run(), args)


@dataclass(frozen=True)
class Given:
    """A place in what a function returns, which gets the argument at this position."""

    position: int


def slot(computed: list, recorder: Recorder, x: Any) -> Any:
    """What stands for ``x`` where a function returns it; what is computed goes to ``computed``."""
    if id(x) in recorder.arguments:
        return Given(recorder.arguments[id(x)].position)
    if isinstance(x, Var) and x.call is None:
        for place in recorder.inputs.values():
            if place.var is x and place.kind == "argument":
                return Given(place.key)
    if id(x) in recorder.made:
        if type(x) is not Tensor or (x._requires_grad and x.grad_fn is None):
            raise Refused(
                "returns a parameter that was made in it, which would be another at each run. "
                "Make it outside"
            )
        if vars(x).get("_grad") is not None or x._retained:
            raise Refused(
                "returns a tensor that has a grad or is to retain one. Return its grad, too, or "
                "have backward and retain_grad outside"
            )
    elif not isinstance(x, Var):
        return x
    computed.append(x)
    return Slot(len(computed) - 1, isinstance(x, Tensor), getattr(x, "name", None))


def backwards_of(computed: list, recorder: Recorder) -> tuple[list[Backward], list[int]]:
    """Record the backward passes, too; and where the calls before and of each of them end."""
    ends = [len(recorder.trace.calls)]
    backwards = []
    for i, x in enumerate(computed):
        if isinstance(x, Tensor) and live(x):
            backwards.append(backward_of(i, x, recorder))
            ends.append(len(recorder.trace.calls))
    return backwards, ends


def live(tensor: Tensor) -> bool:
    """Whether ``backward()`` can be called."""
    order = topological_order(tensor)
    return bool(order) and all(node.values is not None for node in order)


def backward_of(root: int, tensor: Tensor, recorder: Recorder) -> Backward:
    """Record the backward pass of a result, too, up to the leaves, whose hooks come later."""
    cotangent = Var(recorder.trace, np.ones(tensor.shape, tensor.dtype))
    order = topological_order(tensor)
    check_usable(order)
    cotangents: dict[Any, Any] = {tensor.grad_fn: cotangent}
    with np.errstate(all="call", call=lambda *warning: None):  # nobody asked for it yet
        walk(order, cotangents, True, False)
    outside = [x for x in cotangents if id(x) not in recorder.made or id(x) in recorder.arguments]
    return Backward(root, cotangent, {x: cotangents[x] for x in outside})


def inner_results(computed: list) -> set[int]:
    """The results that other results were computed from."""
    nodes = [x.grad_fn if isinstance(x, Tensor) else None for x in computed]
    before = {node for x in nodes if x is not None for node in topological_order(x)[1:]}
    return {i for i, node in enumerate(nodes) if node in before}


class Program:
    """What one recording became: ``run`` computes, or says that it does not hold."""

    def __init__(self, listing: Listing, inner: set[int]) -> None:
        recording = listing.recording
        self.name = recording.name
        self.source = listing.source
        weakref.finalize(self, linecache.cache.pop, listing.file, None)
        self.arity = len(recording.args)
        self.run = listing.namespace[listing.name]
        self.plain = recording.plain
        self.modules = recording.modules
        self.runs = 0
        self.template = recording.template
        self.inner = inner
        roots = [b.root for b in recording.backwards]
        self.backwards = {root: listing.namespace[f"backward{root}"] for root in roots}
        self.leaves = {
            b.root: [listing.position_or_self(x) for x in b.gradients] for b in recording.backwards
        }
        self.needed = [listing.position_or_self(x) for x in listing.needed_tensors()]

    def results(self, values: tuple, args: tuple) -> Any:
        """What the function returns, made of the values that a run gave."""
        if self.plain:
            return values
        self.runs += 1

        def put(x: Any) -> Any:
            if isinstance(x, Given):
                return args[x.position]
            if not isinstance(x, Slot):
                return x
            if not x.is_tensor:
                return values[x.index]
            return self.tensor(x, values, args)

        return mapped(put, self.template)

    def tensor(self, x: Slot, values: tuple, args: tuple) -> Tensor:
        out = result(values[x.index])
        out.name = x.name
        if x.index in self.backwards:
            leaves = [args[i] if isinstance(i, int) else i for i in self.leaves[x.index]]
            needed = [args[i] if isinstance(i, int) else i for i in self.needed]
            out.grad_fn = CompiledNode(self, x.index, values, leaves, needed)
            out._requires_grad = True
        return out


class CompiledNode(Node):
    """The ``grad_fn`` of a result: a run of a program, whose VJP rules share one backward pass."""

    def __init__(
        self, program: Program, root: int, values: tuple, leaves: list, needed: list
    ) -> None:
        op = CompiledOp(program, root, values, len(leaves), len(needed))
        arrays = [x._data for x in [*leaves, *needed]]
        parents = [*leaves, *[None] * len(needed)]
        super().__init__(op, (*leaves, *needed), {}, parents, (values[root], *arrays))  # type: ignore[arg-type]
        self.is_inner = root in program.inner

    def add_hook(self, hook: Any) -> Any:
        if self.is_inner:
            raise RuntimeError(
                f"{self.name}: the gradient of this result is not to be had, for another result "
                "was computed from it inside the program. Call the function without compile"
            )
        return super().add_hook(hook)


class CompiledOp:
    """What a CompiledNode takes for an op: one VJP rule for each leaf."""

    complete = True
    variadic = False
    stop = 0
    keywords: tuple = ()

    def __init__(
        self, program: Program, root: int, values: tuple, leaves: int, needed: int
    ) -> None:
        self.name = program.name
        self.program = program
        self.root = root
        self.run = program.runs
        self.saved = values[-1]
        self.g: Any = None
        self.found: tuple = ()
        self.operands = [f"leaf{k}" for k in range(leaves)] + [f"x{k}" for k in range(needed)]
        positions = tuple(range(leaves + 1, leaves + needed + 1))
        saves = SimpleNamespace(names=tuple(self.operands[leaves:]), positions=positions)
        self.saves = [saves] * (leaves + needed)
        self.rules: list = [(self.rule(k), lambda values: ()) for k in range(leaves)]
        self.rules += [(None, None)] * needed

    def forward(self, *values: Any) -> Any:
        raise RuntimeError(
            f"{self.name}: is compiled, and its ops are not recorded one by one. Print its "
            ".source, or call the function without compile"
        )

    def rule(self, k: int) -> Callable:
        def vjp(g: Any) -> Any:
            if self.g is not g:
                self.g, self.found = g, self.backward(g)
            return self.found[k]

        return vjp

    def backward(self, g: Any) -> tuple:
        if isinstance(g, Tensor):
            raise RuntimeError(
                f"{self.name}: create_graph=True finds no graph in a compiled function. Take the "
                "first derivative inside it, or call the function without compile"
            )
        if self.run != self.program.runs:
            raise RuntimeError(
                f"{self.name}: was called again before this backward, and the memory that backward "
                "needs was used again. Call backward() first"
            )
        return self.program.backwards[self.root](self.saved, g)
