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


class Weighted(Loss):
    """A loss whose ``weight`` is a buffer; other settings go to the function that computes it."""

    def __init__(
        self, weight: Tensor | None = None, *data: Any, reduction: str = "mean", **settings: Any
    ) -> None:
        if isinstance(weight, str):
            raise TypeError(f"{type(self).__name__}: write reduction={weight!r}")
        super().__init__(reduction, *data)
        self.register_buffer("weight", weight)
        self.settings = settings

    def given(self) -> dict[str, Any]:
        """The settings and weights that there are."""
        weights = {name: x for name, x in self._own_buffers()}
        return {**self.settings, **weights, "reduction": self.reduction}


class NLLLoss(Weighted):
    """``-mean(input[i, target[i]])`` for log-probabilities.

    ``weight`` has a number for each class, which is what a loss of that class counts. Targets
    that are ``ignore_index`` do not count.

    >>> import autograd
    >>> NLLLoss()(autograd.tensor([[-0.5, -1.0]]), autograd.tensor([0]))
    tensor(0.5000)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *data: Any,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, *data, reduction=reduction, ignore_index=ignore_index)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.nll_loss(input, target, **self.given())


class CrossEntropyLoss(Weighted):
    """``-mean(log_softmax(input)[i, target[i]])`` for scores.

    ``weight`` and ``ignore_index`` as for ``NLLLoss``. ``label_smoothing`` is the part of the
    probability that the target gives to all classes alike.

    >>> import autograd
    >>> CrossEntropyLoss()(autograd.tensor([[1.0, 1.0]]), autograd.tensor([0]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *data: Any,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        settings = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
        super().__init__(weight, *data, reduction=reduction, **settings)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(input, target, **self.given())


class BCELoss(Weighted):
    """Binary cross entropy of probabilities; ``weight`` is what each element counts.

    >>> import autograd
    >>> BCELoss()(autograd.tensor([0.5]), autograd.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy(input, target, **self.given())


class BCEWithLogitsLoss(Weighted):
    """Binary cross entropy of ``sigmoid(input)``.

    ``weight`` is what each element counts, ``pos_weight`` what an element of class 1 does.

    >>> import autograd
    >>> BCEWithLogitsLoss()(autograd.tensor([0.0]), autograd.tensor([1.0]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *data: Any,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, *data, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(input, target, **self.given())
