"""Random programs with views and changes in place, run by us and by torch alike.

A program is a list of Steps. A Step takes the tensors ``i`` and ``j`` of those made so far and
does to them what ``STEPS`` has under its name; ``k`` chooses a variant. A Step that torch refuses
(shapes that do not fit, a leaf that is changed in place) is left out by both.
"""

import contextlib
import re
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import autograd

from .oracles import torch

INDICES = [
    0, 1, -1, slice(1, None), slice(None, 1), slice(None, None, 2), (slice(None), 0), (0, 1),
    (Ellipsis, 1), None, Ellipsis, (slice(None), None), (1, slice(0, 1)), (),
]  # fmt: skip
LISTS = [[0, 1], [1, 1], (slice(None), [1, 0]), ([0, 1], [1, 0]), [1]]
SHAPES = [(4,), (2, 2), (1, 4), (-1,), (2, 1, 2), (2, -1), (1,), (), (1, 2), (2,)]
NUMBERS = [0.5, -1.0, 2.0, 0.0]


def choose(items, k):
    return items[k % len(items)]


def of_arrays(step):
    """A step along dimensions; a number is cloned."""
    return lambda lib, x, k: step(x, k) if x.ndim else x.clone()


# lib is autograd or torch; what is made is added to the tensors.
VIEWS = {
    "index": lambda lib, x, k: x[choose(INDICES, k)],
    "at": lambda lib, x, k: x[lib.tensor(k % 2)],
    "reshape": lambda lib, x, k: x.reshape(choose(SHAPES, k)),
    "transpose": of_arrays(lambda x, k: x.transpose(0, -1)),
    "mT": lambda lib, x, k: x.mT if x.ndim > 1 else x.clone(),
    "permute": lambda lib, x, k: x.permute(*np.roll(range(x.ndim), k).tolist()),
    "squeeze": lambda lib, x, k: x.squeeze() if k % 3 == 0 else x.squeeze(k % 3 - 1),
    "unsqueeze": lambda lib, x, k: x.unsqueeze(k % 3 - 1),
    "expand": lambda lib, x, k: x.expand(2, *x.shape) if k % 2 else x.expand(*x.shape),
    "flatten": lambda lib, x, k: x.flatten(),
    "diagonal": lambda lib, x, k: x.diagonal(k % 3 - 1),
    "chunk": of_arrays(lambda x, k: x.chunk(2)[k % 2]),
    "double": lambda lib, x, k: x.double(),
    "row": lambda lib, x, k: list(x)[k % 2],
    "detach": lambda lib, x, k: x.detach(),
}
COPIES = {
    "list": lambda lib, x, k: x[choose(LISTS, k)],
    "mask": lambda lib, x, k: x[x > 0.2 * (k % 3)],
    "clone": lambda lib, x, k: x.clone(),
    "flip": of_arrays(lambda x, k: x.flip(0)),
    "tile": of_arrays(lambda x, k: x.tile(1 + k % 2)),
    "roll": of_arrays(lambda x, k: x.roll(k % 2, 0)),
    "prod": of_arrays(lambda x, k: x.prod(k % 2)),
    "amax": of_arrays(lambda x, k: x.amax(k % 2)),
    "sum": of_arrays(lambda x, k: x.sum(k % 2) if k % 3 else x.sum()),
    "cumsum": of_arrays(lambda x, k: x.cumsum(0)),
    "sort": of_arrays(lambda x, k: x.sort(0)[0]),
    "tril": lambda lib, x, k: x.tril(),
    "exp": lambda lib, x, k: (-x * x).exp(),
    "sin": lambda lib, x, k: x.sin(),
    "tanh": lambda lib, x, k: x.tanh(),
    "relu": lambda lib, x, k: x.relu(),
    "twice": lambda lib, x, k: x * 2,
    "more": lambda lib, x, k: x + 1,
}
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
    x[choose(INDICES, k)] = y


def put_number(lib, x, y, k):
    x[choose(INDICES, k)] = choose(NUMBERS, k)


def put_at_list(lib, x, y, k):
    x[choose(LISTS, k)] = y


def put_at_mask(lib, x, y, k):
    x[x > 0.3] = choose(NUMBERS, k)


def put_product(lib, x, y, k):
    i = choose(INDICES, k)
    x[i] = x[i] * y


def add_to_item(lib, x, y, k):
    x[choose(INDICES, k)] += y


def scale_item(lib, x, y, k):
    x[choose(INDICES, k)] *= choose(NUMBERS, k)


def add_at_list(lib, x, y, k):
    x[choose(LISTS, k)] += y


def recurrence(lib, x, y, k):
    for i in range(1, len(x)):
        x[i] = x[i - 1] * 0.5 + x[i]


