"""Sorting: values carry a gradient, indices do not."""

from typing import Any, NamedTuple

import numpy as np

from ..primitive import Array, Operand, primitive
from .indexing import take_along_dim


class Sorted(NamedTuple):
    """Values in order, and where they were."""

    values: Any
    indices: Any


@primitive
def _argsort(x: Operand, *, axis: int, descending: bool) -> Array:
    if not descending:
        return np.argsort(x, axis, stable=True)
    # Of equals the first stays first: sort backwards what is reversed.
    return np.flip(x.shape[axis] - 1 - np.argsort(np.flip(x, axis), axis, stable=True), axis)


def argsort(x: Operand, dim: int = -1, descending: bool = False) -> Any:
    """The indices that sort ``x`` along ``dim``; of equals the first comes first.

    >>> import autograd
    >>> argsort(autograd.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return _argsort(x, axis=dim, descending=descending)


def sort(x: Operand, dim: int = -1, descending: bool = False) -> Sorted:
    """``(values, indices)`` in order along ``dim``. VJP: ``g`` back to where the values were.

    >>> import autograd
    >>> sort(autograd.tensor([3.0, 1.0, 2.0]), descending=True).values
    tensor([3., 2., 1.])
    """
    indices = argsort(x, dim, descending)
    return Sorted(take_along_dim(x, indices, dim), indices)


def topk(x: Operand, k: int, dim: int = -1, largest: bool = True) -> Sorted:
    """The ``k`` largest (or smallest) along ``dim``, in order. VJP as for ``sort``.

    >>> import autograd
    >>> topk(autograd.tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    size = np.shape(x)[dim]
    if not 0 <= k <= size:
        raise ValueError(f"topk: k={k}, but dimension {dim} has {size} elements")
    before = (slice(None),) * (dim % np.ndim(x))
    indices = argsort(x, dim, descending=largest)[(*before, slice(k))]
    return Sorted(take_along_dim(x, indices, dim), indices)
