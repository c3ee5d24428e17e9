"""Ops that only move elements: reshape, permute, squeeze, expand, concatenate, stack."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of
from ..views import view, writable


def spread(sizes: tuple) -> tuple[int, ...]:
    """``(2, 3)`` from either ``f(x, 2, 3)`` or ``f(x, (2, 3))``."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes


@view
def alias(x: Operand) -> Array:
    """``x`` itself: how ``detach()`` is recorded inside ``record_source()``."""
    return x


@view
def _reshape(x: Operand, *, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


@vjp_of(_reshape, "x")
def reshape_dx(g, x_shape, *, shape):
    return g.reshape(x_shape)


def reshape(x: Operand, *shape: Any) -> Any:
    """The same elements in another shape, one size of which may be -1. VJP: reshape back.

    >>> import autograd
    >>> autograd.reshape(autograd.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    return _reshape(x, shape=spread(shape))


@view
def _permute(x: Operand, *, dims: tuple[int, ...] | None) -> Array:
    return np.transpose(x, dims)


@vjp_of(_permute, "x")
def permute_dx(g, *, dims):
    return np.transpose(g, back(dims))


def back(dims):
    """The order that puts the dimensions back."""
    return None if dims is None else tuple(np.argsort(np.mod(dims, len(dims))))


def permute(x: Operand, *dims: Any) -> Any:
    """The dimensions in another order. VJP: the order put back.

    >>> import autograd
    >>> autograd.permute(autograd.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    return _permute(x, dims=spread(dims))


def transpose(x: Operand, dim0: Any = None, dim1: int | None = None) -> Any:
    """Two dimensions swapped, as torch's; NumPy's forms too: all reversed, or an order.

    >>> import autograd
    >>> x = autograd.zeros(2, 3, 4)
    >>> transpose(x, 0, 1).shape, transpose(x).shape, transpose(x, (0, 2, 1)).shape
    ((3, 2, 4), (4, 3, 2), (2, 4, 3))
    """
    if dim1 is None:
        return _permute(x, dims=None if dim0 is None else tuple(dim0))
    order = list(range(np.ndim(x)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return _permute(x, dims=tuple(order))


@view
def _squeeze(x: Operand, *, dims: tuple[int, ...]) -> Array:
    return x.squeeze(dims)


@vjp_of(_squeeze, "x")
def squeeze_dx(g, x_shape, *, dims):
    return g.reshape(x_shape)


def squeeze(x: Operand, dim: int | tuple[int, ...] | None = None) -> Any:
    """Without its dimensions of size 1, or without ``dim`` if that has size 1.

    VJP: the dimensions put back. As in torch, a ``dim`` of another size stays.

    >>> import autograd
    >>> squeeze(autograd.zeros(3, 1), 1).shape, squeeze(autograd.zeros(3, 1), 0).shape
    ((3,), (3, 1))
    """
    shape = x.shape
    try:
        if isinstance(dim, int):
            return _squeeze(x, dims=(dim,) if shape and shape[dim] == 1 else ())
        dims = range(len(shape)) if dim is None else dim
        return _squeeze(x, dims=tuple([i for i in dims if shape and shape[i] == 1]))
    except IndexError:
        raise IndexError(f"squeeze: shape {shape} has no dimension {dim}") from None


@view
def _unsqueeze(x: Operand, *, dim: int) -> Array:
    return np.expand_dims(x, dim)


@vjp_of(_unsqueeze, "x")
def unsqueeze_dx(g, x_shape, *, dim):
    return g.reshape(x_shape)


def unsqueeze(x: Operand, dim: int) -> Any:
    """With one more dimension of size 1 at ``dim``. VJP: the dimension taken out.

    >>> import autograd
    >>> unsqueeze(autograd.zeros(3), 1).shape
    (3, 1)
    """
    return _unsqueeze(x, dim=dim)


@view
def _expand(x: Operand, *, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(x, shape)


@vjp_of(_expand, "x")
def expand_dx(g, *, shape):
    return g  # the walk sums it back, as for every broadcast operand


def expand(x: Operand, *shape: Any) -> Any:
    """Broadcast to ``shape``, where -1 keeps a size; a read-only view. VJP: the sum over copies.

    >>> import autograd
    >>> expand(autograd.tensor([[1.0], [2.0]]), -1, 3)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    sizes, own = spread(shape), np.shape(x)
    kept = len(sizes) - len(own)
    full = tuple(own[i - kept] if n == -1 else n for i, n in enumerate(sizes))
    return writable(_expand(x, shape=full))


@primitive
def _concatenate(*xs: Operand, axis: int, ends: tuple[int, ...]) -> Array:
    return np.concatenate(xs, axis)


@vjp_of(_concatenate, "xs")
def concatenate_dxs(g, i, *, axis, ends):
    start = ends[i - 1] if i else 0
    return g[(slice(None),) * axis + (slice(start, ends[i]),)]


def concatenate(tensors: Sequence[Operand], dim: int = 0, *, axis: int | None = None) -> Any:
    """Joined along a dimension that they have. VJP: each gets its part of ``g``.

    >>> import autograd
    >>> concatenate([autograd.tensor([1.0, 2.0]), autograd.tensor([3.0])])
    tensor([1., 2., 3.])
    """
    tensors = tuple(tensors)
    axis = dim if axis is None else axis
    if not tensors:
        raise ValueError("concatenate: needs at least one tensor")
    ndim = np.ndim(tensors[0])
    axis = axis + ndim if axis < 0 else axis
    if not 0 <= axis < ndim:
        raise IndexError(f"concatenate: tensors of {ndim} dimensions have no dimension {dim}")
    sizes = [np.shape(x)[axis] if axis < np.ndim(x) else 0 for x in tensors]
    return _concatenate(*tensors, axis=axis, ends=tuple(accumulate(sizes)))


cat = concat = concatenate


@primitive
def _stack(*xs: Operand, axis: int) -> Array:
    return np.stack(xs, axis)


@vjp_of(_stack, "xs")
def stack_dxs(g, i, *, axis):
    return g[(slice(None),) * axis + (i,)]


def stack(tensors: Sequence[Operand], dim: int = 0, *, axis: int | None = None) -> Any:
    """Tensors of one shape joined along a new dimension. VJP: each gets its slice of ``g``.

    >>> import autograd
    >>> stack([autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0])], dim=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    tensors = tuple(tensors)
    if not tensors:
        raise ValueError("stack: needs at least one tensor")
    axis, ndim = dim if axis is None else axis, np.ndim(tensors[0])
    if not -ndim - 1 <= axis <= ndim:
        raise IndexError(f"stack: tensors of {ndim} dimensions make no new dimension {axis}")
    return _stack(*tensors, axis=axis % (ndim + 1))
