"""Layers for images: Conv2d, MaxPool2d."""

from __future__ import annotations

from typing import Any, TypeAlias

import autograd
from autograd import Tensor

from . import functional
from .layers import start
from .module import Module, Parameter, only_settings

Pair: TypeAlias = int | tuple[int, int]  # one number for rows and columns, or two


class Conv2d(Module):
    """``out_channels`` neurons that each look at all windows of an image, with the same weights.

    Shapes: x ``(N, in_channels, H, W)``, weight ``(out_channels, in_channels, *kernel_size)``,
    bias ``(out_channels,)``, result ``(N, out_channels, windows down, windows across)``; an
    image may come without N. ``stride`` lies between windows, ``padding`` zeros are put around
    the image ("same" and "valid" are words for it), ``dilation`` lies between the pixels of a
    window. The parameters start as torch's do.

    >>> layer = Conv2d(1, 8, kernel_size=3, padding=1)
    >>> layer
    Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    >>> layer(autograd.zeros(5, 1, 28, 28)).shape
    (5, 8, 28, 28)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        *,
        bias: bool = True,
    ) -> None:
        only_settings(self, in_channels, out_channels, kernel_size, stride, padding, dilation)
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = both(kernel_size)
        self.stride = both(stride)
        self.padding = padding if isinstance(padding, str) else both(padding)
        self.dilation = both(dilation)
        self.weight = Parameter(autograd.zeros(out_channels, in_channels, *self.kernel_size))
        self.bias = Parameter(autograd.zeros(out_channels)) if bias else None
        start(self.weight, self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation
        )

    def extra_repr(self) -> str:
        settings = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": None if self.padding == (0, 0) else self.padding,
            "dilation": None if self.dilation == (1, 1) else self.dilation,
            "bias": None if self.bias is not None else False,
        }
        shown = [f", {name}={value}" for name, value in settings.items() if value is not None]
        return f"{self.in_channels}, {self.out_channels}{''.join(shown)}"


class MaxPool2d(Module):
    """The maximum of each window of an image; without ``stride`` the windows lie side by side.

    Shapes: x ``(N, C, H, W)`` or ``(C, H, W)``, result ``(N, C, windows down, windows across)``.

    >>> MaxPool2d(2)(autograd.zeros(5, 8, 28, 28)).shape
    (5, 8, 14, 14)
    """

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1
    ) -> None:
        only_settings(self, kernel_size, stride, padding, dilation)
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation

    def forward(self, x: Tensor) -> Tensor:
        return functional.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode=False"
        )


def both(value: Any) -> tuple[int, int]:
    """A setting for rows and for columns."""
    return (value, value) if isinstance(value, int) else tuple(value)
