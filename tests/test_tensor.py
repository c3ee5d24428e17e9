"""Tensors: what they are made from, their dtypes, their manners."""

import numpy as np
import pytest

import autograd
from autograd import float32, float64, int64, tensor

from .oracles import torch


@pytest.mark.parametrize(
    "data, dtype",
    [
        (1.0, float32), ([1.0, 2], float32), ([[1.0], [2.0]], float32), ([], float32),
        (1, int64), ([1, 2], int64), (True, autograd.bool), ([True], autograd.bool),
        (np.float64(1), float64), (np.zeros(2), float64), (np.zeros(2, "f"), float32),
        ([np.float64(1)], float64), (np.arange(3, dtype="i4"), autograd.int32),
    ],
)  # fmt: skip
def test_dtypes_of_data_are_torchs(data, dtype):
    assert tensor(data).dtype == dtype
    assert str(torch.tensor(data).dtype) == f"torch.{dtype}"


@pytest.mark.parametrize("other", [2, 2.5, np.float64(2.5), np.float32(2.5), np.int64(2)])
@pytest.mark.parametrize("op", ["add", "mul", "truediv", "pow", "rsub", "rtruediv"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_dtypes_with_scalars_are_torchs(op, other, dtype):
    method = f"__{op}__"
    expected = getattr(torch.tensor([1, 2], dtype=getattr(torch, dtype)), method)(other).dtype
    assert str(expected) == f"torch.{getattr(tensor([1, 2], dtype=dtype), method)(other).dtype}"


@pytest.mark.parametrize("a", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("b", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("shapes", [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())])
def test_dtypes_of_pairs_are_torchs(a, b, shapes):
    ours = tensor(np.ones(shapes[0]), dtype=a) * tensor(np.ones(shapes[1]), dtype=b)
    theirs = torch.ones(shapes[0], dtype=getattr(torch, a)) * torch.ones(
        shapes[1], dtype=getattr(torch, b)
    )
    assert f"torch.{ours.dtype}" == str(theirs.dtype)


@pytest.mark.parametrize("name", ["exp", "sqrt", "sin", "sigmoid", "tanh"])
def test_functions_of_integers_are_floats(name):
    assert getattr(tensor([1, 2]), name)().dtype == float32


def test_casts_go_where_they_are_told():
    x = tensor([1.5])
    assert x.double().dtype == float64
    assert x.double().float().dtype == float32
    assert x.long().dtype == int64
    assert x.to(autograd.float16).dtype == autograd.float16


def test_gradients_have_the_dtype_of_what_they_belong_to():
    x = tensor([1.0, 2.0], requires_grad=True)
    w = tensor(np.array([3.0, 4.0]), requires_grad=True)
    (x * w).sum().backward()
    assert (x.grad.dtype, w.grad.dtype) == (float32, float64)


def test_default_dtype():
    autograd.set_default_dtype(float64)
    try:
        assert tensor(1.0).dtype == autograd.zeros(2).dtype == float64
    finally:
        autograd.set_default_dtype(float32)
    with pytest.raises(TypeError, match="floating"):
        autograd.set_default_dtype(int64)


def test_data_is_copied_and_from_numpy_shares():
    a = np.zeros(2)
    copied, shared = tensor(a), autograd.from_numpy(a)
    a[0] = 1
    assert copied.tolist() == [0, 0]
    assert shared.tolist() == [1, 0]


@pytest.mark.parametrize("make", [lambda: tensor(3, requires_grad=True),
                                  lambda: tensor([1, 2]).requires_grad_()])  # fmt: skip
def test_integers_cannot_require_grad(make):
    with pytest.raises(TypeError, match=r"int64.*3\.0 instead of 3"):
        make()


@pytest.mark.parametrize("data", ["text", [[1, 2], [3]], {"a": 1}, 1j, None])
def test_what_is_not_numeric_is_refused(data):
    with pytest.raises((TypeError, ValueError), match="tensor: "):
        tensor(data)


REPRS = [
    1.0, 0.5, -2.25, [1.0, 2.0], [0.1, 20.0], [[1.0, -2.0], [3.5, 4.0]], 3, [1, -2], True,
    [True, False], [], [float("nan"), 0.5], [1e-5, 1.0],
]  # fmt: skip


@pytest.mark.parametrize("data", REPRS, ids=str)
def test_repr_is_torchs(data):
    assert repr(tensor(data)) == repr(torch.tensor(data))


def test_repr_tells_gradient_dtype_and_name():
    x = tensor([1.0], requires_grad=True)
    assert repr(x) == repr(torch.tensor([1.0], requires_grad=True))
    assert repr(x * 2) == "tensor([2.], grad_fn=<MulBackward>)"
    assert repr(tensor(np.ones(1), name="w")) == "tensor([1.], dtype=float64, name='w')"


def test_python_manners():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (len(x), x.shape, x.ndim, x.size, x.tolist()) == (2, (2, 2), 2, 4, [[1, 2], [3, 4]])
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    assert x.T.tolist() == [[1, 3], [2, 4]]
    assert (float(tensor(2.5)), int(tensor(2)), bool(tensor([1]))) == (2.5, 2, True)
    assert [10, 20, 30][tensor(1)] == 20
    assert f"{tensor(0.5):.2f}" == "0.50"
    assert 3.0 in x and 5.0 not in x
    assert tensor(2.5).item() == 2.5
    with pytest.raises(ValueError, match=r"item.*\(2, 2\)"):
        x.item()
    with pytest.raises(ValueError, match=r"any\(\) or \.all\(\)"):
        bool(x)
    with pytest.raises(TypeError, match="0-d"):
        len(tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(tensor(1.0))


def test_comparisons_answer_in_booleans():
    a, b = tensor([1.0, 2.0]), tensor([2.0, 2.0])
    answers = [
        (a == b),
        (a != b),
        (a < b),
        (a <= b),
        (a > b),
        (a >= b),
        ~(a == b),
        (a < b) | (a == b),
    ]
    expected = [[0, 1], [1, 0], [1, 0], [1, 1], [0, 0], [0, 1], [1, 0], [1, 1]]
    assert [x.tolist() for x in answers] == expected
    assert (a == a).all() and not (a == b).all() and (a == b).any()
    assert {a: 1}[a] == 1


def test_numpy_takes_part():
    x = tensor([1.0, 2.0], requires_grad=True)
    (np.array([3.0, 4.0]) * x + np.float64(1)).sum().backward()
    assert x.grad.tolist() == [3, 4]
    assert np.asarray(x.detach()).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(x)


def test_numpy_and_detach_share_memory():
    x = autograd.zeros(2)
    x.numpy()[0] = 1
    x.detach().fill_(3)
    assert x.tolist() == [3, 3]
    w = autograd.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="detach"):
        w.numpy()


def test_the_example_of_micrograds_readme():
    a, b = tensor(-4.0, requires_grad=True), tensor(2.0, requires_grad=True)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert (f"{g.data:.4f}", f"{a.grad.data:.4f}", f"{b.grad.data:.4f}") == (
        "24.7041", "138.8338", "645.5773",
    )  # fmt: skip


def test_creation_matches_torch():
    for name, args in [
        ("zeros", (2, 3)), ("ones", ((2, 3),)), ("full", ((2,), 0.5)), ("full", ((2,), 3)),
        ("eye", (3,)), ("eye", (2, 3)), ("arange", (3,)), ("arange", (1, 2, 0.25)),
        ("linspace", (0, 1, 5)), ("zeros", (0,)),
    ]:  # fmt: skip
        ours, theirs = getattr(autograd, name)(*args), getattr(torch, name)(*args)
        assert repr(ours) == repr(theirs), name


def test_random_numbers_repeat_after_a_seed():
    autograd.manual_seed(3)
    first = autograd.randn(50, 20), autograd.rand(50, 20)
    autograd.manual_seed(3)
    again = autograd.randn(50, 20), autograd.rand(50, 20)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert abs(first[0].mean().item()) < 0.2 and abs(first[0].var().item() - 1) < 0.2
    assert first[1].min() >= 0 and first[1].max() < 1
    assert autograd.randn_like(tensor(np.zeros(2))).dtype == float64


SCALARS = [2, 2.5, np.float64(2.5), np.float32(2.5), np.int64(2)]
BINARY = {
    "+": lambda a, b: a + b,
    "reversed +": lambda a, b: b + a,
    "-": lambda a, b: b - a,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "reversed /": lambda a, b: b / a,
    "**": lambda a, b: a**b,
    "reversed **": lambda a, b: b**a,
}


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_with_scalars_as_torch(op, shape, dtype):
    for scalar in SCALARS:
        a = autograd.full(shape, 1.5, dtype=dtype, requires_grad=True)
        t = torch.full(shape, 1.5, dtype=getattr(torch, dtype), requires_grad=True)
        y = BINARY[op](a, scalar)
        theirs = BINARY[op](t, scalar.item() if isinstance(scalar, np.generic) else scalar)
        y.sum().backward()
        theirs.sum().backward()
        assert str(theirs.dtype) == f"torch.{y.dtype}", scalar
        assert str(t.grad.dtype) == f"torch.{a.grad.dtype}"
        np.testing.assert_allclose(a.grad.numpy(), t.grad.numpy(), rtol=1e-5)


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("shapes", [((), ()), ((3,), ()), ((), (3,)), ((3,), (3,)), ((2, 1), (3,))])
@pytest.mark.parametrize("kinds", [("float32", "float64"), ("float64", "float32")])
def test_dtypes_of_pairs_as_torch(op, shapes, kinds):
    results = []
    for lib in (autograd, torch):
        x, y = (
            lib.full(s, 1.5, dtype=getattr(lib, kind), requires_grad=True)
            for s, kind in zip(shapes, kinds)
        )
        z = BINARY[op](x, y)
        z.sum().backward()
        results.append([str(v.dtype).removeprefix("torch.") for v in (z, x.grad, y.grad)])
    assert results[0] == results[1]


MISUSE = {
    "shapes of +": lambda m: m.ones(2) + m.ones(3),
    "shapes of @": lambda m: m.ones(2, 3) @ m.ones(2, 3),
    "reshape": lambda m: m.ones(4).reshape(3, 2),
    "expand": lambda m: m.ones(2).expand(3),
    "cat": lambda m: m.cat([m.ones(2, 2), m.ones(3, 3)], 1),
    "stack": lambda m: m.stack([m.ones(2), m.ones(3)]),
    "squeeze": lambda m: m.ones(2).squeeze(3),
    "dim of sum": lambda m: m.ones(2).sum(dim=1),
    "dim of softmax": lambda m: m.softmax(m.ones(2), 1),
    "index": lambda m: m.ones(2)[3],
    "mask": lambda m: m.ones(2)[m.ones(3) > 0],
    "item": lambda m: m.ones(2).item(),
    "bool": lambda m: bool(m.ones(2)),
    "len": lambda m: len(m.tensor(1.0)),
    "iteration": lambda m: list(m.tensor(1.0)),
    "topk": lambda m: m.topk(m.ones(2), 3),
    "split": lambda m: m.split(m.ones(4), [1, 2]),
    "chunk": lambda m: m.chunk(m.ones(4), 0),
    "einsum": lambda m: m.einsum("ij,jk->ik", m.ones(2, 3), m.ones(2, 3)),
    "einsum terms": lambda m: m.einsum("ij,jk->ik", m.ones(2, 3)),
    "dot": lambda m: m.dot(m.ones(2, 2), m.ones(2, 2)),
    "permute": lambda m: m.ones(2, 3).permute(0, 0),
    "roll": lambda m: m.roll(m.ones(2), (1, 2), (0,)),
    "integers with grad": lambda m: m.tensor([1], requires_grad=True),
    "numpy of grad": lambda m: m.ones(2, requires_grad=True).numpy(),
    "backward twice": lambda m: twice(m),
    "no scalar": lambda m: (m.ones(2, requires_grad=True) * 2).backward(),
    "no grad": lambda m: m.ones(()).backward(),
    "wrong cotangent": lambda m: (m.ones(2, requires_grad=True) * 2).backward(m.ones(3)),
    "in place on a leaf": lambda m: m.ones(2, requires_grad=True).add_(1),
}


def twice(m):
    y = m.ones(2, requires_grad=True).exp().sum()
    y.backward()
    y.backward()


@pytest.mark.parametrize("name", MISUSE)
def test_what_torch_refuses_is_refused_with_a_reason(name):
    kinds = (RuntimeError, ValueError, IndexError, TypeError)
    with pytest.raises(kinds):
        MISUSE[name](torch)
    with pytest.raises(kinds) as caught:
        MISUSE[name](autograd)
    assert len(str(caught.value)) > 20
