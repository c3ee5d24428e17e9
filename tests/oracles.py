"""The two oracles: torch, and central finite differences in float64.

Tests take torch from here (``from .oracles import torch``), so that the others run without it.
"""

from typing import Any

import numpy as np
import pytest

import autograd


class NoTorch:
    """Stands for torch, and all that is in it, where it is not installed.

    A test that calls anything of it, or makes a class of it, is skipped.
    """

    class Tensor:
        """No value is one, nor of a dtype of torch's."""

    class dtype:
        pass

    def __init__(self, *class_of_it: Any) -> None:
        if class_of_it:
            self()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        pytest.skip("needs torch", allow_module_level=True)


try:
    import torch
except ModuleNotFoundError:
    torch: Any = NoTorch()


def ours(function, arrays, v):
    """The result of ``function`` on ``arrays`` as Tensors, and its VJPs for ``v(shape)``."""
    xs = [autograd.tensor(a, requires_grad=True) for a in arrays]
    y = function(*xs)
    y.backward(v(y.shape))
    return y, [x.grad for x in xs]


def torchs(function, arrays, v):
    """The same by torch; a gradient that torch leaves out is zero."""
    xs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = function(*xs)
    y.backward(torch.tensor(v(tuple(y.shape)), dtype=y.dtype))
    return y, [torch.zeros_like(x) if x.grad is None else x.grad for x in xs]


def differences(function, arrays, v, step=1e-6):
    """``d <v, function(x)> / dx`` by central differences, element by element."""

    def value():
        y = function(*[autograd.tensor(a) for a in arrays]).data
        return float((y * v(y.shape)).sum())

    grads = []
    for a in arrays:
        grad = np.zeros_like(a)
        for i in np.ndindex(a.shape):
            kept = a[i]
            a[i] = kept + step
            up = value()
            a[i] = kept - step
            grad[i] = (up - value()) / (2 * step)
            a[i] = kept
        grads.append(grad)
    return grads


def cotangent(shape):
    """A fixed vector with no zeros and no symmetry."""
    return np.cos(np.arange(int(np.prod(shape, dtype=int))) + 0.3).reshape(shape) + 1.5


def second(lib, function, arrays, v):
    """Derivatives of ``sum(VJP**2)`` by the operands and by the cotangent; None is zero."""
    xs = [lib.tensor(a, requires_grad=True) for a in arrays]
    y = function(*xs)
    cot = lib.tensor(v(tuple(y.shape)), requires_grad=True)
    grad = lib.grad if lib is autograd else torch.autograd.grad
    firsts = grad(y, xs, cot, create_graph=True, allow_unused=True)
    total = sum((g * g).sum() for g in firsts if g is not None)
    if not getattr(total, "requires_grad", False):
        return [np.zeros(x.shape) for x in [*xs, cot]]
    seconds = grad(total, [*xs, cot], allow_unused=True)
    pairs = zip(seconds, [*xs, cot])
    force = {} if lib is autograd else {"force": True}
    return [np.zeros(x.shape) if g is None else g.detach().numpy(**force) for g, x in pairs]
