"""What a model says over the plane of its two inputs: once, and as it grows over training."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor

from .evaluating import evaluating
from .training import array, axes

# From light to dark and from orange to blue: either alone tells the classes apart.
SHADES = ["#FFE9C4", "#D3D1CF", "#7298C6"]
CLASSES = [
    {"marker": "o", "color": "#FFA02E", "edgecolor": "#3A1D00"},
    {"marker": "^", "color": "#08305E", "edgecolor": "#FFFFFF"},
    {"marker": "s", "color": "#4FA888", "edgecolor": "#002A1C"},
    {"marker": "D", "color": "#8E2F62", "edgecolor": "#FFFFFF"},
    {"marker": "v", "color": "#B9B2E8", "edgecolor": "#1E1940"},
    {"marker": "P", "color": "#5B5B5B", "edgecolor": "#FFFFFF"},
    {"marker": "p", "color": "#E5DE5A", "edgecolor": "#3A3600"},
    {"marker": "X", "color": "#1F8FA8", "edgecolor": "#00222A"},
    {"marker": "h", "color": "#E58A8A", "edgecolor": "#3A0000"},
    {"marker": "*", "color": "#6B4A1E", "edgecolor": "#FFFFFF"},
]
ROUNDING = 1e-4  # how far from 0 to 1, or from the sum 1, float32 may take a probability
HOLD = 2.0  # seconds that the last frame of a film stays


def plot_boundary(
    predict: Callable[[Any], Any],
    X: Any,
    y: Any,
    ax: Any = None,
    resolution: int = 200,
    logits: bool = False,
) -> Any:
    """What ``predict`` says over the plane, the lines between the classes, and the data.

    ``X`` is ``(n, 2)`` and ``y`` ``(n,)`` of class numbers from 0. ``predict``, such as a model,
    takes points ``(m, 2)`` and returns for each the probability of class 1, ``(m,)`` or
    ``(m, 1)``, or numbers for ten classes at most, ``(m, classes)``: probabilities, or scores
    that a softmax makes probabilities of. One number that is no probability but a score before
    the sigmoid needs ``logits=True``.

    With one input, ``X`` ``(n,)`` or ``(n, 1)``, the curve of the prediction is drawn, and ``y``
    are any numbers: a regression.

    The points are a Tensor if ``X`` is one, else an ndarray; nothing is recorded. A model, also
    one that the function ``predict`` names, is looked at in evaluation, and is then as it was.
    Returns the Axes. Raises ValueError for other shapes and labels, for NaN, and for what cannot
    be probabilities.

    >>> X, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    >>> ax = plot_boundary(lambda points: points[:, 0].clip(0, 1), X, y)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    where = "plot_boundary"
    points = inputs(where, X)
    if points.ndim == 1 or points.shape[1] == 1:
        return plot_curve(predict, X, points, array(y), axes(ax), resolution)
    labels = classes(where, points, y)
    grid = grid_around(points, resolution)
    p = probabilities(where, predict, grid, X, labels, logits)
    ax = axes(ax)
    shades, *_ = draw_shades(ax, grid, p)
    draw_data(ax, points, labels)
    if p.ndim == 2:
        ax.figure.colorbar(
            shades, ax=ax, label="probability of class 1", ticks=np.linspace(0, 1, 6)
        )
    return ax


class BoundaryAnimation:
    """The boundary as it grows: add frames while training, then save them as a film.

    ``predict``, ``X``, ``y`` and ``logits`` are those of ``plot_boundary``, with two inputs; a
    model is looked at in evaluation, and the training goes on as without frames. A frame keeps
    only the probabilities on a grid, 40 kB of them for two classes.

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
        self,
        predict: Callable[[Any], Any],
        X: Any,
        y: Any,
        resolution: int = 100,
        logits: bool = False,
    ) -> None:
        self.points = inputs("BoundaryAnimation", X)
        self.labels = classes("BoundaryAnimation", self.points, y)
        self.predict = predict
        self.X = X
        self.logits = logits
        self.grid = grid_around(self.points, resolution)
        self.frames: list[tuple[int, float, float, np.ndarray]] = []

    def add_frame(self, step: int, loss: Any) -> None:
        """Keep what ``predict`` says now; ``step`` and ``loss`` (a scalar) go into the title."""
        right = guesses(self.probabilities(self.points), self.points) == self.labels
        p = self.probabilities(self.grid).astype(np.float32)
        self.frames.append((step, float(loss), float(right.mean()), p))

    def probabilities(self, points: np.ndarray) -> np.ndarray:
        where = "BoundaryAnimation"
        return probabilities(where, self.predict, points, self.X, self.labels, self.logits)

    def save(self, path: Any, fps: float = 12) -> None:
        """Write the film, ``fps`` frames a second, the last one for two seconds longer.

        Raises ValueError for a name that does not end in .gif or .mp4, for ``fps`` that is not
        positive and where there are no frames, and RuntimeError for .mp4 without ffmpeg.
        """
        write = writer_for(path)
        if not fps > 0:
            raise ValueError(f"BoundaryAnimation: fps must be positive, got {fps}")
        if not self.frames:
            raise ValueError(
                "BoundaryAnimation: there are no frames to save; call add_frame(step, loss) "
                "while training"
            )
        write(path, self.images(), fps)

    def images(self) -> list[np.ndarray]:
        """The frames, drawn: ``(height, width, 3)`` bytes each."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.6, 4.4), dpi=90, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        draw_data(ax, self.points, self.labels)
        ax.set_title("step")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the layout of the first frame will do for all
        images = []
        for step, loss, accuracy, p in self.frames:
            drawn = draw_shades(ax, self.grid, p)
            ax.set_title(f"step {step}", loc="left", fontsize=11)
            ax.set_title(f"loss {loss:.3f}", fontsize=11)
            ax.set_title(f"accuracy {accuracy:.2f}", loc="right", fontsize=11)
            canvas.draw()
            images.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
            for artist in drawn:
                artist.remove()
        return images


