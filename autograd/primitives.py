"""What an op is: a forward rule and, beside it, one VJP rule for each operand.

All of them are plain NumPy functions:

    @primitive
    def mul(a, b):
        return a * b

    @vjp_of(mul, "a")
    def mul_da(g, b):
        return g * b

A VJP rule takes the incoming cotangent ``g`` and then, by name, just what its formula
needs: an operand (``b``), the output (``y``), the shape of either (``b_shape``), and
every keyword of the forward rule. What no rule asks for is not saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeAlias

import numpy as np

from . import observers
from .dtypes import float64, narrow
from .errors import explain_forward
from .grad_mode import mode
from .graph import Node, parent_of
from .keeping import KEPT
from .rules import EachPosition, Rule, Saves, parameters
from .tensors import Tensor, result

# Ops with these settings go along dimensions and lay out their results in C order, as in torch.
# Elementwise ops keep the order that their operands have in memory, and so does sorting.
ALONG = {"axis", "counts", "shifts", "terms"}
OPS: dict[str, list[Op]] = {}  # by name, for autograd.break_on
new = object.__new__
P = ParamSpec("P")
Operand: TypeAlias = Any  # a Tensor, an ndarray, a number, or a list of numbers
Array: TypeAlias = Any  # an ndarray or a NumPy scalar


def primitive(forward: Callable[P, Any], shared: Callable | None = None) -> Callable[P, Tensor]:
    """Make an op of a forward rule: called with Tensors, it computes and records.

    Positional arguments are operands: Tensors, ndarrays or numbers. Keyword-only
    arguments are settings and must all be given. The rule itself sees only arrays. The result has
    memory of its own; where an op may share that of an operand, ``shared`` makes it a view.

    >>> import autograd, numpy as np
    >>> @primitive
    ... def cube(x):
    ...     return x ** 3
    >>> @vjp_of(cube, "x")
    ... def cube_dx(g, x):
    ...     return 3 * x**2 * g
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    tensor(12.)
    """
    op = Op(forward)
    OPS.setdefault(op.name, []).append(op)
    along = not ALONG.isdisjoint(op.keywords) and "descending" not in op.keywords

    @wraps(forward)
    def recorded(*args: Any, **keywords: Any) -> Any:
        values, parents, wanted, large = [], [], None, False
        for x in args:
            if not isinstance(x, Tensor):
                values.append(as_numpy(op, x))
                parents.append(None)
            elif x._requires_grad:
                values.append(x._data)
                parent = x.grad_fn or x
                parents.append(parent)
                wanted, large = True, large or parent.is_large
            else:
                values.append(x._data)
                parents.append(None)
                wanted = wanted or False
        if wanted is None:  # no Tensor at all
            values = [Tensor(v)._data for v in values]
        try:
            y = forward(*values, **keywords)
        except (ValueError, IndexError, TypeError) as error:
            raise explain_forward(op, args, values, keywords, error) from None
        try:
            wide = y.dtype is float64
        except AttributeError:
            raise TypeError(
                f"{op.name}: its forward rule must give an array, and gave {type(y).__name__}: "
                "use NumPy's functions in it, and return the result"
            ) from None
        if wide and "dtype" not in keywords:
            y = narrow(y, values)
        if shared is None and (y.base is not None or (values and y is values[0])):
            y = own_memory(y, values)
        if along and y.ndim > 1 and not y.flags.c_contiguous:
            y = np.ascontiguousarray(y)
        if observers.computed:
            observers.tell(observers.computed, op, args, values, y)
        out = new(Tensor)
        out._data = y
        if wanted and mode.recording and y.dtype.kind == "f":
            out.grad_fn = node = Node(op, args, keywords, parents, (y, *values))
            out._requires_grad = True
        elif observers.everything:
            out._node = node = Node(op, args, keywords, [None] * len(args), (y, *values))
        else:
            node = None
        if node and (large or y.size > KEPT) and not observers.everything:
            node.keep_what_is_needed()
        return out if shared is None else shared(out, op, args, keywords)

    recorded.op = op  # type: ignore[attr-defined]
    return recorded


def vjp_of(op: Callable, operand: str) -> Callable[[Rule], Rule]:
    """Register the decorated function as the VJP rule of ``op`` for one operand.

    The rule takes the incoming cotangent ``g`` and by name what its formula needs: see
    the head of this file. For an operand ``*xs`` the one rule serves all and
    gets the operand's position as ``i``. It need not undo broadcasting: the walk sums a
    cotangent of the broadcast shape back to the operand's own.
    """
    described: Op = op.op  # type: ignore[attr-defined]
    if operand not in described.operands:
        raise TypeError(f"{described.name} has no operand {operand!r}: {described.operands}")

    def register(rule: Rule) -> Rule:
        (_, *wanted), _, keywords = parameters(rule)
        if sorted(keywords) != sorted(described.keywords):
            raise TypeError(
                f"{rule.__name__} takes the keywords {keywords}, but {described.name} has "
                f"{described.keywords}; a VJP rule takes them all"
            )
        if described.rest == operand:
            described.rules = EachPosition(rule)
            described.complete = True
        else:
            i = described.operands.index(operand)
            described.saves[i] = described.saves_for(wanted)
            described.rules[i] = (rule, described.saves[i].pick)
            described.complete = all(vjp for vjp, _ in described.rules)
        return rule

    return register


def record(op: Op, args: tuple, keywords: dict, y: Array, gradient: bool) -> Tensor:
    """A Tensor around ``y``, recorded as what ``op`` gives of ``args`` without computing that."""
    values, parents = [], []
    for x in args:
        tensor = isinstance(x, Tensor)
        values.append(x._data if tensor else as_numpy(op, x))
        parents.append(parent_of(x) if tensor and gradient and x._requires_grad else None)
    if observers.computed:
        observers.tell(observers.computed, op, args, values, y)
    out = result(y)
    wanted = [x for x in parents if x is not None] if y.dtype.kind == "f" else []
    if wanted or observers.everything:
        node = Node(op, args, keywords, parents, (y, *values))
        if not observers.everything and (y.size > KEPT or any(x.is_large for x in wanted)):
            node.keep_what_is_needed()
        if wanted:
            out.grad_fn, out._requires_grad = node, True
        else:
            out._node = node
    return out


def own_memory(y: Array, operands: list) -> Array:
    """``y``, or a copy of it if it is an operand or a view of one."""
    for x in operands:
        if isinstance(x, np.ndarray) and np.may_share_memory(x, y):
            return y.copy(order="C" if 0 in y.strides else "K")
    return y


def as_numpy(op: Op, x: Any) -> Any:
    """An operand that is not a Tensor, as NumPy should see it.

    Numbers become Python numbers, which take the dtype of what they meet.
    """
    if isinstance(x, (float, int)):  # np.float64 is a float, and must not widen float32
        return float(x) if isinstance(x, float) else x
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, list | tuple):
        return Tensor(x)._data
    raise TypeError(
        f"{op.name}: cannot work with {type(x).__name__}; "
        "operands are Tensors, NumPy arrays and numbers"
    )


def on(x: Any, op: Callable) -> Callable:
    """``op`` as a VJP rule calls it: recorded if ``x`` is a Tensor, else its bare forward rule."""
    return op if isinstance(x, Tensor) else op.op.forward  # type: ignore[attr-defined]


def as_one_call(function: Rule) -> Rule:
    """Have a function, for use in rules, ask its operands first, as NumPy's functions do.

    What follows NumPy's protocols without being an array then sees one call of ``function``.
    """

    @wraps(function)
    def call(*args: Any) -> Any:
        for x in args:
            ask = getattr(type(x), "__array_function__", None)
            if ask is not None and not isinstance(x, np.ndarray | np.generic):
                return ask(x, call, (type(x),), args, {})
        return function(*args)

    return call


class Op:
    """A differentiable operation: its name, forward rule and VJP rules."""

    def __init__(self, forward: Rule) -> None:
        self.name = forward.__name__.strip("_")
        self.forward = forward
        self.operands, self.rest, self.keywords = parameters(forward)
        if "y" in self.operands:
            raise TypeError(f"{self.name}: y is what VJP rules call the output; rename the operand")
        # For each operand its VJP rule, and a function that picks what that needs.
        self.rules: Any = [(None, None)] * len(self.operands)
        self.saves = [self.saves_for([])] * len(self.operands)
        self.written_by: Any = None  # how a change of a view is written: see views.py
        self.complete = False  # until every operand has its VJP rule

    def saves_for(self, names: list[str]) -> Saves:
        """What a VJP rule saves that asks for ``names``."""
        known = ["y", *self.operands]
        unknown = [name for name in names if name.removesuffix("_shape") not in known]
        if unknown:
            raise TypeError(
                f"a VJP rule of {self.name} asks for {', '.join(unknown)}; after g it may ask for "
                f"{', '.join(known)}, their shapes ({known[-1]}_shape) and the keywords"
            )
        return Saves(names, self.operands, self.rest)

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
