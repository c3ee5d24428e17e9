"""The texts in a picture."""

import re
from collections.abc import Iterable
from typing import Any

import graphviz
import numpy as np

from autograd import Node, Tensor, get_default_dtype
from autograd.keeping import Absent
from autograd.ops.indexing import At
from autograd.printing import short

SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "matmul": "@", "neg": "-",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
PLACE = "·"  # where an operand goes in the text of an op
LINE = 24  # characters of numbers on one line
LONG = 16  # characters of an op's name on one line


def tensor_lines(
    x: Any, name: str | None, grad: Any, values: bool, shapes: bool, tall: bool
) -> list[str]:
    """The lines of a tensor's box; those of a number are one row, as micrograd draws it.

    In a ``tall`` box the shape stands below the name.
    """
    values = values and not isinstance(array_of(x), Absent)
    shown = [("data", x)] * values + [("grad", grad)] * (grad is not None)
    head = [name] if name else []
    if np.ndim(x) == 0 and shown:
        return [" | ".join([*head, *(f"{what} {number(array_of(y))}" for what, y in shown)])]
    if shapes:
        dtype = "" if x.dtype == get_default_dtype() else f" {x.dtype}"
        head.append(f"{x.shape}{dtype}")
    lines = head if tall else [" ".join(head)] * bool(head)
    for what, y in shown:
        first, *rest = numbers(array_of(y))
        lines += [f"{what} {first}", *rest]
    return lines


def nameless(x: Any) -> str | None:
    """What a constant without a name is called: by its number, if it has only one."""
    data = array_of(x)
    if data.ndim == 0:
        return constant_text(data.item())
    return f"all {constant_text(data.flat[0])}" if data.size and data.min() == data.max() else None


def array_of(x: Any) -> Any:
    data = x._data if isinstance(x, Tensor) else x
    return data if isinstance(data, Absent) else np.asarray(data)


def op_text(node: Node, numbers: bool, signs: bool) -> str:
    """An op: its name or sign, and the ``numbers`` among its operands where they belong.

    ``relu``, ``· ** 2``, ``[:, 0]``, ``where(·, ·, 0)``.
    """
    sign = SIGNS.get(node.name) if signs else None
    if node.name == "getitem":
        return f"[{index_text(node.keywords['index'])}]"
    operands = [constant_text(x) if is_number(x) else PLACE for x in node.args]
    if not numbers or all(text == PLACE for text in operands):
        return sign or node.name
    if sign and len(operands) == 2:
        return f"{operands[0]} {sign} {operands[1]}"
    return f"{node.name}({', '.join(operands)})"


def op_lines(text: str) -> list[str]:
    """A long name in two lines, so that its node is no wider than others."""
    if len(text) <= LONG or "_" not in text:
        return [text]
    middle = min((abs(i - len(text) / 2), i) for i, c in enumerate(text) if c == "_")[1] + 1
    return [text[:middle], text[middle:]]


def index_text(x: Any) -> str:
    """What stands between the brackets of an index: ``:, 0``."""
    if isinstance(x, At):
        return PLACE
    if isinstance(x, tuple):
        return ", ".join(map(index_text, x)) or "()"
    if isinstance(x, slice):
        parts = ["" if part is None else str(part) for part in (x.start, x.stop, x.step)]
        return ":".join(parts if parts[2] else parts[:2])
    return "..." if x is ... else str(x)


def is_number(x: Any) -> bool:
    return isinstance(x, bool | int | float | np.generic)


def constant_text(x: Any) -> str:
    return f"{x:.4g}" if isinstance(x, float | np.floating) else str(x)


def saved_lines(node: Node) -> list[str]:
    """The settings of an op, and for each value its VJP rules need the operands they serve."""
    served: dict[str, list[str]] = {}
    for operand, parent, saves in zip(node.op.operands, node.parents, node.op.saves):
        for needed, position in zip(saves.names, saves.positions):
            if parent is not None and node.freed:
                return ["saved values are freed"]
            if parent is not None:
                shape = np.shape(node.values[position])
                what = f"{needed} = {shape}" if needed.endswith("_shape") else f"{needed} {shape}"
                served.setdefault(what, []).append(f"d{operand}")
    settings = [f"{key} = {value}" for key, value in node.keywords.items()]
    return settings + [f"saved {what} for {', '.join(to)}" for what, to in served.items()]


def folded_lines(title: str, ops: int, parameters: int) -> list[str]:
    """A module that is folded into one node."""
    inside = f"{ops} op{'s' * (ops != 1)}"
    if parameters:
        inside += f", {parameters:,} parameter{'s' * (parameters != 1)}"
    return [title, inside]


def number(data: np.ndarray) -> str:
    """A number with four decimals, where these tell something."""
    value = data.item()
    fixed = value == 0 or 1e-3 <= abs(value) < 1e6
    return f"{value:.4f}" if fixed and isinstance(value, float) else f"{value:.4g}"


def numbers(data: np.ndarray) -> list[str]:
    """All values of a small array on one line or two, the range of a large one.

    >>> numbers(np.array([[1.0, 2.5], [3.0, np.nan]])), numbers(np.array([0.5] * 40 + [np.nan]))
    (['[[1, 2.5], [3, nan]]'], ['all 0.5, 1 nan'])
    """
    text = written(data.tolist()) if data.size <= LINE else ""
    if not data.size or len(text) > 2 * LINE:
        text = ""
    if 0 < len(text) <= LINE:
        return [text]
    for between in ("], [", ", "):
        cuts = [i + between.index(" ") for i in range(len(text)) if text.startswith(between, i)]
        cuts = [i for i in cuts if i <= LINE and len(text) - i <= LINE + 1]
        if cuts:
            middle = min(cuts, key=lambda i: abs(i - len(text) / 2))
            return [text[:middle], text[middle + 1 :]]
    return [span(data)]


def written(values: Any) -> str:
    """Numbers in nested lists with four digits each."""
    if isinstance(values, list):
        return f"[{', '.join(map(written, values))}]"
    return constant_text(values)


def span(data: np.ndarray) -> str:
    """From the least to the largest number; those that are not finite are counted."""
    if not data.size:
        return "empty"
    if data.dtype == bool:
        return f"{np.count_nonzero(data)} of {data.size} true"
    finite = data[np.isfinite(data)]
    parts = []
    if finite.size:
        low, high = constant_text(finite.min()), constant_text(finite.max())
        parts.append(f"all {low}" if low == high else f"{low} to {high}")
    for what, found in (("nan", np.isnan(data)), ("inf", np.isinf(data))):
        if found.any():
            parts.append(f"{np.count_nonzero(found)} {what}")
    return ", ".join(parts)


def escaped(lines: Iterable[str], record: bool = False) -> str:
    """Lines as a label that DOT takes for text: not for HTML, nor for the fields of a record."""
    texts = [short(line, 60).replace("&", "&amp;").replace("\\", "\\\\") for line in lines]
    if record:
        texts = [re.sub(r"([{}|<>])", r"\\\1", text) for text in texts]
    return graphviz.nohtml(r"\n".join(texts))