def writer_for(path: Any) -> Callable[[Any, list[np.ndarray], float], None]:
    from matplotlib.animation import FFMpegWriter

    ending = Path(path).suffix.lower()
    if ending == ".gif":
        return write_gif
    if ending != ".mp4":
        raise ValueError(f"BoundaryAnimation: {path} must end in .gif or .mp4")
    if not FFMpegWriter.isAvailable():
        raise RuntimeError(
            "BoundaryAnimation: .mp4 needs the ffmpeg program (apt install ffmpeg); a .gif does not"
        )
    return write_mp4


def write_gif(path: Any, images: list[np.ndarray], fps: float) -> None:
    from PIL import Image

    first, *others = [Image.fromarray(image) for image in images]
    times = [1000 / fps] * len(others) + [1000 / fps + 1000 * HOLD]
    first.save(path, save_all=True, append_images=others, duration=times, loop=0)


def write_mp4(path: Any, images: list[np.ndarray], fps: float) -> None:
    from matplotlib.animation import FFMpegWriter

    height, width, _ = images[0].shape
    command = [
        FFMpegWriter.bin_path(), "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-framerate", str(fps),
        "-i", "-", "-pix_fmt", "yuv420p", str(path),
    ]  # fmt: skip
    held = [images[-1]] * round(HOLD * fps)
    film = b"".join(image.tobytes() for image in images + held)
    done = subprocess.run(command, input=film, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"ffmpeg: {done.stderr.decode(errors='replace').strip()}")


def inputs(where: str, X: Any) -> np.ndarray:
    """The points as an array of floats, without NaN."""
    points = array(X)
    points = points if points.dtype.kind == "f" else points.astype(float)
    if not np.isfinite(points).all():
        row = np.argwhere(~np.isfinite(points))[0][0]
        raise ValueError(f"{where}: X has NaN or inf, first in row {row}: {points[row]}")
    if points.ndim not in (1, 2):
        raise ValueError(f"{where}: X {points.shape} must be (n, 2), or (n,) for a curve")
    return points


def classes(where: str, points: np.ndarray, y: Any) -> np.ndarray:
    """The labels as class numbers, if they are those of points in a plane."""
    labels = array(y)
    if points.ndim != 2 or points.shape[1] != 2 or labels.shape != points.shape[:1]:
        raise ValueError(f"{where}: X {points.shape} and y {labels.shape} must be (n, 2) and (n,)")
    if not len(points) or not np.isin(labels, np.arange(len(CLASSES))).all():
        raise ValueError(
            f"{where}: y must be zeros and ones, at least one, or class numbers up to "
            f"{len(CLASSES) - 1}; got {np.unique(labels)[:5]}"
        )
    return labels.astype(int)


def grid_around(points: np.ndarray, resolution: int) -> np.ndarray:
    """Points in rows and columns over the data and a margin: ``(resolution, resolution, 2)``."""
    low, high = points.min(0), points.max(0)
    margin = np.where(high > low, 0.15 * (high - low), 1.0)
    return np.stack(np.meshgrid(*np.linspace(low - margin, high + margin, resolution).T), axis=-1)


def said(predict: Callable[[Any], Any], rows: np.ndarray, like: Any) -> np.ndarray:
    """What ``predict`` returns; it gets a Tensor if ``like`` is one."""
    with evaluating(predict):
        return array(predict(Tensor(rows) if isinstance(like, Tensor) else rows))


