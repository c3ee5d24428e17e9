"""Hooks, stops, anomalies, and backward step by step. The debuggers are in test_debugger.py."""

import gc
import os
import re
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import debugging, observers

from .oracles import torch


def moons():
    rng = np.random.default_rng(0)
    X = autograd.tensor(rng.standard_normal((20, 2)), dtype=autograd.float32)
    y = autograd.tensor(rng.integers(0, 2, 20), dtype=autograd.float32)
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
    return model, lambda: nn.functional.binary_cross_entropy(model(X).squeeze(1), y)


def test_steps_to_the_end_are_backward_bit_for_bit():
    model, loss = moons()
    loss().backward()
    expected = [p.grad.numpy().copy() for p in model.parameters()]
    model.zero_grad()
    steps = list(loss().backward_steps())
    assert [s.op for s in steps] == [
        "binary_cross_entropy", "squeeze", "sigmoid", "linear", "relu", "linear",
    ]  # fmt: skip
    for p, grad in zip(model.parameters(), expected):
        np.testing.assert_array_equal(p.grad.numpy(), grad)


def test_a_step_shows_rule_cotangents_and_totals():
    w = autograd.tensor([1.0, 2.0], requires_grad=True, name="w")
    y = w * w + w
    steps = list(y.backward_steps(autograd.tensor([1.0, 10.0])))
    assert [s.op for s in steps] == ["add", "mul"] and steps[0].count == 2
    a, b = steps[1].contributions
    assert a.source.startswith("@vjp_of(mul") and "return g * b" in a.source
    assert a.formula == "dout0 * w" and (a.label, a.operand) == ("w", "a")
    assert a.cotangent.tolist() == b.cotangent.tolist() == [1.0, 20.0]
    assert a.total.tolist() == [3.0, 50.0] == w.grad.tolist()
    assert steps[0].g.tolist() == [1.0, 10.0]


def printed(root, **options):
    options = {"retain_graph": True, **options, "names": options.get("names") or {}}
    steps = root.backward_steps(autograd.ones_like(root), **options)
    return [str(c) for step in steps for c in step.contributions]


def test_what_comes_later_is_added():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = (w * 2) * w + w
    found = printed(y, names=locals())
    assert found == ["dout1 = dy", "dw = dy", "dout0 = dout1 * w", "dw += dout1 * out0",
                     "dw += 2 * dout0"]  # fmt: skip
    values = w.detach().numpy()
    space = {"w": values, "out0": values * 2, "dy": np.ones(2)}
    exec("\n".join(line.replace("dw = dy", "dw = dy.copy()") for line in found), space)
    assert space["dw"].tolist() == w.grad.tolist()
    assert printed((w * w).sum(), names={}) == [
        "dout0 = np.broadcast_to(dout1, (2,))", "da = dout0 * a", "da += dout0 * a",
    ]  # fmt: skip


def test_parameters_are_called_as_in_their_module():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    X = autograd.ones(4, 2)

    def weights(root, names=None):
        return [line for line in printed(root, names=names) if line.startswith("dw")]

    with autograd.record_source():
        inside = model(X)
    y = model(X)
    expected = ["dweight1 = dy.T @ out0", "dweight0 = dout0.T @ X"]
    assert weights(y, dict(model=model, X=X, y=y)) == expected
    assert weights(inside, dict(X=X, y=inside)) == expected
    assert weights(y, dict(model.named_parameters(), X=X, y=y)) == expected
    assert weights(y, model) == ["dweight1 = dout1.T @ out0", "dweight0 = dout0.T @ x"]
    assert weights(y, {}) == ["dweight2 = dout1.T @ out0", "dweight = dout0.T @ x"]
    with pytest.raises(TypeError, match="names must be a dict such as locals"):
        printed(y, names=3)


