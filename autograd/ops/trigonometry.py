"""Circular and hyperbolic functions, and angles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..errors import warns_caller
from ..operands import as_one_call, on
from ..primitives import Array, Operand, primitive, vjp_of
from .arithmetic import mul

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
@warns_caller
def sin(x: Operand) -> Array:
    """The sine. VJP: ``dx = g * cos(x)``.

    >>> import autograd
    >>> autograd.sin(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return np.sin(x)


@vjp_of(sin, "x")
def sin_dx(g, x):
    return g * np.cos(x)


@primitive
@warns_caller
def cos(x: Operand) -> Array:
    """The cosine. VJP: ``dx = -g * sin(x)``.

    >>> import autograd
    >>> autograd.cos(autograd.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return np.cos(x)


@vjp_of(cos, "x")
def cos_dx(g, x):
    return -g * np.sin(x)


@primitive
@warns_caller
def tan(x: Operand) -> Array:
    """The tangent. VJP: ``dx = g * (1 + y**2)`` with the output ``y``.

    >>> import autograd
    >>> autograd.tan(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return np.tan(x)


@vjp_of(tan, "x")
def tan_dx(g, y):
    return g * (1 + y * y)


@primitive
@warns_caller
def arcsin(x: Operand) -> Array:
    """The inverse sine. VJP: ``dx = g / sqrt(1 - x**2)``.

    >>> import autograd
    >>> autograd.arcsin(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return np.arcsin(x)


@vjp_of(arcsin, "x")
def arcsin_dx(g, x):
    return g / np.sqrt(1 - x * x)


@primitive
@warns_caller
def arccos(x: Operand) -> Array:
    """The inverse cosine. VJP: ``dx = -g / sqrt(1 - x**2)``.

    >>> import autograd
    >>> autograd.arccos(autograd.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return np.arccos(x)


@vjp_of(arccos, "x")
def arccos_dx(g, x):
    return -g / np.sqrt(1 - x * x)


@primitive
def arctan(x: Operand) -> Array:
    """The inverse tangent. VJP: ``dx = g / (1 + x**2)``.

    >>> import autograd
    >>> autograd.arctan(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan(x)


@vjp_of(arctan, "x")
def arctan_dx(g, x):
    return g / (1 + x * x)


@primitive
@warns_caller
def sinh(x: Operand) -> Array:
    """The hyperbolic sine. VJP: ``dx = g * cosh(x)``.

    >>> import autograd
    >>> autograd.sinh(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return np.sinh(x)


@vjp_of(sinh, "x")
def sinh_dx(g, x):
    return g * np.cosh(x)


@primitive
@warns_caller
def cosh(x: Operand) -> Array:
    """The hyperbolic cosine. VJP: ``dx = g * sinh(x)``.

    >>> import autograd
    >>> autograd.cosh(autograd.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return np.cosh(x)


@vjp_of(cosh, "x")
def cosh_dx(g, x):
    return g * np.sinh(x)


@primitive
def tanh(x: Operand) -> Array:
    """The hyperbolic tangent. VJP: ``dx = g * (1 - y**2)`` with the output ``y``.

    >>> import autograd
    >>> autograd.tanh(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(x)


@vjp_of(tanh, "x")
def tanh_dx(g, y):
    return g * (1 - y * y)


@primitive
def arcsinh(x: Operand) -> Array:
    """The inverse hyperbolic sine. VJP: ``dx = g / sqrt(x**2 + 1)``.

    >>> import autograd
    >>> autograd.arcsinh(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return np.arcsinh(x)


@vjp_of(arcsinh, "x")
def arcsinh_dx(g, x):
    return g / np.sqrt(x * x + 1)


@primitive
@warns_caller
def arccosh(x: Operand) -> Array:
    """The inverse hyperbolic cosine. VJP: ``dx = g / sqrt(x**2 - 1)``.

    >>> import autograd
    >>> autograd.arccosh(autograd.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return np.arccosh(x)


@vjp_of(arccosh, "x")
def arccosh_dx(g, x):
    return g / np.sqrt(x * x - 1)


@primitive
@warns_caller
def arctanh(x: Operand) -> Array:
    """The inverse hyperbolic tangent. VJP: ``dx = g / (1 - x**2)``.

    >>> import autograd
    >>> autograd.arctanh(autograd.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return np.arctanh(x)


@vjp_of(arctanh, "x")
def arctanh_dx(g, x):
    return g / (1 - x * x)


@primitive
def arctan2(a: Operand, b: Operand) -> Array:
    """The angle of the point ``(b, a)``.

    VJP: ``da = g * b / (a**2 + b**2)``, ``db = -g * a / (a**2 + b**2)``, and 0 at (0, 0).

    >>> import autograd
    >>> autograd.arctan2(autograd.tensor([0.0, 1.0]), autograd.tensor([1.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan2(a, b)


@vjp_of(arctan2, "a")
def arctan2_da(g, a, b):
    return over_square(g, b, np.hypot(a, b))


@vjp_of(arctan2, "b")
def arctan2_db(g, a, b):
    return over_square(g, -1.0 * a, np.hypot(a, b))


def over_square(g, x, r):
    """``g * x / r**2``, and 0 where ``r`` is 0."""
    return np.where(r == 0, 0, g * (x / np.where(r == 0, 1, r * r)))


@primitive
@warns_caller
def hypot(a: Operand, b: Operand) -> Array:
    """``sqrt(a**2 + b**2)`` without overflow. VJP: ``da = g * a / y``, ``db = g * b / y``.

    >>> import autograd
    >>> autograd.hypot(autograd.tensor([3.0]), autograd.tensor([4.0]))
    tensor([5.])
    """
    return np.hypot(a, b)


@vjp_of(hypot, "a")
def hypot_da(g, y, a):
    return g * (a / y)


@vjp_of(hypot, "b")
def hypot_db(g, y, b):
    return g * (b / y)


@primitive
def sinc(x: Operand) -> Array:
    """``sin(pi * x) / (pi * x)``, and 1 at 0. VJP: ``dx = g * (cos(pi * x) - y) / x``, 0 at 0.

    Near 0, where the difference would round away, it and the further derivatives are series.

    >>> import autograd
    >>> autograd.sinc(autograd.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    return np.sinc(x)


@vjp_of(sinc, "x")
def sinc_dx(g, x):
    return g * on(x, _slope_of_sinc)(x, order=1)


@primitive
def _slope_of_sinc(x: Operand, *, order: int) -> Array:
    """The derivative of some order."""
    return slope_of_sinc(x, order)


@vjp_of(_slope_of_sinc, "x")
def slope_of_sinc_dx(g, x, *, order):
    return g * on(x, _slope_of_sinc)(x, order=order + 1)


@as_one_call
def slope_of_sinc(x: Array, order: int) -> Array:
    """A derivative of sinc: by its series within 1 of 0, and beyond by that of lower order."""
    near = np.abs(x) < 1
    z, far = math.pi * np.where(near, x, 0), np.where(near, 1, x)
    y = np.sinc(far)
    for n in range(1, order + 1):  # the n-th derivative of x * sinc(x) = sin(pi * x) / pi
        wave = np.sin(math.pi * far + n * math.pi / 2)
        y = (math.pi ** (n - 1) * wave - n * y) / far
    odd, first, series = order % 2, (order + 1) // 2, 0 * z
    for k in reversed(range(first, first + 16)):  # (-1)**k * z**(2*k) / (2*k + 1)!, derived
        below = math.factorial(2 * k - order) * (2 * k + 1)
        series = series * z * z + (-1) ** k / below
    return np.where(near, math.pi**order * z**odd * series, y)


def deg2rad(x: Operand) -> Tensor:
    """Degrees as radians: ``x * pi / 180``.

    >>> import autograd
    >>> autograd.deg2rad(autograd.tensor([180.0]))
    tensor([3.1416])
    """
    return mul(x, math.pi / 180)


def rad2deg(x: Operand) -> Tensor:
    """Radians as degrees: ``x * 180 / pi``.

    >>> import autograd
    >>> autograd.rad2deg(autograd.tensor([math.pi]))
    tensor([180.])
    """
    return mul(x, 180 / math.pi)


asin, acos, atan, atan2 = arcsin, arccos, arctan, arctan2
asinh, acosh, atanh = arcsinh, arccosh, arctanh

for _op in (arctan2, hypot):
    _op.op.elementwise = True
