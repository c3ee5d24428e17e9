# %% [markdown]
# # Neural networks and backpropagation
#
# We fit a small neural network to two moons of points, again and again, and each time more of the
# work is our own: with scikit-learn, with layers and an optimizer, with an update by hand, and at
# last with all of backpropagation by hand. On the way there are five exercises, and a check after
# each that says what is wrong.
#
# The notebook needs `moongrad`, a small autograd engine that brings the packages `autograd`, `nn`
# and `viz`. (Its README says how to install it, in a notebook in the cloud, too.) Their names and
# manners are those of [PyTorch](https://pytorch.org), one of the most popular libraries for machine
# learning: with `import torch` in place of `import autograd`, and `torch.nn` in place of `nn`, most
# of this runs there, too. Other popular choices are [JAX](https://docs.jax.dev) and
# [Keras](https://keras.io).

# %% [markdown]
# ## 1. The network, and scikit-learn's
#
# A feedforward, fully connected network, also called *multilayer perceptron* (MLP), with one hidden
# layer looks like this:

# %%
from itertools import pairwise

import matplotlib.pyplot as plt


def draw_network(layers, title):
    """Draw circles in columns, and lines between each two neighbours."""
    ax = plt.subplots(figsize=(5.5, 3.2), layout="constrained")[1]
    places = [[(2 * i, k - (n - 1) / 2) for k in range(n)] for i, n in enumerate(layers.values())]
    for left, right in pairwise(places):
        for a in left:
            for b in right:
                ax.plot(*zip(a, b), color="#8A8A8A", linewidth=1, zorder=1)
    for name, column, color in zip(layers, places, ["#2E8B63", "#2F6DA8", "#C2571A"]):
        ax.scatter(*zip(*column), s=500, color=color, edgecolor="black", zorder=2)
        ax.text(column[0][0], 2.1, name, ha="center")
    ax.set(title=title, xlim=(-0.8, 4.8), ylim=(-2, 2.6))
    ax.axis("off")


draw_network({"inputs x": 2, "hidden a": 4, "output": 1}, "a network with one hidden layer")
plt.show()

# %% [markdown]
# Every line is a weight, a number. Every neuron (circle) takes a list of inputs $x_j$, sums them
# up, each times its weight, adds a number of its own, its *bias* $b_i$, and puts the result into
# an *activation function* $f$:
#
# $$ a_i = f\Big(\sum_j x_j w_{ji} + b_i\Big), \qquad\text{for the whole layer}\qquad
#    a = f(x\,W + b). $$
#
# The argument of $f$ is a **matrix product**. With many layers, the output $a^{(l)}$ of layer $l$
# is computed from that of the layer before:
#
# $$ a^{(l)} = f\big(a^{(l-1)}\,W^{(l)} + b^{(l)}\big). $$
#
# The activation function bends the result: without it, all layers together would be one matrix
# product, and could only draw straight lines. These are popular:

# %%
import autograd

z = autograd.linspace(-3, 3, 121)
activations = {
    "sigmoid": autograd.sigmoid(z),
    "tanh": autograd.tanh(z),
    "relu": autograd.relu(z),
    "leaky relu": autograd.leaky_relu(z, 0.1),
}
figure, panels = plt.subplots(1, 4, figsize=(9, 2.4), layout="constrained", sharex=True)
for ax, (name, a) in zip(panels, activations.items()):
    ax.plot(z, a, linewidth=2)
    ax.set(title=name, xlabel="z")
    ax.grid(alpha=0.3)
plt.show()

# %% [markdown]
# Our data: 100 points in the plane, of two classes. The task is to say the class of a point.

# %%
from sklearn.datasets import make_moons

from viz.boundary import CLASSES

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
for label, style in enumerate(CLASSES[:2]):
    plt.scatter(*X[y == label].T, label=f"class {label}", **style)
plt.legend()
plt.show()
print("X", X.shape, "y", y.shape)

# %% [markdown]
# scikit-learn has such a classifier. With its default settings, it has 100 hidden neurons and is
# trained by an optimizer called Adam. We plot the loss, which training makes small, and what the
# network says over the plane. (The axis of the loss is logarithmic, here and below.)

# %%
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import viz

warnings.simplefilter("ignore", ConvergenceWarning)  # we stop after 1000 steps on purpose

model = MLPClassifier(random_state=0, max_iter=1000).fit(X, y)
print(f"accuracy {model.score(X, y):.2f} after {model.n_iter_} passes over the data")
viz.plot_loss(model.loss_curve_).set_ylabel("loss (log axis)")
viz.plot_boundary(lambda points: model.predict_proba(points)[:, 1], X, y)
plt.show()

# %% [markdown]
# Now the simple model that we shall build again, each time more by hand: 32 hidden neurons, and
# gradient descent with all points in each step.

# %%
model = MLPClassifier(
    hidden_layer_sizes=(32,),
    solver="sgd",
    batch_size=len(X),
    learning_rate_init=0.2,
    max_iter=1000,
    random_state=0,
)
model.fit(X, y)
print(f"accuracy {model.score(X, y):.2f} after {model.n_iter_} passes over the data")
viz.plot_loss(model.loss_curve_).set_ylabel("loss (log axis)")
viz.plot_boundary(lambda points: model.predict_proba(points)[:, 1], X, y)
plt.show()
