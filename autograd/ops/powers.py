"""Powers: **, and the square."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import get_default_dtype
from ..errors import warns_caller
from ..primitives import Array, Operand, primitive, vjp_of
from .arithmetic import reciprocal
from .elementwise import sqrt, to

if TYPE_CHECKING:
    from ..tensors import Tensor


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
    return np.where(zero & ~np.isfinite(g), 0, g) * (b * base ** (b - 1))


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
    if isinstance(b, float) and getattr(a, "dtype", None) == np.dtype(bool):
        a = to(a, get_default_dtype())  # NumPy before 2.2 makes integers of the square of booleans
    for x in (b, a):
        if isinstance(x, int | float) and x != 0:
            return _pow(a, b)
    return _pow_(a, b)


def square(x: Operand) -> Tensor:
    """``x ** 2``. VJP: ``dx = g * 2 * x``.

    >>> import autograd
    >>> autograd.square(autograd.tensor([1.0, -3.0]))
    tensor([1., 9.])
    """
    return pow(x, 2)


def rsqrt(x: Operand) -> Tensor:
    """``1 / sqrt(x)``. VJP: ``dx = -g / 2 * x**(-3/2)``.

    >>> import autograd
    >>> autograd.rsqrt(autograd.tensor([1.0, 4.0]))
    tensor([1.0000, 0.5000])
    """
    return reciprocal(sqrt(x))


for _op in (_pow, _pow_):
    _op.op.elementwise = True
