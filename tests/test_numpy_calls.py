"""NumPy's functions on Tensors mean what NumPy means, and have two derivatives by differences."""

import numpy as np
import pytest

import autograd

AxisError = np.exceptions.AxisError
RNG = np.random.default_rng(3)
SQUARE = RNG.standard_normal((3, 3))
VALUES = {
    "x": RNG.uniform(-0.9, 0.9, (2, 3)), "y": RNG.uniform(0.2, 0.9, (2, 3)),
    "v": RNG.uniform(-0.9, 0.9, 5), "t": RNG.uniform(-0.9, 0.9, (2, 2, 3)), "a": SQUARE,
    "d": SQUARE @ SQUARE.T + np.eye(3), "s": np.array(0.6),
}  # fmt: skip

CALLS = """
np.linalg.norm(x)
np.linalg.norm(x, ord=1)
np.linalg.norm(x, ord=-1)
np.linalg.norm(x, np.inf)
np.linalg.norm(x, ord=-np.inf)
np.linalg.norm(x, "fro")
np.linalg.norm(x, axis=(0, 1))
np.linalg.norm(t, 1, axis=(0, 2))
np.linalg.norm(t, np.inf, axis=(-1, -2), keepdims=True)
np.linalg.norm(t)
np.linalg.norm(t, keepdims=True)
np.linalg.norm(v, 3)
np.linalg.norm(v, 0)
np.linalg.norm(v, ord=-1)
np.linalg.norm(x, ord=1, axis=0)
np.linalg.norm(x, np.inf, 1, True)
np.linalg.inv(a)
np.linalg.det(a)
np.linalg.det(a - a[:1])
np.linalg.det(t[:, :1] * t[:, :1, :1] * np.ones((3, 1)))
np.linalg.slogdet(a)[1]
np.linalg.slogdet(a).logabsdet
np.linalg.solve(a, x.T)
np.linalg.solve(a, v[:3])
np.linalg.solve(t[:, :, :2] + 2 * np.eye(2), x[:, :2])
np.linalg.solve(t[:, :, :2] + 2 * np.eye(2), v[:2])
np.linalg.cholesky((d + d.T) / 2)
np.linalg.cholesky((d + d.T) / 2, upper=True)
np.prod(x)
np.prod(x, axis=0, keepdims=True)
np.prod(t, axis=(0, 2))
np.prod(t, (0, -1), keepdims=True)
np.prod(x, axis=())
np.prod(x, where=x > 0, initial=2.0)
np.prod(x, 0, np.float64, where=y > 0.5)
np.sum(x, dtype=np.float64, initial=2.0)
np.sum(x, where=x > 0)
np.sum(x, axis=0, where=x > 0, initial=s)
np.mean(x, dtype=np.float64)
np.sum(x, axis=())
np.sum(t, (0, 2), keepdims=True)
np.mean(t, axis=(1, 2))
np.var(x)
np.var(x, 0)
np.var(x, axis=1, ddof=1, keepdims=True)
np.std(x, axis=0)
np.std(x, ddof=1)
np.max(x, axis=(0, 1))
np.min(x, 1, keepdims=True)
np.amax(x, 0)
np.ptp(x, axis=1)
np.average(x)
np.average(x, axis=0)
np.average(x, axis=1, weights=y[0])
np.average(x, weights=y)
np.average(x, axis=0, weights=y, keepdims=True)
np.average(x, axis=np.int64(1), weights=y[0])
np.average(t, axis=(2, 0), weights=y.T)
np.average(x, axis=1, weights=y[0], returned=True)[1]
np.average(x, axis=0, returned=True)[1]
np.median(x)
np.median(x, axis=1)
np.median(x, axis=0, keepdims=True)
np.median(v, keepdims=True)
np.median(t, axis=(0, 2))
np.median(t, axis=(2, -2), keepdims=True)
np.median(s)
np.argmax(x, axis=1)
np.argmin(x)
np.argsort(x, axis=0)
np.argsort(x, axis=None)
np.sort(x, axis=None)
np.sort(x, 0)
np.cumsum(x)
np.cumsum(x, axis=1)
np.cumprod(x)
np.cumprod(x, 0)
np.cumsum(x, dtype=np.float64)
np.cumprod(x, 1, np.float64)
np.squeeze(x[None])
np.squeeze(x[None, :, None], axis=(0, 2))
np.squeeze(x[:, :1], 1)
np.expand_dims(x, 1)
np.expand_dims(x, (0, -1))
np.expand_dims(x, np.int64(1))
np.moveaxis(t, 0, -1)
np.moveaxis(t, (0, 1), (2, 0))
np.transpose(t, (2, 0, 1))
np.swapaxes(t, 0, 2)
np.atleast_1d(s)
np.atleast_2d(v)
np.atleast_1d(s, v)[0]
np.ravel(x)
np.reshape(x, (3, 2))
np.broadcast_to(v, (2, 5))
np.copy(x)
np.tensordot(x, x, axes=2)
np.tensordot(x, t, axes=([1, 0], [2, 1]))
np.tensordot(x, t, axes=(1, 2))
np.inner(x, x)
np.inner(v, v)
np.inner(x, 2.0)
np.vdot(x, x)
np.kron(x, v)
np.kron(t, x)
np.outer(x, v)
np.dot(x, x.T)
np.dot(t, x.T)
np.dot(x, np.moveaxis(t, 1, 2))
np.dot(s, x)
np.einsum("ij,kj->ik", x, x)
np.einsum("ij,kj->ik", x, x, optimize=True)
np.einsum(x, [0, 1], x, [2, 1], [0, 2])
np.trace(x)
np.trace(x, offset=1)
np.trace(t, 0, 1, 2)
np.diagonal(x, 1)
np.diagonal(t, offset=-1, axis1=1, axis2=2)
np.diag(v)
np.diag(v, k=-2)
np.diag(x, 1)
np.tril(x, k=1)
np.triu(x, -1)
np.vstack([x, x[0]])
np.hstack([x, y])
np.hstack([v, v])
np.column_stack([v, v * v])
np.dstack([x, y])
np.dstack([v, v * v])
np.dstack([s, s])
np.dstack([t, t])
np.meshgrid(v, x[0])[0]
np.meshgrid(v, x[0])[1]
np.meshgrid(v, x[0], indexing="ij")[1]
np.concatenate([x, y], axis=1)
np.concatenate([x, v], axis=None)
np.concatenate((x, y))
np.stack([x, y], axis=-1)
np.append(x, v)
np.append(x, y, axis=0)
np.split(v[:4], 2)[1]
np.split(x, [1, 2], axis=1)[2]
np.array_split(v, 3)[0]
np.array_split(x, 2, axis=1)[1]
np.hsplit(x, 3)[2]
np.vsplit(x, 2)[1]
np.repeat(x, 2)
np.repeat(x, 2, axis=1)
np.repeat(x, [1, 2], axis=0)
np.tile(x, (2, 1))
np.flip(x)
np.flip(x, axis=(0, 1))
np.flipud(x)
np.fliplr(x)
np.roll(x, 2)
np.roll(x, 1, axis=0)
np.roll(x, 1, axis=(0, 1))
np.roll(x, (1, 2), axis=1)
np.rot90(x)
np.rot90(x, 2)
np.rot90(t, 3, axes=(2, 0))
np.rot90(x, -4)
np.pad(x, 1)
np.pad(x, ((0, 1), (2, 0)))
np.pad(x, (1, 2), constant_values=0.5)
np.pad(x, 1, constant_values=((1, 2), (3, 4)))
np.pad(x, ((1, 2), (0, 1)), constant_values=(5.0, 6.0))
np.pad(x, ((1,), (2,)), constant_values=((1,), (2,)))
np.pad(x, 2, mode="edge")
np.pad(x, ((1, 0), (2, 1)), "reflect")
np.pad(x, 1, "symmetric")
np.pad(x, (0, 3), mode="wrap")
np.diff(v)
np.diff(x, axis=0)
np.diff(v, n=2)
np.diff(v, n=0)
np.diff(x, n=3)
np.diff(x, prepend=0.5)
np.diff(x, 2, prepend=y[:, :1], append=2.0)
np.diff(x, axis=0, append=x)
np.diff(x > 0)
np.gradient(v)
np.gradient(v, 0.5)
np.gradient(v, [0.0, 0.5, 1.5, 2.0, 4.0])
np.gradient(x, axis=1)
np.gradient(x, axis=0)
np.gradient(v, s)
np.gradient(v, s, edge_order=2)
np.gradient(x, np.cumsum(y[0]), axis=-1)
np.gradient(x, np.cumsum(y[0]), axis=1, edge_order=2)
np.gradient(x, s, [0.0, 1.0, 3.0])[1]
np.gradient(x, s)[0]
np.gradient(v, [0.0, 0.5, 1.5, 2.0, 4.0], edge_order=2)
np.take(x, [0, 5, 0])
np.take(x, [[0, 1], [1, 1]], axis=0)
np.take(x, 2, axis=1)
np.take(x, [7, -9], mode="wrap")
np.take(x, [7, -9], 1, mode="clip")
np.take(x, [True, False])
np.take(x, [], axis=0)
np.take(s, [0, 0], axis=0)
np.take_along_axis(x, np.array([[2, 0], [1, 1]]), axis=1)
np.where(x > 0, x, y)
np.clip(x, -0.3, 0.3)
np.clip(x, min=-0.3)
np.clip(x, a_min=None, a_max=0.2)
np.clip(x, min=-0.2, max=y)
np.round(x, 1)
np.around(x, decimals=1)
np.rint(x * 3)
np.fix(x * 3)
np.sign(x)
np.sinc(x)
np.logaddexp(x, y)
np.log2(y)
np.log10(y)
np.exp2(x)
np.arcsinh(x)
np.arccosh(y + 1)
np.arctanh(x)
np.hypot(x, y)
np.cbrt(y)
np.mod(x, 0.4)
np.remainder(x, y)
np.floor_divide(x, 0.4)
np.deg2rad(x)
np.rad2deg(x)
np.degrees(x)
np.radians(x)
np.reciprocal(y)
np.float_power(y, 1.5)
np.power(y, x)
np.positive(x)
np.negative(x)
np.absolute(x)
np.fabs(x)
np.square(x)
np.full_like(x, 2.0) * x
np.zeros_like(x) + x
np.ones_like(x, dtype=np.float64) * x
np.logical_and(x > 0, y > 0.5)
np.logical_not(x > 0)
np.all(x > 0, axis=0)
np.any(x > 0)
""".strip().splitlines()


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated")
@pytest.mark.parametrize("text", CALLS)
def test_a_function_means_what_numpy_means(text):
    xs = {k: autograd.tensor(v, requires_grad=True) for k, v in VALUES.items()}
    y = eval(text, {"np": np}, xs)
    assert isinstance(y, autograd.Tensor)
    expected = np.asarray(eval(text, {"np": np}, VALUES))
    assert y.shape == expected.shape and y.dtype == expected.dtype
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-12, atol=1e-14)
    if y.requires_grad:
        used = {k: x for k, x in xs.items() if k in text.replace("np", "").replace("axis", "")}
        names = list(used)
        function = lambda *xs: eval(text, {"np": np}, dict(zip(names, xs)))  # noqa: E731
        assert autograd.gradcheck(function, list(used.values()))
        if not any(
            name in text for name in ("np.round", "np.around", "rint", "fix", "sign", "_div")
        ):
            assert autograd.gradgradcheck(function, list(used.values()), rtol=5e-3, atol=1e-4)


