"""A cotangent has the shape and dtype of what it belongs to."""

from typing import Any

import numpy as np


def fit(dx: Any, x: Any, vjp: Any) -> Any:
    """A cotangent in the shape and dtype of what it belongs to: broadcasting is undone.

    An operand that was broadcast went into several places of the output, so its
    cotangent is the sum over them. Raises ValueError where that cannot have been: the rule
    ``vjp`` is wrong then.
    """
    if dx.shape != x.shape:
        extra = dx.ndim - len(x.shape)
        if extra < 0 or any(n not in (1, m) for n, m in zip(x.shape, dx.shape[extra:])):
            raise ValueError(
                f"the VJP rule {vjp.__name__} gave a cotangent of shape {dx.shape} for an operand "
                f"of shape {x.shape}. It must have the shape of the operand, or one that the "
                "operand broadcasts to"
            )
        stretched = [
            i + extra for i, n in enumerate(x.shape) if n == 1 and dx.shape[i + extra] != 1
        ]
        dx = dx.sum(axis=(*range(extra), *stretched)).reshape(x.shape)
    return dx if dx.dtype == x.dtype else dx.astype(x.dtype)


def as_cotangent(gradient: Any, of: Any, where: str) -> Any:
    """``gradient`` as an array that fits ``of``; ValueError where the shapes differ."""
    g = np.asarray(getattr(gradient, "_data", gradient), dtype=of.dtype)
    if g.shape != of.shape:
        raise ValueError(
            f"{where}: the cotangent has shape {g.shape}, but what it belongs to has {of.shape}; "
            "the two must be equal"
        )
    return g
