"""The recorded graph: a Node for each op, and the order in which backward walks them."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from . import observers
from .cotangents import as_cotangent, fit
from .dtypes import widened
from .keeping import KEPT, Faded, without_large
from .memory import Memory, check_usable, clock, note_reader
from .printing import node_text
from .tensors import Tensor, result

if TYPE_CHECKING:
    from .rules import Op


class Node:
    """A recorded op, the ``grad_fn`` of its result: call it with a cotangent for its VJP.

    ``op``      the operation, with its forward and VJP rules
    ``args``    its operands as they were given: Tensors and constants
    ``keywords`` its settings (``axis=0``)
    ``parents`` for each operand: the Node it came from, or the leaf Tensor itself,
                or None where no gradient is wanted
    ``values``  its output and operands as arrays, from which VJP rules get what they
                need; of large ones no rule asks for, only shape and dtype
    ``origins`` for each operand what made it, also where no gradient is wanted
    ``time``    when it was recorded, on the clock that in-place changes share
    ``shape``, ``dtype`` of its output, and so of its cotangent

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> y.grad_fn
    <MulBackward (2,) = [1., 4.]>
    >>> y.grad_fn(autograd.ones_like(y))
    (tensor([1., 2.]), tensor([1., 2.]))
    >>> y.grad_fn.inputs[0] is x
    True
    """

    memory: Memory | None = None  # that of its output, once it is shared or changed
    requires_grad = True  # whether backward visits it
    where: Any = None  # inside record_source(): the user's line that recorded it
    scopes: tuple = ()  # the calls of modules' forward() around that line, outermost first
    hooks: Any = ()  # functions that see, and may replace, the cotangent as it arrives
    freed = False  # whether backward went through it
    is_large = False  # whether it may have large values, which are not all kept
    _origins: Any = None

    def __init__(self, op: Op, args: tuple, keywords: dict, parents: list, values: tuple) -> None:
        if not op.complete:
            op.check_rules(parents)
        self.op = op
        self._args = args
        self.keywords = keywords
        self.parents = parents
        self.values: Any = values
        self.time = next(clock)
        self.shape = values[0].shape
        self.dtype = values[0].dtype
        if observers.recorded:
            self.be_seen()

    def add_hook(self, hook: Any) -> Any:
        """Have backward call ``hook(g)`` with the cotangent; return the hook."""
        self.hooks = [*self.hooks, hook]
        return hook

    def be_seen(self) -> None:
        """Keep what made the operands, if every op is recorded, and tell who wants to know."""
        if observers.everything:
            self._origins = [made_by(x) for x in self.args]
            note_reader(self, self._origins)
        observers.tell(observers.recorded, self)

    @property
    def args(self) -> tuple:
        """Its operands as they were given."""
        if self.is_large:
            return tuple([x.operand() if isinstance(x, Faded) else x for x in self._args])
        return self._args

    def keep_what_is_needed(self) -> None:
        """Let go of large values that no VJP rule asks for; of all large ones once freed."""
        self.is_large = any(getattr(v, "size", 0) > KEPT for v in self.values)
        asked = () if self.freed else self.op.asked(self.parents)
        self._args, self.values = without_large(self._args, self.values, self.parents, asked)

    def tensors(self) -> tuple:
        """The output and the operands as Tensors, so that what VJP rules do is recorded."""
        y = result(self.values[0])
        y.grad_fn, y._requires_grad = self, True
        operands = zip(self.args, self.values[1:])
        return (y, *[x if isinstance(x, Tensor) else value for x, value in operands])

    @property
    def name(self) -> str:
        """The name of the op: ``"matmul"``."""
        return self.op.name

    @property
    def operand_names(self) -> list[str]:
        """What the op calls each of its operands."""
        return self.op.names_of(self.args)

    @property
    def origins(self) -> list:
        """What made each operand: a Node, or the Tensor itself for a leaf; None for a constant.

        Ops without gradient have Nodes only inside ``record_source()``.
        """
        if self._origins is None:
            leaves = [x if isinstance(x, Tensor) else None for x in self.args]
            return [x if parent is None else parent for x, parent in zip(leaves, self.parents)]
        return self._origins

    @property
    def inputs(self) -> tuple:
        """The Tensors among the operands, constants left out."""
        return tuple(x for x in self.args if isinstance(x, Tensor))

    @property
    def next_functions(self) -> tuple:
        """For each Tensor operand ``(grad_fn, 0)``, as in torch; a leaf stands for itself."""
        pairs = zip(self.args, self.parents, strict=True)
        return tuple((parent, 0) for x, parent in pairs if isinstance(x, Tensor))

    def __call__(self, g: Any) -> Any:
        """The VJP for cotangent ``g``: one Tensor, or a tuple with one for each operand."""
        if observers.asked:
            observers.tell(observers.asked, self, "backward")
        g = as_cotangent(g, self, f"{self.name}'s grad_fn")
        check_usable([self])
        cotangents: list = []
        for x, (vjp, needs) in zip(self.parents, self.op.rules):
            dx = None
            if x is not None:
                g, *saved = widened(g, needs(self.values))
                dx = vjp(g, *saved, **self.keywords)
                dx = result(fit(dx, x, vjp))
            cotangents.append(dx)
        cotangents += [None] * (len(self.parents) - len(cotangents))  # indices have no rule
        return cotangents[0] if len(cotangents) == 1 else tuple(cotangents)

    @property
    def title(self) -> str:
        """The name as a tensor's repr shows it: ``MulBackward``."""
        words = self.op.name.split("_")
        return "".join(word[:1].upper() + word[1:] for word in words) + "Backward"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"the Node of {self.name} cannot be copied or pickled: it is a part of a graph. Copy "
            "tensors, after detach()"
        )

    def __repr__(self) -> str:
        return node_text(self)


