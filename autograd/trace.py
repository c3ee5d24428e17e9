"""Arrays that write down what is done to them.

A rule of an op, forward or VJP, is a NumPy function. Given Vars instead of arrays, the same
rule computes the same values, and each NumPy call that it makes is written down as a Call.
``to_source`` prints these calls, and ``compile`` makes a program of them: neither has a
table of derivatives of its own.
"""

from __future__ import annotations

import linecache
import operator
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

tracing = SimpleNamespace(on=False)  # while compile records, rules meet Vars in any operand


ASKED = (
    "the value of a tensor was asked for (item(), float(), tolist(), a text, numpy conversion, "
    "indexing by it)"
)

SAY_NOTHING = ("x", "y", "dx", "out")  # names of variables in rules


class Untraceable(Exception):
    """What is done to a Var cannot be written down as a call: its value would have to be known."""


@dataclass(frozen=True)
class Method:
    """``x.sum(...)`` as a function of ``x``."""

    name: str

    def __call__(self, x: Any, *args: Any, **keywords: Any) -> Any:
        return getattr(x, self.name)(*args, **keywords)


@dataclass(frozen=True)
class Attribute:
    """``x.T`` as a function of ``x``."""

    name: str

    def __call__(self, x: Any) -> Any:
        return getattr(x, self.name)


class Call:
    """One call: ``out = function(*args, **keywords)``, where Vars stand for arrays."""

    name = ""  # of the variable that the rule assigned the result to, if that says something
    rule = ""  # the name of the rule that made it
    draws = False  # whether it draws random numbers: each time others

    def __init__(self, function: Any, args: Any, keywords: dict, out: Var, quiet: bool) -> None:
        self.function = function
        self.args = args
        self.keywords = keywords
        self.out = out
        self.writes: Var | None = None  # whose memory it changes, if it changes any
        self.quiet = quiet  # whether the rule made it inside np.errstate(...="ignore")

    @property
    def inputs(self) -> list[Var]:
        """The Vars among the arguments, also within tuples, lists and dicts."""
        return list(vars_in((self.args, self.keywords)))

    def __repr__(self) -> str:
        return f"{self.out!r} = {self.function}({self.args}, {self.keywords})"


class Guard:
    """A place where Python asked whether a Var is true: the program holds while it is ``taken``."""

    def __init__(self, var: Var, taken: bool) -> None:
        self.var = var
        self.taken = taken


