"""Pictures of a model in training change nothing of it: neither numbers, nor modes, nor seeds."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import autograd
import nn
import viz
from viz.evaluating import evaluating

RNG = np.random.default_rng(0)
X = autograd.tensor(RNG.standard_normal((12, 2)), dtype=autograd.float32)
Y = autograd.tensor(np.arange(12) % 2, dtype=autograd.float32)


def network():
    autograd.manual_seed(1)
    return nn.Sequential(
        nn.Linear(2, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(8, 1),
        nn.Sigmoid(),
    )


class Holder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = network()

    def forward(self, x):
        return self.inner(x)

    def predict(self, x):
        return self.inner(x)


PICTURES = {
    "boundary": lambda model: viz.plot_boundary(model, X, Y, resolution=5),
    "of a lambda": lambda model: viz.plot_boundary(lambda p: model(p), X, Y, resolution=5),
    "of a method": lambda model: viz.plot_boundary(model.forward, X, Y, resolution=5),
    "frame": lambda model: viz.BoundaryAnimation(model, X, Y, resolution=5).add_frame(0, 0.7),
    "dead relus": lambda model: viz.dead_relus(model, X),
    "histograms": lambda model: viz.plot_histograms(model, X),
}


def trained(picture):
    """The state of a network after some steps, each with a picture, and the next random number."""
    model = network()
    model[1].eval()  # a mode of its own, which must stay
    frozen = nn.Sequential(model)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy(model(X).squeeze(1), Y).backward()
        picture(model)
        optimizer.step()
        model[1].train()
    modes = [module.training for module in frozen.modules()]
    plt.close("all")
    return {k: x.tolist() for k, x in model.state_dict().items()}, modes, autograd.rand(1).item()


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_training_ends_where_it_ends_without_pictures(picture):
    assert trained(picture) == trained(lambda model: None)


def test_modes_are_put_back_as_they_were():
    model = Holder()
    model.inner[1].eval()
    before = [module.training for module in model.modules()]
    for predict in (model, model.predict, model.__call__, lambda p: model(p)):
        with evaluating(predict):
            assert not any(module.training for module in model.modules())
            assert not (model.inner[0].weight * 2).requires_grad
        assert [module.training for module in model.modules()] == before
    assert True in before and False in before


def test_modes_are_put_back_after_an_error():
    wrong = nn.Sequential(nn.Dropout(), nn.Linear(3, 1))
    with pytest.raises(ValueError, match="linear"):
        viz.plot_boundary(wrong, X, Y)
    with pytest.raises(ValueError, match="linear"):
        viz.dead_relus(wrong, X)
    assert all(module.training for module in wrong.modules())


def test_dropout_is_off_in_the_picture():
    model = nn.Sequential(nn.Dropout(0.9), nn.ReLU())
    assert viz.dead_relus(model, autograd.ones(3, 50)) == [(0, 50)]