def parent_of(x: Any) -> Any:
    """Where the gradient of a Tensor goes: to the Node that made it, or to the leaf itself."""
    return x.grad_fn or x


def made_by(x: Any) -> Any:
    """The Node that made a Tensor, or the Tensor itself if it is a leaf; None for a constant."""
    return (x.node or x) if isinstance(x, Tensor) else None


def topological_order(root: Any) -> list[Node]:
    """The ops that ``root`` depends on, each before what it depends on.

    ``root`` is a Tensor, a Node, or a list of them. The order is latest recorded first:
    the mirror image of the forward pass.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> topological_order(x.exp().sin())
    [<SinBackward () = 0.8939>, <ExpBackward () = 7.3891>]
    """
    return ordered([x.grad_fn if isinstance(x, Tensor) else x for x in as_list(root)], PARENTS)


def recorded_order(root: Any) -> list[Node]:
    """The same order of all ops that were recorded, including those without gradient.

    ``record_source()`` records these.

    >>> import autograd
    >>> x = autograd.tensor([-1.0, 2.0], requires_grad=True)
    >>> with autograd.record_source():
    ...     y = x * (x > 0)
    >>> [node.name for node in recorded_order(y)], [node.name for node in topological_order(y)]
    (['mul', 'gt'], ['mul'])
    """
    return ordered([x.node if isinstance(x, Tensor) else x for x in as_list(root)], ORIGINS)


def as_list(root: Any) -> list:
    return [root] if isinstance(root, (Tensor, Node)) else list(root)


PARENTS, ORIGINS, TIME = attrgetter("parents"), attrgetter("origins"), attrgetter("time")


def ordered(starts: list, before: Callable[[Node], list]) -> list[Node]:
    """The Nodes ``starts`` and all that they depend on by ``before(node)``, latest first."""
    order: list[Node] = [x for x in dict.fromkeys(starts) if x is not None]
    seen: set = {None, *order}
    for node in order:  # grows while it is gone through
        for x in before(node):
            if type(x) is Node and x not in seen:  # quicker than isinstance for leaves and None
                seen.add(x)
                order.append(x)
    order.sort(key=TIME, reverse=True)
    return order
