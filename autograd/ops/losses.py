"""Losses as one op each, so that they are exact where their parts would not be."""

from typing import Any

import numpy as np

from ..primitives import Array, Operand, on, primitive, vjp_of
from ..tensors import Tensor
from .activations import _softmax, log_softmax
from .elementwise import abs, sigmoid
from .reductions import mean, sum

EPSILON = float(np.float32(1e-12))  # torch's bound, which it holds in float32


@primitive
@np.errstate(divide="ignore", invalid="ignore")
def _binary_cross_entropy(p: Operand, target: Operand) -> Array:
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


def binary_cross_entropy(p: Tensor, target: Tensor) -> Tensor:
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


def binary_cross_entropy_with_logits(x: Tensor, target: Tensor) -> Tensor:
    """``binary_cross_entropy(sigmoid(x), target)``, exact also where the sigmoid rounds to 0 or 1.

    VJP: ``dx = g / n * (sigmoid(x) - target)``. Errors as for ``binary_cross_entropy``.

    >>> import autograd
    >>> binary_cross_entropy_with_logits(autograd.tensor([0.0, 200.0]), autograd.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    check("binary_cross_entropy_with_logits", x, target)
    return _binary_cross_entropy_with_logits(x, target)


def mse_loss(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """``mean((x - target)**2)``. Raises as ``binary_cross_entropy`` does for shapes and dtypes.

    ``reduction`` is "mean", "sum" or "none".

    >>> import autograd
    >>> mse_loss(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check("mse_loss", x, target)
    return reduced("mse_loss", (x - target) ** 2, reduction)


def l1_loss(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """``mean(abs(x - target))``. Errors and ``reduction`` as for ``mse_loss``.

    >>> import autograd
    >>> l1_loss(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(1.)
    """
    check("l1_loss", x, target)
    return reduced("l1_loss", abs(x - target), reduction)


def nll_loss(x: Operand, target: Operand, reduction: str = "mean") -> Tensor:
    """``-mean(x[i, target[i]])`` for log-probabilities ``x``, as ``log_softmax`` gives.

    Shapes: x ``(N, C)`` and target ``(N,)`` with class numbers, or ``(C,)`` and ``()``.
    Raises TypeError for a target that is not integer, ValueError for shapes and classes that do
    not fit.

    >>> import autograd
    >>> nll_loss(autograd.tensor([[-0.5, -1.0]]), autograd.tensor([0]))
    tensor(0.5000)
    """
    classes = class_numbers("nll_loss", x, target)
    losses = _nll(x, target if hasattr(target, "grad_fn") else classes)
    return reduced("nll_loss", losses, reduction)


@primitive
def _nll(x: Operand, target: Operand) -> Array:
    return -np.take_along_axis(x, target[..., None], -1)[..., 0]


@vjp_of(_nll, "x")
def nll_dx(g, x_shape, target):
    return np.where(one_hot(target, x_shape[-1]), -g[..., None], 0)


@primitive
def _cross_entropy(x: Operand, target: Operand) -> Array:
    x = x - x.max(-1, keepdims=True)
    chosen = np.take_along_axis(x, target[..., None], -1)
    return (np.log(np.exp(x).sum(-1, keepdims=True)) - chosen)[..., 0]


@vjp_of(_cross_entropy, "x")
def cross_entropy_dx(g, x, target):
    return g[..., None] * (on(x, _softmax)(x, axis=-1) - one_hot(target, x.shape[-1]))


def one_hot(target, classes):
    """For each class number a row that is true at that class."""
    return target[..., None] == np.arange(classes)


def cross_entropy(x: Operand, target: Operand, reduction: str = "mean") -> Tensor:
    """``-mean(log_softmax(x)[i, target[i]])`` for scores ``x`` of classes.

    Shapes: x ``(N, C)`` and target ``(N,)`` with class numbers, or ``(C,)`` and ``()``. A floating
    target in the shape of ``x`` holds probabilities. Errors as for ``nll_loss``.
    VJP: ``dx = g / N * (softmax(x) - one_hot(target))``.

    >>> import autograd
    >>> cross_entropy(autograd.tensor([[1.0, 1.0]]), autograd.tensor([0]))
    tensor(0.6931)
    """
    if np.shape(x) == np.shape(target) and np.ndim(x) > 0:
        losses = -(target * log_softmax(x, -1)).sum(-1)
    else:
        classes = class_numbers("cross_entropy", x, target)
        losses = _cross_entropy(x, target if hasattr(target, "grad_fn") else classes)
    return reduced("cross_entropy", losses, reduction)


def class_numbers(name: str, x: Any, target: Any) -> Any:
    """The classes in ``target``, an integer for each row of ``x``."""
    classes = getattr(target, "_data", None)
    classes = np.asarray(target) if classes is None else classes
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: target holds class numbers and must be integer, got {classes.dtype}; "
            "target.long(), or probabilities in the shape of the input"
        )
    if np.ndim(x) not in (1, 2) or classes.shape != np.shape(x)[:-1]:
        raise ValueError(
            f"{name}: input must be (N, C) with target (N,), or (C,) with target (); "
            f"got {np.shape(x)} and {classes.shape}"
        )
    count = np.shape(x)[-1]
    if classes.size and not (classes.min() >= 0 and classes.max() < count):
        raise ValueError(
            f"{name}: with {count} classes a target must lie in 0 to {count - 1}, "
            f"got {classes.min()} to {classes.max()}"
        )
    return classes


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """The mean or sum of losses, or the losses themselves."""
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    return mean(losses) if reduction == "mean" else sum(losses)


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
