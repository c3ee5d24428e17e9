"""The backward pass as a person would write it: a Python function of NumPy calls, as text.

The forward and VJP rules of a recorded graph are run on Vars (``trace.py``), and the calls they
make are printed: forward in the order of recording, then backward. Nothing here knows the
derivative of anything.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..cotangents import fit
from ..dtypes import float64, narrow
from ..graph import Node, parent_of, topological_order
from ..keeping import NOT_KEPT, Absent
from ..memory import described
from ..primitives import as_numpy
from ..tensors import Tensor
from ..trace import Trace, Var
from .printer import Printer, Source
from .replay import arrays_in, looked_into
from .terms import same


def to_source(root: Any, wrt: Any = None, names: Any = None, function: str = "backward") -> Source:
    """The forward and backward pass of ``root`` as the text of a Python function on NumPy.

    The function takes the leaves of the graph and returns the value of ``root`` and its gradient
    with respect to each of ``wrt``: Tensors of the graph, or all leaves that require grad. A
    ``root`` that is no scalar is given its cotangent, too. The text runs by itself where there is
    NumPy, and ``.inputs`` holds the arguments by name. ``names`` (``locals()``, a dict, or a
    Module with named parameters) names tensors that have no ``name``; the gradient of ``z`` is
    ``dz``. Where names are given, what has none is written into the line that uses it.

    What was not recorded (a mask ``x > 0``, the indices of ``max``) is an argument, or a literal
    if it is short. A rule that cannot be looked into comes along as a function of its own. Hooks
    are left out. Raises TypeError for what is not a Tensor, ValueError where ``root`` has no
    graph, where ``wrt`` is not in it, and where the source of a rule cannot be had.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> z = 3 * w
    >>> loss = (z * z).sum()
    >>> print(to_source(loss, names=locals()))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def backward(w):
        # forward
        z = 3 * w              # (2,)
        loss = np.sum(z * z)
    <BLANKLINE>
        # backward
        dz = 2 * z             # (2,)
        dw = 3 * dz            # (2,)
        return loss, dw
    """
    if not isinstance(root, Tensor):
        raise TypeError(f"to_source: needs a Tensor, got {type(root).__name__}")
    if root.grad_fn is None:
        raise ValueError(
            "to_source: this tensor has no recorded graph. Compute it from tensors with "
            "requires_grad=True, outside no_grad()"
        )
    if not function.isidentifier() or keyword.iskeyword(function):
        raise ValueError(f"to_source: function must be a Python name, got {function!r}")
    return Printer(Recording(root, wrt, names), function).text()


class Recording:
    """The rules of a graph run on Vars: forward, then backward to what is wanted."""

    def __init__(self, root: Tensor, wrt: Any = None, names: Any = None) -> None:
        self.root: Any = root.grad_fn
        self.trace = Trace()
        self.order = topological_order(root)
        self.leaves: dict[int, Tensor] = {}
        self.values: dict[Node, tuple] = {}  # of each Node: its output and its operands
        self.cotangents: dict[Any, Var] = {}  # of Nodes and leaves
        self.owned: set[Var] = set()
        self.inputs: dict[Var, str] = {}  # the arrays of the graph, and what its ops call them
        self.settings: set[Var] = set()  # those that are no operands
        self.names, self.array_names = given_names(names, root, self.order)
        for node in reversed(self.order):
            self.run_forward(node)
        self.wrt = self.wanted(wrt)
        self.forward_calls = len(self.trace.calls)
        self.run_backward()

    @property
    def results(self) -> list[Var]:
        """The value of the root, and the cotangents that are asked for."""
        return [self.values[self.root][0], *(self.cotangents[x] for x in self.wrt)]

    def run_forward(self, node: Node) -> None:
        triples = zip(node.args, node.parents, node.operand_names)
        values = [self.operand(node, *triple) for triple in triples]
        for key, x in node.keywords.items():
            for array in arrays_in(x):
                self.settings.add(self.input(array, key))
        y = looked_into(node.op.forward, values, node.keywords)
        if y.dtype == float64 and "dtype" not in node.keywords:
            y = narrow(y, values)
        self.values[node] = (self.own(y), *values)

    def operand(self, node: Node, x: Any, parent: Any, name: str) -> Any:
        """An operand of an op as a Var: the output of another, or an input of the function."""
        if isinstance(parent, Node):
            return self.values[parent][0]
        if parent is not None:
            self.leaves[id(parent)] = parent
        if isinstance(x, Tensor):
            if parent is None and x._requires_grad:
                raise ValueError(
                    f"to_source: {node.name} took an operand {described(name, x)} that was changed "
                    "in place by a recorded op afterwards. clone() it before the change"
                )
            return self.input(x._data, name)
        x = as_numpy(node.op, x)
        return self.input(x, name) if isinstance(x, np.ndarray) else x

    def input(self, array: Any, name: str) -> Var:
        if isinstance(array, Absent):
            raise ValueError(f"to_source: the operand {name} is gone: {NOT_KEPT}")
        var = self.trace.constant(array)
        self.inputs.setdefault(var, name)
        return var

    def own(self, var: Var) -> Var:
        """A Var of its own for the same value: one that is an input, or belongs to another."""
        y = self.trace.call(same, var) if var.call is None or var in self.owned else var
        self.owned.add(y)
        return y

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

    def run_backward(self) -> None:
        """Backward's walk, on Vars and only along the ways that lead to what is wanted."""
        leading = set(self.wrt)
        for node in reversed(self.order):
            if any(x in leading for x in node.parents if x is not None):
                leading.add(node)
        y = self.values[self.root][0]
        if y.shape == ():
            g = Var(self.trace, y.dtype.type(1))
        else:
            g = Var(self.trace, np.ones(y.shape, y.dtype))
            self.inputs[g] = f"d{self.names.get(self.root, 'loss')}"
        self.cotangents[self.root] = g
        for node in self.order:
            if node not in leading:
                continue
            g, values = self.cotangents[node], self.values[node]
            steps = list(zip(node.parents, node.op.rules))
            for x, (vjp, needs) in sorted(steps, key=lambda step: isinstance(step[0], Node)):
                if x is not None and x in leading:
                    dx = fit(looked_into(vjp, [g, *needs(values)], node.keywords), x, vjp)
                    before = self.cotangents.get(x)
                    self.cotangents[x] = self.own(dx) if before is None else before + dx


