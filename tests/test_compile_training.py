"""compile: training by programs is training as eager does it."""

import numpy as np
import pytest
from sklearn.datasets import make_moons

import autograd
import nn
from autograd import tensor

from .test_compile import F, O, classes, eagerly, gradients, normal

# -- networks --------------------------------------------------------------------------------


def network(name):
    """The parameters of a network and its loss, and a function that draws arguments."""
    if name == "rnn":
        Wx, Wh = ((autograd.randn(n, 5) * 0.3).requires_grad_() for n in (3, 5))
        b = autograd.zeros(5, requires_grad=True)

        def loss(X, y):
            h = autograd.zeros(4, 5)
            for t in range(8):
                h = (X[:, t] @ Wx + h @ Wh + b).tanh()
            return F.cross_entropy(h, y)

        return [Wx, Wh, b], loss, lambda: (normal(4, 8, 3), classes(5, 4))
    if name == "attention":
        q, k, v = (nn.Linear(4, 4) for _ in range(3))
        causal = autograd.tril(autograd.ones(6, 6)) > 0

        def loss(X):
            scores = autograd.where(causal, q(X) @ k(X).mT / 2, -1e9)
            return ((autograd.softmax(scores, -1) @ v(X)) ** 2).mean()

        return [p for m in (q, k, v) for p in m.parameters()], loss, lambda: (normal(3, 6, 4),)
    if name == "gradient penalty":
        m = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))

        def loss(x):
            y = m(x).sum()
            (g,) = autograd.grad(y, x, create_graph=True)
            return ((g**2).sum(1).sqrt() - 1).square().mean() + y * 0.1

        return list(m.parameters()), loss, lambda: (normal(5, 2, requires_grad=True),)
    if name == "penalty of a leaf made inside":  # fault 20
        m = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))

        def loss(x):
            x = (x * 1.5).detach().requires_grad_()
            (g,) = autograd.grad(m(x).sum(), x, create_graph=True)
            return (g**2).sum() + m(x).mean()

        return list(m.parameters()), loss, lambda: (normal(5, 2),)
    if name == "embedding":
        m = nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 3))
        inputs = lambda: classes(7, 5)  # noqa: E731
    elif name in ("conv", "conv, pooled"):
        pool = nn.MaxPool2d(2) if "pooled" in name else nn.Conv2d(3, 3, 2, stride=2)
        m = nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), pool, nn.Flatten(), nn.Linear(27, 3)
        )
        inputs = lambda: normal(5, 1, 6, 6)  # noqa: E731
    else:
        middle = {
            "mlp": nn.Tanh(), "layernorm": nn.LayerNorm(6), "dropout": nn.Dropout(0.5),
            "batchnorm, eval": nn.BatchNorm1d(6).eval(),
        }[name]  # fmt: skip
        m = nn.Sequential(nn.Linear(4, 6), middle, nn.GELU(), nn.Linear(6, 3))
        inputs = lambda: normal(5, 4)  # noqa: E731
    return list(m.parameters()), lambda X, y: F.cross_entropy(m(X), y), (
        lambda: (inputs(), classes(3, 5))
    )  # fmt: skip


