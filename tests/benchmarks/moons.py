"""A training step of the 2-32-1 moons classifier: 100 points, float32, SGD.

A step is forward, backward, update, and the loss as a Python float.
"""

from functools import partial
from typing import Any

import numpy as np

from . import peers
from .training import by_jax, by_module
from .workload import Step, Workload

LR = 1.0


def data() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_moons

    X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
    return X.astype(np.float32), y.astype(np.float32)


def weights() -> list[np.ndarray]:
    """W1, b1, W2, b2, drawn as nn.Linear does."""
    rng = np.random.default_rng(0)
    shapes = [((32, 2), 2), ((32,), 2), ((1, 32), 32), ((1,), 32)]
    return [rng.uniform(-1, 1, shape).astype(np.float32) / n**0.5 for shape, n in shapes]


def by_hand() -> Step:
    """The lesson's manual backpropagation, straight NumPy."""
    X, y = data()
    W1, b1, W2, b2 = weights()

    def step() -> float:
        z1 = X @ W1.T + b1
        a1 = np.maximum(z1, 0)
        z2 = (a1 @ W2.T + b2).squeeze(1)
        p = 1 / (1 + np.exp(-z2))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        dp = (p - y) / (p * (1 - p)) / len(y)
        dz2 = (dp * p * (1 - p))[:, None]
        dW2, db2 = dz2.T @ a1, dz2.sum(0)
        dz1 = (dz2 @ W2) * (z1 > 0)
        dW1, db1 = dz1.T @ X, dz1.sum(0)
        for w, dw in [(W1, dW1), (b1, db1), (W2, dW2), (b2, db2)]:
            w -= LR * dw
        return float(loss)

    return step


def network(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())


def module_loss(nn: Any, model: Any, X: Any, y: Any) -> Any:
    return nn.functional.binary_cross_entropy(model(X).squeeze(1), y)


def jax_loss(jax: Any, jnp: Any) -> Any:
    def loss_of(params: Any, X: Any, y: Any) -> Any:
        W1, b1, W2, b2 = params
        a1 = jax.nn.relu(X @ W1.T + b1)
        p = jax.nn.sigmoid((a1 @ W2.T + b2).squeeze(1))
        return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))

    return loss_of


def in_mygrad() -> Step:
    import mygrad as mg
    from mygrad.nnet.activations import relu, sigmoid

    mg.turn_memory_guarding_off()  # its documentation: for speed
    X, y = data()
    one = np.float32(1)  # a plain 1 makes it compute in float64
    W1, b1, W2, b2 = params = [mg.tensor(w) for w in weights()]

    def step() -> float:
        a1 = relu(X @ W1.T + b1)
        p = sigmoid((a1 @ W2.T + b2).squeeze(1))
        loss = -mg.mean(y * mg.log(p) + (one - y) * mg.log(one - p))
        loss.backward()
        for w in params:
            w.data -= LR * w.grad
        return float(loss)

    return step


def in_hips() -> Step:
    autograd = peers.import_hips()
    import autograd.numpy as anp

    X, y = data()
    params = weights()

    def loss_of(params: Any) -> Any:
        W1, b1, W2, b2 = params
        a1 = anp.maximum(anp.dot(X, W1.T) + b1, 0)
        p = 1 / (1 + anp.exp(-anp.squeeze(anp.dot(a1, W2.T) + b2, 1)))
        return -anp.mean(y * anp.log(p) + (1 - y) * anp.log(1 - p))

    loss_and_grads = autograd.value_and_grad(loss_of)

    def step() -> float:
        loss, grads = loss_and_grads(params)
        for w, dw in zip(params, grads):
            w -= LR * dw
        return float(loss)

    return step


MOONS = Workload(
    "moons step, 2-32-1, 100 points",
    {
        peers.NUMPY: by_hand,
        **by_module(network, module_loss, weights, data, LR),
        peers.JAX: partial(by_jax, jax_loss, weights, data, LR),
        peers.MYGRAD: in_mygrad,
        peers.HIPS: in_hips,
    },
    steps=30,
    rounds=30,  # 940 steps in all: by hand, p reaches 1 and the loss nan after 1500
)
