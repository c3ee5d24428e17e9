"""Pictures: of computation graphs (Graphviz) and of training (matplotlib).

>>> import autograd, viz
>>> x = autograd.tensor(2.0, requires_grad=True, name="x")
>>> type(viz.draw(x * x)).__mro__[1]
<class 'graphviz.graphs.Digraph'>
"""

from .graph import draw
from .step_page import Page, step_page
from .training import plot_boundary, plot_loss

__all__ = ["Page", "draw", "plot_boundary", "plot_loss", "step_page"]
