"""``compile``: record a function once, and run its graph as a program from then on."""

from __future__ import annotations

import builtins
import copy
import inspect
import linecache
import threading
import weakref
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from operator import attrgetter, is_
from typing import Any

import numpy as np

from .. import observers
from ..names import identifier
from ..nested import leaves_of, mapped
from ..printing import short
from ..tensors import Tensor, result
from .program import ProgramPrinter
from .recording import Recording
from .update import Update, refuse_parameters
from .watch import Watch

data_of = attrgetter("_data")
wants_grad = attrgetter("_requires_grad")


def compile(function: Callable, *example: Any, optimizer: Any = None) -> Program:
    """Record what ``function(*example)`` computes, and make a program of that graph.

    ``loss = program(X, y)`` computes, sets the ``grad`` of the parameters, and gives the loss
    without a graph. With ``optimizer`` a call is a whole training step.
    Arguments vary. Parameters and other Tensors from outside, and the optimizer with its numbers,
    are read at each call. All else is as it was when recorded.

    ``function`` takes Tensors, and settings that stay as they are; it returns its loss, or a
    tuple, list or dict of Tensors that begins with it. What needs no gradient is only computed.
    Shapes and dtypes are those of the example. Later hooks of parameters are not called.

    Results are those of the ops to the bit, but for sums and products of matrices, which may be
    added up in another order, and for arguments that lie otherwise in memory than the example.
    Random numbers are drawn anew at each call. Checks of values (a probability beyond 1) are made
    when recorded; where one op gives no warnings, the program gives none.

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
    # In a context of its own, an interrupt leaves no errstate behind.
    return copy_context().run(Program, name, function, dict(zip(names, example)), optimizer)


class Program:
    """A recorded function: call it with other values of the same shapes.

    ``source`` is its text, and ``source.inputs`` holds its last arguments: arrays as they were when
    recorded that are too long to be written out.
    """

    def __init__(self, name: str, function: Callable, example: dict, optimizer: Any) -> None:
        self.name = name
        self.lock = threading.Lock()
        stand_ins = [stand_in(name, key, x) for key, x in example.items()]
        self.names = list(example)
        self.kinds = list(map(kind_of, stand_ins))
        watch = Watch(name, stand_ins)
        out = watch.run(function, stand_ins)
        tensors = [x for x in leaves_of(out) if isinstance(x, Tensor)]
        self.template = mapped(lambda x: Tensor if isinstance(x, Tensor) else x, out)
        if not tensors:
            raise ValueError(f"compile: {name}: must return a Tensor, and gave {short(repr(out))}")
        watch.check(tensors)
        recording = Recording(tensors, None if tensors[0]._requires_grad else [], since=watch.begun)
        self.update = None if optimizer is None else Update(name, optimizer, recording)
        given = {id(x): i for i, x in enumerate(stand_ins)}
        printer = ProgramPrinter(recording, name, given)
        self.source = printer.text()
        known = [recording.tensors[x] for x in printer.arguments if x in recording.tensors]
        self.positions = [given[id(x)] for x in known if id(x) in given]
        self.tensors = [x for x in known if id(x) not in given]
        self.outside = list(map(kind_of, self.tensors))
        self.arrays = list(map(data_of, self.tensors))
        self.finders = [recording.live[x] for x in printer.arguments if x in recording.live]
        constants = list(self.source.inputs.items())[len(known) + len(self.finders) :]
        self.source.inputs = {key: x.copy() for key, x in constants}
        self.constants = list(self.source.inputs.values())
        self.leaves = [given.get(id(x), x) for x in recording.wrt]
        self.outputs = len(recording.outputs)
        file = f"<compiled {short(name)} {id(self)}>"  # for debuggers
        linecache.cache[file] = len(self.source), None, self.source.splitlines(True), file
        weakref.finalize(self, linecache.cache.pop, file, None)
        space: dict[str, Any] = {}
        exec(builtins.compile(self.source, file, "exec"), space)
        self.function = space[name]
        if hasattr(self.function, "__wrapped__"):
            quiet = copy_context()  # what np.errstate does around it, only once
            quiet.run(np.seterr, all="ignore")
            self.function = partial(quiet.run, self.function.__wrapped__)

    def __repr__(self) -> str:
        return f"<program {self.name}({', '.join(self.names)})>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """What the function gives for these arguments; the parameters get their ``grad``."""
        if observers.asked:
            observers.tell(observers.asked, None, f"the program {self.name}: call its function")
        if keywords or len(args) != len(self.names):
            args = self.in_order(args, keywords)
        if list(map(kind_of, args)) != self.kinds:
            for key, x, kind in zip(self.names, args, self.kinds):
                self.check(key, x, kind)
        with self.lock:
            out = self.run(args)
        if self.template is Tensor:
            return result(out[0])
        rest = iter(out)
        return mapped(lambda x: result(next(rest)) if x is Tensor else x, self.template)

    def run(self, args: tuple) -> tuple:
        """Compute, set gradients, do the optimizer's step, and give the results."""
        update: Any = self.update
        if update is not None:
            update.check()
        arrays = list(map(data_of, self.tensors))
        if not all(map(is_, arrays, self.arrays)):
            arrays = self.other_arrays()
        leaves: Any = [args[x] if type(x) is int else x for x in self.leaves]
        if not all(map(wants_grad, leaves)):
            refuse_parameters(self.name)
        given = [args[i]._data for i in self.positions]
        found = [find() for find in self.finders]
        first = update is not None and update.remembers and not update.knows()
        if first:  # which is the optimizer's own step: what this one updates are copies
            arrays, found = copy.deepcopy((arrays, found))
        for leaf in leaves:
            leaf._grad = None  # its memory can be used again
        out = self.function(*given, *arrays, *found, *self.constants)
        out = out if type(out) is tuple else (out,)
        rest = iter(out[self.outputs :])
        for leaf, g in zip(leaves, rest):
            leaf._grad = result(g if leaf._grad is None else leaf._grad._data + g)
        if first:
            del arrays, found
            update.optimizer.take_step(update.parameters)
        elif update is not None:
            update.note(rest)
        return out

    def other_arrays(self) -> list[np.ndarray]:
        """The arrays of the Tensors from outside, some of which are not those of before."""
        for x, kind in zip(self.tensors, self.outside):
            self.check("a tensor from outside", x, kind)
            x.memory  # noqa: B018  # which makes an array of a number
        self.arrays = list(map(data_of, self.tensors))
        return self.arrays

    def in_order(self, args: tuple, keywords: dict) -> tuple:
        given = {**dict(zip(self.names, args)), **keywords}
        if len(args) + len(keywords) != len(self.names) or given.keys() != set(self.names):
            raise TypeError(f"{self.name}: takes {', '.join(self.names) or 'no arguments'}")
        return tuple(given[name] for name in self.names)

    def check(self, key: str, x: Any, kind: tuple | list) -> None:
        """Raise where an argument or a tensor from outside is not as it was when recorded."""
        now = kind_of(x)
        if isinstance(kind, tuple) and not isinstance(now, tuple):
            raise TypeError(
                f"{self.name}: {key} must be a Tensor, got {type(x).__name__}; wrap it: "
                "autograd.tensor(...), or from_numpy"
            )
        if now != kind:
            raise ValueError(
                f"{self.name}: {key} is {said(now)}, recorded was {said(kind)}: "
                "compile for that, too"
            )


