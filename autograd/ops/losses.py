"""Losses as one op each, so that they are exact where their parts would not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import observers
from ..dtypes import get_default_dtype
from ..errors import warns_caller
from ..operands import numbers_of, on
from ..primitives import Array, Operand, primitive, vjp_of
from .activations import _softmax, log_softmax, softplus
from .choice import where
from .comparison import ne
from .dims import check_shape, ndim_of, shape_of
from .elementwise import abs, sigmoid, to
from .indexing import getitem
from .reductions import mean, sum
from .shape import movedim

if TYPE_CHECKING:
    from ..tensors import Tensor

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


@primitive
@np.errstate(divide="ignore", invalid="ignore")
def _binary_cross_entropy_(p: Operand, target: Operand) -> Array:
    """The loss of each element by itself."""
    log_p = np.maximum(np.log(p), -100.0)
    log_q = np.maximum(np.log1p(-p), -100.0)
    return (target - 1) * log_q - target * log_p


@vjp_of(_binary_cross_entropy_, "p")
def each_binary_cross_entropy_dp(g, p, target):
    return g * (p - target) / np.maximum((1 - p) * p, EPSILON)


@vjp_of(_binary_cross_entropy_, "target")
def each_binary_cross_entropy_dtarget(g, p):
    with np.errstate(divide="ignore"):
        return g * (np.log1p(-p) - np.log(p))


def binary_cross_entropy(
    input: Operand, target: Operand, weight: Operand | None = None, *, reduction: str = "mean"
) -> Tensor:
    """``-mean(target * log(input) + (1 - target) * log(1 - input))`` for probabilities ``input``.

    The logarithms are held above -100, as in torch, so 0 and 1 give finite losses.
    ``weight`` multiplies the loss of each element, with which it broadcasts; ``reduction`` is
    "mean", "sum" or "none".
    VJP: ``dinput = g / n * (input - target) / (input * (1 - input))``. Raises ValueError for shapes
    that differ and for numbers outside 0 to 1, TypeError for dtypes that differ.

    >>> import autograd
    >>> binary_cross_entropy(autograd.tensor([0.5, 1.0]), autograd.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    check("binary_cross_entropy", input, target)
    check_probabilities("targets", target._data)
    if weight is None and reduction == "mean":
        loss = _binary_cross_entropy(input, target)
        if loss._data != loss._data:  # NaN, as the logarithm of a negative number is
            check_probabilities("probabilities", input._data)
        return loss
    check_probabilities("probabilities", input._data)
    losses = _binary_cross_entropy_(input, target)
    return weighed("binary_cross_entropy", losses, weight, reduction)


def check_probabilities(name: str, values: Any) -> None:
    """Raise ValueError for values outside 0 to 1; NaN may be."""
    # By argmin and argmax, which are quicker than min and max.
    if values.size and (values.item(values.argmin()) < 0 or values.item(values.argmax()) > 1):
        raise ValueError(
            f"binary_cross_entropy: {name} must lie in 0 to 1, but range from "
            f"{values.min():.4g} to {values.max():.4g}. Apply a sigmoid first, or use "
            "binary_cross_entropy_with_logits"
        )


@primitive
@warns_caller
def _binary_cross_entropy_with_logits(x: Operand, target: Operand) -> Array:
    return (np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))).sum() / x.size


@vjp_of(_binary_cross_entropy_with_logits, "x")
def binary_cross_entropy_with_logits_dx(g, x, target):
    return g / x.size * (on(x, sigmoid)(x) - target)


@vjp_of(_binary_cross_entropy_with_logits, "target")
def binary_cross_entropy_with_logits_dtarget(g, x):
    return g / x.size * -x


