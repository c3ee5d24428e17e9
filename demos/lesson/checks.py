"""Tell whether an answer to an exercise is right, and if not, what is wrong with it."""

# %%
import inspect

import numpy as np


class NotYet(Exception):
    """An answer that is open or wrong."""

    def _render_traceback_(self):
        return [f"Not yet: {self}"]  # all that a notebook shows of it


def check(name, answer, right):
    """Compare an answer with the right value; raise NotYet with what is wrong."""
    if answer is ...:
        raise NotYet(f"{name} is still open: write your answer where the ... is")
    if answer is None:
        raise NotYet(f"{name} is None: does something lack a return?")
    answer, right = (np.asarray(getattr(x, "data", x)) for x in (answer, right))
    if answer.dtype.kind not in "biuf":
        raise NotYet(f"{name} is no tensor and no number: {answer}")
    if answer.shape != right.shape:
        raise NotYet(
            f"{name} has shape {answer.shape}, should be {right.shape}: "
            f"{hint(answer.shape, right.shape)}"
        )
    if np.isnan(answer).any():
        raise NotYet(f"{name} has NaN among its numbers: is there a logarithm or a division of 0?")
    if not same(answer, right):
        factor = np.vdot(right, answer) / np.vdot(right, right)
        if factor and right.size > 1 and same(answer, factor * right):
            raise NotYet(f"{name} is {factor:.4g} times what it should be: which factor or sign?")
        off = np.abs(answer - right).max()
        raise NotYet(f"{name} has the right shape and wrong numbers, off by up to {off:.2g}")
    print(f"{name} {right.shape or answer} is right")


def check_gradients(backward, X, y, *parameters, loss_is=None):
    """Compare what ``backward(X, y, ...)`` returns, its loss and gradients, with the engine's."""
    leaves = [parameter.detach().clone().requires_grad_() for parameter in parameters]
    try:
        returned = backward(X, y, *leaves)
    except (TypeError, AttributeError) as error:
        if "ellipsis" in str(error):
            raise NotYet(f"{backward.__name__} still has a ... in it") from None
        raise
    with_respect_to = list(inspect.signature(backward).parameters)[2:]
    names = ["loss", *(f"d{name}" for name in with_respect_to)]
    if not isinstance(returned, (tuple, list)) or len(returned) != len(names):
        raise NotYet(f"{backward.__name__} should return {', '.join(names)}")
    for name, answer in zip(names, returned):
        if answer is ...:
            raise NotYet(f"{name} in {backward.__name__} is still open")
    loss, *answers = returned
    if loss_is is not None:
        check("loss", loss, loss_is)
    if getattr(loss, "shape", None) != () or not loss.requires_grad:
        raise NotYet(
            f"loss in {backward.__name__} should be one number that remembers how it was computed"
        )
    loss.backward()
    for name, answer, leaf in zip(names[1:], answers, leaves):
        check(name, answer, leaf.grad)


def same(a, b):
    return np.allclose(a, b, rtol=1e-4, atol=1e-6 * max(1.0, np.abs(b).max()))


def hint(shape, right):
    if len(right) < 2:
        return "over which axis is the sum?"
    if sorted(shape) == sorted(right):
        return "which transpose?"
    return "which operands, and which of them transposed?"
