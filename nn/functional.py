"""Layers and losses as functions."""

from typing import Any

import autograd
from autograd import (
    Tensor,
    conv2d,
    gelu,
    leaky_relu,
    log_softmax,
    max_pool2d,
    no_grad,
    pad,
    rand,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
    where,
)
from autograd.ops import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    linear,
    mse_loss,
    nll_loss,
    one_hot,
)
from autograd.ops.dims import check_shape, spread
from autograd.ops.losses import check, reduced, weighed

__all__ = [
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "hardtanh",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(input, 0)``. ``inplace`` is accepted, and changes nothing, here and below.

    >>> relu(autograd.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """
    return autograd.relu(input)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` where it is positive, else ``alpha * (exp(input) - 1)``.

    >>> elu(autograd.tensor([-1.0, 1.0]))
    tensor([-0.6321,  1.0000])
    """
    low = input <= 0
    return where(low, alpha * where(low, input, 0.0).expm1(), input)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """``input`` held within ``min_val`` and ``max_val``, at which the gradient is 0.

    >>> hardtanh(autograd.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val {min_val} must not be above max_val {max_val}")
    limited = input.detach().clip(min_val, max_val).to(input.dtype)
    return where((input <= min_val) | (input >= max_val), limited, input)


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of ``weight`` that the integers ``input`` number; no gradient for ``padding_idx``.

    Shapes: input ``(...)``, weight ``(rows, columns)``, result ``(..., columns)``. Raises TypeError
    for an ``input`` that is not integer, IndexError for a row that is not there.

    >>> embedding(autograd.tensor([1, 1]), autograd.tensor([[1.0], [2.0]]))
    tensor([[2.],
            [2.]])
    """
    if weight.ndim != 2:
        raise ValueError(f"embedding: weight must be (rows, columns), got {weight.shape}")
    if padding_idx is not None and not -len(weight) <= padding_idx < len(weight):
        raise IndexError(f"embedding: padding_idx {padding_idx} is none of {len(weight)} rows")
    input = input if isinstance(input, Tensor) else autograd.tensor(input)
    rows = input._data
    if rows.dtype.kind not in "iu":
        raise TypeError(f"embedding: input numbers rows and must be integer, got {rows.dtype}")
    if rows.size and not (rows.min() >= 0 and rows.max() < len(weight)):
        raise IndexError(
            f"embedding: weight has {len(weight)} rows, so input must lie in 0 to "
            f"{len(weight) - 1}; got {rows.min()} to {rows.max()}"
        )
    y = weight[input]
    if padding_idx is None:
        return y
    return where((input == padding_idx % len(weight))[..., None], y.detach(), y)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element 0 with probability ``p``, else divided by ``1 - p``, so that the mean stays.

    The random numbers are those of ``autograd.manual_seed``. Without ``training`` it is the input
    itself. Raises ValueError for ``p`` outside 0 to 1.

    >>> dropout(autograd.ones(3), 0.5, training=False)
    tensor([1., 1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must lie in 0 to 1, got {p}")
    if not training or p == 0:
        return input
    kept = rand(*input.shape) >= p
    return input * kept / (1 - p if p < 1 else 1)


def layer_norm(
    input: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """``(input - mean) / sqrt(var + eps) * weight + bias`` over the last dimensions.

    ``normalized_shape`` are the sizes of these dimensions, and the shape of ``weight`` and
    ``bias``. Raises ValueError where ``input`` does not end in them.

    >>> layer_norm(autograd.tensor([[1.0, 3.0]]), 2)
    tensor([[-1.0000,  1.0000]])
    """
    shape = spread(normalized_shape, name="layer_norm")
    if input.shape[max(0, input.ndim - len(shape)) :] != shape:
        raise ValueError(f"layer_norm: input of shape {input.shape} does not end in {shape}")
    check_shape("layer_norm", "weight", weight, shape)
    check_shape("layer_norm", "bias", bias, shape)
    dims = tuple(range(-len(shape), 0))
    wide = widened(input)
    centred = wide - wide.mean(dims, keepdim=True)
    y = centred / ((centred * centred).mean(dims, keepdim=True) + eps).sqrt()
    return scaled(y, weight, bias, like=input)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """``(input - mean) / sqrt(var + eps) * weight + bias`` for each feature.

    Features are the second dimension. In ``training`` mean and variance are those of the batch,
    and ``running_mean`` and ``running_var`` (which has the unbiased variance) come nearer to them
    by ``momentum``; else they are the running ones, which an empty batch leaves as they are.
    Raises ValueError in training for one value of a feature, and for what has no number for each
    feature.

    >>> batch_norm(autograd.tensor([[1.0], [3.0]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    if input.ndim < 2:
        raise ValueError(f"batch_norm: input must be (N, features, ...), got {input.shape}")
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight}
    for what, y in {**given, "bias": bias}.items():
        check_shape("batch_norm", what, y, input.shape[1:2])
    dims = (0, *range(2, input.ndim))
    feature = (-1, *[1] * (input.ndim - 2))
    wide = widened(input)
    count = input.numel() // max(input.shape[1], 1)
    if training and not count:
        centred, var = wide, autograd.ones(input.shape[1], dtype=wide.dtype)
    elif training:
        if count < 2:
            raise ValueError(
                f"batch_norm: one value of a feature has no variance: input is {input.shape}"
            )
        mean = wide.mean(dims)
        centred = wide - mean.reshape(*feature)
        var = (centred * centred).mean(dims)
        with no_grad():
            for running, new in ((running_mean, mean), (running_var, var * (count / (count - 1)))):
                if running is not None:
                    running.copy_((1 - momentum) * running + momentum * new)
    elif running_mean is None or running_var is None:
        raise ValueError("batch_norm: without training it needs running_mean and running_var")
    else:
        centred, var = wide - running_mean.reshape(*feature), running_var
    y = centred / (var.reshape(*feature) + eps).sqrt()
    weight = None if weight is None else weight.reshape(*feature)
    return scaled(y, weight, None if bias is None else bias.reshape(*feature), like=input)


def widened(x: Tensor) -> Tensor:
    """float16 as float32, in which the squares of a mean and a variance do not overflow."""
    return x.float() if x.dtype == autograd.float16 else x


def scaled(y: Tensor, weight: Any, bias: Any, like: Tensor) -> Tensor:
    """``y * weight + bias``, float16 again where the input ``like`` was."""
    y = y if weight is None else y * weight
    y = y if bias is None else y + bias
    return y.to(autograd.float16) if like.dtype == autograd.float16 else y


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Any = None,
) -> Tensor:
    """``e**2 / 2`` where ``e = abs(input - target)`` is below ``delta``, else
    ``delta * (e - delta / 2)``; their mean, or as ``reduction`` has it. ``weight`` multiplies the
    loss of each element.

    >>> huber_loss(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 4.0]))
    tensor(0.7500)
    """
    check("huber_loss", input, target)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be above 0, got {delta}")
    e = input - target
    near = where(e >= delta, delta, where(e <= -delta, -delta, e))  # NaN is near, and goes on
    return weighed("huber_loss", near * (e - near / 2), weight, reduction)


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """``target * (log(target) - input)`` for log-probabilities ``input``, 0 where the target is 0.

    ``reduction`` is "mean", "sum", "none", or "batchmean": the sum divided by the size of the
    batch. With ``log_target`` the target holds log-probabilities. Errors as for ``mse_loss``.

    >>> p = autograd.tensor([[0.5, 0.5]])
    >>> kl_div(autograd.tensor([[0.25, 0.75]]).log(), p, reduction="batchmean")
    tensor(0.1438)
    """
    check("kl_div", input, target)
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = target * where(target == 0, 1.0, target).log() - target * input
    if reduction == "batchmean":
        return losses.sum() / len(losses) if losses.ndim else losses
    return reduced("kl_div", losses, reduction)
