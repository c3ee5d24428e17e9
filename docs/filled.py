"""What MkDocs puts into the pages: source, tables and parts of the README as they are now.

A line of a page that is a comment becomes what it asks for:

    <!-- source: autograd.walk.walk -->  that function's source; names with commas: of all
    <!-- section: README.md, Speed -->       that section of a file
    <!-- ops -->                             the table of ops; <!-- numpy -->: NumPy's names
    <!-- reference: nn, nn.layers -->        the docstrings of what nn offers and nn.layers defines
    <!-- notebook: demos/lesson.ipynb -->    a notebook with what it printed and drew
"""

import importlib
import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import nn  # noqa: E402
from autograd import numpy_protocols, ops  # noqa: E402
from autograd.primitives import OPS  # noqa: E402

REPLACED = re.compile(r"^<!-- (\w+)(?:: (.+?))? -->$", re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """The pictures of the README are pictures of the site, too."""
    for path in sorted((ROOT / "demos" / "pictures").iterdir()):
        files.append(File.generated(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The page's text with what its comments ask for."""
    makers = {"source": source, "section": section, "ops": table_of_ops, "numpy": numpys,
              "notebook": notebook, "reference": reference}  # fmt: skip
    return REPLACED.sub(
        lambda found: makers[found[1]](*(found[2].split(", ") if found[2] else [])), markdown
    )


def source(*names: str) -> str:
    """The source of functions or classes, without docstrings, and the file they stand in."""
    texts = []
    for thing in map(located, names):
        text = textwrap.dedent(inspect.getsource(thing))
        texts.append(re.sub(r'\n *"""(?:.|\n)*?"""\n', "\n", text, count=1).strip())
        path = Path(inspect.getsourcefile(thing) or "").relative_to(ROOT).as_posix()
    return "\n".join([f'```python title="{path}"', "\n\n\n".join(texts), "```"])


def located(name: str) -> Any:
    """What a dotted name names."""
    *path, last = name.split(".")
    try:
        owner = importlib.import_module(".".join(path))
    except ModuleNotFoundError:  # a class
        owner = located(".".join(path))
    thing = getattr(owner, last)
    return inspect.unwrap(thing) if callable(thing) else thing


def section(path: str, title: str) -> str:
    """A section of a Markdown file of the checkout without its heading, as on this site."""
    text = (ROOT / path).read_text()
    heading = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    if heading is None:
        raise ValueError(f"{path} has no section {title!r}, which the docs show")
    rest = text[heading.end() :]
    level = len(heading[1])
    end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE)
    rest = rest[: end.start()] if end else rest
    rest = re.sub(r"\[([^]]+)\]\(#[\w-]+\)", r"\1", rest)  # links within the file
    return rest.replace("](demos/pictures/", "](pictures/").replace("](docs/", "](").strip()


def table_of_ops() -> str:
    """Every op by family: its name, torch's and NumPy's, what it gives, and its VJP."""
    lines = []
    for module in dict.fromkeys(home(function) for function in vars(ops).values()):
        names = [name for name in ops.__all__ if home(getattr(ops, name)) is module]
        if names:
            lines += [f"## {module.__name__.rpartition('.')[2].capitalize()}", ""]
            lines += [(inspect.getdoc(module) or "").partition("\n\n")[0], ""]
            lines += ["| op | torch's | NumPy's | gives | VJP |", "|---|---|---|---|---|"]
            lines += [row(name) for name in names if not is_alias(name)] + [""]
    return "\n".join(lines)


def home(thing: Any) -> ModuleType | None:
    """The module that a function or class is defined in."""
    return sys.modules.get(getattr(inspect.unwrap(thing), "__module__", None) or "")


def code(name: str) -> str:
    return f"`{name}`"


def is_alias(name: str) -> bool:
    return getattr(ops, name).__name__.strip("_") != name


def row(name: str) -> str:
    function = getattr(ops, name)
    aliases = [n for n in ops.__all__ if getattr(ops, n) is function and is_alias(n)]
    recorded = {**numpy_protocols.UFUNCS, **numpy_protocols.FUNCTIONS}
    theirs = [f.__name__ for f, op in recorded.items() if op is function or f.__name__ == name]
    cells = [
        " ".join([f"[`{name}`][{home(function).__name__}.{name}]", *map(code, aliases)]),
        code(torchs(name)) if torchs(name) else "",
        " ".join(map(code, dict.fromkeys(theirs))),
        *told(inspect.getdoc(function) or "", name),
    ]
    return f"| {' | '.join(cells)} |"


def torchs(name: str) -> str:
    """Where torch has an op of this name, or "": tests/test_docs.py asks torch."""
    if name in ("cbrt", "getitem", "matrix_transpose"):
        return ""
    if name in ("inv", "matrix_norm"):
        return f"linalg.{name}"
    if name in ("expand", "to", "type_as"):
        return f"Tensor.{name}"
    function = name in nn.functional.__all__ and name not in torch_itself
    return f"nn.functional.{name}" if function else name


torch_itself = ("conv2d", "log_softmax", "max_pool2d", "relu", "sigmoid", "softmax", "tanh")


def reference(package: str, *modules: str) -> str:
    """What a package offers of what is defined in some of its modules, for mkdocstrings."""
    offered = vars(importlib.import_module(package))
    return "\n\n".join(
        f"::: {module}.{name}"
        for module in modules
        for name in vars(importlib.import_module(module))
        if getattr(home(offered.get(name)), "__name__", None) == module
        and not (package == "autograd.ops" and is_alias(name))
    )


def told(docstring: str, name: str) -> tuple[str, str]:
    """What a docstring says that the op gives, and its VJP: both on one line."""
    text = " ".join(docstring.partition(">>>")[0].split())
    gives, _, vjp = text.partition("VJP")
    first = re.split(r"(?<=[.])\s(?=[A-Z`])", gives.strip(), maxsplit=1)[0]
    formula = re.split(r"(?<=[.])\s(?=[A-Z`])", vjp.lstrip(": ").strip(), maxsplit=1)[0]
    if not formula:
        without = any(not op.complete for op in OPS.get(name, []))
        formula = "none, there is no gradient" if without else "that of the ops it is made of"
    return first.rstrip(":."), formula.rstrip(".")


def numpys() -> str:
    """The NumPy functions that Tensors answer."""
    recorded = {**numpy_protocols.UFUNCS, **numpy_protocols.FUNCTIONS}
    return " ".join(map(code, sorted({function.__name__ for function in recorded})))


def notebook(path: str) -> str:
    """A notebook's text, code, and what the code printed and drew."""
    pieces = []
    for cell in json.loads((ROOT / path).read_text())["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            pieces.append(with_formulas(re.sub(r"^#(?= )", "##", text, flags=re.MULTILINE)))
        else:
            pieces.append(f"```python\n{text}\n```")
            pieces += [shown(output) for output in cell["outputs"]]
    return "\n\n".join(pieces)


def shown(output: dict[str, Any]) -> str:
    """What a cell printed, gave or drew."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        svg = "".join(data["image/svg+xml"])
        return svg[svg.index("<svg") :].replace("\n", " ")
    if "image/png" in data:
        return f"![](data:image/png;base64,{''.join(data['image/png']).strip()})"
    if "text/html" in data:
        return f"<div>{''.join(data['text/html'])}</div>".replace("\n", "&#10;")
    text = "".join(data.get("text/plain", output.get("text", "")))
    return f"```{{.text .output}}\n{text.rstrip()}\n```"


def with_formulas(text: str) -> str:
    """TeX formulas as MathML, which browsers draw by themselves."""
    text = re.sub(r"\$\$(.+?)\$\$", lambda m: convert(m[1], display="block"), text, flags=re.DOTALL)
    # In a span, since a line that begins with <math> would be a paragraph of its own.
    return re.sub(r"\$(.+?)\$", lambda m: f"<span>{convert(m[1])}</span>", text, flags=re.DOTALL)
