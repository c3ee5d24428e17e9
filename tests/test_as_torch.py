"""Where numbers were wrong without a word or refused without need: as torch, or mathematics."""

import itertools
import math
import warnings

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch

F, TF = nn.functional, torch.nn.functional


def both(function, *arrays, second=False):
    """Value, gradients and perhaps second derivatives of ``function(lib, F, *xs)`` by the two."""
    found = []
    for lib, functional in ((autograd, F), (torch, TF)):
        xs = [lib.tensor(np.asarray(a), requires_grad=True) for a in arrays]
        grad = autograd.grad if lib is autograd else torch.autograd.grad
        y = function(lib, functional, *xs)
        firsts = grad(y.sum(), xs, create_graph=second, allow_unused=True)
        parts = [y, *firsts]
        if second:
            total = sum((g * g).sum() for g in firsts if g is not None)
            more = getattr(total, "requires_grad", False)
            parts += grad(total, xs, allow_unused=True) if more else [None] * len(xs)
        found.append([None if p is None else p.detach().numpy() for p in parts])
    return found


def agree(function, *arrays, second=False, rtol=1e-9):
    ours, theirs = both(function, *arrays, second=second)
    for a, b in zip(ours, theirs, strict=True):
        if a is None and b is None:
            continue
        a = np.zeros_like(b) if a is None else a
        b = np.zeros_like(a) if b is None else b
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


# -- indexing ----------------------------------------------------------------------------------

PAIRS = [(0, 1), (2, 0), (0, 1), (-3, 1)]


@pytest.mark.parametrize("make", [
    lambda: tuple(zip(*PAIRS)), lambda: tuple(map(list, zip(*PAIRS))),
    lambda: tuple(np.array(PAIRS).T), lambda: (np.array(PAIRS)[:, 0], slice(None)),
    lambda: ([0, 0, 2],), lambda: ((0, 0, 2), ...), lambda: (slice(None), (1, 1)),
    lambda: (slice(1, None), [0, 0], None),
])  # fmt: skip
def test_an_element_that_is_read_twice_gets_both_gradients(make):
    x, index = np.arange(6.0).reshape(3, 2), make()
    agree(lambda m, f, x: (x * x)[index] ** 2, x, second=True)

    t = autograd.tensor(x, requires_grad=True)
    v = np.arange(1.0, 1 + t[index].numel()).reshape(t[index].shape)
    t[index].backward(v)
    expected = np.zeros(x.shape)
    np.add.at(expected, index, v)
    np.testing.assert_array_equal(t.grad.data, expected)


MIXED = [
    (0, slice(None), [0, 1]), (0, ..., [0, 1]), (0, None, [0, 1]), (-1, slice(1, None), [[1], [0]]),
    (slice(None), [0, 1], slice(None), 1), (1, slice(None), slice(None), [0, 1]), ([1], ..., 0),
    (slice(None), [0, 1], ..., 0, [1, 0]), (slice(None), [0, 1], slice(None), ..., [1, 0]),
    (0, slice(None), True), (True, slice(None), 0, [0, 1]), (0, slice(None), 1, [1, 0]),
    (np.int64(1), slice(None), [0, 1]), (0, ..., np.array([True, False])),
    (0, None, np.array([[True, False], [False, True]])), ([0, 1], None, 0, ..., [1, 1]),
]  # fmt: skip


def some_index(seed):
    """An index of integers, arrays, masks, slices, None and ``...`` for shape ``(2, 2, 2, 2)``."""
    draw = np.random.default_rng(seed)
    parts = [0, -1, [1, 0], [0], [[1], [0]], slice(None), slice(1, None), np.array([True, False]),
             np.array(1)]  # fmt: skip
    found = [parts[i] for i in draw.integers(len(parts), size=draw.integers(2, 5))]
    found[draw.integers(len(found))] = [0, 1]
    for part in [None, ...][: draw.integers(3)]:
        found.insert(draw.integers(len(found) + 1), part)
    return tuple(found)


@pytest.mark.parametrize("index", MIXED + [some_index(seed) for seed in range(40)], ids=str)
def test_integers_come_before_arrays_as_in_torch(index):
    """NumPy takes an integer for an array, and moves their dimensions to the front."""
    x = np.arange(16.0).reshape(2, 2, 2, 2)
    agree(lambda m, f, x: (x * x)[index_for(m, index)] ** 2, x, second=True)
    v = np.arange(1.0, 1 + torch.tensor(x)[index_for(torch, index)].numel())
    v = v.reshape(torch.tensor(x)[index_for(torch, index)].shape)

    def assign(m, f, x, v):
        y = x * 1
        y[index_for(m, index)] = v * v
        return y * y

    def add(m, f, x, v):
        y = x * 1
        y[index_for(m, index)] += v
        return y * y

    flat = torch.arange(16).reshape(x.shape)[index_for(torch, index)].flatten().tolist()
    if len(set(flat)) == len(flat):  # else it is left open which value stays
        agree(assign, x, v, second=True)
        agree(add, x, v, second=True)


def index_for(lib, index):
    """The index with its arrays as Tensors, 0-d ones too."""
    return tuple(lib.tensor(part) if isinstance(part, np.ndarray) else part for part in index)


