"""The rules of a recorded graph, run on Vars: forward, then backward to what is wanted.

One Recording serves the printed backward pass, the steps of backward, and programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..cotangents import fit
from ..creation import DRAWS
from ..dtypes import computed
from ..graph import Node, parent_of, recorded_order, topological_order
from ..keeping import Absent
from ..memory import described
from ..names import named
from ..operands import as_numpy, order_of
from ..tensors import Tensor
from .trace import Call, Method, Trace, Var, same


class Contribution(NamedTuple):
    """What one VJP rule of a Node gives to one operand."""

    target: Any  # the Node or leaf that gets it
    position: int  # of the operand
    cotangent: Var
    calls: list[Call]


class Recording:
    """The trace of a graph, and which Vars stand for its values and cotangents.

    ``roots`` are Tensors. The gradient is that of the first, with respect to ``wrt``: Tensors of
    the graph, all leaves that require grad, or nothing if ``wrt`` is empty. With ``since``, what
    was recorded before that time is an input. With ``outlines``, zeros stand for inputs whose
    values were not kept: that does for formulas.
    """

    def __init__(
        self,
        roots: Any,
        wrt: Any = None,
        names: Any = None,
        since: int | None = None,
        outlines: bool = False,
    ) -> None:
        root = roots[0]
        self.outlines = outlines
        self.for_program = since is not None  # then a leaf that the graph itself made is no leaf
        self.root: Any = parent_of(root)
        self.trace = Trace()
        self.order = [x for x in recorded_order(roots) if since is None or x.time > since]
        self.leaves: dict[int, Tensor] = {}  # those that require grad
        self.values: dict[Node, tuple] = {}  # of each Node: its output and its operands
        self.cotangents: dict[Any, Var] = {}  # of Nodes and leaves
        self.contributions: dict[Node, list[Contribution]] = {}
        self.owned: set[Var] = set()
        self.extra: list[Var] = []  # further results
        self.inputs: dict[Var, str] = {}  # the arrays of the graph, and what its ops call them
        self.tensors: dict[Var, Tensor] = {}  # those that are the data of a Tensor
        self.drawn: dict[Var, Node] = {}  # those that are random
        self.names: dict[Any, str] = {}  # of Nodes and leaves
        self.array_names: dict[int, str] = {}  # by id
        self.take_names(roots, {} if names is None else names)
        for node in reversed(self.order):
            self.run_forward(node)
        self.outputs = [self.value_of(x) for x in roots]
        if root._requires_grad and root.is_leaf:
            self.leaves[id(root)] = root
        self.wrt = self.wanted(wrt)
        self.trace.section = "backward"
        if self.wrt:
            self.run_backward(topological_order(root))
        if self.for_program:
            self.wrt = [x for x in self.wrt if x in self.cotangents]

    @property
    def results(self) -> list[Var]:
        """The values of the roots, and the cotangents that are asked for."""
        return [*self.outputs, *(self.cotangents[x] for x in self.wrt), *self.extra]

    def take_names(self, roots: Any, names: Any) -> None:
        operands = [x for node in self.order for x in node.args if isinstance(x, Tensor)]
        for name, x in named(names, [*roots, *operands], self.order):
            if isinstance(x, Tensor):
                name = str(x.name or name)
                self.names.setdefault(x.node or x, name)
            self.array_names.setdefault(id(getattr(x, "_data", x)), name)

    def run_forward(self, node: Node) -> None:
        if node.op in DRAWS:
            y = self.input(node.values[0] if node.values else np.empty(node.shape), node.name)
            self.drawn[y] = node
            self.values[node] = (y,)
            return
        steps = zip(node.args, node.parents, node.origins, node.operand_names)
        values = [self.operand(node, *step) for step in steps]
        if not any(isinstance(x, Tensor) for x in node.args):
            values = [self.trace.input(np.asarray(x)) if np.isscalar(x) else x for x in values]
        rule = partial(self.trace.run, node.op.forward)
        y, values = computed(rule, values, node.keywords)
        if self.for_program:
            y = self.laid_out(node, y, values)
        self.values[node] = (self.own(y), *values)

    def laid_out(self, node: Node, y: Var, values: list) -> Var:
        """The result of an op in the order in memory that it has there, which sums depend on."""
        shares = any(isinstance(x, Var) and x.root is y.root for x in values)
        order = order_of(node.op, y.value, values, shares)
        how = {"order": order} if order == "K" else {}  # a copy is in C order if not told
        return y if order is None else self.trace.call(Method("copy"), y, **how)

    def operand(self, node: Node, x: Any, parent: Any, origin: Any, name: str) -> Any:
        """An operand of an op as a Var: the output of another, or an input of the function."""
        if isinstance(parent, Tensor):
            if self.for_program and parent._node in self.values:
                return self.values[parent._node][0]
            self.leaves[id(parent)] = parent
        elif origin in self.values:
            return self.values[origin][0]
        if isinstance(x, Tensor):
            changed = parent is None and x._requires_grad and node.requires_grad
            if changed and not self.outlines:
                raise ValueError(
                    f"to_source: {node.name} took an operand {described(name, x)} that was changed "
                    "in place by a recorded op afterwards. clone() it before the change"
                )
            return self.tensor(x, name)
        if isinstance(x, Absent):
            return self.input(x, name)
        x = as_numpy(node.op, x)
        return self.input(x, name) if isinstance(x, np.ndarray) else x

    def tensor(self, x: Tensor, name: str) -> Var:
        var = self.input(x._data, name)
        self.tensors.setdefault(var, x)
        return var

    def input(self, array: Any, name: str) -> Var:
        if self.outlines and isinstance(array, Absent):
            array = np.zeros(array.shape, array.dtype)
        var = self.trace.input(array)
        var.varies = True
        self.inputs.setdefault(var, name)
        return var

    def own(self, var: Var) -> Var:
        """A Var of its own for the same value: one that is an input, or belongs to another."""
        y = self.trace.call(same, var) if var.call is None or var in self.owned else var
        self.owned.add(y)
        return y

    def value_of(self, x: Tensor) -> Var:
        return self.values[x.node][0] if x.node in self.values else self.tensor(x, x.name or "x")

    def wanted(self, wrt: Any) -> list[Any]:
        """The Nodes and leaves whose gradients are asked for."""
        if wrt is None:
            return list(self.leaves.values())
        tensors = [wrt] if isinstance(wrt, Tensor) else list(wrt)
        for i, x in enumerate(tensors):
            if not isinstance(x, Tensor):
                raise TypeError(f"to_source: item {i} of wrt is no Tensor but {type(x).__name__}")
            if parent_of(x) not in self.values and id(x) not in self.leaves:
                raise ValueError(f"to_source: item {i} of wrt is not in the graph of this tensor")
        return [parent_of(x) for x in tensors]

    def run_backward(self, order: list[Node]) -> None:
        """Backward's walk, on Vars and only along the ways that lead to what is wanted."""
        leading = set(self.wrt)
        for node in reversed(order):
            if not leading.isdisjoint(node.parents):
                leading.add(node)
        y = self.outputs[0]
        if y.shape == ():
            g = Var(self.trace, y.dtype.type(1))
        else:
            g = Var(self.trace, np.ones(y.shape, y.dtype), varies=True)
            self.inputs[g] = f"d{self.names.get(self.root, 'loss')}"
        self.cotangents[self.root] = g
        for node in order:
            if node in leading:
                self.contributions[node] = list(self.visit(node, leading))

    def visit(self, node: Node, leading: set) -> Iterator[Contribution]:
        g, values = self.cotangents[node], self.values[node]
        steps = [(x, i, *rule) for i, (x, rule) in enumerate(zip(node.parents, node.op.rules))]
        for x, i, vjp, needs in sorted(steps, key=lambda step: isinstance(step[0], Node)):
            if x is not None and x in leading:
                begin = len(self.trace.calls)
                dx = fit(self.trace.run(vjp, g, *needs(values), **node.keywords), x, vjp)
                calls = self.trace.calls[begin:]
                before = self.cotangents.get(x)
                self.cotangents[x] = self.own(dx) if before is None else before + dx
                yield Contribution(x, i, dx, calls)
