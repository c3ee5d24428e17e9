"""The boundary between two classes: once, and as it grows over training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor, no_grad

from .training import array, axes

# From light to dark and from orange to blue: either alone tells the classes apart.
SHADES = ["#FFE9C4", "#D3D1CF", "#7298C6"]
CLASSES = [
    {"label": "class 0", "marker": "o", "color": "#FFA02E", "edgecolor": "#3A1D00"},
    {"label": "class 1", "marker": "^", "color": "#08305E", "edgecolor": "#FFFFFF"},
]


def plot_boundary(
    predict: Callable[[Any], Any], X: Any, y: Any, ax: Any = None, resolution: int = 200
) -> Any:
    """The probability of class 1 over the plane, the line where it is one half, and the data.

    ``predict``, such as a model, takes points ``(n, 2)`` and returns ``n`` probabilities. The
    points are a Tensor if ``X`` is one, else an ndarray; nothing is recorded. ``X`` is
    ``(n, 2)`` and ``y`` ``(n,)`` of zeros and ones. Returns the Axes.

    Raises ValueError for other shapes and labels, and for what cannot be probabilities.

    >>> X, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    >>> ax = plot_boundary(lambda points: points[:, 0].clip(0, 1), X, y)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    points, labels = data("plot_boundary", X, y)
    ax = axes(ax)
    grid = grid_around(points, resolution)
    shades, _ = draw_shades(ax, grid, probabilities("plot_boundary", predict, grid, X))
    draw_data(ax, points, labels)
    ax.figure.colorbar(shades, ax=ax, label="probability of class 1", ticks=np.linspace(0, 1, 6))
    return ax


class BoundaryAnimation:
    """The boundary as it grows: add frames while training, then save them as a film.

    ``predict``, ``X`` and ``y`` are those of ``plot_boundary``. A frame keeps only the
    probabilities on a grid, 40 kB of them.

    Raises ValueError where ``plot_boundary`` would.

    >>> import autograd, nn, pathlib, tempfile
    >>> X, y = autograd.tensor([[0.0, 0.0], [1.0, 1.0]]), autograd.tensor([0.0, 1.0])
    >>> model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=1.0)
    >>> animation = BoundaryAnimation(model, X, y)
    >>> for step in range(3):
    ...     loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
    ...     animation.add_frame(step, loss)
    ...     loss.backward()
    ...     optimizer.step()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animation.save(pathlib.Path(folder) / "training.gif", fps=2)
    """

    def __init__(
        self, predict: Callable[[Any], Any], X: Any, y: Any, resolution: int = 100
    ) -> None:
        self.points, self.labels = data("BoundaryAnimation", X, y)
        self.predict = predict
        self.X = X
        self.grid = grid_around(self.points, resolution)
        self.frames: list[tuple[int, float, float, np.ndarray]] = []

    def add_frame(self, step: int, loss: Any) -> None:
        """Keep what ``predict`` says now; ``step`` and ``loss`` (a scalar) go into the title."""
        where = "BoundaryAnimation"
        right = (probabilities(where, self.predict, self.points, self.X) > 0.5) == self.labels
        p = probabilities(where, self.predict, self.grid, self.X)
        self.frames.append((step, float(loss), float(right.mean()), p.astype(np.float32)))

    def save(self, path: Any, fps: int = 12) -> None:
        """Write the film, ``fps`` frames a second, the last one longer.

        Raises ValueError for a name that does not end in .gif or .mp4 and where there are no
        frames, and RuntimeError for .mp4 without ffmpeg.
        """
        from matplotlib.figure import Figure

        writer = writer_for(path, fps)
        if not self.frames:
            raise ValueError(
                "BoundaryAnimation: there are no frames to save; call add_frame(step, loss) "
                "while training"
            )
        figure = Figure(figsize=(5.6, 4.4), layout="constrained")
        ax = figure.add_subplot()
        draw_data(ax, self.points, self.labels)
        ax.set_title("step")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the layout of the first frame will do for all
        with writer.saving(figure, str(path), dpi=90):
            for step, loss, accuracy, p in [*self.frames, *[self.frames[-1]] * (2 * fps)]:
                shades, line = draw_shades(ax, self.grid, p)
                ax.set_title(f"step {step}", loc="left", fontsize=11)
                ax.set_title(f"loss {loss:.3f}", fontsize=11)
                ax.set_title(f"accuracy {accuracy:.2f}", loc="right", fontsize=11)
                writer.grab_frame()
                shades.remove()
                line.remove()


