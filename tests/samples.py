"""Samples for every op: all dtypes, 0-d, one element, empty, NaN, inf, ties; and pairs of dtypes.

An op form is text that both libraries read alike: ``m`` is the library, ``F`` its nn.functional,
``x`` or ``a`` and ``b`` the operands.
"""

import numpy as np

DTYPES = ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"]

NUMBERS = {
    "b": {"plain": [True, False, True, True]},
    "u": {"plain": [0, 5, 200, 7]},
    "i": {"plain": [-3, 0, 5, 100]},
    "f": {
        "plain": [-0.75, 0.0, 0.5, 2.0], "nan": [np.nan, 1.0, -1.0, 0.0],
        "inf": [np.inf, -np.inf, 1.0, 0.0], "ties": [1.0, 1.0, 1.0, -2.0],
    },
}  # fmt: skip

SHAPES = {
    "0-d": lambda a: a[2].copy(), "one": lambda a: a[2:3], "vector": lambda a: a,
    "matrix": lambda a: a.reshape(2, 2), "empty": lambda a: a[:0],
    "empty matrix": lambda a: np.zeros((2, 0), a.dtype),
}  # fmt: skip


def operands(dtype):
    """Arrays of a dtype, by what is in them and their shape."""
    for kind, values in NUMBERS[np.dtype(dtype).kind].items():
        for shape, make in SHAPES.items():
            yield f"{kind}, {shape}", make(np.array(values, dtype))


UNARY = [
    *[f"m.{name}(x)" for name in (
        "abs", "exp", "exp2", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "tanh", "sinh",
        "cosh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "sinc", "log1p", "expm1",
        "floor", "ceil", "trunc", "round", "sign", "relu", "sigmoid", "square", "erf", "neg",
        "reciprocal", "positive", "isnan", "isinf", "isfinite", "logical_not", "bitwise_not",
        "deg2rad", "rad2deg",
    )],
    *[f"F.{name}(x)" for name in ("softplus", "gelu", "silu", "leaky_relu")],
    "m.clip(x, 0)", "m.clip(x, -0.5, 0.5)", "m.clip(x, max=1)", "m.softmax(x, -1)",
    "m.log_softmax(x, -1)", "m.logsumexp(x, -1)", "x**0", "x**2", "x**-1", "x**3", "x**1.5",
    "2**x", "0**x", "x + 1", "x * 2.5", "x / 2", "1 / x", "x - 1", "1 - x", "x > 0", "x == 1",
    "x + True", "x // 2", "x % 2", "7 % x", "m.sqrt(m.relu(x))", "m.log(m.clip(x, 0.5))",
    "m.sqrt(m.maximum(x, x * 0))", "m.sqrt(-m.minimum(x, x * 0))", "m.sqrt(m.round(x))",
    "m.sqrt(m.sign(x))", "m.log(m.floor(x) * 0 + x * 0)", "m.sqrt(x**0 - 1)",
    "m.sqrt(m.where(x > 0, x, x * 0))", "m.where(x > 0, x, 0)", "m.where(x > 0, x, 2.5)",
    "m.maximum(x, x)", "m.tril(x)", "m.triu(x)", "m.flip(x, (0,))", "m.roll(x, 1, 0)",
    "m.roll(x, 1)", "m.cumsum(x, 0)", "m.cumprod(x, -1)", "m.sort(x)",
    "m.sort(x, descending=True)", "m.topk(x, 1).values", "m.transpose(x, 0, -1)", "x.T", "x.t()",
    "m.squeeze(x)", "m.squeeze(x, 0)", "m.squeeze(x, -1)", "m.squeeze(x, 3)",
    "m.unsqueeze(x, -1)", "m.unsqueeze(x, 9)", "m.split(x, 1)", "m.chunk(x, 2)", "m.tile(x, (2,))",
    "x.repeat(2, 2)", "x.expand(2, *x.shape)", "x.flatten()", "x.flatten(1)", "F.pad(x, (1, 1))",
    "x[0]", "x[None]", "x[...]", "x @ x", "m.dot(x, x)", "m.outer(x, x)", "m.diagonal(x)",
    "m.diag(x)", "x & x", "x | 1", "x ^ x", "m.median(x)", "m.median(x, 0)", "x.norm()",
    "x.norm(2, 0)", "x.norm(1)", "x.norm(3)", "x.norm(0.5)", "x.norm(0)", "x.norm(-1)",
    "x.norm(float('inf'))", "x.norm(float('-inf'))", "x.std(correction=0)",
    "m.repeat_interleave(x, 2)", "m.unbind(x)", "m.isclose(x, x)", "m.equal(x, x)",
    "x.var(-1)", "x.std(0)", "x.to(m.float32)", "x.long()", "m.masked_fill(x, x == x, 3)",
    *[f"m.{name}(x{given})" for name in (
        "sum", "mean", "prod", "amax", "amin", "max", "min", "argmax", "argmin", "all", "any",
    ) for given in ("", ", dim=0", ", dim=-1, keepdim=True", ", dim=5", ", dim=(0,)")],
]  # fmt: skip

