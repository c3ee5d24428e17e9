"""The step page in a real browser: what it shows, explains and computes, for eight networks."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd.graph import recorded_order
from autograd.steps import Formulas, key_of, labels
from viz.formulas import tree_of
from viz.step_page import values_of

from .student_networks import NETWORKS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# How far the page's numbers may be from the engine's, relative to the largest of an array.
BOUND = {"float32": 1e-5, "float64": 1e-12}


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

    def open_page(path, fragment="", size=(1280, 800), **options):
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        page = context.new_page()
        page.errors, page.requests = [], []
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(getattr(path, "path", path).as_uri() + fragment)
        opened.append((context, page))
        return page

    yield open_page
    for context, page in opened:
        assert page.errors == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
        context.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The loss, the names and the page of each network, made once."""
    folder, known = tmp_path_factory.mktemp("pages"), {}

    def make(name):
        if name not in known:
            loss, names = NETWORKS[name]()
            known[name] = (loss, names, viz.step_page(loss, folder / f"{name}.html", names=names))
        return known[name]

    return make


def count(page):
    return page.locator("#count").inner_text()


def figures(page, role):
    """The label and the numbers of each figure with this role."""
    found = page.locator(f"figure[data-role={role}]").all()
    return [
        (
            figure.locator("b").inner_text(),
            [float(x) for x in figure.locator("td").all_inner_texts()],
        )
        for figure in found
    ]


def array_of(found):
    data = [float(x) if x is not None else np.nan for x in found["data"]]
    return np.array(data).reshape(found["shape"])


def sent(page, expression):
    """What an expression gives, as JSON, since Playwright takes long over many numbers."""
    send = "a => ({shape: a.shape, dtype: a.dtype, data: Array.from(a.data)})"
    return json.loads(page.evaluate(f"() => {{ const send = {send};"
                                    f"return JSON.stringify({expression}) }}"))  # fmt: skip


# -- the page computes what the engine computes --------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_the_page_computes_the_engines_numbers(visit, made, name):
    loss, names, written = made(name)
    page = visit(written)
    assert page.evaluate("[live.on, live.why]") == [True, ""]
    known = labels(names, recorded_order(loss), loss)
    run = sent(
        page,
        """({values: Object.fromEntries([...live.run.values].map(([k, a]) => [k, send(a)])),
            lines: live.run.lines.map(step => step.map(line => send(line.part)))})""",
    )
    compared = 0

    def agree(found, expected):
        nonlocal compared
        assert found["dtype"] == expected.dtype.name and tuple(found["shape"]) == expected.shape
        far = np.abs(array_of(found) - expected).max() / (np.abs(expected).max() or 1)
        assert far <= BOUND[expected.dtype.name]
        compared += 1

    for node in recorded_order(loss):
        agree(run["values"][known[node]], node.values[0])
    steps = list(loss.backward_steps(retain_graph=True, names=names))
    for step, lines in zip(steps, run["lines"][-len(steps) :], strict=True):
        agree(run["values"][f"d{step.label}"], step.g.data)
        for contribution, line in zip(step.contributions, lines, strict=True):
            agree(line, contribution.cotangent.data)
    assert compared >= 3 * len(steps)


@pytest.mark.parametrize("name", NETWORKS)
def test_with_other_inputs_it_computes_what_the_engine_would(visit, made, name):
    loss, names, written = made(name)
    source = autograd.to_source(loss, names=names)
    rng = np.random.default_rng(1)
    changed = {
        key: x + 0.1 * rng.standard_normal(x.shape).astype(x.dtype) if x.dtype.kind == "f" else x
        for key, x in source.inputs.items()
    }
    targets = {"y"} if name == "moons" else set()  # classes, which must stay between 0 and 1
    changed |= {key: source.inputs[key] for key in targets}
    space: dict = {}
    exec(source, space)
    value, *gradients = space["backward"](**changed)
    wanted = re.search(r"return \(?(.*?)\)?\s*$", source, re.S)[1].replace("\n", "").split(",")
    page = visit(written)
    page.evaluate(
        """text => {
            for (const [name, data] of Object.entries(JSON.parse(text))) {
                const array = live.inputs.get(name);
                live.inputs.set(name, makeArray(array.shape, array.dtype, data));
            }
            compute();
        }""",
        json.dumps({key: np.asarray(x, float).ravel().tolist() for key, x in changed.items()}),
    )
    found = sent(page, "Object.fromEntries([...live.run.values].map(([k, a]) => [k, send(a)]))")
    loss_name = labels(names, recorded_order(loss), loss)[loss.grad_fn]
    assert abs(found[loss_name]["data"][0] - value) <= 1e-5 * abs(value)
    leaves = [name.strip()[1:] for name in wanted[1:]]
    if name == "second_derivative":
        leaves = ["x"]
    for leaf, gradient in zip(leaves, gradients, strict=True):
        far = np.abs(array_of(found[f"d{leaf}"]) - gradient).max()
        assert far <= 2e-5 * np.abs(gradient).max()


def test_a_network_of_halves_lives(visit, tmp_path):
    autograd.manual_seed(0)
    X, w1, w2 = (
        (autograd.randn(*shape) * 0.5).to(autograd.float16) for shape in ((20, 3), (3, 8), (8, 1))
    )
    w1.requires_grad_(), w2.requires_grad_()
    with autograd.record_source():
        loss = (autograd.tanh(X @ w1) @ w2).sigmoid().sum()
    page = visit(viz.step_page(loss, tmp_path / "page.html"))
    assert page.evaluate("[live.on, live.why]") == [True, ""]
    before = page.evaluate("lossNow()")
    found = page.evaluate("takeStep(), live.inputs.get('w1').data[0]")
    assert page.evaluate("lossNow()") < before
    loss.backward()
    stepped = w1.data[0, 0] - np.float16(0.1) * w1.grad.data[0, 0]
    assert found == np.float16(found) == pytest.approx(stepped, rel=2e-3)
    page.context.add_init_script("delete globalThis.Float16Array")
    page.reload()
    assert "this browser does not compute with float16" in page.locator("#notice").inner_text()


