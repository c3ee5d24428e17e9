"""The pictures of training: boundary, animation, histograms, dead ReLUs."""

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
        (lambda points: points, r"one probability for each point.*\(\d+, 2\) for \d+ points"),
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
