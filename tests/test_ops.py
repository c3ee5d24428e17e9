"""Every row of the op table against torch and finite differences."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn

from .op_table import TABLE
from .oracles import cotangent, differences, ours, second, torch, torchs

rows = pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])


def as_torch(case):
    """Settings as torch takes them."""
    index = case.get("index")
    if isinstance(index, np.ndarray):
        return {"index": torch.tensor(index)}
    if isinstance(index, tuple):
        convert = lambda i: torch.tensor(i) if isinstance(i, np.ndarray) else i  # noqa: E731
        return {"index": tuple(convert(i) for i in index)}
    return case


@rows
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_against_torch(row, data):
    arrays, case = data.draw(row.draws)
    y, grads = ours(partial(row.ours, **case), arrays, cotangent)
    ty, tgrads = torchs(partial(row.torch, **as_torch(case)), arrays, cotangent)
    assert y.shape == tuple(ty.shape)
    np.testing.assert_allclose(
        y.data, ty.detach().numpy(), rtol=1e-6 if row.name == "float" else 1e-11
    )
    for grad, tgrad in zip(grads, tgrads, strict=True):
        np.testing.assert_allclose(grad.data, tgrad.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.name != "float"],  # float32 is too coarse for differences
    ids=lambda row: row.name,
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_against_finite_differences(row, data):
    arrays, case = data.draw(row.draws)
    function = partial(row.ours, **case)
    _, grads = ours(function, arrays, cotangent)
    for grad, numerical in zip(grads, differences(function, arrays, cotangent), strict=True):
        size = max(1.0, np.abs(numerical).max(initial=0))  # of the numbers that round
        np.testing.assert_allclose(grad.data, numerical, rtol=2e-5, atol=2e-7 * size)


@rows
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_second_derivatives_against_torch(row, data):
    arrays, case = data.draw(row.draws)
    ours_ = second(autograd, partial(row.ours, **case), arrays, cotangent)
    torchs_ = second(torch, partial(row.torch, **as_torch(case)), arrays, cotangent)
    tolerance = 1e-5 if row.name == "float" else 1e-8
    for a, b in zip(ours_, torchs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@rows
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_float32_stays_float32(row, data):
    arrays, case = data.draw(row.draws)
    arrays = [a.astype(np.float32) for a in arrays]
    xs = [torch.tensor(a) for a in arrays]
    y, grads = ours(partial(row.ours, **case), arrays, cotangent)
    assert str(y.dtype) == str(row.torch(*xs, **as_torch(case)).dtype).removeprefix("torch.")
    assert all(grad.dtype == np.float32 for grad in grads)


@rows
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_grad_fn_gives_the_vjp_that_backward_applies(row, data):
    arrays, case = data.draw(row.draws)
    xs = [autograd.tensor(a, requires_grad=True) for a in arrays]
    y = row.ours(*xs, **case)
    v = cotangent(y.shape)
    node = y.grad_fn
    by_hand = {x: 0.0 for x in xs}
    pending = [(node, autograd.tensor(v))]
    while pending:  # every path by itself, which small graphs allow
        node, g = pending.pop()
        found = node(g)
        found = found if isinstance(found, tuple) else (found,)
        for parent, cotangent_ in zip(node.parents, found, strict=True):
            if isinstance(parent, autograd.Node):
                pending.append((parent, cotangent_))
            elif parent is not None:
                by_hand[parent] = by_hand[parent] + cotangent_.data
    y.backward(v)
    for x in xs:
        np.testing.assert_allclose(x.grad.data, by_hand[x], rtol=1e-12)


KINKS = [0.0, -0.0, 1.0, -1.0, 2.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.relu(),
        lambda x: x.abs(),
        lambda x: x.clip(-1, 1),
        lambda x: x.clip(min=0),
        lambda x: x**2,
        lambda x: x**0,
        lambda x: x.amax(),
        lambda x: x.reshape(5, 1).amax(0),
        lambda x: x.max(),
        lambda x: (x * 0).max(0).values,
        lambda x: (x * 0).max(),
        lambda x: (x * 0).amin(),
    ],
    ids=range(12),
)
def test_kinks_and_ties_as_torch(function):
    y, (grad,) = ours(function, [np.array(KINKS)], cotangent)
    ty, (tgrad,) = torchs(function, [np.array(KINKS)], cotangent)
    np.testing.assert_array_equal(y.data, ty.detach().numpy())
    np.testing.assert_array_equal(grad.data, tgrad.numpy())


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_of_pairs_are_shared(name):
    arrays = [np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])]
    _, grads = ours(getattr(autograd, name), arrays, cotangent)
    _, tgrads = torchs(getattr(torch, name), arrays, cotangent)
    for grad, tgrad in zip(grads, tgrads, strict=True):
        np.testing.assert_array_equal(grad.data, tgrad.numpy())


def test_power_of_zero_as_torch():
    arrays = [np.array([0.0, 0.0, 2.0]), np.array([2.0, 0.0, 0.0])]
    _, grads = ours(lambda a, b: a**b, arrays, cotangent)
    _, tgrads = torchs(lambda a, b: a**b, arrays, cotangent)
    for grad, tgrad in zip(grads, tgrads, strict=True):
        np.testing.assert_allclose(grad.data, tgrad.numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_saturates_silently(dtype):
    x = np.array([-1000, -100, -20, 20, 100, 1000], dtype)
    y, (grad,) = ours(autograd.sigmoid, [x], lambda shape: np.ones(shape))
    ty, (tgrad,) = torchs(torch.sigmoid, [x], lambda shape: np.ones(shape))
    np.testing.assert_allclose(y.data, ty.detach().numpy(), rtol=1e-6, atol=1e-38)
    np.testing.assert_allclose(grad.data, tgrad.numpy(), rtol=1e-6, atol=1e-38)


def test_binary_cross_entropy_clamps_as_torch():
    p, t = np.array([0.0, 0.0, 1.0, 1.0, 0.3]), np.array([0.0, 1.0, 0.0, 1.0, 0.5])
    arrays = [p, t]
    y, grads = ours(nn.functional.binary_cross_entropy, arrays, cotangent)
    ty, tgrads = torchs(torch.nn.functional.binary_cross_entropy, arrays, cotangent)
    np.testing.assert_allclose(y.item(), ty.item())
    for grad, tgrad in zip(grads, tgrads, strict=True):
        np.testing.assert_allclose(grad.data, tgrad.numpy())


@pytest.mark.parametrize("x", [-200.0, 0.0, 200.0])
def test_logits_loss_is_exact_where_the_sigmoid_rounds(x):
    arrays = [np.array([x]), np.array([1.0])]
    y, grads = ours(nn.functional.binary_cross_entropy_with_logits, arrays, cotangent)
    ty, tgrads = torchs(torch.nn.functional.binary_cross_entropy_with_logits, arrays, cotangent)
    np.testing.assert_allclose(y.item(), ty.item())
    np.testing.assert_allclose(grads[0].data, tgrads[0].numpy())
