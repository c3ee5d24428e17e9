"""What an editor knows of the package: a user's script under basedpyright, which is pyright."""

import inspect
import json
import sys
from typing import Any

import pytest

import autograd
import nn
import viz

from .environments import checkout, environment, install, run

SCRIPT = """
import autograd
import nn
from autograd import Tensor

x = autograd.tensor([[1.0, 2.0]], requires_grad=True)
model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
loss = nn.functional.mse_loss(model(x), autograd.zeros(1, 3))


class Pair(nn.Module):
    def forward(self, x: Tensor, twice: bool = False):
        return x, 2 * x if twice else x


def apply(module: nn.Module) -> None:
    reveal_type(module(x))


"""
TYPES = {
    "x.relu": "() -> Tensor",
    "autograd.cat([x, x]).relu()": "Tensor",
    "1 - x.sum(0) @ x.T": "Tensor",
    "x == 1": "Tensor",
    "x[0, 1:]": "Tensor",
    "x.max(0).indices": "Tensor",
    "x.shape": "tuple[int, ...]",
    "x.float().add_(1)": "Tensor",
    "x.split(1)": "tuple[Tensor, ...]",
    "x.grad": "Tensor | None",
    "model(x)": "Tensor",
    "loss": "Tensor",
    "Pair()(x)": "tuple[Tensor, Tensor]",
    "autograd.grad(loss, x)": "tuple[Tensor, ...]",
    "autograd.to_source(loss)": "Source",
}


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Check a script where the package is installed by `pip install -e`: a list of messages."""
    pytest.importorskip("basedpyright")
    folder = tmp_path_factory.mktemp("editable")
    python = environment(folder / "environment")
    install(python, "--editable", checkout(folder / "source"))
    (folder / "user").mkdir()
    (folder / "user" / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", python]

    def check(script):
        (folder / "user" / "script.py").write_text(script)
        report = json.loads(run(*command, cwd=folder / "user", may_fail=True))
        assert report["summary"]["filesAnalyzed"] == 1
        return [found["message"] for found in report["generalDiagnostics"]]

    return check


def test_an_editor_shows_the_types(check):
    revealed = SCRIPT + "\n".join(f"reveal_type({expression})" for expression in TYPES)
    expected = {"module(x)": "Tensor", **TYPES}
    assert check(revealed) == [
        f'Type of "{expression}" is "{kind}"' for expression, kind in expected.items()
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("loss.backwrad()", 'Cannot access attribute "backwrad" for class "Tensor"'),
        ("autograd.rellu(x)", '"rellu" is not a known attribute of module "autograd"'),
        ("autograd.relu(x, 1)", "Expected 1 positional argument"),
        ('y = x + "1"', 'Operator "+" not supported for types "Tensor" and "Literal'),
        ("x.sum(dims=0)", 'No parameter named "dims"'),
        ("nn.Linear(2)", 'Argument missing for parameter "out_features"'),
    ],
)
def test_a_mistake_is_found(check, line, message):
    found = check(SCRIPT.replace("reveal_type(module(x))", "module(x)") + line)
    assert len(found) == 1 and found[0].startswith(message), found


@pytest.mark.parametrize("package", [autograd, nn, viz], ids=lambda package: package.__name__)
def test_all_says_what_a_package_offers(package):
    """A checker takes what a typed package imports for its own matter, unless __all__ has it."""
    offered = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "").startswith(package.__name__)
    }
    assert offered <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (autograd, nn.functional)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_functions_say_what_they_take_and_give(function):
    """mypy does not ask it of autograd.ops, where the rules read better bare."""
    signature = inspect.signature(function)
    assert all(p.annotation is not p.empty for p in signature.parameters.values())
    if not hasattr(function, "op"):  # primitive() says that an op gives a Tensor
        assert signature.return_annotation not in (signature.empty, Any, "Any")
