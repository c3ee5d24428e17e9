"""Draw the graph that a Tensor was computed by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd import Node, Tensor, topological_order
from autograd.graph import parent_of

from .labels import constant_label, op_label, tensor_label
from .modules import fold, home, leaf_of, parameter_names, titles
from .picture import Picture
from .render import Graph

CROWDED = 200  # ops; beyond, a leaf that several use is drawn at each
LARGEST = 5000  # nodes; Graphviz takes minutes beyond


@dataclass
class Look:
    """What is shown of the ops and tensors: the switches of ``draw``."""

    values: bool = False
    grads: bool = False
    shapes: bool = True
    saved: bool = False
    show: str = "both"


def draw(
    tensor: Tensor,
    *,
    values: bool = False,
    grads: bool = False,
    shapes: bool = True,
    saved: bool = False,
    show: str = "both",
    depth: int | None = None,
    params: Any = None,
    names: Mapping[str, Any] | None = None,
    direction: str = "LR",
    highlight: Any = (),
    legend: bool = False,
) -> Graph:
    """The graph behind ``tensor`` as a ``graphviz.Digraph``, which a notebook shows by itself.

    Ops are dark ellipses. Of the tensors, leaves that require grad are orange cylinders, data
    white notes, constants bare text, results pale rounded boxes; ``tensor`` itself is a blue
    octagon if it is a scalar, else a double box.

    Ops that were recorded inside ``autograd.record_source()`` are drawn within the modules that
    called them, one box in another, and parameters get their dotted names. Modules within
    ``depth`` others are folded into one node each: ``depth=0`` leaves the outermost.

    ``show`` is "both", "ops" (and leaves), or "tensors" (with the op's name in the box).
    ``values`` and ``grads`` add the numbers of small tensors and the range of large ones; a
    graph of numbers looks as micrograd draws it. ``saved`` adds what an op keeps for its VJP
    rules, ``shapes=False`` leaves shape and dtype out, ``legend`` explains the shapes.
    ``params``, a Module or a dict of Tensors by name, gives parameters the names they have
    there, and ``names`` (such as ``locals()``) any tensor. ``direction`` is that of the data:
    LR, RL, TB or BT. The tensors and ``grad_fn``s in ``highlight`` get a thick red line, and
    so do the edges between them: a list of those on a path highlights the path.

    Raises TypeError for what is not a Tensor and ValueError for more than 5000 nodes, for
    another ``show`` or ``direction``, and for what is not there to highlight.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True, name="x")
    >>> draw(x * 3).source.count("->")
    3
    >>> draw(x * 3, show="ops").source.count("->")
    3
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw: needs a Tensor, got {type(tensor).__name__}")
    if direction not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"draw: direction must be LR, RL, TB or BT, got {direction!r}")
    if show not in ("ops", "tensors", "both"):
        raise ValueError(f'draw: show must be "ops", "tensors" or "both", got {show!r}')
    if depth is not None and depth < 0:
        raise ValueError(f"draw: depth must be 0 or more, got {depth}")
    order = topological_order(tensor)
    paths = [node.scopes for node in order if node.scopes]
    called = parameter_names(paths) | names_of(names) | names_of(params)
    picture = picture_of(tensor, order, called, Look(values, grads, shapes, saved, show))
    box_titles = titles(paths)
    if depth is not None:
        fold(picture, depth, box_titles)
    if show != "both":
        picture.skip("result" if show == "ops" else "op")
    if len(picture.vertices) > LARGEST:
        raise ValueError(
            f"draw: {len(order)} ops make a picture of over {LARGEST} nodes; draw a part of it"
            ", or fold modules with depth="
        )
    for x in highlight if isinstance(highlight, list | tuple) else [highlight]:
        node = parent_of(x) if isinstance(x, Tensor) else x
        keys = [node, (node, "op")] if isinstance(x, Tensor) else [(node, "op"), node]
        if not any(picture.light(key) for key in keys):
            raise ValueError(f"draw: {x!r} in highlight is not in this graph")
    return picture.draw(direction, box_titles, legend)


def picture_of(tensor: Tensor, order: list[Node], names: Mapping[Any, str], look: Look) -> Picture:
    """The ops in ``order`` and their tensors.

    The keys in it are ``(node, "op")`` for an op, the Node for its result, and the Tensor for a
    leaf. ``names`` are by Node, leaf, or the id of a Tensor.
    """
    picture = Picture()
    scalar = (look.values or look.grads) and all(is_scalar(node) for node in order)
    within: dict[Any, list[tuple]] = {}  # the paths of the ops that use a leaf

    def add_tensor(key: Any, x: Tensor, kind: str, node: Node | None) -> None:
        if key not in picture.vertices:
            name = names.get(id(x)) or names.get(parent_of(x)) or x.name
            op = node.name if node and look.show == "tensors" else None
            label = tensor_label(x, name, op, look.values, look.grads, look.shapes)
            picture.add(key, kind, label, node.scopes if node else ())

    add_tensor(parent_of(tensor), tensor, root_kind(tensor), tensor.grad_fn)
    for node in order:
        picture.add((node, "op"), "op", op_label(node, look.saved, scalar), node.scopes)
        picture.edges.append(((node, "op"), node))
        for i, (x, parent) in enumerate(zip(node.args, node.parents, strict=True)):
            if isinstance(x, Tensor):
                key = x if parent is None else parent
                is_node = isinstance(parent, Node)
                if not is_node and key in picture.vertices and len(order) > CROWDED:
                    key = (key, node)  # another, at this op: long lines take long to lay out
                add_tensor(
                    key, x, "result" if is_node else leaf_kind(x), parent if is_node else None
                )
                if not is_node:
                    within.setdefault(key, []).append(node.scopes)
            else:
                key = (node, i)
                picture.add(key, "constant", constant_label(x), node.scopes)
            picture.edges.append((key, (node, "op")))
    for key, paths in within.items():
        picture.vertices[key].scopes = home(leaf_of(key), paths)
    return picture


def is_scalar(node: Node) -> bool:
    """Whether an op is of numbers only."""
    return node.shape == () and all(getattr(x, "shape", ()) == () for x in node.args)


def root_kind(x: Tensor) -> str:
    if x.is_leaf:
        return leaf_kind(x)
    return "loss" if x.ndim == 0 else "output"


def leaf_kind(x: Tensor) -> str:
    return "parameter" if x.requires_grad else "data"


def names_of(named: Any) -> dict[int, str]:
    """Names by the id of the Tensor, from a Module or a dict."""
    if named is None:
        return {}
    pairs = named if isinstance(named, Mapping) else dict(named.named_parameters())
    return {id(x): name for name, x in pairs.items() if isinstance(x, Tensor)}
