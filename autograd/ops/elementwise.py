"""Functions that work on each element by itself."""

from typing import Any

import numpy as np

from ..primitive import Array, Operand, primitive, vjp_of


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
def sigmoid(x: Operand) -> Array:
    """``1 / (1 + exp(-x))``. VJP: ``dx = g * (1 - y) * y`` with the output ``y``.

    ``exp(-x)`` may overflow to inf, and 1 / inf is the right result, so nothing warns.

    >>> import autograd
    >>> autograd.sigmoid(autograd.tensor([0.0, -1000.0]))
    tensor([0.5000, 0.0000])
    """
    with np.errstate(over="ignore"):
        return np.reciprocal(np.exp(-x) + 1.0)


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
    return x.astype(dtype)


@vjp_of(_cast, "x")
def cast_dx(g, *, dtype):
    return g


def to(x: Operand, dtype: Any) -> Any:
    """``x`` in another dtype. VJP: ``g``, back in the dtype of ``x``.

    >>> import autograd
    >>> autograd.tensor([1, 2]).to(autograd.float32)
    tensor([1., 2.])
    """
    return _cast(x, dtype=np.dtype(dtype))
