"""Changes in place: ``x += y``, ``x[index] = y``, ``x.zero_()``.

What is changed may be a view. Then the new value is written into the tensor that the view was taken
from, too, and so on down to the base: see ``views``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from . import observers, ops
from .errors import ForeignOperand, explain_forward
from .grad_mode import mode
from .keeping import KEPT
from .memory import Memory, clock, note_change
from .operands import as_numpy
from .ops.indexing import _getitem, _setitem, in_order, placed, without_front
from .primitives import Operand
from .rules import Op
from .tensors import Tensor, result
from .views import View, line_of, move, record, source_of, stand_in

GETITEM: Op = _getitem.op  # type: ignore[attr-defined]
SETITEM: Op = _setitem.op  # type: ignore[attr-defined]


def change(x: Tensor, name: str, op: Callable, other: Operand) -> Tensor:
    """Write ``op(x, other)`` into the memory of ``x``, as a recorded op where one is due."""

    def compute(before: Tensor) -> Tensor:
        new = op(before, other)
        if not isinstance(new, Tensor):
            raise ForeignOperand(f"{name}: what {type(other).__name__} makes of it is no Tensor")
        if new.shape != x.shape:
            raise ValueError(
                f"{name}: the result has shape {new.shape} and does not fit in place into "
                f"{x.shape}; use the out-of-place op"
            )
        if new.dtype != x.dtype and not np.can_cast(new.dtype, x.dtype, "same_kind"):
            raise TypeError(f"{name}: a result of {new.dtype} does not fit in place into {x.dtype}")
        np.copyto(x._data, new._data, casting="same_kind")
        return ops.to(new, x.dtype)

    return changed(x, name, compute, [other], reads=True)


def put(x: Tensor, name: str, value: Operand, index: Any) -> Tensor:
    """Write ``value`` at ``index`` into the memory of ``x``, as a recorded op where one is due."""
    *before, (index, indices) = in_order(x, index)
    whole = x
    for part, arrays in before:
        x = _getitem(x, *arrays, index=part)
    value = without_front(value, x, index, indices)
    if is_item(value, x, index):  # the end of ``x[index] += y``, which changed it already
        return whole

    def compute(before: Tensor) -> Tensor:
        operands, settings = (before, value, *indices), {"index": index}
        values = [v._data if isinstance(v, Tensor) else as_numpy(SETITEM, v) for v in operands]
        try:
            x._data[placed(index, values[2:])] = values[1]
        except (ValueError, IndexError, TypeError) as error:
            raise explain_forward(SETITEM, operands, values, settings, error) from None
        return record(SETITEM, operands, settings, x._data, mode.recording)

    changed(x, name, compute, [value, *indices], reads=False)
    return whole


def is_item(value: Any, x: Tensor, index: Any) -> bool:
    """Whether ``value`` is the view ``x[index]``, so that there is nothing to write."""
    return (
        isinstance(value, View)
        and source_of(value) is x
        and value._op is GETITEM
        and not value._operands
        and repr(value._settings["index"]) == repr(index)
        and not (value._cut and mode.recording)
    )


def changed(x: Tensor, name: str, compute: Callable, others: list, reads: bool) -> Tensor:
    """``x`` after ``compute(before)``, which writes into its memory and gives what is recorded.

    ``before`` stands for ``x`` as it was, so that what was recorded until now keeps its own way
    through the graph. Its values are those of before the change only if ``compute`` ``reads`` them,
    or where it is small or a leaf, so that the graph can show them.
    """
    line = line_of(x)
    recording = check(line, name, others)
    for t in line if observers.changed else ():
        observers.tell(observers.changed, t, name)
    memory = x.memory
    if not (recording or observers.everything or line[-1]._node is not None):
        compute(stand_in(x, x._data))
        note_change([memory], name)
        return x
    leaves = leaves_read(memory, others)
    before = []
    for t in line:
        copied = (reads and t is x) or t._data.size <= KEPT or t.node is None
        before.append(
            leaves[id(t)] if id(t) in leaves else stand_in(t, t._data.copy() if copied else t._data)
        )
    new = compute(before[0])
    note_change([memory], name)
    for node in memory.readers:
        node._args = tuple([leaves.get(id(x), x) for x in node._args])
        node._origins = [leaves.get(id(x), x) for x in node._origins]
    memory.readers = ()
    write_down(line, before, new)
    memory.rewritten = next(clock)
    if recording:
        memory.recorded = memory.rewritten
    return x


def leaves_read(memory: Memory, others: list) -> dict[int, Tensor]:
    """By their ids, stand-ins for the leaves on ``memory`` that recorded ops took as they are."""
    origins = [x for node in memory.readers for x in node.origins]
    return {
        id(x): stand_in(x, x._data.copy())
        for x in [*origins, *others]
        if isinstance(x, Tensor) and x._memory is memory
        if x.node is None and not x._requires_grad
    }


def check(line: list[Tensor], name: str, others: list) -> bool:
    """Whether the change of a tensor is recorded. Raises RuntimeError where it cannot be made."""
    x = line[0]
    if isinstance(x._data, np.ndarray) and not x._data.flags.writeable:
        raise RuntimeError(
            f"{name}: the memory of this tensor cannot be written into: several elements of an "
            "expanded tensor are one, or the array it was made from is read-only. clone() it first"
        )
    cuts = [view._cut for view in line[:-1]]  # type: ignore[attr-defined]
    if "detach" in cuts:  # gradients go no further
        line = line[: cuts.index("detach") + 1]
    tensors = [t for t in (*line, *others) if isinstance(t, Tensor)]
    if not mode.recording or not any(t._requires_grad for t in tensors):
        return False
    if any(t._requires_grad and t.grad_fn is None for t in line):
        raise RuntimeError(
            f"{name}: this tensor is a leaf that requires grad, or a view of one, and cannot be "
            "changed in place while ops are recorded. Put the update inside "
            "`with autograd.no_grad():`"
        )
    if "no_grad" in cuts[: len(line) - 1]:
        raise RuntimeError(
            f"{name}: this tensor is a view that was taken under no_grad(), and its change would "
            "be recorded. Take it outside no_grad(), or change it inside"
        )
    return True


def write_down(line: list[Tensor], before: list[Tensor], new: Tensor) -> None:
    """Record that ``new``, the value of a view, is written into what it was taken from."""
    gradient = mode.recording
    for view, of, old in zip(line, line[1:], before[1:]):
        assert isinstance(view, View)
        if view._cut == "detach":  # the values go on, and gradients go as if nothing had changed
            move(view, new)
            new, gradient = without_gradient(new), False
        op, operands, settings = view._op.written_by(old, new, *view._operands, **view._settings)
        new = record(op.op, operands, settings, of._data, gradient)
    move(line[-1], new)


def without_gradient(x: Tensor) -> Tensor:
    """``x`` for the record of all ops, with no part in backward."""
    out = result(x._data)
    out._node = x.node
    return out


def add_(self: Tensor, other: Operand, alpha: float = 1) -> Tensor:
    """``self += alpha * other``."""
    return change(self, "add_", partial(ops.add, alpha=alpha), other)


def sub_(self: Tensor, other: Operand, alpha: float = 1) -> Tensor:
    """``self -= alpha * other``."""
    return change(self, "sub_", partial(ops.sub, alpha=alpha), other)


def mul_(self: Tensor, other: Operand) -> Tensor:
    """``self *= other``."""
    return change(self, "mul_", ops.mul, other)


def div_(self: Tensor, other: Operand) -> Tensor:
    """``self /= other``."""
    return change(self, "div_", ops.div, other)


def pow_(self: Tensor, other: Operand) -> Tensor:
    """``self **= other``."""
    return change(self, "pow_", ops.pow, other)


def floor_divide_(self: Tensor, other: Operand) -> Tensor:
    """``self //= other``."""
    return change(self, "floor_divide_", ops.floor_divide, other)


def remainder_(self: Tensor, other: Operand) -> Tensor:
    """``self %= other``."""
    return change(self, "remainder_", ops.remainder, other)


def bitwise_and_(self: Tensor, other: Operand) -> Tensor:
    """``self &= other``."""
    return change(self, "bitwise_and_", ops.bitwise_and, other)


def bitwise_or_(self: Tensor, other: Operand) -> Tensor:
    """``self |= other``."""
    return change(self, "bitwise_or_", ops.bitwise_or, other)


def bitwise_xor_(self: Tensor, other: Operand) -> Tensor:
    """``self ^= other``."""
    return change(self, "bitwise_xor_", ops.bitwise_xor, other)


def zero_(self: Tensor) -> Tensor:
    """Every element 0."""
    return put(self, "zero_", 0, ...)


def fill_(self: Tensor, value: float) -> Tensor:
    """Every element ``value``."""
    return put(self, "fill_", value, ...)


def copy_(self: Tensor, other: Operand) -> Tensor:
    """The values of ``other``, broadcast to this tensor's shape."""
    return put(self, "copy_", other, ...)


def setitem(self: Tensor, index: Any, value: Operand) -> None:
    """``self[index] = value``."""
    put(self, "x[index] = value", value, index)
