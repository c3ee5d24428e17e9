"""Corners that a change of one operator or constant moves, and that no other test stands in."""

import numpy as np
import pytest

import autograd
import nn
from autograd.names import variables_of_caller

from .oracles import torch

F, TF = nn.functional, torch.nn.functional


def each(function):
    """What a function of the library and its nn.functional gives by ours and by torch."""
    return [function(autograd, F), function(torch, TF)]


def test_as_tensor_shares_only_what_has_the_dtype():
    a = np.zeros(2)
    assert autograd.as_tensor(a).data is a and autograd.as_tensor(a, autograd.float64).data is a
    other = autograd.as_tensor(a, autograd.float32)
    assert other.dtype == np.float32 and not np.shares_memory(other.data, a)


@pytest.mark.parametrize("dims", [{"axis": ()}, {"axis": (), "keepdims": True}])
def test_a_product_over_no_dims_is_a_copy(dims):
    x = autograd.tensor([2.0, 3.0])
    y = autograd.prod(x, **dims)
    y += 1
    assert x.tolist() == [2, 3] and y.tolist() == [3, 4]


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_cross_entropy_of_certainties_is_held_at_100(reduction):
    def loss(m, f):
        p = m.tensor([0.0, 1.0, 0.0, 1e-44], dtype=m.float64, requires_grad=True)
        target = m.tensor([1.0, 0.0, 0.3, 1.0], dtype=m.float64)
        y = f.binary_cross_entropy(p, target, reduction=reduction)
        y.sum().backward()
        return [*y.reshape(-1).tolist(), *p.grad.tolist()]

    np.testing.assert_allclose(*each(loss), rtol=1e-9)


def test_the_norm_of_no_gradients_is_0():
    for lib, utils in ((autograd, nn.utils), (torch, torch.nn.utils)):
        x = lib.tensor([1.0], requires_grad=True)
        assert utils.clip_grad_norm_([x], 1.0).item() == 0 and x.grad is None
        assert utils.clip_grad_norm_([], 1.0, error_if_nonfinite=True).item() == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_norm_that_is_not_finite_can_be_an_error(value):
    for lib, utils in ((autograd, nn.utils), (torch, torch.nn.utils)):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        x.grad = lib.tensor([value, 2.0])
        with pytest.raises(RuntimeError, match="norm"):
            utils.clip_grad_norm_([x], 1.0, error_if_nonfinite=True)
        np.testing.assert_array_equal(x.grad.numpy(), [value, 2])


def test_the_callers_variables_stay_where_the_caller_holds_them():
    mine = autograd.tensor([1.0])
    held = locals()
    assert variables_of_caller()["mine"] is mine
    assert held["mine"] is mine


@pytest.mark.parametrize("equation, shape", [
    ("jii", (2, 3, 3)), ("jii->ij", (2, 3, 3)), ("jii->j", (2, 3, 3)), ("iji->j", (3, 2, 3)),
    ("jiki->kj", (2, 3, 2, 3)), ("kjii->", (2, 2, 3, 3)), ("...ii->...i", (2, 3, 3)),
    ("ijij->ij", (2, 3, 2, 3)), ("ijji->j", (3, 2, 2, 3)), ("jiii->ji", (2, 3, 3, 3)),
])  # fmt: skip
def test_an_index_that_is_repeated_and_not_the_first(equation, shape):
    def results(m, f):
        n = int(np.prod(shape))
        x = m.tensor(np.cos(np.arange(n)).reshape(shape), requires_grad=True)
        y = m.einsum(equation, x * x)
        (y * y).sum().backward()
        return np.concatenate([y.detach().numpy().ravel(), x.grad.numpy().ravel()])

    np.testing.assert_allclose(*each(results), rtol=1e-12)


