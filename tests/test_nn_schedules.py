"""Learning-rate schedules against torch: alone, chained, with rates set by hand, saved."""

import json

import numpy as np
import pytest

import autograd
import nn

from .oracles import torch

SCHEDULES = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [5, 2, 2], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("LinearLR", {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 4}),
    ("LinearLR", {}),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.1}),
    ("CosineAnnealingLR", {"T_max": 5}),
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (t + 2)}),
    ("LambdaLR", {"lr_lambda": [lambda t: 1 / (t + 2), lambda t: np.float64(0.9**t)]}),
]
names = [name for name, _ in SCHEDULES]
schedules = pytest.mark.parametrize(
    "name, settings", SCHEDULES, ids=[f"{name}{i}" for i, name in enumerate(names)]
)


def optimizers():
    """An optimizer with two groups, by each library."""
    for lib, optim in ((autograd, nn.optim), (torch, torch.optim)):
        params = [lib.tensor(1.0, requires_grad=True) for _ in range(2)]
        for p in params:
            p.grad = lib.tensor(0.0)
        yield optim, optim.SGD([{"params": [params[0]]}, {"params": params[1:], "lr": 0.5}], lr=2.0)


def rates(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def run(optimizer, schedules, steps=12, by_hand=None):
    """The rates of each group over some steps; ``by_hand`` is set after the third."""
    found = []
    for i in range(steps):
        found.append(rates(optimizer))
        optimizer.step()
        for schedule in schedules:
            schedule.step()
            assert schedule.get_last_lr() is not None
        if i == 2 and by_hand:
            optimizer.param_groups[0]["lr"] = by_hand
    return found


@schedules
@pytest.mark.parametrize("by_hand", [None, 0.7])
def test_alone_as_torch(name, settings, by_hand):
    runs = []
    for optim, optimizer in optimizers():
        schedule = getattr(optim.lr_scheduler, name)(optimizer, **settings)
        runs.append(run(optimizer, [schedule], by_hand=by_hand))
        runs[-1].append(schedule.get_last_lr())
        assert all(type(lr) is float for lr in rates(optimizer)) or optim is torch.optim
    np.testing.assert_allclose(*runs, rtol=1e-12)


@pytest.mark.parametrize("second", range(len(SCHEDULES)), ids=names)
@pytest.mark.parametrize("first", range(len(SCHEDULES)), ids=names)
def test_chained_as_torch(first, second):
    runs = []
    for optim, optimizer in optimizers():
        made = [getattr(optim.lr_scheduler, SCHEDULES[i][0])(optimizer, **SCHEDULES[i][1])
                for i in (first, second)]  # fmt: skip
        runs.append(run(optimizer, made))
    np.testing.assert_allclose(*runs, rtol=1e-12)


@schedules
def test_saved_and_loaded_it_goes_on(name, settings):
    _, optimizer = next(optimizers())
    schedule = getattr(nn.optim.lr_scheduler, name)(optimizer, **settings)
    run(optimizer, [schedule], 5)
    kept = json.loads(json.dumps([schedule.state_dict(), optimizer.state_dict()["param_groups"]]))
    expected = run(optimizer, [schedule])
    _, other = next(optimizers())
    again = getattr(nn.optim.lr_scheduler, name)(other, **settings)
    again.load_state_dict(kept[0])
    other.load_state_dict({"state": {}, "param_groups": kept[1]})
    assert run(other, [again]) == expected


def test_a_rate_below_zero_as_torch_is_saved_and_loaded():
    runs = []
    for optim, optimizer in optimizers():
        cosine = optim.lr_scheduler.CosineAnnealingLR(optimizer, 4, eta_min=0.05)
        steps = optim.lr_scheduler.MultiStepLR(optimizer, [5])
        runs.append(run(optimizer, [cosine, steps], 6))
        optimizer.load_state_dict(optimizer.state_dict())
        runs[-1].append(rates(optimizer))
    np.testing.assert_allclose(*runs, rtol=1e-12)
    assert min(runs[0][-1]) < 0


def test_a_state_of_another_schedule_is_refused():
    made = [getattr(nn.optim.lr_scheduler, name)(next(optimizers())[1], **settings)
            for name, settings in SCHEDULES]  # fmt: skip
    for schedule in made:
        before = schedule.state_dict()
        for other in made:
            if type(other) is not type(schedule):
                with pytest.raises(ValueError, match="and the state dict, of another schedule, "):
                    schedule.load_state_dict(other.state_dict())
        assert schedule.state_dict() == before
    other = nn.optim.lr_scheduler.StepLR(nn.optim.SGD([autograd.ones(1, requires_grad=True)]), 3)
    with pytest.raises(ValueError, match="StepLR: base_lrs is for 1 groups, and here are 2"):
        nn.optim.lr_scheduler.StepLR(next(optimizers())[1], 3).load_state_dict(other.state_dict())


@schedules
def test_states_of_torchs_schedules_are_loaded(name, settings):
    made = [getattr(optim.lr_scheduler, name)(optimizer, **settings)
            for optim, optimizer in optimizers()]  # fmt: skip
    run(made[1].optimizer, [made[1]], 3)
    made[0].load_state_dict(made[1].state_dict())
    for ours, theirs in zip(made[0].optimizer.param_groups, made[1].optimizer.param_groups):
        ours["lr"] = theirs["lr"]
    runs = [run(schedule.optimizer, [schedule]) for schedule in made]
    np.testing.assert_allclose(*runs, rtol=1e-12)


@pytest.mark.parametrize("name, settings", [("StepLR", {"step_size": 1}),
                                            ("ExponentialLR", {"gamma": 0.5})])  # fmt: skip
def test_a_group_that_is_added_later_is_scheduled_too(name, settings):
    runs = []
    for optim, optimizer in optimizers():
        schedule = getattr(optim.lr_scheduler, name)(optimizer, **settings)
        lib = torch if optim is torch.optim else autograd
        optimizer.add_param_group({"params": [lib.ones(1, requires_grad=True)], "lr": 1.0})
        runs.append(run(optimizer, [schedule], 3))
    assert runs[0] == runs[1] and runs[0][-1][2] < 1


@pytest.mark.parametrize(
    "settings",
    [
        {"patience": 1},
        {"mode": "max", "patience": 0, "factor": 0.5},
        {"patience": 0, "threshold": 0.2, "threshold_mode": "abs", "cooldown": 2},
        {"mode": "max", "patience": 1, "threshold": 0.1, "threshold_mode": "abs"},
        {"patience": 0, "min_lr": 0.3, "factor": 0.5},
        {"patience": 0, "min_lr": [0.5, 0.1], "factor": 0.5},
        {"patience": 0, "factor": 0.5, "eps": 0.4},
    ],
    ids=str,
)
def test_plateau_as_torch(settings):
    measures = [1.0, 0.9, 0.95, 0.9, 0.5, float("nan"), 0.6, 0.49, 0.7, 0.8, 0.9, 1.5, 0.1, 0.1]
    runs = []
    for optim, optimizer in optimizers():
        schedule, found = optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings), []
        for measure in measures:
            schedule.step(measure)
            found.append(rates(optimizer))
        runs.append(found)
    np.testing.assert_allclose(*runs, rtol=1e-12)


