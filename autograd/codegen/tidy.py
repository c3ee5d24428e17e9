"""Leave out of a Trace what a program need not do: what it did before, and what nobody needs."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from sys import getrefcount
from typing import Any

import numpy as np

from ..trace import BINARY, Call, Guard, Method, Trace, Var, before_broadcast, mapped

UFUNCS: dict[Any, Any] = {
    **{getattr(operator, name): ufunc for name, ufunc in BINARY.items()},
    operator.neg: np.negative, operator.abs: np.absolute, operator.invert: np.invert,
    operator.eq: np.equal, operator.ne: np.not_equal, operator.lt: np.less,
    operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
    operator.and_: np.bitwise_and, operator.or_: np.bitwise_or,
}  # fmt: skip

PLAIN = (bool, int, float, str, type(None), slice, np.generic, np.dtype)
COPIES = (Method("copy"), np.copy, Method("astype"))
PRODUCTS = (operator.mul, np.multiply, operator.truediv, np.divide)
VIEWS = (Method("reshape"), Method("squeeze"), np.reshape, np.squeeze, np.expand_dims)
RESHAPES = (Method("reshape"), np.reshape, np.broadcast_to)


def tidied(
    trace: Trace, ends: list[int], results: Iterable[Var]
) -> tuple[list[list[Call | Guard]], dict[Var, Var]]:
    """The calls that ``results``, guards and changes of lasting memory need, each once.

    They come in sections, which end at ``ends``: after the first, each may run without the
    others. Also, for each Var whose call was left out, the one that takes its place.
    """
    sections = [trace.calls[i:j] for i, j in zip([0, *ends], ends)]
    tidy = Tidy(trace)
    kept: list[list[Call | Guard]] = []
    for section in sections:
        if len(kept) == 1:
            shared = dict(tidy.first)
        if kept:
            tidy.first = dict(shared)
        kept.append([call for call in section if tidy.is_new(call)])
    wanted = needed([call for section in kept for call in section], map(tidy.now, results))
    ids = {id(call) for call in wanted}
    return [[call for call in section if id(call) in ids] for section in kept], tidy.instead


class Tidy:
    """Goes through the calls of a Trace and finds what is there already.

    Arguments may share memory with one another and with what else comes from outside, and not
    at every run the same. So a change of any of it counts as one of all.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.instead: dict[Var, Var] = {}
        self.first: dict[Any, Var] = {}  # the result of each different call
        self.versions: dict[Var | None, int] = {}  # how often memory was written so far
        changes = [c for c in trace.calls if isinstance(c, Call) and c.writes is not None]
        self.written = {self.memory(c.out) for c in changes}

    def memory(self, x: Var) -> Var | None:
        """Whose memory a Var is in; None for all that comes from outside."""
        return None if x.root.call is None else x.root

    def now(self, x: Any) -> Any:
        """Vars as they are called after what was left out so far."""
        return mapped(lambda v: self.instead.get(v, v) if isinstance(v, Var) else v, x)

    def is_new(self, call: Call | Guard) -> bool:
        """Whether a call is needed; else its result is known by another Var."""
        if isinstance(call, Guard):
            call.var = self.now(call.var)
            return True
        call.args, call.keywords = self.now(call.args), self.now(call.keywords)
        call.args = unbroadcast(self.trace, call)
        out = call.out
        if out.root is not out:
            out.root = self.now(out.root).root
        if call.writes is not None:
            place = self.memory(out)
            self.versions[place] = self.versions.get(place, 0) + 1
            return True
        known = None
        if not call.draws and self.memory(out) not in self.written:
            known = same_as(call)
            if known is None:
                args = unshaped(call)
                key = (call.function, self.key(args), self.key(call.keywords))
                known = self.first.setdefault(key, out)
        if known is None or known is out or self.memory(known) in self.written:
            return True
        if known.shape != out.shape:  # the same numbers in another shape
            call.function, call.args, call.keywords = Method("reshape"), (known, out.shape), {}
            out.root = known.root
            return True
        self.instead[out] = known
        return False

    def key(self, x: Any) -> Any:
        """What two calls must have in common to give the same."""
        if isinstance(x, Var):
            return id(x), self.versions.get(self.memory(x), 0)
        if isinstance(x, tuple | list):
            return type(x), *map(self.key, x)
        if isinstance(x, dict):
            return tuple((name, self.key(item)) for name, item in x.items())
        return (type(x), repr(x)) if isinstance(x, PLAIN) else id(x)


