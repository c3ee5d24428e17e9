"""backward() one step at a time, without a debugger."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backward import accumulate_grad, root_cotangents, run_hooks, walk
from .codegen.helpers import Renamed
from .codegen.replay import arrays_in, looked_into
from .codegen.source import items
from .codegen.spelling import identifier
from .codegen.terms import Terms
from .cotangents import fit
from .debugging import PACKAGES
from .dtypes import float64, narrow
from .graph import Node, source, topological_order
from .memory import check_usable
from .tensor import Tensor, result
from .trace import Trace, Var, vars_in


@dataclass(repr=False)
class Contribution:
    """What one operand gets in a step: ``d<operand> = <formula>``, or ``+=`` after others.

    Where all in the formula are numbers, it is printed with them, too: ``dw = 3 * dz = 3 * 2.0``.
    """

    operand: str  # the name of the operand in the rule
    target: Any  # the Node or the leaf that gets it
    label: str  # the name of the operand's tensor
    adds: bool  # whether the target has got something before
    formula: str  # what the rule does, with these names
    numbers: str  # the same with the numbers that they stand for, or "" where one is no scalar
    source: str  # the rule
    cotangent: Any  # the contribution itself
    total: Any  # all that has come to the target by the end of the step

    def __str__(self) -> str:
        numbers = f" = {self.numbers}" if self.numbers else ""
        return f"d{self.label} {'+=' if self.adds else '='} {self.formula}{numbers}"

    __repr__ = __str__


@dataclass(repr=False)
class Step:
    """One step of backward: a Node, its incoming cotangent, and what its operands get."""

    index: int
    count: int
    node: Node
    label: str  # the name of the op's output, or that of the op
    g: Any
    contributions: list[Contribution]

    @property
    def op(self) -> str:
        """The name of the op."""
        return self.node.name

    def __str__(self) -> str:
        lines = []
        for c in self.contributions:
            lines.append(f"{c!s:44}  # {self.op}, {c.cotangent.shape}")
        head = f"[{self.index + 1}/{self.count}] "
        return head + ("\n" + " " * len(head)).join(lines)

    __repr__ = __str__


def backward_steps(
    root: Any,
    gradient: Any = None,
    retain_graph: bool = False,
    names: Any = None,
) -> Generator[Step, None, None]:
    """The steps of ``root.backward(gradient)``, one for each op: the same walk, stopped at each.

    A tensor is called by its ``name``, else as in ``names`` (a dict such as ``locals()``, or a
    Module with named parameters; the variables of the caller if there are none given), else as in
    the module that an op was recorded in, inside ``record_source()``. What comes to a tensor that
    has got something before is added, and printed with ``+=``.

    Tensors get their ``grad`` when the last step has been asked for and the walk is over. Who
    stops halfway leaves every ``grad`` as it was; the values of the ops already visited are
    freed, as by ``backward``, unless ``retain_graph``. Raises where ``backward`` would.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> z = 3 * w
    >>> loss = (z * z).sum()
    >>> for step in loss.backward_steps():
    ...     print(step)
    [1/3] dout1 = np.broadcast_to(dloss, (2,))          # sum, (2,)
    [2/3] dz = dout1 * z                                # mul, (2,)
          dz += dout1 * z                               # mul, (2,)
    [3/3] dw = 3 * dz                                   # mul, (2,)
    >>> w.grad
    tensor([18., 36.])
    """
    cotangents = root_cotangents(root, gradient, False)
    order = topological_order(root)
    check_usable(order)
    known = labels(variables_around(sys._getframe(1)) if names is None else names, order, root)
    return steps_of(order, cotangents, known, retain_graph, retaining_hooks(root, order))


def steps_of(
    order: list[Node], cotangents: dict, known: Mapping, retain_graph: bool, retaining: list
) -> Generator[Step, None, None]:
    """Walk the Nodes in ``order`` one by one; ``known`` are their names."""
    reached: set[Any] = set()  # Nodes and leaves that have got something
    kept: list[tuple[Callable, Any]] = []  # hooks that set a grad, and what they will be given
    for index, node in enumerate(order):
        seen: list = []
        waiting = [h for h in node.hooks if h in retaining]
        node.hooks = [h for h in node.hooks if h not in waiting]
        hook = node.add_hook(seen.append)
        try:
            walk([node], cotangents, True, False)
        finally:
            node.hooks = [h for h in node.hooks if h is not hook] + waiting
        kept += [(h, seen[0]) for h in waiting]
        rerun = Rerun(node, known)
        contributions = []
        for x, (vjp, needs), operand in zip(node.parents, node.op.rules, node.operand_names):
            if x is not None:
                formula, numbers, dx = rerun.contribution(seen[0], x, vjp, needs)
                adds, total = x in reached, result(cotangents[x])
                reached.add(x)
                contributions.append(
                    Contribution(operand, x, known[x], adds, formula, numbers, code(vjp), dx, total)
                )
        if not retain_graph:
            node.values = None
        label = known.get(node, node.name)
        yield Step(index, len(order), node, label, result(seen[0]), contributions)
    for hook, g in kept:
        hook(g)
    for leaf, g in cotangents.items():
        accumulate_grad(leaf, run_hooks(leaf, g) if leaf.hooks else g)


def retaining_hooks(root: Any, order: list[Node]) -> list[Callable]:
    """The hooks that ``retain_grad()`` has put on the Nodes in ``order``."""
    roots = root if isinstance(root, list | tuple) else [root]
    tensors = [*roots, *(x for node in order for x in node.inputs)]
    return [x._retained for x in tensors if x._retained is not None]


def variables_around(frame: Any) -> dict[str, Any]:
    """The variables that the caller outside the library sees, its own before the global ones."""
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGES):
        frame = frame.f_back
    own = dict(frame.f_locals)
    return own | {name: x for name, x in frame.f_globals.items() if name not in own}


def labels(names: Any, order: list[Node], root: Any = None) -> dict[Any, str]:
    """A Python name for each Node, leaf and array (by its id) of a graph.

    It is the one that the tensor has, then the one given, then that of a module's parameter,
    then the operand's or, for the result of an op, ``out`` and its number.
    """
    roots = root if isinstance(root, list | tuple) else [root]
    operands = [pair for node in reversed(order) for pair in operands_of(node)]
    keys = {*map(key_of, roots), *order, *(key_of(x) for _, x in operands)}
    tensors = [*roots, *(x for _, x in operands)]
    named = [(x.name, x) for x in tensors if getattr(x, "name", None)]
    known: dict[Any, str] = {}
    taken: set[str] = set()

    def take(name: str, key: Any) -> None:
        if key not in known and key in keys:
            known[key] = identifier(name, taken)
            taken.add(f"d{known[key]}")

    if isinstance(names, Mapping):  # without what is out of the way, as IPython's _ and _3 are
        names = {name: x for name, x in names.items() if not str(name).startswith("_")}
    for name, x in [*named, *items(names), *parameters(node.scopes for node in order)]:
        take(name, key_of(x))
    for name, x in operands:
        if not isinstance(key_of(x), Node):
            take(name, key_of(x))
    for i, node in enumerate(reversed(order)):
        take(f"out{i}", node)
    return known


NUMBERS = int | float | np.generic


def operands_of(node: Node) -> Iterator[tuple[str, Any]]:
    """The names of an op's operands, and those that are no plain numbers themselves."""
    pairs = zip(node.operand_names, node.args)
    return ((name, x) for name, x in pairs if not isinstance(x, NUMBERS))


