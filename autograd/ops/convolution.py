"""Products and maxima over the windows of images: conv2d, max_pool2d.

An image has the shape ``(N, C, H, W)``: a batch of N, with C channels of H rows and W columns. A
window takes ``size`` rows and columns, ``dilation`` apart; the next one starts ``stride`` further.
"""

import math
from typing import Any, TypeAlias

import numpy as np

from ..operands import as_one_call, on
from ..primitives import Array, Operand, primitive, vjp_of
from ..tensors import Tensor
from .dims import check_shape, ndim_of, shape_of
from .indexing import At, _put
from .rearrange import _pad, pad
from .shape import reshape

Pair: TypeAlias = tuple[int, int]


@as_one_call
def windows(x: Array, size: Pair, stride: Pair, dilation: Pair) -> Array:
    """All windows of images, as a view of shape ``(*size, N, C, windows down, windows across)``."""
    n, c, *sides = x.shape
    reach = [d * (m - 1) + 1 for m, d in zip(size, dilation)]
    counts = [(k - r) // s + 1 for k, r, s in zip(sides, reach, stride)]
    if hasattr(x, "at"):  # JAX, whose arrays have no strides
        each = zip(dilation, size, stride, counts)
        at = [d * np.arange(m)[:, None] + s * np.arange(k) for d, m, s, k in each]
        taken = x[:, :, at[0][:, None, :, None], at[1][None, :, None, :]]
        return taken.transpose(2, 3, 0, 1, 4, 5)
    *outer, row, column = x.strides  # in bytes
    within = row * dilation[0], column * dilation[1]
    between = row * stride[0], column * stride[1]
    shape, strides = (*size, n, c, *counts), (*within, *outer, *between)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


@primitive
def _conv2d(x: Operand, weight: Operand, *, stride: Pair, dilation: Pair) -> Array:
    taken = windows(x, weight.shape[2:], stride, dilation)
    return np.swapaxes(np.tensordot(weight, taken, ((1, 2, 3), (3, 0, 1))), 0, 1)


# The VJPs of a convolution are convolutions: of g, spread out, with the weight turned round; and
# of x with g, where channels and batch change places, and stride and dilation too.


@vjp_of(_conv2d, "x")
def conv2d_dx(g, x_shape, weight, *, stride, dilation):
    reach = [d * (n - 1) for n, d in zip(weight.shape[2:], dilation)]
    g = spread_out(g, stride)[:, :, : x_shape[2] - reach[0], : x_shape[3] - reach[1]]
    around = (0, 0), (0, 0), (reach[0], reach[0]), (reach[1], reach[1])
    g = on(g, _pad)(g, widths=around, value=0.0)
    turned = np.swapaxes(np.flip(weight, (2, 3)), 0, 1)
    return on(g, _conv2d)(g, turned, stride=(1, 1), dilation=dilation)


@vjp_of(_conv2d, "weight")
def conv2d_dweight(g, x, weight_shape, *, stride, dilation):
    x, g = np.swapaxes(x, 0, 1), np.swapaxes(g, 0, 1)
    dweight = on(g, _conv2d)(x, g, stride=dilation, dilation=stride)
    return np.swapaxes(dweight, 0, 1)[:, :, : weight_shape[2], : weight_shape[3]]


def spread_out(g: Array, stride: Pair) -> Array:
    """Images with ``stride - 1`` zeros after each row and each column."""
    if stride == (1, 1):
        return g
    n, c, h, w = g.shape
    apart = g.reshape((n, c, h, 1, w, 1))
    widths = (*[(0, 0)] * 3, (0, stride[0] - 1), (0, 0), (0, stride[1] - 1))
    apart = on(g, _pad)(apart, widths=widths, value=0.0)
    return apart.reshape((n, c, h * stride[0], w * stride[1]))


def conv2d(
    input: Operand,
    weight: Operand,
    bias: Operand | None = None,
    stride: int | Pair = 1,
    padding: int | Pair | str = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Tensor:
    """The sum of ``weight`` times each window of ``input``, plus ``bias``.

    Shapes: input ``(N, C, H, W)`` or ``(C, H, W)``, weight ``(O, C, rows, columns)``, bias
    ``(O,)``, result ``(N, O, windows down, windows across)``. ``padding`` puts zeros around the
    images; it may be "same", for a result as large as the input with stride 1, or "valid", which
    is 0. ``groups`` is 1.
    VJP: ``dinput`` is the convolution of ``g``, with ``stride - 1`` zeros between its rows and
    columns and zeros around it, with the weight turned by 180 degrees; ``dweight`` that of
    ``input`` with ``g``; ``dbias`` the sum of ``g`` over all but its channels.
    Raises ValueError for shapes that do not fit.

    >>> import autograd
    >>> x = autograd.arange(9, dtype=autograd.float32).reshape(1, 1, 3, 3)
    >>> conv2d(x, autograd.ones(1, 1, 2, 2))
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """
    shape, weights = shape_of(input), shape_of(weight)
    only("conv2d", "groups", groups, 1)
    if len(weights) != 4 or len(shape) not in (3, 4) or shape[-3] != weights[1]:
        channels = weights[1] if len(weights) == 4 else "C"
        raise ValueError(
            f"conv2d: weight is {weights}, so input must be (N, {channels}, H, W) or "
            f"({channels}, H, W), and weight (O, {channels}, rows, columns); input is {shape}"
        )
    if 0 in (weights[0], *weights[2:]):
        raise ValueError(f"conv2d: weight is {weights}; it needs 1 kernel or more, of no size 0")
    check_shape("conv2d", "the bias", bias, weights[:1])
    stride, dilation = pair("conv2d", "stride", stride), pair("conv2d", "dilation", dilation)
    if isinstance(padding, str):
        around = named_padding("conv2d", padding, weights[2:], stride, dilation)
    else:
        down, across = pair("conv2d", "padding", padding, least=0)
        around = (across, across, down, down)
    x = padded("conv2d", input, around, 0.0, weights[2:], dilation)
    y = _conv2d(x, weight, stride=stride, dilation=dilation)
    y = y if bias is None else y + reshape(bias, -1, 1, 1)
    return y if len(shape) == 4 else y.squeeze(0)


@primitive
def _max_pool2d(x: Operand, *, size: Pair, stride: Pair, dilation: Pair, padding: Pair) -> Array:
    return windows(x, size, stride, dilation).max((0, 1))


@vjp_of(_max_pool2d, "x")
def max_pool2d_dx(g, x, *, size, stride, dilation, padding):
    places = on(x, _places)(x, size=size, stride=stride, dilation=dilation, padding=padding)
    flat = on(g, _put)(g.reshape(-1), places, index=At(0), shape=(math.prod(x.shape),))
    return flat.reshape(x.shape)


@primitive
def _places(x: Operand, *, size: Pair, stride: Pair, dilation: Pair, padding: Pair) -> Array:
    """Where in ``x``, counted through, each window has its maximum; the first one of equals.

    That is in the image and not in the padding around it, also where all is -inf.
    """
    taken = windows(x, size, stride, dilation)
    best = taken.reshape((size[0] * size[1], *taken.shape[2:])).argmax(0)
    n, c, down, across = np.ix_(*[np.arange(k) for k in best.shape])
    top, left = down * stride[0], across * stride[1]
    row = np.maximum(best // size[1], -((top - padding[0]) // dilation[0]))
    column = np.maximum(best % size[1], -((left - padding[1]) // dilation[1]))
    rows, columns = top + row * dilation[0], left + column * dilation[1]
    image = n * x.shape[1] + c
    return ((image * x.shape[2] + rows) * x.shape[3] + columns).reshape(-1)


def max_pool2d(
    input: Operand,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """The maximum of each window of ``input``; without ``stride`` the windows lie side by side.

    Shapes: input ``(N, C, H, W)`` or ``(C, H, W)``, result ``(N, C, windows down, windows
    across)``. ``ceil_mode`` and ``return_indices`` are False.
    VJP: ``g`` at the maximum of its window, the first of equals, as in torch; else 0. (Where
    several are NaN, it goes to the first one, too; torch takes the last.)
    Raises ValueError for sizes that do not fit.

    >>> import autograd
    >>> max_pool2d(autograd.arange(8, dtype=autograd.float32).reshape(1, 2, 4), 2)
    tensor([[[5., 7.]]])
    """
    shape = shape_of(input)
    only("max_pool2d", "ceil_mode", ceil_mode, False)
    only("max_pool2d", "return_indices", return_indices, False)
    size = pair("max_pool2d", "kernel_size", kernel_size)
    stride = size if stride is None else pair("max_pool2d", "stride", stride)
    dilation = pair("max_pool2d", "dilation", dilation)
    down, across = pair("max_pool2d", "padding", padding, least=0)
    if len(shape) not in (3, 4):
        raise ValueError(f"max_pool2d: input must be (N, C, H, W) or (C, H, W), and is {shape}")
    if down > size[0] / 2 or across > size[1] / 2:
        raise ValueError(f"max_pool2d: padding {padding} is more than half of windows of {size}")
    low = lowest(input.dtype)
    x = padded("max_pool2d", input, (across, across, down, down), low, size, dilation)
    y = _max_pool2d(x, size=size, stride=stride, dilation=dilation, padding=(down, across))
    return y if len(shape) == 4 else y.squeeze(0)


def lowest(dtype: np.dtype) -> float:
    """What no element of a dtype is below."""
    if dtype.kind == "f":
        return -math.inf
    return int(np.iinfo(dtype).min) if dtype.kind in "iu" else False


def pair(op: str, name: str, value: Any, least: int = 1) -> Pair:
    """A setting for rows and columns, given as one number for both or as two."""
    both = tuple(value) if isinstance(value, tuple | list) else (value,)
    both = both * 2 if len(both) == 1 else both
    if len(both) != 2 or not all(isinstance(n, int | np.integer) and n >= least for n in both):
        raise ValueError(f"{op}: {name} must be one or two integers of {least} or more: {value!r}")
    return int(both[0]), int(both[1])


def only(op: str, name: str, value: Any, known: Any) -> None:
    """Raise ValueError for a setting that may be given, but as one value only."""
    if value != known:
        raise ValueError(f"{op}: {name} can only be {known!r} here, got {value!r}")


def named_padding(
    op: str, padding: str, size: Any, stride: Pair, dilation: Pair
) -> tuple[int, ...]:
    """The widths for ``pad`` that "same" or "valid" stand for."""
    if padding not in ("same", "valid") or (padding == "same" and stride != (1, 1)):
        raise ValueError(
            f"{op}: padding is {padding!r} with stride {stride}; it may be numbers, 'valid', or "
            "'same' with stride 1"
        )
    reach = [d * (n - 1) * (padding == "same") for n, d in zip(size, dilation)]
    return tuple(n for total in reversed(reach) for n in (total // 2, total - total // 2))


def padded(op: str, x: Any, around: Any, value: float, size: Any, dilation: Pair) -> Tensor:
    """Images as ``(N, C, H, W)`` with ``value`` around them, in which a window has its place."""
    x = x if ndim_of(x) == 4 else reshape(x, 1, *shape_of(x))
    x = pad(x, around, value=value) if any(around) else x
    reach = [d * (n - 1) + 1 for n, d in zip(size, dilation)]
    if reach[0] > x.shape[2] or reach[1] > x.shape[3]:
        raise ValueError(
            f"{op}: a window takes {reach[0]} rows and {reach[1]} columns, but the images, with "
            f"padding, have {x.shape[2]} and {x.shape[3]}"
        )
    return x
