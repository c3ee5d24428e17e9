"""What a program takes for granted: where that no longer holds, it is recorded anew."""

import collections
import types

import numpy as np
import pytest

import autograd
import nn

F = nn.functional
scale = 2.0
weight = autograd.tensor([1.0, 2.0], requires_grad=True)


@pytest.fixture(autouse=True)
def without_grad():
    weight.grad = None


def test_branches_on_values_both_ways():
    @autograd.compile
    def step(x):
        y = x * 2
        if y.sum() > 1:
            y = y + 1
        while y.sum() < 0:
            y = y + 10
        return y

    for value in (1.0, -1.0, 2.0, -2.0, 0.0, float("nan"), 3.0):
        x = autograd.tensor([value])
        assert np.array_equal(step(x).data, step.function(x).data, equal_nan=True)
    assert len(step.programs) == 3


def test_random_numbers_before_a_branch_are_put_back():
    def step(x):
        y = x * autograd.rand(1)
        return y if y.sum() > 0.5 else -y

    compiled = autograd.compile(step)
    x = autograd.tensor([1.0])
    autograd.manual_seed(0)
    expected = [step(x).item() for _ in range(20)]
    autograd.manual_seed(0)
    assert [compiled(x).item() for _ in range(20)] == expected
    assert len(compiled.programs) == 2


def test_probabilities_outside_0_to_1():
    step = autograd.compile(lambda p, y: F.binary_cross_entropy(p, y))
    y = autograd.tensor([1.0, 0.0])
    step(autograd.tensor([0.5, 0.5]), y)
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"must lie in 0 to 1, but range from 0.5 to 1.5"),
    ):
        step(autograd.tensor([0.5, 1.5]), y)
    assert step(autograd.tensor([0.5, 0.5]), y).item() == np.float32(np.log(2))


@pytest.mark.parametrize(
    "settings",
    [
        [0.0, -0.0, 0.0], [1, True, 1.0, np.float32(1)], ["a", "b"], [None, 0, False],
        [(1, 2), [1, 2], (1.0, 2)], [{"a": 1}, {"a": 2}], [float("nan"), float("inf")],
    ],
    ids=range(7),
)  # fmt: skip
def test_settings_are_told_apart(settings):
    """What a function does with a setting is what it does with this one."""
    step = autograd.compile(lambda x, setting: (x * 1, f"{setting!r}"))
    x = autograd.tensor([1.0])
    for _ in range(2):
        for setting in settings:
            assert step(x, setting)[1] == f"{setting!r}"
    assert len(step.programs) == len({repr(x) for x in settings})


def test_a_list_that_changes():
    rates = [1.0, 2.0]
    step = autograd.compile(lambda x, given: x * sum(rates) * sum(given))
    given = [1.0]
    x = autograd.tensor([1.0])
    assert step(x, given).item() == 3
    rates.append(1.0)
    assert step(x, given).item() == 4
    given[0] = 2.0
    assert step(x, given).item() == 8
    rates[:] = [1.0, 2.0]
    given[0] = 1.0
    assert step(x, given).item() == 3
    assert len(step.programs) == 3


class Settings:
    def __init__(self):
        self.rate = 2.0
        self.deeper = None

    def apply(self, x):
        return x * self.rate * (self.deeper.rate if self.deeper else 1)


def helper(x):
    return x * scale


def test_globals_closures_attributes_and_helpers():
    global scale, helper
    settings = Settings()
    power = 2

    def step(x):
        return helper(settings.apply(x)) ** power

    compiled = autograd.compile(step)
    x = autograd.tensor([1.5])
    old = helper

    def check():
        for _ in range(2):
            assert compiled(x).item() == step(x).item()

    try:
        check()
        scale = 5.0
        check()
        settings.rate = 7.0
        check()
        settings.deeper = Settings()
        check()
        settings.deeper.rate = 3.0
        check()
        power = 3
        check()
        helper = lambda x: x + scale  # noqa: E731
        check()
        assert len(compiled.programs) == 7
    finally:
        scale, helper = 2.0, old


def test_a_global_tensor_rebound():
    global weight
    old = weight
    step = autograd.compile(lambda x: weight * x)
    x = autograd.tensor([1.0, 1.0])
    try:
        assert step(x).tolist() == [1.0, 2.0]
        weight = autograd.tensor([3.0, 4.0])
        assert step(x).tolist() == [3.0, 4.0]
        weight.data = np.float32([5, 6])
        assert step(x).tolist() == [5.0, 6.0]
        weight.data[:] = 7
        assert step(x).tolist() == [7.0, 7.0]
    finally:
        weight = old