BINARY = [
    *[f"m.{name}(a, b)" for name in (
        "add", "sub", "mul", "div", "pow", "maximum", "minimum", "eq", "lt", "ge", "logical_and",
        "logical_or", "logical_xor", "bitwise_and", "hypot", "clip", "remainder",
    )],
    "m.where(a > b, a, b)", "m.stack([a, b])", "m.cat([a, b])", "a @ b", "m.clip(a, max=b)",
    "assigned(a, b)", "added(a, b)",
]  # fmt: skip


def assigned(a, b):
    a = a * 1
    a[...] = b
    return a


def added(a, b):
    a = a * 1
    a += b
    return a


# Where we choose to differ from torch: the form, the dtypes and the values, by parts of their names
# ("" is any), and the reason. docs/differences.md has them all.
INTEGER = ("uint8", "int8", "int32", "int64", "bool")
NO_MINUS = "booleans have no minus"
NEGATIVE = "an integer to a negative integer power is no integer; torch gives 0 or wraps"
BOUNDS = "a number that the dtype cannot hold is refused; torch lets it wrap"
DTYPE = "the softmax of nothing has the dtype of every softmax"
ORDER = "which of equals topk takes, torch leaves open"
LIMIT = "where 0 meets infinity or NaN, the gradient of the formula, not of a quotient by 0"

DIFFERENT = [
    ("m.sigmoid(x)", ("bool",), "", NO_MINUS), ("m.sign(x)", ("bool",), "", NO_MINUS),
    ("2**x", INTEGER, "", NEGATIVE), ("0**x", INTEGER, "", NEGATIVE),
    ("m.pow(a, b)", INTEGER, "", NEGATIVE), ("softmax(x, -1)", INTEGER, "empty", DTYPE),
    ("assigned(a, b)", ("int8", "uint8"), "0-d", BOUNDS), ("added(a, b)", ("uint8",), "", BOUNDS),
    ("m.median(x)", INTEGER, "empty", "nothing has no median; torch gives some number"),
    ("m.topk(x, 1)", ("",), "ties", ORDER), ("m.cumprod(x, -1)", ("",), "inf", LIMIT),
    ("m.cumprod(x, -1)", ("",), "nan", LIMIT), ("x.norm(0.5)", ("",), "inf", LIMIT),
    ("x**1.5", ("float16",), "inf", LIMIT),
    ("F.gelu(x)", ("float32",), "inf", "gelu(inf) is inf, in every dtype"),
]  # fmt: skip


def known(text, dtypes, label):
    """Why ours may differ here, or None."""
    for form, some, values, reason in DIFFERENT:
        fits = form in text and values in label
        if fits and any(kind in dtype for kind in some for dtype in dtypes[:1]):
            return reason
    return None
