"""Layers for images: Conv2d, MaxPool2d."""

from __future__ import annotations

from typing import Any, TypeAlias

import autograd
from autograd import Tensor
from autograd.ops.convolution import named_padding, only, pair

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
    window; ``groups`` is 1 and ``padding_mode`` "zeros". The parameters start as torch's do.
    Raises ValueError for settings that cannot be.

    >>> layer = Conv2d(1, 8, kernel_size=3, padding=1)
    >>> layer
    Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    >>> layer(autograd.zeros(5, 1, 28, 28)).shape
    (5, 8, 28, 28)
    """

    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        only_settings(self, in_channels, out_channels, kernel_size, stride, padding, dilation)
        super().__init__()
        only("Conv2d", "groups", groups, 1)
        only("Conv2d", "padding_mode", padding_mode, "zeros")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair("Conv2d", "kernel_size", kernel_size)
        self.stride = pair("Conv2d", "stride", stride)
        self.dilation = pair("Conv2d", "dilation", dilation)
        if isinstance(padding, str):
            named_padding("Conv2d", padding, self.kernel_size, self.stride, self.dilation)
            self.padding: Any = padding
        else:
            self.padding = pair("Conv2d", "padding", padding, least=0)
        settings = {"device": device, "dtype": dtype}
        shape = (out_channels, in_channels, *self.kernel_size)
        self.weight = Parameter(autograd.zeros(shape, **settings))
        zeros = Parameter(autograd.zeros(out_channels, **settings)) if bias else None
        self.register_parameter("bias", zeros)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Give the parameters new starting values."""
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
    ``return_indices`` and ``ceil_mode`` are False. Raises ValueError for settings that cannot be.

    >>> MaxPool2d(2)(autograd.zeros(5, 8, 28, 28)).shape
    (5, 8, 14, 14)
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        dilation: Pair = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        only_settings(self, kernel_size, stride, padding, dilation)
        super().__init__()
        only("MaxPool2d", "return_indices", return_indices, False)
        only("MaxPool2d", "ceil_mode", ceil_mode, False)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        for name, least in {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}.items():
            pair("MaxPool2d", name, getattr(self, name), least)

    def forward(self, x: Tensor) -> Tensor:
        return functional.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode=False"
        )
