"""What the packages may import."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).parent.parent
LIBRARY = [path for package in ("autograd", "nn", "viz", "demos")
           for path in sorted((ROOT / package).rglob("*.py"))]  # fmt: skip


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_torch_no_pickle_and_arrows_point_down(path):
    forbidden = {"torch", "pickle"}
    if not path.is_relative_to(ROOT / "demos"):
        forbidden |= {"jax"}
    if path.is_relative_to(ROOT / "autograd"):
        forbidden |= {"nn", "viz"}
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        assert not forbidden & {name.split(".")[0] for name in names}


def test_autograd_imports_little():
    code = "import sys, autograd; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"nn", "viz", "torch", "matplotlib", "graphviz"}
    assert not heavy & set(loaded.stdout.split())


TESTS = sorted((ROOT / "tests").glob("*.py"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_tests_take_torch_from_the_oracles(path):
    """Where there is no torch, what needs it is skipped, and the rest runs."""
    if path.name != "oracles.py":
        names = [
            alias.name
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Import)
            for alias in node.names
        ]
        assert "torch" not in names, "write: from .oracles import torch"


def modules_of(package):
    yield package
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        module = importlib.import_module(found.name)
        yield from modules_of(module) if found.ispkg else [module]


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_no_module_hides_under_a_function_of_its_name(package):
    for module in modules_of(importlib.import_module(package)):
        parent, _, name = module.__name__.rpartition(".")
        if parent:
            assert getattr(sys.modules[parent], name) is module, module.__name__


def test_the_packages_docstring_has_a_line_for_each_file():
    named = re.findall(r"^- ``([\w/]+)``: ", autograd.__doc__, re.MULTILINE)
    there = {path.stem for path in (ROOT / "autograd").glob("[!_]*.py")} | {"ops", "codegen"}
    assert sorted(named) == sorted(there | {"ops/arithmetic"})


def test_the_reading_path_is_short():
    path = re.findall(r"^- ``([\w/]+)``: ", autograd.__doc__, re.MULTILINE)[:5]
    assert path == ["tensors", "graph", "primitives", "walk", "ops/arithmetic"]
    lines = [len((ROOT / "autograd" / f"{name}.py").read_text().splitlines()) for name in path]
    assert sum(lines) <= 900, lines
