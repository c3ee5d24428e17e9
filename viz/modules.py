"""The modules that ops were recorded within: their names, what they hold, and how they fold."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from autograd import Node, Tensor

from .drawing import LEAVES
from .labels import folded_lines
from .picture import Picture, common


def titles(paths: Iterable[tuple]) -> dict[Any, str]:
    """What is written on each Scope: ``Sequential``, and ``0: Linear`` within it."""
    found: dict[Any, str] = {}
    dotted: dict[int, str] = {}  # the names of modules, by id
    for path in paths:
        above = ""
        for scope in path:
            owner = scope.owner
            if id(owner) not in dotted:
                named = getattr(owner, "named_modules", lambda: [("", owner)])  # noqa: B023
                for name, module in named():
                    dotted.setdefault(id(module), name)  # the first of several names
            name = dotted[id(owner)]
            kind = f"VJP of {owner.name}" if isinstance(owner, Node) else type(owner).__name__
            own = name.removeprefix(f"{above}.")
            found[scope] = f"{own}: {kind}" if own else kind
            above = name
    return found


def home(leaf: Tensor, paths: Iterable[tuple]) -> tuple:
    """The Scopes that a leaf is drawn in: of those it is used in, the modules it is part of."""
    holding = []
    for path in paths:
        while path and not holds(path[-1].owner, leaf):
            path = path[:-1]
        if path:
            holding.append(path)
    return common(holding) if holding else ()


def holds(owner: Any, leaf: Tensor) -> bool:
    inside = owner.parameters() if hasattr(owner, "parameters") else vars(owner).values()
    return any(x is leaf for x in inside)


def fold(picture: Picture, depth: int, names: dict[Any, str]) -> None:
    """Make one vertex of each module that lies within ``depth`` others.

    What comes out of a module stays, and so do parameters that are used outside theirs, too.
    """
    scopes = {
        key: vertex.scopes[depth]
        for key, vertex in picture.vertices.items()
        if len(vertex.scopes) > depth and vertex.kind not in LEAVES
    }
    size: Counter[Any] = Counter()  # of the parameters that a module uses
    ops = Counter(scope for key, scope in scopes.items() if picture.vertices[key].kind == "op")
    for leaf, calls in calls_of_parameters(picture, scopes).items():
        own = [
            scope for scope in dict.fromkeys(calls) if scope and holds(scope.owner, leaf_of(leaf))
        ]
        size.update({scope: leaf_of(leaf).size for scope in own})
        if len({id(scope.owner) for scope in own}) == 1 and set(own) == set(calls):
            scopes[leaf] = own[0]
            picture.edges = [edge for edge in picture.edges if edge[0] is not leaf]
    for key in results_of_modules(picture, scopes):
        del scopes[key]
    for vertex in picture.vertices.values():
        vertex.scopes = vertex.scopes[:depth]
    around = {scope: picture.vertices[key].scopes for key, scope in scopes.items()}
    for scope, path in around.items():
        lines = folded_lines(names[scope], ops[scope], size[scope])
        picture.add(scope, "module", lines, path)
    picture.merge(scopes)


def calls_of_parameters(picture: Picture, scopes: dict[Any, Any]) -> dict[Any, list[Any]]:
    """For each parameter the Scopes of the ops that use it, None for one outside."""
    calls: dict[Any, list[Any]] = {}
    for source, target in picture.edges:
        if picture.vertices[source].kind == "parameter":
            calls.setdefault(source, []).append(scopes.get(target))
    return calls


def results_of_modules(picture: Picture, scopes: dict[Any, Any]) -> list[Any]:
    """The results that come out of modules; their edges back into the module are taken out."""
    found = {key for key in scopes if picture.vertices[key].kind in ("loss", "output")}
    for source, target in picture.edges:
        result = picture.vertices[source].kind in ("result", "no grad")
        if source in scopes and result and scopes[source] is not scopes.get(target):
            found.add(source)
    picture.edges = [
        (source, target)
        for source, target in picture.edges
        if source not in found or scopes[source] is not scopes.get(target)
    ]
    return list(found)


def leaf_of(key: Any) -> Any:
    """The leaf that a vertex is of, which may be one of several."""
    return key[0] if isinstance(key, tuple) else key
