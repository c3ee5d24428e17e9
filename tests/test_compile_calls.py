"""How compiled functions are called, what they are given and return, and what shares memory."""

from typing import NamedTuple

import numpy as np
import pytest

import autograd
import nn

from .compiling import assert_same


def both(function, make, times=3):
    """Call a function and its compiled twin with what ``make()`` gives; their results."""
    compiled = autograd.compile(function)
    for n in range(times):
        found = []
        for f in (function, compiled):
            args = make(n)
            out = f(*args)
            out = list(out) if isinstance(out, tuple) else [out]
            tensors = [x for x in args if isinstance(x, autograd.Tensor)]
            found.append([*out, *tensors, *[x.grad for x in tensors]])
        assert_same(found[1], found[0])
    return compiled


def leaf(*values, **settings):
    return autograd.tensor([float(v) for v in values], requires_grad=True, **settings)


# -- arguments --------------------------------------------------------------------------------


def test_arguments_that_require_grad():
    def step(x, y):
        loss = (x * y).sum()
        loss.backward()
        return loss

    compiled = both(step, lambda n: (leaf(n, 2), leaf(3, n)))
    assert len(compiled.programs) == 1
    x = leaf(1, 2)
    for n in (1, 2, 3):  # x.grad is there from the second time on
        compiled(x, autograd.tensor([1.0, 1.0]))
        assert x.grad.tolist() == [n, n]


def test_one_tensor_as_two_arguments():
    def step(x, y):
        loss = (x * x * y).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    x, y = leaf(1, 2), leaf(3, 4)
    for _ in range(2):
        for a, b in ((x, y), (x, x), (y, y), (y, x)):
            x.grad = y.grad = None
            compiled(a, b)
            found = [x.grad, y.grad]
            x.grad = y.grad = None
            step(a, b)
            assert_same(found, [x.grad, y.grad])
    assert len(compiled.programs) == 2


def test_one_tensor_as_two_arguments_with_backward_outside():
    compiled = autograd.compile(lambda x, y: (x * x * y).sum())
    x = leaf(1, 2)
    for n in (1, 2):
        compiled(x, x).backward()
        assert x.grad.tolist() == [3 * n, 12 * n]


def test_arguments_changed_in_place():
    def step(x, y):
        x += y
        before = x * 2
        y.mul_(3)
        return before, x + y

    both(step, lambda n: (autograd.tensor([1.0 * n]), autograd.tensor([2.0])))
    both(step, lambda n: (autograd.tensor(1.0 * n), autograd.tensor(2.0)))
    both(step, lambda n: (autograd.tensor([1.0 * n]).sum(), autograd.tensor([2.0]).sum()))
    compiled = autograd.compile(step)
    x = autograd.tensor([1.0])
    w = leaf(1)
    y = w * x
    compiled(x, autograd.tensor([2.0]))
    with pytest.raises(RuntimeError, match="in place"):
        y.backward()
    y = w * x
    compiled(x, autograd.tensor([2.0]))
    with pytest.raises(RuntimeError, match="step changed it in place"):
        y.backward()


def test_arguments_that_share_memory():
    def step(x, y, array):
        a = x * 2, y * 2, array * 2
        x.add_(1)
        return *[autograd.tensor(0.0) + p for p in a], x * 2, y * 2, x * array, y.to(y.dtype)

    def make(n):
        base = np.arange(4, dtype=np.float32)
        x = autograd.from_numpy(base)
        forms = [(x, x.clone(), base.copy()), (x, x, base), (x, autograd.from_numpy(base), base)]
        return forms[n % 3]

    both(step, make, times=6)


def test_an_argument_that_shares_memory_with_what_is_used_from_outside():
    w = leaf(1, 2)

    def step(x):
        a = x * 2
        with autograd.no_grad():
            w.add_(1)
        return a, x * 2, x.clone()

    compiled = autograd.compile(step)
    for x in (autograd.tensor([1.0, 2.0]), w.detach(), autograd.tensor([1.0, 2.0])):
        w.data[:] = [1, 2]
        found = compiled(x)
        if np.shares_memory(x.data, w.data):
            x.data[:] = [1, 2]
        w.data[:] = [1, 2]
        assert_same(found, step(x))
    w.data[:] = [1, 2]


