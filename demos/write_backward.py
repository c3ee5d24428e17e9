"""The lesson's backward pass by hand, beside the one that the engine writes.

python demos/write_backward.py
"""

import inspect
import shutil
import textwrap

import numpy as np
from sklearn.datasets import make_moons

import autograd
import nn

BACKWARD = "    # backward"


def by_hand(X, w1, w2, y):
    # forward
    z1 = X @ w1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ w2
    z2 = z2.squeeze(1)
    loss = np.mean((y - z2) ** 2)

    # backward
    dz2 = -2 / len(z2) * (y - z2)
    dw2 = a1.T @ dz2[:, None]
    da1 = dz2[:, None] @ w2.T
    dz1 = (z1 > 0) * da1
    dw1 = X.T @ dz1
    return loss, dw1, dw2


def by_hand_with_exercises(X, w1, b1, w2, b2, y):
    # forward
    z1 = X @ w1 + b1
    a1 = np.maximum(z1, 0)
    z2 = (a1 @ w2 + b2).squeeze(1)
    p = 1 / (1 + np.exp(-z2))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    # backward
    dp = (p - y) / (p * (1 - p)) / len(p)
    dz2 = dp * p * (1 - p)
    db2 = dz2[:, None].sum(axis=0)
    dw2 = a1.T @ dz2[:, None]
    da1 = dz2[:, None] @ w2.T
    dz1 = (z1 > 0) * da1
    db1 = dz1.sum(axis=0)
    dw1 = X.T @ dz1
    return loss, dw1, db1, dw2, db2


def written(X, w1, w2, y):
    """The lesson's network on Tensors, and its backward pass as the engine writes it."""
    z1 = X @ w1
    a1 = autograd.relu(z1)
    z2 = a1 @ w2
    z2 = z2.squeeze(1)
    loss = autograd.mean((y - z2) ** 2)
    return autograd.to_source(loss, wrt=[w1, w2])


def written_with_exercises(X, w1, b1, w2, b2, y):
    """The same with exercises 3 to 5: biases, a sigmoid and binary cross entropy."""
    z1 = X @ w1 + b1
    a1 = autograd.relu(z1)
    z2 = (a1 @ w2 + b2).squeeze(1)
    p = autograd.sigmoid(z2)
    loss = nn.functional.binary_cross_entropy(p, y)
    return autograd.to_source(loss, wrt=[w1, b1, w2, b2])


def beside(left: str, right: str) -> str:
    """Two texts in two columns, or one below the other where the terminal is narrow."""
    a, b = left.splitlines(), right.splitlines()
    for one, other in ((a, b), (b, a)):
        missing = max(0, other.index(BACKWARD) - one.index(BACKWARD))
        one[one.index(BACKWARD) : one.index(BACKWARD)] = [""] * missing
    width = max(map(len, a)) + 3
    if width + max(map(len, b)) > shutil.get_terminal_size((80, 24)).columns:
        return f"{left}\n\n{right}"
    lines = max(len(a), len(b))
    a, b = a + [""] * (lines - len(a)), b + [""] * (lines - len(b))
    return "\n".join(f"{x:{width}}{y}".rstrip() for x, y in zip(a, b))


def largest_difference(manual, text: autograd.Source) -> float:
    """Run both on the same arrays, and compare the losses and gradients."""
    space: dict = {}
    exec(text, space)
    pairs = zip(manual(**text.inputs), space["backward"](**text.inputs))
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def main() -> None:
    autograd.manual_seed(0)
    X, y = map(autograd.tensor, make_moons(noise=0.25, n_samples=100, random_state=0))
    X, y = X.float(), y.float()
    w1 = (autograd.randn(2, 32) * 0.1).requires_grad_()
    w2 = (autograd.randn(32, 1) * 0.1).requires_grad_()
    b1 = autograd.zeros(32, requires_grad=True)
    b2 = autograd.zeros(1, requires_grad=True)
    for title, manual, text in [
        ("The lesson", by_hand, written(X, w1, w2, y)),
        ("Exercises 3 to 5", by_hand_with_exercises, written_with_exercises(X, w1, b1, w2, b2, y)),
    ]:
        by_person = f"# by hand\n{textwrap.dedent(inspect.getsource(manual)).rstrip()}"
        function = text[text.index("\n\n\n") + 3 :].rstrip()
        print(f"{title}\n{'=' * len(title)}\n")
        print(beside(by_person, f"# by the engine\n{function}"))
        print(f"\nlargest difference: {largest_difference(manual, text):.1g}\n\n")


if __name__ == "__main__":
    main()
