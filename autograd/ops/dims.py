"""Dimensions as people give them, by torch's names or NumPy's."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

Dim = int | Sequence[int] | None


def shape_of(x: Any) -> tuple[int, ...]:
    """``np.shape(x)``, which takes longer to ask a Tensor."""
    try:
        return x.shape
    except AttributeError:
        return np.shape(x)


def ndim_of(x: Any) -> int:
    """``np.ndim(x)``, likewise."""
    return len(shape_of(x))


def whole(name: str, what: str, n: Any) -> int:
    """``n``, which is ``what``, as an int. Raises TypeError for another kind and for booleans."""
    try:
        if not isinstance(n, bool | np.bool_):
            return operator.index(n)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{name}: {what} must be an int, got {type(n).__name__}")


def check_shape(name: str, what: str, x: Any, shape: tuple) -> None:
    """Raise ValueError where ``x``, which is ``what``, has another shape; None may be left out."""
    if x is not None and shape_of(x) != shape:
        raise ValueError(f"{name}: {what} must have shape {shape}, got {shape_of(x)}")


def dim_of(name: str, dim: Any, shape: tuple, more: int = 0) -> int:
    """``dim`` counted from 0, for a tensor of some shape; a 0-d one has dim 0, too.

    ``more`` dimensions may be named than there are. Raises AxisError, which is an IndexError
    and a ValueError, for one that is not there, and TypeError for what is no integer.
    """
    i = whole(name, "dim", dim)
    count = max(len(shape) + more, 1)
    if not -count <= i < count:
        raise np.exceptions.AxisError(
            f"{name}: shape {shape} has no dim {i} (axis={i}), only {-count} to {count - 1}"
        )
    return i % count


def dims_of(name: str, dims: Any, shape: tuple) -> tuple[int, ...]:
    """Several dims counted from 0. Raises ValueError for one that is named twice."""
    found = tuple([dim_of(name, dim, shape) for dim in dims])
    if len(set(found)) < len(found):
        raise ValueError(f"{name}: a dim is named twice in {tuple(dims)}")
    return found


def either(name: str, dim: Any, axis: Any) -> Any:
    """What was given as ``dim``, or as ``axis``. Raises TypeError where both were."""
    if dim is not None and axis is not None:
        raise TypeError(f"{name}: give dim or axis, not both: they are two names of one setting")
    return axis if dim is None else dim


def settings(
    name: str, x: Any, dim: Dim, keepdim: bool, axis: Dim, keepdims: bool, none: bool = False
) -> dict[str, Any]:
    """torch's ``dim``/``keepdim`` or NumPy's ``axis``/``keepdims``, as one.

    ``dim=()`` is all dimensions, as in torch, unless that is to be ``none``; ``axis=()`` is none,
    as in NumPy.
    """
    over: Any = either(name, dim, axis)
    if over is not None:
        shape = shape_of(x)
        if isinstance(over, int | np.integer):
            dim_of(name, over, shape)
            over = int(over)
        elif isinstance(over, Sequence) and not isinstance(over, str):
            dims_of(name, over, shape)
            over = tuple(map(int, over)) if len(over) or dim is None or none else None
        else:
            over = dim_of(name, over, shape)
        over = over if shape else None
    return {"axis": over, "keepdims": bool(keepdim or keepdims)}


def spread(first: Any, more: tuple = (), name: str = "size") -> tuple[int, ...]:
    """``(2, 3)`` from either ``f(x, 2, 3)`` or ``f(x, (2, 3))``: the first argument and more."""
    given = first if isinstance(first, tuple | list) and not more else (first, *more)
    return tuple([n if type(n) is int else whole(name, "each", n) for n in given])
