"""Errors that say what, where and what to do, made only when something has gone wrong."""

from typing import Any

import numpy as np


def shape_of(x: Any) -> str:
    """``w1 (2, 32)``: an operand's shape, behind its name if it has one."""
    name = getattr(x, "name", None)
    return f"{name} {np.shape(x)}" if name else str(np.shape(x))


def explain_forward(
    op: Any, args: tuple, values: list, keywords: dict, error: Exception
) -> Exception:
    """The error of a forward rule again, with the op, its operands' shapes and a way out."""
    shapes = " and ".join(
        f"{getattr(x, 'name', None) or ''}{np.shape(v)}" for x, v in zip(args, values, strict=True)
    )
    settings = "".join(f", {name}={value}" for name, value in keywords.items())
    if isinstance(error, TypeError):
        kinds = " and ".join(str(getattr(v, "dtype", type(v).__name__)) for v in values)
        return TypeError(f"{op.name}: {error} [operands: {kinds}]")
    return type(error)(f"{op.name}: shapes {shapes}{settings}: {error}{hint(op.name, values)}")


def hint(name: str, values: list) -> str:
    """A way out of a shape mismatch, where one can be told."""
    if name == "matmul":
        a, b = values
        if np.ndim(a) == 0 or np.ndim(b) == 0:
            return ". For a number times a tensor write *"
        inner = f". The last size of the left ({np.shape(a)[-1]}) must equal the "
        inner += f"{'second last' if np.ndim(b) > 1 else 'only'} size of the right"
        inner += f" ({np.shape(b)[-2] if np.ndim(b) > 1 else np.shape(b)[0]})"
        if np.ndim(b) == 2 and np.shape(a)[-1] == np.shape(b)[-1]:
            inner += "; did you mean the right one transposed, b.T?"
        return inner
    if len(values) == 2 and "broadcast" in name + "".join(["broadcast"]):
        return (
            ". Sizes are compared from the right and must be equal or 1: "
            "unsqueeze or reshape one of the two"
        )
    return ""
