"""Layers and losses against torch: values, derivatives, float16, reprs, what is refused."""

import numpy as np
import pytest

import autograd
import nn
from autograd import gradcheck, gradgradcheck, tensor

from .oracles import torch

F, TF = nn.functional, torch.nn.functional
BOTH = [(autograd, nn), (torch, torch.nn)]


def close(ours, theirs, rtol=1e-12, atol=1e-12):
    for a, b in zip(ours, theirs, strict=True):
        a, b = (x.detach().numpy() if hasattr(x, "detach") else np.asarray(x) for x in (a, b))
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def numbers(*shape, seed=0, low=-2.0, high=2.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


def values_and_gradients(function, *arrays):
    """The same function by both libraries: result, gradients, and gradients of the gradients."""
    runs = []
    for lib, n in BOTH:
        xs = [lib.tensor(a, requires_grad=True) for a in arrays]
        y = function(n, *xs)
        grad = lib.grad if lib is autograd else lib.autograd.grad
        v = lib.tensor(np.cos(np.arange(y.detach().numpy().size)).reshape(tuple(y.shape)))
        firsts = grad((y * v).sum(), xs, create_graph=True)
        total = sum((g * g).sum() for g in firsts)
        seconds = grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
        seconds = [np.zeros(x.shape) if g is None else g for g, x in zip(seconds, xs)]
        runs.append([y, *firsts, *seconds])
    return runs


# -- convolution ---------------------------------------------------------------------------

CONVOLUTIONS = [
    ((2, 3, 5, 6), (4, 3, 3, 2), {}),
    ((2, 3, 5, 6), (4, 3, 3, 2), {"stride": 2}),
    ((1, 2, 7, 8), (3, 2, 3, 3), {"stride": (2, 3), "padding": (1, 2)}),
    ((1, 2, 7, 8), (3, 2, 2, 3), {"dilation": (2, 3), "padding": 2}),
    ((2, 1, 9, 8), (2, 1, 2, 2), {"stride": 3, "dilation": 2}),
    ((2, 1, 6, 6), (2, 1, 1, 1), {"stride": 4, "padding": 1}),
    ((1, 1, 10, 10), (1, 1, 3, 3), {"stride": 5}),
    ((2, 3, 4, 4), (2, 3, 4, 4), {}),
    ((3, 5, 6), (4, 3, 2, 2), {"padding": 1}),
    ((2, 2, 5, 6), (2, 2, 3, 3), {"padding": "same"}),
    ((2, 2, 5, 6), (2, 2, 2, 4), {"padding": "same", "dilation": (1, 2)}),
    ((2, 2, 5, 6), (2, 2, 3, 3), {"padding": "valid", "stride": 2}),
    ((0, 2, 5, 6), (3, 2, 3, 3), {}),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("x, weight, settings", CONVOLUTIONS, ids=str)
def test_conv2d_as_torch(x, weight, settings):
    def convolved(n, x, w, b):
        return n.functional.conv2d(x, w, b, **settings)

    close(*values_and_gradients(convolved, numbers(*x), numbers(*weight), numbers(weight[0])))


@pytest.mark.parametrize("x, weight, settings", CONVOLUTIONS[:9], ids=str)
def test_conv2d_by_differences(x, weight, settings):
    xs = [tensor(numbers(*s), requires_grad=True) for s in (x, weight)]
    convolved = lambda x, w: autograd.conv2d(x, w, **settings)  # noqa: E731
    assert gradcheck(convolved, xs) and gradgradcheck(convolved, xs)


POOLS = [
    ((2, 3, 4, 6), 2, {}),
    ((2, 3, 5, 7), 2, {}),
    ((2, 3, 5, 7), (3, 2), {"stride": 1}),
    ((1, 2, 6, 6), 3, {"stride": 2, "padding": 1}),
    ((1, 2, 7, 7), 3, {"stride": (1, 2), "dilation": (2, 1), "padding": (1, 1)}),
    ((3, 4, 4), 2, {}),
    ((1, 1, 3, 3), 3, {}),
    ((1, 1, 5, 5), 1, {"stride": 2}),
]


@pytest.mark.parametrize("x, size, settings", POOLS, ids=str)
@pytest.mark.parametrize("ties", [False, True])
def test_max_pool2d_as_torch(x, size, settings, ties):
    a = numbers(*x)
    a = np.round(a) if ties else a
    close(*values_and_gradients(lambda n, x: n.functional.max_pool2d(x, size, **settings), a))


@pytest.mark.parametrize("x, size, settings", POOLS, ids=str)
def test_max_pool2d_by_differences(x, size, settings):
    a = np.random.default_rng(1).permutation(np.prod(x)).reshape(x) / 10.0
    x = tensor(a, requires_grad=True)
    pooled = lambda x: autograd.max_pool2d(x * x, size, **settings)  # noqa: E731
    assert gradcheck(pooled, [x]) and gradgradcheck(pooled, [x])


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("share", [0.7, 1.0])
def test_max_pool2d_chooses_in_the_image_and_not_in_the_padding(share, stride, dilation):
    random = np.random.default_rng(0)
    a = np.where(random.random((2, 2, 7, 6)) < share, -np.inf, random.normal(size=(2, 2, 7, 6)))
    runs = []
    for lib, n in BOTH:
        x = lib.tensor(a, requires_grad=True)
        y = n.functional.max_pool2d(x, 3, stride, 1, dilation)
        y.backward(lib.tensor(np.random.default_rng(1).normal(size=tuple(y.shape))))
        runs.append((y, x.grad))
    close(*runs)


def test_max_pool2d_of_nan_and_inf_as_torch():
    a = numbers(1, 1, 4, 4)
    a[0, 0, 0, 1], a[0, 0, 1, 3], a[0, 0, 2:, :2] = np.nan, np.inf, -np.inf
    runs = []
    for lib, n in BOTH:
        x = lib.tensor(a, requires_grad=True)
        y = n.functional.max_pool2d(x, 2)
        y.sum().backward()
        runs.append((y, x.grad))
    close(*runs)


def test_float32_images_stay_float32():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    x = autograd.rand(2, 1, 6, 6, requires_grad=True)
    y = model(x)
    y.sum().backward()
    assert {y.dtype, x.grad.dtype, model[0].weight.grad.dtype} == {autograd.float32}


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda: nn.Conv2d(3, 4, 2)(autograd.zeros(1, 1, 8, 8)),
         r"weight is \(4, 3, 2, 2\), so input must be \(N, 3, H, W\).*input is \(1, 1, 8, 8\)"),
        (lambda: nn.Conv2d(1, 4, 2)(autograd.zeros(8, 8)), r"input is \(8, 8\)"),
        (lambda: F.conv2d(autograd.zeros(1, 1, 8, 8), autograd.zeros(1, 2, 2)), "weight is"),
        (lambda: nn.Conv2d(1, 4, 5)(autograd.zeros(1, 1, 4, 8)), "a window takes 5 rows and 5 col"),
        (lambda: nn.Conv2d(1, 4, 5, stride=0), "Conv2d: stride must be one or"),
        (lambda: nn.Conv2d(1, 4, 5, padding=-1), "Conv2d: padding must be one"),
        (lambda: nn.Conv2d(1, 4, 5, stride=(1, 1, 1)), "Conv2d: stride must be one or"),
        (lambda: nn.Conv2d(1, 4, 0), "Conv2d: kernel_size must be one or"),
        (lambda: nn.Conv2d(2, 4, 3, groups=2), "Conv2d: groups can only be 1 here, got 2"),
        (lambda: nn.Conv2d(2, 4, 3, padding_mode="reflect"), "padding_mode can only be 'zeros'"),
        (lambda: F.conv2d(autograd.zeros(1, 1, 8, 8), autograd.zeros(1, 1, 2, 2), groups=2),
         "conv2d: groups can only be 1"),
        (lambda: F.conv2d(autograd.zeros(1, 1, 8, 8), autograd.zeros(1, 1, 2, 2), stride=1.5),
         "stride must be one or two integers"),
        (lambda: nn.Conv2d(1, 4, 5, padding="full"), "Conv2d: padding is 'full'"),
        (lambda: nn.Conv2d(1, 4, 5, stride=2, padding="same"), "Conv2d: padding is 'same' with"),
        (lambda: F.conv2d(autograd.zeros(1, 1, 8, 8), autograd.zeros(1, 1, 2, 2), padding="full"),
         "conv2d: padding is 'full'"),
        (lambda: nn.MaxPool2d(2)(autograd.zeros(8, 8)), "max_pool2d: input must be"),
        (lambda: nn.MaxPool2d(2, padding=2)(autograd.zeros(1, 8, 8)), "more than half"),
        (lambda: nn.MaxPool2d(9)(autograd.zeros(1, 8, 8)), "max_pool2d: a window takes 9 rows"),
        (lambda: nn.MaxPool2d((2, 2, 2)), "MaxPool2d: kernel_size must be one or"),
        (lambda: nn.MaxPool2d(2, dilation=0), "MaxPool2d: dilation must be one or"),
        (lambda: nn.MaxPool2d(2, ceil_mode=True), "MaxPool2d: ceil_mode can only be False here"),
        (lambda: nn.MaxPool2d(2, return_indices=True), "MaxPool2d: return_indices can only be"),
        (lambda: F.max_pool2d(autograd.zeros(1, 8, 8), 2, ceil_mode=True), "max_pool2d: ceil_mode"),
    ],
)  # fmt: skip
def test_images_that_do_not_fit(fault, message):
    with pytest.raises(ValueError, match=message):
        fault()