@pytest.mark.parametrize("dtype", ["uint8"])
def test_a_uint8_index_must_say_what_it_is(dtype):
    x = autograd.arange(3, dtype=autograd.float32)
    for index in (autograd.tensor(np.array([1, 0, 1], dtype)), np.array([1, 0, 1], dtype)):
        for wanted in (index, (..., index), (index, None)):
            with pytest.raises(TypeError, match=r"uint8 index is a mask to torch.*\.bool\(\)"):
                x[wanted]
        with pytest.raises(TypeError, match="uint8 index"):
            x[index] = 0.0
    assert x[autograd.tensor(np.array([1, 0, 1], dtype)).bool()].tolist() == [0, 2]


@pytest.mark.parametrize("value, index", [
    ((1, 3), 0), ((1, 1, 3), 0), ((1,), (0, 1)), ((1, 1), ...), ((3,), 1), ((), 1),
    ((1, 2, 1), slice(None)), ((1, 2), (slice(None), 0)), ((1, 4), [0, 1, 0, 1]),
    ((1, 2), ([0, 1], [1, 2])),
])  # fmt: skip
def test_a_value_with_more_dimensions_is_assigned(value, index):
    if value == (1, 4):
        index, value = ([0, 1, 0, 1], 0), (1, 4)

    def assign(m, f, x, v):
        y = x * 1
        y[index] = v * v
        return y * y

    agree(assign, np.arange(6.0).reshape(2, 3), np.arange(1.0, 1 + np.prod(value, dtype=int))
          .reshape(value), second=True)  # fmt: skip


def test_take_along_dim_broadcasts():
    x, i = np.arange(6.0).reshape(2, 3), np.array([[2], [0]])
    for a, b, dim in [(x, i[:1], 1), (x[:1], i, 1), (x, i[:1, :1] % 2, 0), (x[:, :1], i % 2, 0)]:
        agree(
            lambda m, f, x, b=b, dim=dim: m.take_along_dim(x * x, m.tensor(b), dim), a, second=True
        )
    agree(lambda m, f, x: m.take_along_dim(x * x, m.tensor([5, 0, 5])), x, second=True)
    agree(lambda m, f, x: m.gather(x * x, 1, m.tensor([[2, 2]])), x, second=True)


# -- masks and infinity -------------------------------------------------------------------------

AT = np.array([-1.0, -0.5, 0.0, 0.5, 2.0])
KINKS = {
    "sqrt(relu)": lambda m, f, x: m.sqrt(m.relu(x)),
    "log(clip)": lambda m, f, x: m.log(m.clip(x, 0)),
    "log(clamp to tensor)": lambda m, f, x: m.log(m.clamp(x, min=m.zeros(5, dtype=m.float64))),
    "sqrt(1 - clip)": lambda m, f, x: m.sqrt(0.5 - m.clip(x, max=0.5)),
    "sqrt(maximum)": lambda m, f, x: m.sqrt(m.maximum(x, m.zeros(5, dtype=m.float64))),
    "sqrt(-minimum)": lambda m, f, x: m.sqrt(-m.minimum(x, m.zeros(5, dtype=m.float64))),
    "sqrt(floor)": lambda m, f, x: m.sqrt(m.floor(x)),
    "sqrt(ceil)": lambda m, f, x: m.sqrt(m.ceil(x)),
    "sqrt(trunc)": lambda m, f, x: m.sqrt(m.trunc(x)),
    "sqrt(round)": lambda m, f, x: m.sqrt(m.round(x)),
    "sqrt(sign)": lambda m, f, x: m.sqrt(m.sign(x)),
    "sqrt(x**0 - 1)": lambda m, f, x: m.sqrt(x**0 - 1),
    "sqrt(where)": lambda m, f, x: m.sqrt(m.where(x > 0, x, 0.0 * x.detach())),
    "sqrt(masked_fill)": lambda m, f, x: m.sqrt(m.masked_fill(x, x <= 0, 0.0)),
    "sqrt(leaky relu)": lambda m, f, x: m.sqrt(f.leaky_relu(x, 0.0)),
    "sqrt(max of pairs)": lambda m, f, x: m.sqrt(m.max(x, x * 0)),
    "sqrt(tril)": lambda m, f, x: m.sqrt(m.tril(x.expand(5, 5))),
}  # fmt: skip


@pytest.mark.parametrize("name", KINKS)
def test_what_was_not_chosen_gets_no_infinite_gradient(name):
    with np.errstate(all="ignore"):
        agree(KINKS[name], AT)
        agree(KINKS[name], np.array([np.nan, 1.0, -1.0, 0.0, np.inf]))


def test_the_smallest_alone_gets_an_infinite_gradient():
    """torch has NaN for the others; mathematics 0."""
    for name in ("amin", "min", "amax", "max"):
        sign = 1 if "min" in name else -1
        x = autograd.tensor([0.0, 1.0, 4.0], requires_grad=True)
        with np.errstate(divide="ignore"):
            (sign * getattr(autograd, name)(sign * x)).sqrt().backward()
        assert x.grad.tolist() == [math.inf, 0, 0]


