"""Containers changed as lists and dicts are, and modules asked for what is in them, as torch's."""

from collections import OrderedDict

import pytest

import autograd
import nn

from .oracles import torch

LIBS = [nn, torch.nn]
CHANGES = [
    lambda n, layers: layers.insert(1, n.GELU()),
    lambda n, layers: layers.insert(3, n.GELU()),
    lambda n, layers: layers.__delitem__(1),
    lambda n, layers: layers.__delitem__(-1),
    lambda n, layers: layers.__delitem__(slice(0, 2)),
    lambda n, layers: layers.pop(0),
    lambda n, layers: layers.pop(-2),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "make",
    [
        lambda n: n.ModuleList([n.ReLU(), n.Linear(1, 2), n.Tanh()]),
        lambda n: n.Sequential(n.ReLU(), n.Linear(1, 2), n.Tanh()),
    ],
)
def test_lists_change_as_torchs(make, change):
    runs = []
    for n in LIBS:
        layers = make(n)
        change(n, layers)
        runs.append((repr(layers), list(layers.state_dict()), len(layers)))
    assert runs[0] == runs[1]


def test_named_layers_get_numbers_as_torchs():
    runs = []
    for n in LIBS:
        layers = n.Sequential(OrderedDict(a=n.ReLU(), b=n.Linear(1, 1), c=n.Tanh()))
        taken = layers.pop(0)
        del layers[-1]
        runs.append((repr(taken), repr(layers), list(layers.state_dict())))
    assert runs[0] == runs[1]


def test_lists_are_joined_as_torchs():
    runs = []
    for n in LIBS:
        first, second = n.ModuleList([n.ReLU()]), n.Sequential(n.Linear(1, 1), n.Tanh())
        joined = [first + second, first + n.ModuleList([n.GELU()]), second + n.Sequential(n.SiLU())]
        first += [n.ELU()]
        second += n.Sequential(n.GELU())
        runs.append([repr(x) for x in (*joined, first, second)])
    assert runs[0] == runs[1]
    before = nn.Sequential(nn.Linear(1, 1))
    assert (before + nn.Sequential(nn.ReLU()))[0] is before[0] and len(before) == 1


def test_a_place_before_the_end_is_that_of_a_list():
    """torch has no pop() without an index, and loses a module that is inserted at -1."""
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers.insert(-1, nn.GELU())
    assert [type(x) for x in layers] == [nn.ReLU, nn.GELU, nn.Tanh]
    assert isinstance(layers.pop(), nn.Tanh) and len(layers) == 2


def test_a_change_that_fails_changes_nothing():
    layers = nn.Sequential(nn.ReLU(), nn.Tanh())
    before = repr(layers)
    for fault, error in (
        (lambda: layers.insert(0, 3), TypeError), (lambda: layers.pop(2), IndexError),
        (lambda: layers.__delitem__(5), IndexError), (lambda: layers.extend([3]), TypeError),
    ):  # fmt: skip
        with pytest.raises(error):
            fault()
        assert repr(layers) == before


def test_dicts_change_as_torchs():
    runs = []
    for n in LIBS:
        heads = n.ModuleDict({"a": n.ReLU(), "b": n.Linear(1, 1)})
        taken = heads.pop("a")
        with pytest.raises(KeyError):
            heads.pop("a")
        kept = repr(heads)
        heads.clear()
        runs.append((repr(taken), kept, repr(heads), len(heads), list(heads.parameters())))
    assert runs[0] == runs[1]


# -- modules -----------------------------------------------------------------------------------


class Outer:
    """A module with a parameter of its own, another module, and one parameter by two names."""

    def __new__(cls, n, lib):
        module = n.Module()
        module.scale = n.Parameter(lib.ones(1))
        module.again = module.scale
        module.inner = n.Sequential(n.Linear(1, 1), n.ReLU())
        return module


def test_parameters_of_a_module_alone_and_with_a_prefix_as_torchs():
    runs = []
    for n, lib in zip(LIBS, (autograd, torch)):
        module = Outer(n, lib)
        ways = [{}, {"prefix": "net"}, {"recurse": False}, {"prefix": "net", "recurse": False},
                {"remove_duplicate": False}]  # fmt: skip
        names = [[name for name, _ in module.named_parameters(**way)] for way in ways]
        counts = [len(list(module.parameters(recurse=recurse))) for recurse in (True, False)]
        runs.append((names, counts, len(list(module.parameters(False)))))
    assert runs[0] == runs[1]


def test_submodules_by_their_names_as_torchs():
    for n, lib in zip(LIBS, (autograd, torch)):
        module = Outer(n, lib)
        assert module.get_submodule("inner.0") is module.inner[0]
        assert module.get_submodule("inner") is module.inner and module.get_submodule("") is module
        for name in ("inner.7", "outer", "inner.0.weight"):
            with pytest.raises(AttributeError):
                module.get_submodule(name)
    with pytest.raises(AttributeError, match="Sequential has no module '7'"):
        Outer(nn, autograd).get_submodule("inner.7")


@pytest.mark.parametrize("mode", ["x", 0, 1, None, autograd.tensor(True)])
def test_train_takes_true_or_false_as_torchs(mode):
    for n in LIBS:
        model = n.Sequential(n.ReLU())
        with pytest.raises(ValueError, match="mode"):
            model.train(mode)
        assert model.training is model[0].training is True


def test_half_as_torchs():
    model, theirs = nn.Linear(2, 1).half(), torch.nn.Linear(2, 1).half()
    assert str(theirs.weight.dtype) == f"torch.{model.weight.dtype}" == "torch.float16"
