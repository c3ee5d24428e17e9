"""Modules as holders of things: calls, assignment, what is within, buffers, hooks, copies."""

import copy
import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch

ONE = autograd.tensor([1.0, -2.0])


# -- a call is forward ---------------------------------------------------------------------


class Doubling:
    def forward(self, x):
        return super().forward(x) * 2


class CountingCalls(nn.Module):
    calls = 0

    def __call__(self, x):
        type(self).calls += 1
        return super().__call__(x)


def test_forward_assigned_to_one_layer_is_called():
    layer, other = nn.ReLU(), nn.ReLU()
    layer.forward = lambda x: x - 1
    assert layer(ONE).tolist() == [0.0, -3.0] and other(ONE).tolist() == [1.0, 0.0]
    assert nn.Sequential(layer, other)(ONE).tolist() == [0.0, 0.0]
    del layer.forward
    assert layer(ONE).tolist() == [1.0, 0.0]


def test_forward_assigned_to_a_class_is_called(monkeypatch):
    monkeypatch.setattr(nn.Tanh, "forward", lambda self, x: x * 3)
    assert nn.Tanh()(ONE).tolist() == [3.0, -6.0]


def test_a_mixin_before_the_layer_is_called():
    class Layer(Doubling, nn.ReLU):
        pass

    assert Layer()(ONE).tolist() == [2.0, 0.0]


def test_the_call_of_a_base_class_is_made():
    class Layer(CountingCalls):
        def forward(self, x):
            return x + 1

    assert Layer()(ONE).tolist() == [2.0, -1.0] and Layer.calls == 1

    class Both(CountingCalls, nn.ReLU):
        pass

    assert Both()(ONE).tolist() == [1.0, 0.0] and Both.calls == 1


def test_static_and_class_methods_as_forward():
    class Static(nn.Module):
        @staticmethod
        def forward(x, y=1):
            return x + y

    class OfClass(nn.Module):
        shift = 5

        @classmethod
        def forward(cls, x):
            return x + cls.shift

    assert Static()(ONE, y=2).tolist() == [3.0, 0.0] and OfClass()(ONE).tolist() == [6.0, 3.0]
    assert callable(Static())


def test_no_frame_lies_between_the_call_and_forward():
    class Layer(nn.Module):
        def forward(self, x):
            return sys._getframe(1).f_code.co_name

    assert Layer()(1) == "test_no_frame_lies_between_the_call_and_forward"


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"ModuleList has no forward\(\)"):
        nn.ModuleList()(ONE)


# -- assignment ----------------------------------------------------------------------------


def test_a_parameter_is_not_lost_by_assignment():
    layer = nn.Linear(2, 1)
    layer(ONE).sum().backward()
    for value in (layer.weight - 0.1 * layer.weight.grad, np.ones((1, 2)), 1.0, nn.ReLU()):
        with pytest.raises(TypeError, match=r"'weight' is a Parameter .*no_grad\(\): layer.weight"):
            layer.weight = value
    with autograd.no_grad():
        layer.weight -= 0.1 * layer.weight.grad
    layer.bias = nn.Parameter(autograd.zeros(1))
    assert list(layer.state_dict()) == ["weight", "bias"]
    layer.bias = None
    assert list(layer.state_dict()) == ["weight"]


def test_a_module_and_a_buffer_are_not_lost_by_assignment():
    model = nn.Sequential(nn.Linear(2, 1))
    with pytest.raises(TypeError, match="'0' is a Module and cannot become a function"):
        setattr(model, "0", autograd.relu)
    norm = nn.BatchNorm1d(2)
    with pytest.raises(TypeError, match="'running_mean' is a buffer and cannot become a float"):
        norm.running_mean = 0.0
    norm.running_mean = autograd.ones(2)
    assert norm.state_dict()["running_mean"].tolist() == [1.0, 1.0]


def test_made_with_data_where_a_call_was_meant():
    layers = [nn.ReLU, nn.Sigmoid, nn.Tanh, nn.Softmax, nn.LogSoftmax, nn.GELU, nn.SiLU, nn.ELU,
              nn.Softplus, nn.LeakyReLU, nn.Hardtanh, nn.Identity, nn.Flatten, nn.Dropout,
              nn.LayerNorm, nn.BatchNorm1d, nn.Linear, nn.Embedding, nn.Conv2d, nn.MaxPool2d,
              nn.MSELoss, nn.L1Loss, nn.HuberLoss, nn.KLDivLoss, nn.CrossEntropyLoss, nn.NLLLoss,
              nn.BCELoss, nn.BCEWithLogitsLoss]  # fmt: skip
    for kind in layers:
        pattern = rf"{kind.__name__}: .*nn\.{kind.__name__}\(\.\.\.\)\(x\)"
        two = "Loss" in kind.__name__ or kind in (nn.Linear, nn.Embedding)
        three = kind is nn.Conv2d
        with pytest.raises(TypeError, match=pattern):
            kind(*[ONE] * (1 + two + 2 * three))
    with pytest.raises(TypeError, match="Sigmoid: takes no arguments, got 1"):
        nn.Sigmoid(3)


