# %% [markdown]
# # Neural networks and backpropagation
#
# A network with one hidden layer computes, for an input $x$,
#
# $$ a = f(x\,W_1 + b_1), \qquad \hat y = \sigma(a\,W_2 + b_2). $$
#
# Every layer is a matrix product followed by a function that bends the result. We fit such a
# network to two moons five times, and each time more of the work is our own: scikit-learn, an
# optimizer, a manual update, one VJP, and at last the whole of backpropagation.
#
# ## 1. The reference: scikit-learn

# %%
import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import viz

warnings.simplefilter("ignore", ConvergenceWarning)  # we stop after 1000 steps on purpose

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
plt.scatter(*X[y == 0].T, marker="o", label="class 0")
plt.scatter(*X[y == 1].T, marker="^", label="class 1")
plt.legend()
plt.show()

# %% [markdown]
# The classifier with its default settings: 100 hidden neurons, trained by Adam.

# %%
model = MLPClassifier(random_state=0, max_iter=1000).fit(X, y)
print(f"accuracy {model.score(X, y):.2f} after {model.n_iter_} passes over the data")
viz.plot_loss(model.loss_curve_)
viz.plot_boundary(lambda points: model.predict_proba(points)[:, 1], X, y)
plt.show()

# %% [markdown]
# Now the simple model that we shall build again by hand: 32 hidden neurons and plain gradient
# descent with all points in each step.

# %%
model = MLPClassifier(
    hidden_layer_sizes=(32,), solver="sgd", batch_size=len(X),
    learning_rate_init=0.2, max_iter=1000, random_state=0,
).fit(X, y)  # fmt: skip
print(f"accuracy {model.score(X, y):.2f} after {model.n_iter_} passes over the data")
viz.plot_loss(model.loss_curve_)
viz.plot_boundary(lambda points: model.predict_proba(points)[:, 1], X, y)
plt.show()
