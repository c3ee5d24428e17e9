"""Functions that choose between two: where, maximum, minimum, clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import held
from ..primitives import Array, Operand, primitive, vjp_of
from .dims import ndim_of, shape_of
from .elementwise import to

if TYPE_CHECKING:
    from ..tensors import Tensor


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
def maximum(a: Operand, b: Operand) -> Array:
    """The larger of each pair. VJP: ``g`` to the larger, half of it to each at a tie.

    >>> import autograd
    >>> autograd.maximum(autograd.tensor([1.0, 4.0]), autograd.tensor([3.0, 2.0]))
    tensor([3., 4.])
    """
    return np.maximum(a, b)


@primitive
def minimum(a: Operand, b: Operand) -> Array:
    """The smaller of each pair. VJP: ``g`` to the smaller, half of it to each at a tie.

    >>> import autograd
    >>> autograd.minimum(autograd.tensor([1.0, 4.0]), autograd.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.minimum(a, b)


@vjp_of(maximum, "a")
@vjp_of(minimum, "b")
def larger_da(g, a, b):
    return np.where(a == b, g / 2, np.where(a < b, 0, g))


@vjp_of(maximum, "b")
@vjp_of(minimum, "a")
def larger_db(g, a, b):
    return np.where(a == b, g / 2, np.where(a > b, 0, g))


@primitive
def _clip(x: Operand, min: Operand, max: Operand) -> Array:
    return np.clip(x, min, max)


@vjp_of(_clip, "x")
def clip_dx(g, x, min, max):
    return np.where((x >= min) & (x <= max), g, 0)


@vjp_of(_clip, "min")
def clip_dmin(g, x, min, max):
    return np.where((x < min) & (min < max), g, 0)


@vjp_of(_clip, "max")
def clip_dmax(g, x, min, max):
    return np.where((x > max) | (max < min), g, 0)


@primitive
def clamp_min(x: Operand, min: Operand) -> Array:
    """``x`` held above ``min``. VJP: ``dx = g`` where ``x >= min``, else ``dmin = g``.

    >>> import autograd
    >>> autograd.clamp_min(autograd.tensor([-1.0, 0.5]), 0)
    tensor([0.0000, 0.5000])
    """
    return np.maximum(x, min)


@vjp_of(clamp_min, "x")
def clamp_min_dx(g, x, min):
    return np.where(x >= min, g, 0)


@vjp_of(clamp_min, "min")
def clamp_min_dmin(g, x, min):
    return np.where(x < min, g, 0)


@primitive
def clamp_max(x: Operand, max: Operand) -> Array:
    """``x`` held below ``max``. VJP: ``dx = g`` where ``x <= max``, else ``dmax = g``.

    >>> import autograd
    >>> autograd.clamp_max(autograd.tensor([0.5, 2.0]), 1)
    tensor([0.5000, 1.0000])
    """
    return np.minimum(x, max)


@vjp_of(clamp_max, "x")
def clamp_max_dx(g, x, max):
    return np.where(x <= max, g, 0)


@vjp_of(clamp_max, "max")
def clamp_max_dmax(g, x, max):
    return np.where(x > max, g, 0)


def clip(x: Operand, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """``x`` held between ``min`` and ``max``. VJP: ``g`` within, limits included, else 0.

    A limit may be a number or broadcast with ``x``; it gets ``g`` where it holds ``x``. Where
    ``min`` exceeds ``max``, all is ``max``. Raises ValueError without any limit.

    >>> import autograd
    >>> autograd.clip(autograd.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("clip: give min, max or both")
    if min is None:
        return clamp_max(x, max)
    return clamp_min(x, min) if max is None else _clip(x, min, max)


clamp = clip


def masked_fill(x: Operand, mask: Operand, value: Operand) -> Tensor:
    """``x`` with ``value`` where ``mask`` holds. VJP: ``g`` where it does not.

    ``value`` is a number or 0-d, and takes the dtype of ``x``. Raises TypeError for a mask that
    is not boolean.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0])
    >>> autograd.masked_fill(x, x > 1, 0)
    tensor([1., 0.])
    """
    data = np.asarray(getattr(mask, "_data", mask))
    if data.dtype != bool:
        raise TypeError(f"masked_fill: the mask must be boolean, got {data.dtype}")
    if ndim_of(value):
        raise ValueError(f"masked_fill: needs one value, got shape {shape_of(value)}; use where")
    given = np.asarray(getattr(value, "_data", value))
    if x.dtype.kind in "iu":
        held(given.item(), x.dtype, "masked_fill: ")
    if hasattr(value, "grad_fn"):
        value = to(value, x.dtype)
    elif x.dtype.kind != "f":
        value = given.astype(x.dtype)
    return where(mask, value, x)


for _op in (maximum, minimum, clamp_min, clamp_max):
    _op.op.elementwise = True
