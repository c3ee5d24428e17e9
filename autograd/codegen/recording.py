"""The rules of a recorded graph, run on Vars: forward, then backward to what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..cotangents import fit
from ..creation import DRAWS
from ..dtypes import computed, widened
from ..functional import between
from ..graph import Node, parent_of, recorded_order, topological_order
from ..keeping import Absent
from ..memory import described
from ..names import named
from ..operands import as_numpy, order_of
from ..tensors import Tensor
from .trace import Trace, Var, same


class Recording:
    """The trace of a graph, and which Vars stand for its values and cotangents.

    ``roots`` are Tensors. The gradient is that of the first, with respect to ``wrt``: Tensors of
    the graph, all leaves that require grad, or nothing if ``wrt`` is empty. A program gives the
    time ``since`` when it has been recorded: what is older is an input, and what the graph itself
    made is no leaf.
    """

    def __init__(self, roots: Any, wrt: Any = None, names: Any = None, since: int = 0) -> None:
        self.root: Any = parent_of(roots[0])
        self.trace = Trace(for_program=since > 0)
        self.order = [x for x in recorded_order(roots) if x.time > since]
        self.leaves: dict[Tensor, Var] = {}  # those that require grad
        self.values: dict[Node, tuple] = {}  # of each Node: its output and its operands
        self.cotangents: dict[Any, Var] = {}  # of Nodes and leaves
        self.owned: set[Var] = set()
        self.given: set[Var] = set()  # whose memory is a result's
        self.inputs: dict[Var, str] = {}  # the arrays of the graph, and what its ops call them
        self.tensors: dict[Var, Tensor] = {}  # those that are the data of a Tensor
        self.live: dict[Var, Callable] = {}  # those that are found anew at each run: drawn numbers
        self.updates: dict[Var, Var] = {}  # what a program writes into which of its inputs
        self.names: dict[Any, str] = {}  # of Nodes, leaves, and arrays by their id
        self.take_names(roots, {} if names is None else names)
        for node in reversed(self.order):
            self.run_forward(node)
        self.outputs = self.apart([self.value_of(x) for x in roots])
        if roots[0]._requires_grad and roots[0].is_leaf:
            self.leaves[roots[0]] = self.outputs[0]
        tensors = list(self.leaves if wrt is None else [wrt] if isinstance(wrt, Tensor) else wrt)
        for i, x in enumerate(tensors):
            if not isinstance(x, Tensor):
                raise TypeError(f"to_source: item {i} of wrt is no Tensor but {type(x).__name__}")
        self.wrt = list(map(parent_of, tensors))
        self.trace.section = "backward"
        if self.wrt:
            self.run_backward(roots[0])
        for i, x in enumerate(self.wrt):
            if wrt is not None and x not in self.cotangents:
                raise ValueError(f"to_source: item {i} of wrt is not in the graph of this tensor")
        self.wrt = [x for x in self.wrt if x in self.cotangents]
        self.results = self.outputs + self.apart([self.cotangents[x] for x in self.wrt])

    def take_names(self, roots: Any, names: Any) -> None:
        operands = [x for node in self.order for x in node.args if isinstance(x, Tensor)]
        for name, x in named(names, [*roots, *operands], self.order):
            if isinstance(x, Tensor):
                name = str(x.name or name)
                self.names.setdefault(x.node or x, name)
            self.names.setdefault(id(getattr(x, "_data", x)), name)

    def run_forward(self, node: Node) -> None:
        if node.op in DRAWS:
            find = partial(node.op.forward, **node.keywords)
            self.values[node] = (self.reads(node.name, node.values[0], find),)
            return
        steps = zip(node.args, node.parents, node.origins, node.operand_names)
        values = [self.operand(node, *step) for step in steps]
        if not any(isinstance(x, Tensor) for x in node.args):
            values = [self.trace.input(np.asarray(x)) if np.isscalar(x) else x for x in values]
        rule = partial(self.trace.run, node.op.forward)
        y, values = computed(rule, values, node.keywords)
        if self.trace.for_program:  # sums depend on the order in memory
            shares = y.is_array and any(isinstance(x, Var) and x.root is y.root for x in values)
            order = order_of(node.op, y.value, values, shares)
            y = y if order is None else self.trace.call(np.copy, y, order=order)
        self.values[node] = (self.own(y), *values)

    def operand(self, node: Node, x: Any, parent: Any, origin: Any, name: str) -> Any:
        """An operand of an op as a Var: the output of another, or an input of the function."""
        is_leaf = isinstance(parent, Tensor)
        if origin in self.values and (self.trace.for_program or not is_leaf):
            return self.values[origin][0]
        if is_leaf:
            self.leaves[parent] = self.tensor(x, name)
        elif isinstance(x, Tensor) and x._requires_grad and node.requires_grad and parent is None:
            raise ValueError(
                f"to_source: {node.name} took an operand {described(name, x)} that was changed "
                "in place by a recorded op afterwards. clone() it before the change"
            )
        if isinstance(x, Tensor):
            return self.tensor(x, name)
        x = x if isinstance(x, Absent) else as_numpy(node.op, x)
        return self.input(x, name) if isinstance(x, np.ndarray | Absent) else x

    def tensor(self, x: Tensor, name: str) -> Var:
        var = self.input(x._data, name)
        self.tensors.setdefault(var, x)
        return var

    def input(self, array: Any, name: str) -> Var:
        var = self.trace.input(array)
        var.varies = True
        self.inputs.setdefault(var, name)
        return var

    def reads(self, name: str, value: Any, find: Callable) -> Var:
        """An input that is found anew at each run."""
        var = Var(self.trace, value, True)
        self.inputs[var], self.live[var] = name, find
        return var

    def own(self, var: Var) -> Var:
        """A Var of its own for the same value, in a text: one that belongs to nobody else."""
        shared = var.function is None or var in self.owned
        y = self.trace.call(same, var) if shared and not self.trace.for_program else var
        self.owned.add(y)
        return y

    def apart(self, results: list[Var]) -> list[Var]:
        """What a program gives away, each with memory that nobody else has."""
        for i, x in enumerate(results):
            shared = x.root.function is None or x.root in self.given or not x.varies
            if self.trace.for_program and x.is_array and shared:
                results[i] = self.trace.call(np.array, x, order="C")
                results[i].varies = True
            self.given.add(results[i].root)
        return results

    def value_of(self, x: Tensor) -> Var:
        return self.values[x.node][0] if x.node in self.values else self.tensor(x, x.name or "x")

    def run_backward(self, root: Tensor) -> None:
        """Backward's walk, on Vars and only along the ways that lead to what is wanted."""
        y = self.outputs[0]
        g = Var(self.trace, np.ones(y.shape, y.dtype)[()], varies=y.shape != ())
        if g.varies:
            self.inputs[g] = f"d{self.names.get(self.root, 'loss')}"
        self.cotangents[self.root] = g
        order, needed = between(topological_order(root), self.wrt)
        for node in order:
            g, values = self.cotangents[node], self.values[node]
            steps = [(x, *rule) for x, rule in zip(node.parents, node.op.rules) if x in needed]
            for x, vjp, needs in sorted(steps, key=lambda step: isinstance(step[0], Node)):
                dx = fit(self.trace.run(vjp, *widened(g, needs(values)), **node.keywords), x, vjp)
                before = self.cotangents.get(x)
                self.cotangents[x] = self.own(dx) if before is None else before + dx
