"""Losses as modules: called with the input and the target."""

from autograd import Tensor

from . import functional
from .module import Module


class MSELoss(Module):
    """``mean((input - target)**2)``.

    >>> import autograd
    >>> MSELoss()(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(input, target, self.reduction)


class L1Loss(Module):
    """``mean(abs(input - target))``.

    >>> import autograd
    >>> L1Loss()(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.l1_loss(input, target, self.reduction)


class NLLLoss(Module):
    """``-mean(input[i, target[i]])`` for log-probabilities.

    >>> import autograd
    >>> NLLLoss()(autograd.tensor([[-0.5, -1.0]]), autograd.tensor([0]))
    tensor(0.5000)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.nll_loss(input, target, self.reduction)


class CrossEntropyLoss(Module):
    """``-mean(log_softmax(input)[i, target[i]])`` for scores.

    >>> import autograd
    >>> CrossEntropyLoss()(autograd.tensor([[1.0, 1.0]]), autograd.tensor([0]))
    tensor(0.6931)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(input, target, self.reduction)


class BCELoss(Module):
    """Binary cross entropy of probabilities.

    >>> import autograd
    >>> BCELoss()(autograd.tensor([0.5]), autograd.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy(input, target)


class BCEWithLogitsLoss(Module):
    """Binary cross entropy of ``sigmoid(input)``.

    >>> import autograd
    >>> BCEWithLogitsLoss()(autograd.tensor([0.0]), autograd.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(input, target)
