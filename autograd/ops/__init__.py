"""The primitives by family. In each file a forward rule and its VJP rules stand side by side."""

from .arithmetic import add, div, mul, neg, pow, sub
from .comparison import (
    all,
    any,
    eq,
    ge,
    gt,
    le,
    logical_and,
    logical_not,
    logical_or,
    lt,
    ne,
)
from .elementwise import (
    abs,
    clip,
    cos,
    exp,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    to,
    where,
)
from .indexing import _setitem, getitem, take_along_dim
from .linalg import linear, matmul
from .losses import binary_cross_entropy, binary_cross_entropy_with_logits, mse_loss
from .reductions import amax, amin, argmax, argmin, max, mean, min, sum, var
from .shape import (
    concatenate,
    expand,
    permute,
    reshape,
    squeeze,
    stack,
    transpose,
    unsqueeze,
)

__all__ = [
    "_setitem", "abs", "add", "all", "amax", "amin", "any", "argmax", "argmin",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "clip", "concatenate", "cos",
    "div", "eq", "exp", "expand", "ge", "getitem", "gt", "le", "linear", "log", "logical_and",
    "logical_not", "logical_or", "lt", "matmul", "max", "maximum", "mean", "min", "minimum",
    "mse_loss", "mul", "ne", "neg", "permute", "pow", "relu", "reshape", "sigmoid", "sin",
    "sqrt", "squeeze", "stack", "sub", "sum", "take_along_dim", "tanh", "to", "transpose",
    "unsqueeze", "var", "where",
]  # fmt: skip
