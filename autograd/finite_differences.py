"""Compare derivatives with finite differences: ``gradcheck``, and twice: ``gradgradcheck``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .creation import randn
from .functional import grad, grads, tensors_of
from .tensors import Tensor


class GradcheckError(RuntimeError):
    """An analytical derivative that finite differences do not confirm."""


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Whether the VJPs behind ``func(*inputs)`` agree with central finite differences.

    ``inputs`` are a Tensor or a tuple; those that require grad are checked, element by element,
    and should be float64. The test is ``|analytical - numerical| <= atol + rtol * |numerical|``.

    Raises GradcheckError, which shows the first element that is off, unless
    ``raise_exception=False``; ValueError where nothing requires grad or a dtype is too coarse.

    >>> import autograd
    >>> x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    >>> gradcheck(lambda x: x.sin() * x, x)
    True
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires grad, so there is nothing to check")
    for x in checked:
        if x.dtype != np.float64:
            raise ValueError(
                f"gradcheck: an input is {x.dtype}, too coarse for finite differences of {eps}; "
                "use float64"
            )
    names = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    outputs = as_list(func(*inputs))
    for k, y in enumerate(outputs):
        analytical = [np.zeros((y.size, x.size)) for x in checked]
        if y.requires_grad:
            for row in range(y.size):
                v = np.zeros(y.size, y.dtype)
                v[row] = 1
                found = grads([y], checked, [Tensor(v.reshape(y.shape))], False)
                for a, g in zip(analytical, found):
                    a[row] = g.detach().data.ravel()
        for i, x, a in zip(names, checked, analytical):
            numerical = differences(func, inputs, x, k, eps)
            bad = ~(np.abs(a - numerical) <= atol + rtol * np.abs(numerical))
            if bad.any():
                if not raise_exception:
                    return False
                row, column = np.argwhere(bad)[0]
                at = tuple(map(int, np.unravel_index(row, y.shape)))
                by = tuple(map(int, np.unravel_index(column, x.shape)))
                raise GradcheckError(
                    f"gradcheck: d output[{k}]{list(at)} / d input[{i}]{list(by)} is "
                    f"{a[row, column]:.8g} by the VJP rules, but {numerical[row, column]:.8g} by "
                    f"finite differences ({int(bad.sum())} of {bad.size} elements differ).\n"
                    f"analytical:\n{a}\nnumerical:\n{numerical}"
                )
    return True


def gradgradcheck(
    func: Callable,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """``gradcheck`` of the gradient: whether second derivatives agree with finite differences.

    ``grad_outputs`` are the cotangents of the outputs, random unless given.

    >>> import autograd
    >>> x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x.sin() * x, x)
    True
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    outputs = as_list(func(*inputs))
    if grad_outputs is None:
        vs = [randn(*y.shape, dtype=y.dtype, requires_grad=True) for y in outputs]
    else:
        vs = [v.detach().requires_grad_() for v in as_list(grad_outputs)]

    def gradient(*xs_and_vs: Any) -> tuple:
        xs, vs = xs_and_vs[: len(inputs)], xs_and_vs[len(inputs) :]
        ys = as_list(func(*xs))
        found = grad(ys, [xs[i] for i in places], vs, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient, (*inputs, *vs), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception
    )


def differences(func: Callable, inputs: tuple, x: Tensor, k: int, eps: float) -> np.ndarray:
    """The Jacobian of output ``k`` by ``x``, column by column, by central differences."""
    flat = x.data.reshape(-1)
    if not np.shares_memory(flat, x.data) and flat.size:
        raise ValueError("gradcheck: an input is not contiguous; pass x.clone()")
    columns = []
    for i in range(x.size):
        kept = flat[i]
        flat[i] = kept + eps
        up = np.array(as_list(func(*inputs))[k].detach().data)
        flat[i] = kept - eps
        down = np.array(as_list(func(*inputs))[k].detach().data)
        flat[i] = kept
        columns.append((up - down).ravel() / (2 * eps))
    size = as_list(func(*inputs))[k].size
    return np.array(columns, float).reshape(x.size, size).T


def as_list(outputs: Any) -> list:
    return tensors_of("gradcheck: the function", outputs)
