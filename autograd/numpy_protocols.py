"""NumPy's functions on Tensors: ``np.sin(t)`` is ``autograd.sin(t)``, recorded like any op.

NumPy asks its operands (``__array_ufunc__``, ``__array_function__``) before it computes.
That is how one VJP rule, ``g * np.cos(x)``, runs on arrays and, for second derivatives, on
Tensors. What has no op here raises TypeError, so that the graph is never lost unseen.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import creation, dtypes, observers, ops
from .nested import mapped
from .tensors import Tensor


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
    """What ``np.sin(t)`` and ``ndarray * t`` do."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    op = UFUNCS.get(ufunc) if method == "__call__" else None
    if op is None:
        raise unsupported(name)
    out = settings.pop("out", (None,))[0]
    refuse(name, **settings, out=out if isinstance(out, Tensor) else None)
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
        try:
            return FUNCTIONS[function](*args, **settings)
        except TypeError:
            known = inspect.signature(FUNCTIONS[function]).parameters
            kinds = [p.kind for p in known.values()]
            if inspect.Parameter.VAR_KEYWORD not in kinds:
                odd = {k: v for k, v in settings.items() if k not in known}
                if inspect.Parameter.VAR_POSITIONAL not in kinds:
                    odd.update(zip(parameters_of(function)[len(known) :], args[len(known) :]))
                refuse(function.__name__, **odd)
            raise
    if function in ABOUT_SHAPES or function in QUESTIONS:
        asks = function in QUESTIONS
        return function(*without_tensors(args, asks), **without_tensors(settings, asks))
    raise unsupported(f"{function.__module__.removeprefix('numpy.')}.{function.__name__}"
                      if "." in function.__module__ else function.__name__)  # fmt: skip


def parameters_of(function: Callable) -> list[str]:
    """The names of a function's parameters; none where NumPy does not tell."""
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:
        return []


def unsupported(name: str) -> TypeError:
    return TypeError(
        f"np.{name} has no VJP rule here, and would lose the graph. Compute with "
        "tensor.detach().numpy() if you need no gradient, or define an op: autograd.primitive"
    )


def without_tensors(x: Any, asks: bool = True) -> Any:
    """Tensors as arrays, also inside lists, tuples and dicts."""

    def array_of(x: Any) -> Any:
        if asks and observers.asked and isinstance(x, Tensor):
            observers.tell(observers.asked, x, "a NumPy function that records nothing")
        return x._data if isinstance(x, Tensor) else x

    return mapped(array_of, x)


def refuse(name: str, **settings: Any) -> None:
    """Raise TypeError for what cannot be given together with Tensors, and say what can be done."""
    given = [key for key, value in settings.items() if value is not None]
    if given:
        ways = "".join(f"; {WAYS_OUT[key]}" for key in given if key in WAYS_OUT)
        raise TypeError(f"np.{name}: {', '.join(given)} cannot be given for Tensors{ways}")


WAYS_OUT = {
    "out": "use the result",
    "dtype": "convert first: x.astype(dtype)",
    "where": "choose first, by np.where(condition, x, other) or x[condition]",
    "initial": "np.maximum(result, initial) and np.minimum do the same",
    "order": "elements are in the order of C; np.transpose gives another one",
    "sparse": "x[:, None] and y broadcast, too",
}


def reshape(a: Any, shape: Any, order: str = "C", name: str = "reshape") -> Any:
    """``np.reshape`` and ``np.ravel``, whose order is that of C."""
    refuse(name, order=None if order == "C" else order)
    return ops.reshape(a, shape)


def reduction(op: Callable, neutral: int, join: Callable) -> Callable:
    """A sum or product as NumPy calls it: of some elements, joined with an initial value."""

    def reduce(
        x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = None, where: Any = None,
    ) -> Any:  # fmt: skip
        refuse(op.__name__, out=out)
        x = x if where is None else ops.where(where, x, neutral)
        y = op(x, axis=axis, keepdims=keepdims, dtype=dtype)
        return y if initial is None else join(y, initial)

    return reduce