def kind_of(x: Any) -> tuple | list:
    """What must be the same at each call: of a setting its text, and itself if that says all."""
    if isinstance(x, Tensor):
        return x._data.shape, x._data.dtype, x._requires_grad
    text, parts = repr(x), [v for v in leaves_of(x) if not isinstance(v, float | np.floating)]
    return [text, object() if " object at 0x" in text else parts]  # NaN is itself in its text


def said(kind: tuple | list) -> str:
    if isinstance(kind, list):
        return short(kind[0], 80)
    return f"{kind[0]} {kind[1]}{', requires grad' * kind[2]}"


def stand_in(name: str, key: str, x: Any) -> Any:
    """A Tensor of its own for an argument, so that one given twice stays two; or a setting."""
    if not isinstance(x, Tensor):
        held = [type(v).__name__ for v in leaves_of(x) if isinstance(v, Tensor | np.ndarray)]
        if held:
            raise TypeError(
                f"compile: {name}: {key} is a {type(x).__name__} with a {held[0]}; give each "
                "Tensor as an argument of its own, and wrap arrays: autograd.from_numpy"
            )
        return x
    if x.grad_fn is not None:
        raise ValueError(
            f"compile: {name}: {key} is the result of {x.grad_fn.name}, whose graph would be lost. "
            "Give it tensor.detach(), or have the function compute that, too"
        )
    out = result(x._data[...] if isinstance(x._data, np.ndarray) else x._data)
    out._requires_grad, out.name = x._requires_grad, key
    return out