class Trace:
    """The calls made on its Vars, in order, and the guards between them."""

    def __init__(self) -> None:
        self.calls: list[Call | Guard] = []
        self._constants: dict[int, Var] = {}
        self._named: Any = None  # the last call with a name, and where it was made
        self._ignored = {kind for kind, way in np.geterr().items() if way == "ignore"}
        self.closed = False  # when no more may be written down
        self.shown = False  # whether a value went into a text, as those of errors do

    def constant(self, array: np.ndarray) -> Var:
        """The Var of an array that is no Var's: one and the same array, at every run."""
        if id(array) not in self._constants:
            self._constants[id(array)] = Var(self, array)
        return self._constants[id(array)]

    def is_constant(self, var: Var) -> bool:
        return self._constants.get(id(var.value)) is var

    def call(self, function: Callable, *args: Any, **keywords: Any) -> Var:
        """Call ``function`` on what the Vars stand for, and write it down."""
        if self.closed:
            raise RuntimeError(
                "an array from inside a function was kept while compile recorded it, and used "
                "afterwards. Return it instead"
            )
        args, keywords = self._lifted(args), self._lifted(keywords)
        ignored = {kind for kind, way in np.geterr().items() if way == "ignore"}
        quiet = not ignored <= self._ignored
        value = function(*values_of(args), **values_of(keywords))
        if isinstance(value, str):
            raise Untraceable(ASKED)
        if not isinstance(value, np.ndarray | np.generic | int | float):
            raise Untraceable(f"{function} does not give one array")
        writes: Any = keywords.get("out")
        out = writes
        renewed = list(keywords) == ["out"] and self._is_temporary(writes)
        if renewed:  # a new value in the place of one that nobody sees any more
            writes = None
            del keywords["out"]
            args = self._renewed(out, args)
        if out is None:
            out = Var(self, value)
        call = Call(function, args, keywords, out, quiet)
        call.writes = writes
        if writes is None:
            out.call = call
            for x in [] if renewed else call.inputs:
                if np.may_share_memory(value, x.value):
                    out.root = x.root
        self._note_name(call)
        self.calls.append(call)
        return out

    def _note_name(self, call: Call) -> None:
        """Name a call after the variable that its line assigns: the last call of the line."""
        frame: Any = sys._getframe(2)
        while frame.f_code.co_filename == __file__:
            frame = frame.f_back
        place = (frame.f_code.co_filename, frame.f_lineno)
        call.rule = frame.f_code.co_name.strip("_")
        assigned = re.match(r"\s*([A-Za-z_]\w*) = ", linecache.getline(*place))
        if assigned and assigned[1] not in SAY_NOTHING:
            if self._named and self._named[0] == (place, id(frame)):
                self._named[1].name = ""
            call.name = assigned[1]
            self._named = ((place, id(frame)), call)

    def _is_temporary(self, var: Var) -> bool:
        """Whether a call made ``var``, and nothing else shares its memory."""
        outs = [call.out for call in self.calls if isinstance(call, Call)]
        return var.call is not None and not any(x.root is var.root and x is not var for x in outs)

    def _renewed(self, var: Var, args: Any) -> Any:
        """Give the old values of ``var`` to another Var, in all calls so far and in ``args``."""
        old = Var(self, var.value)
        old.call = var.call
        for call in self.calls:
            if isinstance(call, Guard):
                call.var = old if call.var is var else call.var
            else:
                call.args, call.keywords = replaced((call.args, call.keywords), var, old)
                call.out = old if call.out is var else call.out
        return replaced(args, var, old)

    def copyto(self, target: Any, source: Any) -> None:
        """All of ``target``, a Var or an array, overwritten by ``source``."""
        target, source = self._lifted(target), self._lifted(source)
        np.copyto(target.value, values_of(source), casting="same_kind")
        self._written(Call(np.copyto, (target, source), {"casting": "same_kind"}, target, False))

    def assign(self, target: Var, index: Any, source: Any) -> None:
        """``target[index] = source``."""
        index, source = self._lifted(index), self._lifted(source)
        target.value[values_of(index)] = values_of(source)
        self._written(Call(operator.setitem, (target, index, source), {}, target, False))

    def _written(self, call: Call) -> None:
        call.writes = call.out
        self.calls.append(call)

    def guard(self, var: Var) -> bool:
        """The truth of ``var``, which decides how Python goes on: written down as a Guard."""
        if np.size(var.value) != 1:
            raise ValueError(f"the truth of an array of shape {np.shape(var.value)} is ambiguous")
        taken = bool(var.value)
        self.calls.append(Guard(var, taken))
        return taken

    def _lifted(self, x: Any) -> Any:
        """``x`` with a Var for each array, so that it is known what a call reads and writes."""
        return mapped(lambda v: self.constant(v) if isinstance(v, np.ndarray) else v, x)


class Var:
    """Stands for an array, a NumPy scalar or a number while a Trace is made of a program."""

    __getitem__: Callable[..., Any]  # and others: see below
    astype: Callable[..., Any]

    def __init__(self, trace: Trace, value: Any) -> None:
        self.trace = trace
        self.value = value
        self.call: Call | None = None  # what made it; None for what the program begins with
        self.root: Var = self  # whose memory it may share

    shape = property(lambda self: np.shape(self.value))
    ndim = property(lambda self: np.ndim(self.value))
    size = property(lambda self: np.size(self.value))
    dtype = property(lambda self: self.value.dtype)
    base = property(lambda self: self.root if self.root is not self else _base(self.value))
    T = property(lambda self: self.trace.call(Attribute("T"), self))
    mT = property(lambda self: self.trace.call(Attribute("mT"), self))

    def __repr__(self) -> str:
        return f"Var({self.shape}, {getattr(self.value, 'dtype', type(self.value).__name__)})"

    # -- what NumPy and Python do with it ------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        out = settings.pop("out", None)
        if out is not None:
            settings["out"] = out[0]
        return self.trace.call(function, *inputs, **settings)

    def __array_function__(self, function: Any, types: Any, args: Any, settings: Any) -> Any:
        if function in QUESTIONS:
            return function(*values_of(args), **values_of(settings))
        if function is np.copyto:
            return self.trace.copyto(*args[:2])
        return self.trace.call(function, *args, **settings)

    def __bool__(self) -> bool:
        return self.trace.guard(self)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Var]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(self.value, np.ndarray):
            self._unknown()
        self.trace.assign(self, index, value)

    def __format__(self, spec: str) -> str:
        self.trace.shown = True
        return format(self.value, spec)

    def _unknown(self, *args: Any, **keywords: Any) -> Any:
        raise Untraceable(ASKED)

    item = tolist = __array__ = __float__ = __int__ = __index__ = __complex__ = _unknown
    __hash__ = object.__hash__


