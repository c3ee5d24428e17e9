"""How the reference shows docstrings and signatures: examples as sessions, ops as giving Tensors."""

import re
from typing import Any

from griffe import Extension, Function

SESSION = re.compile(r"(?:^|\n\n)( *)(>>> (?:.+\n?)+)")


class AsShown(Extension):
    def on_object(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)

    def on_function(self, *, func: Function, **_: Any) -> None:
        if any(decorator.value == "primitive" for decorator in func.decorators):
            func.returns = "Tensor"  # what calling the op gives; its rule gives an array


def fenced(text: str) -> str:
    """Sessions in a docstring as fenced code."""
    return SESSION.sub(
        lambda found: f"\n\n{found[1]}```pycon\n{found[1]}{found[2].rstrip()}\n{found[1]}```\n",
        text,
    )
