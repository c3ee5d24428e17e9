"""Which dtype a value gets: torch's rules, where they differ from NumPy's."""

from collections.abc import Callable, Iterable
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


def numeric(name: str, dtype: Any) -> np.dtype:
    """A dtype of floats, ints or bools, in the byte order of this machine, for an op ``name``."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or not can_be_held(found):
        raise TypeError(
            f"{name}: {dtype!r} is no dtype of floats, ints or bools of up to 64 bits; give "
            "one such as autograd.float32"
        )
    return np.dtype(found.type)


def can_be_held(dtype: np.dtype) -> bool:
    """Whether Tensors hold it: floats, ints and bools of up to 64 bits."""
    return dtype.kind in "fiub" and dtype.itemsize <= 8


def is_floating(dtype: np.dtype) -> bool:
    return dtype.kind == "f"


def result_type(*operands: Any) -> np.dtype:
    """The dtype of arithmetic on arrays and Python numbers: torch's rule.

    Of bool, integer and floating the highest kind wins, and within it the widest dtype. But an
    n-d array is not widened by 0-d arrays of its kind, nor an array by Python numbers.

    >>> result_type(np.ones(2, np.float32), np.float64(1)), result_type(np.int64(1), 2.5)
    (dtype('float32'), dtype('float32'))
    """
    arrays = [x for x in operands if hasattr(x, "dtype")]
    many, single = [x.dtype for x in arrays if x.ndim], [x.dtype for x in arrays if not x.ndim]
    found: Any = None
    for dtypes in (many, single, [of_number(x) for x in operands if not hasattr(x, "dtype")]):
        if dtypes:
            highest = max(KINDS[dtype.kind] for dtype in dtypes)
            if found is None or highest > KINDS[found.kind]:
                found = np.result_type(*[d for d in dtypes if KINDS[d.kind] == highest])
    return found


def promoted(items: list) -> np.dtype | None:
    """The dtype of a list of arrays and Python numbers: torch's rule, where each one counts.

    None where it holds anything else.
    """
    known = [hasattr(x, "dtype") or isinstance(x, int | float) for x in items]
    found = {getattr(x, "dtype", None) or of_number(x) for x in items}
    if not all(known) or any(dtype.kind not in KINDS for dtype in found):
        return None
    highest = max(KINDS[dtype.kind] for dtype in found)
    return np.result_type(*[dtype for dtype in found if KINDS[dtype.kind] == highest])


KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}


def of_number(x: Any) -> np.dtype:
    """The dtype of a Python number."""
    return bool_ if isinstance(x, bool) else int64 if isinstance(x, int) else _default


def held(number: Any, dtype: np.dtype, before: str = "") -> Any:
    """``number``. Raises OverflowError, with ``before`` in the text, where integers wrap it."""
    if dtype.kind in "iub":
        least, most = (0, 1) if dtype == bool_ else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if not least - 1 < number < most + 1:  # a fraction is cut off; NaN is not held
            raise OverflowError(f"{before}{number} is out of bounds for {dtype}")
    return number


def computed(forward: Callable, values: list, keywords: dict) -> tuple[Any, list]:
    """What a forward rule gives for operands that are not all float32, in torch's dtype.

    The rule computes as NumPy does. Where torch would take another dtype, it computes again with
    its operands in that one: to NumPy ``int64 * float32`` is float64 and ``exp`` of an int8
    float16, to torch both are float32. In float16 it computes in float32 and rounds once. The
    result comes with the operands in the dtype that it was computed of.
    """
    dtypes = {x.dtype for x in values if hasattr(x, "dtype")}
    if dtypes == {float64} or "dtype" in keywords:
        return forward(*values, **keywords), values
    if float16 in dtypes or dtypes.isdisjoint(FLOATING):  # floats may come that do not count
        odd: list = []
        note = lambda *what: odd.append(what)  # noqa: E731
        with np.errstate(divide="call", over="call", invalid="call", call=note):
            y = forward(*values, **keywords)
        if odd and getattr(y, "dtype", float64).kind != "f":
            y = forward(*values, **keywords)
    else:
        y = forward(*values, **keywords)
    dtype = getattr(y, "dtype", None)
    if dtype is None or not hasattr(y, "base"):
        return y, values  # no array: the op says so
    wanted = torchs(dtype, dtypes, values)
    for x in values:
        if type(x) is int and wanted.kind in "iu":
            held(x, wanted)
    # Floats of whole numbers: before they were floats they may have wrapped.
    whole = dtype.kind == "f" and dtypes.isdisjoint(FLOATING)
    if wanted == float16 and dtype != bool_ and not is_view(y, values):
        wide = cast(values, float32, "fiub" if whole else "f")
        return forward(*wide, **keywords).astype(float16), values
    if wanted == dtype and not whole:
        mixed = dtype.kind == "f" and len(dtypes) > 1
        return y, cast(values, dtype, "f") if mixed else values
    if dtype != np.uint64:
        values = cast(values, wanted, "fiub" if dtypes.isdisjoint(FLOATING) else "fiu")
        y = forward(*values, **keywords)
    return (y if dtype == bool_ else y.astype(wanted, copy=False)), values


def is_view(y: Any, values: list) -> bool:
    """Whether an array lies in the memory of one of the values."""
    return y.base is not None and any(
        y.base is x or y.base is getattr(x, "base", None) for x in values
    )


def torchs(dtype: np.dtype, dtypes: set, values: list) -> np.dtype:
    """The dtype that torch computes in where NumPy gives ``dtype``."""
    if dtype.kind == "f" and dtypes.isdisjoint(FLOATING):
        return _default
    if dtype == np.uint64 or (dtype == int8 and dtypes == {bool_}):  # the sum of uint8; True**2
        return int64
    if len(dtypes) < 2:
        return dtype
    wanted = result_type(*values)
    if dtype.kind == "f":  # else it is the dtype of the first operand: the second is an index
        return wanted if np.can_cast(wanted, dtype) else dtype
    if dtype == bool_:  # a comparison, of which each operand counts
        return dtype if bool_ in dtypes else wanted
    return wanted if dtype == np.result_type(*dtypes) else dtype


FLOATING = {float16, float32, float64}


def cast(values: list, dtype: np.dtype, kinds: str) -> list:
    """The arrays of some kinds in ``dtype``, and all else as it is."""
    return [
        x.astype(dtype, copy=False) if hasattr(x, "dtype") and x.dtype.kind in kinds else x
        for x in values
    ]


def widened(g: Any, saved: Iterable) -> list:
    """A cotangent and what a rule asks for, in float32 if they are float16.

    So VJPs of float16 compute as its ops do: in float32, rounded once, by ``cotangents.fit``.
    """
    given = (g, *saved)
    return [x.astype(float32) if getattr(x, "dtype", None) == float16 else x for x in given]
