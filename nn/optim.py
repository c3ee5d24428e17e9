"""Optimizers: rules that update parameters by their gradients, as torch's do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.memory import note_change

from . import lr_scheduler  # noqa: F401  (nn.optim.lr_scheduler, as in torch)
from .module import Module, zero_grad


class Optimizer:
    """What all optimizers share: the parameters, ``zero_grad()``, and ``step()``.

    A subclass defines ``change(p, g, state)``: what to take from one parameter for its
    gradient; all ndarrays, with a dict for what is to be remembered of that parameter.
    ``weight_decay * p`` has been added to that gradient already.
    Raises TypeError and ValueError for parameters and settings that cannot be meant.
    """

    weight_decay: float = 0.0

    def __init__(self, params: Iterable[Tensor], **settings: float) -> None:
        name = type(self).__name__
        if isinstance(params, Tensor | Module):
            raise TypeError(f"{name}: give a list of Tensors, such as model.parameters()")
        self.params = list(params)
        if not self.params:
            raise ValueError(
                f"{name}: got no parameters. A generator can be used only once; and a Module does "
                "not see layers in a plain list: use nn.Sequential or nn.ModuleList"
            )
        for p in self.params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: optimizes Tensors, got {type(p).__name__}")
            if not p.is_leaf or not p.requires_grad:
                raise ValueError(f"{name}: can only optimize leaves that require grad, not {p}")
        for setting, value in settings.items():
            if not value >= 0:
                raise ValueError(f"{name}: {setting} must be 0 or more, got {value}")
        self.state: list[dict[str, Any]] = [{} for _ in self.params]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        zero_grad(self.params, set_to_none)

    def step(self) -> None:
        """Update each parameter that has a gradient."""
        for parameter, state in zip(self.params, self.state):
            if parameter._grad is not None:
                p, g = parameter._array(), parameter._grad._data
                if self.weight_decay:
                    g = g + self.weight_decay * p
                p -= self.change(p, g, state)
        note_change([p.memory for p in self.params], type(self).__name__)

    def change(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> np.ndarray:
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: ``p -= lr * g``, with momentum and weight decay if asked for.

    With ``momentum``: ``v = momentum * v + (1 - dampening) * g`` and ``p -= lr * v``, where
    ``v`` starts as ``g``; with ``nesterov``: ``p -= lr * (g + momentum * v)``.
    ``weight_decay`` adds ``weight_decay * p`` to ``g``.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening")
        self.lr = lr
        self.momentum = momentum
        self.dampening = dampening
        self.weight_decay = weight_decay
        self.nesterov = nesterov

    def change(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> np.ndarray:
        if self.momentum:
            if "velocity" in state:
                v = state["velocity"]
                v *= self.momentum
                v += (1 - self.dampening) * g
            else:
                v = state["velocity"] = g.copy()
            g = g + self.momentum * v if self.nesterov else v
        return self.lr * g


class Adam(Optimizer):
    """Adam: each step scaled by running means of the gradient and of its square.

    ``m = b1 * m + (1 - b1) * g``, ``v = b2 * v + (1 - b2) * g**2``,
    ``p -= lr * m_hat / (sqrt(v_hat) + eps)`` with ``m_hat = m / (1 - b1**t)`` and ``v_hat``
    likewise, ``t`` counting steps. ``weight_decay`` adds ``weight_decay * p`` to ``g``.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, eps=eps, weight_decay=weight_decay)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"Adam: betas must be 0 or more and below 1, got {betas}")
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def change(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> np.ndarray:
        if not state:
            state.update(t=0, m=np.zeros_like(g), v=np.zeros_like(g))
        b1, b2 = self.betas
        state["t"] += 1
        m, v = state["m"], state["v"]
        m += (1 - b1) * (g - m)
        v *= b2
        v += (1 - b2) * (g * g)
        root = np.sqrt(v) / (1 - b2 ** state["t"]) ** 0.5 + self.eps
        return self.lr / (1 - b1 ** state["t"]) * (m / root)


class AdamW(Adam):
    """Adam with decoupled weight decay: ``p -= lr * weight_decay * p`` beside Adam's step.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        if not weight_decay >= 0:
            raise ValueError(f"AdamW: weight_decay must be 0 or more, got {weight_decay}")
        self.decay = weight_decay

    def change(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> np.ndarray:
        return self.lr * self.decay * p + super().change(p, g, state)


class RMSprop(Optimizer):
    """Each step divided by the root of a running mean of the squared gradient.

    ``v = alpha * v + (1 - alpha) * g**2``, ``p -= lr * g / (sqrt(v) + eps)``; with
    ``momentum`` the quotient goes into ``b = momentum * b + ...`` and ``p -= lr * b``.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum
        )
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.weight_decay = weight_decay
        self.momentum = momentum

    def change(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> np.ndarray:
        if not state:
            state.update(v=np.zeros_like(g), b=np.zeros_like(g))
        v, b = state["v"], state["b"]
        v *= self.alpha
        v += (1 - self.alpha) * (g * g)
        quotient = g / (np.sqrt(v) + self.eps)
        if not self.momentum:
            return self.lr * quotient
        b *= self.momentum
        b += quotient
        return self.lr * b
