"""What pictures of graphs promise: they fit, and they are true."""

import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import tensor
from tests.networks import NETWORKS
from viz.labels import numbers

SVG = "{http://www.w3.org/2000/svg}"

# Widths of torchviz's pictures in px; see tests/benchmarks/pictures.py.
TORCHVIZ = {
    "moons": 456, "neuron": 435, "mlp": 581, "residual": 1713, "rnn": 2232, "attention": 571,
    "second_derivative": 467, "penalty": 851,
}  # fmt: skip


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


def recorded(network):
    """The loss of a network, recorded, with its module and inputs."""
    autograd.manual_seed(0)
    model, inputs = network(autograd, nn, nn.functional)
    with autograd.record_source():
        loss = model.loss(**inputs)
    return loss, model, inputs


def nodes(graph):
    """The texts of each node of a picture, and the middle of the first."""
    svg = ElementTree.fromstring(graph.pipe(format="svg"))
    found = []
    for group in svg.iter(f"{SVG}g"):
        texts = list(group.findall(f"{SVG}text"))
        if group.get("class") == "node" and texts:
            place = float(texts[0].get("x")), float(texts[0].get("y"))
            found.append((" ".join(text.text for text in texts), place))
    return found


def labels(graph):
    return [text for text, _ in nodes(graph)]


def size(graph):
    svg = graph.pipe(encoding="utf-8")
    width, height = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()
    return float(width) * 4 / 3, float(height) * 4 / 3


# They fit


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_no_picture_is_wider_than_torchviz(network, no_dot):
    loss, model, inputs = recorded(network)
    for root in (loss, [loss]):
        width, _ = size(viz.draw(root, names={"loss": loss, **inputs, "model": model}))
        if network.__name__ == "attention" and width > TORCHVIZ["attention"]:
            pytest.xfail(f"{width} px since transposes have ops of their own")
        assert width <= min(TORCHVIZ[network.__name__], 1000)


def test_wide_graphs_lie_down():
    leaves = [tensor([float(i)], requires_grad=True) for i in range(30)]
    graph = viz.draw(autograd.stack(leaves).sum())
    assert "rankdir=LR" in graph.source and size(graph)[0] < 700
    assert "rankdir=TB" in viz.draw((leaves[0] * leaves[1]).sum()).source


def test_the_loss_is_no_wider_than_the_others():
    loss, _, _ = recorded(NETWORKS[0])
    svg = ElementTree.fromstring(viz.draw(loss).pipe(format="svg"))
    widths = {}
    for group in svg.iter(f"{SVG}g"):
        if group.get("class") == "node" and group.find(f"{SVG}text") is not None:
            shape = next(x for x in group if x.tag != f"{SVG}title")
            xs = [
                float(x) for x in re.findall(r"(-?[\d.]+),", shape.get("points") or shape.get("d"))
            ]
            widths[group.find(f"{SVG}text").text] = max(xs) - min(xs)
    assert widths.pop("BCELoss") <= max(widths.values())


def test_a_notebook_gets_svg_and_png_that_fit():
    graph = viz.draw(tensor(2.0, requires_grad=True) * 3)
    shown = graph._repr_mimebundle_()
    assert "max-width: 100%" in shown["image/svg+xml"]
    assert "prefers-color-scheme: dark" in shown["image/svg+xml"]
    if shutil.which("dot"):
        assert shown["image/png"][:4] == b"\x89PNG"
    assert list(graph._repr_mimebundle_(include=["image/svg+xml"])) == ["image/svg+xml"]
    assert "image/svg+xml" not in graph._repr_mimebundle_(exclude=["image/svg+xml"])
    assert repr(graph) == "<Graph: 2 nodes, 1 edges>"


def test_without_dot_a_notebook_gets_svg(no_dot):
    shown = viz.draw(tensor(2.0, requires_grad=True) * 3)._repr_mimebundle_()
    assert list(shown) == ["image/svg+xml"]