def test_without_names_those_of_the_caller_are_taken():
    x = autograd.ones(2, 3)
    layer = nn.Linear(3, 1)
    z = layer(x)
    _ = _3 = z.tanh()  # as IPython calls what cells give
    loss = _.sum()
    assert [str(c) for step in loss.backward_steps(retain_graph=True)
            for c in step.contributions] == [
        "dout1 = np.broadcast_to(dloss, (2, 1))", "dz = dout1 * (1 - out1 * out1)",
        "dweight = dz.T @ x", "dbias = dz.sum(0)",
    ]  # fmt: skip

    def inside(root):
        y = root.tanh()
        return next(y.backward_steps())

    assert str(inside(loss)).startswith("[1/4] droot = dy * (1 - y * y) = 1.0 * (1 - ")
    step = next((loss * of_the_module).backward_steps())
    assert [c.label for c in step.contributions] == ["loss", "of_the_module"]


of_the_module = autograd.tensor(1.0, requires_grad=True)


def test_steps_of_scalars_show_their_numbers():
    w = autograd.tensor(3.0, requires_grad=True)
    b = autograd.tensor(-0.5, requires_grad=True)
    z = w * 3 + b
    loss = z**2 + b
    assert [repr(step).split("  #")[0].rstrip() for step in loss.backward_steps()] == [
        "[1/4] dout2 = dloss = 1.0",
        "[2/4] dz = 2 * dout2 * z = 2 * 1.0 * 8.5 = 17.0",
        "[3/4] dout0 = dz = 17.0",
        "[4/4] dw = 3 * dout0 = 3 * 17.0 = 51.0",
    ]
    assert (w.grad.item(), b.grad.item()) == (51, 18)
    (step,) = (w * b).backward_steps()
    assert [str(c) for c in step.contributions] == [
        "dw = dout0 * b = 1.0 * -0.5 = -0.5", "db = dout0 * w = 1.0 * 3.0 = 3.0",
    ]  # fmt: skip
    step = next((w * autograd.ones(2)).sum().backward_steps())
    assert step.contributions[0].numbers == ""


def test_stopping_halfway_leaves_retained_gradients_alone():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    z = w * 3
    z.retain_grad()
    loss = (z * z).sum()
    loss.retain_grad()
    seen = []
    z.register_hook(lambda g: seen.append(g.tolist()))
    z.register_hook(lambda g: 10 * g)
    (z * 1).sum().backward(retain_graph=True)
    before, leaf = z.grad.clone(), w.grad.clone()
    for step in loss.backward_steps(retain_graph=True):
        if step.op == "mul" and step.node is z.grad_fn:
            break
    assert z.grad.tolist() == before.tolist() and loss.grad is None
    assert w.grad.tolist() == leaf.tolist()
    assert step.g.tolist() == [60.0, 120.0]
    list(loss.backward_steps(retain_graph=True))
    assert z.grad.tolist() == [70.0, 130.0] and loss.grad.item() == 1
    assert w.grad.tolist() == [210.0, 390.0]
    assert seen == [[1.0, 1.0], [6.0, 12.0], [6.0, 12.0]]
    loss.backward()
    assert z.grad.tolist() == [130.0, 250.0]


def test_every_name_is_a_python_name_of_one_thing():
    x = autograd.tensor([1.0], requires_grad=True, name="out0")
    z = autograd.tensor([2.0], requires_grad=True, name="two words")
    w = autograd.tensor([3.0], requires_grad=True, name="out0")
    b = np.array([5.0], np.float32)
    y = x * z * w * b * np.array([6.0], np.float32)
    y.name = "y"
    assert printed(y, names=dict(a=autograd.ones(1), number=b)) == [
        "dout2 = dy * b", "dout1 = dout2 * number", "dout0_3 = dout1 * out0_2",
        "dout0_2 = dout1 * out0_3", "dout0 = dout0_3 * two_words", "dtwo_words = dout0_3 * out0",
    ]  # fmt: skip


