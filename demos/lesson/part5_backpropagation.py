# %% [markdown]
# ## 5. Manual backpropagation
#
# Now the VJPs ourselves. The network is as plain as can be: no biases, a linear output, and
# the mean squared error.

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons

import autograd
import viz

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)

autograd.manual_seed(0)
neurons = 32
w1 = (autograd.randn(2, neurons) * 0.1).requires_grad_()
w2 = (autograd.randn(neurons, 1) * 0.1).requires_grad_()

# %% [markdown]
# The forward pass, one op a line. `retain_grad()` keeps the gradients of what lies between, to
# compare ours with.

# %%
z1 = X @ w1; z1.retain_grad()  # fmt: skip  # noqa: E702
a1 = autograd.relu(z1); a1.retain_grad()  # fmt: skip  # noqa: E702
z2 = (a1 @ w2).squeeze(1); z2.retain_grad()  # fmt: skip  # noqa: E702
loss = autograd.mean((y - z2) ** 2)
loss.backward()
print(loss)

# %% [markdown]
# Backwards, from the loss. With $L = \frac1N\sum_i (y_i - z_i)^2$ the first cotangent is
# $\partial L/\partial z_i = -\frac2N (y_i - z_i)$.

# %%
dz2 = -2 / len(z2) * (y - z2)
print("dz2", (dz2 == z2.grad).all())

# %% [markdown]
# ### Exercise 2: the VJP of a matrix product
#
# Let $Z = A\,W$, so $Z_{ik} = \sum_j A_{ij} W_{jk}$, and let $G_{ik} = \partial L/\partial Z_{ik}$.
# Then
#
# $$ \frac{\partial L}{\partial A_{ij}} = \sum_k G_{ik} \frac{\partial Z_{ik}}{\partial A_{ij}}
#    = \sum_k G_{ik} W_{jk}, \quad\text{that is } dA = G\,W^T, $$
#
# $$ \frac{\partial L}{\partial W_{jk}} = \sum_i G_{ik} \frac{\partial Z_{ik}}{\partial W_{jk}}
#    = \sum_i A_{ij} G_{ik}, \quad\text{that is } dW = A^T G. $$
#
# The shapes leave no other choice: $G$ is (100, 1), $A$ (100, 32), $W$ (32, 1). `z2` lost its
# last dimension to `squeeze`, whose VJP puts it back.

# %%
dw2 = a1.T @ dz2.unsqueeze(1)
da1 = dz2.unsqueeze(1) @ w2.T
print("dw2", (dw2 == w2.grad).all())
print("da1", (da1 == a1.grad).all())

# %% [markdown]
# relu passes the cotangent on where it passed the value on; then one more matrix product.

# %%
dz1 = (z1 > 0) * da1
dw1 = X.T @ dz1
print("dz1", (dz1 == z1.grad).all())
print("dw1", (dw1 == w1.grad).all())

# %% [markdown]
# That is all of backpropagation. A training loop that records nothing:

# %%
w1 = autograd.randn(2, neurons) * 0.1
w2 = autograd.randn(neurons, 1) * 0.1
lr = 0.1
history = []
for _ in range(100):
    z1 = X @ w1
    a1 = autograd.relu(z1)
    z2 = (a1 @ w2).squeeze(1)
    history.append(autograd.mean((y - z2) ** 2).item())

    dz2 = -2 / len(z2) * (y - z2)
    dw2 = a1.T @ dz2.unsqueeze(1)
    da1 = dz2.unsqueeze(1) @ w2.T
    dz1 = (z1 > 0) * da1
    dw1 = X.T @ dz1

    for par, grad in [(w1, dw1), (w2, dw2)]:
        par.add_(-lr * grad)

print(f"loss {history[0]:.3f} -> {history[-1]:.3f}")
viz.plot_loss(history)
viz.plot_boundary(
    lambda x: ((autograd.tensor(x, dtype=autograd.float32) @ w1).relu() @ w2).clip(0, 1),
    X, y,
)  # fmt: skip
plt.show()