SPREADS = {
    "std of equals": lambda m, f, x: x.std(),
    "std over a dim": lambda m, f, x: x.reshape(2, 2).std(1, correction=0),
    "norm 2": lambda m, f, x: (x - 1).norm(),
    "norm 3": lambda m, f, x: (x * m.tensor([0.0, 1.0, 0.0, 2.0], dtype=m.float64)).norm(3),
    "norm 3 of zeros": lambda m, f, x: (x - 1).norm(3),
    "norm 0.5": lambda m, f, x: (x * m.tensor([0.0, 1.0, 0.0, 2.0], dtype=m.float64)).norm(0.5),
    "norm 1.5": lambda m, f, x: (x - 1).norm(1.5),
    "norm 0": lambda m, f, x: (x - 1).norm(0),
    "norm -1": lambda m, f, x: (x * m.tensor([0.0, 1.0, 3.0, 2.0], dtype=m.float64)).norm(-1),
    "norm inf of equals": lambda m, f, x: x.norm(float("inf")),
    "arctan2(0, 0)": lambda m, f, x: m.atan2(x - 1, 0 * x),
    "var of one": lambda m, f, x: x[:1].var(correction=0),
    "prod with zeros": lambda m, f, x: (x * m.tensor([0.0, 1.0, 3.0, 2.0], dtype=m.float64)).prod(),
    "prod with two zeros": lambda m, f, x: (
        x - m.tensor([1.0, 1.0, 3.0, 2.0], dtype=m.float64)
    ).prod(),
    "cumprod with zeros": lambda m, f, x: (x - m.tensor([2.0, 1.0, 3.0, 1.0], dtype=m.float64))
                                          .cumprod(0),
}  # fmt: skip


@pytest.mark.parametrize("name", SPREADS)
def test_where_a_quotient_would_be_zero_by_zero(name):
    with np.errstate(all="ignore"):
        agree(SPREADS[name], np.ones(4))


def test_second_derivatives_where_torch_has_none():
    """The mixed second derivative of a**b is 1/a at b = 0; that of a norm at 0 is 0."""
    a = autograd.tensor([2.0, 0.5], dtype=autograd.float64, requires_grad=True)
    b = autograd.zeros(2, dtype=autograd.float64, requires_grad=True)
    (da,) = autograd.grad((a**b).sum(), a, create_graph=True)
    assert da.tolist() == [0, 0]
    np.testing.assert_allclose(autograd.grad(da.sum(), b)[0].numpy(), [0.5, 2.0])
    (db,) = autograd.grad((a**b).sum(), b, create_graph=True)
    np.testing.assert_allclose(autograd.grad(db.sum(), a)[0].numpy(), [0.5, 2.0])
    x = autograd.zeros(3, dtype=autograd.float64, requires_grad=True)
    for function in (lambda x: x.norm(), lambda x: x.norm(3), lambda x: x.std()):
        assert not autograd.functional.hessian(function, x).numpy().any()


@pytest.mark.parametrize(
    "base, exponent", list(itertools.product([0.0, 2.0, -1.5], [0.0, 1.0, 2.0, -1.0]))
)
def test_powers_of_and_to_zero(base, exponent):
    with np.errstate(all="ignore"):
        agree(lambda m, f, a, b: a**b, [base], [exponent])
        agree(lambda m, f, a: a**exponent, [base], second=exponent != 1)
        agree(lambda m, f, b: base**b, [exponent])


# -- dims ---------------------------------------------------------------------------------------

ZERO_D = [
    "m.sum(x, {d})", "m.mean(x, {d})", "m.prod(x, {d})", "m.max(x, {d})[0]", "m.min(x, {d})[0]",
    "m.amax(x, {d})", "m.amin(x, ({d},))", "m.std(x, {d}, correction=0)", "m.logsumexp(x, {d})",
    "m.softmax(x, {d})", "m.log_softmax(x, {d})", "m.cumsum(x, {d})", "m.cumprod(x, {d})",
    "m.sort(x, {d})[0]", "m.topk(x, 1, {d})[0]", "m.flip(x, ({d},))", "m.transpose(x, {d}, {d})",
    "m.squeeze(x, {d})", "x.norm(2, {d})", "x.norm(3, {d})", "m.median(x, {d})[0]",
    "m.sum(x, {d}, keepdim=True)", "m.index_select(x, {d}, m.tensor([0]))",
    "m.var(x, {d}, correction=0)", "x.flatten({d})", "m.movedim(x, {d}, {d})",
]  # fmt: skip


@pytest.mark.parametrize("text", ZERO_D)
@pytest.mark.parametrize("dim", [0, -1])
def test_a_number_has_dim_0_and_minus_1(text, dim):
    call = text.format(d=dim)
    agree(lambda m, f, x: eval(call, {"m": m, "x": x}) * 1, 0.7, second="var" not in text)
    for bad in (1, -2):
        with pytest.raises(IndexError, match=rf"shape \(\) has no dim {bad}"):
            eval(text.format(d=bad), {"m": autograd, "x": autograd.tensor(0.7)})


@pytest.mark.parametrize("text", [t for t in ZERO_D if "norm" not in t])
def test_numpy_integers_are_dims(text):
    x = autograd.rand(1, 3)
    name, call = text.split("(")[0], text.format(d="d")
    a, b = [eval(call, {"m": autograd, "x": x, "d": d}) for d in (1, np.int64(1))]
    np.testing.assert_array_equal(a.numpy(), b.numpy(), name)


