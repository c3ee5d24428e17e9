"""To stop where something happens: at an op, at NaN, and at the line that recorded it.

This is a guest of the engine, which calls the observers registered here while a block or a stop
is open. What is on is on in all threads.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from . import observers
from .cotangents import Cotangents
from .errors import LIBRARY, frames_inside, users_frame
from .hooks import Handle
from .primitives import OPS
from .printing import short
from .rules import EachPosition, Op

open_blocks: dict[str, list] = {"record": [], "anomaly": []}  # those that are open now
_switching = threading.Lock()  # threads may switch at the same time
_calls: dict[tuple, Scope] = {}  # those that the op recorded last was within, by their frame
_stops: dict[Op, int] = {}  # how many break_on() there are for an op


def break_on(op: str | None = None, *others: str) -> Handle:
    """Stop in the debugger at the VJP rules of the ops of these names, or at those of all ops.

    The debugger stops in the rule itself, at its formula. It is started by ``breakpoint()``, so it
    is that of your IDE if you have one. Use this in a ``with`` block, or call ``remove()`` on the
    result. A backward pass without such an op warns, and says which ops it has.
    Raises ValueError for a name that no op has.

    To stop at the gradient of one tensor: ``x.register_hook(lambda g: breakpoint())``.

    >>> with break_on("matmul", "relu"):
    ...     pass  # loss.backward()
    """
    names = list(OPS) if op is None else [op, *others]
    for name in names:
        if name not in OPS:
            known = ", ".join(sorted(OPS))
            raise ValueError(f"break_on: there is no op {name!r}; there are {known}")
    found = [one for name in names for one in OPS[name]]

    def look(order: list) -> None:
        if order and not any(node.op in found for node in order):
            recorded = ", ".join(dict.fromkeys(node.name for node in order))
            warnings.warn(
                f"break_on: no {' or '.join(names)} in this backward pass, which has {recorded}",
                stacklevel=frames_inside(),
            )

    switch_stops(found, 1)
    observers.walking.append(look)

    def remove() -> None:
        observers.walking.remove(look)
        switch_stops(found, -1)

    return Handle(remove)


def switch_stops(ops: list[Op], by: int) -> None:
    """Have the VJP rules of ``ops`` stop in the debugger, or no more."""
    with _switching:
        for op in ops:
            _stops[op] = _stops.get(op, 0) + by
            if isinstance(op.rules, EachPosition):
                op.rules.vjp = stopping(op.rules.vjp, bool(_stops[op]))
            else:
                op.rules[:] = [(stopping(vjp, bool(_stops[op])), needs) for vjp, needs in op.rules]


def stopping(rule: Any, stop: bool) -> Any:
    """A VJP rule that stops in the debugger, or the rule that it was before."""
    before = getattr(rule, "without_stop", rule)
    if not stop or rule is None:
        return before
    if rule is not before:
        return rule
    from .breakpoints import with_breakpoint

    stops = with_breakpoint(rule)
    stops.without_stop = rule  # type: ignore[attr-defined]
    return stops


class record_source(ContextDecorator):
    """Record every op, with the line of your code that ran it and the modules it ran within.

    Ops that carry no gradient are recorded, too: comparisons, ops on integers and on data,
    ``argmax``, drawn random numbers. What they make is no less a leaf for that: its
    ``requires_grad`` is False and it has no part in backward; ``tensor.node`` is its Node, and
    ``node.origins`` lead further. ``node.where`` is the line, ``node.scopes`` the calls of modules.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> with record_source():
    ...     y = x * x
    ...     positive = y > 0
    >>> y.grad_fn.where.code
    'y = x * x'
    >>> positive.grad_fn, positive.node.origins[0] is y.grad_fn
    (None, True)
    """

    kind = "record"

    def __enter__(self) -> None:
        open_blocks[self.kind].append(self)
        look_out()

    def __exit__(self, *exc: object) -> None:
        if self in open_blocks[self.kind]:  # not so where an interrupt came before it was entered
            open_blocks[self.kind].remove(self)
        look_out()


def look_out() -> None:
    """Have those listen whom the open blocks call for."""
    with _switching:
        observers.everything = len(open_blocks["record"])
        listen(observers.recorded, note_source, any(open_blocks.values()))
        for listeners, check in CHECKS:
            listen(listeners, check, bool(open_blocks["anomaly"]))
        if not any(open_blocks.values()):
            _calls.clear()


def listen(listeners: list, listener: Callable, on: bool) -> None:
    """Have a listener among ``listeners`` once, or not at all."""
    if on and listener not in listeners:
        listeners.append(listener)
    elif not on and listener in listeners:
        listeners.remove(listener)


class detect_anomaly(record_source):
    """Stop at the first NaN or inf, forward or backward, and show the line that recorded the op.

    Ops that are not recorded stop where they make NaN or inf of finite numbers. An infinity that
    comes from a constant, such as a mask of -inf, is let through.
    Raises ArithmeticError.

    >>> import autograd
    >>> x = autograd.tensor(-1.0, requires_grad=True)
    >>> with np.errstate(invalid="ignore"), detect_anomaly():
    ...     y = x.sqrt()
    Traceback (most recent call last):
    ArithmeticError: sqrt gives nan in its forward pass ...
    """

    kind = "anomaly"


class Where:
    """A line of the user's code: ``file``, ``line``, ``code``."""

    def __init__(self, file: str, line: int) -> None:
        self.file = file
        self.line = line
        self.code = linecache.getline(file, line).strip()

    def __str__(self) -> str:
        code = f": {short(self.code, 100)}" if self.code else ""
        return f"{os.path.basename(self.file)}:{self.line}{code}"

    __repr__ = __str__