# -- normalization -------------------------------------------------------------------------


def test_layer_norm_in_float16_as_torch():
    x = (numbers(4, 8, low=200, high=400)).astype(np.float16)
    runs = []
    for lib, n in BOTH:
        layer = n.LayerNorm(8)
        t = lib.tensor(x, requires_grad=True)
        layer.to(lib.float16) if lib is torch else layer.to("float16")
        y = layer(t)
        (y * y * y).sum().backward()
        assert y.dtype == t.grad.dtype == lib.float16
        runs.append((y.detach().numpy().astype("f4"), t.grad.numpy().astype("f4")))
    close(*runs, rtol=2e-3, atol=2e-3)
    assert np.abs(runs[0][0]).max() > 1
    assert np.isfinite(nn.LayerNorm(2)(tensor([[6e4, -6e4]], dtype=autograd.float16)).data).all()


@pytest.mark.parametrize("weight, bias", [(True, True), (True, False), (False, False)])
def test_layer_norm_as_torch(weight, bias):
    ours, theirs = (n.LayerNorm((2, 3), 1e-3, weight, bias) for n in (nn, torch.nn))
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    arrays = [numbers(4, 2, 3), numbers(2, 3)]
    close(*values_and_gradients(
        lambda n, x, w: n.functional.layer_norm(x, (2, 3), w, eps=1e-3), *arrays))  # fmt: skip


