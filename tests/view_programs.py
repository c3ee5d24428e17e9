"""Random programs with views and changes in place, run by us and by torch alike.

A program is a list of steps ``(kind, i, j, k)``. A step takes tensors ``i`` and ``j`` of those
made so far and does ``STEPS[kind]`` to them; ``k`` chooses a variant of it. A step that torch
refuses (shapes that do not fit, a leaf changed in place) is left out for both.
"""

import contextlib
import re
from typing import Any, NamedTuple

import numpy as np
import torch

import autograd

INDICES = [
    0, 1, -1, slice(1, None), slice(None, 1), slice(None, None, 2), (slice(None), 0), (0, 1),
    (Ellipsis, 1), None, Ellipsis, (slice(None), None), (1, slice(0, 1)), (),
]  # fmt: skip
COPYING = [[0, 1], [1, 1], (slice(None), [1, 0]), ([0, 1], [1, 0]), [1]]
SHAPES = [(4,), (2, 2), (1, 4), (-1,), (2, 1, 2), (2, -1), (1,), (), (1, 2), (2,)]
NUMBERS = [0.5, -1.0, 2.0, 0.0]


def indexed(lib, x, k):
    return x[INDICES[k % len(INDICES)]]


def copied(lib, x, k):
    return x[COPYING[k % len(COPYING)]]


def chosen(lib, x, k):
    return x[x > 0.2 * (k % 3)]


VIEWS = {
    "index": indexed,
    "reshape": lambda lib, x, k: x.reshape(SHAPES[k % len(SHAPES)]),
    "transpose": lambda lib, x, k: x.transpose(0, -1) if x.ndim else x.clone(),
    "T": lambda lib, x, k: x.mT if x.ndim > 1 else x.clone(),
    "permute": lambda lib, x, k: x.permute(*np.roll(range(x.ndim), k).tolist()),
    "squeeze": lambda lib, x, k: x.squeeze() if k % 3 == 0 else x.squeeze(k % 3 - 1),
    "unsqueeze": lambda lib, x, k: x.unsqueeze(k % 3 - 1),
    "expand": lambda lib, x, k: x.expand(2, *x.shape) if k % 2 else x.expand(*x.shape),
    "flatten": lambda lib, x, k: x.flatten(),
    "diagonal": lambda lib, x, k: x.diagonal(k % 3 - 1),
    "chunk": lambda lib, x, k: x.chunk(2)[k % 2] if x.ndim else x.clone(),
    "float": lambda lib, x, k: x.double(),
    "row": lambda lib, x, k: list(x)[k % 2],
}
COPIES = {
    "copied": copied, "chosen": chosen,
    "clone": lambda lib, x, k: x.clone(),
    "flip": lambda lib, x, k: x.flip(0) if x.ndim else x.clone(),
    "tile": lambda lib, x, k: x.tile(1 + k % 2),
    "roll": lambda lib, x, k: x.roll(k % 2, 0) if x.ndim else x.clone(),
    "prod": lambda lib, x, k: x.prod(k % 2) if x.ndim else x.clone(),
    "amax": lambda lib, x, k: x.amax(k % 2) if x.ndim else x.clone(),
    "sum": lambda lib, x, k: x.sum(k % 2) if k % 3 and x.ndim else x.sum(),
    "sort": lambda lib, x, k: x.sort(0)[0] if x.ndim else x.clone(),
    "tril": lambda lib, x, k: x.tril(),
    "exp": lambda lib, x, k: (-x * x).exp(),
    "sin": lambda lib, x, k: x.sin(),
    "tanh": lambda lib, x, k: x.tanh(),
    "relu": lambda lib, x, k: x.relu(),
    "twice": lambda lib, x, k: x * 2,
    "more": lambda lib, x, k: x + 1,
}  # fmt: skip
PAIRS = {
    "add": lambda lib, x, y, k: x + y,
    "mul": lambda lib, x, y, k: x * y,
    "sub": lambda lib, x, y, k: x - y,
    "matmul": lambda lib, x, y, k: x @ y,
    "cat": lambda lib, x, y, k: lib.cat([x, y], k % 2),
    "stack": lambda lib, x, y, k: lib.stack([x, y], k % 2),
    "where": lambda lib, x, y, k: lib.where(x > 0.1, x, y),
}


def put(lib, x, y, k):
    x[INDICES[k % len(INDICES)]] = y


def put_number(lib, x, y, k):
    x[INDICES[k % len(INDICES)]] = NUMBERS[k % len(NUMBERS)]


def put_copied(lib, x, y, k):
    x[COPYING[k % len(COPYING)]] = y


def put_chosen(lib, x, y, k):
    x[x > 0.3] = NUMBERS[k % len(NUMBERS)]


def put_product(lib, x, y, k):
    i = INDICES[k % len(INDICES)]
    x[i] = x[i] * y


def add_to_item(lib, x, y, k):
    x[INDICES[k % len(INDICES)]] += y


def scale_item(lib, x, y, k):
    x[INDICES[k % len(INDICES)]] *= NUMBERS[k % len(NUMBERS)]


def put_some(lib, x, y, k):
    x[COPYING[k % len(COPYING)]] += y


