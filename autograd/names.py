"""Names for tensors, found in the code that calls the library."""

from __future__ import annotations

import builtins
import inspect
import keyword
import os
import re
import sys
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = tuple(os.path.join(HERE, name) + os.sep for name in ("autograd", "nn", "viz"))
LONGEST = 24  # characters of a name
ANY = range(2, 10**9)
OF_IPYTHON = re.compile(r"_+\d*")  # _, __ and _3: the results of cells


def items(names: Any = None) -> list[tuple[str, Any]]:
    """Pairs of a name and a thing, the name that says most of a thing first.

    ``names`` is a Module, for its parameters; a dict such as ``locals()``; or None for the
    variables of the caller. The parameters of modules in a dict come before its other variables,
    so that ``for p in model.parameters()`` renames none of them. Names that begin with an
    underscore come last, and those that IPython gives to results not at all.

    Raises TypeError for other ``names``.

    >>> import autograd
    >>> w = autograd.ones(2)
    >>> [name for name, x in items() if x is w], [name for name, x in items({"v": w})]
    (['w'], ['v'])
    """
    if names is None:
        names = variables_of_caller()
    if hasattr(names, "named_parameters"):
        return list(names.named_parameters())
    if not isinstance(names, Mapping):
        raise TypeError(
            f"names must be a dict such as locals(), or a Module, got {type(names).__name__}"
        )
    variables = [(str(name), x) for name, x in names.items()]
    variables = [(name, x) for name, x in variables if not OF_IPYTHON.fullmatch(name)]
    return of_modules(variables) + sorted(variables, key=lambda pair: pair[0].startswith("_"))


def variables_of_caller() -> dict[str, Any]:
    """The local variables where the library was called, and after them the global ones."""
    frame: Any = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(LIBRARY):
        frame = frame.f_back
    seen, everywhere = frame.f_locals, frame.f_globals
    near = dict(seen)
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED and sys.getrefcount(seen) <= NOBODY_ELSE:
        seen.clear()  # else the frame would keep what the caller deletes, until it returns
    return near | {name: x for name, x in everywhere.items() if name not in near}


# In Python before 3.13 a frame holds its f_locals, a copy; here it, `seen` and the call do.
NOBODY_ELSE = 3 if sys.version_info < (3, 13) else 0


def of_modules(variables: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The parameters of those variables that are modules, by dotted name: ``0.weight``.

    Of a module that is part of another, the other gives the names. Where two modules have
    parameters of the same name, the variable's name is put before it: ``line.weight``.
    """
    modules = [
        (variable, x)
        for variable, x in variables
        if hasattr(x, "named_parameters") and not isinstance(x, type)
    ]
    modules.sort(key=lambda pair: -len(list(pair[1].modules())))
    found: dict[int, tuple[str, str, Any]] = {}
    for variable, module in modules:
        for name, x in module.named_parameters():
            found.setdefault(id(x), (variable, name, x))
    often = Counter(name for _, name, _ in found.values())
    return [
        (f"{variable}.{name}" if often[name] > 1 else name, x)
        for variable, name, x in found.values()
    ]


def parameters(paths: Iterable[tuple]) -> Iterator[tuple[str, Any]]:
    """The named parameters of the outermost modules in ``paths``, the scopes of Nodes."""
    owners = {id(path[0].owner): path[0].owner for path in paths if path}
    for owner in owners.values():
        if hasattr(owner, "named_parameters"):
            yield from owner.named_parameters()


def named(names: Any, tensors: Iterable[Any], order: Iterable[Any]) -> list[tuple[str, Any]]:
    """Pairs as of ``items`` for a graph: the names that tensors have, those given, a module's."""
    own = [(str(x.name), x) for x in tensors if getattr(x, "name", None)]
    return [*own, *items(names), *parameters(node.scopes for node in order)]


def identifier(text: str, taken: set[str]) -> str:
    """A Python name made of any text, and not among ``taken``, which gets it.

    Numbers go to the end: ``0.weight`` is ``weight0``. Names of Python's own get a ``_``.

    >>> taken = set()
    >>> [identifier(name, taken) for name in ("0.weight", "0.weight", "x; import os", "sum", "")]
    ['weight0', 'weight0_2', 'x_import_os', 'sum_', 'x']
    """
    text = unicodedata.normalize("NFKC", str(text)[:1000])
    text = "".join(c if f"_{c}".isidentifier() else " " for c in text)
    words = re.findall(r"[^\W\d]\w*|\d+", text)
    numbers = "_".join(word for word in words if word.isdecimal())[-8:]
    text = "_".join(word for word in words if not word.isdecimal())[: LONGEST - len(numbers)]
    text = text.strip("_") if text.strip("_").isidentifier() else "x"
    text += numbers
    if keyword.iskeyword(text) or hasattr(builtins, text) or text == "np":
        text += "_"
    if text in taken:
        text += "_" * text[-1].isdecimal()
        text += str(bisect_left(ANY, True, key=lambda n: f"{text}{n}" not in taken) + ANY.start)
    taken.add(text)
    return text