@pytest.mark.parametrize("shape, dim", [((3,), 0), ((2, 3), -1), ((2, 3), 0), ((0,), 0), ((), 0)])
def test_the_largest_none(shape, dim):
    """topk with k = 0 gives no elements, and no gradient to any."""

    def results(m, f):
        x = m.tensor(np.arange(float(np.prod(shape))).reshape(shape), requires_grad=True)
        found = m.topk(x, 0, dim)
        (found.values.sum() + x.sum()).backward()
        return [tuple(found.values.shape), tuple(found.indices.shape), x.grad.tolist()]

    ours, theirs = each(results)
    assert ours == theirs


def test_what_does_not_depend_on_the_inputs_has_no_change():
    x = autograd.tensor([1.0, -2.0])
    for function in (lambda x: x > 0, lambda x: x.long(), lambda x: autograd.ones(2)):
        y, change = autograd.functional.jvp(function, x, x)
        assert y.tolist() == function(x).tolist() and change.tolist() == [0, 0]


def test_a_grid_is_made_of_vectors_and_numbers():
    def grids(m, f):
        return [g.tolist() for g in m.meshgrid(m.tensor([1, 2]), m.tensor(3), indexing="ij")]

    ours, theirs = each(grids)
    assert ours == theirs
    with pytest.raises(ValueError, match=r"meshgrid: needs vectors, got shapes \[\(2, 2\)\]"):
        autograd.meshgrid(autograd.zeros(2, 2))


# -- arrays of other kinds ------------------------------------------------------------------------


def test_a_masked_array_loses_neither_its_mask_nor_a_graph():
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    x = autograd.tensor([3.0, 4.0])
    for make in (autograd.tensor, autograd.as_tensor, autograd.from_numpy):
        with pytest.raises(TypeError, match="masked array would lose its mask"):
            make(masked)
    assert (masked * x).tolist() == [3, None]  # NumPy's own
    x.requires_grad_()
    for use in (lambda: masked * x, lambda: masked + x, lambda: np.ma.multiply(masked, x)):
        with pytest.raises(RuntimeError, match="would lose its graph"):
            use()


