"""Operands as an op takes them, which are Tensors, arrays and numbers, and as its rules do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from . import observers
from .arrays import as_plain
from .dtypes import can_be_held
from .errors import ForeignOperand
from .rules import Op, Rule
from .tensors import Tensor


def as_numpy(op: Any, x: Any) -> Any:
    """An operand that is not a Tensor, as NumPy should see it.

    Numbers become Python numbers, which take the dtype of what they meet.
    """
    if isinstance(x, (float, int)):  # np.float64 is a float, and must not widen float32
        return float(x) if isinstance(x, float) else x if isinstance(x, bool) else int(x)
    if isinstance(x, np.ndarray | np.generic):
        if not can_be_held(x.dtype):
            raise TypeError(
                f"{op.name}: cannot work with {x.dtype} data; use floats, ints or bools of up to "
                "64 bits"
            )
        return x.item() if isinstance(x, np.generic) else as_plain(op.name, x)
    if isinstance(x, list | tuple):
        return Tensor(x)._data
    raise ForeignOperand(
        f"{op.name}: cannot work with {type(x).__name__}; "
        "operands are Tensors, NumPy arrays and numbers"
    )


def numbers_of(x: Any, how: str) -> np.ndarray:
    """An operand's numbers for what no op records, such as the size of a result.

    Who records a program is asked, and refuses what varies.
    """
    if observers.asked and isinstance(x, Tensor):
        observers.tell(observers.asked, x, how)
    return np.asarray(getattr(x, "_data", x))


def laid_out(op: Op, y: Any, operands: list) -> Any:
    """The result of an op, copied if it is to have memory of its own or another order there."""
    shares = any(isinstance(x, np.ndarray) and np.may_share_memory(x, y) for x in operands)
    order = order_of(op, y, operands, shares)
    return y if order is None else y.copy(order=order)


def order_of(op: Op, y: Any, operands: list, shares: bool) -> Any:
    """How a result is to be copied: in "C" order, in its own order, "K", or, None, not at all.

    ``shares`` tells whether it lies in the memory of an operand, as only views may. Ops along
    dimensions lay out their results in C order; others keep the order of their operands.
    """
    if shares:
        return None if op.gives_views else "C" if 0 in y.strides else "K"
    expanded = op.copies and 0 in getattr(operands[0], "strides", ())
    ordered = op.gives_views or op.goes_along or expanded
    return "C" if ordered and y.ndim > 1 and not y.flags.c_contiguous else None


def answer_of(op: Any, args: tuple) -> Any:
    """What a foreign operand makes of a Tensor by its reflected method, else NotImplemented."""
    method = REFLECTED.get(op.name)
    if method is None or len(args) != 2 or not isinstance(args[0], Tensor):
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
    return op if isinstance(x, Tensor) else op.op.forward  # type: ignore[attr-defined]


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