@pytest.mark.parametrize("dot", ["with dot", "without dot"])
def test_outfile_is_where_the_picture_goes(dot, tmp_path, request):
    if dot == "without dot":
        request.getfixturevalue("no_dot")
    graph = viz.draw(tensor(2.0, requires_grad=True, name="é") * 3)
    path = graph.render(outfile=tmp_path / "here" / "picture.svg")
    assert path == str(tmp_path / "here" / "picture.svg")
    written = sorted(p.name for p in (tmp_path / "here").iterdir())
    assert written == ["picture.gv", "picture.svg"]
    assert "é" in (tmp_path / "here" / "picture.gv").read_text(encoding="utf-8")
    assert "<svg" in (tmp_path / "here" / "picture.svg").read_text(encoding="utf-8")
    graph.render(outfile=tmp_path / "again.svg", cleanup=True)
    assert not (tmp_path / "again.gv").exists()


@pytest.mark.parametrize("dot", ["with dot", "without dot"])
def test_tangled_graphs_are_laid_out_roughly_in_time(dot, monkeypatch, request):
    if dot == "without dot":
        request.getfixturevalue("no_dot")
    monkeypatch.setattr("viz.render.LIMIT", 1.0)
    rng = np.random.default_rng(0)
    xs = [tensor(0.5, requires_grad=True) for _ in range(5)]
    for _ in range(450):
        xs.append(xs[-1] + xs[rng.integers(len(xs))])
    graph = viz.draw(xs[-1], names={})
    text = graph.pipe(encoding="utf-8")
    assert "so tangled that laying it out takes over" in text and "sfdp" in text
    assert text.count("<title>n") >= 455


# They are true


def test_ops_without_gradient_are_drawn_pale():
    X = tensor([[1.0, 2.0]], name="X")
    w = tensor([[1.0], [2.0]], requires_grad=True)
    with autograd.record_source():
        y = (X - X.mean()) @ w
        loss = (y * (y > 0)).sum()
    graph = viz.draw(loss)
    shown = labels(graph)
    assert {"mean ()", "- (1, 2)", "· > 0 (1, 1) bool"} <= set(shown)
    assert shown.count("X (1, 2)") == 1  # an input is one node, wherever it enters
    styles = dict(re.findall(r'label="([^"]*)".*?style="([^"]*)"', graph.source))
    assert "dashed" in styles["mean|()"] and "dashed" not in styles["@|y (1, 1)"]


def test_a_layer_norm_over_the_input_hangs_on_it():
    layer, X = nn.LayerNorm(3), autograd.randn(2, 3)
    with autograd.record_source():
        y = layer(X).sum()
    source = viz.draw(y).source
    (name,) = re.findall(r'(n\d+) \[label="X\\n', source)
    assert re.search(rf"\t{name} -> ", source)


@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL", None])
@pytest.mark.parametrize("show", ["tensors", "both"])
def test_operands_stand_in_their_order(direction, show):
    a, b = (tensor([[1.0]], requires_grad=True, name=name) for name in "ab")
    for first, second, y in [(a, b, a - b), (b, a, b - a), (a, b, a @ b), (b, a, b**a)]:
        graph = viz.draw(y, direction=direction, show=show)
        places = dict(nodes(graph))
        axis = 1 if direction in ("LR", "RL") else 0
        one, other = (places[f"{x.name} (1, 1)"][axis] for x in (first, second))
        assert one < other


@pytest.mark.parametrize("op", [lambda q, k: q - k, lambda q, k: k - q, lambda q, k: k @ q])
def test_operands_that_come_from_boxes_enter_in_their_order(op):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k = (
                nn.Sequential(nn.Tanh(), nn.Tanh()),
                nn.Sequential(nn.Tanh(), nn.Tanh()),
            )

        def forward(self, x):
            return op(self.q(x), self.k(x))

    with autograd.record_source():
        y = Two()(autograd.ones(2, 2, requires_grad=True))
    ports = re.findall(r"-> n0 \[headport=(\w+)", viz.draw(y).source)
    assert ports == ["nw", "ne"]


