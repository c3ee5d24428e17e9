"""Training steps that are written once: ours, compiled and torch's by module, and jax's."""

from collections.abc import Callable
from functools import partial
from typing import Any

from . import peers
from .workload import Step, step_by_step


def by_module(
    network: Callable, loss_of: Callable, weights: Callable, data: Callable, lr: float
) -> dict[str, Callable[[], Step]]:
    """The lesson's loop in ours, compiled and torch, which differ in the imports only.

    ``network(nn)`` makes a Sequential with layers 0 and 2, ``loss_of(nn, model, X, y)`` its loss.
    """

    def training(library: Any, nn: Any, optim: Any, compile: Any = step_by_step) -> Step:
        model = network(nn)
        names = ["0.weight", "0.bias", "2.weight", "2.bias"]
        model.load_state_dict(dict(zip(names, map(library.tensor, weights()))))
        optimizer = optim.SGD(model.parameters(), lr=lr)
        X, y = map(library.tensor, data())

        def loss(X: Any, y: Any) -> Any:
            return loss_of(nn, model, X, y)

        train = compile(loss, X, y, optimizer=optimizer)
        return lambda: train(X, y).item()

    def ours() -> Step:
        import autograd
        import nn

        return training(autograd, nn, nn.optim)

    def compiled() -> Step:
        import autograd
        import nn

        return training(autograd, nn, nn.optim, autograd.compile)

    def in_torch() -> Step:
        torch = peers.import_torch()
        return training(torch, torch.nn, torch.optim)

    return {peers.OURS: ours, peers.COMPILED: compiled, peers.TORCH: in_torch}


def by_jax(loss_by: Callable, weights: Callable, data: Callable, lr: float) -> Step:
    """A whole step in one jit. ``loss_by(jax, jnp)`` makes the loss of parameters and data."""
    jax = peers.import_jax()
    import jax.numpy as jnp

    loss_of = loss_by(jax, jnp)

    @partial(jax.jit, donate_argnums=0)
    def train(params: Any, *data: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(params, *data)
        return [w - lr * dw for w, dw in zip(params, grads)], loss

    arrays = [jnp.asarray(x) for x in data()]
    params = [jnp.asarray(w) for w in weights()]

    def step() -> float:
        nonlocal params
        params, loss = train(params, *arrays)
        return float(loss)

    return step
