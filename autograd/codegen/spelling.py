"""How a call is written in NumPy: names, operators, literals."""

from __future__ import annotations

import builtins
import keyword
import operator
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from ..trace import Attribute, Method

# How tightly an expression binds: an operand that binds less is put in parentheses.
ATOM, POWER, SIGN, PRODUCT, SUM, AND, XOR, OR, COMPARISON = 9, 8, 7, 6, 5, 4, 3, 2, 1

LONGEST = 24  # characters of a name
ANY = range(2, 10**9)

INFIX: dict[Any, tuple[str, int]] = {
    operator.add: ("+", SUM), np.add: ("+", SUM),
    operator.sub: ("-", SUM), np.subtract: ("-", SUM),
    operator.mul: ("*", PRODUCT), np.multiply: ("*", PRODUCT),
    operator.truediv: ("/", PRODUCT), np.divide: ("/", PRODUCT),
    operator.floordiv: ("//", PRODUCT), operator.mod: ("%", PRODUCT),
    operator.matmul: ("@", PRODUCT), np.matmul: ("@", PRODUCT),
    operator.pow: ("**", POWER), np.power: ("**", POWER),
    operator.and_: ("&", AND), np.bitwise_and: ("&", AND),
    operator.xor: ("^", XOR), np.bitwise_xor: ("^", XOR),
    operator.or_: ("|", OR), np.bitwise_or: ("|", OR),
    operator.eq: ("==", COMPARISON), np.equal: ("==", COMPARISON),
    operator.ne: ("!=", COMPARISON), np.not_equal: ("!=", COMPARISON),
    operator.lt: ("<", COMPARISON), np.less: ("<", COMPARISON),
    operator.le: ("<=", COMPARISON), np.less_equal: ("<=", COMPARISON),
    operator.gt: (">", COMPARISON), np.greater: (">", COMPARISON),
    operator.ge: (">=", COMPARISON), np.greater_equal: (">=", COMPARISON),
}  # fmt: skip

PREFIX = {
    operator.neg: "-", np.negative: "-", operator.pos: "+",
    operator.invert: "~", np.invert: "~",
}  # fmt: skip


def called(function: Callable, args: list[tuple[str, int]], keywords: dict) -> tuple[str, int]:
    """The text of ``function(*args, **keywords)`` and how tightly it binds.

    ``args`` are texts with how tightly they bind; ``keywords`` are texts.
    """
    if function in INFIX and not keywords:
        sign, level = INFIX[function]
        (left, a), (right, b) = args
        left = f"({left})" if a < level or (a == level in (POWER, COMPARISON)) else left
        right = f"({right})" if b <= level and (level, b) != (POWER, SIGN) else right
        simple = level == POWER and re.fullmatch(r"[\w.]+", left) and re.fullmatch(r"[\w.]+", right)
        return f"{left}{sign}{right}" if simple else f"{left} {sign} {right}", level
    if function in PREFIX and not keywords:
        (text, level) = args[0]
        return PREFIX[function] + (f"({text})" if level < SIGN else text), SIGN
    if isinstance(function, Attribute):
        return f"{grouped(args[0])}.{function.name}", ATOM
    if function is operator.getitem:
        return f"{grouped(args[0])}[{args[1][0]}]", ATOM
    if isinstance(function, Method):
        head, args = f"{grouped(args[0])}.{function.name}", args[1:]
    else:
        head = name_of(function) or function.__name__
    return call_text(head, [text for text, _ in args], keywords), ATOM


def call_text(head: str, args: list[str], keywords: Mapping[str, str] | None = None) -> str:
    inner = [*args, *(f"{key}={text}" for key, text in (keywords or {}).items())]
    return f"{head}({', '.join(inner)})"


def grouped(arg: tuple[str, int]) -> str:
    text, level = arg
    return text if level == ATOM else f"({text})"


def name_of(function: Any) -> str | None:
    """The name of one of NumPy's functions, such as ``np.exp`` and ``np.add.reduce``, or None."""
    if isinstance(function, BuiltinFunctionType) and function.__module__ == "_operator":
        return f"np.{function.__name__}"  # abs; the others have signs
    if isinstance(function, Attribute | Method):
        return function.name
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{function.__name__}"
    module = "numpy" if isinstance(function, np.ufunc) else getattr(function, "__module__", None)
    inner = (module or "").removeprefix("numpy").removeprefix(".")
    name = f"{inner}.{function.__name__}" if inner else function.__name__
    return f"np.{name}" if found_at(np, name) is function else None


def found_at(owner: Any, name: str) -> Any:
    """``owner.a.b`` for the name ``a.b``, or None."""
    for part in name.split("."):
        owner = getattr(owner, part, None)
    return owner


def literal(x: Any) -> str | None:
    """A constant as it is written, or None for what has no short spelling.

    >>> literal((1, None)), literal(np.float32(0.1)), literal((0, slice(1, None)))
    ('(1, None)', '0.1', 'np.s_[0, 1:]')
    """
    if x is None or x is ... or isinstance(x, bool | int | str | bytes):
        return "..." if x is ... else repr(x)
    if isinstance(x, float | np.floating):
        if np.isnan(x):
            return "np.nan"
        return str(x) if np.isfinite(x) else "np.inf" if x > 0 else "-np.inf"
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return f"np.{np.dtype(x).name if np.dtype(x) != bool else 'bool_'}"
    if isinstance(x, np.generic):
        return literal(x.item())
    if isinstance(x, type) and x in (bool, int, float):
        return x.__name__
    if isinstance(x, slice):
        return f"np.s_[{index(x)}]" if index(x) else None
    if isinstance(x, tuple | list):
        if any(isinstance(item, slice) for item in x):
            return f"np.s_[{index(x)}]" if isinstance(x, tuple) and index(x) else None
        inner = [literal(item) for item in x]
        return None if None in inner else enclosed(inner, type(x))
    return None


def enclosed(items: Sequence[str | None], kind: type) -> str:
    """Items as a list or a tuple."""
    text = ", ".join(map(str, items))
    return f"[{text}]" if kind is list else f"({text}{',' if len(items) == 1 else ''})"


def index(x: Any) -> str | None:
    """What stands between the brackets of ``array[x]``, or None as for ``literal``.

    >>> index((slice(None), 1, slice(2, 9, 3)))
    ':, 1, 2:9:3'
    """
    if isinstance(x, slice):
        parts = [literal(part) for part in (x.start, x.stop, x.step)]
        if None in parts:
            return None
        start, stop, step = ["" if part == "None" else str(part) for part in parts]
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
    if isinstance(x, tuple) and x:
        inner = [index(item) for item in x]
        return None if None in inner else ", ".join(map(str, inner))
    return literal(x)


def identifier(name: str, taken: set[str]) -> str:
    """A Python name made of any text, and not among ``taken``, which gets it.

    Numbers go to the end: ``0.weight`` is ``weight0``. Names of Python's own get a ``_``.

    >>> taken = set()
    >>> [identifier(name, taken) for name in ("0.weight", "0.weight", "x; import os", "sum", "")]
    ['weight0', 'weight0_2', 'x_import_os', 'sum_', 'x']
    """
    text = unicodedata.normalize("NFKC", str(name)[:1000])
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
