"""Module: a part of a network that holds parameters, buffers and other modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeVar, overload

import numpy as np

from autograd import Tensor, no_grad
from autograd.debugging import Handle

from .hooks import Hooked

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class HasForward(Protocol[P, R]):
    """A module that says what it computes."""

    @property
    def forward(self) -> Callable[P, R]: ...


class Parameter(Tensor):
    """A Tensor that a Module trains: a leaf that requires grad.

    >>> Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad=requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict) -> Any:
        out = super().__deepcopy__(memo)
        out._grad = None  # a copy begins without a gradient, as torch's does
        return out


class Module:
    """The base of all layers and networks: assign Parameters and Modules, define ``forward``.

    Calling a module is its ``forward``. What else should be saved with it, a running mean say,
    is a buffer: ``register_buffer``.

    >>> import autograd, nn
    >>> class Line(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = nn.Parameter(2.0)
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> line(autograd.tensor([1.0, 3.0]))
    tensor([2., 6.], grad_fn=<MulBackward>)
    >>> list(line.state_dict())
    ['slope']
    """

    training: bool

    def __init__(self, *args: Any) -> None:
        if args:
            only_settings(self, *args)
            raise TypeError(f"{type(self).__name__}: takes no arguments, got {len(args)}")
        self.training = True
        self._buffers: dict[str, bool] = {}  # by name, whether state_dict() holds it
        self._absent: dict[str, type] = {}  # by name, what may be where None is: Parameter, Module

    if (
        TYPE_CHECKING
    ):  # calling a module gives what its forward gives, and a Tensor if none is known

        @overload
        def __call__(self: HasForward[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...
        @overload
        def __call__(self, *args: Any, **kwargs: Any) -> Tensor: ...
        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    else:

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            """What calling the module computes; each kind of module has its own."""
            raise NotImplementedError(f"{type(self).__name__} has no forward()")

        # forward itself, with no frame between for a debugger to step through
        __call__ = property(attrgetter("forward"))

    # -- what is within ----------------------------------------------------------------

    @property
    def _modules(self) -> dict[str, Module]:
        """The modules assigned to this one, by name."""
        return {name: x for name, x in vars(self).items() if isinstance(x, Module)}

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules assigned to this one, by name; one that has two names comes once."""
        return without_repeats(self._modules.items())

    def children(self) -> Iterator[Module]:
        """The modules assigned to this one; one that has two names comes once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module (named ``prefix``) and all within it, by dotted name.

        One that has two names comes once, or by each name without ``remove_duplicate``. A
        module that knows its parent is no trouble.
        """
        return within(self, prefix, set(), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all within it; one that has two names comes once."""
        return (module for _, module in self.named_modules())

    def get_submodule(self, target: str) -> Module:
        """The module within this one that has a dotted name; this one for "".

        Raises AttributeError where there is none.
        """
        module = self
        for name in target.split(".") if target else ():
            if name not in module._modules:
                raise AttributeError(f"{type(module).__name__} has no module {name!r}")
            module = module._modules[name]
        return module

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters by dotted name, or without ``recurse`` those of this module alone.

        One that is shared comes once, or by each name without ``remove_duplicate``. Names begin
        with ``prefix``.

        >>> import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 1), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        modules = self.named_modules(prefix, remove_duplicate) if recurse else [(prefix, self)]
        named = (
            (dotted(path, name), x)
            for path, module in modules
            for name, x in vars(module).items()
            if isinstance(x, Parameter)
        )
        return without_repeats(named) if remove_duplicate else named

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters; one that is shared comes once. Without ``recurse`` its own alone."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign a parameter, or None where there might be one, by its name."""
        if not isinstance(param, Parameter | None):
            kind = type(param).__name__
            raise TypeError(f"register_parameter: {name!r} is a {kind}, not a Parameter")
        self._check_name("register_parameter", name, Parameter, type(None))
        setattr(self, name, param)
        if param is None:
            self._absent[name] = Parameter

    def add_module(self, name: str, module: Module | None) -> None:
        """Assign a module by its name."""
        if not isinstance(module, Module | None):
            raise TypeError(f"add_module: {name!r} is a {type(module).__name__}, not a Module")
        self._check_name("add_module", name, Module, type(None))
        setattr(self, name, module)
        if module is None:
            self._absent[name] = Module

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a Tensor that is no parameter: not trained, but saved with the module.

        Without ``persistent`` it is not saved. Raises TypeError for what is no Tensor, KeyError
        for a name that is taken.

        >>> import autograd, nn
        >>> module = nn.Module()
        >>> module.register_buffer("mean", autograd.zeros(2))
        >>> module.mean, list(module.state_dict()), list(module.parameters())
        (tensor([0., 0.]), ['mean'], [])
        """
        if name not in self._buffers:
            self._check_name("register_buffer", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name!r} is a {type(tensor).__name__}, not a Tensor")
        self._buffers[name] = persistent
        setattr(self, name, tensor)

    def _check_name(self, method: str, name: str, *kinds: type) -> None:
        """Raise KeyError for a name with a dot, or of something that is none of ``kinds``."""
        taken = hasattr(self, name) and not isinstance(vars(self).get(name, ...), kinds)
        if not name or "." in name or taken:
            raise KeyError(
                f"{method}: {type(self).__name__} cannot have {name!r}: no good name, or taken"
            )

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """All buffers by dotted name; one that is shared comes once."""
        return without_repeats(
            (dotted(prefix, name), x)
            for prefix, module in self.named_modules()
            for name, x in module._own_buffers()
        )

    def buffers(self) -> Iterator[Tensor]:
        """All buffers; one that is shared comes once."""
        return (buffer for _, buffer in self.named_buffers())

    def _own_buffers(self, kept: tuple[bool, ...] = (True, False)) -> Iterator[tuple[str, Tensor]]:
        for name, persistent in self._buffers.items():
            x = vars(self).get(name)
            if x is not None and persistent in kept:
                yield name, x

    # -- to all within -----------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call ``fn`` with all modules within this one, and then with itself; return it.

        >>> import nn
        >>> def start(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.ones_(module.weight)
        >>> nn.Sequential(nn.Linear(2, 1)).apply(start)[0].weight.detach()
        tensor([[1., 1.]])
        """
        for module in inner_first(self, set()):
            fn(module)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        zero_grad(self.parameters(), set_to_none)

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all within it to training (or not); return it.

        Raises ValueError for what is not True or False.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch this module and all within it to evaluation; return it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Have all parameters require grad, or not; return the module."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def to(self, *args: Any, device: Any = None, dtype: Any = None) -> Module:
        """Convert parameters, their gradients and floating buffers to a floating dtype, in place.

        A device may be given too, as in torch, but there is only "cpu". Returns the module.
        Raises TypeError for a dtype that is not floating, ValueError for another device.

        >>> import autograd, nn
        >>> nn.Linear(2, 1).to("cpu").to(autograd.float64).weight.dtype
        dtype('float64')
        """
        for x in args:
            if isinstance(x, str) and x.partition(":")[0] in DEVICES:
                device = x
            else:
                dtype = x
        if device is not None and str(device).partition(":")[0] != "cpu":
            raise ValueError(
                f"to: there is no device {str(device)!r} here; all is computed on the CPU, by NumPy"
            )
        if dtype is None:
            return self
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            raise TypeError(
                f"to: needs a floating dtype or the device 'cpu', got {dtype!r}"
            ) from None
        if dtype.kind != "f":
            raise TypeError(f"to: parameters must be floating, got {dtype}")
        for x in (*self.parameters(), *self.buffers()):
            if x.dtype.kind == "f":
                x.data = x.data.astype(dtype)
                if x._grad is not None:
                    x.grad = x._grad.to(dtype)
        return self

    def cpu(self) -> Module:
        """The module itself: all is computed on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Module:
        """Raises ValueError: all is computed on the CPU."""
        return self.to("cuda")

    def half(self) -> Module:
        """Convert all parameters to float16; return the module."""
        return self.to(np.float16)

    def float(self) -> Module:
        """Convert all parameters to float32; return the module."""
        return self.to(np.float32)

    def double(self) -> Module:
        """Convert all parameters to float64; return the module."""
        return self.to(np.float64)

    # -- saving ------------------------------------------------------------------------

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """What ``state_dict()`` holds; what is shared comes by each of its names, as in torch."""
        for prefix, module in self.named_modules(remove_duplicate=False):
            own = [(name, x) for name, x in vars(module).items() if isinstance(x, Parameter)]
            for name, x in [*own, *module._own_buffers(kept=(True,))]:
                yield dotted(prefix, name), x

    def state_dict(self) -> dict[str, Tensor]:
        """Parameters and buffers by dotted name, as torch names them; they share memory with these.

        >>> import nn
        >>> {name: x.shape for name, x in nn.Linear(2, 3).state_dict().items()}
        {'weight': (3, 2), 'bias': (3,)}
        """
        return {name: x.detach() for name, x in self._state()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Copy values into parameters and buffers.

        Keys and shapes must be those of ``state_dict()``. The values may be Tensors or anything
        NumPy reads. Without ``strict`` keys may be missing
        or unexpected; the result tells which. Raises ValueError, before anything is changed,
        naming every key that is missing, unexpected, misshapen or no number.

        >>> import nn
        >>> nn.Linear(1, 1).load_state_dict({"weight": [[2.0]]})
        Traceback (most recent call last):
        ValueError: load_state_dict: Linear: missing: bias
        >>> nn.Linear(1, 1).load_state_dict({"weight": [[2.0]]}, strict=False)
        Keys(missing_keys=['bias'], unexpected_keys=[])
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                "load_state_dict: needs a dict such as model.state_dict() or nn.load(path), got "
                f"{type(state_dict).__name__}"
            )
        own = dict(self._state())
        given = {
            name: x.data if isinstance(x, Tensor) else np.asarray(x)
            for name, x in state_dict.items()
        }
        keys = Keys([k for k in own if k not in given], [k for k in given if k not in own])
        both = [(name, x, given[name]) for name, x in own.items() if name in given]
        faults = {
            "missing": keys.missing_keys if strict else [],
            "unexpected": keys.unexpected_keys if strict else [],
            "wrong shape": [
                f"{name} is {new.shape} and should be {x.shape}"
                for name, x, new in both
                if new.shape != x.shape
            ],
            "no real numbers": [
                f"{name} is {new.dtype}" for name, _, new in both if new.dtype.kind not in "fiub"
            ],
        }
        told = [
            f"{fault}: {', '.join(map(str, names))}" for fault, names in faults.items() if names
        ]
        if told:
            raise ValueError(f"load_state_dict: {type(self).__name__}: {'; '.join(told)}")
        copies = [(x, new.astype(x.dtype)) for _, x, new in both]  # all, before any is changed
        with no_grad():
            for x, new in copies:
                x.copy_(new)
        return keys

    # -- hooks -------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable[[Any, tuple], Any]) -> Handle:
        """Call ``hook(module, args)`` before each forward; what it returns, unless None, replaces
        the arguments. The result has ``remove()``.
        """
        return Hooked.of(self).add(hook, before=True)

    def register_forward_hook(self, hook: Callable[[Any, tuple, Any], Any]) -> Handle:
        """Call ``hook(module, args, output)`` after each forward; what it returns, unless None,
        replaces the output. The result has ``remove()``.

        >>> import autograd, nn
        >>> layer = nn.ReLU()
        >>> with layer.register_forward_hook(lambda module, args, y: print(module, y)):
        ...     y = layer(autograd.tensor([-1.0, 1.0]))
        ReLU() tensor([0., 1.])
        """
        return Hooked.of(self).add(hook, before=False)

    # -- Python's manners --------------------------------------------------------------

    def extra_repr(self) -> str:
        """What the repr shows between the parentheses, before the modules within."""
        return ""

    @recursive_repr("...")
    def __repr__(self) -> str:
        name, extra = type(self).__name__, self.extra_repr()
        lines = [f"({name}): {child!r}" for name, child in self._modules.items()]
        if not lines:
            return f"{name}({extra})"
        inner = "\n".join([extra, *lines] if extra else lines).replace("\n", "\n  ")
        return f"{name}(\n  {inner}\n)"

    def __setattr__(self, name: str, value: Any) -> None:
        old, kind = vars(self).get(name), type(self).__name__
        if "training" not in vars(self) and isinstance(value, Parameter | Module):
            raise AttributeError(f"{kind}: call super().__init__() before assigning {name!r}")
        sort = type(old) if old is not None else vars(self).get("_absent", {}).get(name)
        is_parameter, is_module = (sort and issubclass(sort, x) for x in (Parameter, Module))
        if is_parameter and not isinstance(value, Parameter | None):
            raise TypeError(
                f"{kind}: {name!r} is a Parameter and cannot become a {type(value).__name__}. "
                f"To update it: with autograd.no_grad(): layer.{name} -= ...; to replace it: "
                "nn.Parameter(...), or None"
            )
        if is_module and not isinstance(value, Module | None):
            raise TypeError(
                f"{kind}: {name!r} is a Module and cannot become a {type(value).__name__}; "
                "only another Module, or None"
            )
        if (
            isinstance(old, Tensor)
            and name in self._buffers
            and not isinstance(value, Tensor | None)
        ):
            raise TypeError(
                f"{kind}: {name!r} is a buffer and cannot become a {type(value).__name__}; "
                "only another Tensor, or None"
            )
        if value is None and (is_parameter or is_module):
            self._absent[name] = Parameter if is_parameter else Module
        if isinstance(value, Parameter | Module):
            self._buffers.pop(name, None)
        if isinstance(old, Hooked):  # forward: the hooks stay
            old.inner = value
        else:
            super().__setattr__(name, value)


def only_settings(module: Module, *settings: Any) -> None:
    """Raise TypeError if a module is made of data: ``nn.ReLU(x)`` instead of ``nn.ReLU()(x)``."""
    if any(isinstance(x, Tensor | np.ndarray) for x in settings):
        kind = type(module).__name__
        raise TypeError(
            f"{kind}: is made of settings, and was given data. Make it first, then call it: "
            f"nn.{kind}(...)(x)"
        )


class Keys(NamedTuple):
    """What ``load_state_dict`` found no value for, and what it had no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        missing, unexpected = self
        if missing or unexpected:
            return f"Keys(missing_keys={missing}, unexpected_keys={unexpected})"
        return "<All keys matched successfully>"


DEVICES = {"cpu", "cuda", "mps", "xpu", "xla", "hip", "meta"}  # torch's words


def dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def within(module: Module, name: str, seen: set, once: bool) -> Iterator[tuple[str, Module]]:
    """A module and those in it, each once; or by every name, but not within itself."""
    if module not in seen:
        seen.add(module)
        yield name, module
        for own, child in module._modules.items():
            yield from within(child, dotted(name, own), seen, once)
        if not once:
            seen.remove(module)


def inner_first(module: Module, seen: set) -> Iterator[Module]:
    """All modules within a module, each once, and then the module."""
    if module not in seen:
        seen.add(module)
        for child in module._modules.values():
            yield from inner_first(child, seen)
        yield module


def without_repeats(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Pairs of a name and a thing; a thing that came already is left out."""
    seen = set()
    for name, x in named:
        if id(x) not in seen:
            seen.add(id(x))
            yield name, x


def zero_grad(parameters: Any, set_to_none: bool) -> None:
    for parameter in parameters:
        if set_to_none:
            parameter._grad = None
        elif parameter.grad is not None:
            parameter.grad.zero_()