def test_the_page_knows_every_function_of_the_op_table(visit, tmp_path, made):
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from .op_table import TABLE

    cases = []

    def packed(x):
        x = np.asarray(x)
        data = [str(v) if not np.isfinite(v) else v for v in x.astype(float).ravel().tolist()]
        return {"shape": x.shape, "dtype": x.dtype.name, "data": data}

    def add(text, space, expected):
        values = {name: packed(x) for name, x in space.items()}
        cases.append({"text": text, "values": values, "expected": packed(expected)})
        cases[-1]["tree"] = tree_of(text)

    def steps_of(row, drawn, dtype):
        arrays, options = drawn
        tensors = [
            autograd.tensor(x.astype(dtype) if x.dtype.kind == "f" else x).requires_grad_()
            if x.dtype.kind == "f"
            else autograd.tensor(x)
            for x in arrays
        ]
        try:
            y = row.ours(*tensors, **options)
        except TypeError as error:
            assert "float16 is unsupported in linalg" in str(error)
            return
        formulas = Formulas(labels({}, recorded_order(y), y))
        known, values = formulas.known, values_of(recorded_order(y))
        for step in y.backward_steps(autograd.ones_like(y) * 0.7, retain_graph=True, names={}):
            node = step.node
            formula = formulas.of_forward(node)
            space = {known[node]: values[node][0]}
            pairs = zip(node.args, values[node][1:])
            space |= {known[key_of(x)]: value for x, value in pairs if key_of(x) in known}
            add(formula, space | formula.arrays, values[node][0])
            space[f"d{known[node]}"] = step.g.data
            for c in step.contributions:
                add(c.formula, space | c.formula.arrays, c.cotangent.data)

    for row in TABLE:
        for dtype in (np.float16, np.float32, np.float64):

            @settings(
                max_examples=4, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @seed(1)
            @given(row.draws)
            def draw(drawn):
                steps_of(row, drawn, dtype)  # noqa: B023, as it is called at once

            draw()
    page = visit(made("neuron")[2])
    odd = page.evaluate(
        """text => {
            const cases = JSON.parse(text);
            const numbers = {nan: NaN, inf: Infinity, "-inf": -Infinity};
            const array = a => makeArray(a.shape, a.dtype, a.data.map(x => numbers[x] ?? x));
            const check = ({text, tree, values, expected}) => {
                const unknown = unknownIn(tree);
                if (unknown.length) return `${text}: unknown ${unknown}`;
                if (spell(tree) !== text.replaceAll(",]", "]"))
                    return `${text}: written as ${spell(tree)}`;
                const known = new Map(Object.entries(values).map(([k, a]) => [k, array(a)]));
                const found = evaluate(tree, known), right = array(expected);
                if (`${found.shape} ${found.dtype}` !== `${right.shape} ${right.dtype}`)
                    return `${text}: ${found.dtype} (${found.shape})`;
                const far = distance(found, right);
                const most = {float16: 2e-2, float32: 3e-6}[right.dtype] ?? 1e-12;
                return far > most ? `${text}: ${far}` : "";
            };
            const checked = one => {
                try { return check(one); } catch (error) { return `${one.text}: ${error.message}`; }
            };
            return [...new Set(cases.map(checked).filter(Boolean))];
        }""",
        json.dumps(cases),
    )
    assert len(cases) > 2000
    assert odd == []


# -- a step is shown and explained -----------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["neuron", "second_derivative"])
def test_keys_show_formulas_rules_and_the_engines_numbers(visit, made, name, scheme):
    loss, names, written = made(name)
    page = visit(written, color_scheme=scheme)
    steps = list(loss.backward_steps(retain_graph=True, names=names))
    forward = len(recorded_order(loss))
    assert count(page) == f"1 / {forward + len(steps)}"
    for _ in range(forward):
        assert page.locator("#phase b").inner_text().lower() == "forward"
        page.keyboard.press("ArrowRight")
    for step in steps:
        assert page.locator("#phase b").inner_text().lower() == "backward"
        assert step.op in page.locator("#phase").inner_text()
        formulas = page.locator(".formula").all_inner_texts()
        rules = page.locator("#source").text_content()
        results = figures(page, "result")
        for c, formula, (label, numbers) in zip(step.contributions, formulas, results, strict=True):
            assert formula.startswith(f"d{c.label} {'+=' if c.adds else '='} {c.formula}")
            assert c.source.strip() in rules
            assert label == f"d{c.label}"
            np.testing.assert_allclose(numbers, c.cotangent.data.ravel(), rtol=2e-3)
        page.keyboard.press("ArrowRight")
    assert count(page) == f"{forward + len(steps)} / {forward + len(steps)}"
    page.keyboard.press("Home")
    assert count(page).startswith("1 /")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert lightness > 600 if scheme == "light" else lightness < 150


@pytest.mark.parametrize("name", NETWORKS)
def test_each_step_has_a_sentence_and_its_result_above_the_fold(visit, made, name):
    page = visit(made(name)[2])
    seen = page.evaluate(
        """data.steps.map((step, i) => {
            goToStep(i);
            const text = x => x.innerText, all = x => [...document.querySelectorAll(x)];
            return {
                phase: text(document.querySelector("#phase b")).toLowerCase(),
                sentence: text(byId("sentence")),
                texts: all("#sentence, .why").map(text),
                maths: all("math").length,
                lines: all(".line").length,
                bottom: byId("lines").getBoundingClientRect().bottom,
            };
        })"""
    )
    words = page.evaluate("data.words")
    for step in seen:
        assert step["sentence"].endswith(".") and 10 < len(step["sentence"]) < 260
        assert "{" not in step["sentence"]
        assert step["bottom"] < 762  # all of it, with the trace below
        if step["phase"] == "backward":
            assert any(f"how much {words} changes with" in text for text in step["texts"])
            assert step["maths"] == step["lines"]
    assert len(seen) == int(count(page).split("/")[1])
    assert page.locator("#sentence").get_attribute("aria-live") == "polite"


def test_a_matrix_product_is_shown_as_pictures_result_first(visit, made):
    page = visit(made("moons")[2], fragment="#10")
    line = page.locator(".line").first
    captions = [text.replace("\n", " ") for text in line.locator("figcaption").all_inner_texts()]
    assert captions == ["dout1 (100, 32)", "dout2 (100, 1)", "weight2 (1, 32)"]
    assert line.locator(".equation .sign").all_inner_texts() == ["=", "@"]
    assert line.locator(".why").inner_text() == (
        "Each of the 100 rows of dout2 is multiplied by weight2: how much the loss changes with "
        "out1."
    )
    assert line.locator("math").text_content() == "∂loss∂out1=∑∂loss∂out2·∂out2∂out1"
    for index in (0, 2, 6, 9):  # maps shrink until the equation is one row
        page.evaluate("goToStep", index)
        assert page.evaluate("areRows()")


def test_what_is_only_turned_is_shown_as_it_was_before(visit, tmp_path):
    x = autograd.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    page = visit(viz.step_page(x.T.exp().sum(), tmp_path / "page.html", names=dict(x=x)))
    captions = page.locator(".line figcaption").all_inner_texts()
    assert [text.replace("\n", " ") for text in captions] == ["out0 (3, 2)", "x (2, 3)"]
    assert page.locator(".equation .sign").all_inner_texts() == ["=", ".T"]
    page.locator("figure[data-role=result] td").nth(1).hover()  # out0[0, 1]
    assert page.locator("figure[data-role=operand] td.lit").all_inner_texts() == ["3"]


def point_at(page, figure, row, column):
    """Move the mouse to an element of a heat map or a table."""
    shape = [int(n) for n in re.findall(r"\d+", figure.locator(".shape").inner_text())]
    rows, columns = ([1] * (2 - len(shape)) + shape)[-2:]
    box = figure.locator(".map, table").bounding_box()
    page.mouse.move(
        box["x"] + box["width"] * (column + 0.5) / columns,
        box["y"] + box["height"] * (row + 0.5) / rows,
    )


def lit(page, index):
    """The elements of a figure that are marked, in the order of what it shows."""
    return page.evaluate(
        """index => {
            const box = document.querySelectorAll("figure.array")[index];
            return box.classList.contains("lit") || Boolean(box.querySelector(".lit"));
        }""",
        index,
    )


def sources(page, step, line, at):
    """What the page says an element is made of: by name, the places; and its arithmetic."""
    return page.evaluate(
        """([step, line, at]) => {
            const {parts, sources} = explain(data.steps[step].lines[line].tree, at, live.run);
            const number = ({name, at}) => `(${live.run.values.get(name).data[at]})`;
            const exact = p => p.text === undefined ? p : number(p);
            return {text: textOf(parts), exact: parts.map(exact).join(""),
                    value: live.run.lines[step][line].part.data[at],
                    places: Object.fromEntries([...sources].map(([k, v]) => [k, [...v]]))};
        }""",
        [step, line, at],
    )


def test_pointing_at_a_number_writes_out_where_it_came_from(visit, made):
    page = visit(made("moons")[2], fragment="#10")
    page.mouse.move(2, 2)
    point_at(page, page.locator("figure[data-role=result]").first, 40, 9)
    text = page.locator("#trace").inner_text()
    found = re.match(r"dout1\[40, 9\] = (\S+) = (\S+) \* (\S+)\n", text)
    value, a, b = map(float, found.groups())
    assert value == pytest.approx(a * b, rel=2e-3)
    assert "dout2[40, 0] · weight2[0, 9]" in text
    assert [lit(page, i) for i in range(4)] == [True, True, True, False]
    point_at(page, page.locator("figure[data-role=result]").nth(1), 0, 9)
    text = page.locator("#trace").inner_text()
    assert text.startswith("dweight2[0, 9] = ") and "… 97 more" in text
    assert "dout2: all of it · out1: column 9" in text
    titles = page.locator("#trace .from").evaluate_all("all => all.map(x => x.title)")
    assert titles[:2] == ["dout2[0, 0]", "out1[0, 9]"]
    page.mouse.down()  # a click holds it
    page.mouse.up()
    point_at(page, page.locator("figure[data-role=result]").first, 1, 1)
    assert page.locator("#trace").inner_text() == text


def test_elementwise_sums_broadcasts_transposes_and_indexing_are_followed_back(visit, tmp_path):
    x = autograd.tensor(np.arange(6.0).reshape(2, 3) - 2, requires_grad=True)
    b = autograd.tensor([0.5, -1.0, 2.0], requires_grad=True)
    picked = (x * b).relu()[:, [2, 0]]
    turned = picked.T * autograd.tensor([1.0, 3.0])
    loss = (turned.sum(0) ** 2).mean()
    page = visit(viz.step_page(loss, tmp_path / "page.html"))
    steps = page.evaluate("data.steps.map(s => [s.phase, s.op, s.lines.map(l => l.name)])")
    assert page.evaluate("live.on")
    at = {(phase, op): i for i, (phase, op, _) in enumerate(steps)}
    assert sources(page, at["forward", "mul"] - 4, 0, 0)["places"] == {"x": [0], "b": [0]}
    assert sources(page, at["forward", "getitem"], 0, 1)["places"]["out1"] == [0]
    assert sources(page, at["forward", "permute"], 0, 1)["places"]["picked"] == [2]
    assert sources(page, at["forward", "sum"], 0, 1)["places"]["turned"] == [1, 3]
    assert sources(page, at["backward", "getitem"], 0, 2)["places"] == {"dpicked": [0]}
    assert sources(page, at["backward", "getitem"], 0, 1)["text"] == "0"
    assert sources(page, at["backward", "relu"], 0, 4)["text"] == "0 as (0 <= 0 → 1)"
    last = len(steps) - 1
    assert steps[last][2] == ["dx", "db"]
    assert sources(page, last, 1, 2)["places"] == {"dout0": [2, 5], "x": [2, 5]}


WHOLE = r"\(((?:[^()]|\([^()]*\))*?) → ([01])\)"  # a comparison and its truth


@pytest.mark.parametrize("name", NETWORKS)
def test_the_arithmetic_that_is_written_out_adds_up(visit, made, name):
    page = visit(made(name)[2])
    lines = page.evaluate("data.steps.map((s, i) => s.lines.map((l, j) => [i, j]))")
    sizes = page.evaluate("live.run.lines.map(s => s.map(l => l.part.data.length))")
    functions = {f: getattr(np, f) for f in ("exp", "log", "log1p", "maximum", "sqrt", "tanh")}
    functions |= {"max": max, "True": 1, "False": 0}
    summed = 0
    for i, j in [pair for step in lines for pair in step]:
        for at in {0, sizes[i][j] // 2, sizes[i][j] - 1}:
            found = sources(page, i, j, at)
            if "…" in found["text"]:
                continue
            arithmetic = re.sub(WHOLE, r"\2", found["exact"].split(" as ")[0])
            with np.errstate(all="ignore"):
                value = eval(arithmetic, {"__builtins__": {}}, functions)
            # a sum within a sum stands there as one number of four digits
            assert value == pytest.approx(found["value"], rel=2e-3, abs=2e-6), arithmetic
            summed += 1
    assert summed > len(lines)


def test_streams_that_meet_are_shown_as_a_sum(visit, made):
    page = visit(made("l2_penalty")[2], fragment="#24")
    text = page.locator(".streams").first.inner_text()
    assert "weight is used 3 times, so 3 streams flow back to it" in text
    assert "3 of 3 have arrived" in text
    streams = page.locator(".streams").first
    numbers = [
        np.array([float(x) for x in figure.locator("td").all_inner_texts()])
        for figure in streams.locator("figure").all()
    ]
    np.testing.assert_allclose(numbers[0], sum(numbers[1:]), atol=2e-3)
    through = [x.split(" (")[0] for x in streams.locator("figcaption").all_inner_texts()[1:]]
    assert len(set(through)) == 2 and all(text.startswith("through out") for text in through)
    assert [x.strip() for x in streams.locator(".sign").all_inner_texts()] == ["=", "+", "+"]
    page.locator("figure[data-role=result] td").first.hover()
    assert page.locator("#trace").inner_text().startswith("dweight[0, 0] += ")
    streams.locator("td").first.hover()
    assert page.locator("#trace").inner_text().startswith("dweight[0, 0] = ")
    page.locator("#slider").fill("19")
    assert "1 of 3 has arrived" in page.locator(".streams").first.inner_text()
    assert "2 of 3 have arrived" in page.locator(".streams").nth(1).inner_text()


def test_the_words_are_explained_once(visit, made):
    page = visit(made("moons")[2], fragment="#7")
    assert page.locator("#words").get_attribute("open") is not None
    assert "cotangent" in page.locator("#glossary").inner_text()
    page.locator("#words summary").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#words").get_attribute("open") is None


def test_rule_line_and_settings_are_there_to_be_unfolded(visit, made):
    page = visit(made("attention")[2], fragment="#17")
    assert "axis=-1" in page.locator("#phase").inner_text()
    assert page.locator("#source").is_hidden() and page.locator("#where").is_hidden()
    page.locator("#place summary").click()
    assert "weights = autograd.softmax(masked, -1)" in page.locator("#where").inner_text()
    page.locator("#rule summary").click()
    source = page.locator("#source")
    assert "y * (g - (g * y).sum(axis, keepdims=True))" in source.inner_text()
    assert '"""' not in source.inner_text() and ">>>" not in source.inner_text()
    assert source.evaluate("box => box.scrollWidth <= box.clientWidth")


# -- the graph -------------------------------------------------------------------------------------


def state(page, name):
    """What a card of the graph says, and the classes it has."""
    return page.evaluate(
        """name => {
            const card = document.getElementById(data.tensors.find(t => t.name === name).id);
            const text = kind => card.querySelector(`.${kind}`)?.textContent ?? "";
            return {classes: [...card.classList], value: text("value"), gradient: text("gradient"),
                    badge: text("badge")};
        }""",
        name,
    )


def test_cards_show_values_gradients_and_what_they_wait_for(visit, made):
    page = visit(made("neuron")[2])
    assert state(page, "x1")["value"] == "2" and state(page, "n")["value"] == "()"
    assert "ahead" in state(page, "n")["classes"] and "current" in state(page, "out0")["classes"]
    page.keyboard.press("b")
    assert state(page, "o") == {
        "classes": ["node", "root", "current"], "value": "0.7071", "gradient": "do 1", "badge": "",
    }  # fmt: skip
    assert state(page, "n")["gradient"] == "dn 0.5" and "receiving" in state(page, "n")["classes"]
    assert state(page, "w1")["gradient"] == "" and "ahead" in state(page, "w1")["classes"]
    page.keyboard.press("End")
    assert state(page, "w1")["gradient"] == "dw1 1" and "done" in state(page, "n")["classes"]

    page = visit(made("l2_penalty")[2], fragment="#20")
    weight = state(page, "weight")
    assert weight["badge"] == "2 of 3" and "receiving" in weight["classes"]
    page.keyboard.press("ArrowRight")
    weight = state(page, "weight")
    assert weight["badge"] == "2 of 3" and "waiting" in weight["classes"]
    page.keyboard.press("End")
    assert state(page, "weight")["badge"] == "3 of 3"
    overlap = page.evaluate(
        """() => {
            const boxes = selector => [...document.querySelectorAll(selector)]
                .filter(x => x.textContent).map(x => x.getBoundingClientRect());
            const meet = (a, b) => a.left < b.right && b.left < a.right &&
                Math.abs(a.top - b.top) < 0.5 * a.height;
            return boxes("#titles text").filter(a => boxes(".badge").some(b => meet(a, b))).length;
        }"""
    )
    assert overlap == 0


def test_arrows_of_the_backward_pass_run_backward(visit, made):
    page = visit(made("moons")[2])
    line = page.locator(".edge.moving").first
    style = "line => [getComputedStyle(line).markerStart, getComputedStyle(line).markerEnd]"
    assert page.locator(".edge.moving").count() == 3
    assert [mark == "none" for mark in line.evaluate(style)] == [True, False]
    assert page.locator(".spark animateMotion").first.get_attribute("keyPoints") == "0;1"
    page.locator("#slider").fill("9")
    assert page.locator(".edge.moving").count() == 3
    assert [mark == "none" for mark in line.evaluate(style)] == [False, True]
    assert page.locator(".spark animateMotion").first.get_attribute("keyPoints") == "1;0"


def test_a_click_goes_to_the_step_and_stays_in_the_pass(visit, made):
    page = visit(made("moons")[2])
    page.keyboard.press("0")

    def click(name):
        page.locator(
            f"#{page.evaluate('n => data.tensors.find(t => t.name === n).id', name)}"
        ).click()
        return int(count(page).split("/")[0])

    assert click("out1") == 2 and click("weight2") == 3 and click("loss") == 6
    page.keyboard.press("End")
    assert click("out1") == 10  # where its gradient arrives
    assert click("weight0") == 12 and click("loss") == 7
    assert click("X") == 7  # no gradient comes to it: nowhere to go


def test_modules_fold_and_unfold(visit, made):
    page = visit(made("residual")[2], fragment="#1")
    everything = page.locator(".node").count()
    boxes = page.locator(".box").count()
    page.keyboard.press("0")
    page.locator("#titles text", has_text="1: Block").click()
    assert page.locator(".node").count() < everything and page.locator(".box").count() < boxes
    folded = page.locator(".node.module")
    assert "1: Block" in folded.text_content() and "ops" in folded.text_content()
    page.keyboard.press("b")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert "current" in folded.get_attribute("class")
    page.keyboard.press("f")
    page.locator("#fold").click()
    assert page.locator(".node.module").count() == 1
    assert page.locator(".node").count() < 8
    page.keyboard.press("f")
    assert page.locator(".node").count() == everything


def test_the_graph_fits_zooms_and_moves(visit, made):
    page = visit(made("rnn")[2])
    page.keyboard.press("0")
    window = page.locator("#picture").bounding_box()
    drawn = page.locator("#view").bounding_box()
    assert drawn["y"] >= window["y"] and drawn["height"] <= window["height"]
    assert drawn["x"] >= window["x"] and drawn["width"] <= window["width"]
    page.set_viewport_size({"width": 1280, "height": 600})
    page.wait_for_function("graph.window.height < 550")
    smaller = page.locator("#view").bounding_box()
    assert 0 < smaller["height"] <= window["height"] - 200  # it still fits
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("graph.window.height > 550")
    assert page.locator("#view").bounding_box() == drawn
    page.keyboard.press("+")
    assert page.locator("#view").bounding_box()["height"] == pytest.approx(
        1.3 * drawn["height"], rel=0.02
    )
    page.mouse.move(window["x"] + 20, window["y"] + 100)
    page.mouse.down()
    page.mouse.move(window["x"] + 60, window["y"] + 150)
    page.mouse.up()
    assert count(page).startswith("1 /")
    before = page.evaluate("[graph.x, graph.y, graph.scale]")
    page.mouse.wheel(0, 100)
    page.wait_for_function("y => graph.y !== y", arg=before[1])
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    card = page.locator(".node.current").bounding_box()
    assert window["y"] <= card["y"] and card["y"] + card["height"] <= window["y"] + window["height"]


@pytest.mark.parametrize("name", NETWORKS)
def test_cards_do_not_overlap_and_lines_go_down(visit, made, name):
    page = visit(made(name)[2])
    cards = page.evaluate("[...graph.cards.values()].map(c => c.item).map(i => "
                          "[i.x, i.y, i.x + i.width, i.y + i.height])")  # fmt: skip
    for i, a in enumerate(cards):
        for b in cards[:i]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    downward = page.evaluate(
        "graph.lines.every(l => graph.cards.get(l.from).item.y < graph.cards.get(l.to).item.y)"
    )
    assert downward
    crossed = page.evaluate(
        """() => {
            const covers = (p, {x, y, width: w, height: h}) =>
                p.x > x + 1 && p.x < x + w - 1 && p.y > y + 1 && p.y < y + h - 1;
            const found = [];
            for (const {from, to, path} of graph.lines)
                for (let at = 0; at < path.getTotalLength(); at += 3) {
                    const point = path.getPointAtLength(at);
                    for (const [id, {item}] of graph.cards)
                        if (id !== from && id !== to && covers(point, item))
                            found.push(`${from} to ${to} over ${id}`);
                }
            return [...new Set(found)];
        }"""
    )
    assert crossed == []


# -- it lives --------------------------------------------------------------------------------------


def loss_shown(page):
    return float(page.locator("#lab-loss").inner_text())


def test_a_number_is_changed_and_all_follows(visit, made):
    page = visit(made("neuron")[2])
    page.keyboard.press("t")
    assert loss_shown(page) == pytest.approx(0.7071, abs=1e-4)
    page.locator(".chip", has_text="b").first.click()
    page.locator("#lab-number").fill("7.5")
    page.locator("#lab-number").press("Enter")
    assert loss_shown(page) == pytest.approx(np.tanh(1.5), rel=1e-3)
    assert float(state(page, "o")["value"]) == pytest.approx(np.tanh(1.5), rel=1e-3)
    slope = 1 - np.tanh(1.5) ** 2
    assert float(state(page, "w1")["gradient"].split()[1]) == pytest.approx(2 * slope, rel=1e-3)
    page.locator("#lab-slider").fill("6")
    assert loss_shown(page) == pytest.approx(np.tanh(page.evaluate(
        "live.inputs.get('b').data[0]") - 6), rel=1e-3)  # fmt: skip
    page.locator("#tab-step").click()
    page.locator("#slider").fill("3")
    page.locator("#lines figure[data-name=b] td").hover()
    assert "drag sideways" in page.locator("#trace").inner_text()
    page.mouse.down()
    box = page.locator("#lines figure[data-name=b] td").bounding_box()
    before = page.evaluate("live.run.values.get('o').data[0]")
    page.mouse.move(box["x"] + 80, box["y"] + 5, steps=4)
    page.mouse.up()
    assert page.evaluate("live.run.values.get('o').data[0]") > before
    page.keyboard.press("t")
    page.locator("#lab-reset").click()
    assert loss_shown(page) == pytest.approx(0.7071, abs=1e-4)


def test_a_nudge_is_foretold_by_the_gradient(visit, made):
    page = visit(made("l2_penalty")[2])
    page.locator("#tab-lab").click()
    before = page.evaluate("lossNow()")
    gradient = page.evaluate("live.run.values.get('dweight').data[0]")
    page.locator(".chip", has_text="+0.001").hover()
    foretold, truly = page.locator(".nudge td + td").all_inner_texts()
    assert float(foretold.split("=")[1]) == pytest.approx(0.001 * gradient, rel=2e-3)
    assert float(truly) == pytest.approx(0.001 * gradient, rel=0.05)
    page.locator(".chip", has_text="+0.001").click()
    assert page.evaluate("lossNow()") - before == pytest.approx(float(truly), rel=0.05)


def test_the_step_is_that_of_sgd_and_training_goes_down(visit, made):
    page = visit(made("moons")[2])
    page.keyboard.press("t")
    page.locator("#lab-rate").fill("0")  # 10**0
    assert page.locator("#lab-rate-text").inner_text() == "1"
    w, dw = (np.array(page.evaluate(f"Array.from({x})"), np.float32) for x in (
        "live.inputs.get('weight0').data", "live.run.values.get('dweight0').data"))  # fmt: skip
    before = loss_shown(page)
    page.locator("#lab-step").click()
    after = np.array(page.evaluate("Array.from(live.inputs.get('weight0').data)"), np.float32)
    np.testing.assert_allclose(after, w - dw, rtol=1e-6)
    assert loss_shown(page) < before
    page.locator("#lab-train").click()
    page.wait_for_function("lab.losses.length > 300 && !lab.training", timeout=60_000)
    losses = page.evaluate("lab.losses")
    assert len(losses) == 302 and losses[-1] < 0.25 * losses[0]
    assert "301 steps taken" in page.locator("#lab-count").inner_text()
    colours = page.locator("#lab-boundary").evaluate(
        """canvas => {
            const {width, height} = canvas, pen = canvas.getContext("2d");
            const {data} = pen.getImageData(0, 0, width, height);
            let blue = 0, orange = 0;
            for (let i = 0; i < data.length; i += 4) {
                blue += data[i + 2] > data[i] + 40;
                orange += data[i] > data[i + 2] + 40;
            }
            return [blue, orange];
        }"""
    )
    assert min(colours) > 10_000  # both classes have their ground
    accuracy = page.evaluate(
        """() => { const p = live.run.values.get("p").data, y = live.inputs.get("y").data;
            return p.reduce((n, x, i) => n + ((x > 0.5) === (y[i] > 0.5)), 0) / p.length; }"""
    )
    assert accuracy > 0.95
    page.locator("#lab-reset").click()
    assert loss_shown(page) == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "moons"])
