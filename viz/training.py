"""Pictures of training: the loss over the steps, the boundary between two classes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def plot_loss(history: Sequence[float], ax: Any = None) -> Any:
    """The loss at each step, on a logarithmic scale where it can be; returns the Axes.

    >>> ax = plot_loss([0.7, 0.5, 0.3])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('step', 'loss')
    """
    ax = axes(ax)
    ax.plot(np.asarray(history, dtype=float), color="#2F6DA8", linewidth=1.8)
    if len(history) and min(history) > 0:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("{x:g}")
    ax.set_xlabel("step")
    ax.set_ylabel("loss")
    ax.grid(True, which="both", alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_boundary(
    predict: Callable[[np.ndarray], Any], X: Any, y: Any, ax: Any = None, resolution: int = 200
) -> Any:
    """The probability of class 1 over the plane, the line where it is one half, and the data.

    ``predict`` takes points as an ndarray ``(n, 2)`` and returns ``n`` probabilities, a
    Tensor or an ndarray; it is called without recording. ``X`` is ``(n, 2)`` and ``y``
    ``(n,)`` of zeros and ones. Returns the Axes.

    >>> X, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    >>> ax = plot_boundary(lambda points: points[:, 0], X, y)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    from autograd import no_grad

    ax = axes(ax)
    X, y = array(X), array(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"plot_boundary: X {X.shape} and y {y.shape} must be (n, 2) and (n,)")
    low, high = X.min(0), X.max(0)
    margin = 0.15 * (high - low) + 1e-6
    xx, yy = np.meshgrid(*np.linspace(low - margin, high + margin, resolution).T)
    with no_grad():
        p = array(predict(np.stack([xx, yy], axis=-1).reshape(-1, 2))).reshape(xx.shape)
    # Limits beyond 0 and 1 keep the shades light, so that the points stand out.
    shades = ax.contourf(
        xx, yy, p, levels=np.linspace(0, 1, 21), cmap="RdBu", vmin=-0.35, vmax=1.35
    )
    ax.contour(xx, yy, p, levels=[0.5], colors="black", linewidths=1.2)
    ax.figure.colorbar(shades, ax=ax, label="probability of class 1", ticks=np.linspace(0, 1, 6))
    for label, marker, color in [(0, "o", "#B2182B"), (1, "^", "#2166AC")]:
        points = X[y == label].T
        ax.scatter(
            *points, marker=marker, color=color, edgecolor="white", s=42, label=f"class {label}"
        )
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    ax.legend(loc="upper right")
    return ax


def axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(6.4, 4.8), layout="constrained")[1]


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach() if hasattr(x, "detach") else x)
