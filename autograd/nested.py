"""What is inside tuples, lists and dicts, however deep."""

from collections.abc import Callable
from typing import Any


def mapped(function: Callable, x: Any) -> Any:
    """``function`` of all that is in tuples, lists and dicts, and of ``x`` if it is none.

    >>> mapped(abs, {"a": (-1, [-2]), "b": -3})
    {'a': (1, [2]), 'b': 3}
    """
    if isinstance(x, tuple | list):
        items = [mapped(function, item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, dict):
        return {key: mapped(function, item) for key, item in x.items()}
    return function(x)


def leaves_of(x: Any) -> list[Any]:
    """All that is in tuples, lists and dicts, or ``x`` if it is none.

    >>> leaves_of({"a": (-1, [-2]), "b": -3})
    [-1, -2, -3]
    """
    found: list[Any] = []
    mapped(found.append, x)
    return found
