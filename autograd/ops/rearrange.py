"""Ops that turn, shift, pad, repeat and cut: flip, roll, pad, tile, split, diagonal, tril."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dtypes import held
from ..operands import numbers_of, on
from ..primitives import Array, Operand, primitive, vjp_of
from ..views import view, writable
from .choice import where
from .dims import dim_of, dims_of, ndim_of, shape_of, spread, whole
from .elementwise import clone
from .indexing import At, _put, getitem
from .reductions import sum as sum_
from .shape import permute, reshape, transpose

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def _flip(x: Operand, *, axes: tuple[int, ...]) -> Array:
    return np.flip(x, axes)


@vjp_of(_flip, "x")
def flip_dx(g, *, axes):
    return np.flip(g, axes)


def flip(x: Operand, dims: Any, *more: int) -> Tensor:
    """The elements in reverse order along ``dims``. VJP: flip back.

    >>> import autograd
    >>> flip(autograd.tensor([1.0, 2.0, 3.0]), 0)
    tensor([3., 2., 1.])
    """
    given = (dims, *more) if isinstance(dims, int | np.integer) else tuple(dims)
    axes = dims_of("flip", given, shape_of(x))
    return _flip(x, axes=axes if ndim_of(x) else ())


def fliplr(x: Operand) -> Tensor:
    """The columns in reverse order."""
    return flip(x, 1)


def flipud(x: Operand) -> Tensor:
    """The rows in reverse order."""
    if not ndim_of(x):
        raise ValueError("flipud: a 0-d tensor has no rows")
    return flip(x, 0)


def rot90(x: Operand, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """The plane of two ``dims`` turned ``k`` times by 90 degrees, the first dim to the second.

    >>> import autograd
    >>> rot90(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 4.],
            [1., 3.]])
    """
    turns = whole("rot90", "k", k) % 4
    first, second = plane = dims_of("rot90", two("rot90", dims), shape_of(x))
    if turns % 2 == 0:
        return flip(x, plane) if turns else clone(x)
    return flip(transpose(x, first, second), first if turns == 1 else second)


def two(name: str, dims: Any) -> tuple:
    """A pair of dims. Raises ValueError for more or fewer."""
    if len(dims) != 2:
        raise ValueError(f"{name}: needs two dims, got {dims}")
    return tuple(dims)


@primitive
def _roll(x: Operand, *, shifts: Any, axes: Any) -> Array:
    return np.roll(x, shifts, axes)


@vjp_of(_roll, "x")
def roll_dx(g, *, shifts, axes):
    back = tuple(-n for n in shifts) if isinstance(shifts, tuple) else -shifts
    return on(g, _roll)(g, shifts=back, axes=axes)


def roll(x: Operand, shifts: Any, dims: Any = None) -> Tensor:
    """The elements shifted along ``dims``, those that fall out put in at the other end.

    Without ``dims`` they are shifted in the flattened tensor. VJP: roll back.

    >>> import autograd
    >>> roll(autograd.tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    dims = None if isinstance(dims, tuple | list) and not dims else dims
    moves = tuple(shifts) if isinstance(shifts, tuple | list) else (shifts,)
    moves = tuple([whole("roll", "each shift", n) for n in moves])
    if dims is None and len(moves) == 1:
        return _roll(x, shifts=moves[0], axes=None)
    places = tuple(dims) if isinstance(dims, tuple | list) else (dims,)
    if dims is None or len(places) != len(moves):
        raise ValueError(f"roll: {shifts} and {dims} must be as many shifts as dims")
    axes = tuple([dim_of("roll", dim, shape_of(x)) for dim in places])
    one = len(moves) == 1
    return _roll(x, shifts=moves[0] if one else moves, axes=axes[0] if one else axes)


@primitive
def _pad(x: Operand, *, widths: tuple, value: float) -> Array:
    return np.pad(x, widths, constant_values=value)


@vjp_of(_pad, "x")
def pad_dx(g, x_shape, *, widths, value):
    return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, x_shape))]


MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # NumPy's names


