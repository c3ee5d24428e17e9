"""Losses as one op each, so that they are exact where their parts would not be."""

from typing import Any

import numpy as np

from ..primitive import Array, Operand, on, primitive, vjp_of
from .elementwise import sigmoid
from .reductions import mean

EPSILON = float(np.float32(1e-12))  # torch's bound, which it holds in float32


@primitive
def _binary_cross_entropy(p: Operand, target: Operand) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p = np.maximum(np.log(p), -100.0)
        log_q = np.maximum(np.log1p(-p), -100.0)
    return (np.vdot(target - 1, log_q) - np.vdot(target, log_p)) / p.size


@vjp_of(_binary_cross_entropy, "p")
def binary_cross_entropy_dp(g, p, target):
    return g / p.size * (p - target) / np.maximum((1 - p) * p, EPSILON)


@vjp_of(_binary_cross_entropy, "target")
def binary_cross_entropy_dtarget(g, p):
    with np.errstate(divide="ignore"):
        return g / p.size * (np.log1p(-p) - np.log(p))  # not clamped, as in torch


def binary_cross_entropy(p: Operand, target: Operand) -> Any:
    """``-mean(target * log(p) + (1 - target) * log(1 - p))`` for probabilities ``p``.

    The logarithms are held above -100, as in torch, so p = 0 and p = 1 give finite losses.
    VJP: ``dp = g / n * (p - target) / (p * (1 - p))``. Raises ValueError for shapes that
    differ and for ``p`` outside 0 to 1, TypeError for dtypes that differ.

    >>> import autograd
    >>> binary_cross_entropy(autograd.tensor([0.5, 1.0]), autograd.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    check("binary_cross_entropy", p, target)
    loss = _binary_cross_entropy(p, target)
    if loss._data != loss._data:  # NaN, as the logarithm of a negative number is
        values = p.data
        if ((values < 0) | (values > 1)).any():
            raise ValueError(
                "binary_cross_entropy: probabilities must lie in 0 to 1, but range from "
                f"{values.min():.4g} to {values.max():.4g}. Apply a sigmoid first, or use "
                "binary_cross_entropy_with_logits"
            )
    return loss


@primitive
def _binary_cross_entropy_with_logits(x: Operand, target: Operand) -> Array:
    return (np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))).sum() / x.size


@vjp_of(_binary_cross_entropy_with_logits, "x")
def binary_cross_entropy_with_logits_dx(g, x, target):
    return g / x.size * (on(x, sigmoid)(x) - target)


@vjp_of(_binary_cross_entropy_with_logits, "target")
def binary_cross_entropy_with_logits_dtarget(g, x):
    return g / x.size * -x


def binary_cross_entropy_with_logits(x: Operand, target: Operand) -> Any:
    """``binary_cross_entropy(sigmoid(x), target)``, exact also where the sigmoid rounds to 0 or 1.

    VJP: ``dx = g / n * (sigmoid(x) - target)``. Errors as for ``binary_cross_entropy``.

    >>> import autograd
    >>> binary_cross_entropy_with_logits(autograd.tensor([0.0, 200.0]), autograd.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    check("binary_cross_entropy_with_logits", x, target)
    return _binary_cross_entropy_with_logits(x, target)


def mse_loss(x: Operand, target: Operand) -> Any:
    """``mean((x - target)**2)``. Raises as ``binary_cross_entropy`` does for shapes and dtypes.

    >>> import autograd
    >>> mse_loss(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check("mse_loss", x, target)
    return mean((x - target) ** 2)


def check(name: str, x: Any, target: Any) -> None:
    """Losses compare like with like: broadcasting here hides mistakes, so it is an error."""
    try:
        a, b = x._data, target._data
    except AttributeError:
        odd = type(target if hasattr(x, "_data") else x).__name__
        raise TypeError(
            f"{name}: needs two Tensors, but one is a {odd}; wrap it: tensor(...)"
        ) from None
    if a.shape != b.shape:
        raise ValueError(
            f"{name}: input {a.shape} and target {b.shape} must have one shape; "
            "squeeze or unsqueeze one of the two"
        )
    if a.dtype != b.dtype:
        raise TypeError(
            f"{name}: input is {a.dtype} but target is {b.dtype}; "
            f"convert the target: target.to(autograd.{a.dtype})"
        )
