"""Tensor: an array that knows how it was computed.

This is its state and how it behaves as a Python object. The ops are defined above this file
(``ops``), and ``methods`` gives them to Tensor as operators and methods.
"""

from __future__ import annotations

import warnings
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, observers
from .grad_mode import mode
from .memory import Memory
from .printing import LARGE, printed, short

if TYPE_CHECKING:
    from .graph import Node


class Tensor:
    """An array with a gradient and the op it came from.

    ``data`` is a number, a nested list of numbers, an ndarray or a Tensor, and is copied.
    NumPy dtypes are kept; Python floats become the default dtype (float32), Python ints int64.
    ``name`` is shown in errors, pictures and the repr.

    Raises TypeError for data that is not numeric and for integers that should require grad.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y
    tensor(5., grad_fn=<SumBackward>)
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # What is not set on an instance is found here, which keeps making one cheap.
    _data: Any  # an ndarray; or a NumPy scalar, until `data` is asked for
    _grad: Tensor | None = None
    _requires_grad = False
    _memory: Memory | None = None  # set once the memory is shared or changed in place
    hooks: Any = ()  # of a leaf: functions that see, and may replace, its gradient
    _retained: Any = None  # the hook that retain_grad() put on grad_fn
    grad_fn: Node | None = None
    _node: Node | None = None  # inside record_source(): the op without gradient that made it
    name: str | None = None
    is_large = False  # of a leaf, as a Node's: the graph keeps it anyway

    def __init__(
        self,
        data: Any,
        dtype: Any = None,
        requires_grad: bool = False,
        name: str | None = None,
    ) -> None:
        self._data = to_array(data, dtype)[()]  # a number as a NumPy scalar, which is quicker
        if requires_grad:
            self.requires_grad = True
        if name is not None:
            self.name = name
        if observers.created:
            observers.tell(observers.created, self)

    # -- the value ---------------------------------------------------------------------

    @property
    def data(self) -> np.ndarray:
        """The value as an ndarray that shares the tensor's memory.

        Changes made through it are not recorded and not noticed by ``backward()``.
        """
        if observers.asked:
            observers.tell(observers.asked, self, "data")
        return self._array()

    @data.setter
    def data(self, value: Any) -> None:
        value = value._data if isinstance(value, Tensor) else value
        array = isinstance(value, np.ndarray | np.generic)
        self._data = value if array else np.asarray(value, self.dtype)
        if self._memory is not None:
            self._memory = Memory()  # views and detached tensors keep the old one

    def _array(self) -> np.ndarray:
        if isinstance(self._data, np.generic):
            self._data = np.asarray(self._data)
        return self._data

    # attrgetter, not def: these are asked for all the time.
    shape = property(attrgetter("_data.shape"), doc="The sizes of the dimensions, a tuple.")
    ndim = property(attrgetter("_data.ndim"), doc="The number of dimensions.")
    dtype = property(attrgetter("_data.dtype"), doc="The NumPy dtype of the elements.")
    size = property(attrgetter("_data.size"), doc="The number of elements.")

    def numel(self) -> int:
        """The number of elements."""
        return self.size

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def item(self) -> Any:
        """The one element as a Python number. Raises ValueError if there are more, or none."""
        if self.size != 1:
            raise ValueError(
                f"item: needs a tensor of one element, this one has shape {self.shape}"
            )
        if observers.asked:
            observers.tell(observers.asked, self, "item()")
        return self._data.item()

    def tolist(self) -> Any:
        """The values as (nested) Python lists; a number for a 0-d tensor."""
        if observers.asked:
            observers.tell(observers.asked, self, "tolist()")
        return self._data.tolist()

    def numpy(self) -> np.ndarray:
        """The value as an ndarray that shares memory. Raises RuntimeError if it requires grad."""
        if self._requires_grad:
            raise RuntimeError(
                "numpy: this tensor requires grad, and an ndarray would lose its graph. "
                "Use tensor.detach().numpy()"
            )
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    # -- the gradient ------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether ops on this tensor are recorded. Only a leaf's can be set."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.grad_fn is not None:
            if not value:
                raise RuntimeError(
                    "requires_grad: can only be switched off on a leaf, and this tensor is the "
                    f"result of {self.grad_fn.name}. Use detach() for one without the graph"
                )
        elif value and not dtypes.is_floating(self.dtype):
            raise TypeError(
                f"requires_grad: only floating tensors have gradients, and this one is "
                f"{self.dtype}. Write 3.0 instead of 3, or pass dtype=autograd.float32"
            )
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad`` in place and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def node(self) -> Node | None:
        """The recorded op that made this tensor: ``grad_fn``, or inside ``record_source()`` also
        one without gradient. None for what no recorded op made."""
        return self._node or self.grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made this tensor."""
        return self.grad_fn is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward()`` adds up; None before.

        Only leaves get one, and others that asked for it with ``retain_grad()``. Warns where None
        is all there will be.
        """
        if self._grad is None and self.grad_fn is not None and self._retained is None:
            warnings.warn(
                f"grad: this tensor is the result of {self.grad_fn.name} and no leaf, so "
                "backward() gives it no gradient. Call retain_grad() on it before; to update a "
                "parameter, change it in place: with autograd.no_grad(): w -= lr * w.grad",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, grad: Tensor | None) -> None:
        if grad is not None and (not isinstance(grad, Tensor) or grad.shape != self.shape):
            what = f"shape {grad.shape}" if isinstance(grad, Tensor) else type(grad).__name__
            raise TypeError(f"grad: must be None or a Tensor of shape {self.shape}, got {what}")
        self._grad = grad

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad()`` was called on this result of an op."""
        return self._retained is not None

    @property
    def memory(self) -> Memory:
        """What notes in-place changes, shared by all tensors on the same memory."""
        if self._memory is None:
            self._memory = Memory()
            self._data = self._array()  # a NumPy scalar cannot be changed
            if self.grad_fn is not None:
                self.grad_fn.memory = self._memory
        return self._memory

    # -- Python's manners --------------------------------------------------------------

    def __len__(self) -> Any:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor: it has no dimension to count along")
        return self.shape[0]

    def __bool__(self) -> Any:
        if self.size != 1:
            raise ValueError(
                f"bool() of a tensor of shape {self.shape} is ambiguous: use .any() or .all()"
            )
        if observers.asked:
            observers.tell(observers.asked, self, "bool(), an if or while")
        return bool(self._data)

    def __float__(self) -> Any:
        return float(self.item())

    def __int__(self) -> Any:
        return int(self.item())

    def __index__(self) -> Any:
        return self.item().__index__()

    def __format__(self, spec: str) -> str:
        if self.shape and spec:
            raise TypeError(
                f"format: {spec!r} is for one number, and this tensor has shape {self.shape}. "
                "Format its elements (.tolist()), or .item() of a scalar"
            )
        return format(self._data.item(), spec) if self.shape == () else str(self)

    def __repr__(self) -> str:
        if not hasattr(self, "_data"):  # seen in a debugger that is inside an op
            return "<Tensor being made>"
        head = "tensor("
        parts = [head + printed(self._array(), len(head))]
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

    if TYPE_CHECKING:  # methods.py gives the rest

        def __getattr__(self, name: str) -> Any: ...

        backward_steps: Any
        T: Any
        mT: Any
        __neg__: Any
        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __pow__: Any
        __matmul__: Any
        __getitem__: Any
        __setitem__: Any
        __gt__: Any
        __lt__: Any
        __ge__: Any
        __le__: Any


