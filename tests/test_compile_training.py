"""Compiled training steps equal eager ones, bit for bit, whatever changes between the steps."""

import threading

import numpy as np
import pytest
from sklearn.datasets import make_moons

import autograd
import nn

from .compiling import assert_same

F = nn.functional
X, Y = [a.astype(np.float32) for a in make_moons(noise=0.25, n_samples=100, random_state=0)]


class Run:
    """A model, its optimizer and a training step, compiled or not."""

    def __init__(self, compiled, optimizer=None, model=None, step=None):
        autograd.manual_seed(0)
        self.model = model() if model else moons()
        make = optimizer or (lambda p: nn.optim.SGD(p, lr=1.0))
        self.optimizer = optimizer = make(self.model.parameters())
        self.x, self.y = autograd.tensor(X), autograd.tensor(Y)
        model = self.model

        def train(x, y):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy(model(x).squeeze(1), y)
            loss.backward()
            optimizer.step()
            return loss

        self.step = step(self) if step else train
        if compiled:
            self.step = autograd.compile(self.step)

    def state(self):
        parameters = list(self.model.parameters())
        return [*parameters, *[p.grad for p in parameters]]


def moons():
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())


def check(steps, change=lambda run, i: None, programs=1, **settings):
    """Run ``steps`` of both, with ``change`` before each; they must agree after each."""
    eager, compiled = Run(False, **settings), Run(True, **settings)
    autograd.manual_seed(1)
    start = autograd.creation._generator.bit_generator.state
    states = [start, start]
    for i in range(steps):
        found = []
        for k, run in enumerate((eager, compiled)):
            autograd.creation._generator.bit_generator.state = states[k]
            x, y = change(run, i) or (run.x, run.y)
            found.append([run.step(x, y), *run.state()])
            states[k] = autograd.creation._generator.bit_generator.state
        assert_same(found[1], found[0])
        assert states[0] == states[1]
    assert programs is None or len(compiled.step.programs) == programs
    return compiled


def test_1000_moons_steps():
    eager, compiled = Run(False), Run(True)
    for _ in range(1000):
        a, b = eager.step(eager.x, eager.y), compiled.step(compiled.x, compiled.y)
        assert a.item() == b.item()
    assert_same(compiled.state(), eager.state())
    assert len(compiled.step.programs) == 1
    assert a.item() < 0.06


