"""Cotangents on their way: what has come to each Node and leaf so far, and what a leaf gets.

A cotangent has the shape and dtype of what it belongs to.
"""

from collections.abc import Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from . import observers
from .tensors import Tensor, result


class Cotangents(dict):
    """The sum of all cotangents that have come so far, for each Node and leaf."""

    def add(self, x: Any, dx: Any, node: Any, g: Any, vjp: Any) -> None:
        """Add what the rule ``vjp`` of ``node`` gives of ``g`` for its operand ``x``."""
        if dx.shape != x.shape or dx.dtype is not x.dtype:
            dx = fit(dx, x, vjp)
        if observers.contributed:
            total = self[x] + dx if x in self else dx
            observers.tell(observers.contributed, node, g, dx, total)
        elif x not in self:
            total = dx
        elif type(dx) is np.ndarray and dx.base is None and getrefcount(dx) <= HELD_BY_WALK:
            total = np.add(self[x], dx, out=dx)  # in the memory of dx, which nobody else holds
        else:
            total = self[x] + dx
        self[x] = total


def fit(dx: Any, x: Any, vjp: Any) -> Any:
    """A cotangent in the shape and dtype of what it belongs to: broadcasting is undone.

    An operand that was broadcast went into several places of the output, so its
    cotangent is the sum over them. Raises ValueError where that cannot have been: the rule
    ``vjp`` is wrong then.
    """
    if dx.shape != x.shape:
        extra = dx.ndim - len(x.shape)
        if extra < 0 or any(n not in (1, m) for n, m in zip(x.shape, dx.shape[extra:])):
            raise ValueError(
                f"the VJP rule {vjp.__name__} gave a cotangent of shape {dx.shape} for an operand "
                f"of shape {x.shape}. It must have the shape of the operand, or one that the "
                "operand broadcasts to"
            )
        stretched = [
            i + extra for i, n in enumerate(x.shape) if n == 1 and dx.shape[i + extra] != 1
        ]
        dx = dx.sum(axis=(*range(extra), *stretched), keepdims=not extra)
        dx = dx.reshape(x.shape) if dx.shape != x.shape else dx
    return dx if dx.dtype == x.dtype else dx.astype(x.dtype)


def as_cotangent(gradient: Any, of: Any, where: str) -> Any:
    """``gradient`` as an array that fits ``of``; ValueError where the shapes differ."""
    g = np.asarray(getattr(gradient, "_data", gradient), dtype=of.dtype)
    if g.shape != of.shape:
        raise ValueError(
            f"{where}: the cotangent has shape {g.shape}, but what it belongs to has {of.shape}; "
            "the two must be equal"
        )
    return g


def root_cotangents(root: Any, gradient: Any, create_graph: bool) -> Cotangents:
    """What backward starts with: the cotangent of each root, by the Node or leaf it belongs to."""
    if observers.asked and not create_graph:
        observers.tell(observers.asked, root, "backward")
    if isinstance(root, Tensor):
        g = root_cotangent(root, gradient)
        if create_graph:  # the given one itself, which may have a graph
            g = gradient if isinstance(gradient, Tensor) else result(g)
        cotangents = Cotangents()
        cotangents[root.grad_fn or root] = g
        return cotangents
    if not isinstance(root, Sequence):
        raise TypeError(f"backward: needs a Tensor or a list of Tensors, got {type(root).__name__}")
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
            "requires_grad=True on a tensor it is computed from, outside no_grad(); and no "
            "gradient goes through detach(), item(), argmax and other integers, or comparisons"
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


def accumulate_grad(leaf: Any, g: Any) -> None:
    """Add a cotangent to ``leaf.grad``, which has memory of its own.

    An array that only the walk holds needs no copy. A Tensor brings its graph along.
    """
    before = leaf._grad
    if isinstance(g, Tensor):
        if before is not None:
            g = before + g
        elif g._data.base is not None or getrefcount(g) > NOBODY_ELSE:
            g = g.clone()
        leaf._grad = g
    else:
        if before is not None:
            g = before._data + g
        elif g.base is not None or getrefcount(g) > NOBODY_ELSE:
            g = g.copy()
        leaf._grad = result(g)
    if observers.accumulated:
        observers.tell(observers.accumulated, leaf)


class Counts:
    """How many references there are to an array that the walk holds and nobody else.

    They are counted in calls of the same form, as the number depends on the version of Python.
    """

    def add(self, x: Any, dx: Any, node: Any, g: Any, vjp: Any) -> int:
        return getrefcount(dx)

    def in_add(self) -> int:
        dx = np.zeros(1)
        count = self.add(None, dx, None, None, None)
        return count

    def in_accumulate_grad(self) -> int:
        deliver = references
        for leaf, g in {0: np.zeros(1)}.items():
            count = deliver(leaf, g)
        return count


def references(leaf: Any, g: Any) -> int:
    return getrefcount(g)


HELD_BY_WALK = Counts().in_add()
NOBODY_ELSE = Counts().in_accumulate_grad()