def _base(value: Any) -> Any:
    return getattr(value, "base", None)


QUESTIONS = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.may_share_memory,
    np.shares_memory, np.iscomplexobj,
}  # fmt: skip

METHODS = (
    "sum", "mean", "max", "min", "prod", "std", "var", "argmax", "argmin", "argsort", "cumsum",
    "any", "all", "reshape", "ravel", "flatten", "transpose", "swapaxes", "squeeze", "astype",
    "copy", "clip", "round", "take", "repeat", "dot", "diagonal", "trace",
)  # fmt: skip

BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide,
    "pow": np.power, "matmul": np.matmul, "floordiv": np.floor_divide, "mod": np.remainder,
}  # fmt: skip


def _recorded(function: Any) -> Callable:
    def record(self: Var, *args: Any, **keywords: Any) -> Var:
        return self.trace.call(function, self, *args, **keywords)

    return record


def _reflected(function: Any) -> Callable:
    return lambda self, other: self.trace.call(function, other, self)


def _in_place(function: Any, ufunc: Any) -> Callable:
    """``x += y`` changes an array, and makes a new number of a number."""

    def record(self: Var, other: Any) -> Var:
        if isinstance(self.value, np.ndarray):
            return self.trace.call(ufunc, self, other, out=self)
        return self.trace.call(function, self, other)

    return record


for _name, _ufunc in BINARY.items():
    _function = getattr(operator, _name)
    setattr(Var, f"__{_name}__", _recorded(_function))
    setattr(Var, f"__r{_name}__", _reflected(_function))
    setattr(Var, f"__i{_name}__", _in_place(_function, _ufunc))
for _name in ("neg", "pos", "abs", "invert", "eq", "ne", "lt", "le", "gt", "ge", "getitem"):
    setattr(Var, f"__{_name}__", _recorded(getattr(operator, _name)))
for _name in ("and", "or", "xor"):
    _function = getattr(operator, f"__{_name}__")
    setattr(Var, f"__{_name}__", _recorded(_function))
    setattr(Var, f"__r{_name}__", _reflected(_function))
for _name in METHODS:
    setattr(Var, _name, _recorded(Method(_name)))


def mapped(function: Callable, x: Any) -> Any:
    """``function`` of all that is in tuples, lists and dicts, and of ``x`` if it is none."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[mapped(function, item) for item in x])
    if isinstance(x, tuple | list):
        return type(x)(mapped(function, item) for item in x)
    if isinstance(x, dict):
        return {key: mapped(function, item) for key, item in x.items()}
    return function(x)


def replaced(x: Any, old: Any, new: Any) -> Any:
    """``x`` with ``new`` in the place of ``old``."""
    return mapped(lambda v: new if v is old else v, x)


def values_of(x: Any) -> Any:
    """What the Vars in ``x`` stand for."""
    return mapped(lambda v: v.value if isinstance(v, Var) else v, x)


def leaves_of(x: Any) -> Iterator[Any]:
    """All that is in tuples, lists and dicts, or ``x`` if it is none."""
    if isinstance(x, tuple | list | dict):
        for item in x.values() if isinstance(x, dict) else x:
            yield from leaves_of(item)
    else:
        yield x


def vars_in(x: Any) -> Iterator[Var]:
    """The Vars in ``x``, also within tuples, lists and dicts."""
    return (v for v in leaves_of(x) if isinstance(v, Var))


def before_broadcast(x: Any) -> Any:
    """What was broadcast to give ``x``, or ``x`` itself."""
    while isinstance(x, Var) and x.call is not None and x.call.function is np.broadcast_to:
        x = x.call.args[0]
    return x


def whole(forward: Callable, values: Any, keywords: dict) -> Any:
    """A rule that cannot be looked into, written down as one call of itself."""
    trace = next(vars_in([values, keywords])).trace
    return trace.call(forward, *values, **keywords)


def traced(forward: Callable) -> Callable:
    """A forward rule that takes Vars, looked into where that can be done."""

    def run(*values: Any, **keywords: Any) -> Any:
        try:
            return forward(*values, **keywords)
        except Untraceable:
            return whole(forward, values, keywords)
        except ValueError as error:  # as which NumPy passes it on
            if isinstance(error.__cause__, Untraceable):
                return whole(forward, values, keywords)
            raise

    return run