BAD_DIMS = [
    "m.sum(x, {d})", "m.mean(x, (0, {d}))", "m.max(x, {d})", "m.argmax(x, {d})", "m.sort(x, {d})",
    "m.topk(x, 1, {d})", "m.cumsum(x, {d})", "m.softmax(x, {d})", "m.flip(x, ({d},))",
    "m.roll(x, 1, {d})", "m.transpose(x, 0, {d})", "m.permute(x, (0, {d}))", "m.squeeze(x, {d})",
    "m.split(x, 1, {d})", "m.chunk(x, 2, {d})", "m.cat([x, x], {d})", "m.diagonal(x, 0, 0, {d})",
    "m.index_select(x, {d}, m.tensor([0]))", "m.gather(x, {d}, m.tensor([[0]]))", "x.size({d})",
    "m.take_along_dim(x, m.tensor([[0]]), {d})", "x.norm(2, {d})", "m.logsumexp(x, {d})",
    "m.var(x, {d})", "m.prod(x, {d})", "m.amin(x, {d})", "m.median(x, {d})", "m.unbind(x, {d})",
    "m.movedim(x, 0, {d})", "m.repeat_interleave(x, 2, {d})", "x.flatten({d})", "m.all(x, {d})",
    "m.tensor_split(x, 2, {d})", "m.argsort(x, {d})", "m.cumprod(x, {d})", "m.std(x, {d})",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_DIMS)
@pytest.mark.parametrize("dim", [2, -3, 10000])
def test_a_dim_that_is_not_there_is_named(text, dim):
    with pytest.raises(IndexError, match=rf"^\w+: .*\(2, 3\).* {dim}|^\w+: .*{dim}.*\(2, 3\)"):
        eval(text.format(d=dim), {"m": autograd, "x": autograd.zeros(2, 3)})
    with pytest.raises(IndexError):
        eval(text.format(d=dim), {"m": torch, "x": torch.zeros(2, 3)})


@pytest.mark.parametrize("mistake, kind, parts", [
    (lambda x: x.unsqueeze(3), IndexError, ["unsqueeze", "(2, 3)", "3"]),
    (lambda x: autograd.stack([x, x], 4), IndexError, ["stack", "(2, 3)", "4"]),
    (lambda x: x.sum((0, 0)), ValueError, ["sum", "twice"]),
    (lambda x: x.flip(0, -2), ValueError, ["flip", "twice"]),
    (lambda x: x.sum("0"), TypeError, ["sum", "int", "str"]),
    (lambda x: x.sum(1.0), TypeError, ["sum", "int", "float"]),
    (lambda x: x.cumsum(None), TypeError, ["cumsum", "dim", "NoneType"]),
    (lambda x: x.permute(0), ValueError, ["permute", "(0,)", "(2, 3)"]),
    (lambda x: x.permute(0, 0), ValueError, ["permute", "twice"]),
    (lambda x: x[0].mT, ValueError, ["mT", "(3,)"]),
    (lambda x: x[None].t(), ValueError, ["t:", "(1, 2, 3)"]),
    (lambda x: autograd.ones(2).expand(-1, 2), ValueError, ["expand", "(-1, 2)", "(2,)"]),
    (lambda x: x.expand(3), ValueError, ["expand", "(2, 3)"]),
    (lambda x: x.expand(-2, 3), ValueError, ["expand", "(-2, 3)"]),
    (lambda x: x.diagonal(0, 1, 1), ValueError, ["diagonal", "differ"]),
    (lambda x: x[0].diagonal(), ValueError, ["diagonal", "(3,)"]),
    (lambda x: x[0].tril(), ValueError, ["tril", "(3,)"]),
    (lambda x: autograd.tensor(1.0).split(1), ValueError, ["split", "0-d"]),
    (lambda x: x.split(0), ValueError, ["split", "0"]),
    (lambda x: x.split([1, 2]), ValueError, ["split", "[1, 2]", "2"]),
    (lambda x: x.split([3, -1]), ValueError, ["split", "[3, -1]"]),
    (lambda x: x.chunk(0), ValueError, ["chunk", "0"]),
    (lambda x: x.topk(4), ValueError, ["topk", "k=4", "3"]),
    (lambda x: x.roll((1, 2), 0), ValueError, ["roll", "as many"]),
    (lambda x: x.repeat(2), ValueError, ["repeat", "(2, 3)", "repeat_interleave"]),
    (lambda x: x.flatten(1, 0), ValueError, ["flatten", "after"]),
    (lambda x: F.pad(x, (1,)), ValueError, ["pad", "pairs"]),
    (lambda x: F.pad(x, (1, 1), "mirror"), ValueError, ["pad", "mirror", "reflect"]),
    (lambda x: F.pad(x, (-2, -2)), ValueError, ["pad", "cuts off"]),
    (lambda x: autograd.einsum("i->ii", x[0]), ValueError, ["einsum", "i->ii", "twice"]),
    (lambda x: autograd.einsum("ij,jk", [x]), ValueError, ["einsum", "2 terms for 1"]),
    (lambda x: autograd.einsum("ij,jk", x, x), ValueError, ["einsum", "'j'", "3", "2"]),
    (lambda x: autograd.einsum("ii", x), ValueError, ["einsum", "'i'", "(2, 3)"]),
    (lambda x: autograd.einsum("i1", x), ValueError, ["einsum", "i1", "letters"]),
    (lambda x: autograd.einsum(3, x), TypeError, ["einsum", "text"]),
    (lambda x: x.masked_fill(x, 0), TypeError, ["masked_fill", "boolean", "float32"]),
    (lambda x: x.gather(0, x), TypeError, ["gather", "integers", "float32"]),
    (lambda x: x.outer(x), ValueError, ["outer", "(2, 3)"]),
    (lambda x: x.dot(x), ValueError, ["dot", "(2, 3)", "matmul"]),
    (lambda x: x.mm(x[0]), ValueError, ["mm", "(3,)", "matrix"]),
    (lambda x: x.norm("nuc"), ValueError, ["norm", "nuc"]),
    (lambda x: x.var(correction=0, unbiased=False), TypeError, ["var", "one of"]),
    (lambda x: x.div(2, rounding_mode="up"), ValueError, ["div", "up", "floor"]),
    (lambda x: x.to("cuda:0"), ValueError, ["cuda:0", "cpu"]),
    (lambda x: autograd.zeros(2, device="cuda"), ValueError, ["cuda", "cpu"]),
    (lambda x: x.to(complex), TypeError, ["to", "complex", "autograd.float32"]),
])  # fmt: skip
def test_mistakes_are_named(mistake, kind, parts):
    with pytest.raises(kind) as raised:
        mistake(autograd.zeros(2, 3))
    for part in parts:
        assert part in str(raised.value)


