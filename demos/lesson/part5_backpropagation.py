# %% [markdown]
# ## 5. Backpropagation by hand
#
# Now we compute the backward pass, too: we take the VJP of each op ourselves. (This part follows
# [part 4](https://www.youtube.com/watch?v=q8SA3rM6ckI) of Andrej Karpathy's [Neural Networks:
# Zero to Hero](https://www.youtube.com/playlist?list=PLAqhIrjkxbuWI23v9cThsA9GvCAUhRvKZ).)
#
# The parameters need a start. Mostly this is small random numbers. There are [schemes for good
# ones](https://docs.pytorch.org/docs/stable/nn.init.html); we take a standard normal distribution
# times 0.1.

# %%
import matplotlib.pyplot as plt
from checks import check, check_gradients
from sklearn.datasets import make_moons

import autograd
import viz

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)

autograd.manual_seed(0)
neurons = 32
start = [autograd.randn(2, neurons) * 0.1, autograd.randn(neurons, 1) * 0.1]
w1, w2 = [w.clone().requires_grad_() for w in start]

# %% [markdown]
# The network is as plain as can be: one hidden layer, no biases, a linear output, and as loss the
# mean squared error. The forward pass, one op a line, for all 100 points at once: such a *batch*
# of data is how networks are nearly always trained.

# %%
z1 = X @ w1
a1 = autograd.relu(z1)
z2 = (a1 @ w2).squeeze(1)
loss = autograd.mean((y - z2) ** 2)
print("X", X.shape, "@ w1", w1.shape, "= z1", z1.shape)
print("a1", a1.shape, "@ w2", w2.shape, "= (100, 1), without its last axis: z2", z2.shape)
print("loss", loss)

# %%
viz.draw(loss)

# %% [markdown]
# To check our work, we let the engine go backward first. `backward_steps` is `backward()`, one
# step at a time: we keep the steps and look at each when we have done the same by hand. And
# `retain_grad()` has the tensors between keep their gradients, too.

# %%
for between in (z1, a1, z2):
    between.retain_grad()
steps = list(loss.backward_steps())

# %% [markdown]
# Now backward by hand, from the loss. A `d` in front of a name means: the gradient of the loss with
# respect to that. The loss is $L = \frac1N\sum_i (y_i - z_i)^2$, so
# $\frac{\partial L}{\partial z_i} = -\frac2N (y_i - z_i)$.

# %%
dz2 = -2 / len(z2) * (y - z2)
check("dz2", dz2, z2.grad)

# %% [markdown]
# The engine took three small steps, one for each op, to the same numbers (`dout5` is its name for
# the gradient of an intermediate result that has none):

# %%
print(*steps[:3], sep="\n")

# %% [markdown]
# ### Exercise 2: the VJP of a matrix product
#
# The next op was the matrix product `a1 @ w2`. What is its VJP, for `a1` and for `w2`?
#
# **Hint:** it is a matrix product again. You can guess it from the shapes. And it is instructive to
# derive it once on a sheet of paper.
#
# We took the last axis off with `squeeze(1)`, so first it has to come back: `dz2.unsqueeze(1)`.
# Then the shapes are:

# %%
print("dz2.unsqueeze(1)", dz2.unsqueeze(1).shape, "  a1", a1.shape, "  w2", w2.shape)

# %% [markdown] solution
# **Solution.** Let $Z = A\,W$, so $Z_{ik} = \sum_j A_{ij} W_{jk}$, and let
# $G_{ik} = \partial L/\partial Z_{ik}$ come in. Then
#
# $$ \frac{\partial L}{\partial A_{ij}} = \sum_k G_{ik} \frac{\partial Z_{ik}}{\partial A_{ij}}
#    = \sum_k G_{ik} W_{jk}, \quad\text{that is } dA = G\,W^T, $$
#
# $$ \frac{\partial L}{\partial W_{jk}} = \sum_i G_{ik} \frac{\partial Z_{ik}}{\partial W_{jk}}
#    = \sum_i A_{ij} G_{ik}, \quad\text{that is } dW = A^T G. $$
#
# The shapes leave no other choice: $G$ is (100, 1), $A$ (100, 32), $W$ (32, 1).

# %% [markdown]
# If both are right, the engine's steps are printed beside yours. (`[:, None]` is NumPy's way to
# write `unsqueeze(1)`.)

# %%
dw2 = a1.T @ dz2.unsqueeze(1)  # answer
da1 = dz2.unsqueeze(1) @ w2.T  # answer

check("dw2", dw2, w2.grad)
check("da1", da1, a1.grad)
print(*steps[3:5], sep="\n")

# %% [markdown]
# And the derivative of relu? It is 1 where its input was positive, else 0: the gradient goes on
# where the value went on.

# %%
dz1 = (z1 > 0) * da1
check("dz1", dz1, z1.grad)
print(steps[5])

# %% [markdown]
# One more matrix product, `X @ w1`. This time only one operand needs a gradient.

# %%
print("dz1", dz1.shape, "  X", X.shape, "  w1", w1.shape)

# %%
dw1 = X.T @ dz1  # answer

check("dw1", dw1, w1.grad)
print(steps[6])

# %% [markdown]
# That is all of backpropagation. Put it together: the loss and the gradients of both weights,
# without `backward()`.


# %%
def by_hand(X, y, w1, w2):
    z1 = X @ w1
    a1 = autograd.relu(z1)
    z2 = (a1 @ w2).squeeze(1)
    loss = autograd.mean((y - z2) ** 2)

    dz2 = -2 / len(z2) * (y - z2)
    dw2 = a1.T @ dz2.unsqueeze(1)  # answer
    da1 = dz2.unsqueeze(1) @ w2.T  # answer
    dz1 = (z1 > 0) * da1
    dw1 = X.T @ dz1  # answer
    return loss, dw1, dw2


check_gradients(by_hand, X, y, *start)

# %% [markdown]
# The engine can write this function, too: it runs its own rules, and writes down what they do.
# Compare it with yours, line by line:

# %%
z1 = X @ w1
a1 = autograd.relu(z1)
z2 = (a1 @ w2).squeeze(1)
loss = autograd.mean((y - z2) ** 2)
print(autograd.to_source(loss))

# %% [markdown]
# And it shows every step on a page. Go through the steps by the arrow keys, point at a number to
# see where it comes from, change a weight and see what follows. (The page is a file of its own,
# too: `backward.html`.)

# %%
viz.step_page(loss, "backward.html")

# %% [markdown]
# The training loop, which records nothing:

# %%
w1, w2 = [w.clone() for w in start]
lr = 0.1
history = []
for _ in range(100):
    loss, dw1, dw2 = by_hand(X, y, w1, w2)
    history.append(loss.item())
    for par, grad in [(w1, dw1), (w2, dw2)]:
        par.add_(-lr * grad)


# %%
def predict(points):
    """What the network says, cut to what a probability can be."""
    return (autograd.relu(points @ w1) @ w2).clip(0, 1)


accuracy = ((predict(X).squeeze(1) > 0.5) == y).float().mean().item()
print(f"loss {history[0]:.3f} -> {history[-1]:.3f}, accuracy {accuracy:.2f}")
viz.plot_loss(history).set_ylabel("loss (log axis)")
viz.plot_boundary(predict, X, y)
plt.show()
