"""Right values where a formula rounds, divides by 0, overflows or has a kink."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch

F, TF = nn.functional, torch.nn.functional


def derivatives(m, function, values, count=2):
    """A function's values, and the sums' derivatives of orders 1 to ``count``."""
    grad = autograd.grad if m is autograd else torch.autograd.grad
    x = m.tensor(values, requires_grad=True)
    found = [function(x)]
    for _ in range(count):
        found += grad(found[-1].sum(), x, create_graph=True)
    return [y.detach().numpy() for y in found]


# -- huber_loss ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_huber_loss_is_a_square_at_0_too(reduction, delta):
    e = np.array([0, 1e-9, -1e-9, 0.3, -0.3, delta, -delta, 1.1 * delta, -3, np.inf, -np.inf])
    for a, b in zip(*[
        derivatives(m, lambda x, m=m, f=f: f.huber_loss(
            x, m.zeros(len(e), dtype=m.float64), reduction=reduction, delta=delta), e)
        for m, f in ((autograd, F), (torch, TF))
    ]):  # fmt: skip
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_hessian_of_huber_loss_is_1_without_an_error():
    h = autograd.functional.hessian(
        lambda x: nn.HuberLoss()(x, autograd.zeros(1)), autograd.zeros(1)
    )
    assert h.tolist() == [[1]]


# -- sinc ------------------------------------------------------------------------------------------

NEAR_AND_FAR = np.array([
    0, -0.0, 1e-300, 1e-9, -1e-7, 1e-4, 0.01, -0.3, 0.5, 0.999, 1, 1.001, -1.5, 2, 10.3, 50.2,
])  # fmt: skip


PI = Decimal(
    "3.1415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253"
    "4211706798214808651328230664709384460955058223172535940812848111745"
)


def slope_of_sinc(x, order):
    """By the series of sinc in 150 digits."""
    with localcontext(prec=150):
        z, total = PI * Decimal(float(x)), Decimal(0)
        for k in range((order + 1) // 2, 400):
            power = z ** (2 * k - order) if 2 * k > order else Decimal(1)
            total += (-1) ** k * power / (math.factorial(2 * k - order) * (2 * k + 1))
        return float(PI**order * total)


@pytest.mark.parametrize("dtype, limit", [(np.float64, 4e-16), (np.float32, 5e-7)])
def test_sinc_has_right_derivatives_at_and_near_0(dtype, limit):
    x = NEAR_AND_FAR.astype(dtype)
    for order, found in enumerate(derivatives(autograd, autograd.sinc, x, 4)):
        expected = [slope_of_sinc(v, order) for v in x]
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=0, atol=limit * np.pi**order)


def test_sinc_is_printed_with_its_slope():
    x = autograd.tensor(NEAR_AND_FAR, requires_grad=True)
    y = autograd.sinc(x).sum()
    source = autograd.to_source(y)
    y.backward()
    np.testing.assert_allclose(source.function(np)(**source.inputs)[1], x.grad.numpy(), rtol=1e-14)
    assert "slope_of_sinc(x, 1)" in str(source)


# -- the determinant of singular matrices ----------------------------------------------------------

RNG = np.random.default_rng(7)
FULL = RNG.standard_normal((4, 4))
MATRICES = {
    "0": np.zeros((1, 1)), "multiples": np.array([[1.0, 2], [2, 4]]), "zeros": np.zeros((3, 3)),
    "one missing": np.diag([0.0, 2, 1]), "two missing": np.diag([0.0, 0, 1]), "full": FULL,
    "equal rows": FULL - FULL[:1], "rank 2": FULL[:, :2] @ FULL[:2], "turned": -np.eye(3),
}  # fmt: skip
matrices = pytest.mark.parametrize("x", MATRICES.values(), ids=MATRICES)


def cofactors(x):
    """Of each element the determinant of what is left without its row and column, with its sign."""
    n = range(len(x))
    rest = [[np.delete(np.delete(x, i, 0), j, 1) for j in n] for i in n]
    return np.array([[(-1) ** (i + j) * np.linalg.det(rest[i][j]) for j in n] for i in n])


@matrices
def test_the_gradient_of_det_is_the_cofactors(x):
    given = autograd.tensor(x, requires_grad=True)
    autograd.det(given).backward()
    np.testing.assert_allclose(given.grad.numpy(), cofactors(x), rtol=1e-12, atol=1e-13)


@matrices
def test_det_has_a_second_derivative_where_it_is_0(x):
    hessian = autograd.functional.hessian(autograd.det, autograd.tensor(x)).numpy()
    step, expected = 1e-3, np.zeros_like(hessian)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step  # exact: in one element a cofactor is linear
        expected[i] = (cofactors(up) - cofactors(down)) / (2 * step)
    np.testing.assert_allclose(hessian, expected, atol=1e-10)


def test_det_of_a_full_matrix_has_all_derivatives():
    def found(m):
        grad = autograd.grad if m is autograd else torch.autograd.grad
        x = m.tensor(np.stack([FULL, FULL.T + 1]), requires_grad=True)
        y, gradients = m.det(x), []
        for _ in range(4):
            gradients += grad((y * y).sum(), x, create_graph=True)
            y = gradients[-1] / gradients[-1].detach().abs().max()
        return [g.detach().numpy() for g in gradients]

    for a, b in zip(found(autograd), found(torch)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(b).max())


def test_what_needs_an_inverse_says_so():
    x = autograd.tensor(MATRICES["multiples"], requires_grad=True)
    with pytest.raises(np.linalg.LinAlgError, match=r"slogdet: a matrix of \(2, 2\) is singular"):
        autograd.slogdet(x).logabsdet.backward()
    (first,) = autograd.grad(autograd.det(x), x, create_graph=True)
    (second,) = autograd.grad((first**3).sum(), x, create_graph=True)
    with pytest.raises(np.linalg.LinAlgError, match=r"det: a matrix of \(2, 2\) is singular"):
        autograd.grad(second.sum(), x)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3, 3), (2, 0, 0)])
def test_the_determinant_of_nothing_has_derivatives(shape):
    for found in derivatives(autograd, autograd.det, np.zeros(shape))[1:]:
        assert found.shape == shape


def test_a_matrix_with_nan_has_nan_cofactors_and_no_error():
    x = autograd.tensor([[[np.nan, 1], [1, 2]], [[1.0, 2], [2, 4]]], requires_grad=True)
    with np.errstate(invalid="ignore"):
        autograd.det(x).sum().backward()
    assert np.isnan(x.grad.numpy()[0]).all()
    np.testing.assert_allclose(x.grad.numpy()[1], [[4, -2], [-2, 1]], rtol=1e-6)


# -- numbers that a dtype holds --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_random_numbers_stay_below_1(dtype, monkeypatch):
    autograd.manual_seed(0)
    x = autograd.rand(100_000, dtype=dtype).numpy()
    assert x.max() < 1 and x.min() >= 0 and abs(x.mean() - 0.5) < 0.01
    highest = np.nextafter(1.0, 0)
    drawn = type("drawn", (), {"random": lambda self, shape: np.full(shape, highest)})()
    monkeypatch.setattr(autograd.creation, "_generator", drawn)
    assert autograd.rand(2, dtype=dtype).numpy().max() < 1
    assert autograd.rand_like(autograd.ones(2, dtype=dtype)).numpy().max() < 1


def text_of(call, m):
    return eval(call, {"m": m, "F": F if m is autograd else TF})


@pytest.mark.parametrize("call, kind, message", [
    ("m.rand(2, dtype=m.int64)", TypeError, "^rand: makes floats, and the dtype is int64"),
    ("m.randn(2, dtype=m.bool)", TypeError, "^randn: makes floats"),
    ("m.rand_like(m.ones(2, dtype=m.int64))", TypeError, "^rand_like: makes floats"),
    ("m.randn_like(m.ones(2, dtype=m.uint8))", TypeError, "^randn_like: makes floats"),
    ("m.randint(0, 300, (2,), dtype=m.uint8)", OverflowError, "^randint: 299 is out of bounds"),
    ("m.randint(-1, 3, (2,), dtype=m.uint8)", OverflowError, "^randint: -1 is out of bounds"),
    ("m.randint(0, 3, (2,), dtype=m.bool)", OverflowError, "^randint: 2 is out of bounds"),
    ("m.randperm(300, dtype=m.uint8)", OverflowError, "^randperm: 299 is out of bounds"),
    ("m.linspace(0, 300, 4, dtype=m.uint8)", OverflowError, "^linspace: 300 is out of bounds"),
    ("m.arange(0, 2, 0.5, dtype=m.int64)", ValueError, "^arange: the step must be a whole"),
    ("m.ones(1, dtype=m.uint8).masked_fill(m.tensor([True]), 300)", OverflowError,
     "^masked_fill: 300 is out of bounds for uint8"),
    ("m.ones(1, dtype=m.int64).masked_fill(m.tensor([True]), float('inf'))", OverflowError,
     "^masked_fill: inf is out of bounds"),
    ("m.where(m.tensor([False]), m.ones(1, dtype=m.uint8), 300)", OverflowError,
     "^where: .*300 is out of bounds for uint8"),
    ("F.pad(m.ones(2, dtype=m.uint8), (1, 1), value=300)", OverflowError, "^pad: 300 is out of"),
    ("F.pad(m.ones(2), (1, 1), value=m.ones(2))", TypeError, "^pad: value must be a number"),
    ("m.tensor([4, 5]) // 0", ZeroDivisionError, r"^floor_divide: shapes \(2,\) and \(\): the div"),
    ("m.tensor([4, 5]) % m.tensor([0, 1])", ZeroDivisionError, "^remainder: .*the divisor is 0"),
    ("7 // m.tensor([4, 0])", ZeroDivisionError, "^floor_divide: .*the divisor is 0"),
    ("m.tensor([4]).floor_divide_(0)", ZeroDivisionError, "^floor_divide: .*the divisor is 0"),
    ("m.div(m.tensor([4]), 0, rounding_mode='trunc')", ZeroDivisionError, "^div: .*divisor is 0"),
    ("m.div(m.tensor([4]), 0, rounding_mode='floor')", ZeroDivisionError, "the divisor is 0"),
])  # fmt: skip
def test_what_a_dtype_does_not_hold_is_refused_as_by_torch(call, kind, message):
    with pytest.raises((RuntimeError, TypeError, ValueError, NotImplementedError)):
        text_of(call, torch)
    with pytest.raises(kind, match=message):
        text_of(call, autograd)


@pytest.mark.parametrize("call, message", [
    ("m.linspace(-1, 3, 4, dtype=m.uint8)", "^linspace: -1 is out of bounds"),
    ("m.arange(-3, 0, dtype=m.uint8)", "^arange: -3 is out of bounds for uint8"),
    ("m.arange(250, 260, dtype=m.uint8)", "^arange: 259 is out of bounds for uint8"),
    ("m.ones(1, dtype=m.uint8).masked_fill(m.tensor([True]), -1)", "^masked_fill: -1 is out of"),
])  # fmt: skip
def test_what_torch_lets_wrap_is_refused(call, message):
    assert text_of(call, torch).dtype == torch.uint8
    with pytest.raises(OverflowError, match=message):
        text_of(call, autograd)


@pytest.mark.parametrize("call", [
    "m.linspace(0, 255, 2, dtype=m.uint8)", "m.arange(0, 256, dtype=m.uint8)",
    "m.arange(255, -1, -1, dtype=m.uint8)", "m.arange(5, 5, dtype=m.uint8)",
    "m.arange(3.1, dtype=m.int32)", "m.arange(0.0, 2.5, 1, dtype=m.int8)",
    "m.arange(0.5, 3, 0.5, dtype=m.int32)", "m.arange(-0.5, 3.6, 1.5, dtype=m.int32)",
    "m.arange(3.6, -0.5, -1.5, dtype=m.int32)", "m.arange(126.5, 128.5, dtype=m.int8)",
    "m.arange(3.1, dtype=m.int64)", "m.arange(0.5, 3, 1.7, dtype=m.uint8)",
    "m.randint(0, 256, (9,), dtype=m.uint8).long() // 256",
    "m.randint(7, 8, (2,), dtype=m.float64)",
    "m.randperm(256, dtype=m.uint8).sort().values", "m.randint(0, 2, (2,), dtype=m.bool) > 1",
    "m.ones(1, dtype=m.uint8).masked_fill(m.tensor([True]), 2.5)", "m.randperm(0)",
    "m.ones(1, dtype=m.bool).masked_fill(m.tensor([True]), 3)", "m.tensor([4.0]) // 0",
    "F.pad(m.ones(2, dtype=m.uint8), (1, 1), value=2.5)", "m.tensor([4]) // 0.0",
    "F.max_pool2d(m.arange(-16, 0).reshape(1, 1, 4, 4), 2, padding=1)",
    "F.max_pool2d(m.arange(0, 16, dtype=m.uint8).reshape(1, 4, 4), 3, stride=1, padding=1)",
    "m.rsqrt(m.tensor([4.0, 0.25]))", "m.tensor([4]).rsqrt()", "m.multiply(m.tensor(2), 3)",
    "m.subtract(m.tensor(2.0), 3, alpha=2)", "m.tensor([3]).divide(2)", "m.dstack([m.ones(2)] * 2)",
    "m.rot90(m.arange(6).reshape(2, 3))", "m.arange(6).reshape(1, 2, 3).rot90(-1, [2, 0])",
    "m.tensor([1]).type_as(m.ones(1, dtype=m.float64))", "m.arange(6).reshape(2, 3).T.contiguous()",
    "m.tensor(m.tensor([1.0]).is_floating_point())", "m.tensor(m.is_floating_point(m.arange(2)))",
])  # fmt: skip
def test_what_a_dtype_holds_is_as_torchs(call):
    with np.errstate(divide="ignore"):
        ours, theirs = text_of(call, autograd), text_of(call, torch)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert str(theirs.dtype) == f"torch.{ours.dtype}"


@pytest.mark.parametrize("call, error, message", [
    ("m.trace(m.ones(2, 2, 2))", ValueError, r"^trace: needs a matrix, got shape \(2, 2, 2\)"),
    ("m.ones(2).trace()", ValueError, "^trace: needs a matrix"),
    ("m.index_select(m.ones(3), 0, m.tensor([0, -1]))", IndexError, "^index_select: .* got -1"),
    ("m.gather(m.ones(3), 0, m.tensor([-1]))", IndexError, "^gather: indices must be 0 or more"),
    ("F.conv2d(m.ones(1, 1, 3, 3), m.ones(1, 1, 0, 1))", ValueError, "^conv2d: .* of no size 0"),
    ("F.conv2d(m.ones(1, 1, 3, 3), m.ones(0, 1, 1, 1))", ValueError, "^conv2d: .* 1 kernel"),
    ("m.ones(2)[m.ones(0) > 0]", IndexError, r"^index: a mask of shape \(0,\) does not fit \(2,\)"),
    ("m.ones(2, 3)[..., m.ones(0) > 0]", IndexError, "^index: a mask .* from dim 1 on"),
    ("m.ones(2, 3)[m.ones(2, 0) > 0]", IndexError, "^index: a mask"),
    ("m.ones(2, 3)[None, m.ones(0, 3) > 0]", IndexError, "^index: a mask"),
    ("m.ones(2).__setitem__(m.ones(0) > 0, 1.0)", IndexError, "^index: a mask"),
    ("[1, 2, 3][m.tensor(1.0)]", TypeError, "^index: only integers are one, .* float32"),
    ("range(m.tensor([2.0]))", TypeError, "^index: only integers"),
])  # fmt: skip
def test_what_torch_refuses_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        text_of(call, autograd)
    with pytest.raises((RuntimeError, IndexError, TypeError)):
        text_of(call, torch)


@pytest.mark.parametrize("call", [
    "m.ones(0, 3)[m.ones(0) > 0]", "m.ones(2, 0)[:, m.ones(0) > 0]",
    "m.ones(0)[..., m.ones(0) > 0]", "m.ones(0)[m.ones(0) > 0, None]",
    "m.ones(2, 3, 0)[0, None, m.ones(3, 0) > 0]", "m.tensor([[1, 2], [3, 4]]).trace()",
])  # fmt: skip
def test_what_fits_is_taken_as_in_torch(call):
    ours, theirs = text_of(call, autograd), text_of(call, torch)
    assert ours.shape == tuple(theirs.shape) and ours.tolist() == theirs.tolist()


def test_a_layer_norm_takes_its_size_from_numpy():
    assert nn.LayerNorm(np.int64(4))(autograd.ones(2, 4)).shape == (2, 4)
    assert F.layer_norm(autograd.ones(2, 4), np.int64(4)).shape == (2, 4)


def test_a_program_refuses_to_divide_by_0_as_well():
    program = autograd.compile(lambda i, x: ((i // 2) * x).sum() + (6 // i).sum(),
                               autograd.tensor([1, 2]), autograd.ones(2))  # fmt: skip
    assert program(autograd.tensor([3, 2]), autograd.ones(2)).item() == 7
    with pytest.raises(ZeroDivisionError, match="the divisor is 0"):
        program(autograd.tensor([3, 0]), autograd.ones(2))


def test_contiguous_copies_only_what_is_not():
    x = autograd.ones(2, 3, requires_grad=True)
    assert x.contiguous() is x
    y = x.T.contiguous()
    assert y.data.flags.c_contiguous
    with autograd.no_grad():
        y += 1
    assert x.tolist() == [[1, 1, 1], [1, 1, 1]] and y.tolist() == [[2, 2]] * 3
    (x.T.contiguous() * autograd.arange(6).reshape(3, 2)).sum().backward()
    assert x.grad.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_rsqrt_has_the_derivatives_of_torch():
    for a, b in zip(*[derivatives(m, m.rsqrt, [0.3, 1.0, 4.0]) for m in (autograd, torch)]):
        np.testing.assert_allclose(a, b, rtol=1e-6)


# -- the dtype of lists ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays")
@pytest.mark.parametrize("data", [
    [np.float32(1), 2.0], [np.float64(1), 2.0], [np.float16(1), 2.0], [np.float16(1)],
    [np.int8(1), 2], [np.int8(1), np.int64(2)], [np.int8(1)], [np.float32(1), 2],
    [np.ones(2, np.float32), [1.0, 2.0]], [np.ones(2, np.float32), np.ones(2)],
])  # fmt: skip
def test_numbers_of_numpy_in_a_list_count_as_in_torch(data):
    assert f"torch.{autograd.tensor(data).dtype}" == str(torch.tensor(data).dtype)


def test_numbers_beside_tensors_do_not_widen_a_stack():
    one = autograd.tensor(1.0, requires_grad=True)
    for other in (2.0, 2, np.float64(2.0)):
        y = autograd.stack([one, other])
        assert y.dtype == np.float32 and y.tolist() == [1, 2]
        assert np.stack([one, other]).dtype == np.float32
    assert autograd.stack([autograd.tensor(1), 2.5]).dtype == np.float32
    assert autograd.stack([autograd.tensor(1.0, dtype=np.float64), 2.0]).dtype == np.float64
    y.sum().backward()
    assert one.grad.item() == 1


@pytest.mark.parametrize("data", [[np.float64(1), None], [np.float64(1), "a"], [np.complex64(1)]])
def test_a_list_of_anything_else_is_refused(data):
    with pytest.raises(TypeError, match="tensor: cannot hold"):
        autograd.tensor(data)


# -- random numbers by a generator -----------------------------------------------------------------


@pytest.mark.parametrize("draw", [
    lambda g: autograd.rand(2, 3, generator=g), lambda g: autograd.randn(2, 3, generator=g),
    lambda g: autograd.randint(10**6, (2, 3), generator=g),
    lambda g: autograd.randperm(100, generator=g),
])  # fmt: skip
def test_a_generator_of_its_own_gives_its_numbers_and_leaves_the_other(draw):
    autograd.manual_seed(3)
    expected = draw(None).tolist()
    before = autograd.generator().bit_generator.state
    own = np.random.default_rng(3)
    assert draw(own).tolist() == expected != draw(own).tolist()
    assert autograd.generator().bit_generator.state == before
    for other in (3, torch.Generator()):
        with pytest.raises(TypeError, match="generator must be one of NumPy's, such as"):
            draw(other)


def test_a_program_draws_by_the_generator_too():
    own = np.random.default_rng(3)
    program = autograd.compile(lambda x: x * autograd.rand(2, generator=own), autograd.ones(2))
    own.bit_generator.state = np.random.default_rng(4).bit_generator.state
    first, second = program(autograd.ones(2)), program(autograd.ones(2))
    expected = np.random.default_rng(4).random((2, 2)).astype(np.float32)
    assert [first.tolist(), second.tolist()] == expected.tolist()
