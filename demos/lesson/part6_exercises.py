# %% [markdown]
# ## 6. Three improvements
#
# This does not look too great. More steps do not help much, as we shall see. There are three things
# to improve:
#
# - Without biases, the line at which a neuron begins to answer goes through the point (0, 0), for
#   every neuron. So we give the neurons **a bias**.
# - The output can be any number. We want a probability: **a sigmoid** at the end keeps it between 0
#   and 1.
# - A squared error hardly punishes a sure and wrong answer. **The binary cross entropy** does.
#
# We add one after the other, always from the weights of part 5, with biases 0 to begin with.

# %%
import matplotlib.pyplot as plt
from checks import check_gradients
from sklearn.datasets import make_moons

import autograd
import nn
import viz

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)

autograd.manual_seed(0)
neurons = 32
w1, w2 = autograd.randn(2, neurons) * 0.1, autograd.randn(neurons, 1) * 0.1
start = [w1, autograd.zeros(neurons), w2, autograd.zeros(1)]


def train(by_hand, lr=0.3, steps=2000):
    """Gradient descent from `start`, with the gradients that by_hand(X, y, ...) returns."""
    parameters = [par.clone() for par in start]
    history = []
    for _ in range(steps):
        loss, *grads = by_hand(X, y, *parameters)
        history.append(loss.item())
        for par, grad in zip(parameters, grads):
            par.add_(-lr * grad)
    return parameters, history


# %% [markdown]
# ### Exercise 3: a bias
#
# A layer is now `z = a @ w + b`. What are `db1` and `db2`?
#
# **Hint:** the bias is added in each of the 100 rows. The Jacobian of one row with respect to the
# bias is the identity matrix, so each row hands on its gradient as it is, and the bias gets them
# all.

# %% [markdown] solution
# **Solution.** $Z_{ik} = \sum_j A_{ij}W_{jk} + b_k$: the bias goes into every row, so its
# gradient is the sum over the rows, $db_k = \sum_i G_{ik}$.


# %%
def with_bias(X, y, w1, b1, w2, b2):
    z1 = X @ w1 + b1
    a1 = autograd.relu(z1)
    z2 = a1 @ w2 + b2
    loss = autograd.mean((y - z2.squeeze(1)) ** 2)

    dz2 = -2 / len(y) * (y.unsqueeze(1) - z2)
    db2 = dz2.sum(axis=0)  # answer
    dw2 = a1.T @ dz2  # answer
    da1 = dz2 @ w2.T  # answer
    dz1 = (z1 > 0) * da1
    db1 = dz1.sum(axis=0)  # answer
    dw1 = X.T @ dz1  # answer
    return loss, dw1, db1, dw2, db2


check_gradients(with_bias, X, y, *start)

# %% [markdown]
# ### Exercise 4: a sigmoid at the end
#
# The output is now `p = autograd.sigmoid(z2)`, and the loss is the mean squared error of `p`.
# What is `dz2`, given `dp`?
#
# **Hint:** the derivative of the sigmoid is $f'(x) = f(x)\,(1 - f(x))$.

# %% [markdown] solution
# **Solution.** With $p = 1/(1+e^{-z})$ we have $p' = e^{-z}/(1+e^{-z})^2 = p\,(1-p)$. The sigmoid
# works on each number by itself, so $dz = dp \cdot p\,(1-p)$.


# %%
def with_sigmoid(X, y, w1, b1, w2, b2):
    z1 = X @ w1 + b1
    a1 = autograd.relu(z1)
    z2 = a1 @ w2 + b2
    p = autograd.sigmoid(z2)
    loss = autograd.mean((y - p.squeeze(1)) ** 2)

    dp = -2 / len(y) * (y.unsqueeze(1) - p)
    dz2 = dp * p * (1 - p)  # answer
    db2 = dz2.sum(axis=0)  # answer
    dw2 = a1.T @ dz2  # answer
    da1 = dz2 @ w2.T  # answer
    dz1 = (z1 > 0) * da1
    db1 = dz1.sum(axis=0)  # answer
    dw1 = X.T @ dz1  # answer
    return loss, dw1, db1, dw2, db2


check_gradients(with_sigmoid, X, y, *start)

