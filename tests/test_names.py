"""Names that pictures, steps, pages and programs find in the caller's code by themselves."""

import re

import autograd
import nn
import viz
from autograd.names import items, of_modules

everywhere = autograd.tensor([2.0], requires_grad=True)


def test_each_use_takes_the_variables_of_its_caller(tmp_path):
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    scaled = 3 * w
    loss = (scaled * scaled).sum()
    assert {"w", "scaled", "loss"} <= set(re.findall(r"\w+", viz.draw(loss).source))
    assert "scaled = 3 * w" in autograd.to_source(loss)
    page = viz.step_page(loss, tmp_path / "page.html").path.read_text(encoding="utf-8")
    assert '"dscaled"' in page and '"dw"' in page
    assert "dw = 3 * dscaled" in str([*loss.backward_steps()][-1])


def test_steps_taken_in_a_comprehension_know_the_names_around_it():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    lines = [str(step) for step in (w * w).sum().backward_steps()]
    assert "dw = " in lines[-1]


def test_global_variables_count_too_and_local_ones_before_them():
    def product():
        return (everywhere * 2).sum()

    assert "everywhere" in autograd.to_source(product())
    near = everywhere
    assert "(near)" in autograd.to_source(product()) and near is everywhere


def test_no_names_can_be_asked_for():
    w = autograd.tensor([1.0], requires_grad=True)
    text = autograd.to_source((w * w).sum(), names={})
    assert not re.search(r"\bw\b", text)


def test_models_among_the_variables_name_their_parameters():
    model = nn.Sequential(nn.Linear(2, 1))
    for p in model.parameters():
        x = p  # as a loop leaves it behind
    y = model(autograd.ones(1, 2)).sum()
    source = viz.draw(y).source
    assert "0.weight" in source and "0.bias" in source
    assert x is p and not re.search(r'label="?[px]\b', source)
    assert [name for name, one in items() if one is model[0].bias] == ["0.bias", "p", "x"]


def test_what_ipython_keeps_is_no_name():
    space = {"autograd": autograd, "viz": viz, "nn": nn}
    exec("_3 = nn.Linear(1, 1); _ = __ = _3.weight; x = autograd.ones(1, 1)", space)
    exec("In = ['']; Out = {3: _3}; _4 = _3(x).sum()", space)
    for use in ("viz.draw(_4).source", "autograd.to_source(_4)", "str([*_4.backward_steps()])"):
        assert not re.search(r"\b(_+\d*|d_\d)\b", eval(use, space)), use
    found = [name for name, _ in items(space)]
    assert "x" in found and not {"_", "__", "_3", "_4"} & set(found)


def test_names_with_an_underscore_come_last():
    w = autograd.tensor([1.0], requires_grad=True)
    found = [name for name, x in items({"_w": w, "w": w}) if x is w]
    assert found == ["w", "_w"]


def test_parameters_of_the_same_name_are_told_apart():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    both = nn.Sequential(first, second)
    assert [name for name, _ in of_modules([("a", first)])] == ["weight", "bias"]
    assert [name for name, _ in of_modules([("a", first), ("b", second)])] == [
        "a.weight", "a.bias", "b.weight", "b.bias",
    ]  # fmt: skip
    named = of_modules([("a", first), ("b", second), ("both", both)])
    assert [name for name, _ in named] == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert of_modules([("Linear", nn.Linear), ("number", 3)]) == []
