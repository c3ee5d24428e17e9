"""Starting values of parameters, written in place; the names and formulas are torch's."""

import math
from typing import Any

import numpy as np

from autograd import Tensor, generator, no_grad


def filled(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        return tensor.copy_(np.asarray(values).astype(tensor.dtype))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Uniform between ``a`` and ``b``.

    >>> import autograd
    >>> bool((uniform_(autograd.zeros(100), 2, 3) >= 2).all())
    True
    """
    return filled(tensor, generator().uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Normal with ``mean`` and standard deviation ``std``.

    >>> import autograd
    >>> normal_(autograd.zeros(2, 3)).shape
    (2, 3)
    """
    return filled(tensor, generator().normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, value: float) -> Tensor:
    """Every element ``value``.

    >>> import autograd
    >>> constant_(autograd.zeros(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return filled(tensor, np.full(tensor.shape, value))


def zeros_(tensor: Tensor) -> Tensor:
    """Every element 0.

    >>> import autograd
    >>> zeros_(autograd.ones(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Every element 1.

    >>> import autograd
    >>> ones_(autograd.zeros(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1)


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs a neuron of this weight has, and how many neurons take an input.

    A weight ``(out, in, *window)`` of a convolution has ``in`` times the size of its window.
    """
    if tensor.ndim < 2:
        raise ValueError(f"init: needs a weight of shape (out, in, ...), got shape {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Uniform within ``gain * sqrt(6 / (in + out))`` of 0.

    >>> import autograd
    >>> bool((xavier_uniform_(autograd.zeros(3, 3)).abs() <= 1).all())
    True
    """
    bound = gain * math.sqrt(6 / max(sum(fans(tensor)), 1))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Normal with standard deviation ``gain * sqrt(2 / (in + out))``.

    >>> import autograd
    >>> xavier_normal_(autograd.zeros(3, 2)).shape
    (3, 2)
    """
    return normal_(tensor, 0, gain * math.sqrt(2 / max(sum(fans(tensor)), 1)))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much an activation shrinks the spread of its input; ``param`` is a leaky ReLU's slope.

    Raises ValueError for an activation that is not known.

    >>> calculate_gain("tanh"), round(calculate_gain("leaky_relu", 0.2), 4)
    (1.6666666666666667, 1.3868)
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        known = ", ".join([*GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: knows {known}, got {nonlinearity!r}")
    return GAINS[nonlinearity]


GAINS = {
    "linear": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75,
}  # fmt: skip


def kaiming_uniform_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Uniform within ``gain * sqrt(3 / fan)`` of 0: see ``kaiming_normal_``.

    >>> import autograd
    >>> bool((kaiming_uniform_(autograd.zeros(3, 6)).abs() <= 1).all())
    True
    """
    bound = math.sqrt(3) * kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Normal with standard deviation ``gain / sqrt(fan)``.

    The gain is that of ``nonlinearity``, a leaky ReLU of slope ``a`` or another; the fan is the
    number of inputs of a neuron, or with ``mode="fan_out"`` of neurons that take an input.

    >>> import autograd
    >>> kaiming_normal_(autograd.zeros(3, 2), nonlinearity="relu").shape
    (3, 2)
    """
    return normal_(tensor, 0, kaiming_std(tensor, a, mode, nonlinearity))


def kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"init: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))
