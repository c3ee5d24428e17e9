"""Calls as expressions, simplified as a person would.

Each rule below keeps the value: bit for bit, or but for rounding where numbers are drawn
together (``2 / 100 * x``).
"""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..nested import mapped
from .spelling import array_literal, call, index, literal, shortest, spelled
from .trace import Var, is_elementwise, same

RESHAPE = (np.reshape, np.expand_dims)
MOVES = (*RESHAPE, np.squeeze, np.broadcast_to, np.transpose, operator.getitem)
DRAWN = (np.multiply, np.divide, np.negative)


class Term(NamedTuple):
    """An expression ``times / over * tree``; without a tree the number ``times / over``."""

    tree: ast.expr | None
    times: Any = 1
    over: Any = 1

    def whole(self) -> ast.expr:
        """All of it as one expression."""
        tree, times, over = self
        number = literal(times) if over == 1 else spelled(np.divide, literal(times), literal(over))
        if tree is None:
            return number
        if abs(times) != 1:
            return led(tree, lambda x: spelled(np.multiply, number, x))
        if times == -1:
            tree = led(tree, lambda x: spelled(np.negative, x))
        return tree if over == 1 else spelled(np.divide, tree, literal(over))

    @property
    def is_name(self) -> bool:
        return isinstance(self.tree, ast.Name) and self.times == self.over == 1