NORMS = [
    ("BatchNorm1d", (6, 3), {}),
    ("BatchNorm1d", (6, 3, 2), {"momentum": 0.4, "eps": 0.1}),
    ("BatchNorm1d", (6, 3), {"momentum": None}),
    ("BatchNorm1d", (6, 3), {"affine": False}),
    ("BatchNorm1d", (6, 3), {"track_running_stats": False}),
    ("BatchNorm2d", (2, 3, 2, 2), {"momentum": 0.5}),
]


@pytest.mark.parametrize("name, shape, settings", NORMS, ids=str)
def test_batch_norm_as_torch(name, shape, settings):
    runs, reprs = [], []
    for lib, n in BOTH:
        layer, kept = getattr(n, name)(3, **settings).double(), []
        for i in range(3):
            x = lib.tensor(numbers(*shape, seed=i) + i, requires_grad=True)
            y = layer(x)
            (y**3).sum().backward()
            kept += [y, x.grad, *layer.buffers()]
        layer.eval()
        kept += [layer(x), *layer.buffers()]
        kept += [p.grad for p in layer.parameters()]
        runs.append(kept)
        reprs.append((repr(layer), list(layer.state_dict())))
    close(*runs)
    assert reprs[0] == reprs[1]


def test_batch_norm_has_second_derivatives_as_torch():
    def normalized(n, x, w, b):
        mean, var = x.detach().mean(0) * 0, x.detach().mean(0) * 0 + 1
        return n.functional.batch_norm(x, mean, var, w, b, training=True)

    close(*values_and_gradients(normalized, numbers(5, 3), numbers(3), numbers(3)))


