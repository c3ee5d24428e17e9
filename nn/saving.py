"""Weights in files: the safetensors format, which torch reads too, and which runs no code."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.tensors import result


def save(state_dict: Mapping[str, Any], path: str | PathLike) -> None:
    """Write Tensors by name, such as ``model.state_dict()``, to a file.

    Raises TypeError for what is not a dict of Tensors.

    >>> import nn, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "line.safetensors"
    >>> model = nn.Linear(2, 1)
    >>> save(model.state_dict(), path)
    >>> model.load_state_dict(load(path))
    """
    from safetensors.numpy import save_file

    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"save: needs a dict of Tensors, such as model.state_dict(), got "
            f"{type(state_dict).__name__}"
        )
    for name, x in state_dict.items():
        if not isinstance(x, Tensor):
            raise TypeError(f"save: {name!r} is a {type(x).__name__}, not a Tensor")
    # The format keeps bytes in C order, whatever the strides say.
    save_file({name: np.array(x.data, order="C") for name, x in state_dict.items()}, path)


def load(path: str | PathLike) -> dict[str, Tensor]:
    """The Tensors by name from a safetensors file, for ``model.load_state_dict()``.

    Raises ValueError for a file that is damaged, truncated or in another format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(path)
    except FileNotFoundError:
        raise
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"load: {path} is not a whole safetensors file with dtypes that NumPy has: {error}"
        ) from None
    return {name: result(array) for name, array in arrays.items()}
