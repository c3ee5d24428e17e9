"""Draw the graph that Tensors were computed by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd import Node, Tensor
from autograd.graph import made_by, recorded_order
from autograd.names import items, parameters

from .drawing import LEAVES, SHARED
from .gradients import gradients
from .labels import constant_text, is_number, nameless, op_lines, op_text, saved_lines, tensor_lines
from .modules import fold, home, titles
from .picture import Picture
from .render import Graph

CROWDED = 5000  # levels that the lines of shared leaves go through; laying out more takes long
LARGEST = 5000  # nodes; Graphviz takes minutes beyond


@dataclass
class Look:
    """What is shown of the ops and tensors: the switches of ``draw``."""

    values: bool = False
    grads: bool | str = False
    shapes: bool = True
    saved: bool = False
    show: str = "both"


def draw(
    tensor: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
    *,
    values: bool = False,
    grads: bool | Literal["all"] = False,
    shapes: bool = True,
    saved: bool = False,
    show: Literal["tensors", "both", "ops"] = "tensors",
    depth: int | None = None,
    params: Any = None,
    names: Any = None,
    direction: str | None = None,
    highlight: Any = (),
    legend: bool = False,
) -> Graph:
    """The graph behind ``tensor`` as a ``graphviz.Digraph``, which a notebook shows by itself.

    ``tensor`` may be several: a list, a tuple or a dict of Tensors by name.

    An op and its result are one blue node, pale and dashed where there is no gradient; leaves
    that require grad are orange cylinders, data white notes. Numbers among the operands stand in
    the op: ``· ** 2``. Operands come in from left to right in their order. A leaf that many ops
    use is one node with thin lines. ``tensor`` itself is darker, with a bold frame if it is a
    number.

    Inside ``autograd.record_source()`` all ops are recorded, those without gradient too. They
    are drawn within the modules that called them, one box in another. Modules within ``depth``
    others are folded into one node each: ``depth=0`` leaves the outermost.

    Names are those that tensors have, then those of your variables and of the parameters of
    models among them (``names`` or ``params``, a Module or a dict of Tensors by name, give others).
    ``values`` adds the numbers of small tensors and the range of large ones, ``grads`` likewise
    each ``.grad`` that there is; ``grads="all"`` computes them all for this picture and leaves
    every ``.grad`` as it was. ``saved`` adds what an op keeps for its VJP rules, ``shapes=False``
    leaves shape and dtype out, ``legend`` explains the shapes.

    ``show`` is "tensors", each with the op that made it; "both" for ops as dark ellipses beside
    their results, as micrograd draws them; or "ops". ``direction`` is that of the data: TB, LR, RL
    or BT, by default what makes the picture narrow. The tensors and ``grad_fn``s in ``highlight``
    get a thick red line, and so do the edges between them: a list of those on a path highlights
    the path.

    Raises TypeError for what is not a Tensor, ValueError for more than 5000 nodes, for another
    ``show`` or ``direction``, and for what is not there to highlight, and RuntimeError where
    ``grads="all"`` finds no scalar that requires grad, or a tensor changed in place.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True, name="x")
    >>> draw(x * 3).source.count("->")
    1
    >>> draw(x * 3, show="both").source.count("->")
    3
    """
    roots = roots_of(tensor)
    if direction not in (None, "LR", "RL", "TB", "BT"):
        raise ValueError(f"draw: direction must be LR, RL, TB or BT, got {direction!r}")
    if show not in ("ops", "tensors", "both"):
        raise ValueError(f'draw: show must be "ops", "tensors" or "both", got {show!r}')
    if depth is not None and depth < 0:
        raise ValueError(f"draw: depth must be 0 or more, got {depth}")
    if not isinstance(grads, bool) and grads != "all":
        raise ValueError(f'draw: grads must be True, False or "all", got {grads!r}')
    order = recorded_order(roots)
    known = names_in(order, roots, tensor, params, names)
    picture = picture_of(roots, order, known, Look(values, grads, shapes, saved, show))
    box_titles = titles(node.scopes for node in order)
    if depth is not None:
        fold(picture, depth, box_titles)
    if show == "ops":
        picture.skip("result", "no grad")
    if show == "tensors":
        picture.join()
        picture.unbox(box_titles)
    if len(picture.vertices) > LARGEST:
        raise ValueError(
            f"draw: {len(order)} ops make a picture of over {LARGEST} nodes; draw a part of it"
            ", or fold modules with depth="
        )
    for x in highlight if isinstance(highlight, list | tuple) else [highlight]:
        node = made_by(x) if isinstance(x, Tensor) else x
        keys = [node, (node, "op")] if isinstance(x, Tensor) else [(node, "op"), node]
        if not any(picture.light(key) for key in keys):
            raise ValueError(f"draw: {x!r} in highlight is not in this graph")
    direction = direction or picture.narrow()
    picture.branch()
    return picture.draw(direction, box_titles, legend)


def roots_of(tensor: Any) -> list[Tensor]:
    """What is to be drawn, as a list."""
    several = tensor.values() if isinstance(tensor, Mapping) else tensor
    roots = list(several) if isinstance(tensor, Mapping | list | tuple) else [tensor]
    wrong = [x for x in roots if not isinstance(x, Tensor)]
    if wrong or not roots:
        what = type(wrong[0]).__name__ if wrong else f"an empty {type(tensor).__name__}"
        raise TypeError(f"draw: needs a Tensor or a list, tuple or dict of Tensors, got {what}")
    return roots


def names_in(
    order: list[Node], roots: list[Tensor], tensor: Any, params: Any, names: Any
) -> dict[Any, str]:
    """The names of what is in a graph, by Node, leaf, or the id of an array.

    A tensor's own name comes first, then those that are given (if none, the variables of the
    caller), then those of parameters in the modules that ops were recorded in.
    """
    tensors = [*roots, *(x for node in order for x in node.inputs)]
    pairs = [(x.name, x) for x in tensors if x.name]
    for given in (tensor, params):
        if isinstance(given, Mapping) or hasattr(given, "named_parameters"):
            pairs += items(given)
    pairs += [*items(names), *parameters(node.scopes for node in order)]
    known: dict[Any, str] = {}
    for name, x in pairs:
        known.setdefault(key_of(x), name)
    return known


def key_of(x: Any) -> Any:
    """What stands for a tensor in a picture: the Node that made it, or itself; an array's id."""
    return made_by(x) if isinstance(x, Tensor) else id(x)


