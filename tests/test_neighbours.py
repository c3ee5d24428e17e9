"""Neighbours of faults that were found: what must be an int, have a shape, or keep its memory."""

import contextlib
import math
import re

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch
from .test_corners import TF, F, each
from .test_views import computed_again


@pytest.mark.parametrize("change", [
    "x //= y", "x %= y", "x **= y", "x &= y", "x |= y", "x ^= y", "x += y", "x -= y", "x *= y",
    "x //= 2", "x %= 2", "x &= 6", "x.remainder_(y)", "x.floor_divide_(y)", "x.bitwise_xor_(y)",
    "x.bitwise_and_(y)", "x.bitwise_or_(y)", "x[1:] %= 2", "x[0] //= 3",
])  # fmt: skip
def test_an_update_by_an_operator_is_in_place(change):
    def updated(m, f):
        x = m.tensor([7, 6])
        same, space = x, {"x": x, "y": m.tensor([2, 3])}
        exec(change, space)
        assert space["x"] is same
        return same.tolist()

    ours, theirs = each(updated)
    assert ours == theirs


def test_the_gradient_of_a_rest_in_place():
    def gradient(m, f):
        x = m.tensor([7.5, -6.2], requires_grad=True)
        y = m.tensor([2.0, 4.0], requires_grad=True)
        z = x * 1
        z %= y
        (z * z).sum().backward()
        with pytest.raises(RuntimeError, match="leaf"):
            x %= y
        return [*z.tolist(), *x.grad.tolist(), *y.grad.tolist()]

    np.testing.assert_allclose(*each(gradient), rtol=1e-6)


class Foreign:
    """It knows how to come after a tensor in a sum."""

    def __radd__(self, other):
        return "sum"


def test_an_update_by_what_is_foreign_is_left_to_it():
    for m in (autograd, torch):
        x = m.ones(2)
        y = x
        y += Foreign()
        assert y == "sum" and x.tolist() == [1, 1]
        for bad in (None, "text", Foreign()):
            with pytest.raises(TypeError):
                x -= bad
        with pytest.raises(TypeError, match="add_"):
            x.add_(Foreign())


@pytest.mark.parametrize("shapes, dim", [
    ([(0,), (2, 3)], 0), ([(2, 3), (0,)], 1), ([(0,), (2, 3), (0,), (1, 3)], 0), ([(0,), (0,)], 0),
    ([(0,), (2, 3, 1), (0,)], -1), ([(0,), (3,)], 0), ([(0,), (0, 3)], 0),
])  # fmt: skip
def test_an_empty_vector_is_joined_with_everything(shapes, dim):
    def joined(m, f):
        xs = [m.ones(s, requires_grad=True) for s in shapes]
        y = m.cat([x * 2 for x in xs], dim)
        (y * y).sum().backward()
        return [y.tolist(), tuple(y.shape), *[x.grad.tolist() for x in xs]]

    ours, theirs = each(joined)
    assert ours == theirs
    for m in (autograd, torch):
        with pytest.raises((ValueError, RuntimeError)):
            m.cat([m.ones(0, 2), m.ones(2, 3)], 0)
        assert str(m.cat([m.ones(0, dtype=m.float64), m.ones(2, 2)]).dtype).endswith("float64")


@pytest.mark.parametrize("make, error", [
    (lambda m: m.arange(0, 3, 0), "arange: needs finite numbers and a step other than 0"),
    (lambda m: m.arange(0.0, 3, 0.0), "arange"), (lambda m: m.arange(math.nan), "arange"),
    (lambda m: m.arange(0, math.inf), "arange"), (lambda m: m.arange(0, 1, math.nan), "arange"),
    (lambda m: m.randint(0, 0, (2,)), "randint: high must be more than low, got 0 and 0"),
    (lambda m: m.randint(5, 2, (2,)), "randint"), (lambda m: m.randperm(-1), "randperm: sizes"),
])  # fmt: skip
def test_what_cannot_be_made(make, error):
    with pytest.raises(ValueError, match=error):
        make(autograd)
    with pytest.raises((RuntimeError, ValueError)):
        make(torch)


X = autograd.ones(3, 4)


