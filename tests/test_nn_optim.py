"""nn.optim against torch: 0-d parameters, groups, state dicts both ways, what is refused."""

import copy
import json
import pickle

import numpy as np
import pytest

import autograd
import nn
from nn.optim import SGD, Adam, AdamW, Optimizer, RMSprop, Setting

from .oracles import torch

KINDS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.3}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "betas": (0.5, 0.6)}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
]
kinds = pytest.mark.parametrize("kind, settings", KINDS, ids=str)
OPTIM = {autograd: nn.optim, torch: torch.optim}


def parameters(lib, dtype="float64"):
    """Two parameters, one of them a number."""
    values = np.array([[3.0, -2.0], [0.5, 1.0]], dtype), np.array(3.0, dtype)
    return [lib.tensor(x, requires_grad=True) for x in values]


def descend(optimizer, params, steps=3):
    """Some steps down ``sum((p - 1)**2)``; the values after each."""
    values = []
    for _ in range(steps):
        optimizer.zero_grad()
        sum(((p - 1) ** 2).sum() for p in params).backward()
        optimizer.step()
        values.append(np.concatenate([np.ravel(p.detach().numpy()) for p in params]))
    return np.array(values)


def test_momentum_on_a_number_grows():
    (p,) = [autograd.tensor(3.0, requires_grad=True)]
    optimizer = SGD([p], lr=0.1, momentum=0.9)
    np.testing.assert_allclose(descend(optimizer, [p])[:, 0], [2.6, 1.92, 1.124], rtol=1e-6)


# float16 has no 1e-8: to Adam and RMSprop a zero gradient is 0 / 0 there, to torch's too.
@pytest.mark.parametrize(
    "kind, settings, dtype, tolerance",
    [
        *[(*row, "float64", 1e-12) for row in KINDS],
        *[(*row, "float32", 1e-5) for row in KINDS],
        *[(*row, "float16", 2e-2) for row in KINDS if row[0] == "SGD"],
    ],
    ids=str,
)
def test_numbers_and_arrays_as_torch_and_dtypes_stay(kind, settings, dtype, tolerance):
    settings = {key: np.float64(x) if type(x) is float else x for key, x in settings.items()}
    runs = []
    for lib in (autograd, torch):
        params = parameters(lib, dtype)
        optimizer = getattr(OPTIM[lib], kind)(params, **settings)
        runs.append(descend(optimizer, params, 5))
        assert all(p.dtype == getattr(lib, dtype) for p in params)
    np.testing.assert_allclose(*runs, rtol=tolerance, atol=tolerance)


@kinds
def test_what_is_remembered_has_the_dtype_of_its_parameter(kind, settings):
    params = parameters(autograd, "float32")
    optimizer = getattr(nn.optim, kind)(params, **settings)
    descend(optimizer, params)
    assert [p.dtype for p in params] == ["float32"] * 2
    for state in optimizer.state.values():
        for key, x in state.items():
            assert x == 3 if key == "step" else x.dtype == "float32"


@kinds
def test_new_data_and_in_place_changes_go_on_being_updated(kind, settings):
    runs = []
    for lib in (autograd, torch):
        params = parameters(lib)
        optimizer = getattr(OPTIM[lib], kind)(params, **settings)
        descend(optimizer, params)
        for p in params:
            p.data = lib.tensor(np.full(p.shape, 5.0))
        seen = params[1].detach()
        runs.append(descend(optimizer, params))
        assert seen == params[1]
    np.testing.assert_allclose(*runs, rtol=1e-12, atol=1e-12)


def test_a_number_that_is_a_numpy_scalar():
    p = autograd.tensor(3.0, requires_grad=True)
    optimizer = Adam([p], lr=0.1)
    p.data = np.float32(3.0)
    descend(optimizer, [p], 2)
    assert abs(p.item() - 2.8) < 1e-3 and p.dtype == "float32"


