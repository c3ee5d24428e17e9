"""A page that steps through a forward and backward pass: one HTML file that needs no network."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Node, Tensor, topological_order
from autograd.keeping import Absent
from autograd.printing import short
from autograd.steps import Step, code, key_of, labels

from .graph import Look, picture_of
from .modules import titles

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
    names: Any = None,
) -> Page:
    """Write a page that shows how ``tensor`` was computed and how its gradient flows back.

    Arrow keys, buttons, a slider and clicks on the graph move through the ops: forward first,
    then backward, with the rule, the incoming cotangent, the values that the rule uses and what
    goes to each operand; ``backward.html#9`` opens at step 9. ``names`` (``locals()``, a dict, or a
    Module with named parameters) names tensors. The lines of your code are shown where ops were
    recorded inside ``autograd.record_source()``. The graph stays usable and every ``grad`` of a
    leaf as it is. Of more than 1000 ops the last 1000 are shown, and the page says so.

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
    known = labels(names, everything, tensor)
    backward = backward_of(tensor, gradient, len(order), names)
    picture = picture_of(tensor, order, known, Look())
    ids = {key: vertex.id for key, vertex in picture.vertices.items()}
    graph = picture.draw("TB", titles(node.scopes for node in order))
    graph.attr(bgcolor="transparent")
    svg = graph.pipe(encoding="utf-8")
    arrays = Arrays()
    data = {
        "title": f"{known.get(key_of(tensor), 'tensor')}, step by step",
        "folded": len(everything) - len(order),
        "steps": [forward_step(node, known, ids, arrays) for node in reversed(order)]
        + [backward_step(step, known, ids, arrays) for step in backward],
        "arrays": arrays.shown,
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


class Arrays:
    """The arrays that a page shows, each once, however many steps show it."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self._places: dict[tuple[str, int], int] = {}
        self._alive: list[Any] = []  # so that no id is given twice

    def place(self, name: str, value: Any, role: str) -> tuple[int, str]:
        """Where an array is, and what it is in a step."""
        key = (short(name), id(value))
        if key not in self._places:
            self._places[key] = len(self.shown)
            self._alive.append(value)
            self.shown.append({"name": short(name), **shown(value)})
        return self._places[key], role


def forward_step(node: Node, known: Mapping, ids: Mapping, arrays: Arrays) -> dict[str, Any]:
    """An op computes: its operands, of which numbers are seen in the call, and its output."""
    named = [known.get(key_of(x), str(x)) for x in node.args]
    places = [
        arrays.place(name, value, "operand")
        for x, name, value in zip(node.args, named, node.values[1:])
        if key_of(x) in known
    ]
    return {
        "phase": "forward",
        "op": ids.get((node, "op")),
        "fills": [ids.get(node)],
        "head": f"{known[node]} = {node.name}({', '.join(named)})",
        "source": code(node.op.forward),
        "where": str(node.where) if node.where else "",
        "arrays": [*places, arrays.place(known[node], node.values[0], "output")],
    }


def backward_step(step: Step, known: Mapping, ids: Mapping, arrays: Arrays) -> dict[str, Any]:
    """A VJP: the incoming cotangent, the values it uses, and what each operand gets."""
    places = [arrays.place(f"d{step.label}", step.g.data, "incoming cotangent g")]
    places += [arrays.place(name, value, "used") for name, value in used(step.node, known)]
    for c in step.contributions:
        role = "added to this operand" if c.adds else "to this operand"
        alone = np.array_equal(c.total.data, c.cotangent.data, equal_nan=True)
        value = c.total if alone else c.cotangent  # the total comes again, as a cotangent g
        places.append(arrays.place(f"d{c.label}", value.data, role))
    for c in {c.target: c for c in step.contributions if c.adds}.values():
        places.append(arrays.place(f"d{c.label}", c.total.data, "summed up so far"))
    return {
        "phase": "backward",
        "op": ids.get((step.node, "op")),
        "fills": [ids.get(c.target) for c in step.contributions],
        "head": "\n".join(short(c, 200) for c in step.contributions),
        "source": "\n".join(dict.fromkeys(c.source for c in step.contributions)),
        "where": str(step.node.where) if step.node.where else "",
        "arrays": places,
    }


def used(node: Node, known: Mapping) -> Iterator[tuple[str, Any]]:
    """The arrays that the VJP rules of an op have saved, and their names."""
    positions = {
        position: None
        for parent, saves in zip(node.parents, node.op.saves)
        for name, position in zip(saves.names, saves.positions)
        if parent is not None and not name.endswith("_shape")
    }
    keys = [node, *map(key_of, node.args)]
    return ((known[keys[i]], node.values[i]) for i in positions if keys[i] in known)


def shown(value: Any) -> dict[str, Any]:
    """An array for the page: its shape and range, and its elements as rows, cut to be seen."""
    if isinstance(value, Absent):
        absent: dict[str, Any] = {"shape": f"{value.shape}", "range": "", "rows": [], "top": 0.0}
        note = "not kept; record inside autograd.record_source() to see it"
        return absent | {"cut": note, "numbered": False}
    array = np.asarray(value, dtype=float)
    vector = array.size in (0, max(array.shape, default=1))  # however it lies: in lines of 8
    if vector:
        cut = [line for line in np.split(array.ravel()[:SHOWN], range(8, SHOWN, 8)) if line.size]
        parts = [(SHOWN, array.size, "")]
    else:
        rows = array.reshape(-1, array.shape[-1])
        cut = list(rows[:SHOWN, :SHOWN])
        parts = [(SHOWN, len(rows), " rows"), (SHOWN, rows.shape[1], " columns")]
    finite = array[np.isfinite(array)]
    return {
        "shape": f"{np.shape(value)}",
        "range": f"{finite.min():.4g} to {finite.max():.4g}" if finite.size > 8 else "",
        "cut": ", ".join(
            f"{'first ' * vector}{most} of {n}{what}" for most, n, what in parts if n > most
        ),
        "numbered": vector and len(cut) > 1,
        "top": float(np.abs(finite).max()) if finite.size else 0.0,
        "rows": [[f"{x:.4g}" for x in row] for row in cut],
    }
