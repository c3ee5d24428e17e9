"""Reading and writing by index: basic, boolean and integer arrays.

An index may hold arrays: masks and positions. They are operands of the ops here, ``*indices``,
and ``index`` says where each belongs: ``x[:, rows]`` is ``index=(slice(None), At(0))``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..operands import as_one_call, on
from ..primitives import Array, Operand, primitive, vjp_of
from ..views import view
from .dims import dim_of, ndim_of, shape_of
from .shape import expand, reshape

if TYPE_CHECKING:
    from ..tensors import Tensor


class At(NamedTuple):
    """The place of an array in an index: the operand ``indices[i]``."""

    i: int

    def __repr__(self) -> str:
        return f"indices[{self.i}]"


@view
def _getitem(x: Operand, *indices: Operand, index: Any) -> Array:
    index = placed(index, indices)
    y = x[index]
    return y if y.ndim else element(x, index, y)


@vjp_of(_getitem, "x")
def getitem_dx(g, x_shape, indices, *, index):
    return on(g, _put)(g, *indices, index=index, shape=x_shape)


@primitive
def _put(g: Operand, *indices: Operand, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of ``shape`` with ``g`` added at ``index``: the VJP of indexing, and linear itself."""
    return added_at(np.zeros(shape, g.dtype), placed(index, indices), g)


@vjp_of(_put, "g")
def put_dg(g, indices, *, index, shape):
    return g[placed(index, indices)]


@primitive
def _setitem(x: Operand, value: Operand, *indices: Operand, index: Any) -> Array:
    return put_at(x, placed(index, indices), value)


@vjp_of(_setitem, "x")
def setitem_dx(g, indices, *, index):
    return on(g, _setitem)(g, 0, *indices, index=index)


@vjp_of(_setitem, "value")
def setitem_dvalue(g, indices, *, index):
    return g[placed(index, indices)]


@as_one_call
def added_at(x: Array, index: Any, values: Array) -> Array:
    """A copy of ``x`` with ``values`` added at ``index``, each time it names an element."""
    if hasattr(x, "at"):  # JAX, whose arrays do not change
        return x.at[index].add(values)
    x = np.array(x)
    np.add.at(x, index, values)
    return x


@as_one_call
def put_at(x: Array, index: Any, values: Array) -> Array:
    """A copy of ``x`` with ``values`` at ``index``."""
    if hasattr(x, "at"):  # JAX, whose arrays do not change
        return x.at[index].set(values)
    x = np.array(x)
    x[index] = values
    return x


def element(x: Array, index: Any, y: Array) -> Array:
    """``x[index]``, which is the number ``y``, as a 0-d view of an array."""
    if isinstance(y, np.generic) and isinstance(x, np.ndarray):
        return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]
    return y


def placed(index: Any, indices: Any) -> Any:
    """An index with its arrays in their places."""
    if not indices:
        return index
    if isinstance(index, At):
        array = indices[index.i]
        return array[()] if isinstance(array, np.ndarray) and array.ndim == 0 else array
    if isinstance(index, tuple):
        return tuple(placed(part, indices) for part in index)
    return index


def taken_apart(index: Any) -> tuple[Any, list[Any]]:
    """An index without its arrays, and these: Tensors, arrays, lists, and tuples in a tuple."""
    indices: list[Any] = []

    def part(x: Any) -> Any:
        if isinstance(x, list | tuple):
            x = np.asarray([tensorless(item) for item in x], dtype=None if len(x) else np.int64)
        if isinstance(x, np.ndarray) or hasattr(x, "grad_fn"):
            if x.dtype == np.uint8:
                raise TypeError(
                    "index: a uint8 index is a mask to torch and positions to NumPy; say which "
                    "by .bool() or .long()"
                )
            indices.append(x.copy() if isinstance(x, np.ndarray) else x)
            return At(len(indices) - 1)
        return x

    found = tuple(map(part, index)) if isinstance(index, tuple) else part(index)
    return found, indices


