"""The rows as text: a list with ratios for the terminal, a grid in Markdown for the README."""

import os
import platform
from pathlib import Path

from . import peers
from .run import Row

YARDSTICKS = {
    peers.NUMPY: "x NumPy",
    peers.TORCH: "x torch",
    peers.JAX: "x jax",
    peers.MICROGRAD: "x micrograd",
}


def in_units(seconds: float) -> str:
    """With three digits: 63.1 µs, 1.69 ms, 5.72 s."""
    factor, unit = (1e6, "µs") if seconds < 1e-3 else (1e3, "ms") if seconds < 1 else (1, "s")
    x = seconds * factor
    return f"{x:.{0 if x >= 99.95 else 1 if x >= 9.995 else 2}f} {unit}"


def cell(row: Row, peer: str) -> str:
    """The time, and the peak memory if it was measured; or why there is none."""
    if peer not in row.seconds:
        return row.missing.get(peer, "")
    memory = f", {row.memory[peer]:.0f} MB" if row.memory else ""
    return in_units(row.seconds[peer]) + memory


def text(rows: list[Row]) -> str:
    """A line for each program: what it needs, and how many times what the yardsticks need."""
    lines = [" " * 38 + "".join(f"{name:>12}" for name in YARDSTICKS.values())]
    for row in rows:
        lines += ["", row.title]
        for peer in [peer for peer in peers.DISTRIBUTIONS if cell(row, peer)]:
            line = f"  {peer:20}{cell(row, peer):16}"
            for yardstick in YARDSTICKS:
                if peer in row.seconds and yardstick in row.seconds:
                    line += f"{row.seconds[peer] / row.seconds[yardstick]:12.2f}"
                else:
                    line += " " * 12
            lines.append(line.rstrip())
    return "\n".join(lines)


def markdown(rows: list[Row]) -> str:
    """A line for each workload, a column for each program; the fastest is bold."""
    columns = [peer for peer in peers.DISTRIBUTIONS if any(cell(row, peer) for row in rows)]
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for row in rows:
        cells = {peer: cell(row, peer) for peer in columns}
        if row.seconds:
            fastest = min(row.seconds, key=row.seconds.get)
            cells[fastest] = f"**{cells[fastest]}**"
        lines.append(f"| {row.title} | " + " | ".join(cells.values()) + " |")
    return "\n".join(lines)


def cpu() -> str:
    """The model of the processor, as Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def conditions() -> str:
    """The machine, how it was used, and the version of everything."""
    versions = {
        peer if peer == peers.HIPS else name: peers.version(peer)
        for peer, name in peers.DISTRIBUTIONS.items()
    }
    installed = ", ".join(f"{name} {v}" for name, v in versions.items() if v)
    return (
        f"Medians over alternating rounds, one thread on one of {os.cpu_count()} cores of "
        f"{cpu()}, {platform.system()}.\n"
        f"{platform.python_implementation()} {platform.python_version()}, {installed}."
    )
