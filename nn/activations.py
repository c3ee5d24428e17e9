"""Activations as modules."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor

from . import functional
from .module import Module, only_settings


class ReLU(Module):
    """``max(x, 0)``. ``inplace`` is accepted, and changes nothing.

    >>> ReLU()(autograd.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """

    def __init__(self, inplace: bool = False) -> None:
        only_settings(self, inplace)
        super().__init__()
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return autograd.relu(x)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``.

    >>> Sigmoid()(autograd.tensor(0.0))
    tensor(0.5000)
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> Tanh()(autograd.tensor(0.0))
    tensor(0.)
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.tanh(x)


class Softmax(Module):
    """``exp(x) / sum(exp(x))`` along ``dim``.

    >>> Softmax(dim=0)(autograd.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int = -1) -> None:
        only_settings(self, dim)
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return autograd.softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """``log(softmax(x))`` along ``dim``.

    >>> LogSoftmax(dim=0)(autograd.tensor([0.0, 0.0]))
    tensor([-0.6931, -0.6931])
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.log_softmax(x, self.dim)


class GELU(Module):
    """``x`` times the normal distribution function at ``x``; or torch's tanh approximation.

    >>> GELU()(autograd.tensor(1.0))
    tensor(0.8413)
    """

    def __init__(self, approximate: str = "none") -> None:
        only_settings(self, approximate)
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        return autograd.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(ReLU):
    """``x * sigmoid(x)``. ``inplace`` is accepted, and changes nothing.

    >>> SiLU()(autograd.tensor(1.0))
    tensor(0.7311)
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.silu(x)


class Softplus(Module):
    """``log(1 + exp(beta * x)) / beta``; ``x`` itself where ``beta * x`` exceeds ``threshold``.

    >>> Softplus()(autograd.tensor(0.0))
    tensor(0.6931)
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        only_settings(self, beta, threshold)
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, x: Tensor) -> Tensor:
        return autograd.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class LeakyReLU(Module):
    """``x`` where it is positive, else ``negative_slope * x``. ``inplace`` changes nothing.

    >>> LeakyReLU(0.1)(autograd.tensor([-1.0, 1.0]))
    tensor([-0.1000,  1.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        only_settings(self, negative_slope, inplace)
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return autograd.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + ", inplace=True" * self.inplace


class ELU(Module):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``. ``inplace`` changes nothing.

    >>> ELU()(autograd.tensor([-1.0, 1.0]))
    tensor([-0.6321,  1.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        only_settings(self, alpha, inplace)
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return functional.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + ", inplace=True" * self.inplace


class Hardtanh(Module):
    """``x`` held within ``min_val`` and ``max_val``. ``inplace`` changes nothing.

    >>> Hardtanh()(autograd.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        only_settings(self, min_val, max_val, inplace)
        super().__init__()
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val {min_val} must be below max_val {max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return functional.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + ", inplace=True" * self.inplace


class Identity(Module):
    """Its input, unchanged; arguments are accepted, and change nothing.

    >>> Identity()(autograd.tensor(3.0))
    tensor(3.)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        only_settings(self, *args, *kwargs.values())
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x
