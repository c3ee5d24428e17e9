"""backward(): walk the recorded graph from its result to its leaves, one VJP at a time.

This is the heart of the project. Each Node of the graph is a recorded op. Its incoming
cotangent ``g`` is the gradient of the root with respect to the op's output. The op's
VJP rules turn it into one cotangent for each operand, and these add up in ``cotangents``
until all that an operand flowed into has been visited: that is what the topological
order is for.
"""

from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

import autograd.tensor as _tensor

from . import debugging, observers
from .cotangents import as_cotangent, fit
from .grad_mode import enable_grad, mode
from .graph import Node, source, topological_order
from .memory import check_usable


def accumulate_grad(leaf: Any, g: Any) -> None:
    """Add a cotangent to ``leaf.grad``, which has memory of its own.

    An array that only the walk holds needs no copy.
    """
    if leaf._grad is not None:
        g = leaf._grad._data + g
    elif g.base is not None or getrefcount(g) > NOBODY_ELSE:
        g = g.copy()
    leaf._grad = _tensor.result(g)


def references(leaf: Any, g: Any) -> int:
    return getrefcount(g)


def references_of_the_walk() -> int:
    """How many references ``accumulate_grad`` sees to an array in ``cotangents`` and nowhere else.

    It is called as backward() calls it; the number depends on the version of Python.
    """
    cotangents = {0: np.zeros(1)}
    deliver = references
    for leaf, g in cotangents.items():
        count = deliver(leaf, g)
    return count


NOBODY_ELSE = references_of_the_walk()


def accumulate_graph(leaf: Any, g: Any) -> None:
    """The same for a cotangent that is a Tensor, whose graph is kept."""
    leaf._grad = g if leaf._grad is None else leaf._grad + g


def backward(
    root: Any,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    deliver: Callable[[Any, Any], None] | None = None,
) -> None:
    """Add to the ``grad`` of every leaf the gradient of ``root``, weighted by ``gradient``.

    ``gradient`` is the cotangent of ``root`` and has its shape; a scalar root needs none.
    ``root`` may be a list of Tensors, and ``gradient`` a list with one for each.
    The values that VJPs need are freed on the way unless ``retain_graph``.
    With ``create_graph`` the same rules run on Tensors, and what they do is recorded: the
    gradients can be differentiated again. ``deliver(leaf, g)`` takes what arrives at leaves.

    Raises RuntimeError where ``root`` does not require grad, is not a scalar and has no
    ``gradient``, was gone through before, or needs a value that was changed in place.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    if observers.asked and not create_graph and isinstance(root, _tensor.Tensor):
        observers.tell(observers.asked, root, "backward()")
    if create_graph and not mode.recording:
        with enable_grad():
            return backward(root, gradient, retain_graph, create_graph, deliver=deliver)
    cotangents = root_cotangents(root, gradient, create_graph)
    order = topological_order(root)
    check_usable(order)
    walk(order, cotangents, retain_graph or create_graph, create_graph)
    deliver = deliver or (accumulate_graph if create_graph else accumulate_grad)
    for leaf, g in cotangents.items():
        if leaf.hooks:
            g = run_hooks(leaf, g)
        deliver(leaf, g)


def walk(order: list[Node], cotangents: dict, retain_graph: Any, create_graph: bool) -> None:
    """Visit the Nodes in ``order``, each of which turns its cotangent into its operands'.

    ``cotangents`` begins with those of the roots, and ends with those of the leaves.
    """
    watching = debugging.watching
    for node in order:
        g = cotangents.pop(node)
        if node.hooks:
            g = run_hooks(node, g)
        values = node.tensors() if create_graph else node.values
        if watching and node.op.stop:
            breakpoint()  # autograd.break_on: step from here into the op's VJP rule
        for x, (vjp, needs) in zip(node.parents, node.op.rules):
            if x is not None:
                saved = needs(values)
                dx = vjp(g, *saved, **node.keywords)
                if dx.shape != x.shape or dx.dtype is not x.dtype:
                    dx = fit(dx, x, vjp)
                cotangents[x] = cotangents[x] + dx if x in cotangents else dx
                if watching:
                    debugging.check_cotangent(node, g, dx, cotangents[x])
        if not retain_graph:
            node.values = None


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
    for each input. ``create_graph=True`` lets it be differentiated again.

    Raises RuntimeError where an input was not used in the outputs (unless ``allow_unused``,
    which gives None for it) or does not require grad, and where ``backward`` would.

    >>> import autograd
    >>> x = autograd.tensor(3.0, requires_grad=True)
    >>> (dx,) = grad(x**3, x, create_graph=True)
    >>> dx, grad(dx, x)
    (tensor(27., grad_fn=<MulBackward>), (tensor(18.),))
    """
    inputs = [inputs] if isinstance(inputs, _tensor.Tensor) else list(inputs)
    for i, x in enumerate(inputs):
        if not isinstance(x, _tensor.Tensor) or not x.requires_grad:
            raise RuntimeError(
                f"grad: input {i} does not require grad, so nothing was recorded for it. "
                "Set requires_grad=True before it is used"
            )
    found: dict[Any, Any] = {source(x): None for x in inputs}
    nodes = [node for node in found if isinstance(node, Node)]

    def deliver(x: Any, g: Any) -> None:
        if x in found:
            found[x] = g

    hooks = [node.add_hook(lambda g, node=node: deliver(node, g)) for node in nodes]
    try:
        backward(outputs, grad_outputs, retain_graph, create_graph, deliver=deliver)
    finally:
        for node, hook in zip(nodes, hooks):
            node.hooks.remove(hook)
    cotangents = [found[source(x)] for x in inputs]
    unused = [i for i, g in enumerate(cotangents) if g is None]
    if unused and not allow_unused:
        raise RuntimeError(
            f"grad: input {unused[0]} was not used to compute the outputs. "
            "Pass allow_unused=True to get None for it"
        )
    return tuple(
        g if g is None or isinstance(g, _tensor.Tensor) else _tensor.result(g.copy())
        for g in cotangents
    )


def run_hooks(x: Any, g: Any) -> Any:
    """Show the cotangent of a Node or leaf to its hooks, each of which may replace it."""
    for hook in list(x.hooks):
        replaced = hook(g)
        g = g if replaced is None else replaced
    return g


def root_cotangents(root: Any, gradient: Any, create_graph: bool) -> dict:
    """What backward starts with: the cotangent of each root, by the Node or leaf it belongs to."""
    if isinstance(root, _tensor.Tensor):
        g = root_cotangent(root, gradient)
        if create_graph:  # the given one itself, which may have a graph
            g = gradient if isinstance(gradient, _tensor.Tensor) else _tensor.result(g)
        return {root.grad_fn or root: g}
    roots: Sequence = list(root)
    gradients = [gradient] if isinstance(gradient, _tensor.Tensor) else gradient
    gradients = [None] * len(roots) if gradients is None else list(gradients)
    if not roots or len(gradients) != len(roots):
        raise ValueError(
            f"backward: {len(roots)} outputs and {len(gradients)} cotangents; "
            "there must be one for each"
        )
    cotangents: dict = {}
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
    if root.shape == ():
        return root.dtype.type(1)
    if root.size != 1:
        raise RuntimeError(
            f"backward: only a scalar has a gradient by itself, and this tensor has shape "
            f"{root.shape}. Reduce it (.sum(), .mean()), or pass its cotangent: "
            "backward(gradient) with a tensor of that shape"
        )
    return np.ones(root.shape, root.dtype)
