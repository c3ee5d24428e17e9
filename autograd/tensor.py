"""Tensor: an array that knows how it was computed."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Generator, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import debugging, dtypes, numpy_protocols, observers, ops
from .backward import accumulate_grad, accumulate_graph, backward
from .errors import ForeignOperand
from .grad_mode import mode, no_grad
from .graph import Node
from .memory import Memory, note_change
from .ops.dims import dim_of
from .primitive import Operand

if TYPE_CHECKING:
    from .steps import Step


class Size(int):
    """A number of elements that can be called for the shape, or the size of one dimension."""

    shape: tuple[int, ...]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        """A plain number to NumPy, which leaves the dtype of an array as it is."""
        plain = [int(x) if isinstance(x, Size) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **settings)

    def __call__(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim_of("size", dim, self.shape)]


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

    def _array(self) -> np.ndarray:
        if isinstance(self._data, np.generic):
            self._data = np.asarray(self._data)
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        value = value._data if isinstance(value, Tensor) else value
        array = isinstance(value, np.ndarray | np.generic)
        self._data = value if array else np.asarray(value, self.dtype)

    # attrgetter, not def: these are asked for all the time.
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

    def detach(self) -> Tensor:
        """The same memory without the graph."""
        out = result(self._array())
        out._memory = self.memory
        if observers.everything:
            with no_grad():
                out._node = ops.alias(self)._node
        return out

    def clone(self) -> Tensor:
        """A copy with memory of its own, recorded. VJP: ``g``."""
        return ops.clone(self)

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

    def retain_grad(self) -> None:
        """Have ``backward()`` set ``grad`` on this tensor although it is not a leaf."""
        if not self._requires_grad:
            raise RuntimeError("retain_grad: this tensor does not require grad, so it gets none")
        if self.grad_fn is not None and self._retained is None:
            this = weakref.ref(self)
            self._retained = self.grad_fn.add_hook(lambda g: retain(this(), g))

    def register_hook(self, hook: Callable[[Tensor], Any]) -> debugging.Handle:
        """Have backward call ``hook(grad)`` when the gradient of this tensor is complete.

        What it returns, unless None, replaces the gradient. The result has ``remove()``.

        >>> import autograd
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda grad: 10 * grad)
        >>> (x * x).backward()
        >>> x.grad
        tensor(60.)
        >>> handle.remove()
        """
        if not self._requires_grad:
            raise RuntimeError("register_hook: this tensor does not require grad, so it gets none")
        return debugging.add_tensor_hook(self, hook)

    backward = backward

    def backward_steps(
        self, gradient: Any = None, retain_graph: bool = False, names: Any = None
    ) -> Generator[Step, None, None]:
        """The steps of ``backward(gradient)``, one for each op: see ``autograd.backward_steps``."""
        from .steps import backward_steps

        return backward_steps(self, gradient, retain_graph, names)

    # -- changes in place --------------------------------------------------------------

    @property
    def memory(self) -> Memory:
        """What notes in-place changes, shared by all tensors on the same memory."""
        if self._memory is None:
            self._memory = Memory()
            self._data = self._array()  # a NumPy scalar cannot be changed
            if self.grad_fn is not None:
                self.grad_fn.memory = self._memory
        return self._memory

    def _change(self, name: str, op: Callable, *args: Any, **keywords: Any) -> Tensor:
        """Write ``op(self, ...)`` into this tensor's memory, as a recorded op where one is due.

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
        new = op(old, *args, **keywords)
        if new.shape != self.shape:
            raise ValueError(
                f"{name}: the result has shape {new.shape} and does not fit in place into "
                f"{self.shape}; use the out-of-place op"
            )
        if not np.can_cast(new.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"{name}: a result of {new.dtype} does not fit in place into {self.dtype}"
            )
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
                self.retain_grad()
        return self

    def add_(self, other: Operand, alpha: float = 1) -> Tensor:
        """``self += alpha * other``."""
        return self._change("add_", ops.add, other if alpha == 1 else alpha * other)

    def sub_(self, other: Operand, alpha: float = 1) -> Tensor:
        """``self -= alpha * other``."""
        return self._change("sub_", ops.sub, other if alpha == 1 else alpha * other)

    def mul_(self, other: Operand) -> Tensor:
        """``self *= other``."""
        return self._change("mul_", ops.mul, other)

    def div_(self, other: Operand) -> Tensor:
        """``self /= other``."""
        return self._change("div_", ops.div, other)

    def pow_(self, other: Operand) -> Tensor:
        """``self **= other``."""
        return self._change("pow_", ops.pow, other)

    def zero_(self) -> Tensor:
        """Every element 0."""
        return self._change("zero_", ops.indexing.setitem, 0, ...)

    def fill_(self, value: float) -> Tensor:
        """Every element ``value``."""
        return self._change("fill_", ops.indexing.setitem, value, ...)

    def copy_(self, other: Operand) -> Tensor:
        """The values of ``other``, broadcast to this tensor's shape."""
        return self._change("copy_", ops.indexing.setitem, other, ...)

    def __setitem__(self, index: Any, value: Operand) -> None:
        self._change("x[index] = value", ops.indexing.setitem, value, index)

    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_
    __ipow__ = pow_

    # -- ops ---------------------------------------------------------------------------

    __add__ = ops.arithmetic._add
    __sub__ = ops.arithmetic._sub
    __mul__ = ops.mul
    __truediv__ = ops.arithmetic._div
    __floordiv__ = ops.floor_divide
    __mod__ = ops.remainder
    __pow__ = ops.pow
    __matmul__ = ops.matmul
    __neg__ = ops.neg
    __pos__ = ops.positive
    __abs__ = ops.abs
    __getitem__ = ops.getitem

    def __radd__(self, other: Operand) -> Tensor:
        return ops.add(other, self)

    def __rsub__(self, other: Operand) -> Tensor:
        return ops.sub(other, self)

    def __rmul__(self, other: Operand) -> Tensor:
        return ops.mul(other, self)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return ops.div(other, self)

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return ops.floor_divide(other, self)

    def __rmod__(self, other: Operand) -> Tensor:
        return ops.remainder(other, self)

    def __rpow__(self, other: Operand) -> Tensor:
        return ops.pow(other, self)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return ops.matmul(other, self)

    def __eq__(self, other: Any) -> Any:  # of None and the like Python says that it differs
        try:
            return ops.eq(self, other)
        except ForeignOperand:
            return NotImplemented

    def __ne__(self, other: Any) -> Any:
        try:
            return ops.ne(self, other)
        except ForeignOperand:
            return NotImplemented

    __lt__ = ops.lt
    __le__ = ops.le
    __gt__ = ops.gt
    __ge__ = ops.ge
    __and__ = __rand__ = ops.bitwise_and
    __or__ = __ror__ = ops.bitwise_or
    __xor__ = __rxor__ = ops.bitwise_xor
    __invert__ = ops.bitwise_not
    __hash__ = object.__hash__
    __array_ufunc__ = numpy_protocols.array_ufunc
    __array_function__ = numpy_protocols.array_function

    add, sub, mul, div, neg, pow = ops.add, ops.sub, ops.mul, ops.div, ops.neg, ops.pow
    floor_divide, remainder, reciprocal = ops.floor_divide, ops.remainder, ops.reciprocal
    matmul, abs, exp, log, sqrt = ops.matmul, ops.abs, ops.exp, ops.log, ops.sqrt
    sin, cos, tanh, relu, sigmoid = ops.sin, ops.cos, ops.tanh, ops.relu, ops.sigmoid
    exp2, log2, log10, logaddexp, hypot = ops.exp2, ops.log2, ops.log10, ops.logaddexp, ops.hypot
    maximum, minimum, clip, clamp = ops.maximum, ops.minimum, ops.clip, ops.clip
    clamp_min, clamp_max, masked_fill = ops.clamp_min, ops.clamp_max, ops.masked_fill
    sum, mean, var, max, min = ops.sum, ops.mean, ops.var, ops.max, ops.min
    amax, amin, argmax, argmin = ops.amax, ops.amin, ops.argmax, ops.argmin
    all, any, median, to = ops.all, ops.any, ops.median, ops.to
    reshape, view, permute, transpose = ops.reshape, ops.reshape, ops.permute, ops.transpose
    flatten, t, movedim, broadcast_to = ops.flatten, ops.t, ops.movedim, ops.expand
    squeeze, unsqueeze, expand = ops.squeeze, ops.unsqueeze, ops.expand
    log1p, expm1, tan, sinh, cosh = ops.log1p, ops.expm1, ops.tan, ops.sinh, ops.cosh
    arcsin, arccos, arctan, arctan2 = ops.arcsin, ops.arccos, ops.arctan, ops.arctan2
    asin, acos, atan, atan2 = ops.arcsin, ops.arccos, ops.arctan, ops.arctan2
    arcsinh, arccosh, arctanh = ops.arcsinh, ops.arccosh, ops.arctanh
    asinh, acosh, atanh, sinc = ops.arcsinh, ops.arccosh, ops.arctanh, ops.sinc
    deg2rad, rad2deg = ops.deg2rad, ops.rad2deg
    floor, ceil, round, trunc, sign = ops.floor, ops.ceil, ops.round, ops.trunc, ops.sign
    square, erf, softmax, log_softmax = ops.square, ops.erf, ops.softmax, ops.log_softmax
    logsumexp, std, prod, cumsum, norm = ops.logsumexp, ops.std, ops.prod, ops.cumsum, ops.norm
    cumprod, gather, index_select, take = ops.cumprod, ops.gather, ops.index_select, ops.take
    take_along_dim = ops.take_along_dim
    argsort, sort, topk, flip, roll = ops.argsort, ops.sort, ops.topk, ops.flip, ops.roll
    tile, repeat, split, chunk = ops.tile, ops.repeat, ops.split, ops.chunk
    repeat_interleave, tensor_split, unbind = ops.repeat_interleave, ops.tensor_split, ops.unbind
    fliplr, flipud, diag = ops.fliplr, ops.flipud, ops.diag
    swapaxes, diagonal, trace = ops.swapaxes, ops.diagonal, ops.trace
    tril, triu, outer, dot = ops.tril, ops.triu, ops.outer, ops.dot
    mm, bmm, mv, inner, vdot, kron = ops.mm, ops.bmm, ops.mv, ops.inner, ops.vdot, ops.kron
    inverse, det, slogdet, cholesky = ops.inverse, ops.det, ops.slogdet, ops.cholesky
    isclose, allclose, equal = ops.isclose, ops.allclose, ops.equal
    logical_and, logical_or = ops.logical_and, ops.logical_or
    logical_xor, logical_not = ops.logical_xor, ops.logical_not
    bitwise_and, bitwise_or = ops.bitwise_and, ops.bitwise_or
    bitwise_xor, bitwise_not = ops.bitwise_xor, ops.bitwise_not
    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite
    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge

    def where(self, condition: Operand, other: Operand) -> Tensor:
        """This tensor where ``condition`` holds, else ``other``."""
        return ops.where(condition, self, other)

    def astype(self, dtype: Any, copy: Any = True) -> Tensor:
        """A copy in another dtype, as in NumPy."""
        return ops.to(self, dtype, copy=copy)

    def cpu(self) -> Tensor:
        """The tensor itself: all of them are on the CPU."""
        return self

    def expand_as(self, other: Tensor) -> Tensor:
        """Broadcast to the shape of ``other``."""
        return ops.expand(self, other.shape)

    def view_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of ``other``."""
        return ops.reshape(self, other.shape)

    reshape_as = view_as

    def half(self) -> Tensor:
        """As float16."""
        return self.to(dtypes.float16)

    def float(self) -> Tensor:
        """As float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """As float64."""
        return self.to(dtypes.float64)

    def int(self) -> Tensor:
        """As int32."""
        return self.to(dtypes.int32)

    def long(self) -> Tensor:
        """As int64."""
        return self.to(dtypes.int64)

    def bool(self) -> Tensor:
        """As booleans."""
        return self.to(dtypes.bool_)

    def ravel(self) -> Tensor:
        """All elements in one dimension."""
        return ops.reshape(self, -1)

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        return ops.transpose(self)

    @property
    def mT(self) -> Tensor:
        """The last two dimensions swapped."""
        return ops.matrix_transpose(self)

    # -- Python's manners --------------------------------------------------------------

    def __len__(self) -> Any:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor: it has no dimension to count along")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor: it has no dimension to go along")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> Any:
        return bool((self == value).any())

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
        parts = [head + values(self._array(), len(head))]
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


