"""Arithmetic of two operands, with broadcasting: + - * / **, and negation.

A VJP rule returns a cotangent of the broadcast shape; the walk sums it back to the
operand's own shape.
"""

import numpy as np

from ..primitives import Array, Operand, primitive, vjp_of


@primitive
def add(a: Operand, b: Operand) -> Array:
    """``a + b``. VJP: ``da = g``, ``db = g``.

    >>> import autograd
    >>> autograd.add(autograd.tensor([1.0, 2.0]), 1)
    tensor([2., 3.])
    """
    return a + b


@vjp_of(add, "a")
def add_da(g):
    return g


@vjp_of(add, "b")
def add_db(g):
    return g


@primitive
def sub(a: Operand, b: Operand) -> Array:
    """``a - b``. VJP: ``da = g``, ``db = -g``.

    >>> import autograd
    >>> autograd.sub(autograd.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return a - b


@vjp_of(sub, "a")
def sub_da(g):
    return g


@vjp_of(sub, "b")
def sub_db(g):
    return -g


@primitive
def mul(a: Operand, b: Operand) -> Array:
    """``a * b``. VJP: ``da = g * b``, ``db = g * a``.

    >>> import autograd
    >>> autograd.mul(autograd.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """
    return a * b


@vjp_of(mul, "a")
def mul_da(g, b):
    return g * b


@vjp_of(mul, "b")
def mul_db(g, a):
    return g * a


@primitive
def div(a: Operand, b: Operand) -> Array:
    """``a / b``. VJP: ``da = g / b``, ``db = -g * a / b**2``.

    >>> import autograd
    >>> autograd.div(autograd.tensor([1.0, 2.0]), 2)
    tensor([0.5000, 1.0000])
    """
    return a / b


@vjp_of(div, "a")
def div_da(g, b):
    return g / b


@vjp_of(div, "b")
def div_db(g, a, b):
    return -g * ((a / b) / b)


@primitive
def pow(a: Operand, b: Operand) -> Array:
    """``a ** b``. VJP: ``da = g * b * a**(b - 1)``, ``db = g * a**b * log(a)``.

    ``da`` is 0 where ``b`` is 0, and ``db`` is 0 where ``a`` is 0, as in torch.

    >>> import autograd
    >>> autograd.pow(autograd.tensor([1.0, 2.0]), 3)
    tensor([1., 8.])
    """
    return a**b


@vjp_of(pow, "a")
def pow_da(g, a, b):
    return g * (b * a ** (b - (b != 0)))


@vjp_of(pow, "b")
def pow_db(g, y, a):
    return g * (y * np.log(a + (a == 0)))


@primitive
def neg(x: Operand) -> Array:
    """``-x``. VJP: ``dx = -g``.

    >>> import autograd
    >>> autograd.neg(autograd.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return -x


@vjp_of(neg, "x")
def neg_dx(g):
    return -g
