"""Functions whose derivative is 0: rounding, and the sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def floor(x: Operand) -> Array:
    """The largest whole number that is not above. VJP: 0.

    >>> import autograd
    >>> autograd.floor(autograd.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return np.floor(x)


@primitive
def ceil(x: Operand) -> Array:
    """The smallest whole number that is not below. VJP: 0.

    >>> import autograd
    >>> autograd.ceil(autograd.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return np.ceil(x)


@primitive
def trunc(x: Operand) -> Array:
    """The whole part. VJP: 0.

    >>> import autograd
    >>> autograd.trunc(autograd.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return np.trunc(x)


@primitive
def sign(x: Operand) -> Array:
    """-1, 0 or 1, and 0 for NaN, as in torch; ``np.sign`` of a Tensor is NaN there. VJP: 0.

    >>> import autograd
    >>> autograd.sign(autograd.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return (x > 0).astype(x.dtype) - (x < 0)


@primitive
def _sign(x: Operand) -> Array:
    return np.sign(x)


@vjp_of(floor, "x")
@vjp_of(ceil, "x")
@vjp_of(trunc, "x")
@vjp_of(sign, "x")
@vjp_of(_sign, "x")
def flat_dx(g):
    return np.zeros_like(g)


@primitive
def _round(x: Operand, *, decimals: int) -> Array:
    return np.round(x, decimals)


@vjp_of(_round, "x")
def round_dx(g, *, decimals):
    return np.zeros_like(g)


def round(x: Operand, decimals: int = 0) -> Tensor:
    """The nearest number with ``decimals`` decimals, the even one of two. VJP: 0.

    >>> import autograd
    >>> autograd.round(autograd.tensor([1.4, 1.5, 2.5]))
    tensor([1., 2., 2.])
    """
    return _round(x, decimals=decimals)
