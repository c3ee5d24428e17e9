"""Changes in place: ``x += y``, ``x[index] = y``, ``x.zero_()``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import observers, ops
from .grad_mode import mode
from .hooks import retain_grad
from .memory import note_change
from .primitives import Operand
from .tensors import Tensor, result


def change(self: Tensor, name: str, op: Callable, *args: Any) -> Tensor:
    """Write ``op(self, *args)`` into this tensor's memory, as a recorded op where one is due.

    Recording goes on from a stand-in for the old value, so that what was recorded
    before keeps its own way through the graph.
    """
    recording = mode.recording and any(
        isinstance(x, Tensor) and x._requires_grad for x in (self, *args)
    )
    if recording and self._requires_grad and self.grad_fn is None:
        raise RuntimeError(
            f"{name}: this tensor is a leaf that requires grad and cannot be changed in place "
            "while ops are recorded. Put the update inside `with autograd.no_grad():`"
        )
    if recording and self._data.base is not None and self._memory is not None:
        raise RuntimeError(
            f"{name}: this tensor is a view, and changing a view in place cannot be recorded. "
            "Use the out-of-place op, or clone() it first"
        )
    if observers.changed:
        observers.tell(observers.changed, self, name)
    copied = recording or observers.everything
    old = result(self._array().copy() if copied else self._data)
    old.grad_fn, old._requires_grad, old.name = self.grad_fn, self._requires_grad, self.name
    old._node = self._node
    new = op(old, *args)
    if new.shape != self.shape:
        raise ValueError(
            f"{name}: the result has shape {new.shape} and does not fit in place into "
            f"{self.shape}; use the out-of-place op"
        )
    if not np.can_cast(new.dtype, self.dtype, "same_kind"):
        raise TypeError(f"{name}: a result of {new.dtype} does not fit in place into {self.dtype}")
    note_change([self.memory], name, recording)
    np.copyto(self._array(), new._data, casting="same_kind")
    is_update = self.grad_fn is None and self._requires_grad  # the leaf is a leaf as before
    self._node = None if is_update else new._node
    if recording:
        retains = self._retained
        if retains:
            self.grad_fn.hooks.remove(retains)  # type: ignore[union-attr]
            self._retained = None
        self.grad_fn, self._requires_grad = new.grad_fn, new._requires_grad
        if retains:
            retain_grad(self)
    return self


def add_(self: Tensor, other: Operand, alpha: float = 1) -> Tensor:
    """``self += alpha * other``."""
    return change(self, "add_", ops.add, other if alpha == 1 else ops.mul(other, alpha))


def sub_(self: Tensor, other: Operand, alpha: float = 1) -> Tensor:
    """``self -= alpha * other``."""
    return change(self, "sub_", ops.sub, other if alpha == 1 else ops.mul(other, alpha))


def mul_(self: Tensor, other: Operand) -> Tensor:
    """``self *= other``."""
    return change(self, "mul_", ops.mul, other)


def div_(self: Tensor, other: Operand) -> Tensor:
    """``self /= other``."""
    return change(self, "div_", ops.div, other)


def pow_(self: Tensor, other: Operand) -> Tensor:
    """``self **= other``."""
    return change(self, "pow_", ops.pow, other)


def zero_(self: Tensor) -> Tensor:
    """Every element 0."""
    return change(self, "zero_", ops.indexing.setitem, 0, ...)


def fill_(self: Tensor, value: float) -> Tensor:
    """Every element ``value``."""
    return change(self, "fill_", ops.indexing.setitem, value, ...)


def copy_(self: Tensor, other: Operand) -> Tensor:
    """The values of ``other``, broadcast to this tensor's shape."""
    return change(self, "copy_", ops.indexing.setitem, other, ...)


def setitem(self: Tensor, index: Any, value: Operand) -> None:
    """``self[index] = value``."""
    change(self, "x[index] = value", ops.indexing.setitem, value, index)