def key_of(x: Any) -> Any:
    """What stands for an operand among ``labels``."""
    return source(x) if isinstance(x, Tensor) else id(x)


def parameters(paths: Iterable[tuple]) -> Iterator[tuple[str, Any]]:
    """The named parameters of the outermost modules in ``paths``, the scopes of Nodes."""
    owners = {id(path[0].owner): path[0].owner for path in paths if path}
    for owner in owners.values():
        if hasattr(owner, "named_parameters"):
            yield from owner.named_parameters()


def code(rule: Callable) -> str:
    """The source of a rule without its docstring, or a line that says that there is none."""
    try:
        text = textwrap.dedent(inspect.getsource(rule))
    except (OSError, TypeError):
        return f"# the source of {rule.__name__} cannot be had\n"
    if not rule.__doc__:
        return text
    (function,) = ast.parse(text).body
    lines, docstring = text.splitlines(keepends=True), function.body[0]  # type: ignore[attr-defined]
    return "".join(lines[: docstring.lineno - 1] + lines[docstring.end_lineno :])


class Rerun:
    """The rules of a Node run on Vars that have names, to see what they do."""

    def __init__(self, node: Node, known: Mapping[Any, str]) -> None:
        self.node = node
        self.known = known
        self.trace = Trace()
        self.terms = Terms()
        self.scalars: dict[str, str] = {}  # the numbers that names stand for, as text
        values = [self.named(node.values[0], known[node])]
        for x, value in zip(node.args, node.values[1:]):
            name = known.get(key_of(x))
            values.append(self.named(value, name) if name else value)
        self.values = tuple(values)
        self.settings: dict[str, Any] = {}  # arrays in the op's keywords, by name
        for name, x in node.keywords.items():
            for i, part in enumerate(x if isinstance(x, tuple) else [x]):
                for array in arrays_in(part):
                    setting = f"{name}[{i}]" if isinstance(x, tuple) else name
                    self.settings[setting] = array
                    self.named(array, setting)

    def named(self, value: Any, name: str) -> Var:
        var = self.trace.constant(value)
        self.terms.name(var, name)
        if np.shape(value) == ():
            self.scalars[name] = number(value)
        return var

    def forward(self) -> str:
        """The formula of the op's output."""
        y = looked_into(self.node.op.forward, list(self.values[1:]), self.node.keywords)
        if y.dtype == float64 and "dtype" not in self.node.keywords:
            y = narrow(y, list(self.values[1:]))
        return self.text(y)

    def contribution(self, g: Any, x: Any, vjp: Callable, needs: Callable) -> tuple[str, str, Any]:
        """The formula of one VJP rule, the same in numbers, and the cotangent it gives."""
        g = self.named(g, f"d{self.known[self.node]}")
        dx = fit(looked_into(vjp, [g, *needs(self.values)], self.node.keywords), x, vjp)
        formula = self.text(dx)
        return formula, in_numbers(formula, self.scalars, dx.value), result(dx.value)

    def text(self, y: Var) -> str:
        """The expression for a Var, from the calls that made it."""
        calls: list[Any] = self.trace.calls
        for call in calls:
            for var in vars_in((call.args, call.keywords)):
                if var not in self.terms.known and not self.terms.constant(var):
                    self.terms.name(var, "array")
            if call.out not in self.terms.known:
                self.terms.known[call.out] = self.terms.expression(call)
        return self.terms.text(y)


def in_numbers(formula: str, scalars: dict[str, str], value: Any) -> str:
    """``3 * 1.0 = 3.0`` for ``3 * dz``, or "" where it is not made of scalars only.

    >>> in_numbers("dz * w**2", {"dz": "1.0", "w": "-3.0"}, 9.0)
    '1.0 * (-3.0) ** 2 = 9.0'
    """
    tree = ast.parse(formula, mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if np.shape(value) or not names - {"np"} <= scalars.keys():
        return ""
    texts = dict.fromkeys([ast.unparse(Renamed(scalars).visit(tree)), number(value)])
    return " = ".join(texts)


def number(value: Any) -> str:
    """A scalar in four digits: a float with its point, so that it is seen to be one.

    >>> number(3.0), number(np.float32(0.70710677)), number(2)
    ('3.0', '0.7071', '2')
    """
    x = np.asarray(value)
    text = f"{x.item():.4g}" if x.dtype.kind == "f" else str(x.item())
    return f"{text}.0" if x.dtype.kind == "f" and text.lstrip("-").isdigit() else text
