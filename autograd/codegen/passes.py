"""What is known of calls, and which are needed: for printed text, steps and programs alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import copy
from math import prod
from typing import Any

import numpy as np

from .trace import Call, Method, Var, before_broadcast, replaced, same

PRODUCTS = (np.multiply, np.divide)
SUM = (Method("sum"), np.sum)
COPIES = (same, Method("copy"), np.copy, np.positive)
RESHAPE = (Method("reshape"), np.reshape, np.expand_dims)
RESHAPES = (*RESHAPE, np.broadcast_to, Method("squeeze"), np.squeeze)
TRANSPOSE = (np.transpose, np.matrix_transpose)
PLAIN = (bool, int, float, str, type(None), type(...), slice, np.generic, np.dtype)


def needed(calls: list[Call], results: Iterable[Var]) -> list[Call]:
    """The calls that the results depend on."""
    wanted = set(results)
    kept = []
    for call in reversed(calls):
        if call.out in wanted:
            kept.append(call)
            wanted.update(call.inputs)
    return kept[::-1]


def without_repeats(calls: list[Call], keep: Iterable[Var]) -> dict[Var, Var]:
    """For each Var whose call gives what is there already, that Var; calls then use it.

    The Vars in ``keep`` have calls of their own.
    """
    keep = set(keep)
    instead: dict[Var, Var] = {}
    first: dict[Any, Var] = {}
    for call in calls:
        call.args, call.keywords = replaced((call.args, call.keywords), instead)
        if call.out.root in instead:
            call.out.root = instead[call.out.root].root
        key = (call.function, key_of(call.args), key_of(call.keywords))
        known = call.args[0] if repeats_operand(call) else first.setdefault(key, call.out)
        if known is not call.out and call.out not in keep:
            instead[call.out] = known
    return instead


def with_signs_last(calls: list[Call], ends: list[Var]) -> list[Call]:
    """Calls that take the sign of a sum, not of each term: ``(-a * b).sum()``."""
    uses = Counter([*ends, *(x for call in calls for x in call.inputs)])
    out = []
    for call in calls:
        made = [x.call for x in call.inputs if x.call and x.is_array and x.varies and uses[x] == 1]
        made = [x for x in made if x.function is np.negative and x.out.dtype.kind == "f"]
        negative = next(iter(made), None)
        if negative and call.function in (*PRODUCTS, *SUM):
            y, inner = copy(call.out), copy(call)
            inner.args, inner.out = replaced(call.args, {negative.out: negative.args[0]}), y
            y.root, y.call = y, inner
            out.append(inner)
            call.function, call.args, call.keywords = np.negative, (y,), {}
            uses[y] = 1
        out.append(call)
    return needed(out, ends)


def without_reshaped(calls: list[Call]) -> None:
    """Have what was computed of the same numbers in another shape reshaped: ``1 - y[:, None]``."""
    first: dict[Any, Var] = {}
    for call in calls:
        x, out = call.inputs[0], call.out
        alone = is_elementwise(call.function) and call.inputs == [x] and out.shape == x.shape
        if alone and x.size == x.root.size and in_order(x) and in_order(x.root):
            others = replaced(call.args, {x: None})
            key = (call.function, x.root, key_of(others), key_of(call.keywords))
            known = first.setdefault(key, out)
            if known.shape != out.shape:
                call.function, call.args, call.keywords = Method("reshape"), (known, out.shape), {}
                out.root = known.root


def in_order(x: Var) -> bool:
    """Whether an array lies in memory in C order, without gaps."""
    steps = [x.strides[i] // x.dtype.itemsize for i in range(x.ndim) if x.shape[i] > 1]
    sizes = [n for n in x.shape if n > 1]
    return x.is_array and steps == [prod(sizes[i + 1 :]) for i in range(len(sizes))]


def key_of(x: Any) -> Any:
    """What two calls must have in common to give the same."""
    if isinstance(x, tuple | list):
        return type(x), *map(key_of, x)
    if isinstance(x, dict):
        return tuple((name, key_of(item)) for name, item in x.items())
    return (type(x), repr(x)) if isinstance(x, PLAIN) else id(x)


def repeats_operand(call: Call) -> bool:
    """Whether a call gives its first operand again, to the bit, the dtype and the strides."""
    x = call.args[0] if call.args else None
    if not (isinstance(x, Var) and x.is_array and call.out.is_array):
        return False
    out = call.out
    if (out.shape, out.dtype, out.strides) != (x.shape, x.dtype, x.strides):
        return False
    return is_one(call.args[1]) if call.function in PRODUCTS else does_nothing(call)


def does_nothing(call: Call) -> bool:
    """Whether a call gives the numbers that it was given."""
    function, args, out = call.function, call.args, call.out
    if function in COPIES:
        return True
    x = args[0] if args else None
    if not isinstance(x, Var):
        return False
    if function in RESHAPES:
        return out.shape == x.shape
    if function == Method("astype"):
        return out.dtype == x.dtype
    if function is np.transpose and len(args) > 1:
        return args[1] == tuple(range(x.ndim))
    return function is np.power and type(args[1]) is int and args[1] == 1


def is_one(x: Any) -> bool:
    """Whether an operand is the number 1."""
    return isinstance(x, int | float | np.number) and not isinstance(x, bool) and x == 1


def transposes(call: Call) -> bool:
    """Whether a call swaps the two dimensions of a matrix."""
    known = call.function in TRANSPOSE
    return known and call.out.ndim == 2 and call.args[1:] in ((), (None,), ((1, 0),))


def summed_over(call: Call) -> tuple[tuple[int, ...], bool]:
    """The dimensions that a sum is over, and whether it keeps them."""
    settings = {**dict(zip(("axis", "dtype", "out", "keepdims"), call.args[1:])), **call.keywords}
    ndim = call.args[0].ndim
    axis = settings.get("axis")
    axis = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % ndim for i in axis), bool(settings.get("keepdims"))


def only_widens(index: Any) -> bool:
    """Whether an index does nothing but put in dimensions: ``..., None, :``."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = [x is ... or (type(x) is slice and x == slice(None)) for x in parts if x is not None]
    return len(whole) < len(parts) and all(whole)


def is_elementwise(function: Any) -> bool:
    return isinstance(function, np.ufunc) and function.signature is None


def unbroadcast(call: Call) -> tuple:
    """The arguments of an elementwise call without the broadcasting that it does by itself."""
    if not is_elementwise(call.function) or call.keywords:
        return call.args
    bare = tuple(map(before_broadcast, call.args))
    shapes = [x.shape if isinstance(x, Var) else np.shape(x) for x in bare]
    return bare if np.broadcast_shapes(*shapes) == call.out.shape else call.args
