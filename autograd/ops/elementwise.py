"""Functions that work on each element by itself."""

from typing import Any

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of


@primitive
def abs(x: Operand) -> Array:
    """The absolute value. VJP: ``dx = g * sign(x)``, so 0 at the kink.

    >>> import autograd
    >>> autograd.abs(autograd.tensor([1.0, -2.0]))
    tensor([1., 2.])
    """
    return np.abs(x)


@vjp_of(abs, "x")
def abs_dx(g, x):
    return g * np.sign(x)


@primitive
def exp(x: Operand) -> Array:
    """``e ** x``. VJP: ``dx = g * y`` with the output ``y``.

    >>> import autograd
    >>> autograd.exp(autograd.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(x)


@vjp_of(exp, "x")
def exp_dx(g, y):
    return g * y


@primitive
def log(x: Operand) -> Array:
    """The natural logarithm. VJP: ``dx = g / x``.

    >>> import autograd
    >>> autograd.log(autograd.tensor([1.0, 2.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log(x)


@vjp_of(log, "x")
def log_dx(g, x):
    return g / x


@primitive
def sqrt(x: Operand) -> Array:
    """The square root. VJP: ``dx = g / (2 * y)`` with the output ``y``.

    >>> import autograd
    >>> autograd.sqrt(autograd.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return np.sqrt(x)


@vjp_of(sqrt, "x")
def sqrt_dx(g, y):
    return g / (2 * y)


@primitive
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
def relu(x: Operand) -> Array:
    """``max(x, 0)``. VJP: ``dx = g * (x > 0)``, so 0 at the kink.

    >>> import autograd
    >>> autograd.relu(autograd.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return np.maximum(x, 0)


@vjp_of(relu, "x")
def relu_dx(g, y):
    return g * (y > 0)


@primitive
@np.errstate(over="ignore")
def sigmoid(x: Operand) -> Array:
    """``1 / (1 + exp(-x))``. VJP: ``dx = g * (1 - y) * y`` with the output ``y``.

    ``exp(-x)`` may overflow to inf, and 1 / inf is the right result, so nothing warns.

    >>> import autograd
    >>> autograd.sigmoid(autograd.tensor([0.0, -1000.0]))
    tensor([0.5000, 0.0000])
    """
    return np.reciprocal(1.0 + np.exp(-x))


@vjp_of(sigmoid, "x")
def sigmoid_dx(g, y):
    return g * (1 - y) * y


@primitive
def maximum(a: Operand, b: Operand) -> Array:
    """The larger of each pair. VJP: ``g`` to the larger, half of it to each at a tie.

    >>> import autograd
    >>> autograd.maximum(autograd.tensor([1.0, 4.0]), autograd.tensor([3.0, 2.0]))
    tensor([3., 4.])
    """
    return np.maximum(a, b)


@vjp_of(maximum, "a")
def maximum_da(g, a, b):
    return g * (a > b) + g * (a == b) / 2


@vjp_of(maximum, "b")
def maximum_db(g, a, b):
    return g * (b > a) + g * (a == b) / 2


@primitive
def minimum(a: Operand, b: Operand) -> Array:
    """The smaller of each pair. VJP: ``g`` to the smaller, half of it to each at a tie.

    >>> import autograd
    >>> autograd.minimum(autograd.tensor([1.0, 4.0]), autograd.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.minimum(a, b)


@vjp_of(minimum, "a")
def minimum_da(g, a, b):
    return g * (a < b) + g * (a == b) / 2


@vjp_of(minimum, "b")
def minimum_db(g, a, b):
    return g * (b < a) + g * (a == b) / 2


@primitive
def where(condition: Operand, a: Operand, b: Operand) -> Array:
    """``a`` where ``condition`` holds, else ``b``. VJP: ``g`` to the one that was taken.

    >>> import autograd
    >>> x = autograd.tensor([-1.0, 2.0])
    >>> autograd.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    return np.where(condition, a, b)


@vjp_of(where, "a")
def where_da(g, condition):
    return np.where(condition, g, 0)


@vjp_of(where, "b")
def where_db(g, condition):
    return np.where(condition, 0, g)


@primitive
def _clip(x: Operand, *, min: Any, max: Any) -> Array:
    return np.clip(x, min, max)


@vjp_of(_clip, "x")
def clip_dx(g, x, *, min, max):
    inside = (True if min is None else x >= min) & (True if max is None else x <= max)
    return g * inside


def clip(x: Operand, min: float | None = None, max: float | None = None) -> Any:
    """``x`` held between ``min`` and ``max``. VJP: ``g`` within, limits included, else 0.

    >>> import autograd
    >>> autograd.clip(autograd.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("clip: give min, max or both")
    return _clip(x, min=min, max=max)


clamp = clip


@primitive
def _cast(x: Operand, *, dtype: np.dtype) -> Array:
    return dense(x).astype(dtype)


@vjp_of(_cast, "x")
def cast_dx(g, *, dtype):
    return g


def to(x: Operand, dtype: Any) -> Any:
    """``x`` in another dtype. VJP: ``g``, back in the dtype of ``x``.

    >>> import autograd
    >>> autograd.tensor([1, 2]).to(autograd.float32)
    tensor([1., 2.])
    """
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        raise TypeError(
            f"to: {dtype!r} is no dtype; give one such as autograd.float32. There are no devices"
        ) from None
    if hasattr(x, "grad_fn") and x.dtype == dtype:
        return x
    return _cast(x, dtype=dtype)


@primitive
def clone(x: Operand) -> Array:
    """A copy with memory of its own. VJP: ``g``.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0])
    >>> y = autograd.clone(x)
    >>> y[0] = 5
    >>> x
    tensor([1., 2.])
    """
    return np.copy(dense(x))


def dense(x):
    """``x``, or where elements of it are one, a copy in C order, as which it is to be copied."""
    return x.copy() if isinstance(x, np.ndarray) and 0 in x.strides else x


@vjp_of(clone, "x")
def clone_dx(g):
    return g


@primitive
def log1p(x: Operand) -> Array:
    """``log(1 + x)``, exact for small ``x``. VJP: ``dx = g / (1 + x)``.

    >>> import autograd
    >>> autograd.log1p(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log1p(x)


@vjp_of(log1p, "x")
def log1p_dx(g, x):
    return g / (1 + x)


@primitive
def expm1(x: Operand) -> Array:
    """``exp(x) - 1``, exact for small ``x``. VJP: ``dx = g * (y + 1)`` with the output ``y``.

    >>> import autograd
    >>> autograd.expm1(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return np.expm1(x)


@vjp_of(expm1, "x")
def expm1_dx(g, y):
    return g * (y + 1)


@primitive
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
def arctan2(a: Operand, b: Operand) -> Array:
    """The angle of the point ``(b, a)``.

    VJP: ``da = g * b / (a**2 + b**2)``, ``db = -g * a / (a**2 + b**2)``.

    >>> import autograd
    >>> autograd.arctan2(autograd.tensor([0.0, 1.0]), autograd.tensor([1.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan2(a, b)


@vjp_of(arctan2, "a")
def arctan2_da(g, a, b):
    return g * (b / (a * a + b * b))


@vjp_of(arctan2, "b")
def arctan2_db(g, a, b):
    return g * (-a / (a * a + b * b))


asin, acos, atan, atan2 = arcsin, arccos, arctan, arctan2


@primitive
def floor(x: Operand) -> Array:
    """The largest whole number that is not above. VJP: 0.

    >>> import autograd
    >>> autograd.floor(autograd.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return np.floor(x)


@vjp_of(floor, "x")
def floor_dx(g):
    return g * 0


@primitive
def ceil(x: Operand) -> Array:
    """The smallest whole number that is not below. VJP: 0.

    >>> import autograd
    >>> autograd.ceil(autograd.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return np.ceil(x)


@vjp_of(ceil, "x")
def ceil_dx(g):
    return g * 0


@primitive
def trunc(x: Operand) -> Array:
    """The whole part. VJP: 0.

    >>> import autograd
    >>> autograd.trunc(autograd.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return np.trunc(x)


@vjp_of(trunc, "x")
def trunc_dx(g):
    return g * 0


@primitive
def sign(x: Operand) -> Array:
    """-1, 0 or 1. VJP: 0.

    >>> import autograd
    >>> autograd.sign(autograd.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return np.sign(x)


@vjp_of(sign, "x")
def sign_dx(g):
    return g * 0


@primitive
def _round(x: Operand, *, decimals: int) -> Array:
    return np.round(x, decimals)


@vjp_of(_round, "x")
def round_dx(g, *, decimals):
    return g * 0


def round(x: Operand, decimals: int = 0) -> Any:
    """The nearest number with ``decimals`` decimals, the even one of two. VJP: 0.

    >>> import autograd
    >>> autograd.round(autograd.tensor([1.4, 1.5, 2.5]))
    tensor([1., 2., 2.])
    """
    return _round(x, decimals=decimals)


def square(x: Operand) -> Any:
    """``x * x``.

    >>> import autograd
    >>> autograd.square(autograd.tensor([1.0, -3.0]))
    tensor([1., 9.])
    """
    return x * x
