"""NumPy's functions on Tensors: ``np.sin(t)`` is ``autograd.sin(t)``, recorded like any op.

NumPy asks its operands (``__array_ufunc__``, ``__array_function__``) before it computes.
That is how one VJP rule, ``g * np.cos(x)``, runs on arrays and, for second derivatives, on
Tensors. What has no op here raises TypeError, so that the graph is never lost unseen.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import observers, ops
from .tensors import Tensor


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
    """What ``np.sin(t)`` and ``ndarray * t`` do."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    op = UFUNCS.get(ufunc) if method == "__call__" else None
    if op is None:
        raise unsupported(name)
    out = settings.pop("out", (None,))[0]
    if settings or isinstance(out, Tensor):
        settings = settings or {"out": out}
        raise TypeError(f"np.{name}: {', '.join(settings)} cannot be given for Tensors")
    if out is None:
        return op(*inputs)
    if any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        raise TypeError(
            f"np.{name}: the result would go into an ndarray, which keeps no graph. detach() the "
            "operand that requires grad, or compute with Tensors"
        )
    return ufunc(*without_tensors(inputs), out=out)  # array -= tensor


def array_function(self: Any, function: Any, types: Any, args: Any, settings: Any) -> Any:
    """What ``np.sum(t, axis=0)`` does."""
    if function in FUNCTIONS:
        return FUNCTIONS[function](*args, **settings)
    if function in ABOUT_SHAPES or function in QUESTIONS:
        asks = function in QUESTIONS
        return function(*without_tensors(args, asks), **without_tensors(settings, asks))
    raise unsupported(f"{function.__module__.removeprefix('numpy.')}.{function.__name__}"
                      if "." in function.__module__ else function.__name__)  # fmt: skip


def unsupported(name: str) -> TypeError:
    return TypeError(
        f"np.{name} has no VJP rule here, and would lose the graph. Compute with "
        "tensor.detach().numpy() if you need no gradient, or define an op: autograd.primitive"
    )


def without_tensors(x: Any, asks: bool = True) -> Any:
    """Tensors as arrays, also inside lists, tuples and dicts."""
    if isinstance(x, Tensor):
        if asks and observers.asked:
            observers.tell(observers.asked, x, "a NumPy function that records nothing")
        return x._data
    if isinstance(x, list | tuple):
        return type(x)(without_tensors(item, asks) for item in x)
    if isinstance(x, dict):
        return {key: without_tensors(value, asks) for key, value in x.items()}
    return x


def reduction(op: Callable) -> Callable:
    """A reduction as NumPy calls it: ``(x, axis, dtype, out)``."""

    def reduce(
        x: Any, axis: Any = None, dtype: Any = None, out: Any = None, **settings: Any
    ) -> Any:
        if dtype is not None or out is not None or settings.get("keepdims") is np._NoValue:
            raise TypeError(f"np.{op.__name__}: dtype and out cannot be given for Tensors")
        return op(x, axis=axis, **settings)

    return reduce


