"""Calls as expressions, simplified as a person would.

Each rule below keeps the value: bit for bit, or but for rounding where numbers are drawn
together (``2 / 100 * x``) or a product with ones is written as the sum that it is.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from math import copysign, isfinite
from typing import Any, NamedTuple

import numpy as np

from ..trace import Attribute, Call, Method, Var, before_broadcast
from .spelling import ATOM, PRODUCT, SIGN, called, enclosed, index, literal, name_of

MULTIPLY = (operator.mul, np.multiply)
DIVIDE = (operator.truediv, np.divide)
PLUS, MINUS = (operator.add, np.add), (operator.sub, np.subtract)
NEGATIVE = (operator.neg, np.negative)
POWER = (operator.pow, np.power)
MATMUL = (operator.matmul, np.matmul)
SUM = (Method("sum"), np.sum)
RESHAPE = (Method("reshape"), np.reshape, np.expand_dims)
TRANSPOSE = (Attribute("T"), Attribute("mT"), np.transpose)
MOVES = (
    *RESHAPE, *TRANSPOSE, np.broadcast_to, Method("squeeze"), np.squeeze, operator.getitem,
)  # fmt: skip
ELEMENTWISE = {
    *MULTIPLY, *DIVIDE, *PLUS, *MINUS, *NEGATIVE, *POWER, operator.eq, operator.ne, operator.lt,
    operator.le, operator.gt, operator.ge, operator.and_, operator.or_, np.where,
}  # fmt: skip
OVER_AXES = ("squeeze", "sum", "mean", "max", "min", "prod", "std", "var", "all", "any")
ONE_LINE = 30  # characters; an array beyond is no literal


def same(x: Any) -> Any:
    """``x`` itself, as a value with a name of its own: what some ops and VJPs give."""
    return x


class Term(NamedTuple):
    """An expression ``times / over * text``; without ``text`` the number ``times / over``."""

    text: str
    level: int = ATOM  # how tightly the text binds
    times: Any = 1
    over: Any = 1

    def spelled(self) -> tuple[str, int]:
        """The whole as text, and how tightly that binds."""
        text, level, times, over = self
        if not text:
            value = str(literal(times))
            if over == 1:
                return value, SIGN if value.startswith("-") else ATOM
            return f"{value} / {literal(over)}", PRODUCT
        if times == over == 1:
            return text, level
        open_ended = any(sign in text for sign in "/@%")  # regrouped, these give something else
        if times in (1, -1):
            sign = "" if times == 1 else "-"
            odd = level < PRODUCT or (sign and any(sign in text for sign in ("//", "%")))
            text, level = f"{sign}({text})" if odd else f"{sign}{text}", SIGN if odd else level
            if over == 1:
                return text, min(level, SIGN)
            return f"{text} / {literal(over)}", PRODUCT
        front = literal(times) if over == 1 else f"{literal(times)} / {literal(over)}"
        odd = level < PRODUCT or (level == PRODUCT and open_ended)
        return f"{front} * ({text})" if odd else f"{front} * {text}", PRODUCT

    @property
    def is_one(self) -> bool:
        return not self.text and self.times == self.over == 1

    @property
    def is_name(self) -> bool:
        return self.text.isidentifier() and self.times == self.over == 1


class Terms:
    """What stands for each Var in the text: a name, a number, or an expression written out."""

    def __init__(self) -> None:
        self.known: dict[Var, Term] = {}
        self.helpers: dict[Callable, str] = {}  # what functions are called that are not NumPy's

    def name(self, var: Var, name: str) -> None:
        self.known[var] = Term(name)

    def constant(self, var: Var) -> bool:
        """Write an array that a rule made as a number or a short expression, if it is one."""
        x = np.asarray(var.value)
        if x.dtype.kind not in "fiub":
            return False
        if x.size == 0 or x.tobytes() == np.full_like(x, x.flat[0]).tobytes():
            self.known[var] = Term("", ATOM, shortest(x.flat[0] if x.size else x.dtype.type(0)))
        else:
            text = array_literal(x)
            if len(text) > ONE_LINE:
                return False
            self.known[var] = Term(text)
        return True

    def text(self, var: Var) -> str:
        """A Var by itself: numbers get their shape and dtype."""
        return self.whole(var)[0]

    def whole(self, var: Var) -> tuple[str, int]:
        term = self.known[var]
        if term.text:
            return term.spelled()
        value = term.spelled()[0]
        if var.shape:
            dtype = literal(np.dtype(var.dtype))
            kind = {"0": "zeros", "1": "ones"}.get(value)
            if kind:
                more = "" if dtype == "np.float64" else f", {dtype}"
                return f"np.{kind}({var.shape}{more})", ATOM
            return f"np.full({var.shape}, {value}, {dtype})", ATOM
        plain = not hasattr(var.value, "dtype") or var.dtype == bool
        return (value if plain else f"{literal(var.dtype)}({value})"), ATOM

    # -- calls -----------------------------------------------------------------------------

    def expression(self, call: Call) -> Term:
        """The Term of what a call makes."""
        function, args, out = call.function, call.args, call.out
        first: Any = args[0] if args else None
        if does_nothing(call):
            x = next(x for x in args if isinstance(x, Var))
            if self.known[x].text or x.dtype == out.dtype:
                return self.known[x]
        if function in MOVES and isinstance(first, Var) and not self.known[first].text:
            return self.known[first]
        if function == Method("astype") and not self.known[first].text:
            return self.folded(call)
        if function in ELEMENTWISE or isinstance(function, np.ufunc):
            args, full = self.bare(call)
            if all(not isinstance(x, Var) or not self.known[x].text for x in args):
                return self.folded(call)
            cast = self.cast_by_one(args, out) if function in MULTIPLY else None
            if cast is not None:
                return cast
            terms = self.operands(args[1:] if function is np.where else args, full)
            simple = None if call.keywords else self.arithmetic(function, terms, out)
            if simple is not None:
                return simple
            if function is np.where:
                terms = [Term(*self.whole(args[0])), *terms]
            return self.written(function, [t.spelled() for t in terms], call.keywords)
        if function is np.dot and self.known[first].is_one and first.ndim == 1:
            return self.written(Method("sum"), [self.whole(args[1]), ("0", ATOM)], {})
        if function is np.dot and all(x.ndim == 2 for x in args):
            function = operator.matmul
        if function in TRANSPOSE and transposes(call):
            return self.transposed(first)
        if function in RESHAPE or (function is operator.getitem and only_widens(args[1])):
            return self.reshaped(call)
        if isinstance(function, Method) and function.name in OVER_AXES:
            args = (first, *map(alone, args[1:]))
        if function in SUM and set(call.keywords) <= {"axis", "keepdims"}:
            return self.summed(call)
        return self.written(function, [self.argument(x, function) for x in args], call.keywords)

    def written(self, function: Any, args: list[tuple[str, int]], keywords: dict) -> Term:
        """A call as it is."""
        settings = {
            key: self.argument(alone(x) if key == "axis" else x)[0]
            for key, x in keywords.items()
            if not (x is None and key == "axis") and not (x is False and key == "keepdims")
        }
        if function is np.transpose and args[1:] == [("None", ATOM)]:
            function, args = Attribute("T"), args[:1]
        if name_of(function) is None:
            name = self.helpers.get(inspect.unwrap(function)) or function.__name__.strip("_")
            inner = [*(text for text, _ in args), *(f"{key}={x}" for key, x in settings.items())]
            return Term(f"{name}({', '.join(inner)})")
        return Term(*called(function, args, settings))

    def argument(self, x: Any, function: Any = None) -> tuple[str, int]:
        """An argument of a call that is no operand of arithmetic."""
        if isinstance(x, Var):
            return self.whole(x)
        if function is operator.getitem:
            return self.index(x), ATOM
        if isinstance(x, tuple | list) and (text := literal(x)) is None:
            if any(isinstance(item, slice) for item in x):
                return f"np.s_[{self.index(x)}]", ATOM
            return enclosed([self.argument(item)[0] for item in x], type(x)), ATOM
        text = literal(x) or (name_of(x) if callable(x) else None)
        if text is None:
            raise ValueError(f"to_source: cannot write down {x!r}, which an op was given")
        return text, SIGN if text.startswith("-") else ATOM

    def index(self, x: Any) -> str:
        """What stands between brackets."""
        if isinstance(x, tuple):
            return ", ".join(self.index(item) for item in x) if x else "()"
        return (None if isinstance(x, Var) else index(x)) or self.argument(x)[0]

    # -- arithmetic --------------------------------------------------------------------------

    def bare(self, call: Call) -> tuple[list[Any], bool]:
        """Operands without the broadcasting that NumPy does by itself, or in full and True."""
        args = [before_broadcast(x) for x in call.args]
        shapes = [x.shape for x in args if isinstance(x, Var) and self.known[x].text]
        if not shapes or np.broadcast_shapes(*shapes) == call.out.shape:
            return args, False
        return list(call.args), True

    def operands(self, args: list[Any], full: bool) -> list[Term]:
        """Operands as Terms, numbers in the fewest digits that give the same result."""
        dtypes = [x.dtype for x in args if isinstance(x, Var) and self.known[x].text]
        context = np.result_type(*dtypes) if dtypes else None
        return [
            Term(*self.whole(x)) if full and np.shape(x) else self.operand(x, context) for x in args
        ]

    def cast_by_one(self, args: list[Any], out: Var) -> Term | None:
        """``1 * mask`` as ``mask.astype(...)``, or None."""
        masks = [x for x in args if isinstance(x, Var) and x.dtype == bool]
        ones = [x for x in args if isinstance(x, Var) and self.known[x].is_one]
        if len(masks) != 1 or len(ones) != 1 or ones[0].dtype != out.dtype:
            return None
        cast = [self.whole(masks[0]), (str(literal(out.dtype)), ATOM)]
        return Term(*called(Method("astype"), cast, {}))

    def operand(self, x: Any, context: Any) -> Term:
        if isinstance(x, Var):
            term = self.known[x]
            if term.text:
                plain = x.dtype == context or term.times == term.over == 1
                return term if plain else Term(*term.spelled())
            if adapts(x.dtype, context):
                return term
            return Term(f"{literal(x.dtype)}({term.spelled()[0]})")
        if isinstance(x, np.generic):
            value = shortest(x)
            if adapts(x.dtype, context):
                return Term("", ATOM, value)
            return Term(f"{literal(x.dtype)}({literal(value)})")
        if isinstance(x, bool) or not isinstance(x, int | float):
            return Term(*self.argument(x))
        floating = context is not None and context.kind == "f" and isinstance(x, float)
        with np.errstate(over="ignore"):
            return Term("", ATOM, shortest(context.type(x)) if floating else x)

    def arithmetic(self, function: Any, terms: list[Term], out: Var) -> Term | None:
        """Products, quotients and sums with their numbers drawn together, or None."""
        if function in MULTIPLY:
            a, b = terms
            return product(a, b, out.dtype)
        if function in DIVIDE:
            a, b = terms
            if not b.text and fits(a.times * b.over, a.over * b.times, out.dtype):
                return a._replace(times=a.times * b.over, over=a.over * b.times)
            if a.text:
                top = called(operator.truediv, [(a.text, a.level), b.spelled()], {})
                return Term(*top, a.times, a.over)
        if function in NEGATIVE and out.dtype.kind == "f":
            return terms[0]._replace(times=-terms[0].times)
        if function is np.reciprocal:
            return Term(*called(operator.truediv, [("1", ATOM), terms[0].spelled()], {}))
        if function in PLUS + MINUS and out.dtype.kind == "f":
            a, b = terms
            return total(a, b, function in MINUS)
        return None

    def folded(self, call: Call) -> Term:
        """A call on numbers: one number, or one over another."""
        value = np.asarray(call.out.value)
        linear = call.function in (*MULTIPLY, *DIVIDE, *NEGATIVE)
        if value.size and linear and value.dtype.kind == "f":
            known = [x for x in call.args if isinstance(x, Var)]
            terms = [self.known[x] if isinstance(x, Var) else Term("", ATOM, x) for x in call.args]
            simple = self.arithmetic(call.function, terms, call.out)
            plain = all(x.dtype == value.dtype for x in known)
            if plain and simple is not None and simple.over != 1:
                return simple
        return Term("", ATOM, shortest(value.flat[0] if value.size else value.dtype.type(0)))

    # -- shapes --------------------------------------------------------------------------------

    def transposed(self, x: Var) -> Term:
        """``x.T``; not twice, and through a product whose factors are transposed."""
        call = x.call
        if call is not None and not self.known[x].is_name:
            if transposes(call):
                return self.known[call.args[0]]
            factors = call.args[:2]
            product = call.function in MATMUL and all(f.ndim == 2 for f in factors)
            if product and any(f.call and transposes(f.call) for f in factors):
                turned = [self.transposed(f).spelled() for f in reversed(factors)]
                return Term(*called(operator.matmul, turned, {}))
        return Term(*called(Attribute("T"), [self.whole(x)], {}))

    def reshaped(self, call: Call) -> Term:
        """A reshape as a person writes it: ``x[:, None]``, ``x.squeeze(1)``, ``keepdims=True``."""
        x, shape = call.args[0], call.out.shape
        inner = x.call
        if inner is not None and inner.function in SUM and not self.known[x].is_name:
            axis, keeps = summed_over(inner)
            whole = inner.args[0].shape
            if not keeps and shape == tuple(1 if i in axis else n for i, n in enumerate(whole)):
                return self.summed(inner, keepdims=True)
        text = widened(x.shape, shape)
        if text:
            return Term(*called(operator.getitem, [self.whole(x), (text, ATOM)], {}))
        out = [i for i in range(x.ndim) if x.shape[:i] + x.shape[i + 1 :] == shape]
        if out and x.shape[out[-1]] == 1:
            return Term(*called(Method("squeeze"), [self.whole(x), (str(out[-1]), ATOM)], {}))
        sizes = [(str(n), ATOM) for n in shape] or [("()", ATOM)]
        return Term(*called(Method("reshape"), [self.whole(x), *sizes], {}))

    def summed(self, call: Call, keepdims: bool = False) -> Term:
        """A sum; over all dimensions without naming them."""
        x = call.args[0]
        axis, keeps = summed_over(call)
        args = [self.whole(x)]
        if len(axis) == 1 and x.ndim > 1:
            args.append((str(axis[0]), ATOM))
        elif len(axis) < x.ndim:
            args.append((str(axis), ATOM))
        settings = {"keepdims": "True"} if keepdims or keeps else {}
        if call.function is np.sum and args[1:]:
            settings = {"axis": args.pop()[0], **settings}
        return Term(*called(call.function, args, settings))


def alone(x: Any) -> Any:
    """The item of a tuple of one: how ``axis`` is written."""
    return x[0] if isinstance(x, tuple) and len(x) == 1 else x


def adapts(dtype: np.dtype, context: Any) -> bool:
    """Whether a number of ``dtype`` may stand bare beside arrays of dtype ``context``."""
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
    if not (a.text and b.text):
        return Term(a.text or b.text, a.level if a.text else b.level, times, over)
    text, level = called(operator.mul, [(a.text, a.level), (b.text, b.level)], {})
    return Term(text, level, times, over)


def total(a: Term, b: Term, minus: bool) -> Term:
    """``a + b`` or ``a - b``, without a sign that can be drawn in."""
    if a.text == b.text and a == b and not minus and a.text:
        return a._replace(times=2 * a.times) if a.times == a.over == 1 else plus(a, b, False)
    if b.times < 0 and b.text:
        return plus(a, b._replace(times=-b.times), not minus)
    if a.times < 0 and a.text and not minus:
        return plus(b, a._replace(times=-a.times), True)
    return plus(a, b, minus)


def plus(a: Term, b: Term, minus: bool) -> Term:
    function = operator.sub if minus else operator.add
    return Term(*called(function, [a.spelled(), b.spelled()], {}))


def does_nothing(call: Call) -> bool:
    """Whether a call gives what it was given."""
    function, args, out = call.function, call.args, call.out
    if function in (same, Method("copy"), np.copy, operator.pos):
        return True
    if function is operator.and_ and any(x is True for x in args):
        return True
    x = args[0] if args else None
    if not isinstance(x, Var):
        return False
    if function in RESHAPE or function in (np.broadcast_to, Method("squeeze"), np.squeeze):
        return out.shape == x.shape
    if function == Method("astype"):
        return out.dtype == x.dtype
    if function is np.transpose and len(args) > 1:
        return args[1] == tuple(range(x.ndim))
    return function in POWER and type(args[1]) is int and args[1] == 1


def transposes(call: Call) -> bool:
    """Whether a call swaps the two dimensions of a matrix."""
    if np.ndim(call.out.value) != 2:
        return False
    if call.function in (Attribute("T"), Attribute("mT")):
        return True
    return call.function is np.transpose and call.args[1:] in ((), (None,), ((1, 0),))


def summed_over(call: Call) -> tuple[tuple[int, ...], bool]:
    """The dimensions that a sum is over, and whether it keeps them."""
    settings = {**dict(zip(("axis", "dtype", "out", "keepdims"), call.args[1:])), **call.keywords}
    ndim = call.args[0].ndim
    axis = settings.get("axis")
    axis = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % ndim for i in axis), bool(settings.get("keepdims"))


def only_widens(item: Any) -> bool:
    """Whether an index does nothing but put in dimensions: ``..., None, :``."""
    parts = (index(item) or "").split(", ")
    return "None" in parts and set(parts) <= {"None", ":", "..."}


def widened(old: tuple, new: tuple) -> str:
    """The index that puts in dimensions of size 1, ``:, None``, or "" where that does not do."""
    if len(new) <= len(old) or [n for n in new if n != 1] != [n for n in old if n != 1]:
        return ""
    parts, rest = [], list(old)
    for n in new:
        if rest and n == rest[0]:
            rest.pop(0)
            parts.append(":")
        elif n == 1:
            parts.append("None")
    if rest:
        return ""
    while parts and parts[-1] == ":":
        parts.pop()
    if parts and set(parts[:-1]) == {":"} and len(parts) > 2:
        return "..., None"
    return ", ".join(parts)


def array_literal(x: np.ndarray) -> str:
    """An array as an expression."""
    long = max(range(x.ndim), key=lambda i: x.shape[i], default=0)
    n = x.shape[long] if x.ndim else 0
    if x.dtype == np.int64 and n == x.size > 1 and (x.ravel() == np.arange(n)).all():
        index = ", ".join(":" if i == long else "None" for i in range(x.ndim))
        return f"np.arange({n})" + (f"[{index}]" if x.ndim > 1 else "")
    if x.size > ONE_LINE:
        return "..." * ONE_LINE
    values = np.array([None] * x.size, dtype=object)
    values[:] = [literal(shortest(v)) for v in x.flat]
    inner = str(values.reshape(x.shape).tolist()).replace("'", "")
    dtype = "" if x.dtype in (np.int64, bool) else f", {literal(x.dtype)}"
    return f"np.array({inner}{dtype})"
