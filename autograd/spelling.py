"""How a call is written in NumPy: names, operators, literals, and the source of helper rules."""

from __future__ import annotations

import ast
import inspect
import keyword
import operator
import re
import textwrap
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from .trace import Attribute, Method

# How tightly an expression binds: an operand that binds less is put in parentheses.
ATOM, POWER, SIGN, PRODUCT, SUM, AND, OR, COMPARISON = 8, 7, 6, 5, 4, 3, 2, 1

INFIX: dict[Any, tuple[str, int]] = {
    operator.add: ("+", SUM), np.add: ("+", SUM),
    operator.sub: ("-", SUM), np.subtract: ("-", SUM),
    operator.mul: ("*", PRODUCT), np.multiply: ("*", PRODUCT),
    operator.truediv: ("/", PRODUCT), np.divide: ("/", PRODUCT),
    operator.floordiv: ("//", PRODUCT), operator.mod: ("%", PRODUCT),
    operator.matmul: ("@", PRODUCT), np.matmul: ("@", PRODUCT),
    operator.pow: ("**", POWER), np.power: ("**", POWER),
    operator.and_: ("&", AND), np.bitwise_and: ("&", AND),
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
        left = f"({left})" if a < level or level in (POWER, COMPARISON) and a == level else left
        right = f"({right})" if b <= level else right
        simple = level == POWER and left.isidentifier()
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
        return f"operator.{function.__name__}"
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
    """A constant as it is written, or None for what has no short spelling."""
    if x is None or x is ... or isinstance(x, bool | int | str):
        return "..." if x is ... else repr(x)
    if isinstance(x, float):
        return repr(x) if np.isfinite(x) else f'float("{x}")'
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return f"np.{np.dtype(x).name if np.dtype(x) != bool else 'bool_'}"
    if isinstance(x, np.generic):
        return literal(x.item()) if x.dtype.kind != "f" else shortest(x)
    if isinstance(x, slice):
        parts = ["" if part is None else str(part) for part in (x.start, x.stop, x.step)]
        return ":".join(parts[: 2 if x.step is None else 3])
    if isinstance(x, tuple | list):
        inner = [literal(item) for item in x]
        if any(part is None for part in inner):
            return None
        text = ", ".join(part or "" for part in inner)
        if any(isinstance(item, slice) for item in x):
            return text
        return f"[{text}]" if isinstance(x, list) else f"({text}{',' if len(x) == 1 else ''})"
    return None


def shortest(x: np.floating) -> str:
    """The fewest digits that give this value in its own dtype."""
    return str(x) if np.isfinite(x) else f'float("{x}")'


def identifier(name: str, taken: set[str]) -> str:
    """A Python name made of any text, and not among ``taken``, which gets it.

    Numbers go to the end: ``0.weight`` is ``weight0``.
    """
    words = re.findall(r"[A-Za-z_][A-Za-z_0-9]*|[0-9]+", str(name).encode("ascii", "ignore").decode())
    numbers = [word for word in words if word.isdigit()]
    text = "_".join(word for word in words if not word.isdigit())[:40] or "x"
    text += "_".join(numbers)[:20]
    if keyword.iskeyword(text) or text in ("np", "math", "float", "operator"):
        text += "_"
    unique, n = text, 1
    while unique in taken:
        n += 1
        unique = f"{text}_{n}"
    taken.add(unique)
    return unique


def helpers(functions: list) -> str:
    """The source of rules that are called whole, and of what they call, without decorators.

    Raises ValueError for a rule whose source cannot be had or that uses what cannot be printed.
    """
    texts: dict[str, str] = {}
    imports: set[str] = set()
    waiting = list(functions)
    while waiting:
        function = waiting.pop()
        if function.__name__ in texts:
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        except (OSError, TypeError, SyntaxError) as error:
            raise ValueError(
                f"to_source: the source of {function.__name__} cannot be had: {error}"
            ) from None
        assert isinstance(tree, ast.FunctionDef)
        tree.decorator_list, tree.returns = [], None
        for argument in ast.walk(tree.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        if ast.get_docstring(tree):
            tree.body = tree.body[1:]
        texts[function.__name__] = ast.unparse(tree)
        for name in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}:
            value = function.__globals__.get(name)
            if isinstance(value, ModuleType) and value is not np:
                imports.add(f"import {value.__name__}")
            elif isinstance(value, FunctionType):
                waiting.append(inspect.unwrap(value))
            elif value is not None and value is not np and not isinstance(value, type):
                if literal(value) is None:
                    raise ValueError(
                        f"to_source: {function.__name__} uses {name}, which cannot be written down"
                    )
                imports.add(f"{name} = {literal(value)}")
    return "\n".join([*sorted(imports), *(f"\n\n{text}" for text in reversed(texts.values()))])
