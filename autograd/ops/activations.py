"""Activation functions beyond relu, sigmoid and tanh, and softmax with its relatives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import warns_caller
from ..operands import on
from ..primitives import Array, Operand, primitive, vjp_of
from .arithmetic import mul, sub
from .choice import where
from .dims import Dim, dim_of, either, ndim_of, settings, shape_of
from .elementwise import exp, sigmoid, to
from .reductions import sum, unreduce
from .shape import reshape
from .trigonometry import tanh

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def erf(x: Operand) -> Array:
    """The error function. VJP: ``dx = g * 2 / sqrt(pi) * exp(-x**2)``.

    >>> import autograd
    >>> autograd.erf(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    of_each = np.frompyfunc(math.erf, 1, 1)  # NumPy has none
    return np.asarray(of_each(x), np.result_type(x, np.float16))


@vjp_of(erf, "x")
def erf_dx(g, x):
    return g * (2 / math.sqrt(math.pi)) * np.exp(-x * x)


def gelu(input: Operand, approximate: str = "none") -> Tensor:
    """``x`` times the normal distribution function at ``x``, the input; or torch's approximation by
    tanh.

    >>> import autograd
    >>> autograd.gelu(autograd.tensor([-1.0, 1.0]))
    tensor([-0.1587,  0.8413])
    """
    x = input
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    if approximate != "none":
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))


@primitive
@warns_caller
def _softplus(x: Operand) -> Array:
    return np.logaddexp(x, 0)


@vjp_of(_softplus, "x")
def softplus_dx(g, x):
    return g * on(x, sigmoid)(x)


def softplus(input: Operand, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta * x)) / beta``, which does not overflow. VJP: ``g * sigmoid(beta * x)``.

    Where ``beta * x`` exceeds ``threshold`` it is ``x``, the input, itself.

    >>> import autograd
    >>> autograd.softplus(autograd.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    scaled = input if beta == 1 else input * beta
    y = _softplus(scaled) if beta == 1 else _softplus(scaled) / beta
    return y if threshold == 20 else where(scaled > threshold, input, y)


def leaky_relu(input: Operand, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``input`` where it is positive, else ``negative_slope * input``, at 0 too.

    ``inplace`` is accepted, and changes nothing.

    >>> import autograd
    >>> autograd.leaky_relu(autograd.tensor([-1.0, 2.0]))
    tensor([-0.0100,  2.0000])
    """
    return where(input > 0, input, mul(negative_slope, input))


def silu(input: Operand, inplace: bool = False) -> Tensor:
    """``input * sigmoid(input)``. ``inplace`` is accepted, and changes nothing.

    >>> import autograd
    >>> autograd.silu(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    return mul(input, sigmoid(input))


@primitive
@warns_caller
def _softmax(x: Operand, *, axis: int) -> Array:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@vjp_of(_softmax, "x")
def softmax_dx(g, y, *, axis):
    return y * (g - (g * y).sum(axis, keepdims=True))


def softmax(
    input: Operand, dim: int | None = None, dtype: Any = None, *, axis: int | None = None
) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``dim``. VJP: ``y * (g - sum(g * y))`` with the output ``y``.

    >>> import autograd
    >>> autograd.softmax(autograd.tensor([0.0, 0.0, 1000.0]), 0)
    tensor([0., 0., 1.])
    """
    return along_dim("softmax", _softmax, input, either("softmax", dim, axis), dtype)


@primitive
@warns_caller
def _log_softmax(x: Operand, *, axis: int) -> Array:
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


@vjp_of(_log_softmax, "x")
def log_softmax_dx(g, y, *, axis):
    return g - np.exp(y) * g.sum(axis, keepdims=True)


def log_softmax(
    input: Operand, dim: int | None = None, dtype: Any = None, *, axis: int | None = None
) -> Tensor:
    """``log(softmax(x))`` without the rounding. VJP: ``g - exp(y) * sum(g)`` with the output ``y``.

    >>> import autograd
    >>> autograd.log_softmax(autograd.tensor([0.0, 1000.0]), 0)
    tensor([-1000.,     0.])
    """
    return along_dim("log_softmax", _log_softmax, input, either("log_softmax", dim, axis), dtype)


def along_dim(name: str, op: Any, x: Any, dim: int, dtype: Any) -> Tensor:
    """A function of the elements along a dimension, also of a number and of none."""
    x = x if dtype is None else to(x, dtype)
    dim_of(name, dim, shape_of(x))
    if not np.size(x):
        return exp(x)
    return op(x, axis=int(dim)) if ndim_of(x) else reshape(op(reshape(x, 1), axis=0), ())


@primitive
@warns_caller
def _logsumexp(x: Operand, *, axis: Any, keepdims: bool) -> Array:
    top = x.max(axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        y = np.log(np.exp(x - top).sum(axis, keepdims=True)) + top
    return y if keepdims else y.squeeze(axis)


@vjp_of(_logsumexp, "x")
def logsumexp_dx(g, y, x, *, axis, keepdims):
    return unreduce(g, axis, keepdims) * np.exp(x - unreduce(y, axis, keepdims))


def logsumexp(
    input: Operand,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    axis: Dim = None,
    keepdims: bool = False,
) -> Tensor:
    """``log(sum(exp(x)))`` without overflow. VJP: ``g * exp(x - y)``, which is ``g * softmax(x)``.

    >>> import autograd
    >>> autograd.logsumexp(autograd.tensor([1000.0, 0.0]), 0)
    tensor(1000.)
    """
    over = settings("logsumexp", input, dim, keepdim, axis, keepdims)
    if not np.size(input):
        return sub(sum(exp(input), **over), math.inf)
    return _logsumexp(input, **over)
