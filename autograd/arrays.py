"""Arrays of Python data: numbers, nested lists, arrays and Tensors."""

from typing import Any

import numpy as np

from . import dtypes, observers
from .grad_mode import mode


def to_array(data: Any, dtype: Any = None) -> np.ndarray:
    """A new array of ``data``, by the dtype rules that Tensor's docstring gives."""
    if isinstance(data, np.ndarray):
        data = as_plain("tensor", data)
    elif is_tensor(data):
        if observers.asked:
            observers.tell(observers.asked, data, "tensor(...), which copies its numbers")
        return np.array(data._data, dtype=dtype)
    elif not isinstance(data, np.generic):
        first = data
        while isinstance(first, list | tuple) and first:
            first = first[0]
        if is_tensor(first) or (dtype is None and isinstance(first, np.ndarray | np.generic)):
            data = unwrapped(data)
            dtype = dtypes.promoted(leaves(data)) if dtype is None else dtype
        elif dtype is None:
            dtype = dtype_of_numbers(data)
    try:
        array = np.array(data, dtype=dtype, order="C")
    except (ValueError, OverflowError) as error:
        if isinstance(error, OverflowError) and dtype == dtypes.int64:
            error = OverflowError("an integer is too large for int64; give a floating dtype")
        irregular = "the nested lists do not make a regular array: "
        said = irregular if "inhomogeneous" in str(error) else ""
        raise type(error)(f"tensor: {said}{error}") from None
    if not dtypes.can_be_held(array.dtype):
        raise TypeError(
            f"tensor: cannot hold {array.dtype} data; it takes floats, ints and bools of up to "
            "64 bits"
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def as_plain(name: str, x: np.ndarray) -> np.ndarray:
    """An ndarray itself: of a matrix, whose ``*`` would be another product, the array in it."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array would lose its mask; fill it first: x.filled(0)")
    return x if type(x) is np.ndarray else np.asarray(x)


def data_for(x: Any, value: Any) -> Any:
    """What ``x.data = value`` puts there. Raises TypeError for what the Tensor cannot hold."""
    value = value._data if is_tensor(value) else value
    value = value if isinstance(value, np.ndarray | np.generic) else np.asarray(value, x.dtype)
    held = dtypes.can_be_held(value.dtype) and value.dtype.isnative
    if not held or (x._requires_grad and not dtypes.is_floating(value.dtype)):
        raise TypeError(
            f"data: cannot hold {value.dtype} data in a tensor of {x.dtype}"
            f"{' that requires grad' if x._requires_grad else ''}; convert them: "
            f"x.astype({x.dtype.name!r})"
        )
    return value


def is_tensor(x: Any) -> bool:
    return hasattr(x, "_data")


def unwrapped(data: Any) -> Any:
    """Nested lists with arrays in the place of Tensors."""
    if isinstance(data, list | tuple):
        return [unwrapped(x) for x in data]
    if not is_tensor(data):
        return data
    if observers.asked:
        observers.tell(observers.asked, data, "tensor(...), which copies its numbers")
    if data._requires_grad and mode.recording:
        raise RuntimeError(
            "tensor: a tensor in the list requires grad, and a new tensor would lose its graph. "
            "Use autograd.stack, or detach() it"
        )
    return data._data


def leaves(data: Any) -> list:
    """The numbers and arrays in nested lists."""
    return [x for item in data for x in leaves(item)] if isinstance(data, list) else [data]


def dtype_of_numbers(data: Any) -> np.dtype | None:
    """The default dtype for Python data with a float in it, or nothing; else None, for NumPy's.

    int64 for integers that are too large for it: NumPy would take uint64 or a float.
    """
    try:
        found = np.asarray(data)
    except ValueError:
        return None
    if found.dtype.kind in "uO" or (found.dtype.kind == "f" and found.max(initial=0) >= 2.0**63):
        numbers = leaves(unwrapped([data]))
        if all(isinstance(x, int) for x in numbers):
            return dtypes.int64
        if all(isinstance(x, int | float) for x in numbers):
            return dtypes.get_default_dtype()
    return dtypes.get_default_dtype() if found.dtype.kind == "f" else None


class Size(int):
    """A number of elements that can be called for the shape, or the size of one dimension."""

    shape: tuple[int, ...]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        """A plain number to NumPy, which leaves the dtype of an array as it is."""
        plain = [int(x) if isinstance(x, Size) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **settings)

    def __call__(self, dim: int | None = None) -> Any:
        if dim is None:
            return self.shape
        if not -len(self.shape) <= dim < len(self.shape):
            raise IndexError(f"size: shape {self.shape} has no dim {dim}")
        return self.shape[dim]
