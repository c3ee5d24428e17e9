"""Sorting: values carry a gradient, indices do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of
from .dims import dim_of, ndim_of, shape_of, whole
from .indexing import getitem
from .shape import reshape

if TYPE_CHECKING:
    from ..tensors import Tensor


class Sorted(NamedTuple):
    """Values in order, and where they were."""

    values: Tensor
    indices: Tensor


def order(x: Array, axis: int, descending: bool) -> Array:
    """The indices that sort, of equals the first first: to descend, sort backwards in a mirror."""
    if not descending:
        return np.argsort(x, axis, stable=True)
    return np.flip(x.shape[axis] - 1 - np.argsort(np.flip(x, axis), axis, stable=True), axis)


@primitive
def _argsort(x: Operand, *, axis: int, descending: bool) -> Array:
    return laid_out_as(x, order(x, axis, descending))


@primitive
def _sort(x: Operand, *, axis: int, descending: bool) -> Array:
    return laid_out_as(x, np.take_along_axis(x, order(x, axis, descending), axis))


def laid_out_as(x, y):
    """``y`` in the memory order of ``x``, as torch sorts."""
    if isinstance(y, np.ndarray) and not x.flags.c_contiguous and 0 not in x.strides:
        out = np.empty_like(x, y.dtype)
        out[...] = y
        return out
    return y


@vjp_of(_sort, "x")
def sort_dx(g, x, *, axis, descending):
    rank = np.argsort(order(x, axis, descending), axis)  # where each element went
    return np.take_along_axis(g, rank, axis)


def argsort(x: Operand, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The indices that sort ``x`` along ``dim``; of equals the first comes first.

    >>> import autograd
    >>> argsort(autograd.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    axis = dim_of("argsort", dim, shape_of(x))
    if not ndim_of(x):
        return reshape(argsort(reshape(x, 1)), ())
    return _argsort(x, axis=axis, descending=descending)


def sort(x: Operand, dim: int = -1, descending: bool = False, stable: bool = True) -> Sorted:
    """``(values, indices)`` in order along ``dim``. VJP: ``g`` back to where the values were.

    Of equals the first comes first, so it is always stable. NaN counts as the largest.

    >>> import autograd
    >>> sort(autograd.tensor([3.0, 1.0, 2.0]), descending=True).values
    tensor([3., 2., 1.])
    """
    axis = dim_of("sort", dim, shape_of(x))
    if not ndim_of(x):
        return Sorted(*[reshape(y, ()) for y in sort(reshape(x, 1), 0)])
    return Sorted(
        _sort(x, axis=axis, descending=descending), _argsort(x, axis=axis, descending=descending)
    )


def topk(x: Operand, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
    """The ``k`` largest (or smallest) along ``dim``, in order. VJP as for ``sort``.

    >>> import autograd
    >>> topk(autograd.tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    axis = dim_of("topk", dim, shape_of(x))
    size = shape_of(x)[axis] if ndim_of(x) else 1
    k = whole("topk", "k", k)
    if not 0 <= k <= size:
        raise ValueError(f"topk: k={k}, but dimension {dim} has {size} elements")
    values, indices = sort(x, axis, descending=largest)
    if not ndim_of(x):
        return Sorted(values, indices)
    first = (*(slice(None),) * axis, slice(k))
    return Sorted(getitem(values, first), getitem(indices, first))