def test_plateau_saved_and_loaded_goes_on():
    plateau, other = (
        nn.optim.lr_scheduler.ReduceLROnPlateau(next(optimizers())[1], patience=3) for _ in "ab"
    )
    for measure in (autograd.tensor(0.5), 0.6, 0.6, 0.6):
        plateau.step(measure)
    other.load_state_dict(json.loads(json.dumps(plateau.state_dict())))
    assert rates(other.optimizer) == [2.0, 0.5]
    other.step(0.6)
    assert other.get_last_lr() == [pytest.approx(0.2), pytest.approx(0.05)]


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda s, o: s.StepLR(o, 0), "step_size must be 1 or more, got 0"),
        (lambda s, o: s.CosineAnnealingLR(o, 0), "T_max must be 1 or more, got 0"),
        (lambda s, o: s.LambdaLR(o, [abs]), "1 functions for 2 groups"),
        (lambda s, o: s.LinearLR(o, start_factor=0), "start_factor must be above 0"),
        (lambda s, o: s.LinearLR(o, end_factor=1.5), "within 0 to 1"),
        (lambda s, o: s.ReduceLROnPlateau(o, mode="less"), "'min' or 'max'"),
        (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), "factor must be below 1"),
        (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), "1 min_lr for 2 groups"),
    ],
)
def test_schedules_refuse(fault, message):
    with pytest.raises(ValueError, match=message):
        fault(nn.optim.lr_scheduler, next(optimizers())[1])
