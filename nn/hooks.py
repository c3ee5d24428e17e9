"""Hooks around the forward pass of a module."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getattr_static
from threading import get_ident
from typing import Any

from autograd.debugging import Handle


class Hooked:
    """Stands in the place of a module's ``forward`` and calls its hooks before and after."""

    def __init__(self, module: Any, inner: Callable | None) -> None:
        self.module = module
        self.inner = inner  # the forward that was assigned to this one module, if any
        self.before: list[Callable] = []
        self.after: list[Callable] = []
        self.asking: set[int] = set()  # the threads in which a hook runs

    @classmethod
    def of(cls, module: Any) -> Hooked:
        """The one that stands in a module already, or a new one."""
        own = vars(module).get("forward")
        if not isinstance(own, cls):
            own = vars(module)["forward"] = cls(module, own)
        return own

    def add(self, hook: Callable, before: bool) -> Handle:
        """Add a hook; the Handle takes it back."""
        hooks = self.before if before else self.after
        hooks.append(hook)
        return Handle(lambda: hooks.remove(hook))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        module = self.module
        forward = self.inner or getattr_static(type(module), "forward").__get__(module)
        if get_ident() in self.asking:  # a hook calls forward by itself
            return forward(*args, **kwargs)
        for hook in list(self.before):
            replaced = self.ask(hook, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
        y = forward(*args, **kwargs)
        for hook in list(self.after):
            replaced = self.ask(hook, args, y)
            y = y if replaced is None else replaced
        return y

    def ask(self, hook: Callable, *what: Any) -> Any:
        self.asking.add(get_ident())
        try:
            return hook(self.module, *what)
        finally:
            self.asking.discard(get_ident())