def test_lists_of_modules_and_attributes_of_modules():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.ReLU()]
            self.factor = 2.0

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x * self.factor

    net = Net()
    step = autograd.compile(lambda x: net(x))
    x = autograd.tensor([-1.0, 1.0])
    assert step(x).tolist() == [0.0, 2.0]
    net.layers.append(nn.Sigmoid())
    assert step(x).tolist() == net(x).tolist()
    net.factor = 3.0
    assert step(x).tolist() == net(x).tolist()


class Shared:
    rate = 2.0
    __slots__ = ("factor",)

    @property
    def both(self):
        return self.rate * self.factor


def test_class_attributes_slots_properties_and_modules():
    shared, module = Shared(), types.ModuleType("settings")
    shared.factor, module.rate = 1.0, 1.0

    def step(x, kind):
        return x * shared.both * module.rate * kind.rate

    compiled = autograd.compile(step)
    x = autograd.tensor([1.5])

    def check():
        for _ in range(2):
            assert compiled(x, Shared).item() == step(x, Shared).item()

    check()
    shared.factor = 3.0
    check()
    module.rate = 5.0
    check()
    try:
        Shared.rate = 7.0
        check()
    finally:
        Shared.rate = 2.0
    assert len(compiled.programs) == 4


class Default:
    rate = 2.0


def test_an_attribute_that_hides_that_of_the_class():
    owner = Default()
    compiled = autograd.compile(lambda x: x * owner.rate)
    x = autograd.tensor([1.0])
    assert compiled(x).item() == 2
    owner.rate = 3.0
    assert compiled(x).item() == 3


def test_containers_of_all_kinds():
    known = {
        "set": {1.0}, "deque": collections.deque([1.0]), "default": collections.defaultdict(list),
        "nested": [{"a": (1.0, [2.0])}],
    }  # fmt: skip

    def step(x):
        counts = known["default"].get("a", [1.0])
        inner = known["nested"][0]["a"]
        return x * sum(known["set"]) * sum(known["deque"]) * sum(counts) * (inner[0] + inner[1][0])

    compiled = autograd.compile(step)
    x = autograd.tensor([1.0])
    for change in (
        lambda: None,
        lambda: known["set"].add(2.0),
        lambda: known["deque"].append(2.0),
        lambda: known["default"]["a"].append(3.0),
        lambda: known["nested"][0]["a"][1].append(3.0),
        lambda: known["nested"][0]["a"][1].pop(0),
    ):
        change()
        for _ in range(2):
            assert compiled(x).item() == step(x).item()
    assert len(compiled.programs) == 6


def test_modes():
    step = autograd.compile(lambda x: weight * x)
    x = autograd.tensor([1.0, 1.0])
    assert step(x).requires_grad
    with autograd.no_grad():
        assert not step(x).requires_grad
    assert step(x).requires_grad
    made = autograd.compile(lambda: autograd.zeros(1))
    assert made().dtype == np.float32
    autograd.set_default_dtype(autograd.float64)
    try:
        assert made().dtype == np.float64
    finally:
        autograd.set_default_dtype(autograd.float32)


def test_debugging_tools_see_the_ops():
    step = autograd.compile(lambda x: (weight * x).log().sum())
    step(autograd.tensor([1.0, 1.0])).backward()
    x = autograd.tensor([0.0, 1.0])
    with np.errstate(all="ignore"):
        step(x).backward()
        with pytest.raises(ArithmeticError, match="log"), autograd.detect_anomaly():
            step(x).backward()
    with autograd.record_source(), np.errstate(all="ignore"):
        assert step(x).grad_fn.name == "sum"
    assert step(autograd.tensor([1.0, 1.0])).grad_fn.name == "<lambda>"


def test_second_derivatives_inside():
    def step(x):
        y = (weight**3 * x).sum()
        (g,) = autograd.grad(y, weight, create_graph=True)
        (g * g).sum().backward()
        return g

    compiled = autograd.compile(step)
    x = autograd.tensor([1.0, 2.0])
    for _ in range(2):
        found = []
        for function in (step, compiled):
            weight.grad = None
            found.append([function(x).tolist(), weight.grad.tolist()])
        assert found[0] == found[1]
    assert len(compiled.programs) == 1


def test_functions_of_functions_inside():
    hessian = autograd.compile(lambda x: autograd.functional.hessian(lambda y: (y**3).sum(), x))
    for values in ([1.0, 2.0], [3.0, 4.0]):
        x = autograd.tensor(values)
        assert hessian(x).tolist() == hessian.function(x).tolist()
    assert len(hessian.programs) == 1
