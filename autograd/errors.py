"""Errors that say what, where and what to do, made only when something has gone wrong."""

from typing import Any

import numpy as np


def explain_forward(
    op: Any, args: tuple, values: list, keywords: dict, error: Exception
) -> Exception:
    """The error of a forward rule again, with the op, its operands' shapes and a way out."""
    names = [getattr(x, "name", None) for x in args]
    shapes = " and ".join(
        f"{name} {np.shape(v)}" if name else f"{np.shape(v)}"
        for name, v in zip(names, values, strict=True)
    )
    settings = "".join(f", {name}={value}" for name, value in keywords.items())
    if isinstance(error, TypeError):
        kinds = " and ".join(str(getattr(v, "dtype", type(v).__name__)) for v in values)
        return TypeError(f"{op.name}: {error} [operands: {kinds}]")
    reason = WAYS_OUT.get(op.name, lambda *values: None)(*[np.shape(v) for v in values])
    if reason is None:
        reason = str(error)
        if "broadcast" in reason:
            reason = (
                "these do not broadcast: sizes are compared from the right and must be equal or "
                "1. Use unsqueeze or reshape to line them up"
            )
    return type(error)(f"{op.name}: shapes {shapes}{settings}: {reason}")


def matmul_way_out(a: tuple, b: tuple) -> str | None:
    if not a or not b:
        return "a number has no matrix product; write * for a number times a tensor"
    rows = b[-2] if len(b) > 1 else b[0]
    if a[-1] == rows:
        return None
    reason = f"the last size of the left ({a[-1]}) must equal the "
    reason += f"{'second last' if len(b) > 1 else 'only'} size of the right ({rows})"
    if len(b) == 2 and a[-1] == b[1]:
        reason += "; did you mean the right one transposed, .T?"
    return reason


def linear_way_out(x: tuple, weight: tuple, bias: tuple) -> str | None:
    if not x or len(weight) != 2 or x[-1] == weight[1]:
        return None if x and len(weight) == 2 else "x must be (..., in) and weight (out, in)"
    return (
        f"this layer takes {weight[1]} features, but the last size of x is {x[-1]}. "
        f"x must be (..., {weight[1]})"
    )


WAYS_OUT: dict[str, Any] = {"matmul": matmul_way_out, "linear": linear_way_out}
