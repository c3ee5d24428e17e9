"""Make Tensors: from data, filled, in steps, random."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, observers
from .ops.shape import spread
from .primitives import primitive
from .tensors import Tensor, result

_generator: np.random.Generator | None = None  # once random numbers were asked for


def tensor(
    data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """A new Tensor with a copy of ``data``: see ``Tensor``.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor([1.0]).dtype
    (dtype('int64'), dtype('float32'))
    """
    return Tensor(data, dtype, requires_grad, name)


def from_numpy(array: np.ndarray) -> Tensor:
    """A Tensor that shares the memory of ``array``.

    >>> a = np.zeros(2)
    >>> t = from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=float64)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: needs an ndarray, got {type(array).__name__}")
    return result(array)


def made(array: Any, dtype: Any, requires_grad: bool) -> Tensor:
    dtype = dtypes.get_default_dtype() if dtype is None else np.dtype(dtype)
    out = result(array.astype(dtype, copy=False)).requires_grad_(requires_grad)
    if observers.created:
        observers.tell(observers.created, out)
    return out


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of shape ``size``.

    >>> zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return made(np.zeros(spread(size), np.int8), dtype, requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of shape ``size``.

    >>> ones((3,))
    tensor([1., 1., 1.])
    """
    return made(np.ones(spread(size), np.int8), dtype, requires_grad)


def full(size: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """``fill_value`` in shape ``size``; its dtype is that of the value.

    >>> full((2,), 0.5)
    tensor([0.5000, 0.5000])
    """
    dtype = Tensor(fill_value).dtype if dtype is None else dtype
    return made(np.full(size, fill_value), dtype, requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix, ``(n, n)`` or ``(n, m)``.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return made(np.eye(n, m), dtype, requires_grad)


def arange(
    start: float, end: float | None = None, step: float = 1, dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers from ``start`` (0) up to but without ``end``; ints give int64.

    >>> arange(3), arange(0, 1, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    start, end = (0, start) if end is None else (start, end)
    steps = np.arange(start, end, step)
    return made(steps, steps.dtype if dtype is None and steps.dtype.kind == "i" else dtype,
                requires_grad)  # fmt: skip


def linspace(
    start: float, end: float, steps: int, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, both included.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return made(np.linspace(start, end, steps), dtype, requires_grad)


def rand(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers, uniform from 0 to 1.

    >>> rand(2, 3).shape
    (2, 3)
    """
    dtype = dtypes.get_default_dtype() if dtype is None else np.dtype(dtype)
    return _uniform(shape=spread(size), dtype=dtype).requires_grad_(requires_grad)


@primitive
def _uniform(*, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    return np.asarray(current_generator().random(shape), dtype)


def randn(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers from the standard normal distribution.

    >>> randn(2, 3).shape
    (2, 3)
    """
    dtype = dtypes.get_default_dtype() if dtype is None else np.dtype(dtype)
    return _normal(shape=spread(size), dtype=dtype).requires_grad_(requires_grad)


@primitive
def _normal(*, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    return np.asarray(current_generator().standard_normal(shape), dtype)


DRAWS = [_uniform.op, _normal.op]  # type: ignore[attr-defined]  # ops whose result is random


def zeros_like(x: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape and dtype of ``x``.

    >>> zeros_like(tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return zeros(x.shape, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def ones_like(x: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of ``x``.

    >>> ones_like(tensor([1.0, 2.0]))
    tensor([1., 1.])
    """
    return ones(x.shape, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def randn_like(x: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers from the standard normal distribution, in the shape and dtype of ``x``.

    >>> randn_like(tensor([1.0, 2.0])).shape
    (2,)
    """
    return randn(x.shape, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def manual_seed(seed: int) -> None:
    """Start the random numbers anew, so that a run can be repeated.

    The numbers are NumPy's, not torch's, for the same seed.

    >>> manual_seed(0); a = rand(1)
    >>> manual_seed(0); b = rand(1)
    >>> bool(a == b)
    True
    """
    global _generator
    if observers.asked:
        observers.tell(observers.asked, None, "manual_seed()")
    _generator = np.random.default_rng(seed)


def generator() -> np.random.Generator:
    """The generator behind the random numbers, as ``manual_seed`` set it."""
    if observers.asked:
        observers.tell(observers.asked, None, "autograd.generator()")
    return current_generator()


def current_generator() -> np.random.Generator:
    global _generator
    if _generator is None:
        _generator = np.random.default_rng()
    return _generator
