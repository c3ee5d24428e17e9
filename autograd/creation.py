"""Make Tensors: from data, filled, in steps, random."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes, observers
from .arrays import as_plain
from .ops.dims import spread
from .ops.elementwise import check_device
from .ops.shape import expand, reshape
from .primitives import Array, Operand, primitive, vjp_of
from .tensors import Tensor, result

_generator: np.random.Generator | None = None  # once random numbers were asked for


def tensor(
    data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None,
    *, device: Any = None,
) -> Tensor:  # fmt: skip
    """A new Tensor with a copy of ``data``: see ``Tensor``.

    All tensors are on the CPU: a ``device`` other than "cpu" raises ValueError, here and below.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor([1.0]).dtype
    (dtype('int64'), dtype('float32'))
    """
    check_device("tensor", device)
    return Tensor(data, dtype, requires_grad, name)


def from_numpy(array: np.ndarray) -> Tensor:
    """A Tensor that shares the memory of ``array``.

    Raises TypeError for what is not an ndarray, for masked arrays, for data that are not floats,
    ints or bools of up to 64 bits, and for those in the other byte order.

    >>> a = np.zeros(2)
    >>> t = from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=float64)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: needs an ndarray, got {type(array).__name__}")
    if not dtypes.can_be_held(array.dtype):
        raise TypeError(
            f"from_numpy: cannot hold {array.dtype} data; use floats, ints or bools of up to "
            "64 bits: array.astype(numpy.float64)"
        )
    if not array.dtype.isnative:
        raise TypeError(
            f"from_numpy: {array.dtype} data are in the other byte order; copy them by "
            f"array.astype({array.dtype.newbyteorder('=').name!r})"
        )
    return result(as_plain("from_numpy", array))


def as_tensor(data: Any, dtype: Any = None, *, device: Any = None) -> Tensor:
    """``data`` as a Tensor, without a copy where it is a Tensor or ndarray of that dtype.

    >>> a = np.zeros(2)
    >>> as_tensor(a).data is a
    True
    """
    check_device("as_tensor", device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or np.dtype(dtype) == data.dtype):
        return from_numpy(data)
    return Tensor(data, dtype)


def made(array: Any, dtype: Any, requires_grad: bool, device: Any = None) -> Tensor:
    check_device("device", device)
    dtype = chosen(dtype)
    out = result(array.astype(dtype, copy=False)).requires_grad_(requires_grad)
    if observers.created:
        observers.tell(observers.created, out)
    return out


def chosen(dtype: Any, default: Any = None) -> np.dtype:
    """The dtype that was given; else ``default``, or the default dtype."""
    if dtype is None:
        return default or dtypes.get_default_dtype()
    return dtypes.numeric("dtype", dtype)


def floating(name: str, dtype: Any) -> np.dtype:
    """``chosen(dtype)``. Raises TypeError for one that is not floating."""
    found = chosen(dtype)
    if not dtypes.is_floating(found):
        raise TypeError(
            f"{name}: makes floats, and the dtype is {found}; give a floating dtype, or use randint"
        )
    return found


def sizes(name: str, size: Any, more: tuple = ()) -> tuple[int, ...]:
    """A shape as people give it. Raises ValueError for a negative size, TypeError for no int."""
    try:
        shape = spread(size, more)
    except TypeError:
        raise TypeError(f"{name}: sizes must be ints, got {(size, *more)}") from None
    if any(n < 0 for n in shape):
        raise ValueError(f"{name}: sizes must be 0 or more, got {shape}")
    return shape


