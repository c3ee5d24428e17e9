"""Layers: Linear, Embedding, Dropout, Flatten."""

from __future__ import annotations

import math
from typing import Any

import autograd
from autograd import Tensor

from . import functional, init
from .module import Module, Parameter, only_settings


class Linear(Module):
    """A layer of ``out_features`` neurons: ``x @ weight.T + bias``.

    Shapes: x ``(..., in_features)``, weight ``(out_features, in_features)``, bias
    ``(out_features,)``. The parameters start as torch's do: uniform within
    ``1 / sqrt(in_features)`` of 0. They are float32, or of another ``dtype``; the ``device`` of
    this and all layers is the CPU.

    >>> layer = Linear(2, 3)
    >>> layer
    Linear(in_features=2, out_features=3, bias=True)
    >>> layer(autograd.ones(5, 2)).shape
    (5, 3)
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        only_settings(self, in_features, out_features, bias)
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        settings = {"device": device, "dtype": dtype}
        self.weight = Parameter(autograd.zeros(out_features, in_features, **settings))
        zeros = Parameter(autograd.zeros(out_features, **settings)) if bias else None
        self.register_parameter("bias", zeros)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Give the parameters new starting values."""
        start(self.weight, self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def start(weight: Tensor, bias: Tensor | None) -> None:
    """Give weight and bias torch's starting values: uniform within ``1 / sqrt(inputs)`` of 0."""
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        inputs, _ = init.fans(weight)
        bound = 1 / math.sqrt(inputs) if inputs else 0
        init.uniform_(bias, -bound, bound)


class Embedding(Module):
    """A vector of ``embedding_dim`` numbers for each whole number below ``num_embeddings``.

    Shapes: x ``(...)`` of integers, weight ``(num_embeddings, embedding_dim)``, result
    ``(..., embedding_dim)``. The weight starts standard normal. The vector of ``padding_idx``
    starts as zeros and gets no gradient. ``Embedding.from_pretrained`` makes one of a weight.

    >>> layer = Embedding(10, 3)
    >>> layer(autograd.tensor([[1, 2], [0, 9]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
        _weight: Tensor | None = None,
    ) -> None:
        only_settings(self, num_embeddings, embedding_dim, padding_idx)
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"Embedding: there is no vector {padding_idx} of {num_embeddings}")
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        if _weight is not None:
            self.weight = Parameter(_weight)
        else:
            shape = (num_embeddings, embedding_dim)
            self.weight = Parameter(autograd.zeros(shape, device=device, dtype=dtype))
            self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Embedding:
        """A layer with a copy of ``embeddings`` as its weight, not trained if it is to ``freeze``.

        >>> Embedding.from_pretrained(autograd.eye(3))(autograd.tensor(2))
        tensor([0., 0., 1.])
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"Embedding: embeddings must be (rows, columns), got {embeddings.shape}"
            )
        rows, columns = embeddings.shape
        layer = cls(rows, columns, padding_idx, _weight=embeddings)
        layer.weight.requires_grad = not freeze
        return layer

    def reset_parameters(self) -> None:
        """Give the weight new starting values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, x: Tensor) -> Tensor:
        return functional.embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Flatten(Module):
    """All dimensions from ``start_dim`` to ``end_dim`` as one.

    Raises IndexError for a dimension that the input does not have.

    >>> Flatten()(autograd.zeros(5, 2, 3)).shape
    (5, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        only_settings(self, start_dim, end_dim)
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Tensor) -> Tensor:
        shape = x.shape or (1,)
        for dim in (self.start_dim, self.end_dim):
            if not -len(shape) <= dim < len(shape):
                raise IndexError(f"Flatten: x of shape {x.shape} has no dimension {dim}")
        start, end = self.start_dim % len(shape), self.end_dim % len(shape)
        if start > end:
            raise ValueError(
                f"Flatten: start_dim {self.start_dim} comes after end_dim {self.end_dim} in x of "
                f"shape {x.shape}"
            )
        return x.reshape(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Dropout(Module):
    """In training each element 0 with probability ``p``, else divided by ``1 - p``.

    ``inplace`` is accepted, and changes nothing.

    >>> Dropout(0.5).eval()(autograd.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        only_settings(self, p, inplace)
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p must lie in 0 to 1, got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