new = object.__new__


def result(data: Any) -> Tensor:
    """A Tensor around an array that the engine made: nothing is copied or converted."""
    out = new(Tensor)
    out._data = data
    return out


def to_array(data: Any, dtype: Any = None) -> np.ndarray:
    """A new array of ``data``, by the dtype rules that Tensor's docstring gives."""
    if isinstance(data, Tensor):
        if observers.asked:
            observers.tell(observers.asked, data, "tensor(...), which copies its numbers")
        return np.array(data._data, dtype=dtype)
    if not isinstance(data, np.ndarray | np.generic):
        first = data
        while isinstance(first, list | tuple) and first:
            first = first[0]
        if isinstance(first, Tensor):
            data = unwrapped(data)
        if dtype is None and not isinstance(first, np.ndarray | np.generic | Tensor):
            dtype = dtypes.get_default_dtype() if holds_floats(data) else None
    try:
        array = np.array(data, dtype=dtype, order="C")
    except ValueError as error:
        raise ValueError(f"tensor: the nested lists do not make a regular array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"tensor: cannot hold {array.dtype} data; it takes floats, ints and bools")
    return array


def unwrapped(data: Any) -> Any:
    if isinstance(data, list | tuple):
        return [unwrapped(x) for x in data]
    if isinstance(data, Tensor) and observers.asked:
        observers.tell(observers.asked, data, "tensor(...), which copies its numbers")
    if isinstance(data, Tensor) and data._requires_grad and mode.recording:
        raise RuntimeError(
            "tensor: a tensor in the list requires grad, and a new tensor would lose its graph. "
            "Use autograd.stack, or detach() it"
        )
    return data._data if isinstance(data, Tensor) else data


def holds_floats(data: Any) -> bool:
    """Whether Python data becomes a floating array; an empty list does."""
    try:
        return np.asarray(data).dtype.kind == "f"
    except ValueError:
        return False