def test_assignment_by_name_as_torch():
    names = []
    for lib, n in ((autograd, nn), (torch, torch.nn)):
        module = n.Module()
        module.register_parameter("w", n.Parameter(lib.ones(2)))
        module.register_parameter("b", None)
        module.add_module("0", n.Linear(1, 1))
        names.append((list(module.state_dict()), module.b))
        for fault in (lambda m: m.register_parameter("w", 1.0), lambda m: m.add_module("a", 1.0)):
            with pytest.raises(TypeError):
                fault(module)
    assert names[0] == names[1]


# -- devices and dtypes --------------------------------------------------------------------


def test_to_takes_the_cpu_and_no_other_device():
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    for same in (model.to("cpu"), model.to(device="cpu"), model.to("cpu:0"), model.cpu()):
        assert same is model and model[0].weight.dtype == autograd.float32
    assert model.to("cpu", autograd.float64)[0].weight.dtype == autograd.float64
    assert model.to(dtype="float32")[0].weight.dtype == autograd.float32
    for fault in (lambda: model.to("cuda"), model.cuda, lambda: model.to("cuda:1", "float64"),
                  lambda: model.to(device="mps")):  # fmt: skip
        with pytest.raises(ValueError, match=r"there is no device '(cuda|cuda:1|mps)' here"):
            fault()
    for odd in ("gpu", "float31", autograd.int64, bool):
        with pytest.raises(TypeError, match="floating"):
            model.to(odd)
    assert model[0].weight.dtype == autograd.float32


def test_to_converts_gradients_and_floating_buffers():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    x = autograd.randn(4, 2)
    model(x).sum().backward()
    model.double()
    assert model[0].weight.grad.dtype == model[1].running_mean.dtype == autograd.float64
    assert model[1].num_batches_tracked.dtype == autograd.int64
    model(x.double()).sum().backward()
    assert model[0].weight.grad.dtype == autograd.float64


# -- what is within ------------------------------------------------------------------------


def shared(lib):
    """A module with one layer under two names and another in two places."""

    class Shared(lib.Module):
        def __init__(self):
            super().__init__()
            self.first = lib.Linear(2, 2)
            self.relu = lib.ReLU()
            self.again = self.first
            self.more = lib.Sequential(self.relu, lib.Linear(2, 1, bias=False))

    return Shared()


def test_a_module_under_two_names_comes_once_as_in_torch():
    ours, theirs = shared(nn), shared(torch.nn)
    for list_names in (
        lambda m: [name for name, _ in m.named_modules()],
        lambda m: [name for name, _ in m.named_modules(prefix="net")],
        lambda m: [name for name, _ in m.named_modules(remove_duplicate=False)],
        lambda m: [name for name, _ in m.named_children()],
        lambda m: [name for name, _ in m.named_parameters()],
        lambda m: [type(x).__name__ for x in m.modules()],
        lambda m: [type(x).__name__ for x in m.children()],
        lambda m: list(m.state_dict()),
        lambda m: repr(m),
        lambda m: repr(list(m.more)),
    ):
        assert list_names(ours) == list_names(theirs)


def test_sequential_with_one_layer_twice():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    assert len(model) == 3 and len(list(model)) == 3 and model[2] is layer
    assert len(list(model.children())) == 2 and len(list(model.parameters())) == 2
    np.testing.assert_allclose(model(ONE).data, layer(layer(ONE).relu()).data)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_apply_goes_from_the_inside_out_as_in_torch():
    orders = []
    for lib in (nn, torch.nn):
        seen = []
        model = lib.Sequential(lib.Linear(1, 1), lib.Sequential(lib.ReLU(), lib.Tanh()))
        assert model.apply(lambda m: seen.append(type(m).__name__)) is model  # noqa: B023
        orders.append(seen)
    assert orders[0] == orders[1]


class Child(nn.Module):
    def __init__(self, parent):
        super().__init__()
        self.weight = nn.Parameter(autograd.ones(2))
        self.parent = parent


class Parent(nn.Module):
    def __init__(self):
        super().__init__()
        self.child = Child(self)
        self.scale = nn.Parameter(2.0)

    def forward(self, x):
        return (self.child.weight * x).sum() * self.scale


