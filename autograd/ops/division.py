"""Division to whole numbers, and its remainder: // and %."""

import numpy as np

from ..errors import warns_caller
from ..primitives import Array, Operand, primitive, vjp_of


def check_divisor(name, a, b):
    """Raise ZeroDivisionError where whole numbers are to be divided by 0."""
    if np.result_type(a, b).kind == "f" or hasattr(b, "at"):  # JAX, which knows no values yet
        return
    if np.size(a) and not np.all(b):
        raise ZeroDivisionError(
            f"{name}: shapes {np.shape(a)} and {np.shape(b)}: the divisor is 0 somewhere, and "
            "whole numbers have no infinity; of floats the result is inf or NaN: a.float()"
        )


@primitive
@warns_caller
def floor_divide(a: Operand, b: Operand) -> Array:
    """``a // b``, rounded down. VJP: 0. Raises ZeroDivisionError for integers by 0.

    >>> import autograd
    >>> autograd.tensor([-7, 7]) // 2
    tensor([-4,  3])
    """
    check_divisor("floor_divide", a, b)
    return np.floor_divide(a, b)


@primitive
@warns_caller
def trunc_divide(a: Operand, b: Operand) -> Array:
    """``a / b``, rounded towards 0. VJP: 0."""
    if np.result_type(a, b).kind == "f":
        return np.trunc(a / b)
    check_divisor("div", a, b)
    down = a // b
    return down + ((down < 0) & (down * b != a))


@vjp_of(floor_divide, "a")
@vjp_of(floor_divide, "b")
@vjp_of(trunc_divide, "a")
@vjp_of(trunc_divide, "b")
def floor_divide_dab(g):
    return np.zeros_like(g)


@primitive
@warns_caller
def remainder(a: Operand, b: Operand) -> Array:
    """``a % b``, with the sign of ``b``. VJP: ``da = g``, ``db = -g * (a // b)``.

    Raises ZeroDivisionError for integers by 0.

    >>> import autograd
    >>> autograd.tensor([-7.0, 7.0]) % 3
    tensor([2., 1.])
    """
    check_divisor("remainder", a, b)
    return np.remainder(a, b)


@vjp_of(remainder, "a")
def remainder_da(g):
    return g


@vjp_of(remainder, "b")
def remainder_db(g, a, b):
    return -g * np.floor_divide(a, b)


for _op in (floor_divide, trunc_divide, remainder):
    _op.op.elementwise = True
