"""Calls as expressions, simplified as a person would.

Each rule below keeps the value: bit for bit, or but for rounding where numbers are drawn
together (``2 / 100 * x``) or a product with ones is written as the sum that it is.
"""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable
from math import copysign, isfinite
from typing import Any, NamedTuple

import numpy as np

from .passes import (
    RESHAPE,
    RESHAPES,
    SUM,
    TRANSPOSE,
    does_nothing,
    is_elementwise,
    only_widens,
    summed_over,
    transposes,
)  # fmt: skip
from .spelling import BINARY, binary, call, index, literal, name, name_of, spelled, unspelled
from .trace import Call, Method, Var, before_broadcast

MOVES = (*RESHAPES, *TRANSPOSE, operator.getitem)
OVER_AXES = ("squeeze", "sum", "mean", "max", "min", "prod", "std", "var", "all", "any")
ONE_LINE = 60  # characters; an array beyond is no literal


class Term(NamedTuple):
    """An expression ``times / over * tree``; without a tree the number ``times / over``."""

    tree: ast.expr | None
    times: Any = 1
    over: Any = 1

    def whole(self) -> ast.expr:
        """All of it as one expression."""
        tree, times, over = self
        number = literal(times) if over == 1 else binary(literal(times), ast.Div, literal(over))
        if tree is None:
            return number
        if times == 1:
            front = tree
        elif times == -1:
            products = (ast.Mult, ast.Div, ast.MatMult)
            front = led(tree, lambda x: ast.UnaryOp(ast.USub(), x), products)
        else:
            return led(tree, lambda x: binary(number, ast.Mult, x), (ast.Mult,))
        return front if over == 1 else binary(front, ast.Div, literal(over))

    @property
    def is_plain(self) -> bool:
        """Whether no number is drawn out of the expression."""
        return self.times == self.over == 1

    @property
    def is_name(self) -> bool:
        return isinstance(self.tree, ast.Name) and self.is_plain


def led(tree: ast.expr, by: Callable[[ast.expr], ast.expr], through: tuple) -> ast.expr:
    """A product with something put before its first factor; else before all of it."""
    spine, first = [], tree
    while isinstance(first, ast.BinOp) and isinstance(first.op, through):
        spine.append(first)
        first = first.left
    if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Div | ast.MatMult | ast.Mod):
        return by(tree)
    out = by(first)
    for product in reversed(spine):
        out = ast.BinOp(out, product.op, product.right)
    return out