def test_broadcast_arrays_are_not_taken_for_constants():
    one = np.array(1.0, np.float32)
    wide = np.broadcast_to(one, (3,))
    step = autograd.compile(lambda x, y: (x * y, x * wide, x * one))
    for value in (1.0, 2.0, 3.0):
        one[...] = value
        x = autograd.tensor([1.0, 2.0, 3.0])
        y = autograd.tensor(value).expand(3)
        for out in step(x, y):
            assert out.tolist() == [value, 2 * value, 3 * value]


def test_layouts_are_told_apart():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(40, 50)).astype(np.float32)
    step = autograd.compile(lambda x: (x @ x.T, x.sum(0), x.sum(1), x.reshape(-1).cumsum(0)))
    for _ in range(2):
        for array in (base, base.T.copy().T, np.tile(base, (2, 2))[::2, ::2][:40, :50]):
            x = autograd.from_numpy(array)
            assert_same(step(x), step.function(x))
    assert len(step.programs) == 3


def test_keyword_arguments_defaults_and_settings():
    @autograd.compile
    def step(x, power=2, *, negate=False):
        return -(x**power) if negate else x**power

    x = autograd.tensor([2.0])
    assert step(x).item() == 4
    assert step(x, power=3).item() == 8
    assert step(x, 3).item() == 8
    assert step(power=3, x=x).item() == 8
    with pytest.raises(TypeError, match="takes negate by keyword only"):
        step(x, negate=True)
    with pytest.raises(TypeError):
        step(x, nonsense=1)


def test_no_arguments_and_any_number_of_arguments():
    w = leaf(1, 2)
    assert autograd.compile(lambda: (w * 2).sum())().item() == 6
    total = autograd.compile(lambda *xs: sum(xs) * 1)
    for count in (1, 2, 3, 2):
        xs = [autograd.tensor([1.0])] * count
        assert total(*xs).item() == count


def test_ndarrays_as_arguments():
    w = leaf(1, 2)
    step = autograd.compile(lambda x: (w * x).sum())
    for n in (1, 2):
        step(np.float32([n, 1])).backward()
    assert w.grad.tolist() == [3, 2]
    assert len(step.programs) == 1
    same = autograd.compile(lambda x: x)
    array = np.float32([1, 2])
    assert same(array) is array and same(array) is array


def test_ufuncs_that_write_where_they_are_told_to():
    def step(x, mask):
        y = x * 1
        np.add(y.data, 1.0, out=y.data, where=mask.data)
        np.clip(y.data, 0.5, 1.5, out=y.data)
        return y

    mask = lambda n: autograd.tensor([n == 0, True, False, n == 1])  # noqa: E731
    both(step, lambda n: (autograd.tensor([0.0, 1.0, 0.7, 9.0]), mask(n)))


# -- what is returned --------------------------------------------------------------------------


class Pair(NamedTuple):
    first: object
    second: object


def test_structures_are_returned():
    w = leaf(1, 2)
    compiled = autograd.compile(
        lambda x: {"a": x * 2, "b": [x, w, 3], "c": Pair(x.sum(), (x.max(0), "text"))}
    )
    for n in (1, 2):
        x = autograd.tensor([1.0 * n, 2.0])
        out = compiled(x)
        assert out["a"].tolist() == [2 * n, 4]
        assert out["b"][0] is x and out["b"][1] is w and out["b"][2] == 3
        assert type(out["c"]) is Pair and out["c"].first.item() == n + 2
        values, text = out["c"].second
        assert type(values).__name__ == "Extreme" and values.values.item() == 2 and text == "text"


def test_one_array_returned_twice_has_two_memories():
    a, b, c = autograd.compile(lambda x: (y := x * 2, y, y.T))(autograd.ones(2, 2))
    assert not np.shares_memory(a.data, b.data) and not np.shares_memory(a.data, c.data)


def test_names_of_results():
    def step(x):
        y = x * 2
        y.name = "twice"
        return y

    compiled = autograd.compile(step)
    for _ in range(2):
        assert compiled(autograd.tensor([1.0])).name == "twice"


def test_several_losses():
    w, v = leaf(1, 2), leaf(3, 4)

    def forward(x):
        h = (w * x).exp()
        return h.sum(), (h * v).sum(), (w.log() * 0).sum()

    compiled = autograd.compile(forward)
    for _ in range(3):
        for i in range(3):
            found = []
            for function in (forward, compiled):
                w.grad = v.grad = None
                function(autograd.tensor([0.5, -1.0]))[i].backward()
                found.append([w.grad, v.grad])
            assert_same(found[1], found[0])
    w.data[:] = 0  # the third loss has an infinite derivative, which the others do not see
    w.grad = None
    with np.errstate(all="ignore"):
        compiled(autograd.tensor([0.5, -1.0]))[0].backward()
    assert w.grad.tolist() == [0.5, -1.0]


