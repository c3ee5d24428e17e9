"""A Recording as a program: statements of NumPy that write into memory kept from run to run.

The text is that of ``to_source`` with a line for each call. What a program returns has memory of
its own at each run; all else goes into ``memory1``, ``memory2``, ..., each of which serves again
once nothing needs what is in it. Numbers in products and sums are 0-d arrays, which NumPy takes
more quickly than Python's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..names import identifier
from .expressions import Term
from .passes import (
    is_elementwise,
    summed_over,
    unbroadcast,
    with_signs_last,
    without_reshaped,
)
from .printer import Printer, Source, name_for
from .recording import Recording
from .spelling import call, literal, name, name_of
from .trace import Call, Method, Var, same

REDUCTIONS: dict[Any, Any] = {
    Method("sum"): np.add, np.sum: np.add, Method("max"): np.maximum, np.max: np.maximum,
    Method("min"): np.minimum, np.min: np.minimum,
}  # fmt: skip
SMALL = 2**14  # elements; of larger arrays time goes by memory, not by call
MEANS = (np.mean, Method("mean"))
POWERS = {2: np.square, -1: np.reciprocal, 0.5: np.sqrt}  # what NumPy makes of ``x ** 2``


class ProgramPrinter(Printer):
    """Prints a Recording as a program; ``updates`` are what it writes into which inputs.

    ``given`` are the ids of the Tensors that are the program's arguments, which come first;
    ``live`` are inputs that are no Tensors and are read at each run. Arrays that stay come last.
    """

    def __init__(
        self, recording: Recording, function: str, updates: dict[Var, Var], given: Any, live: Any
    ) -> None:
        self.updates = updates
        self.given_tensors = list(given)
        self.live = live
        self.written: set[Var] = set()  # updates that were written in place
        self.memory: dict[Var, tuple[str, Any]] = {}  # by root: the name, and what it fits
        self.free: dict[Any, list[str]] = {}  # memory that nobody needs any more
        self.kept: dict[Var, str] = {}  # what lies at the same place in every run
        self.numbers: dict[Any, str] = {}  # 0-d arrays
        self.before: list[str] = []  # lines before the function
        self.constants: list[str] = []  # arguments that are the same at each run
        self.copies: dict[Var, str] = {}  # of results that are not the program's to give away
        super().__init__(recording, function)

    @property
    def ends(self) -> list[Var]:
        return [*self.recording.results, *self.updates.values()]

    @property
    def own(self) -> list[Var]:
        return self.ends

    @property
    def texts(self) -> list[str]:
        head, *functions = self.helpers.texts
        return [head, *functions, *(["\n".join(self.before)] if self.before else [])]

    def prepare(self) -> None:
        ends = self.ends
        self.calls = with_signs_last([x for x in self.calls if x.out.varies], ends)
        for made in self.calls:
            made.args = unbroadcast(made)
        without_reshaped(self.calls)
        self.fresh = {x.root for x in self.recording.results}
        self.targets = {value: target for target, value in self.updates.items()}
        self.last: dict[Var, int] = {}  # the call that needs what is there, by root
        for i, made in enumerate(self.calls):
            self.last.update(dict.fromkeys((x.root for x in [*made.inputs, made.out]), i))
        self.last.update({x.root: len(self.calls) for x in ends})
        self.place = {made: i for i, made in enumerate(self.calls)}

    def name_inputs(self) -> None:
        """Whatever the graph begins with is an argument: the function's own, Tensors, the rest."""
        inputs, tensors = self.recording.inputs, self.recording.tensors
        places = {place: i for i, place in enumerate(self.given_tensors)}
        far = len(places)

        def rank(var: Var) -> int:
            return places.get(id(tensors.get(var)), far + (var not in tensors))

        for var in sorted(inputs, key=rank):
            label = self.recording.array_names.get(id(var.value)) or inputs[var]
            if (var in tensors or var in self.live) and (var in self.uses or var in self.updates):
                self.add_argument(var, label)
        for var in [x for x in inputs if x in self.uses and x not in self.terms.known]:
            self.add_constant(var, self.recording.array_names.get(id(var.value)) or inputs[var])
        for var in self.uses:
            if var not in self.terms.known and not var.varies:
                self.add_constant(var, "constant")

    def add_constant(self, var: Var, label: str) -> None:
        """What is fixed stands in the text, before the function; long arrays are arguments."""
        if not self.terms.constant(var):
            self.add_argument(var, label)
            self.constants.append(self.terms.text(var))
        elif var.is_array:
            self.terms.name(var, self.setup(("constant", var), label, self.terms.whole(var)))

    def text(self) -> Source:
        text = super().text()
        text.inputs = {name: self.arguments[name].copy() for name in self.constants}
        return text

    def section(self, title: str, calls: Iterable[Call]) -> None:
        if title == "update":
            self.copy_results()
        super().section(title, calls)

    def drop_unused(self) -> None:
        """Every call is needed, for what it writes."""

    def finish(self) -> list[ast.expr]:
        for target, value in self.updates.items():
            if value not in self.written:
                into = call("np.copyto", self.terms.whole(target), self.terms.whole(value))
                self.lines.append(("", into, ""))
        self.copy_results()
        results = self.recording.results
        return [name(self.copies[x]) if x in self.copies else self.terms.whole(x) for x in results]

    def copy_results(self) -> None:
        """Copy what is an input's memory, or would be given away twice."""
        given: set[Var] = set()
        for x in self.recording.results:
            known = x in self.terms.known and x not in self.copies
            own = x.root.call is not None and x.varies and x.root not in given
            if known and x.is_array and not own:
                self.copies[x] = identifier("copy", self.taken)
                copied = call(ast.Attribute(self.terms.whole(x), "copy"))
                self.lines.append((self.copies[x], copied, ""))
            given.add(x.root)

    # -- statements --------------------------------------------------------------------------

    def add(self, made: Call) -> None:
        """The statement of a call; for a view of memory that stays, a line before the function."""
        out = made.out
        if made.function is same:
            self.terms.known[out] = self.terms.known[made.args[0]]
            if made.args[0] in self.kept:
                self.kept[out] = self.kept[made.args[0]]
            return
        label = self.labels.get(out) or identifier(name_for(made), self.taken)
        if out.root is not out and out.is_array and all(x in self.kept for x in made.inputs):
            inside = {x: self.terms.known[x] for x in made.inputs}
            self.terms.known.update({x: Term(name(self.kept[x])) for x in inside})
            self.setup(out, label, self.plain(made))
            self.terms.known.update(inside)
            self.kept[out] = label
        else:
            value, place = self.statement(made)
            if place is not None:
                self.lines.append(("", value, ""))
                self.terms.known[out] = Term(place)
                return
            self.lines.append((label, value, str(out.shape) if out.shape else ""))
        self.terms.name(out, label)

    def plain(self, made: Call) -> ast.expr:
        """A call that gives a new array, a number or a view."""
        function, x = made.function, made.args[0]
        if function in MEANS and made.out.shape == () and adds_alike(made) and x.size:
            total = call("np.add.reduce", self.terms.whole(x), ast.Constant(None))
            return ast.BinOp(total, ast.Div(), ast.Constant(x.size))
        if function is np.vdot and all(isinstance(v, Var) and v.ndim == 1 for v in made.args):
            return applied(np.dot, [self.terms.whole(v) for v in made.args])
        args = [self.terms.argument(x, function) for x in made.args]
        return self.terms.written(function, args, made.keywords).whole()

    def statement(self, made: Call) -> tuple[ast.expr, ast.expr | None]:
        """A call as it is written, and where its result is then if it is not what that gives."""
        out, masks = made.out, is_mask(made)
        function, args = (np.multiply, []) if masks else self.with_out(made)
        stays = out.root is out and out not in self.fresh
        if function is None or not stays:
            plain = function is None or masks
            tree = self.plain(made) if plain else applied(function, args)
            self.release(made)
            return tree, None
        target = self.target_of(made)
        if target is not None:
            self.release(made)
            return applied(function, args, target), target
        if self.may_overwrite(made):
            self.release(made)
        memory = self.kept[out] = self.memory_for(out)
        self.release(made)
        if masks:
            return self.masked(made, memory), name(memory)
        return applied(function, args, name(memory)), None

    def masked(self, made: Call, memory: str) -> ast.expr:
        """The bits of an array times a mask: much quicker than ``where`` with many changes."""
        mask, x = self.terms.whole(made.args[0]), made.inputs[-1]
        bits = literal(np.dtype(f"i{x.dtype.itemsize}"))
        into = self.made_before("bits", call(f"{memory}.view", bits))
        same_place = self.kept.get(x) == memory
        of = into if same_place else call(ast.Attribute(self.terms.whole(x), "view"), bits)
        if made.args[1] is not x:
            mask = ast.UnaryOp(ast.Invert(), mask)
        return call("np.multiply", of, mask, into)

    def with_out(self, made: Call) -> tuple[Any, list[ast.expr]]:
        """A function that takes ``out=``, and its arguments; None where there is no such thing."""
        function, args, out = made.function, made.args, made.out
        if not out.is_array:
            return None, []
        if function in REDUCTIONS and set(made.keywords) <= {"axis", "keepdims"} and len(args) < 3:
            return self.reduction(made)
        if function is np.matmul and all(x.ndim == 2 for x in args):
            function = np.dot
        if made.keywords or not (isinstance(function, np.ufunc) or function is np.dot):
            return None, []
        if function is np.power and isinstance(args[1], int | float) and args[1] in POWERS:
            function, args = POWERS[args[1]], args[:1]
        return function, [self.operand(x, made) for x in args]

    def reduction(self, made: Call) -> tuple[Any, list[ast.expr]]:
        """``np.add.reduce``, which takes memory; sums of a matrix as products with ones."""
        axis, keepdims = summed_over(made)
        x, ufunc = made.args[0], REDUCTIONS[made.function]
        plain = x.ndim == 2 and len(axis) == 1 and not keepdims and x.dtype.kind == "f"
        if ufunc is np.add and plain and adds_alike(made):
            ones = call("np.ones", literal(x.shape[axis[0]]), literal(x.dtype))
            factors = [self.made_before("ones", ones), self.terms.whole(x)]
            return np.dot, factors if axis == (0,) else factors[::-1]
        if keepdims or made.out.dtype != x.dtype:
            return None, []
        return ufunc.reduce, [self.terms.whole(x), literal(axis), ast.Constant(None)]

    # -- memory ------------------------------------------------------------------------------

    def target_of(self, made: Call) -> ast.expr | None:
        """What an elementwise call is to update, if it may write its result right there."""
        target, out = self.targets.get(made.out), made.out
        if target is None or not is_elementwise(made.function):
            return None
        if (target.shape, target.dtype) != (out.shape, out.dtype):
            return None
        if self.last[target.root] > self.place[made]:
            return None
        self.written.add(out)
        return self.terms.whole(target)

    def may_overwrite(self, made: Call) -> bool:
        """Whether an elementwise call may write over operands that nobody needs any more."""
        i = self.place[made]
        dying = [x for x in made.inputs if self.last[x.root] == i and x.root in self.memory]
        fit = all(x.root is x and x.shape == made.out.shape for x in dying)
        return (is_elementwise(made.function) or is_mask(made)) and fit

    def memory_for(self, out: Var) -> str:
        strides: tuple[int, ...] = out.strides
        order = "F" if out.ndim > 1 and strides[0] < strides[-1] else "C"
        kind = (out.shape, out.dtype, order)
        free = self.free.get(kind)
        if free:
            memory = free.pop()
        else:
            more = {} if order == "C" else {"order": ast.Constant("F")}
            made = call("np.empty", literal(out.shape), literal(out.dtype), **more)
            memory = self.setup(("memory", len(self.before)), "memory", made)
        self.memory[out] = memory, kind
        return memory

    def release(self, made: Call) -> None:
        """Give back the memory that is used here for the last time."""
        i = self.place[made]
        for x in [*made.inputs, made.out]:
            if self.last[x.root] == i and x.root in self.memory and x.root is not made.out:
                memory, kind = self.memory.pop(x.root)
                self.free.setdefault(kind, []).append(memory)

    def setup(self, key: Any, text: str, value: ast.expr) -> str:
        """The name of an array that is made before the function, once for each key."""
        if key not in self.numbers:
            self.numbers[key] = text if isinstance(key, Var) else identifier(text, self.taken)
            self.before.append(f"{self.numbers[key]} = {ast.unparse(value)}")
        return self.numbers[key]

    def made_before(self, text: str, value: ast.expr) -> ast.expr:
        """The same for what has the same value wherever it is made."""
        return name(self.setup(ast.unparse(value), text, value))

    # -- operands ----------------------------------------------------------------------------

    def operand(self, x: Any, made: Call) -> ast.expr:
        """An operand of a ufunc; a number beside floating arrays as a 0-d array."""
        if isinstance(x, Var) and x.is_array and (x.varies or x.shape):
            tree, one = self.terms.whole(x), x.ndim > 0 and x.size == 1 < made.out.size
            number = one and any(v.shape == made.out.shape for v in made.inputs)
            return call(ast.Attribute(tree, "squeeze")) if number else tree  # which is quicker
        number = x.value if isinstance(x, Var) else x
        dtype = np.result_type(*[v.dtype for v in made.inputs if v.is_array], number)
        varies = isinstance(x, Var) and x.varies
        if dtype.kind != "f" or (varies and isinstance(number, np.generic)):
            return self.terms.argument(x)
        if varies:  # a setting of the optimizer
            known = self.terms.text(x)
            new = (x, dtype) not in self.numbers
            zero = call("np.array", literal(0), literal(dtype))
            array = self.setup((x, dtype), f"{known}_array", zero)
            if new:
                self.lines.append(("", call(f"{array}.fill", self.terms.whole(x)), ""))
            return name(array)
        value = number.item() if isinstance(number, np.generic | np.ndarray) else number
        made_of = call("np.array", literal(value), literal(dtype))
        if made.function in (np.maximum, np.minimum):  # whose loops are slow with one number
            shape = made.out.shape if made.out.size <= SMALL else made.out.shape[-1:]
            made_of = call("np.full", literal(shape), literal(value), literal(dtype))
            return self.made_before("bound", made_of)
        digits = str(value).removesuffix(".0").replace("-", "minus_").replace(".", "_")
        text = f"c{digits}" if len(digits) < 10 else "number"
        return self.made_before(text, made_of)


