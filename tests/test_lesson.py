"""The lesson: its own cells with our imports, our parts and notebook, and torch's losses."""

import importlib
import itertools
import os
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pytest
from sklearn.datasets import make_moons

import autograd
import nn

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex

from viz.boundary import CLASSES

from .oracles import torch

HERE = Path(__file__).parent
DEMOS = HERE.parent / "demos"
PARTS = sorted((DEMOS / "lesson").glob("part*.py"))

IMPORTS = {
    "import torch": "import autograd as torch",
    "from torch import nn": "import nn",
    "torch.optim": "nn.optim",
}
SOLUTIONS = {
    "dw2 = ...": "dw2 = a1.T @ dz2.unsqueeze(1)",
    "da1 = ...": "da1 = dz2.unsqueeze(1) @ w2.T",
    "dw1 = ...": "dw1 = X.T @ dz1",
}


def lesson_cells():
    """The code cells of the lesson: after each marker, the longest run of lines that is Python."""
    for text in (HERE / "lesson.md").read_text().split("In [None]:\n")[1:]:
        lines = text.strip("\n").split("\n")
        for n in range(len(lines), 0, -1):
            try:
                compile("\n".join(lines[:n]), "cell", "exec")
            except SyntaxError:
                continue
            yield "\n".join(lines[:n]).strip("\n")
            break


def run(cell, names):
    """Run a cell as a notebook does, and return the value of its last line."""
    *body, last = cell.strip().split("\n")
    try:
        value = compile(last, "cell", "eval")
    except SyntaxError:
        exec(cell, names)
        return None
    exec("\n".join(body), names)
    return eval(value, names)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("library", ["ours", "torch"])
def test_every_cell_of_the_lesson_runs(library):
    if library == "torch":
        pytest.importorskip("torch")
    cells = list(lesson_cells())
    assert len(cells) == 57
    names, compared, shapes = {}, 0, []
    for cell in cells:
        for old, new in SOLUTIONS.items():
            cell = cell.replace(old, new)
        if library == "ours":
            for old, new in IMPORTS.items():
                cell = cell.replace(old, new)
        if cell.strip() == "f.grad_fn":
            names["f"] = names["torch"].sin(names["x"])  # the one the text leaves out
        value = run(cell, names)
        if "==" in cell and ".all()" in cell:
            compared += 1
            assert bool(value) or library == "torch", cell
        if ".shape" in cell and value is not None:
            shapes.append(str(value).replace("torch.Size([", "(").replace("])", ")"))
    assert compared == 5
    assert names["history"][-1] < names["history"][0]
    assert shapes[0] == "(100, 32)"
    plt.close("all")


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A folder to write into; the parts find their checks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(DEMOS / "lesson")
    return tmp_path


@pytest.fixture
def printed(here, capsys):
    def run_part(part):
        plt.close("all")
        runpy.run_path(str(part))
        return capsys.readouterr().out

    yield run_part
    plt.close("all")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_runs_by_itself(part, printed):
    assert "False" not in printed(part)
    assert "import torch\n" not in part.read_text()
    panels = [ax for number in plt.get_fignums() for ax in plt.figure(number).axes]
    for ax in panels:
        assert (ax.get_yscale() == "log") == ("log" in ax.get_ylabel())
    for i, label in enumerate(["class 0", "class 1"]):
        found = [dots for ax in panels for dots in ax.collections if dots.get_label() == label]
        colors = {to_hex(color) for dots in found for color in dots.get_facecolor()}
        assert colors <= {CLASSES[i]["color"].lower()}
        assert colors or "plot_boundary" not in part.read_text()


def test_parts_that_are_compared_begin_alike(printed):
    """The update by hand is the optimizer's; sections 5 and 6 start from the same weights."""
    optimizer, by_hand, five, six = (printed(PARTS[i]) for i in (1, 3, 4, 5))
    assert re.search("loss .+ -> .+", optimizer)[0] == re.search("loss .+ -> .+", by_hand)[0]
    first = re.search(r"loss (0\.\d+) ->", five)[1]
    assert re.findall(r"bias\w* +loss (\S+) ->", six) == [first, first]


