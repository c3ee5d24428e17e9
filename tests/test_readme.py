"""The README quotes the real loop (what it shows as a session runs as a doctest)."""

import inspect
import re
import textwrap
from pathlib import Path

import autograd
from autograd.walk import walk

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_quoted_loop_is_the_real_one():
    source = inspect.getsource(walk)
    body = textwrap.dedent(source[source.rindex('"""') + 3 :].strip("\n"))
    assert body.strip() in README


def test_the_ops_listed_exist_and_none_is_missing():
    listed = README[README.index("## What there is") : README.index("## Speed")]
    internal = {"getitem", "add", "sub", "mul", "div", "pow", "eq", "ne", "lt", "le", "gt", "ge"}
    internal |= {"logical_and", "logical_or", "logical_not", "cat", "concat", "clamp"}
    for name in set(autograd.ops.__all__) - internal:
        assert f"`{name}`" in listed, name


def test_pictures_are_there():
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert len(pictures) >= 7
    for picture in pictures:
        assert (Path(__file__).parent.parent / picture).stat().st_size > 1000


def test_what_its_commands_name_exists():
    for script in re.findall(r"\.venv/bin/python (\S+\.py)", README):
        assert (Path(__file__).parent.parent / script).exists(), script
    makefile = (Path(__file__).parent.parent / "Makefile").read_text()
    for target in re.findall(r"(?:`|^)make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile, target
