"""Tensor: an array that knows how it was computed.

This is its state. ``manners`` has what Python asks of an object, such as ``len``; the ops are
defined above this file (``ops``), and ``methods`` gives them to Tensor as operators and methods.
"""

from __future__ import annotations

import warnings
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, observers
from .arrays import Size, data_for, to_array
from .manners import Manners
from .memory import Memory

if TYPE_CHECKING:
    from .graph import Node
    from .methods import Methods
else:
    Methods = object


class Tensor(Manners, Methods):
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

        Changes made through it are not recorded and not noticed by ``backward()``. Setting it
        raises TypeError for data that the tensor cannot hold: integers if it requires grad.
        """
        if observers.asked:
            observers.tell(observers.asked, self, "data")
        return self._array()

    @data.setter
    def data(self, value: Any) -> None:
        if observers.changed:
            observers.tell(observers.changed, self, "tensor.data = ...")
        self._data = data_for(self, value)
        if self._memory is not None:
            self._memory = Memory()  # views and detached tensors keep the old one

    def _array(self) -> np.ndarray:
        if isinstance(self._data, np.generic):
            self._data = np.asarray(self._data)
        return self._data

    # attrgetter, not def: these are asked for all the time.
    if TYPE_CHECKING:
        shape: tuple[int, ...]
        ndim: int
        dtype: np.dtype
    else:
        shape = property(attrgetter("_data.shape"), doc="The sizes of the dimensions, a tuple.")
        ndim = property(attrgetter("_data.ndim"), doc="The number of dimensions.")
        dtype = property(attrgetter("_data.dtype"), doc="The NumPy dtype of the elements.")

    @property
    def size(self) -> Size:
        """The number of elements, as in NumPy; called, the shape or one size of it, as in torch.

        >>> x = Tensor([[1.0, 2.0, 3.0]])
        >>> x.size, x.size(), x.size(0)
        (3, (1, 3), 1)
        """
        number = Size(self._data.size)
        number.shape = self._data.shape
        return number

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def item(self) -> Any:
        """The one element as a Python number. Raises ValueError if there are more, or none."""
        if self._data.size != 1:
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
        found = (grad.shape, grad.dtype) if isinstance(grad, Tensor) else type(grad).__name__
        if grad is not None and found != (self.shape, self.dtype):
            raise TypeError(f"grad: needs a Tensor of {self.shape} and {self.dtype}, got {found}")
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


new = object.__new__


def result(data: Any) -> Tensor:
    """A Tensor around an array that the engine made: nothing is copied or converted."""
    out = new(Tensor)
    out._data = data
    return out
