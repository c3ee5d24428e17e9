"""Helpers for training."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.tensors import result


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0) -> Tensor:
    """Scale all gradients by one factor so that their norm together is at most ``max_norm``.

    Returns the norm before. Parameters without a gradient are left out.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 1.0], requires_grad=True)
    >>> (w * autograd.tensor([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm_([w], 1.0), w.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    grads = [p.grad for p in parameters if p.grad is not None]
    norms = [np.linalg.norm(g.data.ravel(), norm_type) for g in grads]
    total = np.linalg.norm(np.stack(norms), norm_type) if norms else np.float32(0)
    factor = max_norm / (total + 1e-6)
    if factor < 1:
        for g in grads:
            g.data[...] *= factor
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
    for p in [parameters] if isinstance(parameters, Tensor) else parameters:
        if p.grad is not None:
            np.clip(p.grad.data, -clip_value, clip_value, out=p.grad.data)
