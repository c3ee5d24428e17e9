"""An op as a table: its forward rule, its VJP rules, and what these ask for.

A rule says what it needs by the names of its parameters.
"""

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


TORCHS = {"x": "input", "a": "input", "b": "other"}  # what torch calls such operands
ALONG = {"axis", "counts", "shifts", "terms"}  # settings of ops that go along dimensions


class Op:
    """A differentiable operation: its name, forward rule and VJP rules."""

    def __init__(self, forward: Rule) -> None:
        self.name = forward.__name__.strip("_")
        self.forward = forward
        self.operands, self.rest, self.keywords = parameters(forward)
        if "y" in self.operands:
            raise TypeError(f"{self.name}: y is what VJP rules call the output; rename the operand")
        self.elementwise = False  # whether it broadcasts two operands, and warns if both stretch
        # For each operand its VJP rule, and a function that picks what that needs.
        self.rules: Any = [(None, None)] * len(self.operands)
        self.saves = [self.saves_for([])] * len(self.operands)
        self.gives_views = False  # whether its result may share the memory of its operand
        self.written_by: Any = None  # how a change of such a view is written: see views.py
        self.goes_along = not ALONG.isdisjoint(self.keywords) and "descending" not in self.keywords
        self.copies = self.keywords == ["dtype"]  # whether it gives a copy in a dtype
        self.complete = False  # until every operand has its VJP rule

    def saves_for(self, names: list[str]) -> Saves:
        """Describe what a VJP rule with these parameters makes its Node keep."""
        known = ["y", *self.operands]
        unknown = [name for name in names if name.removesuffix("_shape") not in known]
        if unknown:
            raise TypeError(
                f"a VJP rule of {self.name} asks for {', '.join(unknown)}; after g it may ask for "
                f"{', '.join(known)}, their shapes ({known[-1]}_shape) and the keywords"
            )
        return Saves(names, self.operands, self.rest)

    def in_places(self, args: Sequence, keywords: dict[str, Any]) -> tuple[tuple, dict]:
        """Operands and settings of a call that gives operands by their names, ours or torch's."""
        found, rest = list(args), dict(keywords)
        for operand in self.operands[len(args) :]:
            name = next((n for n in (operand, TORCHS.get(operand)) if n in rest), None)
            if name is None:
                break
            found.append(rest.pop(name))
        return tuple(found), rest

    def asked(self, parents: list) -> set[int]:
        """The positions in ``(y, *operands)`` of the values that the VJP rules need.

        Only the rules of operands that have a parent run.
        """
        count = 1 + len(parents)
        pairs = zip(parents, self.saves)
        return {i for parent, saves in pairs if parent is not None for i in saves.asked(count)}

    def check_rules(self, parents: list) -> None:
        """Raise TypeError where a gradient is wanted for an operand that has no VJP rule."""
        for operand, parent, (vjp, _) in zip(self.operands, parents, self.rules, strict=False):
            if parent is not None and vjp is None:
                raise TypeError(
                    f"{self.name}: has no VJP rule for {operand}. Define one with "
                    f'@autograd.vjp_of({self.name}, "{operand}"), or detach() the operand'
                )

    def names_of(self, args: Sequence) -> list[str]:
        """What the op calls each of these operands."""
        if self.rest is None:
            return self.operands
        extra = len(args) - len(self.operands) + 1
        return [*self.operands[:-1], *[self.rest] * extra]

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.operands)})>"


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
        """Those of ``count`` positions whose values the rule needs, and not just their shapes."""
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
