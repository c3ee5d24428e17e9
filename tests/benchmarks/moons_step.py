"""Microseconds for one training step of the 2-32-1 moons classifier: NumPy by hand, ours, torch.

Run by ``make bench``. All three start from the same weights and train on the same data in
one process, with one thread each; their rounds alternate, and the medians are compared.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import time

import numpy as np
import torch
from sklearn.datasets import make_moons

import autograd
import nn

STEPS, ROUNDS = 100, 30


def by_hand(X, y, weights):
    """The lesson's manual backpropagation, straight NumPy."""
    W1, b1, W2, b2 = (w.copy() for w in weights)

    def step():
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
            w -= 1.0 * dw
        return float(loss)

    return step


def by_module(nn, optim, tensor, X, y, state):
    """The lesson's loop; torch and we differ in the imports only."""
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    model.load_state_dict({name: tensor(w) for name, w in state.items()})
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    X, y = tensor(X), tensor(y)

    def step():
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
    X, y = X.astype(np.float32), y.astype(np.float32)
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1), torch.nn.Sigmoid()
    ).state_dict()
    state = {name: w.numpy() for name, w in model.items()}
    starts = {
        "NumPy by hand": lambda: by_hand(X, y, state.values()),
        "moongrad": lambda: by_module(nn, nn.optim, autograd.tensor, X, y, state),
        "torch": lambda: by_module(torch.nn, torch.optim, torch.tensor, X, y, state),
    }
    times: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(ROUNDS):
        for name, start in starts.items():
            step = start()
            begun = time.perf_counter()
            for _ in range(STEPS):
                loss = step()
            times[name].append((time.perf_counter() - begun) / STEPS * 1e6)
    medians = {name: statistics.median(row) for name, row in times.items()}
    print(f"moons step, 2-32-1, 100 points, float32, one thread (last loss {loss:.4f})")
    print(f"{'':14} {'us/step':>8} {'x NumPy':>8} {'x torch':>8}")
    for name, t in medians.items():
        print(f"{name:14} {t:8.1f} {t / medians['NumPy by hand']:8.2f} {t / medians['torch']:8.2f}")


if __name__ == "__main__":
    main()
