"""The site builds without a warning, and what its pages say of torch is so."""

import copy
import importlib
import os
import re
import subprocess
import sys
import warnings
from io import BytesIO

import numpy as np
import pytest

from autograd import ops

from .calls import REFUSED
from .environments import ROOT
from .oracles import torch
from .samples import DIFFERENT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs")
    place = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", place],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


def test_the_table_has_every_op_and_its_formula(site):
    page = (site / "ops.html").read_text()
    for name in ops.__all__:
        assert f"<code>{name}</code>" in page, name
    sine = page[page.index("<code>sin</code>") :]
    assert "<code>dx = g * cos(x)</code>" in sine[: sine.index("</tr>")]


def test_the_table_says_where_torch_has_an_op():
    sys.path.insert(0, str(ROOT / "docs"))
    pytest.importorskip("mkdocs")
    filled = importlib.import_module("filled")
    for name in ops.__all__:
        place = filled.torchs(name)
        found = torch
        for part in place.split(".") if place else ():
            found = getattr(found, part)
        owners = (torch, torch.nn.functional, torch.linalg, torch.Tensor)
        assert place or not any(hasattr(owner, name) for owner in owners), name


def test_the_tour_shows_the_walk_as_it_is(site):
    assert "cotangents" in re.sub("<[^>]+>", "", (site / "tour.html").read_text())


def test_the_pages_ask_no_other_host_for_anything(site):
    for page in site.rglob("*.html"):
        asked = re.findall(r'(?:src|<link[^>]* href)="(https?://[^"]+)"', page.read_text())
        assert not asked, (page.name, asked)


def refused(call):
    with pytest.raises((RuntimeError, ValueError)):
        call()
    return True


DIFFERENCES = {
    "Dtypes are NumPy's": lambda: not isinstance(torch.ones(1).dtype, np.dtype),
    "NumPy's functions are recorded": lambda: refused(
        lambda: np.exp(torch.ones(1, requires_grad=True))
    ),
    "Mixed floats promote in matrix products": lambda: refused(
        lambda: torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)
    ),
    "Means of integers are floats": lambda: refused(lambda: torch.tensor([1, 2]).mean()),
    "Slices may go backwards": lambda: refused(lambda: torch.ones(3)[::-1]),
    "Rows and pieces can be changed in place": lambda: refused(
        lambda: [row.mul_(2) for row in torch.ones(2, requires_grad=True) * 1]
    ),
    "A view that changed is another tensor to the graph": lambda: retained() == [5],
    "Each backward makes a new gradient": lambda: kept_gradient() == 6,
    "Copies share no memory": lambda: copied_view() == [0],
    "The data of a Tensor is an ndarray": lambda: torch.is_tensor(torch.ones(1).data),
    "Errors have Python's kinds": lambda: refused(lambda: bool(torch.ones(2))),
    "What was not chosen gets no infinite gradient": lambda: gradient(
        lambda x: x.amin().sqrt(), [0.0, 1.0]
    ).isnan()[1],
    "Second derivatives at 0 are numbers": lambda: (
        torch.autograd.functional.hessian(lambda x: x.norm(), torch.zeros(2)).isnan().all()
    ),
    "Whole numbers do not wrap, and are no masks": lambda: (
        (torch.tensor([2, 3]) ** torch.tensor([1, -1])).tolist() == [2, 0]
    ),
    "Booleans have no minus": lambda: torch.sigmoid(torch.tensor([True])).item() > 0.7,
    "What needs singular values is refused": lambda: torch.linalg.matrix_norm(torch.ones(2, 2), 2),
    "A list of lists is one index": lambda: indexed_by_lists().shape == (2,),
    "Losses compare like with like": lambda: (
        torch.nn.functional.mse_loss(torch.ones(2), torch.tensor([1, 2])).item() == 0.5
    ),
    "Optimizers have no switches": lambda: torch.optim.SGD([torch.ones(1)], maximize=True),
    "Numbers of a dataset are float32": lambda: (
        next(iter(torch.utils.data.DataLoader([0.5, 1.5]))).dtype == torch.float64
    ),
    "Corners": lambda: (
        torch.nn.functional.softmax(torch.zeros(0, dtype=torch.int64), 0).dtype == torch.int64
    ),
    "A warning where both operands are stretched": lambda: (
        (torch.ones(8, 1) - torch.ones(8)).shape == (8, 8)
    ),
    "NumPy's warnings": lambda: torch.log(torch.zeros(1)).item() == -np.inf,  # a warning fails
    "Random numbers are NumPy's": lambda: (
        torch.rand(1, generator=torch.Generator().manual_seed(0)).item() != 0.6370
    ),
    "Weights are safetensors": lambda: b"data.pkl" in saved(torch.ones(1)),
}


def gradient(function, values):
    x = torch.tensor(values, requires_grad=True)
    function(x).backward()
    return x.grad


def retained():
    h = torch.ones(2, requires_grad=True) * 2
    v = h[:1]
    v.retain_grad()
    old = v * 5
    h.mul_(3)
    (old.sum() + h.sum()).backward()
    return v.grad.tolist()


def kept_gradient():
    p = torch.tensor(1.0, requires_grad=True)
    (3 * p).backward()
    first = p.grad
    (3 * p).backward()
    return first.item()


def copied_view():
    x = torch.ones(2)
    a, b = copy.deepcopy([x, x[:1]])
    a.zero_()
    return b.tolist()


def indexed_by_lists():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.zeros(3, 4)[[[0, 1], [1, 2]]]


def saved(tensor):
    file = BytesIO()
    torch.save(tensor, file)
    return file.getvalue()


@pytest.mark.parametrize("title", DIFFERENCES)
def test_torch_differs(title):
    """The page shows our side, and runs as a doctest."""
    assert DIFFERENCES[title]()


def test_the_page_has_what_the_samples_and_calls_except():
    text = " ".join((ROOT / "docs" / "differences.md").read_text().replace("`", "").split())
    for reason in {reason for *_, reason in DIFFERENT} | set(REFUSED.values()):
        assert reason.lower() in text.lower(), reason


def test_every_difference_on_the_page_is_tested():
    page = (ROOT / "docs" / "differences.md").read_text()
    assert re.findall("^## (.+)$", page, re.MULTILINE) == list(DIFFERENCES)
