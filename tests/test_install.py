"""The package as it is built and installed, away from the checkout."""

import re
import tarfile
import zipfile
from pathlib import Path

import pytest

import autograd

from .environments import ROOT, checkout, environment, install, run

BUILD = "from setuptools import build_meta; build_meta.build_{}('dist')"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the sdist, and with the wheel that was built of the unpacked sdist."""
    folder = tmp_path_factory.mktemp("built")
    source = checkout(folder / "source")
    python = environment(folder / "environment")
    run(python, "-c", BUILD.format("sdist"), cwd=source)
    (sdist,) = (source / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    run(python, "-c", BUILD.format("wheel"), cwd=unpacked)
    sdist.rename(unpacked / "dist" / sdist.name)
    return unpacked / "dist"


def test_the_wheel_holds_the_packages_and_nothing_else(built):
    (wheel,) = built.glob(f"moongrad-{autograd.__version__}-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = [path.relative_to(ROOT) for name in ("autograd", "nn", "viz")
            for path in (ROOT / name).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts]  # fmt: skip
    assert held == {path.as_posix() for path in ours}


def test_the_sdist_holds_what_the_readme_names_and_the_tests(built):
    (sdist,) = built.glob(f"moongrad-{autograd.__version__}.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    readme = (ROOT / "README.md").read_text()
    named = re.findall(r"(?:demos|docs|tests|autograd|viz|nn)/[\w/.]*\w", readme)
    assert {"demos/moons.py", "docs/debugging.md", "demos/pictures/graph.svg"} < set(named)
    missing = [name for name in named if name not in held and (ROOT / name).is_file()]
    assert not missing
    files = {"Makefile", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "mkdocs.yml", "setup.cfg",
             "pyproject.toml", "tests/test_install.py", "docs/filled.py"}  # fmt: skip
    assert files < held and not any(name.endswith(".pyc") for name in held)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_moons_train_outside_the_checkout(built, kind, tmp_path):
    python = environment(tmp_path / "environment")
    (archive,) = built.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    install(python, archive)
    where = run(python, "-c", "import autograd, nn, viz; print(viz.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "environment")
    printed = run(python, ROOT / "demos" / "moons.py", "--steps", 300, cwd=tmp_path)
    assert float(printed.split("accuracy")[1].split()[0]) > 0.9
    assert (tmp_path / "moons_out" / "graph.svg").stat().st_size > 1000