def picture_of(tensor: Any, order: list[Node], names: Mapping[Any, str], look: Look) -> Picture:
    """The ops in ``order`` and their tensors; ``tensor`` is the root, or a list of roots.

    The keys in it are ``(node, "op")`` for an op, the Node for its result, the Tensor for a
    leaf, and the id for an array. ``names`` are by these.
    """
    roots = [tensor] if isinstance(tensor, Tensor) else list(tensor)
    tensors = {made_by(x): x for node in order for x in node.inputs}
    tensors |= {made_by(x): x for x in roots}
    grads = gradients(roots, tensors) if look.grads == "all" else None
    picture = Picture()
    within: dict[Any, list[tuple]] = {}  # the paths of the ops that use a leaf
    joined = look.show == "tensors"
    numbers_only = all(map(is_scalar, order))
    shapes = look.shapes and not (numbers_only and joined)
    signs = joined or (numbers_only and bool(look.values or look.grads))

    def add(key: Any, x: Any, kind: str, scopes: tuple = ()) -> None:
        if key not in picture.vertices:
            grad = grads.get(key) if grads is not None else grad_of(x) if look.grads else None
            name = names.get(key) or (nameless(x) if kind == "data" else None)
            lines = tensor_lines(x, name, grad, look.values, shapes, kind in LEAVES)
            picture.add(key, kind, lines, scopes)

    for x in roots:
        add(made_by(x), x, root_kind(x), x.node.scopes if x.node else ())
    for node in order:
        text = op_text(node, joined, signs)
        lines = op_lines(text) if joined else [text]
        lines += saved_lines(node) if look.saved else []
        picture.add((node, "op"), "op", lines, node.scopes)
        picture.edges.append(((node, "op"), node))
        key: Any
        for i, (x, origin) in enumerate(zip(node.args, node.origins, strict=True)):
            if is_number(x):
                if joined:
                    continue
                key = (node, i)
                picture.add(key, "constant", [constant_text(x)], node.scopes)
            elif isinstance(origin, Node):
                key = origin
                add(key, x, result_kind(origin), origin.scopes)
            else:
                key = key_of(x)
                add(key, x if isinstance(x, Tensor) else np.asarray(x), leaf_kind(x))
                within.setdefault(key, []).append(node.scopes)
            picture.edges.append((key, (node, "op")))
    for key, paths in within.items():
        picture.vertices[key].scopes = home(key, paths)
    split(picture, {key for key, paths in within.items() if len(paths) >= SHARED})
    return picture


def split(picture: Picture, shared: set[Any]) -> None:
    """Draw shared leaves once more at each op, if their lines are too many and too long."""
    level = picture.levels()
    lines = [(a, b) for a, b in picture.edges if a in shared]
    if sum(level[a] - level[b] for a, b in lines) <= CROWDED:
        return
    for i, (leaf, op) in enumerate(picture.edges):
        if leaf in shared:
            vertex, key = picture.vertices[leaf], (leaf, i)
            picture.add(key, vertex.kind, vertex.lines, home(leaf, [picture.vertices[op].scopes]))
            picture.edges[i] = (key, op)
            picture.merged.setdefault(leaf, key)
    for leaf in shared:
        del picture.vertices[leaf]


def is_scalar(node: Node) -> bool:
    """Whether an op is of numbers only."""
    return node.shape == () and all(np.ndim(getattr(x, "_data", x)) == 0 for x in node.args)


def root_kind(x: Tensor) -> str:
    if x.node is None:
        return leaf_kind(x)
    return "loss" if x.ndim == 0 else "output"


def result_kind(node: Node) -> str:
    return "result" if any(parent is not None for parent in node.parents) else "no grad"


def leaf_kind(x: Any) -> str:
    return "parameter" if getattr(x, "requires_grad", False) else "data"


def grad_of(x: Any) -> Any:
    """The ``.grad`` of a tensor that may have one."""
    return x.grad if isinstance(x, Tensor) and (x.is_leaf or x.retains_grad) else None
