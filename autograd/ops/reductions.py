"""Reductions over all dimensions or over some: sum, mean, var, std, prod; running sums."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import warns_caller
from ..primitives import Array, Operand, primitive, vjp_of
from .dims import Dim, dim_of, ndim_of, settings, shape_of
from .elementwise import to
from .shape import reshape

if TYPE_CHECKING:
    from ..tensors import Tensor


def unreduce(r, axis, keepdims):
    """A reduced value with its reduced dimensions back, of size 1, so that it broadcasts."""
    return r if keepdims or axis is None else np.expand_dims(r, axis)


@primitive
@warns_caller
def _sum(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.sum(x, axis=axis, keepdims=keepdims)


@vjp_of(_sum, "x")
def sum_dx(g, x_shape, *, axis, keepdims):
    return np.broadcast_to(unreduce(g, axis, keepdims), x_shape)


def sum(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None,
    keepdims: bool = False, dtype: Any = None,
) -> Tensor:  # fmt: skip
    """The sum over ``dim``, or over everything. VJP: ``dx = g``, broadcast to the shape of ``x``.

    ``axis`` and ``keepdims`` are NumPy's names for ``dim`` and ``keepdim``. With ``dtype``, ``x``
    is converted first. Of ints and bools the sum is int64.

    >>> import autograd
    >>> autograd.sum(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    over = settings("sum", x, dim, keepdim, axis, keepdims)
    return _sum(x, **over) if dtype is None else to(_sum(to(x, dtype), **over), dtype)


@primitive
@warns_caller
def _mean(x: Operand, *, axis: Dim, keepdims: bool) -> Array:
    return np.mean(x, axis=axis, keepdims=keepdims)


@vjp_of(_mean, "x")
def mean_dx(g, y_shape, x_shape, *, axis, keepdims):
    return np.broadcast_to(unreduce(g / count(x_shape, y_shape), axis, keepdims), x_shape)


def count(x_shape, y_shape):
    """How many elements of ``x`` went into each of ``y``; at least 1."""
    return math.prod(x_shape) // (math.prod(y_shape) or 1) or 1


def mean(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None,
    keepdims: bool = False, dtype: Any = None,
) -> Tensor:  # fmt: skip
    """The mean over ``dim``, or over everything. VJP: ``dx = g / n`` for a mean of ``n`` elements.

    Of ints and bools the mean has the default dtype.

    >>> import autograd
    >>> autograd.mean(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    x = x if dtype is None else to(x, dtype)
    return _mean(x, **settings("mean", x, dim, keepdim, axis, keepdims))


@primitive
@warns_caller
def _var(x: Operand, *, axis: Dim, keepdims: bool, correction: float) -> Array:
    return np.var(x, axis=axis, keepdims=keepdims, ddof=correction)


@vjp_of(_var, "x")
def var_dx(g, y_shape, x, *, axis, keepdims, correction):
    n = count(x.shape, y_shape)
    factor = quotient(2, n - correction)
    return unreduce(g, axis, keepdims) * factor * (x - x.mean(axis, keepdims=True))


def quotient(a, n):
    """``a / n``, which is inf unless ``n`` is above 0."""
    return a / n if n > 0 else math.inf


def var(
    x: Operand, dim: Dim | bool = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dim = None, keepdims: bool = False,
    ddof: float | None = None,
) -> Tensor:  # fmt: skip
    """The variance over ``dim``, or over everything, divided by ``n - correction``.

    ``correction`` is 1 as in torch; NumPy calls it ``ddof`` and has 0 in ``np.var``.
    ``unbiased=False`` is 0, too.
    VJP: ``dx = g * 2 * (x - mean(x)) / (n - correction)``.

    >>> import autograd
    >>> autograd.var(autograd.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _var(x, **spread_settings("var", x, dim, unbiased, keepdim, correction, axis, keepdims,
                                     ddof))  # fmt: skip


@primitive
@warns_caller
def _std(x: Operand, *, axis: Dim, keepdims: bool, correction: float) -> Array:
    return np.std(x, axis=axis, keepdims=keepdims, ddof=correction)


@vjp_of(_std, "x")
def std_dx(g, y, x, *, axis, keepdims, correction):
    n = count(x.shape, y.shape)
    scale = np.where(y == 0, 0, g / np.where(y == 0, 1, y)) * quotient(1, n - correction)
    return unreduce(scale, axis, keepdims) * (x - x.mean(axis, keepdims=True))


def std(
    x: Operand, dim: Dim | bool = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dim = None, keepdims: bool = False,
    ddof: float | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation: the root of ``var``, whose arguments it takes.

    VJP: ``dx = g * (x - mean(x)) / (y * (n - correction))``, and 0 where the output ``y`` is 0.

    >>> import autograd
    >>> autograd.std(autograd.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _std(x, **spread_settings("std", x, dim, unbiased, keepdim, correction, axis, keepdims,
                                     ddof))  # fmt: skip


def spread_settings(
    name: str, x: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any, axis: Any,
    keepdims: bool, ddof: Any,
) -> dict[str, Any]:  # fmt: skip
    """The settings of ``var`` and ``std``, of which one is given in up to three ways."""
    if isinstance(dim, bool):  # torch's var(x, unbiased)
        dim, unbiased = None, dim
    given = [c for c in (correction, unbiased, ddof) if c is not None]
    if len(given) > 1:
        raise TypeError(f"{name}: give one of correction, unbiased and ddof: they are one setting")
    over = settings(name, x, dim, keepdim, axis, keepdims)
    amount = given[0] if given else 1
    return {**over, "correction": int(amount) if isinstance(amount, bool) else amount}


@primitive
@warns_caller
def _prod(x: Operand, *, axis: int, keepdims: bool) -> Array:
    return np.prod(x, axis=axis, keepdims=keepdims)


@vjp_of(_prod, "x")
def prod_dx(g, x, *, axis, keepdims):
    after = np.flip(products_before(np.flip(x, axis), axis), axis)
    return unreduce(g, axis, keepdims) * (products_before(x, axis) * after)


def products_before(x, axis):
    """For each element the product of those before it."""
    one = np.ones((*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.dtype)
    products = np.cumprod(np.concatenate([one, x], axis), axis)
    return products[(slice(None),) * axis + (slice(x.shape[axis]),)]


def prod(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None,
    keepdims: bool = False, dtype: Any = None,
) -> Tensor:  # fmt: skip
    """The product over ``dim``, or over everything. VJP: ``g`` times the product of the others.

    Its derivatives are exact where elements are 0, too. Of ints and bools it is int64.

    >>> import autograd
    >>> autograd.prod(autograd.tensor([2.0, 3.0, 4.0]))
    tensor(24.)
    """
    if dtype is not None:
        return to(prod(to(x, dtype), dim, keepdim, axis=axis, keepdims=keepdims), dtype)
    over = settings("prod", x, dim, keepdim, axis, keepdims)
    shape, axis, keepdims = shape_of(x), over["axis"], over["keepdims"]
    if axis is None:
        one = _prod(x if len(shape) == 1 else reshape(x, -1), axis=0, keepdims=False)
        return reshape(one, (1,) * len(shape)) if keepdims and shape else one
    axes = axis if isinstance(axis, tuple) else (axis,)
    y: Any = x if axes else to(x, x.dtype, copy=True)
    for i in sorted([i % len(shape) for i in axes], reverse=True):
        y = _prod(y, axis=i, keepdims=keepdims)
    return y


@primitive
@warns_caller
def _cumsum(x: Operand, *, axis: int) -> Array:
    return np.cumsum(x, axis)


@vjp_of(_cumsum, "x")
def cumsum_dx(g, *, axis):
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def cumsum(x: Operand, dim: int | None = None, *, axis: int | None = None,
           dtype: Any = None) -> Tensor:  # fmt: skip
    """The sums of the first 1, 2, 3, ... elements along ``dim``. VJP: the same from the end.

    >>> import autograd
    >>> autograd.cumsum(autograd.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    return running("cumsum", _cumsum, x, dim, axis, dtype)


@primitive
@warns_caller
def _cumprod(x: Operand, *, axis: int) -> Array:
    return np.cumprod(x, axis)


@vjp_of(_cumprod, "x")
def cumprod_dx(g, x, *, axis):
    return products_before(x, axis) * sums_after(g, x, axis)


def sums_after(g, x, axis):
    """``s[k] = g[k] + x[k + 1] * s[k + 1]``: of 1, 2, 4, ... terms, until they are all."""
    factor, step = shifted(x, 1, axis), 1
    while step < x.shape[axis]:
        g = g + factor * shifted(g, step, axis)
        factor = factor * shifted(factor, step, axis)
        step *= 2
    return g


def shifted(x, step, axis):
    """Each element ``step`` places further to the front, with zeros at the end."""
    rest = x[(slice(None),) * axis + (slice(step, None),)]
    missing = x.shape[axis] - rest.shape[axis]
    zeros = np.zeros((*x.shape[:axis], missing, *x.shape[axis + 1 :]), x.dtype)
    return np.concatenate([rest, zeros], axis)


def cumprod(x: Operand, dim: int | None = None, *, axis: int | None = None,
            dtype: Any = None) -> Tensor:  # fmt: skip
    """The products of the first 1, 2, 3, ... elements along ``dim``.

    VJP: for each element the products of those before it, times the sum over the products
    after it, exact where elements are 0, too.

    >>> import autograd
    >>> autograd.cumprod(autograd.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    return running("cumprod", _cumprod, x, dim, axis, dtype)


def running(name: str, op: Any, x: Any, dim: Any, axis: Any, dtype: Any) -> Tensor:
    """A running sum or product along ``dim``; of a 0-d tensor it is that itself."""
    if dtype is not None:
        return to(running(name, op, to(x, dtype), dim, axis, None), dtype)
    along = dim_of(name, axis if dim is None else dim, shape_of(x))
    return op(x, axis=along) if ndim_of(x) else reshape(op(reshape(x, 1), axis=0), ())
