"""Optimizers: rules that update parameters by their gradients, as torch's do."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, TypeAlias

import numpy as np

from autograd import Tensor, observers
from autograd.memory import note_change

from . import lr_scheduler  # noqa: F401  (nn.optim.lr_scheduler, as in torch)
from .module import Parameter, zero_grad

Array: TypeAlias = Any  # an ndarray, a NumPy scalar, or what takes NumPy's functions like one
State: TypeAlias = MutableMapping[str, Any]

LABELS = ("name", "initial_lr")  # what a group may hold beside its settings
# What torch's groups tell only of how torch computes.
OF_TORCH = ("foreach", "fused", "capturable", "differentiable")


class Group(dict):
    """A group of parameters and its settings, which are Python numbers however they are set."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in ("params", "name"):
            # Chained schedules can bring a rate below 0, as torch's do.
            least = -math.inf if "lr" in key else 0
            value = checked("optimizer", key, value, least)
        super().__setitem__(key, value)

    def update(self, *args: Any, **settings: Any) -> None:
        for key, value in dict(*args, **settings).items():
            self[key] = value


class Setting:
    """An attribute that reads a setting of the first group, and sets it in all groups."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Optimizer | None, owner: type) -> Any:
        return self if optimizer is None else optimizer.param_groups[0][self.name]

    def __set__(self, optimizer: Optimizer, value: Any) -> None:
        value = checked(type(optimizer).__name__, self.name, value)
        for group in optimizer.param_groups:
            group[self.name] = value


class Optimizer:
    """What all optimizers share: groups of parameters with their settings, and ``step()``.

    ``params`` holds Tensors, or dicts such as ``{"params": [...], "lr": 0.1}`` with settings of
    their own; ``settings`` are those of all others. A subclass defines one pure method:

        def change(self, p, g, state, lr): ...

    what to take from a parameter ``p`` with the gradient ``g``. The settings come by name.
    ``state`` is a dict for what is to be remembered of that parameter; the method puts new
    arrays into it and writes into none.

    Raises TypeError and ValueError for parameters and settings that cannot be meant.

    >>> import autograd
    >>> class SignDescent(Optimizer):
    ...     lr = Setting()
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, lr=lr)
    ...     def change(self, p, g, state, lr):
    ...         return lr * np.sign(g)
    >>> w = autograd.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = SignDescent([w])
    >>> (3 * w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.9000, -0.9000], requires_grad=True)
    """

    implied: ClassVar[dict[str, bool]] = {}  # what torch's groups tell that is the class here

    def __init__(self, params: Iterable[Any], **settings: Any) -> None:
        name = type(self).__name__
        if callable(params):
            raise TypeError(
                f"{name}: give a list of Tensors, such as model.parameters(), not "
                f"{getattr(params, '__qualname__', type(params).__name__)}"
            )
        if isinstance(params, Tensor | Mapping):
            raise TypeError(
                f"{name}: give a list of Tensors, such as model.parameters(), or of groups: "
                '[{"params": [...], "lr": 0.1}]'
            )
        params = list(params)
        if not params:
            raise ValueError(
                f"{name}: got no parameters. A generator can be used only once; and a Module does "
                "not see layers in a plain list: use nn.Sequential or nn.ModuleList"
            )
        self.defaults = {key: checked(name, key, value) for key, value in settings.items()}
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for group in params if isinstance(params[0], Mapping) else [{"params": params}]:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Optimize more parameters: ``{"params": [...]}`` with settings that are not the default.

        Raises as the constructor does, and ValueError for a parameter that is optimized already
        and for a setting that this optimizer does not have.
        """
        name = type(self).__name__
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(f'{name}: a group is a dict such as {{"params": [...], "lr": 0.1}}')
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        seen = set(self._parameters())
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: optimizes Tensors, got {type(p).__name__}")
            frozen = (
                isinstance(p, Parameter) and not p.requires_grad
            )  # it has no gradient to follow
            if not p.is_leaf or not (p.requires_grad or frozen):
                raise ValueError(f"{name}: can only optimize leaves that require grad, not {p}")
            if p in seen:
                raise ValueError(f"{name}: would update a parameter twice in a step: {p}")
            seen.add(p)
        own = {key: value for key, value in group.items() if key != "params"}
        for key in own:
            if key not in self.defaults and key not in LABELS:
                known = ", ".join(self.defaults)
                raise ValueError(f"{name}: a group has no setting {key!r}; there are {known}")
        for key in own.keys() & self.defaults.keys():
            own[key] = checked(name, key, own[key])
        settings = {**self.defaults, **own}
        self.check(settings)
        self.param_groups.append(Group({"params": params, **settings}))

    def check(self, settings: dict[str, Any]) -> None:
        """Raise ValueError for settings of a group that do not go together."""

    def _parameters(self) -> Iterator[Tensor]:
        return (p for group in self.param_groups for p in group["params"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            zero_grad(group["params"], set_to_none)

    def step(self) -> None:
        """Update each parameter that has a gradient."""
        if observers.asked:
            observers.tell(observers.asked, None, "optimizer.step(): give compile the optimizer")
        self.take_step()

    def take_step(self, only: Collection[Tensor] | None = None) -> None:
        """Do a step with all parameters that have a gradient, or with those in ``only``."""
        change, state, changed = self.change, self.state, []
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for parameter in group["params"]:
                grad = parameter._grad
                if grad is not None and (only is None or parameter in only):
                    p = parameter._data
                    p -= change(p, grad._data, state[parameter], **settings)
                    parameter._data = p  # a NumPy scalar does not change in place
                    changed.append(parameter._memory or parameter.memory)
        note_change(changed, type(self).__name__)

    # Each rule names the settings that it takes.
    def change(self, p: Array, g: Array, state: State, *args: Any, **settings: Any) -> Array:
        """What to take from the parameter ``p`` for its gradient ``g``."""
        raise NotImplementedError(f"{type(self).__name__} has no change()")

    def state_dict(self) -> dict[str, Any]:
        """The settings of each group and what is remembered of each parameter, in torch's form.

        Parameters are numbered in the order of the groups. Arrays are copied into Tensors.

        >>> import autograd
        >>> w = autograd.tensor([1.0], requires_grad=True)
        >>> w.grad = autograd.tensor([2.0])
        >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor([2.])}}
        >>> optimizer.state_dict()["param_groups"][0]["params"]
        [0]
        """
        number = {p: i for i, p in enumerate(self._parameters())}
        state = {
            number[p]: {
                name: Tensor(x) if isinstance(x, np.ndarray | np.generic) else x
                for name, x in remembered.items()
            }
            for p, remembered in self.state.items()
            if remembered
        }
        groups = [
            {**group, **self.implied, "params": [number[p] for p in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a ``state_dict()``, ours or torch's, of an optimizer of the same kind.

        Values may be Tensors or anything NumPy reads, and are copied. Raises ValueError, before
        anything is changed, where groups, shapes or settings are not those of this optimizer.
        """
        name = type(self).__name__
        if (
            not isinstance(state_dict, Mapping)
            or not {"state", "param_groups"} <= state_dict.keys()
        ):
            raise ValueError(
                f'load_state_dict: {name}: what state_dict() of an optimizer gives has "state" and '
                f'"param_groups"; this is not that'
            )
        given = state_dict["param_groups"]
        sizes = [len(group["params"]) for group in self.param_groups]
        their_sizes = [len(group.get("params", ())) for group in given]
        if sizes != their_sizes:
            raise ValueError(
                f"load_state_dict: {name}: has groups of {sizes} parameters, and the state dict "
                f"of {their_sizes}"
            )
        groups = []
        for own, theirs in zip(self.param_groups, given):
            kept = {key: x for key, x in theirs.items() if key in (*self.defaults, *LABELS)}
            missing = [key for key in self.defaults if key not in kept]
            unknown = [
                key
                for key, x in theirs.items()
                if key not in ("params", *self.defaults, *LABELS, *OF_TORCH)
                and bool(x) != self.implied.get(key, False)
            ]
            if missing or unknown:
                raise ValueError(
                    f"load_state_dict: {name}: settings missing: {missing}, unknown: {unknown}"
                )
            group = Group(params=own["params"])
            group.update(kept)
            self.check(group)
            groups.append(group)
        numbers = [i for group in given for i in group["params"]]
        others = [i for i in state_dict["state"] if i not in numbers]
        if others:
            raise ValueError(
                f"load_state_dict: {name}: there is a state for {others}, and the parameters are "
                f"numbered {numbers}"
            )
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        group_of = [group for group in groups for _ in group["params"]]
        for i, p, group in zip(numbers, self._parameters(), group_of):
            found = state_dict["state"].get(i, {})
            lost = self.first_state(p, group).keys() - found.keys() if found else ()
            if lost:
                raise ValueError(
                    f"load_state_dict: {name}: the state of parameter {i} has no "
                    f"{', '.join(sorted(lost))}"
                )
            for key, x in found.items():
                if x is not None:  # as torch has it of a momentum that is 0
                    state[p][key] = value = remembered(key, x, p)
                    if np.ndim(value) and np.shape(value) != p.shape:
                        raise ValueError(
                            f"load_state_dict: {name}: {key} of parameter {i} is "
                            f"{np.shape(value)}, and the parameter is {p.shape}"
                        )
        self.param_groups[:] = groups
        self.state = state

    def first_state(self, p: Tensor, group: Mapping[str, Any]) -> dict[str, Any]:
        """What the rule remembers of a parameter after a step with gradient 0."""
        state: dict[str, Any] = {}
        settings = {key: group[key] for key in self.defaults}
        with np.errstate(all="ignore"):
            self.change(p._data.copy(), np.zeros_like(p._data), state, **settings)
        return state

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def checked(optimizer: str, name: str, value: Any, least: float = 0) -> Any:
    """A setting as Python numbers, which do not widen float32; ValueError if below ``least``."""
    if isinstance(value, tuple | list):
        return tuple(checked(optimizer, name, x, least) for x in value)
    number = value.item() if isinstance(value, Tensor | np.generic | np.ndarray) else value
    if not isinstance(number, int | float):
        raise TypeError(f"{optimizer}: {name} must be a number, got {type(value).__name__}")
    if not number >= least:
        raise ValueError(f"{optimizer}: {name} must be 0 or more, got {number}")
    return number


def remembered(name: str, value: Any, p: Tensor) -> Any:
    """A value from a state dict as an optimizer keeps it: a Python number, or an array like p."""
    if isinstance(value, bool | int | float):
        return value
    array = np.asarray(value.data if isinstance(value, Tensor) else value)
    if name == "step":
        return int(array)
    return array.astype(p.dtype if array.dtype.kind == "f" else array.dtype)  # a copy


class SGD(Optimizer):
    """Gradient descent: ``p -= lr * g``, with momentum and weight decay if asked for.

    With ``momentum``: ``v = momentum * v + (1 - dampening) * g`` and ``p -= lr * v``, where
    ``v`` starts as ``g``; with ``nesterov``: ``p -= lr * (g + momentum * v)``.
    ``weight_decay`` adds ``weight_decay * p`` to ``g``.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    lr = Setting()
    momentum = Setting()
    dampening = Setting()
    weight_decay = Setting()
    nesterov = Setting()

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
        )

    def check(self, settings: dict[str, Any]) -> None:
        if settings["nesterov"] and (settings["momentum"] <= 0 or settings["dampening"] != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening")

    def change(
        self,
        p: Array,
        g: Array,
        state: State,
        lr: float,
        momentum: float,
        dampening: float,
        weight_decay: float,
        nesterov: bool,
    ) -> Array:
        if weight_decay:
            g = g + weight_decay * p
        if momentum:
            if "momentum_buffer" in state:
                v = momentum * state["momentum_buffer"] + (1 - dampening) * g
            else:
                v = np.copy(g)
            state["momentum_buffer"] = v
            g = g + momentum * v if nesterov else v
        return lr * g


class Adam(Optimizer):
    """Adam: each step scaled by running means of the gradient and of its square.

    ``m = b1 * m + (1 - b1) * g``, ``v = b2 * v + (1 - b2) * g**2``,
    ``p -= lr * m_hat / (sqrt(v_hat) + eps)`` with ``m_hat = m / (1 - b1**t)`` and ``v_hat``
    likewise, ``t`` counting steps. ``weight_decay`` adds ``weight_decay * p`` to ``g``.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    lr = Setting()
    betas = Setting()
    eps = Setting()
    weight_decay = Setting()
    implied: ClassVar = {"decoupled_weight_decay": False}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def check(self, settings: dict[str, Any]) -> None:
        betas = settings["betas"]
        if np.shape(betas) != (2,) or not all(beta < 1 for beta in betas):
            raise ValueError(
                f"{type(self).__name__}: betas must be two numbers, 0 or more and below 1, "
                f"got {betas}"
            )

    def change(
        self,
        p: Array,
        g: Array,
        state: State,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
    ) -> Array:
        if "exp_avg" not in state:
            state["step"] = 0
            state["exp_avg"] = state["exp_avg_sq"] = np.zeros_like(g)
        if weight_decay:
            g = g + weight_decay * p
        b1, b2 = betas
        m, v = state["exp_avg"], state["exp_avg_sq"]
        state["step"] = t = state["step"] + 1
        state["exp_avg"] = m = m + (1 - b1) * (g - m)
        state["exp_avg_sq"] = v = b2 * v + (1 - b2) * (g * g)
        return lr / (1 - b1**t) * (m / (np.sqrt(v) / (1 - b2**t) ** 0.5 + eps))


class AdamW(Adam):
    """Adam with decoupled weight decay: ``p -= lr * weight_decay * p`` beside Adam's step.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8500], requires_grad=True)
    """

    implied: ClassVar = {"decoupled_weight_decay": True}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def change(
        self,
        p: Array,
        g: Array,
        state: State,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
    ) -> Array:
        return lr * weight_decay * p + super().change(p, g, state, lr, betas, eps, 0.0)


class RMSprop(Optimizer):
    """Each step divided by the root of a running mean of the squared gradient.

    ``v = alpha * v + (1 - alpha) * g**2``, ``p -= lr * g / (sqrt(v) + eps)``; with
    ``momentum`` the quotient goes into ``b = momentum * b + ...`` and ``p -= lr * b``.

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    lr = Setting()
    alpha = Setting()
    eps = Setting()
    weight_decay = Setting()
    momentum = Setting()

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum
        )

    def change(
        self,
        p: Array,
        g: Array,
        state: State,
        lr: float,
        alpha: float,
        eps: float,
        weight_decay: float,
        momentum: float,
    ) -> Array:
        if "square_avg" not in state:
            state["step"] = 0
            state["square_avg"] = np.zeros_like(g)
        if weight_decay:
            g = g + weight_decay * p
        state["step"] = state["step"] + 1  # for torch, which wants it
        state["square_avg"] = v = alpha * state["square_avg"] + (1 - alpha) * (g * g)
        change = g / (np.sqrt(v) + eps)
        if momentum:
            if "momentum_buffer" in state:
                change = momentum * state["momentum_buffer"] + change
            state["momentum_buffer"] = change
        return lr * change