def binary_cross_entropy_with_logits(
    input: Operand, target: Operand, weight: Operand | None = None, *, reduction: str = "mean",
    pos_weight: Operand | None = None,
) -> Tensor:  # fmt: skip
    """``binary_cross_entropy(sigmoid(input), target)``, exact where the sigmoid rounds to 0 or 1.

    ``pos_weight`` multiplies the part ``target * log(sigmoid(input))`` of the loss.
    VJP: ``dinput = g / n * (sigmoid(input) - target)``. All else as for ``binary_cross_entropy``.

    >>> import autograd
    >>> binary_cross_entropy_with_logits(autograd.tensor([0.0, 200.0]), autograd.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    check("binary_cross_entropy_with_logits", input, target)
    if weight is None and pos_weight is None and reduction == "mean":
        return _binary_cross_entropy_with_logits(input, target)
    extra = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    loss = (1 - target) * input + extra * softplus(-input)
    return weighed("binary_cross_entropy_with_logits", loss, weight, reduction)


def mse_loss(
    input: Operand, target: Operand, reduction: str = "mean", weight: Operand | None = None
) -> Tensor:
    """``mean((input - target)**2)``. Raises as ``binary_cross_entropy`` does for shapes and dtypes.

    ``weight`` multiplies the loss of each element; ``reduction`` is "mean", over the sum of the
    weights, "sum" or "none".

    >>> import autograd
    >>> mse_loss(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check("mse_loss", input, target)
    return averaged("mse_loss", (input - target) ** 2, weight, reduction)


def l1_loss(
    input: Operand, target: Operand, reduction: str = "mean", weight: Operand | None = None
) -> Tensor:
    """``mean(abs(input - target))``. Errors, ``reduction`` and ``weight`` as for ``mse_loss``.

    >>> import autograd
    >>> l1_loss(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(1.)
    """
    check("l1_loss", input, target, floats=reduction == "mean")
    return averaged("l1_loss", abs(input - target), weight, reduction)


@primitive
def _nll(x: Operand, target: Operand) -> Array:
    return -np.take_along_axis(x, target[..., None], -1)[..., 0]


@vjp_of(_nll, "x")
def nll_dx(g, x_shape, target):
    one_hot = target[..., None] == np.arange(x_shape[-1])
    return np.where(one_hot, -g[..., None], 0)


@primitive
@warns_caller
def _cross_entropy(x: Operand, target: Operand) -> Array:
    x = x - x.max(-1, keepdims=True)
    chosen = np.take_along_axis(x, target[..., None], -1)
    return (np.log(np.exp(x).sum(-1, keepdims=True)) - chosen)[..., 0]


@vjp_of(_cross_entropy, "x")
def cross_entropy_dx(g, x, target):
    one_hot = target[..., None] == np.arange(x.shape[-1])
    return g[..., None] * (on(x, _softmax)(x, axis=-1) - one_hot)


def nll_loss(
    input: Operand, target: Operand, weight: Operand | None = None, *, ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """``-mean(input[i, target[i]])`` for log-probabilities, as ``log_softmax`` gives.

    Shapes: input ``(N, C)`` and target ``(N,)`` with class numbers, or ``(C,)`` and ``()``, or
    ``(N, C, d1, ...)`` and ``(N, d1, ...)``. ``weight`` has a number for each class, by whose sum
    the mean is taken; a word in its place is the ``reduction``. Where the target is
    ``ignore_index`` there is no loss.
    Raises TypeError for a target that is not integer, ValueError for shapes and classes that do
    not fit.

    >>> import autograd
    >>> nll_loss(autograd.tensor([[-0.5, -1.0]]), autograd.tensor([0]))
    tensor(0.5000)
    """
    if isinstance(weight, str):
        weight, reduction = None, weight
    check_classes("nll_loss", input, target, weight, ignore_index)
    target, kept = without_ignored(target, ignore_index)
    losses = _nll(classes_last(input), target)
    losses = losses if weight is None else losses * getitem(weight, (target,))
    return over_kept("nll_loss", losses, target, kept, weight, reduction)


def cross_entropy(
    input: Operand, target: Operand, weight: Operand | None = None, *, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """``-mean(log_softmax(input)[i, target[i]])`` for scores ``input`` of classes.

    Shapes, ``weight`` and ``ignore_index`` as for ``nll_loss``. A floating target in the shape of
    ``input`` holds probabilities, and no class to be ignored. ``label_smoothing`` takes so much
    from the target and gives it to all classes alike. Errors as for ``nll_loss``.
    VJP: ``dinput = g / N * (softmax(input) - one_hot(target))``.

    >>> import autograd
    >>> cross_entropy(autograd.tensor([[1.0, 1.0]]), autograd.tensor([0]))
    tensor(0.6931)
    """
    if isinstance(weight, str):
        weight, reduction = None, weight
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"cross_entropy: label_smoothing must lie in 0 to 1, got {label_smoothing}"
        )
    same = shape_of(input) == shape_of(target) and ndim_of(input) > 0
    if same and np.asarray(getattr(target, "_data", target)).dtype.kind == "f":
        if ignore_index >= 0:
            raise ValueError(
                f"cross_entropy: ignore_index={ignore_index} needs class numbers, and target holds "
                "probabilities; give weight a 0 for a class that is not to count"
            )
        return by_probabilities(input, target, weight, reduction, label_smoothing)
    check_classes("cross_entropy", input, target, weight, ignore_index)
    target, kept = without_ignored(target, ignore_index)
    input = classes_last(input)
    losses = _cross_entropy(input, target)
    losses = losses if weight is None else losses * getitem(weight, (target,))
    if label_smoothing:
        log_p = log_softmax(input, -1)
        smooth = sum(log_p if weight is None else log_p * weight, -1)
        losses = (1 - label_smoothing) * losses - label_smoothing / shape_of(input)[-1] * smooth
    return over_kept("cross_entropy", losses, target, kept, weight, reduction)


def by_probabilities(x: Any, target: Any, weight: Any, reduction: str, smoothing: float) -> Tensor:
    """The cross entropy with a probability for each class."""
    count_of_classes("cross_entropy", x, weight)
    x, target = classes_last(x), classes_last(target)
    if smoothing:
        target = (1 - smoothing) * target + smoothing / x.shape[-1]
    each = target * log_softmax(x, -1)
    losses = -sum(each if weight is None else each * weight, -1)
    return reduced("cross_entropy", losses, reduction)


def without_ignored(target: Any, ignore_index: int) -> tuple[Any, Any]:
    """Class numbers with 0 where they are to be ignored, and where not; None if nowhere."""
    target = target if hasattr(target, "grad_fn") else np.asarray(target)
    target = target.astype(np.int64) if target.dtype == np.uint8 else target
    known = not observers.asked  # else a program is recorded, whose targets vary
    if known and not (getattr(target, "_data", target) == ignore_index).any():
        return target, None
    kept = ne(target, ignore_index)
    return where(kept, target, 0), kept


def over_kept(
    name: str, losses: Any, target: Any, kept: Any, weight: Any, reduction: str
) -> Tensor:  # fmt: skip
    """Losses that are not to be ignored, reduced; the mean is over the sum of their weights."""
    losses = losses if kept is None else where(kept, losses, 0.0)
    if reduction != "mean" or (weight is None and kept is None):
        return reduced(name, losses, reduction)
    weights = 1.0 if weight is None else getitem(weight, (target,))
    over = sum(weights if kept is None else where(kept, weights, 0.0))
    return to(sum(losses) / over, losses.dtype)


def classes_last(x: Any) -> Any:
    """Scores with their classes, dimension 1, as the last dimension."""
    return x if ndim_of(x) < 3 else movedim(x, 1, -1)


def check_classes(name: str, x: Any, target: Any, weight: Any, ignore_index: int) -> None:
    """Raise an error unless ``target`` holds a class number for each row of ``x``."""
    data = getattr(target, "_data", None)
    data = np.asarray(target) if data is None else data
    if data.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: target holds class numbers and must be integer, got {data.dtype}; "
            "target.long(), or probabilities in the shape of the input"
        )
    shape = shape_of(x)
    if not shape or data.shape != (shape[:1] + shape[2:] if len(shape) > 1 else ()):
        raise ValueError(
            f"{name}: input must be (N, C) with target (N,), or (C,) with target (), or "
            f"(N, C, d1, ...) with target (N, d1, ...); got {shape} and {data.shape}"
        )
    count = count_of_classes(name, x, weight)
    bad = ((data < 0) | (data >= count)) & (data != ignore_index)
    if bad.any():
        raise ValueError(
            f"{name}: with {count} classes a target must lie in 0 to {count - 1}, or be "
            f"ignore_index ({ignore_index}); got {data[bad].flat[0]}"
        )


def count_of_classes(name: str, x: Any, weight: Any) -> int:
    """How many classes floating scores have, at least one and for each one of the weights."""
    dtype = getattr(x, "dtype", get_default_dtype())
    if dtype.kind != "f":
        raise TypeError(f"{name}: input holds scores and must be floating, got {dtype}; .float()")
    count = shape_of(x)[min(1, ndim_of(x) - 1)]
    if not count:
        raise ValueError(f"{name}: input of shape {shape_of(x)} has no classes")
    check_shape(name, "weight, which has a number for each class,", weight, (count,))
    return count


@primitive
def _one_hot(x: Operand, *, num_classes: int) -> Array:
    return (x[..., None] == np.arange(num_classes)).astype(np.int64)


def one_hot(x: Operand, num_classes: int = -1) -> Tensor:
    """For each class number a row with 1 at that class and 0 elsewhere, int64.

    Without ``num_classes`` there are as many as the largest class asks for. Raises TypeError for
    what is not integer, ValueError for classes that are not among them.

    >>> import autograd
    >>> one_hot(autograd.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    data = np.asarray(getattr(x, "_data", x))
    if data.dtype.kind not in "iu":
        raise TypeError(f"one_hot: classes must be integers, got {data.dtype}")
    if num_classes == -1:
        if not data.size:
            raise ValueError("one_hot: give num_classes: there is no class to tell it by")
        num_classes = int(numbers_of(x, "one_hot without num_classes").max()) + 1
    if data.size and not (data.min() >= 0 and data.max() < num_classes):
        raise ValueError(
            f"one_hot: classes must lie in 0 to {num_classes - 1}, got {data.min()} to {data.max()}"
        )
    return _one_hot(x, num_classes=num_classes)


def weighed(name: str, losses: Any, weight: Any, reduction: str) -> Tensor:
    """Losses times ``weight``, then reduced."""
    return reduced(name, losses if weight is None else times(name, losses, weight), reduction)


def times(name: str, losses: Any, weight: Any) -> Tensor:
    """Losses times a ``weight`` that broadcasts to them, and not they to it."""
    out = losses * weight
    if out.shape != losses.shape:
        raise ValueError(
            f"{name}: weight of shape {shape_of(weight)} does not fit losses of shape "
            f"{losses.shape}"
        )
    return out


def averaged(name: str, losses: Any, weight: Any, reduction: str) -> Tensor:
    """Losses times ``weight``, reduced; the mean is over the sum of the weights."""
    if weight is None or reduction != "mean":
        return weighed(name, losses, weight, reduction)
    over = sum(weight * np.ones(losses.shape, losses.dtype))
    return sum(times(name, losses, weight)) / over


def reduced(name: str, losses: Any, reduction: str) -> Tensor:
    """The mean or sum of losses, or the losses themselves."""
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    return mean(losses) if reduction == "mean" else sum(losses)


def check(name: str, x: Any, target: Any, floats: bool = True) -> None:
    """Losses compare like with like: broadcasting here hides mistakes, so it is an error.

    Those that are of ``floats`` refuse two Tensors of whole numbers, which could wrap.
    """
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
    if floats and a.dtype.kind != "f" and b.dtype.kind != "f":
        raise TypeError(f"{name}: needs floats, got {a.dtype} and {b.dtype}; use .float()")
    if a.dtype != b.dtype:
        odd, dtype = ("target", a.dtype) if a.dtype.kind == "f" else ("input", b.dtype)
        raise TypeError(
            f"{name}: input is {a.dtype} but target is {b.dtype}; "
            f"convert the {odd}: {odd}.to(autograd.{dtype})"
        )
