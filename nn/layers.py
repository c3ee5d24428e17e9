"""Layers: Linear, activations, Dropout, LayerNorm, Sequential."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
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


class Softmax(Module):
    """``exp(x) / sum(exp(x))`` along ``dim``.

    >>> Softmax(dim=0)(autograd.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int = -1) -> None:
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
    """``x`` times the normal distribution function at ``x``.

    >>> GELU()(autograd.tensor(1.0))
    tensor(0.8413)
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.gelu(x)


class SiLU(Module):
    """``x * sigmoid(x)``.

    >>> SiLU()(autograd.tensor(1.0))
    tensor(0.7311)
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.silu(x)


class Softplus(Module):
    """``log(1 + exp(x))``.

    >>> Softplus()(autograd.tensor(0.0))
    tensor(0.6931)
    """

    def forward(self, x: Tensor) -> Tensor:
        return autograd.softplus(x)


class LeakyReLU(Module):
    """``x`` where it is positive, else ``negative_slope * x``.

    >>> LeakyReLU(0.1)(autograd.tensor([-1.0, 1.0]))
    tensor([-0.1000,  1.0000])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return autograd.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class Flatten(Module):
    """All dimensions from ``start_dim`` to ``end_dim`` as one.

    >>> Flatten()(autograd.zeros(5, 2, 3)).shape
    (5, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Tensor) -> Tensor:
        start, end = self.start_dim % x.ndim, self.end_dim % x.ndim
        one = math.prod(x.shape[start : end + 1])
        return x.reshape(*x.shape[:start], one, *x.shape[end + 1 :])

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Dropout(Module):
    """In training each element 0 with probability ``p``, else divided by ``1 - p``.

    >>> Dropout(0.5).eval()(autograd.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p must lie in 0 to 1, got {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class LayerNorm(Module):
    """Mean 0 and variance 1 over the last dimensions, then ``* weight + bias``.

    ``normalized_shape`` are the sizes of these dimensions.

    >>> LayerNorm(2)(autograd.tensor([[1.0, 3.0]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(self, normalized_shape: Any, eps: float = 1e-5) -> None:
        super().__init__()
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)
        self.eps = eps
        self.weight = Parameter(autograd.ones(self.normalized_shape))
        self.bias = Parameter(autograd.zeros(self.normalized_shape))

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine=True"


class Identity(Module):
    """Its input, unchanged.

    >>> Identity()(autograd.tensor(3.0))
    tensor(3.)
    """

    def forward(self, x: Tensor) -> Tensor:
        return x


class ModuleList(Module):
    """A list of modules, whose parameters are found; what is done with them is yours to say.

    Raises TypeError for an item that is no Module.

    >>> layers = ModuleList([Linear(2, 3), Linear(3, 1)])
    >>> len(layers), layers[1], len(list(layers.parameters()))
    (2, Linear(in_features=3, out_features=1, bias=True), 4)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> ModuleList:
        """Put a module at the end; return the list."""
        if not isinstance(module, Module):
            name, kind = type(self).__name__, type(module).__name__
            raise TypeError(f"{name}: item {len(self)} is a {kind}, not a Module")
        setattr(self, str(len(self)), module)
        return self

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, index: int | slice) -> Any:
        modules = list(self)[index]
        return type(self)(modules) if isinstance(modules, list) else modules


class Sequential(ModuleList):
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
        super().__init__(modules)

    def forward(self, x: Any) -> Tensor:
        for name, module in vars(self).items():
            if isinstance(module, Module):
                try:
                    x = module(x)
                except Exception as error:
                    error.add_note(f"(in layer {name} of a Sequential: {module!r})")
                    raise
        return x

    def __getitem__(self, index: int | slice) -> Any:
        modules = list(self)[index]
        return Sequential(*modules) if isinstance(modules, list) else modules
