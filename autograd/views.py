"""Views: Tensors on the memory of another Tensor, which know how they were taken from it.

One rule holds: a change through any tensor is seen by all that share its memory. Their values are
the same numbers. In the graph, a recorded change of a view is a write into the tensor that it was
taken from, and so on down to the base. A view is taken anew, from where the base is in the graph by
then, when it is next used:

    v = x[1:]   # v is getitem(x)
    v *= w      # x is setitem(x as it was, mul(v as it was, w))
    v.sum()     # v is getitem(x) again
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from . import observers
from .grad_mode import mode
from .graph import Node, parent_of
from .hooks import retain_grad
from .keeping import KEPT
from .memory import Memory
from .operands import as_numpy, laid_out
from .primitives import primitive
from .rules import Op, Rule
from .tensors import Tensor, new, result


class View(Tensor):
    """A Tensor that ``_op`` took from the memory of another, ``_of``.

    Its ``grad_fn`` is looked up when it is asked for: see the head of this file.
    """

    _of: Tensor
    _op: Op
    _settings: dict
    _operands: tuple = ()  # what else the op took, such as indices
    _cut = ""  # "detach" or "no_grad" where gradients do not go on to _of
    _memory: Memory
    _followed: int  # the time of the last recorded change that the place below knows of
    _place: tuple[Node | None, bool, Node | None]  # grad_fn, _requires_grad, _node

    def _look_up(self) -> tuple[Node | None, bool, Node | None]:
        if self._memory.rewritten > self._followed:
            follow(self)
        return self._place

    @property
    def grad_fn(self) -> Node | None:
        return self._look_up()[0]

    @grad_fn.setter
    def grad_fn(self, node: Node | None) -> None:
        self._place = (node, *self._place[1:])

    @property
    def _requires_grad(self) -> bool:
        return self._look_up()[1]

    @_requires_grad.setter
    def _requires_grad(self, value: bool) -> None:
        self._place = (self._place[0], value, self._place[2])

    @property
    def _node(self) -> Node | None:
        return self._look_up()[2]

    @_node.setter
    def _node(self, node: Node | None) -> None:
        self._place = (*self._place[:2], node)

    def __reduce__(self) -> Any:
        return itself, (self._alone(),)

    def __deepcopy__(self, memo: dict) -> Tensor:
        if self.grad_fn is not None:
            return super().__deepcopy__(memo)  # which refuses
        out = memo[id(self)] = copy.deepcopy(self._alone(), memo)
        return out

    def _alone(self) -> Tensor:
        """The same Tensor, but no view: what is copied and pickled."""
        out = stand_in(self, self._data)
        out.grad_fn, out._node, out._grad = None, None, self._grad
        return out


def itself(x: Tensor) -> Tensor:
    """What a pickled view is made with."""
    return x


def view(forward: Callable) -> Callable[..., Any]:
    """Make an op, as ``primitive`` does, whose result may share the memory of its first operand.

    ``written_by`` says how a change of the result is written into that operand.
    """
    return primitive(forward, as_view)


def as_view(out: Tensor, op: Op, args: tuple, settings: dict) -> Tensor:
    """The result of an op as a View, if it shares the memory of the first operand."""
    of = args[0]
    if not isinstance(of, Tensor):
        return out
    if not of.ndim:  # a number: if it was NumPy's when the op ran, it had no memory to share
        rest = [x._data if isinstance(x, Tensor) else x for x in args[1:]]
        out._data = op.forward(of._array(), *rest, **settings)
    y, data = out._data, of._data
    if y is data:
        y = y.view()
    elif y.base is None or not (y.base is data or y.base is data.base):
        out._data = laid_out(op, y, [data])  # a copy after all
        return out
    view = new(View)
    view._data = y
    view._of, view._op, view._settings = of, op, settings
    if len(args) > 1:
        view._operands = tuple([as_it_is(x) for x in args[1:]])
    if not mode.recording:
        view._cut = "no_grad"
    view._memory = memory = of.memory
    view._followed = memory.rewritten
    view._place = out.grad_fn, out._requires_grad, out._node
    return view


def writable(view: Tensor) -> Tensor:
    """Let a view be changed that NumPy made read-only, where no two of its elements are one."""
    if isinstance(view, View) and view.size <= view._of.size:
        view._data.flags.writeable = view._of._data.flags.writeable
    return view


def written_by(take: Any) -> Callable[[Rule], Rule]:
    """Register how a new ``value`` of a view is written into ``x``, which the view was taken from.

    The rule takes ``x``, ``value`` and what else the view was taken with. It gives the op that
    makes the new ``x``, its operands as a tuple, and its settings as a dict.
    """

    def register(rule: Rule) -> Rule:
        take.op.written_by = rule
        return rule

    return register


def as_it_is(x: Any) -> Any:
    """An index that stays as it is, so that a view is taken anew at the same place.

    The record of all ops has it as what it is a copy of: a program may be called with another one.
    """
    if not isinstance(x, Tensor):
        return x
    data = x._data.copy()
    if observers.everything and x.node is None:
        return record(alias.op, (x,), {}, data, gradient=False)  # type: ignore[attr-defined]
    return stand_in(x, data)


def stand_in(x: Tensor, data: Any) -> Tensor:
    """A Tensor around ``data`` at the place in the graph where ``x`` is now."""
    out = result(data)
    out.grad_fn, out._requires_grad, out._node = x.grad_fn, x._requires_grad, x._node
    out.name = x.name
    return out


def source_of(x: Tensor) -> Tensor | None:
    """What a view was taken from, if the two still share their memory."""
    if isinstance(x, View) and x._of._memory is x._memory:
        return x._of
    return None  # for a view so after ``view.data = ...`` or ``base.data = ...``


def line_of(x: Tensor) -> list[Tensor]:
    """A tensor, what it was taken from, and so on down to the base."""
    line = [x]
    while (of := source_of(line[-1])) is not None:
        line.append(of)
    return line


def follow(view: View) -> None:
    """Take a stale view anew, and before it those that it was taken from."""
    stale = []
    x: Tensor | None = view
    while isinstance(x, View) and x._memory.rewritten > x._followed:
        stale.append(x)
        x = source_of(x)
    for one in reversed(stale):
        if not take_anew(one):
            return


def take_anew(x: View) -> bool:
    """Put a stale view where it is when it is taken now; False if it has no place for now."""
    of, memory = source_of(x), x._memory
    if of is None:
        x._followed = memory.rewritten
        return True
    if x._cut == "no_grad" and of._requires_grad and memory.recorded > x._followed:
        if mode.recording or observers.everything:
            raise RuntimeError(
                f"{x._op.name}: a view that was taken under no_grad() is used, and "
                f"{memory.changed_by} changed its memory as a recorded op since. Take the view "
                "outside no_grad(), or change its memory inside"
            )
        return False
    out = record(x._op, (of, *x._operands), x._settings, x._data, gradient=not x._cut)
    x._followed = memory.rewritten
    move(x, out)
    return True


def move(x: Tensor, to: Tensor) -> None:
    """Put ``x`` where ``to`` is in the graph; a leaf that requires grad stays one."""
    if to._requires_grad:
        retained = x._retained
        if retained is not None:
            x.grad_fn.hooks.remove(retained)  # type: ignore[union-attr]
            x._retained = None
        x.grad_fn, x._requires_grad, x._node = to.grad_fn, True, None
        if retained is not None:
            retain_grad(x)
    elif x.grad_fn is not None or not x._requires_grad:
        x._node = to._node


def record(op: Op, args: tuple, keywords: dict, y: Any, gradient: bool) -> Tensor:
    """A Tensor around ``y``, recorded as what ``op`` gives of ``args`` without computing that."""
    values, parents = [], []
    for x in args:
        tensor = isinstance(x, Tensor)
        values.append(x._data if tensor else as_numpy(op, x))
        parents.append(parent_of(x) if tensor and gradient and x._requires_grad else None)
    if observers.computed:
        observers.tell(observers.computed, op, args, values, y)
    out = result(y)
    wanted = [x for x in parents if x is not None] if y.dtype.kind == "f" else []
    if wanted or observers.everything:
        node = Node(op, args, keywords, parents, (y, *values))
        if not observers.everything and (y.size > KEPT or any(x.is_large for x in wanted)):
            node.keep_what_is_needed()
        if wanted:
            out.grad_fn, out._requires_grad = node, True
        else:
            out._node = node
            node.requires_grad = False
    return out


@view
def alias(x: Any) -> Any:
    """``x`` itself: how ``detach()`` is recorded inside ``record_source()``."""
    return x