def is_mask(made: Call) -> bool:
    """Whether a call is ``np.where(mask, x, 0)`` or ``np.where(mask, 0, x)`` of floats."""
    if made.function is not np.where or len(made.inputs) != 2:
        return False
    (mask, x), out = made.inputs, made.out
    zero = any(type(v) is int and v == 0 for v in made.args[1:])
    floats = x.dtype == out.dtype and x.dtype.kind == "f" and x.dtype.itemsize <= 8
    alike = mask.shape == x.shape == out.shape != ()
    return zero and floats and alike and mask is made.args[0] and mask.dtype == bool


def adds_alike(made: Call) -> bool:
    """Whether a sum is added up in the dtype of its numbers, as ``np.add.reduce`` does."""
    x = made.args[0]
    return isinstance(x, Var) and x.dtype == made.out.dtype and x.dtype.itemsize > 2


def applied(function: Any, args: list[ast.expr], *out: ast.expr) -> ast.expr:
    """A call of a function, perhaps with memory for its result, in the quickest form."""
    if function is np.dot:
        return call(ast.Attribute(args[0], "dot"), *args[1:], *out)
    if function in (np.maximum, np.minimum) and out:
        return call(str(name_of(function)), *args, out=out[0])
    return call(str(name_of(function)), *args, *out)
