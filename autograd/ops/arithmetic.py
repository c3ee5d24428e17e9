"""Arithmetic with broadcasting: + - * / // % **, negation and the square.

A VJP rule returns a cotangent of the broadcast shape; the walk sums it back to the
operand's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import warns_caller
from ..primitive import Array, Operand, primitive, stretches, vjp_of

if TYPE_CHECKING:
    from ..tensor import Tensor


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
    return _add(a, b if alpha == 1 else mul(alpha, b))


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
    return _sub(a, b if alpha == 1 else mul(alpha, b))


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
        return _trunc_divide(a, b)
    raise ValueError(f"div: rounding_mode must be 'floor' or 'trunc', got {rounding_mode!r}")


@primitive
@warns_caller
def floor_divide(a: Operand, b: Operand) -> Array:
    """``a // b``, rounded down. VJP: 0.

    >>> import autograd
    >>> autograd.tensor([-7, 7]) // 2
    tensor([-4,  3])
    """
    return np.floor_divide(a, b)


@primitive
@warns_caller
def _trunc_divide(a: Operand, b: Operand) -> Array:
    if np.result_type(a, b).kind == "f":
        return np.trunc(a / b)
    return np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))


@vjp_of(floor_divide, "a")
@vjp_of(floor_divide, "b")
@vjp_of(_trunc_divide, "a")
@vjp_of(_trunc_divide, "b")
def floor_divide_dab(g):
    return np.zeros_like(g)


@primitive
@warns_caller
def remainder(a: Operand, b: Operand) -> Array:
    """``a % b``, with the sign of ``b``. VJP: ``da = g``, ``db = -g * (a // b)``.

    >>> import autograd
    >>> autograd.tensor([-7.0, 7.0]) % 3
    tensor([2., 1.])
    """
    return np.remainder(a, b)


@vjp_of(remainder, "a")
def remainder_da(g):
    return g


@vjp_of(remainder, "b")
def remainder_db(g, a, b):
    return -g * np.floor_divide(a, b)


@primitive
@warns_caller
def _pow(a: Operand, b: Operand) -> Array:
    """A power with an exponent or a base that is a number, and not 0."""
    return a**b


@vjp_of(_pow, "a")
def pow_da(g, a, b):
    return g * (b * a ** (b - 1))


@vjp_of(_pow, "b")
def pow_db(g, y, a):
    return g * (y * np.log(a))


@primitive
@warns_caller
def _pow_(a: Operand, b: Operand) -> Array:
    """A power with a base and an exponent that may be 0."""
    return a**b


@vjp_of(_pow_, "a")
def any_pow_da(g, a, b):
    zero = b == 0
    base = np.where(zero & ((a == 0) | (a != a)), 1, a)
    return np.where(zero & np.isinf(g), 0, g) * (b * base ** (b - 1))


@vjp_of(_pow_, "b")
def any_pow_db(g, y, a, b):
    zero = (a == 0) & (b >= 0)
    return np.where(zero, 0, g * (y * np.log(np.where(zero, 1.0, a))))


def pow(a: Operand, b: Operand) -> Tensor:
    """``a ** b``. VJP: ``da = g * b * a**(b - 1)``, ``db = g * a**b * log(a)``.

    ``da`` is 0 where ``b`` is 0, and ``db`` is 0 where ``a`` is 0, as in torch.

    >>> import autograd
    >>> autograd.pow(autograd.tensor([1.0, 2.0]), 3)
    tensor([1., 8.])
    """
    for x in (b, a):
        if isinstance(x, int | float) and x != 0:
            return _pow(a, b)
    return _pow_(a, b)


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


def square(x: Operand) -> Tensor:
    """``x ** 2``. VJP: ``dx = g * 2 * x``.

    >>> import autograd
    >>> autograd.square(autograd.tensor([1.0, -3.0]))
    tensor([1., 9.])
    """
    return pow(x, 2)


def reciprocal(x: Operand) -> Tensor:
    """``1 / x``. VJP: ``dx = -g / x**2``.

    >>> import autograd
    >>> autograd.reciprocal(autograd.tensor([1.0, 4.0]))
    tensor([1.0000, 0.2500])
    """
    return _div(1, x)


stretches(_add, _sub, mul, _div, _pow, _pow_, floor_divide, _trunc_divide, remainder)
