"""Networks: modules, layers, losses, starting values, optimizers.

>>> import autograd, nn
>>> model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
>>> model(autograd.zeros(100, 2)).shape
(100, 1)
"""

from . import functional, init, optim
from .layers import Identity, Linear, ReLU, Sequential, Sigmoid, Tanh
from .module import Module, Parameter

__all__ = [
    "Identity",
    "Linear",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
    "init",
    "optim",
]
