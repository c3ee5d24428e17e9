"""Compiled equals eager: every op of the table, and random programs of several."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd

from .compiling import assert_same, results
from .op_table import TABLE
from .oracles import cotangent

rows = pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])


def others(arrays, n):
    """Other data of the same shapes: the same values in another order."""
    return [np.roll(a.ravel(), n).reshape(a.shape) for a in arrays]


def in_parts(forward, v):
    """A function whose forward pass is compiled, and whose backward pass is called outside."""

    def step(*xs):
        y = forward(*xs)
        y.backward(v.to(y.dtype))
        return y

    return step


@rows
@settings(max_examples=8, deadline=None)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]))
def test_ops_equal_eager(row, data, dtype):
    arrays, case = data.draw(row.draws)
    arrays = [a.astype(dtype) for a in arrays]
    function = partial(row.ours, **case)
    v = autograd.tensor(cotangent(function(*map(autograd.tensor, arrays)).shape))
    eager = in_parts(function, v)
    whole = autograd.compile(eager)
    forward = autograd.compile(function)
    for n in range(3):
        expected = results(eager, others(arrays, n))
        assert_same(results(whole, others(arrays, n)), expected)
        assert_same(results(in_parts(forward, v), others(arrays, n)), expected)
    assert len(whole.programs) == len(forward.programs) == 1


UNARY = [
    lambda x: x.tanh(), lambda x: x.sigmoid(), lambda x: -x, lambda x: x * 1, lambda x: x + 0.5,
    lambda x: x**2, lambda x: x.abs(), lambda x: x.relu(), lambda x: x.T.clone(),
    lambda x: x.reshape(-1).reshape(3, 3), lambda x: x.clone(), lambda x: x.softmax(-1),
    lambda x: x.sum(0), lambda x: x.mean(1, keepdim=True), lambda x: x.max(0).values,
    lambda x: x.sort(1).values, lambda x: x[:, 1:] @ x[1:], lambda x: x[[0, 0, 2]],
    lambda x: x.detach(), lambda x: x.to(autograd.float64).to(x.dtype), lambda x: x.flip(0),
    lambda x: x / 2, lambda x: x.exp().clip(max=3.0), lambda x: x.T, lambda x: x.std(0),
]  # fmt: skip
BINARY = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a @ b,
    lambda a, b: autograd.maximum(a, b), lambda a, b: autograd.where(a > b, a, b * 2),
    lambda a, b: a * (b > 0), lambda a, b: autograd.stack([a, b]).mean(0),
    lambda a, b: autograd.concatenate([a, b])[1:4], lambda a, b: a / (b * b + 1),
]  # fmt: skip


def in_place(a, b):
    y = a.clone()
    y.mul_(0.5)
    y += b
    y[0] = 1.0
    return y


def without_graph(a, b):
    with autograd.no_grad():
        c = a * b
        c.add_(1)
    return a + c


OPERATIONS = [
    *[(1, f) for f in UNARY],
    *[(2, f) for f in BINARY],
    (2, in_place),
    (2, without_graph),
]


@st.composite
def programs(draw):
    """A function of a matrix, a row and a number, made of random operations."""
    steps = []
    for n in range(3, 3 + draw(st.integers(1, 8))):
        which = draw(st.integers(0, len(OPERATIONS) - 1))
        arity, operation = OPERATIONS[which]
        steps.append((operation, draw(st.tuples(*[st.integers(0, n - 1)] * arity))))
    chosen = draw(st.sets(st.integers(0, 2 + len(steps)), min_size=1, max_size=3))
    backward = draw(st.sampled_from(["none", "inside", "outside"]))

    def forward(*xs):
        known = list(xs)
        for operation, where in steps:
            known.append(operation(*[full(known[i]) for i in where]))
        return sum(full(known[i]).sum() * (i + 1) for i in sorted(chosen)), known[-1]

    def step(*xs):
        loss, last = forward(*xs)
        step.__doc__ = f"{steps} {chosen} {backward}"
        if backward == "inside" and loss.requires_grad:
            loss.backward()
        return loss, last

    return step, backward


def full(x):
    """Every operand as a 3 x 3 matrix, by an op."""
    return x if x.shape == (3, 3) else x + autograd.zeros(3, 3, dtype=x.dtype)


@settings(max_examples=200, deadline=None)
@given(made=programs(), dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 99))
def test_random_programs_equal_eager(made, dtype, seed):
    step, backward = made
    with np.errstate(all="ignore"):
        check_random(step, backward, dtype, seed)


def check_random(step, backward, dtype, seed):
    compiled = autograd.compile(step)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        arrays = [rng.normal(size=shape).astype(dtype) for shape in ((3, 3), (3,), ())]
        found, kept = [], []
        for function in (step, compiled):
            xs = [autograd.tensor(a, requires_grad=True) for a in arrays]
            loss, last = function(*xs)
            kept += [loss, last]
            if backward == "outside" and loss.requires_grad:
                loss.backward()
            found.append([loss, last, *xs, *[x.grad for x in xs]])
        assert_same(found[1], found[0])
    assert len(compiled.programs) == 1
