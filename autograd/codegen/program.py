"""A Recording as a program: statements of NumPy that write into memory kept from run to run.

The text is that of ``to_source`` with a line for each call. What a program returns has memory of
its own at each run; all else goes into ``memory1``, ``memory2``, ..., each of which serves again
once nothing needs what is in it. Numbers in products and sums are 0-d arrays, which NumPy takes
more quickly than Python's.
"""

from __future__ import annotations

import ast
from collections import Counter
from copy import copy
from typing import Any

import numpy as np

from ..names import identifier
from .expressions import Term
from .passes import needed, share_repeats
from .printer import Printer, name_for
from .recording import Recording
from .spelling import call, literal, name_of, shortest
from .trace import Call, Var, is_elementwise, replaced, same

REDUCTIONS: dict[Any, Any] = {np.sum: np.add, np.max: np.maximum, np.min: np.minimum}
POWERS = {2: np.square, -1: np.reciprocal, 0.5: np.sqrt}  # what NumPy makes of ``x ** 2``
SMALL = 2**14  # elements; of larger arrays time goes by memory, not by call


class ProgramPrinter(Printer):
    """Prints a Recording as a program.

    ``given`` are the ids of the Tensors that are the program's arguments, which come first;
    ``live`` are inputs that are no Tensors and are read at each run. Arrays that stay come last.
    """

    def __init__(
        self, recording: Recording, function: str, updates: dict[Var, Var], given: Any, live: Any
    ) -> None:
        self.places = given
        self.live = live
        self.now = -1  # the place of the call that is written
        self.free: dict[Any, list[str]] = {}  # memory that nobody needs any more, by what it fits
        self.memory: dict[Var, list[str]] = {}  # by root: where its memory goes when it is free
        self.kept: dict[Var, str] = {}  # what lies at the same place in every run
        self.constants: list[str] = []  # arguments that are the same at each run
        super().__init__(recording, function, updates)

    def prepare(self) -> None:
        share_repeats(self.calls, self.ends)
        self.calls = [x for x in needed(self.calls, self.ends) if x.out.varies]
        self.calls = with_signs_last(self.calls, self.ends)
        self.copy_results()
        self.pending = dict(self.updates)  # what is not yet written into its input
        self.targets = {value: target for target, value in self.updates.items()}
        self.fresh = {x.root for x in self.results}
        self.last: dict[Var, int] = {}  # the call that needs what is there, by root
        for i, made in enumerate(self.calls):
            self.last.update(dict.fromkeys((x.root for x in [*made.inputs, made.out]), i))
        self.last.update({x.root: len(self.calls) for x in self.ends})

    def copy_results(self) -> None:
        """Copy what is in the memory of an input or of another result, as soon as it is there."""
        given: set[Var] = set()
        for i, x in enumerate(self.results):
            if x.is_array and (x.root.call is None or not x.varies or x.root in given):
                self.results[i] = copied = self.recording.trace.call(np.copy, x, order="C")
                made: Any = copied.call
                copied.varies, made.section = True, x.call.section if x.call else "forward"
                at = self.calls.index(x.call) + 1 if x.call in self.calls else 0
                self.calls.insert(at, made)
            given.add(self.results[i].root)
        self.ends = [*self.results, *self.updates.values()]

    # -- names -------------------------------------------------------------------------------

    def name_inputs(self) -> None:
        """Whatever the graph begins with is an argument: the function's own, Tensors, the rest."""
        inputs, tensors = self.recording.inputs, self.recording.tensors
        names = {x: self.recording.array_names.get(id(x.value)) or inputs[x] for x in inputs}
        last = len(self.places)
        places = {x: self.places.get(id(tensor), last) for x, tensor in tensors.items()}
        for var in sorted(inputs, key=lambda x: places.get(x, last + 1)):
            if (var in tensors or var in self.live) and (var in self.uses or var in self.updates):
                self.add_argument(var, names[var])
        for var in [*inputs, *self.uses]:
            fixed = var in self.uses and (var in inputs or not var.varies)
            if fixed and var not in self.terms.known:
                self.add_constant(var, names.get(var, "constant"))

    def add_constant(self, var: Var, label: str) -> None:
        """What is fixed stands in the text, before the function; long arrays are arguments."""
        if not self.terms.constant(var):
            self.add_argument(var, label)
            self.constants.append(self.arguments[var])
        elif var.is_array:
            self.terms.known[var] = Term(self.made_before(label, self.terms.whole(var)))

    def made_before(self, label: str, value: ast.expr, key: Any = None) -> ast.Name:
        """The name of what is made before the function, once for each key, or each value."""
        text = ast.unparse(value)
        key = text if key is None else key
        if key not in self.before:
            name = identifier(label, self.taken)
            self.before[key] = name, f"{name} = {text}"
        return ast.Name(self.before[key][0])

    # -- the text ----------------------------------------------------------------------------

    def finish(self) -> None:
        for target, value in self.pending.items():
            into = call("np.copyto", self.terms.whole(target), self.terms.whole(value))
            self.lines.append(("", into, ""))

    def add(self, made: Call) -> None:
        """The statement of a call; for a view of memory that stays, a line before the function."""
        out, known = made.out, self.terms.known
        self.now += 1
        if made.function is same:
            known[out] = known[made.args[0]]
            if made.args[0] in self.kept:
                self.kept[out] = self.kept[made.args[0]]
            return
        name = self.labels.get(out) or identifier(name_for(made), self.taken)
        inputs, shape = made.inputs, str(out.shape) if out.shape else ""
        if out.root is not out and out.is_array and all(x in self.kept for x in inputs):
            view = replaced(made.args, {x: ast.Name(self.kept[x]) for x in inputs})
            line = f"{name} = {ast.unparse(self.terms.written(made.function, view, made.keywords))}"
            self.before[out], self.kept[out], place = (name, line), name, None
        else:
            value, place = self.statement(made)
            self.lines.append(("" if place else name, value, "" if place else shape))
        self.release(made)
        known[out] = Term(place or ast.Name(name))

    # -- statements --------------------------------------------------------------------------

    def statement(self, made: Call) -> tuple[ast.expr, ast.expr | None]:
        """A call as it is written, and where its result is then if it is not what that gives."""
        out = made.out
        stays = out.is_array and out.root is out and out not in self.fresh
        if stays and is_mask(made):
            return self.masked(made)
        function, args = self.with_out(made)
        if function is None:
            return self.plain(made), None
        if not stays:
            return applied(function, args), None
        target = self.target_of(made)
        if target is not None:
            del self.pending[target]
            place = self.terms.whole(target)
            return applied(function, args, place), place
        return applied(function, args, ast.Name(self.memory_for(made))), None

    def plain(self, made: Call) -> ast.expr:
        """A call that gives a new array, a number or a view."""
        function, x = made.function, made.args[0]
        if function in (np.sum, np.mean) and made.out.shape == () and adds_alike(made) and x.size:
            total = call("np.add.reduce", self.terms.whole(x), literal(None))
            return total if function is np.sum else ast.BinOp(total, ast.Div(), literal(x.size))
        if function is np.vdot and all(v.ndim == 1 for v in made.inputs):
            return applied(np.dot, [self.terms.whole(v) for v in made.inputs])
        return self.terms.written(function, made.args, made.keywords)

    def with_out(self, made: Call) -> tuple[Any, list[ast.expr]]:
        """A function that takes ``out=``, and its arguments; None where there is no such thing."""
        function, args = made.function, made.args
        if not made.out.is_array:
            return None, []
        if function in REDUCTIONS and len(args) < 3 and made.keywords in ({}, {"keepdims": True}):
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
        x, ufunc, axis = made.args[0], REDUCTIONS[made.function], (*made.args[1:], None)[0]
        if x.ndim == 2 and isinstance(axis, int) and ufunc is np.add and adds_alike(made):
            first, n = axis in (0, -2), x.shape[axis]
            shape = ((1, n) if first else (n, 1)) if made.keywords else n
            ones = call("np.ones", literal(shape), literal(x.dtype))
            factors = [self.made_before("ones", ones), self.terms.whole(x)]
            return np.dot, factors if first else factors[::-1]
        if made.keywords or made.out.dtype != x.dtype:
            return None, []
        return ufunc.reduce, [self.terms.whole(x), literal(axis), literal(None)]

    def masked(self, made: Call) -> tuple[ast.expr, ast.expr]:
        """The bits of an array times a mask: much quicker than ``where`` with many changes."""
        mask, x, before = (
            self.terms.whole(made.args[0]),
            made.inputs[-1],
            self.kept.get(made.inputs[-1]),
        )
        memory, bits = self.memory_for(made), literal(np.dtype(f"i{x.dtype.itemsize}"))
        into = self.made_before("bits", call(f"{memory}.view", bits))
        view = call(ast.Attribute(self.terms.whole(x), "view"), bits)
        if made.args[1] is not x:
            mask = ast.UnaryOp(ast.Invert(), mask)
        of = into if before == memory else view
        return call("np.multiply", of, mask, into), ast.Name(memory)

    # -- memory ------------------------------------------------------------------------------

    def target_of(self, made: Call) -> Var | None:
        """The input that a call updates, if it may write its result right there."""
        target, out = self.targets.get(made.out), made.out
        if target is None or not isinstance(made.function, np.ufunc):
            return None
        fits = (target.shape, target.dtype) == (out.shape, out.dtype)
        return target if fits and self.last[target.root] <= self.now else None

    def memory_for(self, made: Call) -> str:
        """Memory for the result of a call: perhaps that of operands nobody needs any more."""
        out: Any = made.out
        dying = [x for x in made.inputs if self.last[x.root] == self.now and x.root in self.memory]
        if is_elementwise(made.function) and all(
            x.root is x and x.shape == out.shape for x in dying
        ):
            self.release(made)
        order = "F" if out.ndim > 1 and out.strides[0] < out.strides[-1] else "C"
        free = self.free.setdefault((out.shape, out.dtype, order), [])
        if not free:
            more = {} if order == "C" else {"order": literal("F")}
            empty = call("np.empty", literal(out.shape), literal(out.dtype), **more)
            free.append(self.made_before("memory", empty, len(self.before)).id)
        self.kept[out] = free.pop()
        self.memory[out] = free
        return self.kept[out]

    def release(self, made: Call) -> None:
        """Give back the memory that is used here for the last time."""
        for x in [*made.inputs, made.out]:
            if self.last[x.root] == self.now and x.root in self.memory and x.root is not made.out:
                self.memory.pop(x.root).append(self.kept[x.root])

    # -- operands ----------------------------------------------------------------------------

    def operand(self, x: Any, made: Call) -> ast.expr:
        """An operand of a ufunc; a number beside floating arrays as a 0-d array."""
        if isinstance(x, Var) and x.is_array and (x.varies or x.shape):
            return self.terms.whole(x)
        number = x.value if isinstance(x, Var) else x
        dtype = np.result_type(*[v.dtype for v in made.inputs if v.is_array], number)
        varies = isinstance(x, Var) and x.varies
        if dtype.kind != "f" or (varies and isinstance(number, np.generic)):
            return self.terms.argument(x)
        if varies:  # a setting of the optimizer
            new, zero = (x, dtype) not in self.before, call("np.array", literal(0), literal(dtype))
            array = self.made_before(f"{self.terms.text(x)}_array", zero, (x, dtype))
            if new:
                self.lines.append(("", call(f"{array.id}.fill", self.terms.whole(x)), ""))
            return array
        value = shortest(dtype.type(number))
        if made.function in (np.maximum, np.minimum):  # whose loops are slow with one number
            shape = made.out.shape if made.out.size <= SMALL else made.out.shape[-1:]
            bound = call("np.full", literal(shape), literal(value), literal(dtype))
            return self.made_before("bound", bound)
        return self.made_before(f"c{value:.4g}", call("np.array", literal(value), literal(dtype)))


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
    """Whether numbers are added up in their own dtype, as ``np.add.reduce`` does."""
    x = made.args[0]
    return x.dtype == made.out.dtype and x.dtype.kind == "f" and x.dtype.itemsize > 2


