"""The source of functions that a printed program calls, with all that they use."""

from __future__ import annotations

import ast
import inspect
import operator
import textwrap
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from ..names import identifier
from .spelling import literal, name_of
from .trace import astype, same

OURS = ("autograd", "nn", "viz")
DECORATORS = {"as_one_call", "primitive", "vjp_of", "warns_caller"}  # of autograd


class Helpers:
    """Functions written out as text that needs only NumPy: ``calls`` holds their names in it.

    Each module-level name that a function uses comes along: modules, other functions, constants.
    Names are made unlike those in ``taken``. Raises ValueError for what has no source.
    """

    def __init__(self, functions: list[Callable], taken: set[str]) -> None:
        self.taken = taken
        self.calls: dict[Any, str] = {}
        self.imports = {"import numpy as np"}
        self.constants: dict[tuple[str, str], str] = {}  # what is written of each, and its name
        self.functions: list[str] = []  # each after those that it uses
        for function in functions:  # but for what NumPy and Python have
            if function not in (same, astype, operator.getitem) and name_of(function) is None:
                self.function(function)
        constants = [f"{name} = {text}" for (_, text), name in self.constants.items()]
        head = ["\n".join(sorted(self.imports)), "\n".join(constants)]
        self.texts = ["\n\n".join(filter(None, head)), *self.functions]

    def function(self, function: Callable) -> str:
        """The name of a function, whose text is added where it is new."""
        inner: Any = inspect.unwrap(function)
        if inner in self.calls:
            return self.calls[inner]
        try:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        except (OSError, TypeError, SyntaxError) as error:
            raise unknown(function, f"its source cannot be had ({error})") from None
        if not isinstance(tree, ast.FunctionDef):
            raise unknown(function, "it is not defined by def")
        self.calls[inner] = identifier(inner.__name__, self.taken)
        outside = {**inner.__globals__, **inspect.getclosurevars(inner).nonlocals, tree.name: inner}
        names = outside.keys() - set(inner.__code__.co_varnames)
        for node in ast.walk(bare(tree)):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = self.used(inner, node.id, outside[node.id])
        tree.name = self.calls[inner]
        self.functions.append(ast.unparse(tree))
        return self.calls[inner]

    def used(self, by: Callable, name: str, value: Any) -> str:
        """How the text calls what a function knows as ``name``."""
        if isinstance(value, ModuleType):
            if value.__name__.split(".")[0] in OURS:
                raise unknown(by, f"it uses {value.__name__}")
            line = f"import {value.__name__}"
            self.imports.add(line if line.endswith(f" {name}") else f"{line} as {name}")
            self.taken.add(name)
            return name
        if callable(value) and name_of(value):
            return str(name_of(value))
        if isinstance(value, FunctionType):
            return self.function(value)
        try:
            key = name, ast.unparse(literal(value))
        except ValueError:
            raise unknown(by, f"it uses {name}, which is no function and no number") from None
        if key not in self.constants:
            self.constants[key] = identifier(name, self.taken)
        return self.constants[key]


def unknown(function: Any, why: str) -> ValueError:
    name = getattr(function, "__name__", repr(function))
    return ValueError(
        f"to_source: {name} is called as a whole and cannot be written out: {why}. Define it by "
        "def in a file, of plain NumPy calls"
    )


def bare(tree: ast.FunctionDef) -> ast.FunctionDef:
    """A function without annotations, docstrings and our decorators."""
    used = lambda x: {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(x)}  # noqa: E731
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            kept = [x for x in node.decorator_list if DECORATORS.isdisjoint(used(x))]
            node.returns, node.decorator_list = None, kept
            if ast.get_docstring(node) and len(node.body) > 1:
                del node.body[0]
    return tree