def probabilities(
    where: str,
    predict: Callable[[Any], Any],
    points: np.ndarray,
    like: Any,
    labels: np.ndarray,
    logits: bool,
) -> np.ndarray:
    """The probability of class 1 for each point; or of each class, in the last dimension."""
    rows = points.reshape(-1, 2)
    found = said(predict, rows, like)
    count = found.shape[1] if found.ndim == 2 and found.shape[1] > 1 else 1
    if found.size != len(rows) * count or not 1 <= count <= len(CLASSES):
        raise ValueError(
            f"{where}: predict must return one probability for each point, or numbers for "
            f"{len(CLASSES)} classes at most, but gave shape {found.shape} for {len(rows)} points"
        )
    if labels.max() >= max(2, count):
        raise ValueError(
            f"{where}: y has class {labels.max()}, but predict tells only {max(2, count)} classes "
            f"apart: it gave shape {found.shape} for {len(rows)} points"
        )
    if count > 1 and not np.isnan(found).any():
        p = softmax_if_needed(found, logits)
        return (p[:, 1] if count == 2 else p).reshape(*points.shape[:-1], *[count] * (count > 2))
    p = np.exp(-np.logaddexp(0, -found)) if logits else found
    if not (p.min() >= -ROUNDING and p.max() <= 1 + ROUNDING):  # so too for NaN
        raise ValueError(
            f"{where}: predict must return probabilities, but gave {p.min():.4g} to "
            f"{p.max():.4g}; logits need a sigmoid, or logits=True, and NaN a lower learning rate"
        )
    return p.clip(0, 1).reshape(points.shape[:-1])


def softmax_if_needed(scores: np.ndarray, logits: bool) -> np.ndarray:
    """Probabilities as they are, and the softmax of other scores."""
    sums = np.abs(scores.sum(-1) - 1).max()
    if not logits and scores.min() >= -ROUNDING and sums <= ROUNDING * scores.shape[1]:
        return scores.clip(0, 1)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def guesses(p: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The class that is most probable, for each point."""
    return p > 0.5 if p.ndim == points.ndim - 1 else p.argmax(-1)


def draw_shades(ax: Any, grid: np.ndarray, p: np.ndarray) -> list[Any]:
    """Shades of probability, and the lines where two classes are even."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    xx, yy = np.moveaxis(grid, -1, 0)
    if p.ndim == 2:
        cmap = LinearSegmentedColormap.from_list("classes", SHADES)
        drawn = [ax.contourf(xx, yy, p, levels=np.linspace(0, 1, 21), cmap=cmap)]
        ahead = [p - 0.5]
    else:
        colors = np.array([to_rgb(style["color"]) for style in CLASSES[: p.shape[-1]]])
        sure = 0.5 * p.max(-1)[..., None]  # the rest is white, so that the data stand out
        image = (1 - sure + sure * colors[p.argmax(-1)]).clip(0, 1)
        drawn = [ax.pcolormesh(xx, yy, image, shading="gouraud", zorder=0)]
        others = [np.delete(p, k, axis=-1).max(-1) for k in range(p.shape[-1])]
        ahead = [p[..., k] - other for k, other in enumerate(others)]
    return drawn + [
        ax.contour(xx, yy, lead, levels=[0.0], colors="black", linewidths=1.4) for lead in ahead
    ]


def draw_data(ax: Any, points: np.ndarray, labels: np.ndarray) -> None:
    for label in range(max(2, labels.max() + 1)):
        style = CLASSES[label] | {"label": f"class {label}"}
        ax.scatter(*points[labels == label].T, s=42, linewidth=0.8, zorder=3, **style)
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    ax.legend(loc="best")


def plot_curve(
    predict: Callable[[Any], Any],
    X: Any,
    points: np.ndarray,
    y: np.ndarray,
    ax: Any,
    resolution: int,
) -> Any:
    """What ``predict`` says over the line of its one input, and the data."""
    if y.size != len(points) or y.shape[0] != len(points) or not len(points):
        raise ValueError(
            f"plot_boundary: X {points.shape} and y {y.shape} must be (n,) or (n, 1), both"
        )
    line = np.linspace(points.min(), points.max(), resolution, dtype=points.dtype)
    curve = said(predict, line.reshape(-1, *points.shape[1:]), X)
    if curve.size != resolution:
        raise ValueError(
            f"plot_boundary: predict must return one number for each point, but gave shape "
            f"{curve.shape} for {resolution} points"
        )
    ax.plot(line, curve.ravel(), color="#2F6DA8", linewidth=2, label="prediction", zorder=3)
    ax.scatter(
        points, y, s=34, color=CLASSES[0]["color"], edgecolor="#3A1D00", linewidth=0.8, label="data"
    )
    ax.set_xlabel("$x$")
    ax.set_ylabel("$y$")
    ax.legend()
    return ax
