"""Pictures of training: the loss over the steps, the weights and gradients, the dead ReLUs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad, topological_order

from .evaluating import evaluating

MOST = 30  # parameters in one picture of histograms


COLORS = ["#2F6DA8", "#C2571A", "#2E8B63", "#8E2F62", "#6B6B6B", "#B08A00"]
LINES = ["-", "--", "-.", ":"]


def plot_loss(history: Any, ax: Any = None) -> Any:
    """The loss at each step, on a logarithmic scale where it can be; returns the Axes.

    ``history`` is a list of numbers, or a dict of such lists by name: several curves with a
    legend. A shorter list has fewer steps. What is not finite leaves a gap, and is counted below.

    >>> ax = plot_loss([0.7, 0.5, 0.3])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('step', 'loss')
    >>> ax = plot_loss({"train": [0.7, 0.5, 0.3], "test": [0.8, 0.6, 0.5]})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['train', 'test']
    """
    named = isinstance(history, Mapping)
    curves = {
        name: np.array([float(loss) for loss in losses])
        for name, losses in (history.items() if named else [("loss", history)])
    }
    ax = axes(ax)
    for i, (name, losses) in enumerate(curves.items()):
        style = {"color": COLORS[i % len(COLORS)], "linestyle": LINES[i % len(LINES)]}
        shown = np.where(np.isfinite(losses), losses, np.nan)
        ax.plot(shown, linewidth=1.8, label=str(name), **style)
    everything = np.concatenate([*curves.values(), np.zeros(0)])
    finite = everything[np.isfinite(everything)]
    if finite.size and finite.min() > 0:
        ax.set_yscale("log")
        label_decades(ax.yaxis, np.log10(finite.max() / finite.min()))
    lost = len(everything) - len(finite)
    ax.set_xlabel(f"step ({lost} of {len(everything)} losses not finite)" if lost else "step")
    ax.set_ylabel("loss")
    ax.grid(True, which="both", alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    if named and curves:
        ax.legend()
    return ax


def label_decades(axis: Any, decades: float) -> None:
    """Numbers on a logarithmic axis: as many as can be read."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator

    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
    if 1e-9 < decades < 1:  # of equals alone, matplotlib shows two decades
        axis.set_major_locator(MaxNLocator(nbins=6))
        axis.set_minor_locator(NullLocator())
    elif decades < 3:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))


def plot_histograms(model: Any, X: Any = None) -> Any:
    """Histograms of values and, below, of gradients, with a column for each parameter.

    Plot after ``backward()`` and before ``zero_grad()``. With data ``X`` the title counts the
    dead ReLUs. Returns the Axes, ``(2, parameters)``.

    Raises ValueError for a model without parameters, without gradients, or with more than 30
    parameters.

    >>> import autograd, nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> X = autograd.ones(5, 2)
    >>> model(X).sum().backward()
    >>> panels = plot_histograms(model, X)
    >>> panels.shape, panels[0, 0].get_title()
    ((2, 4), '0.weight\\n(3, 2)')
    """
    import matplotlib.pyplot as plt

    parameters = dict(model.named_parameters())
    n = len(parameters)
    if not 0 < n <= MOST:
        raise ValueError(
            f"plot_histograms: draws 1 to {MOST} parameters, and this {type(model).__name__} has "
            f"{n}; give a part of it, such as model[0]"
        )
    if all(p.grad is None for p in parameters.values()):
        raise ValueError(
            "plot_histograms: no parameter has a gradient; call loss.backward() before, and "
            "zero_grad() after"
        )
    size = (0.6 + 2.2 * n, 4.4)
    figure, panels = plt.subplots(2, n, figsize=size, layout="constrained", squeeze=False)
    for (name, p), above, below in zip(parameters.items(), *panels):
        above.set_title(f"{name}\n{p.shape}", fontsize=10)
        draw_histogram(above, p, "#2F6DA8")
        draw_histogram(below, p.grad, "#C2571A")
    panels[0, 0].set_ylabel("values (count)")
    panels[1, 0].set_ylabel("gradients (count)")
    if X is not None:
        counts = [f"{dead} of {units}" for dead, units in dead_relus(model, X)]
        figure.suptitle(f"dead ReLUs: {', '.join(counts) or 'there is no ReLU'}", fontsize=11)
    return panels


def draw_histogram(ax: Any, x: Any, color: str) -> None:
    values = np.zeros(0) if x is None else array(x).astype(float).ravel()
    finite = values[np.isfinite(values)]
    ax.spines[["top", "right"]].set_visible(False)
    notes = ["no gradient"] if x is None else []
    if len(finite):
        ax.hist(finite, bins=20, color=color)
        ax.locator_params(nbins=4)
        ax.xaxis.set_major_formatter("{x:g}")
        ax.yaxis.get_major_locator().set_params(integer=True)
        notes.append(f"mean {finite.mean():.2g}, std {finite.std():.2g}")
    else:
        ax.set(xticks=[], yticks=[])
    if len(finite) < len(values):
        notes.append(f"{len(values) - len(finite)} not finite")
    ax.set_xlabel("\n".join(notes), fontsize=8)


def dead_relus(model: Any, X: Any) -> list[tuple[int, int]]:
    """How many units of each ReLU are active for no point of ``X``, and how many there are.

    The ReLUs come in the order in which ``model(X)`` runs them, modules and functions alike.
    Units are the last dimension of their output. A dead unit's weights get no gradient from ``X``.
    The model is looked at in evaluation, and is then as it was.

    Raises ValueError for empty ``X``.

    >>> import autograd, nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    >>> _ = model[0].load_state_dict({"weight": [[1, 0], [0, 1], [0, 0]], "bias": [0, 0, -1]})
    >>> dead_relus(model, autograd.ones(5, 2))
    [(1, 3)]
    """
    x = X.detach() if isinstance(X, Tensor) else Tensor(X)
    if not x.size:
        raise ValueError(f"dead_relus: X {x.shape} is empty, so every unit would be dead")
    if x.dtype.kind == "f":
        x.requires_grad = True  # so that the ops are recorded, even with frozen parameters
    with evaluating(model), enable_grad():
        order = topological_order(model(x))
    outputs = [node.values[0] for node in reversed(order) if node.name == "relu"]
    active = [(y > 0).reshape(-1, y.shape[-1] if y.ndim else 1).any(axis=0) for y in outputs]
    return [(int((~units).sum()), len(units)) for units in active]


def axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(6.4, 4.8), layout="constrained")[1]


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach() if hasattr(x, "detach") else x)
