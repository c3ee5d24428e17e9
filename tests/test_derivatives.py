"""grad, create_graph, functional and gradcheck, against torch."""

import numpy as np
import pytest

import autograd
from autograd import functional

from .op_table import TABLE
from .oracles import torch

A = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]])
B = np.array([0.2, 0.4, -0.9])


def f(x, w):
    return (x @ w).tanh() * (x * x).sum(-1)


def close(ours, theirs):
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            close(a, b)
    else:
        assert ours.shape == tuple(theirs.shape)
        np.testing.assert_allclose(
            ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-12, atol=1e-15
        )


def pairs(*arrays, requires_grad=True):
    return [[m.tensor(a, requires_grad=requires_grad) for a in arrays] for m in (autograd, torch)]


def test_grad_leaves_grad_alone_and_takes_inner_tensors():
    (x, w), (tx, tw) = pairs(A, B)
    z, tz = x @ w, tx @ tw
    y, ty = z.tanh().sum(), tz.tanh().sum()
    close(autograd.grad(y, [z, x, w]), torch.autograd.grad(ty, [tz, tx, tw]))
    assert x.grad is None and w.grad is None and not z.grad_fn.hooks


def test_grad_of_several_outputs():
    (x, w), (tx, tw) = pairs(A, B)
    v, tv = autograd.tensor(B[:2]), torch.tensor(B[:2])
    close(
        autograd.grad([f(x, w), w.sum()], [x, w], [v, None]),
        torch.autograd.grad([f(tx, tw), tw.sum()], [tx, tw], [tv, None]),
    )


def test_grad_of_what_was_not_used():
    x, w = pairs(A, B)[0]
    with pytest.raises(RuntimeError, match=r"input 1 was not used.*allow_unused=True"):
        autograd.grad(x.sum(), [x, w])
    assert autograd.grad(x.sum(), [x, w], allow_unused=True)[1] is None
    with pytest.raises(RuntimeError, match="input 0 does not require grad"):
        autograd.grad(x.sum(), autograd.tensor(1.0))


def test_third_derivative():
    x = autograd.tensor(2.0, dtype=autograd.float64, requires_grad=True)
    y = x**4
    for expected in (32.0, 48.0, 48.0, 24.0, 0.0):
        (y,) = autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:Using backward")
def test_backward_twice_accumulates_a_graph():
    (x, w), (tx, tw) = pairs(A, B)
    f(x, w).sum().backward(create_graph=True)
    f(tx, tw).sum().backward(create_graph=True)
    total, ttotal = (x.grad**2).sum(), (tx.grad**2).sum()
    x.grad = w.grad = tx.grad = tw.grad = None
    total.backward()
    ttotal.backward()
    close([x.grad, w.grad], [tx.grad, tw.grad])


def test_create_graph_works_inside_no_grad():
    x = autograd.tensor(3.0, requires_grad=True)
    y = x**3
    with autograd.no_grad():
        (dx,) = autograd.grad(y, x, create_graph=True)
    assert autograd.grad(dx, x)[0].item() == 18


def test_without_create_graph_nothing_is_recorded():
    x = autograd.tensor(3.0, requires_grad=True)
    assert not autograd.grad(x**3, x)[0].requires_grad


def test_functional_as_torch():
    (x, w), (tx, tw) = pairs(A, B, requires_grad=False)
    v, tv = autograd.tensor(B[:2]), torch.tensor(B[:2])
    t = torch.autograd.functional
    close(functional.vjp(f, (x, w), v), t.vjp(f, (tx, tw), tv))
    close(functional.jvp(f, (x, w), (x, w)), t.jvp(f, (tx, tw), (tx, tw)))
    close(functional.jacobian(f, (x, w)), t.jacobian(f, (tx, tw)))
    one, two = lambda x: (x**3).sum(0), lambda x: (x.sin().prod(), x**2)
    close(functional.jacobian(one, x), t.jacobian(one, tx))
    close(functional.jacobian(two, x), t.jacobian(two, tx))
    scalar = lambda x, w: f(x, w).sum()  # noqa: E731
    close(functional.hessian(scalar, (x, w)), t.hessian(scalar, (tx, tw)))
    close(functional.hessian(lambda x: x.prod(), x), t.hessian(lambda x: x.prod(), tx))


