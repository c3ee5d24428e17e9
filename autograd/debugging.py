"""To stop where something happens: hooks on gradients, stops at an op, NaN and its source line.

None of it costs anything until it is switched on.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

import numpy as np

import autograd.tensor as _tensor

watching = 0  # how many stops and detect_anomaly() blocks are on: what backward looks out for
recording_source = 0  # how many record_source() and detect_anomaly() blocks are open
_anomaly = 0  # of these, how many look for NaN and inf

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
    of = tensor.grad_fn or tensor

    def on_cotangent(g: Any) -> Any:
        raw = not isinstance(g, _tensor.Tensor)
        replaced = hook(_tensor.result(g) if raw else g)
        if replaced is None:
            return None
        if getattr(replaced, "shape", None) != of.shape:
            raise ValueError(
                f"hook: must return None or a Tensor of shape {of.shape}, got "
                f"{getattr(replaced, 'shape', type(replaced).__name__)}"
            )
        return replaced._data if raw else replaced

    retained = [tensor._retained] if tensor._retained else []  # sees what the others leave
    of.hooks = [*[h for h in of.hooks if h not in retained], on_cotangent, *retained]

    def remove() -> None:
        of.hooks = [h for h in of.hooks if h is not on_cotangent]

    return Handle(remove)


def break_on(op: str) -> Handle:
    """Stop in the debugger when backward comes to an op of this name, just before its VJP rule.

    ``node`` and ``g`` are there to look at, and a step goes into the rule. It calls
    ``breakpoint()``, so the debugger is that of your IDE if you have one. Use it in a ``with``
    block, or call ``remove()`` on the result. Raises ValueError for a name that no op has.

    >>> with break_on("matmul"):
    ...     pass  # loss.backward()
    """
    from .primitive import OPS

    if op not in OPS:
        raise ValueError(f"break_on: there is no op {op!r}; there are {', '.join(sorted(OPS))}")

    def switch(by: int) -> None:
        global watching
        watching += by
        for one in OPS[op]:
            one.stop += by

    switch(1)
    return Handle(lambda: switch(-1))


class record_source(ContextDecorator):
    """Have every op remember the line of your code that recorded it, in ``grad_fn.where``.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> with record_source():
    ...     y = x * x
    >>> y.grad_fn.where.code
    'y = x * x'
    """

    anomaly = 0

    def __enter__(self) -> None:
        global watching, recording_source, _anomaly
        recording_source += 1
        watching += self.anomaly
        _anomaly += self.anomaly

    def __exit__(self, *exc: object) -> None:
        global watching, recording_source, _anomaly
        recording_source -= 1
        watching -= self.anomaly
        _anomaly -= self.anomaly


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
        return f"{os.path.basename(self.file)}:{self.line}: {self.code}"

    __repr__ = __str__


def note_source(node: Any) -> None:
    """Remember the line outside the library that recorded a Node, and check its output."""
    frame: Any = sys._getframe(2)
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGES):
        frame = frame.f_back
    node.where = Where(frame.f_code.co_filename, frame.f_lineno)
    if _anomaly:
        odd = oddity(node.values[0])
        if odd:
            operands = ", ".join(
                f"{name} {np.shape(v)} is {oddity(v) or 'finite'}"
                for name, v in zip(node.op.operands, node.values[1:])
            )
            raise ArithmeticError(
                f"{node.name} gives {odd} in its forward pass ({operands}), at {node.where}"
            )


def check_cotangent(node: Any, g: Any, dx: Any) -> None:
    """Raise ArithmeticError where a VJP rule turns a finite cotangent into NaN or inf."""
    if _anomaly:
        odd = oddity(getattr(dx, "_data", dx))
        if odd:
            before = oddity(getattr(g, "_data", g)) or "finite"
            at = f", recorded at {node.where}" if node.where else ""
            raise ArithmeticError(
                f"the VJP of {node.name} gives {odd} of a cotangent that is {before}{at}"
            )


def oddity(data: Any) -> str | None:
    """ "nan" or "inf" if there is one in the data."""
    if not isinstance(data, np.ndarray | np.generic) or data.dtype.kind != "f":
        return None
    if np.isfinite(data).all():
        return None
    return "nan" if np.isnan(data).any() else "inf"
