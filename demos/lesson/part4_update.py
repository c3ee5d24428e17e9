# %% [markdown]
# ## 4. Without the optimizer: an update by hand
#
# The network of part 2 again, from the same start. Gradient descent is one line for each parameter:
# `add_` adds to a tensor in place, here minus the gradient, scaled by the learning rate. Within
# `no_grad()` nothing is recorded: the update is no part of the graph.

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons

import autograd
import nn
import viz

X, y = make_moons(noise=0.25, n_samples=100, random_state=0)
X, y = autograd.tensor(X, dtype=autograd.float32), autograd.tensor(y, dtype=autograd.float32)

autograd.manual_seed(0)
neurons = 32
model = nn.Sequential(nn.Linear(2, neurons), nn.ReLU(), nn.Linear(neurons, 1), nn.Sigmoid())


def step(lr=1.0):
    with autograd.no_grad():
        for par in model.parameters():
            par.add_(-lr * par.grad)


# %%
history = []
for _ in range(1000):
    model.zero_grad()
    y_pred = model(X).squeeze(1)
    loss = nn.functional.binary_cross_entropy(y_pred, y)
    loss.backward()
    step()
    history.append(loss.item())

accuracy = ((model(X).squeeze(1) > 0.5) == y).float().mean().item()
print(f"loss {history[0]:.4f} -> {history[-1]:.4f}, accuracy {accuracy:.2f}")
viz.plot_loss(history).set_ylabel("loss (log axis)")
viz.plot_boundary(model, X, y)
plt.show()

# %% [markdown]
# The same numbers as with the optimizer: that is all it did.