# -- operands -----------------------------------------------------------------------------------


class Foreign:
    """A type of which no op knows, and which knows Tensors."""

    def answer(self, other):
        return "answered", type(other).__name__

    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = answer
    __rmod__ = __rfloordiv__ = __rand__ = __ror__ = __rxor__ = answer
    __lt__ = __gt__ = __le__ = __ge__ = __add__ = answer


def test_a_foreign_operand_may_answer_and_none_is_not_equal():
    x, foreign = autograd.ones(2), Foreign()
    for result in (
        x + foreign, x - foreign, x * foreign, x / foreign, x**foreign, x @ foreign, x % foreign,
        x // foreign, x & foreign, x | foreign, x ^ foreign, x < foreign, x >= foreign,
        foreign + x,
    ):  # fmt: skip
        assert result == ("answered", "Tensor")
    assert (x == None) is False and (x != None) is True  # noqa: E711
    assert (x == "text") is False and x != object()
    assert None not in [x.sum()] and [1, None, x].index(None) == 1
    for odd in (None, "text", object(), {}, 1j):
        for op in (lambda a, b: a + b, lambda a, b: b * a, lambda a, b: a @ b, lambda a, b: a > b):
            with pytest.raises(TypeError, match=rf"\w+: cannot work with {type(odd).__name__}"):
                op(x, odd)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_arrays_that_are_not_plain():
    x, matrix = autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), np.matrix([[5.0, 6.0], [7.0, 8.0]])
    for product in (x * matrix, matrix * x, autograd.mul(x, matrix)):
        assert product.tolist() == [[5, 12], [21, 32]] and type(product.data) is np.ndarray
    assert type(autograd.from_numpy(matrix).data) is np.ndarray
    assert np.shares_memory(autograd.from_numpy(matrix).data, matrix)
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    for use in (autograd.from_numpy, lambda a: x + a, lambda a: x @ a):
        with pytest.raises(TypeError, match="masked array would lose its mask"):
            use(masked)
    for odd in (np.array([1j]), np.array(["a"]), np.array([None]), np.array(["2020"], "M8[D]")):
        with pytest.raises(TypeError, match=r"cannot hold .* data"):
            autograd.from_numpy(odd)
        with pytest.raises(TypeError, match=r"add: cannot work with .* data"):
            x + odd


# -- float16, and dtypes of numbers -------------------------------------------------------------

HALF = np.array([250.0, -180.0, 210.0, 5.0], np.float16)


@pytest.mark.parametrize("function", [
    lambda m, f, x: x.norm(), lambda m, f, x: x.norm(3), lambda m, f, x: x.norm(1),
    lambda m, f, x: x.reshape(2, 2).norm(2, 0), lambda m, f, x: x.var(), lambda m, f, x: x.std(),
    lambda m, f, x: x.reshape(2, 2).var(0, correction=0), lambda m, f, x: m.softmax(x / 100, 0),
    lambda m, f, x: m.log_softmax(x, 0), lambda m, f, x: m.logsumexp(x, 0),
    lambda m, f, x: x.mean(), lambda m, f, x: (x / 100).prod(), lambda m, f, x: x.cumsum(0),
    lambda m, f, x: m.hypot(x, x), lambda m, f, x: m.dot(x / 30, x / 30),
    lambda m, f, x: f.cross_entropy(x.reshape(2, 2), m.tensor([0, 1])),
    lambda m, f, x: f.mse_loss(x, x * 0.5), lambda m, f, x: f.gelu(x),
    lambda m, f, x: f.softplus(x),
])  # fmt: skip
def test_float16_computes_in_float32(function):
    (ours, *grads), (theirs, *_) = both(function, HALF)
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)
    assert ours.dtype == np.float16 and np.isfinite(ours).all()
    (_, *exact), _ = both(function, HALF.astype(np.float32))
    for g, e in zip(grads, exact):  # torch's own are not always good
        np.testing.assert_allclose(g, e, rtol=1e-2, atol=4e-3 * np.abs(e).max() + 1e-6)


