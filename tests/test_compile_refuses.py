"""What compile refuses, with an error that says why and leaves all sound."""

import random

import numpy as np
import pytest

import autograd
import nn

F = nn.functional
kept = []
scale = 2.0
weight = autograd.tensor([1.0, 2.0], requires_grad=True)


@pytest.fixture(autouse=True)
def sound():
    """Whatever happens in a test, the engine is as before afterwards."""
    yield
    assert "_data" not in vars(autograd.Tensor)
    assert vars(autograd.Tensor)["_grad"] is None
    assert isinstance(autograd.creation._generator, np.random.Generator)
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    weight.grad = None
    kept.clear()


def refused(match):
    return pytest.raises(RuntimeError, match=rf"(?s)compile: step\b.*{match}")


VALUE = r"value of a tensor was asked for.*Return the tensor"


class Shelf:
    __slots__ = ("tensor",)  # which no recording watches


shelf = Shelf()


def keeps(x):
    shelf.tensor = x * 2
    return x


def keeps_an_array(x):
    kept.append((x * 2).data)
    return x * 3


def changes_a_list(x):
    kept.append(1)
    return x


def changes_a_global(x):
    global scale
    scale += 1
    return x * scale


def branches_late(x):
    with autograd.no_grad():
        weight.add_(0.0)
    return x if x.sum() > 0 else -x


def hooked(x):
    y = (weight * x).exp()
    y.register_hook(lambda g: g if g.sum() > 0 else -g)
    return y.sum()


@pytest.mark.parametrize(
    ("step", "match"),
    [
        (lambda x: x * x.sum().item(), VALUE),
        (lambda x: x * float(x.sum()), VALUE),
        (lambda x: x[int(x.sum())], VALUE),
        (lambda x: x * sum(x.tolist()), VALUE),
        (lambda x: x[range(2)[x.sum().long()]], VALUE),
        (lambda x: f"{x.sum()}", VALUE),
        (lambda x: str(x), VALUE),
        (lambda x: np.asarray(x), VALUE),
        (lambda x: autograd.tensor([x.sum(), 1.0]), VALUE),
        (lambda x: x * np.random.rand(), r"random or np\.random.*autograd\.rand"),
        (lambda x: x * random.random(), r"random or np\.random.*autograd\.rand"),
        (lambda x: (autograd.manual_seed(0), x * autograd.rand(2))[1], "manual_seed.*outside"),
        (keeps, r"keeps 1 tensor\(s\).*Return them instead"),
        (changes_a_list, "changes kept.*outside"),
        (changes_a_global, "changes scale.*outside"),
        (lambda x: setattr(weight, "data", np.zeros(2, np.float32)), r"other memory"),
        (lambda x: weight.requires_grad_(False), r"requires_grad or the hooks"),
        (lambda x: weight.register_hook(lambda g: g), r"requires_grad or the hooks"),
        (lambda x: nn.Linear(2, 1)(x), r"sets Linear\.\w+, .*outside"),
        (lambda x: autograd.tensor([1.0], requires_grad=True), "made in it.*Make it outside"),
        (branches_late, r"branches.*after a tensor outside was changed.*where\(\)"),
        (hooked, r"hook that backward calls.*where\(\)"),
    ],
    ids=range(22),
)
def test_refused_when_recorded(step, match):
    def named(x):
        return step(x)

    named.__name__ = "step"
    requires_grad, hooks, data = weight.requires_grad, weight.hooks, weight.data
    with refused(match):
        autograd.compile(named)(autograd.tensor([0.25, 0.5]))
    weight.requires_grad_(requires_grad)
    weight.hooks, weight.data = hooks, data


def test_an_array_kept_from_inside_cannot_be_used():
    step = autograd.compile(keeps_an_array)
    with pytest.raises(RuntimeError, match="changes kept"):
        step(autograd.tensor([1.0]))
    with pytest.raises(RuntimeError, match="kept while compile recorded it"):
        kept[0] + 1


def test_arguments_and_tensors_with_a_graph():
    step = autograd.compile(lambda x: x * 2)
    step.name = "step"
    h = weight * 3
    with refused(r"result of mul as argument 1.*detach\(\)"):
        step(h)
    inside = autograd.compile(lambda: h * 2)
    inside.name = "step"
    with refused(r"result of mul from outside.*detach\(\)"):
        inside()
    with refused("within a list.*argument of its own"):
        step([autograd.tensor(1.0)])
    assert step(h.detach()).tolist() == [6.0, 12.0]


