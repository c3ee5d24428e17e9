"""Hooks, stops, anomalies, steps, and the real pdb on the moons."""

import os
import pty
import select
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import torch

import autograd
import nn


def moons():
    rng = np.random.default_rng(0)
    X = autograd.tensor(rng.standard_normal((20, 2)), dtype=autograd.float32)
    y = autograd.tensor(rng.integers(0, 2, 20), dtype=autograd.float32)
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
    return model, lambda: nn.functional.binary_cross_entropy(model(X).squeeze(1), y)


def test_steps_to_the_end_are_backward_bit_for_bit():
    model, loss = moons()
    loss().backward()
    expected = [p.grad.numpy().copy() for p in model.parameters()]
    model.zero_grad()
    steps = list(loss().backward_steps())
    assert [s.op for s in steps] == [
        "binary_cross_entropy", "squeeze", "sigmoid", "linear", "relu", "linear",
    ]  # fmt: skip
    for p, grad in zip(model.parameters(), expected):
        np.testing.assert_array_equal(p.grad.numpy(), grad)


def test_a_step_shows_rule_cotangents_and_totals():
    w = autograd.tensor([1.0, 2.0], requires_grad=True, name="w")
    y = w * w + w
    steps = list(y.backward_steps(autograd.tensor([1.0, 10.0])))
    assert [s.op for s in steps] == ["add", "mul"] and steps[0].count == 2
    a, b = steps[1].contributions
    assert a.source.startswith("@vjp_of(mul") and "return g * b" in a.source
    assert a.formula == "dout0 * w" and (a.label, a.operand) == ("w", "a")
    assert a.cotangent.tolist() == b.cotangent.tolist() == [1.0, 20.0]
    assert a.total.tolist() == [3.0, 50.0] == w.grad.tolist()
    assert steps[0].g.tolist() == [1.0, 10.0]


def test_stopping_halfway_leaves_gradients_alone_and_says_so_later():
    model, loss = moons()
    root = loss()
    for step in root.backward_steps():
        if step.op == "sigmoid":
            break
    assert all(p.grad is None for p in model.parameters())
    with pytest.raises(RuntimeError, match="backward a second time through binary"):
        root.backward()
    root = loss()
    next(root.backward_steps(retain_graph=True))
    root.backward()


def test_hooks_as_torch():
    results = []
    for lib in (autograd, torch):
        seen = []
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x * 3
        y.retain_grad()
        handle = y.register_hook(lambda g: g * 2)
        y.register_hook(lambda g, seen=seen: seen.append(g.tolist()))
        x.register_hook(lambda g: g + 1)
        (y * y).sum().backward(retain_graph=True)
        results.append([seen, x.grad.tolist(), y.grad.tolist()])
        handle.remove()
        x.grad = None
        (y * y).sum().backward()
        results[-1].append(x.grad.tolist())
    assert results[0] == results[1]


def test_hooks_see_grad_and_create_graph():
    x = autograd.tensor(2.0, requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * 10)
    (dx,) = autograd.grad(y * 1, x, create_graph=True)
    assert dx.item() == 40 and autograd.grad(dx, x)[0].item() == 20
    with pytest.raises(ValueError, match=r"hook: must return None or a Tensor of shape \(\)"):
        x.register_hook(lambda g: autograd.ones(3))
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        autograd.tensor(1.0).register_hook(print)


def test_break_on_stops_before_the_rule_and_only_there(monkeypatch):
    stopped = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stopped.append(sys._getframe(1).f_locals))
    _, loss = moons()
    with autograd.break_on("relu"):
        loss().backward()
    loss().backward()
    assert len(stopped) == 1 and stopped[0]["node"].name == "relu"
    assert stopped[0]["g"].shape == (20, 8)
    with pytest.raises(ValueError, match="no op 'rellu'; there are"):
        autograd.break_on("rellu")


def test_anomalies_name_the_op_and_the_line():
    x = autograd.tensor([1.0, 0.0], requires_grad=True)
    with autograd.detect_anomaly(), np.errstate(all="ignore"):
        with pytest.raises(
            ArithmeticError, match=r"log gives inf in its forward.*test_stepping.py"
        ):
            x.log()
        y = x.sqrt()
        with pytest.raises(ArithmeticError, match=r"VJP of sqrt gives inf.*y = x\.sqrt\(\)"):
            y.sum().backward()
        with pytest.raises(ArithmeticError, match=r"div gives nan in its forward"):
            x / autograd.tensor([1.0, 0.0], requires_grad=True)
    with np.errstate(all="ignore"):
        assert x.log().grad_fn.where is None


def test_source_lines_are_the_users_through_nn():
    _, loss = moons()
    with autograd.record_source():
        root = loss()
    node = root.grad_fn
    while isinstance(node, autograd.Node):
        assert node.where.file == __file__
        node = node.parents[0]
    assert "binary_cross_entropy(model(X)" in root.grad_fn.where.code
    assert "test_stepping.py" in repr(root.grad_fn)
    assert "recorded" not in repr(loss().grad_fn)


SCRIPT = """
import autograd, nn
X, y = autograd.ones(4, 2), autograd.ones(4)
autograd.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())
loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
autograd.break_on("relu")
loss.backward()
print("done", model[0].weight.grad.shape)
"""


class Terminal:
    """A program on a pseudo-terminal, as a person sits before it."""

    def __init__(self, *command):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, close_fds=True,
            env={**os.environ, "TERM": "dumb", "PYTHONBREAKPOINT": ""},
        )  # fmt: skip
        os.close(slave)

    def read_until(self, prompt, seconds=60):
        text, end = "", time.time() + seconds
        while prompt not in text and time.time() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    text += os.read(self.master, 65536).decode()
                except OSError:  # the program has ended
                    break
        assert prompt in text, text
        return text

    def type(self, line):
        os.write(self.master, (line + "\n").encode())
        return self.read_until("(Pdb)")


def test_pdb_steps_from_the_walk_into_the_rule(tmp_path):
    script = tmp_path / "moons.py"
    script.write_text(textwrap.dedent(SCRIPT))
    terminal = Terminal(sys.executable, "-W", "ignore", str(script))
    assert "walk()" in terminal.read_until("(Pdb)")
    assert "<ReluBackward (4, 3)>" in terminal.type("p node")
    text = terminal.type("n") + terminal.type("n")
    text += terminal.type("s")
    while "relu_dx" not in text:
        text = terminal.type("s")
        assert "needs" not in text.split("->")[0]
    text = terminal.type("n")
    assert "return g * (y > 0)" in text
    assert "(4, 3)" in terminal.type("p g.shape")
    assert "array" in terminal.type("p y")
    os.write(terminal.master, b"c\n")
    assert "done (3, 2)" in terminal.read_until("done (3, 2)")
    assert terminal.process.wait(30) == 0


def test_the_demo_prints_the_steps_and_writes_the_page(tmp_path):
    demo = os.path.join(os.path.dirname(__file__), os.pardir, "demos", "step_backward.py")

    def run(*options):
        command = [sys.executable, demo, *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    printed = run()
    assert "dz2 = dp * (1 - p) * p" in printed and "dz1 = da1 * (a1 > 0)" in printed
    assert "step_backward.py" in printed and "a1 = autograd.relu(z1)" in printed
    assert "wrote" in run("--page", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").stat().st_size > 20_000