def applied(function: Any, args: list[ast.expr], *out: ast.expr) -> ast.expr:
    """A call of a function, perhaps with memory for its result, in the quickest form."""
    if function is np.dot:
        return call(ast.Attribute(args[0], "dot"), *args[1:], *out)
    if function in (np.maximum, np.minimum) and out:
        return call(str(name_of(function)), *args, out=out[0])
    return call(str(name_of(function)), *args, *out)


def with_signs_last(calls: list[Call], ends: list[Var]) -> list[Call]:
    """Calls that take the sign of a sum, not of each term: ``(-a * b).sum()``."""
    uses = Counter([*ends, *(x for call in calls for x in call.inputs)])
    out = []
    for made in calls:
        negatives = [
            x.call for x in made.inputs
            if x.call and x.call.function is np.negative and x.is_array and x.dtype.kind == "f"
            and uses[x] == 1
        ]  # fmt: skip
        if negatives and made.function in (np.multiply, np.divide, np.sum):
            y, inner, negative = copy(made.out), copy(made), negatives[0]
            inner.args, inner.out = replaced(made.args, {negative.out: negative.args[0]}), y
            y.root, y.call = y, inner
            out.append(inner)
            made.function, made.args, made.keywords = np.negative, (y,), {}
            uses[y] = 1
        out.append(made)
    return needed(out, ends)