@pytest.mark.parametrize("kind", [">f4", ">f8", ">i4", ">i8", ">u2"])
def test_arrays_in_the_other_byte_order_are_copied_into_ours(kind, tmp_path):
    a = np.array([1, 2, 3]).astype(kind)
    x = autograd.tensor(a)
    assert x.dtype.isnative and x.dtype == a.dtype.newbyteorder("=") and x.tolist() == [1, 2, 3]
    assert x.to(kind).dtype.isnative and autograd.zeros(2, dtype=kind).dtype.isnative
    assert (x + a).dtype.isnative and (x + a).tolist() == [2, 4, 6]
    nn.save({"x": x}, tmp_path / "x.safetensors")
    assert nn.load(tmp_path / "x.safetensors")["x"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("kind", [">f4", ">i8", np.longdouble])
def test_memory_is_not_shared_in_an_order_or_width_of_another(kind):
    a = np.ones(2, kind)
    for share in (autograd.from_numpy, autograd.as_tensor):
        with pytest.raises(TypeError, match=r"^from_numpy: .*: array\.astype\(|by array\.astype\("):
            share(a)
    with pytest.raises((TypeError, ValueError)):
        torch.from_numpy(a)


def test_no_tensor_has_the_numbers_of_longdouble():
    a, x = np.ones(2, np.longdouble), autograd.ones(2)
    for use in (lambda: autograd.tensor(a), lambda: autograd.tensor([a[0]]), lambda: a
                + x, lambda: x.to(np.longdouble), lambda: setattr(x, "data", a)):  # fmt: skip
        with pytest.raises(TypeError, match=r"float128|longdouble"):
            use()


@pytest.mark.parametrize("kind", ["int64", "bool"])
def test_what_requires_grad_gets_no_data_of_integers(kind):
    for m in (autograd, torch):
        x, leaf = m.tensor([1.0, 2.0]), m.tensor([1.0, 2.0], requires_grad=True)
        x.data = m.tensor([1, 0], dtype=getattr(m, kind))
        assert kind in str(x.dtype)
        with pytest.raises((TypeError, RuntimeError), match=r"^data: cannot hold|^data set to"):
            leaf.data = m.tensor([1, 0], dtype=getattr(m, kind))
        assert leaf.tolist() == [1, 2]
        leaf.data = m.tensor([3.0, 4.0], dtype=m.float64)
        assert leaf.tolist() == [3, 4]


@pytest.mark.parametrize("data", [
    2**63, [1, 2**63], [2**63, -1], [[1], [2**64]], -(2**63) - 1, [True, 2**100], (1, (2**63)),
    -(2**63), [2**63 - 1], [1.5, 2**63], [2**100, 0.5], [np.inf, 1],
])  # fmt: skip
def test_integers_that_int64_does_not_hold_are_refused_as_in_torch(data):
    def made(m, f):
        try:
            x = m.tensor(data)
        except (OverflowError, ValueError) as error:
            return "verflow" in repr(error)
        return str(x.dtype).removeprefix("torch."), x.tolist()

    ours, theirs = each(made)
    assert ours == theirs
    assert autograd.tensor(data, dtype=autograd.float64).tolist() == torch.tensor(
        data, dtype=torch.float64).tolist()  # fmt: skip


def test_tensors_and_numbers_in_one_list_have_the_dtype_of_a_sum():
    def dtypes(m, f):
        one, two = m.tensor(1.0), m.tensor(2.0, dtype=m.float64)
        lists = [[one, 2], [m.tensor(1), 2.5], [one, two], [m.tensor(True), 2], [[one], [2.5]],
                 [m.tensor(1, dtype=m.int8), m.tensor(2)]]  # fmt: skip
        return [str(m.tensor(x).dtype).removeprefix("torch.") for x in lists]

    ours, theirs = each(dtypes)
    assert ours == theirs == ["float32", "float32", "float64", "int64", "float32", "int64"]


@pytest.mark.parametrize("index", [0, 1, 7, -1, -100])
def test_probabilities_have_no_class_to_be_ignored(index):
    losses = []
    for lib, library in ((autograd, nn), (torch, torch.nn)):
        x, p = lib.tensor([[1.0, 2.0], [3.0, 5.0]]), lib.tensor([[0.25, 0.75], [1.0, 0.0]])
        loss = library.CrossEntropyLoss(ignore_index=index)
        if index >= 0:
            with pytest.raises((ValueError, RuntimeError), match="ignore_index"):
                loss(x, p)
        else:
            losses.append(loss(x, p).item())
    assert losses[:1] == pytest.approx(losses[1:])


@pytest.mark.parametrize("value", [
    1.5, 2, True, np.float64(1.5), np.float32(1.5), np.float16(1.5), np.int32(2), np.int8(2),
    np.uint8(2), np.bool_(True), "float64", "float16", "int32", "uint8", "bool",
])  # fmt: skip
def test_a_filled_tensor_has_the_dtype_of_a_python_number(value):
    def dtypes(m, f):
        one_of = isinstance(value, str)  # a 0-d tensor of that dtype
        number = m.tensor(1, dtype=getattr(m, value)) if one_of else value
        likes = [m.ones(1, dtype=d) for d in (m.float64, m.int32)]
        made = [m.full((2,), number), m.full((), number), m.full((2,), number, dtype=m.float64),
                *[m.full_like(x, number) for x in likes]]  # fmt: skip
        return [(str(x.dtype).removeprefix("torch."), x.tolist()) for x in made]

    ours, theirs = each(dtypes)
    assert ours == theirs


def test_a_filled_tensor_does_not_lose_a_graph():
    w = autograd.tensor(2.0, requires_grad=True)
    for make in (lambda: autograd.full((2,), w), lambda: autograd.full_like(w, w)):
        with pytest.raises(RuntimeError, match=r"^full: fill_value requires grad.*expand"):
            make()


@pytest.mark.parametrize("make", [
    lambda m, d: m.zeros(2, dtype=d), lambda m, d: m.ones(2, dtype=d),
    lambda m, d: m.eye(2, dtype=d),
    lambda m, d: m.full((2,), 1.0, dtype=d), lambda m, d: m.arange(2, dtype=d),
    lambda m, d: m.linspace(0, 1, 2, dtype=d), lambda m, d: m.rand(2, dtype=d),
    lambda m, d: m.randn(2, dtype=d), lambda m, d: m.randint(3, (2,), dtype=d),
    lambda m, d: m.zeros_like(m.ones(2), dtype=d), lambda m, d: m.tensor([1.0], dtype=d),
])  # fmt: skip
@pytest.mark.parametrize("dtype", [complex, "U3", object, "datetime64[D]"])
def test_no_tensor_holds_what_is_no_real_number(make, dtype):
    with pytest.raises((TypeError, ValueError), match=r"floats, ints|tensor: "):
        make(autograd, dtype)


@pytest.mark.parametrize("mistake, kind, message", [
    (lambda: autograd.zeros(2.0), TypeError, r"^zeros: sizes must be ints, got \(2\.0,\)"),
    (lambda: autograd.rand("a"), TypeError, "^rand: sizes must be ints"),
    (lambda: autograd.tensor([300], dtype=autograd.int8), OverflowError, "^tensor: .*300.*int8"),
    (lambda: autograd.tensor([np.nan], dtype=autograd.int64), ValueError, "^tensor: cannot conv"),
    (lambda: autograd.tensor([[1], [1, 2]]), ValueError, "^tensor: the nested lists do not"),
    (lambda: autograd.grad(3.0, [autograd.ones(1).requires_grad_()]), TypeError, "got float"),
    (lambda: autograd.backward(None), TypeError, "a Tensor or a list of Tensors, got NoneType"),
])  # fmt: skip
def test_what_cannot_be_made_is_named(mistake, kind, message):
    with pytest.raises(kind, match=message):
        mistake()


def test_a_gradient_has_the_dtype_of_its_tensor():
    for m in (autograd, torch):
        x = m.tensor([1.0, 2.0], requires_grad=True)
        x.grad = m.tensor([1.0, 1.0])
        with pytest.raises((TypeError, RuntimeError), match=r"float64|Double|type"):
            x.grad = m.tensor([1.0, 1.0], dtype=m.float64)
        assert x.grad.tolist() == [1, 1]


def test_what_is_made_requires_no_gradient_unless_it_is_to():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    for name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"):
        make = getattr(autograd, name)
        assert not make(x).requires_grad and make(x, requires_grad=True).requires_grad
    assert not autograd.full_like(x, 2).requires_grad
    assert autograd.full_like(x, 2, requires_grad=True).requires_grad
    for name in ("zeros", "ones", "empty", "rand", "randn", "eye"):
        make = getattr(autograd, name)
        assert not make(2).requires_grad and make(2, requires_grad=True).requires_grad
    assert not autograd.arange(2.0).requires_grad and not autograd.linspace(0, 1, 2).requires_grad
    assert not autograd.full((2,), 1.0).requires_grad and not autograd.tensor(1.0).requires_grad


def test_classes_outside_are_refused_each_way():
    for classes in ([-1, 0], [0, 3], [-1, 3], [3, 3]):
        with pytest.raises(ValueError, match="classes must lie in 0 to 2"):
            F.one_hot(autograd.tensor(classes), 3)


def test_tensordot_as_numpy_calls_it():
    a = np.arange(6.0).reshape(2, 3)
    assert np.tensordot(autograd.tensor(a), autograd.tensor(a)).item() == np.tensordot(a, a)


@pytest.mark.filterwarnings("ignore:Implicit dimension")
def test_a_softmax_without_dim_goes_along_the_last():
    x = np.arange(8.0).reshape(2, 2, 2)
    for name in ("Softmax", "LogSoftmax"):
        ours = getattr(nn, name)()(autograd.tensor(x)).numpy()
        np.testing.assert_allclose(ours, getattr(torch.nn, name)(dim=-1)(torch.tensor(x)).numpy())
        for shape in ((8,), (2, 4)):  # as torch
            y = x.reshape(shape)
            ours = getattr(nn, name)()(autograd.tensor(y)).numpy()
            np.testing.assert_allclose(ours, getattr(torch.nn, name)()(torch.tensor(y)).numpy())


# -- defaults and limits --------------------------------------------------------------------------


def test_a_state_of_doubles_becomes_floats_beside_a_float_parameter():
    p = autograd.tensor([1.0], requires_grad=True)
    optimizer = nn.optim.SGD([p], lr=0.1, momentum=0.9)
    p.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    for buffers in state["state"].values():
        for name, value in buffers.items():
            buffers[name] = np.asarray(value, np.float64)
    optimizer.load_state_dict(state)
    optimizer.step()
    (kept,) = optimizer.state_dict()["state"].values()
    assert p.dtype == np.float32 and np.asarray(kept["momentum_buffer"]).dtype == np.float32


def test_the_threshold_of_a_plateau_counts_once():
    for m, optim in ((autograd, nn.optim), (torch, torch.optim)):
        for mode, measures in (("max", [1.0, 1.15, 1.3]), ("min", [1.0, 0.85, 0.73])):
            o = optim.SGD([m.tensor([1.0], requires_grad=True)], lr=1.0)
            schedule = optim.lr_scheduler.ReduceLROnPlateau(o, mode, patience=0, threshold=0.1)
            for measure in measures:  # each is better by more than a tenth, less than two
                schedule.step(measure)
            assert o.param_groups[0]["lr"] == 1.0


def test_a_cotangent_may_be_left_out_for_one_number_only():
    x = autograd.tensor([1.0, 2.0])
    assert autograd.functional.vjp(lambda x: (x * x).sum(), x)[1].tolist() == [2, 4]
    for function in (lambda x: x * 2, lambda x: (x.sum(), x.sum())):
        with pytest.raises(RuntimeError, match="v may only be left out where it is one number"):
            autograd.functional.vjp(function, x)


@pytest.mark.parametrize("indexing", ["ij", "xy"])
def test_grids_of_three_vectors(indexing):
    def grids(m, f):
        vectors = m.tensor([1, 2]), m.tensor([3, 4, 5]), m.tensor([6, 7, 8, 9])
        return [g.tolist() for g in m.meshgrid(*vectors, indexing=indexing)]

    ours, theirs = each(grids)
    assert ours == theirs


def test_checks_find_an_error_of_a_thousandth():
    @autograd.primitive
    def twice(x):
        return x * 2

    @autograd.vjp_of(twice, "x")
    def twice_dx(g):
        return 2.01 * g

    x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    assert not autograd.gradcheck(twice, x, raise_exception=False)
    assert not autograd.gradgradcheck(lambda x: twice(x) * x, x, raise_exception=False)
    assert autograd.gradgradcheck(lambda x: x * x * x, x)


def test_a_rule_may_ask_for_all_of_many_operands():
    @autograd.primitive
    def scaled(a, *xs):
        return a * sum(xs)

    @autograd.vjp_of(scaled, "a")
    def scaled_da(g, xs):
        return g * sum(xs)

    a = autograd.ones(5000, requires_grad=True)
    scaled(a, autograd.ones(5000) * 2, autograd.ones(5000)).sum().backward()
    assert a.grad.tolist() == [3] * 5000


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "uint8"])
def test_floats_of_whole_numbers_are_computed_in_floats(dtype):
    """An int16 wraps at 32,768: 20,000 - -20,000 must be a float before it is one too many."""
    info = np.iinfo(dtype)
    x = np.array([info.min, info.max, 3], dtype)
    for name in ("sigmoid", "logsumexp", "softmax", "log_softmax"):
        over = () if name == "sigmoid" else (0,)
        ours = getattr(autograd, name)(autograd.from_numpy(x), *over)
        right = getattr(torch, name)(torch.tensor(x.astype(np.float64)), *over)
        assert ours.dtype == autograd.float32
        np.testing.assert_allclose(ours.numpy(), right.numpy(), rtol=1e-6, atol=1e-30)


