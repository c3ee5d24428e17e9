"""Reading and writing by index: basic, boolean and integer arrays.

An index may hold arrays: masks and positions. They are operands of the ops here, ``*indices``,
and ``index`` says where each belongs: ``x[:, rows]`` is ``index=(slice(None), At(0))``.
"""

from typing import Any, NamedTuple

import numpy as np

from ..primitives import Array, Operand, as_one_call, on, primitive, vjp_of
from ..views import view


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
            indices.append(x.copy() if isinstance(x, np.ndarray) else x)
            return At(len(indices) - 1)
        return x

    found = tuple(map(part, index)) if isinstance(index, tuple) else part(index)
    return found, indices


def tensorless(x: Any) -> Any:
    """A Tensor in a list as an array."""
    if isinstance(x, list | tuple):
        return [tensorless(item) for item in x]
    return x.detach().numpy() if hasattr(x, "grad_fn") else x


def getitem(x: Operand, index: Any) -> Any:
    """``x[index]`` for every index of NumPy's. VJP: ``g`` added into zeros at ``index``.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0, 3.0])
    >>> x[1:], x[x > 1], x[[0, 0]]
    (tensor([2., 3.]), tensor([2., 3.]), tensor([1., 1.]))
    """
    index, indices = taken_apart(index)
    return _getitem(x, *indices, index=index)


@primitive
def _take_along(x: Operand, indices: Operand, *, axis: int) -> Array:
    return np.take_along_axis(x, indices, axis)


@vjp_of(_take_along, "x")
def take_along_dx(g, x_shape, indices, *, axis):
    where = list(np.ix_(*map(range, indices.shape)))
    where[axis] = indices
    index = tuple(At(i) for i in range(len(where)))
    return on(g, _put)(g, *where, index=index, shape=x_shape)


def take_along_dim(x: Operand, indices: Any, dim: int) -> Any:
    """The elements of ``x`` at ``indices`` along ``dim``. VJP: ``g`` added in at ``indices``.

    >>> import autograd
    >>> x = autograd.tensor([[1.0, 5.0], [3.0, 4.0]])
    >>> take_along_dim(x, autograd.tensor([[1], [0]]), dim=1)
    tensor([[5.],
            [3.]])
    """
    return _take_along(x, indices, axis=dim)