def given_names(
    names: Any, root: Tensor, order: list[Node]
) -> tuple[dict[Any, str], dict[int, str]]:
    """Names of Nodes and leaves, and of arrays by id: those tensors have, then those given."""
    known: dict[Any, str] = {}
    arrays: dict[int, str] = {}
    operands = [x for node in order for x in node.args if isinstance(x, Tensor)]
    own = [(str(x.name), x) for x in [root, *operands] if x.name]
    for name, x in [*own, *items(names)]:
        if isinstance(x, Tensor):
            known.setdefault(parent_of(x), str(x.name or name))
            arrays.setdefault(id(x._data), str(x.name or name))
        elif isinstance(x, np.ndarray):
            arrays.setdefault(id(x), name)
    return known, arrays


def items(names: Any) -> Iterator[tuple[str, Any]]:
    """Pairs of a name and a thing from a dict or a Module, and from Modules in a dict."""
    if hasattr(names, "named_parameters"):
        yield from names.named_parameters()
    elif isinstance(names, Mapping):
        for name in sorted(names, key=lambda name: str(name).startswith("_")):
            yield str(name), names[name]
        for x in names.values():
            if hasattr(x, "named_parameters") and not isinstance(x, type):
                yield from x.named_parameters()
    elif names is not None:
        raise TypeError(
            f"names must be a dict such as locals(), or a Module, got {type(names).__name__}"
        )
