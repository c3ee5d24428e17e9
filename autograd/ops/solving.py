"""Linear equations: inverse, determinant, solution, Cholesky factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of
from .dims import ndim_of, shape_of
from .shape import matrix_transpose, squeeze, unsqueeze

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def inv(x: Operand) -> Array:
    """The inverse of square matrices. VJP: ``dx = -y.T @ g @ y.T`` with the output ``y``.

    >>> import autograd
    >>> autograd.inv(autograd.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return np.linalg.inv(x)


@vjp_of(inv, "x")
def inv_dx(g, y):
    return -(y.mT @ g @ y.mT)


inverse = inv


@primitive
def det(x: Operand) -> Array:
    """The determinant of square matrices. VJP: ``dx = g * y * inv(x).T`` with the output ``y``.

    >>> import autograd
    >>> autograd.det(autograd.tensor([[2.0, 1.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return np.linalg.det(x)


@vjp_of(det, "x")
def det_dx(g, y, x):
    return (g * y)[..., None, None] * np.linalg.inv(x).mT


class SignAndLog(NamedTuple):
    """What ``slogdet`` gives: the sign, which carries no gradient, and the logarithm."""

    sign: Tensor
    logabsdet: Tensor


@primitive
def _sign_of_det(x: Operand) -> Array:
    return np.linalg.slogdet(x)[0]


@primitive
def _logabsdet(x: Operand) -> Array:
    return np.linalg.slogdet(x)[1]


@vjp_of(_sign_of_det, "x")
def sign_of_det_dx(g, x_shape):
    return np.broadcast_to(np.zeros_like(g)[..., None, None], x_shape)


@vjp_of(_logabsdet, "x")
def logabsdet_dx(g, x):
    return g[..., None, None] * np.linalg.inv(x).mT


def slogdet(x: Operand) -> SignAndLog:
    """The sign of the determinant, and the logarithm of its absolute value.

    VJP of the logarithm: ``dx = g * inv(x).T``.

    >>> import autograd
    >>> slogdet(autograd.tensor([[2.0, 1.0], [0.0, -4.0]])).logabsdet
    tensor(2.0794)
    """
    return SignAndLog(_sign_of_det(x), _logabsdet(x))


@primitive
def _solve(a: Operand, b: Operand) -> Array:
    return np.linalg.solve(a, b)


@vjp_of(_solve, "a")
def solve_da(g, y, a):
    return -(np.linalg.solve(a.mT, g) @ y.mT)


@vjp_of(_solve, "b")
def solve_db(g, a):
    return np.linalg.solve(a.mT, g)


def solve(a: Operand, b: Operand) -> Tensor:
    """The ``x`` for which ``a @ x`` is ``b``, a vector or columns; or for stacks of these.

    ``b`` is a stack of vectors where it has the shape of ``a`` without the last dimension.
    VJP: ``db = solve(a.T, g)``, ``da = -db @ x.T``.

    >>> import autograd
    >>> solve(autograd.tensor([[2.0, 0.0], [0.0, 4.0]]), autograd.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    if ndim_of(b) == 1 or shape_of(b) == shape_of(a)[:-1]:
        return squeeze(_solve(a, unsqueeze(b, -1)), -1)
    return _solve(a, b)


@primitive
def _cholesky(x: Operand) -> Array:
    return np.linalg.cholesky(x)


@vjp_of(_cholesky, "x")
def cholesky_dx(g, y):
    p = y.mT @ g
    lower = (np.tril(p) + np.tril(p, -1)) / 2  # the diagonal is halved
    half = np.linalg.solve(y.mT, lower)
    whole = np.linalg.solve(y.mT, half.mT)
    return (whole + whole.mT) / 2


def cholesky(x: Operand, upper: bool = False) -> Tensor:
    """The lower triangular ``L`` with ``L @ L.T`` the symmetric, positive definite ``x``.

    With ``upper`` its transpose.

    VJP: with ``p`` the lower triangle of ``L.T @ g``, its diagonal halved, the symmetric part of
    ``inv(L).T @ p @ inv(L)``.

    >>> import autograd
    >>> autograd.cholesky(autograd.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    y = _cholesky(x)
    return matrix_transpose(y) if upper else y
