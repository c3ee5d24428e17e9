"""What a Node keeps: what its VJP rules ask for, and small values, so that they can be shown.

Of a large array that no rule asks for, only shape and dtype are kept. Its Tensor can still be had
from the graph as long as somebody else holds it.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from .tensors import Tensor, result

KEPT = 4096  # values with up to so many elements are kept in any case


class Absent:
    """The shape and dtype of an array whose values were not kept."""

    def __init__(self, array: Any) -> None:
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype = array.dtype

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: int(np.prod(self.shape)))

    def __repr__(self) -> str:
        return f"<values not kept, {self.shape} {self.dtype}>"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: {NOT_KEPT}")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise RuntimeError(NOT_KEPT)


NOT_KEPT = (
    f"values of over {KEPT} elements that no VJP rule asks for are not kept with the graph. Hold "
    "the tensor itself, or compute inside autograd.record_source(), which keeps all"
)


class Faded:
    """Stands for an operand that its Node does not keep, and finds it while somebody holds it."""

    def __init__(self, x: Any, value: Any, parent: Any) -> None:
        self.held = weakref.ref(x)
        self.outline: Any = value
        if isinstance(x, Tensor):
            self.outline = result(value)
            self.outline.grad_fn, self.outline._requires_grad = parent, x._requires_grad
            self.outline.name, self.outline._memory = x.name, x._memory

    def operand(self) -> Any:
        """The Tensor or array itself, or what is known of it."""
        x = self.held()
        return self.outline if x is None else x


def without_large(
    args: Sequence, values: Sequence, parents: Sequence, asked: Collection[int]
) -> tuple[tuple, tuple]:
    """Operands and values of a Node without the large arrays that are not ``asked`` for.

    Leaves that require grad stay, as the graph leads to them.
    """
    args, values = list(args), list(values)
    for i, value in enumerate(values):
        if getattr(value, "size", 0) > KEPT and i not in asked and not isinstance(value, Absent):
            x, parent = (args[i - 1], parents[i - 1]) if i else (None, None)
            if isinstance(parent, Tensor):
                continue
            values[i] = Absent(value)
            if isinstance(x, Tensor | np.ndarray):
                args[i - 1] = Faded(x, values[i], parent)
    return tuple(args), tuple(values)
