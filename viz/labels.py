"""The texts in a picture."""

from collections.abc import Iterable
from typing import Any

import graphviz
import numpy as np

from autograd import Node, Tensor
from autograd.keeping import Absent
from autograd.printing import short

SYMBOLS = {"add": "+", "sub": "-", "neg": "-", "mul": "*", "div": "/", "pow": "**"}


def tensor_label(
    x: Tensor, name: str | None, op: str | None, values: bool, grads: bool, shapes: bool
) -> str:
    """The lines of a tensor's box; those of a number are one row, as micrograd draws it.

    ``op`` is the name of the op it comes from, where that has no node of its own.
    """
    head = " = ".join(clean(part) for part in (name, op) if part)
    parts = [head] if head else []
    row = x.ndim == 0 and (values or grads)
    if shapes and not row:
        parts.append(f"{x.shape} {x.dtype}")
    if values and not isinstance(x.data, Absent):
        parts.append(f"data {number(x) if row else numbers(x.data)}")
    grad = x.grad if grads and (x.is_leaf or x.retains_grad) else None
    if grad is not None:
        parts.append(f"grad {number(grad) if row else numbers(grad.data)}")
    return graphviz.nohtml(" | ".join(parts)) if row else lines(parts)


def op_label(node: Node, saved: bool, symbol: bool) -> str:
    """The name of an op, and its settings and what it has ``saved`` for its VJP rules."""
    name = SYMBOLS.get(node.name, node.name) if symbol else node.name
    return lines([clean(name), *(saved_values(node) if saved else [])])


def saved_values(node: Node) -> list[str]:
    """For each value that VJP rules need: its name, shape and the operands they serve."""
    served: dict[str, list[str]] = {}
    for operand, parent, saves in zip(node.op.operands, node.parents, node.op.saves):
        for needed, position in zip(saves.names, saves.positions):
            if parent is not None and node.freed:
                return ["saved values are freed"]
            if parent is not None:
                shape = np.shape(node.values[position])
                what = f"{needed} = {shape}" if needed.endswith("_shape") else f"{needed} {shape}"
                served.setdefault(what, []).append(f"d{operand}")
    settings = [f"{key} = {clean(value)}" for key, value in node.keywords.items()]
    return settings + [f"saved {what} for {', '.join(to)}" for what, to in served.items()]


def constant_label(x: Any) -> str:
    """A constant operand: the number, or the shape of an array."""
    return numbers(np.asarray(x)) if np.ndim(x) == 0 else f"{np.shape(x)}"


def folded_label(title: str, ops: int, parameters: int) -> str:
    """A module that is folded into one node."""
    inside = f"{ops} op{'s' * (ops != 1)}"
    if parameters:
        inside += f", {parameters:,} parameter{'s' * (parameters != 1)}"
    return lines([clean(title), inside])


def box_title(title: str, upright: bool) -> str:
    """The title of a box; in an upright picture half of its line, as edges come in from above."""
    return lines([clean(title) + "\u00a0" * (2 * len(short(title)) if upright else 0)])


def number(x: Tensor) -> str:
    """A number with four decimals, where these tell something."""
    value = x.item()
    fixed = value == 0 or 1e-3 <= abs(value) < 1e6
    return f"{value:.4f}" if fixed and isinstance(value, float) else f"{value:.4g}"


def numbers(data: np.ndarray) -> str:
    """All of a small array's values, the range of a large one's."""
    if data.size == 0:
        return "empty"
    if data.size > 16:
        return f"{data.min():.4g} to {data.max():.4g}"
    rows = np.array2string(
        data, separator=", ", formatter={"all": lambda v: f"{v:.4g}"}, max_line_width=40
    )
    return rows.replace("\n", r"\n")


def lines(parts: Iterable[str]) -> str:
    """A label of several lines, none of which DOT takes for HTML."""
    return graphviz.nohtml(r"\n".join(parts))


def clean(name: Any) -> str:
    """A name as DOT can take it."""
    return short(name).replace("&", "&amp;").replace("\\", "\\\\")
