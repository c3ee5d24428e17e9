"""Questions about values: their answers are booleans or integers and carry no gradient."""

import numpy as np

from ..primitives import Array, Operand, primitive
from ..tensors import Tensor
from .reductions import Dim, settings


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
def logical_and(a: Operand, b: Operand) -> Array:
    """``a & b`` of booleans."""
    return np.bitwise_and(a, b)


@primitive
def logical_or(a: Operand, b: Operand) -> Array:
    """``a | b`` of booleans."""
    return np.bitwise_or(a, b)


@primitive
def logical_not(x: Operand) -> Array:
    """``~x`` of booleans."""
    return np.invert(x)


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
def _all(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.all(x, axis=axis, keepdims=keepdims)


@primitive
def _any(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.any(x, axis=axis, keepdims=keepdims)


def all(x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> Tensor:
    """Whether all elements are true, over ``dim`` or altogether.

    >>> import autograd
    >>> all(autograd.tensor([1.0, 2.0]) > 1)
    tensor(False)
    """
    return _all(x, **settings(dim, keepdim, axis, False))


def any(x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> Tensor:
    """Whether any element is true, over ``dim`` or altogether.

    >>> import autograd
    >>> any(autograd.tensor([1.0, 2.0]) > 1)
    tensor(True)
    """
    return _any(x, **settings(dim, keepdim, axis, False))
