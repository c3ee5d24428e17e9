"""Train a network on scikit-learn's digits in mini-batches, and write pictures of how it went."""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from tqdm import trange

import autograd
import nn
from nn import functional as F
from nn import optim
from nn.data import DataLoader, TensorDataset, random_split

BLUE, ORANGE = "#2F6DA8", "#C2571A"


def build(cnn, dropout=0.25):
    """A network that gives images (N, 1, 8, 8) scores (N, 10), one for each digit."""
    see = [nn.Flatten(), nn.Linear(64, 128), nn.ReLU()]
    if cnn:
        see = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        see += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*see, nn.Dropout(dropout), nn.Linear(128, 10))


def train(model, batches, parts, epochs, lr):
    """The loss at each step of Adam, and what ``evaluate`` says of each part after each epoch."""
    optimizer = optim.Adam(model.parameters(), lr=lr)
    losses, curves = [], []
    try:
        for _ in (progress := trange(epochs, unit="epoch")):
            for x, y in batches:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            curves.append([evaluate(model, x, y)[:2] for x, y in parts])
            progress.set_postfix_str(f"test accuracy={curves[-1][-1][1]:.3f}")
    except KeyboardInterrupt:
        print(f"\nCtrl-C: stopped after {len(curves)} of {epochs} epochs")
    return losses, curves


def evaluate(model, x, y):
    """The loss, the part of the digits that is right, and what the model says they are."""
    model.eval()
    with autograd.no_grad():
        scores = model(x)
    model.train()
    said = scores.argmax(1)
    return F.cross_entropy(scores, y).item(), (said == y).float().mean().item(), said


def draw_curves(panels, curves):
    """Loss and accuracy after each epoch, of train and test."""
    for name, color, part in zip(("train", "test"), (BLUE, ORANGE), zip(*curves)):
        for ax, title, values in zip(panels, ("loss", "accuracy"), zip(*part)):
            ax.plot(range(1, len(values) + 1), values, color=color, linewidth=1.8, label=name)
            ax.set(title=title, xlabel="epoch")
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.legend()


def draw_confusion(ax, y, said):
    """How often each digit was taken for each; a mistake is orange."""
    counts = np.array([[np.sum((y == i) & (said == j)) for j in range(10)] for i in range(10)])
    ax.imshow(counts, cmap="Blues")
    for i, j in zip(*counts.nonzero()):
        ax.text(j, i, counts[i, j], color="white" if i == j else ORANGE, ha="center", va="center")
    ax.set(title=f"{sum(y != said)} of {len(y)} wrong", xlabel="said", ylabel="digit")
    ax.set(xticks=range(10), yticks=range(10))


def draw_wrong(panels, x, y, said):
    """The first of the images that the model gets wrong."""
    for ax, i in zip(panels, (y != said).nonzero()[0]):
        ax.imshow(x[i, 0], cmap="gray_r")
        ax.set_title(f"{y[i]}, not {said[i]}", color=ORANGE)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cnn", action="store_true", help="convolutions, no hidden layer")
    parser.add_argument("--epochs", type=int, default=20, help="passes through the data (20)")
    parser.add_argument("--lr", type=float, default=3e-3, help="learning rate of Adam (0.003)")
    parser.add_argument("--seed", type=int, default=0, help="of split, weights and order (0)")
    parser.add_argument("--out", type=Path, default="digits_out", help="folder (digits_out)")
    args = parser.parse_args(argv)
    if args.epochs < 1 or not 0 < args.lr < float("inf") or args.seed < 0 or args.out.is_file():
        parser.error("--epochs, --lr: above 0 and finite; --seed: 0 or more; --out: a folder")
    args.out.mkdir(parents=True, exist_ok=True)
    autograd.manual_seed(args.seed)
    pixels, digits = load_digits(return_X_y=True)
    x = autograd.tensor(pixels / 16, dtype=autograd.float32).reshape(-1, 1, 8, 8)
    train_set, test_set = random_split(TensorDataset(x, autograd.tensor(digits)), [0.8, 0.2])
    batches = DataLoader(train_set, batch_size=64, shuffle=True)
    model, parts = build(args.cnn), [train_set[:], test_set[:]]
    _, curves = train(model, batches, parts, args.epochs, args.lr)
    _, accuracy, said = evaluate(model, *parts[1])
    x, y, said = (t.numpy() for t in (*parts[1], said))
    figure = Figure(figsize=(13, 6), layout="constrained")
    above, below = figure.subfigures(2, height_ratios=[3, 1])
    *panels, last = above.subplots(1, 3)
    draw_curves(panels, curves)
    draw_confusion(last, y, said)
    bare = {"xticks": [], "yticks": [], "frame_on": False}
    draw_wrong(below.subplots(1, 10, subplot_kw=bare), x, y, said)
    figure.savefig(args.out / "digits.png", dpi=120)
    print(f"test accuracy  {accuracy:.4f}\nwrote          {args.out / 'digits.png'}")
    if len(curves) < args.epochs:
        raise SystemExit(130)  # as shells have it of Ctrl-C


if __name__ == "__main__":
    main()