def zeros(
    size: Any = (), *more: int, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:  # fmt: skip
    """Zeros of shape ``size``.

    >>> zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return made(np.zeros(sizes("zeros", size, more), np.int8), dtype, requires_grad, device)


empty = zeros  # what it holds may be anything


def ones(
    size: Any = (), *more: int, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:  # fmt: skip
    """Ones of shape ``size``.

    >>> ones((3,))
    tensor([1., 1., 1.])
    """
    return made(np.ones(sizes("ones", size, more), np.int8), dtype, requires_grad, device)


def full(
    size: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False,
    *, device: Any = None,
) -> Tensor:  # fmt: skip
    """``fill_value`` in shape ``size``.

    Its dtype is that of a Python number of the kind of the value: the default one of
    ``np.float64(0.5)``, too.

    >>> full((2,), 0.5)
    tensor([0.5000, 0.5000])
    """
    value = Tensor(fill_value, dtype)
    if value.shape:
        raise ValueError(f"full: fill_value must be one number, got shape {value.shape}")
    if getattr(fill_value, "requires_grad", False):
        raise RuntimeError(
            "full: fill_value requires grad, and the result would lose its graph. Use "
            "fill_value.expand(size), or detach() it"
        )
    if dtype is None and not isinstance(fill_value, np.bool_):  # which is a float to torch
        dtype = dtypes.of_number(value._data.item())
    return made(np.full(sizes("full", size), value._data), dtype, requires_grad, device)


def eye(
    n: int, m: int | None = None, dtype: Any = None, requires_grad: bool = False,
    *, device: Any = None,
) -> Tensor:  # fmt: skip
    """The identity matrix, ``(n, n)`` or ``(n, m)``.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = sizes("eye", n, (n if m is None else m,))
    return made(np.eye(rows, columns), dtype, requires_grad, device)


def arange(
    start: float, end: float | None = None, step: float = 1, dtype: Any = None,
    requires_grad: bool = False, *, device: Any = None,
) -> Tensor:  # fmt: skip
    """The numbers from ``start`` (0) up to but without ``end``; ints give int64.

    There are none where ``step`` leads away from ``end``. Raises ValueError for a step of 0 and for
    bounds that are not finite.

    >>> arange(3), arange(0, 1, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    start, end = (0, start) if end is None else (start, end)
    if not step or not np.isfinite([start, end, step]).all():
        raise ValueError(
            f"arange: needs finite numbers and a step other than 0, got {start}, {end}, {step}"
        )
    whole = None if dtype is None else np.dtype(dtype)
    if whole == dtypes.int64:  # torch makes them whole first
        start, end, step = int(start), int(end), int(step)
        if not step:
            raise ValueError(f"arange: the step must be a whole number other than 0 for {dtype}")
    steps = np.arange(start, end, step)
    if whole is not None and whole.kind in "iu":  # and those of other dtypes when it has counted
        steps = int(start) + int(step) * np.arange(len(steps))
    dtype = chosen(dtype, steps.dtype if steps.dtype.kind == "i" else None)
    for n in (*steps[:1].tolist(), *steps[-1:].tolist()):
        dtypes.held(n, dtype, "arange: ")
    return made(steps, dtype, requires_grad, device)


def linspace(
    start: float, end: float, steps: int, dtype: Any = None, requires_grad: bool = False,
    *, device: Any = None,
) -> Tensor:  # fmt: skip
    """``steps`` numbers from ``start`` to ``end``, both included.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    dtype = chosen(dtype)
    if dtype.kind in "iu":  # torch makes them whole first
        start, end = int(start), int(end)
        dtypes.held(start, dtype, "linspace: "), dtypes.held(end, dtype, "linspace: ")
    (steps,) = sizes("linspace", steps)
    return made(np.linspace(float(start), float(end), steps), dtype, requires_grad, device)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """For each vector a grid with its values along one dimension: of the first along the first.

    ``indexing="xy"``, NumPy's default, swaps the first two dimensions.

    >>> rows, columns = meshgrid(arange(2), arange(3))
    >>> rows
    tensor([[0, 0, 0],
            [1, 1, 1]])
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}")
    one = len(tensors) == 1 and isinstance(tensors[0], Sequence)
    xs = [as_tensor(x) for x in (tensors[0] if one else tensors)]
    if any(x.ndim > 1 for x in xs):
        raise ValueError(f"meshgrid: needs vectors, got shapes {[x.shape for x in xs]}")
    order = list(range(len(xs)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    shape = [xs[i].numel() for i in order]
    places = [[-1 if k == i else 1 for k in order] for i in range(len(xs))]
    return tuple(expand(reshape(x, place), shape) for x, place in zip(xs, places))


def rand(
    size: Any = (), *more: int, dtype: Any = None, requires_grad: bool = False, device: Any = None,
    generator: np.random.Generator | None = None,
) -> Tensor:  # fmt: skip
    """Random numbers, uniform from 0 up to but without 1.

    They come from ``generator``, one of NumPy's, or else from the one that ``manual_seed`` sets;
    so do those below. Raises TypeError for another ``generator`` and a dtype that is not floating.

    >>> rand(2, 3).shape
    (2, 3)
    """
    check_device("rand", device)
    dtype = floating("rand", dtype)
    shape, source = sizes("rand", size, more), checked("rand", generator)
    return _uniform(shape=shape, dtype=dtype, source=source).requires_grad_(requires_grad)


@primitive
def _uniform(*, shape: tuple[int, ...], dtype: np.dtype, source: Any) -> Array:
    numbers = np.asarray((source or current_generator()).random(shape), dtype)
    below_one = np.nextafter(dtype.type(1), dtype.type(0))  # which float64 would round up to 1
    return numbers if dtype == dtypes.float64 else np.minimum(numbers, below_one)


def randn(
    size: Any = (), *more: int, dtype: Any = None, requires_grad: bool = False, device: Any = None,
    generator: np.random.Generator | None = None,
) -> Tensor:  # fmt: skip
    """Random numbers from the standard normal distribution. Errors as for ``rand``.

    >>> randn(2, 3).shape
    (2, 3)
    """
    check_device("randn", device)
    dtype = floating("randn", dtype)
    shape, source = sizes("randn", size, more), checked("randn", generator)
    return _normal(shape=shape, dtype=dtype, source=source).requires_grad_(requires_grad)


@primitive
def _normal(*, shape: tuple[int, ...], dtype: np.dtype, source: Any) -> Array:
    return np.asarray((source or current_generator()).standard_normal(shape), dtype)


def randint(
    low: int, high: Any = None, size: Any = None, *, dtype: Any = None, device: Any = None,
    generator: np.random.Generator | None = None,
) -> Tensor:  # fmt: skip
    """Random integers from ``low`` (0) up to but without ``high``, int64.

    Raises OverflowError for bounds that the dtype cannot hold.

    >>> randint(10, (2, 3)).shape, randint(5, 6, (2,))
    ((2, 3), tensor([5, 5]))
    """
    check_device("randint", device)
    if size is None:  # torch's randint(high, size)
        low, high, size = 0, low, high
    if size is None:
        raise TypeError("randint: give a size, as in randint(10, (2, 3)); () for one number")
    shape = sizes("randint", size)
    if low >= high:
        raise ValueError(f"randint: high must be more than low, got {low} and {high}")
    low, high = operator.index(low), operator.index(high)
    dtype = chosen(dtype, dtypes.int64)
    dtypes.held(low, dtype, "randint: "), dtypes.held(high - 1, dtype, "randint: ")
    source = checked("randint", generator)
    return _integers(low=low, high=high, shape=shape, dtype=dtype, source=source)


@primitive
def _integers(
    *, low: int, high: int, shape: tuple[int, ...], dtype: np.dtype, source: Any
) -> Array:  # fmt: skip
    return np.asarray((source or current_generator()).integers(low, high, shape), dtype)


def randperm(
    n: int, *, dtype: Any = None, device: Any = None, generator: np.random.Generator | None = None
) -> Tensor:  # fmt: skip
    """The numbers from 0 to ``n - 1`` in random order.

    >>> sorted(randperm(3).tolist())
    [0, 1, 2]
    """
    check_device("randperm", device)
    dtype = chosen(dtype, dtypes.int64)
    (n,) = sizes("randperm", n)
    dtypes.held(max(n - 1, 0), dtype, "randperm: ")
    return _permutation(n=n, dtype=dtype, source=checked("randperm", generator))


@primitive
def _permutation(*, n: int, dtype: np.dtype, source: Any) -> Array:
    return np.asarray((source or current_generator()).permutation(n), dtype)


@primitive
def bernoulli(p: Any) -> Array:
    """1 with probability ``p``, else 0, in the shape and dtype of ``p``. VJP: 0.

    >>> bernoulli(tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities must lie in 0 to 1")
    return np.asarray(current_generator().random(p.shape) < p, p.dtype)


@vjp_of(bernoulli, "p")
def bernoulli_dp(g: Any) -> Any:
    return np.zeros_like(g)


def multinomial(x: Operand, num_samples: int, replacement: bool = False) -> Tensor:
    """Random positions in ``x``, each as probable as ``x`` there says: weights of 0 or more.

    A vector, or the rows of a matrix. Raises ValueError for weights that are negative or all 0,
    and, without ``replacement``, for more samples than there are weights above 0.

    >>> multinomial(tensor([0.0, 3.0, 1.0]), 2).sum()
    tensor(3)
    """
    if np.ndim(x) not in (1, 2):
        raise ValueError(f"multinomial: needs a vector or a matrix, got shape {np.shape(x)}")
    return _positions(x, num_samples=operator.index(num_samples), replacement=replacement)


@primitive
def _positions(x: Any, *, num_samples: int, replacement: bool) -> Array:
    rows = []
    for row in np.atleast_2d(x).astype(float):
        if not (row >= 0).all() or not row.sum() > 0 or not np.isfinite(row).all():
            raise ValueError(f"weights must be finite, 0 or more, and not all 0; got {row}")
        p = row / row.sum()
        rows.append(current_generator().choice(len(p), num_samples, replacement, p))
    return np.array(rows, np.int64).reshape(*x.shape[:-1], num_samples)


# ops whose result is random
RANDOM: list[Any] = [_uniform, _normal, _integers, _permutation, bernoulli, _positions]
DRAWS = [f.op for f in RANDOM]


def zeros_like(
    x: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None
) -> Tensor:
    """Zeros in the shape and dtype of ``x``.

    >>> zeros_like(tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    dtype = x.dtype if dtype is None else dtype
    return zeros(x.shape, dtype=dtype, requires_grad=requires_grad, device=device)


empty_like = zeros_like


def ones_like(
    x: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None
) -> Tensor:
    """Ones in the shape and dtype of ``x``.

    >>> ones_like(tensor([1.0, 2.0]))
    tensor([1., 1.])
    """
    dtype = x.dtype if dtype is None else dtype
    return ones(x.shape, dtype=dtype, requires_grad=requires_grad, device=device)


def full_like(
    x: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False,
    *, device: Any = None,
) -> Tensor:  # fmt: skip
    """``fill_value`` in the shape and dtype of ``x``.

    >>> full_like(tensor([1.0, 2.0]), 3)
    tensor([3., 3.])
    """
    dtype = x.dtype if dtype is None else dtype
    return full(x.shape, fill_value, dtype, requires_grad, device=device)


def rand_like(
    x: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None
) -> Tensor:
    """Random numbers, uniform from 0 to 1, in the shape and dtype of ``x``.

    >>> rand_like(tensor([1.0, 2.0])).shape
    (2,)
    """
    dtype = floating("rand_like", x.dtype if dtype is None else dtype)
    return rand(x.shape, dtype=dtype, requires_grad=requires_grad, device=device)


def randn_like(
    x: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None
) -> Tensor:
    """Random numbers from the standard normal distribution, in the shape and dtype of ``x``.

    >>> randn_like(tensor([1.0, 2.0])).shape
    (2,)
    """
    dtype = floating("randn_like", x.dtype if dtype is None else dtype)
    return randn(x.shape, dtype=dtype, requires_grad=requires_grad, device=device)


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


def checked(name: str, generator: Any) -> np.random.Generator | None:
    """A generator of NumPy's or None; TypeError for anything else."""
    if generator is None or isinstance(generator, np.random.Generator):
        return generator
    raise TypeError(
        f"{name}: generator must be one of NumPy's, such as numpy.random.default_rng(0), got "
        f"{generator!r}"
    )


def current_generator() -> np.random.Generator:
    global _generator
    if _generator is None:
        _generator = np.random.default_rng()
    return _generator