def extreme(op: Callable) -> Callable:
    """A reduction that has no dtype, and one result where torch has a pair."""

    def reduce(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        refuse(op.__name__, out=out)
        return op(x, axis=axis, keepdims=keepdims)

    return reduce


def spread_of(op: Callable) -> Callable:
    """``np.var`` and ``np.std``, which divide by ``n - ddof``."""

    def reduce(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0,
               keepdims: bool = False, *, correction: float | None = None) -> Any:  # fmt: skip
        refuse(op.__name__, dtype=dtype, out=out)
        ddof = ddof if correction is None else correction
        return op(x, axis=axis, keepdims=keepdims, correction=ddof)

    return reduce


def flat_without_axis(op: Callable) -> Callable:
    """A function that works along an axis, or without one on the flattened tensor."""

    def along(x: Any, axis: Any = -1, **settings: Any) -> Any:
        refuse(op.__name__, **{k: v for k, v in settings.items() if k not in ("kind", "stable")})
        return op(ops.reshape(x, -1), 0) if axis is None else op(x, axis)

    return along


def running(op: Callable) -> Callable:
    """``np.cumsum`` and ``np.cumprod``: without an axis of the flattened tensor."""

    def run(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
        refuse(op.__name__, out=out)
        a, axis = (ops.reshape(a, -1), 0) if axis is None else (a, axis)
        return op(a, axis, dtype=dtype)

    return run


def axes_of(name: str, axis: Any, x: Any) -> tuple[int, ...]:
    """Axes counted from 0; of None all."""
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis).tolist()
    return ops.dims.dims_of(f"np.{name}", axes, np.shape(x))


def without_graph(name: str, x: Any) -> Any:
    """A setting as NumPy takes it. Raises TypeError for a Tensor whose graph would be lost."""
    if isinstance(x, Tensor) and x.requires_grad:
        raise TypeError(f"np.{name}: this setting has no VJP rule, and requires grad: detach() it")
    return without_tensors(x)


def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False
         ) -> Any:  # fmt: skip
    refuse("mean", out=out)
    return ops.mean(a, axis=axis, keepdims=keepdims, dtype=dtype)


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *,
            keepdims: bool = False) -> Any:  # fmt: skip
    """The mean by weights in the shape of ``a``, or in that of its axes."""
    shape = np.shape(a)
    if weights is None:
        y = ops.mean(a, axis=axis, keepdims=keepdims)
        count = math.prod(shape) / max(math.prod(y.shape), 1)
        return (y, creation.full(y.shape, count, y.dtype)) if returned else y
    if np.shape(weights) != shape:
        axes = axes_of("average", axis, a)
        if axis is None or np.shape(weights) != tuple(shape[i] for i in axes):
            raise (TypeError if axis is None else ValueError)(
                f"np.average: weights of shape {np.shape(weights)} fit neither {shape} nor, of it, "
                f"axis {axis}"
            )
        weights = ops.permute(weights, *np.argsort(axes).tolist())
        weights = ops.reshape(weights, *[n if i in axes else 1 for i, n in enumerate(shape)])
    total = ops.sum(ops.expand(weights, shape), axis=axis, keepdims=keepdims)
    y = ops.sum(ops.mul(a, weights), axis=axis, keepdims=keepdims) / total
    return (y, ops.to(total, y.dtype)) if returned else y


