"""Tensor's operators and methods: which op each of them is.

The class ``Methods`` is the table. To Python it lends Tensor what it holds; to editors and type
checkers Tensor inherits from it, so that they know each method by the signature of its op.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from . import dtypes, hooks, inplace, observers, ops, walk
from .grad_mode import no_grad
from .primitives import Operand
from .tensors import Tensor, result

if TYPE_CHECKING:
    from . import steps


def swapped(op: Callable[[Operand, Operand], Tensor]) -> Callable[[Tensor, Operand], Tensor]:
    """``op`` with the tensor on the right: what ``3 - t`` calls."""
    return lambda self, other: op(other, self)


def detached(self: Tensor) -> Tensor:
    """The same memory without the graph."""
    out = result(self._array())
    out._memory = self.memory
    if observers.everything:
        with no_grad():
            out._node = ops.alias(self)._node
    return out


def cloned(self: Tensor) -> Tensor:
    """A copy with memory of its own, recorded. VJP: ``g``."""
    return ops.to(self, self.dtype)


def chosen(self: Tensor, condition: Operand, other: Operand) -> Tensor:
    """This tensor where ``condition`` holds, else ``other``."""
    return ops.where(condition, self, other)


def flattened(self: Tensor) -> Tensor:
    """All elements in one dimension."""
    return ops.reshape(self, -1)


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

    __add__, __radd__, __iadd__ = ops.add, swapped(ops.add), inplace.add_
    __sub__, __rsub__, __isub__ = ops.sub, swapped(ops.sub), inplace.sub_
    __mul__, __rmul__, __imul__ = ops.mul, swapped(ops.mul), inplace.mul_
    __truediv__, __rtruediv__, __itruediv__ = ops.div, swapped(ops.div), inplace.div_
    __pow__, __rpow__, __ipow__ = ops.pow, swapped(ops.pow), inplace.pow_
    __matmul__, __rmatmul__ = ops.matmul, swapped(ops.matmul)
    __neg__, __abs__ = ops.neg, ops.abs
    __lt__, __le__, __gt__, __ge__ = ops.lt, ops.le, ops.gt, ops.ge
    __and__, __rand__ = ops.logical_and, ops.logical_and
    __or__, __ror__, __invert__ = ops.logical_or, ops.logical_or, ops.logical_not
    __getitem__, __setitem__ = ops.getitem, inplace.setitem
    __iter__, __contains__ = slices, contains

    if TYPE_CHECKING:  # where object says bool

        def __eq__(self, other: Operand) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: Operand) -> Tensor: ...  # type: ignore[override]

    else:
        __eq__, __ne__ = ops.eq, ops.ne
    __hash__ = object.__hash__  # a Tensor is a key by itself, not by its values

    # the graph
    backward, detach, clone = walk.backward, detached, cloned
    register_hook, retain_grad = hooks.register_hook, hooks.retain_grad
    if TYPE_CHECKING:  # the package lends it, as it loads the module when it is asked for
        backward_steps = steps.backward_steps

    # in place
    add_, sub_, mul_, div_ = inplace.add_, inplace.sub_, inplace.mul_, inplace.div_
    pow_, zero_, fill_, copy_ = inplace.pow_, inplace.zero_, inplace.fill_, inplace.copy_

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
    softmax, log_softmax = ops.softmax, ops.log_softmax

    # reductions
    sum, mean, var, std, prod = ops.sum, ops.mean, ops.var, ops.std, ops.prod
    max, min, amax, amin = ops.max, ops.min, ops.amax, ops.amin
    argmax, argmin, all, any = ops.argmax, ops.argmin, ops.all, ops.any
    cumsum, logsumexp, norm = ops.cumsum, ops.logsumexp, ops.norm

    # matrices
    matmul, dot, outer, trace = ops.matmul, ops.dot, ops.outer, ops.trace
    diagonal, tril, triu = ops.diagonal, ops.tril, ops.triu

    # shapes
    reshape, view, flatten, ravel = ops.reshape, ops.reshape, flattened, flattened
    permute, transpose, swapaxes = ops.permute, ops.transpose, ops.swapaxes
    squeeze, unsqueeze, expand = ops.squeeze, ops.unsqueeze, ops.expand
    tile, repeat, flip, roll = ops.tile, ops.tile, ops.flip, ops.roll
    split, chunk = ops.split, ops.chunk

    @property
    def T(self: Any) -> Tensor:
        """The dimensions in reverse order."""
        return ops.transpose(self)

    @property
    def mT(self: Any) -> Tensor:
        """The last two dimensions swapped."""
        return ops.transpose(self, -2, -1)

    # order and comparison
    sort, argsort, topk = ops.sort, ops.argsort, ops.topk
    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite

    # dtypes
    to, astype, float, double = ops.to, ops.to, as_float, as_double
    int, long, bool = as_int, as_long, as_bool


for name, method in vars(Methods).items():
    if callable(method) or isinstance(method, property):
        setattr(Tensor, name, method)
