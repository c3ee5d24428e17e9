"""The backward pass as a person would write it: a Python function of NumPy calls, as text.

The forward and VJP rules of a recorded graph are run on Vars (``trace.py``), and the calls they
make are printed: forward in the order of recording, then backward. Nothing here knows the
derivative of anything.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from copy import copy
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .cotangents import fit
from .dtypes import float64, narrow
from .graph import Node, source, topological_order
from .spelling import ATOM, PRODUCT, SIGN, called, helpers, identifier, literal, name_of
from .tensor import Tensor
from .trace import Attribute, Call, Method, Trace, Var, traced, vars_in

WIDTH = 76  # characters of a line
SHORT = 16  # characters; an expression used in several places is written out again up to here

MULTIPLY = (operator.mul, np.multiply)
DIVIDE = (operator.truediv, np.divide)
PLUS, MINUS = (operator.add, np.add), (operator.sub, np.subtract)
NEGATIVE = (operator.neg, np.negative)
ELEMENTWISE = {
    *MULTIPLY, *DIVIDE, *PLUS, *MINUS, *NEGATIVE, operator.pow, operator.eq, operator.ne,
    operator.lt, operator.le, operator.gt, operator.ge, np.where,
}  # fmt: skip


class Source(str):
    """The text of a function; ``inputs`` holds its arguments by name, as arrays."""

    inputs: dict[str, Any]


def to_source(
    root: Any, wrt: Any = None, names: Any = None, function: str = "backward"
) -> Source:
    """The forward and backward pass of ``root`` as the text of a Python function on NumPy.

    The function takes the leaves of the graph and returns the value of ``root`` and its gradient
    with respect to each of ``wrt``: Tensors of the graph, or all leaves that require grad. A
    ``root`` that is no scalar is given its cotangent, too. The text runs by itself where there is
    NumPy, and ``.inputs`` holds the arguments by name. ``names`` (``locals()``, a dict, or a
    Module with named parameters) names tensors that have no ``name``; the gradient of ``z`` is
    ``dz``. Where names are given, what has none is written into the line that uses it.

    What was not recorded (a mask ``x > 0``, the indices of ``max``) is an argument, or a literal
    if it is small. Raises TypeError for what is not a Tensor, ValueError where ``root`` has no
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
        z = 3 * w                                         # (2,)
        loss = np.sum(z * z)
        # backward
        dz = z + z                                        # (2,)
        dw = 3 * dz                                       # (2,)
        return loss, dw
    """
    if not isinstance(root, Tensor):
        raise TypeError(f"to_source: needs a Tensor, got {type(root).__name__}")
    if root.grad_fn is None:
        raise ValueError(
            "to_source: this tensor has no recorded graph. Compute it from tensors with "
            "requires_grad=True, outside no_grad()"
        )
    recording = Recording(root, wrt, given_names(names, topological_order(root)))
    return Printer(recording, function).text()


def given_names(names: Any, order: list[Node]) -> dict[Any, str]:
    """Names of Nodes and leaves: those the tensors have, then those given."""
    known: dict[Any, str] = {}
    for node in order:
        for x in node.args:
            if isinstance(x, Tensor) and x.name:
                known.setdefault(source(x), x.name)
    if names is not None and not isinstance(names, Mapping):
        names = dict(names.named_parameters())
    for name, x in (names or {}).items():
        if isinstance(x, Tensor):
            known.setdefault(source(x), x.name or name)
    return known


class Recording:
    """The rules of a graph run on Vars: forward, then backward to what is wanted."""

    def __init__(self, root: Any, wrt: Any, known: Mapping[Any, str]) -> None:
        self.root = root
        self.known = known
        self.trace = Trace()
        self.inputs: dict[Any, Var] = {}  # what the function takes, by the id of the array
        self.input_names: dict[Var, str] = {}
        self.values: dict[Node, tuple] = {}  # of each Node: its output and its operands
        self.cotangents: dict[Any, Var] = {}  # of Nodes and leaves
        self.order = topological_order(root)
        self.leaves: list[Any] = []
        for node in reversed(self.order):
            self.run_forward(node)
        self.wrt = self.wanted(wrt)
        self.forward_calls = len(self.trace.calls)
        self.run_backward()

    def run_forward(self, node: Node) -> None:
        names = node.op.operands * (len(node.args) if node.op.variadic else 1)
        triples = zip(node.args, node.parents, names)
        operands = [self.operand(x, parent, name) for x, parent, name in triples]
        y = traced(node.op.forward)(*operands, **node.keywords)
        if y.dtype == float64 and "dtype" not in node.keywords:
            y = narrow(y, operands)
        self.values[node] = (y, *operands)

    def operand(self, x: Any, parent: Any, name: str) -> Any:
        """An operand of an op as a Var: the output of another, or an input of the function."""
        if isinstance(parent, Node):
            return self.values[parent][0]
        if parent is not None and not any(parent is leaf for leaf in self.leaves):
            self.leaves.append(parent)
        if isinstance(x, Tensor):
            return self.input(x._data, self.known.get(x, name))
        return self.input(x, name) if isinstance(x, np.ndarray) else x

    def input(self, array: Any, name: str) -> Var:
        if id(array) not in self.inputs:
            var = self.inputs[id(array)] = Var(self.trace, array)
            self.input_names[var] = name
        return self.inputs[id(array)]

    def wanted(self, wrt: Any) -> list[Any]:
        """The Nodes and leaves whose gradients are asked for."""
        if wrt is None:
            return self.leaves
        tensors = [wrt] if isinstance(wrt, Tensor) else list(wrt)
        targets = [source(x) for x in tensors]
        for i, x in enumerate(targets):
            if x not in self.values and not any(x is leaf for leaf in self.leaves):
                raise ValueError(f"to_source: item {i} of wrt is not in the graph of this tensor")
        return targets

    def run_backward(self) -> None:
        """Backward's walk, on Vars and only along the ways that lead to what is wanted."""
        leading = set(self.wrt)
        for node in reversed(self.order):
            if any(x in leading for x in node.parents if x is not None):
                leading.add(node)
        root, y = self.root.grad_fn, self.values[self.root.grad_fn][0]
        if y.shape == ():
            g = Var(self.trace, y.dtype.type(1))
        else:
            name = self.known.get(root, root.name)
            g = self.input(np.ones(y.shape, y.dtype), f"d{name}")
        self.cotangents[root] = g
        for node in self.order:
            if node not in leading or node not in self.cotangents:
                continue
            g, values = self.cotangents[node], self.values[node]
            for x, (vjp, needs) in zip(node.parents, node.op.rules):
                if x is not None and x in leading:
                    dx = fit(traced(vjp)(g, *needs(values), **node.keywords), x)
                    known = self.cotangents.get(x)
                    self.cotangents[x] = dx if known is None else known + dx


