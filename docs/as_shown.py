"""How the reference shows docstrings and signatures: sessions fenced, ops giving Tensors."""

import re
from typing import Any

from griffe import Extension, Function

SESSION = re.compile(r"(?:^|\n\n)( *)(>>> .+(?:\n.+)*)")


class AsShown(Extension):
    def on_object(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = SESSION.sub(r"\n\n\1```pycon\n\1\2\n\1```\n", obj.docstring.value)

    def on_function(self, *, func: Function, **_: Any) -> None:
        if any(decorator.value == "primitive" for decorator in func.decorators):
            func.returns = "Tensor"  # what calling the op gives; its rule gives an array
