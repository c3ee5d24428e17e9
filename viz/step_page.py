"""A page that steps through a forward and backward pass: one HTML file that needs no network.

``data_of`` collects what the page shows; the files in ``viz/page`` show it, and compute it anew
when a reader changes a number.
"""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Node, Tensor, backward_steps, topological_order
from autograd.creation import DRAWS
from autograd.dtypes import computed
from autograd.graph import recorded_order
from autograd.keeping import Absent
from autograd.printing import short
from autograd.steps import Formula, Formulas, Step, code, key_of, labels

from .formulas import tree_of
from .modules import home, titles
from .sentences import backward_sentence, forward_sentence, name_of

LARGEST = 2000  # ops that are shown
LIVE_OPS = 400  # a larger graph is not computed in the page
LIVE_NUMBERS = 500_000  # nor one with more numbers in its inputs
WHOLE = 1024  # numbers; of a larger result the page holds a corner
SHOWN = 24  # rows and columns of that corner

FOLDER = Path(__file__).with_name("page")
SCRIPTS = (
    "arrays", "linalg", "program", "explain", "figures", "layout", "graph", "trace", "steps",
    "quiz", "lab", "boundary", "main",
)  # fmt: skip
SYMBOLS = {"add": "+", "sub": "-", "neg": "-", "mul": "*", "div": "/", "pow": "**", "matmul": "@"}


class Page:
    """A written page: ``path``, and itself as an IFrame in a notebook."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._text = text

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self._text)}" width="100%" height="680" '
            'style="border:1px solid #8888" title="backward, step by step"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Page({str(self.path)!r})"


def step_page(
    tensor: Any,
    path: Any = "backward.html",
    *,
    gradient: Any = None,
    names: Any = None,
) -> Page:
    """Write a page that shows how ``tensor`` was computed and how its gradient flows back.

    Each op is a step, forward first, then backward: one sentence, the equation as pictures, and for
    each number where it came from. The page computes the graph by itself: weights and inputs can
    be changed, and the network trained, in the browser. Where it cannot (over 400 ops or 500,000
    input numbers, a function it does not know) it says so and shows the engine's numbers only.
    ``backward.html#9`` opens at step 9.

    ``tensor`` may be a list, tuple or dict of Tensors; ``gradient`` is what ``backward`` takes.
    Tensors are called as in ``backward_steps``: by their ``name``, as in ``names`` (the variables
    of the caller if not given), or as in their module. Lines of your code are shown where ops were
    recorded inside ``autograd.record_source()``. The graph stays usable and every ``grad`` as it
    is. Hooks of results are called as in ``backward``; the gradient of a leaf is shown as it
    arrives, before the leaf's own hooks, which are not called. Of more than 2000 ops the last 2000
    are shown.

    Raises TypeError for what is not a Tensor, ValueError for a leaf, which no op made, and
    RuntimeError where ``backward`` would.

    >>> import autograd, tempfile, os
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> loss = (x * x).sum()
    >>> page = step_page(loss, os.path.join(tempfile.mkdtemp(), "backward.html"))
    >>> page.path.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    roots = list(tensor.values() if isinstance(tensor, Mapping) else as_list(tensor))
    for x in roots:
        if not isinstance(x, Tensor):
            raise TypeError(f"step_page: needs a Tensor, got {type(x).__name__}")
        if x.is_leaf and x.requires_grad:
            raise ValueError(
                "step_page: this tensor is a leaf: no op made it, so there is no step to show. "
                "Give the page what was computed from it, such as a loss"
            )
    data = data_of(roots if len(roots) > 1 else roots[0], gradient, names)
    text = assembled(data)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Page(path, text)


def as_list(x: Any) -> Iterable[Any]:
    return x if isinstance(x, list | tuple) else [x]