class Term(NamedTuple):
    """An expression ``times / over * text``; a number if there is no ``text``."""

    text: str
    level: int = ATOM
    times: Any = 1
    over: Any = 1


class Printer:
    """Writes the calls of a Recording as lines, and simplifies on the way as a person would."""

    def __init__(self, recording: Recording, function: str) -> None:
        self.recording = recording
        self.function = function
        self.taken: set[str] = set()
        self.lines: list[str] = []
        self.written: dict[Var, str] = {}  # what has a line or is an argument, by its name
        self.alias: dict[Var, Var] = {}
        self.whole: list[Any] = []  # rules that are called, and not looked into
        self.arguments: dict[str, Any] = {}
        self.wide = 60  # characters; an expression beyond gets a line of its own
        self.labels: dict[Var, str] = {}  # what should have a line, and its name
        self.folding = any(node in recording.known for node in recording.order[1:])
        self.find_aliases()
        self.name_inputs()
        self.name_outputs()
        self.uses = self.count_uses()

    # -- what has which name -----------------------------------------------------------

    def find_aliases(self) -> None:
        """Calls that do nothing: a copy, a cast to the same dtype, a transpose of a transpose."""
        for call in self.recording.trace.calls:
            x = self.same(call.args[0] if call.args else None)
            if isinstance(x, Var) and isinstance(call, Call) and does_nothing(call, x):
                self.alias[call.out] = x
            elif isinstance(x, Var) and transposes(call) and x.call and transposes(x.call):
                self.alias[call.out] = self.same(x.call.args[0])

    def same(self, x: Any) -> Any:
        return self.alias.get(x, x) if isinstance(x, Var) else x

    def name_inputs(self) -> None:
        known = self.recording.known.values()
        for var, name in self.recording.input_names.items():
            small = np.size(var.value) <= 4 and name not in known
            if small and all(var.value is not leaf._data for leaf in self.recording.leaves):
                self.written[var] = array_literal(var.value)
            else:
                self.written[var] = identifier(name, self.taken)
                self.arguments[self.written[var]] = var.value

    def name_outputs(self) -> None:
        recording = self.recording
        names: dict[Any, str] = {}
        for node in reversed(recording.order):
            called_so = recording.known.get(node)
            if node is recording.root.grad_fn:
                called_so = called_so or "loss"
            if called_so or not self.folding:
                names[node] = identifier(called_so or node.name, self.taken)
                self.labels.setdefault(self.same(recording.values[node][0]), names[node])
        for leaf in recording.leaves:
            names[leaf] = self.written[recording.inputs[id(leaf._data)]]
        wanted = set(recording.wrt)
        for x, g in recording.cotangents.items():
            if x in names or x in wanted:
                if np.shape(g.value) or g.call is not None:  # else it is the number 1
                    label = identifier(f"d{names.get(x) or x.name}", self.taken)
                    self.labels.setdefault(self.same(g), label)

    def count_uses(self) -> dict[Var, int]:
        """How many of the calls that are needed use each Var."""
        recording = self.recording
        results = [recording.values[recording.root.grad_fn][0]]
        results += [recording.cotangents[x] for x in recording.wrt]
        uses: dict[Var, int] = {}
        waiting = [self.same(x) for x in results]
        while waiting:
            var = waiting.pop()
            uses[var] = uses.get(var, 0) + 1
            if uses[var] == 1 and var.call is not None and var not in self.written:
                waiting += [self.same(x) for x in vars_in(self.arguments_of(var.call))]
        return uses

    # -- lines ---------------------------------------------------------------------------

    def text(self) -> Source:
        recording = self.recording
        calls = recording.trace.calls
        for i, call in enumerate(calls):
            if i == recording.forward_calls:
                self.lines.append("# backward")
            if isinstance(call, Call) and call.out in self.labels and call.out in self.uses:
                self.write(call.out, self.labels[call.out])
        results = [recording.values[recording.root.grad_fn][0]]
        results += [recording.cotangents[x] for x in recording.wrt]
        returned = ", ".join(self.result(self.same(x)) for x in results)
        body = "\n".join(f"    {line}".rstrip() for line in ["# forward", *self.lines])
        rules = helpers(self.whole)
        head = f"def {self.function}({', '.join(self.arguments)}):"
        imports = f"import numpy as np\n{rules}".rstrip()
        text = Source(f"{imports}\n\n\n{head}\n{body}\n    return {returned}\n")
        text.inputs = {name: np.asarray(x) for name, x in self.arguments.items()}
        return text

    def result(self, var: Var) -> str:
        if var not in self.written:
            self.write(var, self.labels[var])
        return self.written[var]

    def write(self, var: Var, name: str) -> None:
        """The line of a Var; the parts of a long one get lines of their own before it."""
        if var in self.written:
            return
        before = list(self.lines), dict(self.written), set(self.taken)
        wide = self.wide
        for self.wide in (60, 50, 35, 20, 0):
            self.lines, self.written, self.taken = map(copy, before)
            text = self.spelled(self.expression(var))[0]
            if len(name) + len(text) <= WIDTH:
                break
        self.wide = wide
        shape = f"  # {var.shape}" if var.shape else ""
        self.lines.append(f"{name} = {text}".ljust(52) * bool(shape) + shape or f"{name} = {text}")
        self.written[var] = name

    # -- expressions -----------------------------------------------------------------------

    def term(self, x: Any, dtype: Any = None) -> Term:
        """An argument of a call: a number, a name, or an expression written out."""
        x = self.same(x)
        if not isinstance(x, Var):
            if isinstance(x, int | float | np.number) and not isinstance(x, bool):
                return number(x, dtype)
            return Term(literal(x) or self.composed(x))
        if x not in self.written:
            if x in self.labels:
                self.write(x, self.labels[x])
            elif x.call is None:
                return number(x.value)
            else:
                term = self.expression(x)
                long = len(self.spelled(term)[0])
                crowded = self.wide < 60 and x.call.name  # the rule has a name for it, too
                if long <= SHORT or (self.uses[x] == 1 and long <= self.wide and not crowded):
                    return term
                self.write(x, identifier(x.call.name or name_for(x.call), self.taken))
        return Term(self.written[x])

    def composed(self, x: Any) -> str:
        """A tuple or list with Vars in it: an index, or several operands."""
        parts = [self.spelled(self.term(item))[0] for item in x]
        return f"[{', '.join(parts)}]" if isinstance(x, list) else f"({', '.join(parts)},)"

    def expression(self, var: Var) -> Term:
        call = var.call
        if call is None:
            return number(var.value)
        function, args = call.function, self.arguments_of(call)[0]
        term = partial(self.term, dtype=getattr(var.value, "dtype", None))
        if function in MULTIPLY:
            return product(*map(term, args))
        if function in DIVIDE:
            a, b = map(term, args)
            if not b.text:
                return a._replace(times=a.times * b.over, over=a.over * b.times)
            if a.text:
                top = called(operator.truediv, [(a.text, a.level), self.spelled(b)], {})
                return Term(*top, a.times, a.over)
        if function in NEGATIVE:
            a = term(args[0])
            return a._replace(times=-a.times)
        if function in PLUS + MINUS:
            a, b = map(term, args)
            if b.text and b.times == -1 and b.over == 1:
                function = operator.sub if function in PLUS else operator.add
                b = b._replace(times=1)
            return Term(*called(function, [self.spelled(a), self.spelled(b)], {}))
        if function is np.reciprocal:
            function, args = operator.truediv, (1, args[0])
        if function is np.dot and self.is_ones(args[0]):
            function, args = Method("sum"), (args[1], 0)
        if function is np.dot and all(np.ndim(x.value) == 2 for x in args):
            function = operator.matmul
        if function is np.broadcast_to and not term(args[0]).text:
            value = self.spelled(term(args[0]))[0]
            return Term(f"np.full({var.shape}, {value}, {literal(var.dtype)})")
        if function in (np.transpose, Attribute("mT")) and transposes(call):
            function, args = Attribute("T"), args[:1]
        if function == Method("reshape") and var.shape == (*args[0].shape, 1):
            function, args = operator.getitem, (args[0], (..., None))
            args = (args[0], (slice(None), None)) if args[0].ndim == 1 else args
        if name_of(function) is None:
            self.whole.append(function)
        keywords = dict(call.keywords)
        if isinstance(function, Method) and function.name in ("squeeze", "sum"):
            args = (args[0], *[keywords.pop(k) for k in ("axis",) if k in keywords], *args[1:])
            args = tuple(x[0] if isinstance(x, tuple) and len(x) == 1 else x for x in args)
        settings = {
            key: self.spelled(term(x))[0]
            for key, x in keywords.items()
            if not (x is None and key == "axis") and not (x is False and key == "keepdims")
        }
        return Term(*called(function, [self.spelled(term(x)) for x in args], settings))

    def is_ones(self, x: Any) -> bool:
        """Whether an operand is a vector of ones that a rule made: a product with it is a sum."""
        constant = isinstance(x, Var) and self.recording.trace.is_constant(x)
        return constant and x.ndim == 1 and bool((x.value == 1).all())

    def arguments_of(self, call: Call) -> tuple[tuple, dict]:
        """A call's arguments, without the broadcasting that NumPy does by itself."""
        args = call.args
        if call.function in ELEMENTWISE or isinstance(call.function, np.ufunc):
            bare = tuple(unbroadcast(self.same(x)) for x in args)
            shapes = [np.shape(getattr(x, "value", x)) for x in bare]
            if np.broadcast_shapes(*shapes) == call.out.shape:
                args = bare
        return tuple(self.same(x) for x in args), call.keywords

    def spelled(self, term: Term) -> tuple[str, int]:
        text, level, times, over = term
        if not text:
            value = literal(times) or str(times)
            if over == 1:
                return value, SIGN if value.startswith("-") else ATOM
            return f"{value} / {literal(over)}", PRODUCT
        if times == -1:
            negative = f"-({text})" if level < PRODUCT else f"-{text}"
            return (negative, SIGN) if over == 1 else (f"{negative} / {literal(over)}", PRODUCT)
        if times == over == 1:
            return text, level
        inner = f"({text})" if level < PRODUCT else text
        if times == 1:
            return f"{inner} / {literal(over)}", PRODUCT
        front = literal(times) if over == 1 else f"{literal(times)} / {literal(over)}"
        inner = f"({text})" if level <= PRODUCT and "/" in text or level < PRODUCT else text
        return f"{front} * {inner}", PRODUCT