class Terms:
    """What stands for each Var in the text: a name, a number, or an expression written out."""

    def __init__(self) -> None:
        self.known: dict[Var, Term] = {}
        self.helpers: dict[Callable, str] = {}  # what functions are called that are not NumPy's

    def name(self, var: Var, text: str) -> None:
        self.known[var] = Term(ast.Name(text))

    def constant(self, var: Var) -> bool:
        """Write an array that a rule made as a number or a short expression, if it is one."""
        if var.varies and var.call is not None:
            return False
        x = np.asarray(var.value)
        if x.dtype.kind not in "fiub":
            return False
        if x.size == 0 or x.tobytes() == np.full_like(x, x.flat[0]).tobytes():
            self.known[var] = Term(None, shortest(x.flat[0] if x.size else x.dtype.type(0)))
            return True
        tree = array_literal(x)
        if tree is None or len(ast.unparse(tree)) > ONE_LINE:
            return False
        self.known[var] = Term(tree)
        return True

    def text(self, var: Var) -> str:
        return ast.unparse(self.whole(var))

    def whole(self, var: Var) -> ast.expr:
        """A Var by itself: numbers get their shape and dtype."""
        term = self.known[var]
        value = term.whole()
        if term.tree is not None:
            return value
        if var.shape:
            dtype, shape = literal(np.dtype(var.dtype)), literal(var.shape)
            kind = {"0": "zeros", "1": "ones"}.get(ast.unparse(value))
            if kind:
                more = [] if var.dtype == np.float64 else [dtype]
                return call(f"np.{kind}", shape, *more)
            return call("np.full", shape, value, dtype)
        plain = var.is_number or var.dtype == bool
        return value if plain else call(literal(var.dtype), value)

    # -- calls -----------------------------------------------------------------------------

    def expression(self, made: Call) -> Term:
        """The Term of what a call makes."""
        function, args, out = made.function, made.args, made.out
        first: Any = args[0] if args else None
        if does_nothing(made):
            x = next(x for x in args if isinstance(x, Var))
            if self.known[x].tree is not None or x.dtype == out.dtype:
                return self.known[x]
        if function in MOVES and isinstance(first, Var) and self.known[first].tree is None:
            return self.known[first]
        if function == Method("astype") and self.known[first].tree is None:
            return self.folded(made)
        if function is np.where or is_elementwise(function):
            args, full = self.bare(made)
            if all(not isinstance(x, Var) or self.known[x].tree is None for x in args):
                return self.folded(made)
            terms = self.operands(args[1:] if function is np.where else args, full)
            simple = None if made.keywords else self.arithmetic(function, terms, out)
            if simple is not None:
                return simple
            if function is np.where:
                terms = [Term(self.argument(args[0])), *terms]
            return self.written(function, [t.whole() for t in terms], made.keywords)
        if function is np.dot and all(x.ndim == 2 for x in args):
            function = np.matmul
        if function in TRANSPOSE and transposes(made):
            return self.transposed(first)
        if function in RESHAPE or (function is operator.getitem and only_widens(args[1])):
            return self.reshaped(made)
        if isinstance(function, Method) and function.name in OVER_AXES:
            args = (first, *map(alone, args[1:]))
        if function in SUM and set(made.keywords) <= {"axis", "keepdims"}:
            return self.summed(made)
        return self.written(function, [self.argument(x, function) for x in args], made.keywords)

    def written(self, function: Any, args: list[ast.expr], keywords: dict) -> Term:
        """A call as it is."""
        settings = {
            key: self.argument(alone(x) if key == "axis" else x)
            for key, x in keywords.items()
            if not (x is None and key == "axis") and not (x is False and key == "keepdims")
        }
        if function is np.transpose and [ast.unparse(x) for x in args[1:]] == ["None"]:
            args = args[:1]
        if name_of(function) is None:
            known = self.helpers.get(inspect.unwrap(function)) or function.__name__.strip("_")
            return Term(call(known, *args, **settings))
        return Term(spelled(function, args, settings))

    def argument(self, x: Any, function: Any = None) -> ast.expr:
        """An argument of a call that is no operand of arithmetic."""
        return (index if function is operator.getitem else literal)(x, self.part)

    def part(self, x: Any) -> ast.expr:
        """What is no constant in an argument: a Var, or one of NumPy's functions."""
        if isinstance(x, Var):
            return self.whole(x)
        known = name_of(x) if callable(x) else None
        return name(known) if known else unspelled(x)

    # -- arithmetic --------------------------------------------------------------------------

    def bare(self, made: Call) -> tuple[list[Any], bool]:
        """Operands without the broadcasting that NumPy does by itself, or in full and True."""
        args = [before_broadcast(x, self.known) for x in made.args]
        shapes = [x.shape for x in args if isinstance(x, Var) and self.known[x].tree is not None]
        if not shapes or np.broadcast_shapes(*shapes) == made.out.shape:
            return args, False
        return list(made.args), True

    def operands(self, args: list[Any], full: bool) -> list[Term]:
        """Operands as Terms, numbers in the fewest digits that give the same result."""
        dtypes = [x.dtype for x in args if isinstance(x, Var) and self.known[x].tree is not None]
        context = np.result_type(*dtypes) if dtypes else None
        return [
            Term(self.whole(x)) if full and np.shape(x) else self.operand(x, context) for x in args
        ]

    def operand(self, x: Any, context: Any) -> Term:
        if isinstance(x, Var):
            term = self.known[x]
            if term.tree is not None:
                return term if x.dtype == context or term.is_plain else Term(term.whole())
            return term if adapts(x.dtype, context) else Term(call(literal(x.dtype), term.whole()))
        if isinstance(x, np.generic):
            value = shortest(x)
            if adapts(x.dtype, context):
                return Term(None, value)
            return Term(call(literal(x.dtype), literal(value)))
        if isinstance(x, bool) or not isinstance(x, int | float):
            return Term(self.argument(x))
        floating = context is not None and context.kind == "f" and isinstance(x, float)
        with np.errstate(over="ignore"):
            return Term(None, shortest(context.type(x)) if floating else x)

    def arithmetic(self, function: Any, terms: list[Term], out: Var) -> Term | None:
        """Products, quotients and sums with their numbers drawn together, or None."""
        if function is np.multiply:
            return product(terms[0], terms[1], out.dtype)
        if function is np.divide:
            a, b = terms
            if b.tree is None and fits(a.times * b.over, a.over * b.times, out.dtype):
                return a._replace(times=a.times * b.over, over=a.over * b.times)
            if a.tree is not None:
                return Term(binary(a.tree, ast.Div, b.whole()), a.times, a.over)
        if function is np.negative and out.dtype.kind == "f":
            return terms[0]._replace(times=-terms[0].times)
        if function is np.reciprocal:
            return Term(binary(ast.Constant(1), ast.Div, terms[0].whole()))
        if function in (np.add, np.subtract) and out.dtype.kind == "f":
            return total(terms[0], terms[1], function is np.subtract)
        return None

    def folded(self, made: Call) -> Term:
        """A call on numbers: one number, or one over another."""
        value = np.asarray(made.out.value)
        linear = made.function in (np.multiply, np.divide, np.negative)
        if value.size and linear and value.dtype.kind == "f":
            known = [x for x in made.args if isinstance(x, Var)]
            terms = [self.known[x] if isinstance(x, Var) else Term(None, x) for x in made.args]
            simple = self.arithmetic(made.function, terms, made.out)
            plain = all(x.dtype == value.dtype for x in known)
            if plain and simple is not None and simple.over != 1:
                return simple
        return Term(None, shortest(value.flat[0] if value.size else value.dtype.type(0)))

    # -- shapes --------------------------------------------------------------------------------

    def transposed(self, x: Var) -> Term:
        """``x.T``; not twice, and through a product whose factors are transposed."""
        made = x.call
        if made is not None and not self.known[x].is_name:
            if transposes(made):
                return self.known[made.args[0]]
            factors = made.args[:2]
            swapped = any(getattr(f, "call", None) and transposes(f.call) for f in factors)
            if made.function is np.matmul and swapped and all(f.ndim == 2 for f in factors):
                right, left = (self.transposed(f).whole() for f in factors)
                return Term(binary(left, ast.MatMult, right))
        return Term(ast.Attribute(self.whole(x), "T"))

    def reshaped(self, made: Call) -> Term:
        """A reshape as a person writes it: ``x[:, None]``, ``x.squeeze(1)``, ``keepdims=True``."""
        x, shape = made.args[0], made.out.shape
        inner = x.call
        if inner is not None and inner.function in SUM and not self.known[x].is_name:
            axis, keeps = summed_over(inner)
            whole = inner.args[0].shape
            if not keeps and shape == tuple(1 if i in axis else n for i, n in enumerate(whole)):
                return self.summed(inner, keepdims=True)
        wider = widened(x.shape, shape)
        if wider is not None:
            return Term(ast.Subscript(self.whole(x), wider))
        out = [i for i in range(x.ndim) if x.shape[:i] + x.shape[i + 1 :] == shape]
        if out and x.shape[out[-1]] == 1:
            return Term(spelled(Method("squeeze"), [self.whole(x), literal(out[-1])], {}))
        return Term(spelled(Method("reshape"), [self.whole(x), *map(literal, shape or [()])], {}))

    def summed(self, made: Call, keepdims: bool = False) -> Term:
        """A sum; over all dimensions without naming them."""
        x = made.args[0]
        axis, keeps = summed_over(made)
        args = [self.whole(x)]
        if len(axis) < x.ndim:
            args.append(literal(alone(axis)))
        settings: dict[str, ast.expr] = {}
        if keepdims or keeps:
            settings = {"keepdims": ast.Constant(True)}
        if made.function is np.sum and args[1:]:
            settings = {"axis": args.pop(), **settings}
        return Term(spelled(made.function, args, settings))