def test_whole_numbers_are_sigmoids_in_every_default_dtype():
    for dtype in (autograd.float16, autograd.float64):
        autograd.set_default_dtype(dtype)
        try:
            y = autograd.sigmoid(autograd.tensor([1, 2], dtype=autograd.uint8))
            z = autograd.sigmoid(autograd.tensor([-(2**31)], dtype=autograd.int32))
        finally:
            autograd.set_default_dtype(autograd.float32)
        assert y.dtype == z.dtype == dtype and z.item() == 0
        np.testing.assert_allclose(y.numpy(), [0.7311, 0.8808], rtol=1e-3)


@pytest.mark.parametrize("loss", ["mse_loss", "l1_loss", "huber_loss", "kl_div"])
def test_losses_of_whole_numbers_are_refused(loss):
    a, b = (autograd.tensor([x], dtype=autograd.uint8) for x in (0, 20))
    with pytest.raises(TypeError, match=f"{loss}: needs floats, got uint8 and uint8"):
        getattr(nn.functional, loss)(a, b)


@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss"])
def test_scores_of_whole_numbers_are_refused(loss):
    scores, classes = autograd.tensor([[1, 2], [3, 4]]), autograd.tensor([0, 1])
    with pytest.raises(TypeError, match=f"{loss}: input holds scores and must be floating"):
        getattr(nn.functional, loss)(scores, classes)