OPTIMIZERS = {
    "SGD": lambda ps: nn.optim.SGD(ps, lr=0.05),
    "momentum": lambda ps: nn.optim.SGD(ps, lr=0.05, momentum=0.9),
    "nesterov": lambda ps: nn.optim.SGD(ps, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "dampening": lambda ps: nn.optim.SGD(ps, lr=0.05, momentum=0.9, dampening=0.5),
    "Adam": lambda ps: nn.optim.Adam(ps, lr=0.01),
    "Adam, decay": lambda ps: nn.optim.Adam(ps, lr=0.01, weight_decay=0.1),
    "AdamW": lambda ps: nn.optim.AdamW(ps, lr=0.01),
    "RMSprop": lambda ps: nn.optim.RMSprop(ps, lr=0.01),
    "RMSprop, momentum": lambda ps: nn.optim.RMSprop(ps, lr=0.01, momentum=0.9, weight_decay=0.1),
}
NETWORKS = [
    "mlp", "layernorm", "dropout", "batchnorm, eval", "rnn", "attention", "conv", "conv, pooled",
    "embedding", "gradient penalty", "penalty of a leaf made inside",
]  # fmt: skip


def twice(make):
    """The same made twice, from the same random numbers."""
    out = []
    for _ in range(2):
        autograd.manual_seed(0)
        out.append(make())
    return out


@pytest.mark.parametrize("name, optimizer", [
    *[(name, "momentum") for name in NETWORKS], *[("mlp", name) for name in OPTIMIZERS],
])  # fmt: skip
def test_training_a_network_as_eager(name, optimizer):
    (ours, loss, draw), (theirs, same_loss, _) = twice(lambda: network(name))
    steps = [draw() for _ in range(5)]
    opt, program_opt = OPTIMIZERS[optimizer](ours), OPTIMIZERS[optimizer](theirs)
    program = autograd.compile(same_loss, *draw(), optimizer=program_opt)
    expected, found = [], []
    autograd.manual_seed(1)
    for args in steps:
        opt.zero_grad()
        expected.append(eagerly_stepped(loss, args, opt, ours))
    autograd.manual_seed(1)
    for args in steps:
        found.append([program(*args).item(), *gradients(theirs), *[p.data.copy() for p in theirs]])
    for a, b in zip(found, expected, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x, y, 2e-4, 2e-5)
    same_state(opt, program_opt, ours, theirs)


def eagerly_stepped(loss, args, optimizer, leaves):
    out = loss(*args)
    out.backward()
    optimizer.step()
    return [out.item(), *gradients(leaves), *[p.data.copy() for p in leaves]]


def test_a_loss_without_gradient():
    parameters, loss, draw = network("mlp")
    args = draw()
    program = autograd.compile(autograd.no_grad()(loss), *args)
    assert abs(program(*args).item() - loss(*args).item()) < 1e-6
    assert all(p.grad is None for p in parameters)


def same_state(a, b, of_a, of_b, exact=False):
    for x, y in zip(of_a, of_b, strict=True):
        mine, other = a.state.get(x, {}), b.state.get(y, {})
        assert list(mine) == list(other)
        for key, value in mine.items():
            assert type(value) is type(other[key]) and np.shape(value) == np.shape(other[key])
            if exact:
                np.testing.assert_array_equal(other[key], value)
            else:
                np.testing.assert_allclose(other[key], value, 1e-3, 1e-5)


@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam"])
def test_a_thousand_steps_on_moons_are_eagers(optimizer):
    data, labels = make_moons(100, noise=0.1, random_state=0)

    def make():
        model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        for p in model.parameters():
            p.data = p.data.astype(np.float64)
        return model, OPTIMIZERS[optimizer](model.parameters())

    (model, opt), (other, program_opt) = twice(make)
    X, y = tensor(data), tensor(labels, dtype=autograd.float64)

    def loss(model, X, y):
        return F.binary_cross_entropy_with_logits(model(X).squeeze(1), y)

    program = autograd.compile(lambda X, y: loss(other, X, y), X, y, optimizer=program_opt)
    for _ in range(1000):
        opt.zero_grad()
        out = loss(model, X, y)
        out.backward()
        opt.step()
        found = program(X, y)
    np.testing.assert_allclose(found.data, out.data, 1e-8)
    for a, b in zip(model.parameters(), other.parameters()):
        np.testing.assert_allclose(b.data, a.data, 1e-7, 1e-9)
    assert out.item() < 0.3


# -- without matrices: the same to the bit -----------------------------------------------------


class Elementwise:
    """Parameters, a loss and an optimizer, all of whose numbers a program has to the bit."""

    def __init__(self, optimizer, settings, shape=(4, 3)):
        self.w = autograd.randn(*shape).requires_grad_()
        self.b = autograd.zeros(*shape, requires_grad=True)
        self.parameters = [self.w, self.b]
        self.optimizer = optimizer(self.parameters, **settings)

    def loss(self, X):
        return ((X * self.w + self.b).tanh() ** 2).sum() + (self.b * X).mean()


def group(M):
    return M.optimizer.param_groups[0]


def reload(M):
    M.optimizer.load_state_dict(M.optimizer.state_dict())


CHANGES = {
    "lr": lambda M: setattr(M.optimizer, "lr", 0.003),
    "lr of a group": lambda M: group(M).update(lr=0.002),
    "lr 0": lambda M: setattr(M.optimizer, "lr", 0.0),
    "lr, an int": lambda M: setattr(M.optimizer, "lr", 1),
    "data": lambda M: setattr(M.w, "data", M.w.data * 0.5),
    "data, Fortran": lambda M: setattr(M.w, "data", np.asfortranarray(M.w.data) * 0.5),
    "data, strided": lambda M: setattr(M.w, "data", np.repeat(M.w.data, 2, 0)[::2]),
    "in place": lambda M: autograd.no_grad()(lambda: M.w.mul_(0.5))(),
    "grad": lambda M: setattr(M.w, "grad", autograd.ones(4, 3)),
    "state, forgotten": lambda M: M.optimizer.state.clear(),
    "state dict": reload,
    "state dict, then lr": lambda M: (reload(M), group(M).update(lr=0.001)),
    "a new state dict": lambda M: M.optimizer.load_state_dict(
        type(M.optimizer)(M.parameters, lr=0.5).state_dict()
        if not group(M).get("momentum") else {"state": {}, "param_groups": [
            {**group(M), "params": [0, 1], "lr": 0.5}]}
    ),
}  # fmt: skip
SETTINGS = [
    ("SGD", O.SGD, {}), ("momentum", O.SGD, {"momentum": 0.9}),
    ("nesterov", O.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("dampening", O.SGD, {"momentum": 0.9, "dampening": 0.3}),
    ("Adam", O.Adam, {}), ("AdamW", O.AdamW, {}), ("RMSprop", O.RMSprop, {"momentum": 0.9}),
]  # fmt: skip


@pytest.mark.parametrize("_, kind, options", SETTINGS, ids=[x[0] for x in SETTINGS])
def test_what_changes_between_calls_is_seen(_, kind, options):
    mine, other = twice(lambda: Elementwise(kind, {"lr": 0.01, **options}))
    program = autograd.compile(other.loss, normal(4, 3), optimizer=other.optimizer)
    for name, change in {
        "nothing": lambda M: None,
        "nothing more": lambda M: None,
        **CHANGES,
    }.items():
        for M in (mine, other):
            change(M)
        for _ in range(2):
            X = normal(4, 3)
            mine.optimizer.zero_grad()
            expected = eagerly_stepped(mine.loss, (X,), mine.optimizer, mine.parameters)
            loss = program(X)
            found = [loss.item(), *gradients(other.parameters), *[p.data for p in other.parameters]]
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_array_equal(a, b, err_msg=name)
            same_state(mine.optimizer, other.optimizer, mine.parameters, other.parameters, True)


def test_what_is_remembered_of_some_parameters_only():
    """Each parameter goes on by itself, as with eager steps."""
    mine, other = twice(lambda: Elementwise(O.Adam, {"lr": 0.01}))
    program = autograd.compile(other.loss, normal(4, 3), optimizer=other.optimizer)
    for i in range(4):
        X = normal(4, 3)
        if i == 2:
            for M in (mine, other):
                M.optimizer.state.pop(M.w)
        eagerly(mine.loss, [X])
        mine.optimizer.step()
        mine.optimizer.zero_grad()
        program(X)
        for a, b in zip(mine.parameters, other.parameters, strict=True):
            np.testing.assert_array_equal(a.data, b.data)
        same_state(mine.optimizer, other.optimizer, mine.parameters, other.parameters, True)
    assert [other.optimizer.state[p]["step"] for p in other.parameters] == [2, 4]


def test_settings_that_stay_numbers_change():
    for key, value in [("betas", (0.8, 0.99)), ("eps", 1e-3), ("weight_decay", 0.3)]:
        mine, other = twice(lambda: Elementwise(O.AdamW, {"lr": 0.01}))
        program = autograd.compile(other.loss, normal(4, 3), optimizer=other.optimizer)
        for i in range(4):
            if i == 2:
                for M in (mine, other):
                    setattr(M.optimizer, key, value)
            X = normal(4, 3)
            mine.optimizer.zero_grad()
            eagerly_stepped(mine.loss, (X,), mine.optimizer, mine.parameters)
            program(X)
            np.testing.assert_array_equal(mine.w.data, other.w.data)


def test_a_thousand_steps_to_the_bit():
    for kind in (O.SGD, O.Adam):
        mine, other = twice(lambda: Elementwise(kind, {"lr": 0.01}))  # noqa: B023
        X = normal(4, 3)
        schedulers = [O.lr_scheduler.StepLR(M.optimizer, 100, 0.9) for M in (mine, other)]
        program = autograd.compile(other.loss, X, optimizer=other.optimizer)
        for _ in range(1000):
            mine.optimizer.zero_grad()
            loss = mine.loss(X)
            loss.backward()
            mine.optimizer.step()
            assert program(X).item() == loss.item()
            for scheduler in schedulers:
                scheduler.step()
        np.testing.assert_array_equal(mine.w.data, other.w.data)


def test_groups_have_settings_of_their_own():
    mine, other = twice(lambda: Elementwise(O.SGD, {"lr": 0.01}))
    for M in (mine, other):
        M.optimizer = O.Adam(
            [{"params": [M.w], "lr": 0.1},
             {"params": [M.b], "betas": (0.5, 0.9), "weight_decay": 0.1}],
            lr=0.01,
        )  # fmt: skip
    program = autograd.compile(other.loss, normal(4, 3), optimizer=other.optimizer)
    for i in range(5):
        X = normal(4, 3)
        mine.optimizer.zero_grad()
        eagerly_stepped(mine.loss, (X,), mine.optimizer, mine.parameters)
        program(X)
        for a, b in zip(mine.parameters, other.parameters):
            np.testing.assert_array_equal(a.data, b.data)
        for M in (mine, other):
            M.optimizer.param_groups[1]["lr"] = 0.3 / (i + 1)


def test_an_optimizer_of_ones_own():
    class Signs(O.Optimizer):
        lr = O.Setting()

        def __init__(self, params, lr=0.1):
            super().__init__(params, lr=lr)

        def change(self, p, g, state, lr):
            state["mean"] = m = 0.5 * state.get("mean", np.zeros_like(g)) + g
            return lr * np.where(np.abs(m) > 0.1, np.sign(m), m)

    mine, other = twice(lambda: Elementwise(Signs, {"lr": 0.01}))
    program = autograd.compile(other.loss, normal(4, 3), optimizer=other.optimizer)
    for _ in range(4):
        X = normal(4, 3)
        mine.optimizer.zero_grad()
        eagerly_stepped(mine.loss, (X,), mine.optimizer, mine.parameters)
        program(X)
        np.testing.assert_array_equal(mine.w.data, other.w.data)


def test_parameters_that_are_numbers_and_dtypes():
    for dtype in (np.float64, np.float32, np.float16):
        for kind in (O.SGD, O.Adam)[: 1 if dtype == np.float16 else 2]:  # whose eps is 0 in it

            def make():
                a, b = (tensor(x, dtype=dtype, requires_grad=True) for x in (1.5, 0.5))  # noqa: B023
                return [a, b], kind([a, b], lr=0.01), lambda x, y: (a * x + b - y) ** 2  # noqa: B023

            (mine, opt, loss), (theirs, program_opt, same_loss) = twice(make)
            args = [[normal(dtype=dtype) for _ in range(2)] for _ in range(4)]
            program = autograd.compile(same_loss, *args[0], optimizer=program_opt)
            for pair in args:
                opt.zero_grad()
                expected = eagerly_stepped(loss, pair, opt, mine)
                found = [program(*pair).item(), *gradients(theirs), *[p.data for p in theirs]]
                assert found == expected
