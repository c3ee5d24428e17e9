"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..errors import warns_caller
from ..primitives import Array, Operand, primitive, vjp_of
from .dims import Dim, dims_of, ndim_of, settings, shape_of
from .elementwise import abs, to
from .extremes import amax, amin
from .reductions import sum, unreduce

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
@warns_caller
def _norm(x: Operand, *, axis: Any, keepdims: bool) -> Array:
    return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))


@vjp_of(_norm, "x")
def norm_dx(g, y, x, *, axis, keepdims):
    y = unreduce(y, axis, keepdims)
    return unreduce(g, axis, keepdims) * np.where(y == 0, 0, x / np.where(y == 0, 1, y))


@primitive
@np.errstate(divide="ignore")
def _norm_(x: Operand, *, p: float, axis: Any, keepdims: bool) -> Array:
    """A norm with another exponent than 2."""
    return (np.abs(x) ** p).sum(axis=axis, keepdims=keepdims) ** (1 / p)


@vjp_of(_norm_, "x")
def any_norm_dx(g, y, x, *, p, axis, keepdims):
    y = unreduce(y, axis, keepdims)
    flat = ((x == 0) & (y == y)) | (y == 0)
    part = np.abs(np.where(flat, 1, x)) / np.where(y == 0, 1, y)
    return unreduce(g, axis, keepdims) * np.where(flat, 0, np.sign(x) * part ** (p - 1))


@primitive
def _norm_0(x: Operand, *, axis: Any, keepdims: bool) -> Array:
    return (x != 0).sum(axis=axis, keepdims=keepdims).astype(x.dtype)


@vjp_of(_norm_0, "x")
def norm_0_dx(g, x_shape, *, axis, keepdims):
    return np.broadcast_to(unreduce(np.zeros_like(g), axis, keepdims), x_shape)


@primitive
def _norm_inf(x: Operand, *, axis: Any, keepdims: bool) -> Array:
    return np.max(np.abs(x), axis=axis, keepdims=keepdims)


@primitive
def _norm_minus_inf(x: Operand, *, axis: Any, keepdims: bool) -> Array:
    return np.min(np.abs(x), axis=axis, keepdims=keepdims)


@vjp_of(_norm_inf, "x")
@vjp_of(_norm_minus_inf, "x")
def norm_inf_dx(g, y, x, *, axis, keepdims):
    chosen = (np.abs(x) == unreduce(y, axis, keepdims)) | (x != x)
    share = unreduce(g, axis, keepdims) / chosen.sum(axis=axis, keepdims=True)
    return np.where(chosen & (x > 0), share, np.where(chosen & (x < 0), -share, 0))


def norm(
    x: Operand, p: Any = 2, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None,
    keepdims: bool = False, dtype: Any = None,
) -> Tensor:  # fmt: skip
    """The ``p``-norm over ``dim``, or of all elements: ``sum(|x|**p) ** (1 / p)``.

    ``p`` may be ``inf`` or ``-inf``, the largest and smallest absolute value, 0, the number of
    elements that are not 0, or "fro", which is 2. Ints become the default dtype first.
    VJP for ``p=2``: ``dx = g * x / y``, and 0 where the norm ``y`` is 0, as in torch.

    >>> import autograd
    >>> norm(autograd.tensor([3.0, 4.0]))
    tensor(5.)
    """
    p = 2 if p is None or p == "fro" else p
    if not isinstance(p, int | float):
        raise ValueError(f"norm: p must be a number or 'fro', got {p!r}")
    over = settings("norm", x, dim, keepdim, axis, keepdims)
    kind = getattr(x, "dtype", np.dtype(float)).kind
    dtype = dtypes.get_default_dtype() if dtype is None and kind != "f" else dtype
    x = x if dtype is None else to(x, dtype)
    if p == 2:
        return _norm(x, **over)
    if p == 0:
        return _norm_0(x, **over)
    if p == 1:
        return sum(abs(x), **over)
    if p in (math.inf, -math.inf):
        return (_norm_inf if p > 0 else _norm_minus_inf)(x, **over)
    return _norm_(x, p=p, **over)


def vector_norm(
    x: Operand, ord: Any = 2, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """``norm`` by the names of ``torch.linalg``.

    >>> import autograd
    >>> autograd.linalg.vector_norm(autograd.tensor([[3.0, 4.0]]))
    tensor(5.)
    """
    return norm(x, ord, dim, keepdim, dtype=dtype)


def linalg_norm(
    x: Operand, ord: Any = None, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """A norm of vectors (one ``dim``) or of matrices (two); without ``ord``, of all elements.

    Without ``dim`` a norm with ``ord`` is that of a vector or a matrix.

    >>> import autograd
    >>> autograd.linalg.norm(autograd.tensor([[1.0, -2.0], [3.0, 4.0]]), 1)
    tensor(6.)
    """
    dims = dim if isinstance(dim, tuple | list) or dim is None else (dim,)
    if dims is None and ord is not None and ndim_of(x) > 1:
        if ndim_of(x) > 2:
            raise ValueError(f"norm: with ord, shape {shape_of(x)} needs one dim, or two")
        dims = (-2, -1)
    if ord is None or dims is None or len(dims) == 1:
        return norm(x, 2 if ord is None else ord, dims, keepdim, dtype=dtype)
    return matrix_norm(x if dtype is None else to(x, dtype), ord, tuple(dims), keepdim)


def matrix_norm(
    x: Operand, ord: Any = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False
) -> Tensor:
    """A norm of matrices: "fro", or the largest (smallest: negative) sum of absolute values.

    It is that of a column for ``ord`` 1 and -1, of a row for ``inf`` and ``-inf``. Raises
    ValueError for norms that need singular values: they have no VJP rule here.

    >>> import autograd
    >>> matrix_norm(autograd.tensor([[1.0, -2.0], [3.0, 4.0]]), 1)
    tensor(6.)
    """
    first, second = dims_of("matrix_norm", dim, shape_of(x))
    if ord == "fro":
        return norm(x, 2, (first, second), keepdim)
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            f"matrix_norm: ord must be 'fro', 1, -1, inf or -inf, got {ord!r}: norms by singular "
            "values have no VJP rule here"
        )
    if ord > 0 and not shape_of(x)[first] * shape_of(x)[second]:
        return norm(x, 1, (first, second), keepdim)
    over, along = (first, second) if ord in (1, -1) else (second, first)
    y = (amax if ord > 0 else amin)(norm(x, 1, over, True), along, True)
    return y if keepdim else y.squeeze((first, second))
