"""The lesson: its own cells with our imports, our parts and notebook, and torch's losses."""

import itertools
import runpy
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


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_runs_by_itself(part, capsys):
    runpy.run_path(str(part))
    plt.close("all")
    printed = capsys.readouterr().out
    assert "False" not in printed
    assert "import torch" not in part.read_text()


def test_the_notebook_is_that_of_the_parts_and_runs():
    sys.path.insert(0, str(DEMOS / "lesson"))
    try:
        import notebook
    finally:
        sys.path.pop(0)
    kept = nbformat.read(DEMOS / "lesson.ipynb", as_version=4)
    assert [c.source for c in kept.cells] == [c.source for c in notebook.cells()], "make lesson"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own
        fresh = notebook.made()
    for old, new in zip(kept.cells, fresh.cells):
        kinds = [kinds_of_outputs(cell) for cell in (old, new)]
        assert kinds[0] == kinds[1] and "error" not in kinds[1]
        text = "".join(o.text for o in old.get("outputs", []) if o.output_type == "stream")
        assert "Warning" not in text and "Traceback" not in text


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
