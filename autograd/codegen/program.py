"""A Recording as a program: statements of NumPy that write into memory kept from run to run.

The text is that of ``to_source`` with a line for each call. What a program returns has memory of
its own at each run; all else goes into ``memory1``, ``memory2``, ..., each of which serves again
once nothing needs what is in it. Numbers in products and sums are 0-d arrays, which NumPy takes
more quickly than Python's.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..names import identifier
from ..nested import mapped
from .expressions import Term
from .printer import Printer, name_for
from .recording import Recording
from .spelling import call, literal, name_of, shortest, spelled
from .trace import Var, is_elementwise, value_of

POWERS = {2: np.square, -1: np.reciprocal, 0.5: np.sqrt}  # what NumPy makes of ``x ** 2``
SMALL = 2**14  # elements; of larger arrays time goes by memory, not by call


class ProgramPrinter(Printer):
    """Prints a Recording as a program; ``places`` are those of its arguments, by their ids."""

    def __init__(self, recording: Recording, function: str, places: dict[int, int]) -> None:
        self.places = places
        self.free: dict[Any, list[str]] = {}  # memory that nobody needs any more, by what it fits
        self.memory: dict[Var, list[str]] = {}  # by root: where its memory goes when it is free
        self.kept: dict[Var, str] = {}  # what lies at the same place in every run
        super().__init__(recording, function)
        self.fresh = {x.root for x in recording.results}
        self.last: dict[Var, Any] = {}  # the call that is the last to need what is there, by root
        for made in self.calls:
            self.last.update(dict.fromkeys((x.root for x in [*made.inputs, made]), made))
        self.last.update(dict.fromkeys((x.root for x in self.ends), "end"))

    def name_inputs(self) -> None:
        """The function's arguments, Tensors, numbers, long arrays; the rest is in the text."""
        recording, inputs, last = self.recording, self.recording.inputs, len(self.places)
        places = {x: self.places.get(id(tensor), last) for x, tensor in recording.tensors.items()}
        places.update(dict.fromkeys(recording.live, last + 1))
        begin = [x for x in dict.fromkeys([*inputs, *self.uses]) if x.function is None]
        begin.sort(key=lambda x: places.get(x, last + 2))
        for var in filter(self.uses.__contains__, begin):
            name = recording.names.get(id(var.value)) or inputs.get(var, "constant")
            if var in places or not self.terms.constant(var):
                self.arguments[var] = identifier(name, self.taken)
                self.terms.name(var, self.arguments[var])
            elif var.is_array:
                self.terms.known[var] = Term(self.made_before(name, self.terms.whole(var)))

    def made_before(self, label: str, value: ast.expr, key: Any = None) -> ast.Name:
        """The name of what is made before the function, once for each key, or each value."""
        text = ast.unparse(value)
        key = text if key is None else key
        if key not in self.before:
            name = identifier(label, self.taken)
            self.before[key] = name, f"{name} = {text}"
        return ast.Name(self.before[key][0])

    def add(self, made: Var) -> None:
        """The statement of a call; for a view of memory that stays, a line before the function."""
        name = self.labels.get(made) or identifier(name_for(made), self.taken)
        if made.root is not made and made.is_array and all(x in self.kept for x in made.inputs):
            args = mapped(lambda x: ast.Name(self.kept[x]) if isinstance(x, Var) else x, made.args)
            value, place = self.terms.written(made.function, args, made.keywords), None
            self.before[made], self.kept[made] = (name, f"{name} = {ast.unparse(value)}"), name
        else:
            value, place = self.computed(made)
            self.statement("" if place else f"{name} = ", ast.unparse(value), made.shape)
        self.release(made)
        self.terms.known[made] = Term(place or ast.Name(name))

    def computed(self, made: Var) -> tuple[ast.expr, ast.expr | None]:
        """A call as it is written, and where its result is then if it is not what that gives."""
        stays = made.is_array and made.root is made and made not in self.fresh
        if stays and is_mask(made):
            return self.masked(made)
        function, args = self.with_out(made)
        if function is None:
            return self.terms.written(made.function, made.args, made.keywords), None
        place = self.target_of(made) if stays else None
        out = [place or ast.Name(self.memory_for(made))] if stays else []
        return applied(function, args, *out), place

    def with_out(self, made: Var) -> tuple[Any, list[ast.expr]]:
        """A function that takes ``out=``, and its arguments; None where there is no such thing."""
        function, args = made.function, made.args
        if function is np.sum and is_along(made):
            return np.dot, self.by_ones(made)
        ndim = {np.matmul: 2, np.vdot: 1}.get(function)
        if ndim and all(x.ndim == ndim for x in args):
            function = np.dot
        takes = made.is_array if isinstance(function, np.ufunc) else function is np.dot
        if made.keywords or not takes:
            return None, []
        if function is np.power and isinstance(args[1], int | float) and args[1] in POWERS:
            function, args = POWERS[args[1]], args[:1]
        return function, [self.operand(x, made) for x in args]

    def by_ones(self, made: Var) -> list[ast.expr]:
        """The factors whose product is the sum of a matrix along an axis: the matrix and ones."""
        x, axis = made.args
        first, n = axis in (0, -2), x.shape[axis]
        shape = ((1, n) if first else (n, 1)) if made.keywords else n
        ones = self.made_before("ones", call("np.ones", literal(shape), literal(x.dtype)))
        return [ones, self.terms.whole(x)] if first else [self.terms.whole(x), ones]

    def masked(self, made: Var) -> tuple[ast.expr, ast.expr]:
        """The bits of an array times a mask: much quicker than ``where`` with many changes."""
        mask, x = self.terms.whole(made.args[0]), made.inputs[-1]
        keep = mask if made.args[1] is x else spelled(np.invert, mask)
        memory = ast.Name(self.memory_for(made))
        return call("np.multiply", self.bits(x), keep, self.bits(made)), memory

    def bits(self, x: Var) -> ast.expr:
        """A view of an array as integers, made only once for memory that stays."""
        bits = literal(np.dtype(f"i{x.dtype.itemsize}"))
        if x in self.kept:
            return self.made_before("bits", call(f"{self.kept[x]}.view", bits))
        return call(ast.Attribute(self.terms.whole(x), "view"), bits)

    def target_of(self, made: Var) -> ast.expr | None:
        """The input that a call updates, if it may write its result right there."""
        for target, value in self.recording.updates.items():
            free = self.last.get(target.root, made) is made
            fits = (target.shape, target.dtype) == (made.shape, made.dtype)
            if value is made and free and fits and isinstance(made.function, np.ufunc):
                del self.recording.updates[target]
                return self.terms.whole(target)
        return None

    def memory_for(self, made: Var) -> str:
        """Memory for the result of a call: perhaps that of operands nobody needs any more."""
        dying = [x for x in made.inputs if self.last[x.root] is made and x.root in self.memory]
        alike = all(x.root is x and x.shape == made.shape for x in dying)
        if alike and is_elementwise(made.function):
            self.release(made)
        order = "F" if made.ndim > 1 and made.strides[0] < made.strides[-1] else "C"
        free = self.free.setdefault((made.shape, made.dtype, order), [])
        if not free:
            more = {} if order == "C" else {"order": literal("F")}
            empty = call("np.empty", literal(made.shape), literal(made.dtype), **more)
            free.append(self.made_before("memory", empty, len(self.before)).id)
        self.kept[made] = free.pop()
        self.memory[made] = free
        return self.kept[made]

    def release(self, made: Var) -> None:
        """Give back the memory that is used here for the last time."""
        for x in [*made.inputs, made]:
            if self.last.get(x.root) is made and x.root is not made:
                del self.last[x.root]
                if x.root in self.memory:
                    self.memory[x.root].append(self.kept[x.root])

    def operand(self, x: Any, made: Var) -> ast.expr:
        """An operand of a ufunc; a number beside floating arrays as a 0-d array."""
        number, varies = value_of(x), isinstance(x, Var) and x.varies
        dtype = np.result_type(*[v.dtype for v in made.inputs if v.is_array], number)
        if dtype.kind != "f" or np.ndim(number) or (varies and not x.is_number):
            return self.terms.argument(x)
        if varies:  # a setting of the optimizer
            new, zero = (x, dtype) not in self.before, call("np.array", literal(0), literal(dtype))
            array = self.made_before(f"{self.terms.text(x)}_array", zero, (x, dtype))
            if new:
                self.statement("", f"{array.id}.fill({self.terms.text(x)})")
            return array
        value = shortest(dtype.type(number))
        if made.function in (np.maximum, np.minimum):  # whose loops are slow with one number
            shape = made.shape if made.size <= SMALL else made.shape[-1:]
            bound = call("np.full", literal(shape), literal(value), literal(dtype))
            return self.made_before("bound", bound)
        return self.made_before(f"c{value:.4g}", call("np.array", literal(value), literal(dtype)))


