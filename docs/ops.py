"""Write docs/ops.md, the table of all ops, from the code: ``python docs/ops.py``."""

import inspect
import re
from pathlib import Path

import torch

from autograd import numpy_protocols, ops

HEAD = """# All ops

Each op of `autograd`, by the file in `autograd/ops/` where its rules stand; `python docs/ops.py`
writes this page from the code. `g` is the incoming cotangent, `y` the output, `dx` what the operand
`x` gets; without a formula stands what the op does. The NumPy function works on Tensors and means
what NumPy means by it; most ops are methods, too.
"""


def families() -> dict[str, dict[str, list[str]]]:
    """For each file the ops in it, and for each op its names."""
    found: dict = {}
    for name in ops.__all__:
        function = getattr(ops, name)
        module = function.__module__.rpartition(".")[2]
        names = found.setdefault(module, {}).setdefault(function.__name__.strip("_"), [])
        names.append(name)
    return found


def vjp(function) -> str:
    """What the docstring says of the VJP, or else of what the function does."""
    text = " ".join(inspect.getdoc(function).split(">>>")[0].split())
    what = f"*{text.split('. ')[0].rstrip('.')}*"
    said = re.search(r"VJPs?\b[^:]*: (.+?)(?:\. [A-Z(]|\.?$)", text)
    return (said[1] if said else what).replace("``", "`").replace("|", "\\|")


def in_torch(names: list[str]) -> list[str]:
    places = [("torch", torch), ("F", torch.nn.functional), ("linalg", torch.linalg)]
    found = []
    for name in names:
        where = [place for place, owner in places if hasattr(owner, name)]
        found += [f"`{where[0]}.{name}`"] if where else []
    return found


def in_numpy(names: list[str]) -> list[str]:
    """The NumPy functions that lead to an op, by what they lead to or by their name."""
    known = {**numpy_protocols.UFUNCS, **numpy_protocols.FUNCTIONS}
    wanted = [getattr(ops, name) for name in names]
    found = set()
    for function, op in known.items():
        inner = (getattr(function, "__module__", None) or "numpy").removeprefix("numpy").strip(".")
        name = f"{inner}.{function.__name__}" if inner == "linalg" else function.__name__
        if op in wanted or function.__name__ in names:
            found.add(f"`np.{name}`")
    return sorted(found)


def page() -> str:
    parts = [HEAD]
    for family, members in families().items():
        title = inspect.getdoc(getattr(ops, family)).split("\n")[0].rstrip(".")
        parts.append(
            f"\n## {family}\n\n{title}.\n\n| ours | torch | NumPy | VJP |\n|---|---|---|---|\n"
        )
        for names in members.values():
            cells = [", ".join(f"`{n}`" for n in names), ", ".join(in_torch(names)),
                     ", ".join(in_numpy(names)), vjp(getattr(ops, names[0]))]  # fmt: skip
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "ops.md").write_text(page(), encoding="utf-8")
