"""Layers and losses as functions."""

from typing import Any

import numpy as np

from autograd import (
    Tensor,
    gelu,
    leaky_relu,
    log_softmax,
    pad,
    rand,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from autograd.ops import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    linear,
    mse_loss,
    nll_loss,
    one_hot,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "gelu",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


def dropout(x: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Each element 0 with probability ``p``, else divided by ``1 - p``, so that the mean stays.

    The random numbers are those of ``autograd.manual_seed``. Without ``training``, ``x`` itself.
    Raises ValueError for ``p`` outside 0 to 1.

    >>> import autograd
    >>> dropout(autograd.ones(3), 0.5, training=False)
    tensor([1., 1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must lie in 0 to 1, got {p}")
    if not training or p == 0:
        return x
    kept = rand(*x.shape) >= p
    return x * kept / (1 - p if p < 1 else 1)


def layer_norm(
    x: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimensions.

    ``normalized_shape`` are the sizes of these dimensions, and the shape of ``weight`` and
    ``bias``. Raises ValueError where ``x`` does not end in them.

    >>> import autograd
    >>> layer_norm(autograd.tensor([[1.0, 3.0]]), 2)
    tensor([[-1.0000,  1.0000]])
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if x.shape[max(0, x.ndim - len(shape)) :] != shape:
        raise ValueError(f"layer_norm: x of shape {x.shape} does not end in {shape}")
    dims = tuple(np.arange(-len(shape), 0).tolist())
    centred = x - x.mean(dims, keepdim=True)
    y = centred / ((centred * centred).mean(dims, keepdim=True) + eps).sqrt()
    y = y if weight is None else y * weight
    return y if bias is None else y + bias
