"""Pictures: of recorded graphs (Graphviz) and of training (matplotlib).

>>> import autograd, viz
>>> x = autograd.tensor([1.0, 2.0], requires_grad=True, name="x")
>>> picture = viz.draw((x * x).sum())  # as the last line of a notebook cell, it shows itself
>>> picture.pipe(format="svg", encoding="utf-8").count("<ellipse")  # one for each op
2
"""

from .graph import draw
from .training import plot_boundary, plot_loss

__all__ = ["draw", "plot_boundary", "plot_loss"]