def in_order(x: Operand, index: Any) -> list[tuple[Any, list[Any]]]:
    """An index as one or two that follow each other, each without its arrays, and with these.

    torch takes integers first, and the rest of what they leave. To NumPy they are arrays, whose
    dimensions go to the front where a slice, None or ``...`` stands between two of them; so does
    a ``...`` that stands for no dimension. There the integers become an index of their own.
    """
    index, indices = taken_apart(index)
    if not isinstance(index, tuple):
        return [(index, indices)]
    parts = (index,) if isinstance(index, At) else index
    if any(i.dtype == np.bool_ and 0 in i.shape for i in indices):
        check_empty_masks(shape_of(x), parts, indices)
    kinds = [kind_of(part, indices) for part in parts]
    places = [i for i, kind in enumerate(kinds) if kind != "other"]
    if "array" not in kinds or places[-1] - places[0] < len(places):
        return [(index, indices)]
    own = [dims_taken(part, indices) for part in parts]
    first: list[Any] = []
    rest: list[Any] = []
    for part, kind, n in zip(parts, kinds, own):
        if part is ...:
            n = ndim_of(x) - sum(own)
            rest += [slice(None)] * n
        elif kind != "integer":
            rest.append(part)
        first += [part] if kind == "integer" else [slice(None)] * n
    if "integer" not in kinds:
        return [(tuple(rest), indices)]
    while isinstance(first[-1], slice):
        first.pop()
    return [renumbered(first, indices), renumbered(rest, indices)]


def check_empty_masks(shape: tuple, index: tuple, indices: list) -> None:
    """Raise IndexError where a mask without elements, which NumPy takes anywhere, does not fit."""
    own, dim = [dims_taken(part, indices) for part in index], 0
    for part, n in zip(index, own):
        n = len(shape) - sum(own) if part is ... else n
        if isinstance(part, At) and n and indices[part.i].dtype == np.bool_:
            mask = indices[part.i].shape
            if mask != shape[dim : dim + n]:
                raise IndexError(
                    f"index: a mask of shape {mask} does not fit {shape} from dim {dim} on"
                )
        dim += n


def kind_of(part: Any, indices: list) -> str:
    """What a part of an index is: "integer", "array", or "other": a slice, None or ``...``."""
    if isinstance(part, At):
        array = indices[part.i]
        return "array" if array.ndim or array.dtype == np.bool_ else "integer"
    if isinstance(part, bool | np.bool_):
        return "array"
    return "integer" if hasattr(part, "__index__") else "other"


def dims_taken(part: Any, indices: list) -> int:
    """How many dimensions a part of an index is for; 0 for ``...``."""
    if isinstance(part, At) and indices[part.i].dtype == np.bool_:
        return indices[part.i].ndim
    return 0 if part is None or part is ... or isinstance(part, bool | np.bool_) else 1


def renumbered(index: list, indices: list) -> tuple[Any, list[Any]]:
    """Some parts of an index, and those of its arrays that are in them."""
    parts = [part for part in index if isinstance(part, At)]
    found = tuple(At(parts.index(part)) if isinstance(part, At) else part for part in index)
    return found if len(found) > 1 else found[0], [indices[part.i] for part in parts]


def tensorless(x: Any) -> Any:
    """A Tensor in a list as an array."""
    if isinstance(x, list | tuple):
        return [tensorless(item) for item in x]
    return x.detach().numpy() if hasattr(x, "grad_fn") else x


def getitem(x: Operand, index: Any) -> Tensor:
    """``x[index]`` for every index of NumPy's. VJP: ``g`` added into zeros at ``index``.

    Beside an array an integer is taken first, as in torch: ``x[0, :, [1, 2]]`` is
    ``x[0][:, [1, 2]]``. Raises TypeError for an index of uint8, which torch takes for a mask and
    NumPy for positions.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0, 3.0])
    >>> x[1:], x[x > 1], x[[0, 0]]
    (tensor([2., 3.]), tensor([2., 3.]), tensor([1., 1.]))
    """
    for part, indices in in_order(x, index):
        x = _getitem(x, *indices, index=part)
    return x  # type: ignore[return-value]


def without_front(value: Operand, x: Operand, index: Any, indices: list) -> Operand:
    """``value`` without sizes of 1 that stand before those that fit ``x[index]``."""
    if ndim_of(value) and shape_of(value)[0] == 1:
        arrays = [np.asarray(getattr(i, "_data", i)) for i in indices]
        place = np.broadcast_to(np.int8(0), shape_of(x))[placed(index, arrays)].ndim
        if ndim_of(value) > place:
            return reshape(value, shape_of(value)[ndim_of(value) - place :])
    return value


@primitive
def _take_along(x: Operand, indices: Operand, *, axis: int) -> Array:
    return np.take_along_axis(x, indices, axis)


@vjp_of(_take_along, "x")
def take_along_dx(g, x_shape, indices, *, axis):
    where = list(np.ix_(*map(range, indices.shape)))
    where[axis] = indices
    index = tuple(At(i) for i in range(len(where)))
    return on(g, _put)(g, *where, index=index, shape=x_shape)