def test_a_rule_writes_into_no_array():
    for kind, settings in KINDS:
        params = parameters(autograd)
        optimizer = getattr(nn.optim, kind)(params, **settings)
        for _ in range(3):
            for p in params:
                p.grad = autograd.tensor(np.ones(p.shape))
                for x in [p.grad.data, *optimizer.state[p].values()]:
                    if isinstance(x, np.ndarray):
                        x.flags.writeable = False
            optimizer.step()
        for p in params:
            assert not any(np.shares_memory(x, p.grad.data) for x in optimizer.state[p].values())


# -- groups ------------------------------------------------------------------------------


@kinds
def test_groups_as_torch(kind, settings):
    runs = []
    for lib in (autograd, torch):
        a, b, c = [*parameters(lib), lib.tensor(np.array([1.0, 2.0]), requires_grad=True)]
        groups = [{"params": [a], "name": "first"}, {"params": b, "lr": 0.02}]
        optimizer = getattr(OPTIM[lib], kind)(groups, **settings)
        values = descend(optimizer, [a, b])
        optimizer.add_param_group({"params": [c], "weight_decay": 0.3})
        optimizer.param_groups[0]["lr"] = 0.01
        values = [*values.ravel(), *descend(optimizer, [a, b, c]).ravel()]
        runs.append(values)
        assert [len(group["params"]) for group in optimizer.param_groups] == [1, 1, 1]
        assert optimizer.param_groups[0]["name"] == "first"
    np.testing.assert_allclose(*runs, rtol=1e-12, atol=1e-12)


def test_an_attribute_reads_the_first_group_and_sets_all():
    a, b = parameters(autograd)
    optimizer = AdamW([{"params": [a]}, {"params": [b], "weight_decay": 0.5}], lr=0.1)
    assert optimizer.weight_decay == 0.01 and optimizer.betas == (0.9, 0.999)
    optimizer.weight_decay = 0.2
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.2, 0.2]
    theirs = parameters(torch)
    expected = descend(torch.optim.AdamW(theirs, lr=0.1, weight_decay=0.2), theirs)
    np.testing.assert_allclose(descend(optimizer, [a, b]), expected, rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match="lr must be 0 or more, got -1"):
        optimizer.lr = -1
    with pytest.raises(TypeError, match="lr must be a number, got str"):
        optimizer.lr = "0.1"


@pytest.mark.parametrize("shape", [(), (2,)])
@kinds
def test_what_is_written_into_a_group_becomes_a_number(kind, settings, shape):
    runs = []
    for number in (float, np.float64, np.array, autograd.tensor):
        p = autograd.ones(*shape, requires_grad=True)
        optimizer = getattr(nn.optim, kind)([p], **settings)
        for lr in (0.5, 0.25):
            optimizer.param_groups[0]["lr"] = number(lr)
            optimizer.param_groups[0].update(weight_decay=number(0.125))
            (p * p).sum().backward()
            optimizer.step()
        assert p.dtype == np.float32 and type(p.data) is np.ndarray
        assert all(getattr(x, "dtype", np.float32) == np.float32
                   for x in optimizer.state[p].values())  # fmt: skip
        runs.append(p.tolist())
    assert runs[0] == runs[1] == runs[2] == runs[3]
    with pytest.raises(TypeError, match="lr must be a number, got str"):
        optimizer.param_groups[0]["lr"] = "fast"
    with pytest.raises(ValueError, match="weight_decay must be 0 or more"):
        optimizer.param_groups[0]["weight_decay"] = -1


def test_every_setting_is_an_attribute():
    for kind, settings in KINDS:
        optimizer = getattr(nn.optim, kind)(parameters(autograd), **settings)
        for name, value in optimizer.defaults.items():
            assert isinstance(getattr(type(optimizer), name), Setting)
            assert getattr(optimizer, name) == value


def test_repr_is_torchs_as_far_as_the_settings_go():
    ours = repr(SGD([{"params": p} for p in parameters(autograd)], lr=0.5)).splitlines()
    theirs = repr(torch.optim.SGD([{"params": p} for p in parameters(torch)], lr=0.5)).splitlines()
    own = ["SGD", "Group", "lr", "momentum", "dampening", "decay", "nesterov", ")"]
    kept = [line for line in theirs if any(name in line for name in own)]
    assert [line.replace(": 0.0", ": 0") for line in ours] == kept


