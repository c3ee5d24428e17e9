"""A training step of an elementwise graph that broadcasts five small leaves to 1000 x 1000.

No matrix product: all the time goes into passes over a million float32s, and into summing
cotangents back to the shapes of the leaves.
"""

from functools import partial
from typing import Any

import numpy as np

from . import peers
from .training import by_jax
from .workload import Step, Workload, step_by_step

N, LR = 1000, 0.1


def leaves() -> list[np.ndarray]:
    """x, w, b, m, s: a column, two rows, a column, one number."""
    rng = np.random.default_rng(0)
    shapes = [(N, 1), (N,), (N,), (N, 1), (1, 1)]
    return [rng.uniform(1, 2, shape).astype(np.float32) for shape in shapes]


def by_hand() -> Step:
    x, w, b, m, s = leaves()

    def step() -> float:
        a = x * w + b
        z = (np.sin(a) - m) / s
        loss = np.mean(z * z)
        dz = z * (2 / z.size)
        dh = dz / s
        dm = -dh.sum(1, keepdims=True)
        ds = -(dh * z).sum(keepdims=True)
        da = dh * np.cos(a)
        dx, dw, db = (da * w).sum(1, keepdims=True), (da * x).sum(0), da.sum(0)
        for p, dp in [(x, dx), (w, dw), (b, db), (m, dm), (s, ds)]:
            p -= LR * dp
        return float(loss)

    return step


def by_optimizer(library: Any, optim: Any, compile: Any = step_by_step) -> Step:
    """torch and we differ in the imports only."""
    x, w, b, m, s = params = [library.tensor(p, requires_grad=True) for p in leaves()]
    optimizer = optim.SGD(params, lr=LR)

    def loss() -> Any:
        z = (library.sin(x * w + b) - m) / s
        return (z * z).mean()

    train = compile(loss, optimizer=optimizer)
    return lambda: train().item()


def ours() -> Step:
    import autograd
    import nn

    return by_optimizer(autograd, nn.optim)


def compiled() -> Step:
    import autograd
    import nn

    return by_optimizer(autograd, nn.optim, autograd.compile)


def in_torch() -> Step:
    torch = peers.import_torch()
    return by_optimizer(torch, torch.optim)


def jax_loss(jax: Any, jnp: Any) -> Any:
    def loss_of(params: Any) -> Any:
        x, w, b, m, s = params
        z = (jnp.sin(x * w + b) - m) / s
        return (z * z).mean()

    return loss_of


ELEMENTWISE = Workload(
    "elementwise step, 1000 x 1000",
    {
        peers.NUMPY: by_hand,
        peers.OURS: ours,
        peers.COMPILED: compiled,
        peers.TORCH: in_torch,
        peers.JAX: partial(by_jax, jax_loss, leaves, tuple, LR),
    },
    steps=2,
    rounds=15,
)
