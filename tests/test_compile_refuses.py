"""compile: what a program would not do is refused at the line, with the way out."""

import pickle
import random
import traceback

import numpy as np
import pytest

import autograd
import nn
from autograd import observers, tensor
from autograd.grad_mode import mode

X = tensor([3.0, 4.0])
w = tensor([1.0, 2.0], requires_grad=True)
outside = tensor([5.0, 6.0])
fixed = tensor(3)


@pytest.fixture(autouse=True)
def everything_as_before():
    """Whatever happens: nobody listens, ops are recorded, the tensors have their values."""
    before = {key: len(x) for key, x in vars(observers).items() if isinstance(x, list)}
    now = [x.tolist() for x in (X, w, outside, fixed)]
    yield
    values = [x.tolist() for x in (X, w, outside, fixed)]
    for x, value in zip((X, w, outside, fixed), now):
        x.data[...] = value
    assert values == now
    assert {key: len(x) for key, x in vars(observers).items() if isinstance(x, list)} == before
    assert not observers.everything and mode.recording
    assert w.requires_grad and outside.node is None and (X * 1).node is None
    w.grad = None
    (w * X).sum().backward()
    assert w.grad.tolist() == [3, 4]
    w.grad = None


def compiled(body):
    """A program of a loss that does ``body(x, y)`` on the way."""

    def loss(x):
        y = w * x
        body(x, y)
        return y.sum()

    return autograd.compile(loss, X)


