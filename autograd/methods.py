"""Tensor's operators and methods: which op each of them is.

The class ``Methods`` is the table. To Python it lends Tensor what it holds; to editors and type
checkers Tensor inherits from it, so that they know each method by the signature of its op.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from . import devices, dtypes, hooks, inplace, observers, ops, walk
from .errors import ForeignOperand
from .grad_mode import no_grad
from .primitives import Operand
from .tensors import Tensor, result
from .views import View, alias

if TYPE_CHECKING:
    from . import steps


def swapped(op: Callable[[Operand, Operand], Tensor]) -> Callable[[Tensor, Operand], Tensor]:
    """``op`` with the tensor on the right: what ``3 - t`` calls."""
    return lambda self, other: op(other, self)


def updating(change: Callable[..., Tensor]) -> Callable[[Tensor, Operand], Tensor]:
    """``change`` as ``+=`` calls it; what to do with a foreign operand is left to Python."""

    def update(self: Tensor, other: Operand) -> Tensor:
        try:
            return change(self, other)
        except ForeignOperand:
            return NotImplemented

    return update


def detached(self: Tensor) -> Tensor:
    """The same memory without the graph."""
    if observers.everything:
        with no_grad():
            view = alias(self)
        view._cut = "detach"
        return view
    out = result(self._array())
    out._memory = self.memory
    return out


def cloned(self: Tensor) -> Tensor:
    """A copy with memory of its own, recorded. VJP: ``g``."""
    return ops.clone(self)


def equals(self: Tensor, other: Any) -> Any:
    """``self == other``; of None and the like Python says that it differs."""
    try:
        return ops.eq(self, other)
    except ForeignOperand:
        return NotImplemented


def differs(self: Tensor, other: Any) -> Any:
    """``self != other``."""
    try:
        return ops.ne(self, other)
    except ForeignOperand:
        return NotImplemented


def chosen(self: Tensor, condition: Operand, other: Operand) -> Tensor:
    """This tensor where ``condition`` holds, else ``other``."""
    return ops.where(condition, self, other)


def raveled(self: Tensor) -> Tensor:
    """All elements in one dimension."""
    return ops.reshape(self, -1)


def as_type(self: Tensor, dtype: Any, copy: Any = True) -> Tensor:
    """A copy in another dtype, as in NumPy."""
    return ops.to(self, dtype, copy=copy)


def itself(self: Tensor) -> Tensor:
    """The tensor itself: all of them are on the CPU."""
    return self


def expanded_as(self: Tensor, other: Tensor) -> Tensor:
    """Broadcast to the shape of ``other``."""
    return ops.expand(self, other.shape)


def viewed(self: Tensor, shape: Any = (), *more: int) -> Tensor:
    """The same memory in another shape: ``reshape``, but never a copy.

    Raises RuntimeError where the elements do not lie so in memory, as those of ``x.T``.
    """
    out = ops.reshape(self, shape, *more)
    if isinstance(out, View):
        return out
    raise RuntimeError(
        f"view: the elements of this tensor of shape {self.shape} do not lie in memory so that it "
        f"could be seen as {out.shape}; use reshape, which copies them, or contiguous() before"
    )


def viewed_as(self: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of ``other``."""
    return viewed(self, other.shape)


def reshaped_as(self: Tensor, other: Tensor) -> Tensor:
    """The same elements in the shape of ``other``."""
    return ops.reshape(self, other.shape)


def in_order(self: Tensor) -> Tensor:
    """The tensor itself, or a copy where its elements do not lie one after the other in memory."""
    if self._data.flags.c_contiguous:
        return self
    return ops.reshape(ops.reshape(self, -1), self.shape)


def as_half(self: Tensor) -> Tensor:
    """As float16."""
    return ops.to(self, dtypes.float16)


def as_float(self: Tensor) -> Tensor:
    """As float32."""
    return ops.to(self, dtypes.float32)


def as_double(self: Tensor) -> Tensor:
    """As float64."""
    return ops.to(self, dtypes.float64)


def as_int(self: Tensor) -> Tensor:
    """As int32."""
    return ops.to(self, dtypes.int32)


def as_long(self: Tensor) -> Tensor:
    """As int64."""
    return ops.to(self, dtypes.int64)