def take_along_dim(x: Operand, indices: Operand, dim: int | None = None) -> Tensor:
    """The elements of ``x`` at ``indices`` along ``dim``. VJP: ``g`` added in at ``indices``.

    In the other dimensions the two broadcast. Without ``dim`` both are flattened.

    >>> import autograd
    >>> x = autograd.tensor([[1.0, 5.0], [3.0, 4.0]])
    >>> take_along_dim(x, autograd.tensor([[1], [0]]), dim=1)
    tensor([[5.],
            [3.]])
    """
    indices = positions("take_along_dim", indices)
    if dim is None:
        return _take_along(reshape(x, -1), indices.reshape(-1), axis=0)
    shape, other = shape_of(x), shape_of(indices)
    if len(shape) != len(other):
        raise ValueError(f"take_along_dim: {shape} and {other} must have as many dimensions")
    axis = dim_of("take_along_dim", dim, shape)
    if not shape:
        return reshape(take_along_dim(reshape(x, 1), indices.reshape(1), 0), ())
    rest = np.broadcast_shapes(replaced(shape, axis, 1), replaced(other, axis, 1))
    wide = replaced(rest, axis, shape[axis])
    x = x if shape == wide else expand(x, wide)
    long = replaced(rest, axis, other[axis])
    return _take_along(x, indices if other == long else np.broadcast_to(indices, long), axis=axis)


def replaced(shape: tuple, axis: int, n: int) -> tuple:
    """A shape with another size."""
    return (*shape[:axis], n, *shape[axis + 1 :])


def positions(name: str, index: Any) -> Any:
    """An index as a Tensor or array of integers."""
    index = index if hasattr(index, "grad_fn") else np.asarray(index)
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices must be integers, got {index.dtype}")
    return index


def not_negative(name: str, index: Any) -> Any:
    """``index``. Raises IndexError for a negative one, as torch does here."""
    data = getattr(index, "_data", index)
    if data.size and data.min() < 0:
        raise IndexError(
            f"{name}: indices must be 0 or more, got {data.min()}; x[index] and take_along_dim "
            "count from the end"
        )
    return index


def gather(x: Operand, dim: int, index: Operand) -> Tensor:
    """``out[i][j] = x[index[i][j]][j]`` for ``dim=0``, and so on. VJP: ``g`` added in there.

    ``index`` may be smaller than ``x`` in the other dimensions, and nothing is broadcast.

    >>> import autograd
    >>> gather(autograd.tensor([[1.0, 5.0], [3.0, 4.0]]), 1, autograd.tensor([[1, 1]]))
    tensor([[5., 5.]])
    """
    index = not_negative("gather", positions("gather", index))
    shape, other = shape_of(x), shape_of(index)
    axis = dim_of("gather", dim, shape)
    if {len(shape), len(other)} == {0, 1}:  # a number goes with a vector, as in torch
        return reshape(gather(reshape(x, -1), 0, index.reshape(-1)), other)
    small = len(shape) == len(other) and all(
        m <= n for i, (m, n) in enumerate(zip(other, shape)) if i != axis
    )
    if not small:
        raise ValueError(
            f"gather: an index of shape {other} must have the dimensions of {shape}, and be no "
            f"larger but in dim {axis}"
        )
    corner = tuple(slice(None) if i == axis or m == n else slice(m)
                   for i, (m, n) in enumerate(zip(other, shape)))  # fmt: skip
    x = x if all(part == slice(None) for part in corner) else getitem(x, corner)
    return take_along_dim(x, index, axis)


def index_select(x: Operand, dim: int, index: Operand) -> Tensor:
    """The slices of ``x`` at ``index`` along ``dim``: ``x[:, index]`` for ``dim=1``.

    >>> import autograd
    >>> index_select(autograd.tensor([[1.0, 5.0], [3.0, 4.0]]), 1, autograd.tensor([1, 1]))
    tensor([[5., 5.],
            [4., 4.]])
    """
    index = not_negative("index_select", positions("index_select", index))
    if ndim_of(index) > 1:
        raise ValueError(f"index_select: the index must be a vector, got shape {shape_of(index)}")
    axis = dim_of("index_select", dim, shape_of(x))
    if not ndim_of(x):
        return reshape(index_select(reshape(x, 1), 0, index), ())
    return getitem(x, (*(slice(None),) * axis, index.reshape(-1)))


def take(x: Operand, index: Operand) -> Tensor:
    """The elements at ``index`` in the flattened tensor, in the shape of ``index``.

    >>> import autograd
    >>> take(autograd.tensor([[1.0, 5.0], [3.0, 4.0]]), autograd.tensor([0, 3]))
    tensor([1., 4.])
    """
    return getitem(reshape(x, -1), (positions("take", index),))