@pytest.fixture
def notebook(here):
    return importlib.import_module("notebook")


def code_of(cells):
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_the_notebooks_are_those_of_the_parts(notebook):
    for name, solved in [("lesson.ipynb", False), ("lesson_solved.ipynb", True)]:
        kept = nbformat.read(DEMOS / name, as_version=4)
        assert [c.source for c in kept.cells] == [c.source for c in notebook.cells(solved)], (
            "python demos/lesson/notebook.py --out demos --anew"
        )
        nbformat.validate(kept)
        text = "\n".join(c.source for c in kept.cells)
        for stray in ("noqa", "fmt:", "# answer", "from checks", "the lesson", "type: ignore"):
            assert stray not in text, stray


def test_the_exercises_are_open_and_no_solution_is_given_away(notebook):
    text = "\n".join(cell.source for cell in notebook.cells(solved=False))
    answers = re.findall(r"= (.+)  # answer", "".join(part.read_text() for part in PARTS))
    assert len(answers) == text.count("= ...  # your task") >= 20
    assert "Solution" not in text
    for answer in set(answers) - {"dz1.sum(axis=0)", "dz2.sum(axis=0)"}:
        assert answer not in text, answer


def test_the_solved_notebook_runs(notebook):
    kept = nbformat.read(DEMOS / "lesson_solved.ipynb", as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own
        fresh = notebook.run(notebook.made(solved=True))
    for old, new in zip(kept.cells, fresh.cells):
        kinds = [kinds_of_outputs(cell) for cell in (old, new)]
        assert kinds[0] == kinds[1] and "error" not in kinds[1]
        text = "".join(o.text for o in old.get("outputs", []) if o.output_type == "stream")
        assert "Warning" not in text and "Traceback" not in text
    pictures = [o.data for cell in kept.cells for o in cell.get("outputs", []) if "data" in o]
    assert sum("image/svg+xml" in data for data in pictures) == 3  # graphs
    assert any("srcdoc" in data.get("text/html", "") for data in pictures)  # the step page


def test_the_open_notebook_runs_up_to_its_blanks_and_says_that_they_are_open(notebook):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fresh = notebook.run(notebook.made(solved=False), allow_errors=True)
    said = []
    for cell in fresh.cells:
        errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
        if "# your task" in cell.source:
            (error,) = errors
            assert error.ename == "NotYet" and len(error.traceback) == 1
            said.append(error.evalue)
        elif not said:
            assert not errors, cell.source
        if "by_hand" not in "".join(said):
            assert "w2.T" not in str(cell.get("outputs", [])), "an exercise is given away"
    assert said == [
        "count is still open: write your answer where the ... is",
        "dw2 is still open: write your answer where the ... is",
        "dw1 is still open: write your answer where the ... is",
        "by_hand still has a ... in it",
        "with_bias still has a ... in it",
        "with_sigmoid still has a ... in it",
        "with_cross_entropy still has a ... in it",
    ]


W = np.arange(1.0, 33.0).reshape(32, 1)


@pytest.mark.parametrize(
    "answer, said",
    [
        (W.T, "dw2 has shape (1, 32), should be (32, 1): which transpose?"),
        (W @ W.T, "dw2 has shape (32, 32), should be (32, 1): which operands, and which of"),
        (-W, "dw2 is -1 times what it should be: which factor or sign?"),
        (W * 100, "dw2 is 100 times what it should be"),
        (W + 0.5, "dw2 has the right shape and wrong numbers, off by up to 0.5"),
        (W * np.nan, "dw2 has NaN"),
        (..., "dw2 is still open"),
        (None, "dw2 is None"),
        ("a1.T @ dz2", "dw2 is no tensor"),
    ],
)
def test_a_check_says_what_is_wrong(here, answer, said):
    checks = importlib.import_module("checks")
    with pytest.raises(checks.NotYet, match=re.escape(said)):
        checks.check("dw2", answer, autograd.tensor(W))


@pytest.mark.parametrize("shape", [(100, 32), (100,), ()])
def test_a_check_of_a_sum_asks_for_the_axis(here, shape):
    checks = importlib.import_module("checks")
    with pytest.raises(checks.NotYet, match="over which axis is the sum"):
        checks.check("db1", np.ones(shape), np.ones(32))


EXERCISES = ["by_hand", "with_bias", "with_sigmoid", "with_cross_entropy"]


@pytest.mark.parametrize("name", EXERCISES)
def test_blanks_may_be_filled_in_any_order(notebook, name):
    checks = importlib.import_module("checks")
    text = "".join(part.read_text(encoding="utf-8") for part in PARTS)
    lines = re.search(rf"def {name}\(.*?\n    return [^\n]+\n", text, re.DOTALL)[0].split("\n")
    blanks = [i for i, line in enumerate(lines) if notebook.ANSWER.search(line)]
    assert len(blanks) >= 3
    X, y = moons(autograd, "float32")
    shapes = [(2, 32), (32,), (32, 1), (1,)] if "with" in name else [(2, 32), (32, 1)]
    start = [autograd.full(shape, 0.1) for shape in shapes]
    for left in itertools.chain(*(itertools.combinations(blanks, n) for n in (0, 1, 2, 3))):
        names = {"autograd": autograd}
        body = [notebook.ANSWER.sub("= ...", x) if i in left else x for i, x in enumerate(lines)]
        exec("\n".join(body), names)
        if left:
            with pytest.raises(checks.NotYet, match=r"still has a \.\.\. in it|is still open"):
                checks.check_gradients(names[name], X, y, *start)
        else:
            checks.check_gradients(names[name], X, y, *start)


@pytest.mark.parametrize(
    "returned, said",
    [
        (lambda loss, dw: None, "backward should return loss, dw"),
        (lambda loss, dw: loss, "backward should return loss, dw"),
        (lambda loss, dw: (loss,), "backward should return loss, dw"),
        (lambda loss, dw: (loss, dw, dw), "backward should return loss, dw"),
        (lambda loss, dw: (dw, loss), "loss in backward should be one number"),
        (lambda loss, dw: (loss.item(), dw), "loss in backward should be one number"),
        (lambda loss, dw: (loss.detach(), dw), "loss in backward should be one number"),
    ],
)
def test_a_check_of_gradients_wants_all_that_is_to_be_returned(here, returned, said):
    checks = importlib.import_module("checks")

    def backward(X, y, w):
        return returned(((X @ w - y) ** 2).sum(), 2 * (X @ w - y) @ X)

    X, y, w = autograd.ones(3, 2), autograd.ones(3), autograd.ones(2)
    with pytest.raises(checks.NotYet, match=re.escape(said)):
        checks.check_gradients(backward, X, y, w)


@pytest.mark.parametrize(
    "dw, said",
    [
        (lambda X, y, w: (X @ w - y) @ X, "dw is 0.5 times what it should be"),
        (lambda X, y, w: ..., "dw in backward is still open"),
        (lambda X, y, w: X.T @ ..., "backward still has a ... in it"),
        (lambda X, y, w: 2 * (X @ w - y) @ X, "loss has the right shape and wrong numbers"),
    ],
)
def test_a_check_of_gradients_finds_each_fault(here, dw, said):
    checks = importlib.import_module("checks")

    def backward(X, y, w):
        return ((X @ w - y) ** 2).sum(), dw(X, y, w)

    X, y, w = autograd.ones(3, 2), autograd.ones(3), autograd.ones(2)
    with pytest.raises(checks.NotYet, match=re.escape(said)):
        checks.check_gradients(backward, X, y, w, loss_is=4.0 if "loss" in said else None)


def test_making_the_lesson_leaves_what_someone_has_worked_in(here):
    script = DEMOS / "lesson" / "notebook.py"
    folder = here / "mine"
    folder.mkdir()
    mine = folder / "lesson.ipynb"
    mine.write_text("my work")
    done = subprocess.run(
        [sys.executable, script, "--out", folder],
        env={**os.environ, "PYTHONPATH": str(DEMOS.parent)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert mine.read_text() == "my work" and "stays as you left it" in done.stdout
    assert (folder / "lesson_solved.ipynb").stat().st_size > 100_000


def moons(lib, dtype):
    X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
    return lib.tensor(X, dtype=dtype), lib.tensor(y, dtype=dtype)


def weights():
    rng = np.random.default_rng(1)
    shapes = {"0.weight": (32, 2), "0.bias": 32, "2.weight": (1, 32), "2.bias": 1}
    return {name: rng.uniform(-0.5, 0.5, s) for name, s in shapes.items()}


def model_of(n, lib, dtype):
    model = n.Sequential(n.Linear(2, 32), n.ReLU(), n.Linear(32, 1), n.Sigmoid())
    model.to(dtype).load_state_dict({k: lib.tensor(w, dtype=dtype) for k, w in weights().items()})
    return model


def part_2(lib, n, optim, dtype):
    (X, y), model = moons(lib, dtype), model_of(n, lib, dtype)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    for _ in range(1000):
        optimizer.zero_grad()
        loss = n.functional.binary_cross_entropy(model(X).squeeze(1), y)
        loss.backward()
        yield loss.item()
        optimizer.step()


def part_3(lib, n, optim, dtype):
    (X, y), model = moons(lib, dtype), model_of(n, lib, dtype)
    for _ in range(1000):
        model.zero_grad()
        loss = n.functional.binary_cross_entropy(model(X).squeeze(1), y)
        loss.backward()
        with lib.no_grad():
            for par in model.parameters():
                par.add_(-1.0 * par.grad)
        yield loss.detach().item()


def part_4(lib, n, optim, dtype):
    X, y = moons(lib, dtype)
    w1 = lib.tensor(weights()["0.weight"].T.copy(), dtype=dtype)
    w2 = lib.tensor(weights()["2.weight"].T.copy(), dtype=dtype)
    for _ in range(1000):
        z1 = X @ w1
        a1 = lib.relu(z1)
        z2 = (a1 @ w2).squeeze(1)
        yield lib.mean((y - z2) ** 2).item()
        dz2 = -2 / len(z2) * (y - z2)
        dw2 = a1.T @ dz2.unsqueeze(1)
        da1 = dz2.unsqueeze(1) @ w2.T
        dz1 = (z1 > 0) * da1
        dw1 = X.T @ dz1
        for par, grad in [(w1, dw1), (w2, dw2)]:
            par.add_(-0.1 * grad)


@pytest.mark.parametrize("part", [part_2, part_3, part_4])
@pytest.mark.parametrize("dtype, steps, rtol", [("float64", 1000, 1e-10), ("float32", 100, 1e-5)])
def test_the_loss_is_torchs_step_by_step(part, dtype, steps, rtol):
    ours = list(part(autograd, nn, nn.optim, getattr(autograd, dtype)))
    theirs = list(part(torch, torch.nn, torch.optim, getattr(torch, dtype)))
    np.testing.assert_allclose(ours[:steps], theirs[:steps], rtol=rtol)
    assert ours[-1] < ours[0] / 2


def kinds_of_outputs(cell):
    """What a cell shows, in order; what it prints may come in one piece or in several."""
    kinds = [o.get("name", o.output_type) for o in cell.get("outputs", [])]
    return [kind for kind, _ in itertools.groupby(kinds)]