def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
           keepdims: bool = False) -> Any:  # fmt: skip
    """The mean of the two in the middle; NaN where there is a NaN."""
    refuse("median", out=out)
    shape, axes = np.shape(a), axes_of("median", axis, a)
    rest = [i for i in range(len(shape)) if i not in axes]
    n = math.prod(shape[i] for i in axes)
    rows = ops.reshape(ops.permute(a, *rest, *axes), *[shape[i] for i in rest], n)
    middle = ops.sort(rows, -1).values[..., slice((n - 1) // 2, n // 2 + 1)]
    y = ops.where(ops.any(ops.isnan(rows), axis=-1), np.nan, ops.mean(middle, axis=-1))
    return ops.reshape(y, [1 if i in axes else k for i, k in enumerate(shape)]) if keepdims else y


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours, ``n`` times; of booleans whether they differ."""
    shape = np.shape(a)
    if not shape:
        raise ValueError("np.diff: a 0-d tensor has no neighbours; it needs a dimension")
    if ops.dims.whole("np.diff", "n", n) < 0:
        raise ValueError(f"np.diff: n must be 0 or more, got {n}")
    along = ops.dims.dim_of("np.diff", axis, shape)
    if n and not (prepend is None and append is None):
        one = (*shape[:along], 1, *shape[along + 1 :])
        ends = [end if np.ndim(end) or end is None else np.broadcast_to(alike(end, a), one)
                for end in (prepend, append)]  # fmt: skip
        a = ops.concatenate([x for x in (ends[0], a, ends[1]) if x is not None], along)
    before = (slice(None),) * along
    for _ in range(n):
        later, earlier = a[(*before, slice(1, None))], a[(*before, slice(None, -1))]
        a = later != earlier if a.dtype == np.bool_ else later - earlier
    return a


def alike(number: Any, x: Any) -> Any:
    """A Python number in the dtype that it has beside ``x``; all else as it is."""
    if hasattr(number, "dtype"):
        return number
    return np.asarray(number, dtypes.result_type(getattr(x, "_data", x), number))


def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences, and one-sided ones at the ends; of each axis, for several.

    ``spacing`` is one number, or for each axis a number or the positions along it; it gets its
    gradient, too. ``edge_order=2`` takes three elements at the ends instead of two.
    """
    axes = axes_of("gradient", axis, f)
    if edge_order not in (1, 2):
        raise ValueError(f"np.gradient: edge_order must be 1 or 2, got {edge_order}")
    one = len(spacing) == 1 and not np.ndim(spacing[0])
    steps = list(spacing) * len(axes) if one else list(spacing) or [1.0] * len(axes)
    if len(steps) != len(axes):
        raise TypeError("np.gradient: give one spacing, or one for each axis")
    f = ops.to(f, float_of(f)) if isinstance(f, Tensor) else Tensor(f, float_of(f))
    found = [slopes(f, h, i, edge_order) for i, h in zip(axes, steps)]
    return found[0] if len(found) == 1 else tuple(found)


def float_of(x: Any) -> Any:
    """The floating dtype of ``x``; of whole numbers the default one."""
    dtype = np.asarray(without_tensors(x, False)).dtype
    return dtype if dtype.kind == "f" else dtypes.get_default_dtype()


def slopes(f: Tensor, h: Any, axis: int, edge_order: int) -> Tensor:
    """The gradient along one axis, with the steps or the positions ``h``."""
    n = f.shape[axis]
    if n <= edge_order:
        raise ValueError(f"np.gradient: needs {edge_order + 1} elements along axis {axis}, got {n}")
    if np.shape(h) not in ((), (n,)):
        raise ValueError(
            f"np.gradient: axis {axis} has {n} elements, so its spacing must be a number or {n} "
            f"positions, got shape {np.shape(h)}"
        )
    h = ops.to(h, f.dtype) if isinstance(h, Tensor) else np.asarray(h, f.dtype)
    h = h[1:] - h[:-1] if np.ndim(h) else np.broadcast_to(h, (n - 1,))
    h = h.reshape((-1, *(1,) * (f.ndim - 1 - axis)))
    at = lambda *ends: (*(slice(None),) * axis, slice(*ends))  # noqa: E731
    slope = (f[at(1, None)] - f[at(None, -1)]) / h  # between neighbours
    first, last = slope[at(1)], slope[at(n - 2, None)]
    left, right = h[:-1] / (h[:-1] + h[1:]), h[1:] / (h[:-1] + h[1:])
    inner = slope[at(None, -1)] * right + slope[at(1, None)] * left
    if edge_order == 2:
        first = first + (first - slope[at(1, 2)]) * left[:1]
        last = last + (last - slope[at(n - 3, n - 2)]) * right[n - 3 :]
    return ops.concatenate([first, inner, last], axis)


def take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
         ) -> Any:  # fmt: skip
    """The elements or slices at ``indices``; those out of bounds wrap, or are clipped, by mode."""
    refuse("take", out=out)
    along = 0 if axis is None else ops.dims.dim_of("np.take", axis, np.shape(a))
    a = ops.reshape(a, -1) if axis is None or not np.ndim(a) else a
    index = indices if isinstance(indices, Tensor) else np.asarray(indices)
    if index.dtype.kind not in "iub" and np.size(index):
        raise TypeError(f"np.take: indices must be integers, got {index.dtype}")
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"np.take: mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    index, n = index.astype(np.int64), np.shape(a)[along]
    if mode != "raise" and n:
        index = index % n if mode == "wrap" else np.clip(index, 0, n - 1)
    return ops.getitem(a, (*(slice(None),) * along, index))


def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    ndim, given = np.ndim(array), np.asarray(without_tensors(pad_width))
    if given.dtype.kind not in "iu":
        raise TypeError(f"np.pad: pad_width must be integers, got {pad_width}")
    if (given < 0).any():
        raise ValueError(f"np.pad: pad_width must be 0 or more, got {pad_width}; a slice cuts off")
    widths = np.broadcast_to(given, (ndim, 2)).tolist()
    if mode == "constant":
        values = without_graph("pad", constant_values)
        if not np.ndim(values):
            return ops.pad(array, [n for pair in reversed(widths) for n in pair], value=values)
        around = zip(np.ravel(widths).tolist(), np.broadcast_to(values, (ndim, 2)).ravel().tolist())
        for i, (width, value) in enumerate(around):  # before and after the first axis, the next
            place = 2 * (ndim - 1 - i // 2) + i % 2
            array = ops.pad(array, [width * (k == place) for k in range(2 * ndim)], value=value)
        return array
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise TypeError(f"np.pad: mode {mode!r} has no VJP rule here; use edge, reflect or wrap")
    return ops.rearrange.pad_by_index(array, widths, mode)


def squeeze(a: Any, axis: Any = None) -> Any:
    shape = np.shape(a)
    if axis is not None and any(shape[i : i + 1] not in ((), (1,))
                                for i in axes_of("squeeze", axis, a)):  # fmt: skip
        raise ValueError(f"np.squeeze: axis {axis} of shape {shape} has not size 1")
    return ops.squeeze(a, axis)


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list:
    _, size = ops.rearrange.size_along("np.split", ary, axis)
    if np.ndim(indices_or_sections) == 0 and indices_or_sections > 0 and size % indices_or_sections:
        raise ValueError(
            f"np.split: {size} elements do not divide into {indices_or_sections} equal parts; "
            "np.array_split makes unequal ones"
        )
    return list(ops.tensor_split(ary, indices_or_sections, axis))


def vsplit(ary: Any, indices_or_sections: Any) -> list:
    if np.ndim(ary) < 2:
        raise ValueError(f"np.vsplit: needs two dimensions or more, got shape {np.shape(ary)}")
    return split(ary, indices_or_sections, 0)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple:
    refuse("meshgrid", sparse=sparse or None)
    return creation.meshgrid(*xi, indexing=indexing)


def solve(a: Any, b: Any) -> Any:
    """``b`` is a vector only where it has one dimension; torch's may be a stack of vectors, too."""
    return ops.solve(a, b) if np.ndim(b) == 1 else ops.solving._solve(a, b)


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    values = values if isinstance(values, list | tuple) else alike(values, arr)
    if axis is None:
        arr, values = ops.reshape(arr, -1), ops.reshape(values, -1)
    return ops.concatenate([arr, values], axis or 0)


def concatenate(arrays: Any, axis: int | None = 0, out: Any = None) -> Any:
    refuse("concatenate", out=out)
    if axis is None:
        return ops.concatenate([ops.reshape(x, -1) for x in arrays])
    return ops.concatenate(arrays, axis)


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return ops.roll(a, shift)
    pairs = np.broadcast_arrays(shift, axis)
    return ops.roll(a, *[tuple(np.atleast_1d(x).tolist()) for x in pairs])


def dot(a: Any, b: Any) -> Any:
    """The product of numbers, vectors, matrices, or along the last and the second last axis."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return ops.mul(a, b)
    return ops.matmul(a, b) if np.ndim(b) < 3 else ops.tensordot(a, b, ([-1], [-2]))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(axis, tuple) and len(axis) > 2:
        raise ValueError(f"np.linalg.norm: one axis for vectors, two for matrices, got {axis}")
    return ops.norms.linalg_norm(x, ord, axis, keepdims)


def expand_dims(x: Any, axis: Any) -> Any:
    axes = np.atleast_1d(axis).tolist()
    ndim = np.ndim(x) + len(axes)
    new = ops.dims.dims_of("np.expand_dims", axes, (1,) * ndim)
    shape = iter(np.shape(x))
    return ops.reshape(x, tuple(1 if i in new else next(shape) for i in range(ndim)))


def broadcast_arrays(*xs: Any, subok: bool = False) -> tuple:
    shape = np.broadcast_shapes(*[np.shape(x) for x in xs])
    return tuple(np.broadcast_to(x, shape) for x in xs)


def clip(
    x: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None,
    max: Any = None,
) -> Any:  # fmt: skip
    refuse("clip", out=out)
    return ops.clip(x, a_min if min is None else min, a_max if max is None else max)


def where(condition: Any, *values: Any) -> Any:
    return ops.where(condition, *values) if values else np.nonzero(without_tensors(condition))


def einsum(*operands: Any, out: Any = None, optimize: Any = False) -> Any:
    refuse("einsum", out=out)
    return ops.einsum(*operands)


def float_power(a: Any, b: Any) -> Any:
    """A power in float64 at least."""
    wide = [ops.to(x, np.float64) if hasattr(x, "grad_fn") else np.float64(x) for x in (a, b)]
    return ops.pow(*wide)


def reciprocal(x: Any) -> Any:
    """``1 / x``, which of integers is rounded towards 0."""
    return ops.div(1, x, rounding_mode=None if x.dtype.kind == "f" else "trunc")


def like(make: Callable) -> Callable:
    """``np.zeros_like`` and its sisters, which give a Tensor for a Tensor."""

    def made(a: Any, *value: Any, dtype: Any = None, shape: Any = None) -> Any:
        values = [without_graph(make.__name__, x) for x in value]
        array = make(without_tensors(a, False), *values, dtype=dtype, shape=shape)
        return Tensor(array)

    return made


UFUNCS: dict[Any, Callable] = {
    np.add: ops.add, np.subtract: ops.sub, np.multiply: ops.mul, np.divide: ops.div,
    np.power: ops.pow, np.float_power: float_power, np.matmul: ops.matmul,
    np.negative: ops.neg, np.positive: ops.positive, np.absolute: ops.abs, np.fabs: ops.abs,
    np.equal: ops.eq, np.not_equal: ops.ne, np.less: ops.lt, np.less_equal: ops.le,
    np.greater: ops.gt, np.greater_equal: ops.ge, np.invert: ops.bitwise_not,
    np.rint: ops.round, np.sign: ops.rounding._sign, np.reciprocal: reciprocal,
    np.degrees: ops.rad2deg, np.radians: ops.deg2rad,
} | {
    getattr(np, name): getattr(ops, name)
    for name in (
        "maximum", "minimum", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p",
        "logaddexp", "sqrt", "cbrt", "square", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "arcsin", "arccos", "arctan", "arctan2", "arcsinh", "arccosh", "arctanh", "hypot",
        "deg2rad", "rad2deg", "floor", "ceil", "trunc", "remainder", "floor_divide", "isnan",
        "isinf", "isfinite", "bitwise_and", "bitwise_or", "bitwise_xor", "logical_and",
        "logical_or", "logical_xor", "logical_not",
    )
}  # fmt: skip

FUNCTIONS: dict[Any, Callable] = {
    # reductions
    np.sum: reduction(ops.sum, 0, ops.add), np.prod: reduction(ops.prod, 1, ops.mul),
    np.mean: mean,
    np.all: extreme(ops.all), np.any: extreme(ops.any),
    np.max: extreme(ops.amax), np.min: extreme(ops.amin),
    np.amax: extreme(ops.amax), np.amin: extreme(ops.amin),
    np.argmax: extreme(ops.argmax), np.argmin: extreme(ops.argmin),
    np.ptp: lambda a, axis=None: np.max(a, axis) - np.min(a, axis),
    np.var: spread_of(ops.var), np.std: spread_of(ops.std),
    np.average: average, np.median: median,
    # along an axis
    np.cumsum: running(ops.cumsum), np.cumprod: running(ops.cumprod),
    np.sort: flat_without_axis(lambda x, axis: ops.sort(x, axis).values),
    np.argsort: flat_without_axis(ops.argsort),
    np.take_along_axis: lambda arr, indices, axis=-1: ops.take_along_dim(arr, indices, axis),
    np.take: take, np.diff: diff, np.gradient: gradient,
    # elements
    np.where: where, np.clip: clip, np.sinc: ops.sinc, np.fix: ops.trunc,
    np.round: lambda a, decimals=0: ops.round(a, decimals),
    np.around: lambda a, decimals=0: ops.round(a, decimals),
    # products
    np.dot: dot, np.vdot: lambda a, b: ops.dot(ops.reshape(a, -1), ops.reshape(b, -1)),
    np.inner: ops.inner, np.kron: ops.kron, np.einsum: einsum,
    np.outer: lambda a, b: ops.outer(ops.reshape(a, -1), ops.reshape(b, -1)),
    np.tensordot: lambda a, b, axes=2: ops.tensordot(a, b, axes),
    np.trace: lambda a, offset=0, axis1=0, axis2=1: ops.sum(
        ops.diagonal(a, offset, axis1, axis2), -1
    ),
    np.linalg.norm: norm,
    np.linalg.inv: ops.inv, np.linalg.solve: solve,
    np.linalg.det: ops.det, np.linalg.slogdet: ops.slogdet,
    np.linalg.cholesky: lambda a, upper=False: ops.cholesky(a, upper),
    # shapes
    np.reshape: reshape,
    np.ravel: lambda a, order="C": reshape(a, -1, order, "ravel"),
    np.transpose: lambda a, axes=None: ops.transpose(a, axes),
    np.swapaxes: lambda a, axis1, axis2: ops.transpose(a, axis1, axis2),
    np.moveaxis: ops.movedim, np.expand_dims: expand_dims, np.squeeze: squeeze,
    np.broadcast_to: lambda array, shape: ops.expand(array, shape),
    np.broadcast_arrays: broadcast_arrays,
    np.atleast_1d: ops.atleast_1d, np.atleast_2d: ops.atleast_2d,
    np.copy: ops.clone,
    # joined and cut
    np.concatenate: concatenate, np.append: append,
    np.stack: lambda arrays, axis=0: ops.stack(arrays, axis),
    np.vstack: ops.vstack, np.hstack: ops.hstack, np.column_stack: ops.column_stack,
    np.dstack: ops.dstack, np.meshgrid: meshgrid,
    np.split: split,
    np.array_split: lambda ary, parts, axis=0: list(ops.tensor_split(ary, parts, axis)),
    np.hsplit: lambda ary, parts: split(ary, parts, min(1, np.ndim(ary) - 1)),
    np.vsplit: vsplit,
    # moved
    np.flip: lambda m, axis=None: ops.flip(m, range(np.ndim(m)) if axis is None else axis),
    np.fliplr: ops.fliplr, np.flipud: ops.flipud, np.roll: roll,
    np.rot90: lambda m, k=1, axes=(0, 1): ops.rot90(m, k, axes),
    np.tile: lambda A, reps: ops.tile(A, reps),
    np.repeat: lambda a, repeats, axis=None: ops.repeat_interleave(a, repeats, axis),
    np.pad: pad, np.tril: lambda m, k=0: ops.tril(m, k), np.triu: lambda m, k=0: ops.triu(m, k),
    np.diag: lambda v, k=0: ops.diag(v, k),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: ops.diagonal(a, offset, axis1, axis2),
    # made anew
    np.zeros_like: like(np.zeros_like), np.ones_like: like(np.ones_like),
    np.empty_like: like(np.zeros_like), np.full_like: like(np.full_like),
}  # fmt: skip

# Their answers carry no gradient, so arrays will do.
ABOUT_SHAPES = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.may_share_memory,
    np.shares_memory, np.iscomplexobj, np.array2string, np.array_repr, np.array_str,
}  # fmt: skip
QUESTIONS = {
    np.allclose, np.isclose, np.array_equal, np.count_nonzero, np.nonzero, np.argwhere,
}  # fmt: skip

Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = array_function  # type: ignore[attr-defined]
