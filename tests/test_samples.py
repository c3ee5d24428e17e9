"""Every op on all dtypes and odd values beside torch: values, dtypes, gradients, refusals."""

import itertools
import operator
import warnings

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch
from .samples import BINARY, DTYPES, UNARY, added, assigned, known, operands

SPACES = [
    {"m": autograd, "F": nn.functional, "assigned": assigned, "added": added, "o": operator},
    {"m": torch, "F": torch.nn.functional, "assigned": assigned, "added": added, "o": operator},
]
LIMITS = {"float16": 3e-3, "float32": 3e-6, "float64": 1e-10}


def result(text, space, arrays):
    """The results of a form and its gradients; an Exception where it is refused."""
    xs = {name: space["m"].tensor(a) for name, a in arrays.items()}
    leaves = [x for x in xs.values() if "float" in str(x.dtype)]
    for x in leaves:
        x.requires_grad_()
    try:
        found = eval(text, {**space, "float": float}, xs)
    except Exception as error:
        return error, None
    many = isinstance(found, tuple | list) and not isinstance(found, torch.Tensor)
    parts = list(found) if many else [found]
    values = [
        (str(y.dtype).removeprefix("torch."), y.detach().numpy()) if hasattr(y, "grad_fn")
        else (type(y).__name__, np.asarray(y)) for y in parts
    ]  # fmt: skip
    y = parts[0] if parts else None
    if not getattr(y, "requires_grad", False):
        return values, None
    v = np.cos(np.arange(values[0][1].size)).reshape(values[0][1].shape) + 1.5
    try:
        y.backward(space["m"].tensor(v.astype(values[0][0])))
    except Exception as error:
        return values, error
    return values, [np.zeros(tuple(x.shape)) if x.grad is None else x.grad.numpy() for x in leaves]


def same(a, b, dtype):
    limit = LIMITS.get(dtype, 0)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return np.allclose(a.astype(float), b.astype(float), rtol=limit, atol=limit, equal_nan=True)


def difference(text, arrays):
    """In what way ours is not torch's, as text; None where it is."""
    (ours, grads), (theirs, tgrads) = [result(text, space, arrays) for space in SPACES]
    if isinstance(theirs, Exception):  # ours may compute what torch refuses, but not fail oddly
        odd = (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError)
        return f"{ours!r}" if isinstance(ours, Exception) and not isinstance(ours, odd) else None
    if isinstance(ours, Exception):
        return f"refused: {ours!r}; torch gives {theirs}"
    coarse = "float16" if any(x.dtype == np.float16 for x in arrays.values()) else None
    if len(ours) != len(theirs):
        return f"{len(ours)} results, torch {len(theirs)}"
    for (kind, a), (tkind, b) in zip(ours, theirs):
        if kind != tkind or not same(a, b, coarse or kind):
            return f"{kind} {a.tolist()}; torch gives {tkind} {b.tolist()}"
    if isinstance(tgrads, Exception) or tgrads is None:
        return None
    if isinstance(grads, Exception) or grads is None:
        return f"backward gives {grads!r}; torch {tgrads}"
    for a, b in zip(grads, tgrads):
        if not same(a.astype(b.dtype), b, coarse or str(b.dtype)):
            return f"gradient {a.tolist()}; torch gives {b.tolist()}"
    return None


def check(text, cases):
    """No case differs from torch unless it is known to."""
    bad = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for dtypes, label, arrays in cases:
            found = difference(text, arrays)
            if found and not known(text, dtypes, label):
                bad.append(f"{'/'.join(dtypes)}, {label}: {found}")
    assert not bad, f"{len(bad)} differ:\n" + "\n".join(bad)


@pytest.mark.parametrize("text", UNARY)
def test_an_op_on_all_kinds_of_values(text):
    check(text, [((d,), label, {"x": x}) for d in DTYPES for label, x in operands(d)])


PAIRS = [("vector", "vector"), ("0-d", "vector"), ("vector", "0-d"), ("0-d", "0-d"),
         ("empty", "0-d"), ("one", "vector")]  # fmt: skip


@pytest.mark.parametrize("text", BINARY)
def test_an_op_on_all_pairs_of_dtypes(text):
    cases = []
    for first, second in itertools.product(DTYPES, DTYPES):
        a, b = dict(operands(first)), dict(operands(second))
        for one, other in PAIRS:
            kinds = "ties" if "float" in second else "plain"
            arrays = {"a": a[f"plain, {one}"], "b": b[f"{kinds}, {other}"]}
            cases.append(((first, second), f"{one}, {other}", arrays))
    check(text, cases)
