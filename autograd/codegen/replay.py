"""Run a rule on Vars, so that what it does is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..trace import Guard, Var, leaves_of, vars_in, whole
from .terms import same


def looked_into(rule: Callable, values: list, keywords: dict) -> Var:
    """What a rule gives for Vars. It is one call of itself if it cannot be looked into.

    That is where it asks for the values of a Var or for what only arrays have, where it branches
    on them, and where it writes into an array.
    """
    trace = next(vars_in(values)).trace
    begin = len(trace.calls)
    try:
        y = rule(*values, **keywords)
        found = trace.calls[begin:]
        plain = not any(isinstance(c, Guard) or c.writes is not None for c in found)
    except Exception:  # what NumPy makes of Untraceable, too; a true error comes again below
        plain = False
    if not plain:
        del trace.calls[begin:]
        y = whole(rule, values, keywords)
    return y if isinstance(y, Var) else trace.call(same, y)


def arrays_in(x: Any) -> Iterator[np.ndarray]:
    """The arrays in a setting of an op, also within tuples and lists."""
    return (v for v in leaves_of(x) if isinstance(v, np.ndarray))