def assembled(data: Mapping[str, Any]) -> str:
    """The page's files and its data as one text."""

    def read(name: str) -> str:
        return (FOLDER / name).read_text(encoding="utf-8")

    parts = {
        "STYLE": read("page.css"),
        "SCRIPT": "\n".join(read(f"{name}.js") for name in SCRIPTS),
        "DATA": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    return re.sub("@@(STYLE|SCRIPT|DATA)@@", lambda m: parts[m[1]], read("page.html"))


def data_of(root: Any, gradient: Any, names: Any) -> dict[str, Any]:
    """All that the page shows: tensors, steps, and the numbers of the engine."""
    roots = list(as_list(root))
    everything = recorded_order(root)
    order = everything[:LARGEST]
    walk = backward_steps(root, gradient, retain_graph=True, names=names)
    shown = set(order).intersection(topological_order(root))
    backward = [next(walk) for _ in shown]  # not to the end, which would set gradients
    walk.close()
    known = labels(names, everything, root)
    called = [known[key_of(x)] for x in roots]
    words = "the loss" if called == ["loss"] else " + ".join(called)
    if any(x.shape for x in roots):
        words = f"the sum of {words}, weighted," if gradient is not None else f"the sum of {words}"
    graph = Graph(order, Formulas(known), [key_of(x) for x in roots])
    steps = [graph.forward_step(node) for node in reversed(order)]
    steps += [graph.backward_step(step, words) for step in backward]
    seeds = {f"d{known[key_of(x)]}": graph.arrays.place(g) for x, g in seeds_of(roots, gradient)}
    return {
        "root": " + ".join(called),
        "words": words,
        "roots": called,
        "folded": len(everything) - len(order),
        "still": graph.why_still(),
        "tensors": list(graph.tensors.values()),
        "scopes": graph.scopes,
        "steps": steps,
        "seeds": seeds,
        "inputs": graph.inputs,
        "texts": list(graph.texts),
        "arrays": graph.arrays.packed,
    }


def seeds_of(roots: list[Tensor], gradient: Any) -> Iterable[tuple[Tensor, Any]]:
    """The cotangents that backward begins with: those given, or ones."""
    given = gradient if isinstance(gradient, list | tuple) else [gradient] * len(roots)
    for x, g in zip(roots, given):
        g = getattr(g, "data", g)
        yield x, np.ones(x.shape, x.dtype) if g is None else np.asarray(g, x.dtype)


def values_of(order: list[Node]) -> dict[Node, list[Any]]:
    """The output and operands of each Node; what is not there any more is computed anew.

    That is what was not kept and, where something was changed in place, everything.
    """
    changed = any(node.memory and node.memory.changed > node.time for node in order)
    found: dict[Node, list[Any]] = {}
    for node in reversed(order):
        y, *operands = node.values
        for i, (x, origin) in enumerate(zip(node.args, node.origins)):
            if origin in found and (changed or isinstance(operands[i], Absent)):
                operands[i] = found[origin][0]
            elif isinstance(operands[i], Absent):
                operands[i] = getattr(x, "_data", x)
        missing = isinstance(y, Absent) or (changed and node.op not in DRAWS)
        if missing and not any(isinstance(x, Absent) for x in operands):
            y = computed(node.op.forward, operands, node.keywords)[0]
        found[node] = [y, *operands]
    return found


class Arrays:
    """The arrays that a page holds, each once, however many steps show it."""

    def __init__(self) -> None:
        self.packed: list[dict[str, Any]] = []
        self._places: dict[tuple, int] = {}

    def place(self, value: Any, whole: bool = False) -> int:
        """Where an array is; ``whole`` if it must not be cut."""
        if isinstance(value, Absent):
            outline = {"shape": value.shape, "dtype": value.dtype.name, "data": "", "cut": (0, 0)}
            self.packed.append(outline)
            return len(self.packed) - 1
        array = np.asarray(value)
        key = (array.shape, array.dtype, array.tobytes(), whole or array.size <= WHOLE)
        if key not in self._places:
            self._places[key] = len(self.packed)
            self.packed.append(packed(array, whole))
        return self._places[key]


def packed(array: np.ndarray, whole: bool) -> dict[str, Any]:
    """An array for the page: a large one is cut to its first rows and columns."""
    made: dict[str, Any] = {"shape": array.shape, "dtype": array.dtype.name}
    if array.size > WHOLE and not whole:
        rows = array.reshape(-1, array.shape[-1])
        finite = array[np.isfinite(array)]
        if finite.size:
            made["range"] = [float(finite.min()), float(finite.max())]
        array = rows[:SHOWN, :SHOWN]
        made["cut"] = array.shape
    store = {"float32": "<f4", "float16": "<f4", "bool": "u1"}.get(array.dtype.name, "<f8")
    return made | {"data": base64.b64encode(array.astype(store).tobytes()).decode()}


class Graph:
    """The tensors and steps of a graph, as the page has them."""

    def __init__(self, order: list[Node], formulas: Formulas, roots: list[Any]) -> None:
        self.formulas = formulas
        self.known = known = formulas.known
        self.arrays = Arrays()
        self.tensors: dict[Any, dict[str, Any]] = {}  # by Node, leaf or id of an array
        self.inputs: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.order = order
        self.values = values_of(order)
        paths = [node.scopes for node in order]
        found = titles(paths)
        self.places = {scope: i for i, scope in enumerate(found)}
        self.scopes = [short(title) for title in found.values()]
        used_in: dict[Any, list[tuple]] = {}
        for node in reversed(order):
            for x, value in zip(node.args, self.values[node][1:]):
                if key_of(x) in known:
                    self.add_operand(x, value)
                    used_in.setdefault(key_of(x), []).append(node.scopes)
            self.add_result(node, node in roots)
        for key, paths in used_in.items():
            if isinstance(key, Tensor):
                self.tensors[key]["scopes"] = [self.places[s] for s in home(key, paths)]

    def add_operand(self, x: Any, value: Any) -> None:
        """A leaf, an array, or the result of an op that is not shown."""
        key = key_of(x)
        if key in self.tensors:
            return
        wants = isinstance(x, Tensor) and x.requires_grad
        self.inputs[self.known[key]] = self.arrays.place(value, whole=value.size <= LIVE_NUMBERS)
        self.add(key, value, "parameter" if wants else "data", wants)

    def add_result(self, node: Node, is_root: bool) -> None:
        kind = "root" if is_root else "result"
        tensor = self.add(node, self.values[node][0], kind, node.requires_grad)
        numbers = [name_of(x, self.known) for x in node.args if key_of(x) not in self.known]
        op = SYMBOLS.get(node.name, node.name)
        tensor["op"] = " ".join([op, *(short(x, 12) for x in numbers)])
        tensor["from"] = [
            self.tensors[key_of(x)]["id"] for x in node.args if key_of(x) in self.tensors
        ]
        tensor["scopes"] = [self.places[scope] for scope in node.scopes]

    def add(self, key: Any, value: Any, kind: str, wants: bool) -> dict[str, Any]:
        self.tensors[key] = {
            "id": f"n{len(self.tensors)}",
            "name": self.known[key],
            "shape": np.shape(value),
            "kind": kind,
            "grad": wants,
            "value": self.arrays.place(value),
            "scopes": [],
        }
        return self.tensors[key]

    def forward_step(self, node: Node) -> dict[str, Any]:
        """An op computes its output from its operands."""
        formula = self.formulas.of_forward(node)
        line = {
            "target": self.tensors[node]["id"],
            "name": self.known[node],
            "formula": formula,
            "tree": self.tree(formula, node),
            "part": self.arrays.place(self.values[node][0]),
        }
        sentence = forward_sentence(node, self.known)
        return self.step("forward", node, sentence, code(node.op.forward), [line])

    def backward_step(self, step: Step, words: str) -> dict[str, Any]:
        """An op hands the gradient of its output on to its operands."""
        lines = [
            {
                "target": self.tensors[c.target]["id"],
                "name": f"d{c.label}",
                "of": c.label,
                "formula": c.formula,
                "tree": self.tree(c.formula, step.node),
                "adds": c.adds,
                "sentence": backward_sentence(step, c, self.known, words),
                "part": self.arrays.place(c.cotangent.data),
                "sum": self.arrays.place(c.total.data),
            }
            for c in step.contributions
        ]
        label = self.known[step.node]
        got = list(dict.fromkeys(c.label for c in step.contributions))
        to = " and ".join(filter(None, [", ".join(got[:-1]), got[-1]]))
        sentence = (
            str(lines[0]["sentence"])
            if len(lines) == 1
            else f"d{label}, the gradient of {words} with respect to {label}, goes on to {to}."
        )
        source = "\n".join(dict.fromkeys(c.source for c in step.contributions))
        made = self.step("backward", step.node, sentence, source, lines)
        return made | {"gradient": self.arrays.place(step.g.data)}

    def step(
        self, phase: str, node: Node, sentence: str, source: str, lines: list
    ) -> dict[str, Any]:
        settings = [
            f"{key}={short(value)}"
            for key, value in node.keywords.items()
            if value is not None and value is not False and key != "index"  # in the formula
        ]
        return {
            "phase": phase,
            "op": node.name,
            "node": self.tensors[node]["id"],
            "sentence": sentence,
            "lines": lines,
            "rule": self.texts.setdefault(source, len(self.texts)),
            "where": str(node.where) if node.where else "",
            "settings": ", ".join(settings),
        }

    def tree(self, formula: Formula, node: Node) -> dict[str, Any]:
        """A formula as a tree, in which its nameless arrays are called after the op's output."""
        renamed = {name: f"{self.known[node]}.{name}" for name in formula.arrays}
        for name, array in formula.arrays.items():
            self.inputs[renamed[name]] = self.arrays.place(array, whole=True)
        return tree_of(formula, renamed)

    def why_still(self) -> str:
        """Why the page cannot compute this graph, or "" """
        if len(self.order) > LIVE_OPS:
            return f"it has {len(self.order)} ops, and the page computes up to {LIVE_OPS}"
        numbers = sum(math.prod(self.arrays.packed[i]["shape"]) for i in self.inputs.values())
        if numbers > LIVE_NUMBERS:
            return (
                f"its inputs hold {numbers:,} numbers, and the page computes up to {LIVE_NUMBERS:,}"
            )
        if any(isinstance(x, Absent) for values in self.values.values() for x in values):
            return "large values were not kept: record the ops inside autograd.record_source()"
        dtypes = {array["dtype"] for array in self.arrays.packed}
        odd = dtypes - {"float16", "float32", "float64", "int64", "int32", "bool"}
        return f"the page does not compute with {min(odd)}" if odd else ""