def is_mask(made: Var) -> bool:
    """Whether a call is ``np.where(mask, x, 0)`` or ``np.where(mask, 0, x)`` of floats."""
    if made.function is not np.where or len(made.inputs) != 2:
        return False
    mask, x = made.inputs
    zero = any(type(v) is int and v == 0 for v in made.args[1:])
    floats = x.dtype == made.dtype and x.dtype.kind == "f" and x.dtype.itemsize <= 8
    alike = mask.shape == x.shape == made.shape != ()
    return zero and floats and alike and mask is made.args[0] and mask.dtype == bool


def is_along(made: Var) -> bool:
    """Whether a call sums a matrix along an axis, floats in their own dtype."""
    x = made.args[0]
    floats = x.dtype == made.dtype and x.dtype.kind == "f" and x.dtype.itemsize > 2
    return floats and x.ndim == 2 and type(made.args[-1]) is int


def applied(function: Any, args: list[ast.expr], *out: ast.expr) -> ast.expr:
    """A call of a function, perhaps with memory for its result, in the quickest form."""
    if function is np.dot:
        return call(ast.Attribute(args[0], "dot"), *args[1:], *out)
    if function in (np.maximum, np.minimum) and out:
        return call(str(name_of(function)), *args, out=out[0])
    return call(str(name_of(function)), *args, *out)
