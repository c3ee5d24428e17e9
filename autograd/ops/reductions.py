"""Reductions over all dimensions or over some: sum, mean, var, max, min."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of
from .elementwise import clone, sqrt
from .shape import concatenate

Dim = int | tuple[int, ...] | None


def settings(dim: Dim, keepdim: bool, axis: Dim, keepdims: bool) -> dict[str, Any]:
    """torch's ``dim``/``keepdim`` or NumPy's ``axis``/``keepdims``, as one."""
    if dim is not None and axis is not None:
        raise TypeError("give dim or axis, not both: they are two names of one setting")
    axis = axis if dim is None else dim
    axis = tuple(axis) if isinstance(axis, list) else axis
    return {"axis": axis, "keepdims": keepdim or keepdims}


def unreduce(r, axis, keepdims):
    """A reduced value with its reduced dimensions back, of size 1, so that it broadcasts."""
    return r if keepdims or axis is None else np.expand_dims(r, axis)


@primitive
def _sum(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.sum(x, axis=axis, keepdims=keepdims)


@vjp_of(_sum, "x")
def sum_dx(g, x_shape, *, axis, keepdims):
    return np.broadcast_to(unreduce(g, axis, keepdims), x_shape)


def sum(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: bool = False
) -> Any:
    """The sum over ``dim``, or over everything. VJP: ``dx = g``, broadcast to the shape of ``x``.

    ``axis`` and ``keepdims`` are NumPy's names for ``dim`` and ``keepdim``.

    >>> import autograd
    >>> autograd.sum(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    return _sum(x, **settings(dim, keepdim, axis, keepdims))


@primitive
def _mean(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.mean(x, axis=axis, keepdims=keepdims)


@vjp_of(_mean, "x")
def mean_dx(g, y_shape, x_shape, *, axis, keepdims):
    return np.broadcast_to(unreduce(g / count(x_shape, y_shape), axis, keepdims), x_shape)


def count(x_shape, y_shape):
    """How many elements of ``x`` went into each of ``y``."""
    return math.prod(x_shape) // (math.prod(y_shape) or 1)


def mean(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: bool = False
) -> Any:
    """The mean over ``dim``, or over everything. VJP: ``dx = g / n`` for a mean of ``n`` elements.

    >>> import autograd
    >>> autograd.mean(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    return _mean(x, **settings(dim, keepdim, axis, keepdims))


@primitive
def _var(x: Operand, *, axis: Dim, keepdims: bool, correction: int) -> Array:
    return np.var(x, axis=axis, keepdims=keepdims, ddof=correction)


@vjp_of(_var, "x")
def var_dx(g, y_shape, x, *, axis, keepdims, correction):
    n = count(x.shape, y_shape)
    return unreduce(g, axis, keepdims) * (2 / (n - correction)) * (x - x.mean(axis, keepdims=True))


def var(
    x: Operand,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    axis: Dim = None,
    keepdims: bool = False,
    correction: int = 1,
) -> Any:
    """The variance over ``dim``, or over everything, divided by ``n - correction``.

    ``correction`` is 1 as in torch; NumPy's ``var`` has 0.
    VJP: ``dx = g * 2 * (x - mean(x)) / (n - correction)``.

    >>> import autograd
    >>> autograd.var(autograd.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _var(x, **settings(dim, keepdim, axis, keepdims), correction=correction)


@primitive
def _amax(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.max(x, axis=axis, keepdims=keepdims)


@primitive
def _amin(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.min(x, axis=axis, keepdims=keepdims)


@vjp_of(_amax, "x")
@vjp_of(_amin, "x")
def extreme_dx(g, y, x, *, axis, keepdims):
    chosen = x == unreduce(y, axis, keepdims)
    return unreduce(g, axis, keepdims) * chosen / chosen.sum(axis=axis, keepdims=True)


def amax(x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None,
         keepdims: bool = False) -> Any:  # fmt: skip
    """The largest element over ``dim``, or of all. VJP: ``g``, shared evenly by ties.

    >>> import autograd
    >>> autograd.amax(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([3., 4.])
    """
    return _amax(x, **settings(dim, keepdim, axis, keepdims))


def amin(x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None,
         keepdims: bool = False) -> Any:  # fmt: skip
    """The smallest element over ``dim``, or of all. VJP: ``g``, shared evenly by ties.

    >>> import autograd
    >>> autograd.amin(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([1., 2.])
    """
    return _amin(x, **settings(dim, keepdim, axis, keepdims))


class Extreme(NamedTuple):
    """What ``max`` and ``min`` over a dimension give: the values and where they were."""

    values: Any
    indices: Any


def max(
    x: Operand, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None
) -> Any:
    """The largest element; over ``dim`` a pair ``(values, indices)``, as in torch.

    VJP: ``g`` to the largest; of equals, all share it evenly without ``dim``, and the
    first gets it all with ``dim``.

    >>> import autograd
    >>> autograd.max(autograd.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    Extreme(values=tensor([5., 4.]), indices=tensor([1, 1]))
    """
    over = settings(dim, keepdim, axis, False)
    return amax(x) if over["axis"] is None else Extreme(_max(x, **over), _argmax(x, **over))


def min(
    x: Operand, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None
) -> Any:
    """The smallest element; over ``dim`` a pair ``(values, indices)``, as in torch.

    VJP: ``g`` to the smallest; of equals, all share it evenly without ``dim``, and the
    first gets it all with ``dim``.

    >>> import autograd
    >>> autograd.min(autograd.tensor([1.0, 5.0]))
    tensor(1.)
    """
    over = settings(dim, keepdim, axis, False)
    return amin(x) if over["axis"] is None else Extreme(_min(x, **over), _argmin(x, **over))


@primitive
def _max(x: Operand, *, axis: int, keepdims: bool) -> Array:
    return np.max(x, axis=axis, keepdims=keepdims)


@primitive
def _min(x: Operand, *, axis: int, keepdims: bool) -> Array:
    return np.min(x, axis=axis, keepdims=keepdims)


@vjp_of(_max, "x")
def max_dx(g, x, *, axis, keepdims):
    return to_chosen(unreduce(g, axis, keepdims), np.argmax(x, axis=axis, keepdims=True), x, axis)


@vjp_of(_min, "x")
def min_dx(g, x, *, axis, keepdims):
    return to_chosen(unreduce(g, axis, keepdims), np.argmin(x, axis=axis, keepdims=True), x, axis)


def to_chosen(g, index, x, axis):
    """``g`` where the index along ``axis`` is the chosen one, else 0."""
    places = np.arange(x.shape[axis]).reshape(-1, *(1,) * (x.ndim - 1 - axis % x.ndim))
    return np.where(places == index, g, 0)


@primitive
def _argmax(x: Operand, *, axis: int | None, keepdims: bool) -> Array:
    return np.argmax(x, axis=axis, keepdims=keepdims)


@primitive
def _argmin(x: Operand, *, axis: int | None, keepdims: bool) -> Array:
    return np.argmin(x, axis=axis, keepdims=keepdims)


def argmax(x: Operand, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the largest element is, along ``dim`` or in the flattened tensor.

    >>> import autograd
    >>> argmax(autograd.tensor([1.0, 3.0, 2.0]))
    tensor(1)
    """
    return _argmax(x, axis=dim, keepdims=keepdim)


def argmin(x: Operand, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the smallest element is, along ``dim`` or in the flattened tensor.

    >>> import autograd
    >>> argmin(autograd.tensor([1.0, 3.0, 0.0]))
    tensor(2)
    """
    return _argmin(x, axis=dim, keepdims=keepdim)


def std(
    x: Operand,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    axis: Dim = None,
    keepdims: bool = False,
    correction: int = 1,
) -> Any:
    """The standard deviation: the root of ``var``.

    >>> import autograd
    >>> autograd.std(autograd.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return sqrt(var(x, dim, keepdim, axis=axis, keepdims=keepdims, correction=correction))


def prod(
    x: Operand, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False
) -> Any:  # fmt: skip
    """The product over ``dim``, or over everything: halves multiplied until one is left.

    So its derivatives are exact where elements are 0, too.

    >>> import autograd
    >>> autograd.prod(autograd.tensor([2.0, 3.0, 4.0]))
    tensor(24.)
    """
    over = settings(dim, keepdim, axis, keepdims)
    if over["axis"] is None:
        return prod(x.reshape(-1), 0)
    y = x.transpose(0, over["axis"])
    if len(y) == 1:
        y = clone(y)  # as all other products, no view of x
    while len(y) > 1:
        half = len(y) // 2
        pairs = y[:half] * y[half : 2 * half]
        y = concatenate([pairs, y[-1:]]) if len(y) % 2 else pairs
    if len(y) == 0:
        y = concatenate([y, np.ones((1, *y.shape[1:]), y.dtype)])
    y = y.transpose(0, over["axis"])
    return y if over["keepdims"] else y.squeeze(over["axis"])


@primitive
def _cumsum(x: Operand, *, axis: int) -> Array:
    return np.cumsum(x, axis)


@vjp_of(_cumsum, "x")
def cumsum_dx(g, *, axis):
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def cumsum(x: Operand, dim: int) -> Any:
    """The sums of the first 1, 2, 3, ... elements along ``dim``. VJP: the same from the end.

    >>> import autograd
    >>> autograd.cumsum(autograd.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    return _cumsum(x, axis=dim)