CHANGES = {
    "put": put, "put_number": put_number, "put_at_list": put_at_list, "put_at_mask": put_at_mask,
    "put_product": put_product, "add_to_item": add_to_item, "scale_item": scale_item,
    "add_at_list": add_at_list, "recurrence": recurrence,
    "add_": lambda lib, x, y, k: x.add_(y),
    "add_alpha_": lambda lib, x, y, k: x.add_(y, alpha=0.5),
    "sub_": lambda lib, x, y, k: x.sub_(y),
    "mul_": lambda lib, x, y, k: x.mul_(y),
    "div_": lambda lib, x, y, k: x.div_(y * y + 1),
    "scale_": lambda lib, x, y, k: x.mul_(choose(NUMBERS, k)),
    "shift_": lambda lib, x, y, k: x.add_(choose(NUMBERS, k)),
    "square_": lambda lib, x, y, k: x.pow_(2),
    "zero_": lambda lib, x, y, k: x.zero_(),
    "fill_": lambda lib, x, y, k: x.fill_(choose(NUMBERS, k)),
    "copy_": lambda lib, x, y, k: x.copy_(y),
}  # fmt: skip
STEPS = VIEWS | COPIES | PAIRS | CHANGES


class Step(NamedTuple):
    name: str
    i: int
    j: int
    k: int
    quiet: bool = False  # whether it is done inside no_grad()


names = st.one_of(*(st.sampled_from(list(group)) for group in (VIEWS, COPIES | PAIRS, CHANGES)))
places = st.integers(-3, 30)  # -1 is the tensor made last
steps = st.builds(
    Step, names, places, places, st.integers(0, 59), st.integers(0, 9).map(lambda n: n == 9)
)
programs = st.lists(steps, min_size=2, max_size=16)

START = [
    np.array([[0.3, -0.7], [1.1, 0.4]]), np.array([-0.2, 0.9]), np.array(0.6),  # with gradient
    np.zeros((2, 2)), np.array([0.5, -0.5, 0.25, 1.0]), np.array(0.8),  # without
]  # fmt: skip
LEAVES = 3
LARGEST = 64  # what has more elements is left out
ERRORS = (RuntimeError, ValueError, TypeError, IndexError)


def start(lib):
    return [lib.tensor(x, requires_grad=i < LEAVES) for i, x in enumerate(START)]


def do(lib, tensors, step):
    x, y = choose(tensors, step.i), choose(tensors, step.j)
    with lib.no_grad() if step.quiet else contextlib.nullcontext():
        if step.name in CHANGES:
            CHANGES[step.name](lib, x, y, step.k)
        elif step.name in PAIRS:
            tensors.append(PAIRS[step.name](lib, x, y, step.k))
        else:
            tensors.append(STEPS[step.name](lib, x, step.k))


def loss_of(tensors):
    """A number that depends on the first tensors and the last, each in a way of its own."""
    chosen = [*tensors[:LEAVES], *tensors[-6:]]
    return sum((x * (0.7 + 0.1 * n)).sum() for n, x in enumerate(chosen))


class Outcome(NamedTuple):
    verdict: str  # "same", "both refuse", "only torch refuses", or "refused: ...", by us alone
    grads: Any = None  # ours
    done: Any = None  # the steps that torch took


def run(program):
    """Run a program by both. AssertionError where a value or a gradient differs."""
    ours, theirs = start(autograd), start(torch)
    done: list[Step] = []
    for step in program:
        taken = taken_by_torch(theirs, step)
        if taken is None:  # the Tensors of it are no longer those of the steps that are done
            theirs = start(torch)
            for earlier in done:
                do(torch, theirs, earlier)
            break
        if not taken:
            continue
        done.append(step)
        try:
            with np.errstate(all="ignore"):
                do(autograd, ours, step)
        except ERRORS as error:
            return Outcome(f"refused: {step.name}: {error}", done=done)
        for n, (x, t) in enumerate(zip(ours, theirs, strict=True)):
            same(x.detach().numpy(), t.detach().numpy(), f"tensor {n} after {done}")
    refuses = False
    try:
        loss_of(theirs).backward()
    except RuntimeError as error:
        refuses = bool(re.search("modified by an inplace|no_grad mode|multiple views", str(error)))
        if not refuses:
            raise
    try:
        with np.errstate(all="ignore"):
            loss_of(ours).backward()
    except RuntimeError as error:
        return Outcome("both refuse" if refuses else f"refused: backward: {error}", done=done)
    grads = [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in ours[:LEAVES]]
    if refuses:
        return Outcome("only torch refuses", grads, done)
    for n, (g, t) in enumerate(zip(grads, theirs)):
        same(g, np.zeros(g.shape) if t.grad is None else t.grad.numpy(), f"grad {n} after {done}")
    return Outcome("same", grads, done)


def taken_by_torch(tensors, step):
    """Do a step in torch. False where torch refuses it; None where it was half done by then."""
    count, before = len(tensors), [x.detach().clone() for x in tensors]
    try:
        do(torch, tensors, step)
        if tensors[-1].numel() <= LARGEST:
            return True
    except ERRORS:
        pass
    del tensors[count:]
    unchanged = all(torch.equal(x.detach(), old) for x, old in zip(tensors, before))
    return False if unchanged else None


def same(ours, theirs, what):
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, torch {theirs.shape}"
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10, err_msg=what)