class Scope:
    """What an op was recorded within: one call of ``owner.forward``, or backward at the Node
    ``owner`` (with ``create_graph=True``)."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def __repr__(self) -> str:
        return f"Scope({self.owner!r})"


def scopes_around(node: Any, frame: Any) -> tuple[Scope, ...]:
    """The Scopes of a Node that a frame records, outermost first.

    Two ops share a Scope if they were recorded in the same call. Frames tell: one that has
    not returned since the last op is still the same object. The sum of two cotangents, which the
    walk itself records, is no part of a VJP.
    """
    found: dict[tuple, Scope] = {}
    inner, is_sum = "", False
    while frame is not None:
        code = frame.f_code
        owner = None
        if code is Cotangents.add.__code__:
            is_sum = inner == "recorded"  # an op of its own, not one of fit()
        if code.co_name == "forward" and code.co_argcount:
            owner = frame.f_locals[code.co_varnames[0]]  # self
        elif code.co_name == "walk" and code.co_filename.startswith(LIBRARY):
            owner = None if is_sum else frame.f_locals.get("node")
            is_sum = False  # it may be part of another VJP further out
        if hasattr(owner, "forward") or isinstance(owner, type(node)):
            key = frame, id(owner)
            found[key] = _calls.get(key) or Scope(owner)
        inner, frame = code.co_name, frame.f_back
    _calls.clear()
    _calls.update(found)
    return tuple(reversed(found.values()))


def note_source(node: Any) -> None:
    """Remember the line outside the library that recorded a Node, and the calls it is in."""
    node.scopes = scopes_around(node, sys._getframe(2))
    frame = users_frame()
    node.where = Where(frame.f_code.co_filename, frame.f_lineno)


def check_result(op: Any, operands: tuple, values: list, y: Any) -> None:
    """Raise ArithmeticError where an op gives NaN or inf; without gradient, where it makes them.

    The infinity of a constant, such as a mask of -inf, is meant.
    """
    odd = oddity(y)
    if not odd:
        return
    oddities = [oddity(v) for v in values]
    wanted = [getattr(x, "requires_grad", False) for x in operands]
    if any(oddities) and not any(wanted):
        return  # data that was like that before
    if odd == "inf" and any(o == odd and not w for o, w in zip(oddities, wanted)):
        return
    names = op.names_of(operands)
    said = ", ".join(
        f"{name} {np.shape(v)} is {oddity or 'finite'}"
        for name, v, oddity in zip(names, values, oddities)
    )
    frame = users_frame()
    where = Where(frame.f_code.co_filename, frame.f_lineno)
    raise ArithmeticError(f"{op.name} gives {odd} in its forward pass ({said}), at {where}")


def check_contribution(node: Any, g: Any, dx: Any, total: Any) -> None:
    """Raise ArithmeticError where a VJP rule makes NaN or inf, or the sum it is added to does."""
    odd = oddity(dx)
    if odd:
        before = oddity(g) or "finite"
        raise ArithmeticError(
            f"the VJP of {node.name} gives {odd} of a cotangent that is {before}{recorded_at(node)}"
        )
    odd = oddity(total)
    if odd:
        raise ArithmeticError(
            f"the VJP of {node.name} is finite, but gives {odd} when it is added to the other "
            f"cotangents of that operand{recorded_at(node)}"
        )


def check_hooked(x: Any, before: Any, g: Any) -> None:
    """Raise ArithmeticError where a hook makes NaN or inf of a finite cotangent."""
    odd = oddity(g)
    if odd and not oddity(before):
        raise ArithmeticError(f"a hook of {called(x)} gives {odd} of a gradient that is finite")


def check_accumulated(leaf: Any) -> None:
    """Raise ArithmeticError where a leaf's ``grad`` becomes NaN or inf."""
    odd = oddity(leaf._grad)
    if odd:
        raise ArithmeticError(f"the grad of {called(leaf)} becomes {odd}")


def called(x: Any) -> str:
    """How an error names a Node or a leaf."""
    kind = "the result of" if hasattr(x, "op") else "the leaf"
    return f"{kind} {x.name or x.shape}"


def recorded_at(node: Any) -> str:
    return f", recorded at {node.where}" if node.where else ""


def oddity(data: Any) -> str | None:
    """ "nan" or "inf" if there is one in the data."""
    data = np.asarray(getattr(data, "_data", data))
    if data.dtype.kind != "f" or np.isfinite(data).all():
        return None
    return "nan" if np.isnan(data).any() else "inf"


CHECKS: list[tuple[list, Callable]] = [
    (observers.computed, check_result),
    (observers.contributed, check_contribution),
    (observers.hooked, check_hooked),
    (observers.accumulated, check_accumulated),
]
