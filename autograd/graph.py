"""The recorded graph: what an op is, what recording one keeps, and the order to walk it in.

An op is a forward rule and, beside it, one VJP rule for each operand that it can be
differentiated by. All of them are plain NumPy functions:

    @primitive
    def mul(a, b):
        return np.multiply(a, b)

    @vjp_of(mul, "a")
    def mul_da(g, b):
        return g * b

A VJP rule takes the incoming cotangent ``g`` and then, by name, just what its formula
needs: an operand (``b``), the output (``y``), the shape of either (``b_shape``), and
every keyword of the forward rule. What no rule asks for is not saved.
"""

import inspect
import itertools
from collections.abc import Callable, Sequence
from functools import wraps
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

import numpy as np

import autograd.tensor as _tensor  # ops make Tensors, and Tensor's methods are ops

from .dtypes import float64, narrow
from .errors import explain_forward
from .grad_mode import mode

if TYPE_CHECKING:
    from .tensor import Tensor

P = ParamSpec("P")
Rule: TypeAlias = Callable[..., Any]
Operand: TypeAlias = Any  # a Tensor, an ndarray, a number, or a list of numbers
Array: TypeAlias = Any  # an ndarray or a NumPy scalar

# One clock for recorded ops and in-place changes: which of two came first.
clock = itertools.count(1)


class Op:
    """A differentiable operation: its name, forward rule and VJP rules."""

    __slots__ = ("forward", "keywords", "name", "operands", "picks", "saves", "variadic", "vjps")

    def __init__(self, forward: Rule) -> None:
        parameters = inspect.signature(forward).parameters.values()
        self.name = forward.__name__.strip("_")
        self.forward = forward
        self.operands = [p.name for p in parameters if p.kind != p.KEYWORD_ONLY]
        self.keywords = [p.name for p in parameters if p.kind == p.KEYWORD_ONLY]
        self.variadic = any(p.kind == p.VAR_POSITIONAL for p in parameters)
        self.vjps: list[Rule | None] = [None] * len(self.operands)
        self.saves = [Saves([], self)] * len(self.operands)
        self.picks = [saves.pick for saves in self.saves]

    def edges(self, parents: tuple, values: tuple) -> tuple:
        """``(parent, VJP rule, what the rule needs)`` for each operand that wants a gradient."""
        if self.variadic:
            vjp = self.vjps[0]
            return tuple([(x, vjp, (i,)) for i, x in enumerate(parents) if x is not None])
        if len(parents) == 1:
            return ((parents[0], self.vjps[0], self.picks[0](values)),)
        edges = []
        for x, vjp, pick in zip(parents, self.vjps, self.picks):  # noqa: B905  (hot)
            if x is not None:
                edges.append((x, vjp, pick(values)))
        return tuple(edges)

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.operands)})>"


class Saves:
    """What one VJP rule needs saved: picks it out of ``(y, *operands)``."""

    __slots__ = ("names", "pick", "positions")

    def __init__(self, names: Sequence[str], op: Op) -> None:
        known = ["y", *op.operands]
        self.names = tuple(names)
        bare = [name.removesuffix("_shape") for name in names]
        unknown = [name for name in bare if name not in known]
        if unknown:
            raise TypeError(
                f"a VJP rule of {op.name} asks for {', '.join(unknown)}; after g it may ask for "
                f"{', '.join(known)}, their shapes ({known[-1]}_shape) and the keywords of {op.name}"
            )
        self.positions = tuple(known.index(name) for name in bare)
        self.pick = self._picker()

    def _picker(self) -> Callable[[Any], tuple]:
        first = self.positions[0] if self.positions else 0
        if any(name.endswith("_shape") for name in self.names):
            where = list(zip(self.positions, self.names, strict=True))
            return lambda values: tuple(
                np.shape(values[i]) if name.endswith("_shape") else values[i] for i, name in where
            )
        if len(self.positions) > 1:
            return itemgetter(*self.positions)
        return itemgetter(slice(first, first + len(self.positions)))  # a tuple of one, or empty