def alone(x: Any) -> Any:
    """``(0,)`` as ``0``."""
    return x[0] if isinstance(x, tuple) and len(x) == 1 else x


def adapts(dtype: np.dtype, context: Any) -> bool:
    """Whether a number may stand as a Python number beside arrays of dtype ``context``."""
    if context is None:
        return False
    return dtype == context or (dtype.kind in "iub" and context.kind == "f" and dtype.itemsize < 8)


def shortest(x: Any) -> Any:
    """A NumPy number as the Python number with the fewest digits that gives it again."""
    value = x.item()
    if not isinstance(value, float) or not isfinite(value):
        return value
    if value.is_integer() and abs(value) < 1e6 and copysign(1, value) == (1 if value >= 0 else -1):
        return int(value)
    short = float(str(x))
    return short if type(x)(short) == x else value


def fits(times: Any, over: Any, dtype: np.dtype) -> bool:
    """Whether ``times / over`` can be drawn together: neither is 0 or inf in ``dtype``."""
    if dtype.kind != "f":
        return False
    limits = np.finfo(dtype)
    low, high = float(limits.smallest_normal), float(limits.max)
    return low <= abs(times) <= high and low <= abs(over) <= high


def product(a: Term, b: Term, dtype: np.dtype) -> Term | None:
    times, over = a.times * b.times, a.over * b.over
    if not fits(times, over, dtype):
        return None
    if a.tree is None or b.tree is None:
        return Term(b.tree if a.tree is None else a.tree, times, over)
    return Term(binary(a.tree, ast.Mult, b.tree), times, over)


