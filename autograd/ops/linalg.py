"""Products of vectors, matrices and arrays of more dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import linear_way_out
from ..operands import on
from ..primitives import Array, Operand, primitive, vjp_of
from .arithmetic import mul
from .dims import dims_of, ndim_of, shape_of
from .rearrange import diagonal
from .reductions import sum
from .shape import expand, permute, reshape, squeeze, t, unsqueeze

if TYPE_CHECKING:
    from ..tensors import Tensor


@primitive
def _matmul(a: Operand, b: Operand) -> Array:
    return a @ b


@vjp_of(_matmul, "a")
def matmul_da(g, b):
    return g @ b.mT


@vjp_of(_matmul, "b")
def matmul_db(g, a):
    return a.mT @ g


@primitive
def _mv(a: Operand, b: Operand) -> Array:
    return a @ b


@vjp_of(_mv, "a")
def mv_da(g, b):
    return g[:, None] * b


@vjp_of(_mv, "b")
def mv_db(g, a):
    return a.T @ g


@primitive
def _vm(a: Operand, b: Operand) -> Array:
    return a @ b


@vjp_of(_vm, "a")
def vm_da(g, b):
    return b @ g


@vjp_of(_vm, "b")
def vm_db(g, a):
    return a[:, None] * g


@primitive
def _dot(a: Operand, b: Operand) -> Array:
    return a @ b


@vjp_of(_dot, "a")
def dot_da(g, b):
    return g * b


@vjp_of(_dot, "b")
def dot_db(g, a):
    return g * a


def matmul(a: Operand, b: Operand) -> Tensor:
    """The matrix product ``a @ b`` of vectors, matrices or stacks of matrices.

    VJP for matrices: ``da = g @ b.T``, ``db = a.T @ g``. A product with a vector is an op of its
    own, ``dot``, ``mv`` (matrix and vector) or ``vm``.

    >>> import autograd
    >>> autograd.matmul(autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    left, right = ndim_of(a), ndim_of(b)
    if left > 1 and right > 1:
        return _matmul(a, b)
    product = PRODUCTS.get((left, right))
    if product is not None:
        return product(a, b)
    if left and right:  # a stack and a vector
        if left == 1:
            return squeeze(_matmul(unsqueeze(a, 0), b), -2)
        return squeeze(_matmul(a, unsqueeze(b, 1)), -1)
    return _matmul(a, b)  # which says that numbers have no matrix product


PRODUCTS = {(1, 1): _dot, (2, 1): _mv, (1, 2): _vm}


def mm(a: Operand, b: Operand) -> Tensor:
    """``a @ b`` of two matrices.

    >>> import autograd
    >>> mm(autograd.ones(2, 3), autograd.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    return product_of("mm", 2, 2, a, b)


def bmm(a: Operand, b: Operand) -> Tensor:
    """``a @ b`` of two stacks of as many matrices.

    >>> import autograd
    >>> bmm(autograd.ones(5, 2, 3), autograd.ones(5, 3, 1)).shape
    (5, 2, 1)
    """
    if shape_of(a)[:1] != shape_of(b)[:1]:
        raise ValueError(f"bmm: as many matrices in each, got {shape_of(a)} and {shape_of(b)}")
    return product_of("bmm", 3, 3, a, b)


def mv(a: Operand, b: Operand) -> Tensor:
    """``a @ b`` of a matrix and a vector.

    >>> import autograd
    >>> mv(autograd.ones(2, 3), autograd.ones(3))
    tensor([3., 3.])
    """
    return product_of("mv", 2, 1, a, b)


def dot(a: Operand, b: Operand) -> Tensor:
    """The inner product of two vectors. VJP: ``da = g * b``, ``db = g * a``.

    >>> import autograd
    >>> dot(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return product_of("dot", 1, 1, a, b)


def product_of(name: str, left: int, right: int, a: Operand, b: Operand) -> Tensor:
    """A product of operands that must have so many dimensions."""
    if (ndim_of(a), ndim_of(b)) != (left, right):
        kinds = {1: "a vector", 2: "a matrix", 3: "a stack of matrices"}
        raise ValueError(
            f"{name}: needs {kinds[left]} and {kinds[right]}, got shapes {shape_of(a)} and "
            f"{shape_of(b)}; use matmul (@)"
        )
    return matmul(a, b)


def vdot(a: Operand, b: Operand) -> Tensor:
    """The inner product of two vectors: of real numbers the same as ``dot``."""
    return product_of("vdot", 1, 1, a, b)


@primitive
def _outer(a: Operand, b: Operand) -> Array:
    return a[:, None] * b


@vjp_of(_outer, "a")
def outer_da(g, b):
    return g @ b


@vjp_of(_outer, "b")
def outer_db(g, a):
    return a @ g


def outer(a: Operand, b: Operand) -> Tensor:
    """Each element of vector ``a`` times each of vector ``b``. VJP: ``da = g @ b``, ``db = a @ g``.

    >>> import autograd
    >>> outer(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    if ndim_of(a) != 1 or ndim_of(b) != 1:
        raise ValueError(f"outer: needs two vectors, got shapes {shape_of(a)} and {shape_of(b)}")
    return _outer(a, b)


@primitive
def _linear(x: Operand, weight: Operand, bias: Operand) -> Array:
    return np.dot(x, weight.T) + bias  # dot is @ of matrices, and quick also where a size is 1


@vjp_of(_linear, "x")
def linear_dx(g, weight):
    return np.dot(g, weight)


@vjp_of(_linear, "weight")
def linear_dweight(g, x):
    return np.dot(g.T, x)


@vjp_of(_linear, "bias")
def linear_dbias(g):
    return g.sum(0)


def linear(input: Operand, weight: Operand, bias: Operand | None = None) -> Tensor:
    """``input @ weight.T + bias``, a layer of neurons as one op.

    Shapes: x ``(..., in)``, weight ``(out, in)``, bias ``(out,)``, result ``(..., out)``.
    VJP: ``dx = g @ weight``, ``dweight = g.T @ input``, ``dbias = g.sum(0)``.

    >>> import autograd
    >>> x, w, b = autograd.ones(2, 3), autograd.ones(1, 3), autograd.tensor([0.5])
    >>> linear(x, w, b)
    tensor([[3.5000],
            [3.5000]])
    """
    if bias is None:
        if ndim_of(input) and ndim_of(weight) == 2 and shape_of(input)[-1] != shape_of(weight)[1]:
            raise ValueError(f"linear: {linear_way_out(shape_of(input), shape_of(weight))}")
        return matmul(input, t(weight))
    if shape_of(bias) != shape_of(weight)[:1]:
        raise ValueError(
            f"linear: the bias must have shape {shape_of(weight)[:1]}, one for each neuron, "
            f"got {shape_of(bias)}"
        )
    shape = shape_of(input)
    if len(shape) == 2 or not shape or ndim_of(weight) != 2:
        return _linear(input, weight, bias)
    rows = reshape(input, math.prod(shape[:-1]), shape[-1])
    return reshape(_linear(rows, weight, bias), *shape[:-1], shape_of(weight)[0])


def inner(a: Operand, b: Operand) -> Tensor:
    """The sums of products over the last dimension of each.

    >>> import autograd
    >>> inner(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return tensordot(a, b, ([-1], [-1])) if ndim_of(a) and ndim_of(b) else mul(a, b)


def tensordot(a: Operand, b: Operand, dims: Any = 2) -> Tensor:
    """The sums of products over ``dims`` of each: a pair of lists, or so many last and first ones.

    >>> import autograd
    >>> tensordot(autograd.ones(2, 3, 4), autograd.ones(4, 3), ([1, 2], [1, 0]))
    tensor([12., 12.])
    """
    left, right = ndim_of(a), ndim_of(b)
    if isinstance(dims, int | np.integer):
        if not 0 <= dims <= min(left, right):
            raise ValueError(f"tensordot: cannot sum over {dims} dims of {left} and {right}")
        dims = range(left - dims, left), range(dims)
    mine, others = [d if isinstance(d, Sequence) else [d] for d in dims]
    mine, others = (
        dims_of("tensordot", mine, shape_of(a)),
        dims_of("tensordot", others, shape_of(b)),
    )
    sizes = [shape_of(a)[i] for i in mine], [shape_of(b)[i] for i in others]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"tensordot: dims {mine} of {shape_of(a)} and {others} of {shape_of(b)} must have the "
            "same sizes"
        )
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    terms = [[next(letters) for _ in range(left)], [next(letters) for _ in range(right)]]
    for i, j in zip(mine, others):
        terms[1][j] = terms[0][i]
    kept = [c for i, c in enumerate(terms[0]) if i not in mine]
    kept += [c for j, c in enumerate(terms[1]) if j not in others]
    return einsum(f"{''.join(terms[0])},{''.join(terms[1])}->{''.join(kept)}", a, b)


def kron(a: Operand, b: Operand) -> Tensor:
    """The Kronecker product: each element of ``a`` times all of ``b``, as blocks.

    >>> import autograd
    >>> kron(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 1.0]))
    tensor([1., 1., 2., 2.])
    """
    ndim = max(ndim_of(a), ndim_of(b))
    shapes = [(1,) * (ndim - ndim_of(x)) + shape_of(x) for x in (a, b)]
    left, right = "abcdefghijklm"[:ndim], "nopqrstuvwxyz"[:ndim]
    both = "".join(map("".join, zip(left, right)))
    blocks = einsum(f"{left},{right}->{both}", reshape(a, shapes[0]), reshape(b, shapes[1]))
    return reshape(blocks, tuple(m * n for m, n in zip(*shapes)))


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sums of products, written by indices: ``einsum("ij,jk->ik", a, b)`` is ``a @ b``.

    The indices may also be lists of numbers, each after its operand, and last that of the result:
    ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
    VJP for an operand: the sum of ``g`` times the other operands, over the indices that the
    operand does not have.

    >>> import autograd
    >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ij,kj->ik", a, a)
    tensor([[ 5., 11.],
            [11., 25.]])
    """
    if not isinstance(equation, str):
        equation, operands = from_lists(equation, *operands)
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = tuple(operands[0])
    terms, out = einsum_terms(equation.replace(" ", ""), [ndim_of(x) for x in operands])
    xs = []
    for i, x in enumerate(operands):
        while len(set(terms[i])) < len(terms[i]):  # "ii": the diagonal
            letter = next(c for c in terms[i] if terms[i].count(c) > 1)
            first = terms[i].index(letter)
            second = terms[i].index(letter, first + 1)
            if shape_of(x)[first] != shape_of(x)[second]:
                raise ValueError(
                    f"einsum: {letter!r} of {equation!r} has two sizes in {shape_of(x)}"
                )
            x = diagonal(x, 0, first, second)
            terms[i] = terms[i][:first] + terms[i][first + 1 : second] + terms[i][second + 1 :]
            terms[i] += letter
        xs.append(x)
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs):
        for c, n in zip(term, shape_of(x)):
            if n != 1 and sizes.setdefault(c, n) != n:
                raise ValueError(f"einsum: {c!r} of {equation!r} is of size {sizes[c]} and {n}")
    full = [tuple(sizes.get(c, 1) for c in term) for term in terms]
    xs = [x if shape_of(x) == shape else expand(x, shape) for x, shape in zip(xs, full)]
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


def from_lists(*parts: Any) -> tuple[str, tuple]:
    """The equation and the operands of ``einsum(a, [0, 1], b, [1, 2])``."""
    pairs, out = (
        [parts[i : i + 2] for i in range(0, len(parts) - 1, 2)],
        parts[len(parts) // 2 * 2 :],
    )
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if not pairs or not all(isinstance(x, tuple | list) for x in [*(p[1] for p in pairs), *out]):
        raise TypeError("einsum: needs an equation as text, or after each operand its indices")
    text = lambda indices: "".join("..." if i is ... else letters[i] for i in indices)  # noqa: E731
    arrow = f"->{text(out[0])}" if out else ""
    return ",".join(text(indices) for _, indices in pairs) + arrow, tuple(x for x, _ in pairs)


def einsum_terms(equation: str, ndims: list[int]) -> tuple[list[str], str]:
    """The indices of each operand and of the result, with ``...`` spelt out in capitals."""
    left, arrow, out = equation.partition("->")
    if not set(equation.replace("->", "", 1)) <= LETTERS:
        raise ValueError(f"einsum: {equation!r} may have letters, ',', '...' and one '->'")
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
    if "." in left.replace("...", "") + out.replace("...", ""):
        raise ValueError(f"einsum: {equation!r} has a dot that is not one of '...'")
    out = out.replace("...", rest)
    if len(set(out)) < len(out):
        raise ValueError(f"einsum: the result of {equation!r} has an index twice")
    if set(out) - set("".join(terms)):
        raise ValueError(f"einsum: the result of {equation!r} has an index that no operand has")
    return terms, out


LETTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,")
