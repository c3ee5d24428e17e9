"""A gallery of computation graphs: each is drawn to an SVG file."""

import argparse
from pathlib import Path

from sklearn.datasets import make_moons

import autograd
import nn
import viz


def leaf(value):
    return autograd.tensor(value, requires_grad=True)


def expression():
    """The example of micrograd's README: every number and its gradient."""
    a, b = leaf(-4.0), leaf(2.0)
    c = a + b
    d = a * b + b**3
    c = c + (c + 1)
    c = c + (1 + c + (-a))
    d = d + (d * 2 + (b + a).relu())
    d = d + (3 * d + (b - a).relu())
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    return viz.draw(g, values=True, grads="all")


def neuron():
    """One neuron: two inputs, two weights, a bias, tanh."""
    x1, x2 = autograd.tensor(2.0), autograd.tensor(0.0)
    w1, w2, b = leaf(-3.0), leaf(1.0), leaf(6.8813735870195432)
    n = x1 * w1 + x2 * w2 + b
    o = n.tanh()
    return viz.draw(o, values=True, grads="all", show="both", legend=True)


def moons_step():
    """A training step of the 2-32-1 classifier, recorded with its modules: the loss and names."""
    X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
    X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    with autograd.record_source():
        y_pred = model(X).squeeze(1)
        loss = nn.BCELoss()(y_pred, y)
    return loss, {"X": X, "y": y, "y_pred": y_pred, "loss": loss}


def moons():
    """The moons step: modules as boxes, the ranges of values and gradients."""
    loss, names = moons_step()
    return viz.draw(loss, names=names, values=True, grads="all", legend=True)


def folded():
    """The same with each layer folded into one node."""
    loss, names = moons_step()
    return viz.draw(loss, names=names, depth=1)


def saved():
    """What each op keeps for its VJP rules, and the way from the data to the loss."""
    loss, names = moons_step()
    way = [names["X"], *autograd.topological_order(loss), loss]
    return viz.draw(loss, names=names, saved=True, highlight=way)


def second_derivative():
    """The derivative of x² tanh(x) as a graph of its own: each VJP rule is in a box."""
    x = leaf(1.5)
    with autograd.record_source():
        y = x**2 * x.tanh()
        (dx,) = autograd.grad(y, x, create_graph=True)
    return viz.draw(dx, values=True)


GALLERY = [expression, neuron, moons, folded, saved, second_derivative]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("gallery_out"), help="folder for the pictures"
    )
    out = parser.parse_args(argv).out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: cannot make the folder {out}: {error.strerror}")
    for picture in GALLERY:
        path = picture().render(f"gallery_{picture.__name__}", directory=out, cleanup=True)
        print(f"wrote {path}: {picture.__doc__.splitlines()[0]}")


if __name__ == "__main__":
    main()
