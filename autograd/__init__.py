"""A small autograd engine on NumPy: Tensors that record how they were computed.

>>> import autograd
>>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
>>> loss = (x**2).sum()
>>> loss.backward()
>>> x.grad
tensor([2., 4.])

Who reads these five files, in this order, knows the engine:

- ``tensors``: Tensor, an array that knows how it was computed
- ``graph``: Node, an op that was recorded, and the order of Nodes
- ``primitives``: how an op is made of rules, and how it is recorded
- ``walk``: backward(), one flat loop over the Nodes
- ``ops/arithmetic``: the rules of + - * /, as an example of all ops

The other files, each of which uses only those before it:

- ``allocation``: keeps the memory of freed arrays for the next ones
- ``dtypes``: which dtype a result has
- ``errors``: errors and warnings that name op, shapes and the way out
- ``grad_mode``: switches recording off and on
- ``memory``: notes changes in place, and finds what they spoil
- ``names``: finds the names that the user's variables give to tensors
- ``observers``: where guests (debuggers, pictures, programs) are told what happens
- ``printing``: the texts of arrays and Nodes
- ``arrays``: makes arrays of Python data
- ``manners``: what Python asks of a Tensor: its length, truth, text, copies
- ``nested``: what is inside tuples, lists and dicts
- ``rules``: Op, the table of an op's rules, and what each asks for
- ``cotangents``: the sums of cotangents on their way, and their delivery to leaves
- ``keeping``: what a Node keeps of large arrays
- ``hooks``: functions that see gradients, and may replace them
- ``operands``: what an op takes besides Tensors
- ``views``: Tensors on the memory of others, taken anew after changes
- ``ops``: the primitives by family
- ``inplace``: changes in place
- ``devices``: torch's names for the CPU
- ``methods``: Tensor's operators and methods, in one table
- ``breakpoints``: functions that stop in the debugger
- ``creation``: zeros, ones, random numbers and the like
- ``functional``: grad, vjp, jvp, jacobian, hessian
- ``linalg``: linear algebra by torch's names
- ``numpy_protocols``: NumPy's functions on Tensors
- ``debugging``: break_on, record_source, detect_anomaly
- ``finite_differences``: gradcheck
- ``codegen``: the backward pass as text, and compiled programs
- ``steps``: backward() one step at a time
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import functional, linalg, methods, numpy_protocols, ops
from .allocation import keep_freed_memory as _keep_freed_memory
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
from .devices import cuda, device
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
from .finite_differences import GradcheckError, gradcheck, gradgradcheck
from .functional import grad
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .graph import Node, topological_order
from .ops import *
from .primitives import primitive, vjp_of
from .tensors import Tensor
from .walk import backward

__version__ = "0.1.0"

# What is offered: a checker takes all else that is imported here to be our own matter.
__all__ = [
    "BroadcastWarning",
    "GradcheckError",
    "Node",
    "Program",
    "Source",
    "Step",
    "Tensor",
    "arange",
    "as_tensor",
    "backward",
    "backward_steps",
    "bernoulli",
    "bool",
    "break_on",
    "compile",
    "cuda",
    "detect_anomaly",
    "device",
    "empty",
    "empty_like",
    "enable_grad",
    "eye",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "functional",
    "generator",
    "get_default_dtype",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "int8",
    "int32",
    "int64",
    "is_grad_enabled",
    "linalg",
    "linspace",
    "manual_seed",
    "meshgrid",
    "multinomial",
    "no_grad",
    "ones",
    "ones_like",
    "ops",
    "primitive",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "record_source",
    "set_default_dtype",
    "set_grad_enabled",
    "tensor",
    "to_source",
    "topological_order",
    "uint8",
    "vjp_of",
    "zeros",
    "zeros_like",
]
__all__ += ops.__all__

_keep_freed_memory()

LOADED_WHEN_ASKED_FOR = {
    "compile": ".codegen.compiled",
    "Program": ".codegen.compiled",
    "to_source": ".codegen.printer",
    "Source": ".codegen.printer",
    "backward_steps": ".steps",
    "Step": ".steps",
}

if TYPE_CHECKING:  # which leaves a misspelt name a mistake
    from .codegen.compiled import Program, compile
    from .codegen.printer import Source, to_source
    from .steps import Step, backward_steps
else:

    def __getattr__(name: str) -> Any:
        if name not in LOADED_WHEN_ASKED_FOR:
            raise AttributeError(f"module 'autograd' has no attribute {name!r}")
        return getattr(import_module(LOADED_WHEN_ASKED_FOR[name], __name__), name)

    def _backward_steps(self: Tensor, *args: Any, **keywords: Any) -> Any:
        """The steps of ``backward()``, one for each op: see ``autograd.backward_steps``."""
        from .steps import backward_steps

        return backward_steps(self, *args, **keywords)

    Tensor.backward_steps = _backward_steps
