"""The modules that ops were recorded within: their names, what they hold, and how they fold."""

from collections.abc import Iterable
from typing import Any

from autograd import Node, Tensor
from autograd.names import parameters

from .labels import folded_label
from .picture import Picture


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
                dotted = {id(module): name for name, module in named()} | dotted
            name = dotted[id(owner)]
            kind = f"VJP of {owner.name}" if isinstance(owner, Node) else type(owner).__name__
            own = name.removeprefix(f"{above}.")
            found[scope] = f"{own}: {kind}" if own else kind
            above = name
    return found


def parameter_names(paths: Iterable[tuple]) -> dict[int, str]:
    """Dotted names of the parameters of the outermost modules, by the id of the Tensor."""
    return {id(x): name for name, x in parameters(paths)}


def home(leaf: Tensor, paths: Iterable[tuple]) -> tuple:
    """The Scopes that a leaf is drawn in: of those it is used in, the modules it is part of."""
    holding = []
    for path in paths:
        while path and not holds(path[-1].owner, leaf):
            path = path[:-1]
        if path:
            holding.append(path)
    if not holding:
        return ()
    same = 0
    for level in zip(*holding):
        if any(scope is not level[0] for scope in level):
            break
        same += 1
    return holding[0][:same]


def holds(owner: Any, leaf: Tensor) -> bool:
    inside = owner.parameters() if hasattr(owner, "parameters") else vars(owner).values()
    return any(x is leaf for x in inside)


def fold(picture: Picture, depth: int, names: dict[Any, str]) -> None:
    """Make one vertex of each module that lies within ``depth`` others."""
    scopes = scopes_below(picture, depth)
    inside: dict[Any, list[Any]] = {}
    for key, scope in scopes.items():
        inside.setdefault(scope, []).append(key)
    for key, calls in parameters_of_calls(picture, scopes).items():
        scopes[key] = calls[0]
        for scope in dict.fromkeys(calls):
            inside[scope].append(key)
        picture.edges = [edge for edge in picture.edges if edge[0] is not key]
    for vertex in picture.vertices.values():
        vertex.scopes = vertex.scopes[:depth]
    for scope, keys in inside.items():
        kinds = [picture.vertices[key].kind for key in keys]
        leaves = {leaf_of(key) for key, kind in zip(keys, kinds) if kind == "parameter"}
        label = folded_label(names[scope], kinds.count("op"), sum(x.size for x in leaves))
        picture.add(scope, "module", label, picture.vertices[keys[0]].scopes)
    picture.merge(scopes)


def scopes_below(picture: Picture, depth: int) -> dict[Any, Any]:
    """For each vertex that folding takes in, by key, the Scope that it goes into.

    The result that comes out of a module stays, without its edges back into the module.
    """
    scopes = {
        key: vertex.scopes[depth]
        for key, vertex in picture.vertices.items()
        if len(vertex.scopes) > depth
    }
    stay = {key for key, vertex in picture.vertices.items() if vertex.kind in ("loss", "output")}
    stay |= {
        source
        for source, target in picture.edges
        if picture.vertices[source].kind == "result"
        and scopes.get(source) is not scopes.get(target)
    }
    picture.edges = [
        (source, target)
        for source, target in picture.edges
        if source not in stay or scopes.get(source) is not scopes.get(target, source)
    ]
    return {key: scope for key, scope in scopes.items() if key not in stay}


def parameters_of_calls(picture: Picture, scopes: dict[Any, Any]) -> dict[Any, list[Any]]:
    """Parameters that only the several calls of their module use, and these calls."""
    users: dict[Any, list[Any]] = {}
    for source, target in picture.edges:
        if picture.vertices[source].kind == "parameter" and source not in scopes:
            users.setdefault(source, []).append(scopes.get(target))
    return {
        key: calls
        for key, calls in users.items()
        if all(calls)
        and len({id(scope.owner) for scope in calls}) == 1
        and holds(calls[0].owner, leaf_of(key))
    }


def leaf_of(key: Any) -> Tensor:
    """The leaf that a vertex is of, which may be one of several."""
    return key[0] if isinstance(key, tuple) else key