def test_steps_leave_out_docstrings_and_do_without_a_source():
    space = {"primitive": autograd.primitive, "vjp_of": autograd.vjp_of}
    exec(
        "@primitive\ndef twice(x):\n    return 2 * x\n"
        "@vjp_of(twice, 'x')\ndef twice_dx(g):\n    return 2 * g\n",
        space,
    )

    @autograd.vjp_of(space["twice"], "x")
    def documented(g):
        """Two lines

        of text."""
        return 2 * g

    x = autograd.tensor([1.0], requires_grad=True)
    (step,) = space["twice"](x).backward_steps()
    lines = step.contributions[0].source.splitlines()
    assert [line.strip() for line in lines[1:]] == ["def documented(g):", "return 2 * g"]
    autograd.vjp_of(space["twice"], "x")(space["twice_dx"])
    (step,) = space["twice"](x).backward_steps()
    assert step.contributions[0].source == "# the source of twice_dx cannot be had\n"


def test_stopping_halfway_leaves_gradients_alone_and_says_so_later():
    model, loss = moons()
    root = loss()
    for step in root.backward_steps():
        if step.op == "sigmoid":
            break
    assert all(p.grad is None for p in model.parameters())
    with pytest.raises(RuntimeError, match="backward a second time through binary"):
        root.backward()
    root = loss()
    next(root.backward_steps(retain_graph=True))
    root.backward()


def test_hooks_as_torch():
    results = []
    for lib in (autograd, torch):
        seen = []
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x * 3
        y.retain_grad()
        handle = y.register_hook(lambda g: g * 2)
        y.register_hook(lambda g, seen=seen: seen.append(g.tolist()))
        x.register_hook(lambda g: g + 1)
        (y * y).sum().backward(retain_graph=True)
        results.append([seen, x.grad.tolist(), y.grad.tolist()])
        handle.remove()
        x.grad = None
        (y * y).sum().backward()
        results[-1].append(x.grad.tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize("lib", [autograd, torch], ids=["ours", "torch"])
@pytest.mark.parametrize("replace", [lambda g: g.double(), lambda g: g[:1], lambda g: 2.0])
def test_a_hook_that_returns_something_else_is_refused(lib, replace):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.register_hook(replace)
    with pytest.raises((TypeError, ValueError, RuntimeError), match="hook"):
        y.sum().backward()
    assert x.grad is None


def test_a_hook_is_a_function_that_returns_a_tensor():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="hook: must be a function of the gradient, got int"):
        x.register_hook(3)
    handle = x.register_hook(lambda g: g.numpy())
    with pytest.raises(TypeError, match="hook: must return None or a Tensor, got ndarray"):
        x.sum().backward()
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_hook_and_its_handle_keep_no_graph_alive():
    y = autograd.tensor([1.0], requires_grad=True) * 2
    handle = y.register_hook(print)
    node = weakref.ref(y.grad_fn)
    gc.disable()  # a cycle would keep it
    try:
        del y
        assert node() is None
    finally:
        gc.enable()
    handle.remove()


def test_hooks_see_grad_and_create_graph():
    x = autograd.tensor(2.0, requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * 10)
    (dx,) = autograd.grad(y * 1, x, create_graph=True)
    assert dx.item() == 40 and autograd.grad(dx, x)[0].item() == 20
    with pytest.raises(ValueError, match=r"hook: must return None or a Tensor of shape \(\)"):
        x.register_hook(lambda g: autograd.ones(3))
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        autograd.tensor(1.0).register_hook(print)


@pytest.fixture
def stopped(monkeypatch):
    """The functions that breakpoint() is called in, and what is there to look at."""
    found = []

    def hook():
        frame = sys._getframe(1)
        found.append((frame.f_code.co_name, dict(frame.f_locals)))

    monkeypatch.setattr(sys, "breakpointhook", hook)
    return found


def names(stopped):
    return [name for name, _ in stopped]


def test_break_on_stops_in_the_rule_and_only_there(stopped):
    _, loss = moons()
    expected = loss()
    expected.backward()
    with autograd.break_on("relu"):
        loss().backward()
    loss().backward()
    (name, variables), *others = stopped
    assert name == "relu_dx" and not others
    assert variables["g"].shape == variables["y"].shape == (20, 8)
    with pytest.raises(ValueError, match="no op 'rellu'; there are"):
        autograd.break_on("rellu")