def writer_for(path: Any, fps: int) -> Any:
    from matplotlib.animation import FFMpegWriter, PillowWriter

    ending = Path(path).suffix.lower()
    if ending == ".gif":
        return PillowWriter(fps)
    if ending != ".mp4":
        raise ValueError(f"BoundaryAnimation: {path} must end in .gif or .mp4")
    if not FFMpegWriter.isAvailable():
        raise RuntimeError(
            "BoundaryAnimation: .mp4 needs the ffmpeg program (apt install ffmpeg); a .gif does not"
        )
    return FFMpegWriter(fps)


def data(where: str, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """The points and their labels as arrays, if they are what can be drawn."""
    points, labels = array(X), array(y)
    if points.ndim != 2 or points.shape[1] != 2 or labels.shape != points.shape[:1]:
        raise ValueError(f"{where}: X {points.shape} and y {labels.shape} must be (n, 2) and (n,)")
    if not len(points) or not np.isin(labels, [0, 1]).all():
        raise ValueError(
            f"{where}: y must be zeros and ones, at least one; got {np.unique(labels)[:5]}"
        )
    return points if points.dtype.kind == "f" else points.astype(float), labels


def grid_around(points: np.ndarray, resolution: int) -> np.ndarray:
    """Points in rows and columns over the data and a margin: ``(resolution, resolution, 2)``."""
    low, high = points.min(0), points.max(0)
    margin = np.where(high > low, 0.15 * (high - low), 1.0)
    return np.stack(np.meshgrid(*np.linspace(low - margin, high + margin, resolution).T), axis=-1)


def probabilities(where: str, predict: Callable[[Any], Any], points: np.ndarray, like: Any) -> Any:
    """What ``predict`` says of each point; it gets a Tensor if ``like`` is one."""
    rows = points.reshape(-1, 2)
    with no_grad():
        p = array(predict(Tensor(rows) if isinstance(like, Tensor) else rows))
    if p.size != len(rows):
        raise ValueError(
            f"{where}: predict must return one probability for each point, but gave shape "
            f"{p.shape} for {len(rows)} points"
        )
    if not (p.min() >= 0 and p.max() <= 1):  # so too for NaN
        raise ValueError(
            f"{where}: predict must return probabilities, but gave {p.min():.4g} to "
            f"{p.max():.4g}; logits need a sigmoid, and NaN a lower learning rate"
        )
    return p.reshape(points.shape[:-1])


def draw_shades(ax: Any, grid: np.ndarray, p: np.ndarray) -> tuple[Any, Any]:
    """Shades of probability, and the line where it is one half."""
    from matplotlib.colors import LinearSegmentedColormap

    xx, yy = np.moveaxis(grid, -1, 0)
    cmap = LinearSegmentedColormap.from_list("classes", SHADES)
    shades = ax.contourf(xx, yy, p, levels=np.linspace(0, 1, 21), cmap=cmap)
    line = ax.contour(xx, yy, p, levels=[0.5], colors="black", linewidths=1.4)
    return shades, line


def draw_data(ax: Any, points: np.ndarray, labels: np.ndarray) -> None:
    for label, style in enumerate(CLASSES):
        ax.scatter(*points[labels == label].T, s=42, linewidth=0.8, zorder=3, **style)
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    ax.legend(loc="upper right")
