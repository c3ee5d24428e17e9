"""Which calls are needed, and which do nothing: for printed text, steps and programs alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .trace import Call, Var, astype, replaced, same

BY_ONE = (np.multiply, np.divide, np.power)
NOTHING = (  # where shape and dtype stay
    same, astype, np.copy, np.positive, np.broadcast_to, np.expand_dims, np.reshape, np.squeeze,
)  # fmt: skip
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


def share_repeats(calls: list[Call], keep: Iterable[Var]) -> None:
    """Have calls use what is there already in the place of what would be the same again.

    The Vars in ``keep`` have calls of their own.
    """
    keep = set(keep)
    instead: dict[Var, Var] = {}
    first: dict[Any, Var] = {}
    for call in calls:
        call.args, call.keywords = replaced((call.args, call.keywords), instead)
        out = call.out
        if out.root in instead:
            out.root = instead[out.root].root
        key = (call.function, key_of(call.args), key_of(call.keywords))
        known = again(call)
        if known is None or known.strides != out.strides:
            known = first.setdefault(key, out)
        if known is not out and out not in keep:
            instead[out] = known


def key_of(x: Any) -> Any:
    """What two calls must have in common to give the same."""
    if isinstance(x, tuple | list):
        return type(x), *map(key_of, x)
    if isinstance(x, dict):
        return tuple((name, key_of(item)) for name, item in x.items())
    return (type(x), repr(x)) if isinstance(x, PLAIN) else id(x)


def again(call: Call) -> Var | None:
    """The Var whose numbers, shape and dtype a call gives again, or None."""
    x, out = call.args[0] if call.args else None, call.out
    if not isinstance(x, Var):
        return None
    if call.function is np.transpose and x.call and x.call.function is np.transpose:
        return x.call.args[0] if len(call.args) == len(x.call.args) == 1 else None
    if (x.shape, x.dtype, x.is_array) != (out.shape, out.dtype, out.is_array):
        return None
    if call.function in BY_ONE:
        one = call.args[1]
        return x if isinstance(one, int | float | np.number) and one == 1 else None
    identity = call.function is np.transpose and call.args[1:] == (tuple(range(x.ndim)),)
    return x if identity or call.function in NOTHING else None
