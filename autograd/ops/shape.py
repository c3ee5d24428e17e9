"""Ops that only move elements: reshape, permute, squeeze, expand, concatenate, stack."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dtypes import promoted
from ..primitives import Array, Operand, primitive, vjp_of
from ..views import view, writable
from .dims import Dim, dim_of, dims_of, ndim_of, shape_of, spread

if TYPE_CHECKING:
    from ..tensors import Tensor


@view
def _reshape(x: Operand, *, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


@vjp_of(_reshape, "x")
def reshape_dx(g, x_shape, *, shape):
    return g.reshape(x_shape)


def reshape(x: Operand, shape: Any = (), *more: int) -> Tensor:
    """The same elements in another shape, one size of which may be -1. VJP: reshape back.

    >>> import autograd
    >>> autograd.reshape(autograd.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    wanted = spread(shape, more, "reshape")
    for n in wanted:
        if n < -1:  # which NumPy takes for -1
            raise ValueError(f"reshape: a size must be -1 or more, got {wanted}")
    return _reshape(x, shape=wanted)


def flatten(x: Operand, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """All dimensions from ``start_dim`` to ``end_dim`` as one; of a 0-d tensor one of size 1.

    Where that is one dimension already, it is ``x`` itself, as in torch.

    >>> import autograd
    >>> flatten(autograd.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    shape = shape_of(x)
    start = dim_of("flatten", start_dim, shape)
    end = dim_of("flatten", end_dim, shape)
    if end < start:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    if start == end and shape and hasattr(x, "grad_fn"):
        return x  # type: ignore[return-value]
    return _reshape(x, shape=(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@view
def _permute(x: Operand, *, dims: tuple[int, ...] | None) -> Array:
    return np.transpose(x, dims)


@vjp_of(_permute, "x")
def permute_dx(g, *, dims):
    return np.transpose(g, back(dims))


def back(dims):
    """The order that puts the dimensions back."""
    return None if dims is None else tuple(np.argsort(np.mod(dims, len(dims))))


def permute(x: Operand, dims: Any = (), *more: int) -> Tensor:
    """The dimensions in another order. VJP: the order put back.

    >>> import autograd
    >>> autograd.permute(autograd.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    order = spread(dims, more, "permute")
    if len(dims_of("permute", order, shape_of(x))) != ndim_of(x):
        raise ValueError(f"permute: {order} must name all dimensions of shape {shape_of(x)}")
    return _permute(x, dims=order)


def transpose(x: Operand, dim0: Any = None, dim1: int | None = None) -> Tensor:
    """Two dimensions swapped, as torch's; NumPy's forms too: all reversed, or an order.

    >>> import autograd
    >>> x = autograd.zeros(2, 3, 4)
    >>> transpose(x, 0, 1).shape, transpose(x).shape, transpose(x, (0, 2, 1)).shape
    ((3, 2, 4), (4, 3, 2), (2, 4, 3))
    """
    if dim1 is None and isinstance(dim0, int | np.integer):
        raise TypeError(f"transpose: needs two dims, as in transpose(0, 1); got {dim0} alone")
    if dim1 is None:
        return _permute(x, dims=None) if dim0 is None else permute(x, tuple(dim0))
    shape = shape_of(x)
    i, j = dim_of("transpose", dim0, shape), dim_of("transpose", dim1, shape)
    order = list(range(len(shape)))
    if shape:
        order[i], order[j] = order[j], order[i]
    return _permute(x, dims=tuple(order))


swapaxes = transpose


def t(x: Operand) -> Tensor:
    """A matrix transposed; a vector or number as it is. Raises ValueError for more dimensions.

    >>> import autograd
    >>> t(autograd.zeros(2, 3)).shape
    (3, 2)
    """
    if ndim_of(x) > 2:
        raise ValueError(f"t: needs at most two dimensions, got shape {shape_of(x)}; use mT")
    return _permute(x, dims=None)


def matrix_transpose(x: Operand) -> Tensor:
    """The last two dimensions swapped: ``x.mT``.

    >>> import autograd
    >>> matrix_transpose(autograd.zeros(2, 3, 4)).shape
    (2, 4, 3)
    """
    if ndim_of(x) < 2:
        raise ValueError(f"mT: needs a matrix or a stack of them, got shape {shape_of(x)}")
    return transpose(x, -2, -1)


def movedim(x: Operand, source: Dim, destination: Dim) -> Tensor:
    """Dimensions moved to other places, the rest in order.

    >>> import autograd
    >>> movedim(autograd.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    many = lambda dim: dim if isinstance(dim, tuple | list) else (dim,)  # noqa: E731
    shape, ndim = shape_of(x), ndim_of(x)
    old = dims_of("movedim", many(source), shape)
    new = dims_of("movedim", many(destination), shape)
    if len(old) != len(new):
        raise ValueError(f"movedim: as many dims to move as places, got {source}, {destination}")
    order = [i for i in range(ndim) if i not in old]
    for place, dim in sorted(zip(new, old)):
        order.insert(place, dim)
    return _permute(x, dims=tuple(order[:ndim]))


@view
def _squeeze(x: Operand, *, dims: tuple[int, ...]) -> Array:
    return x.squeeze(dims)


@vjp_of(_squeeze, "x")
def squeeze_dx(g, x_shape, *, dims):
    return g.reshape(x_shape)


def squeeze(x: Operand, dim: Dim = None) -> Tensor:
    """Without its dimensions of size 1, or without ``dim`` if that has size 1.

    VJP: the dimensions put back. As in torch, a ``dim`` of another size stays.

    >>> import autograd
    >>> squeeze(autograd.zeros(3, 1), 1).shape, squeeze(autograd.zeros(3, 1), 0).shape
    ((3,), (3, 1))
    """
    shape: tuple = shape_of(x)
    if type(dim) is int and -len(shape) <= dim < len(shape):
        return _squeeze(x, dims=(dim,) if shape[dim] == 1 else ())
    if dim is None:
        return _squeeze(x, dims=tuple([i for i, n in enumerate(shape) if n == 1]))
    places = dims_of("squeeze", dim if isinstance(dim, tuple | list) else (dim,), shape)
    return _squeeze(x, dims=tuple([i for i in places if shape and shape[i] == 1]))


@view
def _unsqueeze(x: Operand, *, dim: int) -> Array:
    return np.expand_dims(x, dim)


@vjp_of(_unsqueeze, "x")
def unsqueeze_dx(g, x_shape, *, dim):
    return g.reshape(x_shape)


def unsqueeze(x: Operand, dim: int) -> Tensor:
    """With one more dimension of size 1 at ``dim``. VJP: the dimension taken out.

    >>> import autograd
    >>> unsqueeze(autograd.zeros(3), 1).shape
    (3, 1)
    """
    dim_of("unsqueeze", dim, shape_of(x), more=1)
    return _unsqueeze(x, dim=int(dim))


@view
def _expand(x: Operand, *, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(x, shape)


@vjp_of(_expand, "x")
def expand_dx(g, *, shape):
    return g  # the walk sums it back, as for every broadcast operand


def expand(x: Operand, size: Any, *more: int) -> Tensor:
    """Broadcast to ``size``, where -1 keeps a size. VJP: the sum over copies.

    It is a view, and cannot be changed in place where elements of it are one.

    >>> import autograd
    >>> expand(autograd.tensor([[1.0], [2.0]]), -1, 3)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    sizes, own = spread(size, more, "expand"), shape_of(x)
    new = len(sizes) - len(own)
    if new < 0 or any(n < 0 and (n < -1 or i < new) for i, n in enumerate(sizes)):
        raise ValueError(
            f"expand: {sizes} does not fit shape {own}: it must have at least its {len(own)} "
            "dimensions, and -1 only where it keeps one of them"
        )
    full = tuple(own[i - new] if n == -1 else n for i, n in enumerate(sizes))
    return writable(_expand(x, shape=full))


broadcast_to = expand


@primitive
def _concatenate(*xs: Operand, axis: int, ends: tuple[int, ...]) -> Array:
    return np.concatenate(xs, axis)


@vjp_of(_concatenate, "xs")
def concatenate_dxs(g, i, *, axis, ends):
    start = ends[i - 1] if i else 0
    return g[(slice(None),) * axis + (slice(start, ends[i]),)]


def concatenate(tensors: Sequence[Operand], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Joined along a dimension that they have. VJP: each gets its part of ``g``.

    An empty vector fits everything, as in torch, so that a loop may begin with ``tensor([])``.

    >>> import autograd
    >>> concatenate([autograd.tensor([1.0, 2.0]), autograd.tensor([3.0])])
    tensor([1., 2., 3.])
    """
    tensors = several("concatenate", tensors)
    shapes = [shape_of(x) for x in tensors]
    shape = next((one for one in shapes if one != (0,)), (0,)) if (0,) in shapes else shapes[0]
    if not shape:
        raise ValueError("concatenate: 0-d tensors have no dimension to be joined along; use stack")
    axis = dim_of("concatenate", dim if axis is None else axis, shape)
    if (0,) in shapes and len(shape) > 1:
        fitting = (*shape[:axis], 0, *shape[axis + 1 :])
        tensors = [reshape(x, fitting) if shape_of(x) == (0,) else x for x in tensors]
    sizes = [one[axis] if axis < len(one) else 0 for one in shapes]
    return _concatenate(*tensors, axis=axis, ends=tuple(accumulate(sizes)))


cat = concat = concatenate


@primitive
def _stack(*xs: Operand, axis: int) -> Array:
    return np.stack(xs, axis)


@vjp_of(_stack, "xs")
def stack_dxs(g, i, *, axis):
    return g[(slice(None),) * axis + (i,)]


def stack(tensors: Sequence[Operand], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors of one shape joined along a new dimension. VJP: each gets its slice of ``g``.

    >>> import autograd
    >>> stack([autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0])], dim=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    tensors = several("stack", tensors)
    numbers = [isinstance(x, int | float) for x in tensors]  # np.float64, too
    if any(numbers):
        plain = [float(x) if isinstance(x, float) else getattr(x, "_data", x) for x in tensors]
        dtype = promoted(plain)
        tensors = [np.asarray(x, dtype) if n else x for x, n in zip(tensors, numbers)]
    new = dim_of("stack", dim if axis is None else axis, shape_of(tensors[0]), more=1)
    return _stack(*tensors, axis=new)


def several(name: str, tensors: Any) -> tuple:
    """A list of operands as a tuple. Raises ValueError where there is none."""
    found = tuple(tensors)
    if not found:
        raise ValueError(f"{name}: needs at least one tensor")
    return found


def atleast_1d(*xs: Any) -> Tensor | tuple[Tensor, ...]:
    """A number as a vector of one; all else as it is. Of several a tuple, each by itself.

    >>> import autograd
    >>> atleast_1d(autograd.tensor(3.0))
    tensor([3.])
    """
    return each_of(xs, lambda x: x if ndim_of(x) else _reshape(x, shape=(1,)))


def atleast_2d(*xs: Any) -> Tensor | tuple[Tensor, ...]:
    """A number or vector as a matrix of one row; all else as it is. Of several a tuple.

    >>> import autograd
    >>> atleast_2d(autograd.tensor([3.0, 4.0]))
    tensor([[3., 4.]])
    """
    return each_of(xs, lambda x: x if ndim_of(x) > 1 else _reshape(x, shape=(1, np.size(x))))


def each_of(xs: Any, function: Callable) -> Any:
    """A function of one operand, or of each of several, which may be in a list."""
    many = len(xs) != 1 or isinstance(xs[0], tuple | list)
    found = [function(x) for x in (xs[0] if many and len(xs) == 1 else xs)]
    return tuple(found) if many else found[0]


def vstack(tensors: Sequence[Operand]) -> Tensor:
    """Joined as rows, one below the other.

    >>> import autograd
    >>> vstack([autograd.ones(2), autograd.zeros(1, 2)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    return concatenate([atleast_2d(x) for x in several("vstack", tensors)], 0)


def hstack(tensors: Sequence[Operand]) -> Tensor:
    """Joined one beside the other: vectors along their only dimension, others along dimension 1.

    >>> import autograd
    >>> hstack([autograd.ones(2), autograd.zeros(1)])
    tensor([1., 1., 0.])
    """
    xs = [atleast_1d(x) for x in several("hstack", tensors)]
    return concatenate(xs, 0 if xs[0].ndim == 1 else 1)


def column_stack(tensors: Sequence[Operand]) -> Tensor:
    """Vectors as columns beside each other; matrices as they are.

    >>> import autograd
    >>> column_stack([autograd.ones(2), autograd.zeros(2)])
    tensor([[1., 0.],
            [1., 0.]])
    """
    xs = several("column_stack", tensors)
    return concatenate([reshape(x, -1, 1) if ndim_of(x) < 2 else x for x in xs], 1)


def dstack(tensors: Sequence[Operand]) -> Tensor:
    """Joined along a third dimension, which numbers, vectors and matrices get.

    >>> import autograd
    >>> dstack([autograd.ones(2), autograd.zeros(2)]).shape
    (1, 2, 2)
    """
    xs = [atleast_2d(x) for x in several("dstack", tensors)]
    return concatenate([unsqueeze(x, -1) if x.ndim == 2 else x for x in xs], 2)