# %% [markdown]
# ### Exercise 5: the binary cross entropy
#
# Change the loss to
#
# $$ L = -\frac1N\sum_i y_i\log p_i + (1-y_i)\log(1-p_i). $$
#
# What is `dp`? Or can you find `dz2` at once?

# %% [markdown] solution
# **Solution.**
#
# $$ \frac{\partial L}{\partial p_i} = -\frac1N\left(\frac{y_i}{p_i} - \frac{1-y_i}{1-p_i}\right)
#    = \frac1N \frac{p_i - y_i}{p_i\,(1-p_i)}. $$
#
# Times $p_i\,(1-p_i)$, this is much simpler: $dz_i = (p_i - y_i)/N$.


# %%
def with_cross_entropy(X, y, w1, b1, w2, b2):
    z1 = X @ w1 + b1
    a1 = autograd.relu(z1)
    z2 = a1 @ w2 + b2
    p = autograd.sigmoid(z2).squeeze(1)
    loss = -autograd.mean(y * autograd.log(p) + (1 - y) * autograd.log(1 - p))  # answer

    dz2 = ((p - y) / len(y)).unsqueeze(1)  # answer
    db2 = dz2.sum(axis=0)  # answer
    dw2 = a1.T @ dz2  # answer
    da1 = dz2 @ w2.T  # answer
    dz1 = (z1 > 0) * da1
    db1 = dz1.sum(axis=0)  # answer
    dw1 = X.T @ dz1  # answer
    return loss, dw1, db1, dw2, db2


p = autograd.sigmoid(autograd.relu(X @ w1) @ w2).squeeze(1)
right = nn.functional.binary_cross_entropy(p, y)
check_gradients(with_cross_entropy, X, y, *start, loss_is=right)

# %% [markdown]
# ### What each brought
#
# Four networks, from the same start, 2000 steps each with the learning rate 0.3. The first is
# that of part 5: the biases stay 0.


# %%
def without_bias(X, y, *parameters):
    loss, dw1, db1, dw2, db2 = with_bias(X, y, *parameters)
    return loss, dw1, 0 * db1, dw2, 0 * db2


def output(points, w1, b1, w2, b2):
    return autograd.relu(points @ w1 + b1) @ w2 + b2


networks = {
    "part 5, no bias": (without_bias, lambda z: z.clip(0, 1)),
    "with biases": (with_bias, lambda z: z.clip(0, 1)),
    "with a sigmoid, too": (with_sigmoid, autograd.sigmoid),
    "with cross entropy, too": (with_cross_entropy, autograd.sigmoid),
}


def trained(name, by_hand, last, ax):
    """Train one network and plot its boundary; return its losses."""
    parameters, history = train(by_hand)
    accuracy = ((last(output(X, *parameters)).squeeze(1) > 0.5) == y).float().mean().item()
    viz.plot_boundary(lambda points: last(output(points, *parameters)), X, y, ax=ax)
    ax.set_title(f"{name}: accuracy {accuracy:.2f}")
    print(f"{name:24} loss {history[0]:.3f} -> {history[-1]:.3f}, accuracy {accuracy:.2f}")
    return history


figure, panels = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
curves = {
    name: trained(name, by_hand, last, ax)
    for ax, (name, (by_hand, last)) in zip(panels.flat, networks.items())
}
plt.show()

# %%
viz.plot_loss(curves).set_ylabel("loss (log axis)")
plt.show()

# %% [markdown]
# Without biases, 2000 steps bring little. Biases bring most. The sigmoid alone makes learning
# slow: its derivative $p\,(1-p)$ is small where the network is sure, right or wrong. With the
# cross entropy this factor is gone from `dz2`, and learning is fast again. (The cross entropy is
# another loss than the others: the heights of their curves cannot be compared.)
#
# The last network is that of part 2, and every gradient of it is ours.
#
# ### Where to read on
#
# - [micrograd](https://github.com/karpathy/micrograd): an autograd engine for single numbers, a
#   hundred lines in all.
# - [Part 4](https://www.youtube.com/watch?v=q8SA3rM6ckI) of Andrej Karpathy's *Zero to Hero*: this
#   kind of backpropagation by hand, through a deeper network.
# - The engine of this notebook: every op stands in `autograd/ops` beside its VJP, and
#   `print(autograd.to_source(loss))` writes the backward pass of any network that you build.
