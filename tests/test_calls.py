"""Calls by torch's names and arguments: the same values, dtypes, first and second derivatives."""

import numpy as np
import pytest

import autograd
import nn

from .calls import CALLS, REFUSED, VALUES
from .oracles import torch

SPACES = [(autograd, nn.functional), (torch, torch.nn.functional)]


def called(text, lib, functional):
    """The results of a call, and the first and second derivatives of what carries a gradient."""
    xs = {k: lib.tensor(v, requires_grad=v.dtype.kind == "f") for k, v in VALUES.items()}
    found = eval(text, {"m": lib, "F": functional, "float": float, **xs})
    parts = (
        list(found) if isinstance(found, tuple | list) and not hasattr(found, "shape") else [found]
    )
    results = [
        (str(y.dtype).removeprefix("torch."), tuple(y.shape), y.detach().numpy())
        if hasattr(y, "grad_fn") else plain(y) for y in parts
    ]  # fmt: skip
    loss = sum(
        [(y.double() * y.double()).sum() for y in parts if getattr(y, "requires_grad", False)]
    )
    if not hasattr(loss, "grad_fn") or not loss.requires_grad:
        return results, []
    leaves = [x for x in xs.values() if x.requires_grad]
    grad = autograd.grad if lib is autograd else torch.autograd.grad
    firsts = grad(loss, leaves, create_graph=True, allow_unused=True)
    total = sum([(g * g).sum() for g in firsts if g is not None])
    seconds = [None] * len(leaves)
    if getattr(total, "requires_grad", False):
        seconds = grad(total, leaves, allow_unused=True)
    return results, [np.zeros(x.shape) if g is None else g.detach().numpy()
                     for g, x in zip([*firsts, *seconds], [*leaves, *leaves])]  # fmt: skip


def plain(y):
    return str(y).removeprefix("torch.") if isinstance(y, np.dtype | torch.dtype) else y


@pytest.mark.parametrize("text", [text for text in CALLS if text not in REFUSED])
def test_a_call_gives_what_torch_gives(text):
    (ours, grads), (theirs, tgrads) = [called(text, *space) for space in SPACES]
    tolerance = 1e-5 if "float32" in text or "float()" in text else 1e-9
    tolerance = 3e-3 if "half" in text else tolerance
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        if isinstance(a, tuple) and len(a) == 3 and isinstance(a[2], np.ndarray):
            assert a[:2] == b[:2]
            np.testing.assert_allclose(a[2], b[2], rtol=tolerance, atol=tolerance)
        else:
            assert a == (tuple(b) if isinstance(b, torch.Size) else b)
    for a, b in zip(grads, tgrads, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=max(tolerance, 1e-8))


def test_at_most_one_call_in_ten_is_refused():
    refused = []
    for text in CALLS:
        try:
            called(text, *SPACES[0])
        except Exception:
            refused.append(text)
    assert sorted(refused) == sorted(REFUSED)
    assert len(CALLS) > 400 and len(refused) < len(CALLS) / 10


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_refused_clearly(text):
    called(text, *SPACES[1])
    with pytest.raises((ValueError, AttributeError, TypeError)):
        called(text, *SPACES[0])
