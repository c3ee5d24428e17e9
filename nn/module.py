"""Module: a part of a network that holds parameters and other modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, no_grad


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


class Module:
    """The base of all layers and networks: assign Parameters and Modules, define ``forward``.

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

    def __init__(self) -> None:
        self.training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes; each kind of module has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def __init_subclass__(cls) -> None:
        """Calling a module is its ``forward``, with no frame between to step through."""
        if "forward" in vars(cls) and "__call__" not in vars(cls):
            cls.__call__ = cls.forward  # type: ignore[method-assign]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules assigned to this one, by name."""
        return ((name, x) for name, x in vars(self).items() if isinstance(x, Module))

    def children(self) -> Iterator[Module]:
        """The modules assigned to this one."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (named ``prefix``) and all within it, by dotted name."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """This module and all within it."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters by dotted name; one that is shared comes once.

        >>> import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 1), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        seen = set()
        for name, parameter in self._all_parameters():
            if parameter not in seen:
                seen.add(parameter)
                yield name, parameter

    def _all_parameters(self) -> Iterator[tuple[str, Parameter]]:
        for prefix, module in self.named_modules():
            for name, x in vars(module).items():
                if isinstance(x, Parameter):
                    yield f"{prefix}.{name}" if prefix else name, x

    def parameters(self) -> Iterator[Parameter]:
        """All parameters; one that is shared comes once."""
        return (parameter for _, parameter in self.named_parameters())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        zero_grad(self.parameters(), set_to_none)

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all within it to training (or not); return it."""
        for module in self.modules():
            module.training = mode
        return self

    def to(self, dtype: Any) -> Module:
        """Convert all parameters to a floating dtype, in place; return the module.

        >>> import autograd, nn
        >>> nn.Linear(2, 1).to(autograd.float64).weight.dtype
        dtype('float64')
        """
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"to: parameters must be floating, got {np.dtype(dtype)}")
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype)
        return self

    def float(self) -> Module:
        """Convert all parameters to float32; return the module."""
        return self.to(np.float32)

    def double(self) -> Module:
        """Convert all parameters to float64; return the module."""
        return self.to(np.float64)

    def eval(self) -> Module:
        """Switch this module and all within it to evaluation; return it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Have all parameters require grad, or not; return the module."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters by dotted name, as torch names them; they share memory with the module.

        >>> import nn
        >>> {name: x.shape for name, x in nn.Linear(2, 3).state_dict().items()}
        {'weight': (3, 2), 'bias': (3,)}
        """
        return {name: parameter.detach() for name, parameter in self._all_parameters()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Copy values into the parameters; the keys and shapes must be those of ``state_dict()``.

        The values may be Tensors or anything NumPy reads. Raises ValueError, before any
        parameter is changed, naming every key that is missing, unexpected or misshapen.

        >>> import nn
        >>> nn.Linear(1, 1).load_state_dict({"weight": [[2.0]]})
        Traceback (most recent call last):
        ValueError: load_state_dict: Linear: missing: bias
        """
        own = dict(self._all_parameters())
        given = {
            name: x.data if isinstance(x, Tensor) else np.asarray(x)
            for name, x in state_dict.items()
        }
        missing = [name for name in own if name not in given]
        unexpected = [name for name in given if name not in own]
        misshapen = [
            f"{name} is {given[name].shape} and should be {parameter.shape}"
            for name, parameter in own.items()
            if name in given and given[name].shape != parameter.shape
        ]
        faults = [
            f"{fault}: {', '.join(names)}"
            for fault, names in [
                ("missing", missing), ("unexpected", unexpected), ("wrong shape", misshapen),
            ]
            if names
        ]  # fmt: skip
        if faults:
            raise ValueError(f"load_state_dict: {type(self).__name__}: {'; '.join(faults)}")
        with no_grad():
            for name, parameter in own.items():
                parameter.copy_(given[name].astype(parameter.dtype))

    def extra_repr(self) -> str:
        """What the repr shows between the parentheses of a module without children."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}" for name, child in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({self.extra_repr()})"
        inner = "\n".join(lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inner}\n)"

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter | Module) and "training" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before assigning {name!r}"
            )
        super().__setattr__(name, value)


def zero_grad(parameters: Any, set_to_none: bool) -> None:
    for parameter in parameters:
        if set_to_none:
            parameter.grad = None
        elif parameter.grad is not None:
            parameter.grad.zero_()
