# %% [markdown]
# ## 4. Without the optimizer: a manual update
#
# Gradient descent is one line for each parameter. It changes parameters in place, and must
# not be recorded: hence `no_grad()`.

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
    history.append(loss.detach().item())

print(f"loss {history[0]:.3f} -> {history[-1]:.3f}")
viz.plot_loss(history)
viz.plot_boundary(lambda x: model(autograd.tensor(x, dtype=autograd.float32)).squeeze(1), X, y)
plt.show()
