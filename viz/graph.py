"""Draw the graph that a Tensor was computed by."""

from collections.abc import Mapping
from typing import Any

import graphviz
import numpy as np

from autograd import Tensor, topological_order

from .render import Graph

CROWDED = 200  # ops; beyond, a leaf that several use is drawn at each
LARGEST = 5000  # nodes; Graphviz takes minutes beyond

# Each kind differs in shape and in the darkness of its fill, so that grey print will do;
# the colours are of a palette that the colour-blind can tell apart.
STYLES = {
    "parameter": {"shape": "box", "style": "filled,bold", "fillcolor": "#F0B96B"},
    "data": {"shape": "box", "style": "filled,dashed", "fillcolor": "#FFFFFF"},
    "constant": {"shape": "plaintext", "style": "", "fillcolor": "#FFFFFF"},
    "result": {"shape": "box", "style": "filled,rounded", "fillcolor": "#E4EEF7"},
    "root": {"shape": "doubleoctagon", "style": "filled", "fillcolor": "#9CC7E4"},
    "op": {"shape": "ellipse", "style": "filled", "fillcolor": "#3D4654", "fontcolor": "#FFFFFF"},
}


def draw(
    tensor: Tensor,
    *,
    values: bool = False,
    grads: bool = False,
    shapes: bool = True,
    params: Any = None,
    names: Mapping[str, Any] | None = None,
    direction: str = "LR",
    highlight: Any = (),
) -> Graph:
    """The graph behind ``tensor`` as a ``graphviz.Digraph``, which a notebook shows by itself.

    Ops are dark ellipses. Tensors are boxes with name, shape and dtype: parameters (leaves
    that require grad) filled and bold, data dashed, results rounded; ``tensor`` itself is
    an octagon. ``values`` and ``grads`` add the numbers of small tensors and the range of
    large ones, ``shapes=False`` leaves shape and dtype out. ``params``, a Module or a dict of
    Tensors by name, gives parameters the names they have there, and ``names`` (such as
    ``locals()``) any tensor. ``direction`` is that of the data: LR, RL, TB or BT. The tensors
    and ``grad_fn``s in ``highlight`` get a thick red line.

    Raises TypeError for what is not a Tensor and ValueError for more than 5000 nodes and for
    another direction.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True, name="x")
    >>> draw(x * 3).source.count("->")
    3
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw: needs a Tensor, got {type(tensor).__name__}")
    order = topological_order(tensor)
    if 2 * len(order) > LARGEST:
        raise ValueError(
            f"draw: {len(order)} ops make a picture of over {LARGEST} nodes; draw a part of it"
        )
    if direction not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"draw: direction must be LR, RL, TB or BT, got {direction!r}")
    called = {id(x): name for name, x in (names or {}).items() if isinstance(x, Tensor)}
    called |= names_of(params)
    graph, ids = draw_ops(tensor, order, values, grads, called, shapes)
    graph.graph_attr["rankdir"] = direction
    for x in highlight if isinstance(highlight, list | tuple) else [highlight]:
        keys = [x.grad_fn or x, id(x)] if isinstance(x, Tensor) else [(x, "op")]
        found = [ids[key] for key in keys if key in ids]
        if not found:
            raise ValueError(f"draw: {x!r} in highlight is not in this graph")
        graph.node(found[0], color="#C22F2F", penwidth="4")
    return graph


def draw_ops(
    tensor: Tensor,
    order: list,
    values: bool,
    grads: bool,
    names: Mapping[Any, str],
    shapes: bool = True,
) -> tuple[Graph, dict[Any, str]]:
    """The picture of the ops in ``order``, and the id in it of each Node, leaf and op."""
    graph = Graph(
        graph_attr={"rankdir": "LR", "ranksep": "0.35", "nodesep": "0.25", "bgcolor": "white"},
        node_attr={
            "fontname": "Helvetica",
            "fontsize": "11",
            "height": "0.3",
            "margin": "0.12,0.06",
        },
        edge_attr={"color": "#5B6675", "arrowsize": "0.7"},
    )
    ids: dict[Any, str] = {}

    def add(key: Any, kind: str, label: str) -> str:
        if key not in ids:
            ids[key] = f"n{len(ids)}"
            graph.node(ids[key], label, id=ids[key], **STYLES[kind])
        return ids[key]

    def text(x: Tensor) -> str:
        name = names.get(id(x)) or names.get(x.grad_fn or x) or x.name
        return describe(x, name, values, grads, shapes)

    root = add(tensor.grad_fn or tensor, "root" if order else kind_of(tensor), text(tensor))
    for node in order:
        result = ids.get(node, root)
        op = add((node, "op"), "op", clean(node.name))
        graph.edge(op, result)
        for i, (x, parent) in enumerate(zip(node.args, node.parents, strict=True)):
            if isinstance(x, Tensor):
                key = id(x) if parent is None else parent
                if x.is_leaf and key in ids and len(order) > CROWDED:
                    key = (key, node)  # another box, at this op: long lines take long to lay out
                source = add(key, kind_of(x), text(x))
            else:
                source = add((node, i), "constant", constant(x))
            graph.edge(source, op)
    return graph, ids


def kind_of(x: Tensor) -> str:
    if x.is_leaf:
        return "parameter" if x.requires_grad else "data"
    return "result"


def names_of(params: Any) -> dict[int, str]:
    """Names by the id of the Tensor, from a Module or a dict."""
    if params is None:
        return {}
    named = params if isinstance(params, Mapping) else dict(params.named_parameters())
    return {id(x): name for name, x in named.items()}


def describe(x: Tensor, name: str | None, values: bool, grads: bool, shapes: bool) -> str:
    """The lines of a tensor's box."""
    lines = [clean(name)] if name else []
    if shapes:
        lines.append(f"{x.shape} {x.dtype}")
    if values:
        lines.append(f"data {numbers(x.data)}")
    if grads and x.grad is not None:
        lines.append(f"grad {numbers(x.grad.data)}")
    return r"\n".join(lines)


def constant(x: Any) -> str:
    return numbers(np.asarray(x)) if np.ndim(x) == 0 else f"{np.shape(x)}"


def numbers(data: np.ndarray) -> str:
    """All of a small array's values, the range of a large one's."""
    if data.size == 0:
        return "empty"
    if data.size > 16:
        return f"{data.min():.4g} to {data.max():.4g}"
    lines = np.array2string(
        data, separator=", ", formatter={"all": lambda v: f"{v:.4g}"}, max_line_width=40
    )
    return lines.replace("\n", r"\n")


def clean(name: str) -> str:
    """A name as DOT can take it."""
    return graphviz.escape(short(name))


def short(text: str, most: int = 40) -> str:
    """A name as one can read it: printable, on one line, not too long."""
    line = "".join(c if c.isprintable() else " " for c in str(text))
    return line if len(line) <= most else line[: most - 1] + "…"