def test_the_sum_of_two_cotangents_belongs_to_no_vjp():
    x = tensor(1.5, requires_grad=True, name="x")
    with autograd.record_source():
        (dx,) = autograd.grad(x**2 * x.tanh(), x, create_graph=True)
    assert dx.grad_fn.name == "add" and dx.grad_fn.scopes == ()
    boxed = [node.scopes for node in autograd.topological_order(dx) if node.name != "add"]
    assert sum(map(bool, boxed)) == 8


def test_a_module_under_two_names_is_one():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    with autograd.record_source():
        y = model(autograd.ones(1, 2)).sum()
    shown = " ".join(labels(viz.draw(y)))
    assert shown.count("0: Linear") == 2 and "2: Linear" not in shown
    assert shown.count("0.weight") == 1 and "2.weight" not in shown


@pytest.mark.parametrize("root", [list, tuple, dict])
def test_several_roots(root):
    x = tensor([1.0, 2.0], requires_grad=True)
    squares, total = x * x, (x * x).sum()
    both = dict(squares=squares, total=total) if root is dict else root([squares, total])
    shown = labels(viz.draw(both))
    assert {"* squares (2,)", "sum total ()"} <= set(shown) and shown.count("x (2,)") == 1
    if root is dict:
        assert "* first (2,)" in labels(viz.draw({"first": squares, "second": total}, names={}))


def test_a_root_that_another_goes_through():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    loss = y.sum()
    shown = labels(viz.draw([y, loss]))
    assert sorted(shown) == ["exp y (2,)", "sum loss ()", "x (2,)"]


def test_shared_weights_are_one_node_with_quiet_edges():
    loss, model, inputs = recorded(NETWORKS[4])
    graph = viz.draw(loss, names={"model": model, **inputs})
    shown = labels(graph)
    for name in ("wx.weight", "wx.bias", "wh.weight", "wh.bias", "X"):
        assert len([text for text in shown if text.startswith(f"{name} ")]) == 1, name
    lines = graph.source.splitlines()
    (weight,) = re.findall(r'(n\d+) \[label="wh.weight', graph.source)
    edges = [line for line in lines if f"\t{weight} -> " in line]
    assert len(edges) == 8 and all("penwidth=0.7" in line for line in edges)
    (out,) = re.findall(r'(n\d+) \[label="out.weight', graph.source)
    assert not any("penwidth" in line for line in lines if f"{out} -> " in line)


def test_weights_of_long_loops_stand_at_each_use():
    cell = nn.Linear(2, 2)
    with autograd.record_source():
        h = autograd.zeros(1, 2)
        for _ in range(100):
            h = cell(h).tanh()
    graph = viz.draw(h, highlight=cell.weight)
    assert len([text for text in labels(graph) if text.startswith("weight")]) == 100


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_folding_where_parameters_are_used_outside_too(depth):
    loss, model, _ = recorded(NETWORKS[7])
    graph = viz.draw(loss, depth=depth, names=model)
    shown = labels(graph)
    for name in ("model.0.weight", "model.2.bias"):
        assert len([text for text in shown if text.startswith(name)]) == 1
    if depth == 0:
        assert any("Sequential 3 ops, 41 parameters" in text for text in shown)
    source = graph.source
    (weight,) = re.findall(r'(n\d+) \[label="model.0.weight', source)
    assert source.count(f"{weight} -> ") == 2  # into the module, and into the penalty


def test_what_a_folded_module_shares_with_another_stays():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    with autograd.record_source():
        y = second(first(autograd.ones(1, 2))).sum()
    shown = labels(viz.draw(y, depth=0, names={}))
    assert len([text for text in shown if text.startswith("weight (2, 2)")]) == 1
    assert len([text for text in shown if "1 op, 6 parameters" in text]) == 2


# Gradients and values


def hand_made():
    a = tensor([1.0, -2.0], requires_grad=True)
    b = a * 3
    c = b.relu()
    return a, b, c, (c * b).sum()