def test_batch_norm_in_float16():
    x = numbers(50, 1, low=200, high=300).astype(np.float16)
    layer = nn.BatchNorm1d(1)
    y = layer(tensor(x))
    assert y.dtype == autograd.float16 and abs(float(y.data.astype("f4").std()) - 1) < 0.01
    np.testing.assert_allclose(layer.running_mean.item(), 0.1 * x.astype("f8").mean(), rtol=1e-5)


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda: nn.BatchNorm1d(3)(autograd.zeros(2, 4)), "BatchNorm1d: .* of size 3"),
        (lambda: nn.BatchNorm1d(3)(autograd.zeros(3)), "2 or 3 dimensions"),
        (lambda: nn.BatchNorm2d(3)(autograd.zeros(2, 3)), "BatchNorm2d: x must have 4 dimensions"),
        (lambda: nn.BatchNorm1d(3)(autograd.zeros(1, 3)), "one value of a feature"),
        (lambda: F.batch_norm(autograd.zeros(2, 3), None, None), "needs running_mean"),
        (lambda: F.layer_norm(autograd.zeros(2, 3), (2,)), "does not end in"),
    ],
)
def test_batches_that_do_not_fit(fault, message):
    with pytest.raises(ValueError, match=message):
        fault()


# -- embedding, activations, flatten -------------------------------------------------------


def test_embedding_as_torch():
    weight, index = numbers(5, 3), np.array([[0, 4, 4], [2, 0, 0]])
    for padding in (None, 0, -1):
        runs, reprs = [], []
        for lib, n in BOTH:
            layer = n.Embedding(5, 3, padding_idx=padding).double()
            reprs.append((repr(layer), layer.padding_idx))
            with lib.no_grad():
                layer.weight.copy_(lib.tensor(weight))
            y = layer(lib.tensor(index))
            (y**3).sum().backward()
            runs.append((y, layer.weight.grad))
        close(*runs)
        assert reprs[0] == reprs[1]


def test_embedding_starts_normal_and_with_zeros_for_padding():
    autograd.manual_seed(0)
    layer = nn.Embedding(1000, 10, padding_idx=3)
    assert abs(layer.weight.std().item() - 1) < 0.02 and not layer.weight[3].any()
    w = tensor(numbers(4, 2), requires_grad=True)
    take = lambda w: F.embedding(np.array([1, 1, 2]), w) ** 2  # noqa: E731
    assert gradcheck(take, [w]) and gradgradcheck(take, [w])


@pytest.mark.parametrize(
    "fault, error, message",
    [
        (lambda e: e(tensor([0, 5])), IndexError, "weight has 5 rows.* 0 to 5"),
        (lambda e: e(tensor([-1])), IndexError, "got -1 to -1"),
        (lambda e: e(tensor([1.0])), TypeError, "must be integer, got float32"),
        (lambda e: e(tensor([True])), TypeError, "must be integer, got bool"),
        (lambda e: nn.Embedding(5, 3, padding_idx=5), ValueError, "no vector 5 of 5"),
    ],
)
def test_embedding_refuses(fault, error, message):
    with pytest.raises(error, match=message):
        fault(nn.Embedding(5, 3))


SPECIAL = np.array([-np.inf, -100.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 100.0, np.inf, np.nan])


@pytest.mark.parametrize(
    "function",
    [
        lambda n, x: n.functional.elu(x),
        lambda n, x: n.functional.elu(x, 0.3),
        lambda n, x: n.functional.hardtanh(x),
        lambda n, x: n.functional.hardtanh(x, -0.5, 100.0),
    ],
)
def test_elu_and_hardtanh_as_torch_at_odd_values_too(function):
    runs = []
    for lib, n in BOTH:
        x = lib.tensor(SPECIAL, requires_grad=True)
        y = function(n, x)
        y.backward(lib.ones_like(y))
        runs.append((y, x.grad))
    close(*runs)
    close(*values_and_gradients(function, numbers(20)))


