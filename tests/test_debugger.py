"""Through backward() in real debuggers, as a person sits before them: pdb, and an editor's.

pdb runs on a pseudo-terminal and is typed at. debugpy is spoken to as VS Code does, in the debug
adapter protocol (https://microsoft.github.io/debug-adapter-protocol).
"""

import ast
import contextlib
import importlib
import inspect
import itertools
import json
import os
import pty
import queue
import re
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd.ops import elementwise

SECONDS = 60  # to wait for a debugger, which on a busy machine takes its time to start

MOONS = """
import numpy as np
import autograd, nn

rng = np.random.default_rng(0)
X = autograd.tensor(rng.standard_normal((20, 2)), dtype=autograd.float32)
y = autograd.tensor(rng.integers(0, 2, 20), dtype=autograd.float32)
autograd.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
loss = nn.functional.binary_cross_entropy(model(X).squeeze(1), y)
"""

SMALL = """
import autograd

w = autograd.tensor([[1.0, -2.0]], requires_grad=True, name="w")
z = 3 * w
z.name = "z"
loss = autograd.relu(z).sum()
loss.backward()
print("gradient", w.grad.tolist())
"""


class Terminal:
    """A program on a pseudo-terminal: type a line, get what it prints until the next prompt."""

    def __init__(self, *command):
        self.master, slave = pty.openpty()
        # "" is what breakpoint() takes for pdb, whatever the person who tests has set
        settings = {"TERM": "dumb", "NO_COLOR": "1", "PYTHONBREAKPOINT": ""}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **settings}
        )
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def read(self, until="(Pdb) "):
        """What is printed until the prompt, or until the program has ended if there is none."""
        end = time.monotonic() + SECONDS
        data, wanted = b"", until and until.encode()
        while not (wanted and wanted in data):
            assert time.monotonic() < end, data
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    data += os.read(self.master, 65536)
                except OSError:  # the program has ended
                    assert until is None, data
                    break
        return data.decode().replace("\r\n", "\n").removesuffix("(Pdb) ").strip()

    def type(self, line, until="(Pdb) "):
        os.write(self.master, f"{line}\n".encode())
        return self.read(until).removeprefix(line).strip()

    def ends(self, line):
        """Type the last line; what is printed until the program has ended well."""
        text = self.type(line, until=None)
        assert self.process.wait(SECONDS) == 0, text
        return text

    def read_after_breakpoint(self):
        """What is printed when the line after ``breakpoint()`` comes next.

        Python 3.13 stops before that, at the call itself.
        """
        text = self.read()
        return self.type("n") if place(text)[1] == "breakpoint()" else text

    def value(self, expression):
        return ast.literal_eval(self.type(f"p {expression}"))


def place(text):
    """Where pdb says it is: the function, and the line that comes next."""
    function, line = re.findall(r"^> .*\(\d+\)(.+?)\(\).*\n-> (.*)", text, re.MULTILINE)[-1]
    return function, line


@pytest.fixture
def pdb(tmp_path):
    """Start a script on a terminal: its text, or its path and options."""
    with contextlib.ExitStack() as running:

        def start(script, *options):
            if "\n" in script:
                (tmp_path / "script.py").write_text(script)
                script = str(tmp_path / "script.py")
            command = [sys.executable, "-W", "ignore", script, *options]
            return running.enter_context(Terminal(*command))

        yield start


def line_of(function, text):
    """The file, and the number of the line in a function that has this text."""
    lines, first = inspect.getsourcelines(function)
    return inspect.getsourcefile(function), first + [text in line for line in lines].index(True)


def walk():
    return importlib.import_module("autograd.walk").walk


def rule(contribution):
    """The name of the rule in a step's contribution, and its arguments."""
    name, arguments = re.search(r"^def (\w+)\((.*)\):", contribution.source, re.MULTILINE).groups()
    return name, arguments.replace(" *,", "").split(", ")


