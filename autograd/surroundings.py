"""The plain Python around a function: what a recording of it takes for granted.

A program does not run the Python that it was recorded from. So the variables that this Python
read must be what they were, which the program asks at each run; and it must not have changed any.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from .tensor import Tensor

OURS = ("autograd", "nn", "numpy")  # packages whose functions read no variables that change
PLAIN = (bool, int, float, complex, str, bytes, type(None))


class Place(NamedTuple):
    """A variable, an attribute, or an element, and what is there."""

    holder: Any  # a namespace, the cell of a closure, or an object
    name: str
    value: Any  # a copy, of a list or a dict

    def now(self) -> Any:
        """What is there now."""
        if isinstance(self.holder, CellType):
            return self.holder.cell_contents
        inside = self.holder if isinstance(self.holder, dict) else vars(self.holder)
        return inside.get(self.name)


class Surroundings:
    """What a function and those it calls read: ``places``; and what they might change."""

    def __init__(self, function: Callable, args: tuple) -> None:
        self.places: list[Place] = []
        self.objects: dict[int, tuple[str, Any, dict]] = {}  # with the attributes they had
        self.tensors: dict[int, tuple[str, Tensor, bool, list]] = {}  # with what they had
        self.names: dict[int, str] = {}  # what objects are called, by id
        self.seen: set[Any] = set()
        self.args = args
        self.settings = [frozen(x) for x in args]  # those that are no Tensors
        self.visit("function", function, set())
        _, attributes = read_by(code_of(function))
        for x in args:
            self.visit(type(x).__name__, x, attributes)

    def visit(self, name: str, x: Any, attributes: set[str]) -> None:
        """Note what is to be known of ``x``, of which ``attributes`` are read."""
        if isinstance(x, MethodType):
            self.visit(name, x.__self__, read_by(x.__func__.__code__)[1])
            x = x.__func__
        if isinstance(x, partial):
            for part in (x.func, *x.args, *x.keywords.values()):
                self.visit(name, part, attributes)
        elif isinstance(x, FunctionType):
            self.visit_function(x)
        elif isinstance(x, list | tuple | dict):
            for item in x.values() if isinstance(x, dict) else x:
                self.visit(name, item, attributes)
        elif isinstance(x, Tensor):
            self.tensors[id(x)] = (name, x, x.requires_grad, list(x.hooks))
        elif hasattr(x, "__dict__") and not isinstance(x, ModuleType | type):
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
        for x in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.visit(function.__name__, x, attributes)

    def visit_object(self, name: str, x: Any, attributes: set[str]) -> None:
        """The attributes that are read; of a Module, whose attributes are watched, the lists."""
        if id(x) not in self.objects:
            self.objects[id(x)] = (name, x, frozen(dict(vars(x))))
            self.name_parameters(x)
        for method in [getattr(type(x), n, None) for n in (*attributes, "__call__", "forward")]:
            if isinstance(method, FunctionType) and (method, id(x)) not in self.seen:
                self.seen.add((method, id(x)))
                self.visit_function(method)
                if not is_ours(method):
                    self.visit_object(name, x, read_by(method.__code__)[1])
        is_module = hasattr(x, "named_parameters")
        for inner, value in list(vars(x).items()):
            if is_module and hasattr(value, "named_parameters"):
                self.visit(inner, value, attributes)
                continue
            read = inner in attributes and (not is_module or isinstance(value, list | dict))
            if read and (id(x), inner) not in self.seen:
                self.seen.add((id(x), inner))
                self.note(x, inner, value, attributes)

    def note(self, holder: Any, name: str, value: Any, attributes: set[str]) -> None:
        if not isinstance(value, ModuleType):
            self.places.append(Place(holder, name, frozen(value)))
            self.names.setdefault(id(value), name)
            self.visit(name, value, attributes)

    def name_parameters(self, x: Any) -> None:
        if hasattr(x, "named_parameters"):
            for name, parameter in x.named_parameters():
                self.names.setdefault(id(parameter), name)
                self.visit(name, parameter, set())

    def changed(self, allowed: list[Any]) -> str | None:
        """The name of something that is no longer what it was; not the ``state`` of ``allowed``."""
        for x, before in zip(self.args, self.settings):
            if not same(x, before):
                return "an argument"
        for place in self.places:
            if not same(place.now(), place.value):
                return place.name
        for name, tensor, requires_grad, hooks in self.tensors.values():
            if tensor.requires_grad is not requires_grad or list(tensor.hooks) != hooks:
                return f"requires_grad or the hooks of {name}"
        for name, x, before in self.objects.values():
            for key, value in vars(x).items():
                free = key == "state" and any(x is y for y in allowed)
                if not free and (key not in before or not same(value, before[key])):
                    return f"{name}.{key}"
        return None


def is_ours(function: FunctionType) -> bool:
    return (function.__module__ or "").split(".")[0] in OURS


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
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                attributes.add(step.argval)
    return names, attributes


def nested(code: CodeType) -> Iterator[CodeType]:
    """Code, and that of the functions defined in it."""
    yield code
    for x in code.co_consts:
        if isinstance(x, CodeType):
            yield from nested(x)


def frozen(x: Any) -> Any:
    """``x``, with copies of lists, tuples and dicts that may change."""
    if type(x) in (list, tuple):
        return type(x)(frozen(item) for item in x)
    if type(x) is dict:
        return {key: frozen(item) for key, item in x.items()}
    return x


def same(x: Any, y: Any) -> bool:
    """Whether two values are the same to any Python: equal numbers of one type, one object."""
    if x is y and type(x) not in (list, tuple, dict):
        return True
    if type(x) is not type(y):
        return False
    if type(x) in (list, tuple):
        return len(x) == len(y) and all(map(same, x, y))
    if type(x) is dict:
        return list(x) == list(y) and all(map(same, x.values(), y.values()))
    if type(x) in PLAIN or isinstance(x, np.generic | np.dtype | BuiltinFunctionType):
        return repr(x) == repr(y)
    return isinstance(x, MethodType) and x.__func__ is y.__func__ and x.__self__ is y.__self__
