"""Errors and warnings that say what, where and what to do, made when something has gone wrong."""

import os
import sys
import threading
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = (
    *(os.path.join(ROOT, name) + os.sep for name in ("autograd", "nn", "viz")),
    os.path.dirname(os.path.abspath(np.__file__)) + os.sep,
)


class ForeignOperand(TypeError):
    """An operand of a type that no op works with; it may know itself how to work with a Tensor."""


class BroadcastWarning(UserWarning):
    """Both operands of an elementwise op were stretched, as (8, 1) - (8,) is to (8, 8).

    Python shows it once a line. To switch it off:
    ``warnings.filterwarnings("ignore", category=autograd.BroadcastWarning)``.
    """


def out_of_library(frame: Any) -> tuple[Any, int]:
    """The first frame outside this library, going out from ``frame``, and how many that takes."""
    count = 1
    while frame.f_back and frame.f_code.co_filename.startswith(LIBRARY):
        frame = frame.f_back
        count += 1
    return frame, count


def frames_inside() -> int:
    """How many frames there are from the caller up to the line that called this library."""
    return out_of_library(sys._getframe(1))[1]


def users_frame() -> Any:
    """The innermost frame outside this library."""
    return out_of_library(sys._getframe(1))[0]


def warn_of_stretching(op: Any, a: tuple, b: tuple, y: tuple) -> None:
    """Warn that an op stretched both of its operands; not of what a VJP rule does in backward."""
    frame: Any = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(LIBRARY):
        if frame.f_code.co_name == "walk":
            return
        frame = frame.f_back
    warnings.warn(
        f"{op.name}: shapes {a} and {b} are both stretched, to {y}: each element of one meets each "
        "of the other. If one by one is meant, squeeze or reshape one of them; if not, expand one "
        f"of them to {y}. This is an autograd.BroadcastWarning, which warnings.filterwarnings "
        "switches off",
        BroadcastWarning,
        stacklevel=frames_inside(),
    )


def warns_caller(rule: Callable) -> Callable:
    """Have NumPy's warnings of a rule point at the line outside this library that led to it.

    The rule computes with NumPy told to report instead of to warn. If there is something to
    report it computes again, in the way that the user has set for what NumPy meets, and warns.
    """
    heard = threading.local()

    def hear(what: str, flags: int) -> None:
        heard.__dict__.setdefault("kinds", set()).add(what)

    reporting = np.errstate(divide="call", over="call", invalid="call", call=hear)(rule)

    @wraps(rule)
    def run(*values: Any, **keywords: Any) -> Any:
        y = reporting(*values, **keywords)
        if heard.__dict__:
            kinds, ways = heard.__dict__.pop("kinds"), dict[str, Any](np.geterr())
            quiet: Any = {k: "ignore" if way == "warn" else way for k, way in ways.items()}
            with np.errstate(**quiet):
                rule(*values, **keywords)  # raises, prints or logs
            for kind in sorted(kinds):
                if ways[kind.split()[0].replace("overflow", "over")] == "warn":
                    message = f"{kind} encountered in {rule.__name__.strip('_')}"
                    warnings.warn(message, RuntimeWarning, stacklevel=frames_inside())
        return y

    return run


def explain_forward(
    op: Any, args: tuple, values: list, keywords: dict, error: Exception
) -> Exception:
    """The error of a forward rule again, with the op, its operands' shapes and a way out."""
    names = [getattr(x, "name", None) for x in args]
    shapes = " and ".join(
        f"{name} {np.shape(v)}" if name else f"{np.shape(v)}"
        for name, v in zip(names, values, strict=True)
    )
    settings = "".join(f", {name}={value}" for name, value in keywords.items())
    if isinstance(error, TypeError):
        kinds = " and ".join(str(getattr(v, "dtype", type(v).__name__)) for v in values)
        return TypeError(f"{op.name}: {error} [operands: {kinds}]")
    reason = WAYS_OUT.get(op.name, lambda *values: None)(*[np.shape(v) for v in values])
    if reason is None:
        reason = str(error)
        if "broadcast" in reason:
            reason = (
                "these do not broadcast: sizes are compared from the right and must be equal or "
                "1. Use unsqueeze or reshape to line them up"
            )
    return type(error)(f"{op.name}: shapes {shapes}{settings}: {reason}")


def matmul_way_out(a: tuple, b: tuple) -> str | None:
    if not a or not b:
        return "a number has no matrix product; write * for a number times a tensor"
    rows = b[-2] if len(b) > 1 else b[0]
    if a[-1] == rows:
        return None
    reason = f"the last size of the left ({a[-1]}) must equal the "
    reason += f"{'second last' if len(b) > 1 else 'only'} size of the right ({rows})"
    if len(b) == 2 and a[-1] == b[1]:
        reason += "; did you mean the right one transposed, .T?"
    return reason


def linear_way_out(x: tuple, weight: tuple, bias: tuple = ()) -> str | None:
    if not x or len(weight) != 2 or x[-1] == weight[1]:
        return None if x and len(weight) == 2 else "x must be (..., in) and weight (out, in)"
    return (
        f"this layer takes {weight[1]} features, but the last size of x is {x[-1]}. "
        f"x must be (..., {weight[1]})"
    )


WAYS_OUT: dict[str, Any] = {"matmul": matmul_way_out, "linear": linear_way_out}
