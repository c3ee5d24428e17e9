"""compile: programs under threads, interrupts and debuggers; their text and their memory."""

import ast
import gc
import json
import linecache
import os
import random
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import observers, tensor
from autograd.grad_mode import mode

ROOT = Path(__file__).parent.parent
F = nn.functional


def state():
    """What a recording switches, by name."""
    lists = {key: len(x) for key, x in vars(observers).items() if isinstance(x, list)}
    modes = {"everything": observers.everything, "recording": mode.recording}
    return {**lists, **modes, **np.geterr()}


@pytest.fixture(autouse=True)
def everything_as_before():
    before = state()
    yield
    assert state() == before


# -- threads -----------------------------------------------------------------------------------


def in_threads(*functions):
    failed = []

    def guarded(function):
        try:
            function()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(f,)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def test_four_threads_call_one_program():
    w = autograd.randn(3, 3).requires_grad_()

    def loss(a, b):
        y = (a * b + w).tanh()
        return (y * a).sum(), y, a @ b

    def draw(rng):
        return [tensor(rng.standard_normal((3, 3)), requires_grad=True) for _ in range(2)]

    program = autograd.compile(loss, *draw(np.random.default_rng(0)))

    def work(seed):
        rng = np.random.default_rng(seed)
        cases = []
        for _ in range(8):
            a, b = draw(rng)
            out = loss(a, b)
            grads = autograd.grad(out[0], [a, b])
            cases.append((a, b, [x.data for x in (*out, *grads)]))
        for i in range(1000):
            a, b, expected = cases[i % 8]
            out = program(a, b)
            for x, value in zip((*out, a.grad, b.grad), expected, strict=True):
                assert np.allclose(x.data, value, 1e-12, 1e-12)

    in_threads(*[lambda i=i: work(i) for i in range(4)])


def test_steps_from_threads_are_all_taken():
    w = tensor(np.zeros(3), requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=1.0)
    program = autograd.compile(lambda x: (w * x).sum(), autograd.ones(3), optimizer=optimizer)
    in_threads(*[lambda: [program(autograd.ones(3)) for _ in range(500)]] * 4)
    assert w.tolist() == [-2000] * 3


def test_other_threads_go_on_while_one_records():
    w = tensor([1.0, 2.0], requires_grad=True)
    done = threading.Event()

    def eager():
        while not done.is_set():
            x = tensor([3.0, 4.0])
            with autograd.no_grad():
                x.add_(1)
            y = (w * x).sum()
            assert float(y) == 14 and y.detach().numpy() == 14
            assert [g.tolist() for g in autograd.grad(y, [w])] == [[4, 5]]
            assert autograd.is_grad_enabled()

    def record():
        try:
            for _ in range(30):
                program = autograd.compile(lambda x: (w * x).sum(), tensor([1.0, 1.0]))
                assert program(tensor([2.0, 2.0])).item() == 6
        finally:
            done.set()

    in_threads(eager, record, record)
    assert state()["everything"] == 0


# -- interrupts --------------------------------------------------------------------------------


armed = False


@pytest.fixture
def alarm():
    """A signal raises KeyboardInterrupt while ``armed``; it may come late, by another thread."""

    def interrupt(*_):
        global armed
        if armed:
            armed = False
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    time.sleep(0.05)
    signal.signal(signal.SIGALRM, before)


def interrupted(function, seconds):
    """What the function gives, or None where it was interrupted after so many seconds."""
    global armed
    try:
        armed = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        out = function()
        armed = False
        return out
    except KeyboardInterrupt:
        return None


class Net:
    def __init__(self, kind=nn.optim.Adam):
        self.w = autograd.ones(3, requires_grad=True)
        self.optimizer = kind([self.w], lr=0.01)

    def loss(self, x):
        return (autograd.where(x > 0, x * self.w, 0) ** 2).sum()


X = tensor([[1.0, -2.0, 3.0], [0.5, 1.5, -1.0]])


def net_loss(w):
    net = Net()
    net.w.data[...] = w
    return net.loss(X).item()


@pytest.fixture
def swallowed():
    """Finalizers swallow an interrupt, and Python says so: here, and not in a later test."""
    yield
    gc.collect()


def unheard(test):
    quiet = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    return pytest.mark.usefixtures("swallowed")(quiet(test))


@unheard
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_interrupts_while_recording(alarm):
    net, before = Net(), state()
    expected = net.loss(X).item()
    kept = [autograd.compile(net.loss, X, optimizer=net.optimizer) for _ in range(2)]
    times, hits = random.Random(0), 0
    for _ in range(300):
        program = interrupted(
            lambda: autograd.compile(net.loss, X, optimizer=net.optimizer),
            times.uniform(1e-4, 0.02),
        )
        hits += program is None
        assert state() == before
        kept.append(program)
    assert hits > 50
    assert net.w.tolist() == [1, 1, 1] and not net.optimizer.state.get(net.w)
    y = net.loss(X)
    y.backward()
    assert y.item() == expected and (X * 1).node is None
    assert next(p for p in kept if p)(X).item() == expected


