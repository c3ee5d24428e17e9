"""What Python asks of a Tensor as an object: its length and truth, a text, a copy, a pickle."""

import copy
from typing import Any

import numpy as np

from . import dtypes, observers
from .printing import LARGE, printed, short


class Manners:
    """How a Tensor behaves as an object."""

    # -- copies ------------------------------------------------------------------------

    def __getstate__(self: Any) -> dict[str, Any]:
        """What is pickled: not the gradient and the graph. A result is a leaf then, as in torch."""
        graph = ("_grad", "grad_fn", "_node", "_memory", "_retained", "hooks")
        return {name: value for name, value in vars(self).items() if name not in graph}

    def __copy__(self: Any) -> Any:
        out = object.__new__(type(self))
        vars(out).update(vars(self), _memory=self.memory)
        return out

    def __deepcopy__(self: Any, memo: dict) -> Any:
        if self.grad_fn is not None:
            raise RuntimeError(
                f"deepcopy: this tensor is the result of {self.grad_fn.name}, and its graph cannot "
                "be copied. Copy x.detach(), or use clone() to stay in the graph"
            )
        out = memo[id(self)] = object.__new__(type(self))
        vars(out).update(copy.deepcopy(self.__getstate__(), memo))
        out._grad = copy.deepcopy(self._grad, memo)
        return out

    @property
    def _mask(self: Any) -> Any:
        """What ``np.ma`` asks an operand for before it takes the numbers without their graph."""
        self.numpy()  # raises where there is one
        return np.ma.nomask

    # -- Python's manners --------------------------------------------------------------

    def __len__(self: Any) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor: it has no dimension to count along")
        return self.shape[0]

    def __bool__(self: Any) -> bool:
        if self._data.size != 1:
            raise ValueError(
                f"bool() of a tensor of shape {self.shape} is ambiguous: use .any() or .all()"
            )
        if observers.asked:
            observers.tell(observers.asked, self, "bool(), an if or while")
        return bool(self._data)

    def __float__(self: Any) -> float:
        return float(self.item())

    def __int__(self: Any) -> int:
        return int(self.item())

    def __index__(self: Any) -> int:
        number = self.item()
        if not isinstance(number, int):
            raise TypeError(f"index: only integers are one, and this is a tensor of {self.dtype}")
        return number.__index__()

    def __format__(self: Any, spec: str) -> str:
        if self.shape and spec:
            raise TypeError(
                f"format: {spec!r} is for one number, and this tensor has shape {self.shape}. "
                "Format its elements (.tolist()), or .item() of a scalar"
            )
        return format(self._data.item(), spec) if self.shape == () else str(self)

    def __repr__(self: Any) -> str:
        if not hasattr(self, "_data"):  # seen in a debugger that is inside an op
            return "<Tensor being made>"
        head, data = "tensor(", self._array()
        parts = [head + (printed(data, len(head)) if isinstance(data, np.ndarray) else repr(data))]
        if self.size > LARGE or (self.size == 0 and self.shape != (0,)):
            parts.append(f"size={self.shape}")
        if self.dtype not in (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool_):
            parts.append(f"dtype={self.dtype}")
        if self.grad_fn is not None:
            parts.append(f"grad_fn=<{self.grad_fn.title}>")
        elif self._requires_grad:
            parts.append("requires_grad=True")
        if self.name is not None:
            parts.append(f"name={short(repr(self.name))}")
        return ", ".join(parts) + ")"
