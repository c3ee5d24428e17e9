"""What a function does while it is recorded that a program of its graph would not do."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np

from .. import observers
from ..creation import DRAWS
from ..debugging import record_source
from ..graph import Node, parent_of, recorded_order
from ..memory import clock
from ..tensors import Tensor


class Watch:
    """Has every op recorded, and refuses what a program of the graph would not do."""

    def __init__(self, name: str, stand_ins: list) -> None:
        self.name = name
        self.given = [x for x in stand_ins if isinstance(x, Tensor)]
        self.created: list[Tensor] = []
        self.thread = threading.get_ident()
        self.begun = next(clock)
        self.random = random_state()
        self.mode: Any = record_source()
        self.listeners: list = [
            (observers.asked, self.on_asked),
            (observers.changed, self.on_changed),
            (observers.created, self.created.append),
        ]

    def __enter__(self) -> Watch:
        try:
            self.mode.__enter__()
            for listeners, listener in self.listeners:
                listeners.append(listener)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self.leave()
        except BaseException:  # an interrupt
            self.leave()
            raise

    def leave(self) -> None:
        for listeners, listener in self.listeners:
            if listener in listeners:
                listeners.remove(listener)
        if self.mode is not None:
            self.mode.__exit__()
            self.mode = None

    def refuse(self, what: str) -> None:
        raise RuntimeError(f"compile: {self.name} {what}")

    def on_asked(self, x: Any, how: str) -> None:
        if threading.get_ident() != self.thread or not (x is None or self.varies(x)):
            return
        if how == "backward":
            self.refuse(
                "calls backward() or grad(), whose results are in no graph. The program calls "
                "backward() by itself: return the loss, and give compile the optimizer=... for a "
                "whole step. For derivatives inside the loss: grad(..., create_graph=True)"
            )
        if x is None:
            self.refuse(f"uses {how}, which is not recorded")
        self.refuse(
            f"asks for the value of a tensor that depends on an argument or a parameter: {how}. "
            "A program does not ask again: use autograd.where, return the tensor, or make what "
            "depends on the value an argument"
        )

    def varies(self, x: Any) -> bool:
        """Whether a value may be another at another call: of arguments, parameters, random ops."""
        order = recorded_order(x)
        leaves = [*(x if isinstance(x, list | tuple) else [x])]
        leaves += [leaf for node in order for leaf in node.origins]
        return any(node.op in DRAWS for node in order) or any(
            any(leaf is x for x in self.given) or (leaf.is_leaf and leaf._requires_grad)
            for leaf in leaves
            if isinstance(leaf, Tensor)
        )

    def on_changed(self, x: Tensor, how: str) -> None:
        while x.node is not None and x.node.time > self.begun and x._data.base is not None:
            x = x.node.args[0]  # what it may be a view of
        inside = x.node is not None and x.node.time > self.begun
        known = (inside and "data =" not in how) or any(x is one for one in self.created)
        if threading.get_ident() == self.thread and not known:
            what = "the data of a result" if inside else "a tensor from outside in place"
            self.refuse(
                f"changes {what} ({how}), which the program would not do. "
                "Return the new value and change it outside. An optimizer= updates parameters; "
                "BatchNorm keeps its statistics in eval()"
            )

    def check(self, tensors: list[Tensor]) -> None:
        """Refuse graphs that a program cannot hold."""
        if self.random != random_state():
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
        order = [node for node in recorded_order(tensors) if node.time > self.begun]
        used = [parent_of(x) for x in tensors] + [x for node in order for x in node.parents]
        for x in used:
            if isinstance(x, Node) and x.time < self.begun:
                self.refuse(
                    f"uses the result of {x.name} from outside, whose graph would be lost. Use "
                    "tensor.detach(), or compute it inside"
                )
        for node in order:
            at = f", at {node.where}" if node.where else ""
            masks = [x for x in node.args[1:] if getattr(x, "dtype", None) == np.bool_]
            masks = [x for x in masks if isinstance(x, Tensor) and self.varies(x)]
            if node.name == "getitem" and masks:
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


def random_state() -> Any:
    """Where the generators of random and np.random are."""
    state: Any = np.random.get_state()
    return random.getstate(), state[1].tobytes(), state[2:]
