"""What an op is: a forward rule and, beside it, one VJP rule for each operand.

All of them are plain NumPy functions:

    @primitive
    def mul(a, b):
        return a * b

    @vjp_of(mul, "a")
    def mul_da(g, b):
        return g * b

A VJP rule takes the incoming cotangent ``g`` and then, by name, just what its formula needs: an
operand (``b``), the output (``y``), the shape of either (``b_shape``), and every keyword of the
forward rule. What no rule asks for is not saved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeAlias

import numpy as np

from . import observers
from .dtypes import computed, float32
from .errors import ForeignOperand, explain_forward, warn_of_stretching
from .grad_mode import mode
from .graph import Node
from .keeping import KEPT
from .operands import answer_of, as_numpy, laid_out
from .rules import EachPosition, Op, Rule, parameters
from .tensors import Tensor, new

OPS: dict[str, list[Op]] = {}  # by name, for autograd.break_on
P = ParamSpec("P")
Operand: TypeAlias = Tensor | np.ndarray | np.generic | float | list[Any] | tuple[Any, ...]
Array: TypeAlias = Any  # an ndarray or a NumPy scalar


def primitive(forward: Callable[P, Any], shared: Callable | None = None) -> Callable[P, Tensor]:
    """Make an op of a forward rule: called with Tensors, it computes and records.

    Positional arguments are operands: Tensors, ndarrays or numbers, also given by name. Those
    that are keyword-only are settings and must all be given. The rule sees only arrays. The result
    has memory of its own; where an op may share that of an operand, ``shared`` makes it a view.

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
    orders, op.gives_views = op.goes_along or op.copies, shared is not None

    @wraps(forward)
    def recorded(*args: Any, **keywords: Any) -> Any:
        if keywords and len(args) < len(op.operands):
            args, keywords = op.in_places(args, keywords)
        parents: list[Any] = []
        values, wanted, large, plain = [], None, False, True
        try:
            for x in args:
                if not isinstance(x, Tensor):
                    value = as_numpy(op, x)
                    parents.append(None)
                    plain = plain and getattr(value, "dtype", float32) is float32
                elif x._requires_grad:
                    value = x._data
                    parent = x.grad_fn or x
                    parents.append(parent)
                    wanted, large = True, large or parent.is_large
                    plain = plain and value.dtype is float32
                else:
                    value = x._data
                    parents.append(None)
                    wanted = wanted or False
                    plain = plain and value.dtype is float32
                values.append(value)
        except ForeignOperand:
            answer = answer_of(op, args)
            if answer is NotImplemented:
                raise
            return answer
        if wanted is None:  # no Tensor at all
            values, plain = [Tensor(v)._data for v in values], False
        try:
            if plain:
                y = forward(*values, **keywords)
            else:
                y, values = computed(forward, values, keywords)
        except (ValueError, IndexError, TypeError, OverflowError) as error:
            raise explain_forward(op, args, values, keywords, error) from None
        try:
            kind, base = y.dtype.kind, y.base
        except AttributeError:
            raise TypeError(
                f"{op.name}: its forward rule must give an array, and gave {type(y).__name__}: "
                "it is given arrays, so use NumPy's functions in it and not autograd's, and return "
                "the result"
            ) from None
        if shared is None and (
            base is not None or (orders and y.ndim > 1) or (values and y is values[0])
        ):
            y = laid_out(op, y, values)
        if observers.computed:
            observers.tell(observers.computed, op, args, values, y)
        out = new(Tensor)
        out._data = y
        if wanted and mode.recording and kind == "f":
            out.grad_fn = node = Node(op, args, keywords, parents, (y, *values))
            out._requires_grad = True
        elif observers.everything:
            out._node = node = Node(op, args, keywords, [None] * len(args), (y, *values))
            node.requires_grad = False
        else:
            node = None
        if op.elementwise and y.ndim > 1 and len(values) == 2:
            a, b = map(np.shape, values)
            if a != y.shape != b:
                warn_of_stretching(op, a, b, y.shape)
        if node and (large or y.size > KEPT) and not observers.everything:
            node.keep_what_is_needed()
        return out if shared is None else shared(out, op, args, keywords)

    recorded.op = op  # type: ignore[attr-defined]
    return recorded


def vjp_of(op: Callable, operand: str) -> Callable[[Rule], Rule]:
    """Register the decorated function as the VJP rule of ``op`` for one operand.

    The rule takes the incoming cotangent ``g`` and by name what its formula needs: see the head of
    this file. For an operand ``*xs`` the one rule serves all and gets the operand's position as
    ``i``. It need not undo broadcasting: the walk sums a cotangent back to its operand's shape.
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