def test_functional_refuses_what_does_not_fit():
    x = autograd.tensor(A)
    with pytest.raises(RuntimeError, match="vjp: v may only be left out"):
        functional.vjp(lambda x: x, x)
    with pytest.raises(RuntimeError, match=r"jvp: v has shapes \[\(3,\)\], needs \[\(2, 3\)\]"):
        functional.jvp(lambda x: x, x, autograd.tensor(B))
    with pytest.raises(RuntimeError, match="hessian: the function must give one Tensor"):
        functional.hessian(lambda x: x, x)


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_gradcheck_and_gradgradcheck_of_every_op(row):
    if row.name == "float":
        pytest.skip("float32 is too coarse for differences")
    import warnings

    from hypothesis.errors import NonInteractiveExampleWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        arrays, case = row.draws.filter(lambda d: all(a.size for a in d[0])).example()
    xs = [autograd.tensor(a, requires_grad=True) for a in arrays]
    assert autograd.gradcheck(lambda *xs: row.ours(*xs, **case), xs)
    assert autograd.gradgradcheck(lambda *xs: row.ours(*xs, **case), xs, rtol=5e-3)


def test_gradcheck_shows_the_element_that_is_off():
    @autograd.primitive
    def wrong(x):
        return x**2

    @autograd.vjp_of(wrong, "x")
    def wrong_dx(g, x):
        return g * x * (2 + (x > 1))

    x = autograd.tensor([[0.5, 2.0]], dtype=autograd.float64, requires_grad=True)
    message = r"d output\[0\]\[0, 1\] / d input\[0\]\[0, 1\] is 6 by the VJP rules, but 4"
    with pytest.raises(autograd.GradcheckError, match=message):
        autograd.gradcheck(wrong, x)
    assert not autograd.gradcheck(wrong, x, raise_exception=False)
    with pytest.raises(ValueError, match="float32, too coarse"):
        autograd.gradcheck(wrong, x.detach().float().requires_grad_())


def test_an_own_op_has_second_derivatives():
    @autograd.primitive
    def cube(x):
        return x**3

    @autograd.vjp_of(cube, "x")
    def cube_dx(g, x):
        return 3 * np.square(x) * g

    x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    assert autograd.gradcheck(cube, x) and autograd.gradgradcheck(cube, x)


@pytest.mark.parametrize("output, kind", [
    (3.0, "float"), (None, "NoneType"), ({"y": 1}, "dict"), ("text", "str"), (A, "ndarray"),
    ([1.0], "list"), ((None, 2), "tuple"), (iter([1]), "iterator"),
])  # fmt: skip
def test_a_function_that_gives_no_tensor_is_named(output, kind):
    x, v = autograd.tensor(A), autograd.tensor(A)
    for call in (
        lambda: functional.vjp(lambda x: output, x, v),
        lambda: functional.jvp(lambda x: output, x, v),
        lambda: functional.jacobian(lambda x: output, x),
        lambda: autograd.gradcheck(lambda x: output, x.clone().requires_grad_()),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=rf"function must give a Tensor or a tuple.*{kind}"):
            call()
    with pytest.raises(RuntimeError, match="hessian: the function must give one Tensor"):
        functional.hessian(lambda x: output, x)


def test_inputs_that_are_no_tensors_are_named():
    for odd in (3.0, A, {"x": 1}, (A,), None, "ab"):
        with pytest.raises(TypeError, match="inputs must be a Tensor or a tuple of Tensors"):
            functional.jacobian(lambda *xs: xs[0], odd)
