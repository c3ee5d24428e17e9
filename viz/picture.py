"""A picture before it is drawn: vertices in nested boxes, and the edges between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from .drawing import LEAVES, Vertex, graph_of
from .render import Graph


class Picture:
    """Vertices by key and edges as pairs of keys, to be changed and then drawn."""

    def __init__(self) -> None:
        self.vertices: dict[Any, Vertex] = {}
        self.edges: list[tuple[Any, Any]] = []
        self.numbers = count()  # for ids
        self.merged: dict[Any, Any] = {}  # from the key of a vertex to that it was merged into

    def add(self, key: Any, kind: str, lines: list[str], scopes: tuple = ()) -> None:
        """Add a vertex."""
        self.vertices[key] = Vertex(f"n{next(self.numbers)}", kind, lines, scopes)

    def merge(self, into: Mapping[Any, Any]) -> None:
        """Take out vertices in favour of others; of their edges, one of each kind stays."""
        edges: dict[Any, None] = {}
        for i, (source, target) in enumerate(self.edges):
            a, b = into.get(source, source), into.get(target, target)
            moved = source in into or target in into
            if a is not b:
                edges[(a, b) if moved else (a, b, i)] = None
        self.edges = [(edge[0], edge[1]) for edge in edges]
        self.take_out(into)

    def take_out(self, into: Mapping[Any, Any]) -> None:
        for key in into:
            del self.vertices[key]
        self.merged |= into

    def join(self) -> None:
        """Put each op, or folded module, into one node with its result, if it has one result."""
        after: dict[Any, list] = {
            key: [] for key, vertex in self.vertices.items() if vertex.kind in ("op", "module")
        }
        for source, target in self.edges:
            if source in after:
                after[source].append(target)
        into = {}
        for key, results in after.items():
            if len(results) == 1 and not self.vertices[results[0]].op:
                result = self.vertices[results[0]]
                maker = self.vertices[key]
                result.op = maker.lines
                if maker.kind == "module" and result.kind == "result":
                    result.kind = "module"
                into[key] = results[0]
        self.edges = [
            (source, into.get(target, target))
            for source, target in self.edges
            if source not in into
        ]
        self.take_out(into)

    def skip(self, *kinds: str) -> None:
        """Take out the vertices of some kinds, and join what was before with what was after."""
        before: dict[Any, list] = {key: [] for key, v in self.vertices.items() if v.kind in kinds}
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

    def unbox(self, titles: Mapping[Any, str]) -> None:
        """Of a box that holds only one op, and leaves, write the title on the node of that op."""
        vertices = self.vertices.values()
        ops = Counter(scope for v in vertices if v.kind not in LEAVES for scope in v.scopes)
        for vertex in vertices:
            if vertex.scopes and ops[vertex.scopes[-1]] == 1:
                if vertex.kind not in LEAVES:
                    vertex.head = titles[vertex.scopes[-1]]
                vertex.scopes = vertex.scopes[:-1]

    def branch(self) -> None:
        """Have what goes into a box enter it once, and branch off at a point in there."""
        after: dict[Any, dict[Any, None]] = {}
        for source, target in self.edges:
            after.setdefault(source, {})[target] = None
        operands = Counter(target for _, target in self.edges)
        points: dict[Any, Any] = {}  # the point that an edge now comes from
        entries = []

        def enter(source: Any, start: Any, targets: Iterable[Any]) -> None:
            boxes: dict[Any, list[Any]] = {}
            for target in targets:
                outside = common([self.vertices[start].scopes, self.vertices[target].scopes])
                for scope in self.vertices[target].scopes[len(outside) :][:1]:
                    boxes.setdefault(scope, []).append(target)
            for scope, inside in boxes.items():
                if len(inside) > 1 or operands[inside[0]] > 1:
                    point = (source, scope)
                    self.add(point, "point", [], common(self.vertices[t].scopes for t in inside))
                    self.vertices[point].begin = source
                    entries.append((start, point))
                    points.update({(source, target): point for target in inside})
                    enter(source, point, inside)

        for source, targets in after.items():
            enter(source, source, targets)
        self.edges = [(points.get(edge, edge[0]), edge[1]) for edge in self.edges] + entries

    def light(self, key: Any) -> bool:
        """Highlight a vertex, if there is one with this key."""
        while key in self.merged:
            key = self.merged[key]
        vertex = self.vertices.get(key)
        if vertex is not None:
            vertex.lit = True
        return vertex is not None

    def levels(self) -> dict[Any, int]:
        """How far each vertex is, on the longest way, from what depends on it."""
        level = dict.fromkeys(self.vertices, 0)
        for source, target in self.edges:  # those into what depends on others come first
            level[source] = max(level[source], level[target] + 1)
        return level

    def narrow(self) -> str:
        """The direction that makes the picture narrow: of the data, TB or LR."""
        levels = Counter(self.levels().values())
        return "LR" if max(levels.values()) > 2 * len(levels) else "TB"

    def draw(self, direction: str, titles: Mapping[Any, str], legend: bool = False) -> Graph:
        """The picture for Graphviz; ``titles`` are those of the boxes."""
        return graph_of(self.vertices, self.edges, direction, titles, legend)


def common(paths: Iterable[tuple]) -> tuple:
    """The longest beginning that all paths have."""
    first, *others = paths
    same = 0
    for level in zip(first, *others):
        if any(scope is not level[0] for scope in level):
            break
        same += 1
    return first[:same]
