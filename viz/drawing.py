"""How vertices and edges look in Graphviz's language: their shapes, colours and places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any

from .labels import escaped
from .render import Graph

# Each kind has a shape of its own, and fills differ in darkness too, so that grey print will do;
# the colours are of a palette that the colour-blind can tell apart.
STYLES = {
    "parameter": {"shape": "cylinder", "style": "filled", "fillcolor": "#F0B54B"},
    "data": {"shape": "note", "style": "filled", "fillcolor": "#FFFFFF"},
    "constant": {"shape": "plaintext", "style": "", "fillcolor": "#FFFFFF"},
    "result": {"shape": "box", "style": "filled,rounded", "fillcolor": "#D6E4F2"},
    "no grad": {
        "shape": "box",
        "style": "filled,rounded,dashed",
        "fillcolor": "#F8F9FB",
        "fontcolor": "#6B7480",
        "color": "#8A94A3",
    },
    "output": {"shape": "box", "style": "filled", "fillcolor": "#8CC4E8", "peripheries": "2"},
    "loss": {"shape": "box", "style": "filled,bold", "fillcolor": "#8CC4E8"},
    "op": {"shape": "ellipse", "style": "filled", "fillcolor": "#3D4654", "fontcolor": "#FFFFFF"},
    "point": {"shape": "point", "color": "#5B6675", "width": "0.03", "height": "0.03"},
    "module": {"shape": "component", "style": "filled", "fillcolor": "#D8CBE0"},
}
LEAVES = ("parameter", "data")
LEGEND = {
    "parameter": "leaf with grad",
    "loss": "loss (scalar)",
    "module": "folded module",
    "no grad": "without grad",
}
BOX_FILLS = ("#F3F4F6", "#E7EAEE")
LIT = {"color": "#C22F2F", "penwidth": "4"}
QUIET = {"color": "#B4BCC8", "penwidth": "0.7", "arrowsize": "0.5"}
WIDE = 19  # characters; an op and its result that have more stand one above the other
SHORT = 6  # characters of an op that always stands beside its result
SHARED = 3  # ops that use a leaf; from so many on its edges are quiet

# Where the first, the middle and the last operand come in; lying down, `dot` loses edges by it.
PORTS = {"TB": ["nw", "n", "ne"], "BT": ["sw", "s", "se"]}


@dataclass
class Vertex:
    """A tensor, an op, both in one, a folded module, or a point where edges branch off."""

    id: str
    kind: str
    lines: list[str]
    scopes: tuple  # the boxes it is in, outermost first
    op: list[str] = field(default_factory=list)  # the op that made it, where it is joined to that
    head: str = ""  # the title of a box that holds nothing else
    begin: Any = None  # of a point: the key of what its edges come from
    lit: bool = False
    tall: bool = False  # whether its op stands above its lines, where that is no higher


def graph_of(
    vertices: Mapping[Any, Vertex],
    edges: list[tuple[Any, Any]],
    direction: str,
    titles: Mapping[Any, str],
    legend: bool,
) -> Graph:
    """The graph for Graphviz; ``titles`` are those of the boxes."""
    graph = Graph(
        graph_attr={
            "rankdir": direction,
            "ranksep": "0.18",
            "nodesep": "0.14",
            "bgcolor": "white",
            "fontname": "Arial",
            "fontsize": "11",
        },
        node_attr={
            "fontname": "Arial",
            "fontsize": "11",
            "height": "0.25",
            "width": "0.3",
            "margin": "0.08,0.04",
            "ordering": "in",  # operands stand in their order
        },
        edge_attr={"color": "#5B6675", "arrowsize": "0.6"},
    )
    upright = direction in PORTS
    lit = light_between(vertices, edges)
    stand_beside_leaves(vertices, edges)
    fill(graph, list(vertices.values())[::-1], titles, upright)
    connect(graph, vertices, edges, PORTS.get(direction, []), lit)
    if legend:
        add_legend(graph, vertices.values(), upright)
    return graph


def light_between(
    vertices: Mapping[Any, Vertex], edges: list[tuple[Any, Any]]
) -> set[tuple[Any, Any]]:
    """The edges between highlighted vertices; a single vertex between two of them lights up."""
    lit = {key for key, vertex in vertices.items() if vertex.lit}
    after = {source for source, target in edges if target in lit}
    before = {target for source, target in edges if source in lit}
    for key in after & before:
        vertices[key].lit = True
    lit |= after & before
    return {(source, target) for source, target in edges if {source, target} <= lit}


def stand_beside_leaves(vertices: Mapping[Any, Vertex], edges: list[tuple[Any, Any]]) -> None:
    """Make those vertices tall that stand in a row with leaves, which have two lines, too."""
    into: dict[Any, list[Vertex]] = {}
    for source, target in edges:
        into.setdefault(target, []).append(vertices[source])
    for row in into.values():
        leaves = [x.scopes for x in row if x.kind in LEAVES and len(x.lines) > 1]
        for vertex in row:
            vertex.tall = len(leaves) > 1 and all(scopes == vertex.scopes for scopes in leaves)


def fill(
    graph: Graph,
    vertices: list[Vertex],
    titles: Mapping[Any, str],
    upright: bool,
    level: int = 0,
) -> None:
    """Put vertices into a graph, and those that are in a box into a graph of their own."""
    boxes: dict[Any, list[Vertex]] = {}
    for vertex in vertices:
        if len(vertex.scopes) > level:
            boxes.setdefault(vertex.scopes[level], []).append(vertex)
            continue
        graph.node(vertex.id, id=vertex.id, **look_of(vertex, upright))
    for scope, inside in boxes.items():
        with graph.subgraph(name=f"cluster_{inside[0].id}_{level}") as box:
            box.attr(
                label=escaped([titles[scope]]),
                labeljust="r",  # the first operand comes in on the left
                # what goes into a rule comes in from all over; it makes one thing
                labelloc="b" if titles[scope].startswith("VJP of ") else "t",
                style="rounded,filled",
                fillcolor=BOX_FILLS[level % 2],
                color="#8A94A3",
                margin="8",
            )
            fill(box, inside, titles, upright, level + 1)


def look_of(vertex: Vertex, upright: bool) -> dict[str, str]:
    """Label and style of a vertex; an op and its result are the two fields of a record."""
    style = STYLES[vertex.kind] | (LIT if vertex.lit else {})
    fields = [lines for lines in (vertex.op, vertex.lines) if lines]
    if vertex.op or (vertex.kind == "op" and len(vertex.lines) > 1):
        style["shape"] = "box"  # an ellipse around several lines is very wide
    if len(fields) < 2 and not vertex.head:
        return {"label": escaped([*vertex.op, *vertex.lines]), **style}
    label = "|".join(escaped(lines, record=True) for lines in fields)
    wide = sum(max(map(len, lines)) for lines in fields) > WIDE
    beside = len(fields[0][0]) <= SHORT or not (wide or vertex.tall)
    if vertex.head:
        head = escaped([vertex.head], record=True)
        label = f"{head}|{{{label}}}" if beside else f"{head}|{label}"
    # The fields of a record lie beside each other in upright pictures; braces turn that around.
    if upright == (bool(vertex.head) or not beside):
        label = f"{{{label}}}"
    return {"label": label, **style, "shape": "record"}


def connect(
    graph: Graph,
    vertices: Mapping[Any, Vertex],
    edges: list[tuple[Any, Any]],
    ports: list[str],
    lit: set[tuple[Any, Any]],
) -> None:
    """Draw the edges. Those into one vertex come in the order of its operands, at its ports."""
    into: dict[Any, list] = {}
    for source, target in edges:
        into.setdefault(target, []).append(source)
    uses = Counter(begin(vertices, source) for source, target in edges)
    for target, sources in into.items():
        alone = [vertices[key] for key in sources if uses[key] == 1]
        leaves = [leaf.scopes for leaf in alone if leaf.kind in LEAVES]
        ends = {2: ports[::2], 3: ports}.get(len(sources), [])
        if not ports and vertices[target].scopes:
            sources = sources[::-1]  # lying down, `dot` turns their order around within boxes
        for source, end in zip_longest(sources, ends):
            a, b, first = vertices[source], vertices[target], begin(vertices, source)
            style = edge_style(vertices[first], b, uses[first])
            if a.kind not in LEAVES and any(scopes != a.scopes for scopes in leaves):
                style["minlen"] = "2"  # leaves go beside the op, below the box of its operand
            if end:
                style["headport"] = end
            graph.edge(a.id, b.id, **style | (LIT if (source, target) in lit else {}))


def begin(vertices: Mapping[Any, Vertex], key: Any) -> Any:
    """Where an edge from a vertex begins: for a point, what goes through it."""
    point = vertices[key]
    return key if point.begin is None else point.begin


def edge_style(first: Vertex, target: Vertex, uses: int) -> dict[str, str]:
    style = {"arrowhead": "none"} if target.kind == "point" else {}
    if first.kind not in LEAVES:
        style["weight"] = "4"  # the way from input to loss is straight
    elif uses >= SHARED:
        style |= QUIET
    if first.kind == target.kind == "no grad":
        style["color"] = STYLES["no grad"]["color"]
    return style


def add_legend(graph: Graph, vertices: Iterable[Vertex], upright: bool) -> None:
    """A box with one example of each kind, one after the other."""
    kinds = {vertex.kind: vertex.op for vertex in vertices}
    shown = [kind for kind in STYLES if kind in kinds and kind != "point"]
    with graph.subgraph(name="cluster_legend") as box:
        box.attr(label="legend", labeljust="l", style="dashed", color="#8A94A3")
        for kind in shown:
            op = ["op"] if kinds[kind] else []
            example = Vertex(f"legend_{kind}", kind, [LEGEND.get(kind, kind)], (), op)
            box.node(example.id, **look_of(example, upright))
        for one, other in pairwise(shown):
            box.edge(f"legend_{one}", f"legend_{other}", style="invis")
