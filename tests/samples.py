"""Samples for every op: all dtypes, 0-d, one element, empty, NaN, inf, ties; and pairs of dtypes.

An op form is text that both libraries read alike: ``m`` is the library, ``F`` its nn.functional,
``o`` Python's operators, ``x`` or ``a`` and ``b`` the operands.
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
    "m.argsort(x, stable=True)", "m.argsort(x, 0, descending=True, stable=True)",
    "m.sort(x, 0, stable=True)", "m.atan2(x, x)", "m.logaddexp(x, x)", "m.atleast_1d(x)",
    "m.atleast_2d(x)", "m.broadcast_to(x, (3, *x.shape))", "m.clamp_min(x, 0)",
    "m.clamp_max(x, 0.5)", "m.clone(x)", "m.column_stack([x, x])", "m.concat([x, x])",
    "m.hstack([x, x])", "m.dstack([x, x])", "m.rot90(x)", "m.rsqrt(x)", "x.type_as(x > 0)",
    "m.vstack([x, x])", "m.fliplr(x)", "m.flipud(x)", "m.floor_divide(x, 2)",
    "m.div(x, 2, rounding_mode='trunc')", "m.div(x, 3, rounding_mode='floor')",
    "m.gather(x, 0, m.tensor([0]))", "m.index_select(x, 0, m.tensor([0]))",
    "m.take(x, m.tensor([0]))", "m.take_along_dim(x, m.argsort(x, stable=True))", "m.inner(x, x)",
    "m.kron(x, x)", "m.movedim(x, 0, -1)", "m.permute(x, (0,))", "m.permute(x, (1, 0))",
    "m.swapaxes(x, 0, -1)", "m.reshape(x, (-1,))", "m.reshape(x, (2, 2))", "m.tensor_split(x, 2)",
    "m.tensordot(x, x, 1)", "m.tensordot(x, x, 0)", "m.trace(x)", "m.vdot(x, x)", "m.mm(x, x)",
    "m.mv(x, x)", "m.bmm(x[None], x[None])", "m.linalg.matrix_norm(x)",
    "m.linalg.matrix_norm(x, 1)", "m.linalg.vector_norm(x)", "m.linalg.norm(x)", "m.det(x)",
    "m.slogdet(x)", "m.linalg.inv(x)", "m.linalg.solve(x, x)", "m.linalg.cholesky(x)",
    "m.einsum('...,...->...', x, x)", "m.einsum('i,i', x, x)", "m.einsum('ii->i', x)",
    "m.einsum('ii', x)", "m.einsum('ij,kj->ik', x, x)", "F.elu(x)", "F.hardtanh(x)",
    "F.elu(x, 0.5)", "F.one_hot(x, 256)", "F.linear(x, x)", "F.mse_loss(x, x)", "F.l1_loss(x, x)",
    "F.huber_loss(x, x * 0)", "F.kl_div(x, x, reduction='sum')", "F.binary_cross_entropy(x, x)",
    "F.binary_cross_entropy_with_logits(x, m.sigmoid(x).detach())",
    "F.cross_entropy(x, m.tensor([0, 1]))", "F.cross_entropy(x, x)",
    "F.nll_loss(x, m.tensor([0, 1]))", "F.layer_norm(x, x.shape[-1:])", "F.softmax(x, 0)",
    "F.relu(x)", "F.dropout(x, 0.0)", "F.embedding(m.tensor([0, 0]), x)",
    "F.max_pool2d(x[None], 1)", "F.pad(x, (1, 1), mode='replicate')",
    "F.pad(x[None], (1, 1), mode='reflect')", "F.gelu(x, approximate='tanh')", "F.softplus(x, 2)",
    "x.mT", "x[x > 0]", "x[[0, -1]]", "x[..., None]", "x[::2]", "x.var(correction=0)", "x.std()",
    "m.amax(x, ())", "m.allclose(x, x, equal_nan=True)", "m.isclose(x, x, equal_nan=True)",
    "m.maximum(x, x * 0)", "m.max(x, x * 0)", "m.round(x, decimals=1)", "x.bool()", "x.half()",
    "x.int()", "x.norm(1.5)", "x.norm(4)", "m.topk(x, 1, largest=False).values", "m.topk(x, 0)",
    "m.sum(x, dtype=m.float64)", "m.cumsum(x, -1, dtype=m.float64)", "m.mean(x, dtype=m.float64)",
    "m.softmax(x, 0, dtype=m.float64)", "m.full_like(x, 2)", "m.zeros_like(x)", "m.ones_like(x)",
    "x.view(-1)", "m.linalg.norm(x, 3)", "x.tolist()", "m.add(x, x, alpha=2)",
    "m.sub(x, 3, alpha=2)", "-x", "~x", "abs(x)", "x ** x", "m.pow(2.5, x)",
    "x.clip(x.min(), x.max())", "m.where(x > 0, x, x * 2)", "m.logical_and(x, x)", "m.eq(x, x)",
    "x != x", "x <= 0", "m.le(x, x)", "m.gt(x, 0)", "m.unbind(x, -1)", "m.squeeze(x, (0,))",
    "m.flatten(x, -1)", "m.std(x, -1, correction=0)", "m.logsumexp(x, (0,))",
    "m.logsumexp(x, 0, keepdim=True)", "m.all(x, 0)", "m.prod(x, dtype=m.float64)",
    "m.median(x, -1, keepdim=True)", "m.argmin(x, -1)", "m.meshgrid(x, indexing='ij')",
    "x.double()", "x * x * x",
    "F.conv2d(x[None, None], m.ones_like(x[None, None, :1, :1]), padding=1)",
    "F.conv2d(x[None, None], m.ones_like(x[None, None, :1, :1]), stride=2)",
    "m.cat([x, m.tensor([])])", "m.cat([m.tensor([]), x], -1)", "x.clone().zero_()",
    "x.clone().fill_(3)", "x.clone().fill_(2.5)", "x.clone().copy_(x*2)",
    "x.clone().add_(x, alpha=2)", "m.tensor_split(x, [1])", "m.tril(x, 1)", "m.triu(x, -1)",
    "m.diagonal(x, 1)", "m.diag(x, -1)", "m.roll(x, -1, -1)", "m.roll(x, (1, 1), (0, -1))",
    "m.flip(x, (-1, ))", "m.cumsum(x, -1)[..., -1:]", "m.sort(x, -1, descending=True).values",
    "m.sort(x).indices", "m.topk(x, 1, 0).indices if 0 else m.sort(x, 0, stable=True).indices",
    "x.argmax()", "x.argmin()", "m.max(x, 0).indices", "m.min(x, -1).indices",
    "m.median(x, 0).indices", "F.leaky_relu(x, 0.5)", "F.leaky_relu(x, -1.0)", "m.clip(x, 2, 1)",
    "m.clip(x, float('nan'))", "m.clip(x, max=float('inf'))", "m.where(x==x, x, float('nan'))",
    "m.masked_fill(x, x==x, float('inf'))", "x**2.0", "x**3.5", "1.5**x", "(-1.5)**x", "x/x",
    "x//x", "x%x", "x-x", "x*0", "x/0", "x//0", "x%0", "5//x", "5/x", "5%x", "x%2.5", "x//2.5",
    "m.hypot(x, x)", "m.remainder(5, x)", "m.logical_xor(x, x)", "m.logical_or(x, 0*x)",
    "m.atan2(x, -x)", "m.atan2(x*0, x)", "m.logaddexp(x, -x)", "m.logaddexp(x, x*float('inf'))",
    "F.softplus(x, 0.5)", "F.softplus(x*100)", "F.silu(x*100)", "m.log1p(x*1e-8)",
    "F.binary_cross_entropy_with_logits(x*1000, m.sigmoid(x*0).detach())",
    "F.cross_entropy(x*1000, m.tensor([0, 1]))",
    "F.cross_entropy(x, m.tensor([0, 1]), label_smoothing=0.2)",
    "F.nll_loss(x, m.tensor([1, -100]), reduction='none')", "F.layer_norm(x*0, x.shape[-1:])",
    "F.layer_norm(x, x.shape[-1:], eps=0.0)", "F.layer_norm(x*1000, x.shape)",
    "x.norm(2.0, -1, True)", "x.norm(dim=(0, 1))", "x.norm(1, (0, ))", "m.linalg.vector_norm(x, 0)",
    "m.linalg.vector_norm(x, float('-inf'), -1)", "m.linalg.matrix_norm(x, float('inf'))",
    "m.linalg.norm(x, 1)", "m.var(x, (0, ), correction=0)",
    "m.std(x, 0, correction=0, keepdim=True)", "m.var(x, 0, unbiased=False)", "m.mean(x, (0, -1))",
    "m.sum(x, (0, 1), keepdim=True)", "m.prod(x, -1)", "m.amax(x, (0, 1))", "m.kron(x, x[:1])",
    "m.outer(x, x[:1])", "m.stack([x, x], -1)", "m.meshgrid(x, x, indexing='xy')",
    "m.repeat_interleave(x, 2, -1)", "m.repeat_interleave(x, 0)", "x.expand(2, -1)",
    "x.view(2, -1)", "m.movedim(x, -1, 0)", "m.einsum('...i->...',x)", "m.einsum('i...->...',x)",
    "m.einsum('ij->ji',x)", "x.float()", "x.to(m.int8)", "x.to(m.uint8)", "x.to(m.bool)", "x[-1]",
    "x[:0]", "x[..., :1]", "x[[]]", "x[x!=x]", "x[m.tensor([0, 0])]", "x[None, ..., None]",
    "m.take(x, m.tensor([], dtype=m.int64))", "m.index_select(x, -1, m.tensor([0, 0]))",
    "m.gather(x, -1, m.zeros_like(x).long())", "m.bernoulli(x*0)", "m.isclose(x, x+1e-9)",
    "m.equal(x, x.float())", "F.hardtanh(x, 0, 0.5)", "F.elu(x, 2.0)",
    "F.dropout(x, 0.5, training=False)", "F.pad(x, (-1, 1))", "F.pad(x, (0, 1), value=2.5)",
    "F.pad(x, (1, 1, 1, 1))", "F.mse_loss(x, x*2, reduction='none')",
    "F.l1_loss(x, x*2, reduction='sum')", "F.huber_loss(x, x*3, delta=0.5)", "m.cumprod(x, 0)",
    "m.prod(x*0)", "F.cross_entropy(x, m.tensor([-100, -100]))",
    "F.cross_entropy(x, m.tensor([0, -100]))",
    "F.kl_div(x, m.softmax(x*0, -1), reduction='batchmean')",
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
    "m.logaddexp(a, b)", "a // b", "m.div(a, b, rounding_mode='trunc')", "m.clip(a, min=b)",
    "m.hstack([a, b])", "m.masked_fill(a, a == a, b)", "a | b", "a ^ b", "m.outer(a, b)",
    "m.max(a, b)", "m.kron(a, b)", "F.linear(a, b)", "m.isclose(a, b)", "m.dot(a, b)",
    "m.clip(a, b, b)", "m.where(a > 0, a, b)", "m.add(a, b, alpha=2)", "m.sub(a, b, alpha=2)",
    "m.add(a, True, alpha=2)", "m.einsum('i,i->i', a, b)",
    "o.itruediv(a.clone(), b)", "m.maximum(a, b).sqrt()", "m.logical_xor(a, b)",
    "m.where(a==a, a, b)", "m.vstack([a, b])", "m.eq(a, b)", "m.tensordot(a, b, 0)",
    "m.inner(a, b)", "m.kron(b, a)", "a-b", "a!=b", "m.sub(a, b, alpha=0.5)",
    "m.div(a, b, rounding_mode='floor')", "m.allclose(a, b)", "m.equal(a, b)", "m.bitwise_or(a, b)",
    "m.bitwise_xor(a, b)", "m.column_stack([a, b])", "m.atleast_1d(a)+m.atleast_1d(b)",
    "m.take(a, b)", "m.clamp(a, b, a)", "o.iadd(a.clone(), b)",
    "o.isub(a.clone(), b)", "o.imul(a.clone(), b)", "o.ifloordiv(a.clone(), b)",
    "o.imod(a.clone(), b)", "o.iand(a.clone(), b)", "o.ior(a.clone(), b)", "o.ixor(a.clone(), b)",
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
MULTIPLES = "no multiples"
CLASSES = "no classes at all have no cross entropy"
LAPACK = "NaN and infinity in a matrix go LAPACK's way"
NUMBER = "a number has no matrix to be transposed"
LIMIT = "where 0 meets infinity or NaN, the gradient of the formula, not of a quotient by 0"

DIFFERENT = [
    ("m.sigmoid(x)", ("bool",), "", NO_MINUS), ("m.sign(x)", ("bool",), "", NO_MINUS),
    ("2**x", INTEGER, "", NEGATIVE), ("0**x", INTEGER, "", NEGATIVE),
    ("m.pow(a, b)", INTEGER, "", NEGATIVE), ("softmax(x,", INTEGER, "empty", DTYPE),
    ("assigned(a, b)", ("int8", "uint8"), "0-d", BOUNDS), ("added(a, b)", ("uint8",), "", BOUNDS),
    ("m.median(x)", INTEGER, "empty", "nothing has no median; torch gives some number"),
    ("m.topk(x, 1)", ("",), "ties", ORDER), ("m.cumprod(x, -1)", ("",), "inf", LIMIT),
    ("F.cross_entropy(x, m.tensor([-100", ("",), "empty", CLASSES),
    ("x ** x", INTEGER, "", NEGATIVE), ("alpha=2", ("bool",), "", MULTIPLES),
    ("F.cross_entropy(x, x)", ("",), "empty", CLASSES), ("x.mT", ("",), "0-d", NUMBER),
    *[(form, ("",), values, LAPACK) for form in ("slogdet", "inv(x)", "solve(x, x)")
      for values in ("nan", "inf")],
    ("F.kl_div(x, x", ("",), "", LIMIT), ("m.prod(x*0)", ("",), "nan", LIMIT),
    ("m.prod(x*0)", ("",), "inf", LIMIT), ("m.cumprod(x, 0)", ("",), "nan", LIMIT),
    ("m.cumprod(x, 0)", ("",), "inf", LIMIT),
    *[(f"o.{name}(", ("uint8",), "", BOUNDS) for name in (
        "iadd", "isub", "imul", "ifloordiv", "imod", "iand", "ior", "ixor",
    )],
    ("m.cumprod(x, -1)", ("",), "nan", LIMIT), ("x.norm(0.5)", ("",), "inf", LIMIT),
    ("x**1.5", ("float16",), "inf", LIMIT),
    ("F.gelu(x)", ("float32",), "inf", "gelu(inf) is inf, in every dtype"),
    *[("F.binary_cross_entropy(x, x)", ("float16",), values, "computes in float32 and rounds once")
      for values in ("inf", "ties")],
]  # fmt: skip


def known(text, dtypes, label):
    """Why ours may differ here, or None."""
    for form, some, values, reason in DIFFERENT:
        fits = form in text and values in label
        if fits and any(kind in dtype for kind in some for dtype in dtypes[:1]):
            return reason
    return None
