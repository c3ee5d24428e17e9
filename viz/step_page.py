"""A page that steps through a forward and backward pass: one HTML file that needs no network."""

from __future__ import annotations

import html
import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Node, Tensor, topological_order
from autograd.graph import source
from autograd.steps import labels

from .graph import Look, picture_of
from .labels import short
from .modules import parameter_names, titles

LARGEST = 1000  # ops in the picture; Graphviz takes long beyond
SHOWN = 24  # rows and columns of an array that the page shows

TEMPLATE = Path(__file__).with_name("step_page.html")


class Page:
    """A written page: ``path``, and itself as an IFrame in a notebook."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._text = text

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self._text)}" width="100%" height="680" '
            'style="border:1px solid #8888" title="backward, step by step"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Page({str(self.path)!r})"


def step_page(
    tensor: Tensor,
    path: Any = "backward.html",
    *,
    gradient: Any = None,
    names: Mapping[str, Any] | None = None,
) -> Page:
    """Write a page that shows how ``tensor`` was computed and how its gradient flows back.

    Arrow keys, buttons, a slider and clicks on the graph move through the ops: forward first,
    then backward, with the rule, the incoming cotangent and what goes to each operand;
    ``backward.html#9`` opens at step 9. ``names`` (such as ``locals()``) names tensors. The lines
    of your code are shown where ops were recorded inside ``autograd.record_source()``. The graph
    stays usable and every ``grad`` of a leaf as it is. Of more than 1000 ops the last 1000 are
    shown, and the page says so.

    Raises TypeError for what is not a Tensor and RuntimeError where ``backward`` would.

    >>> import autograd, tempfile, os
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> loss = (x * x).sum()
    >>> page = step_page(loss, os.path.join(tempfile.mkdtemp(), "backward.html"))
    >>> page.path.read_text()[:15]
    '<!doctype html>'
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"step_page: needs a Tensor, got {type(tensor).__name__}")
    everything = topological_order(tensor)
    order = everything[:LARGEST]
    known = labels(names or {}, everything)
    called = {id(x): name for name, x in (names or {}).items() if isinstance(x, Tensor)}
    backward = backward_of(tensor, gradient, len(order), names)
    paths = [node.scopes for node in order]
    called = {**parameter_names(paths), **known, **called}
    picture = picture_of(tensor, order, called, Look())
    ids = {key: vertex.id for key, vertex in picture.vertices.items()}
    graph = picture.draw("TB", titles(paths))
    graph.attr(bgcolor="transparent")
    svg = graph.pipe(encoding="utf-8")
    data = {
        "title": f"{known.get(tensor.grad_fn, tensor.name or 'tensor')}, step by step",
        "folded": len(everything) - len(order),
        "steps": [forward_step(node, known, ids) for node in reversed(order)]
        + [backward_step(step, known, ids) for step in backward],
    }
    parts = {"DATA": json.dumps(data).replace("<", "\\u003c"), "SVG": svg[svg.index("<svg") :]}
    text = re.sub("@@(DATA|SVG)@@", lambda m: parts[m[1]], TEMPLATE.read_text())
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Page(path, text)


def backward_of(tensor: Tensor, gradient: Any, count: int, names: Any) -> list:
    """The first ``count`` steps of backward; leaves are not touched as the walk is not finished."""
    walk = tensor.backward_steps(gradient, retain_graph=True, names=names)
    steps = [next(walk) for _ in range(count)]
    walk.close()
    return steps


def forward_step(node: Node, known: Mapping, ids: Mapping) -> dict[str, Any]:
    """An op computes: its operands and its output."""
    arrays = []
    for i, (x, value) in enumerate(zip(node.args, node.values[1:])):
        operand = node.op.operands[min(i, len(node.op.operands) - 1)]
        name = known.get(source(x), operand) if isinstance(x, Tensor) else operand
        arrays.append(shown(short(name), value, "operand"))
    arrays.append(shown(short(known[node]), node.values[0], "output"))
    return {
        "phase": "forward",
        "op": ids.get((node, "op")),
        "fills": [ids.get(node)],
        "head": f"{short(known[node])} = {node.name}({', '.join(a['name'] for a in arrays[:-1])})",
        "source": inspect.getsource(node.op.forward),
        "where": str(node.where) if node.where else "",
        "arrays": arrays,
    }


def backward_step(step: Any, known: Mapping, ids: Mapping) -> dict[str, Any]:
    """A VJP: the incoming cotangent, and what each operand gets."""
    arrays = [shown(f"d{short(step.label)}", step.g.data, "incoming cotangent g")]
    for c in step.contributions:
        arrays.append(shown(f"d{short(c.label)}", c.cotangent.data, "to this operand"))
        if not np.array_equal(c.total.data, c.cotangent.data, equal_nan=True):
            arrays.append(shown(f"d{short(c.label)}", c.total.data, "summed up so far"))
    sources = list(dict.fromkeys(c.source for c in step.contributions))
    return {
        "phase": "backward",
        "op": ids.get((step.node, "op")),
        "fills": [ids.get(c.target) for c in step.contributions],
        "head": "\n".join(
            f"d{short(c.label)} = {short(c.formula, 200)}" for c in step.contributions
        ),
        "source": "\n".join(sources),
        "where": str(step.node.where) if step.node.where else "",
        "arrays": arrays,
    }


def shown(name: str, value: Any, role: str) -> dict[str, Any]:
    """An array for the page: its shape and range, and its elements as rows, cut to be seen."""
    array = np.asarray(value, dtype=float)
    if array.size == max(array.shape, default=1):  # a vector, however it lies: in lines of 8
        cut = [line for line in np.split(array.ravel()[:SHOWN], range(8, SHOWN, 8)) if line.size]
    else:
        cut = list(array.reshape(-1, array.shape[-1])[:SHOWN, :SHOWN])
    finite = array[np.isfinite(array)]
    return {
        "name": name,
        "role": role,
        "shape": f"{np.shape(value)}",
        "range": f"{finite.min():.4g} to {finite.max():.4g}" if finite.size > 8 else "",
        "cut": sum(map(len, cut)) < array.size,
        "top": float(np.abs(finite).max()) if finite.size else 0.0,
        "rows": [[f"{x:.4g}" for x in row] for row in cut],
    }