def test_break_on_takes_several_names_and_blocks_nest(stopped):
    _, loss = moons()
    with autograd.break_on("relu", "sigmoid"):
        with autograd.break_on(op="relu") as stop:
            loss().backward()
            stop.remove()
            stop.remove()
        loss().backward()
    assert names(stopped) == ["sigmoid_dx", "relu_dx"] * 2
    with pytest.raises(ValueError, match="no op 'nothing'"):
        autograd.break_on("relu", "nothing")
    loss().backward()
    assert len(stopped) == 4


def test_break_on_without_a_name_stops_at_every_rule(stopped):
    model, loss = moons()
    loss().backward()
    expected = [p.grad.tolist() for p in model.parameters()]
    model.zero_grad()
    with autograd.break_on():
        loss().backward()
    assert names(stopped)[1:] == [
        "squeeze_dx", "sigmoid_dx", "linear_dx", "linear_dweight", "linear_dbias", "relu_dx",
        "linear_dweight", "linear_dbias",
    ]  # fmt: skip
    assert [p.grad.tolist() for p in model.parameters()] == expected
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    stopped.clear()
    with autograd.break_on():
        autograd.stack([x, x * 2]).sum().backward()
    assert names(stopped) == ["sum_dx", "stack_dxs", "stack_dxs", "mul_da"]


def test_break_on_what_is_not_there_says_what_is(stopped):
    _, loss = moons()
    with autograd.break_on("matmul"):
        with pytest.warns(UserWarning, match="no matmul in this backward pass, which has binary_cr"
                          "oss_entropy, squeeze, sigmoid, linear, relu") as caught:  # fmt: skip
            loss().backward()
        assert caught[0].filename == __file__
        x = autograd.ones(2, 2, requires_grad=True)
        (x @ x).sum().backward()
    assert names(stopped) == ["matmul_da", "matmul_db"]


def test_break_on_stops_in_rules_of_all_kinds(stopped):
    scale = 3.0

    @autograd.primitive
    def scaled(x, w):
        return scale * x * w

    @autograd.vjp_of(scaled, "x")
    def scaled_dx(g, w):
        """With a docstring, a name from outside,

        and two lines."""
        factor = scale * w
        return g * factor

    autograd.vjp_of(scaled, "w")(lambda g, x: scale * x * g)
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    with autograd.break_on("scaled"):
        scaled(x, x).sum().backward()
    assert names(stopped) == ["scaled_dx", "before"] and stopped[0][1]["scale"] == 3.0
    assert x.grad.tolist() == [6.0, 12.0]
    assert scaled.op.rules[0][0] is scaled_dx


def test_anomalies_name_the_op_and_the_line():
    x = autograd.tensor([1.0, 0.0], requires_grad=True)
    with autograd.detect_anomaly(), np.errstate(all="ignore"):
        with pytest.raises(
            ArithmeticError, match=r"log gives inf in its forward.*test_stepping.py"
        ):
            x.log()
        y = x.sqrt()
        with pytest.raises(ArithmeticError, match=r"VJP of sqrt gives inf.*y = x\.sqrt\(\)"):
            y.sum().backward()
        with pytest.raises(ArithmeticError, match=r"div gives nan in its forward"):
            x / autograd.tensor([1.0, 0.0], requires_grad=True)
    with np.errstate(all="ignore"):
        assert x.log().grad_fn.where is None


def test_anomalies_are_looked_for_in_a_block_a_function_and_all_threads():
    x = autograd.tensor(-1.0, requires_grad=True)
    raised = []

    def root():
        try:
            x.sqrt()
        except ArithmeticError as error:
            raised.append(str(error))

    with np.errstate(invalid="ignore"):
        with autograd.detect_anomaly():
            with pytest.raises(ArithmeticError), autograd.detect_anomaly():
                x.sqrt()
            with autograd.record_source():
                root()
            thread = threading.Thread(target=np.errstate(invalid="ignore")(root))
            thread.start()
            thread.join()
        autograd.detect_anomaly()(root)()
        root()
        with autograd.record_source():
            root()
    assert len(raised) == 3 and all("x.sqrt()" in text for text in raised)
    assert not any(debugging.open_blocks.values())
    assert not observers.everything and not any(
        listeners for listeners in vars(observers).values() if isinstance(listeners, list)
    )


