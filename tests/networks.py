"""Eight small networks, each written once for moongrad and for torch.

``network(lib, nn, F)`` makes a module and its inputs, by name. ``module.loss(*inputs)`` is what
is to be drawn; what it does on the way lies in modules, and targets are inputs.
"""

from types import ModuleType
from typing import Any


def moons(lib: Any, nn: Any, F: ModuleType) -> Any:
    """The 2-32-1 classifier."""

    class Moons(nn.Module):
        def __init__(self):
            super().__init__()
            layers = nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid()
            self.model = nn.Sequential(*layers)

        def loss(self, X, y):
            p = self.model(X).squeeze(1)
            return nn.BCELoss()(p, y)

    return Moons(), {"X": lib.randn(100, 2), "y": (lib.rand(100) > 0.5).float()}


def neuron(lib: Any, nn: Any, F: ModuleType) -> Any:
    """Two inputs, two weights, a bias, tanh."""

    class Neuron(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.w2, self.b = (nn.Parameter(lib.tensor(v)) for v in (-3.0, 1.0, 6.88))

        def forward(self, x1, x2):
            n = x1 * self.w1 + x2 * self.w2 + self.b
            return n.tanh()

        def loss(self, x1, x2):
            return self(x1, x2)

    return Neuron(), {"x1": lib.tensor(2.0), "x2": lib.tensor(0.5)}


def mlp(lib: Any, nn: Any, F: ModuleType) -> Any:
    """784-128-64-10 with cross entropy."""

    class MLP(nn.Module):
        def __init__(self):
            super().__init__()
            hidden = nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU()
            self.model = nn.Sequential(*hidden, nn.Linear(64, 10))

        def loss(self, X, y):
            return F.cross_entropy(self.model(X), y)

    return MLP(), {"X": lib.randn(32, 784), "y": lib.tensor([i % 10 for i in range(32)])}


def residual(lib: Any, nn: Any, F: ModuleType) -> Any:
    """Three residual blocks, each with a LayerNorm, two layers and GELU."""

    class Block(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.norm = nn.LayerNorm(n)
            self.up, self.down = nn.Linear(n, 4 * n), nn.Linear(4 * n, n)
            self.act = nn.GELU()

        def forward(self, x):
            return x + self.down(self.act(self.up(self.norm(x))))

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Sequential(Block(8), Block(8), Block(8))

        def loss(self, X, y):
            return F.mse_loss(self.model(X), y)

    return Residual(), {"X": lib.randn(16, 8), "y": lib.randn(16, 8)}


def rnn(lib: Any, nn: Any, F: ModuleType) -> Any:
    """A recurrent cell over eight steps."""

    class RNN(nn.Module):
        def __init__(self, n, m):
            super().__init__()
            self.wx, self.wh, self.out = nn.Linear(n, m), nn.Linear(m, m), nn.Linear(m, 1)

        def forward(self, X):
            h = lib.zeros(len(X), 6)
            for t in range(8):
                h = lib.tanh(self.wx(X[:, t]) + self.wh(h))
            return self.out(h)

        def loss(self, X, y):
            return F.mse_loss(self(X), y)

    return RNN(3, 6), {"X": lib.randn(4, 8, 3), "y": lib.randn(4, 1)}


def attention(lib: Any, nn: Any, F: ModuleType) -> Any:
    """Self-attention with one head."""

    class Attention(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.q, self.k, self.v, self.o = (nn.Linear(n, n) for _ in range(4))

        def forward(self, x):
            q, k, v = self.q(x), self.k(x), self.v(x)
            weights = lib.softmax(q @ k.transpose(-2, -1) / 8**0.5, -1)
            return self.o(weights @ v)

        def loss(self, X, y):
            return F.mse_loss(self(X), y)

    return Attention(8), {"X": lib.randn(2, 5, 8), "y": lib.randn(2, 5, 8)}


def second_derivative(lib: Any, nn: Any, F: ModuleType) -> Any:
    """The derivative of x² tanh(x), to be differentiated again."""
    grad = getattr(lib, "grad", None) or lib.autograd.grad

    class SecondDerivative(nn.Module):
        def loss(self, x):
            y = x**2 * x.tanh()
            (dx,) = grad(y, x, create_graph=True)
            return dx

    return SecondDerivative(), {"x": lib.tensor(1.5, requires_grad=True)}


def penalty(lib: Any, nn: Any, F: ModuleType) -> Any:
    """Mean squares and an L2 penalty on every parameter."""

    class Penalty(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))

        def loss(self, X, y):
            squares = sum((p**2).sum() for p in self.model.parameters())
            return F.mse_loss(self.model(X), y) + 1e-3 * squares

    return Penalty(), {"X": lib.randn(20, 3), "y": lib.randn(20, 1)}


NETWORKS = [moons, neuron, mlp, residual, rnn, attention, second_derivative, penalty]
