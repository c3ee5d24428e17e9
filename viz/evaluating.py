"""Run a model for a picture, and leave no trace in it."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd import no_grad


@contextmanager
def evaluating(predict: Any) -> Iterator[None]:
    """Within it the models of ``predict`` are in evaluation, and nothing is recorded.

    After it each of their modules is as it was before, in training or not.

    >>> import nn
    >>> model = nn.Sequential(nn.Dropout(), nn.ReLU())
    >>> with evaluating(model):
    ...     model[0].training
    False
    >>> model[0].training
    True
    """
    modules = [module for model in models(predict) for module in model.modules()]
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        with no_grad():
            yield
    finally:
        for module, training in zip(modules, before):
            module.training = training


def models(predict: Any) -> list[Any]:
    """The models that ``predict`` is, is a method of, or names among its variables."""
    found = [predict, getattr(predict, "__self__", None)]
    if inspect.isfunction(predict):
        variables = inspect.getclosurevars(predict)
        found += [*variables.nonlocals.values(), *variables.globals.values()]
    return [x for x in found if hasattr(x, "named_parameters") and not isinstance(x, type)]
