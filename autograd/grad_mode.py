"""Switch recording off and on: ``no_grad()``, ``enable_grad()``."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any


class _Mode(threading.local):
    recording = True


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether ops are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return mode.recording


class Switch:
    """Records ops, or doesn't, inside a ``with`` block or a decorated function.

    A decorated generator function does so while its body runs, not while its caller does.
    """

    recording: bool

    def __init__(self) -> None:
        self._outer: list[bool] = []

    def __enter__(self) -> None:
        self._outer.append(mode.recording)
        mode.recording = self.recording

    def __exit__(self, *exc: object) -> None:
        mode.recording = self._outer.pop()

    def again(self) -> Switch:
        """Another one of the same kind, for each call of a decorated function."""
        return type(self)()

    def __call__(self, function: Callable) -> Callable:
        """Decorate a function or a generator function. Raises TypeError for others."""
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{type(self).__name__}: cannot decorate an async function: others run while it "
                "waits. Put a with block around what does not wait"
            )
        if not callable(function) or inspect.isclass(function):
            raise TypeError(
                f"{type(self).__name__}: decorates functions, not a {type(function).__name__}"
            )
        if inspect.isgeneratorfunction(function):
            return self.around_generator(function)

        @wraps(function)
        def run(*args: Any, **keywords: Any) -> Any:
            with self.again():
                return function(*args, **keywords)

        return run

    def around_generator(self, function: Callable) -> Callable:
        @wraps(function)
        def run(*args: Any, **keywords: Any) -> Generator:
            body = function(*args, **keywords)
            step: Callable = lambda: next(body)  # noqa: E731
            try:
                while True:
                    try:
                        with self.again():
                            item = step()
                    except StopIteration as end:
                        return end.value
                    try:
                        sent = yield item
                        step = lambda sent=sent: body.send(sent)  # noqa: E731
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        step = lambda error=error: body.throw(error)  # noqa: E731
            finally:
                with self.again():
                    body.close()

        return run


class FixedSwitch(Switch):
    """A switch that also decorates without parentheses."""

    def __new__(cls, function: Callable | None = None) -> Any:
        """The switch; or, where a function is given, that function decorated."""
        return object.__new__(cls) if function is None else cls()(function)


class no_grad(FixedSwitch):
    """Don't record ops: for updates of parameters and for predictions.

    >>> import autograd
    >>> w = autograd.tensor(1.0, requires_grad=True)
    >>> with no_grad():
    ...     w.add_(0.5)
    tensor(1.5000, requires_grad=True)

    As a decorator, with or without parentheses:

    >>> @no_grad()
    ... def predict(x):
    ...     return w * x
    >>> predict(2.0).requires_grad
    False
    """

    recording = False


class enable_grad(FixedSwitch):
    """Record ops again inside a ``no_grad()`` block.

    >>> import autograd
    >>> w = autograd.tensor(1.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = w * 2
    >>> y.requires_grad
    True
    """

    recording = True


class set_grad_enabled(Switch):
    """Record ops, or don't: from the call on, or inside a ``with`` block or a decorated function.

    The switch belongs to the thread; other threads go on recording.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> with set_grad_enabled(False):
    ...     y = x * x
    >>> y.requires_grad, (x * x).requires_grad
    (False, True)
    """

    def __init__(self, recording: bool) -> None:
        super().__init__()
        self.recording = bool(recording)
        self.before = mode.recording
        mode.recording = self.recording

    def __enter__(self) -> None:
        self._outer.append(self.before)
        mode.recording = self.recording

    def again(self) -> Switch:
        return enable_grad() if self.recording else no_grad()

    def __call__(self, function: Callable) -> Callable:
        mode.recording = self.before  # it was meant for the function
        return super().__call__(function)