def test_pdb_goes_through_the_moons_backward_from_rule_to_rule(pdb):
    expected: dict = {}
    exec(MOONS, expected)
    steps = list(expected["loss"].backward_steps(retain_graph=True))
    visits = [(step, contribution) for step in steps for contribution in step.contributions]
    assert [rule(c)[0] for _, c in visits] == [
        "binary_cross_entropy_dp", "squeeze_dx", "sigmoid_dx",
        "linear_dx", "linear_dweight", "linear_dbias", "relu_dx", "linear_dweight", "linear_dbias",
    ]  # fmt: skip

    terminal = pdb(MOONS + "breakpoint()\nloss.backward()\nprint('done')")
    assert place(terminal.read_after_breakpoint()) == ("<module>", "loss.backward()")
    file, number = line_of(walk(), "vjp(g")
    assert "Breakpoint 1 at" in terminal.type(f"break {file}:{number}")
    for step, contribution in visits:
        function, line = place(terminal.type("continue"))
        assert function == "walk" and line == "dx = vjp(g, *saved, **node.keywords)"
        assert terminal.type("p node") == repr(step.node)
        name, arguments = rule(contribution)
        assert place(terminal.type("step"))[0] == name  # and nothing in between
        printed = terminal.type("args")
        assert re.findall(r"^(\w+) = ", printed, re.MULTILINE) == arguments
        assert terminal.value("(g.shape, g.tolist())") == (step.g.shape, step.g.tolist())
        function, line = place(terminal.type("next"))
        assert function == name and line in contribution.source
        assert "--Return--" in terminal.type("return")
        assert terminal.value("__return__.tolist()") == contribution.cotangent.tolist()
    assert terminal.ends("continue") == "done"


INTO = ("loss.backward()", "walk(order", "dx = vjp(g")  # lines where a step goes on to the rules


def go_to_the_next_formula(terminal, text):
    """Press plain ``s`` and ``n`` until a rule's first line is next: how often, and where."""
    presses, (function, line) = 0, place(text)
    while presses == 0 or function in ("<module>", "backward", "walk") or "def" in line:
        text = terminal.type("s" if line.startswith(INTO) else "n")
        presses += 1
        if "--Call--" in text:
            function, line = "walk", "def"  # the next press goes to the first line
        elif "--Return--" not in text:
            function, line = place(text)
        else:
            function = "walk"
    return presses, function, line


def test_plain_steps_come_to_the_first_formula_by_10_and_to_each_next_by_6(pdb):
    terminal = pdb(MOONS + "breakpoint()\nloss.backward()\nprint('done')")
    presses, *found = go_to_the_next_formula(terminal, terminal.read_after_breakpoint())
    assert presses <= 10 and found[0] == "binary_cross_entropy_dp"
    for rule in (
        "squeeze_dx", "sigmoid_dx",
        "linear_dx", "linear_dweight", "linear_dbias", "relu_dx", "linear_dweight", "linear_dbias",
    ):  # fmt: skip
        terminal.type("r")  # rules of more than one line are gone through
        presses, *found = go_to_the_next_formula(terminal, f"> (0){rule}()\n-> return")
        assert 1 + presses <= 6 and found[0] == rule, (presses, found)
    assert terminal.ends("c") == "done"


def test_pdb_stops_at_the_formula_of_an_op_by_name(pdb):
    terminal = pdb(MOONS + "autograd.break_on('sigmoid', 'relu')\nloss.backward()\nprint('done')")
    for op, formula in (
        ("sigmoid", "return g * (1 - y) * y"),
        ("relu", "return np.where(y <= 0, 0, g)"),
    ):
        text = terminal.read() if op == "sigmoid" else terminal.type("c")
        assert place(text) == (f"{op}_dx", formula)
        file, number = line_of(getattr(elementwise, f"{op}_dx"), "return")
        assert f"> {file}({number}){op}_dx()" in text
        assert re.findall(r"^(\w+) = ", terminal.type("a"), re.MULTILINE) == ["g", "y"]
    assert "[[" in terminal.type("p y")
    assert place(terminal.type("up"))[0] == "walk"
    assert terminal.value("node.name, g.shape == node.shape") == ("relu", True)
    assert terminal.ends("c") == "done"


