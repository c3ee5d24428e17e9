"""Pictures: of computation graphs (Graphviz) and of training (matplotlib).

>>> import autograd, viz
>>> x = autograd.tensor(2.0, requires_grad=True, name="x")
>>> type(viz.draw(x * x)).__mro__[1]
<class 'graphviz.graphs.Digraph'>
"""

from .boundary import BoundaryAnimation, plot_boundary
from .graph import draw
from .step_page import Page, step_page
from .training import dead_relus, plot_histograms, plot_loss

__all__ = [
    "BoundaryAnimation",
    "Page",
    "dead_relus",
    "draw",
    "plot_boundary",
    "plot_histograms",
    "plot_loss",
    "step_page",
]