def test_an_anomaly_says_what_went_in_and_shows_the_line_that_calls_a_module():
    model, loss = moons()
    with autograd.no_grad():
        model[2].weight.fill_(float("inf"))
    with (
        autograd.detect_anomaly(),
        np.errstate(all="ignore"),
        pytest.raises(ArithmeticError) as caught,
    ):
        loss()
    assert re.search(r"^linear gives (nan|inf) in its forward pass", str(caught.value))
    assert "x (20, 8) is finite, weight (1, 8) is inf" in str(caught.value)
    assert "test_stepping.py" in str(caught.value) and "model(X)" in str(caught.value)

    x = autograd.tensor([4.0], requires_grad=True)
    with autograd.detect_anomaly():
        y = x.sqrt()
        y.register_hook(lambda g: g * float("nan"))
        with pytest.raises(ArithmeticError, match="hook of the result of sqrt gives nan"):
            (y * 2).backward()
        with pytest.raises(ArithmeticError, match="mul gives nan of a cotangent that is nan"):
            (x * 2).backward(autograd.tensor([np.nan]))
        (dx,) = autograd.grad((x**0.5).sum(), x, create_graph=True)
        assert dx.grad_fn.where.code.startswith("(dx,) = autograd.grad(")


def nan_under_no_grad(x):
    with autograd.no_grad():
        (x - 5).log()


def nan_of_data_only(x):
    autograd.tensor([-1.0, 2.0]).sqrt()


def inf_of_data_only(x):
    autograd.tensor([0.0]) ** -1


def nan_in_an_update(x):
    with autograd.no_grad():
        x.mul_(float("inf")).mul_(0.0)


def nan_in_a_leafs_hook(x):
    x.register_hook(lambda g: g * float("nan"))
    (x * 2).sum().backward()


def nan_in_a_hook(x):
    y = x * 2
    y.register_hook(lambda g: g * float("inf"))
    (y * 3).sum().backward()


def nan_by_accumulation(x):
    x.grad = autograd.tensor([3e38, 3e38])
    (x * 1e38).sum().backward()


def nan_by_accumulation_with_a_graph(x):
    x.grad = autograd.tensor([3e38, 3e38])
    (x * 1e38).sum().backward(create_graph=True)


@pytest.mark.parametrize(
    "make, message",
    [
        (nan_under_no_grad, r"^log gives nan in its forward pass \(x \(2,\) is finite\), at .*log"),
        (
            nan_of_data_only,
            r"^sqrt gives nan in its forward pass \(x \(2,\) is finite\), at .*sqrt",
        ),
        (inf_of_data_only, r"^pow gives inf in its forward pass \(a \(1,\) is finite"),
        (nan_in_an_update, r"^mul gives nan in its forward pass \(a \(2,\) is inf"),
        (nan_in_a_leafs_hook, "^a hook of the leaf w gives nan of a gradient that is finite"),
        (nan_in_a_hook, "^a hook of the result of mul gives inf of a gradient that is finite"),
        (nan_by_accumulation, "^the grad of the leaf w becomes inf"),
        (
            nan_by_accumulation_with_a_graph,
            "gives inf in its forward pass|leaf w becomes inf",
        ),
    ],
)
def test_anomalies_are_seen_wherever_they_are_made(make, message):
    x = autograd.tensor([1.0, 2.0], requires_grad=True, name="w")
    with np.errstate(all="ignore"):
        make(autograd.tensor([1.0, 2.0], requires_grad=True, name="w"))  # only where looked for
        with autograd.detect_anomaly(), pytest.raises(ArithmeticError, match=message):
            make(x)


def test_an_infinite_constant_is_not_called_finite_and_data_may_hold_it():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    infinite = autograd.tensor([[0.0, -np.inf], [0.0, 0.0]])
    with autograd.detect_anomaly():
        for constant in (float("-inf"), np.float32("-inf"), np.array([-np.inf] * 2, np.float32),
                         [-np.inf, -np.inf]):  # fmt: skip
            with (
                pytest.raises(
                    ArithmeticError,
                    match=r"mul gives nan .*\(a \(2,\) is finite, b \(.*\) is inf\)",
                ),
                np.errstate(invalid="ignore"),
            ):
                (x * 0) * constant
        mask = infinite.reshape(-1)[1:3].unsqueeze(0)  # it was so before
        assert autograd.isinf(mask).any() and (mask.exp() == 0).any()