class Node:
    """A recorded op, the ``grad_fn`` of its result: call it with a cotangent for its VJP.

    ``op``      the operation, with its forward and VJP rules
    ``args``    its operands as they were given: Tensors and constants
    ``keywords`` its settings (``axis=0``)
    ``parents`` for each operand: the Node it came from, or the leaf Tensor itself,
                or None where no gradient is wanted
    ``edges``   for each parent: ``(parent, VJP rule, saved values)``; None once freed
    ``time``    when it was recorded, on the clock that in-place changes share
    ``shape``, ``dtype`` of its output, and so of its cotangent

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> y.grad_fn
    <MulBackward>
    >>> y.grad_fn(autograd.ones_like(y))
    (tensor([1., 2.]), tensor([1., 2.]))
    >>> y.grad_fn.inputs[0] is x
    True
    """

    memory: "Memory | None" = None  # of its output, once that is shared or changed
    result: Any = None  # a weak reference to its output, where retain_grad() asks for it

    def __init__(self, op: Op, args: tuple, keywords: dict, parents: tuple, values: tuple) -> None:
        self.op = op
        self.args = args
        self.keywords = keywords
        self.parents = parents
        self.edges: Any = op.edges(parents, values)
        self.time = next(clock)
        self.shape = values[0].shape
        self.dtype = values[0].dtype

    @property
    def name(self) -> str:
        """The name of the op: ``"matmul"``."""
        return self.op.name

    @property
    def inputs(self) -> tuple:
        """The Tensors among the operands, constants left out."""
        return tuple(x for x in self.args if isinstance(x, _tensor.Tensor))

    @property
    def next_functions(self) -> tuple:
        """For each Tensor operand ``(grad_fn, 0)``, as in torch; a leaf stands for itself."""
        pairs = zip(self.args, self.parents, strict=True)
        return tuple((parent, 0) for x, parent in pairs if isinstance(x, _tensor.Tensor))

    def __call__(self, g: Any) -> Any:
        """The VJP for cotangent ``g``: one Tensor, or a tuple with one for each operand."""
        from .backward import as_cotangent, fit

        g = as_cotangent(g, self, f"{self.name}'s grad_fn")
        check_usable(self)
        found = iter(
            [
                _tensor.result(fit(vjp(g, *saved, **self.keywords), x))
                for x, vjp, saved in self.edges
            ]
        )
        cotangents = [None if parent is None else next(found) for parent in self.parents]
        return cotangents[0] if len(cotangents) == 1 else tuple(cotangents)

    def __repr__(self) -> str:
        words = self.op.name.split("_")
        return f"<{''.join(word[:1].upper() + word[1:] for word in words)}Backward>"