# -- state dicts -------------------------------------------------------------------------


def torchs(state_dict):
    """A state dict of ours with torch's tensors."""
    if isinstance(state_dict, dict):
        return {key: torchs(x) for key, x in state_dict.items()}
    if isinstance(state_dict, list):
        return [torchs(x) for x in state_dict]
    return torch.tensor(state_dict.numpy()) if hasattr(state_dict, "grad_fn") else state_dict


@kinds
def test_state_dicts_go_to_torch_and_back(kind, settings):
    ours, theirs = parameters(autograd), parameters(torch)
    optimizer = getattr(nn.optim, kind)(ours, **settings)
    descend(optimizer, ours)
    for p, q in zip(ours, theirs):
        q.data = torch.tensor(p.data.copy())
    # Their settings are others, so that what is not loaded would be seen.
    their_optimizer = getattr(torch.optim, kind)(theirs, lr=0.7)
    their_optimizer.load_state_dict(torchs(optimizer.state_dict()))
    np.testing.assert_allclose(
        descend(optimizer, ours), descend(their_optimizer, theirs), rtol=1e-12
    )
    for q, p in zip(theirs, ours):
        p.data = q.detach().numpy().copy()
    back = getattr(nn.optim, kind)(ours, lr=0.7)
    back.load_state_dict(their_optimizer.state_dict())
    assert back.defaults.keys() <= back.param_groups[0].keys()
    assert repr(back).replace("0.0\n", "0\n") == repr(optimizer).replace("0.0\n", "0\n")
    np.testing.assert_allclose(
        descend(back, ours), descend(their_optimizer, theirs), rtol=1e-12, atol=1e-12
    )


@kinds
def test_state_dict_names_torchs_keys(kind, settings):
    keys = []
    for lib in (autograd, torch):
        params = parameters(lib)
        optimizer = getattr(OPTIM[lib], kind)(params, **settings)
        descend(optimizer, params)
        state = optimizer.state_dict()["state"]
        keys.append({i: {k for k, x in s.items() if x is not None} for i, s in state.items()})
        assert [g["params"] for g in optimizer.state_dict()["param_groups"]] == [[0, 1]]
    assert {i: k for i, k in keys[0].items() if k} == {i: k for i, k in keys[1].items() if k}


@kinds
def test_a_state_dict_is_a_copy_and_survives_json(kind, settings):
    params = parameters(autograd)
    optimizer = getattr(nn.optim, kind)(params, **settings)
    descend(optimizer, params)
    values = [p.numpy().copy() for p in (p.detach() for p in params)]
    kept = optimizer.state_dict()
    expected = descend(optimizer, params)
    kept["param_groups"] = json.loads(json.dumps(kept["param_groups"]))
    for p, value in zip(params, values):
        p.data = value
    fresh = getattr(nn.optim, kind)(params)
    fresh.load_state_dict(kept)
    assert (descend(fresh, params) == expected).all()


@kinds
@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_goes_on_by_itself(kind, settings, way):
    params = parameters(autograd)
    optimizer = getattr(nn.optim, kind)(params, **settings)
    descend(optimizer, params)
    for p in params:
        p.grad = None
    others, other = way((params, optimizer))
    expected = descend(optimizer, params)
    assert (descend(other, others) == expected).all()