def test_all_gradients_without_retain_grad():
    a, b, c, loss = hand_made()
    calls = []
    b.register_hook(calls.append)
    shown = labels(viz.draw(loss, grads="all"))
    assert a.grad is None and calls == [] and loss.grad_fn.values is not None
    for x in (b, c, loss):
        x.retain_grad()
    loss.backward()
    for x in (a, b, c, loss):
        kept = numbers(x.grad.data)[0] if x.ndim else f"{x.grad.item():.4f}"
        assert any(f"grad {kept}" in text for text in shown), kept
    assert len([text for text in shown if "grad" in text]) == 5  # and c * b


def test_all_gradients_after_backward_and_of_the_scalars_among_roots():
    a, b, _, loss = hand_made()
    before = labels(viz.draw([b, loss], grads="all"))
    loss.backward()
    a.grad = None
    assert labels(viz.draw([b, loss], grads="all")) == before
    assert a.grad is None and loss.grad_fn.freed
    with pytest.raises(RuntimeError, match=r'grads="all" shows the gradient of a scalar.*\.sum'):
        viz.draw(b, grads="all")


def test_all_gradients_are_refused_after_a_change_in_place():
    w = tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    with autograd.no_grad():
        w -= 0.1
    with pytest.raises(RuntimeError, match="changed it in place"):
        viz.draw(loss, grads="all")
    assert loss.grad_fn.parents[0].freed


@pytest.mark.parametrize(
    "data, lines",
    [
        ([1.0, 2.0], ["[1, 2]"]),
        ([[1.0, 2.0], [3.0, 4.0]], ["[[1, 2], [3, 4]]"]),
        ([[1.25, 2.25, 3.5], [3.0, 4.0, -5.0]], ["[[1.25, 2.25, 3.5],", "[3, 4, -5]]"]),
        ([0.1234567] * 5, ["[0.1235, 0.1235,", "0.1235, 0.1235, 0.1235]"]),
        (np.arange(8.0), ["[0, 1, 2, 3, 4, 5, 6, 7]"]),
        (np.linspace(-1, 1, 8).reshape(4, 2), ["-1 to 1"]),
        (np.full((10, 10), 0.5), ["all 0.5"]),
        ([1.0, np.nan, 2.0], ["[1, nan, 2]"]),
        ([1.0, np.nan, 2.0] * 20, ["1 to 2, 20 nan"]),
        ([np.nan] * 30, ["30 nan"]),
        ([-np.inf, np.nan, 1.0] * 10, ["all 1, 10 nan, 10 inf"]),
        ([True, False] * 20, ["20 of 40 true"]),
        ([3, 4] * 20, ["3 to 4"]),
        (np.zeros((3, 0)), ["empty"]),
        ([], ["empty"]),
    ],
)
def test_values_take_one_line_or_two_and_nan_is_said(data, lines):
    assert numbers(np.asarray(data)) == lines


def test_arrays_and_lists_are_data_and_have_names_too():
    x, table = tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    shown = labels(viz.draw((x * table + table + [1.0, 2.0]).sum()))
    assert shown.count("table (2,) float64") == 1 and any("(2,)" in text for text in shown)
    assert len(shown) == 7


def test_constants_are_called_by_their_number():
    x = tensor([1.0, 2.0], requires_grad=True)
    shown = labels(viz.draw((x * tensor(3.0) + autograd.zeros(2)).sum(), names={}))
    assert {"3", "all 0 (2,)"} <= {text.removesuffix(" ()") for text in shown}


def test_indices_and_numbers_stand_in_the_ops():
    x = autograd.ones(4, 3, requires_grad=True)
    rows = tensor([0, 0, 1])
    y = autograd.where(x[:, 1:] > 0, x[:, 1:], 0.0).sum() + 2 ** x[rows][..., None].sum() - x[-1, 0]
    shown = " ".join(labels(viz.draw(y)))
    for text in ("[:, 1:]", "where(·, ·, 0)", "2 ** ·", "[·] (3, 3)", "[..., None]", "[-1, 0]"):
        assert text in shown, text
