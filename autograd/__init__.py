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

from .tensor import Tensor  # isort: skip  (first: ops and Tensor need each other)
from . import functional, linalg
from .backward import backward, grad
from .creation import (
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    generator,
    linspace,
    manual_seed,
    meshgrid,
    multinomial,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
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
from .errors import BroadcastWarning
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .graph import Node, topological_order
from .ops import *
from .primitive import primitive, vjp_of

if TYPE_CHECKING:
    from .codegen.source import Source, to_source
    from .steps import Step, backward_steps

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
