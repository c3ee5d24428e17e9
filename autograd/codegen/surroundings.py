"""The plain Python around a function: what a recording of it takes for granted.

A program does not run the Python that it was recorded from. So the variables that this Python
read must be what they were, which the program asks at each run; and it must not change any.
"""

from __future__ import annotations

import dis
import random
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from ..tensor import Tensor
from .recorder import Refused

OURS = ("autograd", "nn", "numpy", "builtins")  # whose functions read no variables that change
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype)
CONTAINERS = (list, tuple, dict, set, frozenset, deque)
GENERATORS = (random.Random, np.random.Generator, np.random.RandomState)
CALLS = {"__call__", "forward"}  # what is called without being named
FOUND_IN_CLASSES = (FunctionType, property, classmethod, staticmethod)


class Place(NamedTuple):
    """A variable or an attribute that is read, and what is there."""

    holder: Any  # a namespace, the cell of a closure, or an object
    name: str
    value: Any
    then: Any  # the fingerprint of the value

    def now(self) -> Any:
        """What is there now."""
        if isinstance(self.holder, CellType):
            return self.holder.cell_contents
        if isinstance(self.holder, dict):
            return self.holder.get(self.name)
        return getattr(self.holder, self.name, None)


class Surroundings:
    """What a function and those it calls read, in ``places``; and what they must not change."""

    def __init__(self, function: Callable, args: tuple) -> None:
        self.places: list[Place] = []
        self.watched: dict[Any, tuple[str, Callable, Any]] = {}  # how to look, and what was seen
        self.names: dict[int, str] = {}  # what objects are called, by id
        self.seen: set[Any] = set()
        self.visit("the function", function, set())
        attributes = read_by(code_of(function))[1]
        for i, x in enumerate(args):
            if not isinstance(x, Tensor | np.ndarray):
                self.watch(f"argument {i + 1}", x, fingerprint)
                self.visit(type(x).__name__, x, attributes)

    def visit(self, name: str, x: Any, attributes: set[str]) -> None:
        """Note what is to be known of ``x``, of which ``attributes`` are read."""
        if isinstance(x, MethodType):
            self.visit(name, x.__self__, read_by(x.__func__.__code__)[1])
            self.visit(name, x.__func__, attributes)
        elif isinstance(x, partial):
            self.visit(name, (x.func, x.args, x.keywords), attributes)
        elif isinstance(x, FunctionType):
            self.visit_function(x)
        elif hasattr(x, "__wrapped__"):  # another compiled function
            self.visit(name, x.__wrapped__, attributes)
        elif isinstance(x, CONTAINERS):
            for item in x.values() if isinstance(x, dict) else x:
                self.visit(name, item, attributes)
        elif isinstance(x, Tensor):
            self.watch(f"requires_grad or the hooks of {name}", x, grad_settings)
        elif isinstance(x, np.ndarray):
            self.watch(name, x, contents)
        elif isinstance(x, GENERATORS):
            self.watch(f"the random numbers of {name}", x, random_state)
        elif hasattr(type(x), "__next__"):
            raise Refused(
                f"goes through {name}, an iterator, which would not go on at the next run. Give it "
                "what comes next as an argument"
            )
        elif not is_ours(x) and not isinstance(x, PLAIN):
            self.visit_object(name, x, attributes)

    def visit_function(self, function: FunctionType) -> None:
        if is_ours(function) or function in self.seen:
            return
        self.seen.add(function)
        names, attributes = read_by(function.__code__)
        spaces = function.__globals__
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            if cell != CellType():
                self.note(cell, name, cell.cell_contents, attributes)
        for name in sorted(names & spaces.keys()):
            self.note(spaces, name, spaces[name], attributes)
        defaults = (function.__defaults__, function.__kwdefaults__)
        self.watch(f"a default of {function.__name__}", defaults, fingerprint)
        self.visit(function.__name__, defaults, attributes)

    def visit_object(self, name: str, x: Any, attributes: set[str]) -> None:
        """Note the attributes that are read. A Module tells by itself if one is set."""
        is_module = hasattr(x, "named_parameters")
        if hasattr(x, "__dict__") and not isinstance(x, ModuleType | type):
            self.watch(name, x, own_attributes)
        if is_module:
            for inner, parameter in x.named_parameters():
                self.names.setdefault(id(parameter), inner)
                self.visit(inner, parameter, attributes)
            for inner, child in x.named_children():
                self.visit(inner, child, attributes)
        for inner in sorted(attributes | CALLS):
            if (id(x), inner) not in self.seen:
                self.seen.add((id(x), inner))
                self.visit_attribute(name, x, inner, attributes)

    def visit_attribute(self, name: str, x: Any, inner: str, attributes: set[str]) -> None:
        kinds = x.__mro__ if isinstance(x, type) else type(x).__mro__
        own = vars(x).get(inner, self) if hasattr(x, "__dict__") else self
        found = next((vars(kind)[inner] for kind in kinds if inner in vars(kind)), self)
        for rule in (getattr(found, "__func__", found), getattr(found, "fget", None)):
            if own is self and isinstance(rule, FunctionType):
                self.visit_function(rule)
                if not is_ours(rule):
                    self.visit_object(name, x, read_by(rule.__code__)[1])
        if inner in CALLS or (isinstance(found, FOUND_IN_CLASSES) and own is self):
            return
        tells = hasattr(x, "named_parameters") and own is not self
        if (not tells or isinstance(own, CONTAINERS)) and hasattr(x, inner):
            self.note(x, inner, getattr(x, inner), attributes)

    def note(self, holder: Any, name: str, value: Any, attributes: set[str]) -> None:
        if not isinstance(value, ModuleType):
            self.places.append(Place(holder, name, value, fingerprint(value)))
            self.names.setdefault(id(value), name)
        self.visit(name, value, attributes)

    def watch(self, name: str, x: Any, look: Callable[[Any], Any]) -> None:
        self.watched.setdefault((id(x), look), (name, partial(look, x), look(x)))

    def changed(self) -> str | None:
        """The name of something that is no longer what it was."""
        for name, look, seen in self.watched.values():
            if look() != seen:
                return name
        return next((p.name for p in self.places if fingerprint(p.now()) != p.then), None)


