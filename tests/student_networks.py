"""Eight small networks for the step page, written as a student would: line by line, with names.

Each function returns the loss and the variables.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn


def moons() -> tuple[Any, dict[str, Any]]:
    """A 2-32-1 classifier of two classes with binary cross entropy."""
    autograd.manual_seed(0)
    angle = np.random.default_rng(0).uniform(0, np.pi, 100)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    second = np.arange(100) % 2 == 1
    points = np.where(second[:, None], lower, upper)
    X = autograd.tensor(points, dtype=autograd.float32)
    y = autograd.tensor(second, dtype=autograd.float32)
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    with autograd.record_source():
        p = model(X).squeeze(1)
        loss = nn.functional.binary_cross_entropy(p, y)
    return loss, dict(X=X, y=y, model=model, p=p, loss=loss)


def neuron() -> tuple[Any, dict[str, Any]]:
    """The neuron of micrograd's README: two inputs, numbers only."""
    x1, x2, w1, w2, b = (
        autograd.tensor(value, requires_grad=True)
        for value in (2.0, 0.0, -3.0, 1.0, 6.8813735870195432)
    )
    with autograd.record_source():
        n = x1 * w1 + x2 * w2 + b
        o = n.tanh()
    return o, dict(x1=x1, x2=x2, w1=w1, w2=w2, b=b, n=n, o=o)


def mlp() -> tuple[Any, dict[str, Any]]:
    """A 784-128-64-10 classifier of 32 pictures with cross entropy."""
    autograd.manual_seed(0)
    images = autograd.randn(32, 784)
    labels = autograd.tensor(np.arange(32) % 10)
    model = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    with autograd.record_source():
        scores = model(images)
        loss = nn.functional.cross_entropy(scores, labels)
    return loss, dict(images=images, labels=labels, model=model, scores=scores, loss=loss)


class Block(nn.Module):
    """``x + linear(relu(linear(layer_norm(x))))``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Any) -> Any:
        return x + self.down(autograd.relu(self.up(self.norm(x))))


def residual() -> tuple[Any, dict[str, Any]]:
    """Two residual blocks with LayerNorm."""
    autograd.manual_seed(0)
    x = autograd.randn(5, 8)
    target = autograd.randn(5, 8)
    model = nn.Sequential(Block(8), Block(8))
    with autograd.record_source():
        out = model(x)
        loss = nn.functional.mse_loss(out, target)
    return loss, dict(x=x, target=target, model=model, out=out, loss=loss)


def rnn() -> tuple[Any, dict[str, Any]]:
    """A recurrent network of 8 steps with shared weights."""
    autograd.manual_seed(0)
    xs = [autograd.randn(4, 3) for _ in range(8)]
    target = autograd.randn(4, 2)
    Wx = (autograd.randn(3, 6) * 0.5).requires_grad_()
    Wh = (autograd.randn(6, 6) * 0.5).requires_grad_()
    b = autograd.zeros(6, requires_grad=True)
    Wy = (autograd.randn(6, 2) * 0.5).requires_grad_()
    names = dict(Wx=Wx, Wh=Wh, b=b, Wy=Wy, target=target)
    h = autograd.zeros(4, 6)
    with autograd.record_source():
        for i, x in enumerate(xs):
            h = autograd.tanh(x @ Wx + h @ Wh + b)
            names |= {f"x{i}": x, f"h{i}": h}
        y = h @ Wy
        loss = ((y - target) ** 2).mean()
    return loss, dict(names, y=y, loss=loss)


def attention() -> tuple[Any, dict[str, Any]]:
    """A causal attention head of six tokens."""
    autograd.manual_seed(0)
    x = autograd.randn(6, 4)
    target = autograd.randn(6, 4)
    Wq, Wk, Wv = ((autograd.randn(4, 4) * 0.7).requires_grad_() for _ in range(3))
    future = autograd.tensor(np.triu(np.ones((6, 6), bool), 1))
    with autograd.record_source():
        q, k, v = x @ Wq, x @ Wk, x @ Wv
        scores = q @ k.T / 2
        masked = autograd.where(future, -1e9, scores)
        weights = autograd.softmax(masked, -1)
        out = weights @ v
        loss = ((out - target) ** 2).mean()
    names = dict(x=x, target=target, Wq=Wq, Wk=Wk, Wv=Wv, future=future, q=q, k=k, v=v)
    return loss, names | dict(scores=scores, masked=masked, weights=weights, out=out, loss=loss)


def second_derivative() -> tuple[Any, dict[str, Any]]:
    """The squared norm of a gradient, as a gradient penalty has it."""
    x = autograd.tensor([1.0, -2.0, 0.5], requires_grad=True)
    with autograd.record_source():
        f = (x**3).sum()
        (dx,) = autograd.grad(f, x, create_graph=True)
        norm = (dx * dx).sum()
    return norm, dict(x=x, f=f, dx=dx, norm=norm)


def l2_penalty() -> tuple[Any, dict[str, Any]]:
    """A linear regression whose weights are used twice: in the layer and in the penalty."""
    autograd.manual_seed(0)
    X = autograd.randn(8, 3)
    y = autograd.randn(8, 1)
    layer = nn.Linear(3, 1)
    with autograd.record_source():
        error = nn.functional.mse_loss(layer(X), y)
        penalty = sum((p * p).sum() for p in layer.parameters())
        loss = error + 0.1 * penalty
    return loss, dict(X=X, y=y, layer=layer, error=error, penalty=penalty, loss=loss)


NETWORKS: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    function.__name__: function
    for function in (
        moons, neuron, mlp, residual, rnn, attention, second_derivative, l2_penalty,
    )
}  # fmt: skip
