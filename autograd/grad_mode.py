"""Switch recording off and on: ``no_grad()``, ``enable_grad()``."""

import threading
from contextlib import ContextDecorator


class _Mode(threading.local):
    recording = True


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether ops are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return mode.recording


class set_grad_enabled(ContextDecorator):
    """Record ops, or don't, inside a ``with`` block or a decorated function.

    The switch belongs to the thread; other threads go on recording.

    >>> import autograd
    >>> x = autograd.tensor(2.0, requires_grad=True)
    >>> with set_grad_enabled(False):
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __init__(self, recording: bool) -> None:
        self.recording = recording
        self._outer: list[bool] = []

    def _recreate_cm(self) -> "set_grad_enabled":
        return set_grad_enabled(self.recording)

    def __enter__(self) -> None:
        self._outer.append(mode.recording)
        mode.recording = self.recording

    def __exit__(self, *exc: object) -> None:
        mode.recording = self._outer.pop()


class no_grad(set_grad_enabled):
    """Don't record ops: for updates of parameters and for predictions.

    >>> import autograd
    >>> w = autograd.tensor(1.0, requires_grad=True)
    >>> with no_grad():
    ...     w.add_(0.5)
    tensor(1.5000, requires_grad=True)

    As a decorator:

    >>> @no_grad()
    ... def predict(x):
    ...     return w * x
    >>> predict(2.0).requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(set_grad_enabled):
    """Record ops again inside a ``no_grad()`` block.

    >>> import autograd
    >>> w = autograd.tensor(1.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = w * 2
    >>> y.requires_grad
    True
    """

    def __init__(self) -> None:
        super().__init__(True)
