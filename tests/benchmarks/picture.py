"""The rows as a picture: what each program needs relative to ours, as bars on a log scale."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from . import peers
from .run import Row
from .table import cell, conditions

RED, GREY = "#d1495b", "#9aa5b8"


def draw(rows: list[Row], path: Path) -> None:
    """Write the picture to ``path``: a group of bars for each row that ours is in."""
    rows = [row for row in rows if peers.OURS in row.seconds]
    bars = [(row, peer) for row in rows for peer in row.seconds]
    ratios = [row.seconds[peer] / row.seconds[peers.OURS] for row, peer in bars]
    # A line for each bar, and before each row's first one for its title.
    lines = [i + 1.4 * (1 + rows.index(row)) for i, (row, _) in enumerate(bars)]
    firsts = [bars.index((row, next(iter(row.seconds)))) for row in rows]

    figure = Figure(figsize=(9, 0.9 + 0.24 * (lines[-1] + 1)), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_xlim(min([0.25, *ratios]) / 2.5, max([4, *ratios]) * 2.5)
    axes.set_ylim(lines[-1] + 0.8, -0.4)
    for (row, peer), ratio, y in zip(bars, ratios, lines):
        ours = peer in (peers.OURS, peers.COMPILED)
        axes.barh(y, ratio - 1, left=1, height=0.76, color=RED if ours else GREY)
        if ratio == 1:
            axes.plot(1, y, "o", color=RED, markersize=5)
        axes.annotate(
            cell(row, peer),
            (ratio, y),
            xytext=(6 if ratio >= 1 else -6, 0),
            textcoords="offset points",
            ha="left" if ratio >= 1 else "right",
            va="center",
            fontsize=8,
            weight="bold" if ours else "normal",
        )
    for row, first in zip(rows, firsts):
        axes.text(0.01, lines[first] - 1, row.title, transform=axes.get_yaxis_transform(),
                  va="center", fontsize=9, weight="bold",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axes.set_yticks(lines, [peer for _, peer in bars], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}x")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color="#e6e6e6")
    axes.set_axisbelow(True)
    axes.axvline(1, color=RED, linewidth=1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(
        f"times what moongrad needs (log scale): left is faster\n{conditions()}", fontsize=7.5
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
