"""NumPy's functions on Tensors: recorded as ops, or refused by name."""

import matplotlib
import numpy as np
import pytest

import autograd
from autograd import Tensor

matplotlib.use("Agg")
import matplotlib.pyplot as plt

X = np.array([[0.5, -0.25, 0.75], [0.1, 0.9, -0.6]])

NAMES = (
    "sin cos tan exp expm1 log1p tanh sinh cosh arcsin arccos arctan abs square "
    "negative sum mean prod max min var std ravel transpose squeeze cumsum flip tril "
    "triu diagonal trace sort floor sign "
)

FUNCTIONS = {
    **{name: getattr(np, name) for name in NAMES.split()},
    "sum axis": lambda x: np.sum(x, axis=0),
    "mean keepdims": lambda x: np.mean(x, axis=1, keepdims=True),
    "var ddof": lambda x: np.var(x, axis=1, ddof=1),
    "max axis": lambda x: np.max(x, axis=1),
    "where": lambda x: np.where(x > 0, x, 2 * x),
    "stack": lambda x: np.stack([x, 2 * x], axis=-1),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "matmul": lambda x: np.matmul(x, X.T),
    "dot": lambda x: np.dot(X.T, x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, X),
    "ndarray * tensor": lambda x: X * x,
    "ndarray @ tensor": lambda x: X.T @ x,
    "ndarray - tensor": lambda x: X - x,
    "float64 / tensor": lambda x: np.float64(2.0) / x,
    "maximum": lambda x: np.maximum(x, 0.1),
    "clip": lambda x: np.clip(x, -0.3, 0.3),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "expand_dims": lambda x: np.expand_dims(x, (0, 2)),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "broadcast_to": lambda x: np.broadcast_to(x, (4, 2, 3)),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "tile": lambda x: np.tile(x, (2, 2)),
    "outer": lambda x: np.outer(x[0], x[1]),
    "norm": lambda x: np.linalg.norm(x, axis=0),
    "arctan2": lambda x: np.arctan2(x, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_numpy_function_is_recorded(name):
    x = autograd.tensor(X, requires_grad=True)
    y = FUNCTIONS[name](x)
    assert isinstance(y, Tensor) and y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), FUNCTIONS[name](X), rtol=1e-12)
    assert autograd.gradcheck(FUNCTIONS[name], x)


def test_no_rule_no_silent_loss():
    x = autograd.tensor(X, requires_grad=True)
    for call, name in [
        (lambda: np.linalg.svd(x), r"np\.linalg\.svd"),
        (lambda: np.fft.fft(x), r"np\.fft\.fft"),
        (lambda: np.percentile(x, 50), r"np\.percentile"),
        (lambda: np.signbit(x), r"np\.signbit"),
        (lambda: np.add.reduce(x), r"np\.add\.reduce"),
        (lambda: np.multiply.outer(x, x), r"np\.multiply\.outer"),
    ]:
        with pytest.raises(TypeError, match=name + r".*detach\(\)"):
            call()
    with pytest.raises(TypeError, match=r"np\.sin: the result would go into an ndarray.*detach"):
        np.sin(x, out=np.zeros_like(X))
    with pytest.raises(TypeError, match="dtype"):
        np.var(x, dtype=np.float32)


def test_an_array_comes_only_of_what_needs_no_grad():
    x = autograd.tensor(X, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"detach\(\)\.numpy\(\)"):
        np.asarray(x)
    assert np.asarray(x.detach()).base is not None or np.shares_memory(
        np.asarray(x.detach()), x.data
    )
    assert np.asarray(x.detach(), dtype=np.float32).dtype == np.float32


def test_questions_about_shape_and_equality():
    x = autograd.tensor(X, requires_grad=True)
    assert np.shape(x) == (2, 3) and np.ndim(x) == 2 and np.size(x) == 6
    assert np.allclose(x, X) and np.array_equal(x, X)
    assert isinstance(np.zeros_like(x), Tensor)


def test_in_place_on_an_array_is_refused_and_on_a_tensor_works():
    a, x = X.copy(), autograd.tensor(X)
    x += a
    np.testing.assert_allclose(x.numpy(), 2 * X)
    with pytest.raises(TypeError, match=r"np\.add: the result would go into an ndarray.*detach"):
        a += autograd.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(a, X)


def test_matplotlib_plots_tensors():
    x = autograd.linspace(0, 1, 20)
    _, axes = plt.subplots()
    axes.plot(x, autograd.sin(x))
    axes.plot(x)
    axes.scatter(x, x * x, c=x)
    axes.bar(x, x)
    axes.hist(x)
    axes.contourf(x, x, autograd.outer(x, x))
    axes.imshow(autograd.outer(x, x))
    axes.errorbar(x, x, yerr=x)
    axes.fill_between(x, x, 2 * x)
    axes.figure.canvas.draw()
    plt.close("all")
    with pytest.raises(RuntimeError, match="detach"):
        plt.plot(x.requires_grad_())
    plt.close("all")


def test_a_tensor_updates_an_ndarray_in_place_as_micrograds_users_write_it():
    for start in (2.0, [1.0, 2.0]):
        w = autograd.tensor(start, requires_grad=True)
        (w * w).sum().backward()
        expected = w.data - 0.5 * w.grad.data
        w.data -= 0.5 * w.grad
        np.testing.assert_array_equal(w.data, expected)
        assert w.requires_grad and w.is_leaf
    with pytest.raises(TypeError, match=r"np\.subtract: .*keeps no graph"):
        w.data -= w