def test_activations_take_torchs_settings_and_have_its_repr():
    x = numbers(3, 4)
    makers = [
        lambda n: n.ReLU(inplace=True), lambda n: n.ReLU(), lambda n: n.SiLU(inplace=True),
        lambda n: n.LeakyReLU(0.3, inplace=True), lambda n: n.ELU(2.0, True), lambda n: n.ELU(),
        lambda n: n.Hardtanh(-0.5, 0.3, True), lambda n: n.GELU("tanh"), lambda n: n.GELU(),
        lambda n: n.Dropout(0.0, True), lambda n: n.Softmax(1), lambda n: n.Identity(3, unused=1),
        lambda n: n.Conv2d(1, 2, 3, 2, padding=(1, 0), dilation=2, bias=False),
        lambda n: n.Conv2d(1, 2, 3, padding="same"), lambda n: n.MaxPool2d(2),
        lambda n: n.MaxPool2d((2, 1), stride=1, padding=(1, 0)), lambda n: n.Flatten(),
    ]  # fmt: skip
    for make in makers:
        ours, theirs = make(nn), make(torch.nn)
        assert repr(ours) == repr(theirs)
        if not isinstance(ours, nn.Conv2d | nn.MaxPool2d):
            given = tensor(x)
            close([ours(given)], [theirs(torch.tensor(x))])
            assert (given.data == x).all()
    close([nn.Softplus(2.0)(tensor(x))], [torch.nn.Softplus(2.0)(torch.tensor(x))])
    with pytest.raises(ValueError, match="min_val 1 must be below max_val -1"):
        nn.Hardtanh(1, -1)


@pytest.mark.parametrize(
    "start, end", [(1, -1), (0, -1), (0, 0), (-1, -1), (1, 2), (-2, 2), (2, 2)]
)
@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4), (0, 3, 4), (5,), (), (2, 1, 3, 2)])
def test_flatten_as_torch_or_refused_as_by_it(start, end, shape):
    x = np.zeros(shape, "f")
    try:
        expected = tuple(torch.nn.Flatten(start, end)(torch.tensor(x)).shape)
    except (RuntimeError, IndexError):
        with pytest.raises((ValueError, IndexError), match="Flatten: "):
            nn.Flatten(start, end)(tensor(x))
    else:
        assert nn.Flatten(start, end)(tensor(x)).shape == expected


def test_flatten_that_ends_before_it_starts():
    with pytest.raises(ValueError, match="start_dim 2 comes after end_dim 1"):
        nn.Flatten(2, 1)(autograd.zeros(2, 3, 4))


# -- losses --------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("delta", [1.0, 0.3])
def test_huber_loss_as_torch(reduction, delta):
    y = numbers(4, 3, seed=1)
    target = y.copy()
    target[0, 0] += delta  # on the border
    target[1] += [0.1, 5.0, -3.0]

    def loss(n, x, t):
        return n.HuberLoss(reduction=reduction, delta=delta)(x, t)

    close(*values_and_gradients(loss, y, target))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.filterwarnings("ignore:reduction")
def test_kl_div_as_torch(reduction, log_target):
    x = np.log(numbers(4, 3, low=0.1, high=1.0))
    target = numbers(4, 3, seed=1, low=0.1, high=1.0)

    def loss(n, x, t):
        return n.KLDivLoss(reduction=reduction, log_target=log_target)(x, t)

    close(*values_and_gradients(loss, x, np.log(target) if log_target else target))
    target[0] = [0, 0, 1]
    runs = []
    for lib, n in BOTH:
        t = lib.tensor(x, requires_grad=True)
        y = loss(n, t, lib.tensor(target))
        y.sum().backward()
        runs.append((y, t.grad))
    close(*runs)


def test_losses_refuse():
    with pytest.raises(ValueError, match=r"MSELoss: reduction must be one of .*got 'batchmean'"):
        nn.MSELoss("batchmean")
    with pytest.raises(ValueError, match="delta must be above 0"):
        nn.HuberLoss(delta=0)(tensor([1.0]), tensor([1.0]))
    for loss in (nn.HuberLoss(), nn.KLDivLoss()):
        with pytest.raises(ValueError, match="must have one shape"):
            loss(tensor([1.0]), tensor([[1.0]]))


# -- clipping ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "grads",
    [[[np.nan, 1.0], [2.0]], [[np.inf, 1.0], [2.0]], [[0.0, 0.0], [0.0]], [[3.0, 4.0], [12.0]],
     [[1e-3, 0.0], [0.0]]],
)  # fmt: skip
@pytest.mark.parametrize("norm_type", [2.0, 1.0, np.inf])
def test_clip_grad_norm_as_torch_at_odd_values_too(grads, norm_type):
    runs = []
    for lib, n in BOTH:
        params = [lib.tensor(np.ones(len(g)), requires_grad=True) for g in grads]
        for p, g in zip(params, grads):
            p.grad = lib.tensor(np.array(g))
        total = n.utils.clip_grad_norm_(params, 1.0, norm_type)
        runs.append([total, *[p.grad for p in params]])
    close(*runs)


