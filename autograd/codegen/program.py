"""Calls as a program: lines of NumPy that write into memory kept from run to run."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from contextvars import copy_context
from typing import Any

import numpy as np

from ..trace import Call, Guard, Method, Var, vars_in
from .spelling import ATOM, call_text, called, identifier, index, literal, name_of
from .tidy import UFUNCS

REDUCTIONS: dict[Any, Any] = {
    Method("sum"): np.add, np.sum: np.add, Method("max"): np.maximum, np.max: np.maximum,
    Method("min"): np.minimum, np.min: np.minimum,
}  # fmt: skip

POWERS = {2: np.square, -1: np.reciprocal, 0.5: np.sqrt}  # what NumPy makes of ``x ** 2``


class Names:
    """Python names, none given twice, and the objects that a program refers to by them."""

    def __init__(self, **objects: Any) -> None:
        self.namespace: dict[str, Any] = {"np": np, **objects}
        self.taken = set(self.namespace)
        self.known: dict[int, str] = {}

    def new(self, name: str) -> str:
        """A name like this one that is still free."""
        return identifier(name, self.taken)

    def of(self, x: Any, name: str) -> str:
        """The name of an object, which is like ``name`` if it had none."""
        if id(x) not in self.known:
            self.known[id(x)] = self.new(name)
            self.namespace[self.known[id(x)]] = x
        return self.known[id(x)]


class Writer:
    """Writes calls as lines of Python, and the memory and views that these lines use.

    ``names`` holds what the Vars that the program begins with are called, and ``fixed`` those
    whose array is one and the same at every run. Results, whose roots are in ``fresh``, get
    memory of their own at each run.
    """

    def __init__(
        self, known: Names, names: dict[Var, str], fixed: set[Var], fresh: set[Var]
    ) -> None:
        self.known = known
        self.names = names
        self.fixed = fixed
        self.fresh = fresh
        self.setup: list[str] = []
        self.beginning: list[str] = []  # of each run
        self.failing = "return halfway"  # what to do where a guard does not hold
        self.numbers: dict[Any, str] = {}
        self.buffers: dict[Var, tuple[str, Any]] = {}  # by root: the name, and what it fits
        self.free: dict[Any, list[str]] = {}  # buffers that nobody needs any more
        self.count = 0  # of buffers
        self.last: dict[Var, int] = {}  # the last line that uses a root
        self.made_before: set[Var] = set()  # views that the setup makes

    def statements(self, calls: list[Call | Guard], lasting: list[Var]) -> list[str]:
        """The line of each call. The memory of ``lasting`` is not used for anything else."""
        made = [call for call in calls if isinstance(call, Call)]
        self.results = {a.out for a, b in zip(made, [*made[1:], None]) if not b or a.rule != b.rule}
        for i, call in enumerate(calls):
            used = [call.var] if isinstance(call, Guard) else [*call.inputs, call.out]
            self.last.update({x.root: i for x in used})
        self.last.update({x.root: len(calls) for x in lasting})
        return [
            f"if {'not ' * call.taken}{self.name(call.var)}: {self.failing}"
            if isinstance(call, Guard)
            else self.statement(call, i)
            for i, call in enumerate(calls)
        ]

    def statement(self, call: Call, i: int) -> str:
        """The line of a call; none for a view of memory that stays: that is made beforehand."""
        out = call.out
        if call.writes is not None:
            if call.function is np.copyto:
                return call_text("np.copyto", [self.name(out), self.text(call.args[1])])
            if call.function is operator.setitem:
                return f"{self.name(out)}[{self.index(call.args[1])}] = {self.text(call.args[2])}"
            kept = {key: self.text(x) for key, x in call.keywords.items() if key != "out"}
            plain = kept or not isinstance(call.function, np.ufunc)
            args = [self.text(x) if plain else self.operand(x, call) for x in call.args]
            return written_to(call.function, args, kept, self.name(out))
        if self.looks_at_fixed(call):
            places = {x: self.buffers[x][0] for x in call.inputs if x in self.buffers}
            text = self.expression(call, {**self.names, **places})
            self.setup.append(f"{self.new_name(out)} = {text}")
            self.fixed.add(out)
            self.made_before.add(out)
            return ""
        function, args, keywords = self.with_out(call)
        if function is None or not isinstance(out.value, np.ndarray) or not self.fits(out):
            text = self.expression(call)
            if call.function in REDUCTIONS and function is not None:
                text = call_text(str(name_of(function)), args, keywords)
            self.release(call, i)
            return f"{self.new_name(out)} = {text}"
        if self.may_overwrite(call, i):
            self.release(call, i)
        buffer = self.buffer(out)
        self.release(call, i)
        self.fixed.add(out)
        return f"{self.new_name(out)} = {written_to(function, args, keywords, buffer)}"

    def with_out(self, call: Call) -> tuple[Any, list[str], dict[str, str]]:
        """A function that takes ``out=``, and its arguments; None where there is no such thing."""
        function, args = call.function, call.args
        if not isinstance(call.out.value, np.ndarray | np.generic):
            return None, [], {}
        if function in REDUCTIONS:
            settings = {"axis": None, "keepdims": False} | call.keywords
            if set(settings) == {"axis", "keepdims"} and len(args) < 3:
                axis = args[1] if len(args) > 1 else settings["axis"]
                keepdims = {"keepdims": "True"} if settings["keepdims"] else {}
                text = [self.name(args[0]), self.text(axis)]
                return REDUCTIONS[function].reduce, text, keepdims
        if call.keywords:
            return None, [], {}
        if function is operator.pow:
            exponent = args[1]
            if call.out.value.dtype.kind != "f" or getattr(exponent, "shape", None) == ():
                return None, [], {}
            if isinstance(exponent, int | float) and exponent in POWERS:
                function, args = POWERS[exponent], args[:1]
        function = UFUNCS.get(function, function)
        if isinstance(function, np.ufunc):
            return function, [self.operand(x, call) for x in args], {}
        if function is np.dot:
            return function, [self.name(x) for x in args], {}
        return None, [], {}

    def looks_at_fixed(self, call: Call) -> bool:
        """Whether a call only looks in another way at an array that stays where it is."""
        if not isinstance(call.out.value, np.ndarray) or call.out.root is call.out:
            return False
        return all(x in self.fixed for x in call.inputs)

    # -- memory ------------------------------------------------------------------------------

    def fits(self, out: Var) -> bool:
        """Whether a result can go into a buffer."""
        flags = out.value.flags
        contiguous = flags.c_contiguous or flags.f_contiguous
        return out.root is out and out not in self.fresh and contiguous

    def may_overwrite(self, call: Call, i: int) -> bool:
        """Whether an elementwise call may write over operands that nobody needs any more."""
        function = UFUNCS.get(call.function, call.function)
        if not isinstance(function, np.ufunc) or function is np.matmul:
            return False
        dying = [x for x in call.inputs if self.last[x.root] == i and x.root in self.buffers]
        return all(x.root is x and x.shape == call.out.shape for x in dying)

    def buffer(self, out: Var) -> str:
        value = out.value
        order = "C" if value.flags.c_contiguous else "F"
        kind = (value.shape, value.dtype, order)
        free = self.free.get(kind)
        if free:
            name = free.pop()
        else:
            self.count += 1
            name = self.known.new(f"buffer{self.count}")
            order = ', order="F"' if order == "F" else ""
            self.setup.append(f"{name} = np.empty({value.shape}, {literal(value.dtype)}{order})")
        self.buffers[out] = name, kind
        return name

    def release(self, call: Call, i: int) -> None:
        """Give back the buffers that are used here for the last time."""
        for x in [*call.inputs, call.out]:
            if self.last[x.root] == i and x.root in self.buffers and x.root is not call.out:
                name, kind = self.buffers.pop(x.root)
                self.free.setdefault(kind, []).append(name)

    # -- texts -------------------------------------------------------------------------------

    def new_name(self, out: Var) -> str:
        assert out.call is not None
        name = out.call.name
        if not name or out in self.results:
            name = out.call.rule if out in self.results else short_name(out.call.function)
        self.names[out] = self.known.new(name or "t")
        return self.names[out]

    def name(self, var: Var, names: Mapping[Var, str] | None = None) -> str:
        return (names or self.names).get(var) or self.known.of(var.value, "constant")

    def operand(self, x: Any, call: Call) -> str:
        """An operand of a ufunc; a number as a 0-d array, which NumPy takes more quickly."""
        number = x.value if isinstance(x, Var) else x
        if isinstance(x, Var) and (x.call is not None or isinstance(number, np.ndarray)):
            return self.text(x)
        dtype = np.result_type(*[v.value for v in call.inputs if hasattr(v.value, "dtype")], number)
        if dtype.kind != "f" or not is_written(number):
            return self.text(x)
        key = (x if isinstance(x, Var) else repr(number), dtype)
        if key not in self.numbers:
            self.numbers[key] = self.number(x, number, dtype)
        return self.numbers[key]

    def number(self, x: Any, number: Any, dtype: np.dtype) -> str:
        """A 0-d array for a number; one that changes from run to run is put in at its beginning."""
        value = literal(number.item() if isinstance(number, np.generic) else number) or "0"
        digits = value.removesuffix(".0").replace("-", "minus_").replace(".", "_")
        if isinstance(x, Var):
            name = self.known.new(f"{self.names[x]}_array")
            self.beginning.append(f"{name}.fill({self.names[x]})")
        else:
            name = self.known.new(f"c{digits}" if len(digits) < 10 else "constant")
        self.setup.append(f"{name} = np.array({value}, {literal(dtype)})")
        return name

    def text(self, x: Any, names: Mapping[Var, str] | None = None) -> str:
        if isinstance(x, Var):
            return self.name(x, names)
        if any(True for _ in vars_in(x)):
            parts = ", ".join(self.text(item, names) for item in x)
            return f"[{parts}]" if isinstance(x, list) else f"({parts},)"
        text = literal(x) if is_written(x) and not isinstance(x, np.generic) else None
        return text or self.known.of(x, "constant")

    def index(self, x: Any, names: Mapping[Var, str] | None = None) -> str:
        """What stands between brackets."""
        return (index(x) if is_written(x) else None) or self.text(x, names)

    def expression(self, call: Call, names: Mapping[Var, str] | None = None) -> str:
        """A call as an expression that gives a new array, a number or a view."""
        function = call.function
        args = [self.text(x, names) for x in call.args]
        if function is operator.getitem:
            return f"{args[0]}[{self.index(call.args[1], names)}]"
        keywords = {key: self.text(x, names) for key, x in call.keywords.items()}
        if function in (np.mean, Method("mean")) and call.out.shape == ():
            x = call.args[0]
            if x.size and x.dtype == call.out.dtype and x.dtype.itemsize > 2:
                return f"np.add.reduce({args[0]}, None) / {x.size}"
        if name_of(function) is None:
            return call_text(self.known.of(function, function.__name__.strip("_")), args, keywords)
        pairs = [(f"({arg})" if arg.startswith("-") else arg, ATOM) for arg in args]
        return called(function, pairs, keywords)[0]


def is_written(x: Any) -> bool:
    """Whether something can be a literal: it has no class, and so no repr, of somebody's own."""
    if type(x) in (list, tuple):
        return all(map(is_written, x))
    if type(x) is slice:
        return is_written((x.start, x.stop, x.step))
    return type(x).__module__ in ("builtins", "numpy")


