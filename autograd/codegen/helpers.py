"""The source of functions that a printed program calls, with all that they use."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..names import identifier
from .spelling import literal, name_of

OURS = ("as_one_call", "on", "primitive", "vjp_of", "warns_caller")  # decorators of autograd


class Helpers:
    """Functions written out as text that needs only NumPy: ``calls`` holds their names in it.

    Each module-level name that a function uses comes along: imports, other functions, constants.
    Names are made unlike those in ``taken``. Raises ValueError for what has no source.

    >>> from autograd.ops.reductions import count
    >>> for part in Helpers([count], {"count"}).texts:
    ...     print(part)
    import math
    import numpy as np
    def count2(x_shape, y_shape):
        return math.prod(x_shape) // (math.prod(y_shape) or 1) or 1
    """

    def __init__(self, functions: list[Callable], taken: set[str]) -> None:
        self.taken = taken
        self.calls: dict[Any, str] = {}
        self.imports = {"import numpy as np"}
        self.settings: list[str] = []  # constants
        self.functions: list[str] = []  # each after those that it uses
        self.constants: dict[tuple[str, str, int], str] = {}  # by module, name and id
        for function in functions:
            self.function(function)

    @property
    def texts(self) -> list[str]:
        """Imports, constants, and each function."""
        head = ["\n".join(sorted(self.imports)), "\n".join(self.settings)]
        return ["\n\n".join(filter(None, head)), *self.functions]

    def function(self, function: Callable) -> str:
        """The name of a function, whose text is added where it is new."""
        inner: Any = inspect.unwrap(function)
        if inner in self.calls:
            return self.calls[inner]
        try:
            tree: Any = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        except (OSError, TypeError, SyntaxError) as error:
            raise unknown(function, f"its source cannot be had ({error})") from None
        if not isinstance(tree, ast.FunctionDef):
            raise unknown(function, "it is not defined by def")
        name = self.calls[inner] = identifier(inner.__name__, self.taken)
        around = inspect.getclosurevars(inner).nonlocals
        spaces = {**inner.__globals__, **around}
        tree.decorator_list = [
            x for x in tree.decorator_list
            if not any(getattr(n, "id", getattr(n, "attr", "")) in OURS for n in ast.walk(x))
        ]  # fmt: skip
        outside = names_outside(inner.__code__) | {
            n.id
            for part in [*tree.decorator_list, *tree.args.defaults, *tree.args.kw_defaults]
            for n in ast.walk(part or ast.Pass())
            if isinstance(n, ast.Name)
        }
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} & outside & set(spaces)
        found = {x: self.used(function, x, spaces[x]) for x in sorted(used - {tree.name})}
        self.functions.append(ast.unparse(Renamed(found | {tree.name: name}).visit(tree)))
        return name

    def used(self, by: Callable, name: str, value: Any) -> str:
        """How the text calls what a function knows as ``name``."""
        by = inspect.unwrap(by)
        if isinstance(value, ModuleType):
            if value is np:
                return "np"
            if value.__name__.split(".")[0] in ("autograd", "nn", "viz"):
                raise unknown(by, f"it uses {value.__name__}")
            return self.imported(f"import {value.__name__}", name)
        if value is sys.modules["autograd.operands"].on:
            key = ("autograd.operands", "on", id(value))
            if key not in self.constants:
                self.constants[key] = identifier("on", self.taken)
                self.functions.append(f"def {self.constants[key]}(x, op):\n    return op")
            return self.constants[key]
        if callable(value) and name_of(value) not in (None, getattr(value, "name", None)):
            return str(name_of(value))
        if isinstance(value, FunctionType | BuiltinFunctionType | type) and foreign(value, by):
            return self.imported(f"from {value.__module__} import {value.__name__}", name)
        if isinstance(value, FunctionType):
            return self.function(value)
        key = (by.__module__, name, id(value))
        if key not in self.constants:
            try:
                text = ast.unparse(literal(value))
            except ValueError:
                text = self.statement(by, name)
            self.constants[key] = identifier(name, self.taken)
            self.settings.append(f"{self.constants[key]} = {text}")
        return self.constants[key]

    def imported(self, line: str, name: str) -> str:
        self.imports.add(line if line.endswith(f" {name}") else f"{line} as {name}")
        self.taken.add(name)
        return name

    def statement(self, by: Any, name: str) -> str:
        """The expression that a module assigns to a name."""
        try:
            body = ast.parse(inspect.getsource(sys.modules[by.__module__])).body
        except (OSError, TypeError, KeyError):
            body = []
        for node in body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
                spaces = by.__globals__
                found = {x: self.used(by, x, spaces[x]) for x in sorted(used & set(spaces))}
                return ast.unparse(Renamed(found).visit(node.value))
        raise unknown(by, f"it uses {name}, which no plain statement of its module makes")


def unknown(function: Any, why: str) -> ValueError:
    name = getattr(function, "__name__", repr(function))
    return ValueError(
        f"to_source: {name} is called as a whole and cannot be written out: {why}. Define it by "
        "def in a file, of plain NumPy calls"
    )


def foreign(value: Any, by: Any) -> bool:
    """Whether a function or class is from a library that can be imported."""
    module = (value.__module__ or "").split(".")[0]
    return module not in ("", "__main__", "autograd", "nn", (by.__module__ or "").split(".")[0])


def names_outside(code: CodeType) -> set[str]:
    """The names that a function looks up outside itself, and attributes."""
    inner = [names_outside(c) for c in code.co_consts if isinstance(c, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*inner) - {*code.co_varnames}


class Renamed(ast.NodeTransformer):
    """Writes names as they are called in the text, without annotations and docstrings."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self.names.get(node.name, node.name), None
        if ast.get_docstring(node) and len(node.body) > 1:
            del node.body[0]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if self.names.get(node.id, node.id) == node.id:
            return node
        return ast.parse(self.names[node.id], mode="eval").body
