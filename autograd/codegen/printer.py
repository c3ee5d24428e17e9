"""A Recording as text: the backward pass as a person would write it."""

from __future__ import annotations

import ast
import keyword
import textwrap
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..names import identifier, variables_of_caller
from ..tensors import Tensor
from .expressions import Term, Terms
from .helpers import Helpers
from .recording import Recording
from .trace import Var

CODE = 72  # characters of a line, without indentation and comment
LINE = 87  # and with them
WIDE = 60  # an expression beyond gets a line of its own
SHORT = 16  # an expression used in several places is written out again up to here
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
        self.arguments: dict[Var, str] = {}
        self.labels: dict[Var, str] = {}  # what should have a line, and its name
        self.before: dict[Any, tuple[str, str]] = {}  # what is made first: its name and line
        self.lines: list[tuple[str, str, str]] = []  # of code, in two parts, and a comment
        self.ends = [*recording.results, *recording.updates.values()]
        self.calls = recording.trace.needed(self.ends)
        self.uses = Counter([*self.ends, *recording.updates])  # how many use each Var
        for made in self.calls:
            self.uses.update(made.inputs)
        self.helpers = Helpers([made.function for made in self.calls], self.taken)
        self.terms.helpers = self.helpers.calls
        self.name_inputs()
        self.name_outputs()

    def name_inputs(self) -> None:
        """Arrays become arguments; short ones that have no name are written out."""
        recording = self.recording
        inputs, root = recording.inputs, recording.cotangents.get(recording.root)
        leaves = set(recording.leaves.values())
        begin = [x for x in dict.fromkeys([*inputs, *self.uses]) if x.function is None]
        begin = [x for x in begin if x in self.uses or x is root]
        for var in sorted(begin, key=lambda x: x is root):
            name = recording.names.get(id(var.value))
            kept = name or var.size > SMALL or var in leaves or var in recording.live or var is root
            if (kept and var in inputs) or not self.terms.constant(var):
                self.arguments[var] = identifier(name or inputs.get(var, "array"), self.taken)
                self.terms.name(var, self.arguments[var])

    def name_outputs(self) -> None:
        """Outputs of ops get lines: those with names if any has one, else all."""
        recording = self.recording
        values, cotangents = recording.values, recording.cotangents
        names: dict[Any, str] = {recording.root: "loss", **recording.names}
        named = any(node in recording.names for node in recording.order[1:])
        for node in reversed(recording.order):
            if node in names or not named:
                names[node] = self.label(values[node][0], names.get(node, node.name))
        for leaf, var in recording.leaves.items():
            names[leaf] = self.arguments.get(var, "x")
        wanted = dict.fromkeys(recording.wrt)
        for x in {**wanted, **cotangents}:
            if x in names or x in wanted:
                self.label(cotangents[x], f"d{names.get(x) or x.name}")
        # Whose names a person gave or asks for.
        self.given = {
            *recording.results,
            *(values[x][0] for x in recording.names if x in values),
            *(cotangents[x] for x in recording.names if x in cotangents),
        }

    def label(self, var: Var, name: str) -> str:
        """Have the line of a Var, if it needs one, called like this; the name that it gets."""
        if var in self.uses and var.function is not None and var not in self.labels:
            self.labels[var] = name = identifier(name, self.taken)
        return name

    def text(self) -> Source:
        for title, calls in groupby(self.calls, attrgetter("section")):
            if self.lines:
                self.statement("", "")
            self.statement(f"# {title}", "")
            for made in calls:
                self.add(made)
        for target, value in self.recording.updates.items():  # what is not yet written there
            self.statement("", f"np.copyto({self.terms.text(target)}, {self.terms.text(value)})")
        self.statement("return ", ", ".join(map(self.terms.text, self.recording.results)))
        head = broken(f"def {self.function}(", ", ".join(self.arguments.values()), "):")
        if any(made.quiet for made in self.calls):
            head = f'@np.errstate(all="ignore")\n{head}'
        before = "\n".join(line for _, line in self.before.values())
        parts = [*self.helpers.texts, before, f"{head}\n{self.body()}\n"]
        text = Source("\n\n\n".join(filter(None, parts)))
        text.inputs = {name: np.asarray(x.value) for x, name in self.arguments.items()}
        text.name = self.function
        return text

    def body(self) -> str:
        """The lines, with the comments below each other."""
        widths = [len(front + code) for front, code, comment in self.lines if comment]
        column = max([n for n in widths if n <= WIDE], default=0)
        lines = []
        for front, code, comment in self.lines:
            line = f"    {front + code:{column}}  # {comment}" if comment else f"    {front}{code}"
            lines.append(line.rstrip() if len(line) <= LINE else broken(f"    {front}", code))
        return "\n".join(lines)

    def add(self, made: Var) -> None:
        """Give a call a line, or keep it to be written into the lines that use it."""
        name = self.labels.get(made)
        term = self.terms.known[made] = self.fitted(made, name or name_for(made))
        alike = term.tree is None or term.is_name
        if alike and made not in self.given:
            return  # nobody misses it
        if name is None:
            length = len(self.terms.text(made))
            once = self.uses[made] == 1 and length <= WIDE and not made.name
            if once or alike or (length <= SHORT and is_cheap(term.tree)):
                return
        self.line(made)

    def line(self, made: Var) -> None:
        """The line of a call."""
        name = self.labels.get(made) or identifier(name_for(made), self.taken)
        self.statement(f"{name} = ", self.terms.text(made), made.shape)
        self.terms.name(made, name)

    def statement(self, front: str, code: str, shape: tuple = ()) -> None:
        self.lines.append((front, code, str(shape) if shape else ""))

    def fitted(self, made: Var, name: str) -> Term:
        """A call as an expression that fits a line: long operands get lines of their own."""
        while True:
            term = self.terms.expression(made)
            parts = [x for x in dict.fromkeys(made.inputs) if self.is_open(x)]
            if len(f"{name} = {ast.unparse(term.whole())}") <= CODE or not parts:
                return term
            parts.sort(key=lambda x: len(self.terms.text(x)), reverse=True)
            for x in parts[: 1 + len(parts) // 8]:
                self.line(x)

    def is_open(self, var: Var) -> bool:
        """Whether a Var is an expression that could have a line."""
        term = self.terms.known[var]
        return var.function is not None and term.tree is not None and not term.is_name


def is_cheap(tree: Any) -> bool:
    """Whether an expression may as well be computed again: one step of arithmetic, or a view."""
    inner = [x for x in ast.iter_child_nodes(tree) if isinstance(x, ast.expr)]
    view = isinstance(tree, ast.Attribute | ast.Subscript)
    simple = view or all(isinstance(x, ast.Name | ast.Constant) for x in inner)
    return simple and not isinstance(getattr(tree, "op", tree), ast.MatMult | ast.Call)


def name_for(made: Var) -> str:
    """A name for a value on the way: the rule's own, or after what makes it."""
    name = made.name or made.function.__name__.strip("_")
    return name if name not in ("getitem", "transpose", "matrix_transpose", "same") else "t"


def broken(front: str, code: str, back: str = "") -> str:
    """A line of code, broken at spaces, within brackets, where it is too long."""
    line = f"{front}{code}{back}"
    if len(line) <= LINE or "'" in code:  # where a space may be one in quotes
        return line
    before = " " * (len(front) - len(front.lstrip()))
    wrapper = textwrap.TextWrapper(LINE, break_long_words=False, break_on_hyphens=False)
    wrapper.initial_indent = wrapper.subsequent_indent = f"{before}    "
    opening, back = (front, back) if front.endswith("(") else (f"{front}(", ")")
    return f"{opening}\n{wrapper.fill(code)}\n{before}{back}"