def test_every_network_can_be_trained_a_little(visit, made, name):
    page = visit(made(name)[2])
    page.keyboard.press("t")
    page.locator("#lab-rate").fill("-2")
    before = page.evaluate("lossNow()")
    for _ in range(2):
        page.locator("#lab-step").click()
    assert page.evaluate("lossNow()") < before
    assert page.locator("#lab-boundary").is_hidden()


# -- quiz, play, keys, address ---------------------------------------------------------------------


def test_the_quiz_hides_asks_and_says_why(visit, made):
    page = visit(made("moons")[2], fragment="#10")
    page.keyboard.press("q")
    assert page.locator("#lines").is_hidden() and page.locator("#sentence").is_hidden()
    assert page.locator(".ask").inner_text() == "What is dout1?"
    choices = page.locator(".choice code").all_inner_texts()
    assert "dout2 @ weight2" in choices and len(choices) == len(set(choices)) == 4
    wrong = next(i for i, text in enumerate(choices) if text != "dout2 @ weight2")
    page.locator(".choice").nth(wrong).click()
    assert page.locator(".choice.right code").all_inner_texts() == ["dout2 @ weight2"]
    assert page.locator(".choice.wrong code").all_inner_texts() == [choices[wrong]]
    said = page.locator(".say").inner_text()
    assert re.match(r"No: (these shapes do not fit|that has the shape|the shape fits)", said)
    assert (
        page.locator("#lines").is_visible() and "0 of 1 right" in page.locator("#quiz").inner_text()
    )
    page.keyboard.press("ArrowRight")
    page.locator(".choice").nth(
        page.evaluate("questionOf(10).choices.findIndex(c => c.right)")
    ).click()
    assert page.locator(".say").inner_text() == "Right."
    assert "1 of 2 right" in page.locator("#quiz").inner_text()
    page.keyboard.press("ArrowRight")
    page.locator(".give").click()
    assert page.locator("#lines").is_visible()
    page.keyboard.press("q")
    assert page.locator("#quiz").is_hidden()

    page = visit(made("neuron")[2], fragment="#2")  # x2 is 0: no mistake would be seen
    page.keyboard.press("q")
    assert page.locator("#quiz").inner_text() == "No question at this step: go on."
    assert page.locator("#lines").is_visible()