def is_ours(x: Any) -> bool:
    """Whether something is from where it is known to hold nothing that changes."""
    if isinstance(x, FunctionType | type | ModuleType):
        module = x.__name__ if isinstance(x, ModuleType) else x.__module__
        return (module or "").split(".")[0] in OURS
    return type(x).__module__.split(".")[0] in ("numpy", "builtins")


def code_of(function: Any) -> CodeType | None:
    return getattr(getattr(function, "__func__", function), "__code__", None)


def read_by(code: CodeType | None) -> tuple[set[str], set[str]]:
    """The names of the global variables and of the attributes that code reads or calls."""
    names: set[str] = set()
    attributes: set[str] = set()
    for part in nested(code) if code else ():
        for step in dis.get_instructions(part):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                names.add(step.argval)
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"):
                attributes.add(step.argval)
    return names, attributes


def nested(code: CodeType) -> Iterator[CodeType]:
    """Code, and that of the functions defined in it."""
    yield code
    for x in code.co_consts:
        if isinstance(x, CodeType):
            yield from nested(x)


# -- what is compared -------------------------------------------------------------------------


class Same:
    """Equals what is the very same object."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.x is other.x

    def __hash__(self) -> int:
        return id(self.x)


def fingerprint(x: Any) -> Any:
    """What is equal for two values if they are the same to any Python.

    Numbers and texts of one type that look the same; containers of such; else one object.
    """
    if isinstance(x, PLAIN):
        return type(x), x.__repr__()
    if isinstance(x, dict):
        return type(x), *[(fingerprint(key), fingerprint(item)) for key, item in x.items()]
    if isinstance(x, set | frozenset):
        return type(x), frozenset(map(fingerprint, x))
    if isinstance(x, CONTAINERS):
        return type(x), *map(fingerprint, x)
    if isinstance(x, MethodType):
        return Same(x.__func__), Same(x.__self__)
    return Same(x)


def own_attributes(x: Any) -> Any:
    """An optimizer's ``state`` is no attribute that a program could not change."""
    known = vars(x).items()
    optimizer = hasattr(x, "params") and hasattr(x, "change")
    return {key: fingerprint(value) for key, value in known if not optimizer or key != "state"}


def grad_settings(tensor: Tensor) -> Any:
    return tensor.requires_grad, list(tensor.hooks)


def contents(array: np.ndarray) -> Any:
    return array.shape, array.dtype, crc32(np.ascontiguousarray(array).data.cast("B"))


def random_state(generator: Any) -> str:
    if isinstance(generator, random.Random):
        return repr(generator.getstate())
    if isinstance(generator, np.random.Generator):
        return repr(generator.bit_generator.state)
    return repr(generator.get_state())