def pad(
    input: Operand, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """``input`` with something put around it: ``value`` (0), or what ``mode`` says.

    ``pad`` is ``(before, after)`` of the last dimension, then of the one before it, and so on;
    a negative number cuts off. ``mode`` is "constant", "reflect", "replicate" or "circular".
    VJP: the part of ``g`` that belongs to ``input``, to which what was repeated is added.

    >>> import autograd
    >>> autograd.pad(autograd.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    ndim = ndim_of(input)
    given = spread(pad, name="pad")
    if len(given) % 2 or len(given) > 2 * ndim:
        raise ValueError(f"pad: needs pairs (before, after) for up to {ndim} dims, got {pad}")
    if not ndim:
        return clone(input)
    pairs = [(given[i], given[i + 1]) for i in range(0, len(given), 2)][::-1]
    widths = [(0, 0)] * (ndim - len(pairs)) + pairs
    if mode != "constant":
        if mode not in MODES or value is not None:
            raise ValueError(
                f"pad: mode must be 'constant' (which alone takes a value), 'reflect', "
                f"'replicate' or 'circular', got {mode!r} and value={value}"
            )
        return pad_by_index(input, widths, MODES[mode])
    if any(n < 0 for pair in widths for n in pair):
        kept = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, shape_of(input))]
        if any(part.start > part.stop for part in kept):
            raise ValueError(f"pad: {pad} cuts off more than shape {shape_of(input)} has")
        input = getitem(input, tuple(kept))
        widths = [(max(a, 0), max(b, 0)) for a, b in widths]
    value = padding_of(input, 0 if value is None else value)
    return _pad(input, widths=tuple(widths), value=value)


def padding_of(x: Any, value: Any) -> Any:
    """The number that ``x`` is padded with. Raises an error for what is none, or not held by it."""
    if isinstance(value, np.ndarray) or hasattr(value, "grad_fn"):
        raise TypeError("pad: value must be a number; to put a Tensor around x, use concatenate")
    dtype = getattr(x, "dtype", None)
    return value if dtype is None or dtype.kind == "b" else held(value, dtype, "pad: ")


def pad_by_index(x: Operand, widths: Sequence, mode: str) -> Tensor:
    """``x`` with its own elements put around it, by the names of NumPy's modes; a copy."""
    if not np.any(widths):
        return clone(x)
    for dim, (width, n) in enumerate(zip(widths, shape_of(x))):
        before, after = width
        if before or after:
            index, cut = np.arange(n), slice(max(-before, 0), min(after, 0) or None)
            index = index[cut] if mode == "wrap" else index  # torch cuts before it wraps
            index = np.pad(index, (max(before, 0), max(after, 0)), mode)
            index = index if mode == "wrap" else index[cut]
            x = getitem(x, (*(slice(None),) * dim, index))
    return x  # type: ignore[return-value]


@primitive
def _tile(x: Operand, *, counts: tuple[int, ...]) -> Array:
    return np.tile(x, counts)


@vjp_of(_tile, "x")
def tile_dx(g, x_shape, *, counts):
    shape = (1,) * (len(counts) - len(x_shape)) + x_shape
    copies = g.reshape(tuple(n for pair in zip(counts, shape) for n in pair))
    return copies.sum(axis=tuple(range(0, 2 * len(shape), 2))).reshape(x_shape)


def tile(x: Operand, dims: Any = (), *more: int) -> Tensor:
    """``x`` laid out ``dims`` times along each dimension. VJP: the sum over copies.

    >>> import autograd
    >>> tile(autograd.tensor([1.0, 2.0]), 2)
    tensor([1., 2., 1., 2.])
    """
    counts = spread(dims, more, "tile")
    if any(n < 0 for n in counts):
        raise ValueError(f"tile: cannot repeat {counts} times")
    return _tile(x, counts=(1,) * (ndim_of(x) - len(counts)) + tuple(counts))


def repeat(x: Operand, repeats: Any, *more: int) -> Tensor:
    """torch's ``repeat``: ``tile`` with a number for each dimension at least.

    NumPy's, which repeats each element, is ``repeat_interleave``, and ``np.repeat`` of a Tensor.

    >>> import autograd
    >>> autograd.tensor([1.0, 2.0]).repeat(2)
    tensor([1., 2., 1., 2.])
    """
    counts = spread(repeats, more, "repeat")
    if len(counts) < ndim_of(x):
        raise ValueError(
            f"repeat: {counts} has fewer numbers than shape {shape_of(x)} dimensions. "
            "To repeat each element, use repeat_interleave"
        )
    return tile(x, counts)


def repeat_interleave(
    x: Operand, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element ``repeats`` times, along ``dim`` or in the flattened tensor.

    ``repeats`` is a number, or one for each element. VJP: the sum over copies.

    >>> import autograd
    >>> repeat_interleave(autograd.tensor([1.0, 2.0]), 2)
    tensor([1., 1., 2., 2.])
    """
    if dim is None:
        x, dim = reshape(x, -1), 0
    elif not ndim_of(x):
        x = reshape(x, 1)
    along = dim_of("repeat_interleave", dim, shape_of(x))
    counts = numbers_of(repeats, "repeat_interleave by a tensor")
    if counts.dtype.kind not in "iu" and counts.size:
        raise TypeError(f"repeat_interleave: repeats must be integers, got {counts.dtype}")
    if counts.ndim and counts.shape not in ((1,), (shape_of(x)[along],)):
        raise ValueError(
            f"repeat_interleave: {counts.size} numbers for {shape_of(x)[along]} elements"
        )
    if (counts < 0).any():
        raise ValueError(f"repeat_interleave: cannot repeat {counts.min()} times")
    index = np.repeat(np.arange(shape_of(x)[along]), counts)
    return getitem(x, (*(slice(None),) * along, index))


def split(
    x: Operand, split_size_or_sections: Any = None, dim: int = 0, *, split_size: Any = None
) -> tuple[Tensor, ...]:
    """Pieces of one size along ``dim``, the last perhaps smaller; or pieces of given sizes.

    >>> import autograd
    >>> split(autograd.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    sections = split_size if split_size_or_sections is None else split_size_or_sections
    along, size = size_along("split", x, dim)
    if isinstance(sections, tuple | list):
        sizes = [whole("split", "each size", n) for n in sections]
        if sum(sizes) != size or min(sizes, default=0) < 0:
            raise ValueError(f"split: sizes {sizes} must add up to {size}, the size of dim {dim}")
    else:
        piece = whole("split", "split_size", sections)
        if piece < 1 and (piece or size):
            raise ValueError(f"split: split_size must be 1 or more, got {piece}")
        sizes = [min(piece, size - start) for start in range(0, size, piece or 1)] or [0]
    return cut(x, np.cumsum([0, *sizes]).tolist(), along)


def size_along(name: str, x: Any, dim: int) -> tuple[int, int]:
    """``dim`` counted from 0, and how many elements there are along it."""
    if not ndim_of(x):
        raise ValueError(f"{name}: a 0-d tensor has no dimension to be cut along")
    along = dim_of(name, dim, shape_of(x))
    return along, shape_of(x)[along]


def cut(x: Operand, ends: Sequence[int], along: int) -> tuple[Tensor, ...]:
    """The pieces between one end and the next."""
    before = (slice(None),) * along
    return tuple(getitem(x, (*before, slice(a, b))) for a, b in pairwise(ends))


def chunk(x: Operand, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` pieces of one size along ``dim``, the last perhaps smaller.

    >>> import autograd
    >>> chunk(autograd.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    chunks = whole("chunk", "chunks", chunks)
    if chunks < 1:
        raise ValueError(f"chunk: chunks must be 1 or more, got {chunks}")
    size = size_along("chunk", x, dim)[1]
    if not size:
        return split(x, [0] * chunks, dim)
    return split(x, -(-size // chunks), dim)


def tensor_split(
    x: Operand, indices_or_sections: Any, dim: int = 0
) -> tuple[Tensor, ...]:  # fmt: skip
    """Just so many pieces along ``dim``, of sizes that differ by 1 at most; or cut at indices.

    >>> import autograd
    >>> tensor_split(autograd.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    along, size = size_along("tensor_split", x, dim)
    if ndim_of(indices_or_sections):
        ends = [0, *[slice(int(i)).indices(size)[1] for i in indices_or_sections], size]
        return cut(x, ends, along)
    count = whole("tensor_split", "the number of pieces", indices_or_sections)
    if count < 1:
        raise ValueError(f"tensor_split: needs 1 piece or more, got {count}")
    pieces = [size // count + (i < size % count) for i in range(count)]
    return cut(x, np.cumsum([0, *pieces]).tolist(), along)


def unbind(x: Operand, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along ``dim``, without it.

    >>> import autograd
    >>> unbind(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    along, size = size_along("unbind", x, dim)
    return tuple(getitem(x, (*(slice(None),) * along, i)) for i in range(size))


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


def diagonal(x: Operand, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements where the indices in ``dim1`` and ``dim2`` are equal, as a last dimension.

    >>> import autograd
    >>> diagonal(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    ndim = ndim_of(x)
    at_least_matrix("diagonal", x)
    shape = shape_of(x)
    first, second = dim_of("diagonal", dim1, shape), dim_of("diagonal", dim2, shape)
    if first == second:
        raise ValueError("diagonal: dim1 and dim2 must differ")
    rest = [i for i in range(ndim) if i not in (first, second)]
    last = permute(x, *rest, first, second) if (first, second) != (ndim - 2, ndim - 1) else x
    return writable(_diagonal(last, offset=int(offset)))


def at_least_matrix(name: str, x: Any) -> None:
    if ndim_of(x) < 2:
        raise ValueError(f"{name}: needs two dimensions or more, got shape {shape_of(x)}")


def trace(x: Operand) -> Tensor:
    """The sum of the diagonal of a matrix. Raises ValueError for what is no matrix.

    >>> import autograd
    >>> trace(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if ndim_of(x) != 2:
        raise ValueError(
            f"trace: needs a matrix, got shape {shape_of(x)}; of a stack of them take "
            "diagonal(x, 0, -2, -1).sum(-1)"
        )
    return sum_(diagonal(x), -1)


diagonal_of = diagonal  # which a setting of that name hides below


def diag(x: Operand, diagonal: int = 0) -> Tensor:
    """A vector as the diagonal of a matrix of zeros; or the diagonal of a matrix as a vector.

    A copy in either case; ``diagonal`` is the view.

    >>> import autograd
    >>> diag(autograd.tensor([1.0, 2.0]), 1)
    tensor([[0., 1., 0.],
            [0., 0., 2.],
            [0., 0., 0.]])
    """
    if ndim_of(x) == 2:
        return clone(diagonal_of(x, diagonal))
    if ndim_of(x) != 1:
        raise ValueError(f"diag: needs one dimension or two, got shape {shape_of(x)}")
    n = np.size(x) + abs(diagonal)
    padded = pad(x, (0, abs(diagonal)))
    padded = reshape(padded, -1, 1) if diagonal > 0 else padded
    return where(np.eye(n, k=diagonal, dtype=bool), padded, zero_of(x))


def zero_of(x: Any) -> int:
    """The 0 that leaves the dtype of ``x`` as it is."""
    return False if getattr(x, "dtype", None) == np.bool_ else 0


def tril(x: Operand, diagonal: int = 0) -> Tensor:
    """The part of the matrices on and below a diagonal, zeros above.

    >>> import autograd
    >>> tril(autograd.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    at_least_matrix("tril", x)
    rows, columns = shape_of(x)[-2:]
    return where(
        np.tri(rows, columns, whole("tril", "diagonal", diagonal), dtype=bool), x, zero_of(x)
    )


def triu(x: Operand, diagonal: int = 0) -> Tensor:
    """The part of the matrices on and above a diagonal, zeros below.

    >>> import autograd
    >>> triu(autograd.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    at_least_matrix("triu", x)
    rows, columns = shape_of(x)[-2:]
    return where(
        np.tri(rows, columns, whole("triu", "diagonal", diagonal) - 1, dtype=bool), zero_of(x), x
    )