def led(tree: ast.expr, by: Callable[[ast.expr], ast.expr]) -> ast.expr:
    """A product with something put before its first factor: ``2 * x * y``."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult):
        return ast.BinOp(led(tree.left, by), tree.op, tree.right)
    return by(tree)


class Terms:
    """What stands for each Var in the text: a name, a number, or an expression written out."""

    def __init__(self) -> None:
        self.known: dict[Var, Term] = {}
        self.helpers: dict[Callable, str] = {}  # what functions are called that are not NumPy's

    def name(self, var: Var, text: str) -> None:
        self.known[var] = Term(ast.Name(text))

    def constant(self, var: Var) -> bool:
        """Write an array that is the same in each run as a number or short text, if it is one."""
        x = np.asarray(var.value)
        if x.dtype.kind not in "fiub":
            return False
        first = x.flat[0] if x.size else x.dtype.type(0)
        if x.tobytes() == np.full_like(x, first).tobytes():
            self.known[var] = Term(None, shortest(first))
        elif (tree := array_literal(x)) is not None:
            self.known[var] = Term(tree)
        return var in self.known

    def text(self, var: Var) -> str:
        tree = ast.parse(ast.unparse(self.whole(var)))  # where no part stands in two places
        return ast.unparse(tree)

    def whole(self, var: Var) -> ast.expr:
        """A Var by itself: numbers get their shape and dtype."""
        term = self.known[var]
        value = term.whole()
        if term.tree is not None or var.is_number or (var.dtype == bool and not var.shape):
            return value
        dtype = literal(np.dtype(var.dtype))
        if not var.shape:
            return call(dtype, value)
        kind = {"0": "zeros", "1": "ones"}.get(ast.unparse(value))
        if kind is None:
            return call("np.full", literal(var.shape), value, dtype)
        return call(f"np.{kind}", literal(var.shape), *[dtype][: var.dtype != np.float64])

    def expression(self, made: Var) -> Term:
        """The Term of what a call makes."""
        function, args, keywords = made.function, made.args, made.keywords
        numbers = all(self.known[x].tree is None for x in made.inputs)
        if made.inputs and (function is same or (numbers and function in MOVES)):
            return self.known[args[0]]
        widens = function is operator.getitem and repr(args[1]) == repr((..., None))
        if is_elementwise(function) and not keywords:
            term = self.arithmetic(made, self.operands(made, numbers and function in DRAWN))
        elif function in RESHAPE or widens:
            term = Term(reshaped(self.whole(args[0]), args[0].shape, made.shape))
        else:
            matrices = function is np.dot and all(x.ndim == 2 for x in args)
            term = Term(self.written(np.matmul if matrices else function, args, keywords))
        drawn = term.tree is None and term.over != 1
        if numbers and not made.varies and not drawn and self.constant(made):
            return self.known[made]
        return term

    def written(self, function: Any, args: tuple, keywords: dict) -> ast.expr:
        """A call as it is."""
        trees = [self.argument(x, function) for x in args]
        settings = {key: self.argument(x) for key, x in keywords.items()}
        own = self.helpers.get(inspect.unwrap(function))
        return call(own, *trees, **settings) if own else spelled(function, *trees, **settings)

    def argument(self, x: Any, function: Any = None) -> ast.expr:
        """An argument of a call that is no operand of arithmetic."""
        x = mapped(lambda v: self.whole(v) if isinstance(v, Var) else v, x)
        return (index if function is operator.getitem else literal)(x)

    def operands(self, made: Var, drawn: bool) -> list[Term]:
        """Operands as Terms, numbers in the fewest digits and without shape that give the same.

        If ``drawn``, all are numbers that become one.
        """
        trees = [x for x in made.inputs if self.known[x].tree is not None]
        beside = [x.dtype for x in trees if x is not made.args[0] or made.function is not np.where]
        context = np.result_type(*beside) if beside else made.dtype if drawn else None
        full = not drawn and np.broadcast_shapes(*[x.shape for x in trees]) != made.shape
        return [
            Term(self.whole(x)) if full and np.shape(x) else self.operand(x, context)
            for x in made.args
        ]

    def operand(self, x: Any, context: Any) -> Term:
        """One operand beside arrays of the dtype ``context``."""
        if isinstance(x, Var):
            term = self.known[x]
            if term.tree is not None:
                return term if x.dtype == context else Term(term.whole())
        elif isinstance(x, np.generic):
            term = Term(None, shortest(x))
        elif isinstance(x, bool) or not isinstance(x, int | float):
            return Term(self.argument(x))
        else:
            floating = context is not None and context.kind == "f" and isinstance(x, float)
            with np.errstate(over="ignore"):
                return Term(None, shortest(context.type(x)) if floating else x)
        narrow = x.dtype.kind in "iub" and x.dtype.itemsize < 8
        if context is not None and (x.dtype == context or (context.kind == "f" and narrow)):
            return term
        return Term(call(literal(x.dtype), term.whole()))

    def arithmetic(self, made: Var, terms: list[Term]) -> Term:
        """Products, quotients and sums with their numbers drawn together; else a call as it is."""
        function, a, b, floats = made.function, terms[0], terms[-1], made.dtype.kind == "f"
        term = None
        if function is np.multiply and floats:
            term = product(a, b, made.dtype)
        elif function is np.divide and b.tree is None and floats:
            term = product(a, Term(None, b.over, b.times), made.dtype)
        elif function is np.divide and a.tree is not None and b.tree is not None:
            term = a._replace(tree=spelled(np.divide, a.tree, b.whole()))
        elif function is np.negative and floats:
            term = a._replace(times=-a.times)
        elif function is np.reciprocal:
            term = Term(spelled(np.divide, literal(1), a.whole()))
        elif function in (np.add, np.subtract) and floats and (a.tree or b.tree):
            term = total(a, b, function)
        return term or Term(spelled(function, *[x.whole() for x in terms]))


def product(a: Term, b: Term, dtype: np.dtype) -> Term | None:
    """``a * b``, if its numbers can be drawn together: neither becomes 0 or inf in ``dtype``."""
    times, over, limits = a.times * b.times, a.over * b.over, np.finfo(dtype)
    low, high = float(limits.smallest_normal), float(limits.max)
    if not (low <= abs(times) <= high and low <= abs(over) <= high):
        return None
    tree = spelled(np.multiply, a.tree, b.tree) if a.tree and b.tree else a.tree or b.tree
    return Term(tree, times, over)


def total(a: Term, b: Term, function: Any) -> Term:
    """``a + b`` or ``a - b``, without a sign that can be drawn in."""
    twice = function is np.add and ast.unparse(a.whole()) == ast.unparse(b.whole())
    if twice and a.tree is not None and a.times == a.over == 1:
        return Term(a.tree, 2)
    if b.tree is not None and b.times < 0:
        b, function = b._replace(times=-b.times), np.add if function is np.subtract else np.subtract
    elif a.tree is not None and a.times < 0 and function is np.add:
        a, b, function = b, a._replace(times=-a.times), np.subtract
    return Term(spelled(function, a.whole(), b.whole()))


def reshaped(x: ast.expr, old: tuple, new: tuple) -> ast.expr:
    """A reshape as a person writes it: ``x[:, None]``, ``x.squeeze(1)``, ``x.reshape(2, 3)``."""
    for i in reversed(range(len(new))):
        if new[i] == 1 and new[:i] + new[i + 1 :] == old:
            before = (...,) if i == len(old) > 1 else (slice(None),) * i
            return ast.Subscript(x, index((*before, None) if i else None))
    for i in reversed(range(len(old))):
        if old[i] == 1 and old[:i] + old[i + 1 :] == new:
            return spelled(np.squeeze, x, literal(i))
    return spelled(np.reshape, x, *map(literal, new or [()]))