OPTIMIZERS = {
    "SGD": lambda p: nn.optim.SGD(p, lr=0.5),
    "momentum": lambda p: nn.optim.SGD(p, lr=0.5, momentum=0.9, dampening=0.1, weight_decay=1e-3),
    "nesterov": lambda p: nn.optim.SGD(p, lr=0.5, momentum=0.9, nesterov=True),
    "Adam": lambda p: nn.optim.Adam(p, lr=0.05, weight_decay=1e-3),
    "AdamW": lambda p: nn.optim.AdamW(p, lr=0.05),
    "RMSprop": lambda p: nn.optim.RMSprop(p, lr=0.01),
    "RMSprop, momentum": lambda p: nn.optim.RMSprop(p, lr=0.01, momentum=0.9),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("double", [False, True])
def test_optimizers_with_a_schedule(name, double):
    def change(run, i):
        if i == 0:
            run.schedule = nn.optim.lr_scheduler.CosineAnnealingLR(run.optimizer, 20)
            if double:
                run.x, run.y = run.x.double(), run.y.double()
        else:
            run.schedule.step()

    model = (lambda: moons().double()) if double else moons
    remembers = name not in ("SGD",)  # the first step makes what later ones remember
    check(20, change, 1 + remembers, optimizer=OPTIMIZERS[name], model=model)


def test_settings_of_the_optimizer_changed_between():
    def change(run, i):
        if i == 3:
            run.optimizer.momentum = 0.0
        if i == 5:
            run.optimizer.lr = 1  # an int
        if i == 7:
            run.optimizer.lr = np.float64(0.3)  # which makes NumPy compute in float64
        if i == 9:
            run.optimizer.weight_decay = 0.1

    check(12, change, None, optimizer=OPTIMIZERS["momentum"])


@pytest.mark.parametrize("name", ["Adam", "momentum"])
def test_several_steps_in_one_program(name):
    def step(run):
        def train(x, y):
            for _ in range(3):
                run.optimizer.zero_grad()
                loss = F.mse_loss(run.model(x).squeeze(1), y)
                loss.backward()
                run.optimizer.step()
            return loss

        return train

    check(5, programs=2, optimizer=OPTIMIZERS[name], step=step)


class Odd(nn.optim.SGD):
    """Looks at what it remembers in every way there is; has settings of other kinds."""

    def __init__(self, params):
        super().__init__(params, lr=0.1)
        self.pair, self.rule, self.table = (0, 0.5), abs, [1.0]

    def change(self, p, g, state):
        first = state.get("first")
        if first is None:
            state.setdefault("first", g * 1)
        total = sum(value.sum() for key, value in state.items() if key == "first")
        state["count"] = state.get("count", 0) + 1
        return self.lr * g + 0.001 * total / state["count"] + self.pair[1] * self.table[0] * g


def test_an_optimizer_of_ones_own():
    def change(run, i):
        if i == 3:
            run.optimizer.pair = (0, 0.25)
        if i == 5:
            run.optimizer.table[0] = 0.5

    check(7, change, 3, optimizer=Odd)


def test_gradients_added_up_over_two_calls():
    def step(run):
        def accumulate(x, y):
            loss = F.mse_loss(run.model(x).squeeze(1), y)
            loss.backward()
            return loss

        return accumulate

    def change(run, i):
        if i % 2 == 0:
            run.optimizer.step()
            run.optimizer.zero_grad()

    check(6, change, 2, step=step)


def test_zero_grad_to_zeros():
    def step(run):
        def train(x, y):
            run.optimizer.zero_grad(set_to_none=False)
            loss = F.mse_loss(run.model(x).squeeze(1), y)
            loss.backward()
            run.optimizer.step()
            return loss

        return train

    check(4, programs=2, step=step)


def test_clipped_gradients():
    def step(run):
        def train(x, y):
            run.optimizer.zero_grad()
            loss = F.mse_loss(run.model(x).squeeze(1), y)
            loss.backward()
            nn.utils.clip_grad_value_(run.model.parameters(), 0.01)
            norm = nn.utils.clip_grad_norm_(run.model.parameters(), 0.02)
            run.optimizer.step()
            return norm

        return train

    check(8, programs=None, step=step)


def test_hooks_and_retained_gradients():
    def step(run):
        def train(x, y):
            run.optimizer.zero_grad()
            hidden = run.model[0](x).relu()
            hidden.register_hook(lambda g: g * 0.5)
            hidden.retain_grad()
            loss = F.mse_loss(run.model[3](run.model[2](hidden)).squeeze(1), y)
            loss.backward()
            run.optimizer.step()
            return hidden.grad

        return train

    def change(run, i):
        if i == 2:
            run.handle = run.model[0].weight.register_hook(lambda g: g * 2)
        if i == 4:
            run.handle.remove()

    check(6, change, None, step=step)


def dropped():
    return nn.Sequential(
        nn.Linear(2, 8), nn.LayerNorm(8), nn.GELU(), nn.Dropout(0.3), nn.Linear(8, 1), nn.Sigmoid()
    )


def test_dropout_draws_the_same_numbers_and_eval_stops_it():
    def change(run, i):
        if i in (3, 6):
            run.model.train(i == 6)

    check(9, change, 2, model=dropped)


def test_cross_entropy_in_batches_of_several_sizes():
    def step(run):
        def train(x, classes):
            run.optimizer.zero_grad()
            loss = F.cross_entropy(run.model(x), classes)
            loss.backward()
            run.optimizer.step()
            return loss

        return train

    def change(run, i):
        n = [10, 30, 10, 7][i % 4]
        rows = slice(i, i + n)
        return autograd.tensor(X[rows]), autograd.tensor(Y[rows].astype(np.int64))

    model = lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))  # noqa: E731
    check(12, change, 3, step=step, model=model)


