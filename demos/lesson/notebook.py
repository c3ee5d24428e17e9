"""Make the lesson's notebooks of the parts in this folder: one with its exercises open, one solved.

In a part, a cell that begins with ``# %% [markdown] solution`` is only in the solved notebook, and
so is what a line that ends with ``# answer`` assigns. ``checks.py`` becomes the first code cell.
"""

import argparse
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
OPEN, SOLVED = "lesson.ipynb", "lesson_solved.ipynb"
ANSWER = re.compile(r"= .+  # answer$", re.MULTILINE)
IMPORT = re.compile(r"^from checks import .+\n", re.MULTILINE)
SETUP = "Run this cell first: it checks your answers to the exercises. There is no need to read it."


def cells(solved: bool) -> list:
    """The cells of the parts in order, with the checks behind the first."""
    checks = (HERE / "checks.py").read_text(encoding="utf-8").split("# %%\n")[1]
    found = []
    for part in sorted(HERE.glob("part*.py")):
        for text in part.read_text(encoding="utf-8").split("# %%")[1:]:
            head, body = text.split("\n", 1)
            if "solution" in head and not solved:
                continue
            if "[markdown]" in head:
                lines = [line.removeprefix("#").removeprefix(" ") for line in body.splitlines()]
                found.append(nbformat.v4.new_markdown_cell("\n".join(lines).strip()))
            else:
                body = ANSWER.sub(with_answer if solved else with_blank, IMPORT.sub("", body))
                found.append(nbformat.v4.new_code_cell(body.strip()))
    hidden = {"jupyter": {"source_hidden": True}}
    found[1:1] = [
        nbformat.v4.new_markdown_cell(SETUP),
        nbformat.v4.new_code_cell(checks.strip(), metadata=hidden),
    ]
    for i, cell in enumerate(found):
        cell["id"] = f"cell-{i}"  # the same each time, so that a diff shows what changed
    return found


def with_answer(line: re.Match) -> str:
    return line[0].removesuffix("  # answer")


def with_blank(line: re.Match) -> str:
    return "= ...  # your task"


def made(solved: bool) -> nbformat.NotebookNode:
    """A notebook, not yet run."""
    notebook = nbformat.v4.new_notebook(cells=cells(solved))
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    return notebook


def run(notebook: nbformat.NotebookNode, allow_errors: bool = False) -> nbformat.NotebookNode:
    """Run a notebook's cells, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=300, kernel_name="python3", allow_errors=allow_errors
        )
        client.execute(cwd=folder)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
    return notebook


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path("lesson_out"), help="folder for the notebooks"
    )
    parser.add_argument(
        "--anew", action="store_true", help="write over a notebook that someone has worked in"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    solved, mine = options.out / SOLVED, options.out / OPEN
    nbformat.write(run(made(solved=True)), solved)
    print(f"{solved} is the lesson solved, with its pictures")
    if options.anew or not mine.exists():
        nbformat.write(made(solved=False), mine)
        print(f"{mine} is the lesson with its exercises open")
    else:
        print(f"{mine} stays as you left it; --anew writes over it")


if __name__ == "__main__":
    main()
