"""How a call is written in NumPy, as a syntax tree: names, operators, literals."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from math import copysign, isfinite
from typing import Any

import numpy as np

from .trace import Method

BINARY: dict[Any, type[ast.operator]] = {
    np.add: ast.Add, np.subtract: ast.Sub, np.multiply: ast.Mult, np.divide: ast.Div,
    np.floor_divide: ast.FloorDiv, np.remainder: ast.Mod, np.power: ast.Pow,
    np.matmul: ast.MatMult, np.bitwise_and: ast.BitAnd, np.bitwise_or: ast.BitOr,
    np.bitwise_xor: ast.BitXor, operator.add: ast.Add, operator.sub: ast.Sub,
    operator.mul: ast.Mult, operator.truediv: ast.Div, operator.pow: ast.Pow,
}  # fmt: skip
UNARY: dict[Any, type[ast.unaryop]] = {
    np.negative: ast.USub, np.positive: ast.UAdd, np.invert: ast.Invert,
    operator.neg: ast.USub,
}  # fmt: skip
COMPARE: dict[Any, type[ast.cmpop]] = {
    np.equal: ast.Eq, np.not_equal: ast.NotEq, np.less: ast.Lt, np.less_equal: ast.LtE,
    np.greater: ast.Gt, np.greater_equal: ast.GtE,
}  # fmt: skip


def name(text: str) -> ast.expr:
    """A name, perhaps a dotted one: ``np.exp``."""
    first, *rest = text.split(".")
    tree: ast.expr = ast.Name(first)
    for part in rest:
        tree = ast.Attribute(tree, part)
    return tree


def binary(left: ast.expr, sign: type[ast.operator], right: ast.expr) -> ast.expr:
    return ast.BinOp(left, sign(), right)


def call(head: ast.expr | str, *args: ast.expr, **keywords: ast.expr) -> ast.expr:
    settings = [ast.keyword(key, x) for key, x in keywords.items()]
    return ast.Call(name(head) if isinstance(head, str) else head, list(args), settings)


def spelled(function: Any, args: Sequence[ast.expr], keywords: Mapping[str, ast.expr]) -> ast.expr:
    """``function(*args, **keywords)`` as a person writes it."""
    if not keywords:
        if function in BINARY:
            return binary(args[0], BINARY[function], args[1])
        if function in UNARY:
            return ast.UnaryOp(UNARY[function](), args[0])
        if function in COMPARE:
            return ast.Compare(args[0], [COMPARE[function]()], [args[1]])
    if function in (np.transpose, np.matrix_transpose) and len(args) == 1:
        return ast.Attribute(args[0], "T" if function is np.transpose else "mT")
    if function is operator.getitem:
        return ast.Subscript(args[0], args[1])
    if isinstance(function, Method):
        return call(ast.Attribute(args[0], function.name), *args[1:], **keywords)
    return call(name_of(function) or function.__name__, *args, **keywords)


def name_of(function: Any) -> str | None:
    """The name of one of NumPy's functions, such as ``np.exp`` and ``np.add.reduce``, or None."""
    if isinstance(function, Method):
        return function.name
    if function is operator.getitem or function in BINARY or function in UNARY:
        return f"np.{function.__name__}"
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{function.__name__}"
    module = "numpy" if isinstance(function, np.ufunc) else getattr(function, "__module__", None)
    inner = (module or "").removeprefix("numpy").removeprefix(".")
    path = f"{inner}.{function.__name__}" if inner else function.__name__
    found: Any = np
    for part in path.split("."):
        found = getattr(found, part, None)
    return f"np.{path}" if found is function else None


def unspelled(x: Any) -> ast.expr:
    raise ValueError(f"to_source: cannot write down {x!r}, which an op was given")


def literal(x: Any, other: Callable[[Any], ast.expr] = unspelled) -> ast.expr:
    """A constant as it is written; ``other`` spells what is none, within tuples, too.

    >>> for x in [(1, None), np.float32(0.5), (0, slice(1, None)), -2]:
    ...     print(ast.unparse(literal(x)))
    (1, None)
    0.5
    np.s_[0, 1:]
    -2
    """
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return name(f"np.{np.dtype(x).name if np.dtype(x) != bool else 'bool_'}")
    if isinstance(x, np.generic):
        x = x.item()
    if x is None or x is ... or isinstance(x, bool | str | bytes):
        return ast.Constant(x)
    if isinstance(x, int | float):
        size = ast.Constant(abs(x)) if isfinite(x) else name("np.nan" if x != x else "np.inf")
        return ast.UnaryOp(ast.USub(), size) if copysign(1, x) < 0 and x == x else size
    if isinstance(x, type) and x in (bool, int, float):
        return name(x.__name__)
    if isinstance(x, slice) or (isinstance(x, tuple) and any(isinstance(i, slice) for i in x)):
        return ast.Subscript(name("np.s_"), index(x, other))
    if isinstance(x, tuple | list):
        parts = [literal(item, other) for item in x]
        return ast.List(parts) if type(x) is list else ast.Tuple(parts)
    return other(x)


def index(x: Any, other: Callable[[Any], ast.expr] = unspelled) -> ast.expr:
    """What stands between the brackets of ``array[x]``.

    >>> ast.unparse(ast.Subscript(name("x"), index((slice(None), 1, slice(2, 9, 3)))))
    'x[:, 1, 2:9:3]'
    """
    if isinstance(x, slice):
        ends = [None if end is None else literal(end, other) for end in (x.start, x.stop, x.step)]
        return ast.Slice(*ends)
    if isinstance(x, tuple):
        return ast.Tuple([(index if isinstance(i, slice) else literal)(i, other) for i in x])
    return literal(x, other)