def extreme(op: Callable) -> Callable:
    """``np.max``, which has no dtype, and one result where torch has a pair."""

    def reduce(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        if out is not None:
            raise TypeError(f"np.{op.__name__}: out cannot be given for Tensors")
        return op(x, axis=axis, keepdims=keepdims)

    return reduce


def spread_of(op: Callable) -> Callable:
    """``np.var`` and ``np.std``, which divide by ``n - ddof``."""

    def reduce(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0,
               keepdims: bool = False) -> Any:  # fmt: skip
        if dtype is not None or out is not None:
            raise TypeError(f"np.{op.__name__}: dtype and out cannot be given for Tensors")
        return op(x, axis=axis, keepdims=keepdims, correction=ddof)

    return reduce


def dot(a: Any, b: Any) -> Any:
    """``np.dot``: the product of numbers, vectors, matrices, and a stack with a matrix."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return ops.mul(a, b)
    if np.ndim(b) > 2:
        raise TypeError("np.dot: the second operand has over two dimensions; use @ or einsum")
    return ops.matmul(a, b)


def expand_dims(x: Any, axis: Any) -> Any:
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = np.ndim(x) + len(axes)
    shape = iter(np.shape(x))
    new = {a % ndim for a in axes}
    return ops.reshape(x, tuple(1 if i in new else next(shape) for i in range(ndim)))


def moveaxis(x: Any, source: int, destination: int) -> Any:
    ndim = np.ndim(x)
    order = [i for i in range(ndim) if i != source % ndim]
    order.insert(destination % ndim, source % ndim)
    return ops.permute(x, tuple(order))


def cumsum(a: Any, axis: int | None = None) -> Any:
    return ops.cumsum(ops.reshape(a, -1), 0) if axis is None else ops.cumsum(a, axis)


def broadcast_arrays(*xs: Any, subok: bool = False) -> tuple:
    shape = np.broadcast_shapes(*[np.shape(x) for x in xs])
    return tuple(np.broadcast_to(x, shape) for x in xs)


def clip(x: Any, a_min: Any = None, a_max: Any = None) -> Any:
    return ops.clip(x, a_min, a_max)


UFUNCS: dict[Any, Callable] = {
    np.add: ops.add, np.subtract: ops.sub, np.multiply: ops.mul, np.divide: ops.div,
    np.power: ops.pow, np.float_power: ops.pow, np.matmul: ops.matmul, np.negative: ops.neg,
    np.positive: lambda x: x, np.maximum: ops.maximum, np.minimum: ops.minimum,
    np.equal: ops.eq, np.not_equal: ops.ne, np.less: ops.lt, np.less_equal: ops.le,
    np.greater: ops.gt, np.greater_equal: ops.ge, np.bitwise_and: ops.logical_and,
    np.bitwise_or: ops.logical_or, np.invert: ops.logical_not, np.absolute: ops.abs,
    np.square: lambda x: ops.mul(x, x), np.reciprocal: lambda x: ops.div(1, x),
} | {
    getattr(np, name): getattr(ops, name)
    for name in (
        "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "arcsin", "arccos", "arctan", "arctan2", "floor", "ceil", "sign", "trunc",
        "isnan", "isinf", "isfinite",
    )
}  # fmt: skip

FUNCTIONS: dict[Any, Callable] = {
    np.sum: reduction(ops.sum), np.mean: reduction(ops.mean), np.prod: reduction(ops.prod),
    np.all: extreme(ops.all), np.any: extreme(ops.any),
    np.max: extreme(ops.amax), np.min: extreme(ops.amin),
    np.amax: extreme(ops.amax), np.amin: extreme(ops.amin),
    np.var: spread_of(ops.var), np.std: spread_of(ops.std),
    np.argsort: lambda a, axis=-1, kind=None, *, stable=None: ops.argsort(a, axis),
    np.take_along_axis: lambda arr, indices, axis: ops.take_along_dim(arr, indices, axis),
    np.argmax: lambda x, axis=None, keepdims=False: ops.argmax(x, axis, keepdims),
    np.argmin: lambda x, axis=None, keepdims=False: ops.argmin(x, axis, keepdims),
    np.where: ops.where, np.clip: clip, np.round: lambda a, decimals=0: ops.round(a, decimals),
    np.dot: dot, np.outer: ops.outer, np.einsum: ops.einsum, np.trace: ops.trace,
    np.reshape: lambda a, shape: ops.reshape(a, shape),
    np.ravel: lambda a: ops.reshape(a, -1),
    np.transpose: lambda a, axes=None: ops.transpose(a, axes),
    np.swapaxes: ops.transpose, np.moveaxis: moveaxis, np.expand_dims: expand_dims,
    np.squeeze: lambda a, axis=None: ops.squeeze(a, axis),
    np.broadcast_to: lambda array, shape: ops.expand(array, shape),
    np.concatenate: lambda arrays, axis=0: ops.concatenate(arrays, axis),
    np.stack: lambda arrays, axis=0: ops.stack(arrays, axis),
    np.cumsum: cumsum,
    np.sort: lambda a, axis=-1: ops.sort(a, axis).values,
    np.flip: lambda m, axis=None: ops.flip(m, range(np.ndim(m)) if axis is None else axis),
    np.roll: lambda a, shift, axis=None: ops.roll(a, shift, axis),
    np.tile: lambda A, reps: ops.tile(A, reps),
    np.tril: ops.tril, np.triu: ops.triu,
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: ops.diagonal(a, offset, axis1, axis2),
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: ops.norm(
        x, 2 if ord is None else ord, axis, keepdims
    ),
    np.zeros_like: lambda a, dtype=None: Tensor(np.zeros_like(a._data, dtype)),
    np.ones_like: lambda a, dtype=None: Tensor(np.ones_like(a._data, dtype)),
    np.broadcast_arrays: broadcast_arrays,
    np.atleast_1d: lambda a: a if a.ndim else ops.reshape(a, 1),
}  # fmt: skip

# Their answers carry no gradient, so arrays will do.
ABOUT_SHAPES = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.may_share_memory,
    np.shares_memory, np.iscomplexobj, np.array2string, np.array_repr, np.array_str,
}  # fmt: skip
QUESTIONS = {
    np.allclose, np.isclose, np.array_equal, np.count_nonzero, np.nonzero,
}  # fmt: skip

Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = array_function  # type: ignore[attr-defined]
