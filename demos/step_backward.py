"""A tour through backward() on the moons: printed, as a page, or in the debugger.

python demos/step_backward.py --print
python demos/step_backward.py --page backward.html
python demos/step_backward.py --pdb
python demos/step_backward.py --pdb relu sigmoid
"""

import argparse
import bdb

from sklearn.datasets import make_moons

import autograd
import nn
import viz

GUIDE = """\
The debugger stops in the VJP rules of {ops}, at the formula.
  a        the rule's arguments                 p g.shape   of the incoming cotangent
  r        to its end, where the result shows   n           back into the walk
  up       to the walk, where node is the op    p node      that op; then down
  c        on to the next stop                  q           leave
"""


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
    names |= dict(y_pred=y_pred, loss=loss)
    for name, x in names.items():
        x.name = name
    return loss, names


def debug(loss, names, ops):
    """Run backward under pdb (or whatever breakpoint() starts), with a stop at some ops."""
    print(GUIDE.format(ops=", ".join(ops)))
    try:
        with autograd.break_on(*ops):
            loss.backward()
    except bdb.BdbQuit:
        print("Left halfway: the parameters have no gradients.")
    else:
        for name in ("w1", "b1", "w2", "b2"):
            print(f"{name}.grad has arrived, {names[name].grad.shape}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--print", action="store_true", help="print each step (the default)")
    how.add_argument("--page", metavar="FILE", help="write a page to click and key through")
    how.add_argument(
        "--pdb", metavar="OP", nargs="*", help="stop in the debugger at the VJPs of these ops"
    )
    options = parser.parse_args()
    loss, names = moons_loss()
    ops = list(dict.fromkeys(node.name for node in autograd.graph.topological_order(loss)))
    if options.page:
        try:
            print(f"wrote {viz.step_page(loss, options.page, names=names).path}")
        except OSError as error:
            parser.error(f"--page: cannot write {options.page}: {error.strerror}")
    elif options.pdb is not None:
        unknown = [op for op in options.pdb if op not in ops]
        if unknown:
            parser.error(f"--pdb: no {unknown[0]} in this graph; its ops are {', '.join(ops)}")
        debug(loss, names, options.pdb or ops)
    else:
        for step in loss.backward_steps(names=names):
            print(step)
            print(f"      {step.node.where}\n")


if __name__ == "__main__":
    main()
