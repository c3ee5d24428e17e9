"""backward() one step at a time, without a debugger."""

from __future__ import annotations

import inspect
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import autograd.tensor as _tensor

from .graph import Node, source, topological_order
from .memory import check_usable


@dataclass
class Contribution:
    """What one operand gets in a step: ``d<operand> = <formula>``."""

    operand: str  # the name of the operand in the rule
    target: Any  # the Node or the leaf that gets it
    label: str  # the name of the operand's tensor, or the operand's own
    formula: str  # the rule's last line with these names
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
    [1/3] dout1 = np.broadcast_to(unreduce(dloss, None, False), (2,))  # sum, (2,)
    [2/3] dz = dout1 * z                                # mul, (2,)
          dz = dout1 * z                                # mul, (2,)
    [3/3] dw = dz * 3                                   # mul, (2,)
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
        found = node(seen[0])
        found = found if isinstance(found, tuple) else (found,)
        contributions = [
            Contribution(
                operand,
                x,
                known.get(x, operand),
                formula(vjp, node, known),
                inspect.getsource(vjp),
                dx,
                _tensor.result(cotangents[x]),
            )
            for (x, (vjp, _), operand), dx in zip(rules, found)
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


def formula(vjp: Any, node: Node, known: Mapping[Any, str]) -> str:
    """The expression that a rule returns, with the names of the tensors at hand."""
    returns = re.findall(r"^\s*return (.+)$", inspect.getsource(vjp), re.MULTILINE)
    text = returns[-1].split("  #")[0].strip() if returns else vjp.__name__
    replaced = {"g": f"d{known[node]}", "y": known[node], "y_shape": str(node.shape)}
    replaced |= {name: repr(value) for name, value in node.keywords.items()}
    for operand, x in zip(node.op.operands, node.args):
        if isinstance(x, _tensor.Tensor):
            replaced[operand] = known.get(source(x), operand)
        elif isinstance(x, int | float):
            replaced[operand] = repr(x)
        replaced[f"{operand}_shape"] = str(getattr(x, "shape", ()))
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*\b(?!\()", lambda m: replaced.get(m[0], m[0]), text)