def test_hooks_of_leaves_run_once_with_backward_outside():
    w = leaf(1, 2)
    w.register_hook(lambda g: g * 10)
    step = autograd.compile(lambda x: (w * x).sum())
    for _ in range(2):
        w.grad = None
        step(autograd.tensor([1.0, 2.0])).backward()
        assert w.grad.tolist() == [10, 20]


def test_a_result_changed_in_place_before_backward():
    w = leaf(1, 2)
    step = autograd.compile(lambda: (w * 1.5).exp())
    for _ in range(2):
        w.grad = None
        y = step()
        expected = 1.5 * y.data
        y.data[:] = 0  # unseen: the program has its own
        y.backward(autograd.ones(2))
        assert w.grad.tolist() == expected.tolist()


# -- functions ---------------------------------------------------------------------------------


def test_one_compiled_function_calls_another():
    w = leaf(1, 2)
    inner = autograd.compile(lambda x: w * x)
    x = autograd.tensor([1.0, 2.0])
    inner(x)  # so that it has a program
    outer = autograd.compile(lambda x: inner(x + 1).sum())
    for n in (1, 2):
        outer(x).backward()
        assert w.grad.tolist() == [2 * n, 3 * n]
    assert len(inner.programs) == len(outer.programs) == 1


def test_models_and_methods():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    x = autograd.randn(4, 2)
    for compiled in (autograd.compile(model), autograd.compile(model.forward)):
        for _ in range(2):
            assert_same([compiled(x)], [model(x)])
        assert "def " in compiled.source

    class Trainer:
        def __init__(self):
            self.model = model
            self.factor = 2.0

        @autograd.compile
        def predict(self, x):
            return self.model(x) * self.factor

    trainer = Trainer()
    assert_same([trainer.predict(x)], [model(x) * 2.0])
    trainer.factor = 3.0
    assert_same([trainer.predict(x)], [model(x) * 3.0])
    other = Trainer()
    assert_same([other.predict(x)], [model(x) * 2.0])
    assert len(Trainer.predict.programs) == 3


def test_optimizers_that_remember_in_attributes_are_refused():
    class Counting(nn.optim.SGD):
        steps = 0

        def change(self, p, g, state):
            self.steps += 1
            return super().change(p, g, state)

    w = leaf(1, 2)
    optimizer = Counting([w])

    @autograd.compile
    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    with pytest.raises(RuntimeError, match="Counting set its own steps"):
        step()


def test_a_scheduler_inside_is_refused():
    w = leaf(1, 2)
    optimizer = nn.optim.SGD([w])
    schedule = nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

    @autograd.compile
    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        schedule.step()

    with pytest.raises(RuntimeError, match=r"step changes (optimizer|schedule).*outside"):
        step()


def test_a_setting_of_an_optimizer_read_by_the_function():
    w = leaf(1, 2)
    optimizer = nn.optim.SGD([w], lr=1.0)
    step = autograd.compile(lambda x: x * optimizer.lr)
    x = autograd.tensor([2.0])
    assert step(x).item() == 2
    optimizer.lr = 0.5
    assert step(x).item() == 1


def test_parts_written_by_index():
    def step(x, i):
        y = x * 1
        data = y.data
        data[1] = 5.0
        data[i] = x.data[0]
        data[[2, 2]] = 7.0
        data[3:] *= 2
        return y

    compiled = autograd.compile(step)
    for n in range(3):
        x = autograd.tensor(np.arange(6.0, dtype=np.float32) + n)
        i = np.array([n, 5])
        assert_same([compiled(x, i)], [step(x, i)])
    assert len(compiled.programs) == 1


def test_parts_of_tensors_written_by_index():
    w = leaf(0, 0, 0, 0)

    def step(x):
        y = x * 2
        y[1:3] = x[:2]
        y[-1] = 0.0
        with autograd.no_grad():
            w[0] = y[0]
            w[x > 1] = 9.0
        return y

    both(step, lambda n: (autograd.tensor([1.0, 2.0, 0.0, 3.0 + n]),))
    assert w.tolist() == [2, 9, 0, 9]
