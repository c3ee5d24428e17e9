"""What a function reads and writes while ``compile`` records it.

While a Recorder is on, the data of a Tensor is looked up here (``Tensor._data`` is a property
for that time, and for this thread): a Tensor from outside becomes an input of the program, so
that nothing it holds is taken for a constant, and the same goes for gradients, for the settings
of optimizers and for random numbers.
"""

from __future__ import annotations

import copy
import gc
import random
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple

import numpy as np

from .. import creation
from ..memory import Memory
from ..tensor import Tensor, result
from ..trace import Call, Trace, Var, leaves_of, tracing, values_of

recording: Recorder | None = None  # the one that is on, in whichever thread
changes = 0  # how often an attribute of a Module was set, and what was there before
log: deque[tuple[Any, str, Any]] = deque(maxlen=10_000)  # the log itself: nothing


class Input(NamedTuple):
    """Where a program finds one of its inputs: ``kind`` of ``owner`` at ``key``."""

    kind: str  # "argument", "tensor", "grad", "setting" or "state"
    owner: Any
    key: Any
    var: Var


class Argument(NamedTuple):
    """A Tensor that the function is given, and what stands for it inside."""

    position: int
    tensor: Tensor
    stand_in: Tensor


class Outside(NamedTuple):
    """A Tensor from outside, and how it was when it was first used."""

    tensor: Tensor
    requires_grad: bool
    hooks: list


