"""A training run in one file, from which it goes on as if it had never been stopped."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from autograd import Tensor, generator

from .saving import packed, unpacked, write

KEY = "checkpoint"  # of the words beside the tensors


def save_checkpoint(path: str | PathLike, **parts: Any) -> None:
    """Write what a run has come to, and where its random numbers are, to a safetensors file.

    ``parts`` are things with a ``state_dict()``, such as models, optimizers and schedules, and
    Tensors, numbers, strings, None, and lists and dicts of these; a tuple comes back as a list.
    The file is there whole or not at all: who kills the run meanwhile finds the checkpoint before.
    Raises TypeError for a part that cannot be kept, and what ``save`` raises.

    >>> import autograd, nn, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.safetensors"
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nn.optim.Adam(model.parameters())
    >>> save_checkpoint(path, model=model, optimizer=optimizer, step=100)
    >>> load_checkpoint(path, model=model, optimizer=optimizer)
    {'step': 100}
    """
    tensors: dict[str, Tensor] = {}
    words = {name: plain(part, name, tensors) for name, part in parts.items()}
    words = {"parts": words, "generator": generator().bit_generator.state}
    write(path, packed(tensors, {KEY: json.dumps(words)}))


def load_checkpoint(path: str | PathLike, **parts: Any) -> dict[str, Any]:
    """Bring the ``parts``, and the random numbers, to where a checkpoint has them.

    Returns the parts that were not given here, such as the number of the step. Raises TypeError
    for a part without ``load_state_dict``, ValueError for a file that is no checkpoint or has no
    such part, and what ``load_state_dict`` raises. Then all parts are as they were.
    """
    for name, part in parts.items():
        if not hasattr(part, "load_state_dict"):
            raise TypeError(
                f"load_checkpoint: {name} is a {type(part).__name__}, which has no "
                "load_state_dict(). What you leave out is returned"
            )
    tensors, words = unpacked(path)
    if KEY not in words:
        raise ValueError(f"load_checkpoint: {path} has weights, but is no checkpoint")
    kept = json.loads(words[KEY])
    found = {name: restored(part, tensors) for name, part in kept["parts"].items()}
    missing = parts.keys() - found.keys()
    if missing:
        raise ValueError(
            f"load_checkpoint: {path} has no {', '.join(sorted(missing))}; it has "
            f"{', '.join(found)}"
        )
    before = {name: copy.deepcopy(part.state_dict()) for name, part in parts.items()}
    try:
        for name, part in parts.items():
            part.load_state_dict(found.pop(name))
    except BaseException:
        for name, part in parts.items():
            part.load_state_dict(before[name])
        raise
    generator().bit_generator.state = kept["generator"]
    return found


def plain(x: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """``x`` as JSON has it; what Tensors are in it go into ``tensors``."""
    if isinstance(x, Tensor):
        while name in tensors:  # {"a.b": x, "a": {"b": y}} would have one name twice
            name += "'"
        tensors[name] = x
        return {"tensor": name}
    if isinstance(x, Mapping):  # JSON's keys are strings, those of an optimizer's state numbers
        items = [(k.item() if isinstance(k, np.generic) else k, v) for k, v in x.items()]
        for key, _ in items:
            if key is not None and not isinstance(key, str | int | float):
                raise TypeError(
                    f"save_checkpoint: {name} has the key {key!r}; keys are strings or numbers"
                )
        return {"items": [[key, plain(v, f"{name}.{key}", tensors)] for key, v in items]}
    if isinstance(x, list | tuple):
        return [plain(v, f"{name}.{i}", tensors) for i, v in enumerate(x)]
    if isinstance(x, np.generic):
        x = x.item()
    if x is None or isinstance(x, str | int | float):
        return x
    if hasattr(x, "state_dict"):
        return plain(x.state_dict(), name, tensors)
    raise TypeError(f"save_checkpoint: {name} is a {type(x).__name__}, which cannot be kept")


def restored(x: Any, tensors: dict[str, Tensor]) -> Any:
    """What ``plain`` was made of."""
    if isinstance(x, list):
        return [restored(v, tensors) for v in x]
    if isinstance(x, dict):
        if "tensor" in x:
            return tensors[x["tensor"]]
        return {key: restored(v, tensors) for key, v in x["items"]}
    return x