def changed(**changes):
    """A fault: a state dict with something else in its first group."""

    def fault(state):
        state["param_groups"][0].update(changes)
        return state

    return fault


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda s: {**s, "param_groups": []}, r"groups of \[2\] parameters.* of \[\]"),
        (changed(params=[0]), r"groups of \[2\] parameters.* of \[1\]"),
        (lambda s: {**s, "state": {1: {**s["state"][1], "exp_avg": np.ones(3)}}},
         r"exp_avg of parameter 1 is \(3,\)"),
        (lambda s: {**s, "state": {1: {"exp_avg": np.ones(3)}}},
         "the state of parameter 1 has no exp_avg_sq, step"),
        (lambda s: {**s, "state": {"0": s["state"][0]}}, r"a state for \['0'\], .* \[0, 1\]"),
        (lambda s: {**s, "state": {2: s["state"][0]}}, r"a state for \[2\]"),
        (changed(amsgrad=True), r"unknown: \['amsgrad'\]"),
        (changed(eps=-1.0), "eps must be 0 or more"),
        (changed(lr=float("nan")), "lr must be"),
        (changed(betas=(0.9, 1.0)), "betas must be two numbers"),
        (changed(decoupled_weight_decay=True), r"unknown: \['decoupled_weight_decay'\]"),
        (lambda s: {}, 'has "state" and "param_groups"'),
        (lambda s: {**s, "param_groups": [{}]}, r"groups of \[2\] parameters.* of \[0\]"),
        (lambda s: {**s, "param_groups": [{"params": [0, 1], "lr": 0.1}]}, "settings missing"),
    ],
)  # fmt: skip
def test_a_bad_state_dict_changes_nothing(fault, message):
    params = parameters(autograd)
    optimizer = Adam(params, lr=0.1)
    descend(optimizer, params)
    before = repr(optimizer.state_dict())
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(fault(optimizer.state_dict()))
    assert repr(optimizer.state_dict()) == before


@pytest.mark.parametrize("lib", [autograd, torch], ids=["ours", "torch"])
@pytest.mark.parametrize("kind, other", [("Adam", "AdamW"), ("AdamW", "Adam")])
def test_adam_and_adamw_do_not_take_each_others_state(lib, kind, other):
    theirs = getattr(OPTIM[lib], kind)(parameters(lib)).state_dict()
    with pytest.raises(ValueError, match="decoupled_weight_decay"):
        getattr(nn.optim, other)(parameters(autograd)).load_state_dict(theirs)
    getattr(nn.optim, kind)(parameters(autograd)).load_state_dict(theirs)


# -- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault, error, message",
    [
        (lambda w: SGD(nn.Linear(1, 1).parameters), TypeError, "not Module.parameters"),
        (lambda w: SGD(nn.Linear(1, 1)), TypeError, r"model\.parameters\(\), not Linear"),
        (lambda w: SGD({"params": [w]}), TypeError, "or of groups"),
        (lambda w: SGD([{"lr": 1.0}]), TypeError, "a group is a dict"),
        (lambda w: SGD([{"params": [w], "momentun": 1.0}]), ValueError, "no setting 'momentun'"),
        (lambda w: SGD([w, w]), ValueError, "twice"),
        (lambda w: SGD([{"params": w}, {"params": [w]}]), ValueError, "twice"),
        (lambda w: SGD([{"params": w, "lr": -1}]), ValueError, "lr must be 0 or more, got -1"),
        (lambda w: SGD([{"params": w, "nesterov": True}]), ValueError, "nesterov"),
        (lambda w: SGD([w], lr=float("nan")), ValueError, "got nan"),
        (lambda w: Adam([w], betas=0.9), ValueError, "betas must be two numbers"),
        (lambda w: Adam([w], betas=(0.9, -0.1)), ValueError, "betas must be 0 or more"),
        (lambda w: RMSprop([w], lr="fast"), TypeError, "lr must be a number, got str"),
        (lambda w: Optimizer([w]).state_dict() and Optimizer([w]).change(1, 2, {}),
         NotImplementedError, r"has no change\(\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(fault, error, message):
    with pytest.raises(error, match=message):
        fault(autograd.tensor([1.0], requires_grad=True))


def test_frozen_parameters_are_left_alone_as_in_torch():
    for lib, layers in ((autograd, nn), (torch, torch.nn)):
        model = layers.Sequential(layers.Linear(2, 2), layers.Linear(2, 1))
        for p in model[0].parameters():
            p.requires_grad_(False)
        before = [p.detach().clone() for p in model.parameters()]
        optimizer = (nn.optim if lib is autograd else torch.optim).SGD(model.parameters(), lr=0.1)
        model(lib.ones(3, 2)).sum().backward()
        optimizer.step()
        changed = [bool((p != old).any()) for p, old in zip(model.parameters(), before)]
        assert changed == [False, False, True, True]
