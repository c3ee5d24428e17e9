"""Where guests listen: pictures, debuggers and programs are told of what happens in here.

Each list holds functions, and is empty unless a guest listens.
"""

from collections.abc import Callable
from typing import Any

everything = 0  # how many record_source() blocks are open: every op gets a Node then
asked: list[Callable[[Any, str], None]] = []  # (tensor, how): Python asks for its numbers
changed: list[Callable[[Any, str], None]] = []  # (tensor, how): it is changed in place
created: list[Callable[[Any], None]] = []  # (tensor): it was made of data, not by an op


def tell(listeners: list, *what: Any) -> None:
    """Call each listener with what happened."""
    for listener in listeners:
        listener(*what)
