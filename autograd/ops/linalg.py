"""Matrix products."""

import math
from typing import Any

import numpy as np

from ..primitives import Array, Operand, on, primitive, vjp_of
from ..tensors import Tensor
from .elementwise import abs
from .rearrange import diagonal
from .reductions import Dim, amax, amin, settings, sum, unreduce
from .shape import expand, permute, reshape


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
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"the bias must have shape {weight.shape[:1]}, one for each neuron")
    return np.dot(x, weight.T) + bias  # as @, but quick also where a size is 1


@vjp_of(_linear, "x")
def linear_dx(g, weight):
    return np.dot(g, weight)


@vjp_of(_linear, "weight")
def linear_dweight(g, x):
    if g.ndim != 2:
        return np.dot(rows(g).T, rows(x))
    return np.dot(g.T, x)


@vjp_of(_linear, "bias")
def linear_dbias(g):
    if g.ndim != 2:
        g = rows(g)
    return np.dot(np.ones(len(g), g.dtype), g)  # g.sum(0), only faster


def rows(x):
    """All but the last dimension as one: a batch of any shape as a matrix."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def linear(x: Operand, weight: Operand, bias: Operand | None = None) -> Tensor:
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


def outer(a: Operand, b: Operand) -> Tensor:
    """Each element of vector ``a`` times each of vector ``b``.

    >>> import autograd
    >>> outer(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return reshape(a, -1, 1) * reshape(b, 1, -1)


def dot(a: Operand, b: Operand) -> Tensor:
    """The inner product of two vectors.

    >>> import autograd
    >>> dot(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        raise ValueError(
            f"dot: needs two vectors, got shapes {np.shape(a)} and {np.shape(b)}; use matmul (@)"
        )
    return matmul(a, b)


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products, written by indices: ``einsum("ij,jk->ik", a, b)`` is ``a @ b``.

    VJP for an operand: the sum of ``g`` times the other operands, over the indices that the
    operand does not have.

    >>> import autograd
    >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ij,kj->ik", a, a)
    tensor([[ 5., 11.],
            [11., 25.]])
    """
    terms, out = einsum_terms(equation.replace(" ", ""), [np.ndim(x) for x in operands])
    xs = []
    for i, x in enumerate(operands):
        while len(set(terms[i])) < len(terms[i]):  # "ii": the diagonal
            letter = next(c for c in terms[i] if terms[i].count(c) > 1)
            first = terms[i].index(letter)
            second = terms[i].index(letter, first + 1)
            x = diagonal(x, 0, first, second)
            terms[i] = terms[i][:first] + terms[i][first + 1 : second] + terms[i][second + 1 :]
            terms[i] += letter
        xs.append(x)
    sizes = {c: n for term, x in zip(terms, xs) for c, n in zip(term, np.shape(x)) if n != 1}
    full = [tuple(sizes.get(c, 1) for c in term) for term in terms]
    xs = [x if np.shape(x) == shape else expand(x, shape) for x, shape in zip(xs, full)]
    if len(xs) == 1:  # one operand: a sum and a permutation
        kept = [c for c in terms[0] if c in out]
        summed = tuple(i for i, c in enumerate(terms[0]) if c not in out)
        y = sum(xs[0], summed) if summed else xs[0]
        return permute(y, *[kept.index(c) for c in out]) if kept else y
    y = xs[0]
    left = terms[0]
    for i in range(1, len(xs)):  # two at a time
        later = out + "".join(terms[i + 1 :])
        result = out if i == len(xs) - 1 else "".join(
            c for c in dict.fromkeys(left + terms[i]) if c in later
        )  # fmt: skip
        y, left = _pair(y, xs[i], terms=(left, terms[i]), out=result), result
    return y


@primitive
def _pair(a: Operand, b: Operand, *, terms: tuple[str, str], out: str) -> Array:
    return np.einsum(f"{terms[0]},{terms[1]}->{out}", a, b)


@vjp_of(_pair, "a")
def pair_da(g, a_shape, b, *, terms, out):
    return pair_cotangent(g, b, a_shape, out, terms[1], terms[0])


@vjp_of(_pair, "b")
def pair_db(g, a, b_shape, *, terms, out):
    return pair_cotangent(g, a, b_shape, out, terms[0], terms[1])


def pair_cotangent(g, other, shape, out, other_term, term):
    """The einsum of ``g`` and the other operand, spread over the indices only this one has."""
    known = "".join(c for c in term if c in out or c in other_term)
    dx = on(g, _pair)(g, other, terms=(out, other_term), out=known)
    dx = dx.reshape(tuple(n if c in known else 1 for c, n in zip(term, shape)))
    return np.broadcast_to(dx, shape)


def einsum_terms(equation: str, ndims: list[int]) -> tuple[list[str], str]:
    """The indices of each operand and of the result, with ``...`` spelt out in capitals."""
    left, arrow, out = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum: {equation!r} has {len(terms)} terms for {len(ndims)} operands")
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in equation]
    extra = max([n - len(t.replace("...", "")) for t, n in zip(terms, ndims) if "..." in t] or [0])
    rest = "".join(spare[:extra])
    for i, (term, n) in enumerate(zip(terms, ndims)):
        count = n - len(term.replace("...", ""))
        if count < 0 or (count > 0 and "..." not in term):
            raise ValueError(f"einsum: term {term!r} of {equation!r} does not fit {n} dimensions")
        terms[i] = term.replace("...", rest[extra - count :])
    if not arrow:
        letters = "".join(terms)
        out = rest + "".join(sorted(c for c in set(letters) - set(rest) if letters.count(c) == 1))
    out = out.replace("...", rest)
    if set(out) - set("".join(terms)):
        raise ValueError(f"einsum: the result of {equation!r} has an index that no operand has")
    return terms, out


@primitive
def _norm(x: Operand, *, axis: Any, keepdims: bool) -> Array:
    return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))


@vjp_of(_norm, "x")
def norm_dx(g, y, x, *, axis, keepdims):
    y = unreduce(y, axis, keepdims)
    return unreduce(g, axis, keepdims) * (x / np.where(y == 0, 1, y))


def norm(x: Operand, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The ``p``-norm over ``dim``, or of all elements: ``sum(|x|**p) ** (1 / p)``.

    ``p`` may be ``inf`` or ``-inf``, the largest and smallest absolute value, or "fro", which is 2.
    VJP for ``p=2``: ``dx = g * x / y``, and 0 where the norm ``y`` is 0, as in torch.

    >>> import autograd
    >>> norm(autograd.tensor([3.0, 4.0]))
    tensor(5.)
    """
    over = settings(dim, keepdim, None, False)
    if p in (2, "fro"):
        return _norm(x, **over)
    if p == 1:
        return sum(abs(x), dim, keepdim)
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(abs(x), dim, keepdim)
    return sum(abs(x) ** p, dim, keepdim) ** (1 / p)