class Recorder:
    """Records one run of a function: a Trace, and what came from outside and went there."""

    def __init__(self) -> None:
        self.trace = Trace()
        self.thread = threading.get_ident()
        self.inputs: dict[Any, Input] = {}  # by where they are found
        self.made: dict[int, Tensor] = {}  # the Tensors made inside
        self.grads: dict[int, Any] = {}  # the gradients of others, as they are inside
        self.had_grad: list[tuple[Tensor, bool]] = []  # whose gradient was asked for before it
        self.set_grads: dict[int, Tensor] = {}  # was set inside, and whose was set
        self.new_grads: list[tuple[Tensor, Any]] = []  # with the Vars of what was set
        self.arguments: dict[int, Argument] = {}  # by the id of their stand-ins
        self.outside: dict[int, Outside] = {}  # the other Tensors, by id, as they were
        self.optimizers: list[tuple[Any, Any]] = []  # with their stand-ins
        self.states: list[State] = []
        self.fixed: list[tuple[Any, str, Any]] = []  # settings that hold as they are

    # -- Tensors -----------------------------------------------------------------------------

    def __enter__(self) -> Recorder:
        global recording
        lock.acquire()
        recording = self
        tracing.on = True
        Tensor._data = property(self.get_data, self.set_data)
        Tensor._grad = property(self.get_grad, self.set_grad)  # type: ignore[assignment]
        self.generator = creation.generator()
        creation._generator = Generator(self, self.generator)  # type: ignore[assignment]
        self.randoms = random.getstate(), repr(np.random.get_state())
        return self

    def __exit__(self, *exc: object) -> None:
        global recording
        recording = None
        tracing.on = False
        for x in self.set_grads.values():
            grad = self.grads[id(x)]
            kept = grad is None or not self.is_made(grad) or id(grad) in self.arguments
            self.new_grads.append((x, grad if kept else vars(grad)["_data"]))
        self.reseeded = not isinstance(creation._generator, Generator)
        if not self.reseeded:
            creation._generator = self.generator
        del Tensor._data
        Tensor._grad = None
        lock.release()
        for tensor in self.made.values():
            data = vars(tensor).get("_data")
            if isinstance(data, Var):
                tensor._data = data.value
        for tensor in self.set_grads.values():
            grad = self.grads[id(tensor)]
            vars(self.real(tensor))["_grad"] = None if grad is None else self.real(grad)
        for state in self.states:
            state.real.update({key: values_of(x) for key, x in state.set.items()})
        self.trace.closed = True

    def get_data(self, tensor: Tensor) -> Any:
        try:
            data = vars(tensor)["_data"]
        except KeyError:
            raise AttributeError("_data") from None
        if isinstance(data, Var) or self.is_made(tensor):
            return data
        self.note_outside(tensor)
        return self.input("tensor", tensor, None, data)

    def set_data(self, tensor: Tensor, data: Any) -> None:
        is_own = isinstance(data, Var) and vars(tensor).get("_data") is data
        if threading.get_ident() == self.thread and "_data" not in vars(tensor):
            self.made[id(tensor)] = tensor
        elif not self.is_made(tensor):
            if data is self.get_data(tensor):
                return self.make_array(tensor, data)
            raise Refused("gives a tensor from outside other memory (tensor.data = ...)")
        if isinstance(data, np.ndarray) and threading.get_ident() == self.thread:
            data = self.trace.call(np.copy, data)  # anew at each run, should it be changed
        elif is_own:  # as Tensor.memory does
            if id(tensor) in self.arguments:
                return self.make_array(tensor, data)
            if isinstance(data.value, np.generic):
                data = self.trace.call(np.asarray, data)
        vars(tensor)["_data"] = data

    def make_array(self, tensor: Tensor, data: Var) -> None:
        """Have a number from outside in an array, which can be changed in place."""
        data.value = np.asarray(data.value)
        real = vars(self.real(tensor))
        real["_data"], real["_memory"] = data.value, vars(tensor)["_memory"]

    def get_grad(self, tensor: Tensor) -> Any:
        if self.is_made(tensor) and id(tensor) not in self.arguments:
            return vars(tensor).get("_grad")
        if id(tensor) not in self.grads:
            self.note_outside(tensor)
            grad = vars(tensor).get("_grad")
            self.had_grad.append((tensor, grad is not None))
            if grad is not None:
                grad = result(self.input("grad", tensor, None, vars(grad)["_data"]))
            self.grads[id(tensor)] = grad
        return self.grads[id(tensor)]

    def set_grad(self, tensor: Tensor, grad: Any) -> None:
        if self.is_made(tensor) and id(tensor) not in self.arguments:
            vars(tensor)["_grad"] = grad
        else:
            self.note_outside(tensor)
            self.grads[id(tensor)] = grad
            self.set_grads[id(tensor)] = tensor

    def is_made(self, tensor: Tensor) -> bool:
        """Whether a Tensor is none of the recorder's business: made inside, or another thread's."""
        return id(tensor) in self.made or threading.get_ident() != self.thread

    def input(self, kind: str, owner: Any, key: Any, value: Any) -> Var:
        place = (kind, id(owner), key)
        if place not in self.inputs:
            self.inputs[place] = Input(kind, owner, key, Var(self.trace, value))
        return self.inputs[place].var

    def note_outside(self, tensor: Tensor) -> None:
        """Note how a Tensor from outside is when it is first used."""
        if any(tensor is x.tensor for x in self.arguments.values()):
            raise Refused(
                "is given a tensor as argument that it also uses from outside. Use it one way"
            )
        if id(tensor) not in self.outside and id(tensor) not in self.arguments:
            node = tensor.grad_fn
            if node is not None:
                raise Refused(
                    f"uses the result of {node.name} from outside, whose graph would be lost. "
                    "Use tensor.detach(), or compute it inside"
                )
            self.outside[id(tensor)] = Outside(tensor, tensor._requires_grad, list(tensor.hooks))

    def argument(self, position: int, x: Any) -> Any:
        """A stand-in for an argument of the function; a setting stands for itself."""
        if isinstance(x, np.ndarray):
            return self.input("argument", x, position, x)
        if not isinstance(x, Tensor):
            if any(isinstance(item, Tensor | np.ndarray) for item in leaves_of(x)):
                raise Refused(
                    f"was given tensors or arrays within a {type(x).__name__}, as argument "
                    f"{position + 1}. Give each as an argument of its own"
                )
            return x
        if x.grad_fn is not None:
            raise Refused(
                f"was given the result of {x.grad_fn.name} as argument {position + 1}, whose graph "
                "would be lost. Give it tensor.detach(), or have it compute that, too"
            )
        for known in self.arguments.values():
            if known.tensor is x:
                return known.stand_in
        own = vars(x)
        if isinstance(own["_data"], np.ndarray):
            own["_memory"] = own.get("_memory") or Memory()  # which is the stand-in's, too
        stand_in = object.__new__(type(x))
        vars(stand_in).update(own)
        self.made[id(stand_in)] = stand_in
        self.arguments[id(stand_in)] = Argument(position, x, stand_in)
        vars(stand_in)["_data"] = self.input("argument", x, position, own["_data"])
        return stand_in

    def real(self, tensor: Tensor) -> Tensor:
        """The argument that a Tensor stands for, or the Tensor itself."""
        argument = self.arguments.get(id(tensor))
        return tensor if argument is None else argument.tensor

    def check(self) -> None:
        """Raise Refused for what a program cannot repeat, and for what it would not."""
        if self.reseeded:
            raise Refused("calls manual_seed, which would reseed at each run. Call it outside")
        if self.randoms != (random.getstate(), repr(np.random.get_state())):
            raise Refused(
                "draws random numbers from random or np.random, which would be the same at each "
                "run. Use autograd.rand, randn or nn.Dropout"
            )
        for tensor, requires_grad, hooks in self.outside.values():
            if tensor._requires_grad is not requires_grad or list(tensor.hooks) != hooks:
                raise Refused(
                    "changes requires_grad or the hooks of a tensor from outside, which would not "
                    "happen at the next run. Do it outside"
                )
        for optimizer, stand_in in self.optimizers:
            for name, value in vars(stand_in).items():
                before = vars(optimizer).get(name)
                number = isinstance(value, Var | tuple) and values_of(value) == before
                if value is not before and not number and name != "state":
                    raise Refused(
                        f"has {type(optimizer).__name__} set its own {name}, which would not "
                        "happen at the next run. Keep it in the state that change() gets"
                    )
        gradients = {id(grad) for grad in self.grads.values()}
        free = gradients | set(self.arguments)
        made = [weakref.ref(x) for x in self.made.values() if id(x) not in free]
        self.made.clear()
        if any(ref() is not None for ref in made):
            gc.collect()
        kept = sum(ref() is not None for ref in made)
        if kept:
            raise Refused(
                f"keeps {kept} tensor(s) made in it somewhere outside, such as a list or an "
                "attribute, which would not happen at the next run. Return them instead"
            )

    # -- optimizers ----------------------------------------------------------------------------

    def stand_in(self, optimizer: Any) -> Any:
        """A copy of an optimizer whose numbers are inputs of the program."""
        for known, clone in self.optimizers:
            if known is optimizer:
                return clone
        clone = copy.copy(optimizer)
        for name, value in vars(optimizer).items():
            if is_number(value):
                vars(clone)[name] = self.input("setting", optimizer, (name, None), value)
            elif isinstance(value, tuple) and all(map(is_number, value)):
                vars(clone)[name] = tuple(
                    self.input("setting", optimizer, (name, i), x) for i, x in enumerate(value)
                )
            elif name not in ("params", "memories", "state"):
                self.fixed.append((optimizer, name, value))
        clone.state = [State(self, state) for state in optimizer.state]
        self.states += clone.state
        self.optimizers.append((optimizer, clone))
        return clone


