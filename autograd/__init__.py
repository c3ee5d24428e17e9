"""A small autograd engine on NumPy: Tensors that record how they were computed.

>>> import autograd
>>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
>>> loss = (x**2).sum()
>>> loss.backward()
>>> x.grad
tensor([2., 4.])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import functional, methods, numpy_protocols
from .allocation import keep_freed_memory
from .creation import (
    arange,
    eye,
    from_numpy,
    full,
    generator,
    linspace,
    manual_seed,
    ones,
    ones_like,
    rand,
    randn,
    randn_like,
    tensor,
    zeros,
    zeros_like,
)
from .debugging import break_on, detect_anomaly, record_source
from .dtypes import bool_ as bool
from .dtypes import (
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from .finite_differences import GradcheckError, gradcheck, gradgradcheck
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .graph import Node, topological_order
from .ops import *
from .primitives import primitive, vjp_of
from .tensors import Tensor
from .walk import backward, grad

if TYPE_CHECKING:
    from .codegen.source import Source, to_source
    from .steps import Step, backward_steps

keep_freed_memory()

LOADED_WHEN_ASKED_FOR = {
    "to_source": ".codegen.source",
    "Source": ".codegen.source",
    "backward_steps": ".steps",
    "Step": ".steps",
}


def __getattr__(name: str) -> Any:
    if name not in LOADED_WHEN_ASKED_FOR:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    return getattr(import_module(LOADED_WHEN_ASKED_FOR[name], __name__), name)


def _backward_steps(self: Tensor, *args: Any, **keywords: Any) -> Any:
    """The steps of ``backward(gradient)``, one for each op: see ``autograd.backward_steps``."""
    from .steps import backward_steps

    return backward_steps(self, *args, **keywords)


Tensor.backward_steps = _backward_steps
