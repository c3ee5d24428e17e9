"""What a rule asks for, which it says by the names of its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

Rule = Callable[..., Any]


def parameters(rule: Rule) -> tuple[list[str], str | None, list[str]]:
    """The names of positional parameters, which of them is ``*rest``, and the keyword-only ones."""
    code = inspect.unwrap(rule).__code__  # some ten times as quick as inspect.signature
    end = code.co_argcount + code.co_kwonlyargcount
    positional = list(code.co_varnames[: code.co_argcount])
    keywords = list(code.co_varnames[code.co_argcount : end])
    rest = code.co_varnames[end] if code.co_flags & inspect.CO_VARARGS else None
    return (positional if rest is None else [*positional, rest]), rest, keywords


class Saves:
    """What one VJP rule needs saved: ``pick`` takes it out of ``(y, *operands)``."""

    __slots__ = ("names", "pick", "positions")

    def __init__(self, names: Sequence[str], operands: Sequence[str], rest: str | None) -> None:
        places = [["y", *operands].index(name.removesuffix("_shape")) for name in names]
        self.names = tuple(names)
        self.positions = tuple(
            slice(i, None) if name == rest else i for name, i in zip(names, places)
        )
        self.pick = picker(self.names, self.positions)

    def asked(self, count: int) -> Iterator[int]:
        """The positions, of so many, whose values are needed and not just their shapes."""
        for name, i in zip(self.names, self.positions):
            if not name.endswith("_shape"):
                yield from range(count)[i] if isinstance(i, slice) else [i]


def picker(names: Sequence[str], positions: Sequence) -> Callable[[Any], Sequence]:
    """A function that picks the values at ``positions``, or their shapes."""
    picks = [(i, name.endswith("_shape")) for i, name in zip(positions, names)]
    if len(picks) == 1 and picks[0][1]:
        (i,) = positions
        return lambda values: (getattr(values[i], "shape", ()),)
    if any(shape or isinstance(i, slice) for i, shape in picks):
        return lambda values: [
            getattr(values[i], "shape", ()) if shape else values[i] for i, shape in picks
        ]
    if len(picks) > 1:
        return itemgetter(*positions)
    return itemgetter(slice(positions[0], positions[0] + 1) if picks else slice(0))


class EachPosition:
    """The rules of an op with any number of operands: one VJP rule, told the position."""

    def __init__(self, vjp: Rule) -> None:
        self.vjp = vjp

    def __iter__(self) -> Iterator[tuple[Rule, Callable]]:
        return ((self.vjp, lambda values, i=i: (i,)) for i in count())
