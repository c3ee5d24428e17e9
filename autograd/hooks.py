"""Functions that see a gradient on its way, and may replace it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from . import observers
from .cotangents import accumulate_grad
from .grad_mode import set_grad_enabled
from .tensors import Tensor, result


class Handle:
    """Removes a hook or a stop: by ``remove()``, or at the end of a ``with`` block."""

    def __init__(self, remove: Callable[[], None]) -> None:
        self._remove: Callable[[], None] | None = remove

    def remove(self) -> None:
        """Take back what this handle stands for; a second time does nothing."""
        if self._remove is not None:
            self._remove()
            self._remove = None

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def register_hook(self: Tensor, hook: Callable[[Tensor], Any]) -> Handle:
    """Have backward call ``hook(grad)`` when the gradient of this tensor is complete.

    What it returns, unless None, replaces the gradient. The result has ``remove()``.

    >>> import autograd
    >>> x = autograd.tensor(3.0, requires_grad=True)
    >>> handle = x.register_hook(lambda grad: 10 * grad)
    >>> (x * x).backward()
    >>> x.grad
    tensor(60.)
    >>> handle.remove()
    """
    if not self._requires_grad:
        raise RuntimeError("register_hook: this tensor does not require grad, so it gets none")
    if not callable(hook):
        raise TypeError(f"hook: must be a function of the gradient, got {type(hook).__name__}")
    of = self.grad_fn or self
    shape, dtype = of.shape, of.dtype

    def on_cotangent(g: Any) -> Any:
        raw = not isinstance(g, Tensor)
        replaced = hook(result(g) if raw else g)
        if replaced is None:
            return None
        if not isinstance(replaced, Tensor):
            raise TypeError(
                f"hook: must return None or a Tensor, got {type(replaced).__name__}; "
                "what it returns replaces the gradient"
            )
        if replaced.shape != shape or replaced.dtype != dtype:
            raise ValueError(
                f"hook: must return None or a Tensor of shape {shape} and {dtype}, as the "
                f"gradient is, got {replaced.shape} and {replaced.dtype}"
            )
        return replaced._data if raw else replaced

    retained = [self._retained] if self._retained else []  # sees what the others leave
    of.hooks = [*[h for h in of.hooks if h not in retained], on_cotangent, *retained]
    hooked = weakref.ref(of)  # who keeps the handle does not keep the graph

    def remove() -> None:
        x = hooked()
        if x is not None:
            x.hooks = [h for h in x.hooks if h is not on_cotangent]

    return Handle(remove)


def retain_grad(self: Tensor) -> None:
    """Have ``backward()`` set ``grad`` on this tensor although it is not a leaf."""
    if not self._requires_grad:
        raise RuntimeError("retain_grad: this tensor does not require grad, so it gets none")
    if self.grad_fn is not None and self._retained is None:
        self._retained = self.grad_fn.add_hook(Retain(self))


class Retain:
    """A hook that sets ``grad`` on the tensor that a Node made.

    A view that is taken anew is no longer what the old Node made, whether or not somebody asks.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)  # the graph does not keep it alive

    def __call__(self, g: Any) -> None:
        x = self.tensor()
        if x is not None and x.grad_fn is not None and self in x.grad_fn.hooks:
            accumulate_grad(x, g)


def run_hooks(x: Any, g: Any) -> Any:
    """Show the cotangent of a Node or leaf to its hooks, each of which may replace it.

    What they compute is recorded where the cotangent has a graph, that is with ``create_graph``.
    """
    before = g
    with set_grad_enabled(isinstance(g, Tensor)):
        for hook in list(x.hooks):
            replaced = hook(g)
            g = g if replaced is None else replaced
    if observers.hooked:
        observers.tell(observers.hooked, x, before, g)
    return g
