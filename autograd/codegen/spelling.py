"""How calls and constants are written in NumPy, as syntax trees."""

from __future__ import annotations

import ast
import operator
from math import copysign, isfinite
from operator import attrgetter
from typing import Any

import numpy as np

from .trace import METHODS

SIGNS: dict[Any, ast.AST] = {
    np.add: ast.Add(), np.subtract: ast.Sub(), np.multiply: ast.Mult(), np.divide: ast.Div(),
    np.floor_divide: ast.FloorDiv(), np.remainder: ast.Mod(), np.power: ast.Pow(),
    np.matmul: ast.MatMult(), np.bitwise_and: ast.BitAnd(), np.bitwise_or: ast.BitOr(),
    np.bitwise_xor: ast.BitXor(), np.negative: ast.USub(), np.positive: ast.UAdd(),
    np.invert: ast.Invert(), np.equal: ast.Eq(), np.not_equal: ast.NotEq(), np.less: ast.Lt(),
    np.less_equal: ast.LtE(), np.greater: ast.Gt(), np.greater_equal: ast.GtE(),
}  # fmt: skip
ONE_LINE = 60  # characters; an array beyond is no literal


def name(text: str) -> ast.expr:
    """A name, perhaps a dotted one: ``np.exp``."""
    *owner, last = text.rsplit(".", 1)
    return ast.Attribute(name(owner[0]), last) if owner else ast.Name(last)


def call(head: ast.expr | str, *args: ast.expr, **keywords: ast.expr) -> ast.expr:
    settings = [ast.keyword(key, x) for key, x in keywords.items()]
    return ast.Call(name(head) if isinstance(head, str) else head, list(args), settings)


def spelled(function: Any, *args: ast.expr, **keywords: ast.expr) -> ast.expr:
    """``function(*args, **keywords)`` as a person writes it."""
    sign: Any = None if keywords else SIGNS.get(function)
    if isinstance(sign, ast.cmpop):
        return ast.Compare(args[0], [sign], [args[1]])
    if sign:
        return ast.UnaryOp(sign, *args) if len(args) == 1 else ast.BinOp(args[0], sign, args[1])
    if function in (np.transpose, np.matrix_transpose) and len(args) == 1:
        return ast.Attribute(args[0], "T" if function is np.transpose else "mT")
    if function is operator.getitem:
        return ast.Subscript(args[0], args[1])
    if function in METHODS and (len(args) > 1 or keywords):
        return call(ast.Attribute(args[0], function.__name__), *args[1:], **keywords)
    return call(name_of(function) or function.__name__.strip("_"), *args, **keywords)


def name_of(function: Any) -> str | None:
    """The name of one of NumPy's functions, such as ``np.exp`` and ``np.add.reduce``, or None."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{function.__name__}"
    module = getattr(function, "__module__", None) or "numpy"
    path = f"{module}.{getattr(function, '__name__', '')}".removeprefix("numpy.")
    try:
        return f"np.{path}" if attrgetter(path)(np) is function else None
    except AttributeError:
        return None


def literal(x: Any) -> ast.expr:
    """A constant as it is written; trees in it stay. Raises ValueError for what is none.

    >>> for x in [(1, None), np.float32(0.5), (0, slice(1, None)), -2]:
    ...     print(ast.unparse(literal(x)))
    (1, None)
    0.5
    np.s_[0, 1:]
    -2
    """
    if isinstance(x, ast.expr):
        return x
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic | int | float)):
        return name(f"np.{np.dtype(x).name}")
    if isinstance(x, np.generic):
        x = x.item()
    if x is None or x is ... or isinstance(x, bool | str | bytes):
        return ast.Constant(x)
    if isinstance(x, int | float):
        size = ast.Constant(abs(x)) if isfinite(x) else name(f"np.{abs(x)}")
        return ast.UnaryOp(ast.USub(), size) if copysign(1, x) < 0 and x == x else size
    if isinstance(x, slice) or (isinstance(x, tuple) and any(isinstance(i, slice) for i in x)):
        return ast.Subscript(name("np.s_"), index(x))
    if isinstance(x, tuple | list):
        parts = [literal(item) for item in x]
        return ast.List(parts) if type(x) is list else ast.Tuple(parts)
    known = name_of(x) if callable(x) else None
    if known is None:
        raise ValueError(f"to_source: cannot write down {x!r}, which an op was given")
    return name(known)


def index(x: Any) -> ast.expr:
    """What stands between the brackets of ``array[x]``.

    >>> ast.unparse(ast.Subscript(name("x"), index((slice(None), 1, slice(2, 9, 3)))))
    'x[:, 1, 2:9:3]'
    """
    if isinstance(x, slice):
        return ast.Slice(*[None if i is None else literal(i) for i in (x.start, x.stop, x.step)])
    if isinstance(x, tuple):
        return ast.Tuple([index(i) if isinstance(i, slice) else literal(i) for i in x])
    return literal(x)


def shortest(x: Any) -> Any:
    """A NumPy number as the Python number with the fewest digits that gives it again."""
    value = x.item()
    if not isinstance(value, float) or not isfinite(value):
        return value
    if value.is_integer() and abs(value) < 1e6 and str(value) != "-0.0":
        return int(value)
    short = float(str(x))
    return short if type(x)(short) == x else value


def array_literal(x: np.ndarray) -> ast.expr | None:
    """An array as an expression, if that is short."""
    if x.dtype == np.int64 and x.ndim == 1 and x.size > 1 and (x == np.arange(x.size)).all():
        return call("np.arange", literal(x.size))
    if x.size > ONE_LINE // 2:
        return None
    numbers = np.array([*map(shortest, x.flat)], object).reshape(x.shape).tolist()
    more = [] if x.dtype in (np.int64, bool) else [literal(x.dtype)]
    tree = call("np.array", literal(numbers), *more)
    return tree if len(ast.unparse(tree)) <= ONE_LINE else None
