"""What an op is: a forward rule and, beside it, one VJP rule for each operand.

All of them are plain NumPy functions:

    @primitive
    def mul(a, b):
        return a * b

    @vjp_of(mul, "a")
    def mul_da(g, b):
        return g * b

A VJP rule takes the incoming cotangent ``g`` and then, by name, just what its formula
needs: an operand (``b``), the output (``y``), the shape of either (``b_shape``), and
every keyword of the forward rule. What no rule asks for is not saved.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

import numpy as np

import autograd.tensor as _tensor  # ops make Tensors, and Tensor's methods are ops

from . import observers
from .dtypes import computed, float32, float64
from .errors import ForeignOperand, explain_forward, warn_of_stretching
from .grad_mode import mode
from .graph import Node
from .memory import share_memory

if TYPE_CHECKING:
    from .tensor import Tensor

OPS: dict[str, list[Op]] = {}  # by name, for autograd.break_on
new = object.__new__
P = ParamSpec("P")
Rule: TypeAlias = Callable[..., Any]
Operand: TypeAlias = Any  # a Tensor, an ndarray, a number, or a list of numbers
Array: TypeAlias = Any  # an ndarray or a NumPy scalar


def primitive(forward: Callable[P, Any]) -> Callable[P, Tensor]:
    """Make an op of a forward rule: called with Tensors, it computes and records.

    Positional arguments are operands: Tensors, ndarrays or numbers. Keyword-only
    arguments are settings and must all be given. The rule itself sees only arrays.

    >>> import autograd, numpy as np
    >>> @primitive
    ... def cube(x):
    ...     return x ** 3
    >>> @vjp_of(cube, "x")
    ... def cube_dx(g, x):
    ...     return 3 * x**2 * g
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    tensor(12.)
    """
    op = Op(forward)
    OPS.setdefault(op.name, []).append(op)

    @wraps(forward)
    def recorded(*args: Any, **keywords: Any) -> Any:
        Tensor = _tensor.Tensor
        values: list = []
        parents: list = []
        wanted = dtype = None  # whether a gradient is, once there is a Tensor; of the first array
        mixed = False  # whether there are arrays of several dtypes
        try:
            for x in args:
                if isinstance(x, Tensor):
                    value = x._data
                    values.append(value)
                    if value.dtype is not dtype:
                        mixed = mixed or dtype is not None
                        dtype = value.dtype
                    if x._requires_grad:
                        parents.append(x.grad_fn or x)
                        wanted = True
                    else:
                        parents.append(None)
                        wanted = wanted or False
                else:
                    value = constant(op, x)
                    values.append(value)
                    mixed = mixed or getattr(value, "dtype", dtype) is not dtype
                    parents.append(None)
        except ForeignOperand:
            answer = answer_of(op, args)
            if answer is NotImplemented:
                raise
            return answer
        if wanted is None:  # no Tensor at all
            values = [Tensor(v)._data for v in values]
            mixed = True
        try:
            if not mixed and (dtype is float32 or dtype is float64):
                y = forward(*values, **keywords)
            else:
                y, values = computed(forward, values, keywords)
        except (ValueError, IndexError, TypeError, OverflowError) as error:
            raise explain_forward(op, args, values, keywords, error) from None
        try:
            kind, base = y.dtype.kind, y.base
        except AttributeError:
            raise TypeError(
                f"{op.name}: its forward rule must give an array, and gave {type(y).__name__}: "
                "it is given arrays, so use NumPy's functions in it and not autograd's, and return "
                "the result"
            ) from None
        out = new(Tensor)
        out._data = y
        if wanted and mode.recording and kind == "f":
            out.grad_fn = Node(op, args, keywords, parents, (y, *values))
            out._requires_grad = True
        elif observers.everything:
            out._node = Node(op, args, keywords, [None] * len(args), (y, *values))
        if base is not None:
            share_memory(args[0], out)
        elif y.ndim > 1 and op.stretches:
            a, b = map(np.shape, values)
            if a != y.shape != b:
                warn_of_stretching(op, a, b, y.shape)
        return out

    recorded.op = op  # type: ignore[attr-defined]
    return recorded


def vjp_of(op: Callable, operand: str) -> Callable[[Rule], Rule]:
    """Register the decorated function as the VJP rule of ``op`` for one operand.

    The rule takes the incoming cotangent ``g`` and by name what its formula needs: see
    the head of ``autograd/graph.py``. For an operand ``*xs`` the one rule serves all and
    gets the operand's position as ``i``. It need not undo broadcasting: the walk sums a
    cotangent of the broadcast shape back to the operand's own.
    """
    described: Op = op.op  # type: ignore[attr-defined]
    if operand not in described.operands:
        raise TypeError(f"{described.name} has no operand {operand!r}: {described.operands}")

    def register(rule: Rule) -> Rule:
        (_, *wanted), _, keywords = parameters_of(rule)
        if sorted(keywords) != sorted(described.keywords):
            raise TypeError(
                f"{rule.__name__} takes the keywords {keywords}, but {described.name} has "
                f"{described.keywords}; a VJP rule takes them all"
            )
        i = described.operands.index(operand)
        if described.rest == operand:
            described.rules = EachPosition(rule)
            described.complete = True
        else:
            described.saves[i] = Saves(wanted, described)
            described.rules[i] = (rule, described.saves[i].pick)
            described.complete = all(vjp for vjp, _ in described.rules)
        return rule

    return register


def stretches(*ops: Callable) -> None:
    """Have ops of two operands, which broadcast, warn where both of them are stretched."""
    for op in ops:
        op.op.stretches = True  # type: ignore[attr-defined]


def constant(op: Op, x: Any) -> Any:
    """An operand that is not a Tensor, as NumPy should see it.

    Numbers become Python numbers, which take the dtype of what they meet.
    """
    if isinstance(x, (float, int)):  # np.float64 is a float, and must not widen float32
        return float(x) if isinstance(x, float) else x if isinstance(x, bool) else int(x)
    if isinstance(x, np.ndarray | np.generic):
        if x.dtype.kind not in "fiub":
            raise TypeError(
                f"{op.name}: cannot work with {x.dtype} data; use floats, ints or bools"
            )
        return x.item() if isinstance(x, np.generic) else as_plain(op.name, x)
    if isinstance(x, list | tuple):
        return _tensor.Tensor(x)._data
    raise ForeignOperand(
        f"{op.name}: cannot work with {type(x).__name__}; "
        "operands are Tensors, NumPy arrays and numbers"
    )


def as_plain(name: str, x: np.ndarray) -> np.ndarray:
    """An ndarray itself: of a matrix, whose ``*`` would be another product, the array in it."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array would lose its mask; fill it first: x.filled(0)")
    return x if type(x) is np.ndarray else np.asarray(x)