@pytest.mark.parametrize("call, said", [
    (lambda: X.sum(True), "sum: dim must be an int, got bool"),
    (lambda: X.argmax(True), "argmax: dim must be an int, got bool"),
    (lambda: X.softmax(np.bool_(True)), "softmax: dim must be an int, got bool"),
    (lambda: X.mean((0, True)), "mean: dim must be an int, got bool"),
    (lambda: autograd.cat(X, X), "concatenate: dim must be an int, got Tensor"),
    (lambda: X.split(None), "split: split_size must be an int, got NoneType"),
    (lambda: X.split(1.5), "split: split_size must be an int, got float"),
    (lambda: X.split([1, 2.0]), "split: each size must be an int, got float"),
    (lambda: X.chunk(None), "chunk: chunks must be an int, got NoneType"),
    (lambda: X.tensor_split(1.0), "tensor_split: the number of pieces must be an int, got float"),
    (lambda: X.topk(None), "topk: k must be an int, got NoneType"),
    (lambda: X.topk(2.0), "topk: k must be an int, got float"),
    (lambda: autograd.roll(X, 1.0), "roll: each shift must be an int, got float"),
    (lambda: F.pad(X, (1, 0.5)), "pad: each must be an int, got float"),
    (lambda: X.repeat_interleave(1.5), "repeat_interleave: repeats must be integers, got float64"),
    (lambda: X.reshape("a"), "reshape: each must be an int, got str"),
    (lambda: X.view(3, 4.0), "reshape: each must be an int, got float"),
    (lambda: X.permute(0, 1.0), "permute: each must be an int, got float"),
    (lambda: X.expand(None), "expand: each must be an int, got NoneType"),
    (lambda: X.tile(1.5), "tile: each must be an int, got float"),
    (lambda: X.repeat("a"), "repeat: each must be an int, got str"),
    (lambda: X.tril(1.5), "tril: diagonal must be an int, got float"),
    (lambda: X.triu(None), "triu: diagonal must be an int, got NoneType"),
    (lambda: X.roll(True, 0), "roll: each shift must be an int, got bool"),
])  # fmt: skip
def test_what_must_be_an_int(call, said):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(said)


def test_integers_of_all_kinds_are_ints():
    for one in (1, np.int64(1), np.uint8(1), autograd.tensor(1)):
        assert X.sum(one).tolist() == [4, 4, 4] and X.tile(one).shape == (3, 4)
        assert X.topk(one).values.shape == (3, 1) and len(X.split(one)) == 3
        assert X.tril(one).sum().item() == 9 and X.repeat_interleave(one, 0).shape == (3, 4)


def test_a_layer_without_bias_says_how_many_features_it_takes():
    said = r"linear: this layer takes 2 features, but the last size of x is 4"
    for layer in (nn.Linear(2, 3, bias=False), lambda x: F.linear(x, autograd.ones(3, 2))):
        for x in (X, X[0], X[None]):
            with pytest.raises(ValueError, match=said):
                layer(x)


