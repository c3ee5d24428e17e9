"""Leave out of a Trace what a program need not do: what it did before, and what nobody needs."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from .trace import BINARY, Call, Guard, Method, Trace, Var, mapped

UFUNCS: dict[Any, Any] = {
    **{getattr(operator, name): ufunc for name, ufunc in BINARY.items()},
    operator.neg: np.negative, operator.abs: np.absolute, operator.invert: np.invert,
    operator.eq: np.equal, operator.ne: np.not_equal, operator.lt: np.less,
    operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
    operator.and_: np.bitwise_and, operator.or_: np.bitwise_or,
}  # fmt: skip

COPIES = (Method("copy"), np.copy, Method("astype"))
PRODUCTS = (operator.mul, np.multiply, operator.truediv, np.divide)
RESHAPES = (Method("reshape"), np.reshape, np.broadcast_to)


def tidied(trace: Trace, results: Iterable[Any]) -> tuple[list[Call | Guard], dict[Var, Var]]:
    """The calls that ``results``, guards and changes of lasting memory need, each once.

    Also, for each Var whose call was left out, the one that takes its place.
    """
    instead: dict[Var, Var] = {}
    written = {c.writes.root for c in trace.calls if isinstance(c, Call) and c.writes is not None}
    versions: dict[Var, int] = {}  # how often the memory of a root was written so far
    first: dict[Any, Var] = {}  # the result of each different call
    calls: list[Call | Guard] = []

    def now(x: Any) -> Any:
        return mapped(lambda v: instead.get(v, v) if isinstance(v, Var) else v, x)

    def key(x: Any) -> Any:
        if isinstance(x, Var):
            return id(x), versions.get(x.root, 0)
        if isinstance(x, tuple | list):
            return type(x), *map(key, x)
        if isinstance(x, dict):
            return tuple((name, key(item)) for name, item in x.items())
        return type(x), repr(x)

    for call in trace.calls:
        if isinstance(call, Guard):
            call.var = now(call.var)
            calls.append(call)
            continue
        call.args, call.keywords = now(call.args), now(call.keywords)
        call.args = unbroadcast(trace, call)
        out = call.out
        if out.root is not out:
            out.root = instead.get(out.root, out.root).root
        if call.writes is not None:
            versions[out.root] = versions.get(out.root, 0) + 1
            calls.append(call)
        elif (x := same_as(call, trace)) is not None and not {x.root, out.root} & written:
            instead[out] = x
        elif call.draws:
            calls.append(call)
        else:
            twin = first.setdefault((call.function, key(call.args), key(call.keywords)), out)
            if twin is out or out.root in written:
                calls.append(call)
            else:
                instead[out] = twin
    return needed(calls, [instead.get(x, x) for x in results]), instead


def needed(calls: list[Call | Guard], results: list[Var]) -> list[Call | Guard]:
    """The calls that results, guards, random numbers and changes of lasting memory depend on."""
    wanted = set(results)
    roots = {x.root for x in results}
    kept: list[Call | Guard] = []
    for call in reversed(calls):
        if isinstance(call, Guard):
            inputs = [call.var]
        elif call.writes is not None and (call.out.root.call is None or call.out.root in roots):
            inputs = [*call.inputs, call.out]
        elif call.writes is None and (call.out in wanted or call.draws):
            inputs = call.inputs
        else:
            continue
        kept.append(call)
        wanted.update(inputs)
        roots.update([x.root for x in inputs])
    return kept[::-1]


def same_as(call: Call, trace: Trace) -> Var | None:
    """What a call gives again: the operand of a copy, of a product with 1, of a power of 1."""
    function, out = call.function, call.out
    args = list(call.args)
    if function in (operator.mul, np.multiply) and is_one(args[0], trace):
        args.reverse()
    x = args[0] if args else None
    if not isinstance(x, Var) or not isinstance(x.value, np.ndarray):
        return None
    if out.shape != x.shape or out.value.dtype != x.value.dtype:
        return None
    if function in (*PRODUCTS, operator.pow):
        return x if is_one(args[1], trace) else None
    return x if function in COPIES or function in RESHAPES else None


def is_one(x: Any, trace: Trace) -> bool:
    """Whether an operand is the constant 1."""
    if isinstance(x, Var):
        return trace.is_constant(x) and x.ndim == 0 and x.value == 1
    return not isinstance(x, bool) and isinstance(x, int | float | np.number) and x == 1


def unbroadcast(trace: Trace, call: Call) -> tuple:
    """The arguments of an elementwise call without the broadcasting that it does by itself."""
    if call.function not in UFUNCS and not isinstance(call.function, np.ufunc):
        return call.args
    if call.function in (operator.matmul, np.matmul):
        return call.args
    bare = []
    for x in call.args:
        while isinstance(x, Var) and x.call is not None and x.call.function is np.broadcast_to:
            x = x.call.args[0]
        if isinstance(x, Var) and x.call is None and isinstance(x.value, np.ndarray):
            if x.ndim and x.size and not any(x.value.strides):  # one number, broadcast
                x = trace.constant(np.array(x.value.flat[0]))
        bare.append(x)
    shapes = [np.shape(getattr(x, "value", x)) for x in bare]
    return tuple(bare) if np.broadcast_shapes(*shapes) == call.out.shape else call.args
