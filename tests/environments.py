"""Environments that hold the package as a person would install it, made without a network."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
MADE = ("__pycache__", "*.egg-info")


def checkout(place: Path) -> Path:
    """A copy of what the package is built from."""
    place.mkdir()
    for name in ("autograd", "nn", "viz", "demos", "docs", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns(*MADE))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, place)
    return place


def environment(place: Path) -> Path:
    """A new environment that sees the packages we need, but not this checkout; its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    python = place / "bin" / "python"
    (packages,) = place.glob("lib/python*/site-packages")
    # A path file inside a folder named by a path file is not read: ours stays unseen.
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return python


def install(python: Path, *what: object) -> None:
    """`pip install`, with what builds and what is needed taken from here."""
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "install"]
    run(*pip, "--no-deps", "--no-build-isolation", "--ignore-installed", *what)


def run(*command: object, cwd: Path | None = None, may_fail: bool = False) -> str:
    """What a command prints; raises AssertionError with all of it if it fails."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=outside, capture_output=True, text=True
    )
    assert may_fail or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