def written_to(function: Any, args: list[str], keywords: dict[str, str], out: str) -> str:
    """A call that writes into ``out``: by position where it can be, which is quicker."""
    by_position = isinstance(function, np.ufunc) or function is np.dot
    if by_position and function not in (np.maximum, np.minimum):
        return call_text(str(name_of(function)), [*args, out], keywords)
    return call_text(str(name_of(function)), args, {**keywords, "out": out})


def short_name(function: Any) -> str:
    name = getattr(function, "name", getattr(function, "__name__", "t"))
    return f"{name}_" if name in ("T", "mT") else name.strip("_")


def block(calls: list[Call | Guard], statements: Iterable[str]) -> list[str]:
    """Statements as lines, those of rules that ignore NumPy's warnings between two that do so."""
    lines: list[str] = []
    quiet = False
    for call, line in zip(calls, statements):
        if line and quiet is not (isinstance(call, Call) and call.quiet):
            lines += AGAIN_LOUD if quiet else QUIET
            quiet = not quiet
        lines += [f"{'    ' * quiet}{line}"] * bool(line)
    return lines + AGAIN_LOUD * quiet


class Warnings:
    """Sets what NumPy warns of, as a ContextVar is set, by its slower public way."""

    def set(self, ways: dict[str, str]) -> Any:
        return np.seterr(**ways)  # type: ignore[arg-type]

    def reset(self, before: Any) -> None:
        np.seterr(**before)


def ignoring() -> tuple[Any, Any]:
    """Where NumPy keeps what ``np.errstate`` sets, and what is there where all is ignored."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    for variable in context:
        if variable.name == "numpy.ufunc.extobj":
            return variable, context[variable]
    return Warnings(), {"all": "ignore"}


# What `with np.errstate(all="ignore")` does, in a sixth of its time.
QUIET = ["loud = warnings.set(ignored)", "try:"]
AGAIN_LOUD = ["finally:", "    warnings.reset(loud)"]
