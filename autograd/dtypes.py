"""Which dtype a value gets: torch's rules, where they differ from NumPy's."""

from typing import Any

import numpy as np

float16 = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
int8 = np.dtype(np.int8)
uint8 = np.dtype(np.uint8)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
bool_ = np.dtype(np.bool_)

_default = float32


def get_default_dtype() -> np.dtype:
    """The dtype that Python floats become.

    >>> get_default_dtype()
    dtype('float32')
    """
    return _default


def set_default_dtype(dtype: Any) -> None:
    """Choose the dtype that Python floats become; float32 unless set.

    Raises TypeError for a dtype that is not floating.

    >>> import autograd
    >>> set_default_dtype(autograd.float64)
    >>> autograd.tensor(1.0).dtype
    dtype('float64')
    >>> set_default_dtype(autograd.float32)
    """
    global _default
    if not is_floating(np.dtype(dtype)):
        raise TypeError(f"set_default_dtype: needs a floating dtype, got {np.dtype(dtype)}")
    _default = np.dtype(dtype)


def is_floating(dtype: np.dtype) -> bool:
    return dtype.kind == "f"


def narrow(y: Any, operands: list) -> Any:
    """Take back NumPy's promotion to float64 where torch does not promote.

    To NumPy ``int64 * float32`` and ``int64 / 2`` are float64; to torch the integers
    adapt to the floats, and without any the result has the default dtype. A 0-d
    operand does not widen an n-d one of the same kind.
    """
    arrays = [v for v in operands if hasattr(v, "dtype")]
    wide = [v for v in arrays if v.dtype == float64]
    if len(wide) == len(operands) or y.ndim == 0 < len(wide) or any([v.ndim for v in wide]):
        return y
    floats = [v.dtype for v in arrays if is_floating(v.dtype) and v.dtype != float64]
    if floats:
        return y.astype(np.result_type(*floats))
    return y if wide else y.astype(_default)
