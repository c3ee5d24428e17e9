"""Warnings point at the user's line; errors of first mistakes name their cause."""

import inspect
import warnings

import numpy as np
import pytest

import autograd
import nn

tensor = autograd.tensor


def caught(function):
    """The warnings that a call makes: what they say, and the line that they point at."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    lines, first = inspect.getsourcelines(function)
    for w in found:
        assert w.filename == __file__, f"{w.filename}:{w.lineno} {w.message}"
        assert first <= w.lineno < first + len(lines)
    return [(w.category, str(w.message)) for w in found]


NAN, INF = float("nan"), float("inf")
ODD = {
    "log": (lambda: tensor([0.0]).log(), "divide by zero encountered in log"),
    "log of negative": (lambda: autograd.log(tensor(-1.0)), "invalid value encountered in log"),
    "log2": (lambda: tensor([0.0]).log2(), "divide by zero encountered in log2"),
    "log10": (lambda: np.log10(tensor([0.0])), "divide by zero encountered in log10"),
    "log1p": (lambda: tensor([-1.0]).log1p(), "divide by zero encountered in log1p"),
    "sqrt": (lambda: tensor([-1.0]).sqrt(), "invalid value encountered in sqrt"),
    "exp": (lambda: tensor([1000.0]).exp(), "overflow encountered in exp"),
    "div": (lambda: 1 / tensor([0.0]), "divide by zero encountered in div"),
    "0 / 0": (lambda: tensor([0.0]) / 0, "invalid value encountered in div"),
    "pow": (lambda: tensor([0.0]) ** -1, "divide by zero encountered in pow"),
    "pow of pairs": (lambda: tensor([1e30]) ** tensor([9.0]), "overflow encountered in pow"),
    "arcsin": (lambda: autograd.arcsin(tensor(2.0)), "invalid value encountered in arcsin"),
    "acosh": (lambda: autograd.acosh(tensor(0.0)), "invalid value encountered in arccosh"),
    "atanh": (lambda: autograd.atanh(tensor(1.0)), "divide by zero encountered in arctanh"),
    "// 0": (lambda: tensor([1.0]) // 0, "divide by zero encountered in floor_divide"),
    "rest": (lambda: tensor([1.0]) % 0, "invalid value encountered in remainder"),
    "log of ints": (lambda: tensor([0]).log(), "divide by zero encountered in log"),
    "float64": (lambda: tensor(np.zeros(1)).log(), "divide by zero encountered in log"),
    "float16": (lambda: tensor(np.zeros(1, np.float16)).log(), "divide by zero encountered in log"),
    "tan": (lambda: np.tan(tensor([-np.inf])), "invalid value encountered in tan"),
    "NaN as integer": (lambda: tensor([NAN]).long(), "invalid value encountered in cast"),
    "too large": (lambda: tensor(np.array([1e300])).float(), "overflow encountered in cast"),
    "hypot": (lambda: autograd.hypot(tensor([3e38]), tensor([3e38])),
              "overflow encountered in hypot"),
    "sin": (lambda: tensor([INF]).sin(), "invalid value encountered in sin"),
    "cos": (lambda: tensor([INF]).cos(), "invalid value encountered in cos"),
    "sum": (lambda: tensor([3e38, 3e38]).sum(), "overflow encountered in sum"),
    "mean": (lambda: tensor([3e38, 3e38]).mean(), "overflow encountered in mean"),
    "var": (lambda: tensor([INF, 1.0]).var(), "invalid value encountered in var"),
    "std": (lambda: tensor([INF, 1.0]).std(), "invalid value encountered in std"),
    "prod": (lambda: tensor([3e38, 3e38]).prod(), "overflow encountered in prod"),
    "cumsum": (lambda: tensor([3e38, 3e38]).cumsum(0), "overflow encountered in cumsum"),
    "cumprod": (lambda: tensor([3e38, 3e38]).cumprod(0), "overflow encountered in cumprod"),
    "softmax": (lambda: tensor([INF, 1.0]).softmax(0), "invalid value encountered in softmax"),
    "norm": (lambda: tensor([3e38, 1.0]).norm(), "overflow encountered in norm"),
    "in a module": (lambda: Log()(tensor([0.0])), "divide by zero encountered in log"),
}  # fmt: skip


class Log(nn.Module):
    def forward(self, x):
        return autograd.log(x)


@pytest.mark.parametrize("name", ODD)
def test_what_numpy_warns_of_is_said_at_the_users_line(name):
    function, message = ODD[name]
    if name == "in a module":
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            function()
        assert [str(w.message) for w in found] == [message] and found[0].filename == __file__
        assert "autograd.log(x)" in inspect.getsource(Log) and found[0].lineno < 80
    else:
        assert caught(function) == [(RuntimeWarning, message)]


def test_the_way_that_is_set_for_numpy_is_kept():
    x = tensor([0.0, -1.0])
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        x.log()
    with np.errstate(all="ignore"):
        assert caught(lambda: x.log()) == []
    heard = []
    with np.errstate(divide="call", invalid="ignore", call=lambda kind, flag: heard.append(kind)):
        assert caught(lambda: x.log()) == []
    assert heard == ["divide by zero"]
    assert caught(lambda: x.log()) == [
        (RuntimeWarning, "divide by zero encountered in log"),
        (RuntimeWarning, "invalid value encountered in log"),
    ]
    with pytest.raises(RuntimeWarning, match="in log"):  # as the tests treat warnings
        x.log()
    assert caught(lambda: tensor([-1000.0, 1000.0]).sigmoid()) == []


# -- both operands stretched ----------------------------------------------------------------------

COLUMN, ROW = autograd.ones(8, 1), autograd.ones(8)
STRETCHING = {
    "-": lambda: COLUMN - ROW, "reversed": lambda: ROW - COLUMN, "+": lambda: COLUMN + ROW,
    "*": lambda: COLUMN * ROW, "/": lambda: COLUMN / ROW, "**": lambda: COLUMN**ROW,
    "==": lambda: COLUMN == ROW, "<": lambda: COLUMN < ROW, "//": lambda: COLUMN // ROW,
    "add": lambda: autograd.add(COLUMN, ROW), "maximum": lambda: autograd.maximum(COLUMN, ROW),
    "atan2": lambda: autograd.atan2(COLUMN, ROW), "np": lambda: np.subtract(COLUMN, ROW),
    "array": lambda: COLUMN - np.ones(8, np.float32), "of an array": lambda: np.ones(8) * COLUMN,
    "deeper": lambda: autograd.ones(2, 8, 1) - autograd.ones(2, 1, 8),
    "leading": lambda: autograd.ones(2, 1, 4) * autograd.ones(3, 4),
    "recorded": lambda: COLUMN.detach().requires_grad_() - ROW,
    "in place": lambda: autograd.ones(3, 4, 1).mul(autograd.ones(4)),
    "float64": lambda: COLUMN.double() - ROW.double(), "%": lambda: COLUMN % ROW,
    "&": lambda: (COLUMN > 0) & ROW.bool(), "|": lambda: COLUMN.bool() | ROW.bool(),
    "^": lambda: COLUMN.bool() ^ ROW.bool(), "isclose": lambda: autograd.isclose(COLUMN, ROW),
    "allclose": lambda: autograd.allclose(COLUMN, ROW),
    **{name: lambda name=name: getattr(autograd, name)(COLUMN, ROW) for name in (
        "sub", "mul", "div", "pow", "floor_divide", "remainder", "minimum", "max", "min", "hypot",
        "logaddexp", "ne", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor",
    )},
}  # fmt: skip
QUIET = {
    "bias": lambda: autograd.ones(5, 8) + ROW, "number": lambda: COLUMN - 1.0,
    "0-d": lambda: COLUMN * tensor(2.0), "column": lambda: autograd.ones(8, 3) - COLUMN,
    "same": lambda: COLUMN - COLUMN, "one": lambda: ROW - autograd.ones(1),
    "matmul": lambda: COLUMN @ COLUMN.T, "outer": lambda: autograd.outer(ROW, ROW),
    "kron": lambda: autograd.kron(ROW, ROW), "einsum": lambda: autograd.einsum("i,j", ROW, ROW),
    "expanded": lambda: COLUMN.expand(8, 8) - ROW, "empty": lambda: autograd.ones(0, 1) - ROW[:1],
    "where": lambda: autograd.where(COLUMN > 0, ROW, 0.0),
    "meshgrid": lambda: autograd.meshgrid(ROW),
    "linear": lambda: nn.functional.linear(ROW[None], autograd.ones(3, 8), autograd.ones(3)),
    "one_hot": lambda: autograd.one_hot(autograd.arange(3)),
}  # fmt: skip


@pytest.mark.parametrize("name", STRETCHING)
def test_a_warning_where_both_operands_are_stretched(name):
    ((category, message),) = caught(STRETCHING[name])
    assert category is autograd.BroadcastWarning
    assert "are both stretched, to" in message and "squeeze" in message and "expand" in message


@pytest.mark.parametrize("name", QUIET)
def test_no_warning_where_one_is_stretched_or_it_is_meant(name):
    assert caught(QUIET[name]) == []


def test_it_comes_once_a_line_and_can_be_switched_off():
    def loop():
        for _ in range(3):
            COLUMN - ROW

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("default")
        loop()
    assert len(found) == 1
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=autograd.BroadcastWarning)
        loop()
    assert not found


def test_what_a_rule_does_in_backward_is_not_warned_of():
    A, v = autograd.ones(3, 2, requires_grad=True), autograd.ones(2, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grads = autograd.grad((A @ v).sum(), [A, v], create_graph=True)
        autograd.grad(sum((g * g).sum() for g in grads), [A, v])


# -- first mistakes ----------------------------------------------------------------------------


def test_autograd_inside_a_forward_rule_is_named():
    @autograd.primitive
    def wrong(x):
        return autograd.exp(x)

    for x in (tensor(1.0), tensor([1.0], requires_grad=True), tensor(np.ones(2))):
        with pytest.raises(TypeError, match=r"wrong: its forward rule .* gave Tensor: .*NumPy's"):
            wrong(x)
