# %% [markdown]
# ## 2. Layers and an optimizer
#
# The same network from `nn`. What was `torch` in the lesson is `autograd` here; the rest is as
# it was.

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
print(model)

# %% [markdown]
# ### Exercise 1: how many parameters has this model?
#
# The first layer has a weight for each of 2 inputs and 32 neurons, and 32 biases; the second
# 32 weights and one bias: $2\cdot 32 + 32 + 32\cdot 1 + 1 = 129$.

# %%
for name, parameter in model.named_parameters():
    print(f"{name:10} {parameter.shape!s:8} {parameter.numel():4}")
count = sum(parameter.numel() for parameter in model.parameters())
print(count, "parameters")
assert count == 2 * neurons + neurons + neurons * 1 + 1

# %% [markdown]
# Each step forgets the old gradients, computes the loss, lets `backward()` find the gradient
# of the loss for every parameter, and lets the optimizer take a step down.

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

accuracy = ((model(X).squeeze(1) > 0.5) == y).float().mean()
print(f"loss {history[0]:.3f} -> {history[-1]:.3f}, accuracy {accuracy.item():.2f}")
viz.plot_loss(history)
viz.plot_boundary(lambda x: model(autograd.tensor(x, dtype=autograd.float32)).squeeze(1), X, y)
plt.show()
