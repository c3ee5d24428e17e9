"""Names and settings that people type from habit: taken as torch or NumPy takes them."""

import inspect

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch

BOTH = [(autograd, nn.functional), (torch, torch.nn.functional)]
LIBS = [(autograd, nn), (torch, torch.nn)]
X = np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))
Y = np.random.default_rng(1).uniform(0.1, 0.9, (4, 3))
IMAGES = np.random.default_rng(2).standard_normal((2, 2, 6, 6))
KERNELS = np.random.default_rng(3).standard_normal((3, 2, 3, 3))


def same(call, *arrays):
    """Whether both libraries give the same numbers, and the same gradients."""
    runs = []
    for lib, functional in BOTH:
        xs = [lib.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
        y = call(lib, functional, *xs)
        y.sum().backward()
        runs.append([z.detach().numpy() for z in (y, *[x.grad for x in xs if x.requires_grad])])
    for ours, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    return True


# -- functions of layers and losses ----------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["mse_loss", "l1_loss", "huber_loss", "binary_cross_entropy", "kl_div",
             "binary_cross_entropy_with_logits"],
)  # fmt: skip
def test_losses_have_an_input_and_a_target(name):
    loss = lambda lib, f, x, y: getattr(f, name)(input=x, target=y, reduction="sum")  # noqa: E731
    assert same(loss, X, Y)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_losses_of_classes_have_an_input_and_a_target(name):
    loss = lambda lib, f, x, y: getattr(f, name)(input=x, target=y)  # noqa: E731
    assert same(loss, X, np.array([0, 2, 1, 1]))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_huber_loss_has_a_weight(reduction):
    def loss(lib, f, x, y):
        return f.huber_loss(x, y, reduction, 0.2, weight=lib.tensor(X[::-1].copy()))

    assert same(loss, X, Y)


@pytest.mark.parametrize(
    "name, settings",
    [
        ("relu", {"inplace": False}), ("relu", {}), ("silu", {"inplace": False}),
        ("elu", {"alpha": 2.0, "inplace": False}), ("leaky_relu", {"negative_slope": 0.2}),
        ("leaky_relu", {"inplace": False}), ("gelu", {"approximate": "tanh"}), ("sigmoid", {}),
        ("hardtanh", {"min_val": 0.3, "max_val": 0.6, "inplace": False}), ("tanh", {}),
        ("softplus", {"beta": 2.0, "threshold": 1.0}), ("softmax", {"dim": 1}),
        ("log_softmax", {"dim": 0}), ("dropout", {"p": 0.5, "training": False, "inplace": False}),
        ("layer_norm", {"normalized_shape": (3,)}), ("pad", {"pad": (1, 2), "value": 2.0}),
        ("batch_norm", {"running_mean": None, "running_var": None, "training": True}),
    ],
)  # fmt: skip
def test_functions_have_an_input(name, settings):
    assert same(lambda lib, f, x: getattr(f, name)(input=x, **settings), X - 0.5)


def test_functions_of_weights_have_an_input():
    assert same(lambda lib, f, x, w: f.linear(input=x, weight=w, bias=None), X, Y)
    assert same(lambda lib, f, i, w: f.embedding(input=i, weight=w), np.array([0, 2, 2]), Y)

    def convolved(lib, f, x, w):
        return f.conv2d(input=x, weight=w, bias=None, stride=(1,), padding=(1,), groups=1)

    assert same(convolved, IMAGES, KERNELS)
    assert same(lambda lib, f, x, w: f.conv2d(x, w, None, 2, 1, 1, 1), IMAGES, KERNELS)
    assert same(lambda lib, f, x: f.max_pool2d(input=x, kernel_size=2, ceil_mode=False), IMAGES)
    assert same(lambda lib, f, x: f.max_pool2d(x, (2,), (2,), (1,)), IMAGES)


@pytest.mark.parametrize("name", ["relu", "silu", "elu", "leaky_relu", "hardtanh", "dropout"])
def test_inplace_changes_nothing(name):
    x = autograd.tensor(X - 0.5)
    y = getattr(nn.functional, name)(x, inplace=True)
    assert (x.data == X - 0.5).all() and y is not x


def test_every_function_names_its_first_parameter_as_torch():
    for name in nn.functional.__all__:
        function = getattr(nn.functional, name)
        first = next(iter(inspect.signature(function).parameters))
        taken = first == "input" or hasattr(function, "op")
        assert taken or name == "one_hot", name


# -- settings of layers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda n: n.Conv2d(2, 3, 3, 1, 1, 1, 1, True, "zeros"),
        lambda n: n.Conv2d(2, 3, 3, 2, 0, 1, 1, False),
        lambda n: n.Conv2d(2, 3, np.int64(3), groups=1, padding_mode="zeros"),
        lambda n: n.Conv2d(2, 3, 3, stride=(2,), padding=(1,), dilation=(1,)),
        lambda n: n.Conv2d(2, 3, [3, 5], padding="same"),
        lambda n: n.MaxPool2d(2, ceil_mode=False, return_indices=False),
        lambda n: n.MaxPool2d(2, 2, 0, 1, False, False),
        lambda n: n.MaxPool2d((2,), stride=(1,)),
        lambda n: n.Softplus(beta=2.0, threshold=0.5),
        lambda n: n.BatchNorm2d(2, 1e-5, 0.1, True, True, None, None),
        lambda n: n.LayerNorm((6, 6), device="cpu", dtype=None),
    ],
)
def test_layers_take_torchs_settings(make):
    layers = [make(n) for _, n in LIBS]
    state = {k: x.detach().numpy() for k, x in layers[1].state_dict().items()}
    layers[0].load_state_dict(state)
    x = IMAGES.astype("f4")
    ys = [layer(lib.tensor(x)).detach().numpy() for layer, (lib, _) in zip(layers, LIBS)]
    np.testing.assert_allclose(*ys, rtol=1e-5, atol=1e-6)


