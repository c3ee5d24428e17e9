"""Losses as modules: called with the input and the target."""

from __future__ import annotations

from typing import Any

from autograd import Tensor

from . import functional
from .module import Module, only_settings


class Loss(Module):
    """A loss whose ``reduction`` is "mean", "sum", or "none" for one loss for each element."""

    reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean", *data: Any) -> None:
        only_settings(self, reduction, *data)
        super().__init__(*data)
        if reduction not in self.reductions:
            known = ", ".join(map(repr, self.reductions))
            raise ValueError(
                f"{type(self).__name__}: reduction must be one of {known}, got {reduction!r}"
            )
        self.reduction = reduction


class MSELoss(Loss):
    """``mean((input - target)**2)``.

    >>> import autograd
    >>> MSELoss()(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """``mean(abs(input - target))``.

    >>> import autograd
    >>> L1Loss()(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.l1_loss(input, target, reduction=self.reduction)


class HuberLoss(Loss):
    """``mean(e**2 / 2)`` where ``e = abs(input - target)`` is below ``delta``, else
    ``delta * (e - delta / 2)``.

    >>> import autograd
    >>> HuberLoss()(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(0.7500)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        only_settings(self, delta)
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class KLDivLoss(Loss):
    """``mean(target * (log(target) - input))`` for log-probabilities ``input``.

    ``reduction="batchmean"`` divides the sum by the size of the batch, as the formula of the
    Kullback-Leibler divergence has it; "mean" divides by the number of elements. With
    ``log_target`` the target holds log-probabilities too.

    >>> import autograd
    >>> p = autograd.tensor([[0.5, 0.5]])
    >>> KLDivLoss("batchmean")(autograd.tensor([[0.25, 0.75]]).log(), p)
    tensor(0.1438)
    """

    reductions = ("mean", "sum", "none", "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        only_settings(self, log_target)
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.kl_div(
            input, target, reduction=self.reduction, log_target=self.log_target
        )


class NLLLoss(Loss):
    """``-mean(input[i, target[i]])`` for log-probabilities.

    >>> import autograd
    >>> NLLLoss()(autograd.tensor([[-0.5, -1.0]]), autograd.tensor([0]))
    tensor(0.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.nll_loss(input, target, reduction=self.reduction)


class CrossEntropyLoss(Loss):
    """``-mean(log_softmax(input)[i, target[i]])`` for scores.

    >>> import autograd
    >>> CrossEntropyLoss()(autograd.tensor([[1.0, 1.0]]), autograd.tensor([0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(input, target, reduction=self.reduction)


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
