"""How a call is written in NumPy, as a syntax tree: names, operators, literals."""

from __future__ import annotations

import ast
import builtins
import keyword
import operator
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .trace import Attribute, Method

LONGEST = 24  # characters of a name
ANY = range(2, 10**9)

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
    if isinstance(function, Attribute):
        return ast.Attribute(args[0], function.name)
    if function is operator.getitem:
        return ast.Subscript(args[0], args[1])
    if isinstance(function, Method):
        return call(ast.Attribute(args[0], function.name), *args[1:], **keywords)
    return call(name_of(function) or function.__name__, *args, **keywords)


def name_of(function: Any) -> str | None:
    """The name of one of NumPy's functions, such as ``np.exp`` and ``np.add.reduce``, or None."""
    if isinstance(function, Attribute | Method):
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


def literal(x: Any) -> ast.expr | None:
    """A constant as it is written, or None for what has no short spelling.

    >>> for x in [(1, None), np.float32(0.1), (0, slice(1, None)), -2]:
    ...     print(ast.unparse(literal(x)))
    (1, None)
    0.1
    np.s_[0, 1:]
    -2
    """
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return name(f"np.{np.dtype(x).name if np.dtype(x) != bool else 'bool_'}")
    if isinstance(x, np.generic):
        return literal(x.item())
    if isinstance(x, float) and not np.isfinite(x):
        return name("np.nan") if np.isnan(x) else negated(name("np.inf"), x < 0)
    if isinstance(x, int | float) and not isinstance(x, bool):
        return negated(ast.Constant(abs(x)), np.signbit(float(x)) if x == 0 else x < 0)
    if x is None or x is ... or isinstance(x, bool | str | bytes):
        return ast.Constant(x)
    if isinstance(x, type) and x in (bool, int, float):
        return name(x.__name__)
    if isinstance(x, slice) or (isinstance(x, tuple) and any(isinstance(i, slice) for i in x)):
        inner = index(x)
        return inner and ast.Subscript(name("np.s_"), inner)
    if isinstance(x, tuple | list):
        parts = [literal(item) for item in x]
        return None if None in parts else sequence(parts, type(x))
    return None


def negated(x: ast.expr, negative: Any) -> ast.expr:
    return ast.UnaryOp(ast.USub(), x) if negative else x


def sequence(parts: Any, kind: type) -> ast.expr:
    return ast.List(list(parts)) if kind is list else ast.Tuple(list(parts))


def index(x: Any, part: Callable[[Any], ast.expr | None] = literal) -> ast.expr | None:
    """What stands between the brackets of ``array[x]``, or None as for ``literal``.

    >>> ast.unparse(ast.Subscript(name("x"), index((slice(None), 1, slice(2, 9, 3)))))
    'x[:, 1, 2:9:3]'
    """
    if isinstance(x, slice):
        ends = [None if end is None else literal(end) for end in (x.start, x.stop, x.step)]
        return ast.Slice(*ends)
    if isinstance(x, tuple):
        inner = [index(i, part) if isinstance(i, slice) else part(i) for i in x]
        return None if None in inner else sequence(inner, tuple)
    return part(x)


def identifier(text: str, taken: set[str]) -> str:
    """A Python name made of any text, and not among ``taken``, which gets it.

    Numbers go to the end: ``0.weight`` is ``weight0``. Names of Python's own get a ``_``.

    >>> taken = set()
    >>> [identifier(name, taken) for name in ("0.weight", "0.weight", "x; import os", "sum", "")]
    ['weight0', 'weight0_2', 'x_import_os', 'sum_', 'x']
    """
    text = unicodedata.normalize("NFKC", str(text)[:1000])
    text = "".join(c if f"_{c}".isidentifier() else " " for c in text)
    words = re.findall(r"[^\W\d]\w*|\d+", text)
    numbers = "_".join(word for word in words if word.isdecimal())[-8:]
    text = "_".join(word for word in words if not word.isdecimal())[: LONGEST - len(numbers)]
    text = text.strip("_") if text.strip("_").isidentifier() else "x"
    text += numbers
    if keyword.iskeyword(text) or hasattr(builtins, text) or text == "np":
        text += "_"
    if text in taken:
        text += "_" * text[-1].isdecimal()
        text += str(bisect_left(ANY, True, key=lambda n: f"{text}{n}" not in taken) + ANY.start)
    taken.add(text)
    return text
