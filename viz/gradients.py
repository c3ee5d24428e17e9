"""The gradient of every tensor in a graph, for pictures: no ``.grad`` and no hook is touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Node, Tensor, ones_like, topological_order
from autograd.memory import check_usable


def gradients(roots: Sequence[Tensor], tensors: Mapping[Any, Tensor]) -> dict[Any, Tensor]:
    """The gradient of the scalars among ``roots`` by the Node or leaf it belongs to.

    ``tensors`` are those of the graph by Node or leaf. After ``backward()`` has freed what the
    VJPs need, it is taken from them once more.

    Raises RuntimeError where no root is a scalar that requires grad, and where a tensor was
    changed in place since.
    """
    found: dict[Any, Tensor] = {}
    for x in roots:
        if x.requires_grad and x.size == 1:
            add(found, x.grad_fn or x, ones_like(x))
    if not found:
        raise RuntimeError(
            'draw: grads="all" shows the gradient of a scalar that requires grad, and this is '
            "none. Reduce it (.sum(), .mean())"
        )
    order = topological_order([x for x in found if isinstance(x, Node)])
    freed = [(node, node.values) for node in order if node.freed]
    try:
        for node, _ in freed:
            operands = [x._data if isinstance(x, Tensor) else x for x in node.args]
            node.values, node.freed = (tensors[node]._data, *operands), False
        check_usable(order)
        for node in order:
            dx = node(found[node])
            for x, g in zip(node.parents, dx if isinstance(dx, tuple) else (dx,)):
                if x is not None:
                    add(found, x, g)
    finally:
        for node, values in freed:
            node.values, node.freed = values, True
    return found


def add(found: dict[Any, Tensor], x: Any, g: Tensor) -> None:
    found[x] = found[x] + g if x in found else g