def test_nothing_gives_the_answer_away(visit, tmp_path):
    x = autograd.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    page = visit(viz.step_page(x.reshape(3, 1).exp().sum(), tmp_path / "page.html"))
    assert "shape=(3, 1)" in page.locator("#phase").inner_text()
    page.keyboard.press("q")
    assert page.locator(".ask").inner_text() == "Which shape does out0 have?"
    assert "(3, 1)" not in page.locator("#phase").inner_text()
    assert page.locator(".node .value").first.is_hidden()
    page.locator(".give").click()
    assert "(3, 1)" in page.locator("#phase").inner_text()
    assert page.locator(".node .value").first.is_visible()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_right_answer_is_among_the_choices_and_no_other_is_right(visit, made, name):
    page = visit(made(name)[2])
    questions = page.evaluate(
        """data.steps.map((step, i) => questionOf(i) && {
            right: questionOf(i).choices.filter(c => c.right).length,
            texts: questionOf(i).choices.map(c => c.text), kind: questionOf(i).kind})"""
    )
    asked = [question for question in questions if question]
    assert len(asked) >= 0.8 * len(questions)
    assert any(question["kind"] == "formula" for question in asked)
    for question in asked:
        assert question["right"] == 1
        assert 2 <= len(question["texts"]) == len(set(question["texts"])) <= 4


