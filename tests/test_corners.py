"""Corners that a change of one operator or constant moves, and that no other test stands in."""

import numpy as np
import pytest

import autograd
import nn
from autograd.names import variables_of_caller

from .oracles import torch

F, TF = nn.functional, torch.nn.functional


def each(function):
    """What a function of the library and its nn.functional gives by ours and by torch."""
    return [function(autograd, F), function(torch, TF)]


def test_as_tensor_shares_only_what_has_the_dtype():
    a = np.zeros(2)
    assert autograd.as_tensor(a).data is a and autograd.as_tensor(a, autograd.float64).data is a
    other = autograd.as_tensor(a, autograd.float32)
    assert other.dtype == np.float32 and not np.shares_memory(other.data, a)


@pytest.mark.parametrize("dims", [{"axis": ()}, {"axis": (), "keepdims": True}])
def test_a_product_over_no_dims_is_a_copy(dims):
    x = autograd.tensor([2.0, 3.0])
    y = autograd.prod(x, **dims)
    y += 1
    assert x.tolist() == [2, 3] and y.tolist() == [3, 4]


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_cross_entropy_of_certainties_is_held_at_100(reduction):
    def loss(m, f):
        p = m.tensor([0.0, 1.0, 0.0, 1e-44], dtype=m.float64, requires_grad=True)
        target = m.tensor([1.0, 0.0, 0.3, 1.0], dtype=m.float64)
        y = f.binary_cross_entropy(p, target, reduction=reduction)
        y.sum().backward()
        return [*y.reshape(-1).tolist(), *p.grad.tolist()]

    np.testing.assert_allclose(*each(loss), rtol=1e-9)


def test_the_norm_of_no_gradients_is_0():
    for lib, utils in ((autograd, nn.utils), (torch, torch.nn.utils)):
        x = lib.tensor([1.0], requires_grad=True)
        assert utils.clip_grad_norm_([x], 1.0).item() == 0 and x.grad is None
        assert utils.clip_grad_norm_([], 1.0, error_if_nonfinite=True).item() == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_norm_that_is_not_finite_can_be_an_error(value):
    for lib, utils in ((autograd, nn.utils), (torch, torch.nn.utils)):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        x.grad = lib.tensor([value, 2.0])
        with pytest.raises(RuntimeError, match="norm"):
            utils.clip_grad_norm_([x], 1.0, error_if_nonfinite=True)
        np.testing.assert_array_equal(x.grad.numpy(), [value, 2])


def test_the_callers_variables_stay_where_the_caller_holds_them():
    mine = autograd.tensor([1.0])
    held = locals()
    assert variables_of_caller()["mine"] is mine
    assert held["mine"] is mine


@pytest.mark.parametrize("equation, shape", [
    ("jii", (2, 3, 3)), ("jii->ij", (2, 3, 3)), ("jii->j", (2, 3, 3)), ("iji->j", (3, 2, 3)),
    ("jiki->kj", (2, 3, 2, 3)), ("kjii->", (2, 2, 3, 3)), ("...ii->...i", (2, 3, 3)),
    ("ijij->ij", (2, 3, 2, 3)), ("ijji->j", (3, 2, 2, 3)), ("jiii->ji", (2, 3, 3, 3)),
])  # fmt: skip
def test_an_index_that_is_repeated_and_not_the_first(equation, shape):
    def results(m, f):
        n = int(np.prod(shape))
        x = m.tensor(np.cos(np.arange(n)).reshape(shape), requires_grad=True)
        y = m.einsum(equation, x * x)
        (y * y).sum().backward()
        return np.concatenate([y.detach().numpy().ravel(), x.grad.numpy().ravel()])

    np.testing.assert_allclose(*each(results), rtol=1e-12)


@pytest.mark.parametrize("shape, dim", [((3,), 0), ((2, 3), -1), ((2, 3), 0), ((0,), 0), ((), 0)])
def test_the_largest_none(shape, dim):
    """topk with k = 0 gives no elements, and no gradient to any."""

    def results(m, f):
        x = m.tensor(np.arange(float(np.prod(shape))).reshape(shape), requires_grad=True)
        found = m.topk(x, 0, dim)
        (found.values.sum() + x.sum()).backward()
        return [tuple(found.values.shape), tuple(found.indices.shape), x.grad.tolist()]

    ours, theirs = each(results)
    assert ours == theirs


def test_what_does_not_depend_on_the_inputs_has_no_change():
    x = autograd.tensor([1.0, -2.0])
    for function in (lambda x: x > 0, lambda x: x.long(), lambda x: autograd.ones(2)):
        y, change = autograd.functional.jvp(function, x, x)
        assert y.tolist() == function(x).tolist() and change.tolist() == [0, 0]


def test_a_grid_is_made_of_vectors_and_numbers():
    def grids(m, f):
        return [g.tolist() for g in m.meshgrid(m.tensor([1, 2]), m.tensor(3), indexing="ij")]

    ours, theirs = each(grids)
    assert ours == theirs
    with pytest.raises(ValueError, match=r"meshgrid: needs vectors, got shapes \[\(2, 2\)\]"):
        autograd.meshgrid(autograd.zeros(2, 2))