def test_a_class_that_does_not_exist_is_an_error_at_every_run():
    step = autograd.compile(lambda x, t: F.cross_entropy(x, t))
    x = autograd.randn(2, 3)
    step(x, autograd.tensor([0, 2]))
    with pytest.raises(ValueError, match="target must lie in 0 to 2"):
        step(x, autograd.tensor([0, 3]))


def test_models_changed_between():
    other = moons().state_dict()

    def change(run, i):
        if i == 2:
            run.model.load_state_dict(other)
        if i == 4:
            run.model[0].requires_grad_(False)
            run.model[0].weight.grad = None
        if i == 6:
            run.model[0].requires_grad_()
        if i == 8:
            run.model[1] if False else setattr(run.model, "1", nn.Tanh())
        if i == 10:
            run.model.to(autograd.float64)
            run.model.zero_grad()
            run.x, run.y = run.x.double(), run.y.double()

    check(12, change, None)


def test_a_parameter_replaced():
    def change(run, i):
        if i == 2:
            autograd.manual_seed(5)
            run.model[0].weight = nn.Parameter(autograd.randn(32, 2))

    check(4, change, None)


def test_gradients_and_results_of_earlier_runs_do_not_change():
    run = Run(True)
    weight = run.model[0].weight
    kept = []
    for _ in range(4):
        loss = run.step(run.x, run.y)
        kept.append((loss, loss.item(), weight.grad, weight.grad.data.copy()))
    for loss, value, grad, values in kept:
        assert loss.item() == value
        assert np.array_equal(grad.data, values)
    assert len({id(grad) for *_, grad, _ in kept}) == 4


def test_a_result_changed_in_place_does_not_reach_later_runs():
    step = autograd.compile(lambda x: (x * 2, x.T, x))
    x = autograd.tensor([[1.0, 2.0]])
    for _ in range(3):
        twice, turned, same = step(x)
        assert same is x
        assert twice.tolist() == [[2.0, 4.0]] and turned.tolist() == [[1.0], [2.0]]
        twice.add_(1)


def test_backward_outside():
    def step(run):
        return lambda x, y: F.binary_cross_entropy(run.model(x).squeeze(1), y)

    eager, compiled = Run(False, step=step), Run(True, step=step)
    for _ in range(5):
        for run in (eager, compiled):
            run.optimizer.zero_grad()
            (3 * run.step(run.x, run.y)).backward()
            run.optimizer.step()
        assert_same(compiled.state(), eager.state())
    assert len(compiled.step.programs) == 1


def test_threads_take_turns():
    run = Run(True)
    expected = Run(False)
    for _ in range(40):
        expected.step(expected.x, expected.y)
    threads = [
        threading.Thread(target=lambda: [run.step(run.x, run.y) for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_same(run.state(), expected.state())


def test_another_thread_works_on_while_one_records():
    class Found:
        __slots__ = ("grad",)  # which no recording watches

    found = Found()

    def elsewhere():
        w = autograd.tensor([1.0, 2.0], requires_grad=True)
        (w * w).sum().backward()
        found.grad = w.grad.tolist()

    @autograd.compile
    def step(x):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return x * 2

    assert step(autograd.tensor([3.0])).tolist() == [6.0]
    assert found.grad == [2.0, 4.0]


def test_views_changed_in_place_are_errors_as_in_eager():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)

    def change_base(x):
        y = x * w
        view = y.reshape(2, 1)
        z = view * view
        y.mul_(2)
        z.sum().backward()

    def change_view(x):
        y = x * w
        y.reshape(2, 1).mul_(2)

    x = autograd.tensor([1.0, 1.0])
    for step in (change_base, change_view):
        for function in (step, autograd.compile(step)):
            with pytest.raises(RuntimeError, match=r"in place"):
                function(x)