def test_float16_counts_on():
    x = np.ones(5000, np.float16)
    agree(lambda m, f, x: x.cumsum(0)[-1], x)
    t = autograd.tensor(x, requires_grad=True)
    t.cumsum(0)[-1].backward()
    assert t.cumsum(0)[-1].item() == 5000 and t.grad.tolist() == [1] * 5000


KINDS = ["bool", "int64", "int8", "float16", "float32", "float64"]
NUMBERS = {
    "stack": lambda m, a, b: m.stack([a, b]), "where": lambda m, a, b: m.where(a == a, a, b),
    "add": lambda m, a, b: a + b, "mul": lambda m, a, b: m.mul(a, b), "div": lambda m, a, b: a / b,
    "pow": lambda m, a, b: m.pow(a + 1, b), "maximum": lambda m, a, b: m.maximum(a, b),
    "cat": lambda m, a, b: m.cat([a.reshape(1), b.reshape(-1)]),
    "compare": lambda m, a, b: a == b * 1, "hypot": lambda m, a, b: m.hypot(a, b),
    "number": lambda m, a, b: a * 2.5 + b, "integer": lambda m, a, b: 3 * a - b + 1,
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_have_torchs_dtypes(name):
    with np.errstate(all="ignore"):
        for first, second in itertools.product(KINDS, KINDS):
            for shapes in (((), ()), ((), (2,)), ((2,), ()), ((1,), (2,))):
                if name in ("stack",) and shapes[0] != shapes[1]:
                    continue
                a, b = [np.full(s, 0.1).astype(k) for s, k in zip(shapes, (first, second))]
                try:
                    theirs = NUMBERS[name](torch, torch.tensor(a), torch.tensor(b))
                except RuntimeError:
                    continue
                ours = NUMBERS[name](autograd, autograd.tensor(a), autograd.tensor(b))
                assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch."), (first, second)
                np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=2e-3)


def test_a_wider_number_is_made_narrow_before_it_is_compared():
    x = autograd.tensor([0.1, 0.2])
    assert (x == autograd.tensor(0.1, dtype=autograd.float64)).tolist() == [True, False]
    assert (autograd.tensor(0.1, dtype=autograd.float64) >= x).tolist() == [True, False]


# -- limits that are tensors ----------------------------------------------------------------------


def test_clamp_by_tensors():
    x, low, high = (
        AT.copy(),
        np.array([0.0, -0.5, 0.3, 0.1, 3.0]),
        np.array([1.0, 0, 0.2, 0.5, 2.0]),
    )
    agree(lambda m, f, x, a, b: m.clamp(x, a, b) ** 2, x, low, high, second=True)
    agree(lambda m, f, x, a: m.clamp(x, min=a) ** 2, x, low, second=True)
    agree(lambda m, f, x, a: m.clip(x, max=a) ** 2, x, high, second=True)
    agree(lambda m, f, x, a: m.clamp(x, a, m.tensor(1.0, dtype=m.float64)), x, np.array(0.1))
    agree(lambda m, f, x, a: x.expand(2, 5).clamp(min=a), x, low.reshape(1, 5))


# -- reductions -----------------------------------------------------------------------------------


def test_var_of_one_element_is_nan_and_goes_back():
    for correction in (1, 2):
        x = autograd.tensor([3.0], requires_grad=True)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x.var(correction=correction).backward()
        assert math.isnan(x.grad.item())


@pytest.mark.parametrize("shape, dim", [((0,), 0), ((2, 0), 1), ((0, 3), 0), ((0, 3), 1)])
def test_functions_over_no_elements(shape, dim):
    x = np.zeros(shape)
    for name in ("softmax", "log_softmax", "logsumexp", "cumsum", "cumprod", "sum", "prod"):
        agree(lambda m, f, x, name=name: getattr(m, name)(x, dim), x)


# -- losses ------------------------------------------------------------------------------------

SCORES = np.random.default_rng(0).standard_normal((2, 3, 4))


def test_cross_entropy_of_images():
    classes = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
    probabilities = np.exp(SCORES) / np.exp(SCORES).sum(1, keepdims=True)
    agree(lambda m, f, x: f.cross_entropy(x, m.tensor(classes)), SCORES, second=True)
    agree(lambda m, f, x: f.cross_entropy(x, m.tensor(probabilities)), SCORES, second=True)
    agree(lambda m, f, x, p: f.cross_entropy(x, p, reduction="none"), SCORES, probabilities)
    agree(lambda m, f, x: f.nll_loss(m.log_softmax(x, 1), m.tensor(classes)), SCORES, second=True)
    agree(lambda m, f, x: f.cross_entropy(x, m.tensor(classes[..., None])), SCORES[..., None])


def test_cross_entropy_refuses_what_cannot_be_meant():
    x = autograd.zeros(4, 1)
    with pytest.raises(ValueError, match=r"got \(4, 1\) and \(4, 1\)"):
        F.cross_entropy(x, autograd.zeros(4, 1, dtype=autograd.int64))
    with pytest.raises(ValueError, match="classes a target must lie in 0 to 0"):
        F.cross_entropy(x, autograd.ones(4, dtype=autograd.int64))
    with pytest.raises(ValueError, match="label_smoothing must lie in 0 to 1"):
        F.cross_entropy(x, autograd.zeros(4, dtype=autograd.int64), label_smoothing=1.5)
    with pytest.raises(TypeError, match="must be integer, got float32"):
        F.cross_entropy(x, autograd.zeros(4))