def retain(tensor: Tensor | None, g: Any) -> None:
    """Set the ``grad`` of a Tensor that asked for it, unless it is gone."""
    if tensor is not None:
        (accumulate_graph if isinstance(g, Tensor) else accumulate_grad)(tensor, g)


new = object.__new__


def result(data: Any) -> Tensor:
    """A Tensor around an array that the engine made: nothing is copied or converted."""
    out = new(Tensor)
    out._data = data
    return out


LARGE = 1000  # of an array with more elements only the first and last are shown
EDGE = 3  # so many on each side


def values(data: np.ndarray, indent: int) -> str:
    """An array as torch prints one: four decimals, or none where all are whole."""
    shown = data
    if data.size > LARGE:
        edges = [np.arange(n) if n <= 2 * EDGE else np.arange(-EDGE, EDGE) for n in data.shape]
        shown = data[np.ix_(*edges)]
    finite = shown[np.isfinite(shown)]
    whole = data.dtype.kind == "f" and bool((finite == np.trunc(finite)).all())
    return np.array2string(
        data,
        separator=", ",
        prefix=" " * indent,
        precision=4,
        floatmode="maxprec" if whole else "fixed",
        threshold=LARGE,
        edgeitems=EDGE,
    )


def one_line(data: Any) -> str:
    """The same without line breaks."""
    return " ".join(values(np.asarray(data), 0).split()).replace("[ ", "[")


def short(text: Any, most: int = 40) -> str:
    """A name on one line and of a length that one can read."""
    line = "".join(c if c.isprintable() else " " for c in str(text))
    return line if len(line) <= most else line[: most - 1] + "…"


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
        array = np.array(data, dtype=dtype)
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
