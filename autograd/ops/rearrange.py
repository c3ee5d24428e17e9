"""Ops that turn, shift, pad, repeat and cut: flip, roll, pad, tile, split, diagonal, tril."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitives import Array, Operand, on, primitive, vjp_of
from ..views import view, writable
from .elementwise import where
from .indexing import At, _put
from .shape import permute, spread, transpose

swapaxes = transpose


@primitive
def _flip(x: Operand, *, axes: tuple[int, ...]) -> Array:
    return np.flip(x, axes)


@vjp_of(_flip, "x")
def flip_dx(g, *, axes):
    return np.flip(g, axes)


def flip(x: Operand, *dims: Any) -> Any:
    """The elements in reverse order along ``dims``. VJP: flip back.

    >>> import autograd
    >>> flip(autograd.tensor([1.0, 2.0, 3.0]), 0)
    tensor([3., 2., 1.])
    """
    return _flip(
        x, axes=tuple(spread(tuple(tuple(d) if isinstance(d, range) else d for d in dims)))
    )


@primitive
def _roll(x: Operand, *, shifts: Any, axes: Any) -> Array:
    return np.roll(x, shifts, axes)


@vjp_of(_roll, "x")
def roll_dx(g, *, shifts, axes):
    back = tuple(-n for n in shifts) if isinstance(shifts, tuple) else -shifts
    return on(g, _roll)(g, shifts=back, axes=axes)


def roll(x: Operand, shifts: Any, dims: Any = None) -> Any:
    """The elements shifted along ``dims``, those that fall out put in at the other end.

    VJP: roll back.

    >>> import autograd
    >>> roll(autograd.tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    if isinstance(shifts, tuple) and (not isinstance(dims, tuple) or len(dims) != len(shifts)):
        raise ValueError(f"roll: {shifts} and {dims} must be as many shifts as dims")
    return _roll(x, shifts=shifts, axes=dims)


@primitive
def _pad(x: Operand, *, widths: tuple, value: float) -> Array:
    return np.pad(x, widths, constant_values=value)


@vjp_of(_pad, "x")
def pad_dx(g, x_shape, *, widths, value):
    return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, x_shape))]


def pad(x: Operand, pad: Sequence[int], value: float = 0.0) -> Any:
    """``value`` put around ``x``.

    ``pad`` is ``(before, after)`` of the last dimension, then of the one before it, and so on.
    VJP: the part of ``g`` that belongs to ``x``.

    >>> import autograd
    >>> autograd.pad(autograd.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    ndim = np.ndim(x)
    if len(pad) % 2 or len(pad) > 2 * ndim or min(pad, default=0) < 0:
        raise ValueError(
            f"pad: needs pairs (before, after) of 0 or more for up to {ndim} dimensions, got {pad}"
        )
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    return _pad(x, widths=(*[(0, 0)] * (ndim - len(pairs)), *pairs), value=value)


@primitive
def _tile(x: Operand, *, counts: tuple[int, ...]) -> Array:
    return np.tile(x, counts)


@vjp_of(_tile, "x")
def tile_dx(g, x_shape, *, counts):
    shape = (1,) * (len(counts) - len(x_shape)) + x_shape
    copies = g.reshape([n for pair in zip(counts, shape) for n in pair])
    return copies.sum(axis=tuple(range(0, 2 * len(shape), 2))).reshape(x_shape)


def tile(x: Operand, *reps: Any) -> Any:
    """``x`` laid out ``reps`` times along each dimension. VJP: the sum over copies.

    >>> import autograd
    >>> tile(autograd.tensor([1.0, 2.0]), 2)
    tensor([1., 2., 1., 2.])
    """
    counts = tuple(spread(reps))
    return _tile(x, counts=(1,) * (np.ndim(x) - len(counts)) + counts)


def split(x: Operand, split_size: int | Sequence[int], dim: int = 0) -> tuple:
    """Pieces of ``split_size`` along ``dim``, the last perhaps smaller; or pieces of given sizes.

    >>> import autograd
    >>> split(autograd.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    size = np.shape(x)[dim]
    if isinstance(split_size, int):
        if split_size < 1:
            raise ValueError(f"split: split_size must be 1 or more, got {split_size}")
        sizes = [min(split_size, size - start) for start in range(0, size, split_size)] or [0]
    else:
        sizes = list(split_size)
        if sum(sizes) != size:
            raise ValueError(f"split: sizes {sizes} must add up to {size}, the size of dim {dim}")
    ends = np.cumsum(sizes).tolist()
    before = (slice(None),) * (dim % np.ndim(x))
    return tuple(x[(*before, slice(end - n, end))] for n, end in zip(sizes, ends))


def chunk(x: Operand, chunks: int, dim: int = 0) -> tuple:
    """At most ``chunks`` pieces of one size along ``dim``, the last perhaps smaller.

    >>> import autograd
    >>> chunk(autograd.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if chunks < 1:
        raise ValueError(f"chunk: chunks must be 1 or more, got {chunks}")
    return split(x, max(1, -(-np.shape(x)[dim] // chunks)), dim)


@view
def _diagonal(x: Operand, *, offset: int) -> Array:
    return np.diagonal(x, offset, -2, -1)


@vjp_of(_diagonal, "x")
def diagonal_dx(g, x_shape, *, offset):
    rows = diagonal_rows(x_shape, offset)
    return on(g, _put)(g, rows, rows + offset, index=ON_DIAGONAL, shape=x_shape)


ON_DIAGONAL = (..., At(0), At(1))  # of rows and columns


def diagonal_rows(shape, offset):
    """The rows that the ``offset``-th diagonal of matrices goes through."""
    rows = np.arange(shape[-2])
    return rows[(rows + offset >= 0) & (rows + offset < shape[-1])]


def diagonal(x: Operand, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The elements where the indices in ``dim1`` and ``dim2`` are equal, as a last dimension.

    >>> import autograd
    >>> diagonal(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    ndim = np.ndim(x)
    if ndim < 2:
        raise ValueError(f"diagonal: needs two dimensions or more, got shape {np.shape(x)}")
    dim1, dim2 = dim1 % ndim, dim2 % ndim
    if dim1 == dim2:
        raise ValueError("diagonal: dim1 and dim2 must differ")
    others = [i for i in range(ndim) if i not in (dim1, dim2)]
    return writable(_diagonal(permute(x, *others, dim1, dim2), offset=offset))


def trace(x: Operand) -> Any:
    """The sum of the diagonal of a matrix.

    >>> import autograd
    >>> trace(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    return diagonal(x).sum(-1)


def tril(x: Operand, k: int = 0) -> Any:
    """The part of the matrices on and below the ``k``-th diagonal, zeros above.

    >>> import autograd
    >>> tril(autograd.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    rows, columns = np.shape(x)[-2:]
    return where(np.tri(rows, columns, k, dtype=bool), x, 0.0)


def triu(x: Operand, k: int = 0) -> Any:
    """The part of the matrices on and above the ``k``-th diagonal, zeros below.

    >>> import autograd
    >>> triu(autograd.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    rows, columns = np.shape(x)[-2:]
    return where(np.tri(rows, columns, k - 1, dtype=bool), 0.0, x)
