"""Changes in place: whose memory changed, when, and which VJPs that spoils."""

import itertools
from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

# One clock for recorded ops and in-place changes: which of two came first.
clock = itertools.count(1)
last_change = 0


class Memory:
    """A piece of memory that changed in place or that several Tensors share: when, and by what."""

    changed = 0  # the time of the last in-place change
    rewritten = 0  # the time of the last one that was recorded: views taken before are stale
    recorded = 0  # the same, only of those recorded for backward
    changed_by = ""
    readers: Any = ()  # the Nodes that took a leaf from it, inside record_source()


def note_change(memories: Iterable[Memory], by: str) -> None:
    """Note that ``by`` changed memory in place, so that VJPs that need old values can tell."""
    global last_change
    last_change = next(clock)
    for memory in memories:
        memory.changed = last_change
        memory.changed_by = by


def note_reader(node: Any, origins: list) -> None:
    """Note with the memory of each leaf among the origins of a Node that it took what is there."""
    for x in origins:
        if hasattr(x, "_memory") and not x._requires_grad:
            x.memory.readers = x.memory.readers or WeakSet()
            x.memory.readers.add(node)


def check_usable(order: list) -> None:
    """Raise RuntimeError where the VJPs of some node cannot run: values freed, or changed."""
    for node in order:
        if node.freed and node.op.asked(node.parents):
            raise RuntimeError(
                f"backward a second time through {node.name}: the values that its VJP needs were "
                "freed by the first. Pass retain_graph=True to the first, or compute anew. "
                "Of what goes on to the next step, as a running total, take item() or detach()"
            )
    if order and order[-1].time < last_change:  # the oldest is last
        for node in order:
            check_unchanged(node)


def check_unchanged(node: Any) -> None:
    """Raise RuntimeError where something that a node's VJPs need has changed since."""
    own: Memory | None = node.memory
    for parent, saves in zip(node.parents, node.op.saves, strict=False):
        if parent is not None:
            for name, position in zip(saves.names, saves.positions, strict=True):
                for x in (
                    (None, *node.args)[position]
                    if name == node.op.rest
                    else ((None, *node.args)[position],)
                ):
                    memory: Memory | None = getattr(x, "_memory", None) if position else own
                    if memory and memory.changed > node.time and not name.endswith("_shape"):
                        what = f"its operand {described(name, x)}" if position else "its output"
                        raise RuntimeError(
                            f"{node.name}: its VJP needs {what}, but {memory.changed_by} changed "
                            "it in place after the op was recorded. Use the out-of-place op, or "
                            "clone() first"
                        )


def described(operand: str, x: Any) -> str:
    """How an error names an operand: its own name if it has one."""
    name = getattr(x, "name", None)
    return f"{operand} ({name!r})" if name else operand
