"""A tour through backward() on the moons: printed, as a page, or in the debugger.

python demos/step_backward.py --print
python demos/step_backward.py --page backward.html
python demos/step_backward.py --pdb relu
"""

import argparse

from sklearn.datasets import make_moons

import autograd
import nn
import viz


def moons_loss():
    """The loss of an untrained 2-32-1 classifier, with names for what is on the way."""
    X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
    X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)
    autograd.manual_seed(0)
    layer1, layer2 = nn.Linear(2, 32), nn.Linear(32, 1)
    w1, b1, w2, b2 = layer1.weight, layer1.bias, layer2.weight, layer2.bias
    with autograd.record_source():
        z1 = layer1(X)
        a1 = autograd.relu(z1)
        z2 = layer2(a1)
        p = autograd.sigmoid(z2)
        y_pred = p.squeeze(1)
        loss = nn.functional.binary_cross_entropy(y_pred, y)
    names = dict(X=X, y=y, w1=w1, b1=b1, w2=w2, b2=b2, z1=z1, a1=a1, z2=z2, p=p)
    return loss, {**names, "y_pred": y_pred, "loss": loss}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--print", action="store_true", help="print each step (the default)")
    how.add_argument("--page", metavar="FILE", help="write a page to click and key through")
    how.add_argument("--pdb", metavar="OP", help="stop in the debugger before the VJP of an op")
    options = parser.parse_args()
    loss, names = moons_loss()
    if options.page:
        print(f"wrote {viz.step_page(loss, options.page, names=names).path}")
    elif options.pdb:
        print(
            "In the debugger: p node, p g.shape; n until the line with vjp(...), s into the rule."
        )
        with autograd.break_on(options.pdb):
            loss.backward()
    else:
        for step in loss.backward_steps(names=names):
            print(step)
            print(f"      {step.node.where}\n")


if __name__ == "__main__":
    main()
