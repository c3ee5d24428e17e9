"""The pictures of training: boundary, animation, histograms, dead ReLUs."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from matplotlib.colors import to_rgb
from PIL import Image, ImageSequence

import autograd
import nn
import viz
from autograd import tensor


@pytest.fixture(autouse=True)
def _no_screen():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


X = tensor([[-1.0, 0.0], [-0.5, 1.0], [0.5, 0.0], [1.0, 1.0]])
y = tensor([0.0, 0.0, 1.0, 1.0])


def classifier():
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())


def luminance(color):
    rgb = np.array(to_rgb(color))
    return rgb @ [0.299, 0.587, 0.114]


# The boundary


@pytest.mark.parametrize("like", [X, X.double(), X.data, X.data.astype(int)], ids=str)
def test_predict_gets_points_as_it_would_get_X(like):
    got = []

    def predict(points):
        assert not autograd.is_grad_enabled()
        got.append(points)
        return points[:, 0] * 0 + 0.5

    viz.plot_boundary(predict, like, y.data, resolution=10)
    viz.BoundaryAnimation(predict, like, y.data, resolution=10).add_frame(0, 0.7)
    assert [points.shape for points in got] == [(100, 2), (4, 2), (100, 2)]
    for points in got:
        assert type(points) is type(like)
        assert points.dtype == (like.dtype if like.dtype.kind == "f" else np.float64)


def test_a_model_is_a_predict():
    ax = viz.plot_boundary(classifier(), X, y)
    assert ax.get_xlim()[0] < -1 and ax.get_xlim()[1] > 1


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_without_a_boundary_there_is_no_line(p):
    ax = viz.plot_boundary(lambda points: np.full(len(points), p), X, y)
    assert not len(ax.collections[1].get_paths()[0].vertices)


def test_the_line_is_where_the_probability_is_one_half():
    step = lambda points: 1 / (1 + np.exp(-4 * (points[:, 0] - 0.25)))  # noqa: E731
    _, line, *_ = viz.plot_boundary(step, X.data, y).collections
    (vertices,) = [path.vertices for path in line.get_paths()]
    assert np.allclose(vertices[:, 0], 0.25, atol=0.01)


def test_classes_differ_in_marker_and_in_darkness():
    ax = viz.plot_boundary(lambda points: np.linspace(0, 1, len(points)), X.data, y)
    zero, one = ax.collections[-2:]
    assert not np.array_equal(zero.get_paths()[0].vertices, one.get_paths()[0].vertices)
    light, dark = [luminance(dots.get_facecolor()[0, :3]) for dots in (zero, one)]
    assert light > dark + 0.4
    shades = [luminance(color[:3]) for color in ax.collections[0].get_facecolor()]
    assert np.all(np.diff(shades) < 0) and shades[0] > shades[-1] + 0.3


@pytest.mark.parametrize("make", [viz.plot_boundary, viz.BoundaryAnimation])
@pytest.mark.parametrize(
    "X, y, message",
    [
        (np.ones((4, 3)), np.ones(4), r"X \(4, 3\) and y \(4,\) must be \(n, 2\) and \(n,\)"),
        (np.ones((4, 2)), np.ones((4, 1)), r"X \(4, 2\) and y \(4, 1\) must be"),
        (np.ones((0, 2)), np.ones(0), "zeros and ones, at least one"),
        (np.ones((2, 2)), np.array([-1, 1]), r"y must be zeros and ones.*\[-1  1\]"),
    ],
)
def test_data_that_cannot_be_drawn(make, X, y, message):
    with pytest.raises(ValueError, match=f"{make.__name__}: .*{message}"):
        make(classifier(), X, y)


@pytest.mark.parametrize(
    "predict, message",
    [
        (lambda points: points[None], r"one probability for each point.*\d+, 2\) for \d+ points"),
        (lambda points: points[:3, 0], r"one probability for each point.*\(3,\) for \d+ points"),
        (lambda points: 3 * points[:, 0], r"gave -\d.*to \d.*logits need a sigmoid"),
        (lambda points: points[:, 0] * np.nan, "gave nan to nan.*lower learning rate"),
    ],
)
def test_what_cannot_be_probabilities(predict, message):
    with pytest.raises(ValueError, match=f"plot_boundary: predict must.*{message}"):
        viz.plot_boundary(predict, X.data, y)
    with pytest.raises(ValueError, match=f"BoundaryAnimation: predict must.*{message}"):
        viz.BoundaryAnimation(predict, X.data, y).add_frame(0, 1.0)
    assert not plt.get_fignums() or not plt.gcf().axes[0].collections


def test_data_in_a_line_gets_room():
    line = np.array([[0.0, 5.0], [1.0, 5.0]])
    ax = viz.plot_boundary(lambda points: points[:, 1] * 0, line, np.array([0, 1]))
    assert ax.get_ylim() == (4, 6)


# Several classes, logits, one input


def three_classes(points):
    """Scores that grow towards three corners."""
    corners = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    return -5 * ((np.asarray(points)[:, None] - corners) ** 2).sum(-1)


THREE = np.array([[-1.0, 0.1], [1.0, -0.1], [0.0, 1.4], [0.1, 1.6]])


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def test_three_classes_from_scores_and_from_probabilities_alike():
    y = np.array([0, 1, 2, 2])
    scores = viz.plot_boundary(three_classes, THREE, y)
    given = viz.plot_boundary(lambda points: softmax(three_classes(points)), THREE, y)
    assert [text.get_text() for text in scores.get_legend().get_texts()] == [
        "class 0", "class 1", "class 2",
    ]  # fmt: skip
    assert np.allclose(scores.collections[0].get_array(), given.collections[0].get_array())
    lines = [line for line in scores.collections if hasattr(line, "levels")]
    assert len(lines) == 3
    lead = three_classes(np.concatenate([path.vertices for path in lines[0].get_paths()]))
    assert np.abs(lead[:, 0] - np.delete(lead, 0, 1).max(1)).max() < 0.2  # even there
    assert [len(dots.get_offsets()) for dots in scores.collections[-3:]] == [1, 1, 2]


def test_the_region_of_a_class_has_its_color():
    shown = []
    viz.plot_boundary(three_classes, THREE, np.arange(4) % 3)
    mesh = plt.gca().collections[0]
    colors, places = mesh.get_array().reshape(-1, 3), mesh.get_coordinates().reshape(-1, 2)
    for corner, style in zip([[-1, 0], [1, 0], [0, 1.5]], viz.boundary.CLASSES):
        nearest = np.abs(places - corner).sum(1).argmin()
        shown.append(np.abs(colors[nearest] - (0.5 + 0.5 * np.array(to_rgb(style["color"])))))
    assert np.max(shown) < 0.02


def test_ten_classes_differ_and_eleven_are_too_many():
    styles = viz.boundary.CLASSES
    assert len({style["marker"] for style in styles}) == len({s["color"] for s in styles}) == 10
    points = np.random.default_rng(0).normal(size=(30, 2))
    eye = lambda points: np.eye(10)[np.arange(len(points)) % 10]  # noqa: E731
    ax = viz.plot_boundary(eye, points, np.arange(30) % 10)
    assert len(ax.get_legend().get_texts()) == 10
    with pytest.raises(ValueError, match=r"numbers for 10 classes at most, but gave.*11\)"):
        viz.plot_boundary(lambda p: np.zeros((len(p), 11)), points, np.arange(30) % 10)
    with pytest.raises(ValueError, match="y has class 2, but predict tells only 2 classes"):
        viz.plot_boundary(lambda p: p[:, 0] * 0, points, np.arange(30) % 3)


@pytest.mark.parametrize("columns", [1, 2])
def test_two_classes_from_logits(columns):
    z = lambda points: 4 * (np.asarray(points)[:, 0] - 0.25)  # noqa: E731
    if columns == 1:
        ax = viz.plot_boundary(z, X, y.data, logits=True)
    else:
        ax = viz.plot_boundary(lambda points: np.stack([-z(points), z(points)], 1) / 2, X, y.data)
    _, line, *_ = ax.collections
    assert np.allclose(line.get_paths()[0].vertices[:, 0], 0.25, atol=0.01)
    assert ax.figure.axes[1].get_ylabel() == "probability of class 1"


def test_rounding_is_no_fault_and_large_logits_do_not_overflow():
    viz.plot_boundary(lambda points: points[:, 0] * 0 + 1.0000001, X.data, y.data)
    viz.plot_boundary(lambda points: points[:, 0] * 0 - 1e-7, X.data, y.data)
    viz.plot_boundary(lambda points: 1e6 * points[:, 0], X.data, y.data, logits=True)


@pytest.mark.parametrize("make", [viz.plot_boundary, viz.BoundaryAnimation])
def test_nan_in_the_data_is_not_blamed_on_predict(make):
    bad = X.data.copy()
    bad[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"X has NaN or inf, first in row 2: \[0.5 nan\]"):
        make(classifier(), bad, y)


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_one_input_gives_a_curve(shape):
    x = np.linspace(0, 2, 5).reshape(shape)
    got = []

    def predict(points):
        got.append(points.shape)
        return points**2

    ax = viz.plot_boundary(predict, tensor(x), tensor(x**2), resolution=50)
    (line,) = ax.lines
    xs, ys = line.get_data()
    assert got == [(50, *shape[1:])] and (xs[0], xs[-1]) == (0, 2)
    assert np.allclose(ys, xs**2)
    assert np.allclose(ax.collections[0].get_offsets(), np.stack([x.ravel(), x.ravel() ** 2], 1))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["prediction", "data"]
    with pytest.raises(ValueError, match=r"y \(3,\) must be \(n,\) or \(n, 1\)"):
        viz.plot_boundary(predict, x, np.ones(3))
    with pytest.raises(ValueError, match="one number for each point, but gave shape"):
        viz.plot_boundary(lambda points: points[:3], x, x.ravel())


# The loss


def test_several_curves_have_a_legend_and_differ_in_line_and_darkness():
    ax = viz.plot_loss({"train": [tensor(1.0, requires_grad=True), 0.5], "test": [2.0, 1.0, 0.7]})
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 0.5], [2, 1, 0.7]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train", "test"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert viz.plot_loss([1.0]).get_legend() is None


@pytest.mark.parametrize("top, bottom", [(1.0, 0.3), (0.9, 0.7), (20, 1), (1, 1e-2), (5, 4e-5),
                                         (1, 1e-9), (0.7, 0.7)])  # fmt: skip
def test_numbers_at_the_loss_do_not_overlap(top, bottom):
    numbers_do_not_overlap(np.geomspace(top, bottom, 50), (6.4, 4.8))


@pytest.mark.parametrize("history", [[1.0], [2.0, 2.0], [1e-3], [1e5, 1e5], [0.7, 0.69], [1, 0.1]])
def test_numbers_at_few_losses_do_not_overlap_in_a_small_picture(history):
    numbers_do_not_overlap(history, (5, 3))


def numbers_do_not_overlap(history, size):
    ax = viz.plot_loss(history, ax=plt.figure(figsize=size).add_subplot())
    ax.figure.draw_without_rendering()
    assert ax.get_yscale() == "log"
    low, high = ax.get_ylim()
    texts = [label for label in ax.yaxis.get_ticklabels(which="both") if label.get_text()]
    places = [text.get_position()[1] for text in texts]
    boxes = [t.get_window_extent() for t, y in zip(texts, places) if low <= y <= high]
    assert 2 <= len(boxes) <= 12
    boxes.sort(key=lambda box: box.y0)
    assert all(one.y1 < other.y0 for one, other in pairwise(boxes))


def test_what_is_not_finite_leaves_a_gap_and_the_scale_alone():
    ax = viz.plot_loss([np.nan, 1.0, 0.5, np.inf, 0.25])
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "step (2 of 5 losses not finite)"
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [True, False, False, True, False]
    for empty in ([], [np.nan], {}):
        ax = viz.plot_loss(empty)
        ax.figure.draw_without_rendering()
        assert ax.get_yscale() == "linear"


# The animation


def moving_boundary(places):
    """A boundary that stands at each place in turn."""
    place = [0.0]
    animation = viz.BoundaryAnimation(
        lambda points: 1 / (1 + np.exp(-9 * (points[:, 0] - place[0]))), X.data, y
    )
    for step, place[0] in enumerate(places):
        animation.add_frame(step, tensor(0.5))
    return animation


def test_the_gif_shows_each_frame_and_holds_the_last(tmp_path):
    moving_boundary([-0.75, 0.0, 0.75]).save(tmp_path / "training.gif", fps=10)
    with Image.open(tmp_path / "training.gif") as film:
        assert film.info["loop"] == 0
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(film)]
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert len(frames) == 3 and times[:2] == [100, 100] and times[2] >= 2000
    height, width = frames[0].shape
    strip = [frame[height // 2 : height // 2 + 40, width // 8 :].mean() for frame in frames]
    assert strip[0] < strip[1] < strip[2]  # class 1 is dark, and recedes


def test_titles_tell_step_loss_and_accuracy():
    animation = moving_boundary([0.0, 0.75])
    assert [frame[:3] for frame in animation.frames] == [(0, 0.5, 1.0), (1, 0.5, 0.75)]


def test_frames_are_small_and_keep_what_was_said_then():
    model = classifier()
    animation = viz.BoundaryAnimation(model, X, y)
    animation.add_frame(0, 0.7)
    with autograd.no_grad():
        for p in model.parameters():
            p.mul_(-2.0)
    animation.add_frame(1, 0.6)
    first, second = [frame[3] for frame in animation.frames]
    assert not np.array_equal(first, second)
    assert first.nbytes == 40_000


@pytest.mark.skipif(not FFMpegWriter.isAvailable(), reason="there is no ffmpeg program")
def test_mp4(tmp_path):
    moving_boundary([0.0, 0.5]).save(tmp_path / "training.mp4")
    assert (tmp_path / "training.mp4").read_bytes()[4:8] == b"ftyp"


def test_frames_a_second_may_be_any_positive_number(tmp_path):
    animation = moving_boundary([-0.75, 0.75])
    animation.save(tmp_path / "slow.gif", fps=2.5)
    with Image.open(tmp_path / "slow.gif") as film:
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert times == [400, 2400]
    for fps in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="fps must be positive"):
            animation.save(tmp_path / "never.gif", fps=fps)
    assert not (tmp_path / "never.gif").exists()


def test_each_frame_is_drawn_once(tmp_path, monkeypatch):
    drawn = []
    shades = viz.boundary.draw_shades
    monkeypatch.setattr("viz.boundary.draw_shades", lambda *a: drawn.append(a) or shades(*a))
    moving_boundary([0.0, 0.5]).save(tmp_path / "training.gif", fps=30)
    assert len(drawn) == 2


def test_an_animation_of_three_classes(tmp_path):
    animation = viz.BoundaryAnimation(three_classes, THREE, np.array([0, 1, 2, 0]))
    animation.add_frame(0, 1.0)
    assert animation.frames[0][2] == 0.75 and animation.frames[0][3].shape == (100, 100, 3)
    animation.save(tmp_path / "training.gif")


def test_what_cannot_be_saved(tmp_path, monkeypatch):
    animation = viz.BoundaryAnimation(classifier(), X, y)
    with pytest.raises(ValueError, match="no frames to save; call add_frame"):
        animation.save(tmp_path / "training.gif")
    animation.add_frame(0, 0.7)
    for name in ("training.png", "training"):
        with pytest.raises(ValueError, match=rf"{name} must end in .gif or .mp4"):
            animation.save(tmp_path / name)
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    with pytest.raises(RuntimeError, match=r".mp4 needs the ffmpeg program.*a .gif does not"):
        animation.save(tmp_path / "training.mp4")
    assert not list(tmp_path.iterdir())


# Histograms


def trained():
    model = classifier()
    nn.functional.binary_cross_entropy(model(X).squeeze(1), y).backward()
    return model


def test_a_column_for_each_parameter_counts_values_and_gradients():
    model = trained()
    axes = viz.plot_histograms(model)
    assert axes.shape == (2, 4)
    for (name, p), above, below in zip(model.named_parameters(), *axes, strict=True):
        assert above.get_title() == f"{name}\n{p.shape}"
        for ax, x in ((above, p), (below, p.grad)):
            assert sum(bar.get_height() for bar in ax.patches) == x.numel()
            assert ax.get_xlabel() == f"mean {x.data.mean():.2g}, std {x.data.std():.2g}"
    assert axes[0, 0].figure.get_suptitle() == ""


def test_nothing_overlaps():
    model = trained()
    model[2].weight.grad.data[...] *= 1e-9
    figure = viz.plot_histograms(model, X)[0, 0].figure
    figure.draw_without_rendering()
    title = figure.findobj(lambda x: getattr(x, "_text", "").startswith("dead ReLUs"))[0]
    boxes = [title.get_window_extent(), *[ax.get_tightbbox() for ax in figure.axes]]
    for i, box in enumerate(boxes):
        assert figure.bbox.contains(box.x0, box.y0) and figure.bbox.contains(box.x1, box.y1)
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_what_is_not_there_or_not_finite_is_said():
    model = trained()
    model[0].bias.grad = None
    model[2].weight.grad.data[0, :2] = np.nan, np.inf
    axes = viz.plot_histograms(model)
    assert axes[1, 1].get_xlabel() == "no gradient" and not len(axes[1, 1].get_xticks())
    assert axes[1, 2].get_xlabel().endswith("\n2 not finite")


def test_histograms_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="1 to 30 parameters, and this ReLU has 0"):
        viz.plot_histograms(nn.ReLU())
    with pytest.raises(ValueError, match=r"32; give a part of it, such as model\[0\]"):
        viz.plot_histograms(nn.Sequential(*[nn.Linear(1, 1) for _ in range(16)]))
    with pytest.raises(ValueError, match=r"no parameter has a gradient; call loss.backward\(\)"):
        viz.plot_histograms(classifier())
    assert not plt.get_fignums()


# Dead ReLUs


def with_dead(bias):
    """A layer whose unit i is active where x > -bias[i]."""
    layer = nn.Linear(1, len(bias))
    layer.load_state_dict({"weight": np.ones((len(bias), 1)), "bias": bias})
    return layer


def test_units_that_no_point_activates_are_dead():
    model = nn.Sequential(with_dead([0.0, -1.5, -2.5, -9.0]), nn.ReLU())
    assert viz.dead_relus(model, [[1.0], [2.0]]) == [(2, 4)]
    assert viz.dead_relus(model, [[1.0], [3.0]]) == [(1, 4)]
    assert viz.dead_relus(model, [2.0]) == [(2, 4)]  # one point alone
    assert viz.dead_relus(model, [[[1.0]], [[3.0]]]) == [(1, 4)]  # units are the last dimension


def test_relus_come_as_they_run_modules_and_functions_alike():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.second = nn.Linear(2, 3)
            self.first = with_dead([-9.0, 0.0])

        def forward(self, x):
            x = nn.functional.relu(self.first(x))
            return autograd.relu(self.second(x) * 0 - 1)

    assert viz.dead_relus(Net(), autograd.ones(5, 1)) == [(1, 2), (3, 3)]
    assert viz.dead_relus(nn.Linear(1, 2), autograd.ones(5, 1)) == []


def test_frozen_models_and_no_grad_are_no_hindrance():
    model = nn.Sequential(with_dead([0.0, -9.0]), nn.ReLU()).requires_grad_(False)
    x = autograd.ones(3, 1)
    with autograd.no_grad():
        assert viz.dead_relus(model, x) == [(1, 2)]
    assert not x.requires_grad and x.grad is None and model[0].weight.grad is None


def test_dead_units_get_no_gradient_and_are_in_the_title():
    model = nn.Sequential(with_dead([0.0, -9.0, 1.0]), nn.ReLU(), nn.Linear(3, 1))
    x = autograd.ones(4, 1)
    model(x).sum().backward()
    assert [bool((g == 0).all()) for g in model[0].weight.grad] == [False, True, False]
    assert viz.plot_histograms(model, x)[0, 0].figure.get_suptitle() == "dead ReLUs: 1 of 3"
    line = nn.Linear(1, 1)
    line(x).sum().backward()
    title = viz.plot_histograms(line, x)[0, 0].figure.get_suptitle()
    assert title == "dead ReLUs: there is no ReLU"


def test_no_data_is_refused():
    with pytest.raises(ValueError, match=r"X \(0, 1\) is empty"):
        viz.dead_relus(with_dead([0.0]), autograd.ones(0, 1))