def primitive(forward: Callable[P, Any]) -> "Callable[P, Tensor]":
    """Make an op of a forward rule: called with Tensors, it computes and records.

    Positional arguments are operands: Tensors, ndarrays or numbers. Keyword-only
    arguments are settings and must all be given. The rule itself sees only arrays.

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

    @wraps(forward)
    def recorded(*args: Any, **keywords: Any) -> Any:
        values, parents, wanted = [], [], False
        for x in args:
            if isinstance(x, _tensor.Tensor):
                values.append(x._data)
                parents.append(source(x) if x._requires_grad else None)
                wanted = wanted or x._requires_grad
            else:
                values.append(constant(op, x))
                parents.append(None)
        try:
            y = forward(*values, **keywords)
        except (ValueError, IndexError, TypeError) as error:
            raise explain_forward(op, args, values, keywords, error) from None
        if y.dtype == float64 and any([getattr(v, "dtype", None) != float64 for v in values]):
            y = narrow(y, values)
        out = _tensor.result(y)
        if wanted and mode.recording and y.dtype.kind == "f":
            out.grad_fn = Node(op, args, keywords, tuple(parents), (y, *values))
            out._requires_grad = True
        if y.base is not None:
            share_memory(args[0], out)
        return out

    recorded.op = op  # type: ignore[attr-defined]
    return recorded  # type: ignore[return-value]


def vjp_of(op: Callable, operand: str) -> Callable[[Rule], Rule]:
    """Register the decorated function as the VJP rule of ``op`` for one operand.

    The rule takes the incoming cotangent ``g`` and by name what its formula needs: see
    the head of ``autograd/graph.py``. For an operand ``*xs`` the one rule serves all and
    gets the operand's position as ``i``. It need not undo broadcasting: the walk sums a
    cotangent of the broadcast shape back to the operand's own.
    """
    described: Op = op.op  # type: ignore[attr-defined]
    if operand not in described.operands:
        raise TypeError(f"{described.name} has no operand {operand!r}: {described.operands}")

    def register(rule: Rule) -> Rule:
        parameters = list(inspect.signature(rule).parameters.values())
        wanted = [p.name for p in parameters if p.kind != p.KEYWORD_ONLY][1:]
        keywords = [p.name for p in parameters if p.kind == p.KEYWORD_ONLY]
        if sorted(keywords) != sorted(described.keywords):
            raise TypeError(
                f"{rule.__name__} takes the keywords {keywords}, but {described.name} has "
                f"{described.keywords}; a VJP rule takes them all"
            )
        i = described.operands.index(operand)
        described.vjps[i] = rule
        if not described.variadic:
            described.saves[i] = Saves(wanted, described)
            described.picks[i] = described.saves[i].pick
        return rule

    return register


def constant(op: Op, x: Any) -> Any:
    """An operand that is not a Tensor, as NumPy should see it.

    Numbers become Python numbers, which take the dtype of what they meet.
    """
    if isinstance(x, float | int):  # np.float64 is a float, and must not widen float32
        return float(x) if isinstance(x, float) else x
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, list | tuple):
        return _tensor.Tensor(x)._data
    raise TypeError(
        f"{op.name}: cannot work with {type(x).__name__}; "
        "operands are Tensors, NumPy arrays and numbers"
    )


def share_memory(x: Any, out: Any) -> None:
    """Have ``out`` share the Memory of operand ``x`` if it is a view of it."""
    if isinstance(x, _tensor.Tensor) and isinstance(x._data, np.ndarray):
        base = out._data.base
        if base is x._data or base is x._data.base:
            out._memory = x.memory
            if out.grad_fn is not None:
                out.grad_fn.memory = out._memory


class Memory:
    """A piece of memory that changed in place or that several Tensors share: when, and by what."""

    __slots__ = ("changed", "changed_by", "rewritten")

    def __init__(self) -> None:
        self.changed = 0  # the time of the last in-place change
        self.rewritten = 0  # the same, where the change itself was recorded
        self.changed_by = ""

    def change(self, by: str, recorded: bool) -> None:
        """Note an in-place change, so that VJPs that need the old value can tell."""
        global _last_change
        _last_change = self.changed = next(clock)
        self.changed_by = by
        if recorded:
            self.rewritten = self.changed


_last_change = 0


def check_usable(node: Node) -> None:
    """Raise RuntimeError where a node's VJPs cannot run: values freed, or changed in place."""
    if node.edges is None:
        raise RuntimeError(
            f"backward a second time through {node.name}: the values that its VJP needs were freed "
            "by the first. Pass retain_graph=True to the first backward, or compute anew"
        )
    if node.time < _last_change:
        check_unchanged(node)


def source(x: Any) -> Any:
    """Where the gradient of a Tensor goes: to the op it came from, or to the leaf itself."""
    return x.grad_fn or x


def on(x: Any, op: Callable) -> Callable:
    """``op`` as a VJP rule calls it: recorded if ``x`` is a Tensor, else its bare forward rule."""
    return op if isinstance(x, _tensor.Tensor) else op.op.forward


def check_unchanged(node: Node) -> None:
    own = node.memory
    if own and own.rewritten > node.time and own is getattr(node.args[0], "_memory", None):
        raise RuntimeError(
            f"{node.name}: its result is a view of a tensor that {own.changed_by} changed in place "
            "afterwards. Take the view after the change, or clone() before it"
        )
    for parent, saves in zip(node.parents, node.op.saves, strict=False):
        if parent is not None:
            for name, position in zip(saves.names, saves.positions, strict=True):
                x = node.args[position - 1] if position else None
                memory = getattr(x, "_memory", None) if position else own
                if memory and memory.changed > node.time and not name.endswith("_shape"):
                    what = f"its operand {described(name, x)}" if position else "its output"
                    raise RuntimeError(
                        f"{node.name}: its VJP needs {what}, but {memory.changed_by} changed it "
                        "in place after the op was recorded. Use the out-of-place op, or clone() "
                        "first"
                    )


def described(operand: str, x: Any) -> str:
    """How an error names an operand: its own name if it has one."""
    name = getattr(x, "name", None)
    return f"{operand} ({name!r})" if name else operand


def topological_order(root: Any) -> list[Node]:
    """The ops that ``root``, a Tensor or Node, depends on, each before what it depends on.

    That is latest recorded first: the mirror image of the forward pass.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> topological_order(x.exp().sin())
    [<SinBackward>, <ExpBackward>]
    """
    start = root if isinstance(root, Node) else root.grad_fn
    if start is None:
        return []
    order, seen = [start], {start}
    for node in order:  # grows while it is gone through
        for parent in node.parents:
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                order.append(parent)
    order.sort(key=attrgetter("time"), reverse=True)
    return order