def test_it_plays_by_button_and_space(visit, made):
    page = visit(made("neuron")[2])
    page.clock.install()
    page.keyboard.press(" ")
    assert page.locator("#play").get_attribute("aria-label") == "pause"
    page.clock.run_for(3300)
    assert count(page) == "3 / 10"
    page.keyboard.press(" ")
    page.clock.run_for(5000)
    assert count(page) == "3 / 10"
    page.locator("#play").click()
    page.clock.run_for(20_000)
    assert count(page) == "10 / 10"
    assert page.locator("#play").get_attribute("aria-label") == "play"


def test_keys_address_and_marks(visit, made):
    written = made("moons")[2]
    page = visit(written, fragment="#9")
    assert count(page) == "9 / 12"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("location.hash") == "#10"
    page.reload()
    assert count(page) == "10 / 12"
    page.evaluate("location.hash = '#3'")
    page.wait_for_function("now.step === 2")
    page.keyboard.press("b")
    assert count(page) == "7 / 12"
    page.locator("#slider").fill("0")
    assert count(page) == "1 / 12"
    page.locator("#next").click()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible() and "step on" in page.locator("#keys").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()
    marks = [page.locator(f"#{phase}-mark").bounding_box() for phase in ("forward", "backward")]
    assert marks[0]["width"] == pytest.approx(marks[1]["width"], rel=0.1)
    assert visit(written, fragment="#nonsense").locator("#count").inner_text() == "1 / 12"


