"""backward(): what it adds up, frees, refuses and survives."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import tensor

from .oracles import cotangent, ours, torchs


def leaf(*values, name=None):
    return tensor(list(values), dtype=autograd.float64, requires_grad=True, name=name)


STEPS = [
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a / (b * b + 1),
    lambda a, b: a.sin(), lambda a, b: a.tanh() * b, lambda a, b: a.sum() * b,
    lambda a, b: a.relu(),
    lambda a, b: (a.reshape(-1, 1) @ b.reshape(1, -1)).mean(1), lambda a, b: a[[0, 0, 2]] + b,
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 50), st.integers(0, 50)), max_size=14)
)
def test_any_graph_as_torch(steps):
    def function(a, b):
        found = [a, b]
        for step, i, j in steps:
            found.append(step(found[i % len(found)], found[j % len(found)]))
        return found[-1] + found[len(found) // 2]

    arrays = [np.array([0.3, -0.7, 1.1]), np.array([-0.2, 0.9, 0.4])]
    _, grads = ours(function, arrays, cotangent)
    _, tgrads = torchs(function, arrays, cotangent)
    for grad, tgrad in zip(grads, tgrads, strict=True):
        found = np.zeros(3) if grad is None else grad.data
        np.testing.assert_allclose(found, tgrad.numpy(), rtol=1e-9, atol=1e-12)


def test_gradients_accumulate_until_zeroed():
    x = leaf(1.0, 2.0)
    for _ in range(2):
        (x * x).sum().backward()
    assert x.grad.tolist() == [4, 8]
    x.grad = None
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_leaf_is_its_own_root():
    x = tensor(2.0, requires_grad=True)
    x.backward()
    x.backward()
    assert x.grad.item() == 2


def test_retain_grad():
    x = leaf(1.0, 2.0)
    y = x * 3
    z = y * y
    y.retain_grad()
    z.sum().backward()
    assert y.grad.tolist() == [6, 12] and x.grad.tolist() == [18, 36]
    assert y.retains_grad and not z.retains_grad
    with pytest.warns(UserWarning, match=r"result of mul and no leaf.*w -= lr \* w.grad"):
        assert z.grad is None  # as torch warns, too
    with pytest.raises(RuntimeError, match="does not require grad"):
        tensor(1.0).retain_grad()


def test_second_backward_explains_itself():
    x = leaf(1.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4]
    with pytest.raises(RuntimeError, match=r"second time.*retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [4]


def test_shared_part_freed_by_another_backward_is_named():
    x = leaf(1.0)
    shared = x.exp()
    shared.sum().backward()
    with pytest.raises(RuntimeError, match="through exp"):
        (shared * 2).sum().backward()


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda x: tensor([1.0]).sum().backward(), "does not require grad"),
        (lambda x: (x * 2).backward(), r"shape \(2,\).*backward\(gradient\)"),
    ],
)
def test_backward_refuses(fault, message):
    with pytest.raises(RuntimeError, match=message):
        fault(leaf(1.0, 2.0))


def test_cotangent_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(tensor([1.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match=r"mul's grad_fn.*\(3,\).*\(2,\)"):
        (leaf(1.0, 2.0) * 2).grad_fn(np.ones(3))


def test_grad_has_memory_of_its_own():
    a, b, g = leaf(1.0, 2.0), leaf(3.0, 4.0), tensor(np.ones(2))
    (a + b).reshape(2).backward(g)
    a.grad.fill_(7)
    assert b.grad.tolist() == [1, 1] and g.tolist() == [1, 1]


def test_assigned_grad_must_fit():
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match=r"Tensor of shape \(2,\)"):
        x.grad = tensor([1.0])
    with pytest.raises(TypeError, match="ndarray"):
        x.grad = np.ones(2)


def test_a_dead_result_keeps_nothing_from_working():
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    z = y.sum()
    del y
    z.backward()
    assert x.grad.tolist() == [3]


# -- in place ------------------------------------------------------------------------------


def rebased(x, w):
    y = x * 2
    z = y + 1
    y.mul_(w)
    y += 1
    return y * z


def buffered(x, w):
    y = x.detach() * 0
    y.add_(x)
    y[0] = w[1]
    y.sub_(w, alpha=2).div_(3)
    return y * y


@pytest.mark.parametrize("function", [rebased, buffered])
def test_recorded_changes_in_place_as_torch(function):
    arrays = [np.array([1.0, 2.0]), np.array([3.0, 5.0])]
    y, grads = ours(function, arrays, cotangent)
    ty, tgrads = torchs(function, arrays, cotangent)
    np.testing.assert_allclose(y.data, ty.detach().numpy())
    for grad, tgrad in zip(grads, tgrads, strict=True):
        np.testing.assert_allclose(grad.data, tgrad.numpy())


def spoil_output(x, w):
    y = x.exp()
    y.add_(1)
    return y


def spoil_operand(x, w):
    v = w * 1
    v.name = "v"
    y = x * v
    v.add_(1)
    return y


def spoil_alias(x, w):
    y = x.exp()
    y.detach().zero_()
    return y


def spoil_parameter(x, w):
    y = x * w
    with autograd.no_grad():
        w.add_(1)
    return y


@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_output, "exp: its VJP needs its output, but add_"),
        (spoil_operand, r"mul: its VJP needs its operand b \('v'\), but add_"),
        (spoil_alias, "exp: its VJP needs its output, but zero_"),
        (spoil_parameter, "mul: its VJP needs its operand b, but add_"),
    ],
)
def test_a_spoilt_value_is_found_and_named(spoil, message):
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = spoil(x, w)
    with pytest.raises(RuntimeError, match=message):
        y.sum().backward()
    assert x.grad is None and w.grad is None


def test_a_change_that_no_vjp_minds():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y + 1
    y.zero_()
    (z * 3).sum().backward()
    assert x.grad.tolist() == [6, 6]


def test_changes_in_place_that_are_refused():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"add_: .*leaf.*no_grad"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="leaf"):
        x += 1
    with pytest.raises(RuntimeError, match=r"add_: .*leaf.*view of one.*no_grad"):
        x[0:1].add_(1)
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(2,\)"):
        tensor([1.0, 2.0]).add_(tensor([[1.0], [2.0]]))
    with pytest.raises(TypeError, match="float32 does not fit"):
        tensor([1, 2]).mul_(0.5)
    assert x.tolist() == [1, 2]


# -- switching recording off -----------------------------------------------------------------


def test_no_grad_and_enable_grad():
    x = leaf(1.0)

    @autograd.no_grad()
    def quiet():
        assert not autograd.is_grad_enabled()
        with autograd.enable_grad():
            loud = x * 2
        return x * 2, loud

    still, loud = quiet()
    assert not still.requires_grad and loud.requires_grad and (x * 2).requires_grad
    with pytest.raises(ZeroDivisionError), autograd.no_grad():
        raise ZeroDivisionError
    assert autograd.is_grad_enabled()


def test_recording_is_switched_by_thread():
    seen = []
    with autograd.no_grad():
        thread = threading.Thread(target=lambda: seen.append((leaf(1.0) * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


# -- the graph by hand, and large ------------------------------------------------------------


def test_walking_by_hand():
    x, w = leaf(1.0, name="x"), tensor([2.0])
    y = (x * w).sin()
    node = y.grad_fn.next_functions[0][0]
    assert (y.grad_fn.name, node.name, node.title) == ("sin", "mul", "MulBackward")
    assert node.inputs == (x, w) and node.next_functions == ((x, 0), (None, 0))
    assert autograd.topological_order(y) == [y.grad_fn, node]


def test_a_million_ops_without_recursion():
    x = tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1
    del y


def test_results_without_need_of_a_graph_have_none():
    x = leaf(1.0)
    assert (x > 0).grad_fn is None and x.argmax().grad_fn is None and x.detach().grad_fn is None
    assert x.is_leaf and not (x * 1).is_leaf
    with pytest.raises(RuntimeError, match="detach"):
        (x * 1).requires_grad = False


def test_torch_agrees_that_the_lessons_vjp_is_exact():
    x = autograd.linspace(0, 2 * np.pi, 100, requires_grad=True)
    f = autograd.sin(x)
    v = autograd.ones_like(f)
    assert (f.grad_fn(v) == v * autograd.cos(x)).all()
    f.backward(v)
    t = torch.linspace(0, 2 * np.pi, 100)
    np.testing.assert_allclose(x.grad.data, t.cos().numpy(), atol=1e-6)


def test_a_gradient_that_somebody_else_holds_is_copied():
    kept = []
    x = leaf(1.0, 2.0)
    y = x * 3
    y.register_hook(kept.append)  # its cotangent is what add passes on, and x gets 3 times that
    x.register_hook(kept.append)
    (y + 0.0).sum().backward()
    v = autograd.ones(2)
    z = leaf(5.0, 6.0)
    (z + 0.0).backward(v)  # the cotangent goes through add as it is
    with autograd.no_grad():
        x.grad.mul_(10)
        z.grad.mul_(10)
    assert kept[1].tolist() == [3, 3] and v.tolist() == [1, 1]
    a, b = leaf(1.0), leaf(2.0)
    (a + b).sum().backward()  # one array comes to both
    a.grad.mul_(10)
    assert b.grad.tolist() == [1]
