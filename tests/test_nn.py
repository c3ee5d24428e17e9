"""nn against torch: parameters, reprs, optimizers, and the moons."""

import numpy as np
import pytest
from sklearn.datasets import make_moons

import autograd
import nn
from autograd import tensor

from .oracles import torch


def moons_model(nn):
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())


def copied(theirs, ours):
    """Our model with the weights of torch's."""
    ours.load_state_dict({name: x.numpy() for name, x in theirs.state_dict().items()})
    return ours


def test_the_moons_as_torch():
    torch.manual_seed(0)
    X, y = (a.astype(np.float32) for a in make_moons(noise=0.25, n_samples=100, random_state=0))
    theirs = moons_model(torch.nn)
    ours = copied(theirs, moons_model(nn))

    def train(model, nn, optim, X, y):
        optimizer, history = optim.SGD(model.parameters(), lr=1.0), []
        for _ in range(1000):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        return history, float(((model(X).squeeze(1) > 0.5) == (y > 0.5)).float().mean())

    history, accuracy = train(ours, nn, nn.optim, tensor(X), tensor(y))
    expected, their_accuracy = train(
        theirs, torch.nn, torch.optim, torch.tensor(X), torch.tensor(y)
    )
    np.testing.assert_allclose(history[:100], expected[:100], rtol=1e-5)
    assert accuracy == their_accuracy > 0.93


SETTINGS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.3, "weight_decay": 0.01}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.99), "weight_decay": 0.1}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name, options", SETTINGS, ids=str)
def test_optimizers_as_torch(name, options, dtype):
    rng = np.random.default_rng(0)
    start, target = rng.standard_normal((2, 5, 3)).astype(dtype)

    def train(library, optim):
        w = library.tensor(start.copy(), requires_grad=True)
        optimizer = getattr(optim, name)([w], **options)
        for _ in range(50):
            optimizer.zero_grad()
            (w - library.tensor(target)).pow(2).sum().backward()
            optimizer.step()
        return w.detach().numpy()

    # Not to the bit: torch fuses a multiplication and an addition where NumPy rounds twice.
    tolerance = {"float32": 3e-6, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(
        train(autograd, nn.optim), train(torch, torch.optim), rtol=tolerance, atol=tolerance
    )


def test_one_sgd_step_is_torchs_to_the_bit():
    g = np.random.default_rng(1).standard_normal((2, 1000)).astype(np.float32)
    w, t = tensor(g[0], requires_grad=True), torch.tensor(g[0], requires_grad=True)
    w.grad, t.grad = tensor(g[1]), torch.tensor(g[1])
    nn.optim.SGD([w], lr=0.5).step()
    torch.optim.SGD([t], lr=0.5).step()
    assert (w.data == t.detach().numpy()).all()


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda w: nn.optim.SGD([], lr=1), "no parameters"),
        (lambda w: nn.optim.SGD(w, lr=1), "list of Tensors"),
        (lambda w: nn.optim.SGD([1.0], lr=1), "float"),
        (lambda w: nn.optim.SGD([w * 2], lr=1), "leaves"),
        (lambda w: nn.optim.SGD([w], lr=-1), "lr must be 0 or more"),
        (lambda w: nn.optim.SGD([w], lr=1, nesterov=True), "nesterov"),
        (lambda w: nn.optim.Adam([w], betas=(1.0, 0.9)), "betas"),
    ],
)
def test_optimizers_refuse(fault, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fault(tensor([1.0], requires_grad=True))


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Tanh())
        self.scale = nn.Parameter(autograd.ones(3))
        self.same = self.body[0]

    def forward(self, x):
        return self.body(x) * self.scale


def test_repr_is_torchs():
    assert repr(moons_model(nn)) == repr(moons_model(torch.nn))
    nested = torch.nn.Sequential(torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.Identity()))
    assert repr(nn.Sequential(nn.Sequential(nn.Linear(1, 2), nn.Identity()))) == repr(nested)


def test_state_dict_has_torchs_keys_and_shapes():
    theirs = {name: tuple(x.shape) for name, x in moons_model(torch.nn).state_dict().items()}
    assert {name: x.shape for name, x in moons_model(nn).state_dict().items()} == theirs


