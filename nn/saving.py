"""Weights in files: the safetensors format, which torch reads too, and which runs no code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.tensors import result

NUMBERS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip


def save(state_dict: Mapping[str, Any], path: str | PathLike) -> None:
    """Write Tensors by name, such as ``model.state_dict()``, to a file.

    The file is there whole or not at all: it is written beside its place and then renamed. Raises
    TypeError for what is not a dict of Tensors, ValueError for a name or dtype that the format
    cannot have, FileNotFoundError for a folder that is not there.

    >>> import nn, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "line.safetensors"
    >>> model = nn.Linear(2, 1)
    >>> save(model.state_dict(), path)
    >>> model.load_state_dict(load(path))
    <All keys matched successfully>
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"save: needs a dict of Tensors, such as model.state_dict(), got "
            f"{type(state_dict).__name__}"
        )
    write(path, packed(state_dict))


def packed(tensors: Mapping[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    """Tensors by name, with words beside them, as the bytes of a safetensors file."""
    from safetensors.numpy import save as to_bytes

    arrays = {}
    for name, x in tensors.items():
        if not isinstance(name, str) or not isinstance(x, Tensor):
            raise TypeError(
                f"save: {name!r} is a {type(x).__name__}; names are str, values Tensors"
            )
        if name == "__metadata__":
            raise ValueError("save: the format keeps the name '__metadata__' for itself")
        # The format keeps bytes in C order, whatever the strides say.
        arrays[name] = np.array(x.data, order="C")
    return to_bytes(arrays, metadata)


def write(path: str | PathLike, data: bytes) -> None:
    """Write a file whole or not at all. A link stays one, and a file keeps its permissions."""
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {place.parent}; make it first")
    if place.exists() and not place.is_file():  # a folder: an error; a pipe, say, is written to
        place.write_bytes(data)
        return
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if place.exists():
            shutil.copymode(place, part)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def load(path: str | PathLike) -> dict[str, Tensor]:
    """The Tensors by name from a safetensors file, for ``model.load_state_dict()``.

    bfloat16, which NumPy does not have, comes as float32. Raises ValueError for a file that is
    damaged, truncated or in another format, or that holds complex or 8-bit floating numbers.
    """
    return unpacked(path)[0]


def unpacked(path: str | PathLike) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The Tensors by name from a safetensors file, and the words beside them."""
    import json

    from safetensors import SafetensorError, deserialize

    if os.path.isdir(path):
        raise IsADirectoryError(f"load: {path} is a folder; name the file in it")
    data = Path(path).read_bytes()
    try:
        found = deserialize(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"load: {path} is not a whole safetensors file: {error}") from None
    odd = {x["dtype"] for _, x in found} - NUMBERS.keys()
    if odd:
        raise ValueError(
            f"load: {path} holds {', '.join(sorted(odd))}, which NumPy does not have as real "
            "numbers; convert it to float32 where it was made"
        )
    tensors = {}
    for name, x in found:
        array = np.frombuffer(x["data"], NUMBERS[x["dtype"]]).reshape(x["shape"])
        if x["dtype"] == "BF16":  # the upper half of a float32
            array = (array.astype("<u4") << 16).view("<f4")
        tensors[name] = result(array.astype(array.dtype.newbyteorder("=")))  # a copy
    return tensors, header.get("__metadata__", {})
