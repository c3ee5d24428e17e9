"""The README quotes the real loop (what it shows as a session runs as a doctest)."""

import configparser
import doctest
import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import autograd
import nn
import viz
from autograd.walk import walk

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_quoted_loop_is_the_real_one():
    source = inspect.getsource(walk)
    body = textwrap.dedent(source[source.rindex('"""') + 3 :].strip("\n"))
    assert body.strip() in README


def test_the_debugger_session_is_what_is_seen(tmp_path):
    script = re.search(r"Run this:\n\n```python\n(.+?)```", README, re.DOTALL)[1]
    session = re.search(r"```text\n(.+?)```", README, re.DOTALL)[1]
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    settings = {k: v for k, v in os.environ.items() if k != "PYTHONBREAKPOINT"}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env={**settings, "PYTHONPATH": str(ROOT)},
        input="\n".join(re.findall(r"^\(Pdb\) (.+)$", session, re.MULTILINE)) + "\n",
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    expected = re.sub(r"^\(Pdb\) .+\n", "(Pdb) ", session, flags=re.MULTILINE)  # typed, not printed
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(expected, done.stdout, flags), done.stdout
    assert not done.stderr


def test_the_op_that_it_shows_runs():
    code = re.search(r"```\n(@primitive\n.+?)```", README, re.DOTALL)[1]
    names = {"primitive": autograd.primitive, "vjp_of": autograd.vjp_of}
    exec(code, names)
    autograd.manual_seed(0)
    a, b = autograd.randn(2, 3).requires_grad_(), autograd.randn(3, 4).requires_grad_()
    c, d = (x.detach().clone().requires_grad_() for x in (a, b))
    (names["matmul"](a, b) ** 2).sum().backward()
    ((c @ d) ** 2).sum().backward()
    assert autograd.allclose(a.grad, c.grad) and autograd.allclose(b.grad, d.grad)


def test_the_ops_listed_exist_and_none_is_missing():
    listed = (ROOT / "docs" / "what_there_is.md").read_text(encoding="utf-8")
    internal = {"getitem", "add", "sub", "mul", "div", "pow", "eq", "ne", "lt", "le", "gt", "ge"}
    internal |= {"logical_and", "logical_or", "logical_not", "cat", "concat", "clamp"}
    for name in set(autograd.ops.__all__) - internal:
        assert f"`{name}`" in listed, name


def test_the_map_names_what_exists_and_leaves_no_package_or_demo_out():
    chart = README[README.index("## What lies where") : README.index("## Speed")]
    named = [path for row in chart.splitlines() for path in re.findall("`([^`]+)`", row[:60])]
    paths = [path for path in named if "/" in path or path.endswith(".md")]
    for path in paths:
        assert (ROOT / path).exists(), path
    for place in ["autograd", "nn", "viz", "demos", "docs", "tests"]:
        assert any(path.startswith(f"{place}/") for path in paths), place
    demos = [path for kind in ("*.py", "*.ipynb") for path in (ROOT / "demos").glob(kind)]
    assert {path.relative_to(ROOT).as_posix() for path in demos} <= set(paths)


def test_its_links_lead_somewhere():
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
    headings = re.findall("^#+ (.+)$", README, re.MULTILINE)
    for anchor in re.findall(r"\]\(#([^)]+)\)", README):
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings], anchor


def test_a_linear_layer_is_the_op_that_break_on_is_told():
    x = nn.Linear(2, 1)(autograd.ones(3, 2))
    assert x.grad_fn.name == "linear" and 'break_on("linear")' in README
    said = "no matmul in this backward pass, which has .*linear"
    with autograd.break_on("matmul"), pytest.warns(UserWarning, match=said):
        x.sum().backward()


def test_draw_takes_each_setting_that_it_names():
    section = README[README.index("## Draw the graph") : README.index("## Train the moons")]
    settings = set(re.findall(r"`(\w+)=", section))
    assert {"depth", "show", "saved", "highlight", "legend"} <= settings
    assert settings <= set(inspect.signature(viz.draw).parameters)


def test_the_page_needs_a_number_or_a_cotangent(tmp_path):
    f = autograd.sin(autograd.ones(4, requires_grad=True))
    with pytest.raises(RuntimeError, match="only a scalar"):
        viz.step_page(f, tmp_path / "backward.html")
    viz.step_page(f, tmp_path / "backward.html", gradient=autograd.ones(4))


def test_what_it_installs_exists():
    offered = configparser.ConfigParser()
    offered.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = set(offered["options.extras_require"])
    asked = set(re.findall(r"(?:\.|whl)\[(\w+)\]", README))
    assert {"demos", "lesson"} <= asked <= extras
    assert f"moongrad-{autograd.__version__}-py3-none-any.whl" in README
    assert "jupyterlab" in offered["options.extras_require"]["lesson"]


def test_pictures_are_there():
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert len(pictures) >= 7
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 1000


def test_what_its_commands_name_exists():
    for script in re.findall(r"\.venv/bin/python (\S+\.py)", README):
        assert (ROOT / script).exists(), script
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|^)make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile, target