def is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


class State(MutableMapping):
    """What an optimizer remembers of a parameter: arrays and numbers that are inputs."""

    def __init__(self, recorder: Recorder, real: dict) -> None:
        self.recorder = recorder
        self.real = real
        self.size_before = len(real)
        self.set: dict[str, Any] = {}
        self.touched = False  # whether it matters what is in it

    def __iter__(self) -> Iterator[str]:
        self.touched = True
        return iter({**self.real, **self.set})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        return key in list(self)

    def __getitem__(self, key: str) -> Any:
        if key in self.set:
            return self.set[key]
        if key not in self:
            raise KeyError(key)
        return self.recorder.input("state", self.real, key, self.real[key])

    def __setitem__(self, key: str, value: Any) -> None:
        self.touched = True
        self.set[key] = value

    def __delitem__(self, key: str) -> None:
        raise Refused(f"has an optimizer forget {key!r}. Set it to something instead")


class Refused(Exception):
    """Why a function cannot be compiled, as the end of a sentence that begins with its name."""


lock = threading.RLock()


def active() -> Recorder | None:
    """The Recorder of this thread, if one is on."""
    here = recording is not None and recording.thread == threading.get_ident()
    return recording if here else None


def settings_of(optimizer: Any) -> Any:
    """An optimizer itself, or a stand-in while a function that steps it is recorded."""
    recorder = active()
    return optimizer if recorder is None else recorder.stand_in(optimizer)


class Generator:
    """Stands for NumPy's generator: what it draws is drawn anew at each run."""

    def __init__(self, recorder: Recorder, real: Any) -> None:
        self.recorder = recorder
        self.real = real

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.real, name)
        if threading.get_ident() != self.recorder.thread:
            return method

        def draw(*args: Any, **keywords: Any) -> Any:
            out = self.recorder.trace.call(drawing(name), *args, **keywords)
            assert isinstance(out.call, Call)
            out.call.draws = True
            return out

        return draw


def drawing(name: str) -> Callable:
    """The method ``name`` of the generator that ``manual_seed`` set last, as a function."""

    def draw(*args: Any, **keywords: Any) -> Any:
        generator = creation.generator()
        return getattr(getattr(generator, "real", generator), name)(*args, **keywords)

    draw.__name__ = name
    return draw


def random_state() -> Any:
    """How far the random numbers are, for ``put_back``."""
    return creation.generator().bit_generator.state


def put_back(state: Any) -> None:
    """Have the random numbers drawn since ``random_state`` come once more."""
    creation.generator().bit_generator.state = state


def note_attribute(module: Any, name: str) -> None:
    """Note that an attribute of a Module is about to be set, which a recording may have read."""
    global changes
    if active():
        raise Refused(
            f"sets {type(module).__name__}.{name}, which would not happen at the next run. "
            "Set it outside"
        )
    changes += 1
    log.append((weakref.ref(module), name, vars(module).get(name, log)))


class ModulesThen:
    """The attributes of all Modules as they are now; ``unchanged()`` later says if they are again.

    ``changes`` counts how often one was set, and ``log`` has what was there before the last ones.
    """

    def __init__(self) -> None:
        self.known = changes  # when all was as it is now
        self.otherwise = -1  # when it was not

    def unchanged(self) -> bool:
        """Whether all that was set since is what it was; new Modules do not matter."""
        since = changes - self.known
        if self.otherwise == changes or since > len(log):
            return False
        then: dict[Any, Any] = {}
        for module, name, value in list(log)[len(log) - since :]:
            then.setdefault((module, name), value)
        for (module, name), value in then.items():
            known = then.get((module, "training")) is not log  # else it was made since
            if known and module() and vars(module()).get(name, log) is not value:
                self.otherwise = changes
                return False
        self.known = changes
        return True