def number(x: Any, dtype: Any = None) -> Term:
    """A number as a Term: in float32 the fewest digits that are the same float32."""
    value = x.item() if isinstance(x, np.ndarray | np.generic) else x
    x = np.float32(value) if dtype == np.float32 and isinstance(value, float) else x
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        value = int(value)
    elif isinstance(x, np.floating):
        value = float(str(x))
    return Term("", ATOM, value)


def product(a: Term, b: Term) -> Term:
    times, over = a.times * b.times, a.over * b.over
    if not (a.text and b.text):
        return Term(a.text or b.text, max(a.level * bool(a.text), b.level * bool(b.text)) or ATOM,
                    times, over)  # fmt: skip
    return Term(*called(operator.mul, [(a.text, a.level), (b.text, b.level)], {}), times, over)


def does_nothing(call: Call, x: Var) -> bool:
    """Whether a call gives what it was given."""
    function, out = call.function, call.out
    if function == Method("copy"):
        return True
    if function in (Method("reshape"), np.broadcast_to, np.reshape):
        return out.shape == x.shape
    if function == Method("astype"):
        return out.dtype == x.dtype
    if function == Method("squeeze") or function is np.squeeze:
        return out.shape == x.shape
    return function in (operator.pow, np.power) and type(call.args[1]) is int and call.args[1] == 1


def transposes(call: Any) -> bool:
    """Whether a call swaps the two dimensions of a matrix."""
    if not isinstance(call, Call) or np.ndim(call.out.value) != 2:
        return False
    if call.function in (Attribute("T"), Attribute("mT")):
        return True
    return call.function is np.transpose and call.args[1:] in ((), (None,), ((1, 0),))


def unbroadcast(x: Any) -> Any:
    while isinstance(x, Var) and x.call is not None and x.call.function is np.broadcast_to:
        x = x.call.args[0]
    return x


def name_for(call: Call) -> str:
    """A name for a value on the way, after what makes it."""
    name = getattr(call.function, "name", getattr(call.function, "__name__", "t"))
    return name.strip("_") if name.strip("_") not in ("getitem", "T", "mT") else "t"


def array_literal(x: Any) -> str:
    if np.ndim(x) == 0:
        return literal(np.asarray(x).item()) or "0"
    return f"np.array({np.asarray(x).tolist()}, {literal(np.asarray(x).dtype)})"
