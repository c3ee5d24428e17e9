"""Layers and losses as functions."""

from autograd import relu, sigmoid, tanh
from autograd.ops import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    linear,
    mse_loss,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "linear",
    "mse_loss",
    "relu",
    "sigmoid",
    "tanh",
]
