"""A function that stops in the debugger at its own first line."""

import ast
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any


def with_breakpoint(function: Callable) -> Callable:
    """The same function, compiled anew from its source with ``breakpoint()`` before its body.

    File and line numbers stay, so the debugger shows the real source. Where that cannot be had,
    the debugger stops just before the function is called.
    """
    try:
        return recompiled(function)
    except (OSError, TypeError, SyntaxError, ValueError, AttributeError):

        @functools.wraps(function)
        def before(*args: Any, **keywords: Any) -> Any:
            breakpoint()
            return function(*args, **keywords)

        return before


def recompiled(function: Any) -> Callable:
    lines, first = inspect.getsourcelines(function)
    (definition,) = ast.parse(textwrap.dedent("".join(lines))).body
    if not isinstance(definition, ast.FunctionDef):
        raise ValueError("a lambda is a part of a line")
    has_docstring = ast.get_docstring(definition) is not None
    body = definition.body[1:] if has_docstring and definition.body[1:] else definition.body
    stop = ast.parse("breakpoint()").body[0]
    # Debuggers stop at the next line; since Python 3.13 pdb stops at the line of the call.
    at_once = sys.version_info >= (3, 13) and sys.breakpointhook is sys.__breakpointhook__
    ast.increment_lineno(stop, body[0].lineno - stop.lineno - (not at_once))
    definition.body = [stop, *body]
    # Within a function that has the names it closes over, so that they are no globals.
    outer = ast.parse(f"def outer({', '.join(function.__code__.co_freevars)}): pass")
    outer.body[0].body = [definition]  # type: ignore[attr-defined]
    ast.increment_lineno(definition, first - 1)
    module = compile(outer, function.__code__.co_filename, "exec", dont_inherit=True)
    code = code_within(code_within(module))
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    again = FunctionType(
        code,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        tuple(cells[name] for name in code.co_freevars),
    )
    again.__kwdefaults__ = function.__kwdefaults__
    return functools.update_wrapper(again, function)


def code_within(code: CodeType) -> CodeType:
    """The code of the one function that is defined in ``code``."""
    return next(x for x in code.co_consts if isinstance(x, CodeType))
