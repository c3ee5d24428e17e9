"""backward() one step at a time, without a debugger."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .codegen.replay import arrays_in, looked_into
from .codegen.source import items
from .codegen.spelling import identifier
from .codegen.terms import Terms
from .cotangents import accumulate_grad, fit
from .graph import Node, parent_of, topological_order
from .hooks import run_hooks
from .memory import check_usable
from .tensors import Tensor, result
from .trace import Trace, Var, vars_in
from .walk import root_cotangents, walk


@dataclass
class Contribution:
    """What one operand gets in a step: ``d<operand> = <formula>``, or ``+=`` after others."""

    operand: str  # the name of the operand in the rule
    target: Any  # the Node or the leaf that gets it
    label: str  # the name of the operand's tensor
    adds: bool  # whether the target has got something before
    formula: str  # what the rule does, with these names
    source: str  # the rule
    cotangent: Any  # the contribution itself
    total: Any  # all that has come to the target by the end of the step

    def __str__(self) -> str:
        return f"d{self.label} {'+=' if self.adds else '='} {self.formula}"


@dataclass
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


def backward_steps(
    root: Any,
    gradient: Any = None,
    retain_graph: bool = False,
    names: Any = None,
) -> Generator[Step, None, None]:
    """The steps of ``root.backward(gradient)``, one for each op: the same walk, stopped at each.

    ``names`` (``locals()``, a dict, or a Module with named parameters) names tensors that have no
    ``name``; so do the modules that ops were recorded in, inside ``record_source()``. What comes
    to a tensor that has got something before is added, and printed with ``+=``.

    Leaves get their ``grad`` when the last step has been asked for and the walk is over. Who
    stops halfway leaves every ``grad`` as it was; the values of the ops already visited are
    freed, as by ``backward``, unless ``retain_graph``.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> z = 3 * w
    >>> loss = (z * z).sum()
    >>> for step in loss.backward_steps(names=locals()):
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
    known = labels(names, order, root)
    reached: set[Any] = set()  # Nodes and leaves that have got something
    for index, node in enumerate(order):
        seen: list = []
        hook = node.add_hook(seen.append)
        rules = list(zip(node.parents, node.op.rules, node.operand_names))
        try:
            walk([node], cotangents, True, False)
        finally:
            node.hooks.remove(hook)
        rerun = Rerun(node, seen[0], known)
        contributions = []
        for x, (vjp, needs), operand in rules:
            if x is not None:
                formula, text, dx = rerun.contribution(x, vjp, needs)
                total = result(cotangents[x])
                adds = x in reached
                reached.add(x)
                contributions.append(
                    Contribution(operand, x, known[x], adds, formula, text, dx, total)
                )
        if not retain_graph:
            node.freed = True
            if node.is_large:
                node.keep_what_is_needed()
        label = known.get(node, node.name)
        yield Step(index, len(order), node, label, result(seen[0]), contributions)
    for leaf, g in cotangents.items():
        accumulate_grad(leaf, run_hooks(leaf, g) if leaf.hooks else g)


def labels(names: Any, order: list[Node], root: Any = None) -> dict[Any, str]:
    """A Python name for each Node, leaf and array (by its id) of a graph.

    It is the one that the tensor has, then the one given, then that of a module's parameter,
    then the operand's or, for the result of an op, ``out`` and its number.
    """
    operands = [pair for node in reversed(order) for pair in operands_of(node)]
    keys = {key_of(root), *order, *(key_of(x) for _, x in operands)}
    named = [(x.name, x) for _, x in [("", root), *operands] if getattr(x, "name", None)]
    known: dict[Any, str] = {}
    taken: set[str] = set()

    def take(name: str, key: Any) -> None:
        if key not in known and key in keys:
            known[key] = identifier(name, taken)
            taken.add(f"d{known[key]}")

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
    return parent_of(x) if isinstance(x, Tensor) else id(x)


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
    """A Node's VJP rules run on Vars that have names, to see what they do."""

    def __init__(self, node: Node, g: Any, known: Mapping[Any, str]) -> None:
        self.node = node
        self.trace = Trace()
        self.terms = Terms()
        self.g = self.named(g, f"d{known[node]}")
        values = [self.named(node.values[0], known[node])]
        for x, value in zip(node.args, node.values[1:]):
            name = known.get(key_of(x))
            values.append(self.named(value, name) if name else value)
        self.values = tuple(values)
        for name, x in node.keywords.items():
            for i, part in enumerate(x if isinstance(x, tuple) else [x]):
                for array in arrays_in(part):
                    self.named(array, f"{name}[{i}]" if isinstance(x, tuple) else name)

    def named(self, value: Any, name: str) -> Var:
        var = self.trace.constant(value)
        self.terms.name(var, name)
        return var

    def contribution(self, x: Any, vjp: Callable, needs: Callable) -> tuple[str, str, Any]:
        """The formula and the source of one rule, and the cotangent it gives."""
        begin = len(self.trace.calls)
        dx = fit(looked_into(vjp, [self.g, *needs(self.values)], self.node.keywords), x, vjp)
        calls: list[Any] = self.trace.calls[begin:]
        for call in calls:
            for var in vars_in((call.args, call.keywords)):
                if var not in self.terms.known and not self.terms.constant(var):
                    self.terms.name(var, "array")
            self.terms.known[call.out] = self.terms.expression(call)
        return self.terms.text(dx), code(vjp), result(dx.value)
