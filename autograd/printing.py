"""How arrays and names are printed: in the manner of torch, and short."""

from typing import Any

import numpy as np

LARGE = 1000  # of an array with more elements only the first and last are shown
EDGE = 3  # so many on each side


def printed(data: np.ndarray, indent: int) -> str:
    """An array as torch prints one: four decimals, or none where all are whole."""
    shown = data
    if data.size > LARGE:
        edges = [np.arange(n) if n <= 2 * EDGE else np.arange(-EDGE, EDGE) for n in data.shape]
        shown = data[np.ix_(*edges)]
    finite = shown[np.isfinite(shown)]
    whole = data.dtype.kind == "f" and bool((finite == np.trunc(finite)).all())
    return np.array2string(
        data,
        separator=", ",
        prefix=" " * indent,
        precision=4,
        floatmode="maxprec" if whole else "fixed",
        threshold=LARGE,
        edgeitems=EDGE,
    )


def one_line(data: Any) -> str:
    """An array without line breaks."""
    return " ".join(printed(np.asarray(data), 0).split()).replace("[ ", "[")


def short(name: Any, most: int = 40) -> str:
    """A name on one line and of a length that one can read."""
    line = "".join(c if c.isprintable() else " " for c in str(name))
    return line if len(line) <= most else line[: most - 1] + "…"


SMALL = 6  # up to so many numbers and operands are shown of a Node


def node_text(node: Any) -> str:
    """One line about a Node, for a variables pane: ``<MulBackward () = 6. of a, b>``.

    It has the values of a small output, the operands if any has a name, and the user's
    line if that was recorded.
    """
    if not hasattr(node, "shape"):  # seen in a debugger that is inside __init__
        return "<Node being made>"
    text = f"{node.title} {node.shape}"
    if 0 < node.values[0].size <= SMALL:
        text += f" = {one_line(node.values[0])}"
    if any(x.name for x in node.inputs):
        operands = [operand_text(x) for x in node.args[:SMALL]]
        text += f" of {', '.join(operands)}{', ...' if len(node.args) > SMALL else ''}"
    if node.where:
        text += f" recorded at {node.where}"
    return f"<{text}>"


def operand_text(x: Any) -> str:
    """An operand in the text of a Node: its name, or its shape; a number as it is."""
    if getattr(x, "name", None):
        return short(x.name)
    return str(x) if isinstance(x, int | float) else str(getattr(x, "shape", "[...]"))
