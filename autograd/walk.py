"""The walk: backward() goes through the graph from its result to its leaves, one VJP at a time.

This is the heart of the project. Each Node of the graph is a recorded op. Its incoming
cotangent ``g`` is the gradient of the root with respect to the op's output. The op's
VJP rules turn it into one cotangent for each operand, and these add up in ``cotangents``
until all that an operand flowed into has been visited: that is what the topological
order is for.
"""

from collections.abc import Collection, Iterator
from typing import Any

from . import memory, observers
from .cotangents import Cotangents, accumulate_grad, root_cotangents
from .dtypes import float16, widened
from .grad_mode import enable_grad, mode
from .graph import Node, topological_order
from .hooks import run_hooks


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
    """For each rule that is to run: the Node, its cotangent, the operand's Node or leaf, the rule,
    and the values that the rule asked for.

    When the walk comes to a Node, its cotangent is complete. The cotangents of Nodes in ``ends``
    stay in ``cotangents``. If ``needed`` is given, only rules for the operands in it run.
    """
    for node in order:
        g = cotangents.pop(node)
        if node.hooks:
            g = run_hooks(node, g)
        if node in ends:
            cotangents[node] = g
        if node.time < memory.last_change:
            memory.check_unchanged(node)
        values = node.tensors() if create_graph else node.values
        for x, (vjp, needs) in zip(node.parents, node.op.rules):
            if x is not None and (needed is None or x in needed):
                saved = needs(values)
                if node.dtype == float16:
                    g, *saved = widened(g, saved)
                yield node, g, x, vjp, saved
        if not retain_graph:
            node.freed = True
            if node.is_large:
                node.keep_what_is_needed()


def usable(order: list[Node]) -> list[Node]:
    """The Nodes that backward is about to visit, if their VJP rules can run."""
    memory.check_usable(order)
    if observers.walking:
        observers.tell(observers.walking, order)
    return order
