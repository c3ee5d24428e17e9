"""The step page in a real browser: keys, clicks, numbers, light and dark, hostile names."""

import json
import os
import re
import shutil
import time

import numpy as np
import pytest

import autograd
import nn
import viz

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        assert "CI" not in os.environ, "CI has a Chromium: see `make system`"
        pytest.skip("no Chromium here, and `make test` may not install one")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    opened = []

    def open_page(path, fragment="", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        page = context.new_page()
        page.errors = []
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(path.as_uri() + fragment)
        opened.append((context, page))
        return page

    yield open_page
    for context, page in opened:
        assert page.errors == []
        context.close()


def network(path):
    X = autograd.tensor([[1.0, -2.0], [0.5, 3.0]], name="X")
    y = autograd.tensor([1.0, 0.0], name="y")
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())
    with autograd.record_source():
        loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
    names = dict(model.named_parameters(), loss=loss)
    return model, loss, viz.step_page(loss, path, names=names)


def figures(page, role):
    """The name and the numbers of each figure with this role."""
    found = page.locator("figure").filter(has_text=f"· {role}").all()
    names = [figure.locator("b").inner_text() for figure in found]
    texts = [figure.locator("td").all_inner_texts() for figure in found]
    return [(name, [float(x) for x in text]) for name, text in zip(names, texts)]