def test_a_child_that_knows_its_parent(tmp_path):
    model = Parent()
    assert [name for name, _ in model.named_modules()] == ["", "child"]
    assert [name for name, _ in model.named_parameters()] == ["scale", "child.weight"]
    assert list(model.state_dict()) == ["scale", "child.weight"]
    assert repr(model) == "Parent(\n  (child): Child(\n    (parent): ...\n  )\n)"
    assert not model.eval().child.training and model.double().child.weight.dtype == "float64"
    seen = []
    model.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Child", "Parent"]
    nn.save(model.state_dict(), tmp_path / "m")
    model.load_state_dict(nn.load(tmp_path / "m"))
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.child.parent is other and other.child.weight is not model.child.weight
        assert list(other.child.state_dict()) == ["weight", "parent.scale"]


# -- buffers -------------------------------------------------------------------------------


def test_buffers_as_torch():
    names = []
    for lib, n in ((autograd, nn), (torch, torch.nn)):
        model = n.Sequential(n.BatchNorm1d(3), n.Linear(3, 2))
        model.register_buffer("mask", lib.ones(3))
        model.register_buffer("scratch", lib.zeros(1), persistent=False)
        model.register_buffer("later", None)
        names.append(
            [
                list(model.state_dict()),
                [name for name, _ in model.named_parameters()],
                [name for name, _ in model.named_buffers()],
                len(list(model.buffers())),
            ]
        )
        model.later = lib.ones(2)
        assert "later" in model.state_dict()
        model.mask = None
        assert "mask" not in model.state_dict()
    assert names[0] == names[1]


@pytest.mark.parametrize("lib", [nn, torch.nn], ids=["ours", "torch"])
def test_names_are_checked_when_something_is_registered(lib):
    module = lib.Linear(1, 1)
    for name in ("a.b", "", "forward", "weight"):
        with pytest.raises(KeyError):
            module.add_module(name, lib.Linear(1, 1))
    for name in ("a.b", "", "forward", "training"):
        with pytest.raises(KeyError):
            module.register_parameter(name, lib.Linear(1, 1).weight)
    module.register_parameter("more", None)
    module.register_parameter("more", lib.Linear(1, 1).weight)
    module.add_module("line", lib.Linear(1, 1))
    module.add_module("line", lib.Linear(1, 2))
    assert len(module.state_dict()) == 5


def test_a_buffer_that_becomes_a_parameter_is_one_as_in_torch():
    found = []
    for lib, n in ((autograd, nn), (torch, torch.nn)):
        module = n.Module()
        module.register_buffer("w", lib.ones(1))
        module.w = n.Parameter(lib.zeros(1))
        found.append([[name for name, _ in named()] for named in
                      (module.named_buffers, module.named_parameters)])  # fmt: skip
    assert found[0] == found[1] == [[], ["w"]]


def test_a_hook_may_call_forward_as_in_torch():
    found = []
    for lib, n in ((autograd, nn), (torch, torch.nn)):
        module, seen = n.ReLU(), []

        def hook(module, args, y, seen=seen):
            seen.append(module.forward(-args[0]).tolist())
            return y + 1

        module.register_forward_hook(hook)
        found.append((module(lib.tensor([1.0, -2.0])).tolist(), seen))
    assert found[0] == found[1] == ([2, 1], [[0, 2]])


def test_buffers_are_loaded_and_refused():
    module = nn.Module()
    for name in ("training", "forward", "", "a.b"):
        with pytest.raises(KeyError, match="register_buffer: Module cannot have"):
            module.register_buffer(name, ONE)
    with pytest.raises(TypeError, match="'mean' is a float, not a Tensor"):
        module.register_buffer("mean", 1.0)
    module.register_buffer("count", autograd.tensor(3))
    kept = module.count
    module.load_state_dict({"count": np.array(7.0)})
    assert module.count is kept and kept.item() == 7 and kept.dtype == autograd.int64
    del module.count
    assert list(module.state_dict()) == []


# -- state dicts ---------------------------------------------------------------------------


