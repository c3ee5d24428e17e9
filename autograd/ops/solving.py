"""Linear equations: inverse, determinant, solution, Cholesky factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..operands import as_one_call, on
from ..primitives import Array, Operand, primitive, vjp_of
from .dims import ndim_of, shape_of
from .reductions import products_before
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
    """The determinant of square matrices. VJP: ``g`` times the cofactors, ``y * inv(x).T``.

    Cofactors and their derivatives are right for singular matrices, too, which have no ``inv(x)``;
    from the third on, the derivatives at a singular matrix raise LinAlgError.

    >>> import autograd
    >>> autograd.det(autograd.tensor([[2.0, 1.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return np.linalg.det(x)


@vjp_of(det, "x")
def det_dx(g, x):
    return g[..., None, None] * on(x, _cofactors)(x)


@primitive
def _cofactors(x: Operand) -> Array:
    """For each element what it is multiplied by in the determinant."""
    return cofactors(x)


@vjp_of(_cofactors, "x")
def cofactors_dx(g, x):
    return on(g, _change_of_cofactors)(x, g)


@primitive
def _change_of_cofactors(x: Operand, change: Operand) -> Array:
    """How the cofactors of ``x`` change with ``x``: linear in ``change``, and symmetric."""
    return change_of_cofactors(x, change)


@vjp_of(_change_of_cofactors, "change")
def change_of_cofactors_dchange(g, x):
    return on(g, _change_of_cofactors)(x, g)


@vjp_of(_change_of_cofactors, "x")
def change_of_cofactors_dx(g, x, change):
    """The gradient of ``det(x) * (tr(a) * tr(b) - tr(a @ b))`` with these ``a`` and ``b``."""
    y = inverted("det", x)
    a, b = y @ change, y @ g
    tr_a, tr_b = [np.trace(m, axis1=-2, axis2=-1)[..., None, None] for m in (a, b)]
    tr_ab = (a * b.mT).sum((-2, -1), keepdims=True)
    left = (tr_a * tr_b - tr_ab) * y - (tr_b * a + tr_a * b - a @ b - b @ a) @ y
    return np.linalg.det(x)[..., None, None] * left.mT


@as_one_call
def cofactors(x: Array) -> Array:
    """Those of the singular values, which are the products of all but one, turned back."""
    u, s, v, sign = turned(x)
    others = products_before(s, s.ndim - 1) * products_after(s)
    return sign * ((u * others[..., None, :]) @ v)


@as_one_call
def change_of_cofactors(x: Array, change: Array) -> Array:
    """That of the singular values, by the products ``p`` of all but two, turned back."""
    u, s, v, sign = turned(x)
    place = np.arange(s.shape[-1])
    later = place[:, None] < place
    between = np.where(later, s[..., None, :], 1)
    p = products_before(s, s.ndim - 1)[..., None] * products_before(between, s.ndim)
    p = np.where(later, p * products_after(s)[..., None, :], 0)
    p = p + p.mT
    change = u.mT @ change @ v.mT
    own = p @ np.diagonal(change, 0, -2, -1)[..., None]
    change = np.where(place[:, None] == place, own, -p * change.mT)
    return sign * (u @ change @ v)


def turned(x):
    """Singular vectors and values, and the sign that the vectors give to the determinant."""
    finite = np.isfinite(x).all((-2, -1), keepdims=True)
    u, s, v = np.linalg.svd(np.where(finite, x, 0))
    sign = np.round(np.linalg.det(u) * np.linalg.det(v))[..., None, None]
    return u, s, v, np.where(finite, sign, np.nan).astype(x.dtype)


def products_after(x):
    """For each element the product of those after it in the last dimension."""
    return np.flip(products_before(np.flip(x, -1), x.ndim - 1), -1)


def inverted(name, x):
    """The inverse of ``x``, which the derivative of an op ``name`` needs."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError(
            f"{name}: a matrix of {np.shape(x)} is singular, and this derivative needs its inverse"
        ) from None


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
    return g[..., None, None] * inverted("slogdet", x).mT


def slogdet(x: Operand) -> SignAndLog:
    """The sign of the determinant, and the logarithm of its absolute value.

    VJP of the logarithm: ``dx = g * inv(x).T``; of a singular matrix it raises LinAlgError.

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
