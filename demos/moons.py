"""Train the 2-32-1 classifier of the lesson on the two moons, and write pictures of it."""

import argparse
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from tqdm import trange

import autograd
import nn
import viz


@np.errstate(over="ignore", invalid="ignore")  # the loss tells
def train(model, X, y, steps, lr, animation=None, checkpoint=None, settings=None):
    """Full-batch gradient descent on the binary cross entropy; returns the loss of each step.

    Ctrl-C ends it early. With a ``checkpoint`` file it goes on from there, to the same weights.
    """
    shown = {int((steps - 1) * (k / 79) ** 2) for k in range(80)}  # most happens early
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    history = []
    if checkpoint and checkpoint.exists():
        try:
            run = nn.load_checkpoint(checkpoint)
        except ValueError as error:
            sys.exit(f"--resume: {error}")
        if run["settings"] != settings:
            sys.exit(f"--resume: {checkpoint} is of a run with {run['settings']}")
        model.load_state_dict(run["model"])
        optimizer.load_state_dict(run["optimizer"])
        history = run["history"]
    kept = {"model": model, "optimizer": optimizer, "history": history, "settings": settings}
    done = len(history)
    try:
        for i in (progress := trange(done, steps, initial=done, total=steps, unit="step")):
            optimizer.zero_grad()
            p = model(X).squeeze(1)
            loss = nn.functional.binary_cross_entropy(p, y)
            history.append(loss.item())
            if not np.isfinite(loss.item()):
                sys.exit(f"\nat step {i} the loss is {loss.item()}: --lr {lr} is too large")
            if animation and i in shown:
                animation.add_frame(i, loss)
            loss.backward()
            optimizer.step()
            if i % 50 == 0 or i == steps - 1:
                now = f"loss={loss.item():.4f}, accuracy={accuracy(p, y):.2f}"
                progress.set_postfix_str(now, refresh=False)
            if checkpoint and (i % 100 == 99 or i == steps - 1):
                nn.save_checkpoint(checkpoint, **kept)
    except KeyboardInterrupt:
        print(f"\nCtrl-C: stopped after {len(history)} of {steps} steps")
    return history


def accuracy(p, y):
    """The part of the points on the right side of one half."""
    return ((p > 0.5) == (y > 0.5)).float().mean().item()


def write_pictures(model, X, y, history, animation, out):
    """Write the pictures to the folder ``out`` and return their paths."""
    names = ["loss.png", "boundary.png", "histograms.png", "graph.svg"]
    viz.plot_loss(history).figure.savefig(out / "loss.png", dpi=150)
    viz.plot_boundary(model, X, y).figure.savefig(out / "boundary.png", dpi=150)
    with autograd.record_source():  # and with it, which module each op belongs to
        loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
    viz.draw(loss, names=locals(), show="tensors").render("graph", directory=out, cleanup=True)
    model.zero_grad()
    loss.backward()
    viz.plot_histograms(model, X)[0, 0].figure.savefig(out / "histograms.png", dpi=150)
    plt.close("all")
    if animation and animation.frames:
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
    print(f"parameters  {sum(p.numel() for p in model.parameters())}", flush=True)
    animation = viz.BoundaryAnimation(model, X, y) if args.animate else None
    checkpoint = args.out / "checkpoint.safetensors" if args.resume else None
    settings = {name: getattr(args, name) for name in ("lr", "hidden", "seed", "samples", "noise")}
    history = train(model, X, y, args.steps, args.lr, animation, checkpoint, settings)
    if history:
        print(f"first loss  {history[0]:.4f}\nlast loss   {history[-1]:.4f}")
        print(f"accuracy    {accuracy(model(X).squeeze(1), y):.2f}")
        for path in write_pictures(model, X, y, history, animation, args.out):
            print(f"wrote       {path}")
    if len(history) < args.steps:
        sys.exit(130)  # as shells have it of Ctrl-C


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
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--animate", action="store_true", help="write training.gif too")
    how.add_argument("--resume", action="store_true", help="keep a checkpoint, go on from it")
    args = parser.parse_args(argv)
    for name in ("steps", "lr", "hidden", "samples"):
        if not 0 < getattr(args, name) < float("inf"):
            parser.error(f"--{name}: must be above 0 and finite, got {getattr(args, name)}")
    if not 0 <= args.noise < float("inf") or args.seed < 0:
        parser.error("--noise and --seed must be 0 or more, and finite")
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: cannot make the folder {args.out}: {error.strerror}")
    return args


if __name__ == "__main__":
    main()
