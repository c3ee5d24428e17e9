"""Make ``demos/lesson.ipynb`` of the parts in this folder, and run it: ``make lesson``."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
NOTEBOOK = HERE.parent / "lesson.ipynb"


def cells() -> list:
    """The parts' cells in order: those that begin with ``# %%`` and ``# %% [markdown]``."""
    found = []
    for part in sorted(HERE.glob("part*.py")):
        for text in part.read_text().split("# %%")[1:]:
            head, body = text.split("\n", 1)
            if head.strip() == "[markdown]":
                lines = [line.removeprefix("#").removeprefix(" ") for line in body.splitlines()]
                found.append(nbformat.v4.new_markdown_cell("\n".join(lines).strip()))
            else:
                found.append(nbformat.v4.new_code_cell(body.strip()))
    for i, cell in enumerate(found):
        cell["id"] = f"cell-{i}"  # the same each time, so that a diff shows what changed
    return found


def made() -> nbformat.NotebookNode:
    """The notebook, executed."""
    notebook = nbformat.v4.new_notebook(cells=cells())
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(HERE))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
    return notebook


if __name__ == "__main__":
    nbformat.write(made(), NOTEBOOK)
    print(f"wrote {NOTEBOOK.name}")