def test_panels_begin_at_their_top_and_keys_scroll(visit, made):
    page = visit(made("moons")[2], fragment="#10", size=(1280, 500))
    page.keyboard.press("PageDown")
    page.wait_for_function("document.getElementById('panel').scrollTop > 50")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getElementById('panel').scrollTop") == 0
    assert count(page) == "11 / 12"


@pytest.mark.parametrize("name", NETWORKS)
def test_it_fits_a_phone(visit, made, name):
    page = visit(made(name)[2], size=(390, 844), has_touch=True)
    for key in ["b", "t", "q", "End"]:
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        overflow = page.evaluate("""[...document.querySelectorAll("#panel, .line, .card, header")]
            .filter(x => x.scrollWidth > x.clientWidth + 1).map(x => x.className || x.id)""")
        assert overflow == []


def test_a_phone_explains_what_is_tapped(visit, made):
    page = visit(made("moons")[2], fragment="#10", size=(390, 844), has_touch=True, is_mobile=True)
    page.locator("figure[data-role=result] .map").first.tap()
    assert re.match(r"dout1\[\d+, \d+\] = ", page.locator("#trace").inner_text())


# -- what the page cannot compute ------------------------------------------------------------------


def test_a_function_that_it_does_not_know_leaves_the_engines_numbers(visit, tmp_path):
    @autograd.primitive
    def odd(x):
        return np.interp(x, [0.0, 1.0], [0.0, 2.0]).astype(x.dtype)

    @autograd.vjp_of(odd, "x")
    def odd_dx(g, x):
        return 2 * g * (x > 0)

    x = autograd.tensor([0.25, 0.5], requires_grad=True)
    page = visit(viz.step_page(odd(x).sum(), tmp_path / "page.html"))
    assert "the page cannot compute this graph, as the page does not know" in (
        page.locator("#notice").inner_text()
    )
    assert page.locator("#tab-lab").is_disabled()
    assert figures(page, "result") == [("out0", [0.5, 1.0])]
    page.keyboard.press("End")
    assert figures(page, "result") == [("dx", [2.0, 2.0])]
    page.locator("figure[data-role=result] td").first.hover()
    assert page.locator("#trace").inner_text() == "dx[0] = 2"
    page.keyboard.press("q")
    assert "Which shape" in page.locator(".ask").inner_text()


