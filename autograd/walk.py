"""The walk: backward() goes through the graph from its result to its leaves, one VJP at a time.

This is the heart of the project. Each Node of the graph is a recorded op. Its incoming
cotangent ``g`` is the gradient of the root with respect to the op's output. The op's
VJP rules turn it into one cotangent for each operand, and these add up in ``cotangents``
until all that an operand flowed into has been visited: that is what the topological
order is for.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from . import observers
from .cotangents import Cotangents, accumulate_grad, as_cotangent
from .grad_mode import enable_grad, mode, set_grad_enabled
from .graph import Node, parent_of, topological_order
from .hooks import run_hooks
from .memory import check_usable
from .tensors import Tensor, result


def backward(
    root: Any,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add to the ``grad`` of every leaf the gradient of ``root``, weighted by ``gradient``.

    ``gradient`` is the cotangent of ``root`` and has its shape; a scalar root needs none.
    ``root`` may be a list of Tensors, and ``gradient`` a list with one for each.
    The values that VJPs need are freed on the way unless ``retain_graph``.
    With ``create_graph`` the same rules run on Tensors, and what they do is recorded: the
    gradients can be differentiated again.

    Raises RuntimeError where ``root`` does not require grad, is not a scalar and has no
    ``gradient``, was gone through before, or needs a value that was changed in place.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    if create_graph and not mode.recording:
        with enable_grad():
            return backward(root, gradient, retain_graph, create_graph)
    cotangents = root_cotangents(root, gradient, create_graph)
    order = usable(topological_order(root))
    walk(order, cotangents, retain_graph or create_graph, create_graph)
    for leaf, g in cotangents.items():
        accumulate_grad(leaf, run_hooks(leaf, g) if leaf.hooks else g)


def walk(order: list[Node], cotangents: Cotangents, *how: Any) -> None:
    """Visit the Nodes in ``order``, each of which turns its cotangent into its operands'.

    ``cotangents`` begins with those of the roots, and ends with those of the leaves.
    """
    for node, g, x, vjp, saved in visits(order, cotangents, *how):
        dx = vjp(g, *saved, **node.keywords)
        cotangents.add(x, dx, node, g, vjp)


def visits(
    order: list[Node],
    cotangents: Cotangents,
    retain_graph: Any = False,
    create_graph: bool = False,
    ends: Collection = (),
    needed: Collection | None = None,
) -> Iterator[tuple]:
    """For each rule that the walk runs: its Node, the Node's cotangent ``g``, the operand's Node
    or leaf, the rule, and what it asked to keep.

    The cotangent of a Node is complete when the walk comes to it. It is kept of those in
    ``ends``. Of operands only those in ``needed`` are visited, if that is given.
    """
    for node in order:
        g = cotangents.pop(node)
        if node.hooks:
            g = run_hooks(node, g)
        if node in ends:
            cotangents[node] = g
        values = node.tensors() if create_graph else node.values
        for x, (vjp, needs) in zip(node.parents, node.op.rules):
            if x is not None and (needed is None or x in needed):
                yield node, g, x, vjp, needs(values)
        if not retain_graph:
            node.freed = True
            if node.is_large:
                node.keep_what_is_needed()


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple:
    """The gradients of ``outputs`` with respect to ``inputs``, without touching any ``.grad``.

    ``outputs`` and ``inputs`` are Tensors or lists of them; ``grad_outputs`` are the
    cotangents of the outputs, and scalars need none. The result is a tuple with one Tensor
    for each input. ``create_graph=True`` lets it be differentiated again. Only the ops between
    the two are visited, and freed.

    Raises RuntimeError where an input was not used in the outputs (unless ``allow_unused``,
    which gives None for it) or does not require grad, and where ``backward`` would.

    >>> import autograd
    >>> x = autograd.tensor(3.0, requires_grad=True)
    >>> (dx,) = grad(x**3, x, create_graph=True)
    >>> dx, grad(dx, x)
    (tensor(27., grad_fn=<MulBackward>), (tensor(18.),))
    """
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for i, x in enumerate(inputs):
        if not isinstance(x, Tensor) or not x.requires_grad:
            raise RuntimeError(
                f"grad: input {i} does not require grad, so nothing was recorded for it. "
                "Set requires_grad=True before it is used"
            )
    ends = [parent_of(x) for x in inputs]
    with set_grad_enabled(create_graph):
        cotangents = root_cotangents(outputs, grad_outputs, create_graph)
        order = topological_order(outputs)
        reached = {*cotangents, *order, *(x for node in order for x in node.parents)}
        unused = [i for i, x in enumerate(ends) if x not in reached]
        if unused and not allow_unused:
            raise RuntimeError(
                f"grad: input {unused[0]} was not used to compute the outputs. "
                "Pass allow_unused=True to get None for it"
            )
        order, needed = between(order, ends)
        retain_graph = retain_graph or create_graph
        walk(usable(order), cotangents, retain_graph, create_graph, set(ends), needed)
        for x in set(ends).intersection(cotangents).difference(order):
            if x.hooks:
                cotangents[x] = run_hooks(x, cotangents[x])
        found: list[Any] = [grad_outputs]
        for x in ends:
            found.append(own(cotangents[x], found) if x in cotangents else None)
    return tuple(found[1:])


def own(g: Any, others: Sequence) -> Tensor:
    """A cotangent as a Tensor whose memory is its own, with its graph if it has one."""
    if not isinstance(g, Tensor):
        return result(g.copy())
    return g.clone() if g._data.base is not None or any(g is x for x in others) else g


def between(order: list[Node], ends: list) -> tuple[list[Node], set]:
    """Of the Nodes in ``order`` those on a way to one of ``ends``, and what lies on these ways."""
    needed = set(ends)
    for node in reversed(order):
        if not needed.isdisjoint(node.parents):
            needed.add(node)
    return [node for node in order if not needed.isdisjoint(node.parents)], needed


def usable(order: list[Node]) -> list[Node]:
    """The Nodes that backward is about to visit, if their VJP rules can run."""
    check_usable(order)
    if observers.walking:
        observers.tell(observers.walking, order)
    return order


def root_cotangents(root: Any, gradient: Any, create_graph: bool) -> Cotangents:
    """What backward starts with: the cotangent of each root, by the Node or leaf it belongs to."""
    if isinstance(root, Tensor):
        g = root_cotangent(root, gradient)
        if create_graph:  # the given one itself, which may have a graph
            g = gradient if isinstance(gradient, Tensor) else result(g)
        cotangents = Cotangents()
        cotangents[root.grad_fn or root] = g
        return cotangents
    roots: Sequence = list(root)
    gradients = [gradient] if isinstance(gradient, Tensor) else gradient
    gradients = [None] * len(roots) if gradients is None else list(gradients)
    if not roots or len(gradients) != len(roots):
        raise ValueError(
            f"backward: {len(roots)} outputs and {len(gradients)} cotangents; "
            "there must be one for each"
        )
    cotangents = Cotangents()
    for one, g in zip(roots, gradients):
        for x, dx in root_cotangents(one, g, create_graph).items():
            cotangents[x] = cotangents[x] + dx if x in cotangents else dx
    return cotangents


def root_cotangent(root: Any, gradient: Any) -> Any:
    """The cotangent that backward starts with: ``gradient``, or 1 for a scalar."""
    if not root._requires_grad:
        raise RuntimeError(
            "backward: this tensor does not require grad and has no grad_fn. Set "
            "requires_grad=True on a tensor it is computed from, outside no_grad()"
        )
    if gradient is not None:
        return as_cotangent(gradient, root, "backward")
    y = root._data
    if y.shape == ():
        return y.dtype.type(1)
    if root.size != 1:
        raise RuntimeError(
            f"backward: only a scalar has a gradient by itself, and this tensor has shape "
            f"{root.shape}. Reduce it (.sum(), .mean()), or pass its cotangent: "
            "backward(gradient) with a tensor of that shape"
        )
    return np.ones(root.shape, root.dtype)
