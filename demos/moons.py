"""Train the 2-32-1 classifier of the lesson on the two moons, and write pictures of it."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from tqdm import trange

import autograd
import nn
import viz


def train(model, X, y, steps, lr, animation=None):
    """Full-batch gradient descent on the binary cross entropy; returns the loss of each step."""
    shown = {int((steps - 1) * (k / 79) ** 2) for k in range(80)}  # most happens early
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    history = []
    for i in (progress := trange(steps, desc="training", unit="step")):
        optimizer.zero_grad()
        p = model(X).squeeze(1)
        loss = nn.functional.binary_cross_entropy(p, y)
        if animation and i in shown:
            animation.add_frame(i, loss)
        loss.backward()
        optimizer.step()
        history.append(loss.item())
        if i % 50 == 0 or i == steps - 1:
            now = f"loss={loss.item():.4f}, accuracy={accuracy(p, y):.2f}"
            progress.set_postfix_str(now, refresh=False)
    return history


def accuracy(p, y):
    """The part of the points on the right side of one half."""
    return ((p > 0.5) == (y > 0.5)).float().mean().item()


def write_pictures(model, X, y, history, animation, out):
    """Write the pictures to the folder ``out`` and return their paths."""
    names = ["loss.png", "boundary.png", "histograms.png", "graph.svg"]
    viz.plot_loss(history).figure.savefig(out / "loss.png", dpi=150)
    viz.plot_boundary(model, X, y).figure.savefig(out / "boundary.png", dpi=150)
    viz.plot_histograms(model, X)[0, 0].figure.savefig(out / "histograms.png", dpi=150)
    plt.close("all")
    with autograd.record_source():  # and with it, which module each op belongs to
        loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
    viz.draw(loss, names=locals(), show="tensors").render("graph", directory=out, cleanup=True)
    if animation:
        animation.save(out / "training.gif")
        names.append("training.gif")
    return [out / name for name in names]


def main(argv=None):
    args = parse(argv)
    plt.switch_backend("Agg")  # the pictures go to files, not to a screen
    autograd.manual_seed(args.seed)
    X, y = make_moons(noise=args.noise, n_samples=args.samples, random_state=0)
    X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)
    hidden = args.hidden
    model = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1), nn.Sigmoid())
    print(f"parameters  {sum(p.numel() for p in model.parameters())}")
    animation = viz.BoundaryAnimation(model, X, y) if args.animate else None
    history = train(model, X, y, args.steps, args.lr, animation)
    print(f"first loss  {history[0]:.4f}")
    print(f"last loss   {history[-1]:.4f}")
    print(f"accuracy    {accuracy(model(X).squeeze(1), y):.2f}")
    for path in write_pictures(model, X, y, history, animation, args.out):
        print(f"wrote       {path}")


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--steps", type=int, default=1000, help="gradient steps (1000)")
    add("--lr", type=float, default=1.0, help="learning rate (1.0)")
    add("--hidden", type=int, default=32, help="hidden neurons (32)")
    add("--seed", type=int, default=0, help="of the starting weights (0)")
    add("--samples", type=int, default=100, help="points in the data (100)")
    add("--noise", type=float, default=0.25, help="spread of the moons (0.25)")
    add("--out", type=Path, default=Path("moons_out"), help="folder for the pictures (moons_out)")
    add("--animate", action="store_true", help="write training.gif too: the boundary as it grows")
    args = parser.parse_args(argv)
    for name in ("steps", "lr", "hidden", "samples"):
        if not 0 < getattr(args, name) < float("inf"):
            parser.error(f"--{name}: must be above 0, got {getattr(args, name)}")
    if not 0 <= args.noise < float("inf") or args.seed < 0:
        parser.error("--noise and --seed must be 0 or more")
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: cannot make the folder {args.out}: {error.strerror}")
    return args


if __name__ == "__main__":
    main()
