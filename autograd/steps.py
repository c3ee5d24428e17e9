"""backward() one step at a time, without a debugger."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .cotangents import Cotangents, accumulate_grad, fit, root_cotangents
from .dtypes import computed, widened
from .graph import Node, made_by, recorded_order, topological_order
from .hooks import run_hooks
from .keeping import Absent
from .memory import check_usable
from .names import identifier, named
from .tensors import Tensor, result
from .walk import walk

if TYPE_CHECKING:
    from .codegen.trace import Var


@dataclass(repr=False)
class Contribution:
    """What one operand gets in a step: ``d<operand> = <formula>``, or ``+=`` after others.

    Where all in the formula are numbers, it is printed with them, too: ``dw = 3 * dz = 3 * 2.0``.
    """

    operand: str  # the name of the operand in the rule
    target: Any  # the Node or the leaf that gets it
    label: str  # the name of the operand's tensor
    adds: bool  # whether the target has got something before
    formula: Formula  # what the rule does, with these names
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
    Module with named parameters; if not given, the variables of the caller), else as in the
    module that an op was recorded in, inside ``record_source()``. What comes to a tensor that has
    got something before is added, and printed with ``+=``.

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
    roots = root if isinstance(root, list | tuple) else [root]
    cotangents = root_cotangents(root, gradient, False)
    order = topological_order(root)
    check_usable(order)
    formulas = Formulas(labels(names, recorded_order(root), root))
    return steps_of(order, cotangents, formulas, retain_graph, retaining_hooks(roots, order))


def steps_of(
    order: list[Node],
    cotangents: Cotangents,
    formulas: Formulas,
    retain_graph: bool,
    retaining: list[Callable],
) -> Generator[Step, None, None]:
    """Walk the Nodes in ``order`` one by one."""
    known = formulas.known
    reached = set(cotangents)  # Nodes and leaves that have got something
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
        contributions = []
        rules = zip(node.parents, node.op.rules, node.operand_names)
        for x, (vjp, needs), operand in rules:
            if x is not None:
                formula = formulas.of_vjp(node, x, vjp, needs)
                given = widened(seen[0], needs(node.values))
                dx = result(fit(vjp(*given, **node.keywords), x, vjp))
                numbers = in_numbers(formula, formulas.scalars(node, seen[0]), dx._data)
                adds, total = x in reached, result(cotangents[x])
                reached.add(x)
                contributions.append(
                    Contribution(operand, x, known[x], adds, formula, numbers, code(vjp), dx, total)
                )
        if not retain_graph:
            node.freed = True
            if node.is_large:
                node.keep_what_is_needed()
        yield Step(index, len(order), node, known[node], result(seen[0]), contributions)
    for hook, g in kept:
        hook(g)
    for leaf, g in cotangents.items():
        accumulate_grad(leaf, run_hooks(leaf, g) if leaf.hooks else g)


def retaining_hooks(roots: Any, order: list[Node]) -> list[Callable]:
    """The hooks that ``retain_grad()`` has put on the Nodes in ``order``."""
    tensors = [*roots, *(x for node in order for x in node.inputs)]
    return [x._retained for x in tensors if x._retained is not None]


def labels(names: Any, order: list[Node], root: Any = None) -> dict[Any, str]:
    """A Python name for each Node, leaf and array (by its id) of a graph.

    It is the one that the tensor has, then the one given, then that of a module's parameter,
    then the operand's or, for the result of an op, ``out`` and its number.
    """
    roots = root if isinstance(root, list | tuple) else [root]
    operands = [pair for node in reversed(order) for pair in operands_of(node)]
    keys = {*map(key_of, roots), *order, *(key_of(x) for _, x in operands)}
    tensors = [*roots, *(x for _, x in operands)]
    known: dict[Any, str] = {}
    taken: set[str] = set()

    def take(name: str, key: Any) -> None:
        if key not in known and key in keys:
            known[key] = identifier(name, taken)
            taken.add(f"d{known[key]}")

    for name, x in named(names, tensors, order):
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
    return made_by(x) if isinstance(x, Tensor) else id(x)


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


class Formula(str):
    """An expression of NumPy calls; ``arrays`` holds what it calls ``array``, by that name."""

    arrays: dict[str, Any]


class Formulas:
    """What the rules of Nodes do, as expressions with the names in ``known``."""

    def __init__(self, known: Mapping[Any, str]) -> None:
        self.known = known

    def of_forward(self, node: Node) -> Formula:
        """The formula of the output of an op."""
        values, names = self.stand_ins(node)
        rule = partial(values[0].trace.run, node.op.forward)
        y, _ = computed(rule, values[1:], node.keywords)
        return written(y, names)

    def of_vjp(self, node: Node, x: Any, vjp: Callable, needs: Callable) -> Formula:
        """The formula of the cotangent that a rule gives to the Node or leaf ``x``."""
        from .codegen.trace import Var

        values, names = self.stand_ins(node)
        trace = values[0].trace
        g = Var(trace, np.zeros(node.shape, node.dtype)[()], varies=True)
        dx = trace.run(vjp, *widened(g, needs(values)), **node.keywords)
        return written(fit(dx, x, vjp), {g: f"d{self.known[node]}", **names})

    def stand_ins(self, node: Node) -> tuple[list, dict[Var, str]]:
        """Stand-ins for the output and the operands of an op, and how these are called.

        Zeros stand for values that were not kept, which does for formulas.
        """
        from .codegen.trace import Trace

        trace, values, names = Trace(), [], {}
        keys = [node, *map(key_of, node.args)]
        for key, value in zip(keys, node.values):
            if isinstance(value, Absent):
                value = np.zeros(value.shape, value.dtype)
            if isinstance(value, np.ndarray | np.generic):
                value = trace.input(value)
                value.varies = True
                if key in self.known:
                    names[value] = self.known[key]
            values.append(value)
        return values, names

    def scalars(self, node: Node, g: Any) -> dict[str, str]:
        """The numbers among what a VJP of a Node may mention, as text by their names."""
        names = [self.known[node], *(self.known.get(key_of(x)) for x in node.args)]
        values = {name: value for name, value in zip(names, node.values) if name}
        values[f"d{self.known[node]}"] = g
        return {name: number(value) for name, value in values.items() if np.shape(value) == ()}


def written(out: Var, names: Mapping[Var, str]) -> Formula:
    """The calls that made a Var from those in ``names``, as one expression."""
    from .codegen.expressions import Terms

    terms = Terms()
    arrays: dict[str, Any] = {}
    for var, name in names.items():
        terms.name(var, name)

    def write(var: Var) -> None:
        if var in terms.known:
            return
        if var.function is not None:
            for x in var.inputs:
                write(x)
            terms.known[var] = terms.expression(var)
        elif not terms.constant(var):
            name = identifier("array", set(arrays) | set(names.values()))
            arrays[name] = var.value
            terms.name(var, name)

    write(out)
    formula = Formula(terms.text(out))
    formula.arrays = arrays
    return formula


def in_numbers(formula: str, scalars: Mapping[str, str], value: Any) -> str:
    """``3 * 1.0 = 3.0`` for ``3 * dz``, or "" where it is not made of scalars only.

    >>> in_numbers("dz * w**2", {"dz": "1.0", "w": "-3.0"}, 9.0)
    '1.0 * (-3.0) ** 2 = 9.0'
    """
    tree = ast.parse(formula, mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if np.shape(value) or not names - {"np"} <= scalars.keys():
        return ""
    filled = ast.unparse(Filled(scalars).visit(tree))
    return " = ".join(dict.fromkeys([filled, number(value)]))


class Filled(ast.NodeTransformer):
    """Writes texts in the place of names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self.texts.get(node.id)
        return ast.parse(text, mode="eval").body if text else node


def number(value: Any) -> str:
    """A scalar in four digits: a float with its point, so that it is seen to be one.

    >>> number(3.0), number(np.float32(0.70710677)), number(2)
    ('3.0', '0.7071', '2')
    """
    x = np.asarray(value)
    text = f"{x.item():.4g}" if x.dtype.kind == "f" else str(x.item())
    return f"{text}.0" if x.dtype.kind == "f" and text.lstrip("-").isdigit() else text
