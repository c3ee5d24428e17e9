"""Arrays that write down what is done to them.

A rule of an op, forward or VJP, is a NumPy function. Given Vars instead of arrays, it computes
in the same way, and each NumPy call that it makes is written down. This list of calls is all that
printing, stepping and programs work on: none has a table of derivatives of its own.
"""

from __future__ import annotations

import linecache
import operator
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from ..nested import leaves_of, mapped

LARGE = 2**10  # elements; of a result beyond, the trace keeps zeros instead of the values
SAY_NOTHING = ("x", "y", "dx", "out")  # names of variables in rules

# What Python does with two numbers, which stay Python's.
OF_NUMBERS: dict[Any, Any] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul,
    np.divide: operator.truediv, np.power: operator.pow, np.negative: operator.neg,
}  # fmt: skip

QUESTIONS = {np.shape, np.ndim, np.size, np.result_type, np.zeros_like, np.ones_like, np.empty_like}


class Untraceable(TypeError):
    """What is done to a Var cannot be written down as a call: its value would have to be known."""


def astype(x: Any, dtype: Any) -> Any:
    """``x.astype(dtype)``, also of a NumPy number."""
    return x.astype(dtype)


def same(x: Any) -> Any:
    """``x`` itself, as a value with a name of its own: what some ops and VJPs give."""
    return x


# What is written as a method where it takes more than the array: ``x.sum(0)``.
METHODS = {
    np.sum, np.mean, np.max, np.min, np.prod, np.std, np.var, np.any, np.all, np.squeeze,
    np.reshape, astype,
}  # fmt: skip
IN_PLACE = ("sort", "partition", "put", "resize")  # what is no function of NumPy as a method
# What does nothing where shape and dtype stay, or where it is done with 1.
NOTHING = (
    astype, np.copy, np.positive, np.broadcast_to, np.expand_dims, np.reshape, np.squeeze,
)  # fmt: skip
OF_ITS_OWN = (same, np.array)  # calls that are not shared
BY_ONE = (np.multiply, np.divide, np.power)


class Trace:
    """The calls made on its Vars, in order: each one once, and none that does nothing."""

    section = "forward"  # the part of the text that calls belong to

    def __init__(self, for_program: bool = False) -> None:
        self.for_program = for_program  # takes signs of sums, not of each term; folds constants
        self.made: dict[Any, Var] = {}  # what calls gave, by what they did
        self._inputs: dict[int, Var] = {}
        self._named: Any = None  # the last call with a name, and where it was made
        self._ignored = ignored()

    def input(self, value: Any) -> Var:
        """The Var of an array that no call made; one and the same for the same array."""
        return self._inputs.setdefault(id(value), Var(self, value))

    def call(self, function: Any, *args: Any, **keywords: Any) -> Var:
        """Call ``function`` on what the Vars stand for, and write it down."""
        given: Any = (args, keywords)
        given = mapped(lambda v: self.input(v) if isinstance(v, np.ndarray) else v, given)
        function, *given = in_one_form(function, *given)
        key = len(self.made) if function in OF_ITS_OWN else (function, repr(given))
        if key in self.made:
            return self.made[key]
        inputs = vars_in(given)
        samples = {x: x.value for x in inputs}
        args, keywords = mapped(lambda v: samples[v] if isinstance(v, Var) else v, given)
        numbers = inputs and not any(isinstance(x, np.ndarray | np.generic) for x in args)
        with np.errstate(all="ignore"):
            compute = OF_NUMBERS.get(function, function) if numbers else function
            value = compute(*args, **keywords)
        if not isinstance(value, np.ndarray | np.generic | int | float):
            raise Untraceable(f"{function} does not give one array")
        out = Var(self, value, any(x.varies for x in inputs))
        if self.for_program and not out.varies and function not in (np.array, np.broadcast_to):
            return out
        out.function, (out.args, out.keywords), out.inputs = function, given, inputs
        out.quiet = not ignored() <= self._ignored
        for x, sample in samples.items():
            if np.may_share_memory(value, sample):
                out.root = x.root
        if out.varies:
            out.forget()
        again = again_in(out)
        if again is None:
            self._note_name(out)
            self.made[key] = out
        return out if again is None else again

    def run(self, rule: Callable, *values: Any, **keywords: Any) -> Var:
        """What a rule gives for Vars. It is one call of itself if it cannot be looked into.

        That is where it asks for the values of a Var or for what only arrays have, where it
        branches on them, and where it writes into an array.
        """
        begin = len(self.made)
        try:
            y = rule(*values, **keywords)
        except Exception:  # what NumPy makes of Untraceable, too; a true error comes again below
            while len(self.made) > begin:
                self.made.popitem()
            y = self.call(rule, *values, **keywords)
        return y if isinstance(y, Var) else self.call(same, y)

    def needed(self, results: Iterable[Var]) -> list[Var]:
        """What calls made that the results depend on, and those of the results."""
        wanted, kept = set(results), []
        for x in reversed(self.made.values()):
            if x in wanted:
                kept.append(x)
                wanted.update(x.inputs)
        return kept[::-1]

    def _note_name(self, made: Var) -> None:
        """Name a call after the variable that its line assigns: the last call of the line."""
        frame: Any = sys._getframe(2)
        while frame.f_code.co_filename in (__file__, np.lib.mixins.__file__):
            frame = frame.f_back
        place = (frame.f_code.co_filename, frame.f_lineno)
        assigned = re.match(r"\s*([A-Za-z_]\w*) = ", linecache.getline(*place))
        if assigned and assigned[1] not in SAY_NOTHING:
            if self._named and self._named[0] == (place, frame):
                self._named[1].name = ""
            made.name = assigned[1]
            self._named = ((place, frame), made)


