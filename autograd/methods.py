"""Tensor's operators and methods: which op each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import dtypes, hooks, inplace, observers, ops
from .grad_mode import no_grad
from .primitives import Operand
from .tensors import Tensor, result
from .walk import backward


def swapped(op: Callable) -> Callable:
    """``op`` with the tensor on the right: what ``3 - t`` calls."""
    return lambda self, other: op(other, self)


def detach(self: Tensor) -> Tensor:
    """The same memory without the graph."""
    if observers.everything:
        with no_grad():
            view = ops.alias(self)
        view._cut = "detach"
        return view
    out = result(self._array())
    out._memory = self.memory
    return out


def clone(self: Tensor) -> Tensor:
    """A copy with memory of its own, recorded. VJP: ``g``."""
    return ops.clone(self)


def where(self: Tensor, condition: Operand, other: Operand) -> Tensor:
    """This tensor where ``condition`` holds, else ``other``."""
    return ops.where(condition, self, other)


def flatten(self: Tensor) -> Tensor:
    """All elements in one dimension; a tensor of one dimension itself, as in torch."""
    return self if self.ndim == 1 else ops.reshape(self, -1)


def ravel(self: Tensor) -> Tensor:
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


def transposed(self: Tensor) -> Tensor:
    """The dimensions in reverse order."""
    return ops.transpose(self)


def matrix_transposed(self: Tensor) -> Tensor:
    """The last two dimensions swapped."""
    return ops.transpose(self, -2, -1)


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The slices along the first dimension."""
    if not self.shape:
        raise TypeError("iteration over a 0-d tensor: it has no dimension to go along")
    return (self[i] for i in range(len(self)))


def contains(self: Tensor, value: Any) -> bool:
    """Whether an element equals ``value``."""
    return bool(ops.any(ops.eq(self, value)))


OPERATORS: dict[str, Callable] = {
    "__add__": ops.add, "__radd__": swapped(ops.add), "__iadd__": inplace.add_,
    "__sub__": ops.sub, "__rsub__": swapped(ops.sub), "__isub__": inplace.sub_,
    "__mul__": ops.mul, "__rmul__": swapped(ops.mul), "__imul__": inplace.mul_,
    "__truediv__": ops.div, "__rtruediv__": swapped(ops.div), "__itruediv__": inplace.div_,
    "__pow__": ops.pow, "__rpow__": swapped(ops.pow), "__ipow__": inplace.pow_,
    "__matmul__": ops.matmul, "__rmatmul__": swapped(ops.matmul),
    "__neg__": ops.neg, "__abs__": ops.abs,
    "__eq__": ops.eq, "__ne__": ops.ne,
    "__lt__": ops.lt, "__le__": ops.le, "__gt__": ops.gt, "__ge__": ops.ge,
    "__and__": ops.logical_and, "__rand__": ops.logical_and,
    "__or__": ops.logical_or, "__ror__": ops.logical_or, "__invert__": ops.logical_not,
    "__getitem__": ops.getitem, "__setitem__": inplace.setitem,
    "__iter__": iterate, "__contains__": contains,
}  # fmt: skip

METHODS: dict[str, Callable] = {
    # the graph
    "backward": backward, "register_hook": hooks.register_hook, "retain_grad": hooks.retain_grad,
    "detach": detach, "clone": clone,
    # in place
    "add_": inplace.add_, "sub_": inplace.sub_, "mul_": inplace.mul_, "div_": inplace.div_,
    "pow_": inplace.pow_, "zero_": inplace.zero_, "fill_": inplace.fill_, "copy_": inplace.copy_,
    # arithmetic and elementwise
    "add": ops.add, "sub": ops.sub, "mul": ops.mul, "div": ops.div, "pow": ops.pow,
    "neg": ops.neg, "abs": ops.abs, "sign": ops.sign, "square": ops.square, "sqrt": ops.sqrt,
    "exp": ops.exp, "expm1": ops.expm1, "log": ops.log, "log1p": ops.log1p, "erf": ops.erf,
    "sin": ops.sin, "cos": ops.cos, "tan": ops.tan,
    "arcsin": ops.arcsin, "arccos": ops.arccos, "arctan": ops.arctan, "arctan2": ops.arctan2,
    "asin": ops.arcsin, "acos": ops.arccos, "atan": ops.arctan, "atan2": ops.arctan2,
    "sinh": ops.sinh, "cosh": ops.cosh, "tanh": ops.tanh,
    "floor": ops.floor, "ceil": ops.ceil, "round": ops.round, "trunc": ops.trunc,
    "maximum": ops.maximum, "minimum": ops.minimum, "clip": ops.clip, "clamp": ops.clip,
    "where": where, "relu": ops.relu, "sigmoid": ops.sigmoid,
    "softmax": ops.softmax, "log_softmax": ops.log_softmax,
    # reductions
    "sum": ops.sum, "mean": ops.mean, "var": ops.var, "std": ops.std, "prod": ops.prod,
    "max": ops.max, "min": ops.min, "amax": ops.amax, "amin": ops.amin,
    "argmax": ops.argmax, "argmin": ops.argmin, "all": ops.all, "any": ops.any,
    "cumsum": ops.cumsum, "logsumexp": ops.logsumexp, "norm": ops.norm,
    # matrices
    "matmul": ops.matmul, "dot": ops.dot, "outer": ops.outer, "trace": ops.trace,
    "diagonal": ops.diagonal, "tril": ops.tril, "triu": ops.triu,
    # shapes
    "reshape": ops.reshape, "view": ops.reshape, "flatten": flatten, "ravel": ravel,
    "permute": ops.permute, "transpose": ops.transpose, "swapaxes": ops.swapaxes,
    "squeeze": ops.squeeze, "unsqueeze": ops.unsqueeze, "expand": ops.expand,
    "tile": ops.tile, "repeat": ops.tile, "flip": ops.flip, "roll": ops.roll,
    "split": ops.split, "chunk": ops.chunk,
    # order and comparison
    "sort": ops.sort, "argsort": ops.argsort, "topk": ops.topk,
    "eq": ops.eq, "ne": ops.ne, "lt": ops.lt, "le": ops.le, "gt": ops.gt, "ge": ops.ge,
    "isnan": ops.isnan, "isinf": ops.isinf, "isfinite": ops.isfinite,
    # dtypes
    "to": ops.to, "astype": ops.to, "float": as_float, "double": as_double,
    "int": as_int, "long": as_long, "bool": as_bool,
}  # fmt: skip

for name, method in (OPERATORS | METHODS).items():
    setattr(Tensor, name, method)
Tensor.T = property(transposed)
Tensor.mT = property(matrix_transposed)