def test_numbers_that_are_not_the_engines_are_not_shown(visit, tmp_path):
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: 10 * g)
    page = visit(viz.step_page((y * y).sum(), tmp_path / "page.html"))
    assert "a hook or a change in place may be why" in page.locator("#notice").inner_text()
    page.keyboard.press("End")
    assert figures(page, "result") == [("dx", [180.0, 360.0])]


def test_the_gradient_of_a_leaf_is_shown_as_it_arrives(visit, tmp_path):
    x, seen = autograd.tensor([1.0, 2.0], requires_grad=True), []
    x.register_hook(lambda g: seen.append(g) or 2 * g)
    page = visit(viz.step_page((3 * x).sum(), tmp_path / "page.html"))
    page.keyboard.press("End")
    assert figures(page, "result") == [("dx", [3.0, 3.0])]
    assert seen == [] and x.grad is None


def test_gradients_that_are_nothing_but_rounding_do_not_stop_the_page(visit, tmp_path):
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))  # the bias cancels out
    loss = (model(autograd.randn(2, 3, 8, 8)) ** 2).mean()
    page = visit(viz.step_page(loss, tmp_path / "page.html"))
    assert page.evaluate("[live.on, live.why]") == [True, ""]


def test_what_is_changed_in_place_is_shown_as_it_was(visit, tmp_path):
    w = autograd.tensor([3.0, 4.0], requires_grad=True)
    a = w * 2
    a[0] = 5.0
    a += 1
    page = visit(viz.step_page((a * 3).sum(), tmp_path / "page.html", names=dict(w=w, a=a)))
    assert page.evaluate("[live.on, live.why]") == [True, ""]
    for wanted in ([6, 8], [5, 8], [6, 9]):
        assert figures(page, "result")[0][1] == wanted
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert figures(page, "result") == [("dw", [0, 6])]


def test_2000_nodes_open_in_two_seconds_and_more_are_folded(visit, tmp_path):
    y = x = autograd.tensor([0.5], requires_grad=True)
    for _ in range(1200):
        y = (y + x).tanh()
    written = viz.step_page(y.sum(), tmp_path / "page.html")
    begun = time.perf_counter()
    page = visit(written)
    page.locator("#count").wait_for()
    notice = page.locator("#notice").inner_text()
    assert "401 earlier ops are folded away" in notice and "it has 2000 ops" in notice
    assert page.locator(".node").count() >= 2000
    assert time.perf_counter() - begun < 10  # two here; generous on a loaded machine
    page.keyboard.press("End")
    assert count(page) == "4000 / 4000"
    assert page.locator(".node.current").is_visible()


def test_a_page_with_many_numbers_holds_only_corners(visit, tmp_path):
    w = autograd.randn(800, 700, requires_grad=True)
    written = viz.step_page((w * w).sum(), tmp_path / "page.html")
    assert written.path.stat().st_size < 400_000
    page = visit(written)
    assert "its inputs hold 560,000 numbers" in page.locator("#notice").inner_text()
    assert "24 of 800 rows, 24 of 700 columns" in page.locator("#lines").inner_text()
    shown = page.locator("figure[data-role=result]").bounding_box()
    assert shown["width"] > 20


def test_values_that_were_not_kept_are_said_to_be_missing(visit, tmp_path):
    w = autograd.randn(80, 80, requires_grad=True)

    def loss_of_data_that_is_gone():
        x = autograd.randn(80, 80)
        return ((x + w) * 2).sum()

    loss = loss_of_data_that_is_gone()
    assert str(next(loss.backward_steps(retain_graph=True, names={}))).startswith("[1/3] dout1 = ")
    page = visit(viz.step_page(loss, tmp_path / "page.html"))
    said = "large values were not kept: record the ops inside autograd.record_source()"
    assert said in page.locator("#notice").inner_text()
    assert page.locator("figure[data-role=result]").inner_text() == "out0 (80, 80)\nnot kept"
    page.locator("figure[data-role=result]").hover()
    page.keyboard.press("End")
    assert page.locator("figure[data-role=result] .map").count() == 1  # dw is there
    loss = ((w + 1) * 2).sum()  # here all that is gone can be computed anew
    page = visit(viz.step_page(loss, tmp_path / "page.html"))
    assert page.evaluate("[live.on, live.why]") == [True, ""]


# -- odd pages -------------------------------------------------------------------------------------

HOSTILE = [
    "<script>window.bad = 1</script>",
    "</script><img src=x onerror='window.bad=1'>",
    "\"quoted\" 'names' \\ \\N & <b>",
    "two\nlines\r\x00\x1b",
    "x" * 10_000,
    "@@SCRIPT@@ @@DATA@@",
    "__proto__",
    "constructor",
]