def needed(calls: list[Call | Guard], results: Iterable[Var]) -> list[Call | Guard]:
    """The calls that results, guards, random numbers and changes of lasting memory depend on."""
    wanted = set(results)
    roots = {x.root for x in wanted}
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


def same_as(call: Call) -> Var | None:
    """What a call gives again: the operand of a copy, of a product with 1, of a power of 1."""
    function, out = call.function, call.out
    args = list(call.args)
    if function in (operator.mul, np.multiply) and args and is_one(args[0]):
        args.reverse()
    x = args[0] if args else None
    if not isinstance(x, Var) or not isinstance(x.value, np.ndarray):
        return None
    if not isinstance(out.value, np.ndarray):
        return None
    if (out.shape, out.dtype) != (x.shape, x.dtype) or out.value.strides != x.value.strides:
        return None
    if function in (*PRODUCTS, operator.pow):
        return x if is_one(args[1]) else None
    return x if function in COPIES or function in RESHAPES else None


def unshaped(call: Call) -> tuple:
    """The arguments of an elementwise call of one array, as which shape it does not matter."""
    arrays = [x for x in call.inputs if isinstance(x.value, np.ndarray) and x.ndim]
    if call.function not in UFUNCS and not isinstance(call.function, np.ufunc):
        return call.args
    if len(arrays) != 1 or call.function in (operator.matmul, np.matmul) or call.keywords:
        return call.args
    x = arrays[0]
    while x.call is not None and x.call.function in VIEWS and is_flat(x, x.call.args[0]):
        x = x.call.args[0]
    return tuple(x if arg is arrays[0] else arg for arg in call.args)


def is_flat(view: Var, x: Any) -> bool:
    """Whether a view has the same numbers in the same order, without gaps."""
    if not isinstance(x, Var) or not isinstance(x.value, np.ndarray) or not x.ndim:
        return False
    contiguous = view.value.flags.c_contiguous and x.value.flags.c_contiguous
    return contiguous and view.size == x.size


def is_one(x: Any) -> bool:
    """Whether an operand is the number 1."""
    return isinstance(x, int | float | np.number) and not isinstance(x, bool) and x == 1


def unbroadcast(trace: Trace, call: Call) -> tuple:
    """The arguments of an elementwise call without the broadcasting that it does by itself."""
    if call.function not in UFUNCS and not isinstance(call.function, np.ufunc):
        return call.args
    if call.function in (operator.matmul, np.matmul):
        return call.args
    bare = []
    for x in call.args:
        x = before_broadcast(x)
        bare.append(the_number(x.value) if is_one_number(trace, x) else x)
    shapes = [np.shape(getattr(x, "value", x)) for x in bare]
    fits = any(isinstance(x, Var) for x in bare) and np.broadcast_shapes(*shapes) == call.out.shape
    return tuple(bare) if fits else call.args


def is_one_number(trace: Trace, x: Any) -> bool:
    """Whether an operand is a constant that a rule made by broadcasting a number.

    An array of the user's may change: one who can change it holds what the number is in.
    """
    if not isinstance(x, Var) or not trace.is_constant(x) or not x.ndim or not x.size:
        return False
    strides, base = x.value.strides, x.value.base
    return not any(strides) and not x.value.flags.writeable and getrefcount(base) <= 3


def the_number(array: np.ndarray) -> np.generic:
    return array.dtype.type(array.flat[0])
