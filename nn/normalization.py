"""Layers that give their input mean 0 and variance 1: LayerNorm, BatchNorm1d, BatchNorm2d."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor, no_grad
from autograd.ops.dims import spread

from . import functional
from .module import Module, Parameter, only_settings


def restart(one: Tensor | None, *zeros: Tensor | None) -> None:
    """Fill the first with 1 and the others with 0, those that there are."""
    with no_grad():
        for x, value in [(one, 1), *[(x, 0) for x in zeros]]:
            if x is not None:
                x.fill_(value)


class LayerNorm(Module):
    """Mean 0 and variance 1 over the last dimensions, then ``* weight + bias``.

    ``normalized_shape`` are the sizes of these dimensions. Without ``elementwise_affine`` there
    are no weight and bias, without ``bias`` no bias.

    >>> LayerNorm(2)(autograd.tensor([[1.0, 3.0]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        only_settings(self, normalized_shape, eps, elementwise_affine, bias)
        super().__init__()
        self.normalized_shape = shape = spread(normalized_shape, name="LayerNorm")
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        kind = {"device": device, "dtype": dtype}
        ones = Parameter(autograd.ones(shape, **kind)) if elementwise_affine else None
        self.register_parameter("weight", ones)
        bias = elementwise_affine and bias
        zeros = Parameter(autograd.zeros(shape, **kind)) if bias else None
        self.register_parameter("bias", zeros)

    def reset_parameters(self) -> None:
        """Start anew: weight 1, bias 0."""
        restart(self.weight, self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class BatchNorm1d(Module):
    """Mean 0 and variance 1 of each feature over the batch, then ``* weight + bias``.

    Shapes: x ``(N, num_features)`` or ``(N, num_features, L)``. In training the mean and the
    variance are those of the batch, and go into the buffers ``running_mean`` and ``running_var``:
    ``running = (1 - momentum) * running + momentum * batch``, or the mean of all batches if
    ``momentum`` is None. In evaluation these are used; without ``track_running_stats`` there are
    none, and the batch's are used. An empty batch leaves them as they are. Raises ValueError for
    other shapes, and in training for one value of a feature.

    >>> layer = BatchNorm1d(1)
    >>> layer(autograd.tensor([[1.0], [3.0]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    >>> layer.running_mean
    tensor([0.2000])
    """

    ndims: tuple[int, ...] = (2, 3)  # of the input
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        only_settings(self, num_features, eps, momentum, affine, track_running_stats)
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = tracked = track_running_stats
        zeros = autograd.zeros(num_features, device=device, dtype=dtype)
        ones = autograd.ones_like(zeros)
        self.register_parameter("weight", Parameter(ones) if affine else None)
        self.register_parameter("bias", Parameter(zeros) if affine else None)
        self.register_buffer("running_mean", zeros if tracked else None)
        self.register_buffer("running_var", ones if tracked else None)
        self.register_buffer("num_batches_tracked", autograd.tensor(0) if tracked else None)

    def reset_running_stats(self) -> None:
        """Start anew: running mean 0, running variance 1, no batches."""
        restart(self.running_var, self.running_mean, self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Start anew: weight 1, bias 0, and the running values."""
        self.reset_running_stats()
        restart(self.weight, self.bias)

    def forward(self, x: Tensor) -> Tensor:
        name = type(self).__name__
        if x.ndim not in self.ndims or x.shape[1] != self.num_features:
            raise ValueError(
                f"{name}: x must have {' or '.join(map(str, self.ndims))} dimensions, the second "
                f"of size {self.num_features}, and has shape {x.shape}"
            )
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
            if momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        return functional.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training or self.running_mean is None,
            momentum=momentum or 0.0,
            eps=self.eps,
        )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm2d(BatchNorm1d):
    """``BatchNorm1d`` for images: the features are the channels of x ``(N, num_features, H, W)``.

    >>> BatchNorm2d(3)(autograd.zeros(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    ndims = (4,)