class Var(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array, a NumPy scalar or a number while a Trace is made of a graph.

    It is what a call gave, ``function(*args, **keywords)``, or what the graph begins with.
    """

    name = ""  # of the variable that the rule assigned it to, if that says something
    asked = False  # whether a rule asked if this number, with which the graph begins, is zero
    quiet = False  # whether the rule made the call inside np.errstate(...="ignore")

    def __init__(self, trace: Trace, value: Any, varies: bool = False) -> None:
        self.trace = trace
        self.section = trace.section
        self.function: Any = None  # None for what the graph begins with
        self.args: tuple = ()  # in which Vars stand for arrays, as in ``keywords``
        self.keywords: dict[str, Any] = {}
        self.inputs: list[Var] = []  # the Vars in both
        self._value = value
        self.varies = varies  # whether it depends on what the graph begins with
        self.root: Var = self  # whose memory it may share
        self.is_array = isinstance(value, np.ndarray)
        self.is_number = not isinstance(value, np.ndarray | np.generic)  # Python's
        self.shape, self.ndim, self.size = np.shape(value), np.ndim(value), np.size(value)
        self.dtype: Any = None if self.is_number else value.dtype
        self.strides: tuple[int, ...] = value.strides if self.is_array else ()

    @property
    def value(self) -> Any:
        """What it stands for; of a large result zeros that lie in memory as it does."""
        if self._value is not None:
            return self._value
        order = sorted(range(self.ndim), key=lambda i: -abs(self.strides[i]))
        return np.zeros([self.shape[i] for i in order], self.dtype).transpose(np.argsort(order))

    def forget(self) -> None:
        """Keep only how a large array lies in memory."""
        if self.size > LARGE:
            self._value = None

    base = property(lambda self: None if self.root is self else self.root)
    T = property(lambda self: self.trace.call(np.transpose, self))
    mT = property(lambda x: x.T if x.ndim == 2 else x.trace.call(np.matrix_transpose, x))

    def __repr__(self) -> str:
        return f"<Var {id(self)}>"  # by which calls are told apart

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        if "out" in settings or method == "at":
            self._unknown()
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return self.trace.call(function, *inputs, **settings)

    def __array_function__(self, function: Any, types: Any, args: Any, settings: Any) -> Any:
        if function in QUESTIONS:
            args, settings = mapped(value_of, (args, settings))
            return function(*args, **settings)
        return self.trace.call(function, *args, **settings)

    def __getattr__(self, name: str) -> Any:
        function = astype if name == "astype" else getattr(np, name, None)
        if function is None or name in IN_PLACE or not callable(getattr(np.ndarray, name, None)):
            raise AttributeError(name)
        return partial(self.trace.call, function, self)

    def reshape(self, *shape: Any) -> Var:
        return self.trace.call(np.reshape, self, shape)

    def transpose(self, *axes: Any) -> Var:
        packed = len(axes) == 1 and isinstance(axes[0], tuple | list)
        return self.trace.call(np.transpose, self, axes[0] if packed else axes or None)

    def __getitem__(self, index: Any) -> Var:
        return self.trace.call(operator.getitem, self, index)

    def __bool__(self) -> bool:
        if not self.is_number or self.function is not None:
            self._unknown()
        self.asked = True
        return bool(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def _unknown(self, *args: Any, **keywords: Any) -> Any:
        raise Untraceable("the value of an array was asked for, or changed")

    __setitem__ = item = tolist = fill = __array__ = _unknown
    __float__ = __int__ = __index__ = __complex__ = __format__ = _unknown
    __hash__ = object.__hash__


def ignored() -> set[str]:
    """The kinds of warnings that NumPy does not give now."""
    return {kind for kind, way in np.geterr().items() if way == "ignore"}


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, Var) else x


def vars_in(x: Any) -> list[Var]:
    """The Vars in ``x``, also within tuples, lists and dicts."""
    return [v for v in leaves_of(x) if isinstance(v, Var)]


def again_in(out: Var) -> Var | None:
    """The Var whose numbers, shape and dtype a call gives again, or None."""
    x, function = out.args[0] if out.args else None, out.function
    if not isinstance(x, Var):
        return None
    if function is x.function and function in (np.transpose, np.negative, astype):
        y = x.args[0]
        twice = len(x.args) == len(out.args) == 1 or function is astype
        return y if twice and kind_of(y) == kind_of(out) and np.can_cast(y.dtype, x.dtype) else None
    if kind_of(x) != kind_of(out):
        return None
    if function in BY_ONE:
        one = out.args[1]
        return x if isinstance(one, int | float | np.number) and one == 1 else None
    identity = function is np.transpose and out.args[1:] == (tuple(range(x.ndim)),)
    return x if identity or function in NOTHING else None


def kind_of(x: Var) -> tuple:
    """What an array and a copy of it have in common, also as they lie in memory."""
    steps = [step for step, n in zip(x.strides, x.shape) if n > 1]
    return x.shape, x.dtype, x.is_array, steps


def in_one_form(function: Any, args: tuple, keywords: dict) -> tuple[Any, tuple, dict]:
    """The form of a call that all have which do the same: ``x.sum(0)`` for ``np.sum(x, axis=0)``.

    Operands that are broadcast anyhow are not broadcast before.
    """
    if function in (np.multiply, np.divide, np.sum):
        for i, x in enumerate(args):
            if isinstance(x, Var) and x.trace.for_program and is_new_negative(x):
                y = x.trace.call(function, *args[:i], x.args[0], *args[i + 1 :], **keywords)
                return np.negative, (y,), {}
    if function in METHODS:
        keywords = {key: x for key, x in keywords.items() if x is not None and x is not False}
        if "axis" in keywords and len(args) == 1:
            args = (*args, keywords.pop("axis"))
        args = tuple(x[0] if type(x) is tuple and len(x) == 1 else x for x in args)
    elif function is np.transpose and args[1:] in ((None,), ((1, 0),)):
        args = args[:1]
    elif is_elementwise(function):
        bare = tuple(map(before_broadcast, args))
        if np.broadcast_shapes(*map(np.shape, bare)) == np.broadcast_shapes(*map(np.shape, args)):
            args = bare
    return function, args, keywords


def is_new_negative(x: Var) -> bool:
    """Whether a sign was taken of floats in the same section, so that it may come last."""
    floats = x.is_array and x.dtype.kind == "f"
    return floats and x.function is np.negative and x.section == x.trace.section


def is_elementwise(function: Any) -> bool:
    return function is np.where or (isinstance(function, np.ufunc) and function.signature is None)


def before_broadcast(x: Any) -> Any:
    """What was broadcast to give ``x``, or ``x`` itself."""
    while isinstance(x, Var) and x.function is np.broadcast_to:
        x = x.args[0]
    return x