def test_hostile_names_do_no_harm(visit, tmp_path):
    total = autograd.tensor(0.0)
    for name in HOSTILE:
        x = autograd.tensor([1.0, 2.0], requires_grad=True, name=name)
        total = total + (x * x).sum()
    page = visit(viz.step_page(total, tmp_path / "page.html"))
    assert page.evaluate("live.on")
    for _ in range(55):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("t")
    assert page.evaluate("window.bad") is None
    assert page.locator("img").count() == 0
    assert page.locator("#graph svg").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_empty_arrays_nan_and_inf_have_a_page(visit, tmp_path):
    x = autograd.zeros(3, 0, requires_grad=True)
    page = visit(viz.step_page((x * x).sum(), tmp_path / "page.html"))
    assert "x (3, 0)" in page.locator("figure").nth(1).inner_text().replace("\n", " ")
    x = autograd.tensor([-1.0, 0.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"):
        page = visit(viz.step_page(x.log().sum(), tmp_path / "page.html"))
    assert page.evaluate("[live.on, live.why]") == [True, ""]
    assert page.locator("figure[data-role=result] td").all_inner_texts() == ["nan", "-inf", "1.386"]
    assert "nan or inf" in page.locator("#lines").inner_text()


def test_several_roots_and_a_vector_with_its_gradient(visit, tmp_path):
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    a, b = (x * x).sum(), x.sum()
    page = visit(viz.step_page({"a": a, "b": b}, tmp_path / "page.html"))
    assert page.locator("#title").inner_text() == "a + b, step by step"
    assert page.evaluate("[live.on, lossNow()]") == [True, 8]
    assert page.locator(".node.root").count() == 2
    page.keyboard.press("End")
    assert page.evaluate("Array.from(live.run.values.get('dx').data)") == [3, 5]
    y = x * 3
    page = visit(viz.step_page(y, tmp_path / "page.html", gradient=autograd.tensor([1.0, 10.0])))
    assert page.evaluate("[live.on, lossNow()]") == [True, 63]
    page.keyboard.press("End")
    assert figures(page, "result") == [("dx", [3.0, 30.0])]
    assert "the sum of y, weighted" in page.locator("#sentence").inner_text()


def test_a_page_in_the_frame_of_a_notebook(visit, tmp_path, made):
    frame = made("neuron")[2]._repr_html_()
    outer = tmp_path / "notebook.html"
    outer.write_text(f"<!doctype html><body style='width:900px'>{frame}", encoding="utf-8")
    page = visit(outer)
    inner = page.frame_locator("iframe")
    inner.locator("#next").click()
    assert inner.locator("#count").inner_text() == "2 / 10"
    inner.locator("#tab-lab").click()
    assert inner.locator("#lab-loss").inner_text() == "0.7071"


def test_what_has_no_steps_is_refused(tmp_path):
    with pytest.raises(TypeError, match="step_page: needs a Tensor, got int"):
        viz.step_page(3)
    with pytest.raises(ValueError, match="this tensor is a leaf: no op made it"):
        viz.step_page(autograd.tensor(1.0, requires_grad=True), tmp_path / "page.html")
    with pytest.raises(RuntimeError, match="does not require grad and has no grad_fn"):
        viz.step_page(autograd.tensor(1.0), tmp_path / "page.html")
    with pytest.raises(RuntimeError, match="only a scalar has a gradient by itself"):
        viz.step_page(autograd.ones(2, requires_grad=True) * 2, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_the_page_leaves_graph_and_gradients_alone(tmp_path):
    loss, names = NETWORKS["moons"]()
    p = names["p"]
    p.retain_grad()
    loss.backward(retain_graph=True)
    before = [x.grad.clone() for x in [p, *names["model"].parameters()]]
    viz.step_page(loss, tmp_path / "page.html")
    after = [x.grad for x in [p, *names["model"].parameters()]]
    for x, y in zip(before, after):
        np.testing.assert_array_equal(x, y)
    loss.backward()


def test_tensors_are_called_as_by_the_caller(tmp_path):
    inputs = autograd.ones(4, 2)
    model = nn.Linear(2, 1)
    z = model(inputs)
    _ = z.sigmoid()
    loss = _.mean()
    written = viz.step_page(loss, tmp_path / "page.html")
    text = written.path.read_text(encoding="utf-8")
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', text, re.S)[1])
    names = [tensor["name"] for tensor in data["tensors"]]
    assert names == ["inputs", "weight", "bias", "z", "out1", "loss"]


def test_a_page_is_utf8_wherever_it_is_written(tmp_path):
    program = """
import autograd, viz
x = autograd.tensor([1.0, 2.0], requires_grad=True, name="gr\\u00f6\\u00dfe")
viz.step_page((x * x).sum(), "page.html")
"""
    command = [sys.executable, "-X", "warn_default_encoding", "-W", "error::EncodingWarning"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "0"}
    environment |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([*command, "-c", program], cwd=tmp_path, check=True, env=environment)
    assert "gr\\u00f6\\u00dfe" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_page_holds_an_array_once(tmp_path):
    y = autograd.randn(24, 24, requires_grad=True)
    for _ in range(50):
        y = y.sigmoid()
    written = viz.step_page(y.sum(), tmp_path / "page.html")
    text = re.search(
        r'type="application/json">(.*?)</script>', written.path.read_text(encoding="utf-8"), re.S
    )[1]
    assert len(json.loads(text)["arrays"]) <= 51 + 51 + 3  # values, cotangents, the seed


def test_a_network_for_images_lives(visit, tmp_path):
    autograd.manual_seed(0)
    images, digits = autograd.randn(3, 1, 8, 8), autograd.tensor([0, 2, 1])
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3)
    )
    with autograd.record_source():
        loss = nn.functional.cross_entropy(model(images), digits)
    page = visit(viz.step_page(loss, tmp_path / "page.html"))
    assert page.evaluate("[live.on, live.why]") == [True, ""]
    before = page.evaluate("lossNow()")
    page.keyboard.press("t")
    for _ in range(3):
        page.locator("#lab-step").click()
    assert page.evaluate("lossNow()") < before
    page.keyboard.press("b")
    for _ in range(page.evaluate("data.steps.length") - 1):
        page.keyboard.press("ArrowRight")
        page.locator("figure[data-role=result] .map, figure[data-role=result] table").first.hover()