@unheard
def test_an_exception_at_calls_inside_while_recording():
    """Raised where Python calls a function of the library, which is where signals are seen.

    The end of a ``with`` block itself cannot be guarded.
    """
    w, before = autograd.ones(3, requires_grad=True), state()
    ours, ends = str(ROOT / "autograd"), ("__exit__", "leave", "_switch", "listen")
    place, calls = 1, 0

    def trace(frame, event, arg):
        nonlocal calls
        code = frame.f_code
        if code.co_filename.startswith(ours) and code.co_name not in ends:
            calls += 1
            if calls == place:
                raise KeyboardInterrupt

    def loss(x):
        with autograd.no_grad():
            positive = x > 0
        return autograd.where(positive, x * w, 0).sum()

    old = sys.gettrace()
    done = False
    while not done:
        calls = 0
        sys.settrace(trace)
        try:
            autograd.compile(loss, X)
            done = calls < place
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(old)
        assert state() == before, place
        place += 11
    assert place > 200


@unheard
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_interrupts_while_running(alarm):
    net = Net()
    leaf = autograd.ones(3, requires_grad=True)
    program = autograd.compile(lambda x: ((x * leaf) ** 2).sum(), X)
    expected, grad = program(X).item(), leaf.grad.tolist()
    step = autograd.compile(net.loss, X, optimizer=net.optimizer)
    times, kept, hits = random.Random(0), [], 0
    for i in range(1500):
        seconds = times.uniform(1e-6, 60e-6)
        if i % 2:
            hits += interrupted(lambda: step(X), seconds) is None
        else:
            out = interrupted(lambda: (program(X), leaf.grad), seconds)
            kept += [out] if out else []
            hits += out is None
    assert hits > 300
    assert not program.lock.locked() and not step.lock.locked()
    for loss, g in [*kept, (program(X), leaf.grad)]:
        assert loss.item() == expected and g.tolist() == grad
    w = net.w.data.copy()
    assert step(X).item() == net_loss(w) and not np.array_equal(w, net.w.data)


def test_an_error_in_a_call_leaves_earlier_results_and_the_program():
    """A warning that is an error, in the midst of the text."""
    w = autograd.ones(3, requires_grad=True)
    program = autograd.compile(lambda x: ((x * w).log() * (x * w).exp()).sum(), autograd.ones(3))
    good = program(tensor([1.0, 2.0, 3.0]))
    value, grad = good.item(), w.grad
    numbers = grad.tolist()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        program(tensor([1.0, -1.0, 1000.0]))
    assert good.item() == value and grad.tolist() == numbers
    assert program(tensor([1.0, 2.0, 3.0])).item() == value and w.grad.tolist() == numbers


def test_warnings_are_those_of_the_ops():
    w = autograd.ones(3, requires_grad=True)
    program = autograd.compile(lambda x: (x * w).log().sum(), autograd.ones(3))
    with pytest.warns(RuntimeWarning, match="invalid value"):
        program(-autograd.ones(3))
    quiet = autograd.compile(lambda x: (x * w).sigmoid().sum(), autograd.ones(3))
    quiet(tensor([-1e4, 0.0, 1e4]))


# -- the text ----------------------------------------------------------------------------------


def test_the_source_is_what_runs():
    w = tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    optimizer = nn.optim.SGD([w], lr=0.5)

    def step(x, y):
        return ((x * w - y) ** 2).sum()

    x, y = tensor([1.0, 2.0, 3.0]), tensor([0.5, 0.5, 0.5])
    program = autograd.compile(step, x, y, optimizer=optimizer)
    tree = ast.parse(program.source)
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert function.name == "step" and [arg.arg for arg in function.args.args] == [
        "x",
        "y",
        "w",
        "lr",
    ]
    space = {}
    exec(program.source, space)
    other = w.data.copy()
    loss, dw = space["step"](x.data, y.data, other, 0.5)
    assert program(x, y).item() == loss
    np.testing.assert_array_equal(w.grad.data, dw)
    np.testing.assert_array_equal(w.data, other)
    assert max(map(len, program.source.splitlines())) < 100
    assert repr(program) == "<program step(x, y)>"


def test_a_debugger_sees_its_lines():
    w = autograd.ones(3, requires_grad=True)
    program = autograd.compile(lambda x: ((x * w).tanh() ** 2).sum(), X)
    seen = []

    def trace(frame, event, arg):
        if event == "line" and frame.f_code.co_filename.startswith("<compiled"):
            seen.append(linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip())
        return trace

    old = sys.gettrace()
    sys.settrace(trace)
    try:
        program(X)
    finally:
        sys.settrace(old)
    lines = [line.strip() for line in program.source.splitlines()]
    assert len(seen) > 4 and set(seen) <= set(lines) and seen[-1].startswith("return ")
    assert any("np.tanh(" in line for line in seen)
    linecache.checkcache()
    file = next(name for name in linecache.cache if name.startswith("<compiled"))
    assert linecache.getline(file, 1)