def test_the_data_of_a_tensor_as_an_array():
    step = autograd.compile(lambda x: (x * x.numpy(), np.exp(x.data)))
    for value in (1.0, 2.0):
        product, exp = step(autograd.tensor([value]))
        assert product.item() == value * value
        assert type(exp) is np.ndarray and exp == np.exp(np.float32(value))


def test_errors_of_the_function_come_through():
    @autograd.compile
    def step(x):
        with autograd.no_grad():
            weight.add_(1.0)
        weight.grad = x
        raise KeyError("mine")

    try:
        with pytest.raises(KeyError, match="mine"):
            step(autograd.tensor([1.0, 1.0]))
        assert weight.tolist() == [2.0, 3.0]
        assert weight.grad.tolist() == [1.0, 1.0]
    finally:
        weight.data[...] = [1.0, 2.0]


def test_backward_of_a_compiled_result():
    step = autograd.compile(lambda x: (weight * x).exp().sum())
    x = autograd.tensor([1.0, 1.0])
    first = step(x)
    second = step(x)
    with pytest.raises(RuntimeError, match=r"was called again before this backward"):
        first.backward()
    second.backward()
    with pytest.raises(RuntimeError, match="backward a second time"):
        second.backward()
    with pytest.raises(RuntimeError, match="create_graph=True finds no graph"):
        autograd.grad(step(x), weight, create_graph=True)
    loss = step(x)
    x.mul_(2)
    with pytest.raises(RuntimeError, match="mul_ changed it"):
        loss.backward()


def test_backward_after_a_run_that_did_not_hold():
    @autograd.compile
    def step(x):
        y = (weight * x).exp()
        return y.sum() if y.sum() > 3 else y.sum() * 2

    loss = step(autograd.tensor([1.0, 1.0]))
    step(autograd.tensor([-9.0, -9.0]))  # uses the memory, then finds that it does not hold
    with pytest.raises(RuntimeError, match="was called again"):
        loss.backward()


def test_two_losses_of_other_shapes_have_their_own_memory():
    step = autograd.compile(lambda x: (weight * x).exp().sum())
    losses = [step(autograd.ones(n, 2)) for n in (1, 3)]
    (losses[0] + losses[1]).backward()
    expected = 4 * np.exp(np.float32([1, 2]))
    np.testing.assert_allclose(weight.grad.data, expected, rtol=1e-6)


def test_results_that_depend_on_one_another():
    step = autograd.compile(lambda x: ((h := (weight * x).exp()), h.sum()))
    h, loss = step(autograd.tensor([1.0, 1.0]))
    with pytest.raises(RuntimeError, match="another result was computed from it"):
        h.retain_grad()
    with pytest.raises(RuntimeError, match="another result was computed from it"):
        autograd.grad(loss, h)
    loss.retain_grad()
    loss.backward()
    assert loss.grad.item() == 1


def test_to_source_of_a_compiled_result():
    step = autograd.compile(lambda x: (weight * x).sum())
    with pytest.raises(RuntimeError, match=r"is compiled.*\.source"):
        autograd.to_source(step(autograd.tensor([1.0, 1.0])), wrt=[weight])


def test_too_many_recordings():
    step = autograd.compile(lambda x, n: x * n)
    step.name = "step"
    for n in range(64):
        step(autograd.tensor([1.0]), n)
    with pytest.raises(RuntimeError, match=r"step: was recorded 64 times.*without compile"):
        step(autograd.tensor([1.0]), 64)


def test_random_numbers_of_ones_own_and_iterators():
    generator = np.random.default_rng(0)
    pythons = random.Random(0)
    batches = iter([autograd.tensor([1.0])] * 9)
    total = np.zeros(2)

    def adds(x):
        total[0] += 1
        return x * 2

    x = autograd.tensor([1.0])
    for step, match in [
        (lambda x: x * generator.random(), "changes the random numbers of generator"),
        (lambda x: x * pythons.random(), "changes the random numbers of pythons"),
        (lambda x: x * next(batches), "goes through batches, an iterator"),
        (adds, "changes total"),
    ]:
        with pytest.raises(RuntimeError, match=match):
            autograd.compile(step)(x)
