"""The source that runs: to read, to step through with a debugger, and safe from names."""

import pdb
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import autograd
import nn


def lesson():
    autograd.manual_seed(0)
    w = autograd.randn(3, 2, requires_grad=True)

    @autograd.compile
    def step(x, y):
        w.grad = None
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        with autograd.no_grad():
            w.sub_(0.1 * w.grad)
        return loss

    x, y = autograd.randn(4, 3), autograd.randn(4, 2)
    step(x, y)
    return step, w, x, y


def test_no_source_before_the_first_call():
    step = autograd.compile(lambda x: x)
    with pytest.raises(RuntimeError, match="nothing is recorded before the first call"):
        print(step.source)


def test_the_lines_that_run():
    step, *_ = lesson()
    body = step.source.partition("return again\n")[2]
    assert textwrap.dedent(body) == LINES
    assert re.search(r"^# What step does for x \(4, 3\) float32, y \(4, 2\)", step.source)


LINES = """\
x = x._data
y = y._data
matmul = np.matmul(x, w, buffer1)
sub = np.subtract(matmul, y, buffer1)
pow_ = np.square(sub, buffer2)
mean = np.add.reduce(pow_, None) / 8
mul = np.multiply(c2, sub, buffer1)
pow_da = np.multiply(c0_125, mul, buffer1)
mT = x.mT
matmul_db = mT @ pow_da
mul2 = np.multiply(c0_1, matmul_db, buffer3)
sub2 = np.subtract(w, mul2, buffer3)
np.copyto(w, sub2)
w_tensor._grad = result(matmul_db)
note_change(memories, 'step')
return result(mean)
"""


def test_stepping_shows_lines_and_locals():
    step, _, x, y = lesson()
    program = step.programs[0]
    seen = []

    def tracer(frame, event, arg):
        if frame.f_code is not program.run.__code__:
            return None
        seen.append((frame.f_lineno, dict(frame.f_locals)))
        return tracer

    sys.settrace(tracer)
    try:
        step(x, y)
    finally:
        sys.settrace(None)
    lines = step.source.splitlines()
    texts = [lines[number - 1].strip() for number, _ in seen]
    assert texts[0] == "def step(x, y):"
    assert texts[-1].startswith("return result(")
    known = seen[-1][1]
    assert known["x"] is x.data
    np.testing.assert_allclose(known["mean"], known["pow_"].mean(), rtol=1e-6)


def test_pdb_lists_and_stops_in_the_source(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent("""
        import autograd
        w = autograd.tensor([1.0, 2.0], requires_grad=True)
        step = autograd.compile(lambda x: (w * x).exp().sum())
        x = autograd.tensor([1.0, 1.0])
        step(x)
        run = step.programs[0].run
        breakpoint()
        step(x)
        """)
    )
    line = 1 + next(i for i, text in enumerate(source_of(script).splitlines()) if "exp = " in text)
    commands = f"import pdb\nb run\nc\nl {line}, {line}\nuntil {line}\nn\np exp\nc\nq\n"
    done = subprocess.run(
        [sys.executable, str(script)], input=commands, capture_output=True, text=True, timeout=60
    )
    assert re.search(rf"{line}.*exp = np\.exp\(", done.stdout), done.stdout + done.stderr
    assert re.search(r"array\(\[2\.718\d+ *, 7\.389", done.stdout), done.stdout


def source_of(script):
    space = {}
    exec(script.read_text().replace("breakpoint()", ""), space)
    return space["step"].source


def test_breakpoints_can_be_set_by_file_and_line():
    step, *_ = lesson()
    file = step.programs[0].run.__code__.co_filename
    assert pdb.Pdb(nosigint=True, readrc=False).set_break(file, 40) is None


HOSTILE = [
    "x\nimport os", "__import__('os').system('false')", "a'b\"c\\", "class", "np", "result",
    "é̈\u2028\n", "", "1", "X" * 500, "again", "buffer1", "{x}", "#", "lambda: 0",
]  # fmt: skip


class Evil(str):
    __slots__ = ()

    def __repr__(self):
        return "1\nraise SystemExit('evil')\n#"

    __str__ = __repr__


class EvilObject:
    def __repr__(self):
        return "1\nraise SystemExit('evil')\n#"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names(name):
    w = autograd.tensor([1.0, 2.0], requires_grad=True, name=name)
    model = nn.Linear(2, 2)
    setattr(model, name or "_", nn.Parameter(autograd.ones(2)))
    optimizer = nn.optim.SGD([*model.parameters(), w])
    setattr(optimizer, name or "_", 0.5)
    setattr(optimizer, (name or "_") + "flag", True)
    optimizer.state[0][name or "_"] = np.zeros(2, np.float32)

    def step(x):
        optimizer.zero_grad()
        loss = (model(x) * w * list(model.parameters())[2]).sum()
        loss.backward()
        optimizer.step()
        return loss

    step.__name__ = name
    compiled = autograd.compile(step)
    for _ in range(2):
        compiled(autograd.tensor([[1.0, 2.0]]))
    assert len(compiled.programs) <= 2
    check_source(compiled.source)


@pytest.mark.parametrize(
    "setting",
    [*HOSTILE, Evil("x"), EvilObject(), (Evil("y"), 1), [EvilObject()], {Evil("k"): 1}, 1e400],
    ids=range(len(HOSTILE) + 6),
)
def test_hostile_settings(setting):
    compiled = autograd.compile(lambda x, setting: x * 2)
    for _ in range(2):
        assert compiled(autograd.tensor([1.0]), setting).item() == 2
    assert len(compiled.programs) == 1
    check_source(compiled.source)


class EvilInt(int):
    __repr__ = __str__ = EvilObject.__repr__


def test_hostile_numbers_and_indices():
    one, numbers = EvilInt(1), [EvilInt(0), EvilInt(1)]
    compiled = autograd.compile(
        lambda x: (x * one, x[one], x[:one], x[..., one], x.sum(EvilInt(0)), x[numbers])
    )
    for _ in range(2):
        compiled(autograd.tensor([1.0, 2.0]))
    check_source(compiled.source)


def test_hostile_variables():
    """Names of global variables, which are written into the source, can be any text."""
    space = {"autograd": autograd}
    exec("def step(x): return x * scale", space)
    space["step"].__code__ = space["step"].__code__.replace(co_names=("scale') or print('evil",))
    space["scale') or print('evil"] = 3.0
    compiled = autograd.compile(space["step"])
    for _ in range(2):
        assert compiled(autograd.tensor([1.0])).item() == 3
    check_source(compiled.source)


def check_source(source):
    """There is nothing in it but the setup and the functions."""
    compile(source, "source", "exec")
    for line in source.splitlines():
        assert re.match(r"( {4}|def |\w+ = |# What |$)", line), line
        assert "evil" not in line or "get(" in line or line.startswith("# What")
