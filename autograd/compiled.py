"""``compile``: record a function once, and from then on run it as straight NumPy."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import update_wrapper
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import recorder as recorders
from .backward import backward
from .graph import Node, topological_order
from .listing import Listing, Slot, again
from .recorder import Recorder, Refused
from .tensor import Tensor, result
from .trace import Untraceable, Var, mapped

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
    tensor's value would go another way, and one after an attribute of a Module was set.
    All other Python in the function runs while it is recorded and not again: it must not depend
    on what changes, or keep Tensors outside.

    Raises RuntimeError, when it records, for what a program could not repeat: asking for a value
    (``item()``, ``float()``), random numbers that are not autograd's, tensors kept outside, an
    argument with a graph, and an ``if`` on values after something outside was changed.

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
        self.function = function
        self.lock = threading.RLock()
        self.programs: list[Program] = []  # the last used is first

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if keywords:
            args = self.in_order(args, keywords)
        with self.lock:  # programs write into memory that is there once
            for program in self.programs:
                if program.arity == len(args):
                    values = program.run(*args)
                    if values is not again:
                        return values if program.plain else self.results(program, values, args)
            return self.record(args)

    def results(self, program: Program, values: tuple, args: tuple) -> Any:
        if program is not self.programs[0]:
            self.programs.remove(program)
            self.programs.insert(0, program)
        return program.results(values, args)

    def in_order(self, args: tuple, keywords: dict) -> tuple:
        bound = inspect.signature(self.function).bind(*args, **keywords)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(f"{self.__name__}: compile takes no keyword-only arguments")
        return bound.args

    @property
    def source(self) -> str:
        """The Python that runs. Raises RuntimeError before the first call, which records."""
        if not self.programs:
            raise RuntimeError(f"{self.__name__}: nothing is recorded before the first call")
        return self.programs[0].source

    def record(self, args: tuple) -> Any:
        """Run the function and keep what it did as a program."""
        if recorders.active():  # inside another recording
            return self.function(*args)
        self.programs = [p for p in self.programs if p.outdated == recorders.outdated]
        if len(self.programs) >= MOST:
            raise RuntimeError(
                f"{self.__name__}: was recorded {len(self.programs)} times, for other shapes, "
                "settings or branches each. Call it without compile"
            )
        try:
            program, out = recorded(self.function, args)
        except Untraceable as error:
            raise RuntimeError(
                f"compile: {self.__name__}: {error}, but while a function is recorded its values "
                "are not settled. Return the tensor and ask outside, or use where()"
            ) from None
        except Refused as error:
            raise RuntimeError(f"compile: {self.__name__} {error}") from None
        self.programs.insert(0, program)
        return out


def recorded(function: Callable, args: tuple) -> tuple[Program, Any]:
    """Run ``function`` and write down what it does: a Program, and what this run gave."""
    recorder = Recorder()
    outdated = recorders.outdated
    with recorder:
        out = function(*[recorder.argument(i, x) for i, x in enumerate(args)])
        computed: list[Any] = []

        def slot(x: Any) -> Any:
            if not isinstance(x, Var) and id(x) not in recorder.made:
                return x
            computed.append(x)
            return Slot(len(computed) - 1)

        template = mapped(slot, out)
        forward_calls = len(recorder.trace.calls)
        roots = [i for i, x in enumerate(computed) if isinstance(x, Tensor) and live(x)]
        cotangents, leaves, gradients = backward_of([computed[i] for i in roots], recorder)
        values = [vars(x)["_data"] if isinstance(x, Tensor) else x for x in computed]
    listing = Listing(
        function, args, recorder, template, values, forward_calls, roots, cotangents, leaves, gradients
    )
    del out, computed
    recorder.check()
    program = Program(listing, template)
    program.outdated = outdated
    return program, program.results(listing.first_run(), args)


def live(tensor: Tensor) -> bool:
    """Whether ``backward()`` can be called."""
    order = topological_order(tensor)
    return bool(order) and all(node.values is not None for node in order)


def backward_of(roots: list[Tensor], recorder: Recorder) -> tuple[list[Var], list, list]:
    """Record backward, too: the cotangents it begins with, the leaves and their gradients."""
    cotangents = [
        recorder.input("cotangent", y, i, np.ones(y.shape, y.dtype)) for i, y in enumerate(roots)
    ]
    leaves: list[Tensor] = []
    gradients: list[Any] = []

    def deliver(leaf: Tensor, g: Any) -> None:
        if id(leaf) not in recorder.made or id(leaf) in recorder.stand_ins:
            leaves.append(leaf)
            gradients.append(g)

    if roots:
        backward(roots, [result(g) for g in cotangents], retain_graph=True, deliver=deliver)
    return cotangents, leaves, gradients


class Program:
    """What one recording became: ``run`` computes, or says that it does not hold."""

    outdated = 0

    def __init__(self, listing: Listing, template: Any) -> None:
        self.listing = listing
        self.template = template
        self.source = listing.source
        self.arity = listing.arity
        self.run = listing.namespace[listing.name]
        self.plain = listing.plain  # it returns the one Tensor that the function does
        self.runs = 0

    def results(self, values: tuple, args: tuple) -> Any:
        """What the function returns, made of the values that a run gave."""
        if self.plain:
            return values
        self.runs += 1
        tensors = [result(value) for value in values[: self.listing.count]]
        for number, i in enumerate(self.listing.roots):
            tensors[i].grad_fn = self.node(number, i, values, args)
            tensors[i]._requires_grad = True
        return mapped(lambda x: tensors[x.index] if isinstance(x, Slot) else x, self.template)

    def node(self, number: int, i: int, values: tuple, args: tuple) -> Node:
        """The ``grad_fn`` of a result: its VJP rules are the program's own backward pass."""
        leaves = [args[x] if isinstance(x, int) else x for x in self.listing.leaves]
        op = CompiledOp(self, number, values)
        return Node(op, tuple(leaves), {}, leaves, (values[i], *[x._data for x in leaves]))  # type: ignore[arg-type]


class CompiledOp:
    """A run of a program as an op: one VJP rule for each leaf, which share one backward pass."""

    complete = True
    variadic = False
    stop = 0
    keywords: tuple = ()

    def __init__(self, program: Program, number: int, values: tuple) -> None:
        self.name = program.listing.name
        self.forward = program.run
        self.program = program
        self.number = number
        self.run = program.runs
        self.shapes = [np.shape(values[i]) for i in program.listing.roots]
        self.dtypes = [values[i].dtype for i in program.listing.roots]
        self.saved = values[-1]
        self.g: Any = None
        self.found: tuple = ()
        count = len(program.listing.leaves)
        self.operands = [f"leaf{k}" for k in range(count)]
        self.saves = [
            SimpleNamespace(names=(f"leaf{k}",), positions=(k + 1,)) for k in range(count)
        ]
        self.rules = [(self.rule(k), lambda values: ()) for k in range(count)]

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
        cotangents = [np.zeros(s, d) for s, d in zip(self.shapes, self.dtypes)]
        cotangents[self.number] = g
        return self.program.listing.namespace["backward"](self.saved, *cotangents)