def test_pdb_stops_at_every_op_and_says_where_there_is_none(pdb):
    script = (
        MOONS
        + """
import warnings
warnings.simplefilter("default")
autograd.break_on("matmul")
loss.backward(retain_graph=True)
autograd.break_on()
loss.backward()
print("done")
"""
    )
    terminal = pdb(script)
    text = terminal.read()
    assert "no matmul in this backward pass, which has binary_cross_entropy, squeeze, si" in text
    stops = [place(text)[0]]
    while len(stops) < 9:
        stops.append(place(terminal.type("c"))[0])
    assert stops[1:] == [
        "squeeze_dx", "sigmoid_dx",
        "linear_dx", "linear_dweight", "linear_dbias", "relu_dx", "linear_dweight", "linear_dbias",
    ]  # fmt: skip
    assert terminal.ends("c").endswith("done")


def test_pdb_steps_into_grad_fn_and_from_there_into_the_rule(pdb):
    terminal = pdb(
        "import autograd\nx = autograd.linspace(0, 3, 4, requires_grad=True)\nf = autograd.sin(x)\n"
        "v = autograd.ones_like(f)\nbreakpoint()\ndx = f.grad_fn(v)\n"
    )
    terminal.read_after_breakpoint()
    assert terminal.type("p f.grad_fn") == "<SinBackward (4,) = [0.0000, 0.8415, 0.9093, 0.1411]>"
    assert place(terminal.type("s"))[0] == "__call__"
    _, number = line_of(autograd.Node.__call__, "vjp(g")
    assert place(terminal.type(f"until {number}"))[1].startswith("dx = vjp(g, *saved")
    assert place(terminal.type("s"))[0] == "sin_dx"
    assert place(terminal.type("n")) == ("sin_dx", "return g * np.cos(x)")
    assert terminal.value("g.tolist()") == [1.0, 1.0, 1.0, 1.0]
    assert terminal.value("x.tolist()") == autograd.linspace(0, 3, 4).tolist()


def test_the_demo_can_be_followed_by_its_own_guide(pdb):
    demo = os.path.join(os.path.dirname(__file__), os.pardir, "demos", "step_backward.py")
    terminal = pdb(demo, "--pdb", "relu", "sigmoid")
    text = terminal.read()
    assert "in the VJP rules of relu, sigmoid, at the formula" in text
    assert place(text)[0] == "sigmoid_dx"
    assert place(terminal.type("up"))[0] == "walk"
    assert terminal.type("p node").startswith("<SigmoidBackward (100, 1) of z2 recorded at step_")
    assert place(terminal.type("down"))[0] == "sigmoid_dx"
    assert place(terminal.type("c")) == ("relu_dx", "return np.where(y <= 0, 0, g)")
    assert terminal.value("g.shape") == (100, 32)
    assert terminal.type("a").startswith("g = array(")
    assert "--Return--" in terminal.type("r")
    assert place(terminal.type("n"))[0] == "walk"
    assert "w1.grad has arrived, (32, 2)" in terminal.ends("c")

    terminal = pdb(demo, "--pdb")
    assert (
        "of binary_cross_entropy, squeeze, sigmoid, linear, relu, at the formula" in terminal.read()
    )
    if sys.version_info < (3, 13):  # later ones ask, and end the program themselves
        assert "Left halfway" in terminal.ends("q")


def test_pdb_stops_in_a_rule_and_at_the_gradient_of_one_tensor(pdb):
    hooked = "z.register_hook(lambda g: breakpoint())\nbreakpoint()\nloss.backward()"
    terminal = pdb(SMALL.replace("loss.backward()", hooked))
    terminal.read()
    assert "Breakpoint 1 at" in terminal.type("b autograd.ops.elementwise.relu_dx")
    assert place(terminal.type("c")) == ("relu_dx", "return np.where(y <= 0, 0, g)")
    terminal.type("c")
    assert terminal.type("p g") == "tensor([[1., 0.]])"
    assert place(terminal.type("up"))[0] == "on_cotangent"
    assert "gradient [[3.0, 0.0]]" in terminal.ends("c")