def answer_of(op: Op, args: tuple) -> Any:
    """What a foreign operand makes of a Tensor by its reflected method, else NotImplemented."""
    method = REFLECTED.get(op.name)
    if method is None or len(args) != 2 or not isinstance(args[0], _tensor.Tensor):
        return NotImplemented
    return getattr(type(args[1]), method, lambda *args: NotImplemented)(args[1], args[0])


REFLECTED = {
    "add": "__radd__", "sub": "__rsub__", "mul": "__rmul__", "div": "__rtruediv__",
    "pow": "__rpow__", "matmul": "__rmatmul__", "remainder": "__rmod__",
    "floor_divide": "__rfloordiv__", "bitwise_and": "__rand__", "bitwise_or": "__ror__",
    "bitwise_xor": "__rxor__", "lt": "__gt__", "le": "__ge__", "gt": "__lt__", "ge": "__le__",
}  # fmt: skip


def on(x: Any, op: Callable) -> Callable:
    """``op`` as a VJP rule calls it: recorded if ``x`` is a Tensor, else its bare forward rule."""
    return op if isinstance(x, _tensor.Tensor) else op.op.forward  # type: ignore[attr-defined]


def as_one_call(function: Rule) -> Rule:
    """Have a function, for use in rules, ask its operands first, as NumPy's functions do.

    What follows NumPy's protocols without being an array then sees one call of ``function``.
    """

    @wraps(function)
    def call(*args: Any) -> Any:
        for x in args:
            ask = getattr(type(x), "__array_function__", None)
            if ask is not None and not isinstance(x, np.ndarray | np.generic):
                return ask(x, call, (type(x),), args, {})
        return function(*args)

    return call