def same_numbers(found, x):
    np.testing.assert_allclose(found, x.data.ravel()[:24], rtol=2e-3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_keys_show_the_engines_numbers(visit, tmp_path, scheme):
    _, loss, made = network(tmp_path / "page.html")
    page = visit(made.path, color_scheme=scheme)
    assert page.locator("#count").inner_text() == "1 / 12"
    assert page.locator("#phase").inner_text().lower() == "forward"
    assert "binary_cross_entropy(model(X)" in page.locator("#where").inner_text()
    steps = list(loss.backward_steps(retain_graph=True))
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    for step in steps:
        assert page.locator("#phase").inner_text().lower() == "backward"
        assert page.locator(".node.current text").text_content() == step.op
        rules = page.locator("#source").inner_text()
        ((_, g),) = figures(page, "incoming cotangent g")
        same_numbers(g, step.g)
        shown = figures(page, "to this operand")
        assert [name for name, _ in shown] == [f"d{c.label}" for c in step.contributions]
        for (_, found), c in zip(shown, step.contributions):
            assert c.source.strip() in rules
            same_numbers(found, c.cotangent)
        page.keyboard.press("ArrowRight")
    assert page.locator("#count").inner_text() == "12 / 12"
    page.keyboard.press("Home")
    assert page.locator("#count").inner_text() == "1 / 12"
    page.keyboard.press("End")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert lightness > 600 if scheme == "light" else lightness < 150


def test_a_backward_step_shows_the_values_that_its_formula_uses(visit, tmp_path):
    w = autograd.tensor([1.0, 2.0], requires_grad=True, name="w")
    v = autograd.tensor([3.0, 4.0], requires_grad=True, name="v")
    p = (w * v).sigmoid()
    made = viz.step_page((p + w).sum(), tmp_path / "page.html", names=dict(p=p))
    page = visit(made.path, fragment="#7")
    assert page.locator("#head").inner_text() == "dout0 = dp * (1 - p) * p"
    ((name, found),) = figures(page, "used")
    assert name == "p"
    same_numbers(found, p)
    page.keyboard.press("ArrowRight")
    assert page.locator("#head").inner_text() == "dw += dout0 * v\ndv = dout0 * w"
    assert [name for name, _ in figures(page, "used")] == ["v", "w"]
    (added,), (total,) = figures(page, "added to this operand"), figures(page, "summed up so far")
    g = p * (1 - p) * v
    assert added[0] == total[0] == "dw"
    same_numbers(added[1], g)
    same_numbers(total[1], g + 1)


def test_arrays_say_what_part_is_shown_and_vectors_where_a_line_begins(visit, tmp_path):
    x = autograd.tensor(np.linspace(-0.0066667, -1.2345e-10, 100)[:, None], name="x")
    w = autograd.tensor(np.ones((1, 32)) * 0.5, requires_grad=True, name="w")
    b = autograd.tensor([1.0, 2.0], name="b")
    made = viz.step_page(((x @ w).sum() * b).sum(), tmp_path / "page.html")
    page = visit(made.path)
    x, w, y = page.locator("figure").all()
    assert "(100, 1)" in x.inner_text() and "first 24 of 100" in x.inner_text()
    assert "first 24 of 32" in w.inner_text()
    assert "24 of 100 rows, 24 of 32 columns" in y.inner_text()
    assert x.locator("th").all_inner_texts() == ["0", "8", "16"]
    assert y.locator("th").count() == 0 and y.locator("td").count() == 24 * 24
    assert x.evaluate("box => box.lastChild.scrollWidth <= box.lastChild.clientWidth")
    page.locator("#slider").fill("2")
    _, b, _ = page.locator("figure").all()
    assert "first" not in b.inner_text() and b.locator("th").count() == 0


def test_the_source_is_the_formula_and_is_not_cut_off(visit, tmp_path):
    x = autograd.randn(4, 2, requires_grad=True)
    page = visit(viz.step_page(nn.Linear(2, 3)(x).sum(), tmp_path / "page.html").path)
    source = page.locator("#source")
    assert "np.dot(x, weight.T)" in source.inner_text()
    assert '"""' not in source.inner_text() and ">>>" not in source.inner_text()
    assert source.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_graph_and_formulas_have_the_same_names(visit, tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    out = model(autograd.ones(4, 2)).sum()
    page = visit(viz.step_page(out, tmp_path / "page.html", names=model).path, fragment="#8")
    assert page.locator("#head").inner_text().splitlines()[-1] == "dbias0 = dout0.sum(0)"
    assert page.locator(".node", has_text="bias0").count() == 1


def test_clicks_slider_and_filling_gradients(visit, tmp_path):
    page = visit(network(tmp_path / "page.html")[2].path)
    page.locator(".node", has_text="relu").click()
    assert page.locator("#count").inner_text() == "2 / 12"
    page.keyboard.press("End")
    filled = page.locator(".node.filled").count()
    page.locator(".node", has_text="sigmoid").click()
    assert page.locator("#count").inner_text() == "9 / 12"
    assert 0 < page.locator(".node.filled").count() < filled
    page.locator("#slider").fill("0")
    assert page.locator("#phase").inner_text().lower() == "forward"
    page.locator("#next").click()
    assert page.locator("#count").inner_text() == "2 / 12"


def test_an_address_opens_at_a_step(visit, tmp_path):
    path = network(tmp_path / "page.html")[2].path
    page = visit(path, fragment="#9")
    assert page.locator("#count").inner_text() == "9 / 12"
    assert visit(path, fragment="#nonsense").locator("#count").inner_text() == "1 / 12"


def test_it_fits_a_phone(browser, tmp_path):
    made = network(tmp_path / "page.html")[2]
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(made.path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


HOSTILE = [
    "<script>window.bad = 1</script>",
    "</script><img src=x onerror='window.bad=1'>",
    "\"quoted\" 'names' \\ \\N & <b>",
    "two\nlines\r\x00\x1b",
    "x" * 10_000,
    "@@SVG@@ @@DATA@@",
]


def test_hostile_names_do_no_harm(visit, tmp_path):
    total = autograd.tensor(0.0)
    for name in HOSTILE:
        x = autograd.tensor([1.0, 2.0], requires_grad=True, name=name)
        total = total + (x * x).sum()
    page = visit(viz.step_page(total, tmp_path / "page.html").path)
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("window.bad") is None
    assert page.locator("img").count() == 0
    assert page.locator("#graph svg").count() == 1


def test_2000_nodes_open_in_two_seconds_and_more_are_folded(visit, tmp_path):
    y = x = autograd.tensor([0.5], requires_grad=True)
    for _ in range(700):
        y = (y + x).tanh()
    made = viz.step_page(y.sum(), tmp_path / "page.html")
    begun = time.perf_counter()
    page = visit(made.path)
    page.locator("#count").wait_for()
    assert page.locator("#folded").inner_text() == "401 earlier ops are folded away"
    assert page.locator(".node").count() >= 2000
    assert time.perf_counter() - begun < 10  # two here; generous on a loaded machine
    page.keyboard.press("End")
    assert page.locator("#count").inner_text() == "2000 / 2000"


def test_an_empty_matrix_has_a_page(visit, tmp_path):
    x = autograd.zeros(3, 0, requires_grad=True)
    page = visit(viz.step_page((x * x).sum(), tmp_path / "page.html").path)
    assert page.locator("figure").first.inner_text() == "x (3, 0) · operand"


def test_a_page_holds_an_array_once(tmp_path):
    y = autograd.randn(24, 24, requires_grad=True)
    for _ in range(50):
        y = y.sigmoid()
    made = viz.step_page(y.sum(), tmp_path / "page.html")
    text = re.search(r'type="application/json">(.*?)</script>', made.path.read_text(), re.S)[1]
    data = json.loads(text)
    assert len(data["arrays"]) <= 51 + 51 + 2  # values and cotangents
    assert sum(len(step["arrays"]) for step in data["steps"]) >= 50 * 5


def test_the_page_leaves_graph_and_gradients_alone_and_needs_no_network(tmp_path):
    model, loss, made = network(tmp_path / "page.html")
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    text = made.path.read_text()
    outside = re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)([^"']+)""", text)
    assert outside == []
    assert made._repr_html_().startswith("<iframe srcdoc=")
    with pytest.raises(TypeError, match="step_page: needs a Tensor, got int"):
        viz.step_page(3)
