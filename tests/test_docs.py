"""The pages in docs/ say what the code says."""

import runpy
from pathlib import Path

from .calls import REFUSED
from .samples import DIFFERENT

DOCS = Path(__file__).parent.parent / "docs"


def test_the_table_of_ops_is_that_of_the_code():
    page = runpy.run_path(str(DOCS / "ops.py"))["page"]()
    assert page == (DOCS / "ops.md").read_text(encoding="utf-8"), "renew it: python docs/ops.py"
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 160
    assert "| `matmul` | `torch.matmul` | `np.matmul` | `da = g @ b.T`, `db = a.T @ g` |" in rows
    assert any(row.startswith("| `clamp`, `clip` | `torch.clamp`, `torch.clip` |") for row in rows)


def test_every_difference_from_torch_is_listed_with_its_reason():
    text = " ".join((DOCS / "differences.md").read_text(encoding="utf-8").split())
    for reason in {reason for *_, reason in DIFFERENT} | set(REFUSED.values()):
        assert reason.replace("x[b]", "`x[b]`").replace("np.nonzero(b)", "`np.nonzero(b)`") in text
