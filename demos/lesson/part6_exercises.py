# %% [markdown]
# ## 6. Exercises 3, 4 and 5
#
# Biases, a sigmoid at the end, and the binary cross entropy: the network of part 2 again, and
# every cotangent ours.
#
# **Exercise 3, the bias.** $Z_{ik} = \sum_j A_{ij}W_{jk} + b_k$: the bias goes into every row, so
# its cotangent is the sum over the rows, $db_k = \sum_i G_{ik}$.
#
# **Exercise 4, the sigmoid.** With $p = 1/(1+e^{-z})$ we have
# $p' = e^{-z}/(1+e^{-z})^2 = p\,(1-p)$, so $dz = dp \cdot (1-p)\,p$.
#
# **Exercise 5, the binary cross entropy.**
# $L = -\frac1N\sum_i y_i\log p_i + (1-y_i)\log(1-p_i)$ (the lesson leaves out
# the minus sign, without which one would have to climb). So
# $\frac{\partial L}{\partial p_i} = -\frac1N\left(\frac{y_i}{p_i} - \frac{1-y_i}{1-p_i}\right)
# = \frac1N \frac{p_i - y_i}{p_i(1-p_i)}$.
#
# The last two together are much simpler than either: $dz = (p - y)/N$.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import autograd
import viz

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
X, y = autograd.tensor(X, dtype=autograd.float64), autograd.tensor(y, dtype=autograd.float64)


def start(neurons=32, seed=0):
    """Small random weights and zero biases: w1, b1, w2, b2."""
    autograd.manual_seed(seed)
    shapes = [(2, neurons), (neurons,), (neurons, 1), (1,)]
    scales = [0.5, 0.0, 0.5, 0.0]
    return [autograd.randn(*s, dtype=autograd.float64) * c for s, c in zip(shapes, scales)]


def forward(X, w1, b1, w2, b2):
    z1 = X @ w1 + b1
    a1 = autograd.relu(z1)
    z2 = (a1 @ w2 + b2).squeeze(1)
    p = autograd.sigmoid(z2)
    return z1, a1, z2, p


def cross_entropy(p, y):
    return -autograd.mean(y * autograd.log(p) + (1 - y) * autograd.log(1 - p))


def manual(X, y, w1, b1, w2, b2):
    """The loss, and the gradients of w1, b1, w2, b2 by hand."""
    z1, a1, _, p = forward(X, w1, b1, w2, b2)
    dp = (p - y) / (p * (1 - p)) / len(y)  # exercise 5
    dz2 = (dp * (1 - p) * p).unsqueeze(1)  # exercise 4
    db2 = dz2.sum(axis=0)  # exercise 3
    dw2 = a1.T @ dz2
    da1 = dz2 @ w2.T
    dz1 = (z1 > 0) * da1
    db1 = dz1.sum(axis=0)
    dw1 = X.T @ dz1
    return cross_entropy(p, y), [dw1, db1, dw2, db2]


# %% [markdown]
# The engine agrees. Its sums run in another order, so we allow for the last bits.

# %%
parameters = [par.requires_grad_() for par in start()]
cross_entropy(forward(X, *parameters)[-1], y).backward()
_, by_hand = manual(X, y, *[par.detach() for par in parameters])
for name, par, grad in zip(["w1", "b1", "w2", "b2"], parameters, by_hand):
    print(f"d{name}: differs by at most {(par.grad - grad).abs().max().item():.0e}")
    assert np.allclose(par.grad, grad, rtol=1e-10, atol=1e-14)

# %% [markdown]
# And it learns.

# %%
parameters = start()
history = []
for _ in range(1000):
    loss, grads = manual(X, y, *parameters)
    history.append(loss.item())
    for par, grad in zip(parameters, grads):
        par.add_(-1.0 * grad)

p = forward(X, *parameters)[-1]
accuracy = ((p > 0.5) == y).double().mean().item()
print(f"loss {history[0]:.3f} -> {history[-1]:.3f}, accuracy {accuracy:.2f}")
viz.plot_loss(history)
viz.plot_boundary(lambda x: forward(autograd.tensor(x), *parameters)[-1], X, y)
plt.show()