@pytest.mark.parametrize("text, kind, message", [
    ("np.squeeze(x, 1)", ValueError, r"squeeze: axis 1 of shape \(2, 3\) has not size 1"),
    ("np.split(v, 2)", ValueError, r"np\.split: 5 elements.*array_split"),
    ("np.linalg.norm(x, 2)", ValueError, "singular values have no VJP rule"),
    ("np.linalg.norm(x, 'nuc')", ValueError, "singular values have no VJP rule"),
    ("np.linalg.norm(t, 1)", ValueError, "needs one dim, or two"),
    ("np.linalg.norm(t, axis=(0, 1, 2))", ValueError, "one axis for vectors, two for matrices"),
    ("np.sum(x, out=x)", TypeError, r"np\.sum: out cannot be given"),
    ("np.mean(x, where=x > 0)", TypeError, r"np\.mean: where cannot .*choose first"),
    ("np.max(x, initial=3)", TypeError, r"np\.max: initial cannot be given"),
    ("np.reshape(x, (3, 2), order='F')", TypeError, r"np\.reshape: order cannot be given"),
    ("np.ravel(x, 'F')", TypeError, r"np\.ravel: order .* in the order of C"),
    ("np.copy(x, 'F')", TypeError, r"np\.copy: order .* in the order of C"),
    ("np.ravel(x, order='F')", TypeError, r"np\.ravel: order cannot be given"),
    ("np.var(x, dtype=np.float32)", TypeError, r"np\.var: dtype cannot be given.*astype"),
    ("np.add(x, x, where=x > 0)", TypeError, r"np\.add: where cannot be given.*np\.where"),
    ("np.cumsum(x, out=x)", TypeError, r"np\.cumsum: out"),
    ("np.take(x, [7], mode='fold')", ValueError, r"np\.take: mode must be"),
    ("np.take(x, [0.5])", TypeError, r"np\.take: indices must be integers, got float64"),
    ("np.take(x, [7])", IndexError, "index 7 is out of bounds"),
    ("np.take(x, [0], axis=5)", AxisError, r"np\.take: .*no dim 5"),
    ("np.take(s, [0], axis=1)", AxisError, r"np\.take: .*no dim 1"),
    ("np.diff(x, axis=7)", AxisError, r"np\.diff: .*no dim 7"),
    ("np.diff(x, n=-1)", ValueError, r"np\.diff: n must be 0 or more, got -1"),
    ("np.diff(s)", ValueError, r"np\.diff: a 0-d tensor"),
    ("np.pad(x, -1)", ValueError, r"np\.pad: pad_width must be 0 or more, got -1"),
    ("np.pad(x, 1.5)", TypeError, r"np\.pad: pad_width must be integers"),
    ("np.pad(x, 1, constant_values=s)", TypeError, r"np\.pad: .*requires grad: detach"),
    ("np.full_like(x, s)", TypeError, r"np\.full_like: .*requires grad: detach"),
    ("np.split(x, 2, axis=5)", AxisError, r"np\.split: .*no dim 5"),
    ("np.split(v, 0)", ValueError, "needs 1 piece or more, got 0"),
    ("np.array_split(x, 2, axis=5)", AxisError, "tensor_split: .*no dim 5"),
    ("np.vsplit(v, 5)", ValueError, r"np\.vsplit: needs two dimensions"),
    ("np.squeeze(x, 5)", AxisError, r"np\.squeeze: .*no dim 5"),
    ("np.flipud(s)", ValueError, "flipud: a 0-d tensor has no rows"),
    ("np.rot90(x, axes=(0, 2))", AxisError, "rot90: .*no dim 2"),
    ("np.rot90(v, axes=(0,))", ValueError, "rot90: needs two dims"),
    ("np.meshgrid(v, v, sparse=True)", TypeError, r"np\.meshgrid: sparse"),
    ("np.median(x, axis=(0, 2))", AxisError, r"np\.median: .*no dim 2"),
    ("np.median(x, axis=(0, -2))", ValueError, r"np\.median: a dim is named twice"),
    ("np.average(x, axis=2, weights=v)", AxisError, r"np\.average: .*no dim 2"),
    ("np.average(x, axis=0, weights=v)", ValueError, r"np\.average: weights of shape \(5,\)"),
    ("np.gradient(x, axis=5)", AxisError, r"np\.gradient: .*no dim 5"),
    ("np.gradient(v, [0.0, 1.0])", ValueError, r"np\.gradient: axis 0 has 5 .*got shape \(2,\)"),
    ("np.gradient(v, x)", ValueError, r"np\.gradient: axis 0 has 5 .*got shape \(2, 3\)"),
    ("np.gradient(x, v)", TypeError, r"np\.gradient: give one spacing"),
    ("np.gradient(v[:1])", ValueError, r"np\.gradient: needs 2 elements along axis 0, got 1"),
    ("np.gradient(x, edge_order=2)", ValueError, r"needs 3 elements along axis 0, got 2"),
    ("np.gradient(v, edge_order=3)", ValueError, r"np\.gradient: edge_order must be 1 or 2, got 3"),
    ("np.pad(x, 1, 'linear_ramp')", TypeError, r"np\.pad: mode 'linear_ramp'"),
    ("np.gradient(x, 1.0, 2.0, 3.0)", TypeError, r"np\.gradient: give one spacing"),
    ("np.average(x, weights=v)", TypeError, r"np\.average: weights"),
    ("np.median(x, out=x)", TypeError, r"np\.median: out"),
    ("np.clip(x)", ValueError, "clip: give min, max or both"),
    ("np.linalg.svd(x)", TypeError, r"np\.linalg\.svd has no VJP rule"),
    ("np.linalg.inv(x)", ValueError, r"inv: shapes \(2, 3\)"),
    ("np.linalg.inv(a * 0)", ValueError, "inv: .*[Ss]ingular"),
    ("np.linalg.cholesky(-d)", ValueError, "cholesky: .*positive definite"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_name(text, kind, message):
    xs = {k: autograd.tensor(v, requires_grad=True) for k, v in VALUES.items()}
    with pytest.raises(kind, match=message):
        eval(text, {"np": np}, xs)


@pytest.mark.parametrize("text", [
    "np.gradient(i, 0.5)", "np.gradient(i, [0, 1, 3], edge_order=2)", "np.gradient(i)",
    "np.diff(i, prepend=0)", "np.diff(i, prepend=0.5)", "np.diff(f, prepend=0.5, append=1)",
    "np.average(i, weights=[1, 2, 3])", "np.average(i)", "np.median(i)", "np.sum(i, initial=2)",
    "np.sum(b, where=b)", "np.diff(b, n=2)", "np.pad(i, (1, 2), constant_values=(5, 6))",
    "np.take(i, [4], mode='wrap')", "np.gradient(f, 0.5)", "np.mean(f, dtype=np.float64)",
])  # fmt: skip
def test_whole_numbers_and_float32_mean_what_numpy_means(text):
    values = {"i": np.array([0, 1, 4]), "b": np.array([True, False, False]),
              "f": np.array([0.5, 1.0, 3.0], np.float32)}  # fmt: skip
    y = eval(text, {"np": np}, {k: autograd.tensor(v) for k, v in values.items()})
    expected = eval(text, {"np": np}, values)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)
    assert y.dtype == (np.float32 if expected.dtype == np.float64 and "float64" not in text
                       else expected.dtype)  # fmt: skip


def test_where_torch_and_numpy_differ_each_name_means_its_own():
    nan = autograd.tensor([np.nan, -2.0])
    np.testing.assert_array_equal(np.sign(nan).numpy(), [np.nan, -1])
    np.testing.assert_array_equal(autograd.sign(nan).numpy(), [0, -1])
    x = autograd.tensor([1.0, 2.0, 4.0, 8.0])
    assert np.median(x).item() == 3 and autograd.median(x).item() == 2
    assert np.var(x).item() == pytest.approx(np.var([1, 2, 4, 8]))
    assert x.var().item() == pytest.approx(np.var([1, 2, 4, 8], ddof=1))
    assert np.repeat(x[:2], 2).tolist() == [1, 1, 2, 2] and x[:2].repeat(2).tolist() == [1, 2, 1, 2]
    assert len(np.split(x, 2)) == 2 and len(x.split(1)) == 4
    whole = autograd.tensor([2, -3])
    assert (
        np.reciprocal(whole).tolist() == [0, 0] and autograd.reciprocal(whole).dtype == np.float32
    )
    assert np.float_power(whole, 2).dtype == np.float64 and (whole**2).dtype == np.int64
    assert (
        np.sum(x, axis=()).shape == (4,) and x.sum(()).shape == () and x.sum(axis=()).shape == (4,)
    )
    assert [i.tolist() for i in np.where(x > 1)] == [[1, 2, 3]]


def test_numpys_names_of_settings_on_methods():
    x, a = autograd.tensor(VALUES["x"]), VALUES["x"]
    for ours, numpys in [
        (x.sum(axis=0, keepdims=True), a.sum(axis=0, keepdims=True)),
        (x.mean(axis=(0, 1)), a.mean(axis=(0, 1))), (x.var(axis=1, ddof=0), a.var(axis=1)),
        (x.std(ddof=1), a.std(ddof=1)), (x.prod(axis=0), a.prod(axis=0)),
        (x.argmax(axis=1), a.argmax(axis=1)), (x.argmin(axis=0, keepdims=True), a.argmin(0)[None]),
        (x.max(axis=1).values, a.max(axis=1)), (x.all(axis=0), a.all(axis=0)),
        (x.cumsum(axis=1), a.cumsum(axis=1)), (x.norm(axis=0), np.linalg.norm(a, axis=0)),
        (x.diagonal(offset=1), a.diagonal(offset=1)), (x.astype(np.float32), a.astype(np.float32)),
        (x.clip(min=-0.2, max=0.2), a.clip(min=-0.2, max=0.2)), (x.ravel(), a.ravel()),
        (x.logsumexp(axis=0), np.log(np.exp(a).sum(0))), (x.transpose(), a.transpose()),
        (x.swapaxes(0, 1), a.swapaxes(0, 1)), (x.trace(), a.trace()),
    ]:  # fmt: skip
        np.testing.assert_allclose(ours.numpy(), numpys, rtol=1e-12)
        assert ours.dtype == numpys.dtype
    assert x.astype(np.float64) is not x and x.to(np.float64) is x
