"""A few hundred random programs beside torch; ``python -m tests.fuzz`` runs more of them."""

import random
import warnings

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .fuzz import differs, drawn, smallest


@settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.randoms(use_true_random=False))
def test_random_programs_agree_with_torch(chance):
    agrees(chance, 60)


def test_long_programs_agree_with_torch():
    for seed in range(20):
        agrees(random.Random(seed), 200)


def agrees(chance, most):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        lines, arrays = drawn(chance, most)
        if differs(lines, arrays):
            text = "\n".join(smallest(lines, arrays))
            raise AssertionError(f"for {arrays}:\n{text}\n{differs(lines, arrays)}")


def test_a_wrong_rule_is_found(monkeypatch):
    from autograd.ops.trigonometry import tanh

    ((_, needs),) = tanh.op.rules
    monkeypatch.setattr(tanh.op, "rules", [(lambda g, y: g * (1 - y), needs)])
    assert differs(["v1 = m.tanh(v0)", "loss = v1.sum()"], [np.array([0.3])])