def test_parameters_of_nested_modules():
    model = Nested()
    assert [name for name, _ in model.named_parameters()] == ["scale", "body.0.weight"]
    assert list(model.state_dict()) == ["scale", "body.0.weight", "same.weight"]
    assert sum(p.numel() for p in moons_model(nn).parameters()) == 129
    assert not model.eval().body[1].training and model.train().body[1].training
    model(autograd.ones(2)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad(set_to_none=False)
    assert not any(p.grad.any() for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    assert not any(p.requires_grad for p in model.requires_grad_(False).parameters())


def test_load_state_dict_refuses_and_leaves_the_model_alone():
    model = moons_model(nn)
    before = {name: x.clone() for name, x in model.state_dict().items()}
    state = {name: x * 0 for name, x in before.items()}
    state["0.weight"] = autograd.zeros(2, 32)
    state["extra"] = state.pop("2.bias")
    with pytest.raises(
        ValueError, match=r"missing: 2.bias; unexpected: extra; wrong shape: 0.weight is"
    ):
        model.load_state_dict(state)
    assert all((model.state_dict()[name] == x).all() for name, x in before.items())


def test_assignment_before_init_is_refused():
    class Early(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(1.0)

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        Early()


def test_sequential():
    model = moons_model(nn)
    assert [type(m).__name__ for m in model] == ["Linear", "ReLU", "Linear", "Sigmoid"]
    assert model[-1] is list(model)[3] and len(model[1:3]) == 2
    with pytest.raises(TypeError, match="item 1 is a function"):
        nn.Sequential(nn.ReLU(), autograd.relu)


def test_starting_values():
    autograd.manual_seed(0)
    layer = nn.Linear(100, 400)
    for parameter in layer.parameters():
        assert 0.09 < parameter.abs().max().item() <= 0.1
    w = autograd.zeros(300, 200)
    expected = {
        "xavier_uniform_": (2 / 500) ** 0.5, "xavier_normal_": (2 / 500) ** 0.5,
        "kaiming_uniform_": (2 / 200) ** 0.5, "kaiming_normal_": (2 / 200) ** 0.5, "normal_": 1.0,
        "uniform_": 12**-0.5,
    }  # fmt: skip
    for name, std in expected.items():
        assert getattr(nn.init, name)(w) is w
        assert abs(w.var().item() ** 0.5 / std - 1) < 0.02, name
    with pytest.raises(ValueError, match=r"\(3,\)"):
        nn.init.xavier_normal_(autograd.zeros(3))


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh", "Identity"])
def test_activations(name):
    x = np.linspace(-3, 3, 7).astype(np.float32)
    theirs = getattr(torch.nn, name)()(torch.tensor(x)).numpy()
    np.testing.assert_allclose(getattr(nn, name)()(tensor(x)).data, theirs, rtol=1e-6)


def test_optimizer_updates_a_leaf_that_was_a_0d_result():
    p = (autograd.tensor(2.0) * 1).requires_grad_()
    optimizer = nn.optim.SGD([p], lr=0.25)
    (p * p).backward()
    optimizer.step()
    assert p.item() == 1.0


def trained(lib, optimizer, **settings):
    """A 2-layer model after 30 steps on fixed data, float64."""
    rng = np.random.default_rng(0)
    w1, w2 = (lib.tensor(rng.standard_normal(s), requires_grad=True) for s in ((3, 4), (4, 1)))
    x, y = lib.tensor(rng.standard_normal((8, 3))), lib.tensor(rng.standard_normal((8, 1)))
    optim = nn.optim if lib is autograd else torch.optim
    opt = getattr(optim, optimizer)([w1, w2], **settings)
    schedule = None
    if settings.get("lr") == 0.07:
        schedule = optim.lr_scheduler.CosineAnnealingLR(opt, 20, 0.01)
    for _ in range(30):
        opt.zero_grad()
        (((x @ w1).tanh() @ w2 - y) ** 2).mean().backward()
        opt.step()
        if schedule:
            schedule.step()
    return w1.detach().numpy(), w2.detach().numpy()


@pytest.mark.parametrize(
    "optimizer, settings",
    [
        ("AdamW", {"lr": 0.05, "weight_decay": 0.1}),
        ("AdamW", {}),
        ("RMSprop", {"lr": 0.01}),
        ("RMSprop", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.01, "alpha": 0.9}),
        ("Adam", {"lr": 0.07}),
    ],
)
def test_more_optimizers_as_torch(optimizer, settings):
    pairs = zip(trained(autograd, optimizer, **settings), trained(torch, optimizer, **settings))
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize(
    "name, settings",
    [
        ("StepLR", {"step_size": 3, "gamma": 0.5}),
        ("ExponentialLR", {"gamma": 0.9}),
        ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.1}),
        ("LambdaLR", {"lr_lambda": lambda t: 1 / (t + 2)}),
    ],
)
def test_schedules_as_torch(name, settings):
    rates = []
    for lib, optim in ((autograd, nn.optim), (torch, torch.optim)):
        p = lib.tensor(1.0, requires_grad=True)
        p.grad = lib.tensor(0.0)
        opt = optim.SGD([p], lr=2.0)
        schedule = getattr(optim.lr_scheduler, name)(opt, **settings)
        rates.append([])
        for _ in range(8):
            rates[-1].append(schedule.get_last_lr()[0])
            opt.step()
            schedule.step()
    np.testing.assert_allclose(*rates, rtol=1e-12)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clip_grad_norm_as_torch(norm_type, max_norm):
    results = []
    for lib, utils in ((autograd, nn.utils), (torch, torch.nn.utils)):
        p = lib.tensor([[1.0, -2.0], [3.0, 0.5]], requires_grad=True)
        q = lib.tensor(2.0, requires_grad=True)
        ((p**2).sum() * q).backward()
        total = utils.clip_grad_norm_([p, q], max_norm, norm_type)
        results.append([total.item(), *p.grad.numpy().ravel(), q.grad.item()])
    np.testing.assert_allclose(*results, rtol=1e-6)


