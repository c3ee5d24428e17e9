"""backward() one step at a time, without a debugger."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import autograd.tensor as _tensor

from .cotangents import fit
from .graph import Node, source, topological_order
from .memory import check_usable
from .replay import arrays_in, looked_into
from .terms import Terms
from .trace import Trace, Var, vars_in


@dataclass
class Contribution:
    """What one operand gets in a step: ``d<operand> = <formula>``."""

    operand: str  # the name of the operand in the rule
    target: Any  # the Node or the leaf that gets it
    label: str  # the name of the operand's tensor, or the operand's own
    formula: str  # what the rule does, with these names
    source: str  # the rule
    cotangent: Any  # the contribution itself
    total: Any  # all that has come to the target so far


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
            line = f"d{c.label} = {c.formula}"
            lines.append(f"{line:44}  # {self.op}, {c.cotangent.shape}")
        head = f"[{self.index + 1}/{self.count}] "
        return head + ("\n" + " " * len(head)).join(lines)


def backward_steps(
    root: Any,
    gradient: Any = None,
    retain_graph: bool = False,
    names: Mapping[str, Any] | None = None,
) -> Generator[Step, None, None]:
    """The steps of ``root.backward(gradient)``, one for each op: the same walk, stopped at each.

    ``names`` (such as ``locals()``) gives tensors without a ``name`` the names they have there.
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
          dz = dout1 * z                                # mul, (2,)
    [3/3] dw = 3 * dz                                   # mul, (2,)
    >>> w.grad
    tensor([18., 36.])
    """
    from .backward import accumulate_grad, root_cotangents, run_hooks, walk

    cotangents = root_cotangents(root, gradient, False)
    order = topological_order(root)
    check_usable(order)
    known = labels(names or {}, order)
    for index, node in enumerate(order):
        seen: list = []
        hook = node.add_hook(seen.append)
        rules = list(zip(node.parents, node.op.rules, node.op.operands * len(node.parents)))
        try:
            walk([node], cotangents, True, False)
        finally:
            node.hooks.remove(hook)
        rerun = Rerun(node, seen[0], known)
        contributions = [
            Contribution(
                operand,
                x,
                known.get(x, operand),
                *rerun.contribution(x, vjp, needs),
                _tensor.result(cotangents[x]),
            )
            for x, (vjp, needs), operand in rules
            if x is not None
        ]
        if not retain_graph:
            node.values = None
        label = known.get(node, node.name)
        yield Step(index, len(order), node, label, _tensor.result(seen[0]), contributions)
    for leaf, g in cotangents.items():
        accumulate_grad(leaf, run_hooks(leaf, g) if leaf.hooks else g)


def labels(names: Mapping[str, Any], order: list[Node]) -> dict[Any, str]:
    """Names of Nodes and leaves: those the tensors have, then those given, then by number."""
    known: dict[Any, str] = {}
    for node in order:
        for x in node.args:
            if isinstance(x, _tensor.Tensor) and x.name:
                known.setdefault(source(x), x.name)
    for name, x in names.items():
        if isinstance(x, _tensor.Tensor):
            known.setdefault(source(x), x.name or name)
    for i, node in enumerate(reversed(order)):
        known.setdefault(node, f"out{i}")
    return known


class Rerun:
    """A Node's VJP rules run on Vars that have names, to see what they do."""

    def __init__(self, node: Node, g: Any, known: Mapping[Any, str]) -> None:
        self.node = node
        self.trace = Trace()
        self.terms = Terms()
        self.g = self.named(g, f"d{known[node]}")
        operands = node.op.operands * (len(node.args) if node.op.variadic else 1)
        values = [self.named(node.values[0], known[node])]
        for name, x, value in zip(operands, node.args, node.values[1:]):
            if isinstance(x, _tensor.Tensor):
                name = known.get(source(x), name)
            number = isinstance(value, int | float) and not isinstance(x, _tensor.Tensor)
            values.append(value if number else self.named(value, name))
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
        dx = fit(looked_into(vjp, [self.g, *needs(self.values)], self.node.keywords), x)
        calls: list[Any] = self.trace.calls[begin:]
        for call in calls:
            for var in vars_in((call.args, call.keywords)):
                if var not in self.terms.known and not self.terms.constant(var):
                    self.terms.name(var, "array")
            self.terms.known[call.out] = self.terms.expression(call)
        return self.terms.text(dx), inspect.getsource(vjp), _tensor.result(dx.value)