def recurrence(lib, x, y, k):
    for i in range(1, len(x)):
        x[i] = x[i - 1] * 0.5 + x[i]


CHANGES = {
    "put": put, "put_number": put_number, "put_copied": put_copied, "put_chosen": put_chosen,
    "put_product": put_product,
    "add_to_item": add_to_item, "scale_item": scale_item, "put_some": put_some,
    "recurrence": recurrence,
    "add_": lambda lib, x, y, k: x.add_(y),
    "add_alpha_": lambda lib, x, y, k: x.add_(y, alpha=0.5),
    "sub_": lambda lib, x, y, k: x.sub_(y),
    "mul_": lambda lib, x, y, k: x.mul_(y),
    "div_": lambda lib, x, y, k: x.div_(y * y + 1),
    "scale_": lambda lib, x, y, k: x.mul_(NUMBERS[k % len(NUMBERS)]),
    "shift_": lambda lib, x, y, k: x.add_(NUMBERS[k % len(NUMBERS)]),
    "square_": lambda lib, x, y, k: x.pow_(2),
    "zero_": lambda lib, x, y, k: x.zero_(),
    "fill_": lambda lib, x, y, k: x.fill_(NUMBERS[k % len(NUMBERS)]),
    "copy_": lambda lib, x, y, k: x.copy_(y),
}  # fmt: skip
STEPS = {
    **{name: ("view", f) for name, f in VIEWS.items()},
    **{name: ("copy", f) for name, f in COPIES.items()},
    **{name: ("pair", f) for name, f in PAIRS.items()},
    **{name: ("change", f) for name, f in CHANGES.items()},
    "detach": ("view", lambda lib, x, k: x.detach()),
}


class Step(NamedTuple):
    kind: str
    i: int
    j: int
    k: int
    quiet: bool = False  # inside no_grad()


START = [
    np.array([[0.3, -0.7], [1.1, 0.4]]), np.array([-0.2, 0.9]), np.array(0.6),  # leaves with grad
    np.zeros((2, 2)), np.array([0.5, -0.5, 0.25, 1.0]), np.array(0.8),  # buffers without
]  # fmt: skip


def start(lib):
    return [lib.tensor(x, requires_grad=i < 3) for i, x in enumerate(START)]


def do(lib, tensors, step):
    """Do a step; what it makes is added to the tensors."""
    sort, function = STEPS[step.kind]
    x, y = tensors[step.i % len(tensors)], tensors[step.j % len(tensors)]
    with lib.no_grad() if step.quiet else contextlib.nullcontext():
        if sort == "change":
            function(lib, x, y, step.k)
        elif sort == "pair":
            tensors.append(function(lib, x, y, step.k))
        else:
            tensors.append(function(lib, x, step.k))


def loss_of(lib, tensors):
    """A number that depends on the last tensors and on some before."""
    chosen = [*tensors[:3], *tensors[-6:]]
    total = 0.0
    for n, x in enumerate(chosen):
        total = total + (x * (0.7 + 0.1 * n)).sum()
    return total


class Refused(Exception):
    """We refuse a program that torch accepts."""


class Result(NamedTuple):
    verdict: str  # "same", "both refuse", "refused: why", "only torch refuses"
    grads: Any = None
    done: Any = None  # the steps that were done


def numbers(x):
    return x.detach().numpy()


def same(a, b, what):
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, f"{what}: {a.shape}, torch {b.shape}"
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10, err_msg=what)


def run(program):
    """Run a program in both; AssertionError where a number differs."""
    ours, theirs = start(autograd), start(torch)
    done = []
    for step in program:
        count = len(theirs)
        before = [x.detach().clone() for x in theirs]
        try:
            do(torch, theirs, step)
        except (RuntimeError, IndexError, ValueError, TypeError):
            changed = any(not torch.equal(a, b.detach()) for a, b in zip(before, theirs))
            if changed:  # half done
                return Result("half a step of torch's")
            del theirs[count:]
            continue
        if len(theirs) > count and theirs[-1].numel() > 64:
            del theirs[count:]
            continue
        done.append(step)
        try:
            with np.errstate(all="ignore"):
                do(autograd, ours, step)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            return Result(f"refused: {step.kind}: {error}", done=done)
        assert len(ours) == len(theirs)
        for n, (x, t) in enumerate(zip(ours, theirs)):
            same(numbers(x), numbers(t), f"value {n} after {done}")
    try:
        loss = loss_of(torch, theirs)
        loss.backward()
    except RuntimeError as error:
        theirs = None
        if not re.search("modified by an inplace|no_grad mode|multiple views", str(error)):
            raise
    try:
        with np.errstate(all="ignore"):
            loss = loss_of(autograd, ours)
            loss.backward()
    except RuntimeError as error:
        if theirs is None:
            return Result("both refuse", done=done)
        return Result(f"refused: backward: {error}", done=done)
    grads = [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in ours[:3]]
    if theirs is None:
        return Result("only torch refuses", grads, done)
    for n in range(3):
        g = theirs[n].grad
        same(grads[n], np.zeros(START[n].shape) if g is None else g.numpy(), f"grad {n} of {done}")
    return Result("same", grads, done)
