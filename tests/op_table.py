"""One table of all differentiable ops: a new op is one row.

A row has a name, our function, torch's, and a strategy that draws ``(arrays, settings)``:
float64 operands and keyword arguments that both functions take. Shapes are generated,
0-d and zero-size included; values stay clear of kinks and ties, which have tests of
their own.
"""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd
import nn

from .oracles import torch

TF = torch.nn.functional
F = nn.functional


class Row(NamedTuple):
    name: str
    ours: Any
    torch: Any
    draws: Any


def values(shape, low=-3.0, high=3.0):
    """Distinct values, none within 1e-3 of another or of an integer."""
    n = int(np.prod(shape, dtype=int))

    def spread(seed):
        rng = np.random.default_rng(seed)
        grid = np.linspace(low + 0.0137, high - 0.0171, max(n, 2) + 31)
        return rng.permutation(grid)[:n].reshape(shape)

    return st.integers(0, 2**32 - 1).map(spread)


shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
nonempty = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)
NO = st.just({})


def one(low=-3.0, high=3.0, shape=shapes, settings=NO):
    return st.tuples(shape.flatmap(lambda s: values(s, low, high)).map(lambda a: [a]), settings)


def two(low=-3.0, high=3.0, low_b=None, high_b=None):
    """Two operands that broadcast."""
    pairs = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)
    low_b, high_b = (low, high) if low_b is None else (low_b, high_b)
    return pairs.flatmap(
        lambda p: st.tuples(
            st.tuples(
                values(p.input_shapes[0], low, high),
                values(p.input_shapes[1], low_b + 0.0041, high_b + 0.0053),
            ).map(list),
            NO,
        )
    )


@st.composite
def fixed(draw, *shape_lists, low=-3.0, high=3.0):
    """Operands of one of the given lists of shapes."""
    chosen = draw(st.sampled_from(shape_lists))
    return [draw(values(s, low, high)) for s in chosen], {}