def test_logsumexp_of_halves_along_any_dimension():
    x = autograd.full((5000, 3), 2.0, dtype=autograd.float16)
    right = 2 + np.log(5000)
    for y in (x.logsumexp(0), x.T.logsumexp(-1), x.logsumexp(0, keepdim=True)):
        np.testing.assert_allclose(y.numpy(), right, rtol=1e-3)


HALVES = {
    "add": lambda lib, x, b: x + b,
    "multiply": lambda lib, x, b: x * b,
    "expand": lambda lib, x, b: b.expand(5000, 2),
    "where": lambda lib, x, b: lib.where(x > 0, b, x),
    "repeat_interleave": lambda lib, x, b: b.repeat_interleave(5000),
    "gather": lambda lib, x, b: lib.gather(b[None], 0, lib.zeros(5000, 2, dtype=lib.int64)),
    "linear": lambda lib, x, b: FUNCTIONAL[lib].linear(x, lib.ones(2, 2, dtype=lib.float16), b),
    "matmul": lambda lib, x, b: lib.ones(5000, 1, dtype=lib.float16) @ b[None],
    "einsum": lambda lib, x, b: lib.einsum("ni,i->ni", x, b),
    "assignment": lambda lib, x, b: assigned(lib, b),
}
FUNCTIONAL = {autograd: nn.functional, torch: torch.nn.functional}