MAKERS = [
    lambda n, **kind: n.Linear(3, 2, **kind),
    lambda n, **kind: n.Linear(3, 2, False, **kind),
    lambda n, **kind: n.Conv2d(2, 3, 3, **kind),
    lambda n, **kind: n.Embedding(4, 3, padding_idx=1, **kind),
    lambda n, **kind: n.LayerNorm(3, **kind),
    lambda n, **kind: n.BatchNorm1d(3, **kind),
]


@pytest.mark.parametrize("make", MAKERS)
def test_layers_are_made_in_a_dtype(make):
    dtypes = []
    for lib, n in LIBS:
        state = make(n, device="cpu", dtype=lib.float64).state_dict()
        dtypes.append({k: str(x.dtype).removeprefix("torch.") for k, x in state.items()})
    assert dtypes[0] == dtypes[1] and "float64" in dtypes[0].values()
    with pytest.raises(ValueError, match="there is no device 'cuda'"):
        make(nn, device="cuda")


@pytest.mark.parametrize("make", MAKERS)
def test_layers_start_anew(make):
    autograd.manual_seed(3)
    layer = make(nn)
    start = {k: x.tolist() for k, x in layer.state_dict().items()}
    for x in layer.state_dict().values():
        x.fill_(7)
    autograd.manual_seed(3)
    layer.reset_parameters()
    assert {k: x.tolist() for k, x in layer.state_dict().items()} == start


def test_running_values_start_anew():
    runs = []
    for lib, n in LIBS:
        layer = n.BatchNorm1d(3)
        layer(lib.tensor(X, dtype=lib.float32))
        layer.reset_running_stats()
        runs.append({k: x.tolist() for k, x in layer.state_dict().items()})
    assert runs[0] == runs[1]


@pytest.mark.parametrize("freeze", [True, False])
def test_an_embedding_of_a_weight_that_is_given(freeze):
    runs = []
    for lib, n in LIBS:
        before = lib.random.get_rng_state() if lib is torch else None
        autograd.manual_seed(0)
        layer = n.Embedding.from_pretrained(lib.tensor(X), freeze=freeze, padding_idx=-1)
        assert before is None or (torch.random.get_rng_state() == before).all()
        runs.append((repr(layer), layer.weight.tolist(), layer.weight.requires_grad,
                     layer(lib.tensor([2, 0])).tolist()))  # fmt: skip
    assert runs[0] == runs[1] and autograd.rand(1).item() == pytest.approx(0.6370, abs=1e-4)
    with pytest.raises(ValueError, match=r"must be \(rows, columns\), got \(3,\)"):
        nn.Embedding.from_pretrained(autograd.ones(3))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "name, shape",
    [("BatchNorm1d", (0, 3)), ("BatchNorm1d", (2, 3, 0)), ("BatchNorm2d", (0, 3, 2, 2))],
)
def test_an_empty_batch_is_normalized_as_torchs(name, shape, training):
    runs = []
    for lib, n in LIBS:
        layer = getattr(n, name)(3).train(training)
        x = lib.ones(shape, requires_grad=True)
        y = layer(x)
        y.sum().backward()
        state = {k: v.tolist() for k, v in layer.state_dict().items()}
        runs.append((tuple(y.shape), tuple(x.grad.shape), layer.weight.grad.tolist(), state))
    assert runs[0] == runs[1]


# -- ops -----------------------------------------------------------------------------------------


def test_operands_of_ops_have_torchs_names_and_their_own():
    assert same(lambda lib, f, x: lib.exp(input=x), X)
    assert same(lambda lib, f, x, y: lib.mul(input=x, other=y), X, Y)
    assert same(lambda lib, f, x, y: lib.mul(other=y, input=x), X, Y)
    assert same(lambda lib, f, x, y: x.maximum(other=y), X, Y)
    assert same(lambda lib, f, x, y: lib.where(condition=x > y, input=x, other=y), X, Y)
    assert same(lambda lib, f, x: lib.clamp_min(input=x, min=0.5), X)
    x = autograd.tensor(X)
    assert (autograd.mul(a=x, b=2).data == 2 * X).all()
    for fault in (lambda: autograd.mul(x, others=2), lambda: autograd.mul(x, 2, other=3),
                  lambda: autograd.exp(x, input=x), lambda: autograd.exp(x, out=x)):  # fmt: skip
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            fault()
    with pytest.raises(TypeError, match=r"exp: .*missing 1 required"):
        autograd.exp()


# -- devices -------------------------------------------------------------------------------------


def test_a_script_finds_its_device():
    for lib, n in LIBS:
        device = lib.device("cuda" if lib.cuda.is_available() else "cpu")
        x, model = lib.ones(2, 3, device=device).to(device), n.Linear(3, 1, device=device)
        y = model.to(device)(x).to(x.device)
        assert y.device == x.device == lib.device("cpu") == device
        assert str(device) == f"{y.device}" == device.type == "cpu"
    with pytest.raises(ValueError, match="device: there is no device 'cuda:0' here"):
        autograd.device("cuda:0")
