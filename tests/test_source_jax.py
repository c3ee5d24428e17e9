"""The printed source over jax.numpy, compiled by jax.jit, gives what the engine gives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import autograd

from .op_table import TABLE

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402

BOUND = 1e-13  # of float64 values and gradients, relative to 1 + their size
# Not as they are, each with the way that docs/outgrow.md shows and the last two tests check:
# - NumPy has no erf: the text takes Python's, a number at a time. JAX's own is given.
# - "index" by a mask: XLA must know the size of x[mask]. The index is the positions of True.
ERF = {"erf", "gelu"}


@pytest.fixture(autouse=True)
def float64():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
    jax.clear_caches()


def recorded(row, arrays, keywords):
    """The row's result, and its operands, with all ops recorded."""
    xs = [autograd.tensor(a, requires_grad=True) for a in arrays]
    with autograd.record_source():
        return row.ours(*xs, **keywords), xs


def check(row, arrays, keywords):
    """Record on some values, run on others: what they choose must be chosen anew in the text."""
    index = keywords.get("index")
    if isinstance(index, np.ndarray) and index.dtype.kind == "b":
        keywords = {"index": index.nonzero()}
    y, xs = recorded(row, arrays, keywords)
    names = {f"x{i}": x for i, x in enumerate(xs)}
    source = autograd.to_source(y, wrt=xs, names=names)
    others = [np.flip(a).copy() for a in arrays]
    y, xs = recorded(row, others, keywords)
    given = {**source.inputs, **dict(zip(names, (x.data for x in xs)))}
    given = {name: given[name] for name in source.inputs}
    v = None
    if y.shape:
        v = np.cos(np.arange(y.size) + 0.3).reshape(y.shape) + 1.5
        if "dloss" in given:
            given["dloss"] = v
    own = {"erf": jax.scipy.special.erf} if row.name in ERF else {}
    found = jax.jit(source.function(jnp, **own))(**given)
    expected = [y.data, *(dx.data for dx in autograd.grad(y, xs, v))]
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), source
        assert np.all(np.abs(a - b) <= BOUND * (1 + np.abs(b))), source


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_every_op_agrees(row):
    @settings(max_examples=8 if row.name == "index" else 2, phases=[Phase.generate],
              database=None, derandomize=True, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(row.draws)
    def run_drawn(drawn):
        check(row, *drawn)

    run_drawn()


def test_erf_is_to_be_given():
    x = autograd.tensor([0.5, -1.0], requires_grad=True)
    source = autograd.to_source(autograd.erf(x).sum(), names={"x": x})
    with pytest.raises(jax.errors.ConcretizationTypeError):
        jax.jit(source.function(jnp))(x.data)
    with pytest.raises(TypeError, match="backward: the text has no erv"):
        source.function(jnp, erv=jax.scipy.special.erf)


@pytest.mark.parametrize("n", [3, 9])  # a literal of the text, and an argument
def test_a_mask_as_index_is_to_be_its_positions(n):
    x = autograd.tensor(np.arange(float(n)), requires_grad=True)
    mask = x.data > 1
    source = autograd.to_source(x[mask].sum(), names={"x": x})
    with pytest.raises(jax.errors.NonConcreteBooleanIndexError):
        jax.jit(source.function(jnp))(**source.inputs)
    source = autograd.to_source(x[mask.nonzero()].sum(), names={"x": x})
    loss, dx = jax.jit(source.function(jnp))(**source.inputs)
    assert loss == sum(range(2, n)) and (dx == mask).all()
