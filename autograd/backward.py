"""backward(): walk the recorded graph from its result to its leaves, one VJP at a time.

This is the heart of the project. Each Node of the graph is a recorded op. Its incoming
cotangent ``g`` is the gradient of the root with respect to the op's output. The op's
VJP rules turn it into one cotangent for each operand, and these add up in ``cotangents``
until all that an operand flowed into has been visited: that is what the topological
order is for.
"""

from typing import Any

import numpy as np

import autograd.tensor as _tensor

from .cotangents import as_cotangent, fit
from .graph import Node, source, topological_order
from .memory import check_usable


def backward(root: Any, gradient: Any = None, retain_graph: bool = False) -> None:
    """Add to the ``grad`` of every leaf the gradient of ``root``, weighted by ``gradient``.

    ``gradient`` is the cotangent of ``root`` and has its shape; a scalar root needs none.
    The values that VJPs need are freed on the way unless ``retain_graph``.

    Raises RuntimeError where ``root`` does not require grad, is not a scalar and has no
    ``gradient``, was gone through before, or needs a value that was changed in place.

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    cotangents = {source(root): root_cotangent(root, gradient)}
    order = topological_order(root)
    check_usable(order)
    for node in order:
        g = cotangents.pop(node)
        if node.result:
            retain(node, g)
        for x, (vjp, needs) in zip(node.parents, node.op.rules):
            if x is not None:
                dx = vjp(g, *needs(node.values), **node.keywords)
                if dx.shape != x.shape or dx.dtype != x.dtype:
                    dx = fit(dx, x)
                cotangents[x] = cotangents[x] + dx if x in cotangents else dx
        if not retain_graph:
            node.values = None
    for leaf, g in cotangents.items():
        accumulate_grad(leaf, g)


def accumulate_grad(leaf: Any, g: Any) -> None:
    """Add a cotangent to ``leaf.grad``, which has memory of its own."""
    leaf._grad = _tensor.result(g.copy() if leaf._grad is None else leaf._grad._data + g)


def retain(node: Node, g: Any) -> None:
    """Set the ``grad`` of a Tensor that asked for it with ``retain_grad()``."""
    tensor = node.result()
    if tensor is not None:
        accumulate_grad(tensor, g)


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