def as_bool(self: Tensor) -> Tensor:
    """As booleans."""
    return ops.to(self, dtypes.bool_)


def slices(self: Tensor) -> Iterator[Tensor]:
    """The slices along the first dimension."""
    if not self.shape:
        raise TypeError("iteration over a 0-d tensor: it has no dimension to go along")
    return (self[i] for i in range(len(self)))


def contains(self: Tensor, value: Any) -> bool:
    """Whether an element equals ``value``."""
    return bool(ops.any(ops.eq(self, value)))


class Methods:
    """Each of Tensor's operators and methods, and the function that it is."""

    __add__, __radd__ = ops.arithmetic._add, swapped(ops.add)
    __sub__, __rsub__ = ops.arithmetic._sub, swapped(ops.sub)
    __mul__, __rmul__ = ops.mul, swapped(ops.mul)
    __truediv__, __rtruediv__ = ops.arithmetic._div, swapped(ops.div)
    __floordiv__, __rfloordiv__ = ops.floor_divide, swapped(ops.floor_divide)
    __mod__, __rmod__ = ops.remainder, swapped(ops.remainder)
    __pow__, __rpow__ = ops.pow, swapped(ops.pow)
    __matmul__, __rmatmul__ = ops.matmul, swapped(ops.matmul)
    __neg__, __pos__, __abs__ = ops.neg, ops.positive, ops.abs
    __lt__, __le__, __gt__, __ge__ = ops.lt, ops.le, ops.gt, ops.ge
    __and__, __rand__ = ops.bitwise_and, ops.bitwise_and
    __or__, __ror__, __invert__ = ops.bitwise_or, ops.bitwise_or, ops.bitwise_not
    __xor__, __rxor__ = ops.bitwise_xor, ops.bitwise_xor
    __iadd__, __isub__ = updating(inplace.add_), updating(inplace.sub_)
    __imul__, __itruediv__ = updating(inplace.mul_), updating(inplace.div_)
    __ifloordiv__, __imod__ = updating(inplace.floor_divide_), updating(inplace.remainder_)
    __ipow__, __iand__ = updating(inplace.pow_), updating(inplace.bitwise_and_)
    __ior__, __ixor__ = updating(inplace.bitwise_or_), updating(inplace.bitwise_xor_)
    __getitem__, __setitem__ = ops.getitem, inplace.setitem
    __iter__, __contains__ = slices, contains

    if TYPE_CHECKING:  # where object says bool

        def __eq__(self, other: Operand) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: Operand) -> Tensor: ...  # type: ignore[override]

    else:
        __eq__, __ne__ = equals, differs
    __hash__ = object.__hash__  # a Tensor is a key by itself, not by its values

    # the graph
    backward, detach, clone = walk.backward, detached, cloned
    register_hook, retain_grad = hooks.register_hook, hooks.retain_grad
    if TYPE_CHECKING:  # the package lends it, as it loads the module when it is asked for
        backward_steps = steps.backward_steps

    # in place
    add_, sub_, mul_, div_ = inplace.add_, inplace.sub_, inplace.mul_, inplace.div_
    pow_, zero_, fill_, copy_ = inplace.pow_, inplace.zero_, inplace.fill_, inplace.copy_
    floor_divide_, remainder_ = inplace.floor_divide_, inplace.remainder_
    bitwise_and_, bitwise_or_ = inplace.bitwise_and_, inplace.bitwise_or_
    bitwise_xor_ = inplace.bitwise_xor_

    # arithmetic and elementwise
    add, sub, mul, div, pow = ops.add, ops.sub, ops.mul, ops.div, ops.pow
    neg, abs, sign, square, sqrt = ops.neg, ops.abs, ops.sign, ops.square, ops.sqrt
    exp, expm1, log, log1p, erf = ops.exp, ops.expm1, ops.log, ops.log1p, ops.erf
    sin, cos, tan, arctan2, atan2 = ops.sin, ops.cos, ops.tan, ops.arctan2, ops.arctan2
    arcsin, arccos, arctan = ops.arcsin, ops.arccos, ops.arctan
    asin, acos, atan = ops.arcsin, ops.arccos, ops.arctan
    sinh, cosh, tanh = ops.sinh, ops.cosh, ops.tanh
    floor, ceil, round, trunc = ops.floor, ops.ceil, ops.round, ops.trunc
    maximum, minimum, clip, clamp = ops.maximum, ops.minimum, ops.clip, ops.clip
    where, relu, sigmoid = chosen, ops.relu, ops.sigmoid
    floor_divide, remainder, reciprocal = ops.floor_divide, ops.remainder, ops.reciprocal
    exp2, log2, log10, logaddexp, hypot = ops.exp2, ops.log2, ops.log10, ops.logaddexp, ops.hypot
    multiply, subtract, divide, rsqrt = ops.mul, ops.sub, ops.div, ops.rsqrt
    clamp_min, clamp_max, masked_fill = ops.clamp_min, ops.clamp_max, ops.masked_fill
    arcsinh, arccosh, arctanh = ops.arcsinh, ops.arccosh, ops.arctanh
    asinh, acosh, atanh, sinc = ops.arcsinh, ops.arccosh, ops.arctanh, ops.sinc
    deg2rad, rad2deg = ops.deg2rad, ops.rad2deg
    softmax, log_softmax = ops.softmax, ops.log_softmax

    # reductions
    sum, mean, var, std, prod = ops.sum, ops.mean, ops.var, ops.std, ops.prod
    max, min, amax, amin = ops.max, ops.min, ops.amax, ops.amin
    argmax, argmin, all, any = ops.argmax, ops.argmin, ops.all, ops.any
    cumsum, logsumexp, norm = ops.cumsum, ops.logsumexp, ops.norm
    cumprod, median = ops.cumprod, ops.median

    # matrices
    matmul, dot, outer, trace = ops.matmul, ops.dot, ops.outer, ops.trace
    diagonal, tril, triu, diag = ops.diagonal, ops.tril, ops.triu, ops.diag
    mm, bmm, mv, inner, vdot, kron = ops.mm, ops.bmm, ops.mv, ops.inner, ops.vdot, ops.kron
    inverse, det, slogdet, cholesky = ops.inverse, ops.det, ops.slogdet, ops.cholesky

    # shapes
    reshape, view, flatten, ravel = ops.reshape, viewed, ops.flatten, raveled
    permute, transpose, swapaxes = ops.permute, ops.transpose, ops.swapaxes
    squeeze, unsqueeze, expand = ops.squeeze, ops.unsqueeze, ops.expand
    t, movedim, broadcast_to = ops.t, ops.movedim, ops.expand
    expand_as, view_as, reshape_as = expanded_as, viewed_as, reshaped_as
    tile, repeat, flip, roll = ops.tile, ops.repeat, ops.flip, ops.roll
    fliplr, flipud, repeat_interleave = ops.fliplr, ops.flipud, ops.repeat_interleave
    rot90, contiguous = ops.rot90, in_order
    split, chunk, tensor_split, unbind = ops.split, ops.chunk, ops.tensor_split, ops.unbind
    gather, index_select, take = ops.gather, ops.index_select, ops.take
    take_along_dim = ops.take_along_dim

    @property
    def T(self: Any) -> Tensor:
        """The dimensions in reverse order."""
        return ops.transpose(self)

    @property
    def mT(self: Any) -> Tensor:
        """The last two dimensions swapped."""
        return ops.matrix_transpose(self)

    # order and comparison
    sort, argsort, topk = ops.sort, ops.argsort, ops.topk
    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite
    isclose, allclose, equal = ops.isclose, ops.allclose, ops.equal
    logical_and, logical_or = ops.logical_and, ops.logical_or
    logical_xor, logical_not = ops.logical_xor, ops.logical_not
    bitwise_and, bitwise_or = ops.bitwise_and, ops.bitwise_or
    bitwise_xor, bitwise_not = ops.bitwise_xor, ops.bitwise_not

    # dtypes and devices
    @property
    def device(self: Any) -> devices.device:
        """Where all tensors are: the CPU."""
        return devices.CPU

    to, astype, cpu = ops.to, as_type, itself
    type_as, is_floating_point = ops.type_as, ops.is_floating_point
    half, float, double = as_half, as_float, as_double
    int, long, bool = as_int, as_long, as_bool


for name, method in vars(Methods).items():
    if callable(method) or isinstance(method, property):
        setattr(Tensor, name, method)
