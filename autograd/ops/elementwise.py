"""Functions that work on each element by itself: powers, logarithms, relu, sigmoid, dtypes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dtypes import is_floating, numeric, result_type
from ..errors import warns_caller
from ..primitives import Array, Operand, primitive, vjp_of

if TYPE_CHECKING:
    from ..tensors import Tensor


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
    return np.where(x > 0, g, np.where(x < 0, -g, g * 0))


@primitive
@warns_caller
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
@warns_caller
def exp2(x: Operand) -> Array:
    """``2 ** x``. VJP: ``dx = g * y * log(2)`` with the output ``y``.

    >>> import autograd
    >>> autograd.exp2(autograd.tensor([0.0, 1.0]))
    tensor([1., 2.])
    """
    return np.exp2(x)


@vjp_of(exp2, "x")
def exp2_dx(g, y):
    return g * y * math.log(2)


@primitive
@warns_caller
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
@warns_caller
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
@warns_caller
def log2(x: Operand) -> Array:
    """The logarithm to base 2. VJP: ``dx = g / (x * log(2))``.

    >>> import autograd
    >>> autograd.log2(autograd.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return np.log2(x)


@vjp_of(log2, "x")
def log2_dx(g, x):
    return g / (x * math.log(2))


@primitive
@warns_caller
def log10(x: Operand) -> Array:
    """The logarithm to base 10. VJP: ``dx = g / (x * log(10))``.

    >>> import autograd
    >>> autograd.log10(autograd.tensor([1.0, 50.0]))
    tensor([0.0000, 1.6990])
    """
    return np.log10(x)


@vjp_of(log10, "x")
def log10_dx(g, x):
    return g / (x * math.log(10))


@primitive
@warns_caller
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
@warns_caller
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
def cbrt(x: Operand) -> Array:
    """The cube root. VJP: ``dx = g / (3 * y**2)`` with the output ``y``.

    >>> import autograd
    >>> autograd.cbrt(autograd.tensor([8.0, -27.0]))
    tensor([ 2.0000, -3.0000])
    """
    return np.cbrt(x)


@vjp_of(cbrt, "x")
def cbrt_dx(g, y):
    return g / (3 * y * y)


@primitive
@warns_caller
def logaddexp(a: Operand, b: Operand) -> Array:
    """``log(exp(a) + exp(b))`` without overflow.

    VJP: ``da = g * exp(a - y)``, ``db = g * exp(b - y)``.

    >>> import autograd
    >>> autograd.logaddexp(autograd.tensor([0.0, 100.0]), 0.0)
    tensor([  0.6931, 100.0000])
    """
    return np.logaddexp(a, b)


@vjp_of(logaddexp, "a")
def logaddexp_da(g, a, b):
    return g / (1 + np.exp(b - a))


@vjp_of(logaddexp, "b")
def logaddexp_db(g, a, b):
    return g / (1 + np.exp(a - b))


@primitive
def relu(x: Operand) -> Array:
    """``max(x, 0)``. VJP: ``dx = g`` where ``x`` is positive, so 0 at the kink.

    >>> import autograd
    >>> autograd.relu(autograd.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return np.maximum(x, 0)


@vjp_of(relu, "x")
def relu_dx(g, y):
    return np.where(y <= 0, 0, g)


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
@warns_caller
def _cast(x: Operand, *, dtype: np.dtype) -> Array:
    return x.astype(dtype)


@vjp_of(_cast, "x")
def cast_dx(g, *, dtype):
    return g


def summand(name: str, a: Any, b: Any) -> Any:
    """``b`` in the dtype of ``a + b``, to be multiplied. Raises TypeError where that is bool."""
    b = np.asarray(b) if isinstance(b, list | tuple) else b
    dtype = result_type(*[getattr(x, "_data", x) for x in (a, b)])
    if dtype == np.bool_:
        raise TypeError(f"{name}: booleans have no multiple by alpha; convert: a.int()")
    return to(b, dtype) if hasattr(b, "dtype") else b


def clone(x: Operand) -> Tensor:
    """A copy with memory of its own. VJP: ``g``.

    >>> import autograd
    >>> clone(autograd.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    return _cast(x, dtype=x.dtype)


def to(
    x: Tensor, *to: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
    copy: bool = False,
) -> Tensor:  # fmt: skip
    """``x`` in another dtype, or ``x`` itself where it has that one. VJP: ``g``, cast back.

    Takes a dtype, a Tensor that has it, or the device "cpu", in any order, and after them
    ``non_blocking``, which means nothing here, and ``copy``. Raises TypeError for a dtype that is
    not numeric and ValueError for another device.

    >>> import autograd
    >>> autograd.tensor([1, 2]).to(autograd.float32)
    tensor([1., 2.])
    """
    switches = [wanted for wanted in to if isinstance(wanted, bool)]
    copy = copy or switches[1:2] == [True]
    for wanted in to[: len(to) - len(switches)]:
        if hasattr(wanted, "grad_fn"):
            dtype = wanted.dtype
        elif is_device(wanted):
            device = wanted
        else:
            dtype = wanted
    if device is not None:
        check_device("to", device)
    dtype = x.dtype if dtype is None else numeric("to", dtype)
    return x if dtype == x.dtype and not copy else _cast(x, dtype=dtype)


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """``x`` in the dtype of ``other``.

    >>> import autograd
    >>> type_as(autograd.tensor([1, 2]), autograd.tensor(0.5))
    tensor([1., 2.])
    """
    return to(x, other.dtype)


def is_floating_point(x: Tensor) -> bool:
    """Whether ``x`` holds floats.

    >>> import autograd
    >>> is_floating_point(autograd.tensor([1.0])), is_floating_point(autograd.tensor([1]))
    (True, False)
    """
    return is_floating(x.dtype)


def is_device(x: Any) -> bool:
    """Whether ``x`` names a device, as "cpu", "cuda:0" and torch's devices do."""
    return str(x).split(":")[0] in ("cpu", "cuda", "mps", "xpu", "meta")


def check_device(name: str, device: Any) -> None:
    """Raise ValueError for a device other than the CPU."""
    if device is not None and str(device).split(":")[0] != "cpu":
        raise ValueError(f"{name}: there is no device {str(device)!r} here, only 'cpu'")


logaddexp.op.elementwise = True