def test_masks_of_infinity_are_meant():
    x = autograd.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    mask = autograd.tensor([False, True, False])
    with autograd.detect_anomaly():
        for scores in (
            x.masked_fill(mask, float("-inf")),
            x + autograd.where(mask, float("-inf"), 0.0),
            autograd.where(mask, autograd.tensor(-np.inf), x),
        ):
            autograd.softmax(scores, 1)[0, 0].backward()
        weight = autograd.tensor([np.inf], requires_grad=True)
        with pytest.raises(ArithmeticError, match="mul gives inf"):
            weight * 2


def test_an_overflow_of_the_sum_is_an_anomaly():
    x = autograd.tensor([1.0], requires_grad=True)
    with autograd.detect_anomaly(), np.errstate(over="ignore"):
        y = x + x
        with pytest.raises(ArithmeticError, match=r"add is finite, but gives inf when it is added"):
            y.backward(autograd.tensor([3e38]))


def test_source_lines_are_the_users_through_nn():
    _, loss = moons()
    with autograd.record_source():
        root = loss()
    node = root.grad_fn
    while isinstance(node, autograd.Node):
        assert node.where.file == __file__
        node = node.parents[0]
    assert "binary_cross_entropy(model(X)" in root.grad_fn.where.code
    assert "test_stepping.py" in repr(root.grad_fn)
    assert "recorded" not in repr(loss().grad_fn)


def test_the_demo_prints_the_steps_and_writes_the_page(tmp_path):
    demo = os.path.join(os.path.dirname(__file__), os.pardir, "demos", "step_backward.py")

    def run(*options):
        command = [sys.executable, demo, *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    printed = run()
    assert "dz2 = dp * (1 - p) * p" in printed and "dz1 = np.where(a1 <= 0, 0, da1)" in printed
    assert "step_backward.py" in printed and "a1 = autograd.relu(z1)" in printed
    assert "wrote" in run("--page", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").stat().st_size > 20_000
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("--pdb", "relu", "rellu")
    assert (
        "no rellu in this graph; its ops are binary_cross_entropy, squeeze" in caught.value.stderr
    )


def test_steps_go_where_backward_goes_when_an_operand_is_gone_or_changed():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    z = autograd.zeros(3)
    y = ((z + w.sum()) * 2).sum()
    z[0] = w[0]  # no VJP needs z, but its source could not be printed any more
    with pytest.raises(ValueError, match="changed in place"):
        autograd.to_source(y)
    assert [step.op for step in y.backward_steps(names={})] == ["sum", "mul", "add", "sum"]
    assert w.grad.tolist() == [6.0, 6.0]
    v = autograd.ones(5000, requires_grad=True)
    total = (v + autograd.randn(5000)).sum()  # nobody holds what is added
    steps = [str(step) for step in total.backward_steps(names=dict(v=v))]
    assert "dv = dout0" in steps[1] and v.grad.tolist() == [1.0] * 5000


def changed_under_way(lib, large, when):
    """A backward in which a hook, or who steps, changes an operand that a later rule needs."""
    n = 10_000 if large else 2
    w, v = lib.ones(n, requires_grad=True), lib.ones(n, requires_grad=True)
    y = w * v

    def change(grad=None):
        with lib.no_grad():
            v.mul_(3)

    if when == "hook":
        y.register_hook(change)
        (2 * y).sum().backward()
        return
    for step in autograd.backward_steps((2 * y).sum()):
        if step.node is not y.grad_fn:
            change()


@pytest.mark.parametrize("large", [False, True])
def test_a_change_in_place_during_backward_is_found(large):
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        changed_under_way(torch, large, "hook")
    for when in ("hook", "step"):
        with pytest.raises(RuntimeError, match="mul: its VJP needs its operand b, but mul_ chan"):
            changed_under_way(autograd, large, when)
