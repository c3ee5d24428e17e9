"""Derivatives as values: ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian``, as in torch.

A function takes Tensors and gives a Tensor or a tuple of Tensors; its inputs are one
Tensor or a tuple. Where both are single, results are single Tensors; else tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .cotangents import root_cotangents
from .creation import ones_like, zeros, zeros_like
from .grad_mode import enable_grad, set_grad_enabled
from .graph import Node, parent_of, topological_order
from .hooks import run_hooks
from .ops import reshape, stack
from .tensors import Tensor, result
from .walk import usable, walk


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor, ...]:
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


def vjp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """``func(*inputs)`` and ``v^T J``, the VJP of ``func`` with cotangent ``v``.

    A scalar result needs no ``v``. Raises RuntimeError where ``v`` is missing or does not fit.

    >>> import autograd
    >>> vjp(lambda x: x**2, autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        xs, single = prepared("vjp", inputs, create_graph)
        ys, one = outputs_of("vjp", func, xs)
        cotangents = vectors("vjp", v, ys)
        found = grads(ys, xs, cotangents, create_graph)
    return packed(ys, one, create_graph), packed(found, single, create_graph)


def jvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """``func(*inputs)`` and ``J v``, the change of ``func`` when the inputs move along ``v``.

    There are only VJP rules here, and two of them make a JVP: ``u -> u^T J`` is linear, and
    the VJP of that function, with cotangent ``v``, is ``J v``.

    >>> import autograd
    >>> jvp(lambda x: x**2, autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        xs, _ = prepared("jvp", inputs, create_graph)
        ys, one = outputs_of("jvp", func, xs)
        tangents = vectors("jvp", v, xs)
        dtypes = [y.dtype if y.dtype.kind == "f" else None for y in ys]
        us = [zeros(y.shape, dtype=d, requires_grad=True) for y, d in zip(ys, dtypes)]
        found = grads(ys, xs, us, True)
        result = grads(found, us, tangents, create_graph)
    return packed(ys, one, create_graph), packed(result, one, create_graph)


def jacobian(func: Callable, inputs: Any, create_graph: bool = False) -> Any:
    """All derivatives of ``func``: shape ``(*output.shape, *input.shape)``, one VJP for each row.

    With several outputs or inputs, ``jacobian[i][j]`` is that of output ``i`` by input ``j``.

    >>> import autograd
    >>> jacobian(lambda x: x**2, autograd.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    with enable_grad():
        xs, single = prepared("jacobian", inputs, create_graph)
        ys, one = outputs_of("jacobian", func, xs)
        blocks = []
        for y in ys:
            rows = []
            for i in range(y.size):
                basis = zeros(y.size, dtype=y.dtype)
                basis.data[i] = 1
                rows.append(grads([y], xs, [basis.reshape(y.shape)], create_graph, True))
            blocks.append(
                packed(
                    [
                        reshape(stack([row[j] for row in rows]), *y.shape, *x.shape)
                        if rows
                        else zeros(*y.shape, *x.shape, dtype=x.dtype)
                        for j, x in enumerate(xs)
                    ],
                    single,
                    create_graph,
                )
            )
    return blocks[0] if one else tuple(blocks)


def hessian(func: Callable, inputs: Any, create_graph: bool = False) -> Any:
    """All second derivatives of a ``func`` with a scalar result: the Jacobian of its gradient.

    >>> import autograd
    >>> hessian(lambda x: (x**3).sum(), autograd.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*xs: Tensor) -> Any:
        y = func(*xs)
        if not isinstance(y, Tensor) or y.size != 1:
            raise RuntimeError("hessian: the function must give one Tensor with one element")
        found = grads([y.reshape(())], list(xs), None, True)
        return found[0] if isinstance(inputs, Tensor) else tuple(found)

    return jacobian(gradient, inputs, create_graph)


def prepared(name: str, inputs: Any, create_graph: bool) -> tuple[list[Tensor], bool]:
    """The inputs as Tensors of their own that require grad, and whether there was a single one."""
    single = isinstance(inputs, Tensor)
    xs = []
    given = [inputs] if single else inputs
    if not isinstance(given, tuple | list) or not all(isinstance(x, Tensor) for x in given):
        raise TypeError(f"{name}: inputs must be a Tensor or a tuple of Tensors, got {inputs!r}")
    for x in given:
        keep = create_graph and x.requires_grad
        xs.append(x.clone() if keep else x.detach().requires_grad_())
    return xs, single


def outputs_of(name: str, func: Callable, xs: list[Tensor]) -> tuple[list[Tensor], bool]:
    ys = func(*xs)
    one = isinstance(ys, Tensor)
    return tensors_of(f"{name}: the function", ys), one


def tensors_of(what: str, outputs: Any) -> list[Tensor]:
    """What a function gave as a list. Raises TypeError unless it is Tensors."""
    found = [outputs] if isinstance(outputs, Tensor) else outputs
    if not isinstance(found, tuple | list) or not all(isinstance(y, Tensor) for y in found):
        inner = [type(y).__name__ for y in found] if isinstance(found, tuple | list) else None
        raise TypeError(
            f"{what} must give a Tensor or a tuple of Tensors, and gave {type(outputs).__name__}"
            f"{f' of {inner}' if inner else ''}. A float or array has no graph to go back through"
        )
    return list(found)


def vectors(name: str, v: Any, like: list[Tensor]) -> list[Tensor]:
    """The vector of a vjp or jvp, checked; ones where there is one number."""
    if v is None:
        if len(like) != 1 or like[0].size != 1:
            raise RuntimeError(f"{name}: v may only be left out where it is one number")
        return [ones_like(like[0])]
    vs = [v] if isinstance(v, Tensor) else list(v)
    if [x.shape for x in vs] != [x.shape for x in like]:
        raise RuntimeError(
            f"{name}: v has shapes {[x.shape for x in vs]}, needs {[x.shape for x in like]}"
        )
    return vs


def grads(ys: list, xs: list, vs: Any, create_graph: bool, retain_graph: bool = True) -> list:
    """``autograd.grad`` that gives zeros where an output does not depend on an input."""
    pairs = [(y, v) for y, v in zip(ys, vs or [None] * len(ys)) if y.requires_grad]
    if not pairs:
        return [zeros_like(x) for x in xs]
    ys, vs = map(list, zip(*pairs))
    found = grad(ys, xs, vs, retain_graph, create_graph, allow_unused=True)
    return [zeros_like(x) if g is None else g for g, x in zip(found, xs)]


def packed(xs: list, single: bool, create_graph: bool) -> Any:
    """One Tensor or a tuple; without their graph unless it was asked for."""
    xs = xs if create_graph else [x.detach() for x in xs]
    return xs[0] if single else tuple(xs)
