"""A training step of micrograd's own demo: a 2-16-16-1 network of scalars on the moons.

100 points, max-margin loss and L2 regularization; each addition and multiplication is an op.
See ``demo.ipynb`` and ``micrograd/nn.py`` in https://github.com/karpathy/micrograd.
"""

import random
from typing import Any

from . import peers
from .workload import Step, Workload


def data() -> tuple[list[list[float]], list[int]]:
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=100, noise=0.1, random_state=1337)
    return X.tolist(), (y * 2 - 1).tolist()  # make y be -1 or 1


def training_step(MLP: Any, Value: Any) -> Step:
    """The demo's loop; MLP and Value are micrograd's or ours."""
    X, y = data()
    random.seed(1337)
    model = MLP(2, [16, 16, 1])

    def step() -> float:
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data = p.data - 0.5 * p.grad
        return float(total_loss.data)

    return step


def ours() -> Step:
    from autograd import tensor

    from .scalar_nn import MLP

    return training_step(MLP, tensor)


def in_micrograd() -> Step:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    return training_step(MLP, Value)


SCALAR = Workload(
    "micrograd's demo, 2-16-16-1, scalars",
    {peers.OURS: ours, peers.MICROGRAD: in_micrograd},
    steps=1,
    rounds=7,
)
