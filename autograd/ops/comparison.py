"""Questions about values: their answers are booleans and carry no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..primitives import Array, Operand, primitive
from .dims import Dim, settings, shape_of

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def eq(a: Operand, b: Operand) -> Array:
    """``a == b``, element by element."""
    return np.equal(a, b)


@primitive
def ne(a: Operand, b: Operand) -> Array:
    """``a != b``, element by element."""
    return np.not_equal(a, b)


@primitive
def lt(a: Operand, b: Operand) -> Array:
    """``a < b``, element by element."""
    return np.less(a, b)


@primitive
def le(a: Operand, b: Operand) -> Array:
    """``a <= b``, element by element."""
    return np.less_equal(a, b)


@primitive
def gt(a: Operand, b: Operand) -> Array:
    """``a > b``, element by element."""
    return np.greater(a, b)


@primitive
def ge(a: Operand, b: Operand) -> Array:
    """``a >= b``, element by element."""
    return np.greater_equal(a, b)


@primitive
def bitwise_and(a: Operand, b: Operand) -> Array:
    """``a & b`` of booleans, or of the bits of integers."""
    return np.bitwise_and(a, b)


@primitive
def bitwise_or(a: Operand, b: Operand) -> Array:
    """``a | b`` of booleans, or of the bits of integers."""
    return np.bitwise_or(a, b)


@primitive
def bitwise_xor(a: Operand, b: Operand) -> Array:
    """``a ^ b`` of booleans, or of the bits of integers."""
    return np.bitwise_xor(a, b)


@primitive
def bitwise_not(x: Operand) -> Array:
    """``~x`` of booleans, or of the bits of integers."""
    return np.invert(x)


@primitive
def logical_and(a: Operand, b: Operand) -> Array:
    """Whether both are true; a number is true unless it is 0."""
    return np.logical_and(a, b)


@primitive
def logical_or(a: Operand, b: Operand) -> Array:
    """Whether one or both are true; a number is true unless it is 0."""
    return np.logical_or(a, b)


@primitive
def logical_xor(a: Operand, b: Operand) -> Array:
    """Whether just one is true; a number is true unless it is 0."""
    return np.logical_xor(a, b)


@primitive
def logical_not(x: Operand) -> Array:
    """Whether it is not true; a number is true unless it is 0."""
    return np.logical_not(x)


@primitive
def isnan(x: Operand) -> Array:
    """Whether each element is NaN."""
    return np.isnan(x)


@primitive
def isinf(x: Operand) -> Array:
    """Whether each element is infinite."""
    return np.isinf(x)


@primitive
def isfinite(x: Operand) -> Array:
    """Whether each element is neither NaN nor infinite."""
    return np.isfinite(x)


@primitive
def _isclose(a: Operand, b: Operand, *, rtol: float, atol: float, equal_nan: bool) -> Array:
    return np.isclose(a, b, rtol, atol, equal_nan)


for _op in (
    eq, ne, lt, le, gt, ge, bitwise_and, bitwise_or, bitwise_xor, logical_and, logical_or,
    logical_xor, _isclose,
):  # fmt: skip
    _op.op.elementwise = True


def isclose(
    a: Operand, b: Operand, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Whether ``|a - b| <= atol + rtol * |b|``, element by element.

    >>> import autograd
    >>> isclose(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    return _isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(
    a: Operand, b: Operand, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether ``isclose`` holds everywhere.

    >>> import autograd
    >>> allclose(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 2.1]))
    False
    """
    return bool(isclose(a, b, rtol, atol, equal_nan).all())


def equal(a: Operand, b: Operand) -> bool:
    """Whether two tensors have one shape and the same elements.

    >>> import autograd
    >>> equal(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 2.0]))
    True
    """
    return shape_of(a) == shape_of(b) and bool(eq(a, b).all())


@primitive
def _all(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.all(x, axis=axis, keepdims=keepdims)


@primitive
def _any(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.any(x, axis=axis, keepdims=keepdims)


def all(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: bool = False
) -> Tensor:
    """Whether all elements are true, over ``dim`` or altogether.

    >>> import autograd
    >>> all(autograd.tensor([1.0, 2.0]) > 1)
    tensor(False)
    """
    return truth(x, _all(x, **settings("all", x, dim, keepdim, axis, keepdims, True)))


def any(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: bool = False
) -> Tensor:
    """Whether any element is true, over ``dim`` or altogether.

    >>> import autograd
    >>> any(autograd.tensor([1.0, 2.0]) > 1)
    tensor(True)
    """
    return truth(x, _any(x, **settings("any", x, dim, keepdim, axis, keepdims, True)))


def truth(x: Operand, answer: Tensor) -> Tensor:
    """The answer for ``x``: of uint8 it is uint8, as in torch."""
    return answer.to(np.uint8) if getattr(x, "dtype", None) == np.uint8 else answer
