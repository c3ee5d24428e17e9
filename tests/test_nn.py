"""nn against torch: parameters, reprs, optimizers, and the moons."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons

import autograd
import nn
from autograd import tensor


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
