"""Helpers for training."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.memory import note_change
from autograd.tensors import result


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients by one factor so that their norm together is at most ``max_norm``.

    Returns the norm before. Parameters without a gradient are left out. A norm that is NaN makes
    all gradients NaN, as in torch; with ``error_if_nonfinite`` it raises RuntimeError, as one that
    is infinite does, and the gradients stay.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 1.0], requires_grad=True)
    >>> (w * autograd.tensor([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm_([w], 1.0), w.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    grads = gradients("clip_grad_norm_", parameters)
    norm_type = float(norm_type)
    norms = [np.linalg.norm(wide(g).ravel(), norm_type) for g in grads if g.size]
    total = np.linalg.norm(np.stack(norms), norm_type) if norms else np.float32(0)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of all gradients is {total}, and they cannot be scaled by "
            "it. autograd.detect_anomaly() shows where NaN and infinity come from"
        )
    factor = max_norm / (total + 1e-6)
    if not factor >= 1:  # NaN too, which goes into all gradients, as in torch
        with np.errstate(invalid="ignore"):  # inf * 0
            for g in grads:
                g.data[...] = wide(g) * factor
        note_change([g.memory for g in grads], "clip_grad_norm_")
    return result(total)


def clip_grad_value_(parameters: Iterable[Tensor], clip_value: float) -> None:
    """Hold every element of every gradient within ``clip_value`` of 0.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 1.0], requires_grad=True)
    >>> (w * autograd.tensor([3.0, -0.5])).sum().backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    grads = gradients("clip_grad_value_", parameters)
    for g in grads:
        np.clip(g.data, -clip_value, clip_value, out=g.data)
    note_change([g.memory for g in grads], "clip_grad_value_")


def gradients(name: str, parameters: Any) -> list[Tensor]:
    """The gradients that there are of one or several parameters."""
    if callable(parameters):
        kind = getattr(parameters, "__qualname__", type(parameters).__name__)
        raise TypeError(f"{name}: give a list of Tensors, such as model.parameters(), not {kind}")
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


def wide(g: Tensor) -> np.ndarray:
    """The values, float16 as float32, in which a norm does not overflow."""
    return g.data.astype(np.result_type(g.dtype, np.float32), copy=False)
