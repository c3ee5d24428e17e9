"""Reading and writing by index: basic, boolean and integer arrays."""

from typing import Any

import numpy as np

from ..primitive import Array, Operand, on, primitive, vjp_of


@primitive
def _getitem(x: Operand, *, index: Any) -> Array:
    return x[index]


@vjp_of(_getitem, "x")
def getitem_dx(g, x_shape, *, index):
    return on(g, _put)(g, index=index, shape=x_shape)


@primitive
def _put(g: Operand, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of ``shape`` with ``g`` added at ``index``: the VJP of indexing, and linear itself."""
    x = np.zeros(shape, g.dtype)
    if repeats(index):
        np.add.at(x, index, g)
    else:
        x[index] = g
    return x


@vjp_of(_put, "g")
def put_dg(g, *, index, shape):
    return g[index]


def repeats(index: Any) -> bool:
    """Whether an index may name an element twice: integer arrays may."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(getattr(part, "ndim", 0) and part.dtype != bool for part in parts)


@primitive
def _setitem(x: Operand, value: Operand, *, index: Any) -> Array:
    y = np.array(x)
    y[index] = value
    return y


@vjp_of(_setitem, "x")
def setitem_dx(g, *, index):
    return on(g, _setitem)(g, 0, index=index)


@vjp_of(_setitem, "value")
def setitem_dvalue(g, *, index):
    return g[index]


def plain(index: Any) -> Any:
    """An index as NumPy takes it: Tensors and lists in it become arrays."""
    if isinstance(index, tuple):
        return tuple(plain(part) for part in index)
    if isinstance(index, list):
        return np.asarray([plain(part) for part in index], dtype=None if index else np.int64)
    return getattr(index, "data", index) if hasattr(index, "requires_grad") else index


def getitem(x: Operand, index: Any) -> Any:
    """``x[index]`` for every index of NumPy's. VJP: ``g`` added into zeros at ``index``.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0, 3.0])
    >>> x[1:], x[x > 1], x[[0, 0]]
    (tensor([2., 3.]), tensor([2., 3.]), tensor([1., 1.]))
    """
    return _getitem(x, index=plain(index))


@primitive
def _take_along(x: Operand, *, indices: Array, axis: int) -> Array:
    return np.take_along_axis(x, indices, axis)


@vjp_of(_take_along, "x")
def take_along_dx(g, x_shape, *, indices, axis):
    where = list(np.ix_(*map(range, indices.shape)))
    where[axis] = indices
    return on(g, _put)(g, index=tuple(where), shape=x_shape)


def take_along_dim(x: Operand, indices: Any, dim: int) -> Any:
    """The elements of ``x`` at ``indices`` along ``dim``. VJP: ``g`` added in at ``indices``.

    >>> import autograd
    >>> x = autograd.tensor([[1.0, 5.0], [3.0, 4.0]])
    >>> take_along_dim(x, autograd.tensor([[1], [0]]), dim=1)
    tensor([[5.],
            [3.]])
    """
    return _take_along(x, indices=plain(indices), axis=dim)
