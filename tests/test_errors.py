"""Errors say what, where and what to do, and come at the line of the mistake."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor

F = nn.functional
A, B = autograd.ones(2, 3), autograd.ones(2, 3)
P = tensor([0.5, 0.5])


@pytest.mark.parametrize(
    "mistake, kind, parts",
    [
        (lambda: A @ B, ValueError, ["matmul", "(2, 3) and (2, 3)", "(3) must equal", ".T?"]),
        (lambda: A @ 2, ValueError, ["matmul", "write *"]),
        (lambda: A + tensor([1.0, 2.0]), ValueError, ["add", "(2, 3) and (2,)", "unsqueeze"]),
        (lambda: nn.Linear(2, 4)(A), ValueError, ["linear", "(2, 3)", "takes 2 features", "is 3"]),
        (lambda: F.linear(A, A, P[:1]), ValueError, ["linear", "bias", "(2,)"]),
        (lambda: F.binary_cross_entropy(P, tensor([0, 1])), TypeError,
         ["binary_cross_entropy", "float32", "int64", "target.to(autograd.float32)"]),
        (lambda: F.binary_cross_entropy(P.unsqueeze(1), P), ValueError,
         ["(2, 1)", "(2,)", "squeeze"]),
        (lambda: F.binary_cross_entropy(P * 4, P), ValueError, ["0 to 1", "2 to 2", "sigmoid"]),
        (lambda: F.mse_loss(P, [0.0, 1.0]), TypeError, ["mse_loss", "list", "tensor(...)"]),
        (lambda: A.reshape(4, 2), ValueError, ["reshape", "(2, 3)", "(4, 2)"]),
        (lambda: A.sum(2), ValueError, ["sum", "(2, 3)", "axis=2"]),
        (lambda: A.squeeze(3), IndexError, ["squeeze", "(2, 3)", "3"]),
        (lambda: A[5], IndexError, ["getitem", "(2, 3)", "5"]),
        (lambda: A + "text", TypeError, ["add", "str"]),
        (lambda: A + None, TypeError, ["add", "NoneType"]),
        (lambda: A.sum(dim=0, axis=0), TypeError, ["dim or axis"]),
        (lambda: A.clip(), ValueError, ["clip", "min, max"]),
        (lambda: autograd.cat([]), ValueError, ["concatenate", "at least one"]),
        (lambda: autograd.stack([]), ValueError, ["stack", "at least one"]),
        (lambda: autograd.cat([A, A], 2), IndexError, ["concatenate", "2"]),
        (lambda: -tensor([True]), TypeError, ["neg", "bool"]),
    ],
)  # fmt: skip
def test_mistakes(mistake, kind, parts):
    with pytest.raises(kind) as raised:
        mistake()
    for part in parts:
        assert part in str(raised.value)


def test_errors_use_names():
    w = tensor([[1.0, 2.0]], name="w1")
    with pytest.raises(ValueError, match=r"matmul: shapes \(2, 3\) and w1 \(1, 2\)"):
        A @ w


def test_an_op_without_a_vjp_rule_says_so_when_it_is_called():
    @autograd.primitive
    def cube(x):
        return x**3

    assert cube(2.0).item() == 8
    with pytest.raises(TypeError, match=r"cube: has no VJP rule for x.*vjp_of"):
        cube(tensor(2.0, requires_grad=True))


@pytest.mark.parametrize(
    "operand, rule, message",
    [
        ("z", lambda g: g, "no operand 'z'"),
        ("x", lambda g, w: g, "asks for w"),
        ("x", lambda g, *, n: g, r"keywords \['n'\]"),
    ],
)
def test_a_vjp_rule_that_does_not_fit_its_op(operand, rule, message):
    @autograd.primitive
    def cube(x):
        return x**3

    with pytest.raises(TypeError, match=message):
        autograd.vjp_of(cube, operand)(rule)


def test_a_rule_that_gives_what_it_must_not_is_named():
    @autograd.primitive
    def whole_sum(x):
        return x.sum()

    @autograd.vjp_of(whole_sum, "x")
    def whole_sum_dx(g):
        return np.ones(7, np.float32) * g if wrong else g

    x = tensor([1.0, 2.0], requires_grad=True)
    for wrong in (False, True):
        shape = r"\(7,\)" if wrong else r"\(\)"
        message = rf"VJP rule whole_sum_dx gave a cotangent of shape {shape} for .* \(2,\)"
        with pytest.raises(ValueError, match=message):
            whole_sum(x).backward()

    @autograd.primitive
    def exp_of(x):
        return math.exp(x)

    with pytest.raises(TypeError, match=r"exp_of: its forward rule must give an array.*float"):
        exp_of(tensor(1.0))


def test_mistakes_of_a_first_model():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 1))
    with pytest.raises(TypeError, match=r"SGD: give a list of Tensors, such as model.parameters"):
        nn.optim.SGD(model)
    with pytest.raises(ValueError, match=r"SGD: got no parameters.*nn.ModuleList"):
        nn.optim.SGD([])
    with pytest.raises(ValueError, match=r"linear: .*takes 4 features") as caught:
        model(autograd.ones(5, 2))
    assert caught.value.__notes__ == [f"(in layer 2 of a Sequential: {model[2]!r})"]
    with pytest.raises(TypeError, match="ModuleList: item 1 is a int, not a Module"):
        nn.ModuleList([nn.ReLU(), 3])


def test_what_would_lose_a_graph_or_make_no_sense():
    x = tensor(2.0, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"lose its graph. Use autograd.stack"):
        tensor([x, x])
    with autograd.no_grad():
        assert tensor([x, x]).tolist() == [2, 2]
    with pytest.raises(ValueError, match=r"to: there is no device 'cuda' here, only 'cpu'"):
        x.to("cuda")
    with pytest.raises(TypeError, match=r"to: 'halves' is no dtype of floats.*autograd.float32"):
        x.to("halves")
    with pytest.raises(TypeError, match=r"format: '.2f' is for one number.*\(2,\)"):
        f"{P:.2f}"
    assert f"{x:.2f}" == "2.00" and f"{P}" == "tensor([0.5000, 0.5000])"
