"""Layers: Linear, the activations, Sequential."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import autograd
from autograd import Tensor

from . import functional, init
from .module import Module, Parameter


class Linear(Module):
    """A layer of ``out_features`` neurons: ``x @ weight.T + bias``.

    Shapes: x ``(..., in_features)``, weight ``(out_features, in_features)``, bias
    ``(out_features,)``. The parameters start as torch's do: uniform within
    ``1 / sqrt(in_features)`` of 0.

    >>> layer = Linear(2, 3)
    >>> layer
    Linear(in_features=2, out_features=3, bias=True)
    >>> layer(autograd.ones(5, 2)).shape
    (5, 3)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(autograd.zeros(out_features, in_features))
        self.bias = Parameter(autograd.zeros(out_features)) if bias else None
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(in_features) if in_features else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class ReLU(Module):
    """``max(x, 0)``.

    >>> ReLU()(autograd.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.relu(x)


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


class Identity(Module):
    """Its input, unchanged.

    >>> Identity()(autograd.tensor(3.0))
    tensor(3.)
    """

    def forward(self, x: Tensor) -> Tensor:
        return x


class Sequential(Module):
    """Modules applied one after the other.

    >>> model = Sequential(Linear(2, 32), ReLU(), Linear(32, 1), Sigmoid())
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=32, bias=True)
      (1): ReLU()
      (2): Linear(in_features=32, out_features=1, bias=True)
      (3): Sigmoid()
    )
    >>> model[-1], len(model), len(model[:2])
    (Sigmoid(), 4, 2)
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__()
        for i, module in enumerate(modules):
            if not isinstance(module, Module):
                raise TypeError(f"Sequential: item {i} is a {type(module).__name__}, not a Module")
            setattr(self, str(i), module)

    def forward(self, x: Any) -> Any:
        for module in vars(self).values():
            if isinstance(module, Module):
                x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, index: int | slice) -> Any:
        modules = list(self)[index]
        return Sequential(*modules) if isinstance(modules, list) else modules