def test_clip_grad_norm_of_float16_does_not_overflow():
    p = tensor([1.0, 1.0], dtype=autograd.float16, requires_grad=True)
    p.grad = tensor([6e4, 6e4], dtype=autograd.float16)
    assert abs(nn.utils.clip_grad_norm_(p, 1.0).item() / (6e4 * 2**0.5) - 1) < 1e-3
    assert abs(p.grad.data.astype("f4") - 0.5**0.5).max() < 1e-3


def test_clipping_refuses_and_is_noticed():
    layer = nn.Linear(2, 1)
    for clip in (nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_):
        with pytest.raises(TypeError, match=r"such as model.parameters\(\), not Module.parameters"):
            clip(layer.parameters, 1.0)
        x = tensor([3.0, 4.0], requires_grad=True)
        (x**3).sum().backward(create_graph=True)
        total = (x.grad**2).sum()
        clip(x, 1.0)
        with pytest.raises(RuntimeError, match=r"clip_grad_.* changed it in place"):
            total.backward()


# -- starting values -----------------------------------------------------------------------


def test_a_convolution_starts_as_torchs():
    autograd.manual_seed(0)
    layer, theirs = nn.Conv2d(16, 64, 5), torch.nn.Conv2d(16, 64, 5)
    for name in ("weight", "bias"):
        a, b = getattr(layer, name), getattr(theirs, name)
        assert a.shape == tuple(b.shape)
        assert abs(a.std().item() / b.std().item() - 1) < 0.15
        assert a.abs().max().item() <= 1 / (16 * 25) ** 0.5


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("nonlinearity", ["leaky_relu", "relu", "tanh", "linear", "sigmoid"])
@pytest.mark.parametrize("shape", [(80, 50), (30, 20, 3, 2)])
def test_kaiming_has_torchs_spread(shape, nonlinearity, mode):
    assert nn.init.calculate_gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)
    for name in ("kaiming_uniform_", "kaiming_normal_"):
        spreads = []
        for lib, n in BOTH:
            w = getattr(n.init, name)(lib.zeros(shape), 0.3, mode, nonlinearity)
            spreads.append(w.numpy().std())
        assert abs(spreads[0] / spreads[1] - 1) < 0.1


def test_starting_values_refuse():
    for fault, message in [
        (lambda: nn.init.kaiming_normal_(autograd.zeros(2, 2), mode="fan"), "'fan_in' or"),
        (lambda: nn.init.kaiming_normal_(autograd.zeros(2, 2), nonlinearity="elu"), "got 'elu'"),
        (lambda: nn.init.xavier_normal_(autograd.zeros(2)), "needs a weight of shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            fault()


def weights_of(lib, **arrays):
    return {name: lib.tensor(np.array(x)) for name, x in arrays.items()}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    "name, weights, settings",
    [
        ("CrossEntropyLoss", {"weight": [0.5, 1.0, 2.0]}, {"label_smoothing": 0.1}),
        ("CrossEntropyLoss", {}, {"ignore_index": 1}),
        ("NLLLoss", {"weight": [0.5, 1.0, 2.0]}, {"ignore_index": 2}),
        ("BCELoss", {"weight": [0.5, 1.0, 2.0]}, {}),
        ("BCELoss", {}, {}),
        ("BCEWithLogitsLoss", {"weight": [0.5, 1.0, 2.0], "pos_weight": [1.0, 2.0, 3.0]}, {}),
    ],
)
def test_losses_with_weights_as_torch(name, weights, settings, reduction):
    binary = "BCE" in name
    x = numbers(5, 3, low=0.1, high=0.9)
    target = (numbers(5, 3, seed=1) > 0) * 1.0 if binary else np.array([0, 1, 2, 1, 0])
    runs, states = [], []
    for lib, n in BOTH:
        tensors = weights_of(lib, **weights)
        loss = getattr(n, name)(**tensors, **settings, reduction=reduction)
        t = lib.tensor(x, requires_grad=True)
        y = loss(t, lib.tensor(target))
        y.sum().backward()
        runs.append((y, t.grad))
        states.append((list(loss.state_dict()), repr(loss)))
    close(*runs)
    assert states[0] == states[1]
    with pytest.raises(TypeError, match="write reduction='sum'"):
        getattr(nn, name)("sum")