def test_strict_as_torch():
    found = []
    for n, make in ((nn, autograd.tensor), (torch.nn, torch.tensor)):
        model = n.Sequential(n.Linear(1, 1), n.ReLU())
        keys = model.load_state_dict({"0.weight": make([[2.0]]), "more": make(1.0)}, strict=False)
        found.append((keys.missing_keys, keys.unexpected_keys, model[0].weight.item()))
        assert "All keys matched" in repr(model.load_state_dict(model.state_dict()))
    assert found[0] == found[1] == (["0.bias"], ["more"], 2.0)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda s: s | {"2.weight": np.ones((2, 2))}, r"2.weight is \(2, 2\) and should be"),
        (lambda s: s | {"2.weight": np.ones((1, 3), "complex64")}, "2.weight is complex64"),
        (lambda s: s | {"2.weight": [["1", "2", "x"]]}, "2.weight is <U1"),
        (lambda s: s | {"2.weight": np.array([[1, None, 2]])}, "2.weight is object"),
    ],
)
def test_a_state_dict_that_fails_changes_nothing(fault, message, strict):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    before = {name: x.numpy().copy() for name, x in model.state_dict().items()}
    state = {name: x + 1 for name, x in before.items()}
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(fault(state), strict=strict)
    assert all((model.state_dict()[name].numpy() == x).all() for name, x in before.items())
    with pytest.raises(TypeError, match=r"needs a dict .*nn\.load\(path\), got str"):
        model.load_state_dict("model.safetensors")


def test_loading_two_that_share_memory_crosswise():
    a, b = nn.Parameter([1.0]), nn.Parameter([2.0])
    model = nn.Module()
    model.a, model.b = a, b
    model.load_state_dict({"a": b.detach(), "b": a.detach()})
    assert (a.item(), b.item()) == (2.0, 1.0)


# -- containers ----------------------------------------------------------------------------


def test_sequential_with_names_and_slices_as_torch():
    names = []
    for n in (nn, torch.nn):
        named = [("fc", n.Linear(2, 3)), ("act", n.ReLU()), ("out", n.Linear(3, 1))]
        model = n.Sequential(OrderedDict(named))
        model.append(n.Sigmoid())
        model[1] = n.Tanh()
        names.append((repr(model), list(model[1:].state_dict()), list(model.state_dict())))
    assert names[0] == names[1]


def test_module_list_and_dict():
    layers = nn.ModuleList([nn.ReLU()]).extend([nn.Tanh(), nn.Sigmoid()])
    layers[-1] = nn.GELU()
    assert [type(x).__name__ for x in layers] == ["ReLU", "Tanh", "GELU"]
    assert type(layers[1:]) is nn.ModuleList and list(layers[1:]._modules) == ["0", "1"]
    heads = nn.ModuleDict([("a", nn.Linear(1, 2))])
    heads["b"] = nn.ReLU()
    heads.update({"c": nn.Tanh(), "a": nn.Linear(1, 3)})
    assert list(heads) == list(heads.keys()) == ["a", "b", "c"] and len(heads) == 3
    assert heads["a"].out_features == 3 and "b" in heads and "d" not in heads
    assert dict(heads.items())["c"] is list(heads.values())[2]
    del heads["b"]
    assert list(heads.state_dict()) == ["a.weight", "a.bias"] and list(heads) == ["a", "c"]
    theirs = torch.nn.ModuleDict({"a": torch.nn.Linear(1, 3), "c": torch.nn.Tanh()})
    assert repr(heads) == repr(theirs)


@pytest.mark.parametrize(
    "fault, error, message",
    [
        (lambda: nn.ModuleList([ONE]), TypeError, "ModuleList: item 0 is a Tensor, not a Module"),
        (lambda: nn.ModuleDict({"a": autograd.relu}), TypeError, "'a' is a function, not a Module"),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "'keys' is taken by an attribute"),
        (lambda: nn.ModuleDict({"training": nn.ReLU()}), KeyError, "'training' is taken"),
        (lambda: nn.ModuleDict({"a.b": nn.ReLU()}), KeyError, "without dots, not 'a.b'"),
        (lambda: nn.ModuleDict({1: nn.ReLU()}), KeyError, "without dots, not 1"),
        (lambda: nn.ModuleDict()["a"], KeyError, "'a'"),
        (lambda: nn.ModuleDict().__delitem__("training"), KeyError, "'training'"),
        (lambda: nn.ModuleList([nn.ReLU()])[3], IndexError, "out of range"),
        (lambda: nn.ModuleList([nn.ReLU()]).__setitem__(0, 1), TypeError, "item 0 is a int"),
    ],
)  # fmt: skip
def test_containers_refuse(fault, error, message):
    with pytest.raises(error, match=message):
        fault()


# -- hooks ---------------------------------------------------------------------------------


