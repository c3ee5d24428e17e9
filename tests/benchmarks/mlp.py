"""A training step of a 784-256-10 network at batch 256: cross entropy, SGD, float32."""

from functools import partial
from typing import Any

import numpy as np

from . import peers
from .training import by_jax, by_module
from .workload import Step, Workload

BATCH, LR = 256, 0.1


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((BATCH, 784), np.float32), rng.integers(0, 10, BATCH)


def weights() -> list[np.ndarray]:
    """W1, b1, W2, b2, drawn as nn.Linear does."""
    rng = np.random.default_rng(1)
    shapes = [((256, 784), 784), ((256,), 784), ((10, 256), 256), ((10,), 256)]
    return [rng.uniform(-1, 1, shape).astype(np.float32) / n**0.5 for shape, n in shapes]


def by_hand() -> Step:
    X, y = data()
    W1, b1, W2, b2 = weights()
    rows = np.arange(BATCH)

    def step() -> float:
        z1 = X @ W1.T + b1
        a1 = np.maximum(z1, 0)
        z2 = a1 @ W2.T + b2
        z2 -= z2.max(1, keepdims=True)
        e = np.exp(z2)
        total = e.sum(1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - z2[rows, y])
        dz2 = e / total
        dz2[rows, y] -= 1
        dz2 /= BATCH
        dW2, db2 = dz2.T @ a1, dz2.sum(0)
        dz1 = (dz2 @ W2) * (z1 > 0)
        dW1, db1 = dz1.T @ X, dz1.sum(0)
        for w, dw in [(W1, dW1), (b1, db1), (W2, dW2), (b2, db2)]:
            w -= LR * dw
        return float(loss)

    return step


def network(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def module_loss(nn: Any, model: Any, X: Any, y: Any) -> Any:
    return nn.functional.cross_entropy(model(X), y)


def jax_loss(jax: Any, jnp: Any) -> Any:
    def loss_of(params: Any, X: Any, y: Any) -> Any:
        W1, b1, W2, b2 = params
        logits = jax.nn.relu(X @ W1.T + b1) @ W2.T + b2
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(BATCH), y])

    return loss_of


MLP = Workload(
    "MLP step, 784-256-10, batch 256",
    {
        peers.NUMPY: by_hand,
        **by_module(network, module_loss, weights, data, LR),
        peers.JAX: partial(by_jax, jax_loss, weights, data, LR),
    },
    steps=3,
    rounds=30,
)
