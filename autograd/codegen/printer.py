"""A Recording as text: the backward pass as a person would write it."""

from __future__ import annotations

import ast
import keyword
import operator
import textwrap
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..names import identifier, variables_of_caller
from ..tensors import Tensor
from .expressions import MOVES, Term, Terms
from .helpers import Helpers
from .passes import does_nothing, needed, without_repeats
from .recording import Recording
from .spelling import BINARY, COMPARE, name_of
from .trace import Call, Var, same

CODE = 72  # characters of a line, without indentation and comment
LINE = 87  # and with them
WIDE = 60  # an expression beyond gets a line of its own
SHORT = 16  # an expression used in several places is written out again up to here
CHEAP = {*BINARY, *COMPARE, *MOVES, np.negative, operator.getitem} - {np.matmul}
SMALL = 8  # numbers; an operand beyond is an argument


class Source(str):
    """The text of a function; ``inputs`` holds its arguments by name, as arrays."""

    inputs: dict[str, Any]
    name: str

    def function(self, module: Any = np, **functions: Callable) -> Callable:
        """The function itself, over NumPy or another array module: ``jax.numpy``.

        ``functions`` take the place of those of the same name that the text defines, where the
        module has its own: ``source.function(jax.numpy, erf=jax.scipy.special.erf)``. Raises
        TypeError for a name that the text does not have.

        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> source = autograd.to_source((x * x).sum(), names={"x": x})
        >>> source.function()(**source.inputs)
        (np.float32(5.0), array([2., 4.], dtype=float32))
        """
        space: dict[str, Any] = {}
        text: str = self
        if module is not np:
            text = Source(self.replace("import numpy as np\n", "", 1))
            space["np"] = SimpleNamespace(**{"errstate": np.errstate, "s_": np.s_, **vars(module)})
        exec(compile(text, f"<{self.name}>", "exec"), space)
        unknown = sorted(functions.keys() - space.keys())
        if unknown:
            raise TypeError(f"{self.name}: the text has no {', '.join(unknown)}")
        space.update(functions)
        return space[self.name]