def test_forward_hooks_as_torch():
    results = []
    for lib, n in ((autograd, nn), (torch, torch.nn)):
        layer, x, log = n.ReLU(), lib.tensor([1.0, -2.0]), []
        model = n.Sequential(layer)
        seen = lambda m, args, y, log=log: log.append((args[0].tolist(), y.tolist()))  # noqa: E731
        first = layer.register_forward_hook(seen)
        second = layer.register_forward_hook(lambda m, args, y: y + 1)
        third = layer.register_forward_hook(lambda m, args, y: y * 10)
        before = layer.register_forward_pre_hook(lambda m, args: (args[0] + 3,))
        single = layer.register_forward_pre_hook(lambda m, args: args[0] * 2)
        results.append([model(x).tolist()])
        second.remove()
        results[-1].append(model(x).tolist())
        for handle in (first, third, before, single):
            handle.remove()
        results[-1] += [model(x).tolist(), log]
    assert results[0] == results[1]


def double(module, args, y):
    return y * 2


def test_hooks_stay_with_copies_and_assigned_forwards():
    layer = nn.ReLU()
    with layer.register_forward_hook(double):
        others = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
        layer.forward = lambda x: x - 1
        assert layer(ONE).tolist() == [0.0, -6.0]
        for other in others:
            assert other(ONE).tolist() == [2.0, 0.0] and vars(other)["forward"].module is other
    assert layer(ONE).tolist() == [0.0, -3.0] and others[0](ONE).tolist() == [2.0, 0.0]


# -- copies and other processes ------------------------------------------------------------


def trained():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(3):
        step(model, optimizer)
    return model, optimizer


def step(model, optimizer):
    optimizer.zero_grad()
    model(autograd.linspace(-1, 1, 8).reshape(4, 2)).sum().backward()
    optimizer.step()


LOAD = """
import pickle, sys, autograd
from tests.test_nn_modules import step
model, optimizer = pickle.load(open(sys.argv[1], "rb"))
loss = model(autograd.ones(4, 2)).sum()
loss.backward()
step(model, optimizer)
print([round(x, 5) for x in model[0].weight.detach().ravel().tolist()])
"""


def test_a_trained_model_goes_on_in_another_process(tmp_path):
    model, optimizer = trained()
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps((model, optimizer)))
    run = subprocess.run(
        [sys.executable, "-c", LOAD, str(path)],
        capture_output=True, text=True, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    model(autograd.ones(4, 2)).sum().backward()
    step(model, optimizer)
    assert eval(run.stdout) == [round(x, 5) for x in model[0].weight.detach().ravel().tolist()]


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_model_is_its_own(way):
    model, optimizer = trained()
    before = {name: x.numpy().copy() for name, x in model.state_dict().items()}
    other, its_optimizer = way((model, optimizer))
    step(other, its_optimizer)
    assert all((model.state_dict()[name].numpy() == x).all() for name, x in before.items())
    step(model, optimizer)
    for name, x in model.state_dict().items():
        np.testing.assert_array_equal(x.numpy(), other.state_dict()[name].numpy())


def test_a_graph_is_not_copied_as_in_torch():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    layer = nn.Linear(2, 1)
    layer.kept = (w * w).sum()
    with pytest.raises(RuntimeError, match="deepcopy: this tensor is the result of sum"):
        copy.deepcopy(layer)


def test_what_may_be_a_parameter_is_never_a_plain_tensor():
    """A Tensor there would be used, and neither trained nor saved; torch refuses it, too."""
    ones, parted = autograd.ones(2), nn.Linear(2, 2)
    parted.bias = None
    declared = nn.Module()
    declared.register_parameter("bias", None)
    for layer in (nn.Linear(2, 2, bias=False), parted, declared, nn.BatchNorm1d(2, affine=False)):
        with pytest.raises(TypeError, match="'bias' is a Parameter and cannot become a Tensor"):
            layer.bias = ones
        layer.bias = nn.Parameter(ones)
        assert "bias" in layer.state_dict()
    whole = nn.Module()
    whole.add_module("part", None)
    with pytest.raises(TypeError, match="'part' is a Module and cannot become a Tensor"):
        whole.part = ones
    whole.note = None
    whole.note = ones  # what was never declared may be anything


@pytest.mark.parametrize("lib", [autograd, torch], ids=["ours", "torch"])
def test_copies_and_pickles_begin_without_gradients(lib):
    model = (nn if lib is autograd else torch.nn).Linear(1, 1)
    model(lib.ones(1)).sum().backward()
    plain = lib.ones(2, requires_grad=True)
    plain.sum().backward()
    assert copy.deepcopy(model).weight.grad is None
    assert pickle.loads(pickle.dumps(model)).weight.grad is None
    assert copy.deepcopy(plain).grad.tolist() == [1, 1]
    assert pickle.loads(pickle.dumps(plain)).grad is None
