"""Modules that hold modules: Sequential, ModuleList, ModuleDict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd import Tensor

from .module import Module


class ModuleList(Module):
    """A list of modules, whose parameters are found; what is done with them is yours to say.

    Raises TypeError for an item that is no Module.

    >>> import nn
    >>> layers = ModuleList([nn.Linear(2, 3), nn.Linear(3, 1)])
    >>> len(layers), layers[1], len(list(layers.parameters()))
    (2, Linear(in_features=3, out_features=1, bias=True), 4)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Put a module at the end; return the list."""
        size = len(self)
        put(self, str(size), module, f"item {size}")
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Put several modules at the end; return the list."""
        for module in modules:
            self.append(module)
        return self

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __len__(self) -> int:
        return len(self._modules)

    def __getitem__(self, index: int | slice) -> Any:
        modules = list(self)[index]
        return type(self)(modules) if isinstance(modules, list) else modules

    def __setitem__(self, index: int, module: Module) -> None:
        name = list(self._modules)[index]
        put(self, name, module, f"item {name}")

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        del modules[index]
        self._refill(modules)

    def insert(self, index: int, module: Module) -> ModuleList:
        """Put a module before the one at ``index``; all get new numbers. Return the list."""
        modules = list(self)
        modules.insert(index, module)
        return self._refill(modules)

    def pop(self, index: int = -1) -> Module:
        """Take a module out, and return it."""
        module = self[index]
        del self[index]
        return module

    def __add__(self, other: Iterable[Module]) -> Any:
        both = ModuleList([*self, *other])
        return type(self)(*both) if isinstance(self, Sequential) else both

    def __iadd__(self, other: Iterable[Module]) -> Any:
        return self.extend(other)

    def _refill(self, modules: list[Module]) -> ModuleList:
        """Hold these modules and no others, numbered anew."""
        checked = ModuleList(modules)
        for name in self._modules:
            delattr(self, name)
        return self.extend(checked)


class Sequential(ModuleList):
    """Modules applied one after the other; a dict gives them names.

    >>> import nn
    >>> model = Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=32, bias=True)
      (1): ReLU()
      (2): Linear(in_features=32, out_features=1, bias=True)
      (3): Sigmoid()
    )
    >>> model[-1], len(model), len(model[:2])
    (Sigmoid(), 4, 2)
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                put(self, name, module, repr(name))
        else:
            self.extend(modules)

    def forward(self, x: Any) -> Tensor:
        for name, module in vars(self).items():
            if isinstance(module, Module):
                try:
                    x = module(x)
                except Exception as error:
                    error.add_note(f"(in layer {name} of a Sequential: {module!r})")
                    raise
        return x

    def __getitem__(self, index: int | slice) -> Any:
        items = list(self._modules.items())[index]
        return Sequential(dict(items)) if isinstance(items, list) else items[1]


class ModuleDict(Module):
    """Modules by name, whose parameters are found; what is done with them is yours to say.

    Raises TypeError for a value that is no Module, KeyError for a name that cannot be one.

    >>> import nn
    >>> heads = ModuleDict({"price": nn.Linear(3, 1), "kind": nn.Linear(3, 5)})
    >>> list(heads), heads["price"], [name for name, _ in heads.named_parameters()][0]
    (['price', 'kind'], Linear(in_features=3, out_features=1, bias=True), 'price.weight')
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules by name, in the place of those that have these names."""
        for name, module in dict(modules).items():
            self[name] = module

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Pairs of name and module."""
        return self._modules.items()

    def __getitem__(self, name: str) -> Module:
        return self._modules[name]

    def __setitem__(self, name: str, module: Module) -> None:
        put(self, name, module, repr(name))

    def __delitem__(self, name: str) -> None:
        del self._modules[name]  # a KeyError where there is none
        delattr(self, name)

    def pop(self, name: str) -> Module:
        """Take a module out by its name, and return it."""
        module = self[name]
        del self[name]
        return module

    def clear(self) -> None:
        """Take all modules out."""
        for name in self._modules:
            del self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


def put(holder: Module, name: str, module: Any, what: str) -> None:
    """Assign a module by name, if it is one and the name is free."""
    kind = type(holder).__name__
    if not isinstance(module, Module):
        made = f"; make one: {module.__name__}(...)" if isinstance(module, type) else ""
        raise TypeError(f"{kind}: {what} is a {type(module).__name__}, not a Module{made}")
    if not isinstance(name, str) or not name or "." in name:
        raise KeyError(f"{kind}: a module's name is a string without dots, not {name!r}")
    if hasattr(holder, name) and name not in holder._modules:
        raise KeyError(f"{kind}: the name {name!r} is taken by an attribute")
    setattr(holder, name, module)