def test_what_the_readme_shows_of_pdb_is_what_is_seen(pdb):
    readme = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n([^`]*break_on.*?)```.*?```text\n(.*?)```", readme, re.DOTALL)
    script, session = found.groups()
    shown, *exchanges = session.split("(Pdb) ")
    terminal = pdb(script)

    def same(seen, shown):
        pattern = r".*".join(map(re.escape, shown.strip().split("...")))
        assert re.fullmatch(pattern, seen, re.DOTALL), seen

    same(terminal.read(), shown)
    for key, shown in (exchange.split("\n", 1) for exchange in exchanges[:-1]):
        same(terminal.type(key), shown)
    key, shown = exchanges[-1].split("\n", 1)
    same(terminal.ends(key), shown)


class Editor:
    """An editor that debugs a script: requests to debugpy's adapter, and events from it."""

    def __init__(self, script):
        self.adapter = subprocess.Popen(
            [sys.executable, "-m", "debugpy.adapter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.numbers = itertools.count(1)
        self.messages = queue.Queue()  # None when the adapter has ended
        self.seen = []  # not yet waited for
        self.debuggee = None  # its process id, once it runs
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        self.script = script

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.debuggee:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.debuggee, signal.SIGKILL)
        self.adapter.kill()
        self.adapter.wait()
        self.reader.join()
        self.adapter.stdin.close()
        self.adapter.stdout.close()

    def read(self):
        while header := self.adapter.stdout.readline():
            self.adapter.stdout.readline()  # an empty one
            size = int(header.removeprefix(b"Content-Length:"))
            body = self.adapter.stdout.read(size)
            if len(body) == size:  # else it was killed
                self.messages.put(json.loads(body))
        self.messages.put(None)

    def send(self, command, **arguments):
        """Make a request; the number to wait with for its response."""
        number = next(self.numbers)
        request = {"seq": number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        self.adapter.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.adapter.stdin.flush()
        return number

    def wait(self, wanted):
        """The first message that is wanted, of those that nobody has waited for."""
        end = time.monotonic() + SECONDS
        for message in self.seen:
            if wanted(message):
                self.seen.remove(message)
                return message
        while True:
            message = self.messages.get(timeout=max(end - time.monotonic(), 0.01))
            assert message is not None, "the adapter has ended"
            if message.get("event") == "process":
                self.debuggee = message["body"]["systemProcessId"]
            if wanted(message):
                return message
            self.seen.append(message)

    def event(self, name):
        return self.wait(lambda message: message.get("event") == name).get("body", {})

    def response(self, number):
        message = self.wait(lambda message: message.get("request_seq") == number)
        assert message["success"], message
        return message.get("body", {})

    def ask(self, command, **arguments):
        return self.response(self.send(command, **arguments))

    def launch(self, breakpoints):
        """Run the script with breakpoints: lines by file."""
        self.ask("initialize", adapterID="debugpy", pathFormat="path")
        launched = self.send(
            "launch",
            program=str(self.script),
            # modules that are frozen into Python cannot be stopped in, of which debugpy warns
            python=[sys.executable, "-X", "frozen_modules=off", "-W", "ignore"],
            console="internalConsole",
            justMyCode=False,  # as autograd is a library, if it is not worked on
        )
        self.event("initialized")
        for file, lines in breakpoints.items():
            found = self.ask(
                "setBreakpoints",
                source={"path": file},
                breakpoints=[{"line": line} for line in lines],
            )
            assert all(breakpoint["verified"] for breakpoint in found["breakpoints"]), found
        self.ask("configurationDone")
        self.response(launched)

    def stack(self):
        """The frames of the thread that has stopped, innermost first."""
        self.thread = self.event("stopped")["threadId"]
        return self.ask("stackTrace", threadId=self.thread)["stackFrames"]

    def variables(self, frame):
        """What the variables pane shows for a frame: type and value by name."""
        scopes = self.ask("scopes", frameId=frame["id"])["scopes"]
        local = next(scope for scope in scopes if scope["name"] == "Locals")
        return self.children(local)

    def children(self, variable):
        found = self.ask("variables", variablesReference=variable["variablesReference"])
        return {v["name"]: v for v in found["variables"]}

    def printed(self):
        """All that the script has printed, once it has ended."""
        self.event("exited")
        bodies = [m["body"] for m in self.seen if m.get("event") == "output"]
        return "".join(body["output"] for body in bodies if body["category"] == "stdout")


def test_an_editor_shows_the_rule_beside_the_walk_and_their_variables(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SMALL)
    file, number = line_of(elementwise.relu_dx, "return")
    with Editor(script) as editor:
        editor.launch({file: [number]})
        frames = editor.stack()
        assert [f["name"] for f in frames[:4]] == ["relu_dx", "walk", "backward", "<module>"]
        assert (frames[0]["source"]["path"], frames[0]["line"]) == (file, number)
        assert frames[1]["source"]["path"].endswith(os.path.join("autograd", "walk.py"))

        in_rule = editor.variables(frames[0])
        assert in_rule["g"]["type"] == "ndarray" and "[[1., 1.]]" in in_rule["g"]["value"]
        assert "[[3., 0.]]" in in_rule["y"]["value"]

        in_walk = editor.variables(frames[1])
        assert in_walk["node"]["type"] == "Node"
        assert in_walk["node"]["value"] == "<ReluBackward (1, 2) = [[3., 0.]] of z>"
        assert in_walk["x"]["value"] == "<MulBackward (1, 2) = [[3., -6.]] of 3, w>"
        assert "[[1., 1.]]" in in_walk["g"]["value"]
        functions = editor.children(in_walk["function variables"])
        assert functions["vjp"]["value"].startswith("<function relu_dx")
        node = editor.children(in_walk["node"])
        assert (node["name"]["value"], node["shape"]["value"]) == ("'relu'", "(1, 2)")

        in_script = editor.variables(frames[3])
        assert in_script["w"]["value"] == "tensor([[ 1., -2.]], requires_grad=True, name='w')"
        assert in_script["z"]["value"] == "tensor([[ 3., -6.]], grad_fn=<MulBackward>, name='z')"

        editor.ask("stepOut", threadId=editor.thread)
        assert editor.stack()[0]["name"] == "walk"
        editor.ask("continue", threadId=editor.thread)
        assert "gradient [[3.0, 0.0]]" in editor.printed()


def test_an_editor_steps_from_the_walk_straight_into_the_rule(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SMALL)
    file, number = line_of(walk(), "vjp(g")
    with Editor(script) as editor:
        editor.launch({file: [number]})
        for name in ("sum_dx", "relu_dx", "mul_db"):
            assert editor.stack()[0]["name"] == "walk"
            editor.ask("stepIn", threadId=editor.thread)
            assert editor.stack()[0]["name"] == name
            editor.ask("continue", threadId=editor.thread)
        assert "gradient [[3.0, 0.0]]" in editor.printed()


def test_reprs_are_one_short_line_whatever_they_show():
    x = autograd.tensor([[np.nan, np.inf]], requires_grad=True, name="<b>\n" * 5000)
    y = autograd.stack([x] * 9)
    lines = [repr((x * 2.5).grad_fn), repr(y.grad_fn), repr(x)]
    assert lines[0].startswith("<MulBackward (1, 2) = [[nan, inf]] of <b> <b>")
    assert lines[0].endswith("…, 2.5>") and lines[1].endswith("…, ...>")
    assert all(len(line) < 300 and line.isprintable() for line in lines)
    a, b = autograd.tensor(2.0, requires_grad=True, name="a"), autograd.tensor(3.0, name="b")
    c = a * b
    assert repr(c.grad_fn) == "<MulBackward () = 6. of a, b>"
    c.backward()
    assert repr(c.grad_fn) == "<MulBackward () = 6. of a, b>"  # small values stay
    large = autograd.ones(2000, 1000, requires_grad=True)
    y = large.exp()
    y.sum().backward()
    assert repr((large + 1).grad_fn) == "<AddBackward (2000, 1000)>"
    assert repr(y.grad_fn) == "<ExpBackward (2000, 1000)>"
    assert repr(large).endswith("size=(2000, 1000), requires_grad=True)")
    half_made = [object.__new__(autograd.Node), object.__new__(autograd.Tensor)]
    assert [repr(x) for x in half_made] == ["<Node being made>", "<Tensor being made>"]
