"""Where guests listen: pictures, debuggers and programs are told what the engine does.

Each list holds functions, and is empty unless a guest listens. The engine calls them and knows
nothing else of its guests.
"""

from collections.abc import Callable
from typing import Any

everything = 0  # how many record_source() blocks are open: every op gets a Node then
asked: list[Callable[[Any, str], None]] = []  # (tensor, how): Python asks for its numbers
changed: list[Callable[[Any, str], None]] = []  # (tensor, how): it is changed in place
created: list[Callable[[Any], None]] = []  # (tensor): it was made of data, not by an op
computed: list[Callable[[Any, tuple, list, Any], None]] = []  # (op, operands, arrays, result)
recorded: list[Callable[[Any], None]] = []  # (node): an op was recorded
walking: list[Callable[[list], None]] = []  # (order): backward is about to visit these Nodes
contributed: list[Callable[[Any, Any, Any, Any], None]] = []  # (node, g, dx, total): a rule ran
hooked: list[Callable[[Any, Any, Any], None]] = []  # (node or leaf, before, after): hooks ran
accumulated: list[Callable[[Any], None]] = []  # (leaf): its grad has been added to


def tell(listeners: list, *what: Any) -> None:
    """Call each listener with what happened."""
    for listener in listeners:
        listener(*what)