def test_programs_that_are_dropped_leave_nothing():
    def texts():
        gc.collect()
        return {name for name in linecache.cache if name.startswith("<compiled")}

    before = texts()
    for _ in range(5):
        net = Net()
        program = autograd.compile(net.loss, X, optimizer=net.optimizer)
        program(X)
    assert texts() - before
    del net, program
    assert texts() <= before


RUN = """
import json, sys
import numpy as np
texts = json.load(sys.stdin)
out = []
for text, args in texts:
    space = {}
    exec(text, space)
    name = [key for key in space if key in ("loss", "step")][0]
    args = [np.array(x, d) if d else x for x, d in args]
    out.append([np.asarray(x).tolist() for x in space[name](*args)])
ours = [m for m in sys.modules if m.split(".")[0] in ("autograd", "nn", "viz", "torch", "scipy")]
assert not ours, ours
json.dump(out, sys.stdout)
"""


def test_the_text_runs_in_an_interpreter_that_has_only_numpy(tmp_path):
    cases, expected = [], []

    def case(function, args, parameters, numbers=(), **options):
        program = autograd.compile(function, *args, **options)
        given = [*[x.data for x in args], *[p.data for p in parameters]]
        sent = [(x.tolist(), str(x.dtype)) for x in given]
        cases.append((program.source, [*sent, *[(x, None) for x in numbers]]))
        out = program(*args)
        expected.append([out.tolist(), *[p.grad.tolist() for p in parameters]])

    w = tensor([[0.1, 0.2, 0.3], [0.3, -0.2, 0.1]], requires_grad=True)
    x = tensor([[1.0, -1.0], [2.0, 0.5], [0.5, 3.0]])

    def loss(x):
        h = autograd.softmax(x @ w, 1).relu()
        return ((h.max(1).values - h.sort(1).values[:, 0]) ** 2).mean() + h[1:].var(0).sum()

    case(loss, [x], [w])

    def step(x, y):
        return F.mse_loss((x @ w).sigmoid(), y) + (w.norm() * 0.1)

    y = autograd.ones(3, 3)
    case(step, [x, y], [w], [0.25], optimizer=nn.optim.SGD([w], lr=0.25))
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", RUN], input=json.dumps(cases), text=True,
        capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for a, b in zip(json.loads(done.stdout), expected, strict=True):
        for found, value in zip(a, b, strict=True):
            np.testing.assert_allclose(found, value, 1e-6)


# -- what it costs -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [nn.optim.SGD, nn.optim.Adam])
def test_memory_of_a_program(kind):
    """Beside parameters: one array for each layer, the gradients, what the optimizer remembers.

    Compiling keeps none of the values that it went by.
    """
    layers, n = 8, 160
    model = nn.Sequential(*[x for _ in range(layers) for x in (nn.Linear(n, n), nn.ReLU())])
    X, unit = autograd.randn(n, n), n * n * 4
    optimizer = kind(model.parameters(), lr=0.01)
    gc.collect()
    tracemalloc.start()
    try:
        program = autograd.compile(lambda x: (model(x) ** 2).mean(), X, optimizer=optimizer)
        program(X), program(X)
        gc.collect()  # what the trace left in circles
        tracemalloc.reset_peak()
        program(X)
        _, peak = tracemalloc.get_traced_memory()
        most = tracemalloc.take_snapshot().statistics("lineno")[:5]
    finally:
        tracemalloc.stop()
    remembered = 2 * layers * (kind is nn.optim.Adam)
    assert peak / unit < 3 * layers + remembered + 14, most


def test_the_engine_does_not_load_it():
    code = (
        "import sys, autograd, nn, viz; x = autograd.ones(2, requires_grad=True);"
        "nn.optim.Adam([x]); (x * 2).sum().backward();"
        "print([m for m in sys.modules if m.startswith('autograd.codegen')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted([*(ROOT / "autograd").glob("*.py"), *(ROOT / "autograd/ops")
                                         .glob("*.py"), *(ROOT / "nn").glob("*.py")]),
                         ids=lambda path: str(path.relative_to(ROOT)))  # fmt: skip
def test_only_lazy_doors_lead_to_it(path):
    def imports(body):
        for node in body:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield ast.unparse(node)
            elif not isinstance(node, ast.FunctionDef | ast.Lambda):
                yield from imports(ast.iter_child_nodes(node))

    assert not [line for line in imports(ast.parse(path.read_text()).body) if "codegen" in line]