def total(a: Term, b: Term, minus: bool) -> Term:
    """``a + b`` or ``a - b``, without a sign that can be drawn in."""
    twice = a.tree is not None and not minus and a.is_plain and b.is_plain
    if twice and ast.unparse(a.whole()) == ast.unparse(b.whole()):
        return a._replace(times=2)
    if b.tree is not None and b.times < 0:
        b, minus = b._replace(times=-b.times), not minus
    elif a.tree is not None and a.times < 0 and not minus:
        a, b, minus = b, a._replace(times=-a.times), True
    return Term(binary(a.whole(), BINARY[np.subtract if minus else np.add], b.whole()))


def widened(old: tuple, new: tuple) -> ast.expr | None:
    """The index that puts in dimensions of size 1, ``:, None``, or None where that does not do."""
    parts: list[Any] = []
    rest = list(old)
    for n in new:
        if rest and n == rest[0]:
            parts.append(slice(None))
            rest.pop(0)
        elif n == 1:
            parts.append(None)
        else:
            return None
    if rest or len(new) <= len(old):
        return None
    if len(parts) > 2 and parts.index(None) == len(parts) - 1:
        parts = [..., None]
    while parts[-1] is not None:
        parts.pop()
    return index(tuple(parts) if len(parts) > 1 else None)


def array_literal(x: np.ndarray) -> ast.expr | None:
    """An array as an expression, if that is short."""
    long = max(range(x.ndim), key=lambda i: x.shape[i], default=0)
    n = x.shape[long] if x.ndim else 0
    if x.dtype == np.int64 and n == x.size > 1 and (x.ravel() == np.arange(n)).all():
        counted = call("np.arange", ast.Constant(n))
        across = tuple(slice(None) if i == long else None for i in range(x.ndim))
        return ast.Subscript(counted, index(across)) if x.ndim > 1 else counted
    if x.size > ONE_LINE // 2:
        return None

    def nested(part: np.ndarray) -> ast.expr:
        if part.ndim:
            return ast.List([nested(item) for item in part])
        return literal(shortest(part[()]))

    more = [] if x.dtype in (np.int64, bool) else [literal(x.dtype)]
    return call("np.array", nested(x), *more)