def test_layer_norm_flatten_and_losses_as_torch():
    x = np.random.default_rng(0).standard_normal((4, 2, 3)).astype(np.float32)
    outs = []
    for lib, n in ((autograd, nn), (torch, torch.nn)):
        net = n.Sequential(n.LayerNorm((2, 3)), n.Flatten(), n.LeakyReLU(0.2), n.Softmax(dim=1))
        t = lib.tensor(x, requires_grad=True)
        y = net(t)
        loss = n.CrossEntropyLoss()(y, lib.tensor([0, 5, 3, 1])) + n.MSELoss()(y, y.detach() * 2)
        loss.backward()
        outs.append((y.detach().numpy(), t.grad.numpy(), net[0].weight.grad.numpy(), loss.item()))
        assert repr(net).replace("[", "").count("LayerNorm((2, 3), eps=1e-05") == 1
    for ours, theirs in zip(*outs):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)


def test_dropout_scales_is_seeded_and_stops_in_eval():
    layer, x = nn.Dropout(0.25), autograd.ones(10_000, requires_grad=True)
    autograd.manual_seed(3)
    y = layer(x)
    autograd.manual_seed(3)
    assert (layer(x) == y).all()
    assert set(np.unique(y.detach().numpy())) == {0.0, np.float32(4 / 3)}
    assert abs(float((y == 0).float().mean()) - 0.25) < 0.02
    y.sum().backward()
    assert (x.grad == y).all()
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match="p must lie in 0 to 1"):
        nn.Dropout(1.5)


def test_safetensors_both_ways(tmp_path):
    ours, theirs = moons_model(nn), moons_model(torch.nn)
    from safetensors.torch import load_file, save_file

    nn.save(ours.state_dict(), tmp_path / "ours.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    for name, x in theirs.state_dict().items():
        np.testing.assert_array_equal(x.numpy(), ours.state_dict()[name].numpy())
    other = moons_model(torch.nn)
    save_file(other.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(nn.load(tmp_path / "theirs.safetensors"))
    for name, x in other.state_dict().items():
        np.testing.assert_array_equal(x.numpy(), ours.state_dict()[name].numpy())


def test_saving_keeps_order_and_0d(tmp_path):
    a = autograd.arange(6).reshape(2, 3)
    nn.save({"t": a.T, "zero": autograd.tensor(1.5)}, tmp_path / "f")
    back = nn.load(tmp_path / "f")
    assert (back["t"] == a.T).all() and back["zero"].shape == () and back["zero"].item() == 1.5


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b"PK\x03\x04" + b, lambda b: b""])
def test_a_damaged_file_leaves_the_model_alone(tmp_path, damage):
    model = moons_model(nn)
    before = {name: x.numpy().copy() for name, x in model.state_dict().items()}
    nn.save(model.state_dict(), tmp_path / "m")
    (tmp_path / "m").write_bytes(damage((tmp_path / "m").read_bytes()))
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        model.load_state_dict(nn.load(tmp_path / "m"))
    for name, x in model.state_dict().items():
        np.testing.assert_array_equal(x.numpy(), before[name])
    with pytest.raises(TypeError, match=r"needs a dict of Tensors.*state_dict"):
        nn.save(model, tmp_path / "m")