LOSSES = {
    "argmax": lambda x: (x * 2).argmax(), "detach": lambda x: (x * 2).detach().sum(),
    "item": lambda x: autograd.tensor((x * 2).sum().item()), "==": lambda x: (x == x).float().sum(),
    "long": lambda x: x.long().sum(), "data": lambda x: autograd.tensor(x.data * 2).sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_without_a_graph_says_what_may_have_lost_it(name):
    loss = LOSSES[name](autograd.tensor([1.0, 2.0], requires_grad=True))
    with pytest.raises(
        RuntimeError, match=r"no gradient goes through detach\(\), item\(\), argmax"
    ):
        loss.backward()


def test_a_running_total_says_what_to_do():
    w, total = autograd.tensor(2.0, requires_grad=True), 0.0
    total += w * w
    total.backward()
    with pytest.raises(RuntimeError, match=r"a running total, take item\(\) or detach\(\)"):
        (total + w * w).backward()


def test_a_class_is_no_layer():
    for make in (lambda *m: nn.Sequential(*m), lambda *m: nn.ModuleList(m)):
        with pytest.raises(
            TypeError, match=r"item 1 is a type, not a Module; make one: ReLU\(\.\.\.\)"
        ):
            make(nn.Linear(2, 2), nn.ReLU)
    with pytest.raises(TypeError, match=r"item 0 is a function, not a Module$"):
        nn.Sequential(lambda x: x)


ONES = {shape: (lambda m, shape=shape: m.ones(shape)) for shape in [(1,), (3,), (4,), (5,), (4, 1)]}
MISFITS = {
    "batch_norm": lambda m, f, w: f.batch_norm(m.ones(3, 4), w, w),
    "batch_norm, training": lambda m, f, w: f.batch_norm(m.ones(3, 4), w, w, training=True),
    "its weight": lambda m, f, w: f.batch_norm(m.ones(3, 4), m.zeros(4), m.ones(4), w),
    "its bias": lambda m, f, w: f.batch_norm(m.ones(3, 4), m.zeros(4), m.ones(4), None, w),
    "layer_norm": lambda m, f, w: f.layer_norm(m.ones(3, 4), (4,), w),
    "bias": lambda m, f, w: f.layer_norm(m.ones(3, 4), (4,), None, w),
    "conv2d": lambda m, f, w: f.conv2d(m.ones(1, 1, 3, 3), m.ones(4, 1, 2, 2), w),
    "cross_entropy": lambda m, f, w: f.cross_entropy(m.ones(3, 4), m.tensor([0, 1, 2]), w),
    "smooth": lambda m, f, w: f.cross_entropy(
        m.ones(3, 4), m.tensor([0, 1, 2]), w, label_smoothing=0.1
    ),
    "probabilities": lambda m, f, w: f.cross_entropy(m.ones(3, 4), m.ones(3, 4) / 4, w),
    "images": lambda m, f, w: f.cross_entropy(m.ones(3, 4, 5), m.zeros(3, 5).long(), w),
    "nll_loss": lambda m, f, w: f.nll_loss(m.ones(3, 4), m.tensor([0, 1, 2]), w),
}


@pytest.mark.parametrize("shape", ONES)
@pytest.mark.parametrize("name", MISFITS)
def test_what_has_a_number_for_each_feature_or_class_is_not_broadcast(name, shape):
    call, make = MISFITS[name], ONES[shape]
    if shape == (4,):
        ours, theirs = [call(m, f, make(m)).tolist() for m, f in ((autograd, F), (torch, TF))]
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    else:
        if shape != (4, 1):  # some of torch's take it
            with pytest.raises(RuntimeError):
                call(torch, TF, make(torch))
        with pytest.raises(
            ValueError, match=r"must have shape \(4,\).*, got " + re.escape(str(shape))
        ):
            call(autograd, F, make(autograd))


@pytest.mark.parametrize("loss", [
    "mse_loss", "l1_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
])  # fmt: skip
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_weights_do_not_enlarge_a_loss(loss, reduction):
    x = autograd.full((3, 4), 0.5)
    for weight in (autograd.ones(2, 3, 4), autograd.ones(2, 1, 4)):
        with pytest.raises(ValueError, match=rf"{loss}: weight of shape .* does not fit"):
            getattr(F, loss)(x, x, weight=weight, reduction=reduction)
    assert getattr(F, loss)(x, x, weight=autograd.ones(4), reduction=reduction).shape in (
        (),
        (3, 4),
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss"])
def test_a_loss_that_ignores_some_keeps_its_dtype(loss, dtype):
    def value(m, f):
        x = m.tensor([[0.5, -1.0], [2.0, 0.25]], dtype=getattr(m, dtype), requires_grad=True)
        y = getattr(f, loss)(x, m.tensor([1, -100]))
        y.backward()
        kind = str(y.dtype).removeprefix("torch.")
        return [kind, str(x.grad.dtype).removeprefix("torch.")], [
            y.item(),
            *x.grad.flatten().tolist(),
        ]

    (ours, numbers), (theirs, expected) = each(value)
    assert ours == theirs
    np.testing.assert_allclose(numbers, expected, rtol=2e-3 if dtype == "float16" else 1e-6)


def test_losses_of_nothing_are_refused_or_nan():
    for loss in (F.cross_entropy, F.nll_loss):
        for target in ([-100, -100], [0, 0]):
            with pytest.raises(ValueError, match=r"input of shape \(2, 0\) has no classes"):
                loss(autograd.ones(2, 0), autograd.tensor(target))
    with np.errstate(invalid="ignore"):
        for m, f in ((autograd, F), (torch, TF)):
            assert math.isnan(f.kl_div(m.ones(0, 2), m.ones(0, 2), reduction="batchmean").item())


@pytest.mark.parametrize("call, error", [
    (lambda: F.batch_norm(autograd.ones(4), None, None, training=True), "must be .N, features"),
    (lambda: F.batch_norm(autograd.ones(4), autograd.ones(4), autograd.ones(4)), "must be .N, fe"),
    (lambda: F.embedding(autograd.tensor([0]), autograd.ones(3)), r"weight must be \(rows, colu"),
    (lambda: F.embedding(autograd.tensor([0]), autograd.ones(3, 2), 3), "padding_idx 3 is none of"),
    (lambda: F.embedding(autograd.tensor([0]), autograd.ones(3, 2), -4), "padding_idx -4 is none"),
    (lambda: F.hardtanh(autograd.ones(3), 1, -1), "min_val 1 must not be above max_val -1"),
])  # fmt: skip
def test_layers_of_what_does_not_fit(call, error):
    with pytest.raises((ValueError, IndexError), match=error):
        call()


@pytest.mark.parametrize("part", [..., slice(1, None), (slice(None), 0)])
def test_a_large_tensor_keeps_what_it_was_before_a_change_that_reads_it(part):
    """Small ones are copied for the pictures; a large one because the VJP of ``*=`` needs it."""

    def gradients(m, f):
        x = m.tensor(np.cos(np.arange(10000.0)).reshape(5000, 2), requires_grad=True)
        w = m.tensor(3.0, dtype=m.float64, requires_grad=True)
        y = x * 1
        z = y[part]
        z *= w
        z **= 2
        y.sum().backward()
        return [w.grad.item(), *x.grad.flatten().tolist()]

    np.testing.assert_allclose(*each(gradients), rtol=1e-9)


def test_derivatives_that_go_on_where_an_input_requires_none():
    x = autograd.tensor([1.0, 2.0])
    for function in (autograd.functional.jacobian, autograd.functional.hessian):
        found = function(lambda x: (x**3).sum(), x, create_graph=True)
        assert found.requires_grad
        x.requires_grad_()
        again = function(lambda x: (x**3).sum(), x)
        assert not again.requires_grad and again.tolist() == found.tolist()
        x.requires_grad_(False)


def test_corners_where_torch_differs():
    """As docs/differences.md has them."""

    def gradient(m, y, *xs, **keywords):
        grad = autograd.grad if m is autograd else torch.autograd.grad
        return grad(y.sum(), xs, **keywords)[0]

    def convolution(m, f):
        x, w = m.ones(1, 1, 3, 3, requires_grad=True), m.ones(1, 1, 2, 2)
        w[0, 0, 0, 0] = math.inf
        return gradient(m, f.conv2d(x, w), x)[0, 0, 2].tolist()

    with np.errstate(invalid="ignore"):
        ours, theirs = each(convolution)
    assert np.isnan(ours).all() and theirs == [1, 2, 1]

    def bend(m, f):
        x = m.tensor([0.0], requires_grad=True)
        return gradient(m, gradient(m, f.elu(x), x, create_graph=True), x).item()

    assert each(bend) == [1, 0]

    def turned(m, f):
        y = m.tensor([2.0], requires_grad=True)
        return gradient(m, m.atan2(m.tensor(np.array([1], np.uint8)), y), y).item()

    np.testing.assert_allclose(each(turned), [-0.2, 51.0], rtol=1e-6)

    def widened(m, f):
        return str(m.einsum("i,->i", m.ones(2), m.tensor(2.0, dtype=m.float64)).dtype)

    assert each(widened) == ["float32", "torch.float64"]
    assert autograd.arange(3, 0).shape == (0,)
    with pytest.raises(RuntimeError, match="inconsistent"):
        torch.arange(3, 0)


def test_changes_behind_a_detach():
    """They go on to the values, and not into the graph; a leaf behind it is still a leaf."""
    for m, mode in (
        (autograd, contextlib.nullcontext()), (autograd, autograd.record_source()),
        (torch, contextlib.nullcontext()),
    ):  # fmt: skip
        with mode:
            changes_behind_a_detach(m)


def changes_behind_a_detach(m):
    y = m.ones(3, requires_grad=True) * 1
    leaf = y.detach().requires_grad_()
    with pytest.raises(RuntimeError, match="leaf"):
        leaf[0].add_(1)
    p = m.ones(2, 3, requires_grad=True)
    for part in (p[0].detach(), p.detach()[1], p[0][1:].detach()):
        part.add_(1)
    assert p.is_leaf and p.tolist() == [[2, 3, 3], [2, 2, 2]]
    (p * p).sum().backward()
    assert p.grad.tolist() == [[4, 6, 6], [4, 4, 4]]


def test_a_plateau_counts_from_the_first_measure():
    rates = []
    for m, o in ((autograd, nn.optim), (torch, torch.optim)):
        opt = o.SGD([m.ones(1, requires_grad=True)], lr=1.0)
        plateau = o.lr_scheduler.ReduceLROnPlateau(opt, patience=1, cooldown=1)
        rates.append([])
        for measure in (math.nan, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5):
            plateau.step(measure)
            rates[-1].append(opt.param_groups[0]["lr"])
    np.testing.assert_allclose(*rates)


def test_a_hook_may_change_a_gradient_while_anomalies_are_looked_for():
    for hooked in ("x", "y"):
        x = autograd.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        {"x": x, "y": y}[hooked].register_hook(lambda g: g * 3)
        with autograd.detect_anomaly():
            (y * y).sum().backward()
        assert x.grad.tolist() == [24, 48]


BEHIND = {
    "detach": lambda m, y: y.detach().add_(1), "item": lambda m, y: y[0].detach().add_(1),
    "of detach": lambda m, y: y.detach()[0].mul_(2), "deep": lambda m, y: y[0][1:].detach().add_(1),
    "between": lambda m, y: y[0].detach()[1:].add_(1), "T": lambda m, y: y.T.detach().mul_(2),
    "flat": lambda m, y: y.reshape(-1).detach().mul_(2), "put": lambda m, y: put(y.detach(), 5.0),
    "no_grad": lambda m, y: unseen(m, y, lambda y: y.add_(1)),
    "row": lambda m, y: unseen(m, y, lambda y: y[0].add_(1)),
    "diagonal": lambda m, y: unseen(m, y, lambda y: y.diagonal().mul_(3)),
    "twice": lambda m, y: (y.detach().add_(1), y[1].detach().mul_(2)),
}  # fmt: skip


def put(x, value):
    x[0, 1] = value


def unseen(m, y, change):
    with m.no_grad():
        change(y)


@pytest.mark.parametrize("name", BEHIND)
def test_a_change_behind_the_graph_changes_values_and_not_where_gradients_go(name):
    """Eagerly, while everything is recorded, and in a compiled program."""

    def loss(m, w):
        y = w * 3
        BEHIND[name](m, y)
        return (y * y * y).sum()

    def results(m, mode):
        w = m.tensor([[1.0, 2.0, -1.0], [0.5, 3.0, 1.5]], requires_grad=True)
        with mode:
            y = loss(m, w)
        y.backward()
        return [y.item(), *w.grad.flatten().tolist()]

    expected = results(torch, contextlib.nullcontext())
    np.testing.assert_allclose(results(autograd, contextlib.nullcontext()), expected, rtol=1e-6)
    np.testing.assert_allclose(results(autograd, autograd.record_source()), expected, rtol=1e-6)
    w = autograd.tensor([[1.0, 2.0, -1.0], [0.5, 3.0, 1.5]], requires_grad=True)
    program = autograd.compile(lambda c: loss(autograd, w * c), autograd.tensor(1.0))
    w.grad = None
    value = program(autograd.tensor(1.0)).item()
    np.testing.assert_allclose([value, *w.grad.flatten().tolist()], expected, rtol=1e-6)


@pytest.mark.parametrize("spacing", [(), (2.0,), (0.5, 2.0), ([0.0, 1.0, 4.0], 2.0)])
def test_differences_with_a_spacing_for_each_axis(spacing):
    a = np.cos(np.arange(12.0)).reshape(3, 4)
    expected = np.gradient(a, *spacing)
    for ours, b in zip(np.gradient(autograd.tensor(a), *spacing), expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), b)


def test_what_was_recorded_before_a_change_outside_is_not_taken_for_it():
    with autograd.record_source():
        x = autograd.tensor([1.0, 2.0]) * 2
    for change in (lambda: x.add_(1), lambda: x[:1].mul_(3), lambda: x.detach().sub_(1)):
        change()
        with autograd.record_source():
            y = x * 3
        assert computed_again(y).tolist() == y.tolist() == (3 * x).tolist()
