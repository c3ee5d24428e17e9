"""Matrix products."""

import math
from typing import Any

import numpy as np

from ..primitive import Array, Operand, primitive, vjp_of
from .shape import permute


@primitive
def matmul(a: Operand, b: Operand) -> Array:
    """The matrix product ``a @ b`` of vectors, matrices or stacks of matrices.

    VJP for matrices: ``da = g @ b.T``, ``db = a.T @ g``.

    >>> import autograd
    >>> autograd.matmul(autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return a @ b


@vjp_of(matmul, "a")
def matmul_da(g, a_shape, b):
    if b.ndim == 1:
        return g[..., None] * b
    if len(a_shape) == 1:
        return (b @ g[..., None])[..., 0]
    return g @ b.mT


@vjp_of(matmul, "b")
def matmul_db(g, a, b_shape):
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if len(b_shape) > 1 else a * g
    if len(b_shape) == 1:
        return (a.mT @ g[..., None])[..., 0]
    return a.mT @ g


@primitive
def _linear(x: Operand, weight: Operand, bias: Operand) -> Array:
    y = np.dot(x, weight.T)  # as @, but quick also where a size is 1
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"the bias must have shape {weight.shape[:1]}, one for each neuron")
    return np.add(y, bias, out=y if y.dtype == bias.dtype else None)


@vjp_of(_linear, "x")
def linear_dx(g, weight):
    return np.dot(g, weight)


@vjp_of(_linear, "weight")
def linear_dweight(g, x):
    return np.dot(g.T, x) if g.ndim == 2 else np.dot(rows(g).T, rows(x))


@vjp_of(_linear, "bias")
def linear_dbias(g):
    return g.sum(0) if g.ndim == 2 else rows(g).sum(0)


def rows(x):
    """All but the last dimension as one: a batch of any shape as a matrix."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def linear(x: Operand, weight: Operand, bias: Operand = None) -> Any:
    """``x @ weight.T + bias``, a layer of neurons as one op.

    Shapes: x ``(..., in)``, weight ``(out, in)``, bias ``(out,)``, result ``(..., out)``.
    VJP: ``dx = g @ weight``, ``dweight = g.T @ x``, ``dbias = g.sum(0)``.

    >>> import autograd
    >>> x, w, b = autograd.ones(2, 3), autograd.ones(1, 3), autograd.tensor([0.5])
    >>> linear(x, w, b)
    tensor([[3.5000],
            [3.5000]])
    """
    return matmul(x, permute(weight, 1, 0)) if bias is None else _linear(x, weight, bias)