@pytest.mark.parametrize("target", [[1.5, 0.0], [0.5, -0.1], [2.0, 1.0]])
def test_targets_of_binary_cross_entropy_lie_in_0_to_1(target):
    p = autograd.tensor([0.5, 0.5])
    for reduction in ("mean", "none"):
        with pytest.raises(ValueError, match="targets must lie in 0 to 1, but range from"):
            F.binary_cross_entropy(p, autograd.tensor(target), reduction=reduction)
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        TF.binary_cross_entropy(torch.tensor([0.5, 0.5]), torch.tensor(target))


def test_all_targets_ignored_is_nan_as_in_torch():
    with np.errstate(all="ignore"):
        agree(lambda m, f, x: f.cross_entropy(x, m.tensor([-100, -100])), SCORES[:, :, 0])
        agree(lambda m, f, x: f.cross_entropy(x, m.tensor([-100, 1])), SCORES[:, :, 0])


# -- size --------------------------------------------------------------------------------------


def test_size_is_numpys_and_torchs():
    x = autograd.zeros(2, 3)
    assert x.size == 6 and x.size() == (2, 3) and x.size(0) == 2 and x.size(dim=-1) == 3
    assert isinstance(x.size, int) and np.zeros(x.size).shape == (6,) and x.size / 2 == 3
    assert (x + x.size).dtype == np.float32 and (x.numpy() / x.size).dtype == np.float32
    assert np.add(np.float32(1), x.size).dtype == np.float32 and (x.size * x).dtype == np.float32
    assert f"{x.size}" == "6" and x.size(np.int64(1)) == 3
    assert autograd.tensor(1.0).size == 1 and autograd.tensor(1.0).size() == ()


def test_arrays_before_and_after_a_tensor_have_torchs_dtypes():
    x, whole = autograd.tensor([1.0, 2.0, 4.0]), np.arange(3)
    double, zero_d = np.ones(3), np.array(2.0)
    for y in (whole * x, x * whole, whole / x, autograd.where(x > 1, whole, x), zero_d * x):
        assert y.dtype == np.float32
    for y in (
        double * x,
        x * double,
        autograd.stack([double, x]),
        autograd.where(x > 1, x, double),
    ):
        assert y.dtype == np.float64


def test_several_dims_are_no_second_operand_of_max():
    x = autograd.zeros(2, 3)
    for name in ("max", "min", "argmax", "argmin"):
        with pytest.raises(TypeError, match=rf"{name}: needs one dim, got \(0, 1\); amax"):
            getattr(autograd, name)(x, (0, 1))


def test_a_target_that_has_changed_is_looked_at_again():
    p, target = autograd.tensor([0.5, 0.5]), autograd.tensor([0.0, 1.0])
    for _ in range(2):
        F.binary_cross_entropy(p, target)
    target[0] = 3.0
    with pytest.raises(ValueError, match="targets must lie in 0 to 1"):
        F.binary_cross_entropy(p, target)


# -- corners of arguments -------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "m.gather(x[0, 0], 0, m.tensor([0, 0]))", "m.gather(x[0], 0, m.tensor(2))",
    "f.pad(x[0, 0], ())", "m.roll(x, 1, ())", "m.roll(x, 1, [])", "x ** (x * 0)", "x ** 0",
    "m.roll(x, 1, np.int64(1))", "m.chunk(x, np.uint8(2))[0]",
])  # fmt: skip
def test_numbers_and_numpys_integers_and_no_dims_at_all(text):
    call = lambda m, f, x: eval(text, {"m": m, "f": f, "x": x * x, "np": np}) * 2  # noqa: E731
    agree(call, [[1.0, -2.0, 3.0], [0.5, 2.0, -1.0]], second="**" not in text)


def test_a_power_of_0_has_no_gradient_whatever_comes():
    """Where the exponent is 0, NaN and infinity do not come through."""
    for odd in (np.nan, np.inf, -np.inf, 2.0):
        agree(lambda m, f, x, odd=odd: (x**0) * odd, [1.5, 0.0, np.nan])
        agree(lambda m, f, x, b, odd=odd: (x**b) * odd, [1.5, 2.0], [0.0, 0.0])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64"])
def test_whole_numbers_divided_towards_0_keep_their_dtype(dtype):
    a, b = np.array([7, 8, 1, 0, 127], dtype), np.array([2, 2, 3, 5, 3], dtype)
    signs = [1] if dtype == "uint8" else [1, -1]
    for s, t in itertools.product(signs, signs):
        for other in (b * np.array(t, dtype), 2 * t, 3 * t):
            ours, theirs = [
                m.div(m.tensor(a * np.array(s, dtype)), m.tensor(other) if isinstance(
                    other, np.ndarray) else other, rounding_mode="trunc").numpy()
                for m in (autograd, torch)
            ]  # fmt: skip
            assert ours.dtype == theirs.dtype and ours.tolist() == theirs.tolist()
            assert ours.tolist() == [int(x / y) for x, y in np.broadcast(a.astype(int) * s, other)]