def to_source(root: Any, wrt: Any = None, names: Any = None, function: str = "backward") -> Source:
    """The forward and backward pass of ``root`` as the text of a Python function on NumPy.

    The function takes the leaves of the graph and returns the value of ``root`` and its gradient
    with respect to each of ``wrt``: Tensors of the graph, or all leaves that require grad. A
    ``root`` that is no scalar is given its cotangent, too. The text runs by itself where there is
    NumPy, and ``.inputs`` holds the arguments by name, as they are now: parameters that an
    optimizer has changed since have their new numbers. ``.function(jax.numpy)`` is the function
    over another array module. Tensors that have no ``name`` are called as your variables, or as
    ``names`` (a dict, or a Module with named parameters; ``{}`` for none); the gradient of ``z`` is
    ``dz``. Where there are names, what has none is written into the line that uses it.

    What was not recorded (a mask ``x > 0`` made outside ``record_source()``) is an argument, or a
    literal if it is short; so are random numbers. A rule that cannot be looked into comes along
    as a function of its own. Hooks are left out. Raises TypeError for what is not a Tensor,
    ValueError where ``root`` has no graph, where ``wrt`` is not in it, and where the source of a
    rule cannot be had.

    >>> import autograd
    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> z = 3 * w
    >>> loss = (z * z).sum()
    >>> print(to_source(loss))
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
    names = variables_of_caller() if names is None else names
    return Printer(Recording([root], wrt, names), function).text()


class Printer:
    """Writes a Recording as a function: which value has a line, which name, and where."""

    def __init__(self, recording: Recording, function: str) -> None:
        self.recording = recording
        self.function = function
        self.taken: set[str] = set()
        self.terms = Terms()
        self.arguments: dict[str, Any] = {}
        self.argument_vars: list[Var] = []
        self.labels: dict[Var, str] = {}  # what should have a line, and its name
        self.given: set[Var] = set(recording.results)  # whose names a person gave or asks for
        self.cheap: set[Call] = set()  # which may as well be made again
        self.lines: list[tuple[str, ast.expr | None, str]] = []  # name, value and comment
        calls = needed(recording.trace.calls, self.ends)
        without_repeats(calls, self.own)
        self.calls = needed(calls, self.ends)
        self.prepare()
        self.uses = self.count_uses()
        whole = [c.function for c in self.calls if name_of(c.function) is None]
        self.helpers = Helpers([f for f in whole if f is not same], self.taken)
        self.terms.helpers = self.helpers.calls
        self.name_inputs()
        self.name_outputs()

    @property
    def ends(self) -> list[Var]:
        """What is to be computed."""
        return self.recording.results

    @property
    def own(self) -> list[Var]:
        """What has a call of its own, also where another gives the same."""
        values = [known[0] for known in self.recording.values.values()]
        return [*self.ends, *values, *self.recording.cotangents.values()]

    def count_uses(self) -> dict[Var, int]:
        """How many of the calls that are needed use each Var, in the order of use."""
        uses = dict.fromkeys(self.ends, 1)
        for call in self.calls:
            for x in call.inputs:
                uses[x] = uses.get(x, 0) + 1
        return uses

    # -- names -------------------------------------------------------------------------------

    def name_inputs(self) -> None:
        """Arrays become arguments; short ones that have no name are written out."""
        recording = self.recording
        given = recording.cotangents.get(recording.root)
        leaves = {id(leaf._data) for leaf in recording.leaves.values()}
        for var, operand in recording.inputs.items():  # in the order in which they are used
            name = recording.array_names.get(id(var.value))
            if var in self.uses and var is not given:
                kept = name or var.size > SMALL or id(var.value) in leaves
                if kept or var in recording.drawn or not self.terms.constant(var):
                    self.add_argument(var, name or operand)
        for var in self.uses:
            made = var.call is not None or var in self.terms.known or var is given
            if not made and not self.terms.constant(var):
                self.add_argument(var, "array")
        if given in recording.inputs:
            self.add_argument(given, recording.inputs[given])
        elif given is not None:
            self.terms.constant(given)

    def add_argument(self, var: Var, name: str) -> None:
        self.argument_vars.append(var)
        name = identifier(name, self.taken)
        self.terms.name(var, name)
        self.arguments[name] = var.value

    def name_outputs(self) -> None:
        """Outputs of ops get lines: those with names if any has one, else all."""
        recording = self.recording
        names: dict[Any, str] = dict(recording.names)
        named = any(node in names for node in recording.order if node is not recording.root)
        for node in reversed(recording.order):
            if node is recording.root:
                names.setdefault(node, "loss")
            if node in names or not named:
                names.setdefault(node, node.name)
                y = recording.values[node][0]
                if node in recording.names:
                    self.given.add(y)
                if y in self.uses and y not in recording.drawn:
                    self.labels[y] = names[node] = identifier(names[node], self.taken)
        for leaf in recording.leaves.values():
            var = recording.trace.input(leaf._data)
            term = self.terms.known.get(var)
            names[leaf] = ast.unparse(term.whole()) if term and var in self.uses else "x"
        wanted = set(recording.wrt)
        for x, g in recording.cotangents.items():
            if (x in names or x in wanted) and g.call is not None and g in self.uses:
                self.labels[g] = identifier(f"d{names.get(x) or x.name}", self.taken)
                if x in recording.names:
                    self.given.add(g)

    # -- lines -------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Look at the calls before they are written."""

    def text(self) -> Source:
        for title, calls in groupby(self.calls, attrgetter("section")):
            self.section(title, calls)
        results = self.finish()
        self.lines.append(("return", results[0] if len(results) == 1 else ast.Tuple(results), ""))
        self.drop_unused()
        head = wrapped(f"def {self.function}({', '.join(self.arguments)}):", 0)
        if any(call.quiet for call in self.calls):
            head = f'@np.errstate(all="ignore")\n{head}'
        text = Source("\n\n\n".join([*self.texts, f"{head}\n{self.body()}\n"]))
        text.inputs = {name: np.asarray(x) for name, x in self.arguments.items()}
        text.name = self.function
        return text

    @property
    def texts(self) -> list[str]:
        """What stands before the function."""
        return self.helpers.texts

    def section(self, title: str, calls: Iterable[Call]) -> None:
        """The lines of the calls of one part, under its title."""
        if self.lines:
            self.remark("")
        self.remark(f"# {title}")
        for call in calls:
            self.add(call)

    def finish(self) -> list[ast.expr]:
        """What the function returns."""
        return [self.terms.whole(x) for x in self.recording.results]

    def remark(self, text: str) -> None:
        self.lines.append(("", None, text))

    def drop_unused(self) -> None:
        """Leave out the lines whose name no later line has."""
        used: set[str] = {"return", ""}
        kept = []
        for name, value, comment in reversed(self.lines):
            if name in used:
                used.update(x.id for x in ast.walk(value or ast.Pass()) if isinstance(x, ast.Name))
                kept.append((name, value, comment))
        self.lines = kept[::-1]

    def body(self) -> str:
        """The lines, with the comments below each other."""
        codes = [
            comment if value is None else assigned(name, value)
            for name, value, comment in self.lines
        ]
        comments = ["" if value is None else comment for _, value, comment in self.lines]
        widths = [len(code) for code, x in zip(codes, comments) if x and len(code) <= WIDE]
        column = max(widths, default=0)
        lines = []
        for code, comment in zip(codes, comments):
            line = f"    {code:{column}}  # {comment}" if comment else f"    {code}"
            lines.append(line.rstrip() if len(line) <= LINE else wrapped(code, 4))
        return "\n".join(lines)

    def add(self, call: Call) -> None:
        """Give a call a line, or keep it to be written into the lines that use it."""
        if self.is_cheap(call):
            self.cheap.add(call)
        name = self.labels.get(call.out)
        term = self.fitted(call, name or name_for(call))
        if call.out not in self.given and (term.tree is None or term.is_name):
            name = None  # nobody misses it
        if name is None:
            length = len(ast.unparse(term.whole()))
            once = self.uses[call.out] == 1 and length <= WIDE and not call.name
            again = length <= SHORT and call in self.cheap
            if once or again or term.tree is None or term.is_name:
                self.terms.known[call.out] = term
                return
        self.line(call, name)

    def line(self, call: Call, name: str | None = None) -> None:
        """The line of a call."""
        self.terms.known[call.out] = self.fitted(call, name or name_for(call))
        name = name or identifier(name_for(call), self.taken)
        shape = str(call.out.shape) if call.out.shape else ""
        self.lines.append((name, self.terms.whole(call.out), shape))
        self.terms.name(call.out, name)

    def fitted(self, call: Call, name: str) -> Term:
        """A call as an expression that fits a line: long operands get lines of their own."""
        while True:
            term = self.terms.expression(call)
            parts: list[Any] = [x for x in call.inputs if self.is_open(x)]
            if len(f"{name} = {ast.unparse(term.whole())}") <= CODE or not parts:
                return term
            parts.sort(key=lambda x: len(self.terms.text(x)), reverse=True)
            for x in parts[: 1 + len(parts) // 8]:
                if self.is_open(x):
                    self.line(x.call)

    def is_cheap(self, call: Call) -> bool:
        """Whether a call may as well be made again: a view, or one step of arithmetic."""
        if does_nothing(call) and call.inputs[0].call is not None:
            return call.inputs[0].call in self.cheap
        terms = [self.terms.known[x] for x in call.inputs]
        return call.function in CHEAP and all(t.tree is None or t.is_name for t in terms)

    def is_open(self, var: Var) -> bool:
        """Whether a Var is an expression that could have a line."""
        term = self.terms.known[var]
        return var.call is not None and term.tree is not None and not term.is_name


def name_for(call: Call) -> str:
    """A name for a value on the way: the rule's own, or after what makes it."""
    if call.name:
        return call.name
    name = getattr(call.function, "name", getattr(call.function, "__name__", "t")).strip("_")
    return name if name not in ("getitem", "transpose", "matrix_transpose", "same") else "t"


def assigned(name: str, value: ast.expr) -> str:
    if name == "":
        return ast.unparse(value)
    if name != "return":
        return f"{name} = {ast.unparse(value)}"
    items = value.elts if isinstance(value, ast.Tuple) else [value]
    return f"return {', '.join(map(ast.unparse, items))}"


def wrapped(code: str, indent: int) -> str:
    """A line of code, broken at the spaces between its outermost brackets where it is too long.

    >>> print(wrapped("y = f(" + ", ".join(["argument"] * 10) + ")", 0))
    y = f(
        argument, argument, argument, argument, argument, argument, argument, argument,
        argument, argument
    )
    """
    space = " " * indent
    if len(space + code) <= LINE:
        return space + code
    front, _, inside = code.partition("(")
    if code.startswith("return "):
        front, inside = "return ", f"{code.removeprefix('return ')})"
    inside, _, after = inside.rpartition(")")
    lines = textwrap.fill(inside, LINE - indent - 4, break_long_words=False, break_on_hyphens=False)
    block = textwrap.indent(lines, f"{space}    ")
    broken = f"{space}{front}(\n{block}\n{space}){after}"
    return broken if meaning(broken) == meaning(code) is not None else space + code


def meaning(code: str) -> str | None:
    """The syntax tree of a line, also of the head of a function."""
    body = "\n    pass" if code.endswith(":") else ""
    try:
        return ast.dump(ast.parse(textwrap.dedent(code) + body))
    except SyntaxError:
        return None
