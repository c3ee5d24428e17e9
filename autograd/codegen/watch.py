"""What a function does while it is recorded that a program of its graph would not do."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import observers
from ..creation import DRAWS
from ..debugging import listen, record_source
from ..graph import Node, as_list, parent_of, recorded_order
from ..memory import clock
from ..tensors import Tensor


class Watch:
    """Has every op recorded, and refuses what a program of the graph would not do."""

    def __init__(self, name: str, stand_ins: list) -> None:
        self.name = name
        self.given = set(map(id, stand_ins))
        self.created: list[Tensor] = []
        self.thread = threading.get_ident()
        self.begun = next(clock)
        self.random = random.getstate(), repr(np.random.get_state())
        self.mode = record_source()

    def run(self, function: Callable, args: list) -> Any:
        """What the function gives."""
        try:
            self.listen(True)
            return function(*args)
        finally:
            try:
                self.listen(False)
            except BaseException:  # an interrupt
                self.listen(False)
                raise

    def listen(self, on: bool) -> None:
        """Have every op recorded, and be told what the function does; or no more."""
        listen(observers.asked, self.on_asked, on)
        listen(observers.changed, self.on_changed, on)
        listen(observers.created, self.created.append, on)
        (self.mode.__enter__ if on else self.mode.__exit__)()

    def refuse(self, what: str) -> None:
        """Raise RuntimeError, but not for what another thread does meanwhile."""
        if threading.get_ident() == self.thread:
            raise RuntimeError(f"compile: {self.name} {what}")

    def on_asked(self, x: Any, how: str) -> None:
        if x is None:
            self.refuse(f"uses {how}, which is not recorded")
        elif threading.get_ident() == self.thread and self.varies(x):
            if how == "backward":
                self.refuse(
                    "calls backward() or grad(), whose results are in no graph. The program calls "
                    "backward() by itself: return the loss, and give compile the optimizer=... for "
                    "a whole step. For derivatives inside the loss: grad(..., create_graph=True)"
                )
            self.refuse(
                "asks for the value of a tensor that depends on an argument or a parameter: "
                f"{how}. A program does not ask again: use autograd.where, return the tensor, or "
                "make what depends on the value an argument"
            )

    def varies(self, x: Any) -> bool:
        """Whether a value may be another at another call: of arguments, parameters, random ops."""
        order = recorded_order(x)
        reached = [*as_list(x), *(origin for node in order for origin in node.origins)]
        leaves = [leaf for leaf in reached if isinstance(leaf, Tensor)]
        vary = [id(x) in self.given or (x.is_leaf and x._requires_grad) for x in leaves]
        return any(vary) or any(node.op in DRAWS for node in order)

    def on_changed(self, x: Any, how: str) -> None:
        while self.is_inside(x.node) and x._data.base is not None:
            x = x.node.args[0]  # what it may be a view of
        inside = self.is_inside(x.node)
        if not (inside and "data =" not in how) and not any(x is one for one in self.created):
            what = "the data of a result" if inside else "a tensor from outside in place"
            self.refuse(
                f"changes {what} ({how}), which the program would not do. "
                "Return the new value and change it outside. An optimizer= updates parameters; "
                "BatchNorm keeps its statistics in eval()"
            )

    def is_inside(self, node: Node | None) -> bool:
        return node is not None and node.time > self.begun

    def check(self, tensors: list[Tensor]) -> None:
        """Refuse graphs that a program cannot hold."""
        if self.random != (random.getstate(), repr(np.random.get_state())):
            self.refuse(
                "draws random numbers from random or np.random (or another thread did meanwhile), "
                "which would be the same at each call. Use autograd.rand, randn or nn.Dropout"
            )
        root = tensors[0]
        if root._requires_grad and root.shape != ():
            raise ValueError(
                f"compile: {self.name}: the result has shape {root.shape}, and only a scalar has a "
                "gradient: reduce it (.sum(), .mean()), or compute inside no_grad()"
            )
        order = list(filter(self.is_inside, recorded_order(tensors)))
        for x in [*map(parent_of, tensors), *(x for node in order for x in node.parents)]:
            if isinstance(x, Node) and not self.is_inside(x):
                self.refuse(
                    f"uses the result of {x.name} from outside, whose graph would be lost. Use "
                    "tensor.detach(), or compute it inside"
                )
        for node in order:
            at = f", at {node.where}" if node.where else ""
            masks = [x for x in node.inputs if x.dtype == np.bool_ and x is not node.args[0]]
            if node.name == "getitem" and any(map(self.varies, masks)):
                self.refuse(
                    f"picks by a mask, and how many that gives depends on values{at}. Use "
                    "autograd.where(mask, x, 0), and divide by mask.sum() for a mean"
                )
            if node.op in DRAWS and node.args:
                self.refuse(
                    f"draws by {node.name} from a tensor, which a program cannot do anew{at}. Use "
                    "autograd.rand(...) < p, or draw outside and make it an argument"
                )
            if any(getattr(x, "hooks", None) for x in [node, *node.parents]):
                self.refuse(f"has a hook, which a program would not call{at}")