def test_hardtanh_of_whole_numbers_is_whole():
    for limits in ((), (-2.5, 2.5), (0.5, 2.5)):
        ours, theirs = [f.hardtanh(m.tensor([1, 5, -7]), *limits).numpy()
                        for m, f in ((autograd, F), (torch, TF))]  # fmt: skip
        assert ours.dtype == theirs.dtype and ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("mistake, kind, message", [
    (lambda x: x.transpose(0), TypeError, r"^transpose: needs two dims.*got 0 alone"),
    (lambda x: x.reshape(-2), ValueError, r"^reshape: a size .* got \(-2,\)"),
    (lambda x: x.view((3, -5)), ValueError, r"^reshape: a size .* got \(3, -5\)"),
    (lambda x: np.reshape(x, (-6,)), ValueError, r"^reshape: a size .* got \(-6,\)"),
    (lambda x: x.repeat_interleave(-2), ValueError, "^repeat_interleave: cannot repeat -2 times"),
    (lambda x: x.repeat_interleave(autograd.tensor([1, -1]), 0), ValueError, "repeat -1 times"),
    (lambda x: autograd.zeros(2, -1), ValueError, r"^zeros: sizes .* got \(2, -1\)"),
    (lambda x: autograd.ones((-1,)), ValueError, r"^ones: sizes .* got \(-1,\)"),
    (lambda x: autograd.full((-3,), 1.0), ValueError, r"^full: sizes .* got \(-3,\)"),
    (lambda x: autograd.eye(-1), ValueError, r"^eye: sizes .* got \(-1, -1\)"),
    (lambda x: autograd.linspace(0, 1, -1), ValueError, r"^linspace: sizes .* got \(-1,\)"),
    (lambda x: autograd.rand(-1), ValueError, r"^rand: sizes .* got \(-1,\)"),
    (lambda x: autograd.randn(2, -1), ValueError, r"^randn: sizes .* got \(2, -1\)"),
    (lambda x: autograd.randint(3, (-1,)), ValueError, r"^randint: sizes .* got \(-1,\)"),
    (lambda x: autograd.add(x > 0, x > 0, alpha=2), TypeError, "^add: booleans have no multiple"),
    (lambda x: autograd.sub(x > 0, x > 0, alpha=2), TypeError, "^sub: booleans have no multiple"),
    (lambda x: F.mse_loss(x, x.double()), TypeError, r"convert the target: .*float32"),
    (lambda x: F.l1_loss(x.long(), x), TypeError, r"convert the input: .*float32"),
    (lambda x: F.cross_entropy(x[:, :0], x[:, :0]), ValueError, r"\(2, 0\) has no classes"),
    (lambda x: F.cross_entropy(x[:0, :0, None], x[:0, :0, None]), ValueError, "has no classes"),
    (lambda x: autograd.functional.jacobian(lambda x: 3.0, x), TypeError, "^jacobian: .*float"),
    (lambda x: autograd.functional.vjp(lambda x: None, x), TypeError, "^vjp: .*NoneType"),
    (lambda x: autograd.functional.jvp(lambda x: {"a": x}, x), TypeError, "^jvp: .*dict"),
    (lambda x: autograd.functional.vjp(lambda x: x, 3.0), TypeError, r"^vjp: inputs must .* 3\.0"),
])  # fmt: skip
def test_more_mistakes_are_named(mistake, kind, message):
    with pytest.raises(kind, match=message):
        mistake(autograd.zeros(2, 3))


def test_a_list_of_lists_is_one_index_as_in_numpy():
    """torch takes it for one index for each dimension, and says that this is to change."""
    x = np.arange(6.0).reshape(2, 3)
    for index in ([[0, 0], [0, 1]], [[1], [0]]):
        np.testing.assert_array_equal(autograd.tensor(x)[index].numpy(), x[np.array(index)])


def test_multiples_are_taken_in_the_dtype_of_the_result():
    """2 * 200 does not fit uint8, where int64 + 2 * uint8 does; in place, too."""
    for b in (np.array([200, 3], np.uint8), np.array([True, False])):
        for m in (autograd, torch):
            a = m.tensor([1, 2])
            expected = [1 + 2 * int(b[0]), 2 + 2 * int(b[1])]
            assert m.add(a, m.tensor(b), alpha=2).tolist() == expected
            if b.dtype != bool:
                assert m.sub(a, m.tensor(b), alpha=-2).tolist() == expected
                assert m.tensor([1, 2]).sub_(m.tensor(b), alpha=-2).tolist() == expected
            assert m.tensor([1, 2]).add_(m.tensor(b), alpha=2).tolist() == expected
    for m in (autograd, torch):
        y = m.add(m.tensor(np.ones(2, np.int8)), 3, alpha=2)
        assert str(y.dtype).endswith("int8") and y.tolist() == [7, 7]
    assert autograd.add(autograd.tensor([1.0, 2.0]), [3, 4], alpha=2).tolist() == [7, 10]


def test_a_value_to_fill_with_takes_the_dtype():
    for m in (autograd, torch):
        x, value = m.tensor(np.float32(1)), m.tensor(2.5, dtype=m.float64, requires_grad=True)
        y = x.masked_fill(m.tensor(True), value)
        y.backward()
        assert str(y.dtype).endswith("float32") and value.grad.item() == 1
        assert str(value.grad.dtype).endswith("float64")
