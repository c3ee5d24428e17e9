"""A picture before it is drawn: vertices in nested boxes, and the edges between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .labels import box_title
from .render import Graph

# Each kind has a shape of its own, and fills differ in darkness too, so that grey print will do;
# the colours are of a palette that the colour-blind can tell apart.
STYLES = {
    "parameter": {"shape": "cylinder", "style": "filled", "fillcolor": "#F0B54B"},
    "data": {"shape": "note", "style": "filled", "fillcolor": "#FFFFFF"},
    "constant": {"shape": "plaintext", "style": "", "fillcolor": "#FFFFFF"},
    "result": {"shape": "box", "style": "filled,rounded", "fillcolor": "#E4EEF7"},
    "output": {"shape": "box", "style": "filled", "fillcolor": "#8CC4E8", "peripheries": "2"},
    "loss": {"shape": "doubleoctagon", "style": "filled", "fillcolor": "#8CC4E8"},
    "op": {"shape": "ellipse", "style": "filled", "fillcolor": "#3D4654", "fontcolor": "#FFFFFF"},
    "module": {"shape": "component", "style": "filled", "fillcolor": "#D8CBE0"},
}
LEGEND = {"parameter": "leaf with grad", "loss": "loss (scalar)", "module": "folded module"}
LIT = {"color": "#C22F2F", "penwidth": "4"}
BOX_FILLS = ("#F3F4F6", "#E7EAEE")


@dataclass
class Vertex:
    """A tensor, an op or a folded module."""

    id: str
    kind: str
    label: str
    scopes: tuple  # the boxes it is in, outermost first
    lit: bool = False


class Picture:
    """Vertices by key and edges as pairs of keys, to be changed and then drawn."""

    def __init__(self) -> None:
        self.vertices: dict[Any, Vertex] = {}
        self.edges: list[tuple[Any, Any]] = []
        self.merged: dict[Any, Any] = {}  # from the key of a vertex to that it was merged into

    def add(self, key: Any, kind: str, label: str, scopes: tuple = ()) -> None:
        """Add a vertex."""
        self.vertices[key] = Vertex(f"n{len(self.vertices)}", kind, label, scopes)

    def merge(self, into: Mapping[Any, Any]) -> None:
        """Take out vertices in favour of others; of their edges, one of each kind stays."""
        edges: dict[Any, None] = {}
        for i, (source, target) in enumerate(self.edges):
            a, b = into.get(source, source), into.get(target, target)
            if a is not b:
                edges[(a, b) if (a, b) != (source, target) else (a, b, i)] = None
        self.edges = [(edge[0], edge[1]) for edge in edges]
        for key in into:
            del self.vertices[key]
        self.merged = dict(into)

    def skip(self, kind: str) -> None:
        """Take out the vertices of a kind, and join what was before them with what was after."""
        before: dict[Any, list] = {key: [] for key, v in self.vertices.items() if v.kind == kind}
        for source, target in self.edges:
            if target in before:
                before[target].append(source)
        self.edges = [
            (first, target)
            for source, target in self.edges
            if target not in before
            for first in before.get(source, [source])
        ]
        for key in before:
            del self.vertices[key]

    def light(self, key: Any) -> bool:
        """Highlight a vertex, if there is one with this key."""
        vertex = self.vertices.get(self.merged.get(key, key))
        if vertex is not None:
            vertex.lit = True
        return vertex is not None

    def light_between(self) -> set[tuple[Any, Any]]:
        """The edges between highlighted vertices; a single vertex between two of them lights up."""
        lit = {key for key, vertex in self.vertices.items() if vertex.lit}
        after = {source for source, target in self.edges if target in lit}
        before = {target for source, target in self.edges if source in lit}
        for key in after & before:
            self.vertices[key].lit = True
        lit |= after & before
        return {(source, target) for source, target in self.edges if {source, target} <= lit}

    def draw(self, direction: str, titles: Mapping[Any, str], legend: bool = False) -> Graph:
        """The picture for Graphviz; ``titles`` are those of the boxes."""
        graph = Graph(
            graph_attr={
                "rankdir": direction,
                "ranksep": "0.35",
                "nodesep": "0.25",
                "bgcolor": "white",
                "fontname": "Arial",
                "fontsize": "11",
            },
            node_attr={
                "fontname": "Arial",
                "fontsize": "11",
                "height": "0.3",
                "width": "0.3",
                "margin": "0.12,0.08",
            },
            edge_attr={"color": "#5B6675", "arrowsize": "0.7"},
        )
        lit = self.light_between()
        labels = {
            scope: box_title(title, direction in ("TB", "BT")) for scope, title in titles.items()
        }
        fill(graph, list(reversed(self.vertices.values())), labels)
        for source, target in self.edges:
            style = dict(LIT if (source, target) in lit else {})
            if self.vertices[source].kind in ("result", "op", "module"):
                style["weight"] = "4"  # the way from input to loss is straight
            graph.edge(self.vertices[source].id, self.vertices[target].id, **style)
        if legend:
            add_legend(graph, [v.kind for v in self.vertices.values()])
        return graph


def fill(graph: Graph, vertices: list[Vertex], titles: Mapping[Any, str], level: int = 0) -> None:
    """Put vertices into a graph, and those that are in a box into a graph of their own."""
    boxes: dict[Any, list[Vertex]] = {}
    for vertex in vertices:
        if len(vertex.scopes) > level:
            boxes.setdefault(vertex.scopes[level], []).append(vertex)
            continue
        style = STYLES[vertex.kind] | (LIT if vertex.lit else {})
        if vertex.kind == "op" and r"\n" in vertex.label:
            style["shape"] = "box"  # an ellipse around several lines is very wide
        graph.node(vertex.id, vertex.label, id=vertex.id, **style)
    for scope, inside in boxes.items():
        with graph.subgraph(name=f"cluster_{inside[0].id}_{level}") as box:
            box.attr(
                label=titles[scope],
                labeljust="l",
                style="rounded,filled",
                fillcolor=BOX_FILLS[level % 2],
                color="#8A94A3",
                margin="10",
            )
            fill(box, inside, titles, level + 1)


def add_legend(graph: Graph, kinds: list[str]) -> None:
    """A box with one example of each kind, in a row."""
    with graph.subgraph(name="cluster_legend") as box:
        box.attr(label="legend", labeljust="l", style="dashed", color="#8A94A3")
        shown = [kind for kind in STYLES if kind in kinds]
        for kind in shown:
            box.node(f"legend_{kind}", LEGEND.get(kind, kind), **STYLES[kind])
        for one, other in pairwise(shown):
            box.edge(f"legend_{one}", f"legend_{other}", style="invis")
