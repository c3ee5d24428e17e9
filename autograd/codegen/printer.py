"""The calls of a Recording as lines of text."""

from __future__ import annotations

import ast
import operator
import re
import textwrap
from typing import Any

import numpy as np

from ..trace import Call, Var, vars_in
from .helpers import Helpers
from .spelling import identifier, name_of
from .terms import ELEMENTWISE, MOVES, Term, Terms, does_nothing, same

CODE = 72  # characters of a line, without indentation and comment
LINE = 87  # and with them
WIDE = 60  # an expression beyond gets a line of its own
SHORT = 16  # an expression used in several places is written out again up to here
CHEAP = {*ELEMENTWISE, *MOVES, operator.getitem} - {np.where}
SMALL = 8  # numbers; an operand beyond is an argument


class Source(str):
    """The text of a function; ``inputs`` holds its arguments by name, as arrays."""

    inputs: dict[str, Any]


class Printer:
    """Writes a Recording as a function: which value has a line, which name, and where."""

    def __init__(self, recording: Any, function: str) -> None:
        self.recording = recording
        self.function = function
        self.taken: set[str] = set()
        self.terms = Terms()
        self.arguments: dict[str, Any] = {}
        self.labels: dict[Var, str] = {}  # what should have a line, and its name
        self.given: set[Var] = set(recording.results)  # whose names a person gave or asks for
        self.lines: list[tuple[str, str]] = []  # code and comment
        self.uses = self.count_uses()
        self.calls = [c for c in recording.trace.calls if c.out in self.uses]
        whole = [c.function for c in self.calls if name_of(c.function) is None]
        self.helpers = Helpers([f for f in whole if f is not same], self.taken)
        self.terms.helpers = self.helpers.calls
        self.name_inputs()
        self.name_outputs()

    def count_uses(self) -> dict[Var, int]:
        """How many of the calls that are needed use each Var."""
        uses: dict[Var, int] = {}
        waiting = list(self.recording.results)
        while waiting:
            var = waiting.pop()
            uses[var] = uses.get(var, 0) + 1
            if uses[var] == 1 and var.call is not None:
                waiting += vars_in((var.call.args, var.call.keywords))
        return uses

    # -- names -------------------------------------------------------------------------------

    def name_inputs(self) -> None:
        """Arrays become arguments; short ones that have no name are written out."""
        recording = self.recording
        given = recording.cotangents[recording.root]
        leaves = {id(leaf._data) for leaf in recording.leaves.values()}
        for var, operand in recording.inputs.items():  # in the order in which they are used
            name = recording.array_names.get(id(var.value))
            if var in self.uses:
                data = var.size > SMALL and var not in recording.settings
                kept = name or data or id(var.value) in leaves or var is given
                if kept or not self.terms.constant(var):
                    self.add_argument(var, name or operand)
        for var in self.uses:
            if var.call is None and var not in self.terms.known and not self.terms.constant(var):
                self.add_argument(var, "array")

    def add_argument(self, var: Var, name: str) -> None:
        name = identifier(name, self.taken)
        self.terms.name(var, name)
        self.arguments[name] = var.value

    def name_outputs(self) -> None:
        """Outputs of ops get lines: those with names if any has one, else all."""
        recording = self.recording
        names: dict[Any, str] = dict(recording.names)
        named = any(node in names for node in recording.order[1:])
        for node in reversed(recording.order):
            if node is recording.root:
                names.setdefault(node, "loss")
            if node in names or not named:
                names.setdefault(node, node.name)
                y = recording.values[node][0]
                if node in recording.names:
                    self.given.add(y)
                if y in self.uses:
                    self.labels[y] = names[node] = identifier(names[node], self.taken)
        for leaf in recording.leaves.values():
            var = recording.trace.constant(leaf._data)
            names[leaf] = self.terms.known[var].text if var in self.uses else "x"
        wanted = set(recording.wrt)
        for x, g in recording.cotangents.items():
            if (x in names or x in wanted) and g.call is not None and g in self.uses:
                self.labels[g] = identifier(f"d{names.get(x) or x.name}", self.taken)
                if x in recording.names:
                    self.given.add(g)

    # -- lines -------------------------------------------------------------------------------

    def text(self) -> Source:
        recording = self.recording
        forward = set(recording.trace.calls[: recording.forward_calls])
        self.lines.append(("# forward", ""))
        sections = [[c for c in self.calls if (c in forward) is which] for which in (True, False)]
        for call in sections[0]:
            self.add(call)
        self.lines += [("", ""), ("# backward", "")]
        for call in sections[1]:
            self.add(call)
        self.lines.append((f"return {', '.join(map(self.terms.text, recording.results))}", ""))
        self.drop_unused()
        head = wrapped(f"def {self.function}({', '.join(self.arguments)}):", 0)
        if any(call.quiet for call in self.calls):
            head = f'@np.errstate(all="ignore")\n{head}'
        text = Source("\n\n\n".join([*self.helpers.texts, f"{head}\n{self.body()}\n"]))
        text.inputs = {name: np.asarray(x) for name, x in self.arguments.items()}
        return text

    def drop_unused(self) -> None:
        """Leave out the lines whose name no later line has."""
        used: set[str] = set()
        kept = []
        for code, comment in reversed(self.lines):
            name, equals, text = code.partition(" = ")
            if not equals or name in used:
                used.update(re.findall(r"\w+", text or code))
                kept.append((code, comment))
        self.lines = kept[::-1]

    def body(self) -> str:
        """The lines, with the comments below each other."""
        widths = [len(code) for code, comment in self.lines if comment and len(code) <= WIDE]
        column = max(widths, default=0)
        lines = []
        for code, comment in self.lines:
            line = f"    {code:{column}}  # {comment}" if comment else f"    {code}"
            lines.append(line.rstrip() if len(line) <= LINE else wrapped(code, 4))
        return "\n".join(lines)

    def add(self, call: Call) -> None:
        """Give a call a line, or keep it to be written into the lines that use it."""
        name = self.labels.get(call.out)
        term = self.fitted(call, name or name_for(call))
        if call.out not in self.given and (not term.text or term.is_name):
            name = None  # nobody misses it
        if name is None:
            length = len(term.spelled()[0])
            once = self.uses[call.out] == 1 and length <= WIDE and not call.name
            if once or not term.text or term.is_name or (length <= SHORT and self.is_cheap(call)):
                self.terms.known[call.out] = term
                return
        self.line(call, name)

    def line(self, call: Call, name: str | None = None) -> None:
        """The line of a call."""
        self.terms.known[call.out] = self.fitted(call, name or name_for(call))
        name = name or identifier(name_for(call), self.taken)
        shape = str(call.out.shape) if call.out.shape else ""
        self.lines.append((f"{name} = {self.terms.text(call.out)}", shape))
        self.terms.name(call.out, name)

    def fitted(self, call: Call, name: str) -> Term:
        """A call as an expression that fits a line: long operands get lines of their own."""
        while True:
            term = self.terms.expression(call)
            parts: list[Any] = [x for x in vars_in((call.args, call.keywords)) if self.is_open(x)]
            if len(f"{name} = {term.spelled()[0]}") <= CODE or not parts:
                return term
            parts.sort(key=lambda x: len(self.terms.text(x)), reverse=True)
            for x in parts[: 1 + len(parts) // 8]:
                if self.is_open(x):
                    self.line(x.call)

    def is_cheap(self, call: Call) -> bool:
        """Whether a call may as well be made again: a view, or one step of arithmetic."""
        while does_nothing(call) and call.inputs[0].call is not None:
            call = call.inputs[0].call
        terms = [self.terms.known[x] for x in vars_in((call.args, call.keywords))]
        return call.function in CHEAP and all(not t.text or t.is_name for t in terms)

    def is_open(self, var: Var) -> bool:
        """Whether a Var is an expression that could have a line."""
        term = self.terms.known[var]
        return var.call is not None and bool(term.text) and not term.is_name


def name_for(call: Call) -> str:
    """A name for a value on the way: the rule's own, or after what makes it."""
    if call.name:
        return call.name
    name = getattr(call.function, "name", getattr(call.function, "__name__", "t")).strip("_")
    return name if name not in ("getitem", "T", "mT", "same") else "t"


def wrapped(code: str, indent: int) -> str:
    """A long line of code with its value in parentheses, broken at spaces, if that changes nothing.

    >>> print(wrapped("y = f(" + ", ".join(["argument"] * 10) + ")", 0))
    y = f(
        argument, argument, argument, argument, argument, argument, argument, argument,
        argument, argument
    )
    """
    space = " " * indent
    if len(space + code) <= LINE:
        return space + code
    name, _, value = code.partition(" = ")
    call, _, inside = code.partition("(")
    inside, _, after = inside.rpartition(")")
    ways = [(f"{call}(", inside, f"){after}"), (f"{name} = (", value, ")")]
    if code.startswith("return "):
        ways = [("return (", code.removeprefix("return "), ")")]
    for start, middle, end in ways:
        lines = textwrap.fill(middle, LINE - indent - 4, **AS_IT_IS)
        block = textwrap.indent(lines, f"{space}    ")
        broken = f"{space}{start}\n{block}\n{space}{end}"
        if meaning(broken) == meaning(code) is not None:
            return broken
    return space + code


AS_IT_IS: Any = {"break_long_words": False, "break_on_hyphens": False}


def meaning(code: str) -> str | None:
    """The syntax tree of a line, also of the head of a function."""
    body = "\n    pass" if code.endswith(":") else ""
    try:
        return ast.dump(ast.parse(textwrap.dedent(code) + body))
    except SyntaxError:
        return None
