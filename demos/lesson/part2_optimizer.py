# %% [markdown]
# ## 2. Layers and an optimizer
#
# The same network from `nn`. Its objects are *tensors*: arrays, much like NumPy's, that remember
# how they were computed. `autograd.tensor` makes one of an array. The numbers in layers are 32
# bit floats, so our data become such, too.

# %%
import matplotlib.pyplot as plt
from checks import check
from sklearn.datasets import make_moons

import autograd
import nn
import viz

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)

autograd.manual_seed(0)  # the same random start each time
neurons = 32
model = nn.Sequential(nn.Linear(2, neurons), nn.ReLU(), nn.Linear(neurons, 1), nn.Sigmoid())
print(model)

# %% [markdown]
# ### Exercise 1: how many parameters has this model?
#
# Parameters are the numbers that training changes: all weights and all biases.

# %% [markdown] solution
# **Solution.** The first layer has a weight for each pair of an input and a neuron, and a bias for
# each neuron; the second 32 weights and one bias: $2\cdot 32 + 32 + 32\cdot 1 + 1 = 129$.

# %%
count = 2 * neurons + neurons + neurons * 1 + 1  # answer

check("count", count, sum(parameter.numel() for parameter in model.parameters()))
for name, parameter in model.named_parameters():
    print(f"{name:10} {parameter.shape!s:8} {parameter.numel():4}")

# %% [markdown]
# How wrong the model is, is one number, the *loss*: here the binary cross entropy, also called
# negative log likelihood. It was computed by ops, one after the other, and the loss remembers
# them. This is that memory, the *graph* of the loss, with a box for each layer (`record_source`
# has the ops remember the layer that they ran in):

# %%
with autograd.record_source():
    y_pred = model(X).squeeze(1)
    loss = nn.functional.binary_cross_entropy(y_pred, y)
viz.draw(loss)

# %% [markdown]
# `loss.backward()` goes through this graph from the loss back to the parameters, and finds for each
# parameter its gradient: how the loss changes with it. An *optimizer* then changes the parameters.
# Ours is plain gradient descent, called SGD.

# %%
optimizer = nn.optim.SGD(model.parameters(), lr=1.0)
history = []
for _ in range(1000):
    optimizer.zero_grad()
    y_pred = model(X).squeeze(1)
    loss = nn.functional.binary_cross_entropy(y_pred, y)
    loss.backward()
    history.append(loss.item())
    optimizer.step()

# %% [markdown]
# - `optimizer.zero_grad()` forgets the old gradients. Without it, `backward()` adds the new ones to
#   them. **Don't forget `zero_grad`.**
# - `model(X)` is the forward pass. `.squeeze(1)` makes its shape (100,) of (100, 1), that of `y`.
# - `loss` is what we want to make small.
# - `loss.backward()` is the backward pass: it leaves in `.grad` of each parameter the gradient of
#   the loss with respect to it.
# - `optimizer.step()` changes each parameter by its gradient, times minus the learning rate `lr`.

# %%
accuracy = ((model(X).squeeze(1) > 0.5) == y).float().mean().item()
print(f"loss {history[0]:.4f} -> {history[-1]:.4f}, accuracy {accuracy:.2f}")
viz.plot_loss(history).set_ylabel("loss (log axis)")
viz.plot_boundary(model, X, y)
plt.show()