def parameters_of(function: Rule) -> tuple[list[str], str | None, list[str]]:
    """The names of positional parameters, of ``*rest`` and of keyword-only ones.

    As ``inspect.signature`` has them, which is slow for the hundreds of rules there are.
    """
    code = inspect.unwrap(function).__code__
    count, last = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    rest = code.co_varnames[last] if code.co_flags & inspect.CO_VARARGS else None
    return list(code.co_varnames[:count]), rest, list(code.co_varnames[count:last])


class Op:
    """A differentiable operation: its name, forward rule and VJP rules."""

    def __init__(self, forward: Rule) -> None:
        self.name = forward.__name__.strip("_")
        self.forward = forward
        # ``rest`` is the operand ``*xs``, any number of them
        self.operands, self.rest, self.keywords = parameters_of(forward)
        self.operands += [self.rest] if self.rest else []
        # For each operand its VJP rule, and a function that picks what that needs.
        self.rules: Any = [(None, None)] * len(self.operands)
        self.saves = [Saves([], self)] * len(self.operands)
        self.stop = 0  # how many autograd.break_on there are for it
        self.stretches = False  # whether it warns where both of its operands are stretched
        self.complete = False  # until every operand has its VJP rule

    def check_rules(self, parents: list) -> None:
        """Raise TypeError where a gradient is wanted for an operand that has no VJP rule."""
        for operand, parent, (vjp, _) in zip(self.operands, parents, self.rules, strict=False):
            if parent is not None and vjp is None:
                raise TypeError(
                    f"{self.name}: has no VJP rule for {operand}. Define one with "
                    f'@autograd.vjp_of({self.name}, "{operand}"), or detach() the operand'
                )

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.operands)})>"


class EachPosition:
    """The rules of an op with any number of operands: one VJP rule, told the position."""

    def __init__(self, vjp: Rule) -> None:
        self.vjp = vjp

    def __iter__(self) -> Iterator[tuple[Rule, Callable]]:
        return ((self.vjp, lambda values, i=i: (i,)) for i in count())


class Saves:
    """What one VJP rule needs saved: picks it out of ``(y, *operands)``."""

    __slots__ = ("names", "pick", "positions")

    def __init__(self, names: Sequence[str], op: Op) -> None:
        known = ["y", *op.operands]
        self.names = tuple(names)
        bare = [name.removesuffix("_shape") for name in names]
        unknown = [name for name in bare if name not in known]
        if unknown:
            raise TypeError(
                f"a VJP rule of {op.name} asks for {', '.join(unknown)}; after g it may ask for "
                f"{', '.join(known)}, their shapes ({known[-1]}_shape) and the keywords"
            )
        self.positions: Any = tuple(
            slice(known.index(name), None) if name == op.rest else known.index(name)
            for name in bare
        )
        self.pick = self._picker()

    def _picker(self) -> Callable[[Any], tuple]:
        if any(name.endswith("_shape") for name in self.names):
            where = [
                (i, name.endswith("_shape"))
                for i, name in zip(self.positions, self.names, strict=True)
            ]
            if len(where) == 1:
                only = where[0][0]
                return lambda values: (getattr(values[only], "shape", ()),)
            return lambda values: tuple(
                [getattr(values[i], "shape", ()) if bare else values[i] for i, bare in where]
            )
        if len(self.positions) > 1:
            return itemgetter(*self.positions)
        if self.positions and isinstance(self.positions[0], slice):
            rest = self.positions[0]
            return lambda values: (values[rest],)
        first = self.positions[0] if self.positions else 0
        return itemgetter(slice(first, first + len(self.positions)))  # a tuple of one, or empty
