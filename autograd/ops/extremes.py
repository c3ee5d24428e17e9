"""The largest and the smallest, where they are, and the median."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of
from .arithmetic import add
from .choice import maximum, minimum, where
from .comparison import any, isnan
from .dims import Dim, dim_of, ndim_of, settings, shape_of
from .indexing import take_along_dim
from .reductions import sum, unreduce
from .shape import reshape, squeeze
from .sorting import argsort

if TYPE_CHECKING:
    from ..tensors import Tensor


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
    g = np.where(chosen, unreduce(g, axis, keepdims), 0)
    return g / chosen.sum(axis=axis, keepdims=True)


def amax(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: bool = False
) -> Tensor:
    """The largest element over ``dim``, or of all. VJP: ``g``, shared evenly by ties.

    >>> import autograd
    >>> autograd.amax(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([3., 4.])
    """
    return _amax(x, **settings("amax", x, dim, keepdim, axis, keepdims))


def amin(
    x: Operand, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: bool = False
) -> Tensor:
    """The smallest element over ``dim``, or of all. VJP: ``g``, shared evenly by ties.

    >>> import autograd
    >>> autograd.amin(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([1., 2.])
    """
    return _amin(x, **settings("amin", x, dim, keepdim, axis, keepdims))


class Extreme(NamedTuple):
    """What ``max``, ``min`` and ``median`` over a dimension give: values, and where they were."""

    values: Tensor
    indices: Tensor


def along_one(name: str, x: Any, dim: Any, keepdim: bool, axis: Any, keepdims: bool) -> Any:
    """The settings of a function that takes one dim, or none. Raises TypeError for several."""
    over = settings(name, x, dim, keepdim, axis, keepdims)
    if isinstance(over["axis"], tuple):
        raise TypeError(f"{name}: needs one dim, got {over['axis']}; amax and amin take several")
    return over


@overload
def max(
    x: Operand, dim: None = None, keepdim: bool = False, *, axis: None = None,
    keepdims: bool = False,
) -> Tensor: ...  # fmt: skip
@overload
def max(
    x: Operand, dim: int, keepdim: bool = False, *, axis: None = None, keepdims: bool = False
) -> Extreme: ...
@overload
def max(
    x: Operand, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False,
) -> Tensor | Extreme: ...  # fmt: skip
def max(
    x: Operand, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False,
) -> Tensor | Extreme:  # fmt: skip
    """The largest element; over ``dim`` a pair ``(values, indices)``, as in torch.

    VJP: ``g`` to the largest; of equals, all share it evenly without ``dim``, and the
    first gets it all with ``dim``. With a Tensor in place of ``dim`` it is ``maximum``.

    >>> import autograd
    >>> autograd.max(autograd.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    Extreme(values=tensor([5., 4.]), indices=tensor([1, 1]))
    """
    if hasattr(dim, "grad_fn") or isinstance(dim, np.ndarray):
        return maximum(x, dim)
    over = along_one("max", x, dim, keepdim, axis, keepdims)
    if dim is None and axis is None:
        return _max_(x)
    return Extreme(_max(x, **over), _argmax(x, **over))


@overload
def min(
    x: Operand, dim: None = None, keepdim: bool = False, *, axis: None = None,
    keepdims: bool = False,
) -> Tensor: ...  # fmt: skip
@overload
def min(
    x: Operand, dim: int, keepdim: bool = False, *, axis: None = None, keepdims: bool = False
) -> Extreme: ...
@overload
def min(
    x: Operand, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False,
) -> Tensor | Extreme: ...  # fmt: skip
def min(
    x: Operand, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False,
) -> Tensor | Extreme:  # fmt: skip
    """The smallest element; over ``dim`` a pair ``(values, indices)``, as in torch.

    VJP: ``g`` to the smallest; of equals, all share it evenly without ``dim``, and the
    first gets it all with ``dim``. With a Tensor in place of ``dim`` it is ``minimum``.

    >>> import autograd
    >>> autograd.min(autograd.tensor([1.0, 5.0]))
    tensor(1.)
    """
    if hasattr(dim, "grad_fn") or isinstance(dim, np.ndarray):
        return minimum(x, dim)
    over = along_one("min", x, dim, keepdim, axis, keepdims)
    if dim is None and axis is None:
        return _min_(x)
    return Extreme(_min(x, **over), _argmin(x, **over))


@primitive
def _max_(x: Operand) -> Array:
    return np.max(x)


@primitive
def _min_(x: Operand) -> Array:
    return np.min(x)


@primitive
def _median_(x: Operand) -> Array:
    middle = np.sort(x.reshape(-1))[(x.size - 1) // 2]
    return np.where(np.isnan(x).any(), x.max(), middle)


@vjp_of(_max_, "x")
@vjp_of(_min_, "x")
@vjp_of(_median_, "x")
def one_of_all_dx(g, y, x):
    chosen = (x == y) | (x != x)  # if any is NaN, the result is
    return np.where(chosen, g / chosen.sum(), 0)


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
    """``g`` where the index along ``axis`` is the chosen one, else 0; all of it for a number."""
    if axis is None:
        return g
    places = np.arange(x.shape[axis]).reshape(-1, *(1,) * (x.ndim - 1 - axis % x.ndim))
    return np.where(places == index, g, 0)


@primitive
def _argmax(x: Operand, *, axis: int | None, keepdims: bool) -> Array:
    return np.argmax(x, axis=axis, keepdims=keepdims)


@primitive
def _argmin(x: Operand, *, axis: int | None, keepdims: bool) -> Array:
    return np.argmin(x, axis=axis, keepdims=keepdims)


def argmax(
    x: Operand, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False,
) -> Tensor:  # fmt: skip
    """Where the largest element is, along ``dim`` or in the flattened tensor.

    >>> import autograd
    >>> argmax(autograd.tensor([1.0, 3.0, 2.0]))
    tensor(1)
    """
    return _argmax(x, **along_one("argmax", x, dim, keepdim, axis, keepdims))


def argmin(
    x: Operand, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool = False,
) -> Tensor:  # fmt: skip
    """Where the smallest element is, along ``dim`` or in the flattened tensor.

    >>> import autograd
    >>> argmin(autograd.tensor([1.0, 3.0, 0.0]))
    tensor(2)
    """
    return _argmin(x, **along_one("argmin", x, dim, keepdim, axis, keepdims))


def median(x: Operand, dim: int | None = None, keepdim: bool = False) -> Tensor | Extreme:
    """The middle element, of two the smaller; over ``dim`` a pair ``(values, indices)``.

    It is NaN where there is a NaN. VJP: ``g`` to it; of equals, all share it evenly without
    ``dim``, and one gets it all with ``dim``. (``np.median`` is the mean of the two.)

    >>> import autograd
    >>> autograd.median(autograd.tensor([3.0, 1.0, 2.0, 9.0]))
    tensor(2.)
    """
    if dim is None:
        if np.size(x) or x.dtype.kind != "f":
            return _median_(x)
        return add(sum(x), np.nan)
    along = dim_of("median", dim, shape_of(x))
    if ndim_of(x) == 0:
        return Extreme(*[reshape(y, ()) for y in median(reshape(x, 1), 0)])
    k = (x.shape[along] - 1) // 2
    middle = argsort(x, along)[(slice(None),) * along + (slice(k, k + 1),)]
    odd = isnan(x)
    place = where(any(odd, along, True), argmax(odd, along, True), middle)
    values = take_along_dim(x, place, along)
    if keepdim:
        return Extreme(values, place)
    return Extreme(squeeze(values, along), squeeze(place, along))