@st.composite
def reduced(draw, many=True, full=True, min_side=1):
    """An operand with ``dim`` and ``keepdim`` that fit it."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=min_side, max_side=3))
    n = len(shape)
    dim = st.integers(-n, n - 1)
    if many:
        dim = dim | st.sets(st.integers(0, n - 1), min_size=1).map(tuple)
    settings = {"dim": draw(dim), "keepdim": draw(st.booleans())}
    if full and draw(st.booleans()):
        settings = {}
    return [draw(values(shape))], settings


@st.composite
def indexed(draw):
    """An operand and an index: slices, integers, None, Ellipsis, booleans, integer arrays."""
    shape = draw(nonempty)
    x = draw(values(shape))
    kind = draw(st.sampled_from(["basic", "bool", "integers", "mixed"]))
    if kind == "basic":
        index = draw(
            hnp.basic_indices(shape, allow_newaxis=True).filter(
                lambda i: all(
                    s.step is None or s.step > 0
                    for s in (i if isinstance(i, tuple) else (i,))
                    if isinstance(s, slice)
                )  # torch has no negative steps
            )
        )
    elif kind == "bool":
        index = draw(hnp.arrays(bool, shape))
    else:
        rows = st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=4)
        index = np.array(draw(rows))
        if kind == "mixed" and len(shape) > 1:
            index = (
                slice(None),
                np.array(draw(st.lists(st.integers(0, shape[1] - 1), min_size=1))),
            )
    return [x], {"index": index}


def probabilities(a, b):
    return st.tuples(
        nonempty.flatmap(lambda s: st.tuples(values(s, a, b), values(s, 0.02, 0.98))).map(list), NO
    )


def either(function):
    """A function that is written the same for both."""
    return {"ours": function, "torch": function}


def by(make):
    """A function of two that ``make`` makes of each library and its nn.functional."""
    return {"ours": make(autograd, F), "torch": make(torch, TF)}


def same(name, draws):
    return Row(name, getattr(autograd, name), getattr(torch, name), draws)


MATMULS = [
    [(3,), (3,)], [(2, 3), (3,)], [(3,), (3, 2)], [(2, 3), (3, 4)],
    [(2, 0), (0, 3)], [(0, 2), (2, 3)],
    [(2, 2, 3), (3, 2)], [(2, 2, 3), (2, 3, 1)], [(3, 1, 2, 3), (2, 3, 2)], [(3,), (2, 3, 2)],
    [(2, 2, 3), (3,)],
]  # fmt: skip

EINSUMS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,kj", [(2, 3), (4, 3)]), ("i,j->ij", [(2,), (3,)]),
    ("ii->i", [(3, 3)]), ("ii", [(3, 3)]), ("ij->j", [(2, 3)]), ("ij->ji", [(2, 3)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]), ("...i,ij->...j", [(2, 2, 3), (3, 2)]),
    ("ij,j,i->", [(2, 3), (3,), (2,)]), ("ij,kl->i", [(2, 3), (2, 2)]),
    ("iij,j->i", [(2, 2, 3), (3,)]), ("ij,ij->ij", [(2, 3), (1, 3)]),
]  # fmt: skip


def without_keepdim(drawn):
    arrays, settings = drawn
    return arrays, {"dim": settings["dim"]}


TABLE = [
    Row("add", draws=two(), **either(lambda a, b: a + b)),
    Row("sub", draws=two(), **either(lambda a, b: a - b)),
    Row("mul", draws=two(), **either(lambda a, b: a * b)),
    Row("div", draws=two(low_b=0.5, high_b=3.0), **either(lambda a, b: a / b)),
    Row("pow", draws=two(0.2, 3.0, -2.0, 2.0), **either(lambda a, b: a**b)),
    Row("neg", draws=one(), **either(lambda x: -x)),
    Row("x + 2", draws=one(), **either(lambda x: 2 + x + 0.5)),
    Row("1 - x", draws=one(), **either(lambda x: 1 - x)),
    Row("2 / x", draws=one(0.5, 3.0), **either(lambda x: 2 / x)),
    Row("x**3", draws=one(), **either(lambda x: x**3)),
    Row("x**2.5", draws=one(0.2, 3.0), **either(lambda x: x**2.5)),
    Row("x**0", draws=one(), **either(lambda x: x**0)),
    Row("x**-1", draws=one(0.5, 3.0), **either(lambda x: x**-1)),
    Row("2**x", draws=one(), **either(lambda x: 2**x)),
    Row("matmul", draws=fixed(*MATMULS), **either(lambda a, b: a @ b)),
    *[same(name, one()) for name in ("abs", "exp", "sin", "cos", "tanh", "relu", "sigmoid")],
    *[same(name, one(0.3, 3.0)) for name in ("log", "sqrt")],
    same("maximum", two()),
    same("minimum", two()),
    Row("where", lambda a, b: autograd.where(a > b, a, b * 2),
        lambda a, b: torch.where(a > b, a, b * 2), two()),
    same("clip", one(settings=st.sampled_from([{"min": -1}, {"max": 1.5}, {"min": -1, "max": 1}]))),
    *[same(name, reduced()) for name in ("sum", "mean")],
    Row("var", autograd.var, torch.var, reduced(min_side=2)),
    Row("var, correction 0", draws=reduced(), **either(lambda x, **k: x.var(correction=0, **k))),
    *[same(name, reduced()) for name in ("amax", "amin")],
    Row("max", draws=one(shape=nonempty), **either(lambda x: x.max())),
    Row("min", draws=one(shape=nonempty), **either(lambda x: x.min())),
    Row("max over dim", draws=reduced(many=False, full=False),
        **either(lambda x, **k: x.max(**k).values)),
    Row("min over dim", draws=reduced(many=False, full=False),
        **either(lambda x, **k: x.min(**k).values)),
    Row("reshape", draws=one(shape=nonempty), **either(lambda x: x.reshape(-1, 1))),
    Row("permute", draws=fixed([(2, 3, 4)], [(2, 0, 4)]), **either(lambda x: x.permute(2, 0, -2))),
    Row("transpose", draws=fixed([(2, 3, 4)], [(1, 2)]), **either(lambda x: x.transpose(0, -1))),
    Row("mT", draws=fixed([(2, 3, 4)], [(1, 2)]), **either(lambda x: x.mT)),
    Row("squeeze", draws=fixed([(1, 3, 1)], [()], [(1,)]), **either(lambda x: x.squeeze())),
    Row("squeeze dim", draws=fixed([(3, 1)], [(3, 2)]), **either(lambda x: x.squeeze(-1))),
    Row("unsqueeze", draws=one(), **either(lambda x: x.unsqueeze(-1))),
    Row("expand", draws=fixed([(2, 1)], [(1, 1)], [(3, 2, 1)]),
        **either(lambda x: x.expand(*(-1,) * (x.ndim - 1), 4))),
    Row("expand, new dim", draws=fixed([(2,)], [()]), **either(lambda x: x.expand(3, *x.shape))),
    Row("index", draws=indexed(), **either(lambda x, index: x[index])),
    Row("take_along_dim", lambda x: autograd.take_along_dim(x, np.array([[0, 2, 2]]), 1),
        lambda x: torch.take_along_dim(x, torch.tensor([[0, 2, 2]]), 1), fixed([(1, 3)])),
    Row("concatenate", lambda a, b: autograd.concatenate([a, b, a], -1),
        lambda a, b: torch.concatenate([a, b, a], -1), fixed([(2, 3), (2, 1)], [(2,), (0,)])),
    Row("stack", lambda a, b: autograd.stack([a, b], 1), lambda a, b: torch.stack([a, b], 1),
        fixed([(2, 3), (2, 3)], [(0,), (0,)])),
    Row("setitem", draws=fixed([(4,), (2,)], [(4,), ()]), **either(lambda x, v: assigned(x, v))),
    Row("clone", draws=one(), **either(lambda x: x.clone())),
    Row("float", draws=one(), **either(lambda x: (x * 2).float().double())),
    Row("linear", F.linear, TF.linear, fixed(
        [(5, 3), (4, 3), (4,)], [(3,), (1, 3), (1,)], [(2, 2, 3), (4, 3), (4,)],
        [(0, 3), (2, 3), (2,)],
        [(2, 0), (3, 0), (3,)])),
    Row("linear, no bias", F.linear, TF.linear, fixed([(5, 3), (4, 3)], [(3,), (1, 3)])),
    Row("mse_loss", F.mse_loss, TF.mse_loss, probabilities(0.0, 3.0)),
    Row("binary_cross_entropy", F.binary_cross_entropy, TF.binary_cross_entropy,
        probabilities(0.02, 0.98)),
    Row("binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits,
        TF.binary_cross_entropy_with_logits, probabilities(-3.0, 3.0)),
    same("log1p", one(-0.5, 3.0)),
    *[same(name, one()) for name in ("expm1", "sinh", "cosh", "arctan", "square", "erf")],
    same("tan", one(-1.0, 1.0)),
    *[same(name, one(-0.9, 0.9)) for name in ("arcsin", "arccos")],
    same("arctan2", two(0.5, 3.0)),
    *[same(name, one()) for name in ("floor", "ceil", "trunc", "round", "sign")],
    *[Row(name, getattr(F, name), getattr(TF, name), one())
      for name in ("softplus", "gelu", "leaky_relu", "silu")],
    Row("softplus, beta", F.softplus, TF.softplus, one(settings=st.just({"beta": 2.0}))),
    Row("gelu, tanh", F.gelu, TF.gelu, one(settings=st.just({"approximate": "tanh"}))),
    *[Row(name, getattr(autograd, name), getattr(torch, name), reduced(many=False, full=False)
          .map(without_keepdim)) for name in ("softmax", "log_softmax", "cumsum")],
    Row("logsumexp", autograd.logsumexp, torch.logsumexp, reduced(full=False)),
    Row("std", autograd.std, torch.std, reduced(min_side=2)),
    Row("prod", autograd.prod, torch.prod, reduced(many=False)),
    Row("norm", autograd.norm, torch.linalg.vector_norm, reduced()),
    Row("norm, p=1", draws=reduced(full=False), **either(lambda x, **k: x.norm(1, **k))),
    Row("norm, p=3", draws=reduced(full=False), **either(lambda x, **k: x.norm(3, **k))),
    Row("norm, p=inf", draws=reduced(full=False, many=False),
        **either(lambda x, **k: x.norm(np.inf, **k))),
    Row("sort", draws=one(shape=nonempty), **either(lambda x: x.sort(-1).values)),
    Row("sort, descending", draws=one(shape=nonempty),
        **either(lambda x: x.sort(0, descending=True).values)),
    Row("topk", draws=one(shape=nonempty), **either(lambda x: x.topk(1, 0).values)),
    Row("flip", lambda x: autograd.flip(x, 0, -1), lambda x: torch.flip(x, (0, -1)),
        fixed([(2, 3)], [(2, 0, 3)])),
    Row("roll", draws=fixed([(2, 3)], [(4, 1)]), **either(lambda x: x.roll((1, -2), (0, 1)))),
    Row("pad", *[lambda x, f=f: f.pad(x, (1, 2, 0, 1), value=2.0) for f in (F, TF)],
        fixed([(2, 3)], [(1, 2, 1)])),
    Row("conv2d", *[lambda *xs, f=f: f.conv2d(*xs, stride=(1, 2), padding=1) for f in (F, TF)],
        fixed([(2, 2, 3, 4), (3, 2, 2, 2), (3,)], [(1, 4, 3), (2, 1, 3, 3), (2,)],
              [(0, 1, 2, 2), (1, 1, 1, 1), (1,)])),
    Row("max_pool2d", *[lambda x, f=f: f.max_pool2d(x, 2, (1, 2)) for f in (F, TF)],
        fixed([(2, 2, 3, 5)], [(1, 2, 2)])),
    Row("tile", draws=fixed([(2, 3)], [(3,)]), **either(lambda x: x.tile((2, 1, 2)))),
    Row("repeat", draws=fixed([(2, 3)], [(3,)]), **either(lambda x: x.repeat(2, 3))),
    Row("split", draws=fixed([(5, 2)]), **either(lambda x: x.split(2)[1] * x.split([1, 2, 2])[2])),
    Row("chunk", draws=fixed([(5, 2)]), **either(lambda x: x.chunk(2)[1] * 2)),
    Row("swapaxes", draws=fixed([(2, 3, 1)]), **either(lambda x: x.swapaxes(0, 2))),
    Row("diagonal", draws=fixed([(2, 3)], [(3, 3, 2)]), **either(lambda x: x.diagonal(1))),
    Row("diagonal, dims", draws=fixed([(2, 3, 4)]), **either(lambda x: x.diagonal(-1, 2, 0))),
    Row("trace", draws=fixed([(2, 3)], [(3, 3)]), **either(lambda x: x.trace())),
    Row("tril", draws=fixed([(3, 3)], [(2, 3, 4)]), **either(lambda x: x.tril(1))),
    Row("triu", draws=fixed([(3, 3)], [(2, 3, 4)]), **either(lambda x: x.triu(-1))),
    Row("outer", draws=fixed([(3,), (2,)]), **either(lambda a, b: a.outer(b))),
    Row("dot", draws=fixed([(3,), (3,)]), **either(lambda a, b: a.dot(b))),
    *[Row(f"einsum {eq}", *[lambda *xs, eq=eq, m=m: m.einsum(eq, *xs) for m in (autograd, torch)],
          fixed(shapes)) for eq, shapes in EINSUMS],
    Row("cross_entropy", lambda x: F.cross_entropy(x, autograd.tensor([0, 2, 2])),
        lambda x: TF.cross_entropy(x, torch.tensor([0, 2, 2])), fixed([(3, 3)])),
    Row("cross_entropy, one", lambda x: F.cross_entropy(x, autograd.tensor(1)),
        lambda x: TF.cross_entropy(x, torch.tensor(1)), fixed([(3,)])),
    Row("cross_entropy, probabilities", F.cross_entropy, TF.cross_entropy,
        fixed([(3, 4), (3, 4)])),
    Row("nll_loss", lambda x: F.nll_loss(x, autograd.tensor([0, 2]), "sum"),
        lambda x: TF.nll_loss(x, torch.tensor([0, 2]), reduction="sum"), fixed([(2, 3)])),
    Row("huber_loss", F.huber_loss, TF.huber_loss, probabilities(-3.0, 3.0)),
    Row("l1_loss", F.l1_loss, TF.l1_loss, probabilities(1.0, 3.0)),
    Row("mse_loss, none", *[lambda a, b, f=f: f.mse_loss(a, b, reduction="none")
                            for f in (F, TF)], fixed([(2, 3), (2, 3)])),
    *[same(name, one()) for name in ("exp2", "arcsinh", "deg2rad", "rad2deg")],
    *[same(name, one(0.3, 3.0)) for name in ("log2", "log10", "reciprocal", "rsqrt", "sinc")],
    same("arccosh", one(1.2, 3.0)),
    same("arctanh", one(-0.9, 0.9)),
    same("logaddexp", two()),
    same("hypot", two(0.5, 3.0)),
    Row("remainder", draws=two(-3.0, 3.0, 0.7, 2.0), **either(lambda a, b: a % b)),
    Row("x % 1.3", draws=one(), **either(lambda x: x % 1.3)),
    Row("add, alpha", draws=two(), **by(lambda m, f: lambda a, b: m.add(a, b, alpha=0.5))),
    Row("sub, alpha", draws=two(), **by(lambda m, f: lambda a, b: m.sub(a, b, alpha=2))),
    Row("clamp, tensors", draws=fixed([(2, 3), (3,), (3,)], [(4,), (), (4,)]),
        **either(lambda x, a, b: x.clamp(a - 1, b + 1))),
    Row("clamp, min", draws=two(), **either(lambda x, a: x.clamp(min=a))),
    Row("clamp, max", draws=two(), **either(lambda x, a: x.clamp(max=a))),
    Row("masked_fill", draws=one(), **either(lambda x: x.masked_fill(x > 0.5, 0.3) * x)),
    Row("power of pairs", draws=two(0.2, 3.0, -2.0, 2.0), **either(lambda a, b: a**b * b.exp())),
    Row("median", draws=one(shape=nonempty), **either(lambda x: x.median())),
    Row("median over dim", draws=reduced(many=False, full=False),
        **either(lambda x, **k: x.median(**k).values)),
    Row("cumprod", autograd.cumprod, torch.cumprod,
        reduced(many=False, full=False).map(without_keepdim)),
    Row("var, torch's third", draws=fixed([(3, 2)]), **either(lambda x: x.var(0, False))),
    Row("std, correction 0", draws=reduced(min_side=2), **either(lambda x, **k: x.std(
        correction=0, **k))),
    *[Row(f"norm, p={p}", draws=reduced(full=False), **either(lambda x, p=p, **k: x.norm(p, **k)))
      for p in (0, 0.5, 1.5, -1, -np.inf)],
    *[Row(f"matrix_norm {p}", draws=fixed([(2, 3)], [(2, 3, 3)]),
          **by(lambda m, f, p=p: lambda x: m.linalg.matrix_norm(x**3, p)))
      for p in ("fro", 1, -1, np.inf, -np.inf)],
    Row("gather", lambda x: autograd.gather(x, 1, np.array([[0, 2, 2], [1, 1, 0]])),
        lambda x: torch.gather(x, 1, torch.tensor([[0, 2, 2], [1, 1, 0]])), fixed([(3, 3)])),
    Row("take_along_dim, broadcast", lambda x: autograd.take_along_dim(x, np.array([[1], [0]]), 0),
        lambda x: torch.take_along_dim(x, torch.tensor([[1], [0]]), 0), fixed([(2, 3)])),
    Row("index_select", lambda x: autograd.index_select(x, -1, np.array([0, 0, 2])),
        lambda x: torch.index_select(x, -1, torch.tensor([0, 0, 2])), fixed([(2, 3)], [(3,)])),
    Row("take", lambda x: autograd.take(x, np.array([[0, 1], [5, 1]])),
        lambda x: torch.take(x, torch.tensor([[0, 1], [5, 1]])), fixed([(2, 3)])),
    Row("flatten", draws=fixed([(2, 3, 2)], [(0, 3)]), **either(lambda x: x.flatten(-2))),
    Row("movedim", draws=fixed([(2, 3, 2)]), **either(lambda x: x.movedim((0, 1), (2, 0)))),
    *[Row(name, draws=fixed([(2, 3), (2, 3)], [(3,), (3,)]),
          **by(lambda m, f, name=name: lambda a, b: getattr(m, name)([a, b])))
      for name in ("vstack", "hstack", "dstack", "column_stack")],
    Row("rot90", draws=fixed([(2, 3)], [(3, 2, 2)]), **either(lambda x: x.rot90(-1, [1, 0]))),
    Row("tensor_split", draws=fixed([(5, 2)]), **either(lambda x: x.tensor_split(3)[1] * 2)),
    Row("unbind", draws=fixed([(2, 3)]), **either(lambda x: x.unbind(1)[2] * x.unbind(1)[0])),
    Row("repeat_interleave", draws=one(), **either(lambda x: x.repeat_interleave(2))),
    Row("diag", draws=fixed([(3,)], [(2, 3)]), **either(lambda x: x.diag(-1))),
    Row("fliplr", draws=fixed([(2, 3)]), **either(lambda x: x.fliplr())),
    *[Row(f"pad, {mode}", *[lambda x, f=f, mode=mode: f.pad(x, (1, 2), mode) for f in (F, TF)],
          fixed([(2, 3)])) for mode in ("reflect", "replicate", "circular")],
    Row("pad, cut off", *[lambda x, f=f: f.pad(x, (-1, 2, 1, -1)) for f in (F, TF)],
        fixed([(2, 3)])),
    same("kron", fixed([(2, 3), (2, 2)], [(3,), (2, 2)])),
    same("inner", fixed([(2, 3), (4, 3)], [(3,), (3,)])),
    Row("tensordot", draws=fixed([(2, 3, 2), (3, 1, 2)]),
        **by(lambda m, f: lambda a, b: m.tensordot(a, b, ([1, 0], [0, 2])))),
    Row("bmm", draws=fixed([(2, 2, 3), (2, 3, 1)]), **either(lambda a, b: a.bmm(b))),
    *[Row(name, draws=fixed([(3, 3)], [(2, 3, 3)]), **by(lambda m, f, name=name: lambda x: getattr(
        m.linalg, name)(x + 9 * m.eye(3, dtype=x.dtype)))) for name in ("inv", "det")],
    Row("slogdet", draws=fixed([(3, 3)], [(2, 3, 3)]),
        **by(lambda m, f: lambda x: m.slogdet(x + 9 * m.eye(3, dtype=x.dtype))[1])),
    Row("solve", draws=fixed([(3, 3), (3, 2)], [(3, 3), (3,)], [(2, 3, 3), (3, 1)]),
        **by(lambda m, f: lambda a, b: m.linalg.solve(a + 9 * m.eye(3, dtype=a.dtype), b))),
    Row("cholesky", draws=fixed([(3, 3)], [(2, 3, 3)]),
        **by(lambda m, f: lambda x: m.linalg.cholesky(x @ x.mT + 9 * m.eye(3, dtype=x.dtype)))),
    Row("cross_entropy, images", lambda x: F.cross_entropy(x, autograd.tensor([[0, 2], [1, 1]])),
        lambda x: TF.cross_entropy(x, torch.tensor([[0, 2], [1, 1]])), fixed([(2, 3, 2)])),
    Row("cross_entropy, settings", draws=fixed([(3, 3)]), **by(lambda m, f: lambda x:
        f.cross_entropy(x, m.tensor([0, 2, 1]), m.tensor([1.0, 0.5, 2.0], dtype=x.dtype),
                        ignore_index=1, label_smoothing=0.1))),
    Row("nll_loss, weight", draws=fixed([(3, 3)]), **by(lambda m, f: lambda x: f.nll_loss(
        x, m.tensor([0, 2, 1]), m.tensor([1.0, 0.5, 2.0], dtype=x.dtype)))),
    Row("binary_cross_entropy, none", draws=probabilities(0.02, 0.98),
        **by(lambda m, f: lambda p, q: f.binary_cross_entropy(p, q, reduction="none"))),
    Row("binary_cross_entropy_with_logits, pos_weight", draws=probabilities(-3.0, 3.0),
        **by(lambda m, f: lambda x, q: f.binary_cross_entropy_with_logits(
            x, q, pos_weight=m.tensor(1.5, dtype=x.dtype), reduction="sum"))),
]  # fmt: skip


def assigned(x, v):
    y = x * 1
    y[1:3] = v
    y[0] = 5.0
    return y * y
