"""Arithmetic with broadcasting: + - * / and negation.

A VJP rule returns a cotangent of the broadcast shape; the walk sums it back to the operand's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import warns_caller
from ..primitives import Array, Operand, primitive, vjp_of
from .division import floor_divide, trunc_divide
from .elementwise import summand

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def _add(a: Operand, b: Operand) -> Array:
    return a + b


@vjp_of(_add, "a")
def add_da(g):
    return g


@vjp_of(_add, "b")
def add_db(g):
    return g


def add(a: Operand, b: Operand, *, alpha: float = 1) -> Tensor:
    """``a + alpha * b``. VJP: ``da = g``, ``db = alpha * g``.

    >>> import autograd
    >>> autograd.add(autograd.tensor([1.0, 2.0]), 1)
    tensor([2., 3.])
    """
    return _add(a, b if alpha == 1 else alpha * summand("add", a, b))


@primitive
def _sub(a: Operand, b: Operand) -> Array:
    return a - b


@vjp_of(_sub, "a")
def sub_da(g):
    return g


@vjp_of(_sub, "b")
def sub_db(g):
    return -g


def sub(a: Operand, b: Operand, *, alpha: float = 1) -> Tensor:
    """``a - alpha * b``. VJP: ``da = g``, ``db = -alpha * g``.

    >>> import autograd
    >>> autograd.sub(autograd.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return _sub(a, b if alpha == 1 else alpha * summand("sub", a, b))


@primitive
def mul(a: Operand, b: Operand) -> Array:
    """``a * b``. VJP: ``da = g * b``, ``db = g * a``.

    >>> import autograd
    >>> autograd.mul(autograd.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """
    return a * b


@vjp_of(mul, "a")
def mul_da(g, b):
    return g * b


@vjp_of(mul, "b")
def mul_db(g, a):
    return g * a


@primitive
@warns_caller
def _div(a: Operand, b: Operand) -> Array:
    return a / b


@vjp_of(_div, "a")
def div_da(g, b):
    return g / b


@vjp_of(_div, "b")
def div_db(g, a, b):
    return -g * ((a / b) / b)


def div(a: Operand, b: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """``a / b``; rounded down with ``rounding_mode="floor"``, towards 0 with ``"trunc"``.

    VJP: ``da = g / b``, ``db = -g * a / b**2``, and 0 where it is rounded.

    >>> import autograd
    >>> autograd.div(autograd.tensor([1.0, 2.0]), 2)
    tensor([0.5000, 1.0000])
    >>> autograd.div(autograd.tensor([-7, 7]), 2, rounding_mode="trunc")
    tensor([-3,  3])
    """
    if rounding_mode is None:
        return _div(a, b)
    if rounding_mode == "floor":
        return floor_divide(a, b)
    if rounding_mode == "trunc":
        return trunc_divide(a, b)
    raise ValueError(f"div: rounding_mode must be 'floor' or 'trunc', got {rounding_mode!r}")


@primitive
def neg(x: Operand) -> Array:
    """``-x``. VJP: ``dx = -g``.

    >>> import autograd
    >>> autograd.neg(autograd.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return -x


@vjp_of(neg, "x")
def neg_dx(g):
    return -g


def positive(x: Tensor) -> Tensor:
    """``x`` itself. Raises TypeError for booleans.

    >>> import autograd
    >>> +autograd.tensor([1.0, -2.0])
    tensor([ 1., -2.])
    """
    if x.dtype == bool:
        raise TypeError("positive: of booleans is not defined; convert them: x.int()")
    return x


def reciprocal(x: Operand) -> Tensor:
    """``1 / x``. VJP: ``dx = -g / x**2``.

    >>> import autograd
    >>> autograd.reciprocal(autograd.tensor([1.0, 4.0]))
    tensor([1.0000, 0.2500])
    """
    return _div(1, x)


for _op in (_add, _sub, mul, _div):
    _op.op.elementwise = True
