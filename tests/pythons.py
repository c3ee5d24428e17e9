"""Run the tests on the other Pythons of this machine, and on the oldest NumPy: `make pythons`.

Each Python that setup.cfg names gets an environment in `.venv/pythons` with the wheel, trains the
moons outside the checkout, and runs all tests that need no torch. The oldest NumPy that setup.cfg
allows goes into a folder before the packages of `.venv`, where the tests of the core run with it.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from configparser import ConfigParser
from pathlib import Path

from .environments import ROOT, checkout

FOLDER = Path(sys.prefix) / "pythons"
SETUP = ConfigParser()
SETUP.read(ROOT / "setup.cfg")

# On all cores, each with one thread.
PYTEST = ["-m", "pytest", "-n", "auto", "--dist", "loadfile"]
os.environ["OMP_NUM_THREADS"] = "1"

# What draws, browses, debugs, times, installs or runs JAX is the same on any NumPy.
NOT_CORE = ["benchmarks", "debugger", "docs", "install", "lesson", "moons_demo", "outgrow",
            "source_jax", "step_page", "stepping", "training_pictures", "types", "viz"]  # fmt: skip


def main() -> None:
    started = time.time()
    here = found()
    for version in named():
        if version == sys.version_info[:2]:
            continue
        elif version in here:
            test_on(here[version], version)
        else:
            print(f"== Python {text(version)}: not on this machine, skipped", flush=True)
    test_with_oldest_numpy()
    print(f"== all in {time.time() - started:.0f} s", flush=True)


def named() -> list[tuple[int, int]]:
    """The versions of Python that setup.cfg names."""
    lines = SETUP["metadata"]["classifiers"]
    return [(3, int(minor)) for minor in re.findall(r"Python :: 3\.(\d+)", lines)]


def found() -> dict[tuple[int, int], Path]:
    """The Pythons on the path and in pyenv's folder that can make an environment, by version."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*map(Path, os.environ["PATH"].split(os.pathsep)), *pyenv.glob("versions/*/bin")]
    pythons: dict[tuple[int, int], Path] = {}
    for folder in folders:
        for path in folder.glob("python3.*"):
            minor = re.fullmatch(r"python3\.(\d+)", path.name)
            version = (3, int(minor[1])) if minor else None
            if version and version not in pythons and can_make_environments(path):
                pythons[version] = path
    return pythons


def can_make_environments(python: Path) -> bool:
    tried = subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True)
    return tried.returncode == 0


def test_on(python: Path, version: tuple[int, int]) -> None:
    """Train the moons with the wheel, then run all tests that need no torch."""
    print(f"== Python {text(version)}", flush=True)
    place = FOLDER / text(version)
    shutil.rmtree(place, ignore_errors=True)
    run(python, "-m", "venv", place)
    own = place / "bin" / "python"
    pip = [own, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--wheel-dir", place / "dist", checkout(place / "source"))
    (wheel,) = (place / "dist").glob("*.whl")
    run(*pip, "install", f"{wheel}[demos]")
    run(own, ROOT / "demos" / "moons.py", "--out", place / "moons", cwd=place)
    run(*pip, "install", "--editable", f"{ROOT}[test]")
    run(own, *PYTEST)


def test_with_oldest_numpy() -> None:
    """Run the tests of the core with the oldest NumPy that setup.cfg allows."""
    oldest = re.search(r"numpy>=(\S+)", SETUP["options"]["install_requires"])[1]  # type: ignore[index]
    print(f"== NumPy {oldest}, Python {text(sys.version_info[:2])}", flush=True)
    place = FOLDER / f"numpy-{oldest}"
    shutil.rmtree(place, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(*pip, "install", "--no-deps", "--target", place, f"numpy=={oldest}")
    left_out = [f"--ignore=tests/test_{name}.py" for name in NOT_CORE]
    path = {"PYTHONPATH": os.pathsep.join([str(place), str(ROOT)])}
    version = f"import numpy; assert numpy.__version__.startswith({oldest!r}), numpy"
    run(sys.executable, "-c", version, **path)
    run(sys.executable, *PYTEST, "autograd", "nn", "tests", *left_out, **path)


def run(*command: object, cwd: Path = ROOT, **environment: str) -> None:
    """Run a command, its output seen; end with its exit status if it fails."""
    done = subprocess.run([*map(str, command)], cwd=cwd, env={**os.environ, **environment})
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: failed with {done.returncode}")


def text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    main()
