"""draw(): the recorded graph behind a Tensor as a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import graphviz
import numpy as np

import autograd
import nn
from autograd import Node, Tensor

from .render import Drawing

LIMIT = 5_000  # nodes in a picture
LONGEST = 40  # characters in a line of a label
SMALL = 16  # elements of a tensor whose values are shown one by one

# What a node is shows in its shape, and again in its colour (Okabe and Ito's).
STYLES = {
    "data": {"shape": "cylinder", "fillcolor": "#d9eefa", "color": "#0072b2"},
    "parameter": {"shape": "hexagon", "fillcolor": "#fde6bd", "color": "#a85600"},
    "constant": {"shape": "plaintext", "style": "", "fontsize": "10", "height": "0.2"},
    "op": {"shape": "ellipse", "fillcolor": "#e4e4e4", "color": "#333333"},
    "result": {"shape": "box", "style": "rounded,filled", "fillcolor": "white", "color": "#666666"},
    "root": {"shape": "doubleoctagon", "fillcolor": "#cdeee0", "color": "#00694c"},
}
GRAPH = {"bgcolor": "white", "nodesep": "0.3", "ranksep": "0.3"}
NODE = {
    "style": "filled",
    "fontname": "Helvetica,Arial,sans-serif",
    "fontsize": "12",
    "height": "0.4",
    "margin": "0.12,0.06",
}
EDGE = {"color": "#444444", "arrowsize": "0.7"}


def draw(
    tensor: Tensor,
    *,
    values: bool = False,
    grads: bool = False,
    params: nn.Module | Mapping[str, Tensor] | None = None,
) -> graphviz.Digraph:
    """The graph that ``tensor`` was computed by, as a ``graphviz.Digraph`` that shows as SVG.

    Arrows go the way of the forward pass. Every tensor shows its name, shape and dtype:

    - data, a leaf without gradient: a blue cylinder
    - a parameter, a leaf that requires grad: an orange hexagon
    - a result: a white box; ``tensor`` itself: a green octagon with a double line
    - an op: a grey ellipse, with its settings; a constant: its bare value

    ``values`` and ``grads`` print the elements of small tensors, and mean and range of others.
    ``params`` gives names to tensors: a Module its parameters' dotted names, a dict any.

    Raises TypeError for what is not a Tensor, ValueError for more than 5,000 nodes.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> print(draw(3 * w).source)
    digraph computation {
        ...
        n0 [label="(2,) float32" ... shape=doubleoctagon]
        n1 [label=mul ... shape=ellipse]
        n2 [label=3 ... shape=plaintext ...]
        n3 [label="w\n(2,) float32" ... shape=hexagon]
        n1 -> n0
        n2 -> n1
        n3 -> n1
    }
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw: needs a Tensor, got {type(tensor).__name__}")
    named = params.named_parameters() if isinstance(params, nn.Module) else (params or {}).items()
    names = {x: name for name, x in named}

    # What is drawn, in walking order: for each identity its kind and what describes it.
    order = autograd.topological_order(tensor)
    drawn: dict[Any, tuple[str, Any]] = {}
    edges: list[tuple[Any, Any]] = []
    for node in order:
        drawn.setdefault(node, ("result", None))
        drawn[node, "op"] = ("op", node)
        edges.append(((node, "op"), node))
        for identity, x in operands(node):
            drawn[identity] = (kind(x), x)
            edges.append((identity, (node, "op")))
    drawn[tensor.grad_fn or tensor] = ("root" if order else kind(tensor), tensor)
    if len(drawn) > LIMIT:
        raise ValueError(
            f"draw: this graph has {len(drawn):,} nodes, and a picture of more than {LIMIT:,} "
            "is no use. Draw a part of it: an earlier result, or one step of a loop"
        )

    ids = {identity: f"n{i}" for i, identity in enumerate(drawn)}
    picture = Drawing("computation", graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    for identity, (what, x) in drawn.items():
        if what == "op":
            lines = describe_op(x)
        elif what == "constant":
            lines = [describe_constant(x)]
        else:
            lines = describe_tensor(identity, x, names, values, grads)
        picture.node(ids[identity], label(lines), **STYLES[what])
    for tail, head in edges:
        picture.edge(ids[tail], ids[head])
    return picture
