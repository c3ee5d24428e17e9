"""To stop where something happens: hooks on gradients, stops at an op, NaN and its source line.

None of it costs anything until it is switched on. What is on is on in all threads.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

import numpy as np

import autograd.tensor as _tensor

from . import observers

watching = 0  # how many stops and detect_anomaly() blocks are on: what backward looks out for
recording_source = 0  # how many record_source() and detect_anomaly() blocks are open
_anomaly = 0  # of these, how many look for NaN and inf
_switching = threading.Lock()  # threads may switch at the same time
_calls: dict[tuple, Scope] = {}  # those that the op recorded last was within, by their frame

PACKAGES = tuple(
    os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), name) + os.sep
    for name in ("autograd", "nn")
)


class Handle:
    """What a hook or a stop is removed with: ``remove()``, or the end of a ``with`` block."""

    def __init__(self, remove: Callable[[], None]) -> None:
        self._remove: Callable[[], None] | None = remove

    def remove(self) -> None:
        """Take back what this handle stands for; a second time does nothing."""
        if self._remove is not None:
            self._remove()
            self._remove = None

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def add_tensor_hook(tensor: Any, hook: Callable[[Any], Any]) -> Handle:
    """Put a hook that takes Tensors where backward will call it: on the Node, or on the leaf."""
    if not callable(hook):
        raise TypeError(f"hook: must be a function of the gradient, got {type(hook).__name__}")
    of = tensor.grad_fn or tensor
    shape, dtype = of.shape, of.dtype

    def on_cotangent(g: Any) -> Any:
        raw = not isinstance(g, _tensor.Tensor)
        replaced = hook(_tensor.result(g) if raw else g)
        if replaced is None:
            return None
        if not isinstance(replaced, _tensor.Tensor):
            raise TypeError(
                f"hook: must return None or a Tensor, got {type(replaced).__name__}; "
                "what it returns replaces the gradient"
            )
        if replaced.shape != shape or replaced.dtype != dtype:
            raise ValueError(
                f"hook: must return None or a Tensor of shape {shape} and {dtype}, as the "
                f"gradient is, got {replaced.shape} and {replaced.dtype}"
            )
        return replaced._data if raw else replaced

    retained = [tensor._retained] if tensor._retained else []  # sees what the others leave
    of.hooks = [*[h for h in of.hooks if h not in retained], on_cotangent, *retained]
    hooked = weakref.ref(of)  # who keeps the handle does not keep the graph

    def remove() -> None:
        x = hooked()
        if x is not None:
            x.hooks = [h for h in x.hooks if h is not on_cotangent]

    return Handle(remove)


def break_on(op: str, *others: str) -> Handle:
    """Stop in the debugger when backward comes to an op of this name, just before its VJP rule.

    ``node`` and ``g`` are there to look at; go on to the line with ``vjp(...)``, where a step
    goes into the rule. It calls ``breakpoint()``, so the debugger is that of your IDE if you
    have one. Use it in a ``with`` block, or call ``remove()`` on the result; a backward pass
    that is already running looks out for it only if it found another stop when it began.
    Raises ValueError for a name that no op has.

    To stop at the gradient of one tensor: ``x.register_hook(lambda g: breakpoint())``.

    >>> with break_on("matmul", "relu"):
    ...     pass  # loss.backward()
    """
    from .primitive import OPS

    names = (op, *others)
    for name in names:
        if name not in OPS:
            known = ", ".join(sorted(OPS))
            raise ValueError(f"break_on: there is no op {name!r}; there are {known}")
    found = [one for name in names for one in OPS[name]]

    def switch(by: int) -> None:
        global watching
        with _switching:
            watching += by
            for one in found:
                one.stop += by

    switch(1)
    return Handle(lambda: switch(-1))


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

    anomaly = 0

    def __enter__(self) -> None:
        self._switch(1)

    def __exit__(self, *exc: object) -> None:
        self._switch(-1)

    def _switch(self, by: int) -> None:
        global watching, recording_source, _anomaly
        with _switching:
            recording_source += by
            observers.everything += by * (not self.anomaly)
            watching += by * self.anomaly
            _anomaly += by * self.anomaly
            if not recording_source:
                _calls.clear()


class detect_anomaly(record_source):
    """Stop at the first NaN or inf, forward or backward, and show the line that recorded the op.

    Raises ArithmeticError.

    >>> import autograd
    >>> x = autograd.tensor(-1.0, requires_grad=True)
    >>> with np.errstate(invalid="ignore"), detect_anomaly():
    ...     y = x.sqrt()
    Traceback (most recent call last):
    ArithmeticError: sqrt gives nan in its forward pass ...
    """

    anomaly = 1


class Where:
    """A line of the user's code: ``file``, ``line``, ``code``."""

    def __init__(self, file: str, line: int) -> None:
        self.file = file
        self.line = line
        self.code = linecache.getline(file, line).strip()

    def __str__(self) -> str:
        code = f": {_tensor.short(self.code, 100)}" if self.code else ""
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
    not returned since the last op is still the same object. What the walk itself records is no
    part of a VJP: the sum of two cotangents.
    """
    found: dict[tuple, Scope] = {}
    recorder = frame
    while frame is not None:
        code = frame.f_code
        owner = None
        if code.co_name == "forward" and code.co_argcount:
            owner = frame.f_locals[code.co_varnames[0]]  # self
        elif code.co_name == "walk" and code.co_filename.startswith(PACKAGES):
            owner = None if frame is recorder.f_back else frame.f_locals.get("node")
        if hasattr(owner, "forward") or isinstance(owner, type(node)):
            key = frame, id(owner)
            found[key] = _calls.get(key) or Scope(owner)
        frame = frame.f_back
    _calls.clear()
    _calls.update(found)
    return tuple(reversed(found.values()))


def note_source(node: Any) -> None:
    """Remember the line outside the library that recorded a Node, and check its output."""
    frame: Any = sys._getframe(2)
    node.scopes = scopes_around(node, frame)
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGES):
        frame = frame.f_back
    node.where = Where(frame.f_code.co_filename, frame.f_lineno)
    if _anomaly:
        odd = oddity(node.values[0])
        if odd:
            operands = ", ".join(
                f"{name} {np.shape(v)} is {oddity(v) or 'finite'}"
                for name, v in zip(node.operand_names, node.values[1:])
            )
            raise ArithmeticError(
                f"{node.name} gives {odd} in its forward pass ({operands}), at {node.where}"
            )


def check_cotangent(node: Any, g: Any, dx: Any, total: Any) -> None:
    """Raise ArithmeticError where a VJP rule makes NaN or inf, or the sum it is added to does."""
    if not _anomaly:
        return
    at = f", recorded at {node.where}" if node.where else ""
    odd = oddity(getattr(dx, "_data", dx))
    if odd:
        before = oddity(getattr(g, "_data", g)) or "finite"
        raise ArithmeticError(
            f"the VJP of {node.name} gives {odd} of a cotangent that is {before}{at}"
        )
    odd = oddity(getattr(total, "_data", total))
    if odd:
        raise ArithmeticError(
            f"the VJP of {node.name} is finite, but gives {odd} when it is added to the other "
            f"cotangents of that operand{at}"
        )


def oddity(data: Any) -> str | None:
    """ "nan" or "inf" if there is one in the data."""
    if not isinstance(data, np.ndarray | np.generic) or data.dtype.kind != "f":
        return None
    if np.isfinite(data).all():
        return None
    return "nan" if np.isnan(data).any() else "inf"