VALUE = "where"  # the way out
ASKED = {
    "item": lambda x, y: y.sum().item(),
    "float": lambda x, y: float(y.sum()),
    "int": lambda x, y: int(y.sum()),
    "bool": lambda x, y: bool(y.sum()),
    "if": lambda x, y: 1 if y.sum() > 0 else 2,
    "and": lambda x, y: y.sum() and 1,
    "any": lambda x, y: 1 if (y > 0).any() else 2,
    "in": lambda x, y: 3 in y,
    "max()": lambda x, y: max(y),
    "sorted": lambda x, y: sorted(y),
    "tolist": lambda x, y: y.tolist(),
    "numpy": lambda x, y: x.numpy(),
    "numpy of a detached": lambda x, y: y.detach().numpy(),
    "data": lambda x, y: y.data,
    "data of an argument": lambda x, y: x.data,
    "data of a parameter": lambda x, y: w.data,
    "an index": lambda x, y: [1, 2, 3][y.argmax()],
    "range": lambda x, y: range(int(x[0])),
    "a slice": lambda x, y: y[: x.long()[0]],
    "allclose": lambda x, y: np.allclose(x, 0),
    "np.nonzero": lambda x, y: np.nonzero(x),
    "np.asarray": lambda x, y: np.asarray(x),
    "np.float32": lambda x, y: np.float32(x.sum()),
    "tensor": lambda x, y: tensor(x),
    "tensor of a list": lambda x, y: tensor([x[0], 1.0]),
    "full": lambda x, y: autograd.full((2,), x.sum()),
    "times 0": lambda x, y: (x * 0).sum().item(),
    "a random number": lambda x, y: autograd.rand(1).item(),
    "a counted mask": lambda x, y: int((x > 0).sum()),
    "as many classes": lambda x, y: nn.functional.one_hot(x.long()),
    "as many copies": lambda x, y: y.repeat_interleave(x.long()),
    "NumPy's repeat": lambda x, y: np.repeat(y, x.long()),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_value_that_varies_is_not_to_be_had(name):
    with pytest.raises(RuntimeError, match="asks for the value of a tensor") as error:
        compiled(ASKED[name])
    message = str(error.value)
    assert "autograd.where" in message and "argument" in message and "loss" in message
    assert "\n" not in message
    own = [frame for frame in traceback.extract_tb(error.tb) if frame.filename == __file__]
    assert own[-1].name == "<lambda>"  # at the line


@pytest.mark.parametrize("ask", [
    lambda x, y: print(x, y, y.sum()), lambda x, y: f"{x} {y.sum():.3f}", lambda x, y: repr(y),
    lambda x, y: (x.shape, y.ndim, len(y), y.size, y.dtype, x.requires_grad, y.is_leaf, y.grad_fn),
    lambda x, y: (fixed.item(), float(fixed), int(fixed), [0] * fixed, range(fixed)),
    lambda x, y: (outside.tolist(), outside.data, (outside * 2).sum().item(), outside.numpy()),
    lambda x, y: autograd.ones(2).sum().item() == 2 or 1 / 0,
    lambda x, y: [v for v in y], lambda x, y: (y == x, {y: 1}[y], y is x),
    lambda x, y: tensor([1, 2]),
    lambda x, y: np.asarray(outside), lambda x, y: bool(outside.sum() > 3) or 1 / 0,
])  # fmt: skip
def test_what_may_be_asked(ask):
    assert compiled(ask)(X).item() == 11


DRAWN = {
    "bernoulli": lambda x: autograd.bernoulli(x / 10),
    "multinomial": lambda x: autograd.multinomial(x, 1),
}


@pytest.mark.parametrize("name", DRAWN)
def test_draws_from_a_tensor(name):
    with pytest.raises(RuntimeError, match=r"draws by .* from a tensor.*autograd\.rand"):
        autograd.compile(lambda x: (w * DRAWN[name](x)).sum(), X)


PLAIN = {
    "x[mask]": (lambda x, y: (y[y > 3]).sum(), "picks by a mask.*autograd.where"),
    "x[mask of an argument]": (lambda x, y: y[x > 3].sum(), "picks by a mask"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_results_whose_size_depends_on_values(name):
    pick, message = PLAIN[name]
    with pytest.raises(RuntimeError, match=message) as error:
        autograd.compile(lambda x: pick(x, w * x), X)
    assert "test_compile_refuses.py" in str(error.value) or "y[" in str(error.value)


def test_masks_that_do_not_vary_may_pick():
    mask = np.array([True, False])
    program = autograd.compile(lambda x: (x * w)[mask].sum(), X)
    assert program(tensor([7.0, 1.0])).item() == 7


def update(x, y):
    with autograd.no_grad():
        w.sub_(1)


CHANGES = {
    "outside": lambda x, y: outside.add_(1),
    "outside, by an item": lambda x, y: outside.__setitem__(0, 1.0),
    "outside, by +=": lambda x, y: outside.__iadd__(x),
    "outside, its data": lambda x, y: setattr(outside, "data", np.ones(2, np.float32)),
    "an argument": lambda x, y: x.add_(1),
    "an argument's item": lambda x, y: x.__setitem__(0, 1.0),
    "a view of an argument": lambda x, y: x[:1].add_(1),
    "a view of an outside": lambda x, y: outside[:1].add_(1),
    "what is detached": lambda x, y: outside.detach().mul_(2),
    "a parameter": update,
    "an optimizer's step": lambda x, y: nn.optim.SGD([w], lr=0.1).step(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_what_is_from_outside(name):
    w.grad = tensor([1.0, 1.0])
    with pytest.raises(RuntimeError, match=r"^compile: loss ") as error:
        compiled(CHANGES[name])
    assert "\n" not in str(error.value)
    assert w.grad.tolist() == [1, 1]


def test_changes_of_what_is_made_inside():
    def loss(x):
        y = w * x
        y.add_(1)
        y[0] = 2 * x[1]
        total = autograd.zeros(2)
        total += x
        total.mul_(y)
        copy = x.clone()
        copy[1] = 0
        return (total * copy).sum() + (y * y).sum()

    program = autograd.compile(loss, X)
    for x in (X, tensor([5.0, -6.0]), X):
        w.grad = None
        expected = loss(x)
        expected.backward()
        g, w.grad = w.grad, None
        assert program(x).item() == expected.item() and w.grad.tolist() == g.tolist()


def test_buffers_of_a_module_in_training():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    x = autograd.randn(4, 2)
    before = {key: value.tolist() for key, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match=r"eval\(\)"):
        autograd.compile(lambda x: model(x).sum(), x)
    assert {key: value.tolist() for key, value in model.state_dict().items()} == before
    model.eval()
    y = autograd.compile(lambda x: model(x).sum(), x)(x)
    np.testing.assert_allclose(y.data, model(x).sum().data, 1e-5)


def hooked(x, y):
    y.register_hook(lambda g: 2 * g)


RANDOM = {
    "np.random": lambda x, y: np.random.rand(),
    "random": lambda x, y: random.random(),
    "generator": lambda x, y: autograd.generator().random(),
    "a layer made inside": lambda x, y: nn.Linear(2, 2),
}
OTHERS = {
    "backward": (lambda x, y: y.sum().backward(), "calls backward.*optimizer="),
    "backward of several": (lambda x, y: autograd.backward([y.sum()]), "calls backward"),
    "backward_steps": (
        lambda x, y: list(y.sum().backward_steps()),
        "calls backward|backward_steps",
    ),
    "grad": (lambda x, y: autograd.grad(y.sum(), w), "create_graph=True"),
    "grad_fn": (lambda x, y: y.grad_fn(tensor([1.0, 1.0])), "create_graph=True|is not recorded"),
    "a hook": (hooked, "has a hook, which a program would not call"),
    "retain_grad": (lambda x, y: y.retain_grad(), "has a hook, which a program would not call"),
    "data of a result": (
        lambda x, y: setattr(y, "data", np.ones(2, np.float32)),
        "changes the data of a result",
    ),
    "manual_seed": (lambda x, y: autograd.manual_seed(0), "manual_seed"),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_that_are_not_recorded(name):
    with pytest.raises(RuntimeError, match=r"compile: loss .*(random|generator)") as error:
        compiled(RANDOM[name])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", OTHERS)
def test_what_else_a_program_would_not_do(name):
    body, message = OTHERS[name]
    with pytest.raises(RuntimeError, match=message):
        compiled(body)


def test_a_hook_on_a_parameter():
    p = tensor([1.0, 2.0], requires_grad=True)
    with p.register_hook(lambda g: 2 * g), pytest.raises(RuntimeError, match="hook"):
        autograd.compile(lambda x: (p * x).sum(), X)


def test_programs_in_programs():
    inner = autograd.compile(lambda x: (w * x).sum(), X)
    with pytest.raises(RuntimeError, match="call its function"):
        autograd.compile(lambda x: inner(x) + (w * x).sum(), X)
    # made inside, it is a constant's affair and refused as well, or right
    with pytest.raises((RuntimeError, ValueError)):
        autograd.compile(lambda x: autograd.compile(lambda z: (w * z).sum(), x)(x), X)


def test_graphs_from_outside():
    y = w * 2
    with pytest.raises(RuntimeError, match=r"uses the result of mul from outside.*detach\(\)"):
        autograd.compile(lambda x: (y * x).sum(), X)
    with pytest.raises(ValueError, match=r"x.* is the result of mul.*detach\(\)"):
        autograd.compile(lambda x: (w * x).sum(), w * 2)
    program = autograd.compile(lambda x: (y.detach() * x * w).sum(), X)
    assert program(X).item() == 2 * 3 + 2 * 2 * 2 * 4


def test_losses_that_are_none():
    for function, match in [
        (lambda x: w * x, r"the result has shape \(2,\).*sum"),
        (lambda x: 3.0, "must return a Tensor"),
        (lambda x: None, "must return a Tensor"), (lambda x: (), "must return a Tensor"),
        (lambda x: (v for v in [x]), "must return a Tensor"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            autograd.compile(function, X)


def test_errors_of_the_function_are_its_own():
    def wrong(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        autograd.compile(wrong, X)
    with pytest.raises(ValueError, match="matmul"):
        autograd.compile(lambda x: x @ autograd.ones(3, 3), X)
    assert autograd.compile(lambda x: (w * x).sum(), X)(X).item() == 11


# -- arguments ---------------------------------------------------------------------------------


def test_as_a_decorator_it_says_how_it_is_used():
    with pytest.raises(TypeError) as error:

        @autograd.compile
        def step(X, y):
            return (w * X - y).sum()

    message = str(error.value)
    assert "program = autograd.compile(step, X, y)" in message and "\n" not in message
    assert "optimizer=" in message


def test_arguments_that_do_not_fit_the_function():
    for function, args in [(lambda x: x.sum(), ()), (lambda x: x.sum(), (X, X)), (3, ()),
                           ((w * X).sum(), ()), (lambda x: x.sum(), ())]:  # fmt: skip
        with pytest.raises(TypeError, match=r"^compile: ") as error:
            autograd.compile(function, *args)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("example", [X.numpy(), [X], {"a": X}, (X, 1), [1, X.numpy()]], ids=repr)
def test_examples_are_tensors_or_settings(example):
    with pytest.raises(TypeError, match=r"^compile: loss: x"):

        def loss(x):
            return w.sum()

        autograd.compile(loss, example)


def test_optimizers_that_are_none():
    for optimizer in (nn.optim.SGD, 3, [w]):
        with pytest.raises(TypeError, match="optimizer"):
            autograd.compile(lambda x: (w * x).sum(), X, optimizer=optimizer)


CALLS = [
    ((X,), {}, TypeError, "^loss: takes x, y$"),
    ((X, X, X), {}, TypeError, "^loss: takes x, y$"),
    ((), {}, TypeError, "^loss: takes x, y$"),
    ((X,), {"z": X}, TypeError, "^loss: takes x, y$"),
    ((X, X), {"y": X}, TypeError, "^loss: takes x, y$"),
    ((X, X.numpy()), {}, TypeError, "^loss: y must be a Tensor, got ndarray; wrap it"),
    ((X, [1.0, 2.0]), {}, TypeError, "^loss: y must be a Tensor, got list"),
    ((1.0, X), {}, TypeError, "^loss: x must be a Tensor, got float"),
    ((X, None), {}, TypeError, "^loss: y must be a Tensor, got NoneType"),
    ((tensor([1.0]), X), {}, ValueError,
     r"^loss: x is \(1,\) float32, recorded was \(2,\) float32: compile for"),
    ((X, tensor(1.0)), {}, ValueError, r"^loss: y is \(\) float32, recorded was \(2,\)"),
    ((X, tensor([1.0, 2.0], dtype=autograd.float64)), {}, ValueError,
     "y is .* float64, recorded was .* float32"),
    ((X, tensor([1, 2])), {}, ValueError, "y is .* int64, recorded"),
    ((X, w), {}, ValueError, "y .*requires.grad"),
    ((X, w * 2), {}, ValueError, "y .*requires.grad"),
]  # fmt: skip


@pytest.mark.parametrize("args, names, error, match", CALLS)
def test_calls_with_other_arguments(args, names, error, match):
    def loss(x, y):
        return (w * x * y).sum()

    program = autograd.compile(loss, X, X)
    w.grad = tensor([1.0, 1.0])
    with pytest.raises(error, match=match) as raised:
        program(*args, **names)
    assert "\n" not in str(raised.value)
    assert w.grad.tolist() == [1, 1]
    assert program(X, X).item() == 41


def test_calls_with_other_settings():
    def loss(x, k, flag):
        return (w * x * k[0]).sum() if flag else (w * x).sum()

    k = [2, None]
    program = autograd.compile(loss, X, k, True)
    assert program(X, [2, None], True).item() == 22
    for other in [
        ([3, None], True),
        (k, False),
        ((2, None), True),
        ([2], True),
        (X, True),
        (None, True),
    ]:
        with pytest.raises(
            (ValueError, TypeError), match=r"loss: (k|flag) .*recorded was"
        ) as error:
            program(X, *other)
        assert "\n" not in str(error.value)
    k[0] = 5  # the list itself is not what was recorded
    with pytest.raises(ValueError, match="k is"):
        program(X, k, True)
    nan = autograd.compile(lambda x, k: (w * x).sum(), X, float("nan"))
    assert nan(X, float("nan")).item() == 11


# -- parameters and optimizers -----------------------------------------------------------------


def parameters(**options):
    p = tensor([1.0, 2.0], requires_grad=True)
    optimizer = nn.optim.SGD([p], lr=0.1, **options)
    program = autograd.compile(lambda x: (p * x).sum(), X, optimizer=optimizer)
    program(X)
    return p, optimizer, program


@pytest.mark.parametrize("options, changes", [
    ({}, {"momentum": 0.9}), ({"momentum": 0.9}, {"momentum": 0.0}), ({}, {"weight_decay": 0.1}),
    ({"momentum": 0.9}, {"nesterov": True}),
])  # fmt: skip
def test_settings_that_make_another_rule(options, changes):
    p, optimizer, program = parameters(**options)
    ((key, value),) = changes.items()
    before, old = p.tolist(), getattr(optimizer, key)
    setattr(optimizer, key, value)
    for _ in range(2):
        with pytest.raises(
            RuntimeError, match=f"{key} is {value}, recorded was .*compile anew"
        ) as error:
            program(X)
        assert "\n" not in str(error.value)
    assert p.tolist() == before
    setattr(optimizer, key, old)
    program(X)
    assert p.tolist() != before


def test_parameters_of_another_shape_or_dtype():
    p, _, program = parameters()
    for data in (np.ones(3, np.float32), np.ones((1, 2), np.float32), np.ones(2), np.float32(1)):
        kept, p.data = p.data, data
        with pytest.raises(ValueError, match="lambda") as error:
            program(X)
        assert "recorded was (2,) float32" in str(error.value) and "\n" not in str(error.value)
        assert p.data is data or p.data.shape == ()
        p.data = kept
    loss = (p * X).sum().item()
    assert program(X).item() == loss


@pytest.mark.parametrize("change", [
    lambda p, optimizer: p.requires_grad_(False),
    lambda p, optimizer: optimizer.param_groups[0]["params"].clear(),
])  # fmt: skip
def test_parameters_that_are_none_any_more(change):
    p, optimizer, program = parameters()
    before = p.tolist()
    change(p, optimizer)
    with pytest.raises(RuntimeError, match="compile anew"):
        program(X)
    assert p.tolist() == before


def test_rules_that_ask_for_values():
    class Careful(nn.optim.Optimizer):
        lr = nn.optim.Setting()

        def __init__(self, params, lr=0.1):
            super().__init__(params, lr=lr)

        def change(self, p, g, state, lr):
            return lr * g if np.abs(g).max() < 1 else lr * np.sign(g)

    with pytest.raises((RuntimeError, TypeError), match=r"compile: .*Careful") as error:
        autograd.compile(lambda x: (w * x).sum(), X, optimizer=Careful([w]))
    assert "\n" not in str(error.value)


def test_programs_are_not_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(autograd.compile(lambda x: (w * x).sum(), X))


def test_settings_are_told_apart_by_more_than_their_text():
    """Two models of one architecture print alike; an object without a text may change unseen."""

    def loss(model, x):
        return model(x).sum()

    x, models = autograd.ones(1, 2), [nn.Linear(2, 1), nn.Linear(2, 1)]
    program = autograd.compile(loss, models[0], x)
    assert program(models[0], x).item() == loss(models[0], x).item()
    with pytest.raises(ValueError, match=r"model is Linear.*compile for that, too"):
        program(models[1], x)

    class Config:
        scale = 2.0

    config = Config()
    program = autograd.compile(lambda config, x: (x * config.scale).sum(), config, x)
    with pytest.raises(ValueError, match="compile for that, too"):
        program(config, x)