def assigned(lib, b):
    y = lib.zeros(5000, 2, dtype=lib.float16)
    y[:] = b
    return y


@pytest.mark.parametrize("name", HALVES)
def test_gradients_of_halves_add_up_beyond_2048(name):
    """In float16, 2048 + 1 is 2048: VJPs compute in float32 and round once, as torch's do."""
    found = []
    for lib in (autograd, torch):
        x = lib.ones(5000, 2, dtype=lib.float16)
        b = lib.ones(2, dtype=lib.float16, requires_grad=True)
        y = HALVES[name](lib, x, b)
        y.backward(lib.ones_like(y))
        found.append(b.grad.tolist())
    assert found[0] == found[1] == [5000, 5000]


def test_gradients_of_halves_are_the_same_by_every_way():
    b = autograd.ones(2, dtype=autograd.float16, requires_grad=True)
    with autograd.record_source():
        y = (autograd.ones(5000, 2, dtype=autograd.float16) + b).sum()
    source = autograd.to_source(y, wrt=[b])
    *_, printed = source.function()(**source.inputs)
    *_, step = y.backward_steps(retain_graph=True)
    (graded,) = autograd.grad(y, b, create_graph=True)
    for g in (printed, step.contributions[-1].cotangent, graded, b.grad):
        assert g.dtype == autograd.float16 and g.tolist() == [5000, 5000]
